/* policy/lint: each warning where it is due, and none where it is not. */
#include "policy_support.h"

/* The codes and places of all findings: "code@line:column ...". */
static void
warns(const char *expected, unsigned kinds, const char *text)
{
	struct avow_policy *p = compiled(text);
	struct avow_policy_findings found = {0};
	struct avow_arena a;
	struct avow_buf b;

	avow_arena_init(&a, AVOW_MIB(16));
	avow_buf_init(&b, AVOW_MIB(1));
	assert_ok(avow_policy_lint(p, kinds, &a, &found));
	for (const struct avow_policy_finding *f = found.first; f; f = f->next) {
		if (b.n)
			avow_buf_put_byte(&b, ' ');
		avow_buf_printf(&b, "%s@%u:%u", f->code, f->line, f->column);
	}
	if (strcmp(expected, avow_buf_str(&b)) != 0)
		fail_msg("%s\nwanted %s\ngot    %s (%.*s)", text, expected,
			avow_buf_str(&b), found.first ? (int)found.first->message.n : 0,
			found.first ? (const char *)found.first->message.p : "");
	avow_buf_clear(&b);
	avow_arena_clear(&a);
	avow_policy_free(p);
}

/* The message of the first finding. */
static void
warns_that(const char *message, unsigned kinds, const char *text)
{
	struct avow_policy *p = compiled(text);
	struct avow_policy_findings found = {0};
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(16));
	assert_ok(avow_policy_lint(p, kinds, &a, &found));
	assert_non_null(found.first);
	assert_span_str(message, found.first->message);
	avow_arena_clear(&a);
	avow_policy_free(p);
}

#define NO_DEBUG "[type==\"x-ms-sgx-is-debuggable\",value==false]=>permit();\n"
#define SGX(rules) V12 "authorizationrules{" NO_DEBUG rules "};"
#define SGX_ISSUE(rules)                                                               \
	V12 "authorizationrules{" NO_DEBUG "};issuancerules{\n" rules "};"

static void
says_nothing_of_a_good_policy(void **state)
{
	(void)state;
	warns("", AVOW_KIND_SGX, SGX(""));
	warns("", 0, SGX(""));
	warns("", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",value>=2]&&[type==\"x-ms-sgx-mrsigner\","
		    "value==\"aa\",valueType==\"String\",issuer=="
		    "\"AttestationService\"]"
		    "=>add(type=\"mine\",value=1);"
		    "[type==\"mine\",issuer==\"AttestationPolicy\"]=>deny();"));
	warns("", AVOW_KIND_TPM,
		V12
		"authorizationrules{[type==\"aikValidated\",value==true]=>permit();};"
		"issuancerules{c:[type==\"events\"]=>add(type=\"e\",value="
		"JmesPath(c.value,\"Events\"));![type==\"e\"]=>issue(type=\"none\","
		"value=true);[type==\"https://x/y\",issuer==\"CustomClaim\"]"
		"=>issue(type=\"z\",value=1);};");
}

/* Bug 36: a mistyped name, and one of another attestation type. */
static void
warns_of_claims_that_are_never_there(void **state)
{
	(void)state;
	warns("unknown-claim@2:2", AVOW_KIND_SGX,
		SGX("[type==\"x-ms-sgx-mrsinger\",value==\"a\"]=>deny();"));
	warns_that(
		"there is never a claim \"x-ms-sgx-mrsinger\" here, so this condition "
		"never holds; did you mean \"x-ms-sgx-mrsigner\"?",
		AVOW_KIND_SGX,
		SGX("[type==\"x-ms-sgx-mrsinger\",value==\"a\"]=>deny();"));
	warns("unknown-claim@2:2", AVOW_KIND_SGX, SGX("[type==\"tdx_mrtd\"]=>deny();"));
	warns("", 0, SGX("[type==\"tdx_mrtd\"]=>deny();"));
	warns("unknown-claim@2:2", 0, SGX("[type==\"az_snp_vtpm\"]=>deny();"));
	/* in the token, but never seen by a policy */
	warns("unknown-claim@2:2", AVOW_KIND_SGX, SGX("[type==\"aas-ehd\"]=>deny();"));
	/* of another issuer */
	warns("unknown-claim@2:2", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",issuer==\"AttestationPolicy\"]=>deny();"));
	warns("unknown-claim@2:2", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",issuer==\"CustomClaim\"]=>deny();"));
	warns_that(
		"there is never a claim \"nope\" here, so this condition always holds",
		AVOW_KIND_SGX, SGX("![type==\"nope\"]=>deny();"));
}

