/*
 * What a search may cost: every limit is an error of its own kind, at the
 * same place each time, for any expression and document (mistake 14).
 */
#include "base/limits.h"
#include "cases.h"

static void
check_limited(const char *expr, const char *doc, struct avow_jmespath_limits limits)
{
	char got[4096];

	query_text(expr, doc, &limits, got, sizeof(got));
	if (strncmp(got, "!limit@", 7) != 0)
		fail_msg("%s on %s: want !limit, got %s", expr, doc, got);
}

/* n copies of a text between two others */
static char *
repeat(const char *before, const char *text, size_t n, const char *after)
{
	size_t one = strlen(text);
	char *s = malloc(strlen(before) + n * one + strlen(after) + 1);
	char *p = s;

	assert_non_null(s);
	p = stpcpy(p, before);
	for (size_t i = 0; i < n; i++)
		p = stpcpy(p, text);
	stpcpy(p, after);
	return s;
}

static void
check_nesting(const char *open, const char *close, size_t n, const char *want)
{
	char *left = repeat("", open, n, "@");
	char *expr = repeat(left, close, n, "");
	char got[4096];

	query_text(expr, "{}", NULL, got, sizeof(got));
	if (strncmp(want, got, strlen(want)) != 0)
		fail_msg("%zu times %s: want %s, got %s", n, open, want, got);
	free(left);
	free(expr);
}

static void
nests_64_deep_and_no_deeper(void **state)
{
	(void)state;
	check_nesting("(", ")", 64, "{}");
	check_nesting("(", ")", 65, "!limit@64");
	check_nesting("!", "", 64, "false");
	check_nesting("!", "", 65, "!limit@");
	check_nesting("to_array(", ")", 64, "[{}]");
	check_nesting("to_array(", ")", 65, "!limit@");
	check_nesting("[?", "]", 32, "null");
	check_nesting("[?", "]", 65, "!limit@");
	check_nesting("{a:", "}", 65, "!limit@");
	check_nesting("[", "]", 63, "[[[");
	check_nesting("[", "]", 65, "!limit@");
	check_nesting("@[*].[", "]", 65, "!limit@");
	check_nesting("(", ")", 20000, "!limit@64");
}

/* A chain is not nesting: a list of a hundred alternatives is fine. */
static void
takes_long_chains(void **state)
{
	static const char *const links[] = {
		"|| @ ", "&& @ ", "| @ ", "== @ ", ".a", "[0]", "[*]", "[]"};
	char got[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		size_t n = strcmp(links[i], "[*]") == 0 ? 60 : 5000;
		char *expr = repeat("@ ", links[i], n, "");

		query_text(expr, "{\"x\":1}", NULL, got, sizeof(got));
		assert_int_not_equal('!', got[0]);
		free(expr);
	}
}

static void
refuses_an_expression_that_is_too_long(void **state)
{
	char *fits = repeat("a", " ", AVOW_MAX_JMESPATH_TEXT - 1, "");
	char *over = repeat("a", " ", AVOW_MAX_JMESPATH_TEXT, "");

	(void)state;
	check_query(fits, "{\"a\":1}", "1");
	check_query(over, "{\"a\":1}", "!limit@65536");
	free(fits);
	free(over);
}

static void
refuses_a_literal_that_is_too_deep(void **state)
{
	char *left = repeat("`", "[", AVOW_MAX_JSON_DEPTH + 1, "");
	char *expr = repeat(left, "]", AVOW_MAX_JSON_DEPTH + 1, "`");

	(void)state;
	check_query(expr, "1", "!limit@0");
	free(left);
	free(expr);
}

static void
counts_steps_whatever_takes_them(void **state)
{
	static const char *const exprs[] = {
		"[*]",
		"[?@ > `5`]",
		"sort(@)",
		"sum(@)",
		"@ == @",
		"contains(@, `99`)",
		"map(&@, @)",
		"max(@)",
		"to_string(@)",
		"reverse(@)",
		"[].[@][]",
		"@",
	};
	static const char doc[] = "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]";

	(void)state;
	for (size_t i = 0; i < sizeof(exprs) / sizeof(exprs[0]); i++)
		check_limited(
			exprs[i], doc, (struct avow_jmespath_limits){.max_steps = 15});
}

static void
pays_for_wide_objects(void **state)
{
	static const char doc[] = "{\"a\":{\"k1\":1,\"k2\":2,\"k3\":3,\"k4\":4},"
				  "\"b\":{\"k4\":4,\"k3\":3,\"k2\":2,\"k1\":1}}";
	char got[64];

	(void)state;
	check_limited("a.missing", doc, (struct avow_jmespath_limits){.max_steps = 6});
	check_limited("a == b", doc, (struct avow_jmespath_limits){.max_steps = 16});
	check_limited("keys(a)", doc, (struct avow_jmespath_limits){.max_steps = 9});
	check_limited(
		"merge(a, b)", doc, (struct avow_jmespath_limits){.max_steps = 40});
	query_text("a == b", doc, NULL, got, sizeof(got));
	assert_string_equal("true", got);
}

