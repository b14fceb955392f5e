/* JMESPath operators, comparisons, filters, and how they bind. */
#include "cases.h"

#define VALUES                                                                         \
	"{\"t\":true,\"f\":false,\"z\":0,\"n\":null,\"es\":\"\",\"s\":\"x\","          \
	"\"ea\":[],\"a\":[0],\"eo\":{},\"o\":{\"k\":1}}"

/* Or- and and-expressions give the value that decides. */
static void
gives_the_operand_that_decides(void **state)
{
	static const struct query_case cases[] = {
		{"f || s", "\"x\""},
		{"n || ea || eo || es", "\"\""},
		{"z || s", "0"},
		{"s || t", "\"x\""},
		{"x || y", "null"},
		{"t && s", "\"x\""},
		{"z && s", "\"x\""},
		{"es && t", "\"\""},
		{"ea && t", "[]"},
		{"t && f", "false"},
		{"t && s && a", "[0]"},
		{"f || t && s", "\"x\""},
		{"t || f && f", "true"},
		{"(t || f) && f", "false"},
		{"f && x.y.z", "false"},
	};

	(void)state;
	CHECK(VALUES, cases);
}

static void
negates_what_is_false_like(void **state)
{
	static const struct query_case cases[] = {
		{"!t", "false"},
		{"!f", "true"},
		{"!n", "true"},
		{"!z", "false"},
		{"!es", "true"},
		{"!s", "false"},
		{"!ea", "true"},
		{"!a", "false"},
		{"!eo", "true"},
		{"!o", "false"},
		{"!missing", "true"},
		{"!!z", "true"},
		{"! ! f", "false"},
	};

	(void)state;
	CHECK(VALUES, cases);
}

/* Equality operators */
static void
compares_deeply_and_by_type(void **state)
{
	static const struct query_case cases[] = {
		{"`1` == `1.0`", "true"},
		{"`0` == `-0.0`", "true"},
		{"`9007199254740993` == `9007199254740992.0`", "false"},
		{"`9223372036854775807` == `9223372036854775808`", "false"},
		{"`1` == '1'", "false"},
		{"`0` == `false`", "false"},
		{"`null` == n", "true"},
		{"x == n", "true"},
		{"'a' != 'b'", "true"},
		{"`[1,[2]]` == `[1,[2]]`", "true"},
		{"`[1,2]` == `[2,1]`", "false"},
		{"`[1]` == `[1,1]`", "false"},
		{"`{\"a\":1,\"b\":2}` == `{\"b\":2,\"a\":1}`", "true"},
		{"`{\"a\":1,\"b\":2}` == `{\"b\":2,\"c\":1}`", "false"},
		{"`{\"a\":1}` == `{\"a\":1,\"b\":2}`", "false"},
		{"`{\"a\":null}` == `{\"b\":null}`", "false"},
		{"`[]` == `{}`", "false"},
		{"a != `[0]`", "false"},
	};

	(void)state;
	CHECK(VALUES, cases);
}

/* Ordering operators: choice 11, null for anything but numbers */
static void
orders_numbers_alone(void **state)
{
	static const struct query_case cases[] = {
		{"`1` < `2`", "true"},
		{"`2` <= `2.0`", "true"},
		{"`2` > `2.5`", "false"},
		{"`-2` > `-2.5`", "true"},
		{"`-2.5` >= `-2`", "false"},
		{"`1e300` > `9223372036854775807`", "true"},
		{"`-1e300` < `-9223372036854775808`", "true"},
		{"`9223372036854775807` < `9223372036854775808`", "true"},
		{"'a' < 'b'", "null"},
		{"`1` < 'b'", "null"},
		{"x >= `1`", "null"},
		{"t > f", "null"},
		{"a < a", "null"},
		{"n <= n", "null"},
	};

	(void)state;
	CHECK(VALUES, cases);
}

/* Filter expressions */
static void
filters_by_truth(void **state)
{
	static const struct query_case cases[] = {
		{"[?a]", "[{\"a\":1,\"b\":\"x\"},{\"a\":2}]"},
		{"[?!a]", "[{\"b\":\"y\"}]"},
		{"[? a == `1` ]", "[{\"a\":1,\"b\":\"x\"}]"},
		{"[?a > `1`].a", "[2]"},
		{"[?b > 'a']", "[]"},
		{"[?b == 'x' || a == `2`].a", "[1,2]"},
		{"[?a && b].b", "[\"x\"]"},
		{"[?contains(['x','y'], b)].b", "[\"x\",\"y\"]"},
		{"[?a != `null`] | length(@)", "2"},
		{"[?@.a == `2`] | [0]", "{\"a\":2}"},
		{"[?x]", "[]"},
		{"[?`true`].a", "[1,2]"},
		{"[?a == `1`][]", "[{\"a\":1,\"b\":\"x\"}]"},
		{"[?length(keys(@)) == `2`].b", "[\"x\"]"},
	};

	(void)state;
	CHECK("[{\"a\":1,\"b\":\"x\"},{\"a\":2},{\"b\":\"y\"}]", cases);
	check_query("[?a]", "{\"a\":1}", "null");
	check_query("[?@]", "[1,null,0,\"\",\"s\",[],{}]", "[1,0,\"s\"]");
}

/* Choice 11 and the binding powers that libraries share */
static void
binds_as_documented(void **state)
{
	static const struct query_case cases[] = {
		{"!f == t", "true"},
		{"!(f == t)", "true"},
		{"!s == f", "true"},
		{"!a[0]", "false"},
		{"!o.k", "null"},
		{"!(o.k)", "false"},
		{"!ea[0] || s", "true"},
		{"z == z && t", "true"},
		{"t == z == f", "true"},
		{"f == (z == t)", "true"},
		{"`1` < `2` < `3`", "null"},
		{"t && f | !@", "true"},
		{"f || s | length(@)", "1"},
		{"t | f || s", "null"},
		{"o.k == `1` && !f", "true"},
	};

	(void)state;
	CHECK(VALUES, cases);
}

/* Choice 11: `(@ ...)` and `f(@.x)` parse */
static void
takes_the_current_node_anywhere(void **state)
{
	static const struct query_case cases[] = {
		{"(@)", "{\"x\":[1,2]}"},
		{"(@.x)", "[1,2]"},
		{"(@ == @)", "true"},
		{"(@).x[0]", "1"},
		{"length(@.x)", "2"},
		{"length(@.x[?@ > `1`])", "1"},
		{"x[?(@ > `1` && @ < `3`)]", "[2]"},
		{"contains(@.x, `2`)", "true"},
		{"(@ | x)", "[1,2]"},
		{"@[0]", "null"},
		{"x | @[1]", "2"},
	};

	(void)state;
	CHECK("{\"x\":[1,2]}", cases);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_operand_that_decides),
		cmocka_unit_test(negates_what_is_false_like),
		cmocka_unit_test(compares_deeply_and_by_type),
		cmocka_unit_test(orders_numbers_alone),
		cmocka_unit_test(filters_by_truth),
		cmocka_unit_test(binds_as_documented),
		cmocka_unit_test(takes_the_current_node_anywhere),
	};

	return cmocka_run_group_tests_name("jmespath/logic", tests, NULL, NULL);
}
