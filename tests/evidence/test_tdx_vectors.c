/*
 * Real TDX quotes with collateral that was published for them: what Azure hands
 * out with its runtime data, the claims that others wrote down, and each check of
 * the TD's own, on a genuine quote whose parsed fields are exchanged behind the
 * signature's back, as if the quoting enclave had signed other values.
 */
#include "oracle.h"

#include "base/base64.h"
#include "crypto/digest.h"
#include "evidence/internal.h"
#include "evidence/tdx/layout.h"

static struct real r;

/* A quote of the oracle with its ready folder, at a time when all is current. */
static struct avow_span
begin(const char *id, const char *at)
{
	char name[256];
	struct avow_buf b;
	struct avow_span copy;

	real_init(&r);
	snprintf(name, sizeof(name), "intel-qvl-oracle/collateral/%s", id);
	real_folder(&r, name);
	r.in.at_s = real_time(avow_span_str(at));
	snprintf(name, sizeof(name), "intel-qvl-oracle/quotes/%s.bin", id);
	real_read(name, &b);
	copy = avow_arena_copy(&r.arena, avow_buf_span(&b));
	assert_non_null(copy.p);
	avow_buf_clear(&b);
	return copy;
}

#define V4 "f1c850330112"
#define V4_AT "2026-03-02T19:36:43Z"

