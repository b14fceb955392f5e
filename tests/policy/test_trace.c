/* policy/trace and explain: a no says which rule, which condition, which claim. */
#include "policy_support.h"

static const struct avow_policy_failure *
failure_of(struct run *r, const char *text, const char *claims)
{
	run_policy(r, text, claims);
	assert_err(AVOW_E_POLICY_NO_PERMIT, r->decided);
	assert_int_equal(1, r->outcome.n_because);
	return &r->outcome.because[0]->failure;
}

/* Bug 36: a mistyped name makes a rule that silently never fires. */
static void
a_mistyped_name_is_told_with_the_nearest(void **state)
{
	struct run r;
	const struct avow_policy_failure *f = failure_of(&r,
		V10 "authorizationrules{\n[type==\"az_snp_vtpm\", "
		    "value==true]=>permit();};",
		"{\"az-snp-vtpm\":true,\"other\":1}");

	(void)state;
	assert_int_equal(AVOW_POLICY_NO_CLAIM, f->reason);
	assert_int_equal(1, f->condition);
	assert_int_equal(2, f->line);
	assert_int_equal(2, f->column);
	assert_span_str("az_snp_vtpm", f->claim);
	assert_span_str("\"az_snp_vtpm\"", f->wanted);
	assert_int_equal(0, f->found.n);
	assert_span_str("az-snp-vtpm", f->nearest);
	assert_string_equal("az_snp_vtpm", r.why.field);
	assert_string_equal("type == \"az_snp_vtpm\"", r.why.expected);
	assert_string_equal("the permit rule at line 2 needs a claim with type == "
			    "\"az_snp_vtpm\"; there is \"az-snp-vtpm\"",
		r.outcome.message);
	assert_string_equal(r.outcome.message, r.why.message);
	run_end(&r);
}

static void
a_wrong_value_is_told_with_what_was_found(void **state)
{
	struct run r;
	const struct avow_policy_failure *f = failure_of(&r,
		V10 "authorizationrules{[type==\"a\"]&&[type==\"b\",issuer=="
		    "\"AttestationService\",value>=3]=>permit();};",
		"{\"a\":1,\"b\":[0,2]}");

	(void)state;
	assert_int_equal(AVOW_POLICY_NO_MATCH, f->reason);
	assert_int_equal(2, f->condition);
	assert_span_str("b", f->claim);
	assert_string_equal("value", f->property);
	assert_string_equal(">=", f->op);
	assert_span_str("3", f->wanted);
	assert_span_str("0", f->found);
	assert_int_equal(1, r.outcome.because[0]->passed);
	assert_string_equal("value >= 3", r.why.expected);
	assert_string_equal("0", r.why.got);
	run_end(&r);
}

static void
a_claim_that_must_be_absent_is_told(void **state)
{
	struct run r;
	const struct avow_policy_failure *f =
		failure_of(&r, V12 "authorizationrules{![type==\"bad\"]=>permit();};",
			"{\"bad\":\"x\\\"y\"}");

	(void)state;
	assert_int_equal(AVOW_POLICY_PRESENT, f->reason);
	assert_span_str("bad", f->claim);
	assert_span_str("\"x\\\"y\"", f->found);
	run_end(&r);
}

static void
sets_and_long_values_are_shown_cut(void **state)
{
	struct run r;
	const struct avow_policy_failure *f = failure_of(&r,
		V10 "authorizationrules{s:[type==\"s\"]&&[type==\"v\",value==s.value]"
		    "=>permit();};",
		"{\"s\":[1,true,\"x\",4,5,6,7,8,9],\"v\":\"......................"
		"...................................................................."
		"...................................................................."
		"...................................................................."
		"...................................................................."
		"\"}");

	(void)state;
	assert_span_str("{1, true, \"x\", 4, 5, 6, 7, 8, ...}", f->wanted);
	assert_int_equal(191, f->found.n);
	run_end(&r);
	/* what is not printable is not shown */
	f = failure_of(&r, V10 "authorizationrules{[type==\"v\",value==1]=>permit();};",
		"{\"v\":\"a\\u0000b\\nc\"}");
	assert_span_str("\"a?b?c\"", f->found);
	run_end(&r);
}

static void
the_permit_rules_that_came_nearest_are_named(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		V10 "authorizationrules{\n"
		    "[type==\"x\"]&&[type==\"y\"]=>permit();\n"
		    "[type==\"a\"]&&[type==\"b\"]&&[type==\"y\"]=>permit();\n"
		    "[type==\"z\"]=>permit();\n"
		    "[type==\"z\"]=>add(type=\"t\",value=1);};",
		"{\"a\":1,\"b\":1}");
	assert_int_equal(2, r.outcome.n_because);
	assert_int_equal(3, r.outcome.because[0]->line);
	assert_int_equal(3, r.outcome.because[0]->failure.condition);
	assert_int_equal(4, r.outcome.because[1]->line);
	run_end(&r);
	run_policy(&r, V10 "authorizationrules{=>add(type=\"t\",value=1);};", "{}");
	assert_int_equal(0, r.outcome.n_because);
	assert_string_equal("the policy has no permit rule", r.outcome.message);
	run_end(&r);
}

