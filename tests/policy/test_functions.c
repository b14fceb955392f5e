/* policy/functions: the six of version 1.2 (spec 04, Functions; spec 11). */
#include "policy_support.h"

/* issue(type="r", value=<expr>) over claims a, b, j gives <result>. */
static void
gives(const char *result, const char *expr, const char *claims)
{
	char text[1024], issued[256];

	snprintf(text, sizeof(text),
		ISSUE("a:[type==\"a\"]&&b:[type==\"b\"]=>issue(type=\"r\",value=%s);"),
		expr);
	snprintf(issued, sizeof(issued), result[0] ? "{\"r\":%s}" : "{%s}", result);
	assert_outcome(AVOW_OK, issued, text, claims);
}

static void
fails(enum avow_err code, const char *expr, const char *claims)
{
	char text[1024];

	snprintf(text, sizeof(text),
		ISSUE("a:[type==\"a\"]&&b:[type==\"b\"]=>issue(type=\"r\",value=%s);"),
		expr);
	assert_outcome(code, NULL, text, claims);
}

static const char ab[] = "{\"a\":\"x\",\"b\":\"y\"}";

/* spec 11, 1 */
static void
jmespath_gives_compact_json_text(void **state)
{
	static const char doc[] =
		"{\"a\":\"{\\\"z\\\" : [1, {\\\"y\\\":2, \\\"b\\\":null}],"
		" \\\"s\\\":\\\"t\\\", \\\"n\\\": -7}\",\"b\":\"z[1].y\"}";

	(void)state;
	gives("\"[1,{\\\"y\\\":2,\\\"b\\\":null}]\"", "JmesPath(a.value,\"z\")", doc);
	gives("\"\\\"t\\\"\"", "JmesPath(a.value,\"s\")", doc);
	gives("\"null\"", "JmesPath(a.value,\"missing\")", doc);
	gives("\"-7\"", "JmesPath(a.value,\"n\")", doc);
	gives("\"true\"", "JmesPath(a.value,\"n < `0`\")", doc);
	gives("\"{\\\"k\\\":2}\"", "JmesPath(a.value,\"z[1].{k:y}\")", doc);
	gives("\"2\"", "JmesPath(a.value,b.value)", doc);
	gives("\"\\\"bar\\\"\"", "JmesPath(\"{\\\"foo\\\": \\\"bar\\\"}\",\"foo\")",
		ab);
	/* of a result, and of a text that is scalar JSON */
	gives("\"2\"", "JmesPath(JmesPath(a.value,\"z[1]\"),\"y\")", doc);
	gives("\"5\"", "JmesPath(\"5\",\"@\")", ab);
}

static void
jmespath_refuses_what_it_cannot_search(void **state)
{
	(void)state;
	fails(AVOW_E_POLICY_JSON, "JmesPath(a.value,\"x\")", ab);
	fails(AVOW_E_POLICY_JSON, "JmesPath(a.value,\"x\")",
		"{\"a\":\"{\\\"k\\\":1,\\\"k\\\":2}\",\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JmesPath(a.value,\"x\")",
		"{\"a\":\"\",\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JmesPath(a.value,\"x\")", "{\"a\":5,\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JmesPath(a.value,\"x\")",
		"{\"a\":[\"{}\",\"{}\"],\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JmesPath(\"{}\",b.value)",
		"{\"a\":0,\"b\":\"\"}");
	fails(AVOW_E_POLICY_QUERY_FAILED, "JmesPath(\"{}\",b.value)",
		"{\"a\":0,\"b\":\"a[\"}");
	fails(AVOW_E_POLICY_QUERY_FAILED, "JmesPath(\"{}\",\"length(@.x)\")", ab);
}

static void
json_to_claim_value_converts_each_type(void **state)
{
	(void)state;
	gives("100", "JsonToClaimValue(\"100\")", ab);
	gives("-1", "JsonToClaimValue(\" -1 \")", ab);
	gives("true", "JsonToClaimValue(\"true\")", ab);
	gives("\"s\"", "JsonToClaimValue(\"\\\"s\\\"\")", ab);
	gives("\"\"", "JsonToClaimValue(\"\\\"\\\"\")", ab);
	gives("[0,\"abc\",true]", "JsonToClaimValue(\"[0, \\\"abc\\\", true]\")", ab);
	gives("[1,1]", "JsonToClaimValue(\"[1,null,1]\")", ab);
	gives("", "JsonToClaimValue(\"null\")", ab);
	gives("", "JsonToClaimValue(\"[]\")", ab);
	/* no fraction, however it is written */
	gives("100", "JsonToClaimValue(\"1e2\")", ab);
	gives("2", "JsonToClaimValue(\"2.0\")", ab);
	gives("-9223372036854775808", "JsonToClaimValue(\"-9223372036854775808\")", ab);
	/* spec 11, 1: what is no JSON is that text */
	gives("\"abc\"", "JsonToClaimValue(\"abc\")", ab);
	gives("\"{\"", "JsonToClaimValue(\"{\")", ab);
	gives("\"1 2\"", "JsonToClaimValue(\"1 2\")", ab);
	gives("\"\"", "JsonToClaimValue(\"\")", ab);
}