static const struct avow_json *
claims_of(void)
{
	struct avow_claims set;
	struct avow_buf b;
	struct avow_span copy;
	const struct avow_json *doc;

	assert_non_null(r.verified);
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	avow_buf_init(&b, 1u << 20);
	assert_ok(avow_claims_put_json(&b, &set, NULL));
	copy = avow_arena_copy(&r.arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_ok(avow_json_parse(copy, NULL, &r.arena, &doc, NULL));
	return doc;
}

static void
assert_claim(
	const struct avow_json *claims, const char *name, struct avow_span expected)
{
	const struct avow_json *v = avow_json_get(claims, name);

	if (!v)
		fail_msg("no claim %s", name);
	assert_int_equal(v->type, AVOW_JSON_STRING);
	assert_span(expected, v->string);
}

static void
assert_claim_bool(const struct avow_json *claims, const char *name, bool expected)
{
	const struct avow_json *v = avow_json_get(claims, name);

	if (!v)
		fail_msg("no claim %s", name);
	assert_int_equal(v->type, AVOW_JSON_BOOL);
	assert_int_equal(v->boolean, expected);
}

/* --- claims that others wrote down ---------------------------------------------------- */

static const struct {
	const char *ours, *theirs;
} same[] = {
	{"tdx_mrconfigid", "mr_config_id"},
	{"tdx_mrowner", "mr_owner"},
	{"tdx_mrownerconfig", "mr_owner_config"},
	{"tdx_mrseam", "mr_seam"},
	{"tdx_mrsignerseam", "mrsigner_seam"},
	{"tdx_mrtd", "mr_td"},
	{"tdx_rtmr0", "rtmr_0"},
	{"tdx_rtmr1", "rtmr_1"},
	{"tdx_rtmr2", "rtmr_2"},
	{"tdx_rtmr3", "rtmr_3"},
	{"tdx_report_data", "report_data"},
	{"tdx_seam_attributes", "seam_attributes"},
	{"tdx_td_attributes", "td_attributes"},
	{"tdx_tee_tcb_svn", "tcb_svn"},
	{"tdx_xfam", "xfam"},
};

static const struct {
	const char *ours, *theirs;
} same_bits[] = {
	{"tdx_td_attributes_debug", "debug"},
	{"tdx_td_attributes_key_locker", "key_locker"},
	{"tdx_td_attributes_perfmon", "perfmon"},
	{"tdx_td_attributes_protection_keys", "protection_keys"},
	{"tdx_td_attributes_septve_disable", "septve_disable"},
};

/* sgxtdx-trustee's expected claims; its quote is a debug TD's. */
static void
tells_what_another_verifier_tells(void **state)
{
	const struct avow_json *theirs, *body, *bits, *ours;
	struct avow_span quote;

	(void)state;
	if (!real_is_there())
		skip();
	quote = begin("12b401a88a51", "2026-03-17T22:34:05Z");
	r.in.allow_debug = true;
	assert_ok(real_appraise(&r, "tdx", quote));
	ours = claims_of();
	theirs = real_json("sgxtdx-trustee/parse_tdx_claims_expected.json", &r.arena);
	body = avow_json_get(avow_json_get(theirs, "quote"), "body");
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_claim(ours, same[i].ours,
			avow_json_get(body, same[i].theirs)->string);
	bits = avow_json_get(theirs, "td_attributes");
	for (size_t i = 0; i < sizeof(same_bits) / sizeof(same_bits[0]); i++)
		assert_claim_bool(ours, same_bits[i].ours,
			avow_json_get(bits, same_bits[i].theirs)->boolean);
	real_clear(&r);
}

static void
tells_the_eat_profile_and_the_tcb(void **state)
{
	const struct avow_json *claims;

	(void)state;
	if (!real_is_there())
		skip();
	assert_ok(real_appraise(&r, "tdx", begin(V4, V4_AT)));
	claims = claims_of();
	assert_claim(claims, "x-ms-attestation-type", AVOW_LIT("tdxvm"));
	assert_claim(claims, "eat_profile",
		AVOW_LIT("https://aka.ms/maa-eat-profile-tdxvm"));
	assert_claim(claims, "intuse", AVOW_LIT("generic"));
	assert_claim(claims, "dbgstat", AVOW_LIT("disabled"));
	assert_claim(claims, "attester_tcb_status", AVOW_LIT("UpToDate"));
	assert_claim(claims, "x-avow-tcb-status", AVOW_LIT("UpToDate"));
	assert_int_equal(6, avow_json_get(claims, "tdx_seamsvn")->integer);
	assert_null(avow_json_get(claims, "x-ms-compliance-status"));
	assert_null(avow_json_get(claims, "x-ms-runtime"));
	assert_non_null(avow_json_get(claims, "x-avow-tcb-date"));
	assert_non_null(avow_json_get(claims, "x-avow-collateral-earliest-expiry"));
	real_clear(&r);
}

/* --- Azure ------------------------------------------------------------------------------ */

static struct avow_span
decoded(const struct avow_json *o, const char *name)
{
	struct avow_span out;

	assert_ok(avow_b64_decode_lenient(
		avow_json_get(o, name)->string, 1u << 16, &r.arena, &out));
	return out;
}

/* The quote in its buffer of 5006 bytes, and the runtime JSON of the HCL report. */
static void
takes_azures_quote_with_its_runtime_data(void **state)
{
	const struct avow_json *doc, *claims;
	struct avow_span quote, hcl;

	(void)state;
	if (!real_is_there())
		skip();
	begin("a187b0da057d", "2026-07-01T08:12:19Z");
	doc = real_json("azure-cvm/az-tdx-vtpm-evidence-v1.json", &r.arena);
	quote = decoded(doc, "td_quote");
	hcl = decoded(doc, "hcl_report");
	assert_int_equal(5006, quote.n);
	r.in.runtime =
		(struct avow_bound_data){true, avow_span_slice(hcl, 1236, 1201), true};
	assert_ok(real_appraise(&r, "tdx", quote));
	claims = claims_of();
	assert_int_equal(AVOW_JSON_OBJECT, avow_json_get(claims, "x-ms-runtime")->type);
	assert_non_null(avow_json_get(avow_json_get(claims, "x-ms-runtime"), "keys"));
	/* verifier bug 19: another machine's runtime data */
	r.in.runtime.bytes.n--;
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, real_appraise(&r, "tdx", quote));
	assert_string_equal("runtime_data", r.why.check);
	assert_null(r.verified);
	real_clear(&r);
}

