/*
 * TCB info and QE identity, as Intel's PCS serves them: compact JSON, members in
 * the order of the sheet intel-collateral 3, the signature by the TCB signing
 * key over the inner object's bytes (ECDSA P-256, r and s big-endian).
 *
 * Where no levels were given three are made, served from the highest down: one
 * above the platform, the one that matches it, and one that is lower in all.
 */
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "forge/tdx_impl.h"
#include "wire/json_member.h"

#define DAY_S INT64_C(86400)

static const char *const OLD_ADVISORIES[] = {"INTEL-SA-00477", "INTEL-SA-00615", NULL};

/* --- small values ------------------------------------------------------------------- */

/* Hex strings of identities and TCB infos are upper case, signatures lower. */
static void
put_upper_hex(struct avow_jw *w, const char *name, const uint8_t *p, size_t n)
{
	char text[2 * 64 + 1];

	avow_hex_encode(avow_span_make(p, n), text);
	for (char *c = text; *c; c++)
		*c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
	avow_jw_put_str(w, name, text);
}

static void
put_time(struct avow_jw *w, const char *name, int64_t s, bool fraction)
{
	char text[AVOW_TIME_TEXT + 4];

	avow_time_format(s, text);
	if (fraction)
		memcpy(text + AVOW_TIME_TEXT - 2, ".0Z", 4);
	avow_jw_put_str(w, name, text);
}

static void
put_dates(const struct forge *f, enum forge_part part, struct avow_jw *w,
	const struct avow_forge_window *v)
{
	put_time(w, "issueDate", v->from_s, forge_bent(f, part, HOW_DATE));
	if (!forge_bent(f, part, HOW_NO_NEXT))
		put_time(w, "nextUpdate", v->until_s, false);
}

/* What every level says behind its tcb. */
static void
put_verdict(const struct forge *f, enum forge_part part, struct avow_jw *w,
	int64_t date_s, const char *status, const char *const *advisories)
{
	if (!forge_bent(f, part, HOW_LEVEL_DATE))
		put_time(w, "tcbDate", date_s, false);
	avow_jw_put_str(
		w, "tcbStatus", forge_bent(f, part, HOW_STATUS) ? "Fine" : status);
	if (forge_bent(f, part, HOW_ADVISORY)) {
		avow_jw_name(w, "advisoryIDs");
		avow_jw_raw(w, AVOW_LIT("[615]"));
		return;
	}
	if (!advisories)
		return;
	avow_jw_name(w, "advisoryIDs");
	avow_jw_open(w, '[');
	for (; *advisories; advisories++)
		avow_jw_str(w, *advisories);
	avow_jw_close(w);
}

/* --- signing and wrapping ------------------------------------------------------------- */

/* The last digit of the evaluation number becomes another. */
static void
bend_number(struct avow_buf *inner)
{
	struct avow_span text = avow_buf_span(inner);
	size_t at = avow_span_find(text, AVOW_LIT("\"tcbEvaluationDataNumber\":"));
	size_t comma = avow_span_find_byte(avow_span_from(text, at), ',');

	if (at + comma < text.n)
		inner->p[at + comma - 1] ^= 1;
}

/* The document's text changes behind its signature. */
static void
bend_inner(const struct forge *f, enum forge_part part, struct avow_buf *inner)
{
	struct avow_span rest;
	struct avow_buf out;

	if (forge_bent(f, part, HOW_BODY))
		bend_number(inner);
	if (!forge_bent(f, part, HOW_REFORMATTED))
		return;
	avow_buf_init(&out, FORGE_MAX_OUTPUT);
	rest = avow_buf_span(inner);
	avow_buf_put(&out, avow_span_slice(rest, 0, 1));
	avow_buf_put_byte(&out, ' ');
	avow_buf_put(&out, avow_span_from(rest, 1));
	avow_buf_reset(inner);
	avow_buf_put(inner, avow_buf_span(&out));
	if (inner->err == AVOW_OK)
		inner->err = out.err;
	avow_buf_clear(&out);
}

static void
put_signature(struct avow_buf *out, struct avow_span signature)
{
	avow_buf_put_str(out, ",\"signature\":\"");
	avow_hex_put(out, signature);
	avow_buf_put_str(out, "\"");
}