static void
json_to_claim_value_refuses_what_has_no_value(void **state)
{
	static const char *const bad[] = {"\"1.5\"", "\"9223372036854775808\"",
		"\"-1e19\"", "\"{}\"", "\"[[]]\"", "\"[{}]\"", "\"[1,2.5]\"",
		"\"{\\\"a\\\":1,\\\"a\\\":1}\"", "\"1e999\""};
	char expr[64];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(expr, sizeof(expr), "JsonToClaimValue(%s)", bad[i]);
		fails(AVOW_E_POLICY_JSON, expr, ab);
	}
	fails(AVOW_E_POLICY_EVALUATION, "JsonToClaimValue(a.value)",
		"{\"a\":5,\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JsonToClaimValue(a.value)",
		"{\"a\":[\"1\",\"2\"],\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "JsonToClaimValue(JsonToClaimValue(\"null\"))",
		ab);
}

static void
is_subset_of_compares_sets_of_any_types(void **state)
{
	static const char expr[] = "IsSubsetOf(a.value,b.value)";

	(void)state;
	gives("true", expr, "{\"a\":[\"abc\",100],\"b\":[true,\"abc\",100]}");
	gives("true", expr, "{\"a\":[1,1,1],\"b\":1}");
	gives("false", expr, "{\"a\":[1,2],\"b\":1}");
	gives("false", expr, "{\"a\":1,\"b\":\"1\"}");
	gives("false", expr, "{\"a\":true,\"b\":1}");
	gives("true", "IsSubsetOf(JsonToClaimValue(\"null\"),a.value)", ab);
	gives("false", "IsSubsetOf(a.value,JsonToClaimValue(\"[]\"))", ab);
	gives("true", "IsSubsetOf(\"x\",a.value)", ab);
	gives("true", "IsSubsetOf(a.type,\"a\")", ab);
}

static void
contains_only_value_wants_one_value_everywhere(void **state)
{
	(void)state;
	gives("true", "ContainsOnlyValue(a.value,true)", "{\"a\":[true,true],\"b\":0}");
	gives("false", "ContainsOnlyValue(a.value,true)",
		"{\"a\":[true,false],\"b\":0}");
	gives("false", "ContainsOnlyValue(a.value,1)", "{\"a\":[1,\"1\"],\"b\":0}");
	gives("false", "ContainsOnlyValue(JsonToClaimValue(\"[]\"),1)", ab);
	gives("true", "ContainsOnlyValue(a.value,b.value)", "{\"a\":[7,7],\"b\":7}");
	fails(AVOW_E_POLICY_EVALUATION, "ContainsOnlyValue(a.value,b.value)",
		"{\"a\":7,\"b\":[7,7]}");
	fails(AVOW_E_POLICY_EVALUATION,
		"ContainsOnlyValue(a.value,JsonToClaimValue(\"null\"))", ab);
}

static void
append_string_takes_two_strings(void **state)
{
	(void)state;
	gives("\"xy\"", "AppendString(a.value,b.value)", ab);
	gives("\"\"", "AppendString(\"\",\"\")", ab);
	gives("\"<2>\"",
		"AppendString(AppendString(\"<\",JmesPath(\"[2]\",\"[0]\")),\">\")",
		ab);
	fails(AVOW_E_POLICY_EVALUATION, "AppendString(a.value,\"\")",
		"{\"a\":5,\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "AppendString(\"\",a.value)",
		"{\"a\":[\"x\",\"y\"],\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "AppendString(\"\",JsonToClaimValue(\"null\"))",
		ab);
}

static void
negate_bool_takes_one_boolean(void **state)
{
	(void)state;
	gives("false", "NegateBool(true)", ab);
	gives("true", "NegateBool(a.value)", "{\"a\":false,\"b\":0}");
	fails(AVOW_E_POLICY_EVALUATION, "NegateBool(a.value)", ab);
	fails(AVOW_E_POLICY_EVALUATION, "NegateBool(a.value)",
		"{\"a\":[true,true],\"b\":0}");
}

static void
functions_stand_in_conditions_too(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{}",
		AUTHORIZE(
			"c:[type==\"j\"]&&[type==AppendString(\"wa\",\"nted\"),"
			"value==JsonToClaimValue(JmesPath(c.value,\"v\"))]=>permit();"),
		"{\"j\":\"{\\\"v\\\":[4,5]}\",\"wanted\":5}");
}

/* A query that another rule has put together, as the published samples do. */
static void
queries_can_be_made_of_values(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"r\":2}",
		ISSUE("c:[type==\"j\"]=>add(type=\"seq\",value=JmesPath(c.value,"
		      "\"[0].s\"));"
		      "c:[type==\"seq\"]=>add(type=\"q\",value=AppendString("
		      "AppendString("
		      "\"[?s > `\",c.value),\"`].v | [0]\"));"
		      "q:[type==\"q\"]&&c:[type==\"j\"]=>issue(type=\"r\","
		      "value=JsonToClaimValue(JmesPath(c.value,q.value)));"),
		"{\"j\":\"[{\\\"s\\\":3,\\\"v\\\":1},{\\\"s\\\":4,\\\"v\\\":2}]\"}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jmespath_gives_compact_json_text),
		cmocka_unit_test(jmespath_refuses_what_it_cannot_search),
		cmocka_unit_test(json_to_claim_value_converts_each_type),
		cmocka_unit_test(json_to_claim_value_refuses_what_has_no_value),
		cmocka_unit_test(is_subset_of_compares_sets_of_any_types),
		cmocka_unit_test(contains_only_value_wants_one_value_everywhere),
		cmocka_unit_test(append_string_takes_two_strings),
		cmocka_unit_test(negate_bool_takes_one_boolean),
		cmocka_unit_test(functions_stand_in_conditions_too),
		cmocka_unit_test(queries_can_be_made_of_values),
	};

	return cmocka_run_group_tests_name("policy/functions", tests, NULL, NULL);
}