/* A guest's TD report is no quote, whatever its runtime data is. */
static void
refuses_the_hcl_reports_of_real_guests(void **state)
{
	static const char *const names[] = {"azure-cvm/kinvolk-hcl-report-tdx.bin",
		"sgxtdx-trustee/hcl-report.bin"};

	(void)state;
	if (!real_is_there())
		skip();
	for (size_t i = 0; i < 2; i++) {
		struct avow_buf b;

		begin("a187b0da057d", "2026-07-01T08:12:19Z");
		real_read(names[i], &b);
		assert_err(AVOW_E_TDX_HCL, real_appraise(&r, "tdx", avow_buf_span(&b)));
		avow_buf_clear(&b);
		real_clear(&r);
	}
}

/* --- fields exchanged behind the signature ------------------------------------------------ */

static struct avow_tdx_quote forged;

/* Parse the quote and take a copy of its fields that a test may change. */
static struct avow_evidence
opened(struct avow_span quote)
{
	struct avow_evidence ev;

	assert_ok(avow_evidence_parse(
		avow_kind_by_name(AVOW_LIT("tdx")), quote, &r.arena, &r.ev, &r.why));
	ev = *r.ev;
	forged = *(const struct avow_tdx_quote *)ev.body;
	ev.body = &forged;
	return ev;
}

static enum avow_err
verify(const struct avow_evidence *ev)
{
	avow_why_init(&r.why);
	return avow_evidence_verify(ev, &r.in, &r.arena, &r.f, &r.verified, &r.why);
}

static const uint8_t zeros[64];
static uint8_t other[64];

/* One field with one bit set in its last byte. */
static struct avow_span
other_of(struct avow_span field)
{
	assert_true(field.n <= sizeof(other));
	memcpy(other, field.p, field.n);
	other[field.n - 1] ^= 1;
	return avow_span_make(other, field.n);
}

/* Verifier bug 7: the module's signer and attributes count for every version, that
 * of TEE_TCB_SVN[1] == 0 too. */
static void
the_module_is_the_one_of_the_tcb_info(void **state)
{
	static const struct {
		const char *id, *at;
	} quotes[] = {{V4, V4_AT}, {"877ccf9a4248", "2026-03-17T22:34:05Z"},
		{"b789d779386f", "2026-02-27T19:40:23Z"}};

	(void)state;
	if (!real_is_there())
		skip();
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		struct avow_evidence ev = opened(begin(quotes[i].id, quotes[i].at));

		assert_ok(verify(&ev));
		forged.report.mr_signer_seam = other_of(forged.report.mr_signer_seam);
		assert_err(AVOW_E_TDX_MODULE_MISMATCH, verify(&ev));
		assert_string_equal("tdx_module", r.why.check);
		assert_string_equal("MRSIGNERSEAM", r.why.field);
		assert_null(r.verified);
		forged.report.mr_signer_seam = avow_span_make(zeros, 48);
		forged.report.seam_attributes = other_of(forged.report.seam_attributes);
		assert_err(AVOW_E_TDX_MODULE_MISMATCH, verify(&ev));
		assert_string_equal("SEAMATTRIBUTES", r.why.field);
		real_clear(&r);
	}
}

static void
a_module_of_an_unknown_version_is_refused(void **state)
{
	struct avow_evidence ev;
	uint8_t svn[16] = {6, 2, 3};

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	forged.report.tee_tcb_svn = avow_span_make(svn, 16);
	assert_err(AVOW_E_TDX_MODULE_MISMATCH, verify(&ev));
	assert_string_equal("tdx_module", r.why.check);
	real_clear(&r);
}

/* An SVN below every level: genuine, not supported, and its status is told. */
static void
a_module_or_platform_below_every_level_is_refused(void **state)
{
	static const uint8_t svns[][16] = {{0, 1, 3}, {6, 1, 0}, {0, 0, 3}};
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	for (size_t i = 0; i < 3; i++) {
		forged.report.tee_tcb_svn = avow_span_make(svns[i], 16);
		assert_err(AVOW_E_TCB_UNKNOWN, verify(&ev));
		assert_string_equal("platform_tcb", r.why.check);
		assert_string_equal("NotSupported", r.f.tcb.status);
		assert_claim(
			claims_of(), "attester_tcb_status", AVOW_LIT("NotSupported"));
	}
	real_clear(&r);
}

