/*
 * Reads an Intel TCB info, version 2 or 3, into plain values. Decides whether
 * the text is a complete document of the form that PCS serves; leaves its
 * signature, its dates and its fit to a platform to trust/collateral.c.
 *
 *   text -> strict JSON tree (scratch) -> struct avow_tcb_info (arena)
 *
 * Levels are sorted here, highest first, as QVL does: their order in the text
 * is not relied on.
 */
#include "trust/tcb_info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "trust/intel_json.h"

#define PCS "Intel PCS API v4, Get TCB Info"

static enum avow_err
bad_value(struct avow_why *why, const char *field, const char *expected)
{
	struct avow_at at = {"tcb_info", field, PCS};

	return avow_refuse(why, AVOW_E_JSON_TYPE, &at, expected, NULL);
}

static enum avow_err
svn(const struct avow_json *o, const char *name, uint8_t *out, struct avow_why *why)
{
	int64_t v;

	AVOW_TRY(avow_json_need_int(o, name, 0, UINT8_MAX, &v, why));
	*out = (uint8_t)v;
	return AVOW_OK;
}

/* Version 2: sgxtcbcomp01svn .. sgxtcbcomp16svn beside pcesvn, and no 17th that
 * would be read by nobody (verifier bug 11) */
static enum avow_err
components_v2(const struct avow_json *tcb, uint8_t *out, struct avow_why *why)
{
	char name[24];

	for (size_t i = 0; i < AVOW_SGX_COMPONENTS; i++) {
		snprintf(name, sizeof(name), "sgxtcbcomp%02zusvn", i + 1);
		AVOW_TRY(svn(tcb, name, &out[i], why));
	}
	if (tcb->count != AVOW_SGX_COMPONENTS + 1)
		return bad_value(why, "tcb", "16 components and pcesvn");
	return AVOW_OK;
}

/* Version 3: an array of exactly 16 {svn, category?, type?} (verifier bug 11) */
static enum avow_err
components_v3(const struct avow_json *tcb, const char *name, uint8_t *out,
	struct avow_why *why)
{
	const struct avow_json *list;
	enum avow_err e;

	AVOW_TRY(avow_json_need(tcb, name, AVOW_JSON_ARRAY, &list, why));
	if (list->count != AVOW_SGX_COMPONENTS)
		return bad_value(why, name, "exactly 16 components");
	for (size_t i = 0; i < AVOW_SGX_COMPONENTS; i++) {
		e = svn(&list->items[i], "svn", &out[i], why);
		if (e != AVOW_OK) {
			avow_intel_in_item(why, name, i);
			return e;
		}
	}
	return AVOW_OK;
}

static enum avow_err
tcb_numbers(const struct avow_json *tcb, const struct avow_tcb_info *info,
	struct avow_tcb_level *l, struct avow_why *why)
{
	int64_t pcesvn;

	AVOW_TRY(avow_json_need_int(tcb, "pcesvn", 0, UINT16_MAX, &pcesvn, why));
	l->pcesvn = (uint16_t)pcesvn;
	if (info->version == 2)
		return components_v2(tcb, l->sgx, why);
	AVOW_TRY(components_v3(tcb, "sgxtcbcomponents", l->sgx, why));
	if (info->tee == AVOW_TEE_TDX)
		return components_v3(tcb, "tdxtcbcomponents", l->tdx, why);
	return AVOW_OK;
}

static enum avow_err
level(const struct avow_json *o, struct avow_arena *a, const struct avow_tcb_info *info,
	struct avow_tcb_level *l, struct avow_why *why)
{
	const struct avow_json *tcb;

	AVOW_TRY(avow_json_need(o, "tcb", AVOW_JSON_OBJECT, &tcb, why));
	AVOW_TRY(tcb_numbers(tcb, info, l, why));
	AVOW_TRY(avow_intel_date(o, "tcbDate", &l->tcb_date_s, why));
	AVOW_TRY(avow_intel_status(o, false, &l->status, why));
	return avow_intel_advisories(o, a, &l->advisories, why);
}

