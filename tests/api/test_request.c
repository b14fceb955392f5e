/* api/request: the leniency that real clients need, and nothing more. */
#include "support.h"

#include "api/request.h"
#include "base/limits.h"

static struct avow_arena arena;
static struct avow_attest_body rq;
static struct avow_why why;

static enum avow_err
decode(const char *body)
{
	avow_arena_reset(&arena);
	avow_why_init(&why);
	return avow_attest_body_decode(avow_span_str(body),
		avow_kind_by_name(AVOW_LIT("sgx")), &arena, &rq, &why);
}

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MAX_REQUEST_ARENA);
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
takes_names_in_any_case(void **state)
{
	(void)state;
	assert_ok(decode("{\"QUOTE\":\"AAEC\",\"RuntimeData\":{\"Data\":\"AQ\","
			 "\"DataType\":\"binary\"},\"inittimedata\":{\"data\":\"Ag==\","
			 "\"dataType\":\"JSON\"}}"));
	assert_span(AVOW_LIT("\0\1\2"), rq.evidence);
	assert_true(rq.runtime.present);
	assert_false(rq.runtime.is_json);
	assert_span(AVOW_LIT("\1"), rq.runtime.bytes);
	assert_true(rq.init.present);
	assert_true(rq.init.is_json);
}

static void
takes_both_base64_alphabets(void **state)
{
	(void)state;
	assert_ok(decode("{\"quote\":\"-_-_\"}"));
	assert_span(AVOW_LIT("\373\377\277"), rq.evidence);
	assert_ok(decode("{\"quote\":\"+/+/\"}"));
	assert_span(AVOW_LIT("\373\377\277"), rq.evidence);
}

static void
refuses_members_that_fold_to_one(void **state)
{
	(void)state;
	assert_err(AVOW_E_JSON_DUPLICATE, decode("{\"quote\":\"AA\",\"Quote\":\"AQ\"}"));
}

static void
takes_empty_data_as_absent(void **state)
{
	(void)state;
	assert_ok(decode("{\"quote\":\"AA\",\"initTimeData\":{\"data\":\"\",\"dataType\":"
			 "\"\"},\"runtimeData\":null,\"nonce\":\"\"}"));
	assert_false(rq.init.present);
	assert_false(rq.runtime.present);
	assert_int_equal(0, rq.nonce.n);
}

static void
echoes_a_number_as_nonce(void **state)
{
	(void)state;
	assert_ok(decode("{\"quote\":\"AA\",\"nonce\":18446744073709551615}"));
	assert_span_str("18446744073709551615", rq.nonce);
	assert_err(AVOW_E_JSON_TYPE, decode("{\"quote\":\"AA\",\"nonce\":[1]}"));
	assert_string_equal("nonce", why.field);
}

static void
refuses_wrong_types_by_field(void **state)
{
	(void)state;
	assert_err(AVOW_E_JSON_TYPE, decode("[]"));
	assert_err(AVOW_E_JSON_MISSING, decode("{\"report\":\"AA\"}"));
	assert_string_equal("quote", why.field);
	assert_err(AVOW_E_JSON_TYPE, decode("{\"quote\":1}"));
	assert_err(AVOW_E_JSON_TYPE, decode("{\"quote\":\"AA\",\"runtimeData\":\"AA\"}"));
	assert_string_equal("runtimeData", why.field);
	assert_err(AVOW_E_JSON_TYPE,
		decode("{\"quote\":\"AA\",\"runtimeData\":{\"data\":\"AA\",\"dataType\":"
		       "\"XML\"}}"));
	assert_err(AVOW_E_JSON_TYPE,
		decode("{\"quote\":\"AA\",\"draftPolicyForAttestation\":{}}"));
	assert_err(AVOW_E_BASE64, decode("{\"quote\":\"A!\"}"));
	assert_err(AVOW_E_JSON_SYNTAX, decode("{\"quote\":"));
}

static void
refuses_what_is_over_its_limit(void **state)
{
	size_t n = AVOW_MAX_QUOTE / 3 * 4 + 64;
	char *body = test_malloc(n + 64);

	(void)state;
	strcpy(body, "{\"quote\":\"");
	memset(body + 10, 'A', n);
	strcpy(body + 10 + n, "\"}");
	assert_err(AVOW_E_TOO_LARGE, decode(body));
	test_free(body);
}

static void
skips_a_byte_order_mark(void **state)
{
	(void)state;
	assert_ok(decode("\357\273\277{\"quote\":\"AA\"}"));
}

static void
hands_out_a_draft_policy(void **state)
{
	(void)state;
	assert_ok(decode("{\"quote\":\"AA\",\"draftPolicyForAttestation\":\"version=1.0;\"}"));
	assert_true(rq.has_draft);
	assert_span_str("version=1.0;", rq.draft_policy);
	assert_ok(decode("{\"quote\":\"AA\",\"draftPolicyForAttestation\":\"\"}"));
	assert_false(rq.has_draft);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_names_in_any_case),
		cmocka_unit_test(takes_both_base64_alphabets),
		cmocka_unit_test(refuses_members_that_fold_to_one),
		cmocka_unit_test(takes_empty_data_as_absent),
		cmocka_unit_test(echoes_a_number_as_nonce),
		cmocka_unit_test(refuses_wrong_types_by_field),
		cmocka_unit_test(refuses_what_is_over_its_limit),
		cmocka_unit_test(skips_a_byte_order_mark),
		cmocka_unit_test(hands_out_a_draft_policy),
	};

	return cmocka_run_group_tests_name("api/request", tests, setup, teardown);
}
