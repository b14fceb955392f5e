/* policy: each limit holds, at its edge, with a code of its own. */
#include "policy_support.h"

static char *
repeated(const char *head, const char *part, size_t n, const char *tail)
{
	struct avow_buf b;
	char *out;

	avow_buf_init(&b, AVOW_MIB(8));
	avow_buf_put_str(&b, head);
	for (size_t i = 0; i < n; i++)
		avow_buf_put_str(&b, part);
	avow_buf_put_str(&b, tail);
	out = strdup(avow_buf_str(&b));
	avow_buf_clear(&b);
	return out;
}

static enum avow_err
compile(char *text, struct avow_policy_error *err)
{
	struct avow_policy *p;
	enum avow_err e = avow_policy_compile(avow_span_str(text), &p, err);

	avow_policy_free(p);
	free(text);
	return e;
}

static void
text_is_at_most_256_kib(void **state)
{
	static const char policy[] = V10 "authorizationrules{};";
	size_t rest = AVOW_MAX_POLICY_TEXT - (sizeof(policy) - 1);
	struct avow_policy_error err;

	(void)state;
	assert_ok(compile(repeated(policy, " ", rest, ""), &err));
	assert_err(AVOW_E_POLICY_TEXT_SIZE,
		compile(repeated(policy, " ", rest + 1, ""), &err));
	assert_int_equal(1, err.line);
}

static void
rules_are_at_most_4096(void **state)
{
	struct avow_policy_error err;

	(void)state;
	assert_ok(compile(repeated(V10 "authorizationrules{", "=>permit();\n",
				  AVOW_MAX_POLICY_RULES, "};"),
		&err));
	assert_err(AVOW_E_POLICY_RULES,
		compile(repeated(V10 "authorizationrules{", "=>permit();\n",
				AVOW_MAX_POLICY_RULES + 1, "};"),
			&err));
	assert_int_equal(AVOW_MAX_POLICY_RULES + 1, err.line);
}

/* head + n opening calls + inner + n closing parentheses + tail */
static char *
nested(size_t n)
{
	char *open = repeated("", "NegateBool(", n, "true");
	char *out = repeated(open, ")", n, ");};");
	char *all =
		repeated(V12 "authorizationrules{=>add(type=\"t\",value=", out, 1, "");

	free(open);
	free(out);
	return all;
}

static void
calls_nest_at_most_64_deep(void **state)
{
	struct avow_policy_error err;

	(void)state;
	assert_ok(compile(nested(AVOW_MAX_POLICY_DEPTH), &err));
	assert_err(
		AVOW_E_POLICY_DEPTH, compile(nested(AVOW_MAX_POLICY_DEPTH + 1), &err));
	/* and far beyond: no stack is used up */
	assert_err(AVOW_E_POLICY_DEPTH, compile(nested(20000), &err));
}

static void
a_query_nests_at_most_64_deep(void **state)
{
	char *query = repeated(V12 "authorizationrules{=>add(type=\"t\",value="
				   "JmesPath(\"{}\",\"",
		"(", 65, "a");
	char *text = repeated(query, ")", 65, "\"));};");
	struct avow_policy_error err;

	(void)state;
	free(query);
	assert_err(AVOW_E_POLICY_QUERY, compile(text, &err));
}

/* Doubling: 2^20 bytes are made by the last of 17 rules, with all before it. */
static void
derived_text_is_at_most_1_mib(void **state)
{
	static const char twice[] =
		"c:[type==\"s\"]&&![type==\"t\"]=>add(type=\"t\",value=AppendString("
		"c.value,c.value));"
		"c:[type==\"t\"]&&d:[type==\"s\"]=>add(type=\"u\",value=AppendString("
		"c.value,d.value));";
	char *doubling = repeated(
		V12 "authorizationrules{=>permit();};issuancerules{", twice, 1, "};");
	char *claims = repeated("{\"s\":\"", "x", 200000, "\"}");
	char *more = repeated("{\"s\":\"", "x", 210000, "\"}");

	(void)state;
	/* 2 + 3 times its length */
	assert_outcome(AVOW_OK, "{}", doubling, claims);
	assert_outcome(AVOW_E_POLICY_DERIVED, NULL, doubling, more);
	free(doubling);
	free(claims);
	free(more);
}