/* {"<member>":<inner>,"signature":"<hex>"} */
static void
put_document(const struct forge *f, enum forge_part part, const char *member,
	struct avow_span inner, struct avow_span signature, struct avow_buf *out)
{
	avow_buf_printf(out, "{\"%s\":", member);
	avow_buf_put(out, inner);
	if (forge_bent(f, part, HOW_SIGNATURE_SIZE))
		signature.n--;
	put_signature(out, signature);
	if (forge_bent(f, part, HOW_DUPLICATE_OUTER))
		put_signature(out, signature);
	if (!forge_bent(f, part, HOW_NOT_JSON))
		avow_buf_put_byte(out, '}');
	if (forge_bent(f, part, HOW_TRAILING))
		avow_buf_put_str(out, "x");
}

static enum avow_err
sign_document(const struct forge *f, enum forge_part part, const char *member,
	struct avow_buf *inner, struct avow_buf *out)
{
	const struct avow_privkey *key = forge_bent(f, part, HOW_OTHER_KEY)
						 ? f->keys->stranger
						 : f->keys->signing;
	struct avow_buf sig;
	enum avow_err e = inner->err;

	avow_buf_init(&sig, FORGE_MAX_OUTPUT);
	if (e == AVOW_OK)
		e = avow_sign(key, AVOW_SIG_ES256_RAW, avow_buf_span(inner), &sig);
	if (e == AVOW_OK) {
		if (forge_bent(f, part, HOW_SIGNATURE))
			forge_flip(&sig, 1);
		bend_inner(f, part, inner);
		put_document(f, part, member, avow_buf_span(inner), avow_buf_span(&sig),
			out);
		e = inner->err != AVOW_OK ? inner->err : out->err;
	}
	avow_buf_clear(&sig);
	return e;
}

/* --- TCB info ----------------------------------------------------------------------------- */

static void
put_components_v3(const struct forge *f, struct avow_jw *w, const uint8_t svn[16])
{
	static const char *const category[16] = {
		"BIOS", "OS/VMM", "OS/VMM", "BIOS", "BIOS", "BIOS", NULL, "OS/VMM"};
	static const char *const type[16] = {"Early Microcode Update",
		"SGX Late Microcode Update", "TXT SINIT", NULL, NULL, NULL, NULL,
		"SEAMLDR ACM"};
	size_t n = forge_bent(f, PART_TCB, HOW_COMPONENTS_15)   ? 15
		   : forge_bent(f, PART_TCB, HOW_COMPONENTS_17) ? 17
								: 16;

	avow_jw_name(w, "sgxtcbcomponents");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		bool wide = i == 2 && forge_bent(f, PART_TCB, HOW_COMPONENT_RANGE);

		avow_jw_open(w, '{');
		avow_jw_put_int(w, "svn", wide ? 256 : i < 16 ? svn[i] : 0);
		if (i < 16 && category[i])
			avow_jw_put_str(w, "category", category[i]);
		if (i < 16 && type[i])
			avow_jw_put_str(w, "type", type[i]);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}

static void
put_components_v2(const struct forge *f, struct avow_jw *w, const uint8_t svn[16])
{
	size_t n = forge_bent(f, PART_TCB, HOW_COMPONENTS_15)   ? 15
		   : forge_bent(f, PART_TCB, HOW_COMPONENTS_17) ? 17
								: 16;

	for (size_t i = 0; i < n; i++) {
		bool wide = i == 2 && forge_bent(f, PART_TCB, HOW_COMPONENT_RANGE);
		char name[] = "sgxtcbcomp00svn";

		name[10] = (char)('0' + (i + 1) / 10);
		name[11] = (char)('0' + (i + 1) % 10);
		avow_jw_put_int(w, name, wide ? 256 : i < 16 ? svn[i] : 0);
	}
}

static void
put_tcb_level(
	const struct forge *f, struct avow_jw *w, const struct avow_forge_tcb_level *l)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "tcb");
	avow_jw_open(w, '{');
	if (f->p.tcb_info_version == 3)
		put_components_v3(f, w, l->components);
	else
		put_components_v2(f, w, l->components);
	avow_jw_put_int(w, "pcesvn",
		forge_bent(f, PART_TCB, HOW_PCESVN_RANGE) ? 65536 : l->pcesvn);
	if (f->tdx)
		forge_tdx_put_components(
			f, w, avow_span_all_zero(avow_span_make(l->components, 16)));
	avow_jw_close(w);
	put_verdict(f, PART_TCB, w, l->date_s, l->status, l->advisories);
	avow_jw_close(w);
}

static struct avow_forge_tcb_level
matching_level(const struct forge *f)
{
	struct avow_forge_tcb_level l = {.pcesvn = f->p.pcesvn,
		.date_s = f->p.tcb_date_s,
		.status = f->p.tcb_status,
		.advisories = f->p.tcb_advisories};

	memcpy(l.components, f->p.components, sizeof(l.components));
	return l;
}

