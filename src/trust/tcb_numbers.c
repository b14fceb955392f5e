/*
 * Reads Intel's list of TCB evaluation data numbers into plain values. Decides
 * form alone.
 */
#include "trust/tcb_numbers.h"

#include <string.h>

#include "base/limits.h"
#include "trust/intel_json.h"

#define PCS "Intel PCS API v4, TCB evaluation data numbers"
#define MAX_NUMBERS 256

static enum avow_err
tee_of(const struct avow_json *o, enum avow_tee *out, struct avow_why *why)
{
	static const struct avow_at at = {"tcb_numbers", "id", PCS};
	struct avow_span id;

	AVOW_TRY(avow_json_need_string(o, "id", &id, why));
	*out = avow_span_eq_str(id, "TDX") ? AVOW_TEE_TDX : AVOW_TEE_SGX;
	if (*out == AVOW_TEE_TDX || avow_span_eq_str(id, "SGX"))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_JSON_TYPE, &at, "SGX or TDX", NULL);
}

static enum avow_err
number_of(const struct avow_json *o, struct avow_tcb_number *out, struct avow_why *why)
{
	int64_t v;

	AVOW_TRY(avow_json_need_int(
		o, "tcbEvaluationDataNumber", 1, UINT32_MAX, &v, why));
	out->number = (uint32_t)v;
	AVOW_TRY(avow_intel_date(o, "tcbRecoveryEventDate", &out->recovery_s, why));
	return avow_intel_date(o, "tcbDate", &out->date_s, why);
}

static enum avow_err
list_of(const struct avow_json *o, struct avow_arena *a, struct avow_tcb_numbers *out,
	struct avow_why *why)
{
	const struct avow_json *list;
	struct avow_tcb_number *v;
	enum avow_err e;

	AVOW_TRY(avow_intel_array(o, "tcbEvalNumbers", MAX_NUMBERS, &list, why));
	v = avow_arena_array(a, list->count, sizeof(*v));
	if (!v)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		e = number_of(&list->items[i], &v[i], why);
		if (e != AVOW_OK) {
			avow_intel_in_item(why, "tcbEvalNumbers", i);
			return e;
		}
	}
	out->numbers = v;
	out->n = list->count;
	return AVOW_OK;
}

static enum avow_err
parse(struct avow_span text, struct avow_arena *scratch, struct avow_arena *a,
	struct avow_tcb_numbers *out, struct avow_why *why)
{
	struct avow_intel_doc doc;
	int64_t version;

	AVOW_TRY(avow_intel_doc_open(text, AVOW_MAX_QE_IDENTITY,
		"tcbEvaluationDataNumbers", scratch, &doc, why));
	out->document = doc.document;
	out->raw = doc.raw;
	memcpy(out->signature, doc.signature, sizeof(out->signature));
	AVOW_TRY(tee_of(doc.inner, &out->tee, why));
	AVOW_TRY(avow_json_need_int(doc.inner, "version", 1, 1, &version, why));
	AVOW_TRY(avow_intel_date(doc.inner, "issueDate", &out->issue_date_s, why));
	AVOW_TRY(avow_intel_date(doc.inner, "nextUpdate", &out->next_update_s, why));
	return list_of(doc.inner, a, out, why);
}

enum avow_err
avow_tcb_numbers_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_tcb_numbers **out, struct avow_why *why)
{
	struct avow_tcb_numbers *t = avow_arena_alloc(a, sizeof(*t));
	struct avow_arena scratch;
	struct avow_why w;
	enum avow_err e;

	*out = NULL;
	if (!t)
		return avow_arena_err(a);
	avow_why_init(&w);
	avow_arena_init(&scratch, AVOW_MAX_INTEL_TREE);
	e = parse(document, &scratch, a, t, &w);
	avow_arena_clear(&scratch);
	if (e != AVOW_OK)
		return avow_intel_doc_err(why, &w, e, AVOW_E_TCB_NUMBERS);
	*out = t;
	return AVOW_OK;
}
