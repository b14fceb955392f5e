/* claims/claims: what is added is what the token holds, sorted. */
#include "support.h"

#include "base/limits.h"
#include "claims/claims.h"

static struct avow_arena arena;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(16));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static void
assert_json(const char *expected, const struct avow_claims *set,
	const struct avow_claims *extra)
{
	struct avow_buf b;

	avow_buf_init(&b, 4096);
	assert_ok(avow_claims_put_json(&b, set, extra));
	assert_string_equal(expected, avow_buf_str(&b));
	avow_buf_clear(&b);
}

static void
writes_each_type_sorted_by_name(void **state)
{
	struct avow_claims s;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_int(&s, AVOW_CLAIM_SGX_SVN, -3);
	avow_claims_add_hex(&s, AVOW_CLAIM_SGX_MRSIGNER, AVOW_LIT("\x0a\xff"));
	avow_claims_add_b64url(&s, AVOW_CLAIM_MAA_EHD, AVOW_LIT("\xff\xfe"));
	avow_claims_add_bool(&s, AVOW_CLAIM_SGX_IS_DEBUGGABLE, false);
	avow_claims_add_json(&s, AVOW_CLAIM_RUNTIME, AVOW_LIT("{\"a\":[1]}"));
	avow_claims_add_string(&s, AVOW_CLAIM_ATTESTATION_TYPE, AVOW_LIT("s\"x"));
	assert_ok(s.err);
	assert_json("{\"maa-ehd\":\"__4\",\"x-ms-attestation-type\":\"s\\\"x\","
		    "\"x-ms-runtime\":{\"a\":[1]},\"x-ms-sgx-is-debuggable\":false,"
		    "\"x-ms-sgx-mrsigner\":\"0aff\",\"x-ms-sgx-svn\":-3}",
		&s, NULL);
}

static void
the_name_decides_who_sees_it(void **state)
{
	struct avow_claims s;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_string(&s, AVOW_CLAIM_OLD_TEE, AVOW_LIT("sgx"));
	avow_claims_add_string(&s, AVOW_CLAIM_AAS_EHD, AVOW_LIT("x"));
	avow_claims_add_json(&s, AVOW_CLAIM_TPM_PCRS, AVOW_LIT("{}"));
	assert_true(s.v[0].for_policy && !s.v[0].for_token);
	assert_true(!s.v[1].for_policy && s.v[1].for_token);
	assert_true(s.v[2].read_only && s.v[2].for_policy);
	assert_false(s.v[0].read_only);
	assert_json("{\"aas-ehd\":\"x\"}", &s, NULL);
}

static void
several_of_one_name_become_an_array_in_order(void **state)
{
	struct avow_claims s, extra;
	struct avow_claim c = {
		.name = AVOW_LIT("b"), .type = AVOW_VALUE_INTEGER, .for_token = true};

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_init(&extra, &arena);
	for (c.integer = 3; c.integer > 0; c.integer--)
		avow_claims_add(&s, &c);
	c.integer = 3;
	avow_claims_add(&extra, &c);
	c.name = AVOW_LIT("a");
	avow_claims_add(&extra, &c);
	assert_json("{\"b\":[3,2,1]}", &s, NULL);
	assert_json("{\"a\":3,\"b\":[3,2,1,3]}", &s, &extra);
}

static void
looks_up_the_number_of_a_name(void **state)
{
	struct avow_claims s;
	struct avow_claim c = {.name = AVOW_LIT("x-ms-sgx-svn")};

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_known(&s, &c);
	assert_null(avow_claims_find(&s, AVOW_CLAIM_SGX_SVN));
	avow_claims_add(&s, &c);
	assert_ptr_equal(&s.v[1], avow_claims_find(&s, AVOW_CLAIM_SGX_SVN));
	assert_ptr_equal(&s.v[0], avow_claims_find_name(&s, c.name));
	assert_null(avow_claims_find_name(&s, AVOW_LIT("none")));
}

static void
holds_no_more_than_a_policy_may_have(void **state)
{
	struct avow_claims s;
	struct avow_buf b;

	(void)state;
	avow_claims_init(&s, &arena);
	for (int i = 0; i < AVOW_MAX_POLICY_CLAIMS; i++)
		avow_claims_add_int(&s, AVOW_CLAIM_SGX_SVN, i);
	assert_ok(s.err);
	avow_claims_add_int(&s, AVOW_CLAIM_SGX_SVN, 0);
	assert_err(AVOW_E_POLICY_CLAIMS, s.err);
	assert_int_equal(AVOW_MAX_POLICY_CLAIMS, s.n);
	avow_buf_init(&b, 100);
	assert_err(AVOW_E_POLICY_CLAIMS, avow_claims_put_json(&b, &s, NULL));
	avow_buf_clear(&b);
}

