/*
 * Real quotes and OE evidence with collateral that was published for them, and
 * the claims that others wrote down about them: the samples' own expectations,
 * and the tokens that the real service answered.
 */
#include "real.h"

#include "base/base64.h"
#include "crypto/digest.h"

#define DAYS(n) ((int64_t)(n)*86400)

static struct real r;

/* Appraise a file; the bytes live in r.arena. */
static enum avow_err
appraise_file(const char *kind, const char *name)
{
	struct avow_buf b;
	struct avow_span copy;

	real_read(name, &b);
	copy = avow_arena_copy(&r.arena, avow_buf_span(&b));
	assert_non_null(copy.p);
	avow_buf_clear(&b);
	return real_appraise(&r, kind, copy);
}

static const struct avow_json *
claims_of(struct real *a)
{
	struct avow_claims set;
	struct avow_buf b;
	struct avow_span copy;
	const struct avow_json *doc;

	avow_claims_init(&set, &a->arena);
	assert_ok(avow_evidence_claims(a->verified, &set));
	avow_buf_init(&b, 1u << 20);
	assert_ok(avow_claims_put_json(&b, &set, NULL));
	copy = avow_arena_copy(&a->arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_ok(avow_json_parse(copy, NULL, &a->arena, &doc, NULL));
	return doc;
}

static void
assert_claim_string(
	const struct avow_json *claims, const char *name, const char *expected)
{
	const struct avow_json *v = avow_json_get(claims, name);

	if (!v)
		fail_msg("no claim %s", name);
	assert_int_equal(v->type, AVOW_JSON_STRING);
	assert_span_str(expected, v->string);
}

/* --- quotes each with its collateral ------------------------------------------------- */

static const struct {
	const char *kind, *file, *status;
} with_collateral[] = {
	{"sgx", "sgxsnp-ms-ravl/sgx.coffeelake.att.evidence.bin", "SWHardeningNeeded"},
	{"sgx", "sgxsnp-ms-ravl/sgx.icelake.att.evidence.bin", "UpToDate"},
	{"oe", "sgxsnp-ms-ravl/oe.coffelake.att.evidence.bin", "SWHardeningNeeded"},
	{"oe", "sgxsnp-ms-ravl/oe.icelake.att.evidence.bin", "UpToDate"},
};

static void
accepts_each_quote_with_its_own_collateral(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = DAYS(730);
	r.in.accept_tcb = DEFAULT_ACCEPTED;
	for (size_t i = 0; i < 4; i++) {
		assert_ok(appraise_file(
			with_collateral[i].kind, with_collateral[i].file));
		assert_string_equal(with_collateral[i].status, r.f.tcb.status);
		assert_true(avow_json_get(claims_of(&r), "x-avow-collateral-grace-used")
				    ->boolean);
		assert_int_equal(10, r.f.tcb.evaluation_number);
	}
	real_clear(&r);
}

/* bug class 8: a stale nextUpdate is nobody's business but the operator's */
static void
is_undecided_without_the_grace(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	for (size_t i = 0; i < 4; i++) {
		assert_err(
			AVOW_E_TCB_INFO_EXPIRED, appraise_file(with_collateral[i].kind,
							 with_collateral[i].file));
		assert_string_equal("collateral", r.why.check);
		assert_null(r.verified);
		assert_false(r.f.tcb.known);
	}
	real_clear(&r);
}

static void
is_undecided_with_no_collateral_at_all(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_collateral(&r, NULL, 0);
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	assert_err(AVOW_E_CRL_ABSENT, appraise_file("sgx", with_collateral[0].file));
	assert_null(r.verified);
	/* and bad evidence is refused all the same, by what needs no collateral */
	r.in.runtime = (struct avow_bound_data){true, AVOW_LIT("other"), false};
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH,
		appraise_file("sgx", with_collateral[0].file));
	real_clear(&r);
}

/* bug class 29 and mistake 7: what is not under a pinned root is refused */
static void
refuses_under_another_root(void **state)
{
	struct avow_anchors *none;
	struct avow_buf pem;

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = DAYS(730);
	assert_ok(avow_anchors_new(false, &none));
	r.in.anchors = none;
	assert_err(
		AVOW_E_PCK_CHAIN_ROOT, appraise_file("sgx", with_collateral[0].file));
	real_read("anchors/TEST-intel-root-842a5bcb.pem", &pem);
	assert_ok(avow_anchors_add_pem(
		none, AVOW_ANCHOR_INTEL_SGX, avow_buf_span(&pem), NULL));
	assert_err(
		AVOW_E_PCK_CHAIN_ROOT, appraise_file("sgx", with_collateral[0].file));
	avow_buf_clear(&pem);
	avow_anchors_free(none);
	real_clear(&r);
}

