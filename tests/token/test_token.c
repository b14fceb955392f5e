/* token: what a token holds, in which form, and what is refused. */
#include "fixture.h"

#include "base/hex.h"

static void
holds_the_common_claims(void **state)
{
	const struct avow_json *jti;

	(void)state;
	make();
	has("iss", "\"" ISS "\"");
	has("iat", "1700000000");
	has("nbf", "1700000000");
	has("exp", "1700028800");
	has("x-ms-ver", "\"1.0\"");
	has("x-ms-policy-hash", "\"HASH\"");
	has("x-ms-attestation-type", "\"sgx\"");
	jti = avow_json_get(payload, "jti");
	assert_int_equal(64, jti->string.n);
	for (size_t i = 0; i < 64; i++)
		assert_non_null(strchr("0123456789abcdef", jti->string.p[i]));
	has_not("x-ms-policy");
	has_not("x-ms-policy-signer");
	has_not("nonce");
	has_not("rp_data");
	assert_int_equal(8, payload->count);
}

static void
two_tokens_have_two_ids(void **state)
{
	struct avow_span first;

	(void)state;
	make();
	first = avow_json_get(payload, "jti")->string;
	make();
	assert_false(avow_span_eq(first, avow_json_get(payload, "jti")->string));
}

static void
header_is_sorted_and_names_the_key(void **state)
{
	char expected[256];

	(void)state;
	make();
	snprintf(expected, sizeof(expected),
		"{\"alg\":\"ES256\",\"jku\":\"" ISS
		"/certs\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		avow_keys_info(keys, 0, T0).kid);
	assert_span_str(expected, jws.header->raw);
}

/* vectors/README.md, fact 7 */
static void
draft_has_no_algorithm_and_no_signature(void **state)
{
	char expected[256];

	(void)state;
	spec.is_draft = true;
	make();
	snprintf(expected, sizeof(expected),
		"{\"alg\":\"none\",\"jku\":\"" ISS
		"/certs\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		avow_keys_info(keys, 0, T0).kid);
	assert_span_str(expected, jws.header->raw);
	assert_int_equal(0, jws.signature.n);
	assert_int_equal('.', token.p[token.n - 1]);
	/* bug 31 and mistake 6: nobody can take it for a signed one */
	assert_err(AVOW_E_JWS_ALGORITHM,
		avow_jws_verify(&jws, avow_keys_public(keys, 0), AVOW_SIG_ES256_RAW));
}

static void
life_and_backdating_are_settable(void **state)
{
	(void)state;
	spec.life_s = 86400;
	spec.back_s = 300; /* spec 08, Times: TPM reports */
	make();
	has("iat", "1700000000");
	has("nbf", "1699999700");
	has("exp", "1700086400");
}

/* --- every algorithm -------------------------------------------------------------------- */

static void
verifies_under(enum avow_sig alg, enum avow_sig other)
{
	tear_down(NULL);
	assert_int_equal(0, begin_with(alg));
	make();
	assert_span_str(avow_jws_alg_name(alg), jws.alg);
	assert_err(AVOW_E_JWS_ALGORITHM,
		avow_jws_verify(&jws, avow_keys_public(keys, 0), other));
	/* any other byte in the payload breaks it */
	token.p[token.n - 1] = token.p[token.n - 1] == 'A' ? 'Q' : 'A';
	assert_ok(avow_jws_parse(avow_buf_span(&token), &arena, &jws, &why));
	assert_err(AVOW_E_JWS_SIGNATURE,
		avow_jws_verify(&jws, avow_keys_public(keys, 0), alg));
}

static void
rs256_ps256_es256_es384_verify(void **state)
{
	(void)state;
	verifies_under(AVOW_SIG_RS256, AVOW_SIG_PS256);
	verifies_under(AVOW_SIG_PS256, AVOW_SIG_RS256);
	verifies_under(AVOW_SIG_ES256_RAW, AVOW_SIG_ES384_RAW);
	verifies_under(AVOW_SIG_ES384_RAW, AVOW_SIG_ES256_RAW);
}

/* --- claims ------------------------------------------------------------------------------- */

static void
issued_claims_stand_twice(void **state)
{
	(void)state;
	issue_str("tee", "sgx");
	issue("svn", AVOW_VALUE_INTEGER, "", 3);
	issue("is-debuggable", AVOW_VALUE_BOOLEAN, "", 1);
	make();
	has("tee", "\"sgx\"");
	has("svn", "3");
	has("is-debuggable", "true");
	has("x-ms-policy", "{\"is-debuggable\":true,\"svn\":3,\"tee\":\"sgx\"}");
}

/* spec 11, 2 */
static void
several_values_become_an_array_in_order_of_issue(void **state)
{
	(void)state;
	issue_str("x", "b");
	issue("x", AVOW_VALUE_INTEGER, "", 7);
	issue_str("x", "b");
	make();
	has("x", "[\"b\",7,\"b\"]");
	has("x-ms-policy", "{\"x\":[\"b\",7,\"b\"]}");
}

static void
json_of_a_policy_is_made_canonical(void **state)
{
	(void)state;
	issue("j", AVOW_VALUE_JSON, "{ \"b\": [1, {\"z\":2,\"y\":1}], \"a\": null }",
		0);
	make();
	has("j", "{\"a\":null,\"b\":[1,{\"y\":1,\"z\":2}]}");
	has("x-ms-policy", "{\"j\":{\"a\":null,\"b\":[1,{\"y\":1,\"z\":2}]}}");
}

static void
a_claim_not_for_the_token_stays_out(void **state)
{
	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_OLD_TEE, AVOW_LIT("sgx"));
	make();
	has_not("$tee");
}

/* One test for each deprecated name that the token stage itself adds; those of
 * evidence are tested with their kind. */
static void
nonce_has_its_deprecated_alias_rp_data(void **state)
{
	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_NONCE, AVOW_LIT("n\"1"));
	make();
	has("nonce", "\"n\\\"1\"");
	has("rp_data", "\"n\\\"1\"");
	assert_int_equal(10, payload->count);
}

