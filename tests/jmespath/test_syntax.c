/*
 * JMESPath text: literals, raw strings, and every way to be wrong, with the
 * place of the error. Written from the specification's grammar.
 */
#include "cases.h"

/* Literal expressions */
static void
reads_json_literals(void **state)
{
	static const struct query_case cases[] = {
		{"`1`", "1"},
		{"`-1.5e1`", "-15"},
		{"` \t\r\n[1, 2] `", "[1,2]"},
		{"`\"a\"`", "\"a\""},
		{"`\"\"`", "\"\""},
		{"`\"a\\`b\"`", "\"a`b\""},
		{"`\"a\\\\\"`", "\"a\\\\\""},
		{"`\"\\u00e9\"`", "\"\xc3\xa9\""},
		{"`{\"a\": {\"b\": 3}}`.a.b", "3"},
		{"`[0, 1, 2]`[1]", "1"},
		{"`true`", "true"},
		{"`null`", "null"},
		{"`\"a\"` == 'a'", "true"},
	};

	(void)state;
	CHECK("{}", cases);
}

/* Raw string literals: \' is the one escape */
static void
reads_raw_strings(void **state)
{
	static const struct query_case cases[] = {
		{"'a'", "\"a\""},
		{"''", "\"\""},
		{"' [a] '", "\" [a] \""},
		{"'it\\'s'", "\"it's\""},
		{"'\\'\\''", "\"''\""},
		{"'\\u00e9'", "\"\\\\u00e9\""},
		{"'\\windows\\x'", "\"\\\\windows\\\\x\""},
		{"'\\\\'", "\"\\\\\\\\\""},
		{"'\"`'", "\"\\\"`\""},
		{"'a\nb'", "\"a\\nb\""},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_broken_literals(void **state)
{
	static const struct query_case cases[] = {
		{"'abc", "!syntax@0"},
		{"'abc\\'", "!syntax@0"},
		{"`1", "!syntax@0"},
		{"``", "!syntax@0"},
		{"`abc`", "!syntax@0"},
		{"`01`", "!syntax@0"},
		{"`{\"a\":1,\"a\":2}`", "!syntax@0"},
		{"`\"\\ud800\"`", "!syntax@0"},
		{"`0\f`", "!syntax@0"},
		{"`[1`", "!syntax@0"},
		{"a == `1 2`", "!syntax@5"},
		{"\"abc", "!syntax@0"},
		{"\"a\\qb\"", "!syntax@0"},
		{"\"\\u12\"", "!syntax@0"},
		{"\"a\nb\"", "!syntax@0"},
		{"a.`1`", "!syntax@2"},
		{"a.'b'", "!syntax@2"},
		{"a`1`", "!syntax@1"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_tokens_out_of_place(void **state)
{
	static const struct query_case cases[] = {
		{"", "!syntax@0"},
		{"  ", "!syntax@2"},
		{".", "!syntax@0"},
		{"a.", "!syntax@2"},
		{".a", "!syntax@0"},
		{"a..b", "!syntax@2"},
		{"a.1", "!syntax@2"},
		{"a.-1", "!syntax@2"},
		{"1", "!syntax@0"},
		{"a b", "!syntax@2"},
		{"*a", "!syntax@1"},
		{"a*", "!syntax@1"},
		{"a[*]b", "!syntax@4"},
		{"a[*]*", "!syntax@4"},
		{"@a", "!syntax@1"},
		{":", "!syntax@0"},
		{",", "!syntax@0"},
		{"]", "!syntax@0"},
		{"}", "!syntax@0"},
		{")", "!syntax@0"},
		{"(", "!syntax@1"},
		{"()", "!syntax@1"},
		{"(a", "!syntax@2"},
		{"a)", "!syntax@1"},
		{"((&", "!syntax@2"},
		{"!", "!syntax@1"},
		{"![!(!", "!syntax@5"},
		{"#", "!syntax@0"},
		{"a # b", "!syntax@2"},
		{"-", "!syntax@0"},
		{"a.(b)", "!syntax@2"},
		{"@(a)", "!syntax@1"},
		{"\"length\"(@)", "!syntax@0"},
		{"\x7f", "!syntax@0"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_broken_operators(void **state)
{
	static const struct query_case cases[] = {
		{"a ||", "!syntax@4"},
		{"|| a", "!syntax@0"},
		{"a || || b", "!syntax@5"},
		{"a.|| b", "!syntax@2"},
		{"a &&", "!syntax@4"},
		{"a & b", "!syntax@2"},
		{"a =", "!syntax@2"},
		{"a = b", "!syntax@2"},
		{"a === b", "!syntax@4"},
		{"a <> b", "!syntax@3"},
		{"a !b", "!syntax@2"},
		{"a == ", "!syntax@5"},
		{"== a", "!syntax@0"},
		{"a |", "!syntax@3"},
		{"| a", "!syntax@0"},
		{"&a", "!syntax@0"},
		{"[&a]", "!syntax@1"},
		{"{k:&a}", "!syntax@3"},
		{"(&a)", "!syntax@1"},
		{"a^b", "!syntax@1"},
		{"a + b", "!syntax@2"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_broken_brackets(void **state)
{
	static const struct query_case cases[] = {
		{"[", "!syntax@1"},
		{"a[", "!syntax@2"},
		{"a]", "!syntax@1"},
		{"a[b]", "!syntax@2"},
		{"a[0, 1]", "!syntax@3"},
		{"a[0", "!syntax@3"},
		{"a[ ]", "!syntax@3"},
		{"a[.]", "!syntax@2"},
		{"a[#]", "!syntax@2"},
		{"a[*", "!syntax@2"},
		{"a[-]", "!syntax@2"},
		{"a['b']", "!syntax@2"},
		{"a.[0]", "!syntax@3"},
		{"a.[]", "!syntax@2"},
		{"a.[b,]", "!syntax@5"},
		{"a.[b", "!syntax@4"},
		{"[a,,b]", "!syntax@3"},
		{"[a b]", "!syntax@3"},
		{"a[ ?b]", "!syntax@3"},
		{"a[?]", "!syntax@3"},
		{"a[?b", "!syntax@4"},
		{"a[?b==]", "!syntax@6"},
		{"a.[?b]", "!syntax@2"},
		{"[*][a]", "!syntax@4"},
		{"[*][a,b]", "!syntax@4"},
		{"{", "!syntax@1"},
		{"{}", "!syntax@1"},
		{"a{b:c}", "!syntax@1"},
		{"{a}", "!syntax@2"},
		{"{a:}", "!syntax@3"},
		{"{a:b", "!syntax@4"},
		{"{a:b,}", "!syntax@5"},
		{"{a:b c:d}", "!syntax@5"},
		{"{'a':b}", "!syntax@1"},
		{"{1:b}", "!syntax@1"},
		{"a.{}", "!syntax@3"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_broken_slices(void **state)
{
	static const struct query_case cases[] = {
		{"[:::]", "!syntax@3"},
		{"[1:2:3:4]", "!syntax@6"},
		{"[:a]", "!syntax@2"},
		{"[1 2]", "!syntax@3"},
		{"[:@:]", "!syntax@2"},
		{"[:1@]", "!syntax@3"},
		{"a[8:2&]", "!syntax@5"},
		{"[1:", "!syntax@3"},
		{"[:--1]", "!syntax@2"},
		{"[1-2]", "!syntax@2"},
	};

	(void)state;
	CHECK("[]", cases);
}

static void
refuses_broken_calls(void **state)
{
	static const struct query_case cases[] = {
		{"length(", "!syntax@7"},
		{"length(@", "!syntax@8"},
		{"length(@,)", "!syntax@9"},
		{"length(,@)", "!syntax@7"},
		{"length(@ @)", "!syntax@9"},
		{"length(&)", "!syntax@8"},
		{"length(1)", "!syntax@7"},
		{"map(&&a, b)", "!syntax@4"},
	};

	(void)state;
	CHECK("{}", cases);
}

/* Nothing but syntax is reported while there is a syntax error. */
static void
reports_syntax_before_meaning(void **state)
{
	static const struct query_case cases[] = {
		{"nope(@) ]", "!syntax@8"},
		{"abs() ]", "!syntax@6"},
		{"[::0] ]", "!syntax@6"},
		{"abs() || nope(@)", "!invalid-arity@0"},
		{"nope(@) || abs()", "!unknown-function@0"},
		{"a[::0] || abs()", "!invalid-value@1"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
refuses_text_that_is_not_utf8(void **state)
{
	static const struct query_case cases[] = {
		{"\"a\xff\"", "!syntax@2"},
		{"'\xc3'", "!syntax@1"},
		{"\xc3\xa9", "!syntax@0"},
		{"'\xed\xa0\x80'", "!syntax@1"},
	};
	static const char nul[] = "a\0b";
	const struct avow_jmespath *e;
	struct avow_jmespath_error err;
	struct avow_arena a;

	(void)state;
	CHECK("{}", cases);
	avow_arena_init(&a, 1 << 20);
	assert_int_equal(AVOW_JMESPATH_SYNTAX,
		avow_jmespath_compile(avow_span_make(nul, 3), &a, &e, &err));
	assert_int_equal(1, err.offset);
	assert_null(e);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_json_literals),
		cmocka_unit_test(reads_raw_strings),
		cmocka_unit_test(refuses_broken_literals),
		cmocka_unit_test(refuses_tokens_out_of_place),
		cmocka_unit_test(refuses_broken_operators),
		cmocka_unit_test(refuses_broken_brackets),
		cmocka_unit_test(refuses_broken_slices),
		cmocka_unit_test(refuses_broken_calls),
		cmocka_unit_test(reports_syntax_before_meaning),
		cmocka_unit_test(refuses_text_that_is_not_utf8),
	};

	return cmocka_run_group_tests_name("jmespath/syntax", tests, NULL, NULL);
}
