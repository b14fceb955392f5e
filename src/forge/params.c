/*
 * The default platform, what can be asked for, and those deviations that are
 * only other parameters. Every byte string of the defaults differs from every
 * other, so that a reader that takes the wrong field is seen.
 */
#include <string.h>

#include "forge/internal.h"

#define DAY_S INT64_C(86400)
#define YEAR_S (365 * DAY_S)
#define EARLIEST_S INT64_C(946684800) /* 2000-01-01 */
#define LATEST_S INT64_C(252455616000) /* 9970-01-01: the root ends 25 years later */
#define NEVER_S INT64_C(253402300799) /* 9999-12-31, the last that X.509 can say */

static const char RUNTIME[] = "{\"simulated\":true,\"note\":\"made by avow forge; no "
			      "hardware vouches for it\"}";

/* ISV's author of Intel's QE, as published in every QE identity. */
static const uint8_t QE_MRSIGNER[32] = {0x8c, 0x4f, 0x57, 0x75, 0xd7, 0x96, 0x50, 0x3e,
	0x96, 0x13, 0x7f, 0x77, 0xc6, 0x8a, 0x82, 0x9a, 0x00, 0x56, 0xac, 0x8d, 0xed,
	0x70, 0x14, 0x0b, 0x08, 0x1b, 0x09, 0x44, 0x90, 0xc5, 0x7b, 0xff};

static void
fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i);
}

static void
default_enclave(struct avow_forge_sgx *p)
{
	fill(p->mrenclave, sizeof(p->mrenclave), 0x10);
	fill(p->mrsigner, sizeof(p->mrsigner), 0x50);
	fill(p->cpu_svn, sizeof(p->cpu_svn), 0xc0);
	p->prod_id = 513;
	p->svn = 7;
	p->xfrm = 0xe7;
	p->runtime_data = avow_span_make(RUNTIME, sizeof(RUNTIME) - 1);
}

static void
default_platform(struct avow_forge_sgx *p)
{
	static const uint8_t components[16] = {
		5, 6, 2, 4, 255, 128, 1, 3, 7, 8, 9, 10, 11, 12, 13, 14};
	static const uint8_t fmspc[6] = {0xf0, 0x6e, 0xa0, 0x01, 0x02, 0x03};

	memcpy(p->components, components, sizeof(p->components));
	memcpy(p->fmspc, fmspc, sizeof(p->fmspc));
	memcpy(p->qe_mrsigner, QE_MRSIGNER, sizeof(p->qe_mrsigner));
	fill(p->ppid, sizeof(p->ppid), 0x90);
	fill(p->platform_instance, sizeof(p->platform_instance), 0xa8);
	fill(p->qe_id, sizeof(p->qe_id), 0x70);
	p->pcesvn = 11;
	p->sgx_type = 1;
	p->pck_ca = AVOW_FORGE_PROCESSOR_CA;
	p->dynamic_platform = p->cached_keys = p->smt_enabled = true;
	p->header_pce_svn = 13; /* never below the certificate's */
	p->header_qe_svn = p->qe_isvsvn = 8;
	p->qe_isvprodid = 1;
	p->auth_data_bytes = 32;
	p->certification_type = 5;
	p->chain_nul = true;
}

void
avow_forge_sgx_defaults(struct avow_forge_sgx *p, int64_t at_s)
{
	memset(p, 0, sizeof(*p));
	p->at_s = at_s;
	default_enclave(p);
	default_platform(p);
	p->root = (struct avow_forge_window){at_s - 5 * YEAR_S, at_s + 25 * YEAR_S};
	p->ca = (struct avow_forge_window){at_s - 5 * YEAR_S, at_s + 10 * YEAR_S};
	p->pck = (struct avow_forge_window){at_s - YEAR_S, at_s + 6 * YEAR_S};
	p->tcb_signing = p->pck;
	p->root_crl = (struct avow_forge_window){at_s - 30 * DAY_S, at_s + 335 * DAY_S};
	p->pck_crl = (struct avow_forge_window){at_s - DAY_S, at_s + 29 * DAY_S};
	p->tcb_info = p->qe_identity = p->pck_crl;
	p->tcb_info_version = 3;
	p->tcb_evaluation_number = 18;
	p->tcb_status = "UpToDate";
	p->tcb_date_s = at_s - 200 * DAY_S - at_s % DAY_S;
	p->qe_evaluation_number = 18;
	p->qe_status = "UpToDate";
	p->qe_date_s = at_s - 250 * DAY_S - at_s % DAY_S;
}

/* --- what no format can carry ------------------------------------------------------ */

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"forge_parameters", field, NULL};

	return avow_refuse(why, AVOW_E_USAGE, &at, expected, NULL);
}

static bool
is_window(const struct avow_forge_window *w)
{
	return w->from_s >= 0 && w->from_s <= w->until_s && w->until_s <= NEVER_S;
}

static enum avow_err
check_windows(const struct avow_forge_sgx *p, struct avow_why *why)
{
	const struct avow_forge_window *const all[] = {&p->root, &p->ca, &p->pck,
		&p->tcb_signing, &p->root_crl, &p->pck_crl, &p->tcb_info,
		&p->qe_identity};
	static const char *const names[] = {"root", "ca", "pck", "tcb_signing",
		"root_crl", "pck_crl", "tcb_info", "qe_identity"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!is_window(all[i]))
			return refuse(
				why, names[i], "a start that is not behind its end");
	return AVOW_OK;
}