static void
a_query_result_counts_as_derived_text(void **state)
{
	char *claims =
		repeated("{\"s\":\"[", "\\\"xxxxxxxxxxxxxxx\\\",", 60000, "1]\"}");

	(void)state;
	assert_outcome(AVOW_E_POLICY_DERIVED, NULL,
		ISSUE("c:[type==\"s\"]=>add(type=\"t\",value=JmesPath(c.value,\"@\"))"
		      ";"),
		claims);
	free(claims);
}

static void
incoming_claims_are_at_most_16384(void **state)
{
	char *full = repeated("{\"n\":[", "1,", AVOW_MAX_POLICY_CLAIMS - 1, "1]}");
	char *more = repeated("{\"n\":[", "1,", AVOW_MAX_POLICY_CLAIMS, "1]}");
	struct avow_arena a;
	struct avow_claims c;

	(void)state;
	assert_outcome(AVOW_OK, "{}", V10 PERMIT, full);
	assert_outcome(AVOW_E_POLICY_CLAIMS, NULL,
		V10 "authorizationrules{=>add(type=\"x\",value=1);=>permit();};", full);
	avow_arena_init(&a, AVOW_MIB(64));
	assert_err(AVOW_E_POLICY_CLAIMS,
		avow_policy_read_claims(avow_span_str(more), &a, &c, NULL));
	avow_arena_clear(&a);
	free(full);
	free(more);
}

static void
claims_that_double_stop_at_the_limit(void **state)
{
	char *policy = repeated(V10 "authorizationrules{=>add(type=\"x\",value=1);",
		"c:[type==\"x\"]=>add(claim=c);", 20, "};");

	(void)state;
	assert_outcome(AVOW_E_POLICY_CLAIMS, NULL, policy, "{}");
	free(policy);
}

/* A step for each test of a condition and each claim, and one for each rule that
 * fires. */
static void
steps_are_counted_and_end(void **state)
{
	static const char text[] = V10 "authorizationrules{[type==\"a\"]&&[type==\"b\"]"
				       "=>permit();};";
	struct run r;

	(void)state;
	run_with(&r, text, "{\"a\":1,\"b\":1}", 5);
	assert_ok(r.decided);
	run_end(&r);
	run_with(&r, text, "{\"a\":1,\"b\":1}", 4);
	assert_err(AVOW_E_POLICY_STEPS, r.decided);
	run_end(&r);
	run_with(&r, text, "{\"a\":1,\"b\":1}", 3);
	assert_err(AVOW_E_POLICY_STEPS, r.decided);
	assert_int_equal(45, r.outcome.column);
	run_end(&r);
}

static void
a_querys_steps_are_the_policys(void **state)
{
	static const char text[] =
		ISSUE("c:[type==\"s\"]=>issue(type=\"n\",value=JmesPath(c.value,"
		      "\"length([?@ == `1`])\"));");
	char *claims = repeated("{\"s\":\"[", "1,", 5000, "1]\"}");
	struct run r;

	(void)state;
	run_with(&r, text, claims, 100000);
	assert_ok(r.decided);
	run_end(&r);
	run_with(&r, text, claims, 5000);
	assert_true(r.decided == AVOW_E_POLICY_STEPS ||
		    r.decided == AVOW_E_POLICY_QUERY_FAILED);
	run_end(&r);
	free(claims);
}

/* However many tests one condition has, each is paid for. */
static void
many_tests_in_one_condition_end(void **state)
{
	char *policy = repeated(V10 "authorizationrules{[value==1", ",value==1", 25000,
		"]=>permit();};");
	char *claims = repeated("{\"n\":[", "1,", AVOW_MAX_POLICY_CLAIMS - 1, "1]}");

	(void)state;
	assert_outcome(AVOW_E_POLICY_STEPS, NULL, policy, claims);
	free(policy);
	free(claims);
}