/* By SGX components, PCESVN, TDX components: QVL's order of TCB levels */
static int
by_height(const void *x, const void *y)
{
	const struct avow_tcb_level *a = x, *b = y;
	int d = memcmp(b->sgx, a->sgx, AVOW_SGX_COMPONENTS);

	if (d == 0)
		d = (int)b->pcesvn - (int)a->pcesvn;
	if (d == 0)
		d = memcmp(b->tdx, a->tdx, AVOW_SGX_COMPONENTS);
	return d;
}

static enum avow_err
levels(const struct avow_json *o, struct avow_arena *a, struct avow_tcb_info *info,
	struct avow_why *why)
{
	const struct avow_json *list;
	struct avow_tcb_level *l;
	enum avow_err e;

	AVOW_TRY(avow_intel_array(o, "tcbLevels", AVOW_MAX_TCB_LEVELS, &list, why));
	l = avow_arena_array(a, list->count, sizeof(*l));
	if (!l)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		e = level(&list->items[i], a, info, &l[i], why);
		if (e != AVOW_OK) {
			avow_intel_in_item(why, "tcbLevels", i);
			return e;
		}
	}
	qsort(l, list->count, sizeof(*l), by_height);
	for (size_t i = 1; i < list->count; i++)
		if (by_height(&l[i - 1], &l[i]) == 0)
			return bad_value(why, "tcbLevels", "no two levels alike");
	info->levels = l;
	info->n_levels = list->count;
	return AVOW_OK;
}

static enum avow_err
module_identity(
	const struct avow_json *o, struct avow_tdx_module *m, struct avow_why *why)
{
	AVOW_TRY(avow_json_need_hex(o, "mrsigner", m->mrsigner, 48, why));
	AVOW_TRY(avow_json_need_hex(o, "attributes", m->attributes, 8, why));
	return avow_json_need_hex(o, "attributesMask", m->attributes_mask, 8, why);
}

static int
by_isvsvn(const void *x, const void *y)
{
	const struct avow_isv_level *a = x, *b = y;

	return (int)b->isvsvn - (int)a->isvsvn;
}

/* "TDX_" and the module's version as two hex digits */
static enum avow_err
module_entry(const struct avow_json *o, struct avow_arena *a, struct avow_tdx_module *m,
	struct avow_why *why)
{
	struct avow_isv_level *l;
	struct avow_span id;

	AVOW_TRY(avow_json_need_string(o, "id", &id, why));
	if (id.n != 6 || !avow_span_starts(id, AVOW_LIT("TDX_")) ||
		avow_hex_decode(avow_span_from(id, 4), &m->version, 1) != AVOW_OK)
		return bad_value(why, "id", "TDX_ and two hex digits");
	AVOW_TRY(module_identity(o, m, why));
	AVOW_TRY(avow_intel_isv_levels(o, a, &l, &m->n_levels, why));
	qsort(l, m->n_levels, sizeof(*l), by_isvsvn);
	m->levels = l;
	return AVOW_OK;
}

static bool
has_version(const struct avow_tdx_module *m, size_t n, uint8_t version)
{
	for (size_t i = 0; i < n; i++)
		if (m[i].version == version)
			return true;
	return false;
}

static enum avow_err
module_identities(const struct avow_json *o, struct avow_arena *a,
	struct avow_tcb_info *info, struct avow_why *why)
{
	static const char name[] = "tdxModuleIdentities";
	const struct avow_json *list;
	struct avow_tdx_module *m;
	enum avow_err e;

	AVOW_TRY(avow_intel_array(o, name, AVOW_MAX_TDX_MODULES, &list, why));
	m = avow_arena_array(a, list->count, sizeof(*m));
	if (!m)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		e = module_entry(&list->items[i], a, &m[i], why);
		if (e == AVOW_OK && has_version(m, i, m[i].version))
			e = bad_value(why, "id", "no two modules alike");
		if (e != AVOW_OK) {
			avow_intel_in_item(why, name, i);
			return e;
		}
	}
	info->modules = m;
	info->n_modules = list->count;
	return AVOW_OK;
}

