/*
 * The forms in which a report comes, told apart by their first bytes:
 *
 *   1184 bytes                            the report itself
 *   "HCLA"                                Azure's HCL report around it
 *   {"SnpReport", "VcekCertChain",        what clients of the contract send; the
 *    "Endorsements"}                      members in base64url or base64
 *
 * Form alone is judged; certificates and endorsements are only unpacked.
 */
#include "base/base64.h"
#include "base/limits.h"
#include "evidence/snp/layout.h"

#define SOURCE "MAA REST API, AttestSevSnpVmRequest.report"

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"request_form", field, SOURCE};

	return avow_refuse(why, AVOW_E_SNP_REQUEST, &at, expected, NULL);
}

/* --- the HCL report ------------------------------------------------------------------- */

static enum avow_err
read_hcl(struct avow_span bytes, struct avow_snp_evidence *e, struct avow_why *why)
{
	static const struct avow_at type = {
		"hcl_report_type", "report_type", "HCL report"};
	static const struct avow_at hash = {"hcl_hash_type", "hash_type", "HCL report"};

	e->form = "hcl";
	AVOW_TRY(avow_hcl_parse(bytes, &e->hcl, why));
	if (e->hcl.report_type != AVOW_HCL_SNP)
		return avow_refuse(why, AVOW_E_HCL_REPORT_TYPE, &type, "2, SEV-SNP",
			"%u", (unsigned)e->hcl.report_type);
	if (e->hcl.hash_type != AVOW_HCL_HASH_SHA256)
		return avow_refuse(why, AVOW_E_HCL_HASH_TYPE, &hash, "1, SHA-256", "%u",
			(unsigned)e->hcl.hash_type);
	e->has_hcl = true;
	return avow_snp_report_read(e->hcl.hardware, &e->report, why);
}

/* --- JSON -------------------------------------------------------------------------------- */

/* A member that is base 64 text; absent: *out is left alone. */
static enum avow_err
read_member(const struct avow_json *o, const char *name, size_t max,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *v = avow_json_get_fold(o, name);
	enum avow_err e;

	if (!v || v->type == AVOW_JSON_NULL)
		return AVOW_OK;
	if (v->type != AVOW_JSON_STRING)
		return refuse(why, name, "base64url text");
	e = avow_b64_decode_lenient(v->string, max, a, out);
	return e == AVOW_E_BASE64 ? refuse(why, name, "base64url text") : e;
}

static enum avow_err
read_uvm(const struct avow_json *list, struct avow_arena *a,
	struct avow_snp_evidence *e, struct avow_why *why)
{
	if (!list || list->type == AVOW_JSON_NULL)
		return AVOW_OK;
	if (list->type != AVOW_JSON_ARRAY || list->count > SNP_MAX_UVM)
		return refuse(why, "Endorsements.Uvm", "an array of at most 8");
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].type != AVOW_JSON_STRING ||
			avow_b64_decode_lenient(list->items[i].string, AVOW_MAX_UVM, a,
				&e->uvm[i]) != AVOW_OK)
			return refuse(why, "Endorsements.Uvm",
				"base64url texts of at most 64 KiB");
	}
	e->n_uvm = list->count;
	return AVOW_OK;
}

static enum avow_err
read_endorsements(const struct avow_json *o, struct avow_arena *a,
	struct avow_snp_evidence *e, struct avow_why *why)
{
	struct avow_span text = {NULL, 0};
	const struct avow_json *tree;

	AVOW_TRY(read_member(o, "Endorsements", AVOW_MAX_SNP_EVIDENCE, a, &text, why));
	if (text.n == 0)
		return AVOW_OK;
	if (avow_json_parse(text, NULL, a, &tree, NULL) != AVOW_OK ||
		tree->type != AVOW_JSON_OBJECT)
		return refuse(why, "Endorsements", "a JSON object");
	return read_uvm(avow_json_get_fold(tree, "Uvm"), a, e, why);
}

static enum avow_err
read_json(struct avow_span bytes, struct avow_arena *a, struct avow_snp_evidence *e,
	struct avow_why *why)
{
	static const struct avow_json_rules rules = {
		.fold_names = true, .allow_bom = true};
	struct avow_span report = {NULL, 0};
	const struct avow_json *o;
	enum avow_err bad = avow_json_parse(bytes, &rules, a, &o, NULL);

	e->form = "json";
	if (avow_err_class(bad) == AVOW_CLASS_INTERNAL)
		return bad;
	if (bad != AVOW_OK || o->type != AVOW_JSON_OBJECT)
		return refuse(why, "report", "a JSON object");
	AVOW_TRY(read_member(o, "SnpReport", AVOW_MAX_HCL, a, &report, why));
	if (report.n == 0)
		return refuse(why, "SnpReport", "a report");
	AVOW_TRY(read_member(
		o, "VcekCertChain", AVOW_MAX_SNP_CERTS_TEXT, a, &e->certs, why));
	AVOW_TRY(read_endorsements(o, a, e, why));
	return avow_snp_report_read(report, &e->report, why);
}

/* --- telling them apart --------------------------------------------------------------------- */

static bool
starts_json(struct avow_span s)
{
	if (avow_span_starts(s, AVOW_LIT("\xef\xbb\xbf")))
		s = avow_span_from(s, 3);
	s = avow_span_trim(s);
	return s.n > 0 && s.p[0] == '{';
}

enum avow_err
avow_snp_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	struct avow_snp_evidence *e = avow_arena_alloc(a, sizeof(*e));

	*out = NULL;
	if (!e)
		return avow_arena_err(a);
	e->form = "report";
	if (avow_hcl_is(bytes))
		AVOW_TRY(read_hcl(bytes, e, why));
	else if (bytes.n != SNP_REPORT_BYTES && starts_json(bytes))
		AVOW_TRY(read_json(bytes, a, e, why));
	else
		AVOW_TRY(avow_snp_report_read(bytes, &e->report, why));
	return avow_evidence_make(&avow_kind_snp, bytes, e, a, out);
}
