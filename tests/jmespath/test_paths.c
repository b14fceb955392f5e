/*
 * JMESPath paths: identifiers, indexes, slices, projections, multiselect and
 * pipes. Each group names the section of the specification that it follows.
 */
#include "cases.h"

/* Identifiers */
static void
finds_members_by_plain_and_quoted_name(void **state)
{
	static const struct query_case cases[] = {
		{"host", "\"n1\""},
		{"_a9", "1"},
		{"Host", "null"},
		{"\"host\"", "\"n1\""},
		{"\"with space\"", "2"},
		{"\"a\\\"b\"", "3"},
		{"\"\\u2713\"", "4"},
		{"\"\xe2\x9c\x93\"", "4"},
		{"\"\\ud83d\\ude00\"", "5"},
		{"\"\"", "6"},
		{" \t\r\nhost\n", "\"n1\""},
	};

	(void)state;
	CHECK("{\"host\":\"n1\",\"_a9\":1,\"with space\":2,\"a\\\"b\":3,"
	      "\"\xe2\x9c\x93\":4,\"\\ud83d\\ude00\":5,\"\":6}",
		cases);
}

/* Sub-expressions: null carries on */
static void
descends_and_gives_null_where_nothing_is(void **state)
{
	static const struct query_case cases[] = {
		{"a.b.c", "7"},
		{"a . b . \"c\"", "7"},
		{"a.b.c.d", "null"},
		{"a.x.c", "null"},
		{"list.b", "null"},
		{"a.b", "{\"c\":7}"},
		{"(a.b).c", "7"},
		{"@.a.b.c", "7"},
		{"@", "{\"a\":{\"b\":{\"c\":7}},\"list\":[1]}"},
		{"x.[y,z]", "null"},
		{"x.{y:z}", "null"},
		{"a.{k:b.c,\"q r\":x}", "{\"k\":7,\"q r\":null}"},
		{"a.b.to_string(@)", "\"{\\\"c\\\":7}\""},
		{"x.to_string(@)", "\"null\""},
	};

	(void)state;
	CHECK("{\"a\":{\"b\":{\"c\":7}},\"list\":[1]}", cases);
}

/* Index expressions */
static void
indexes_from_both_ends(void **state)
{
	static const struct query_case cases[] = {
		{"[0]", "\"a\""},
		{"[-1]", "[\"c\",\"d\"]"},
		{"[ 1 ]", "\"b\""},
		{"[-0]", "\"a\""},
		{"[007]", "null"},
		{"[3]", "null"},
		{"[-4]", "null"},
		{"[2][1]", "\"d\""},
		{"[2] [0]", "\"c\""},
		{"[99999999999999999999]", "null"},
		{"[-99999999999999999999]", "null"},
		{"[9223372036854775808]", "null"},
		{"[-9223372036854775808]", "null"},
		{"[0][0]", "null"},
	};

	(void)state;
	CHECK("[\"a\",\"b\",[\"c\",\"d\"]]", cases);
	check_query("[0]", "{\"0\":1}", "null");
}

/* Slices: as Python's, and a projection */
static void
slices_upwards(void **state)
{
	static const struct query_case cases[] = {
		{"[:]", "[0,1,2,3]"},
		{"[::]", "[0,1,2,3]"},
		{"[0:4:1]", "[0,1,2,3]"},
		{"[0:3]", "[0,1,2]"},
		{"[:2]", "[0,1]"},
		{"[1:]", "[1,2,3]"},
		{"[::2]", "[0,2]"},
		{"[1::2]", "[1,3]"},
		{"[-2:]", "[2,3]"},
		{"[:-1]", "[0,1,2]"},
		{"[-9:9]", "[0,1,2,3]"},
		{"[3:1]", "[]"},
		{"[4:]", "[]"},
		{"[1:3:99999999999999999999]", "[1]"},
		{"[ 1 : 3 ]", "[1,2]"},
	};

	(void)state;
	CHECK("[0,1,2,3]", cases);
}

static void
slices_downwards(void **state)
{
	static const struct query_case cases[] = {
		{"[::-1]", "[3,2,1,0]"},
		{"[3:0:-1]", "[3,2,1]"},
		{"[9:1:-1]", "[3,2]"},
		{"[:-9:-1]", "[3,2,1,0]"},
		{"[-2::-1]", "[2,1,0]"},
		{"[-9::-1]", "[]"},
		{"[2:0:-2]", "[2]"},
		{"[0:3:-1]", "[]"},
		{"[::-99999999999999999999]", "[3]"},
		{"[:0:0]", "!invalid-value@0"},
		{"@[::0]", "!invalid-value@1"},
	};

	(void)state;
	CHECK("[0,1,2,3]", cases);
	check_query("[:2]", "{\"a\":1}", "null");
	check_query("[:2]", "[]", "[]");
}