static enum avow_err
tdx_modules(const struct avow_json *o, struct avow_arena *a, struct avow_tcb_info *info,
	struct avow_why *why)
{
	const struct avow_json *module = avow_json_get(o, "tdxModule");
	const struct avow_json *identities = avow_json_get(o, "tdxModuleIdentities");

	if (info->tee == AVOW_TEE_SGX) {
		if (module || identities)
			return bad_value(why, "tdxModule", "absent for SGX");
		return AVOW_OK;
	}
	AVOW_TRY(avow_json_need(o, "tdxModule", AVOW_JSON_OBJECT, &module, why));
	AVOW_TRY(module_identity(module, &info->tdx_module, why));
	info->has_tdx_module = true;
	return identities ? module_identities(o, a, info, why) : AVOW_OK;
}

/* Version 2 has no id and is SGX's; version 3 names its TEE */
static enum avow_err
version_and_tee(
	const struct avow_json *o, struct avow_tcb_info *info, struct avow_why *why)
{
	struct avow_span id = AVOW_LIT("SGX");
	int64_t version;

	AVOW_TRY(avow_json_need_int(o, "version", 2, 3, &version, why));
	info->version = (int)version;
	if (version == 3 || avow_json_get(o, "id"))
		AVOW_TRY(avow_json_need_string(o, "id", &id, why));
	if (avow_span_eq_str(id, "SGX"))
		info->tee = AVOW_TEE_SGX;
	else if (version == 3 && avow_span_eq_str(id, "TDX"))
		info->tee = AVOW_TEE_TDX;
	else
		return bad_value(why, "id", "SGX or, in version 3, TDX");
	return AVOW_OK;
}

static enum avow_err
body(const struct avow_json *o, struct avow_arena *a, struct avow_tcb_info *info,
	struct avow_why *why)
{
	int64_t v;

	AVOW_TRY(version_and_tee(o, info, why));
	AVOW_TRY(avow_intel_date(o, "issueDate", &info->issue_date_s, why));
	AVOW_TRY(avow_intel_date(o, "nextUpdate", &info->next_update_s, why));
	AVOW_TRY(avow_json_need_hex(o, "fmspc", info->fmspc, 6, why));
	AVOW_TRY(avow_json_need_hex(o, "pceId", info->pce_id, 2, why));
	/* tcbType 0 says how components compare; no other is defined */
	AVOW_TRY(avow_json_need_int(o, "tcbType", 0, 0, &v, why));
	AVOW_TRY(avow_json_need_int(
		o, "tcbEvaluationDataNumber", 0, UINT32_MAX, &v, why));
	info->evaluation_number = (uint32_t)v;
	AVOW_TRY(tdx_modules(o, a, info, why));
	return levels(o, a, info, why);
}

static enum avow_err
parse(struct avow_span text, struct avow_arena *scratch, struct avow_arena *a,
	struct avow_tcb_info *info, struct avow_why *why)
{
	struct avow_intel_doc doc;

	AVOW_TRY(avow_intel_doc_open(
		text, AVOW_MAX_TCB_INFO, "tcbInfo", scratch, &doc, why));
	info->document = doc.document;
	info->raw = doc.raw;
	memcpy(info->signature, doc.signature, sizeof(info->signature));
	return body(doc.inner, a, info, why);
}

enum avow_err
avow_tcb_info_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_tcb_info **out, struct avow_why *why)
{
	struct avow_tcb_info *info = avow_arena_alloc(a, sizeof(*info));
	struct avow_arena scratch;
	struct avow_why w;
	enum avow_err e;

	*out = NULL;
	if (!info)
		return avow_arena_err(a);
	avow_why_init(&w);
	avow_arena_init(&scratch, AVOW_MAX_INTEL_TREE);
	e = parse(document, &scratch, a, info, &w);
	avow_arena_clear(&scratch);
	if (e != AVOW_OK)
		return avow_intel_doc_err(why, &w, e, AVOW_E_TCB_INFO_FORMAT);
	*out = info;
	return AVOW_OK;
}