enum avow_err
forge_check_corrupt(bool unknown, struct avow_why *why)
{
	if (unknown)
		return refuse(why, "corrupt", "a name of the list of deviations");
	return AVOW_OK;
}

enum avow_err
forge_check_parameters(const struct avow_forge_sgx *p, struct avow_why *why)
{
	if (p->at_s < EARLIEST_S || p->at_s > LATEST_S)
		return refuse(why, "at_s", "a time from 2000 on");
	if (p->auth_data_bytes > 1024)
		return refuse(why, "auth_data_bytes", "0 to 1024");
	if (p->certification_type < 1 || p->certification_type > 7)
		return refuse(why, "certification_type", "1 to 7");
	if (p->order > AVOW_FORGE_ROOT_CA_LEAF)
		return refuse(why, "order", "one of the three");
	if (p->pck_ca > AVOW_FORGE_PLATFORM_CA)
		return refuse(why, "pck_ca", "processor or platform");
	if (p->sgx_type > 2)
		return refuse(why, "sgx_type", "0 to 2");
	if (p->tcb_info_version != 2 && p->tcb_info_version != 3)
		return refuse(why, "tcb_info_version", "2 or 3");
	if (!p->tcb_status)
		return refuse(why, "tcb_status", "a text");
	if (!p->qe_status)
		return refuse(why, "qe_status", "a text");
	return check_windows(p, why);
}

/* --- deviations that are parameters ---------------------------------------------------- */

static struct avow_forge_window *
window_of(struct avow_forge_sgx *p, enum forge_part part)
{
	switch ((int)part) {
	case PART_PCK:
		return &p->pck;
	case PART_PCK_CA:
		return &p->ca;
	case PART_SIGNING:
		return &p->tcb_signing;
	case PART_CRL_ROOT:
		return &p->root_crl;
	case PART_CRL_PCK:
		return &p->pck_crl;
	case PART_TCB:
		return &p->tcb_info;
	case PART_QEID:
		return &p->qe_identity;
	default:
		return NULL; /* the root: the quote's copy alone, in pki.c */
	}
}

static void
bend_window(struct forge *f)
{
	struct avow_forge_window *w = window_of(&f->p, f->bend->part);

	if (w && f->bend->how == HOW_EXPIRED)
		w->until_s = f->p.at_s - 1;
	if (w && f->bend->how == HOW_EARLY)
		w->from_s = f->p.at_s + 1;
}

static void
bend_status(struct forge *f)
{
	static const struct {
		enum forge_part part;
		enum forge_how how;
		const char *status;
	} list[] = {
		{PART_TCB, HOW_REVOKED, "Revoked"},
		{PART_TCB, HOW_OUT_OF_DATE, "OutOfDate"},
		{PART_QE, HOW_REVOKED, "Revoked"},
		{PART_QE, HOW_OUT_OF_DATE, "OutOfDate"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!forge_bent(f, list[i].part, list[i].how))
			continue;
		if (list[i].part == PART_TCB) {
			f->p.tcb_status = list[i].status;
			f->p.n_tcb_levels = 0;
		} else {
			f->p.qe_status = list[i].status;
			f->p.n_qe_levels = 0;
		}
	}
}

static void
bend_certification_type(struct forge *f)
{
	static const struct {
		enum forge_how how;
		unsigned type;
	} list[] = {{HOW_TYPE_1, 1}, {HOW_TYPE_2, 2}, {HOW_TYPE_3, 3}, {HOW_TYPE_4, 4},
		{HOW_TYPE_6, 6}, {HOW_TYPE_7, 7}};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (forge_bent(f, PART_QUOTE, list[i].how))
			f->p.certification_type = list[i].type;
}

void
forge_bend_parameters(struct forge *f)
{
	if (!f->bend)
		return;
	bend_window(f);
	bend_status(f);
	bend_certification_type(f);
	f->p.revoke_pck |= forge_bent(f, PART_PCK, HOW_REVOKED);
	f->p.revoke_pck_ca |= forge_bent(f, PART_PCK_CA, HOW_REVOKED);
	f->p.revoke_tcb_signing |= forge_bent(f, PART_SIGNING, HOW_REVOKED);
	/* what cannot deviate where it is not must be there */
	if (forge_bent(f, PART_TCB, HOW_ID) || forge_bent(f, PART_TCB, HOW_NO_ID))
		f->p.tcb_info_version = 3;
	if (forge_bent(f, PART_QE_REPORT, HOW_AUTH_DATA) && !f->p.auth_data_bytes)
		f->p.auth_data_bytes = 32;
	if (forge_bent(f, PART_RUNTIME, HOW_NOT_JSON)) {
		f->p.runtime_data = AVOW_LIT("{\"simulated\":");
		f->p.has_report_data = false;
	}
	if (forge_bent(f, PART_REPORT, HOW_ATTRIBUTES))
		f->p.debug = true;
	if (f->bend->part == PART_INIT && !f->p.has_init_data) {
		f->p.has_init_data = true;
		f->p.init_data = AVOW_LIT("configuration");
	}
}