/* Two long texts that are equal and not the same bytes. */
static void
comparing_long_texts_is_paid_for(void **state)
{
	char *policy = repeated(V10 "authorizationrules{a:[type==\"a\"]",
		"&&[type==\"b\",value==a.value]", 300, "=>permit();};");
	char *half = repeated("{\"a\":\"", "x", 1000000, "\",\"b\":\"");
	char *claims = repeated(half, "x", 1000000, "\"}");

	(void)state;
	assert_outcome(AVOW_E_POLICY_STEPS, NULL, policy, claims);
	free(policy);
	free(half);
	free(claims);
}

/* A trace has a budget of its own: the outcome is the same without details. */
static void
a_trace_of_much_work_is_cut_and_changes_nothing(void **state)
{
	char *tests = repeated(V12 "authorizationrules{",
		"[value==2,value==1,value==1,"
		"value==1,value==1,value==1]=>permit();![value==1]=>permit();\n",
		100, "};");
	char *claims = repeated("{\"n\":[", "1,", 9999, "1]}");
	const struct avow_policy_trace_rule *last;
	struct avow_policy_outcome out;
	struct run r;

	(void)state;
	run_policy(&r, tests, claims);
	assert_err(AVOW_E_POLICY_NO_PERMIT, r.decided);
	last = r.trace.last;
	assert_int_equal(AVOW_POLICY_PRESENT, last->failure.reason);
	assert_int_equal(0, last->failure.claim.n);
	assert_span_str("1", r.trace.first->failure.found);
	assert_err(AVOW_E_POLICY_NO_PERMIT,
		avow_policy_decide(r.policy, &r.claims, &r.properties, NULL, &r.arena,
			&out, NULL));
	assert_string_equal(r.outcome.message, out.message);
	run_end(&r);
	free(tests);
	free(claims);
}

/* The worst that fits the limits ends by steps, not by patience. */
static void
many_rules_over_many_claims_end(void **state)
{
	char *policy = repeated(V10 "authorizationrules{", "[type==\"y\"]=>permit();",
		AVOW_MAX_POLICY_RULES, "};");
	char *claims = repeated("{\"n\":[", "1,", AVOW_MAX_POLICY_CLAIMS - 1, "1]}");

	(void)state;
	assert_outcome(AVOW_E_POLICY_STEPS, NULL, policy, claims);
	free(policy);
	free(claims);
}

static void
an_arena_that_is_full_is_an_error(void **state)
{
	struct avow_policy *p = compiled(ISSUE("=>issue(type=\"t\",value=1);"));
	struct avow_policy_outcome out;
	struct avow_properties props;
	struct avow_claims none;
	struct avow_arena a;

	(void)state;
	for (size_t size = 0; size < 4096; size += 16) {
		enum avow_err e;

		avow_arena_init(&a, size);
		avow_claims_init(&none, &a);
		e = avow_policy_configure(p, NULL, &a, &props, NULL);
		if (e == AVOW_OK)
			e = avow_policy_decide(p, &none, &props, NULL, &a, &out, NULL);
		assert_true(e == AVOW_OK || e == AVOW_E_TOO_LARGE);
		avow_arena_clear(&a);
		if (e == AVOW_OK)
			break;
	}
	avow_policy_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_at_most_256_kib),
		cmocka_unit_test(rules_are_at_most_4096),
		cmocka_unit_test(calls_nest_at_most_64_deep),
		cmocka_unit_test(a_query_nests_at_most_64_deep),
		cmocka_unit_test(derived_text_is_at_most_1_mib),
		cmocka_unit_test(a_query_result_counts_as_derived_text),
		cmocka_unit_test(incoming_claims_are_at_most_16384),
		cmocka_unit_test(claims_that_double_stop_at_the_limit),
		cmocka_unit_test(steps_are_counted_and_end),
		cmocka_unit_test(a_querys_steps_are_the_policys),
		cmocka_unit_test(many_tests_in_one_condition_end),
		cmocka_unit_test(comparing_long_texts_is_paid_for),
		cmocka_unit_test(a_trace_of_much_work_is_cut_and_changes_nothing),
		cmocka_unit_test(many_rules_over_many_claims_end),
		cmocka_unit_test(an_arena_that_is_full_is_an_error),
	};

	return cmocka_run_group_tests_name("policy/limits", tests, NULL, NULL);
}