/* One step up in the first field that has room; false when the platform has none. */
static bool
level_above(const struct forge *f, struct avow_forge_tcb_level *l)
{
	*l = matching_level(f);
	l->date_s += 100 * DAY_S;
	l->status = "UpToDate";
	l->advisories = NULL;
	for (size_t i = 0; i < sizeof(l->components); i++)
		if (l->components[i] < UINT8_MAX) {
			l->components[i]++;
			return true;
		}
	if (l->pcesvn == UINT16_MAX)
		return false;
	l->pcesvn++;
	return true;
}

static void
put_made_levels(const struct forge *f, struct avow_jw *w)
{
	struct avow_forge_tcb_level above, match = matching_level(f), again = match;
	struct avow_forge_tcb_level below = {.date_s = match.date_s - 400 * DAY_S,
		.status = "OutOfDate",
		.advisories = OLD_ADVISORIES};

	if (level_above(f, &above))
		put_tcb_level(f, w, &above);
	if (forge_bent(f, PART_TCB, HOW_SVN))
		return;
	put_tcb_level(f, w, &match);
	again.status = "OutOfDate";
	if (forge_bent(f, PART_TCB, HOW_LEVEL_TWICE))
		put_tcb_level(f, w, &again);
	if (match.pcesvn || !avow_span_all_zero(avow_span_make(match.components, 16)))
		put_tcb_level(f, w, &below);
}

static void
put_tcb_levels(const struct forge *f, struct avow_jw *w)
{
	avow_jw_name(w, "tcbLevels");
	avow_jw_open(w, '[');
	if (forge_bent(f, PART_TCB, HOW_LEVELS_EMPTY))
		;
	else if (f->p.n_tcb_levels == 0 || f->bend)
		put_made_levels(f, w);
	else
		for (size_t i = 0; i < f->p.n_tcb_levels; i++)
			put_tcb_level(f, w, &f->p.tcb_levels[i]);
	avow_jw_close(w);
}

static void
put_tcb_info(const struct forge *f, struct avow_jw *w)
{
	uint8_t fmspc[6], pce_id[2];

	memcpy(fmspc, f->p.fmspc, sizeof(fmspc));
	memcpy(pce_id, f->p.pce_id, sizeof(pce_id));
	fmspc[5] ^= forge_bent(f, PART_TCB, HOW_FMSPC) ? 1 : 0;
	pce_id[1] ^= forge_bent(f, PART_TCB, HOW_PCE_ID) ? 1 : 0;
	avow_jw_open(w, '{');
	if (f->p.tcb_info_version == 3 && !forge_bent(f, PART_TCB, HOW_NO_ID)) {
		avow_jw_name(w, "id");
		avow_jw_str(
			w, forge_bent(f, PART_TCB, HOW_ID) == !f->tdx ? "TDX" : "SGX");
	}
	avow_jw_put_int(w, "version",
		forge_bent(f, PART_TCB, HOW_VERSION) ? 4
						     : (int64_t)f->p.tcb_info_version);
	put_dates(f, PART_TCB, w, &f->p.tcb_info);
	put_upper_hex(w, "fmspc", fmspc, sizeof(fmspc));
	if (forge_bent(f, PART_TCB, HOW_DUPLICATE))
		put_upper_hex(w, "fmspc", fmspc, sizeof(fmspc));
	put_upper_hex(w, "pceId", pce_id, sizeof(pce_id));
	avow_jw_put_int(w, "tcbType", forge_bent(f, PART_TCB, HOW_TYPE) ? 1 : 0);
	avow_jw_put_int(w, "tcbEvaluationDataNumber",
		forge_bent(f, PART_TCB, HOW_NUMBER)
			? -1
			: (int64_t)f->p.tcb_evaluation_number);
	if (f->tdx)
		forge_tdx_put_modules(f, w);
	put_tcb_levels(f, w);
	avow_jw_close(w);
}

/* --- QE identity ---------------------------------------------------------------------------- */

static void
put_isv_level(
	const struct forge *f, struct avow_jw *w, const struct avow_forge_isv_level *l)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "tcb");
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "isvsvn", l->isvsvn);
	avow_jw_close(w);
	put_verdict(f, PART_QEID, w, l->date_s, l->status, l->advisories);
	avow_jw_close(w);
}

