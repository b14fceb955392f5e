/* policy/format: one canonical form, which parses to the same tree. */
#include "policy_support.h"

#include "policy/tree.h"

/* Format, compare, and format again: the same. */
static void
formats(const char *expected, const char *text)
{
	struct avow_policy_error err;
	struct avow_buf b, again;

	avow_buf_init(&b, AVOW_MIB(1));
	avow_buf_init(&again, AVOW_MIB(1));
	if (avow_policy_format(avow_span_str(text), &b, &err) != AVOW_OK)
		fail_msg("%s", err.message);
	assert_string_equal(expected, avow_buf_str(&b));
	assert_ok(avow_policy_format(avow_buf_span(&b), &again, &err));
	assert_string_equal(expected, avow_buf_str(&again));
	avow_buf_clear(&b);
	avow_buf_clear(&again);
}

static void
puts_one_rule_a_line(void **state)
{
	(void)state;
	formats("version=1.0;\n\nauthorizationrules {\n    => permit();\n};\n",
		"version= 1.0 ;authorizationrules{=>permit ( );};");
	formats("version=1.2;\n"
		"\n"
		"configurationrules {\n"
		"};\n"
		"\n"
		"authorizationrules {\n"
		"    !a:[type!=\"x\", value >= -1, value==c.type] && [issuer < 3] => "
		"deny();\n"
		"    => add(claim=x);\n"
		"};\n"
		"\n"
		"issuancerules {\n"
		"    => issue(type=\"a\\\"\\\\b\", value=F(G(), true, 5), "
		"issuer=\"i\");\n"
		"};\n",
		"version=1.2;ConfigurationRules{};authorizationrules{!a:[type!=\"x\","
		"value"
		">=-1,value=c.type]&&[issuer<3]=>deny();=>add(claim=x);};issuancerules{"
		"=>issue(type=\"a\\\"\\\\b\",value=F(G(),true,5),issuer=\"i\");};");
}

static void
breaks_long_rules_at_their_conditions(void **state)
{
	(void)state;
	formats("version=1.0;\n"
		"\n"
		"authorizationrules {\n"
		"    [type==\"x-ms-sgx-is-debuggable\", value==false]\n"
		"        && [type==\"x-ms-sgx-mrsigner\", value==\"0123456789\"]\n"
		"        => permit();\n"
		"};\n",
		"version=1.0;authorizationrules{[type==\"x-ms-sgx-is-debuggable\","
		"value==false]&&[type==\"x-ms-sgx-mrsigner\",value==\"0123456789\"]"
		"=>permit();};");
}

static void
keeps_comments_where_they_belong(void **state)
{
	(void)state;
	formats("// head\n"
		"\n"
		"// of the version\n"
		"// inside the version\n"
		"version=1.0; // behind the version\n"
		"\n"
		"// of the section\n"
		"// also of the section\n"
		"authorizationrules {\n"
		"    // first\n"
		"    // inside the first\n"
		"    [value==1] => permit(); // behind the first\n"
		"    => deny();\n"
		"\n"
		"    // second paragraph\n"
		"    => deny();\n"
		"    // last in the section\n"
		"    // behind its brace\n"
		"}; // behind the section\n"
		"\n"
		"// the end\n",
		"// head\n\n\n// of the version\nversion= // inside the "
		"version\n1.0;// behind the version\n"
		"// of the section\nauthorizationrules // also of the section\n{// "
		"first\n"
		"[value==1] // inside the first\n=>permit();// behind the first\n"
		"=>deny();\n\n\n// second paragraph\n=>deny();\n"
		"// last in the section\n} // behind its brace\n; // behind the "
		"section\n"
		"// the end");
}

static void
refuses_what_does_not_parse(void **state)
{
	struct avow_policy_error err;
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 20);
	assert_err(AVOW_E_POLICY_SYNTAX,
		avow_policy_format(AVOW_LIT("version=1.0;x"), &b, &err));
	assert_int_equal(13, err.column);
	assert_int_equal(0, b.n);
	assert_err(AVOW_E_POLICY_VERSION,
		avow_policy_format(AVOW_LIT("version=1.9;"), &b, NULL));
	/* an output that is too small */
	assert_err(AVOW_E_TOO_LARGE,
		avow_policy_format(AVOW_LIT(V10 "authorizationrules{};"), &b, NULL));
	avow_buf_clear(&b);
}

static void
trees_differ_when_meanings_do(void **state)
{
	static const char *const texts[] = {
		V10 "authorizationrules{};",
		V11 "authorizationrules{};",
		V10 "authorizationrules{};issuancerules{};",
		V10 "authorizationrules{=>permit();};",
		V10 "authorizationrules{=>deny();};",
		V10 "authorizationrules{=>permit();=>permit();};",
		V10 "authorizationrules{[value==1]=>permit();};",
		V10 "authorizationrules{[value!=1]=>permit();};",
		V10 "authorizationrules{[value==2]=>permit();};",
		V10 "authorizationrules{[type==1]=>permit();};",
		V10 "authorizationrules{[value==1,value==1]=>permit();};",
		V10 "authorizationrules{![value==1]=>permit();};",
		V10 "authorizationrules{c:[value==1]=>permit();};",
		V10 "authorizationrules{[value==\"1\"]=>permit();};",
		V10 "authorizationrules{[value==true]=>permit();};",
		V10 "authorizationrules{[value==false]=>permit();};",
		V10 "authorizationrules{[value==c.value]=>permit();};",
		V10 "authorizationrules{[value==c.type]=>permit();};",
		V10 "authorizationrules{[value==d.type]=>permit();};",
		V10 "authorizationrules{[value==f(1)]=>permit();};",
		V10 "authorizationrules{[value==f(2)]=>permit();};",
		V10 "authorizationrules{[value==f(1,1)]=>permit();};",
		V10 "authorizationrules{[value==g(1)]=>permit();};",
		V10 "authorizationrules{=>add(claim=c);};",
		V10 "authorizationrules{=>add(claim=d);};",
		V10 "authorizationrules{=>add(type=1);};",
		V10 "authorizationrules{=>add(value=1);};",
		V10 "authorizationrules{=>add(type=2);};",
		V10 "authorizationrules{=>add(type=1,value=1);};",
	};
	enum { N = sizeof(texts) / sizeof(texts[0]) };
	struct policy_tree *trees[N];
	struct avow_policy_error err = {0};
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, AVOW_MIB(1));
	for (size_t i = 0; i < N; i++)
		assert_ok(policy_parse(avow_span_str(texts[i]), &a, &trees[i], &err));
	for (size_t i = 0; i < N; i++)
		for (size_t k = 0; k < N; k++)
			if (policy_tree_eq(trees[i], trees[k]) != (i == k))
				fail_msg("%s\n%s", texts[i], texts[k]);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_one_rule_a_line),
		cmocka_unit_test(breaks_long_rules_at_their_conditions),
		cmocka_unit_test(keeps_comments_where_they_belong),
		cmocka_unit_test(refuses_what_does_not_parse),
		cmocka_unit_test(trees_differ_when_meanings_do),
	};

	return cmocka_run_group_tests_name("policy/format", tests, NULL, NULL);
}