/* Flatten operator */
static void
flattens_one_level_and_projects(void **state)
{
	static const struct query_case cases[] = {
		{"[]", "[0,1,[2],3,{\"a\":[4]}]"},
		{"[][]", "[0,1,2,3,{\"a\":[4]}]"},
		{"[].a", "[[4]]"},
		{"[].a[]", "[4]"},
		{"[*][]", "[0,1,[2],3,{\"a\":[4]}]"},
		{"[2][]", "[]"},
	};

	(void)state;
	CHECK("[[0,1],[[2]],[],[null,3],[{\"a\":[4]}]]", cases);
	check_query("[]", "{}", "null");
	check_query("a[]", "{\"a\":1}", "null");
	check_query("[]", "[1,null,[null,2]]", "[1,2]");
}

/* Wildcard expressions */
static void
projects_lists_and_values(void **state)
{
	static const struct query_case cases[] = {
		{"l[*].n", "[1,2]"},
		{"l[*]", "[{\"n\":1},{\"n\":2},{\"m\":3}]"},
		{"l[*].x", "[]"},
		{"o.*", "[{\"v\":{\"w\":1}},{\"v\":{\"w\":2}},3]"},
		{"o.*.v", "[{\"w\":1},{\"w\":2}]"},
		{"o.*.v.w", "[1,2]"},
		{"*.*.v.w", "[[1,2]]"},
		{"o[*]", "null"},
		{"l.*", "null"},
		{"x[*].n", "null"},
		{"o.*.[v.w]", "[[1],[2],[null]]"},
		{"o.*.[v.w][0]", "[1,2]"},
		{"l[*].{k:n}.k", "[1,2]"},
		{"l[*].{k:n} | [0].k", "1"},
		{"(l[*]).n", "null"},
		{"(l[*])[0]", "{\"n\":1}"},
		{"[*.*]", "[[[{\"v\":{\"w\":1}},{\"v\":{\"w\":2}},3]]]"},
	};

	(void)state;
	CHECK("{\"l\":[{\"n\":1},null,{\"n\":2},{\"m\":3}],"
	      "\"o\":{\"a\":{\"v\":{\"w\":1}},\"b\":{\"v\":{\"w\":2}},\"c\":3}}",
		(cases));
}

/* A projection ends at a pipe, an operator or a flatten, and nowhere else. */
static void
keeps_projecting_until_a_pipe(void **state)
{
	static const struct query_case cases[] = {
		{"a[*].b[0]", "[1,3]"},
		{"a[*].b | [0]", "[1,2]"},
		{"a[*].b[*].c", "[[],[]]"},
		{"a[*].b[::-1]", "[[2,1],[4,3]]"},
		{"a[:1].b[1:]", "[[2]]"},
		{"a[*].b[]", "[1,2,3,4]"},
		{"a[*].b[] | [-1]", "4"},
		{"a[?b].b[1]", "[2,4]"},
		{"a[?b][?c]", "[]"},
		{"a[*].b[?@ > `1`]", "[[2],[3,4]]"},
		{"a[*].b || 'x'", "[[1,2],[3,4]]"},
		{"a[*].b == `[[1,2],[3,4]]`", "true"},
		{"a[*].length(b)", "[2,2]"},
		{"length(a[*].b)", "2"},
		{"a | [0] | b | [1]", "2"},
	};

	(void)state;
	CHECK("{\"a\":[{\"b\":[1,2]},{\"b\":[3,4]}]}", cases);
}

/* MultiSelect list and hash */
static void
selects_lists_and_hashes(void **state)
{
	static const struct query_case cases[] = {
		{"[a,b]", "[1,2]"},
		{"[a,x]", "[1,null]"},
		{"[@.a]", "[1]"},
		{"[[a],[b]]", "[[1],[2]]"},
		{"{a:b,b:a}", "{\"a\":2,\"b\":1}"},
		{"{\"k 1\":a, k2 : `null`}", "{\"k 1\":1,\"k2\":null}"},
		{"{x:a,y:b,x:b}", "{\"x\":2,\"y\":2}"},
		{"{a:{b:{c:b}}}", "{\"a\":{\"b\":{\"c\":2}}}"},
		{"[`null`][0]", "null"},
		{"[a || b, a && b, !a]", "[1,2,false]"},
	};

	(void)state;
	CHECK("{\"a\":1,\"b\":2}", cases);
	check_query("[@]", "null", "null");
	check_query("{a:@}", "null", "null");
	check_query("[a,b]", "3", "[null,null]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_members_by_plain_and_quoted_name),
		cmocka_unit_test(descends_and_gives_null_where_nothing_is),
		cmocka_unit_test(indexes_from_both_ends),
		cmocka_unit_test(slices_upwards),
		cmocka_unit_test(slices_downwards),
		cmocka_unit_test(flattens_one_level_and_projects),
		cmocka_unit_test(projects_lists_and_values),
		cmocka_unit_test(keeps_projecting_until_a_pipe),
		cmocka_unit_test(selects_lists_and_hashes),
	};

	return cmocka_run_group_tests_name("jmespath/paths", tests, NULL, NULL);
}
