/*
 * Claims of a verified quote: names, types and values (spec 05), each deprecated
 * name, what a policy sees and what a token shows.
 */
#include "forged.h"

#include "base/base64.h"
#include "base/hex.h"
#include "crypto/digest.h"

static struct forged w;
static struct avow_claims set;

static void
claims_of_world(void)
{
	avow_claims_init(&set, &w.arena);
	assert_ok(avow_evidence_claims(w.verified, &set));
}

static void
begin(void)
{
	forged_init(&w);
	w.p.prod_id = 0x1234;
	w.p.svn = 0x5678;
}

static void
verify_as(const char *file)
{
	forged_make(&w);
	w.in.runtime = (struct avow_bound_data){
		true, avow_forged_get(w.files, "runtime.bin"), false};
	assert_ok(forged_appraise(&w, file));
	claims_of_world();
}

static const struct avow_claim *
claim(const char *name)
{
	const struct avow_claim *c = avow_claims_find_name(&set, avow_span_str(name));

	if (!c)
		fail_msg("no claim %s", name);
	assert_int_equal(c->issuer, AVOW_ISSUER_SERVICE);
	return c;
}

static void
assert_absent(const char *name)
{
	if (avow_claims_find_name(&set, avow_span_str(name)))
		fail_msg("claim %s is there", name);
}

static void
assert_text(const char *name, struct avow_span expected)
{
	const struct avow_claim *c = claim(name);

	assert_int_equal(c->type, AVOW_VALUE_STRING);
	assert_span(expected, c->string);
}

static void
assert_hex(const char *name, const void *p, size_t n)
{
	char text[256];

	avow_hex_encode(avow_span_make(p, n), text);
	assert_text(name, avow_span_str(text));
}

static void
assert_int(const char *name, int64_t v)
{
	assert_int_equal(claim(name)->type, AVOW_VALUE_INTEGER);
	assert_int_equal(claim(name)->integer, v);
}

static void
assert_bool(const char *name, bool v)
{
	assert_int_equal(claim(name)->type, AVOW_VALUE_BOOLEAN);
	assert_int_equal(claim(name)->boolean, v);
}

/* --- the enclave -------------------------------------------------------------------- */

static void
tells_the_enclave(void **state)
{
	(void)state;
	begin();
	verify_as("quote.bin");
	assert_text("x-ms-attestation-type", AVOW_LIT("sgx"));
	assert_hex("x-ms-sgx-mrenclave", w.p.mrenclave, 32);
	assert_hex("x-ms-sgx-mrsigner", w.p.mrsigner, 32);
	assert_int("x-ms-sgx-product-id", 0x1234);
	assert_int("x-ms-sgx-svn", 0x5678);
	assert_bool("x-ms-sgx-is-debuggable", false);
	assert_int_equal(128, claim("x-ms-sgx-report-data")->string.n);
	forged_clear(&w);
}

static void
the_names_of_old_policies_are_seen_by_policies_alone(void **state)
{
	static const char *const names[] = {"$is-debuggable", "$product-id", "$svn",
		"$sgx-mrsigner", "$sgx-mrenclave", "$tee", "$aas-ehd", "$maa-ehd",
		"$maa-attestationcollateral"};

	(void)state;
	begin();
	verify_as("quote.bin");
	assert_bool("$is-debuggable", false);
	assert_int("$product-id", 0x1234);
	assert_int("$svn", 0x5678);
	assert_hex("$sgx-mrsigner", w.p.mrsigner, 32);
	assert_hex("$sgx-mrenclave", w.p.mrenclave, 32);
	assert_text("$tee", AVOW_LIT("sgx"));
	assert_text("$aas-ehd", claim("x-ms-sgx-ehd")->string);
	assert_text("$maa-ehd", claim("x-ms-sgx-ehd")->string);
	assert_span(claim("x-ms-sgx-collateral")->string,
		claim("$maa-attestationcollateral")->string);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_true(claim(names[i])->for_policy);
		assert_false(claim(names[i])->for_token);
	}
	forged_clear(&w);
}

static void
debug_is_told(void **state)
{
	(void)state;
	begin();
	w.p.debug = true;
	verify_as("quote.bin");
	assert_bool("x-ms-sgx-is-debuggable", true);
	assert_bool("$is-debuggable", true);
	forged_clear(&w);
}