static void
explains_without_being_asked_for_a_trace(void **state)
{
	struct avow_policy_outcome out;
	struct avow_why why;
	struct run r;
	struct avow_jw w;

	(void)state;
	run_policy(&r,
		V10 "authorizationrules{\n=>permit();\n  [type==\"d\"]=>deny();};",
		"{\"d\":1}");
	avow_why_init(&why);
	assert_err(AVOW_E_POLICY_DENIED,
		avow_policy_decide(r.policy, &r.claims, &r.properties, NULL, &r.arena,
			&out, &why));
	assert_int_equal(3, out.line);
	assert_int_equal(3, out.column);
	assert_string_equal("the deny rule at line 3 fired", why.message);
	avow_jw_init(&w, &r.json);
	avow_policy_explain(&out, &w);
	assert_string_equal(
		"{\"decision\":\"deny\",\"message\":\"the deny rule at line 3 fired\","
		"\"rules\":[{\"section\":\"authorizationrules\",\"line\":3,\"column\":"
		"3,"
		"\"action\":\"deny\",\"fired\":true,\"conditions\":1,\"passed\":1,"
		"\"made\":[]}]}",
		avow_buf_str(&r.json));
	run_end(&r);
}

static void
the_trace_tells_every_rule_in_order(void **state)
{
	struct run r;
	struct avow_jw w;

	(void)state;
	run_policy(&r,
		V11 "configurationrules{=>issueproperty(type=\"p\",value=1);};\n"
		    "authorizationrules{[type==\"a\"]=>permit();};\n"
		    "issuancerules{c:[type==\"a\"]=>issue(type=\"r\",value=c.value);\n"
		    "[type==\"b\"]=>add(type=\"s\",value=0);};",
		"{\"a\":[\"x\",true]}");
	assert_ok(r.decided);
	avow_jw_init(&w, &r.json);
	avow_policy_put_trace(&r.trace, &w);
	assert_string_equal(
		"[{\"section\":\"configurationrules\",\"line\":1,\"column\":32,"
		"\"action\":"
		"\"issueproperty\",\"fired\":true,\"conditions\":0,\"passed\":0,"
		"\"made\":["
		"{\"type\":\"p\",\"value\":1}]},"
		"{\"section\":\"authorizationrules\",\"line\":2,\"column\":20,"
		"\"action\":"
		"\"permit\",\"fired\":true,\"conditions\":1,\"passed\":1,\"made\":[]},"
		"{\"section\":\"issuancerules\",\"line\":3,\"column\":15,\"action\":"
		"\"issue\",\"fired\":true,\"conditions\":1,\"passed\":1,\"made\":["
		"{\"type\":\"r\",\"value\":\"x\"},{\"type\":\"r\",\"value\":true}]},"
		"{\"section\":\"issuancerules\",\"line\":4,\"column\":1,\"action\":"
		"\"add\",\"fired\":false,\"conditions\":1,\"passed\":0,\"failed\":{"
		"\"condition\":1,\"line\":4,\"column\":2,\"reason\":\"no-claim\","
		"\"claim\":"
		"\"b\",\"property\":\"type\",\"op\":\"==\",\"wanted\":\"\\\"b\\\"\","
		"\"found\":null,\"nearest\":null}}]",
		avow_buf_str(&r.json));
	run_end(&r);
}

static void
an_error_is_told_at_its_place(void **state)
{
	struct run r;
	struct avow_jw w;

	(void)state;
	run_policy(&r,
		AUTHORIZE("\n[type==NegateBool(JsonToClaimValue(\"1\"))]=>permit();"),
		"{}");
	assert_err(AVOW_E_POLICY_EVALUATION, r.decided);
	assert_int_equal(1, r.outcome.because[0]->failure.condition);
	avow_jw_init(&w, &r.json);
	avow_policy_explain(&r.outcome, &w);
	assert_non_null(
		strstr(avow_buf_str(&r.json), "{\"decision\":\"error\",\"message\":"
					      "\"argument 1 of NegateBool is of type "
					      "Integer\",\"rules\":[{"));
	assert_non_null(strstr(avow_buf_str(&r.json), "\"reason\":\"error\""));
	run_end(&r);
	assert_string_equal("permit", avow_policy_decision_name(AVOW_POLICY_IS_PERMIT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistyped_name_is_told_with_the_nearest),
		cmocka_unit_test(a_wrong_value_is_told_with_what_was_found),
		cmocka_unit_test(a_claim_that_must_be_absent_is_told),
		cmocka_unit_test(sets_and_long_values_are_shown_cut),
		cmocka_unit_test(the_permit_rules_that_came_nearest_are_named),
		cmocka_unit_test(explains_without_being_asked_for_a_trace),
		cmocka_unit_test(the_trace_tells_every_rule_in_order),
		cmocka_unit_test(an_error_is_told_at_its_place),
	};

	return cmocka_run_group_tests_name("policy/trace", tests, NULL, NULL);
}