static void
warns_of_rules_that_never_fire(void **state)
{
	(void)state;
	warns("never-fires@2:2", AVOW_KIND_SGX,
		SGX("[type==\"late\"]=>deny();\n=>add(type=\"late\",value=1);"));
	warns_that("\"late\" is made only later, by the rule at line 3", AVOW_KIND_SGX,
		SGX("[type==\"late\"]=>deny();\n=>add(type=\"late\",value=1);"));
	/* a default that a later rule overrides */
	warns("", AVOW_KIND_SGX,
		SGX("![type==\"late\"]=>add(type=\"x\",value=0);"
		    "=>add(type=\"late\",value=1);"));
	warns("never-fires@2:20", AVOW_KIND_SGX,
		SGX("[value==1,value!=3,value==2]=>deny();"));
	warns("never-fires@2:15", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",type==\"$tee\"]=>deny();"));
	warns("never-fires@1:33", AVOW_KIND_SGX,
		V12 "configurationrules{[type==\"$svn\"]=>issueproperty(type="
		    "\"x-ms-sgx-tcbidentifier\",value=\"11\");};"
		    "authorizationrules{" NO_DEBUG "};");
	warns("unknown-word@2:2 unknown-word@2:18 unknown-word@2:34", AVOW_KIND_SGX,
		SGX("[issuer==\"Azure\",issuer!=\"Azure\",valueType!=\"Int\"]=>deny()"
		    ";"));
	/* what is made under a computed name may be anything */
	warns("", AVOW_KIND_SGX,
		SGX("c:[type==\"$tee\"]=>add(type=c.value,value=1);"
		    "[type==\"whatever\"]=>deny();"));
}

static void
warns_of_types_that_never_match(void **state)
{
	(void)state;
	warns("type-mismatch@2:15", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",value==\"1\"]=>deny();"));
	warns_that(
		"value is an Integer here and is compared with a String, which never "
		"holds",
		AVOW_KIND_SGX, SGX("[type==\"$svn\",value!=\"1\"]=>deny();"));
	warns("type-mismatch@2:2", AVOW_KIND_SGX, SGX("[type==5]=>deny();"));
	warns("type-mismatch@2:15", AVOW_KIND_SGX,
		SGX("[type==\"$svn\",value==NegateBool(true)]=>deny();"));
	/* the policy makes one of that name too, of whatever type */
	warns("", AVOW_KIND_SGX,
		SGX("=>add(type=\"$svn\",value=\"1\");"
		    "[type==\"$svn\",value==\"1\"]=>deny();"));
}

static void
warns_of_verdicts_without_a_question(void **state)
{
	(void)state;
	warns("unconditional-permit@1:32", 0, V10 PERMIT);
	warns("unconditional-deny@1:32 no-permit@1:13", 0,
		V10 "authorizationrules{=>deny();};");
	warns("no-permit@1:13", 0, V10 "authorizationrules{};");
}

static void
warns_when_a_debug_enclave_is_let_in(void **state)
{
	static const char *const guarded[] = {
		"[type==\"x-ms-sgx-is-debuggable\",value==false]=>permit();",
		"[type==\"$is-debuggable\",value!=true]&&[type==\"$svn\",value>1]"
		"=>permit();",
		"![type==\"$is-debuggable\",value==true]&&[type==\"$svn\"]=>permit();",
		"[type==\"$svn\"]=>permit();[type==\"$is-debuggable\",value==true]"
		"=>deny();",
		"[type==\"$svn\"]=>permit();![type==\"$is-debuggable\",value==false]"
		"=>deny();",
	};
	static const char *const open[] = {
		"[type==\"$svn\"]=>permit();",
		"[type==\"$is-debuggable\",value==true]=>permit();",
		"[type==\"$is-debuggable\"]=>permit();",
		"[type==\"$is-debuggable\",value==false]=>permit();"
		"[type==\"$svn\"]=>permit();",
		"[type==\"$svn\"]=>permit();[type==\"$is-debuggable\",value==true]&&"
		"[type==\"$svn\",value==1]=>deny();",
		"![type==\"$is-debuggable\",value==false]=>permit();",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++) {
		snprintf(text, sizeof(text), V12 "authorizationrules{%s};", guarded[i]);
		warns("", AVOW_KIND_SGX, text);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		snprintf(text, sizeof(text), V12 "authorizationrules{%s};", open[i]);
		warns("debug-allowed@1:13", AVOW_KIND_OE, text);
	}
	warns("unconditional-permit@1:32 debug-allowed@1:13", AVOW_KIND_SNP,
		V10 PERMIT);
	warns("debug-allowed@1:32", AVOW_KIND_TDX,
		V11
		"configurationrules{=>issueproperty(type=\"x-avow-allow-debug\","
		"value=true);};authorizationrules{[type==\"tdx_mrtd\"]=>permit();};");
	warns("", AVOW_KIND_TDX,
		V11
		"configurationrules{=>issueproperty(type=\"x-ms-sgx-tcbidentifier\","
		"value=\"17\");};authorizationrules{[type==\"tdx_mrtd\"]=>permit();};");
	warns("migration-allowed@1:32", AVOW_KIND_TDX,
		V11
		"configurationrules{=>issueproperty(type=\"x-avow-allow-migration\","
		"value=true);};authorizationrules{[type==\"tdx_mrtd\"]=>permit();};");
	warns("", AVOW_KIND_TDX,
		V11
		"configurationrules{=>issueproperty(type=\"x-avow-allow-migration\","
		"value=false);};authorizationrules{[type==\"tdx_mrtd\"]=>permit();};");
}

