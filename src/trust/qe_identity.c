/*
 * Reads an Intel enclave identity, version 2, into plain values. Decides
 * whether the text is a complete document of the form that PCS serves; leaves
 * its signature and dates to trust/collateral.c, and the comparison with a QE
 * report to evidence/.
 */
#include "trust/qe_identity.h"

#include <string.h>

#include "base/limits.h"
#include "trust/intel_json.h"

#define PCS "Intel PCS API v4, Get Quoting Enclave Identity"

static enum avow_err
enclave_id(const struct avow_json *o, enum avow_enclave_id *out, struct avow_why *why)
{
	static const struct avow_at at = {"qe_identity", "id", PCS};
	static const char *const names[] = {[AVOW_ENCLAVE_QE] = "QE",
		[AVOW_ENCLAVE_TD_QE] = "TD_QE",
		[AVOW_ENCLAVE_QVE] = "QVE",
		[AVOW_ENCLAVE_QAE] = "QAE"};
	struct avow_span id;

	AVOW_TRY(avow_json_need_string(o, "id", &id, why));
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (avow_span_eq_str(id, names[i])) {
			*out = (enum avow_enclave_id)i;
			return AVOW_OK;
		}
	return avow_refuse(why, AVOW_E_JSON_TYPE, &at, "QE, TD_QE, QVE or QAE", NULL);
}

/* What a QE report is compared with */
static enum avow_err
measurements(
	const struct avow_json *o, struct avow_qe_identity *q, struct avow_why *why)
{
	int64_t v;

	AVOW_TRY(avow_json_need_hex(o, "miscselect", q->miscselect, 4, why));
	AVOW_TRY(avow_json_need_hex(o, "miscselectMask", q->miscselect_mask, 4, why));
	AVOW_TRY(avow_json_need_hex(o, "attributes", q->attributes, 16, why));
	AVOW_TRY(avow_json_need_hex(o, "attributesMask", q->attributes_mask, 16, why));
	AVOW_TRY(avow_json_need_hex(o, "mrsigner", q->mrsigner, 32, why));
	AVOW_TRY(avow_json_need_int(o, "isvprodid", 0, UINT16_MAX, &v, why));
	q->isvprodid = (uint16_t)v;
	return AVOW_OK;
}

static enum avow_err
body(const struct avow_json *o, struct avow_arena *a, struct avow_qe_identity *q,
	struct avow_why *why)
{
	struct avow_isv_level *l;
	int64_t v;

	AVOW_TRY(enclave_id(o, &q->id, why));
	AVOW_TRY(avow_json_need_int(o, "version", 2, 2, &v, why));
	AVOW_TRY(avow_intel_date(o, "issueDate", &q->issue_date_s, why));
	AVOW_TRY(avow_intel_date(o, "nextUpdate", &q->next_update_s, why));
	AVOW_TRY(avow_json_need_int(
		o, "tcbEvaluationDataNumber", 0, UINT32_MAX, &v, why));
	q->evaluation_number = (uint32_t)v;
	AVOW_TRY(measurements(o, q, why));
	AVOW_TRY(avow_intel_isv_levels(o, a, &l, &q->n_levels, why));
	q->levels = l;
	return AVOW_OK;
}

static enum avow_err
parse(struct avow_span text, struct avow_arena *scratch, struct avow_arena *a,
	struct avow_qe_identity *q, struct avow_why *why)
{
	struct avow_intel_doc doc;

	AVOW_TRY(avow_intel_doc_open(
		text, AVOW_MAX_QE_IDENTITY, "enclaveIdentity", scratch, &doc, why));
	q->document = doc.document;
	q->raw = doc.raw;
	memcpy(q->signature, doc.signature, sizeof(q->signature));
	return body(doc.inner, a, q, why);
}

enum avow_err
avow_qe_identity_parse(struct avow_span document, struct avow_arena *a,
	const struct avow_qe_identity **out, struct avow_why *why)
{
	struct avow_qe_identity *q = avow_arena_alloc(a, sizeof(*q));
	struct avow_arena scratch;
	struct avow_why w;
	enum avow_err e;

	*out = NULL;
	if (!q)
		return avow_arena_err(a);
	avow_why_init(&w);
	avow_arena_init(&scratch, AVOW_MAX_INTEL_TREE);
	e = parse(document, &scratch, a, q, &w);
	avow_arena_clear(&scratch);
	if (e != AVOW_OK)
		return avow_intel_doc_err(why, &w, e, AVOW_E_QE_IDENTITY_FORMAT);
	*out = q;
	return AVOW_OK;
}