static void
an_arena_that_is_full_is_an_error_that_sticks(void **state)
{
	struct avow_arena small;
	struct avow_claims s;

	(void)state;
	avow_arena_init(&small, 64);
	avow_claims_init(&s, &small);
	avow_claims_add_hex(&s, AVOW_CLAIM_SGX_MRSIGNER,
		AVOW_LIT("0123456789abcdef"
			 "0123456789abcdef"));
	assert_err(AVOW_E_TOO_LARGE, s.err);
	avow_claims_add_b64url(&s, AVOW_CLAIM_MAA_EHD, AVOW_LIT("x"));
	assert_int_equal(0, s.n);
	avow_arena_clear(&small);
}

static void
a_token_that_is_too_large_is_an_error(void **state)
{
	struct avow_claims s;
	struct avow_buf b;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_int(&s, AVOW_CLAIM_SGX_SVN, 1);
	avow_buf_init(&b, 4);
	assert_err(AVOW_E_TOO_LARGE, avow_claims_put_json(&b, &s, NULL));
	avow_buf_clear(&b);
}

static void
put_pcrs(const void *of, struct avow_jw *w)
{
	++*(unsigned *)(uintptr_t)of;
	avow_jw_open(w, '{');
	avow_jw_close(w);
}

static void
put_too_much(const void *of, struct avow_jw *w)
{
	(void)of;
	w->b->err = AVOW_E_TOO_LARGE;
}

static void
a_text_for_later_is_made_once_and_on_demand(void **state)
{
	struct avow_claims s;
	struct avow_claim copy;
	unsigned made = 0;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_later(&s, AVOW_CLAIM_TPM_PCRS, put_pcrs, &made);
	assert_ok(s.err);
	assert_int_equal(AVOW_VALUE_JSON, s.v[0].type);
	assert_true(s.v[0].read_only && s.v[0].for_policy);
	copy = s.v[0];
	assert_int_equal(0, made);
	assert_ok(avow_claim_settle(&copy, &arena));
	assert_span_str("{}", copy.string);
	assert_null(copy.later);
	assert_ok(avow_claims_settle(&s));
	assert_ok(avow_claims_settle(&s));
	assert_span_str("{}", s.v[0].string);
	assert_int_equal(1, made);
}

static void
put_json_writes_a_text_that_nobody_has_made(void **state)
{
	struct avow_claims s;
	unsigned made = 0;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_later(&s, AVOW_CLAIM_TPM_PCRS, put_pcrs, &made);
	s.v[0].for_token = true;
	assert_json("{\"pcrs\":{}}", &s, NULL);
	assert_json("{\"pcrs\":{}}", &s, NULL);
	assert_int_equal(2, made);
	assert_ok(
		avow_claim_settle(&(struct avow_claim){.later = s.v[0].later}, &arena));
	assert_json("{\"pcrs\":{}}", &s, NULL);
	assert_int_equal(3, made);
}

static void
a_text_for_later_that_fails_is_an_error_that_sticks(void **state)
{
	struct avow_claims s;

	(void)state;
	avow_claims_init(&s, &arena);
	avow_claims_add_later(&s, AVOW_CLAIM_TPM_PCRS, put_too_much, NULL);
	assert_ok(s.err);
	assert_err(AVOW_E_TOO_LARGE, avow_claims_settle(&s));
	assert_err(AVOW_E_TOO_LARGE, s.err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_each_type_sorted_by_name),
		cmocka_unit_test(the_name_decides_who_sees_it),
		cmocka_unit_test(several_of_one_name_become_an_array_in_order),
		cmocka_unit_test(looks_up_the_number_of_a_name),
		cmocka_unit_test(holds_no_more_than_a_policy_may_have),
		cmocka_unit_test(an_arena_that_is_full_is_an_error_that_sticks),
		cmocka_unit_test(a_token_that_is_too_large_is_an_error),
		cmocka_unit_test(a_text_for_later_is_made_once_and_on_demand),
		cmocka_unit_test(put_json_writes_a_text_that_nobody_has_made),
		cmocka_unit_test(a_text_for_later_that_fails_is_an_error_that_sticks),
	};

	return cmocka_run_group_tests_name("claims/claims", tests, setup, teardown);
}
