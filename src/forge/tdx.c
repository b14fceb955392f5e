/*
 * Forged TDX evidence: the platform, its PKI and its collateral are SGX's makers';
 * this file has what is a TD's own - its report, what Intel's TCB info says of
 * modules and components, and which deviations there are.
 */
#include "forge/tdx.h"

#include <string.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "forge/tdx_impl.h"
#include "wire/json_member.h"

/* The author of Intel's TD QE, as published in every TD QE identity. */
static const uint8_t TD_QE_MRSIGNER[32] = {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f,
	0x17, 0x47, 0x4e, 0x34, 0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63,
	0xf1, 0xba, 0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};

/* ATTRIBUTES (TDX Module ABI) */
#define DEBUG UINT64_C(0x01)
#define PERF_PROF UINT64_C(0x20)
#define RESERVED_BIT UINT64_C(0x100)
#define SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define MIGRATABLE (UINT64_C(1) << 29)

/* --- deviations --------------------------------------------------------------------- */

static const struct avow_forge_deviation TABLE[] = {
#define D(part_, how_, name_, file_, code_, what_)                                     \
	{.name = name_,                                                                \
		.what = what_,                                                         \
		.evidence = file_,                                                     \
		.refused_with = AVOW_E_##code_,                                        \
		.part = PART_##part_,                                                  \
		.how = HOW_##how_},
#include "forge/corrupt_tdx.def"
#undef D
};

#define N (sizeof(TABLE) / sizeof(TABLE[0]))

/* An enclave's report, Open Enclave's wrappers and KSS are not a TD's. */
static bool
is_shared(const struct avow_forge_deviation *d)
{
	return d->part != PART_REPORT && d->part != PART_OE &&
	       !(d->part == PART_INIT && d->how == HOW_ABSENT);
}

const struct avow_forge_deviation *
avow_forge_tdx_deviation_at(size_t i)
{
	const struct avow_forge_deviation *d;

	if (i < N)
		return &TABLE[i];
	i -= N;
	for (size_t k = 0; (d = avow_forge_deviation_at(k)) != NULL; k++)
		if (is_shared(d) && i-- == 0)
			return d;
	return NULL;
}

const struct avow_forge_deviation *
avow_forge_tdx_deviation_find(const char *name)
{
	const struct avow_forge_deviation *d;

	for (size_t i = 0; (d = avow_forge_tdx_deviation_at(i)) != NULL; i++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

/* --- parameters ----------------------------------------------------------------------- */

static void
fill(uint8_t *p, size_t n, uint8_t first)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(first + i * 3);
}

void
avow_forge_tdx_defaults(struct avow_forge_tdx *p, int64_t at_s)
{
	static const uint8_t svn[16] = {5, 3, 2};

	memset(p, 0, sizeof(*p));
	avow_forge_sgx_defaults(&p->platform, at_s);
	memcpy(p->platform.qe_mrsigner, TD_QE_MRSIGNER, sizeof(TD_QE_MRSIGNER));
	p->platform.qe_isvprodid = 2;
	p->version = 4;
	memcpy(p->tee_tcb_svn, svn, sizeof(svn));
	memcpy(p->tee_tcb_svn2, svn, sizeof(svn));
	memcpy(p->components, svn, sizeof(svn));
	p->module_isvsvn = svn[0];
	p->module_status = "UpToDate";
	p->td_attributes = SEPT_VE_DISABLE;
	p->xfam = 0x61ae7;
	fill(p->mr_seam, 48, 0x12);
	fill(p->mr_td, 48, 0x23);
	fill(p->mr_owner, 48, 0x34);
	fill(p->mr_owner_config, 48, 0x45);
	for (unsigned i = 0; i < 4; i++)
		fill(p->rtmr[i], 48, (uint8_t)(0x56 + i * 0x11));
}

enum avow_err
forge_tdx_check(const struct avow_forge_tdx *p, struct avow_why *why)
{
	const struct avow_at version = {"forge_parameters", "version", NULL};
	const struct avow_at report = {"forge_parameters", "report_15", NULL};
	const struct avow_at status = {"forge_parameters", "module_status", NULL};
	const struct avow_at hcl = {"forge_parameters", "with_hcl", NULL};

	if (p->version != 4 && p->version != 5)
		return avow_refuse(why, AVOW_E_USAGE, &version, "4 or 5", NULL);
	if (p->report_15 && p->version != 5)
		return avow_refuse(why, AVOW_E_USAGE, &report, "version 5", NULL);
	if (p->with_hcl && p->platform.has_report_data)
		return avow_refuse(why, AVOW_E_USAGE, &hcl,
			"no report data: an HCL binds its runtime data", NULL);
	if (!p->module_status)
		return avow_refuse(why, AVOW_E_USAGE, &status, "a text", NULL);
	return AVOW_OK;
}

static void
bend_module(const struct forge *f, struct avow_forge_tdx *t)
{
	if (forge_bent(f, PART_MODULE, HOW_MRSIGNER))
		t->mr_signer_seam[0] = 1;
	if (forge_bent(f, PART_MODULE, HOW_ATTRIBUTES))
		t->seam_attributes = 1;
	if (forge_bent(f, PART_MODULE, HOW_REVOKED))
		t->module_status = "Revoked";
	if (forge_bent(f, PART_MODULE, HOW_OUT_OF_DATE))
		t->module_status = "OutOfDate";
	/* version 0 stands for no module identity, and then no level of one counts */
	if (f->bend && f->bend->part == PART_MODULE && t->tee_tcb_svn[1] == 0)
		t->tee_tcb_svn[1] = t->components[1] = 3;
}

void
forge_tdx_bend(const struct forge *f, struct avow_forge_tdx *t)
{
	bend_module(f, t);
	if (f->bend && f->bend->part == PART_LOG)
		t->with_event_log = true;
	if (forge_bent(f, PART_TD_QUOTE, HOW_TYPE) ||
		forge_bent(f, PART_TD_QUOTE, HOW_LENGTH_LONG))
		t->version = 5;
	if (forge_bent(f, PART_TD_QUOTE, HOW_TRAILING))
		t->padded = true;
	if (forge_bent(f, PART_TD, HOW_SERVICE_TD)) {
		t->version = 5;
		t->report_15 = true;
		fill(t->mr_service_td, 48, 0x99);
	}
	if (forge_bent(f, PART_TD, HOW_RESERVED))
		t->td_attributes |= RESERVED_BIT;
	if (forge_bent(f, PART_TD, HOW_DEBUG) || forge_bent(f, PART_TD, HOW_ATTRIBUTES))
		t->td_attributes |= DEBUG;
	if (forge_bent(f, PART_TD, HOW_RESERVED_2))
		t->td_attributes |= PERF_PROF;
	if (forge_bent(f, PART_TD, HOW_MIGRATABLE))
		t->td_attributes |= MIGRATABLE;
	if (forge_bent(f, PART_TD, HOW_XFAM))
		t->xfam &= ~UINT64_C(2);
	if (forge_bent(f, PART_TD, HOW_XFAM_RESERVED))
		t->xfam |= 8;
}

/* --- the TD report (tdx-quote 2) ---------------------------------------------------------- */

static enum avow_err
put_bound(struct avow_span data, bool bind, const uint8_t *given, size_t n, bool tail,
	struct avow_buf *b)
{
	uint8_t field[64] = {0};

	memcpy(field, given, n);
	if (bind) {
		memset(field, 0, sizeof(field));
		AVOW_TRY(avow_sha256(data, field));
	}
	field[n - 1] |= tail;
	forge_put_bytes(b, field, n);
	return b->err;
}

enum avow_err
forge_tdx_put_config_id(const struct forge *f, struct avow_buf *b)
{
	return put_bound(f->p.init_data, f->p.has_init_data, f->tdx->mr_config_id, 48,
		forge_bent(f, PART_TD, HOW_LONG), b);
}

enum avow_err
forge_tdx_put_report_data(const struct forge *f, struct avow_buf *b)
{
	return put_bound(f->p.runtime_data, !f->p.has_report_data, f->p.report_data, 64,
		forge_bent(f, PART_TD, HOW_REPORT_DATA_TAIL), b);
}

enum avow_err
forge_tdx_put_report(const struct forge *f, struct avow_buf *b)
{
	const struct avow_forge_tdx *t = f->tdx;

	forge_put_bytes(b, t->tee_tcb_svn, 16);
	forge_put_bytes(b, t->mr_seam, 48);
	forge_put_bytes(b, t->mr_signer_seam, 48);
	forge_put_le(b, t->seam_attributes, 8);
	forge_put_le(b, t->td_attributes, 8);
	forge_put_le(b, t->xfam, 8);
	forge_put_bytes(b, t->mr_td, 48);
	AVOW_TRY(forge_tdx_put_config_id(f, b));
	forge_put_bytes(b, t->mr_owner, 48);
	forge_put_bytes(b, t->mr_owner_config, 48);
	for (unsigned i = 0; i < 4; i++)
		forge_put_bytes(b, t->rtmr[i], 48);
	AVOW_TRY(forge_tdx_put_report_data(f, b));
	if (t->report_15) {
		forge_put_bytes(b, t->tee_tcb_svn2, 16);
		forge_put_bytes(b, t->mr_service_td, 48);
	}
	return b->err;
}

/* --- TCB info (intel-collateral 3) ------------------------------------------------------------ */

void
forge_tdx_put_components(const struct forge *f, struct avow_jw *w, bool lowest)
{
	const struct avow_forge_tdx *t = f->tdx;
	size_t n = forge_bent(f, PART_TD, HOW_COMPONENTS_15) ? 15 : 16;

	avow_jw_name(w, "tdxtcbcomponents");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		int svn = lowest ? 0 : t->components[i];

		if (i == 2 && forge_bent(f, PART_TD, HOW_SVN))
			svn = t->tee_tcb_svn[2] + 1;
		avow_jw_open(w, '{');
		avow_jw_put_int(w, "svn", svn);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}

static void
put_identity(struct avow_jw *w)
{
	static const uint8_t zeros[48];

	avow_jw_put_hex(w, "mrsigner", avow_span_make(zeros, sizeof(zeros)));
	avow_jw_put_str(w, "attributes", "0000000000000000");
	avow_jw_put_str(w, "attributesMask", "FFFFFFFFFFFFFFFF");
}

static void
put_module_level(struct avow_jw *w, unsigned isvsvn, const char *status)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "tcb");
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "isvsvn", isvsvn);
	avow_jw_close(w);
	avow_jw_put_str(w, "tcbDate", "2024-03-13T00:00:00Z");
	avow_jw_put_str(w, "tcbStatus", status);
	avow_jw_close(w);
}