static void
a_chain_remembered_under_one_set_of_roots_is_nothing_under_another(void **state)
{
	struct avow_anchors *none;

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	assert_ok(avow_evidence_cache_new(0, &r.in.cache));
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = DAYS(730);
	assert_ok(appraise_file("sgx", with_collateral[0].file));
	assert_ok(appraise_file("sgx", with_collateral[0].file));
	assert_ok(avow_anchors_new(false, &none));
	r.in.anchors = none;
	assert_err(
		AVOW_E_PCK_CHAIN_ROOT, appraise_file("sgx", with_collateral[0].file));
	/* and validity is judged anew, cache or none */
	r.in.anchors = r.anchors;
	r.in.at_s = real_time(AVOW_LIT("2029-07-18T00:00:00Z"));
	r.in.grace_s = ANY_AGE;
	assert_err(AVOW_E_PCK_CHAIN_EXPIRED,
		appraise_file("sgx", with_collateral[0].file));
	r.in.at_s = real_time(AVOW_LIT("2022-07-16T00:00:00Z"));
	assert_err(AVOW_E_PCK_CHAIN_NOT_YET_VALID,
		appraise_file("sgx", with_collateral[0].file));
	avow_anchors_free(none);
	avow_evidence_cache_free(r.in.cache);
	real_clear(&r);
}

/* --- custom claims ---------------------------------------------------------------------- */

static void
binds_custom_claims(void **state)
{
	struct avow_buf b;
	size_t whole;

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = DAYS(730);
	real_read(with_collateral[2].file, &b);
	whole = b.n;
	for (size_t i = whole - 53; i < whole; i++) {
		b.p[i] ^= 1;
		assert_err(AVOW_E_OE_CUSTOM_CLAIMS,
			real_appraise(&r, "oe", avow_buf_span(&b)));
		assert_null(r.verified);
		b.p[i] ^= 1;
	}
	for (b.n = whole - 1; b.n > whole - 53; b.n--)
		assert_err(AVOW_E_OE_CUSTOM_CLAIMS,
			real_appraise(&r, "oe", avow_buf_span(&b)));
	b.n = whole;
	assert_ok(real_appraise(&r, "oe", avow_buf_span(&b)));
	avow_buf_clear(&b);
	real_clear(&r);
}

/* --- samples with their own expectations ----------------------------------------------------- */

static struct avow_span
unhex(struct avow_span hex)
{
	uint8_t *p = avow_arena_alloc(&r.arena, hex.n / 2 + 1);

	assert_non_null(p);
	assert_ok(avow_hex_decode(hex, p, hex.n / 2));
	return avow_span_make(p, hex.n / 2);
}

static void
assert_hex_claim(
	const struct avow_json *claims, const char *name, struct avow_span upper)
{
	struct avow_buf b;

	avow_buf_init(&b, 1024);
	avow_hex_put(&b, unhex(upper));
	assert_claim_string(claims, name, avow_buf_str(&b));
	avow_buf_clear(&b);
}

static void
judge_sample(const char *name)
{
	const struct avow_json *doc = real_json(name, &r.arena), *claims;
	struct avow_span quote = unhex(avow_json_get(doc, "QuoteHex")->string);
	struct avow_span ehd = unhex(avow_json_get(doc, "EnclaveHeldDataHex")->string);
	struct avow_span id = unhex(avow_json_get(doc, "ProductIdHex")->string);
	int64_t attributes = avow_json_get(doc, "Attributes")->integer;
	struct avow_buf b;

	r.in.runtime = (struct avow_bound_data){true, ehd, false};
	assert_ok(real_appraise(&r, quote.p[0] == 1 ? "oe" : "sgx", quote));
	claims = claims_of(&r);
	assert_hex_claim(claims, "x-ms-sgx-mrenclave",
		avow_json_get(doc, "MrEnclaveHex")->string);
	assert_hex_claim(
		claims, "x-ms-sgx-mrsigner", avow_json_get(doc, "MrSignerHex")->string);
	assert_int_equal(avow_json_get(claims, "x-ms-sgx-svn")->integer,
		avow_json_get(doc, "SecurityVersion")->integer);
	assert_int_equal(avow_json_get(claims, "x-ms-sgx-product-id")->integer,
		id.p[0] | id.p[1] << 8);
	/* OE_REPORT_ATTRIBUTES_DEBUG is bit 0; the Intel SDK's DEBUG is bit 1 */
	if (quote.p[0] == 1)
		assert_int_equal(
			avow_json_get(claims, "x-ms-sgx-is-debuggable")->boolean,
			attributes & 1);
	avow_buf_init(&b, 1u << 16);
	avow_b64url_put(&b, ehd);
	assert_claim_string(claims, "x-ms-sgx-ehd", avow_buf_str(&b));
	assert_claim_string(claims, "aas-ehd", avow_buf_str(&b));
	assert_claim_string(claims, "maa-ehd", avow_buf_str(&b));
	avow_buf_clear(&b);
	assert_null(avow_json_get(claims, "x-ms-runtime"));
	r.in.runtime.bytes = avow_span_slice(ehd, 0, ehd.n - 1);
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH,
		real_appraise(&r, quote.p[0] == 1 ? "oe" : "sgx", quote));
	assert_null(r.verified);
}