static void
warns_of_names_that_are_reserved(void **state)
{
	(void)state;
	warns("reserved-name@3:14", AVOW_KIND_SGX,
		SGX_ISSUE("=>issue(type=\"iss\",value=1);"));
	warns("reserved-name@3:14", AVOW_KIND_SGX,
		SGX_ISSUE("=>issue(type=\"x-ms-anything\",value=1);"));
	warns("", AVOW_KIND_SGX, SGX_ISSUE("=>add(type=\"iss\",value=1);"));
}

static void
warns_of_read_only_values_that_are_issued(void **state)
{
	static const char authorize[] = V12
		"authorizationrules{[type==\"aikValidated\",value==true]=>permit();};"
		"issuancerules{%s};";
	char text[512];

	(void)state;
	snprintf(text, sizeof(text), authorize,
		"\nc:[type==\"pcrs\"]=>issue(type=\"x\",value=c.value);");
	warns("read-only@2:19", AVOW_KIND_TPM, text);
	snprintf(
		text, sizeof(text), authorize, "\nc:[type==\"pcrs\"]=>issue(claim=c);");
	warns("read-only@2:19", AVOW_KIND_TPM, text);
	snprintf(text, sizeof(text), authorize, "c:[type==\"pcrs\"]=>add(claim=c);");
	warns("", AVOW_KIND_TPM, text);
}

static void
warns_of_properties_without_effect(void **state)
{
	(void)state;
	warns_that("there is no property \"omit_x5C_\", so this has no effect; did you "
		   "mean \"omit_x5c\"?",
		AVOW_KIND_SGX,
		SGX_ISSUE("=>issueproperty(type=\"omit_x5C_\",value=true);"));
	warns("unknown-property@3:22", AVOW_KIND_SGX,
		SGX_ISSUE("=>issueproperty(type=\"own\",value=true);"));
	warns("unknown-property@3:22", AVOW_KIND_SGX,
		SGX_ISSUE("=>issueproperty(type=\"omit_x5c\",value=true);"));
	warns("late-property@3:22", AVOW_KIND_SGX,
		SGX_ISSUE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\","
			  "value=\"11\");"));
}

static void
warns_of_sloppy_forms(void **state)
{
	(void)state;
	warns("single-equals@2:2", AVOW_KIND_SGX, SGX("[type=\"$svn\"]=>deny();"));
	warns("section-case@2:3", AVOW_KIND_SGX,
		V12 "authorizationrules{" NO_DEBUG "};Issuancerules{};");
	warns("issue-in-authorization@2:3", AVOW_KIND_SGX,
		SGX("=>issue(type=\"own\",value=1);"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_nothing_of_a_good_policy),
		cmocka_unit_test(warns_of_claims_that_are_never_there),
		cmocka_unit_test(warns_of_rules_that_never_fire),
		cmocka_unit_test(warns_of_types_that_never_match),
		cmocka_unit_test(warns_of_verdicts_without_a_question),
		cmocka_unit_test(warns_when_a_debug_enclave_is_let_in),
		cmocka_unit_test(warns_of_names_that_are_reserved),
		cmocka_unit_test(warns_of_read_only_values_that_are_issued),
		cmocka_unit_test(warns_of_properties_without_effect),
		cmocka_unit_test(warns_of_sloppy_forms),
	};

	return cmocka_run_group_tests_name("policy/lint", tests, NULL, NULL);
}