/* Verifier bug 5: what the QE's level says is judged behind every signature. */
static void
a_quoting_enclave_below_every_level_is_refused(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	forged.qe.report.isv_svn = 0;
	assert_err(AVOW_E_QE_TCB_UNKNOWN, verify(&ev));
	assert_string_equal("NotSupported", r.f.tcb.status);
	real_clear(&r);
}

/* Verifier bug 4: the quoting enclave is the TD QE of the identity. */
static void
the_quoting_enclave_is_the_td_qe(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	forged.qe.report.isv_prod_id = 1;
	assert_err(AVOW_E_QE_ISVPRODID, verify(&ev));
	forged.qe.report.isv_prod_id = 2;
	forged.qe.report.mr_signer = other_of(forged.qe.report.mr_signer);
	assert_err(AVOW_E_QE_MRSIGNER, verify(&ev));
	real_clear(&r);
}

static void
attributes_and_features_have_rules(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	forged.report.attributes |= UINT64_C(1) << 8;
	assert_err(AVOW_E_TDX_ATTRIBUTES, verify(&ev));
	assert_string_equal("td_attributes", r.why.check);
	forged.report.attributes &= ~(UINT64_C(1) << 8);
	forged.report.features |= UINT64_C(1) << 3;
	assert_err(AVOW_E_TDX_XFAM, verify(&ev));
	assert_string_equal("td_xfam", r.why.check);
	assert_null(r.verified);
	real_clear(&r);
}

/* Verifier bug 19: all 64 bytes of the report data, and all 48 of MRCONFIGID. */
static void
bound_data_is_a_hash_and_zeros(void **state)
{
	struct avow_evidence ev;
	uint8_t field[64] = {0};

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	assert_ok(avow_sha256(AVOW_LIT("{\"a\":1}"), field));
	forged.report.report_data = avow_span_make(field, 64);
	forged.report.mr_config_id = avow_span_make(field, 48);
	r.in.runtime = (struct avow_bound_data){true, AVOW_LIT("{\"a\":1}"), true};
	r.in.init = r.in.runtime;
	assert_ok(verify(&ev));
	assert_non_null(avow_json_get(claims_of(), "x-ms-runtime"));
	assert_non_null(avow_json_get(claims_of(), "x-ms-inittime"));
	field[47] = 1;
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, verify(&ev));
	r.in.runtime.present = false;
	assert_err(AVOW_E_INIT_DATA_MISMATCH, verify(&ev));
	assert_string_equal("mr_config_id", r.why.field);
	field[47] = 0;
	r.in.init.bytes = AVOW_LIT("{\"a\":2}");
	assert_err(AVOW_E_INIT_DATA_MISMATCH, verify(&ev));
	r.in.init.present = false;
	assert_ok(verify(&ev));
	real_clear(&r);
}

static void
bound_data_that_is_said_to_be_json_is_json(void **state)
{
	struct avow_evidence ev;
	uint8_t field[64] = {0};

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	assert_ok(avow_sha256(AVOW_LIT("text"), field));
	forged.report.report_data = avow_span_make(field, 64);
	forged.report.mr_config_id = avow_span_make(field, 48);
	r.in.runtime = (struct avow_bound_data){true, AVOW_LIT("text"), true};
	assert_err(AVOW_E_RUNTIME_DATA_JSON, verify(&ev));
	r.in.runtime.present = false;
	r.in.init = (struct avow_bound_data){true, AVOW_LIT("text"), true};
	assert_err(AVOW_E_INIT_DATA_JSON, verify(&ev));
	r.in.init.is_json = false;
	assert_ok(verify(&ev));
	assert_null(avow_json_get(claims_of(), "x-ms-inittime"));
	real_clear(&r);
}

