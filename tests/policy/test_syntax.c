/* policy: lexer and parser. Each error names its line, column and expectation. */
#include "policy_support.h"

static void
reads_every_form_of_the_grammar(void **state)
{
	(void)state;
	avow_policy_free(compiled("version= 1.0;authorizationrules{};"));
	avow_policy_free(compiled("// first\n\tversion = 1 . 1 ;\r\n"
				  "configurationrules{};authorizationrules{};"
				  "issuancerules{};// last"));
	avow_policy_free(compiled(AUTHORIZE("a : [ type == \"x\" , value != -5, issuer "
					    "== \"y\" , valueType==\"z\" ] "
					    "&& ! b:[value<=1]&&[value >= 0, value > 1,"
					    " value < a.value] => permit ( ) ;"
					    "=>deny();=>add(type=\"t\",value=true);")));
	avow_policy_free(compiled(
		ISSUE("c:[value==NegateBool(NegateBool(true))] => issue(claim = c);"
		      "=> issue(value = false, type = \"t\", valueType = \"Boolean\", "
		      "issuer = \"AttestationPolicy\");"
		      "=> issueproperty(type=\"p\", value=\"\");")));
}

static void
accepts_the_sloppy_forms_of_the_rule(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{}",
		"version=1.1;AuthorizationRules{[type=\"a\",value=1]=>permit();};",
		"{\"a\":1}");
	avow_policy_free(compiled(
		V11 "ConfigurationRules{};AUTHORIZATIONRULES{};Issuancerules{};"));
}

static void
refuses_the_other_sloppy_forms(void **state)
{
	(void)state;
	/* a missing semicolon behind a rule, a section, the version */
	assert_refused(AVOW_E_POLICY_SYNTAX, V10 "authorizationrules{=> permit()@};");
	assert_refused(AVOW_E_POLICY_SYNTAX, V10 "authorizationrules{=> permit();}@");
	assert_refused(AVOW_E_POLICY_SYNTAX, "version=1.0\n@authorizationrules{};");
	/* curly quotes, around and at one end */
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[type==@\u201cx\u201d]=>permit();};");
	assert_says(AVOW_E_POLICY_SYNTAX,
		"token recognition error at: '\u201c'; strings stand in straight "
		"quotes",
		V10 "authorizationrules{[type==\u201cx\u201d]=>permit();};");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[type==@\"x\u201d]=>permit();};\n\"");
	assert_says(AVOW_E_POLICY_SYNTAX,
		"the string is not closed on its line; a curly quote does not close it",
		V10 "authorizationrules{[type==\"x\u201d]=>permit();};\n\"");
	/* capitals in words that name no section */
	assert_refused(AVOW_E_POLICY_SYNTAX, "@Version=1.0;authorizationrules{};");
	assert_refused(AVOW_E_POLICY_SYNTAX, V10 "authorizationrules{=> @Permit();};");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[type==\"x\", @Value==1]=>permit();};");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[value==True@]=>permit();};");
}

static void
says_what_it_expected_in_the_contracts_form(void **state)
{
	struct avow_policy_error err;
	struct avow_policy *p;

	(void)state;
	assert_err(AVOW_E_POLICY_SYNTAX,
		avow_policy_compile(AVOW_LIT("version=1.0\n[type"), &p, &err));
	assert_string_equal("Offending symbol: '['\nLine: '2', Column: '1'\n"
			    "Failure message: 'mismatched input '[' expecting ';''\n"
			    "Failing rule: 'policy > versionInfo'",
		err.message);
	assert_string_equal("[", err.symbol);
	assert_string_equal("';'", err.expected);
	assert_string_equal("policy > versionInfo", err.rule);
	assert_err(AVOW_E_POLICY_SYNTAX, avow_policy_compile(AVOW_LIT(""), &p, NULL));
	assert_err(AVOW_E_POLICY_SYNTAX, avow_policy_compile(AVOW_LIT(""), &p, &err));
	assert_string_equal("<EOF>", err.symbol);
}