static const char *const samples[] = {"debug.intel.2020-06-13.778ff8",
	"debug.intel.2023-02-27.7ae719", "debug.intel.2023-02-27.bc5281",
	"debug.oe.2020-05-22.a25a68", "debug.oe.2020-09-29.f16b7a",
	"debug.oe.2021-02-22.c3819d", "prodid.intel.2020-06-13.3174fc",
	"prodid.intel.2023-02-27.91831a", "prodid.intel.2023-02-27.b025f4",
	"prodid.oe.2020-05-22.359f71", "prodid.oe.2020-09-29.088033",
	"prodid.oe.2021-02-22.0c131b", "release.intel.2020-06-13.6432c1",
	"release.intel.2023-02-27.99fc07", "release.intel.2023-02-27.e9f0aa",
	"release.oe.2020-05-22.5271d9", "release.oe.2020-09-29.1b9441",
	"release.oe.2021-02-22.f5cbb3", "securityversion.intel.2020-06-13.798bf1",
	"securityversion.intel.2023-02-27.075b64",
	"securityversion.intel.2023-02-27.ffd903",
	"securityversion.oe.2020-09-29.6f45bd", "securityversion.oe.2021-02-22.c64254"};

static void
gives_the_claims_that_the_samples_expect(void **state)
{
	char name[256];

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_folder(&r, "collateral-intel");
	r.in.at_s = real_time(AVOW_LIT("2025-09-29T06:00:00Z"));
	r.in.grace_s = DAYS(730);
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		snprintf(name, sizeof(name), "sgx-azure-samples/enclave.info.%s.json",
			samples[i]);
		judge_sample(name);
	}
	real_clear(&r);
}

/* --- recorded exchanges ------------------------------------------------------------------------ */

static const struct avow_json *
payload_of(const struct avow_json *token)
{
	struct avow_span t = token->string, payload, text;
	const struct avow_json *doc;
	size_t dot = avow_span_find_byte(t, '.');

	payload = avow_span_from(t, dot + 1);
	payload = avow_span_slice(payload, 0, avow_span_find_byte(payload, '.'));
	assert_ok(avow_b64url_decode(payload, 1u << 20, &r.arena, &text));
	assert_ok(avow_json_parse(text, NULL, &r.arena, &doc, NULL));
	return doc;
}

static struct avow_span
unb64(const struct avow_json *o, const char *name)
{
	struct avow_span out;

	assert_ok(avow_b64_decode_lenient(
		avow_json_get(o, name)->string, 1u << 20, &r.arena, &out));
	return out;
}