/* --- debug and migration -------------------------------------------------------------------- */

/* Verifier bug 13: refused, with the TCB told, unless the policy lets it in. */
static void
a_debug_td_is_refused_unless_it_is_allowed(void **state)
{
	struct avow_span quote;

	(void)state;
	if (!real_is_there())
		skip();
	quote = begin("12b401a88a51", "2026-03-17T22:34:05Z");
	assert_err(AVOW_E_TDX_DEBUG, real_appraise(&r, "tdx", quote));
	assert_string_equal("td_debug", r.why.check);
	assert_true(r.f.tcb.known);
	assert_string_equal("OutOfDate", r.f.tcb.status);
	assert_claim(claims_of(), "dbgstat", AVOW_LIT("enabled"));
	r.in.allow_migration = true;
	assert_err(AVOW_E_TDX_DEBUG, real_appraise(&r, "tdx", quote));
	r.in.allow_debug = true;
	assert_ok(real_appraise(&r, "tdx", quote));
	assert_claim(claims_of(), "dbgstat", AVOW_LIT("enabled"));
	real_clear(&r);
}

static void
every_bit_of_the_tud_group_counts_as_debug(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	for (unsigned bit = 0; bit < 8; bit++) {
		uint64_t old = forged.report.attributes;

		forged.report.attributes |= UINT64_C(1) << bit;
		assert_err(AVOW_E_TDX_DEBUG, verify(&ev));
		assert_claim(claims_of(), "dbgstat", AVOW_LIT("enabled"));
		assert_claim_bool(claims_of(), "tdx_td_attributes_debug", bit == 0);
		forged.report.attributes = old;
	}
	assert_ok(verify(&ev));
	real_clear(&r);
}

static void
a_migratable_td_is_refused_unless_it_is_allowed(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin("67adfc4acd82", "2026-07-01T08:12:19Z"));
	r.in.allow_debug = true;
	assert_err(AVOW_E_TDX_MIGRATABLE, verify(&ev));
	assert_string_equal("td_migratable", r.why.check);
	assert_true(r.f.tcb.known);
	/* verifier bug 13: and the bound service TD has a rule of its own */
	forged.report.attributes &= ~TDX_MIGRATABLE;
	assert_err(AVOW_E_TDX_SERVICE_TD, verify(&ev));
	assert_string_equal("td_service_td", r.why.check);
	forged.report.mr_service_td = avow_span_make(zeros, 48);
	assert_ok(verify(&ev));
	r.in.allow_migration = true;
	assert_ok(real_appraise(&r, "tdx", r.ev->bytes));
	real_clear(&r);
}

/* --- relaunch -------------------------------------------------------------------------------- */

#define RELAUNCH "d21a11db10ea"

static void
a_relaunch_status_is_accepted_only_by_name(void **state)
{
	struct avow_span quote;

	(void)state;
	if (!real_is_there())
		skip();
	quote = begin(RELAUNCH, "2026-06-09T12:24:22Z");
	r.in.accept_tcb = DEFAULT_ACCEPTED;
	assert_err(AVOW_E_TCB_NOT_ACCEPTED, real_appraise(&r, "tdx", quote));
	assert_claim(claims_of(), "attester_tcb_status", AVOW_LIT("TDRelaunchAdvised"));
	r.in.accept_tcb = 1u << AVOW_TCB_TD_RELAUNCH_ADVISED;
	assert_ok(real_appraise(&r, "tdx", quote));
	real_clear(&r);
}

/* The module that is loaded now must be known too. */
static void
a_relaunch_to_an_unknown_module_is_refused(void **state)
{
	struct avow_evidence ev;
	uint8_t now[16] = {7, 9, 3};

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(RELAUNCH, "2026-06-09T12:24:22Z"));
	forged.report.tee_tcb_svn2 = avow_span_make(now, 16);
	assert_err(AVOW_E_TDX_MODULE_MISMATCH, verify(&ev));
	assert_string_equal("platform_tcb", r.why.check);
	assert_string_equal("NotSupported", r.f.tcb.status);
	/* and an older one helps nobody */
	now[1] = 1;
	now[0] = 1;
	assert_ok(verify(&ev));
	assert_string_equal("OutOfDate", r.f.tcb.status);
	real_clear(&r);
}

