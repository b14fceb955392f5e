/* policy: conditions, sets, actions and the decision (spec 04, spec 11). */
#include "policy_support.h"

/* Does a rule with this condition fire over these claims? */
static void
assert_fires(bool fires, const char *condition, const char *claims)
{
	char text[1024];

	snprintf(text, sizeof(text), V12 "authorizationrules{%s=>permit();};",
		condition);
	assert_outcome(fires ? AVOW_OK : AVOW_E_POLICY_NO_PERMIT, "{}", text, claims);
}

static void
integers_have_six_operators(void **state)
{
	static const struct {
		const char *op;
		bool less, equal, greater;
	} ops[] = {{"==", false, true, false}, {"!=", true, false, true},
		{"<", true, false, false}, {"<=", true, true, false},
		{">", false, false, true}, {">=", false, true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		char cond[64];

		snprintf(cond, sizeof(cond), "[type==\"n\", value %s 5]", ops[i].op);
		assert_fires(ops[i].less, cond, "{\"n\":-7}");
		assert_fires(ops[i].equal, cond, "{\"n\":5}");
		assert_fires(ops[i].greater, cond, "{\"n\":9223372036854775807}");
	}
}

static void
strings_and_booleans_have_two(void **state)
{
	(void)state;
	assert_fires(true, "[type==\"s\", value==\"x\"]", "{\"s\":\"x\"}");
	assert_fires(false, "[type==\"s\", value==\"x\"]", "{\"s\":\"X\"}");
	assert_fires(true, "[type==\"s\", value!=\"x\"]", "{\"s\":\"xx\"}");
	assert_fires(false, "[type==\"s\", value!=\"x\"]", "{\"s\":\"x\"}");
	assert_fires(true, "[type==\"b\", value==true]", "{\"b\":true}");
	assert_fires(false, "[type==\"b\", value==true]", "{\"b\":false}");
	assert_fires(true, "[type==\"b\", value!=true]", "{\"b\":false}");
	/* ordering of what turns out to be no Integer */
	assert_fires(false, "c:[type==\"s\"]&&[type==\"s\", value<=c.value]",
		"{\"s\":\"x\"}");
	assert_fires(false, "c:[type==\"b\"]&&[type==\"b\", value>=c.value]",
		"{\"b\":true}");
}

/* spec 11, 6 */
static void
different_types_are_neither_equal_nor_unequal(void **state)
{
	static const char *const claims[] = {
		"{\"x\":1}", "{\"x\":\"1\"}", "{\"x\":true}", "{\"x\":\"true\"}"};
	static const char *const literals[] = {"1", "\"1\"", "true", "\"true\""};

	(void)state;
	for (size_t c = 0; c < 4; c++)
		for (size_t v = 0; v < 4; v++) {
			char cond[64];
			bool strings = (c == 1 || c == 3) && (v == 1 || v == 3);

			snprintf(cond, sizeof(cond), "[type==\"x\", value==%s]",
				literals[c]);
			assert_fires(c == v, cond, claims[v]);
			snprintf(cond, sizeof(cond), "[type==\"x\", value!=%s]",
				literals[c]);
			assert_fires(strings && c != v, cond, claims[v]);
		}
	assert_fires(false, "[type==5]", "{\"5\":5}");
	assert_fires(false, "[type!=5]", "{\"5\":5}");
}

static void
each_property_can_be_tested(void **state)
{
	static const char claims[] =
		"[{\"type\":\"a\",\"value\":1,\"issuer\":\"CustomClaim\"},"
		"{\"type\":\"b\",\"value\":\"s\",\"issuer\":\"AttestationService\"}]";

	(void)state;
	assert_fires(true, "[issuer==\"CustomClaim\", valueType==\"Integer\"]", claims);
	assert_fires(false, "[issuer==\"CustomClaim\", valueType==\"String\"]", claims);
	assert_fires(true, "[type!=\"a\", issuer!=\"CustomClaim\"]", claims);
	assert_fires(false, "[type!=\"a\", type!=\"b\"]", claims);
	assert_fires(true, "[valueType!=\"String\", value==1]", claims);
	assert_fires(false, "[issuer==\"Nobody\"]", claims);
	assert_fires(true, "[issuer!=\"Nobody\"]", claims);
	assert_fires(true, "c:[type==\"b\"]&&[type!=c.type]", claims);
	assert_fires(true,
		"c:[type==\"b\"]&&[issuer==c.issuer, valueType==c.valueType]", claims);
	/* JSON text is a String to a policy */
	assert_fires(true,
		"[type==\"j\", valueType==\"String\", value==\"{\\\"a\\\":1}\"]",
		"{\"j\":{\"a\": 1}}");
}

static void
all_conditions_must_hold_each_for_one_claim(void **state)
{
	(void)state;
	assert_fires(true, "[value==1]&&[value==2]", "{\"a\":1,\"b\":2}");
	assert_fires(false, "[value==1]&&[value==3]", "{\"a\":1,\"b\":2}");
	assert_fires(false, "[type==\"a\", value==2]", "{\"a\":1,\"b\":2}");
	assert_fires(false, "[value==1]", "{}");
	assert_fires(true, "", "{}");
}

static void
negation_asks_for_absence(void **state)
{
	(void)state;
	assert_fires(true, "![type==\"x\"]", "{}");
	assert_fires(true, "![type==\"x\", value==1]", "{\"x\":2}");
	assert_fires(false, "![type==\"x\"]", "{\"x\":[1,2]}");
	assert_fires(true, "c:[type==\"x\"]&&![type==\"y\", value==c.value]",
		"{\"x\":[1,2],\"y\":3}");
	assert_fires(false, "c:[type==\"x\"]&&![type==\"y\", value==c.value]",
		"{\"x\":[1,2],\"y\":2}");
}

/* spec 11, 7 */
static void
a_comparison_with_a_set_needs_one_member(void **state)
{
	static const char claims[] = "{\"a\":[1,5,\"x\"],\"b\":5,\"c\":3}";

	(void)state;
	assert_fires(true, "s:[type==\"a\"]&&[type==\"b\", value==s.value]", claims);
	assert_fires(false, "s:[type==\"a\"]&&[type==\"c\", value==s.value]", claims);
	assert_fires(true, "s:[type==\"a\"]&&[type==\"b\", value!=s.value]", claims);
	assert_fires(true, "s:[type==\"a\"]&&[type==\"c\", value<s.value]", claims);
	assert_fires(false, "s:[type==\"a\"]&&[type==\"b\", value<s.value]", claims);
}

/* A rule fires once; an identifier is the set of all that match. */
static void
a_rule_fires_once_for_all_that_match(void **state)
{
	static const char claims[] = "{\"a\":[1,\"x\",true],\"b\":2}";

	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":[1,\"x\",true]}",
		ISSUE("c:[type==\"a\"]=>issue(type=\"r\",value=c.value);"), claims);
	assert_outcome(AVOW_OK, "{\"r\":0}",
		ISSUE("c:[type==\"a\"]=>issue(type=\"r\",value=0);"), claims);
	assert_outcome(AVOW_OK, "{\"a\":[1,\"x\",true]}",
		ISSUE("c:[type==\"a\"]=>issue(claim=c);"), claims);
	assert_outcome(AVOW_OK, "{\"r\":[\"a\",\"a\",\"a\",\"b\"]}",
		ISSUE("c:[issuer==\"AttestationService\"]=>issue(type=\"r\","
		      "value=c.type);"),
		claims);
	assert_outcome(AVOW_OK, "{\"r\":[\"Integer\",\"String\",\"Boolean\"]}",
		ISSUE("c:[type==\"a\"]=>issue(type=\"r\",value=c.valueType);"), claims);
}