/* Claims that the policy, the token or the service's own baseline make. */
static bool
is_evidence_claim(struct avow_span name)
{
	static const char *const names[] = {"x-ms-attestation-type",
		"x-ms-sgx-is-debuggable", "x-ms-sgx-mrenclave", "x-ms-sgx-mrsigner",
		"x-ms-sgx-product-id", "x-ms-sgx-svn", "x-ms-sgx-ehd", "aas-ehd",
		"maa-ehd", "x-ms-runtime", "x-ms-sgx-report-data"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (avow_span_eq_str(name, names[i]))
			return true;
	return false;
}

/* The service had a TCB info that is not among the vectors; all else is here. */
static void
assert_same_collateral(const struct avow_json *ours, const struct avow_json *theirs)
{
	static const char *const same[] = {"qeidcertshash", "qeidcrlhash", "qeidhash",
		"quotehash", "tcbinfocertshash", "tcbinfocrlhash"};

	assert_int_equal(ours->count, theirs->count);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_span(avow_json_get(theirs, same[i])->string,
			avow_json_get(ours, same[i])->string);
	assert_int_equal(avow_json_get(ours, "tcbinfohash")->string.n, 64);
}

static void
compare_exchange(const char *name)
{
	const struct avow_json *doc = real_json(name, &r.arena), *body, *theirs, *ours;
	const struct avow_json *runtime;
	bool is_oe = strstr(name, "OpenEnclave") != NULL;
	size_t n = 0, n_ours = 0;

	body = avow_json_get(avow_json_get(doc, "request"), "body");
	runtime = avow_json_get(body, "runtimeData");
	r.in.runtime = (struct avow_bound_data){.present = runtime != NULL};
	if (runtime) {
		r.in.runtime.bytes = unb64(runtime, "data");
		r.in.runtime.is_json = avow_span_eq_str(
			avow_json_get(runtime, "dataType")->string, "JSON");
	}
	assert_ok(real_appraise(
		&r, is_oe ? "oe" : "sgx", unb64(body, is_oe ? "report" : "quote")));
	ours = claims_of(&r);
	theirs = payload_of(avow_json_get(
		avow_json_get(avow_json_get(doc, "response"), "body"), "token"));
	for (size_t i = 0; i < theirs->count; i++) {
		struct avow_span member = theirs->members[i].name;
		const struct avow_json *v = avow_json_get_span(ours, member);

		if (!is_evidence_claim(member))
			continue;
		n++;
		if (!v || !avow_json_eq(v, &theirs->members[i].value))
			fail_msg("%s: %.*s", name, AVOW_FMT(member));
	}
	for (size_t i = 0; i < ours->count; i++)
		n_ours += is_evidence_claim(ours->members[i].name);
	assert_int_equal(n, n_ours);
	assert_same_collateral(avow_json_get(ours, "x-ms-sgx-collateral"),
		avow_json_get(theirs, "x-ms-sgx-collateral"));
	assert_same_collateral(avow_json_get(ours, "maa-attestationcollateral"),
		avow_json_get(theirs, "maa-attestationcollateral"));
}

static const char *const exchanges[] = {
	"AttestWithDraftPolicy-OpenEnclave_Aad-88a801-1",
	"AttestWithDraftPolicy-OpenEnclave_Aad-b268e7-1",
	"AttestWithDraftPolicy-SgxEnclave_Aad-8d367a-1",
	"AttestWithDraftPolicy-SgxEnclave_Aad-e8eee8-1",
	"AttestWithRuntimeData-OpenEnclave_Aad-31f200-1",
	"AttestWithRuntimeData-OpenEnclave_Aad-78f325-1",
	"AttestWithRuntimeData-SgxEnclave_Aad-0dc62f-1",
	"AttestWithRuntimeData-SgxEnclave_Aad-818709-1",
	"AttestWithRuntimeDataJson-OpenEnclave_Aad-a21b9e-1",
	"AttestWithRuntimeDataJson-OpenEnclave_Aad-af03c5-1",
	"AttestWithRuntimeDataJson-SgxEnclave_Aad-1a35e5-1",
	"AttestWithRuntimeDataJson-SgxEnclave_Aad-e5aedc-1",
	"SimpleAttest-OpenEnclave_Aad-73d880-1",
	"SimpleAttest-OpenEnclave_Aad-d82329-1", "SimpleAttest-SgxEnclave_Aad-4416a4-1",
	"SimpleAttest-SgxEnclave_Aad-a0e4c8-1"};

static void
gives_the_claims_that_the_real_service_gave(void **state)
{
	static const char *const files[] = {
		"sgxsnp-ms-ravl/oe.coffelake.att.tcbInfo.json",
		"sgxsnp-ms-ravl/oe.coffelake.att.enclaveIdentity.json",
		"sgxsnp-ms-ravl/oe.coffelake.att.crl0.pem",
		"sgxsnp-ms-ravl/oe.coffelake.att.crl1.pem",
		"anchors/intel-sgx-tcb-signing-2018-05-21-ec37d981.pem",
		"anchors/intel-sgx-root-ca-2018-05-21-44a0196b.pem"};
	char name[256];

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_collateral(&r, files, 6);
	r.in.at_s = real_time(AVOW_LIT("2022-11-17T01:40:49Z"));
	r.in.grace_s = DAYS(730);
	r.in.accept_tcb = DEFAULT_ACCEPTED;
	for (size_t i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		snprintf(name, sizeof(name), "maa-azure-sdk-cpp/attest-%s.json",
			exchanges[i]);
		compare_exchange(name);
	}
	real_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_each_quote_with_its_own_collateral),
		cmocka_unit_test(is_undecided_without_the_grace),
		cmocka_unit_test(is_undecided_with_no_collateral_at_all),
		cmocka_unit_test(refuses_under_another_root),
		cmocka_unit_test(
			a_chain_remembered_under_one_set_of_roots_is_nothing_under_another),
		cmocka_unit_test(binds_custom_claims),
		cmocka_unit_test(gives_the_claims_that_the_samples_expect),
		cmocka_unit_test(gives_the_claims_that_the_real_service_gave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