/* --- undecided --------------------------------------------------------------------------------- */

static void
is_undecided_with_no_collateral_and_refusals_win(void **state)
{
	struct avow_span quote;

	(void)state;
	if (!real_is_there())
		skip();
	quote = begin(V4, V4_AT);
	real_collateral(&r, NULL, 0);
	assert_err(AVOW_E_CRL_ABSENT, real_appraise(&r, "tdx", quote));
	assert_null(r.verified);
	assert_false(r.f.tcb.known);
	r.in.runtime = (struct avow_bound_data){true, AVOW_LIT("other"), false};
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, real_appraise(&r, "tdx", quote));
	real_clear(&r);
}

/* Verifier bug 8: stale collateral is no collateral. */
static void
is_undecided_with_stale_collateral(void **state)
{
	struct avow_span quote;

	(void)state;
	if (!real_is_there())
		skip();
	quote = begin(V4, V4_AT);
	r.in.at_s += (int64_t)400 * 86400;
	assert_int_equal(
		AVOW_CLASS_COLLATERAL, avow_err_class(real_appraise(&r, "tdx", quote)));
	assert_null(r.verified);
	real_clear(&r);
}

/* --- vendor, types ------------------------------------------------------------------------------ */

static void
another_vendor_or_certification_type_is_refused(void **state)
{
	struct avow_evidence ev;

	(void)state;
	if (!real_is_there())
		skip();
	ev = opened(begin(V4, V4_AT));
	forged.qe_vendor_id = other_of(forged.qe_vendor_id);
	assert_err(AVOW_E_QUOTE_VENDOR, verify(&ev));
	ev = opened(r.ev->bytes);
	forged.qe.report.reserved[0] = avow_span_make((const uint8_t *)"\1", 1);
	assert_err(AVOW_E_QUOTE_RESERVED, verify(&ev));
	ev = opened(r.ev->bytes);
	for (uint16_t type = 0; type < 9; type++) {
		forged.qe.cert_type = type;
		if (type == 5)
			assert_ok(verify(&ev));
		else
			assert_err(AVOW_E_QUOTE_CERT_TYPE, verify(&ev));
	}
	real_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_another_verifier_tells),
		cmocka_unit_test(tells_the_eat_profile_and_the_tcb),
		cmocka_unit_test(takes_azures_quote_with_its_runtime_data),
		cmocka_unit_test(refuses_the_hcl_reports_of_real_guests),
		cmocka_unit_test(the_module_is_the_one_of_the_tcb_info),
		cmocka_unit_test(a_module_of_an_unknown_version_is_refused),
		cmocka_unit_test(a_module_or_platform_below_every_level_is_refused),
		cmocka_unit_test(a_quoting_enclave_below_every_level_is_refused),
		cmocka_unit_test(the_quoting_enclave_is_the_td_qe),
		cmocka_unit_test(attributes_and_features_have_rules),
		cmocka_unit_test(bound_data_is_a_hash_and_zeros),
		cmocka_unit_test(bound_data_that_is_said_to_be_json_is_json),
		cmocka_unit_test(a_debug_td_is_refused_unless_it_is_allowed),
		cmocka_unit_test(every_bit_of_the_tud_group_counts_as_debug),
		cmocka_unit_test(a_migratable_td_is_refused_unless_it_is_allowed),
		cmocka_unit_test(a_relaunch_status_is_accepted_only_by_name),
		cmocka_unit_test(a_relaunch_to_an_unknown_module_is_refused),
		cmocka_unit_test(is_undecided_with_no_collateral_and_refusals_win),
		cmocka_unit_test(is_undecided_with_stale_collateral),
		cmocka_unit_test(another_vendor_or_certification_type_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