static void
an_rp_data_that_is_there_is_not_doubled(void **state)
{
	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_NONCE, AVOW_LIT("n"));
	avow_claims_add_string(&service, AVOW_CLAIM_RP_DATA, AVOW_LIT("n"));
	make();
	has("rp_data", "\"n\"");
}

static void
members_are_sorted_at_every_depth(void **state)
{
	const struct avow_json_member *m;

	(void)state;
	avow_claims_add_json(&service, AVOW_CLAIM_RUNTIME,
		AVOW_LIT("{\"a\":{\"b\":1,\"c\":2},\"d\":3}"));
	avow_claims_add_string(&service, AVOW_CLAIM_AAS_EHD, AVOW_LIT("AQ"));
	issue_str("A", "upper case sorts first");
	issue_str("z", "last");
	issue_str("tee", "sgx");
	make();
	m = payload->members;
	for (size_t i = 1; i < payload->count; i++)
		assert_true(avow_span_cmp(m[i - 1].name, m[i].name) < 0);
	assert_span_str("A", m[0].name);
	assert_span_str("z", m[payload->count - 1].name);
	for (size_t i = 0; i < jws.payload.n; i++)
		assert_false(jws.payload.p[i] == '\n');
}

/* --- reserved names: spec 11, 13 -------------------------------------------------------------- */

