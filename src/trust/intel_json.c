/*
 * The parts that Intel's TCB infos and enclave identities share, read from a
 * strict JSON tree (no duplicate member, no trailing text: wire/json). What is
 * signed is the raw slice of the inner object, never a text made again from the
 * tree.
 */
#include "trust/intel_json.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"

#define PCS "Intel PCS API v4"

static enum avow_err
bad_type(struct avow_why *why, const char *field, const char *expected)
{
	struct avow_at at = {"intel_json", field, PCS};

	return avow_refuse(why, AVOW_E_JSON_TYPE, &at, expected, NULL);
}

enum avow_err
avow_intel_doc_open(struct avow_span text, size_t max, const char *member,
	struct avow_arena *scratch, struct avow_intel_doc *out, struct avow_why *why)
{
	const struct avow_json *root;

	if (text.n > max)
		return bad_type(why, "", "a document within its limit");
	AVOW_TRY(avow_json_parse(text, NULL, scratch, &root, why));
	/* verifier bug 12: nothing unsigned beside the signed object */
	if (root->type != AVOW_JSON_OBJECT || root->count != 2)
		return bad_type(why, "", "an object of the document and its signature");
	AVOW_TRY(avow_json_need(root, member, AVOW_JSON_OBJECT, &out->inner, why));
	AVOW_TRY(avow_json_need_hex(root, "signature", out->signature, 64, why));
	out->document = root->raw;
	out->raw = out->inner->raw;
	return AVOW_OK;
}

enum avow_err
avow_intel_doc_err(struct avow_why *why, const struct avow_why *from, enum avow_err err,
	enum avow_err code)
{
	if (err == AVOW_OK)
		return AVOW_OK;
	if (err == AVOW_E_NO_MEMORY || err == AVOW_E_TOO_LARGE)
		code = err;
	if (why && why->code == AVOW_OK) {
		*why = *from;
		why->code = code;
		if (!why->message[0])
			avow_why_note(why, "%s", avow_err_text(err));
	}
	return code;
}

enum avow_err
avow_intel_date(const struct avow_json *o, const char *name, int64_t *out_s,
	struct avow_why *why)
{
	struct avow_at at = {"intel_json", name, PCS};
	struct avow_span text;

	AVOW_TRY(avow_json_need_string(o, name, &text, why));
	if (avow_time_parse_strict(text, out_s) != AVOW_OK)
		return avow_refuse(why, AVOW_E_TIME, &at, "YYYY-MM-DDThh:mm:ssZ",
			"%.*s", AVOW_FMT(avow_span_slice(text, 0, 40)));
	return AVOW_OK;
}

enum avow_err
avow_intel_status(const struct avow_json *o, bool isv_only, enum avow_tcb_status *out,
	struct avow_why *why)
{
	static const struct avow_at at = {"intel_json", "tcbStatus", PCS};
	struct avow_span text;
	enum avow_tcb_status s;
	bool known;

	AVOW_TRY(avow_json_need_string(o, "tcbStatus", &text, why));
	known = avow_tcb_status_parse(text, &s) && s <= AVOW_TCB_REVOKED;
	if (known && isv_only)
		known = s == AVOW_TCB_UP_TO_DATE || s == AVOW_TCB_OUT_OF_DATE ||
			s == AVOW_TCB_REVOKED;
	if (!known)
		return avow_refuse(why, AVOW_E_JSON_TYPE, &at, "a known status", "%.*s",
			AVOW_FMT(avow_span_slice(text, 0, 60)));
	*out = s;
	return AVOW_OK;
}

/* They become claims and log text: printable ASCII without space. */
static bool
is_advisory(const struct avow_json *v)
{
	if (v->type != AVOW_JSON_STRING || v->string.n == 0 ||
		v->string.n > AVOW_MAX_ADVISORY_TEXT)
		return false;
	for (size_t i = 0; i < v->string.n; i++)
		if (v->string.p[i] <= 0x20 || v->string.p[i] > 0x7e)
			return false;
	return true;
}

enum avow_err
avow_intel_advisories(const struct avow_json *o, struct avow_arena *a,
	struct avow_advisories *out, struct avow_why *why)
{
	const struct avow_json *list = avow_json_get(o, "advisoryIDs");
	struct avow_span *ids;

	*out = (struct avow_advisories){NULL, 0};
	if (!list)
		return AVOW_OK;
	if (list->type != AVOW_JSON_ARRAY || list->count > AVOW_MAX_ADVISORIES)
		return bad_type(why, "advisoryIDs", "an array of at most 256");
	ids = avow_arena_array(a, list->count, sizeof(*ids));
	if (!ids && list->count > 0)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		if (!is_advisory(&list->items[i]))
			return bad_type(why, "advisoryIDs", "printable identifiers");
		ids[i] = avow_arena_copy(a, list->items[i].string);
		if (!ids[i].p)
			return avow_arena_err(a);
	}
	*out = (struct avow_advisories){ids, list->count};
	return AVOW_OK;
}

enum avow_err
avow_intel_array(const struct avow_json *o, const char *name, size_t max,
	const struct avow_json **out, struct avow_why *why)
{
	AVOW_TRY(avow_json_need(o, name, AVOW_JSON_ARRAY, out, why));
	if ((*out)->count == 0 || (*out)->count > max)
		return bad_type(why, name, "a non-empty array within its limit");
	return AVOW_OK;
}

void
avow_intel_in_item(struct avow_why *why, const char *name, size_t i)
{
	char inner[sizeof(why->field)];

	if (!why)
		return;
	snprintf(inner, sizeof(inner), "%s", why->field);
	avow_why_field(why, "%s[%zu].%s", name, i, inner);
}

static enum avow_err
isv_level(const struct avow_json *o, struct avow_arena *a, struct avow_isv_level *l,
	struct avow_why *why)
{
	const struct avow_json *tcb;
	int64_t isvsvn;

	AVOW_TRY(avow_json_need(o, "tcb", AVOW_JSON_OBJECT, &tcb, why));
	AVOW_TRY(avow_json_need_int(tcb, "isvsvn", 0, UINT16_MAX, &isvsvn, why));
	l->isvsvn = (uint16_t)isvsvn;
	AVOW_TRY(avow_intel_date(o, "tcbDate", &l->tcb_date_s, why));
	AVOW_TRY(avow_intel_status(o, true, &l->status, why));
	return avow_intel_advisories(o, a, &l->advisories, why);
}

static bool
has_isvsvn(const struct avow_isv_level *levels, size_t n, uint16_t isvsvn)
{
	for (size_t i = 0; i < n; i++)
		if (levels[i].isvsvn == isvsvn)
			return true;
	return false;
}

enum avow_err
avow_intel_isv_levels(const struct avow_json *o, struct avow_arena *a,
	struct avow_isv_level **out, size_t *n, struct avow_why *why)
{
	const struct avow_json *list;
	struct avow_isv_level *levels;
	enum avow_err e;

	AVOW_TRY(avow_intel_array(o, "tcbLevels", AVOW_MAX_TCB_LEVELS, &list, why));
	levels = avow_arena_array(a, list->count, sizeof(*levels));
	if (!levels)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		e = isv_level(&list->items[i], a, &levels[i], why);
		if (e == AVOW_OK && has_isvsvn(levels, i, levels[i].isvsvn))
			e = bad_type(why, "tcb.isvsvn", "no two levels alike");
		if (e != AVOW_OK) {
			avow_intel_in_item(why, "tcbLevels", i);
			return e;
		}
	}
	*out = levels;
	*n = list->count;
	return AVOW_OK;
}
