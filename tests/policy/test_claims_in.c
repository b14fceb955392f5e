/* policy/claims_in: claims for a dry run, in both forms. */
#include "policy_support.h"

static struct avow_arena arena;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(1));
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
reads_an_object_of_the_services_claims(void **state)
{
	struct avow_claims c;

	(void)state;
	assert_ok(avow_policy_read_claims(
		AVOW_LIT("{\"x-ms-sgx-svn\":7,\"own\":[\"s\",true,-1],\"none\":[],"
			 "\"pcrs\":{\"PCRs\": [ ]}}"),
		&arena, &c, NULL));
	assert_int_equal(5, c.n);
	assert_int_equal(AVOW_CLAIM_SGX_SVN, c.v[0].id);
	assert_int_equal(AVOW_VALUE_INTEGER, c.v[0].type);
	assert_int_equal(AVOW_ISSUER_SERVICE, c.v[0].issuer);
	assert_true(c.v[0].for_policy);
	assert_span_str("own", c.v[3].name);
	assert_int_equal(-1, c.v[3].integer);
	assert_int_equal(AVOW_VALUE_JSON, c.v[4].type);
	assert_span_str("{\"PCRs\":[]}", c.v[4].string);
	assert_true(c.v[4].read_only);
	assert_false(c.v[0].read_only);
}

static void
reads_a_list_of_whole_claims(void **state)
{
	struct avow_claims c;

	(void)state;
	assert_ok(avow_policy_read_claims(
		AVOW_LIT("[{\"type\":\"a\",\"value\":\"x\",\"valueType\":\"String\","
			 "\"issuer\":\"AttestationService\"},"
			 "{\"type\":\"b\",\"value\":5,\"valueType\":\"Integer\","
			 "\"issuer\":\"AttestationPolicy\"},"
			 "{\"type\":\"pcrs\",\"value\":false}]"),
		&arena, &c, NULL));
	assert_int_equal(3, c.n);
	assert_int_equal(AVOW_ISSUER_POLICY, c.v[1].issuer);
	/* the default of the contract */
	assert_int_equal(AVOW_ISSUER_CUSTOM, c.v[2].issuer);
	assert_false(c.v[2].read_only);
}

struct bad {
	enum avow_err code;
	const char *text;
	const char *field;
};

static void
refuses_what_is_no_claim(void **state)
{
	static const struct bad bad[] = {
		{AVOW_E_JSON_SYNTAX, "{", ""},
		{AVOW_E_JSON_DUPLICATE, "{\"a\":1,\"a\":2}", NULL},
		{AVOW_E_JSON_TYPE, "5", "claims"},
		{AVOW_E_JSON_TYPE, "{\"a\":null}", "a"},
		{AVOW_E_JSON_TYPE, "{\"a\":1.5}", "a"},
		{AVOW_E_JSON_TYPE, "{\"a\":[[1]]}", "a"},
		{AVOW_E_JSON_TYPE, "[1]", "claims"},
		{AVOW_E_JSON_TYPE, "[{\"type\":1,\"value\":1}]", NULL},
		{AVOW_E_JSON_MISSING, "[{\"value\":1}]", NULL},
		{AVOW_E_JSON_MISSING, "[{\"type\":\"a\"}]", "value"},
		{AVOW_E_JSON_TYPE, "[{\"type\":\"a\",\"value\":[1]}]", "a"},
		{AVOW_E_JSON_TYPE, "[{\"type\":\"a\",\"value\":1,\"issuer\":\"me\"}]",
			"issuer"},
		{AVOW_E_JSON_TYPE, "[{\"type\":\"a\",\"value\":1,\"issuer\":1}]", NULL},
		{AVOW_E_JSON_TYPE,
			"[{\"type\":\"a\",\"value\":1,\"valueType\":\"String\"}]",
			"valueType"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct avow_claims c;
		struct avow_why why;

		avow_why_init(&why);
		assert_err(
			bad[i].code, avow_policy_read_claims(avow_span_str(bad[i].text),
					     &arena, &c, &why));
		assert_err(bad[i].code, why.code);
		if (bad[i].field)
			assert_string_equal(bad[i].field, why.field);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_an_object_of_the_services_claims),
		cmocka_unit_test(reads_a_list_of_whole_claims),
		cmocka_unit_test(refuses_what_is_no_claim),
	};

	return cmocka_run_group_tests_name("policy/claims_in", tests, setup, teardown);
}
