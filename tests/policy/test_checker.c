/* policy/checker: sections, versions, names and types are judged before use. */
#include "policy_support.h"

static void
sections_stand_once_and_in_order(void **state)
{
	(void)state;
	assert_refused(AVOW_E_POLICY_SECTION, V11 "@");
	assert_refused(
		AVOW_E_POLICY_SECTION, V11 "configurationrules{};issuancerules{};@");
	assert_refused(AVOW_E_POLICY_SECTION,
		V11 "authorizationrules{};@authorizationrules{};");
	assert_refused(
		AVOW_E_POLICY_SECTION, V11 "issuancerules{};@authorizationrules{};");
	assert_refused(AVOW_E_POLICY_SECTION,
		V11 "authorizationrules{};@configurationrules{};");
	assert_says(AVOW_E_POLICY_SECTION,
		"configurationrules stands behind authorizationrules",
		V11 "authorizationrules{};configurationrules{};");
}

static void
actions_stand_where_they_may(void **state)
{
	static const char *const bad[] = {
		V11 "configurationrules{=>@permit();};authorizationrules{};",
		V11 "configurationrules{=>@deny();};authorizationrules{};",
		V11
		"configurationrules{=>@add(type=\"t\",value=1);};authorizationrules{};",
		V11 "configurationrules{=>@issue(type=\"t\",value=1);};"
		    "authorizationrules{};",
		V11 "authorizationrules{=>@issueproperty(type=\"t\",value=1);};",
		V11 "authorizationrules{};issuancerules{=>@permit();};",
		V11 "authorizationrules{};issuancerules{=>@deny();};",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_ACTION, bad[i]);
	/* a published sample issues in authorizationrules */
	avow_policy_free(
		compiled(V10 "authorizationrules{=>issue(type=\"t\",value=1);};"));
	avow_policy_free(compiled(
		V10 "authorizationrules{};issuancerules{=>issueproperty(type=\"t\","
		    "value=1);};"));
}

static void
a_version_has_what_it_has(void **state)
{
	static const char *const bad[] = {
		V10 "@configurationrules{};authorizationrules{};",
		V10 "authorizationrules{@![type==\"x\"]=>permit();};",
		V11 "authorizationrules{@!c:[type==\"x\"]=>permit();};",
		V11 "authorizationrules{[value==@NegateBool(true)]=>permit();};",
		V10 "authorizationrules{};issuancerules{=>issue(type=\"t\","
		    "value=@AppendString(\"a\",\"b\"));};",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_VERSION, bad[i]);
	assert_says(AVOW_E_POLICY_VERSION,
		"this needs version 1.2, and the policy is version 1.1",
		V11 "authorizationrules{![type==\"x\"]=>permit();};");
}

static void
identifiers_are_bound_before_they_are_used(void **state)
{
	static const char *const bad[] = {
		V10 "authorizationrules{[value==@c.value]=>permit();};",
		V10 "authorizationrules{c:[value==@c.value]=>permit();};",
		V10
		"authorizationrules{[value==@c.value]&&c:[type==\"x\"]=>permit();};",
		V10 "authorizationrules{c:[type==\"x\"]&&@c:[type==\"y\"]=>permit();};",
		/* another rule's */
		V10 "authorizationrules{c:[type==\"x\"]=>permit();"
		    "=>add(type=\"t\",value=@c.value);};",
		V10 "authorizationrules{=>add(claim=@c);};",
		V12 "authorizationrules{!c:[type==\"x\"]=>add(claim=@c);};",
		V12
		"authorizationrules{!c:[type==\"x\"]&&[value==@c.value]=>permit();};",
		V12 "authorizationrules{=>add(type=\"t\",value=@ToUpper(\"x\"));};",
		V12
		"authorizationrules{=>add(type=\"t\",value=@jmespath(\"x\",\"y\"));};",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_NAME, bad[i]);
	avow_policy_free(
		compiled(V12 "authorizationrules{!c:[type==\"x\"]=>permit();};"));
	avow_policy_free(compiled(V10
		"authorizationrules{c:[type==\"x\"]&&d:[value==c.value]=>add(claim=d);"
		"c:[type==\"x\"]=>permit();};"));
}