static void
refuses_reserved(
	const char *name, enum avow_value_type type, const char *text, int64_t n)
{
	avow_claims_init(&issued, &arena);
	avow_buf_reset(&token);
	avow_why_init(&why);
	issue("before", AVOW_VALUE_STRING, "x", 0);
	issue(name, type, text, n);
	assert_err(AVOW_E_POLICY_RESERVED_CLAIM,
		avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_err(AVOW_E_POLICY_RESERVED_CLAIM, why.code);
	assert_string_equal(name, why.field);
	assert_int_equal(0, token.n);
}

static void
a_policy_never_speaks_for_the_service(void **state)
{
	static const char *const names[] = {"iss", "sub", "aud", "exp", "nbf", "iat",
		"jti", "cnf", "nonce", "rp_data", "x-ms-ver", "x-ms-policy",
		"x-ms-policy-hash", "x-ms-attestation-type", "x-ms-anything",
		"x-avow-tcb-status", "x-ms-sgx-mrsigner", "maa-ehd", "aas-ehd",
		"maa-attestationcollateral", "tdx_mrtd", "attester_tcb_status",
		"secureboot", "x-ms-sgx-tcbidentifier", "x-ms-policy-signer"};

	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_SGX_MRSIGNER, AVOW_LIT("00ff"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		refuses_reserved(names[i], AVOW_VALUE_STRING, "else", 0);
		refuses_reserved(names[i], AVOW_VALUE_INTEGER, "", 5);
		refuses_reserved(names[i], AVOW_VALUE_BOOLEAN, "", 1);
	}
	refuses_reserved("exp", AVOW_VALUE_INTEGER, "", T0 + 28801);
	refuses_reserved("exp", AVOW_VALUE_STRING, "1700028800", 0);
	refuses_reserved("iss", AVOW_VALUE_STRING, ISS "/", 0);
}

static void
drops_an_issued_claim_that_the_service_says_too(void **state)
{
	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_SGX_MRSIGNER, AVOW_LIT("00ff"));
	avow_claims_add_int(&service, AVOW_CLAIM_SGX_SVN, 3);
	avow_claims_add_bool(&service, AVOW_CLAIM_SGX_IS_DEBUGGABLE, false);
	avow_claims_add_json(&service, AVOW_CLAIM_RUNTIME, AVOW_LIT("{\"a\":1}"));
	avow_claims_add_string(&service, AVOW_CLAIM_NONCE, AVOW_LIT("n"));
	issue_str("x-ms-sgx-mrsigner", "00ff");
	issue("x-ms-sgx-svn", AVOW_VALUE_INTEGER, "", 3);
	issue("x-ms-sgx-is-debuggable", AVOW_VALUE_BOOLEAN, "", 0);
	issue_str("x-ms-runtime", "{\"a\":1}"); /* a policy sees JSON as text */
	issue_str("iss", ISS);
	issue("exp", AVOW_VALUE_INTEGER, "", T0 + 28800);
	issue_str("rp_data", "n");
	issue_str("x-ms-ver", "1.0");
	make();
	has("x-ms-sgx-mrsigner", "\"00ff\"");
	has("x-ms-sgx-svn", "3");
	has("x-ms-runtime", "{\"a\":1}");
	has("exp", "1700028800");
	has_not("x-ms-policy");
}

/* A claim of the service in another request is no excuse in this one. */
static void
nonce_without_a_nonce_is_refused(void **state)
{
	(void)state;
	refuses_reserved("nonce", AVOW_VALUE_STRING, "", 0);
}