static void
places_each_syntax_error(void **state)
{
	static const char *const bad[] = {
		"@policy",
		"version @1.0;",
		"version=@;",
		"version=1@;",
		"version=1.@;",
		"version=1.0;\n  @rules{};",
		V10 "authorizationrules @;",
		V10 "authorizationrules{@",
		V10 "authorizationrules{@;};",
		V10 "authorizationrules{=>permit();@)};",
		V10 "authorizationrules{[@]=>permit();};",
		V10 "authorizationrules{[@kind==1]=>permit();};",
		V10 "authorizationrules{[type @1]=>permit();};",
		V10 "authorizationrules{[type==@>1]=>permit();};",
		V10 "authorizationrules{[type==\"x\" @1]=>permit();};",
		V10 "authorizationrules{[type==@]=>permit();};",
		V10 "authorizationrules{[type==\"x\"] @permit();};",
		V10 "authorizationrules{[type==\"x\"]&&@=>permit();};",
		V10 "authorizationrules{c @[type==\"x\"]=>permit();};",
		V10 "authorizationrules{=>@allow();};",
		V10 "authorizationrules{=>permit(@1);};",
		V10 "authorizationrules{=>permit@;};",
		V10 "authorizationrules{=>add(@);};",
		V10 "authorizationrules{=>add(@\"t\",value=1);};",
		V10 "authorizationrules{=>add(type@==\"t\");};",
		V10 "authorizationrules{=>add(type=\"t\" @value=1);};",
		V10 "authorizationrules{=>add(claim=@\"c\");};",
		V10 "authorizationrules{=>add(type=c@,value=1);};",
		V10 "authorizationrules{=>add(type=c.@name,value=1);};",
		V10 "authorizationrules{=>add(type=f(1 @2),value=1);};",
		V10 "authorizationrules{=>add(type=f(1,@),value=1);};",
		V10 "authorizationrules{=>add(type=-@x,value=1);};",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_SYNTAX, bad[i]);
}

static void
places_each_lexical_error(void **state)
{
	static const char *const bad[] = {
		"version=1.0;@#",
		"version=1.0;\n\n\t@/ comment",
		V10 "authorizationrules{[value==1]@&[value==1]};",
		V10 "authorizationrules{[value==@\"x]=>permit();};\n",
		V10 "authorizationrules{[value==@\"x",
		V10 "authorizationrules{[value==\"x@\\n\"]=>permit();};",
		V10 "authorizationrules{[value==\"x@\\",
		V10 "authorizationrules{[value==\"x@\x01\"]=>permit();};",
		V10 "authorizationrules{[value==@'x']=>permit();};",
		V10 "@\u00e9",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_SYNTAX, bad[i]);
	/* columns count bytes: the two of the letter before it */
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[value==\"\u00e9\" @#]=>permit();};");
}

static void
refuses_text_that_is_no_utf8(void **state)
{
	(void)state;
	assert_refused(AVOW_E_UTF8, "version=1.0;\n// \u00e9 @\xff\n");
	assert_refused(AVOW_E_UTF8, "@\xc0\x80");
	assert_refused(AVOW_E_UTF8, V10 "authorizationrules{};// @\xed\xa0\x80");
}

static void
reads_strings_with_their_escapes(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK, "{\"q\":\"a\\\"b\\\\c'\\t\u00e9\"}",
		ISSUE("=>issue(type=\"q\",value=\"a\\\"b\\\\c'\t\u00e9\");"), "{}");
	assert_outcome(AVOW_OK, "{\"q\":\"// no comment\"}",
		ISSUE("=>issue(type=\"q\",value=\"// no comment\");"), "{}");
}

static void
reads_integers_of_64_bits_and_no_more(void **state)
{
	(void)state;
	assert_outcome(AVOW_OK,
		"{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":7}",
		ISSUE("=>issue(type=\"a\",value=9223372036854775807);"
		      "=>issue(type=\"b\",value=-9223372036854775808);"
		      "=>issue(type=\"c\",value=007);"),
		"{}");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[value==@9223372036854775808]=>permit();};");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[value==@-9223372036854775809]=>permit();};");
	assert_refused(AVOW_E_POLICY_SYNTAX,
		V10 "authorizationrules{[value==@99999999999999999999]=>permit();};");
}

static void
knows_three_versions(void **state)
{
	struct avow_policy *p = compiled(V12 "authorizationrules{};");

	(void)state;
	assert_int_equal(12, avow_policy_version(p));
	assert_span_str(V12 "authorizationrules{};", avow_policy_text(p));
	avow_policy_free(p);
	avow_policy_free(NULL);
	assert_refused(AVOW_E_POLICY_VERSION, "version=@1.3;authorizationrules{};");
	assert_refused(AVOW_E_POLICY_VERSION, "version=@2.0;authorizationrules{};");
	assert_refused(AVOW_E_POLICY_VERSION, "version=@1.00;authorizationrules{};");
	assert_refused(AVOW_E_POLICY_VERSION, "version=@01.0;authorizationrules{};");
	assert_refused(AVOW_E_POLICY_VERSION,
		"version=@1.18446744073709551616;authorizationrules{};");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_form_of_the_grammar),
		cmocka_unit_test(accepts_the_sloppy_forms_of_the_rule),
		cmocka_unit_test(refuses_the_other_sloppy_forms),
		cmocka_unit_test(says_what_it_expected_in_the_contracts_form),
		cmocka_unit_test(places_each_syntax_error),
		cmocka_unit_test(places_each_lexical_error),
		cmocka_unit_test(refuses_text_that_is_no_utf8),
		cmocka_unit_test(reads_strings_with_their_escapes),
		cmocka_unit_test(reads_integers_of_64_bits_and_no_more),
		cmocka_unit_test(knows_three_versions),
	};

	return cmocka_run_group_tests_name("policy/syntax", tests, NULL, NULL);
}