/* spec 11, 2 */
static void
claims_of_one_type_become_an_array_in_order(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":[3,1,3],\"s\":0}",
		ISSUE("=>issue(type=\"r\",value=3);=>issue(type=\"s\",value=0);"
		      "=>issue(type=\"r\",value=1);=>issue(type=\"r\",value=3);"),
		"{}");
}

static void
later_rules_see_what_earlier_rules_made(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":1}",
		V10 "authorizationrules{=>add(type=\"a\",value=1);"
		    "[type==\"a\",issuer==\"AttestationPolicy\",value==1]=>permit();};"
		    "issuancerules{c:[type==\"a\"]=>issue(type=\"r\",value=c.value);};",
		"{}");
	assert_outcome(AVOW_E_POLICY_NO_PERMIT, NULL,
		V10 "authorizationrules{[type==\"a\"]=>permit();"
		    "=>add(type=\"a\",value=1);};",
		"{}");
	/* a rule does not see what it makes itself */
	assert_outcome(AVOW_OK, "{\"n\":[0,0]}",
		ISSUE("=>add(type=\"a\",value=0);c:[value==0]=>add(type=\"b\","
		      "value=c.value);c:[value==0]=>issue(type=\"n\",value=c.value);"),
		"{}");
	/* issued claims join the incoming set, as the policy's own */
	assert_outcome(AVOW_OK, "{\"a\":1,\"b\":1}",
		ISSUE("=>issue(type=\"a\",value=1);c:[type==\"a\","
		      "issuer==\"AttestationPolicy\"]=>issue(type=\"b\",value=c.value)"
		      ";"),
		"{}");
}

