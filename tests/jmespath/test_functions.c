/* JMESPath built-in functions, one case group a function family. */
#include "cases.h"

static void
checks_names_and_arity_when_compiled(void **state)
{
	static const struct query_case cases[] = {
		{"nope(@)", "!unknown-function@0"},
		{"ABS(@)", "!unknown-function@0"},
		{"a.nope()", "!unknown-function@2"},
		{"abs()", "!invalid-arity@0"},
		{"abs(@, @)", "!invalid-arity@0"},
		{"contains(@)", "!invalid-arity@0"},
		{"map(&a)", "!invalid-arity@0"},
		{"sort_by(@)", "!invalid-arity@0"},
		{"not_null()", "!invalid-arity@0"},
		{"equals_ignore_case('a')", "!invalid-arity@0"},
		{"a || length(a, b)", "!invalid-arity@5"},
		{"merge()", "{}"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
rounds_and_sums_numbers(void **state)
{
	static const struct query_case cases[] = {
		{"abs(`-5`)", "5"},
		{"abs(`-1.5`)", "1.5"},
		{"abs(`3`)", "3"},
		{"abs(`-9223372036854775808`)", "9223372036854776000"},
		{"ceil(`1.001`)", "2"},
		{"ceil(`-1.5`)", "-1"},
		{"ceil(`-0.5`)", "0"},
		{"ceil(`7`)", "7"},
		{"ceil(`1e300`)", "1e+300"},
		{"floor(`1.9`)", "1"},
		{"floor(`-1.5`)", "-2"},
		{"floor(`4`)", "4"},
		{"sum(`[]`)", "0"},
		{"sum(`[1,2,3]`)", "6"},
		{"sum(`[1,0.5]`)", "1.5"},
		{"sum(`[9223372036854775807,1]`)", "9223372036854776000"},
		{"sum(`[1e308,1e308]`)", "!invalid-value@0"},
		{"avg(`[10,15,20]`)", "15"},
		{"avg(`[1,2]`)", "1.5"},
		{"avg(`[]`)", "null"},
		{"avg(`[0.5,1.5]`)", "1"},
		{"avg(`[1e308,1e308]`)", "!invalid-value@0"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
converts_to_numbers_by_the_json_grammar(void **state)
{
	static const struct query_case cases[] = {
		{"to_number('12')", "12"},
		{"to_number('-0.5')", "-0.5"},
		{"to_number('1e2')", "100"},
		{"to_number(`7`)", "7"},
		{"to_number('')", "null"},
		{"to_number(' 1')", "null"},
		{"to_number('1 ')", "null"},
		{"to_number('01')", "null"},
		{"to_number('+1')", "null"},
		{"to_number('0x10')", "null"},
		{"to_number('.5')", "null"},
		{"to_number('5.')", "null"},
		{"to_number('-')", "null"},
		{"to_number('1,2')", "null"},
		{"to_number('1e999')", "null"},
		{"to_number('1 1')", "null"},
		{"to_number('true')", "null"},
		{"to_number(`true`)", "null"},
		{"to_number(`[1]`)", "null"},
		{"to_number(`{}`)", "null"},
		{"to_number(`null`)", "null"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
makes_and_judges_text(void **state)
{
	static const struct query_case cases[] = {
		{"starts_with('foobar', 'foo')", "true"},
		{"starts_with('foobar', 'bar')", "false"},
		{"starts_with('a', 'ab')", "false"},
		{"starts_with('a', '')", "true"},
		{"starts_with('aXa', 'a')", "true"},
		{"ends_with('foobar', 'bar')", "true"},
		{"ends_with('foobar', 'foo')", "false"},
		{"ends_with('b', 'ab')", "false"},
		{"ends_with('', '')", "true"},
		{"join(', ', ['a','b'])", "\"a, b\""},
		{"join('', ['a','b'])", "\"ab\""},
		{"join('x', `[]`)", "\"\""},
		{"join('x', ['a'])", "\"a\""},
		{"join('', ['',''])", "\"\""},
		{"to_string('s')", "\"s\""},
		{"to_string(`2`)", "\"2\""},
		{"to_string(`1.0`)", "\"1\""},
		{"to_string(`null`)", "\"null\""},
		{"to_string(`true`)", "\"true\""},
		{"to_string(`[1, \"a\", {\"b\": []}]`)",
			"\"[1,\\\"a\\\",{\\\"b\\\":[]}]\""},
		{"equals_ignore_case('\\Windows', '\\WINDOWS')", "true"},
		{"equals_ignore_case('a', 'b')", "false"},
		{"equals_ignore_case('a', 'aa')", "false"},
		{"equals_ignore_case('[', '{')", "false"},
		{"equals_ignore_case('\xc3\xa9', '\xc3\x89')", "false"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
works_on_lists(void **state)
{
	static const struct query_case cases[] = {
		{"contains('foobar', 'oba')", "true"},
		{"contains('foobar', 'x')", "false"},
		{"contains('foobar', '')", "true"},
		{"contains('', '')", "true"},
		{"contains('', 'a')", "false"},
		{"contains('1', `1`)", "false"},
		{"contains(`[1,[2]]`, `[2]`)", "true"},
		{"contains(`[1]`, `1.0`)", "true"},
		{"contains(`[\"1\"]`, `1`)", "false"},
		{"contains(`[]`, `null`)", "false"},
		{"length('abc')", "3"},
		{"length('\xc3\xa9\xf0\x9f\x98\x80')", "2"},
		{"length('')", "0"},
		{"length(`[1,2]`)", "2"},
		{"length(`{\"a\":1}`)", "1"},
		{"reverse(`[1,2,null]`)", "[null,2,1]"},
		{"reverse('abc')", "\"cba\""},
		{"reverse('a\xc3\xa9\xf0\x9f\x98\x80')", "\"\xf0\x9f\x98\x80\xc3\xa9"
							 "a\""},
		{"reverse('')", "\"\""},
		{"reverse(`[]`)", "[]"},
		{"to_array(`[1]`)", "[1]"},
		{"to_array('a')", "[\"a\"]"},
		{"to_array(`null`)", "[null]"},
		{"to_array(`{}`)", "[{}]"},
		{"map(&a, `[{\"a\":1},{},{\"a\":2}]`)", "[1,null,2]"},
		{"map(&[], `[[1,[2]],[[3]]]`)", "[[1,2],[3]]"},
		{"map(&a, `[]`)", "[]"},
	};

	(void)state;
	CHECK("{}", cases);
}

static void
works_on_objects_and_types(void **state)
{
	static const struct query_case cases[] = {
		{"keys(@)", "[\"b\",\"a\"]"},
		{"values(@)", "[1,[2]]"},
		{"keys(`{}`)", "[]"},
		{"values(`{\"x\":null}`)", "[null]"},
		{"merge(@)", "{\"b\":1,\"a\":[2]}"},
		{"merge(@, `{\"a\":3,\"c\":4}`)", "{\"b\":1,\"a\":3,\"c\":4}"},
		{"merge(`{\"a\":1}`, `{\"b\":2}`, `{\"a\":3}`, `{\"a\":4}`)",
			"{\"a\":4,\"b\":2}"},
		{"merge(`{}`, `{}`)", "{}"},
		{"not_null(x, b, a)", "1"},
		{"not_null(x, y)", "null"},
		{"not_null(`[]`, b)", "[]"},
		{"type(@)", "\"object\""},
		{"type(a)", "\"array\""},
		{"type(b)", "\"number\""},
		{"type(`1.5`)", "\"number\""},
		{"type('x')", "\"string\""},
		{"type(`true`)", "\"boolean\""},
		{"type(x)", "\"null\""},
	};

	(void)state;
	CHECK("{\"b\":1,\"a\":[2]}", cases);
}

static void
orders_by_value_and_code_point(void **state)
{
	static const struct query_case cases[] = {
		{"sort(`[3,1,2.5,-1]`)", "[-1,1,2.5,3]"},
		{"sort(`[]`)", "[]"},
		{"sort(['b','B','a','\xf0\x9f\x98\x80','\xef\xbf\xbf',''])",
			"[\"\",\"B\",\"a\",\"b\",\"\xef\xbf\xbf\","
			"\"\xf0\x9f\x98\x80\"]"},
		{"max(`[1,3.5,2]`)", "3.5"},
		{"min(`[1,3,-2]`)", "-2"},
		{"max(['a','b','B'])", "\"b\""},
		{"min(['a','b','B'])", "\"B\""},
		{"max(`[]`)", "null"},
		{"min(`[]`)", "null"},
		{"sort_by(@, &n)[].s", "[\"c\",\"a\",\"d\",\"b\"]"},
		{"sort_by(@, &s)[].s", "[\"a\",\"b\",\"c\",\"d\"]"},
		{"sort_by(@, &length(s))[].s", "[\"a\",\"b\",\"c\",\"d\"]"},
		{"sort_by(`[]`, &nothing)", "[]"},
		{"max_by(@, &n).s", "\"b\""},
		{"min_by(@, &n).s", "\"c\""},
		{"max_by(@, &s).n", "2"},
		{"min_by(@, &s).n", "2"},
		{"max_by(`[]`, &n)", "null"},
		{"min_by(`[]`, &n)", "null"},
		{"max_by(`[{\"k\":1,\"i\":1},{\"k\":1,\"i\":2}]`, &k).i", "1"},
		{"min_by(`[{\"k\":1,\"i\":1},{\"k\":1,\"i\":2}]`, &k).i", "1"},
	};

	(void)state;
	CHECK("[{\"n\":2,\"s\":\"a\"},{\"n\":3,\"s\":\"b\"},{\"n\":1,\"s\":\"c\"},"
	      "{\"n\":2,\"s\":\"d\"}]",
		cases);
}

static void
refuses_arguments_of_the_wrong_type(void **state)
{
	static const struct query_case cases[] = {
		{"abs(s)", "!invalid-type@0"},
		{"abs(missing)", "!invalid-type@0"},
		{"avg(mixed)", "!invalid-type@0"},
		{"avg(n)", "!invalid-type@0"},
		{"ceil(s)", "!invalid-type@0"},
		{"floor(`true`)", "!invalid-type@0"},
		{"contains(n, n)", "!invalid-type@0"},
		{"contains(`null`, 'a')", "!invalid-type@0"},
		{"ends_with(s, n)", "!invalid-type@0"},
		{"starts_with(n, s)", "!invalid-type@0"},
		{"equals_ignore_case(s, n)", "!invalid-type@0"},
		{"equals_ignore_case(missing, s)", "!invalid-type@0"},
		{"join(s, mixed)", "!invalid-type@0"},
		{"join(n, `[]`)", "!invalid-type@0"},
		{"join(s, s)", "!invalid-type@0"},
		{"keys(mixed)", "!invalid-type@0"},
		{"values(s)", "!invalid-type@0"},
		{"length(n)", "!invalid-type@0"},
		{"length(missing)", "!invalid-type@0"},
		{"max(mixed)", "!invalid-type@0"},
		{"min(`[[1]]`)", "!invalid-type@0"},
		{"max(s)", "!invalid-type@0"},
		{"merge(@, n)", "!invalid-type@0"},
		{"merge(`{}`, `{}`, `[]`)", "!invalid-type@0"},
		{"reverse(n)", "!invalid-type@0"},
		{"reverse(@)", "!invalid-type@0"},
		{"sort(mixed)", "!invalid-type@0"},
		{"sort(@)", "!invalid-type@0"},
		{"sum(mixed)", "!invalid-type@0"},
		{"sum(`[\"1\"]`)", "!invalid-type@0"},
		{"n || abs(s)", "1"},
		{"x || abs(s)", "!invalid-type@5"},
	};

	(void)state;
	CHECK("{\"n\":1,\"s\":\"x\",\"mixed\":[1,\"a\"]}", cases);
}

/* Expression types stand where the signature has one, and only there. */
static void
keeps_expressions_and_values_apart(void **state)
{
	static const struct query_case cases[] = {
		{"map(a, @.l)", "!invalid-type@0"},
		{"map(&a, n)", "!invalid-type@0"},
		{"sort_by(l, n)", "!invalid-type@0"},
		{"max_by(l, n)", "!invalid-type@0"},
		{"min_by(n, &a)", "!invalid-type@0"},
		{"type(&a)", "!invalid-type@0"},
		{"to_string(&a)", "!invalid-type@0"},
		{"to_array(&a)", "!invalid-type@0"},
		{"not_null(n, &a)", "!invalid-type@0"},
		{"length(&l)", "!invalid-type@0"},
		{"contains(l, &a)", "!invalid-type@0"},
		{"sort_by(l, &missing)", "!invalid-type@0"},
		{"sort_by(l, &k)", "!invalid-type@0"},
		{"max_by(l, &k)", "!invalid-type@0"},
		{"min_by(l, &b)", "!invalid-type@0"},
		{"map(&abs(k), l)", "!invalid-type@5"},
		{"sort_by(l, &to_string(k))[].k", "[1,\"x\"]"},
		{"map(&(k || b), l)", "[1,\"x\"]"},
		{"map(&k == 'x', l)", "[false,true]"},
		{"map(&k | [0], l)", "[null,null]"},
	};

	(void)state;
	CHECK("{\"n\":1,\"l\":[{\"k\":1,\"b\":true},{\"k\":\"x\",\"b\":false}]}",
		cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checks_names_and_arity_when_compiled),
		cmocka_unit_test(rounds_and_sums_numbers),
		cmocka_unit_test(converts_to_numbers_by_the_json_grammar),
		cmocka_unit_test(makes_and_judges_text),
		cmocka_unit_test(works_on_lists),
		cmocka_unit_test(works_on_objects_and_types),
		cmocka_unit_test(orders_by_value_and_code_point),
		cmocka_unit_test(refuses_arguments_of_the_wrong_type),
		cmocka_unit_test(keeps_expressions_and_values_apart),
	};

	return cmocka_run_group_tests_name("jmespath/functions", tests, NULL, NULL);
}