static void
put_made_isv_levels(const struct forge *f, struct avow_jw *w)
{
	const struct avow_forge_isv_level match = {
		f->p.qe_isvsvn, f->p.qe_date_s, f->p.qe_status, f->p.qe_advisories};
	const struct avow_forge_isv_level again = {
		match.isvsvn, match.date_s, "OutOfDate", NULL};
	const struct avow_forge_isv_level above = {(uint16_t)(match.isvsvn + 1),
		match.date_s + 100 * DAY_S, "UpToDate", NULL};
	const struct avow_forge_isv_level below = {(uint16_t)(match.isvsvn - 1),
		match.date_s - 400 * DAY_S, "OutOfDate", OLD_ADVISORIES};

	if (match.isvsvn < UINT16_MAX)
		put_isv_level(f, w, &above);
	if (forge_bent(f, PART_QE, HOW_SVN))
		return;
	put_isv_level(f, w, &match);
	if (forge_bent(f, PART_QEID, HOW_LEVEL_TWICE))
		put_isv_level(f, w, &again);
	if (match.isvsvn > 0)
		put_isv_level(f, w, &below);
}

static void
put_isv_levels(const struct forge *f, struct avow_jw *w)
{
	avow_jw_name(w, "tcbLevels");
	avow_jw_open(w, '[');
	if (forge_bent(f, PART_QEID, HOW_LEVELS_EMPTY))
		;
	else if (f->p.n_qe_levels == 0 || f->bend)
		put_made_isv_levels(f, w);
	else
		for (size_t i = 0; i < f->p.n_qe_levels; i++)
			put_isv_level(f, w, &f->p.qe_levels[i]);
	avow_jw_close(w);
}

/* Byte order is that of the report's fields in memory: flags 0x11 reads 11000000... */
static void
put_masks(const struct forge *f, struct avow_jw *w)
{
	static const uint8_t zero[4], ones[4] = {0xff, 0xff, 0xff, 0xff};
	static const uint8_t attributes[16] = {0x11};
	static const uint8_t mask[16] = {
		0xfb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	put_upper_hex(w, "miscselect", zero,
		forge_bent(f, PART_QEID, HOW_MISCSELECT_SIZE) ? 3 : 4);
	put_upper_hex(w, "miscselectMask", ones, 4);
	put_upper_hex(w, "attributes", attributes,
		forge_bent(f, PART_QEID, HOW_ATTRIBUTES_SIZE) ? 15 : 16);
	put_upper_hex(w, "attributesMask", mask, 16);
}

static void
put_qe_identity(const struct forge *f, struct avow_jw *w)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(
		w, "id", forge_bent(f, PART_QEID, HOW_ID) == !f->tdx ? "TD_QE" : "QE");
	avow_jw_put_int(w, "version", forge_bent(f, PART_QEID, HOW_VERSION) ? 1 : 2);
	put_dates(f, PART_QEID, w, &f->p.qe_identity);
	avow_jw_put_int(w, "tcbEvaluationDataNumber",
		forge_bent(f, PART_QEID, HOW_NUMBER)
			? -1
			: (int64_t)f->p.qe_evaluation_number);
	put_masks(f, w);
	if (!forge_bent(f, PART_QEID, HOW_NO_MRSIGNER))
		put_upper_hex(w, "mrsigner", f->p.qe_mrsigner,
			forge_bent(f, PART_QEID, HOW_MRSIGNER_SIZE) ? 31 : 32);
	if (forge_bent(f, PART_QEID, HOW_DUPLICATE))
		put_upper_hex(w, "mrsigner", f->p.qe_mrsigner, 32);
	avow_jw_put_int(w, "isvprodid",
		forge_bent(f, PART_QEID, HOW_PRODID_RANGE) ? 65536 : f->p.qe_isvprodid);
	put_isv_levels(f, w);
	avow_jw_close(w);
}

/* --- both ---------------------------------------------------------------------------------------- */

static enum avow_err
make_document(const struct forge *f, enum forge_part part, const char *member,
	void (*put)(const struct forge *f, struct avow_jw *w), struct avow_buf *out)
{
	struct avow_buf inner;
	struct avow_jw w;
	enum avow_err e;

	if (forge_bent(f, part, HOW_ABSENT))
		return AVOW_OK;
	avow_buf_init(&inner, FORGE_MAX_OUTPUT);
	avow_jw_init(&w, &inner);
	put(f, &w);
	e = sign_document(f, part, member, &inner, out);
	avow_buf_clear(&inner);
	return e;
}

enum avow_err
forge_make_documents(struct forge *f)
{
	AVOW_TRY(make_document(f, PART_TCB, "tcbInfo", put_tcb_info, &f->tcb_info));
	return make_document(
		f, PART_QEID, "enclaveIdentity", put_qe_identity, &f->qe_identity);
}