static void
deny_wins_wherever_it_stands(void **state)
{
	struct run r;

	(void)state;
	assert_outcome(AVOW_E_POLICY_DENIED, NULL,
		V10 "authorizationrules{=>permit();[type==\"x\"]=>deny();};",
		"{\"x\":1}");
	assert_outcome(AVOW_E_POLICY_DENIED, NULL,
		V10 "authorizationrules{=>deny();=>permit();};", "{}");
	assert_outcome(AVOW_OK, "{}",
		V10 "authorizationrules{=>permit();[type==\"x\"]=>deny();};", "{}");
	assert_outcome(
		AVOW_E_POLICY_NO_PERMIT, NULL, V10 "authorizationrules{};", "{}");
	/* spec 11, 10: to the end, so that the trace is whole */
	run_policy(
		&r, V10 "authorizationrules{=>deny();\n=>permit();\n=>deny();};", "{}");
	assert_int_equal(3, r.trace.last->line);
	assert_int_equal(1, r.outcome.line);
	assert_int_equal(2, r.outcome.n_because);
	run_end(&r);
}

static void
issuance_runs_only_when_permitted(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		V10 "authorizationrules{};issuancerules{=>issue(type=\"a\",value=1);"
		    "=>issueproperty(type=\"p\",value=1);};",
		"{}");
	assert_err(AVOW_E_POLICY_NO_PERMIT, r.decided);
	assert_int_equal(0, r.outcome.properties.set.n);
	assert_null(r.trace.first);
	run_end(&r);
}

/* spec 11, 4 */
static void
what_authorization_issues_reaches_no_token(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":1}",
		V10 "authorizationrules{=>issue(type=\"a\",value=1);"
		    "[type==\"a\"]=>permit();};"
		    "issuancerules{c:[type==\"a\"]=>issue(type=\"r\",value=c.value);};",
		"{}");
}

static void
an_evaluation_error_is_no_verdict(void **state)
{
	struct run r;

	(void)state;
	/* in issuancerules too, after a permit; spec 11, 3 */
	run_policy(&r,
		V12 "authorizationrules{=>permit();};issuancerules{\n"
		    "=>issue(type=\"a\",value=1);\n"
		    "  =>issue(type=\"b\",value=JsonToClaimValue(\"{}\"));};",
		"{}");
	assert_err(AVOW_E_POLICY_JSON, r.decided);
	assert_int_equal(AVOW_POLICY_IS_ERROR, r.outcome.decision);
	assert_int_equal(3, r.outcome.line);
	assert_int_equal(26, r.outcome.column);
	assert_int_equal(0, r.outcome.issued.n);
	assert_int_equal(1, r.outcome.n_because);
	assert_int_equal(AVOW_POLICY_FAILED, r.outcome.because[0]->failure.reason);
	run_end(&r);
	/* and in authorizationrules, even beside a permit */
	assert_outcome(AVOW_E_POLICY_JSON, NULL,
		AUTHORIZE(
			"=>permit();=>add(type=\"b\",value=JsonToClaimValue(\"{}\"));"),
		"{}");
}