static void
a_name_that_is_no_text_is_refused(void **state)
{
	(void)state;
	issue_str("a\xff", "x");
	assert_err(AVOW_E_UTF8, avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_int_equal(0, token.n);
}

static void
old_policy_names_are_free(void **state)
{
	(void)state;
	issue_str("$is-debuggable", "x");
	issue_str("policy_hash", "x");
	issue_str("x-msx", "x");
	make();
	has("policy_hash", "\"x\"");
}

/* --- x-ms-policy-signer -------------------------------------------------------------------- */

static void
signer_stands_bare_and_as_jwk(void **state)
{
	struct avow_span jwk =
		AVOW_LIT("{\"kty\":\"RSA\",\"alg\":\"RS256\",\"x5c\":[\"AA==\"]}");

	(void)state;
	assert_ok(avow_token_signer_claim(jwk, &arena, &spec.policy_signer, &why));
	make();
	has("x-ms-policy-signer",
		"{\"alg\":\"RS256\",\"jwk\":{\"alg\":\"RS256\",\"kty\":\"RSA\",\"x5c\":"
		"[\"AA==\"]},\"kty\":\"RSA\",\"x5c\":[\"AA==\"]}");
	assert_ok(avow_token_signer_claim(AVOW_LIT("{}"), &arena, &jwk, &why));
	assert_span_str("{\"jwk\":{}}", jwk);
}

static void
signer_that_is_no_jwk_is_refused(void **state)
{
	struct avow_span out;

	(void)state;
	assert_err(AVOW_E_JWK_FORMAT,
		avow_token_signer_claim(AVOW_LIT("[]"), &arena, &out, &why));
	assert_err(AVOW_E_JWK_FORMAT,
		avow_token_signer_claim(AVOW_LIT("{\"jwk\":1}"), &arena, &out, &why));
	assert_err(AVOW_E_JSON_DUPLICATE,
		avow_token_signer_claim(
			AVOW_LIT("{\"a\":1,\"a\":1}"), &arena, &out, &why));
	assert_int_equal(0, out.n);
}

/* --- limits and faults -------------------------------------------------------------------- */

static struct avow_span
filler(size_t n)
{
	uint8_t *p = avow_arena_alloc(&arena, n);

	assert_non_null(p);
	memset(p, 'x', n);
	return avow_span_make(p, n);
}

static void
refuses_a_token_over_its_limit(void **state)
{
	(void)state;
	/* the payload alone fits, with header and signature it does not */
	avow_claims_add_string(
		&service, AVOW_CLAIM_SGX_EHD, filler(AVOW_MAX_TOKEN / 4 * 3 - 360));
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_string_equal("at most 131072 bytes", why.expected);
	assert_int_equal(0, token.n);
	avow_claims_add_string(&service, AVOW_CLAIM_AAS_EHD, filler(AVOW_MAX_TOKEN));
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_make(issuer, &spec, &arena, &token, NULL));
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_put_claims(&spec, &arena, &token, NULL));
	issue("j", AVOW_VALUE_STRING, "x", 0);
	issued.v[0].string = filler(AVOW_MAX_TOKEN);
	avow_claims_init(&service, &arena);
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_make(issuer, &spec, &arena, &token, NULL));
	issued.v[0].type = AVOW_VALUE_JSON;
	((uint8_t *)(uintptr_t)issued.v[0].string.p)[0] = '"';
	((uint8_t *)(uintptr_t)issued.v[0].string.p)[AVOW_MAX_TOKEN - 1] = '"';
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_make(issuer, &spec, &arena, &token, NULL));
}

static void
a_token_of_the_limit_is_made(void **state)
{
	size_t n = 96800;

	(void)state;
	avow_claims_add_string(&service, AVOW_CLAIM_SGX_EHD, filler(n));
	make();
	assert_true(token.n <= AVOW_MAX_TOKEN);
	assert_true(token.n > AVOW_MAX_TOKEN - 3000);
}