static void
types_that_are_known_must_fit(void **state)
{
	static const char *const bad[] = {
		/* only Integers have an order */
		V10 "authorizationrules{[@type < \"x\"]=>permit();};",
		V10 "authorizationrules{[@value>=\"x\"]=>permit();};",
		V10 "authorizationrules{[@value<=true]=>permit();};",
		V10 "authorizationrules{[@issuer>5]=>permit();};",
		V10 "authorizationrules{c:[type==\"x\"]&&[@value<c.type]=>permit();};",
		V12 "authorizationrules{[@value<NegateBool(true)]=>permit();};",
		/* arguments: number, then types */
		AUTHORIZE("=>add(type=\"t\",value=@NegateBool());"),
		AUTHORIZE("=>add(type=\"t\",value=@NegateBool(true,true));"),
		AUTHORIZE("=>add(type=\"t\",value=@JmesPath(\"{}\"));"),
		AUTHORIZE("=>add(type=\"t\",value=NegateBool(@\"x\"));"),
		AUTHORIZE("=>add(type=\"t\",value=NegateBool(@1));"),
		AUTHORIZE("=>add(type=\"t\",value=AppendString(\"a\",@true));"),
		AUTHORIZE("=>add(type=\"t\",value=JsonToClaimValue(@1));"),
		AUTHORIZE("=>add(type=\"t\",value=JmesPath(@\"\",\"a\"));"),
		AUTHORIZE("=>add(type=\"t\",value=JmesPath(\"{}\",@\"\"));"),
		AUTHORIZE("=>add(type=\"t\",value=NegateBool(@AppendString(\"a\",\"b\")"
			  "));"),
		/* a claim's own properties */
		AUTHORIZE("=>add(@type=5,value=1);"),
		AUTHORIZE("=>add(@type=\"\",value=1);"),
		AUTHORIZE("=>add(@type=NegateBool(true),value=1);"),
		AUTHORIZE("=>add(type=\"t\",value=1,valueType=@\"String\");"),
		AUTHORIZE("=>add(type=\"t\",value=1,valueType=@\"integer\");"),
		AUTHORIZE("=>add(type=\"t\",value=1,valueType=@5);"),
		AUTHORIZE("=>add(type=\"t\",value=1,@issuer=\"AttestationService\");"),
		AUTHORIZE("c:[value==1]=>add(type=\"t\",value=1,@issuer=c.issuer);"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_TYPE, bad[i]);
	assert_says(AVOW_E_POLICY_TYPE, "NegateBool takes 1 argument, not 2",
		AUTHORIZE("=>add(type=\"t\",value=NegateBool(true,true));"));
	/* a comparison of different types is for the linter */
	avow_policy_free(compiled(V10 "authorizationrules{[type==5]=>permit();};"));
}

static void
a_made_claim_has_type_and_value_once(void **state)
{
	(void)state;
	assert_refused(AVOW_E_POLICY_SYNTAX, AUTHORIZE("=>@add(type=\"t\");"));
	assert_refused(AVOW_E_POLICY_SYNTAX, AUTHORIZE("=>@add(value=1);"));
	assert_refused(AVOW_E_POLICY_SYNTAX,
		AUTHORIZE("=>add(type=\"t\",@type=\"t\",value=1);"));
	assert_says(AVOW_E_POLICY_SYNTAX, "the claim has no 'value'",
		AUTHORIZE("=>add(type=\"t\");"));
}

static void
a_literal_query_is_parsed_when_the_policy_is(void **state)
{
	(void)state;
	assert_refused(AVOW_E_POLICY_QUERY,
		AUTHORIZE("=>add(type=\"t\",value=JmesPath(\"{}\",@\"a[\"));"));
	assert_refused(AVOW_E_POLICY_QUERY,
		AUTHORIZE("=>add(type=\"t\",value=JmesPath(\"{}\",@\"no_such(a)\"));"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_stand_once_and_in_order),
		cmocka_unit_test(actions_stand_where_they_may),
		cmocka_unit_test(a_version_has_what_it_has),
		cmocka_unit_test(identifiers_are_bound_before_they_are_used),
		cmocka_unit_test(types_that_are_known_must_fit),
		cmocka_unit_test(a_made_claim_has_type_and_value_once),
		cmocka_unit_test(a_literal_query_is_parsed_when_the_policy_is),
	};

	return cmocka_run_group_tests_name("policy/checker", tests, NULL, NULL);
}