/* spec 11, 8 */
static void
conditions_stop_at_the_first_that_fails(void **state)
{
	(void)state;
	assert_fires(false, "[type==\"no\"]&&[value==JsonToClaimValue(\"{}\")]", "{}");
	assert_outcome(AVOW_E_POLICY_JSON, NULL,
		AUTHORIZE(
			"[type==\"a\"]&&[type==\"no\",value==JsonToClaimValue(\"{}\")]"
			"=>permit();"),
		"{\"a\":1}");
}

static void
a_type_is_one_string(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"a\":[2,2]}",
		ISSUE("c:[type==\"a\"]=>issue(type=c.type,value=2);"
		      "c:[type==\"a\",issuer==\"AttestationService\"]"
		      "=>issue(type=c.type,value=2);"),
		"{\"a\":[0,1]}");
	assert_outcome(AVOW_E_POLICY_EVALUATION, NULL,
		ISSUE("c:[value==1]=>issue(type=c.type,value=2);"),
		"{\"a\":1,\"b\":1}");
	assert_outcome(AVOW_E_POLICY_EVALUATION, NULL,
		ISSUE("c:[type==\"a\"]=>issue(type=c.value,value=2);"), "{\"a\":1}");
	assert_outcome(AVOW_E_POLICY_EVALUATION, NULL,
		ISSUE("c:[type==\"a\"]=>issue(type=c.value,value=2);"), "{\"a\":\"\"}");
	assert_outcome(AVOW_E_POLICY_EVALUATION, NULL,
		ISSUE("=>issue(type=JsonToClaimValue(\"null\"),value=2);"), "{}");
	assert_outcome(AVOW_OK, "{\"x\":2}",
		ISSUE("c:[type==\"a\"]=>issue(type=c.value,value=2);"),
		"{\"a\":\"x\"}");
}

static void
a_stated_value_type_must_be_that_of_the_value(void **state)
{
	static const char policy[] =
		ISSUE("c:[type==\"a\"]=>issue(type=\"r\",value=c.value,"
		      "valueType=\"Integer\");");

	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":[1,2]}", policy, "{\"a\":[1,2]}");
	assert_outcome(AVOW_E_POLICY_EVALUATION, NULL, policy, "{\"a\":[1,\"2\"]}");
	assert_outcome(AVOW_OK, "{\"r\":[1,\"2\"]}",
		ISSUE("c:[type==\"a\"]=>issue(type=\"r\",value=c.value,"
		      "valueType=c.valueType);"),
		"{\"a\":[1,\"2\"]}");
}

static void
an_empty_value_makes_no_claim(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"none\":true}",
		ISSUE("=>issue(type=\"a\",value=JsonToClaimValue(\"null\"));"
		      "=>add(type=\"a\",value=JsonToClaimValue(\"[null]\"));"
		      "=>issue(type=\"a\",value=JsonToClaimValue(\"[]\"));"
		      "![type==\"a\"]=>issue(type=\"none\",value=true);"),
		"{}");
	/* and a comparison with it never holds */
	assert_fires(
		false, "[type==\"a\",value!=JsonToClaimValue(\"null\")]", "{\"a\":1}");
}

