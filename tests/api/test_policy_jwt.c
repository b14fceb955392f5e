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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_a_jws_from_a_policy),
		cmocka_unit_test(takes_text_in_base64url_and_plain),
		cmocka_unit_test(takes_an_empty_payload_as_no_policy),
		cmocka_unit_test(refuses_what_is_no_policy_jwt),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(hashes_a_policy_as_the_contract_does),
	};
	int r = cmocka_run_group_tests_name("api/policy_jwt", tests, NULL, NULL);

	avow_arena_clear(&arena);
	return r;
}
