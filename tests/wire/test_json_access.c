/* wire/json_access: looking up, typed access, and equality of trees. */
#include "support.h"

#include "base/limits.h"
#include "wire/json.h"

static struct avow_arena arena;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(64));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static const struct avow_json *
tree(const char *text)
{
	const struct avow_json *v;

	assert_ok(avow_json_parse(avow_span_str(text), NULL, &arena, &v, NULL));
	return v;
}

static void
finds_members_by_exact_name(void **state)
{
	const struct avow_json *o = tree("{\"a\":1,\"Ab\":2,\"\":3}");

	(void)state;
	assert_true(avow_json_get(o, "a")->integer == 1);
	assert_true(avow_json_get(o, "")->integer == 3);
	assert_null(avow_json_get(o, "ab"));
	assert_null(avow_json_get(o, "b"));
	assert_true(avow_json_get_fold(o, "aB")->integer == 2);
	assert_null(avow_json_get_fold(o, "abc"));
	assert_true(avow_json_get_span(o, AVOW_LIT("Ab"))->integer == 2);
}

static void
lookups_in_what_is_no_object_find_nothing(void **state)
{
	const struct avow_json *a = tree("[\"a\"]"), *v;

	(void)state;
	assert_null(avow_json_get(a, "a"));
	assert_null(avow_json_get_fold(a, "a"));
	assert_null(avow_json_get(NULL, "a"));
	assert_err(
		AVOW_E_JSON_MISSING, avow_json_need(a, "a", AVOW_JSON_INT, &v, NULL));
	assert_err(AVOW_E_JSON_MISSING,
		avow_json_need(NULL, "a", AVOW_JSON_INT, &v, NULL));
}

static void
need_refuses_absent_and_other_types(void **state)
{
	const struct avow_json *o = tree("{\"i\":1,\"s\":\"x\",\"r\":1.5}"), *v;
	struct avow_why why;

	(void)state;
	assert_ok(avow_json_need(o, "i", AVOW_JSON_INT, &v, NULL));
	assert_true(v->integer == 1);
	avow_why_init(&why);
	assert_err(
		AVOW_E_JSON_MISSING, avow_json_need(o, "x", AVOW_JSON_INT, &v, &why));
	assert_null(v);
	assert_string_equal("x", why.field);
	avow_why_init(&why);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need(o, "s", AVOW_JSON_INT, &v, &why));
	assert_string_equal("s", why.field);
	assert_string_equal("an integer", why.expected);
	assert_string_equal("a string", why.got);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need(o, "r", AVOW_JSON_INT, &v, NULL));
}

static void
need_int_keeps_its_range(void **state)
{
	const struct avow_json *o = tree("{\"i\":10,\"r\":10.0}");
	struct avow_why why;
	int64_t v;

	(void)state;
	assert_ok(avow_json_need_int(o, "i", 10, 10, &v, NULL));
	assert_true(v == 10);
	avow_why_init(&why);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_int(o, "i", 0, 9, &v, &why));
	assert_true(v == 0);
	assert_string_equal("10", why.got);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_int(o, "i", 11, 20, &v, NULL));
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_int(o, "r", 0, 20, &v, NULL));
	assert_err(AVOW_E_JSON_MISSING, avow_json_need_int(o, "x", 0, 20, &v, NULL));
}

static void
need_string_and_hex(void **state)
{
	const struct avow_json *o = tree("{\"h\":\"00fF\",\"n\":1,\"g\":\"00fg\"}");
	struct avow_span s;
	uint8_t out[2];

	(void)state;
	assert_ok(avow_json_need_string(o, "h", &s, NULL));
	assert_span_str("00fF", s);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_string(o, "n", &s, NULL));
	assert_int_equal(0, s.n);
	assert_err(AVOW_E_JSON_MISSING, avow_json_need_string(o, "x", &s, NULL));
	assert_ok(avow_json_need_hex(o, "h", out, 2, NULL));
	assert_memory_equal("\x00\xff", out, 2);
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_hex(o, "h", out, 1, NULL));
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_hex(o, "g", out, 2, NULL));
	assert_err(AVOW_E_JSON_TYPE, avow_json_need_hex(o, "n", out, 2, NULL));
	assert_err(AVOW_E_JSON_MISSING, avow_json_need_hex(o, "x", out, 2, NULL));
}

static bool
eq(const char *a, const char *b)
{
	bool one = avow_json_eq(tree(a), tree(b));

	assert_int_equal(one, avow_json_eq(tree(b), tree(a)));
	return one;
}

static void
equality_of_scalars(void **state)
{
	(void)state;
	assert_true(eq("null", "null"));
	assert_true(eq("true", "true"));
	assert_false(eq("true", "false"));
	assert_false(eq("null", "false"));
	assert_false(eq("0", "false"));
	assert_false(eq("\"1\"", "1"));
	assert_true(eq("\"A\"", "\"\\u0041\""));
	assert_false(eq("\"A\"", "\"a\""));
}

static void
equality_of_numbers_is_exact(void **state)
{
	(void)state;
	assert_true(eq("1", "1.0"));
	assert_true(eq("100", "1e2"));
	assert_true(eq("0", "-0.0"));
	assert_false(eq("1", "1.5"));
	assert_false(eq("1", "2"));
	assert_true(eq("1.5", "15e-1"));
	assert_false(eq("1.5", "1.25"));
	assert_false(eq("9007199254740993", "9007199254740992.0"));
	assert_true(eq("9007199254740992", "9007199254740992.0"));
	assert_false(eq("9223372036854775807", "9223372036854775808"));
	assert_false(eq("-9223372036854775808", "-1e300"));
	assert_true(eq("-9223372036854775808", "-9223372036854775808.0"));
}

static void
equality_of_containers(void **state)
{
	(void)state;
	assert_true(eq("[1,[2]]", "[1,[2.0]]"));
	assert_false(eq("[1,2]", "[2,1]"));
	assert_false(eq("[1]", "[1,1]"));
	assert_false(eq("[]", "{}"));
	assert_true(eq("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"));
	assert_true(eq("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}"));
	assert_false(eq("{\"a\":1,\"b\":2}", "{\"b\":1,\"a\":2}"));
	assert_false(eq("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}"));
	assert_false(eq("{\"a\":1}", "{\"b\":1}"));
	assert_false(eq("{\"a\":1}", "{\"a\":1,\"b\":2}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members_by_exact_name),
		cmocka_unit_test(lookups_in_what_is_no_object_find_nothing),
		cmocka_unit_test(need_refuses_absent_and_other_types),
		cmocka_unit_test(need_int_keeps_its_range),
		cmocka_unit_test(need_string_and_hex),
		cmocka_unit_test(equality_of_scalars),
		cmocka_unit_test(equality_of_numbers_is_exact),
		cmocka_unit_test(equality_of_containers),
	};

	return cmocka_run_group_tests_name(
		"wire/json_access", tests, set_up, tear_down);
}