/* spec 11, 3 */
static void
a_read_only_value_is_never_issued(void **state)
{
	static const char pcrs[] = "{\"pcrs\":{\"PCRs\":[{\"Index\":0}]}}";
	static const char *const bad[] = {
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=c.value);"),
		ISSUE("c:[type==\"pcrs\"]=>issue(claim=c);"),
		ISSUE("c:[type==\"pcrs\"]=>issueproperty(type=\"x\",value=c.value);"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=c.type);"),
		ISSUE("c:[type==\"pcrs\"]=>add(type=\"y\",value=c.value);"
		      "c:[type==\"y\"]=>issue(claim=c);"),
		ISSUE("c:[type==\"pcrs\"]=>add(type=c.value,value=1);"
		      "c:[value==1]=>issue(type=\"x\",value=c.value);"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\","
		      "value=JmesPath(c.value,\"PCRs\"));"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\","
		      "value=JsonToClaimValue(JmesPath(c.value,\"PCRs[0].Index\")));"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\","
		      "value=JsonToClaimValue(JmesPath(c.value,\"PCRs[].Index\")));"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\","
		      "value=AppendString(\"\",c.value));"),
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=NegateBool("
		      "JsonToClaimValue(JmesPath(c.value,\"!PCRs\"))));"),
		AUTHORIZE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=c.value);"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_outcome(AVOW_E_POLICY_READ_ONLY, NULL, bad[i], pcrs);
	assert_outcome(AVOW_OK, "{\"x\":true,\"y\":false}",
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=IsSubsetOf(c.value,"
		      "c.value));c:[type==\"pcrs\"]=>issue(type=\"y\","
		      "value=ContainsOnlyValue(c.value,\"\"));"),
		pcrs);
	/* one member of a set that is one type */
	assert_outcome(AVOW_E_POLICY_READ_ONLY, NULL,
		ISSUE("c:[type==\"pcrs\"]=>issue(type=c.type,value=1);"),
		"[{\"type\":\"pcrs\",\"value\":\"{}\"},{\"type\":\"pcrs\",\"value\":\"{"
		"}\","
		"\"issuer\":\"AttestationService\"}]");
	/* the service's own claim of that name, not somebody's */
	assert_outcome(AVOW_OK, "{\"x\":\"{}\"}",
		ISSUE("c:[type==\"pcrs\"]=>issue(type=\"x\",value=c.value);"),
		"[{\"type\":\"pcrs\",\"value\":\"{}\"}]");
}

/* One policy, many evaluations: nothing of one is seen by another. */
static void
evaluates_the_same_twice(void **state)
{
	static const char text[] = ISSUE(
		"c:[type==\"j\"]=>issue(type=\"r\",value=JmesPath(c.value,\"a\"));"
		"=>issueproperty(type=\"omit_x5c\",value=true);");
	struct avow_policy_outcome again;
	struct run r;

	(void)state;
	run_policy(&r, text, "{\"j\":\"{\\\"a\\\":[1, 2]}\"}");
	assert_ok(avow_policy_decide(
		r.policy, &r.claims, &r.properties, NULL, &r.arena, &again, NULL));
	assert_string_equal("{\"r\":\"[1,2]\"}", issued_json(&r));
	assert_int_equal(1, again.issued.n);
	assert_span(r.outcome.issued.v[0].string, again.issued.v[0].string);
	assert_true(again.properties.omit_x5c);
	assert_false(r.properties.omit_x5c);
	assert_int_equal(0, r.properties.set.n);
	run_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_have_six_operators),
		cmocka_unit_test(strings_and_booleans_have_two),
		cmocka_unit_test(different_types_are_neither_equal_nor_unequal),
		cmocka_unit_test(each_property_can_be_tested),
		cmocka_unit_test(all_conditions_must_hold_each_for_one_claim),
		cmocka_unit_test(negation_asks_for_absence),
		cmocka_unit_test(a_comparison_with_a_set_needs_one_member),
		cmocka_unit_test(a_rule_fires_once_for_all_that_match),
		cmocka_unit_test(claims_of_one_type_become_an_array_in_order),
		cmocka_unit_test(later_rules_see_what_earlier_rules_made),
		cmocka_unit_test(deny_wins_wherever_it_stands),
		cmocka_unit_test(issuance_runs_only_when_permitted),
		cmocka_unit_test(what_authorization_issues_reaches_no_token),
		cmocka_unit_test(an_evaluation_error_is_no_verdict),
		cmocka_unit_test(conditions_stop_at_the_first_that_fails),
		cmocka_unit_test(a_type_is_one_string),
		cmocka_unit_test(a_stated_value_type_must_be_that_of_the_value),
		cmocka_unit_test(an_empty_value_makes_no_claim),
		cmocka_unit_test(a_read_only_value_is_never_issued),
		cmocka_unit_test(evaluates_the_same_twice),
	};

	return cmocka_run_group_tests_name("policy/evaluate", tests, NULL, NULL);
}