static void
kss_claims_are_there_with_kss_only(void **state)
{
	(void)state;
	begin();
	memset(w.p.config_id, 0xc1, 64);
	memset(w.p.ext_prod_id, 0xc2, 16);
	memset(w.p.family_id, 0xc3, 16);
	w.p.config_svn = 0x0abc;
	w.p.kss = true;
	verify_as("quote.bin");
	assert_hex("x-ms-sgx-config-id", w.p.config_id, 64);
	assert_int("x-ms-sgx-config-svn", 0x0abc);
	assert_hex("x-ms-sgx-isv-extended-product-id", w.p.ext_prod_id, 16);
	assert_hex("x-ms-sgx-isv-family-id", w.p.family_id, 16);
	forged_clear(&w);
	begin();
	verify_as("quote.bin");
	assert_absent("x-ms-sgx-config-id");
	assert_absent("x-ms-sgx-config-svn");
	assert_absent("x-ms-sgx-isv-extended-product-id");
	assert_absent("x-ms-sgx-isv-family-id");
	forged_clear(&w);
}

/* --- bound data ----------------------------------------------------------------------- */

static void
binary_runtime_data_has_three_names_in_a_token(void **state)
{
	struct avow_buf b;

	(void)state;
	begin();
	verify_as("quote.bin");
	avow_buf_init(&b, 1u << 20);
	avow_b64url_put(&b, w.in.runtime.bytes);
	assert_text("x-ms-sgx-ehd", avow_buf_span(&b));
	assert_text("aas-ehd", avow_buf_span(&b));
	assert_text("maa-ehd", avow_buf_span(&b));
	assert_true(claim("aas-ehd")->for_token);
	assert_true(claim("maa-ehd")->for_token);
	assert_absent("x-ms-runtime");
	avow_buf_clear(&b);
	forged_clear(&w);
}