static void
put_module(const struct forge *f, struct avow_jw *w, unsigned version)
{
	char id[] = "TDX_00";
	unsigned isvsvn = f->tdx->module_isvsvn;

	id[4] = "0123456789ABCDEF"[version >> 4 & 15];
	id[5] = "0123456789ABCDEF"[version & 15];
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "id", id);
	put_identity(w);
	avow_jw_name(w, "tcbLevels");
	avow_jw_open(w, '[');
	put_module_level(
		w, isvsvn + forge_bent(f, PART_MODULE, HOW_SVN), f->tdx->module_status);
	if (isvsvn > 0 && !forge_bent(f, PART_MODULE, HOW_SVN))
		put_module_level(w, isvsvn - 1, "OutOfDate");
	avow_jw_close(w);
	avow_jw_close(w);
}

void
forge_tdx_put_modules(const struct forge *f, struct avow_jw *w)
{
	unsigned version = f->tdx->tee_tcb_svn[1];

	if (!forge_bent(f, PART_MODULE, HOW_ABSENT)) {
		avow_jw_name(w, "tdxModule");
		avow_jw_open(w, '{');
		put_identity(w);
		avow_jw_close(w);
	}
	avow_jw_name(w, "tdxModuleIdentities");
	avow_jw_open(w, '[');
	put_module(f, w, version < 0x80 ? version + 1 : version - 1);
	if (version && !forge_bent(f, PART_MODULE, HOW_ID))
		put_module(f, w, version);
	avow_jw_close(w);
}