/* Sharing makes a small tree that would write as 2^60 values. */
static void
measures_a_result_that_shares(void **state)
{
	char *expr = repeat("@", " | [@,@]", 60, "");
	char *text = repeat("@", " | [@,@]", 60, " | to_string(@)");
	char *same = repeat("@", " | [@,@]", 60, " | [0] == [1]");
	char *names = repeat("@", " | {a:@,b:@}", 60, "");

	(void)state;
	check_query(expr, "1", "!limit");
	check_query(text, "1", "!limit");
	check_query(names, "1", "!limit");
	/* the same node twice is still compared by value */
	check_query(same, "1", "!limit");
	free(expr);
	free(text);
	free(same);
	free(names);
}

static void
bounds_values_and_text(void **state)
{
	struct avow_jmespath_limits few = {.max_output_nodes = 4};
	struct avow_jmespath_limits brief = {.max_output_bytes = 8};

	(void)state;
	check_limited("[a,a,a,a]", "{\"a\":1}", few);
	check_limited("@", "[1,2,3,4]", few);
	check_limited("keys(@)", "{\"a\":1,\"b\":2}", few);
	check_limited("{a:a,b:a,c:a,d:a}", "{\"a\":1}", few);
	check_limited("@", "\"123456789\"", brief);
	check_limited("@", "{\"123456789\":1}", brief);
	check_limited("join('12345', ['a','b','c'])", "1", brief);
	check_limited("reverse(@) | length(@)", "\"123456789\"", brief);
	check_limited("to_string(@)", "[1,2,3,4,5]", brief);
	check_limited("to_string(@)", "[\"123456789\"]", brief);
}

static void
bounds_the_depth_of_values(void **state)
{
	struct avow_jmespath_limits flat = {.max_depth = 2};
	char got[64];

	(void)state;
	query_text("@", "[[1]]", &flat, got, sizeof(got));
	assert_string_equal("[[1]]", got);
	check_limited("@", "[[[1]]]", flat);
	check_limited("[@]", "[[1]]", flat);
	check_limited("to_string(@)", "[[[1]]]", flat);
	check_limited("@ == @ && `1`", "[[[1]]]", flat);
}

static void
reports_an_arena_that_is_full(void **state)
{
	const struct avow_jmespath *e = NULL;
	const struct avow_json *doc = NULL, *v;
	struct avow_jmespath_error err;
	struct avow_arena a, small;

	(void)state;
	avow_arena_init(&a, 1 << 20);
	assert_ok(avow_json_parse(AVOW_LIT("[1,2,3]"), NULL, &a, &doc, NULL));
	assert_int_equal(AVOW_JMESPATH_OK,
		avow_jmespath_compile(AVOW_LIT("sort([*])"), &a, &e, NULL));
	for (size_t max = 0; max < 600; max += 8) {
		avow_arena_init(&small, max);
		assert_int_equal(AVOW_JMESPATH_LIMIT,
			avow_jmespath_search(e, doc, &small, NULL, &v, &err));
		assert_null(v);
		avow_arena_clear(&small);
	}
	for (size_t max = 0; max < 600; max += 8) {
		avow_arena_init(&small, max);
		assert_int_equal(AVOW_JMESPATH_LIMIT,
			avow_jmespath_compile(AVOW_LIT("a.b[?c == `1`] || 'x\\'y'"),
				&small, &e, &err));
		assert_null(e);
		avow_arena_clear(&small);
	}
	avow_arena_clear(&a);
}

static void
names_every_kind(void **state)
{
	(void)state;
	assert_string_equal("ok", avow_jmespath_kind_name(AVOW_JMESPATH_OK));
	assert_string_equal("syntax", avow_jmespath_kind_name(AVOW_JMESPATH_SYNTAX));
	assert_string_equal(
		"invalid-arity", avow_jmespath_kind_name(AVOW_JMESPATH_INVALID_ARITY));
	assert_string_equal(
		"invalid-type", avow_jmespath_kind_name(AVOW_JMESPATH_INVALID_TYPE));
	assert_string_equal(
		"invalid-value", avow_jmespath_kind_name(AVOW_JMESPATH_INVALID_VALUE));
	assert_string_equal("unknown-function",
		avow_jmespath_kind_name(AVOW_JMESPATH_UNKNOWN_FUNCTION));
	assert_string_equal("limit", avow_jmespath_kind_name(AVOW_JMESPATH_LIMIT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nests_64_deep_and_no_deeper),
		cmocka_unit_test(takes_long_chains),
		cmocka_unit_test(refuses_an_expression_that_is_too_long),
		cmocka_unit_test(refuses_a_literal_that_is_too_deep),
		cmocka_unit_test(counts_steps_whatever_takes_them),
		cmocka_unit_test(pays_for_wide_objects),
		cmocka_unit_test(measures_a_result_that_shares),
		cmocka_unit_test(bounds_values_and_text),
		cmocka_unit_test(bounds_the_depth_of_values),
		cmocka_unit_test(reports_an_arena_that_is_full),
		cmocka_unit_test(names_every_kind),
	};

	return cmocka_run_group_tests_name("jmespath/limits", tests, NULL, NULL);
}