static void
sticky_errors_of_the_sets_end_it(void **state)
{
	(void)state;
	service.err = AVOW_E_NO_MEMORY;
	assert_err(
		AVOW_E_NO_MEMORY, avow_token_make(issuer, &spec, &arena, &token, &why));
	service.err = AVOW_OK;
	issued.err = AVOW_E_POLICY_CLAIMS;
	assert_err(AVOW_E_POLICY_CLAIMS,
		avow_token_make(issuer, &spec, &arena, &token, &why));
	issued.err = AVOW_OK;
	arena.max = arena.used;
	assert_err(
		AVOW_E_TOO_LARGE, avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_int_equal(0, token.n);
}

static void
what_is_in_the_output_before_stays(void **state)
{
	(void)state;
	avow_buf_put_str(&token, "{\"token\":\"");
	assert_ok(avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_memory_equal("{\"token\":\"eyJhbGci", token.p, 18);
	token.n = 10;
	issue_str("iss", "x");
	assert_err(AVOW_E_POLICY_RESERVED_CLAIM,
		avow_token_make(issuer, &spec, &arena, &token, &why));
	assert_int_equal(10, token.n);
}

/* --- the other two makers ---------------------------------------------------------------------- */

static void
claims_alone_have_no_times_and_ids(void **state)
{
	(void)state;
	issue_str("tee", "sgx");
	assert_ok(avow_token_put_claims(&spec, &arena, &token, &why));
	assert_span_str(
		"{\"tee\":\"sgx\",\"x-ms-attestation-type\":\"sgx\","
		"\"x-ms-policy\":{\"tee\":\"sgx\"},\"x-ms-policy-hash\":\"HASH\","
		"\"x-ms-ver\":\"1.0\"}",
		avow_buf_span(&token));
	issue_str("jti", "x");
	assert_err(AVOW_E_POLICY_RESERVED_CLAIM,
		avow_token_put_claims(&spec, &arena, &token, &why));
}

/* spec 02, Response tokens: exp, iat, iss, nbf and what is answered, one hour */
static void
result_token_lives_one_hour(void **state)
{
	const struct avow_claim c = {
		.name = AVOW_LIT("x-ms-policy-result"),
		.string = AVOW_LIT("Updated"),
		.for_token = true,
	};
	struct avow_claims set;

	(void)state;
	avow_claims_init(&set, &arena);
	avow_claims_add(&set, &c);
	assert_ok(avow_token_make_result(issuer, T0, &set, &arena, &token, &why));
	take_apart();
	assert_ok(avow_jws_verify(&jws, avow_keys_public(keys, 0), AVOW_SIG_ES256_RAW));
	assert_span_str("{\"exp\":1700003600,\"iat\":1700000000,\"iss\":\"" ISS
			"\",\"nbf\":1700000000,\"x-ms-policy-result\":\"Updated\"}",
		payload->raw);
	set.v[0].string = filler(AVOW_MAX_BODY_POLICY);
	avow_buf_reset(&token);
	assert_ok(avow_token_make_result(issuer, T0, &set, &arena, &token, &why));
	set.v[0].string = filler(AVOW_MAX_RESULT_TOKEN);
	avow_buf_reset(&token);
	assert_err(AVOW_E_TOKEN_TOO_LARGE,
		avow_token_make_result(issuer, T0, &set, &arena, &token, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(holds_the_common_claims),
		T(two_tokens_have_two_ids),
		T(header_is_sorted_and_names_the_key),
		T(draft_has_no_algorithm_and_no_signature),
		T(life_and_backdating_are_settable),
		T(rs256_ps256_es256_es384_verify),
		T(issued_claims_stand_twice),
		T(several_values_become_an_array_in_order_of_issue),
		T(json_of_a_policy_is_made_canonical),
		T(a_claim_not_for_the_token_stays_out),
		T(nonce_has_its_deprecated_alias_rp_data),
		T(an_rp_data_that_is_there_is_not_doubled),
		T(members_are_sorted_at_every_depth),
		T(a_policy_never_speaks_for_the_service),
		T(drops_an_issued_claim_that_the_service_says_too),
		T(nonce_without_a_nonce_is_refused),
		T(a_name_that_is_no_text_is_refused),
		T(old_policy_names_are_free),
		T(signer_stands_bare_and_as_jwk),
		T(signer_that_is_no_jwk_is_refused),
		T(refuses_a_token_over_its_limit),
		T(a_token_of_the_limit_is_made),
		T(sticky_errors_of_the_sets_end_it),
		T(what_is_in_the_output_before_stays),
		T(claims_alone_have_no_times_and_ids),
		T(result_token_lives_one_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
