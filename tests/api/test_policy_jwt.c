/* api/policy_jwt: the envelope of a policy, as real clients write it. */
#include "support.h"

#include "api/policy_jwt.h"
#include "api/provider.h"
#include "base/limits.h"

static struct avow_arena arena;

static enum avow_err
text_of(const char *jwt, struct avow_span *out)
{
	struct avow_why why;

	avow_arena_clear(&arena);
	avow_arena_init(&arena, AVOW_MIB(4));
	avow_why_init(&why);
	return avow_policy_jwt_text(avow_span_str(jwt), &arena, out, &why);
}

static void
tells_a_jws_from_a_policy(void **state)
{
	(void)state;
	assert_true(avow_policy_jwt_is(AVOW_LIT("eyJhbGciOiJub25lIn0..")));
	assert_false(avow_policy_jwt_is(AVOW_LIT("version= 1.0;")));
	assert_false(avow_policy_jwt_is(AVOW_LIT("a.b")));
}

static void
takes_text_in_base64url_and_plain(void **state)
{
	struct avow_span t;

	(void)state;
	/* {"AttestationPolicy":"dmVyc2lvbj0gMS4wOw"} */
	assert_ok(text_of("eyJhbGciOiJub25lIn0.eyJBdHRlc3RhdGlvblBvbGljeSI6ImRtVnljMmx2"
			  "YmowZ01TNHdPdyJ9.",
		&t));
	assert_span_str("version= 1.0;", t);
	/* {"AttestationPolicy":"version= 1.0;"} */
	assert_ok(text_of("eyJhbGciOiJub25lIn0.eyJBdHRlc3RhdGlvblBvbGljeSI6InZlcnNpb249"
			  "IDEuMDsifQ.",
		&t));
	assert_span_str("version= 1.0;", t);
}

static void
takes_an_empty_payload_as_no_policy(void **state)
{
	struct avow_span t;

	(void)state;
	assert_ok(text_of("eyJhbGciOiJub25lIn0..", &t));
	assert_int_equal(0, t.n);
}

static void
refuses_what_is_no_policy_jwt(void **state)
{
	struct avow_span t;

	(void)state;
	assert_err(AVOW_E_JWS_FORMAT, text_of("no jws", &t));
	/* {"policy":"x"} */
	assert_err(AVOW_E_JSON_MISSING,
		text_of("eyJhbGciOiJub25lIn0.eyJwb2xpY3kiOiJ4In0.", &t));
	/* {"AttestationPolicy":"_w"}: the byte ff */
	assert_err(AVOW_E_UTF8,
		text_of("eyJhbGciOiJub25lIn0.eyJBdHRlc3RhdGlvblBvbGljeSI6Il93In0.", &t));
}

static void
writes_what_it_reads(void **state)
{
	struct avow_buf b;
	struct avow_span t;

	(void)state;
	avow_buf_init(&b, 4096);
	avow_policy_jwt_put_unsigned(&b, AVOW_LIT("version= 1.0;"));
	assert_ok(text_of(avow_buf_str(&b), &t));
	assert_span_str("version= 1.0;", t);
	avow_buf_reset(&b);
	avow_policy_jwt_put_unsigned(&b, AVOW_LIT(""));
	assert_span_str("eyJhbGciOiJub25lIn0..", avow_buf_span(&b));
	avow_buf_clear(&b);
}

/* spec 02: the hash is over the base64url text, and two documents print it. */
static void
hashes_a_policy_as_the_contract_does(void **state)
{
	char hash[AVOW_POLICY_HASH_TEXT];

	(void)state;
	assert_ok(avow_policy_hash(
		AVOW_LIT("version= 1.0;\n\nauthorizationrules\n{\n    => permit();\n};"), hash));
	assert_string_equal("LTPRQQju-FejAwdYihF8YV_c2XWebG9joKvrHKc3bxs", hash);
	assert_ok(avow_policy_hash(
		AVOW_LIT("version= 1.0;authorizationrules{=> permit();};"), hash));
	assert_string_equal("9NY0VnTQ-IiBriBplVUpFbczcDaEBUwsiFYAzHu_gco", hash);
}

static enum avow_err
open_envelope(const char *jwt, struct avow_policy_envelope *out)
{
	avow_arena_clear(&arena);
	avow_arena_init(&arena, AVOW_MIB(4));
	return avow_policy_envelope_open(avow_span_str(jwt), NULL, &arena, out, NULL);
}

static void
opens_what_is_unsigned(void **state)
{
	struct avow_policy_envelope in;

	(void)state;
	assert_ok(open_envelope(" eyJhbGciOiJub25lIn0..\n", &in));
	assert_span_str("eyJhbGciOiJub25lIn0..", in.jwt);
	assert_int_equal(0, in.text.n + in.signer.n);
	assert_ok(open_envelope("\"eyJhbGciOiJub25lIn0..\"", &in));
	assert_span_str("eyJhbGciOiJub25lIn0..", in.jwt);
}

/* The headers are {"alg":...} in base64url, the payloads are empty. */
static void
refuses_signatures_that_prove_nobody(void **state)
{
	static const struct {
		enum avow_err code;
		const char *jwt;
	} cases[] = {
		/* none, with a signature */
		{AVOW_E_JWS_SIGNATURE, "eyJhbGciOiJub25lIn0..AAAA"},
		/* HS256, RS512, None */
		{AVOW_E_JWS_ALGORITHM, "eyJhbGciOiJIUzI1NiJ9..AAAA"},
		{AVOW_E_JWS_ALGORITHM, "eyJhbGciOiJSUzUxMiJ9..AAAA"},
		{AVOW_E_JWS_ALGORITHM, "eyJhbGciOiJOb25lIn0.."},
		/* RS256 without x5c */
		{AVOW_E_POLICY_SIGNER, "eyJhbGciOiJSUzI1NiJ9..AAAA"},
		/* {"alg":"RS256","x5c":[]}, ["*"], [1], ["AAAA"] */
		{AVOW_E_POLICY_SIGNER, "eyJhbGciOiJSUzI1NiIsIng1YyI6W119..AAAA"},
		{AVOW_E_POLICY_SIGNER, "eyJhbGciOiJSUzI1NiIsIng1YyI6WyIqIl19..AAAA"},
		{AVOW_E_POLICY_SIGNER, "eyJhbGciOiJSUzI1NiIsIng1YyI6WzFdfQ..AAAA"},
		{AVOW_E_CERT_FORMAT, "eyJhbGciOiJSUzI1NiIsIng1YyI6WyJBQUFBIl19..AAAA"},
		/* nine certificates */
		{AVOW_E_TOO_LARGE, "eyJhbGciOiJSUzI1NiIsIng1YyI6WzEsMSwxLDEsMSwxLDEsMSwx"
				   "XX0..AAAA"},
		{AVOW_E_JWS_FORMAT, "\"a\""},
		{AVOW_E_JWS_FORMAT, ""},
	};
	struct avow_policy_envelope in;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_err(cases[i].code, open_envelope(cases[i].jwt, &in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_jws_from_a_policy),
		cmocka_unit_test(takes_text_in_base64url_and_plain),
		cmocka_unit_test(takes_an_empty_payload_as_no_policy),
		cmocka_unit_test(refuses_what_is_no_policy_jwt),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(opens_what_is_unsigned),
		cmocka_unit_test(refuses_signatures_that_prove_nobody),
		cmocka_unit_test(hashes_a_policy_as_the_contract_does),
	};
	int r = cmocka_run_group_tests_name("api/policy_jwt", tests, NULL, NULL);

	avow_arena_clear(&arena);
	return r;
}