static void
json_runtime_data_is_told_canonically_and_has_no_other_name(void **state)
{
	(void)state;
	begin();
	w.p.runtime_data =
		AVOW_LIT(" { \"b\" : [1, {\"z\":0,\"y\":null}], \"a\":\"x\" }\n\0");
	forged_make(&w);
	w.in.runtime = (struct avow_bound_data){true, w.p.runtime_data, true};
	assert_ok(forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_int_equal(claim("x-ms-runtime")->type, AVOW_VALUE_JSON);
	assert_span_str("{\"a\":\"x\",\"b\":[1,{\"y\":null,\"z\":0}]}",
		claim("x-ms-runtime")->string);
	assert_absent("x-ms-sgx-ehd");
	assert_absent("aas-ehd");
	assert_absent("maa-ehd");
	assert_absent("$aas-ehd");
	assert_absent("$maa-ehd");
	forged_clear(&w);
}

static void
data_that_was_not_given_is_not_told(void **state)
{
	(void)state;
	begin();
	forged_make(&w);
	assert_ok(forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_absent("x-ms-sgx-ehd");
	assert_absent("x-ms-runtime");
	assert_absent("x-ms-inittime");
	assert_int_equal(128, claim("x-ms-sgx-report-data")->string.n);
	forged_clear(&w);
}

static void
init_time_json_is_told_and_binary_is_not(void **state)
{
	(void)state;
	begin();
	w.p.has_init_data = true;
	w.p.init_data = AVOW_LIT("{\"b\":2,\"a\":1}");
	forged_make(&w);
	w.in.init = (struct avow_bound_data){true, w.p.init_data, true};
	assert_ok(forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_span_str("{\"a\":1,\"b\":2}", claim("x-ms-inittime")->string);
	w.in.init.is_json = false;
	assert_ok(forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_absent("x-ms-inittime");
	forged_clear(&w);
}

/* --- collateral -------------------------------------------------------------------------- */

static void
assert_hash(const char *json_member, struct avow_span bytes, bool with_nul)
{
	const struct avow_json *doc;
	uint8_t hash[32];
	char text[65];

	assert_ok(avow_sha256_2(bytes, avow_span_make("", with_nul), hash));
	avow_hex_encode(avow_span_make(hash, 32), text);
	assert_ok(avow_json_parse(
		claim("x-ms-sgx-collateral")->string, NULL, &w.arena, &doc, NULL));
	assert_int_equal(7, doc->count);
	assert_span_str(text, avow_json_get(doc, json_member)->string);
}

/* The deprecated name holds the same object. */
static void
tells_the_collateral_under_both_names(void **state)
{
	static const char *const files[] = {"quote.bin", "report.bin", "evidence.bin"};

	(void)state;
	begin();
	verify_as("quote.bin");
	for (size_t i = 0; i < 3; i++) {
		assert_ok(forged_appraise(&w, files[i]));
		claims_of_world();
		/* as submitted, the Open Enclave header included */
		assert_hash("quotehash", avow_forged_get(w.files, files[i]), false);
	}
	assert_hash("tcbinfohash", avow_forged_get(w.files, "collateral/tcbinfo.json"),
		true);
	assert_hash("qeidhash", avow_forged_get(w.files, "collateral/qe_identity.json"),
		true);
	assert_span(claim("x-ms-sgx-collateral")->string,
		claim("maa-attestationcollateral")->string);
	assert_true(claim("maa-attestationcollateral")->for_token);
	forged_clear(&w);
}

/* --- Avow's own ----------------------------------------------------------------------------- */

static void
tells_the_tcb_under_names_of_avow(void **state)
{
	static const char *const advisories[] = {"INTEL-SA-1", "INTEL-SA-2", NULL};
	char time[AVOW_TIME_TEXT];

	(void)state;
	begin();
	w.p.tcb_status = "SWHardeningNeeded";
	w.p.tcb_advisories = advisories;
	w.p.tcb_evaluation_number = 21;
	w.p.qe_evaluation_number = 20;
	w.p.tcb_date_s = 1700000000;
	w.p.tcb_info.until_s = FORGED_AT + 7;
	verify_as("quote.bin");
	assert_text("x-avow-tcb-status", AVOW_LIT("SWHardeningNeeded"));
	assert_span_str("[\"INTEL-SA-1\",\"INTEL-SA-2\"]",
		claim("x-avow-tcb-advisories")->string);
	assert_int("x-avow-tcb-evaluation-number", 20);
	assert_text("x-avow-tcb-date", AVOW_LIT("2023-11-14T22:13:20Z"));
	avow_time_format(FORGED_AT + 7, time);
	assert_text("x-avow-collateral-earliest-expiry", avow_span_str(time));
	assert_int_equal(20, claim("x-avow-collateral-latest-issue")->string.n);
	assert_bool("x-avow-collateral-grace-used", false);
	assert_hex("x-avow-platform-id", w.p.ppid, 16);
	assert_false(claim("x-avow-platform-id")->for_token);
	w.in.at_s = FORGED_AT + 8;
	w.in.grace_s = 1;
	assert_ok(forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_bool("x-avow-collateral-grace-used", true);
	forged_clear(&w);
}

static void
tells_a_status_that_is_refused(void **state)
{
	(void)state;
	begin();
	w.p.tcb_status = "Revoked";
	forged_make(&w);
	assert_err(AVOW_E_TCB_REVOKED, forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_text("x-avow-tcb-status", AVOW_LIT("Revoked"));
	assert_hex("x-ms-sgx-mrenclave", w.p.mrenclave, 32);
	forged_clear(&w);
	begin();
	w.p.corrupt = "tcb.unknown";
	forged_make(&w);
	assert_err(AVOW_E_TCB_UNKNOWN, forged_appraise(&w, "quote.bin"));
	claims_of_world();
	assert_text("x-avow-tcb-status", AVOW_LIT("NotSupported"));
	assert_absent("x-avow-tcb-date");
	forged_clear(&w);
}

static void
a_full_arena_is_an_error_and_not_a_smaller_set(void **state)
{
	struct avow_arena small;

	(void)state;
	begin();
	verify_as("quote.bin");
	for (size_t max = 0; max < 8192; max += 64) {
		enum avow_err e;

		avow_arena_init(&small, max);
		avow_claims_init(&set, &small);
		e = avow_evidence_claims(w.verified, &set);
		if (e == AVOW_OK)
			assert_non_null(
				avow_claims_find(&set, AVOW_CLAIM_AVOW_PLATFORM_ID));
		else
			assert_err(AVOW_E_TOO_LARGE, e);
		avow_arena_clear(&small);
	}
	forged_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_enclave),
		cmocka_unit_test(the_names_of_old_policies_are_seen_by_policies_alone),
		cmocka_unit_test(debug_is_told),
		cmocka_unit_test(kss_claims_are_there_with_kss_only),
		cmocka_unit_test(binary_runtime_data_has_three_names_in_a_token),
		cmocka_unit_test(
			json_runtime_data_is_told_canonically_and_has_no_other_name),
		cmocka_unit_test(data_that_was_not_given_is_not_told),
		cmocka_unit_test(init_time_json_is_told_and_binary_is_not),
		cmocka_unit_test(tells_the_collateral_under_both_names),
		cmocka_unit_test(tells_the_tcb_under_names_of_avow),
		cmocka_unit_test(tells_a_status_that_is_refused),
		cmocka_unit_test(a_full_arena_is_an_error_and_not_a_smaller_set),
	};

	return cmocka_run_group_tests(tests, forged_setup, forged_teardown);
}
