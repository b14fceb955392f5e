/* policy/properties: what configurationrules ask of the service (spec 04). */
#include "policy_support.h"

#define CONFIGURE(rules) V11 "configurationrules{" rules "};" PERMIT

static void
the_defaults_are_the_contracts(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r, V10 PERMIT, "{}");
	assert_ok(r.configured);
	assert_false(r.properties.tcb_identifier_set);
	assert_span_str("azuredefault", r.properties.tcb_identifier);
	assert_int_equal(0, r.properties.tcb_evaluation);
	assert_true(r.properties.require_valid_aik_cert);
	assert_int_equal(0xFFFFFF, r.properties.required_pcr_mask);
	assert_int_equal(1440, r.properties.report_validity_min);
	assert_false(r.properties.omit_x5c);
	assert_false(r.properties.allow_debug);
	assert_false(r.properties.allow_migration);
	assert_int_equal(0, r.properties.set.n);
	run_end(&r);
}

static void
each_property_is_set(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		CONFIGURE(
			"=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=\"17\");"
			"=>issueproperty(type=\"require_valid_aik_cert\",value=false);"
			"=>issueproperty(type=\"required_pcr_mask\",value=15);"
			"=>issueproperty(type=\"report_validity_in_minutes\",value=60);"
			"=>issueproperty(type=\"omit_x5c\",value=true);"
			"=>issueproperty(type=\"x-avow-allow-debug\",value=true);"
			"=>issueproperty(type=\"x-avow-allow-migration\",value="
			"true);"
			"=>issueproperty(type=\"my-own\",value=\"kept\");"),
		"{}");
	assert_ok(r.configured);
	assert_true(r.properties.tcb_identifier_set);
	assert_span_str("17", r.properties.tcb_identifier);
	assert_int_equal(17, r.properties.tcb_evaluation);
	assert_false(r.properties.require_valid_aik_cert);
	assert_int_equal(15, r.properties.required_pcr_mask);
	assert_int_equal(60, r.properties.report_validity_min);
	assert_true(r.properties.omit_x5c);
	assert_true(r.properties.allow_debug);
	assert_true(r.properties.allow_migration);
	assert_int_equal(8, r.properties.set.n);
	assert_span_str("my-own", r.properties.set.v[7].name);
	run_end(&r);
}

/* spec 11, 5 */
static void
the_last_value_of_a_property_holds(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		CONFIGURE("=>issueproperty(type=\"required_pcr_mask\",value=1);"
			  "=>issueproperty(type=\"required_pcr_mask\",value=2);"),
		"{}");
	assert_int_equal(2, r.properties.required_pcr_mask);
	run_end(&r);
}

static void
later_rules_see_properties_as_claims(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		V11 "configurationrules{=>issueproperty(type=\"a\",value=1);"
		    "[type==\"a\",issuer==\"AttestationPolicy\"]"
		    "=>issueproperty(type=\"b\",value=2);"
		    "[type==\"claim\"]=>issueproperty(type=\"c\",value=3);};"
		    "authorizationrules{[type==\"b\",value==2]&&[type==\"claim\"]"
		    "=>permit();};",
		"{\"claim\":0}");
	assert_ok(r.configured);
	/* before verification there are no claims of the evidence */
	assert_int_equal(2, r.properties.set.n);
	assert_ok(r.decided);
	run_end(&r);
}

static void
a_literal_that_a_property_cannot_have_does_not_compile(void **state)
{
	static const char *const bad[] = {
		CONFIGURE("=>issueproperty(type=\"required_pcr_mask\",@value=\"15\");"),
		CONFIGURE("=>issueproperty(type=\"required_pcr_mask\",@value=-1);"),
		CONFIGURE(
			"=>issueproperty(type=\"required_pcr_mask\",@value=16777216);"),
		CONFIGURE("=>issueproperty(type=\"require_valid_aik_cert\",@value=1);"),
		CONFIGURE("=>issueproperty(type=\"omit_x5c\",@value=\"true\");"),
		CONFIGURE("=>issueproperty(type=\"report_validity_in_minutes\",@value="
			  "0);"),
		CONFIGURE("=>issueproperty(type=\"report_validity_in_minutes\","
			  "@value=527041);"),
		CONFIGURE(
			"=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",@value=11);"),
		CONFIGURE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",@value=\"\")"
			  ";"),
		CONFIGURE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",@value="
			  "\"011\");"),
		CONFIGURE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",@value="
			  "\"1x\");"),
		CONFIGURE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\","
			  "@value=\"1234567890\");"),
		CONFIGURE(
			"=>issueproperty(type=\"x-avow-allow-debug\",@value=\"yes\");"),
		V12 "configurationrules{=>issueproperty(type=\"required_pcr_mask\","
		    "@value=NegateBool(true));};" PERMIT,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_refused(AVOW_E_POLICY_PROPERTY, bad[i]);
}

static void
a_computed_value_is_judged_when_it_is_set(void **state)
{
	static const char text[] =
		V12 "configurationrules{=>issueproperty(type=\"required_pcr_mask\","
		    "value=7);\n=>issueproperty(type=\"required_pcr_mask\","
		    "value=JsonToClaimValue(\"-1\"));};" PERMIT;
	struct run r;

	(void)state;
	run_policy(&r, text, "{}");
	assert_err(AVOW_E_POLICY_PROPERTY, r.configured);
	/* the defaults, not what came before the error */
	assert_int_equal(0xFFFFFF, r.properties.required_pcr_mask);
	assert_int_equal(0, r.properties.set.n);
	assert_true(strncmp(r.why.message, "line 2, column 3: required_pcr_mask is",
			    38) == 0);
	run_end(&r);
	assert_outcome(AVOW_E_POLICY_PROPERTY, NULL,
		ISSUE("c:[type==\"v\"]=>issueproperty(type=\"omit_x5c\",value=c.value)"
		      ";"),
		"{\"v\":1}");
}

/* A token never tells of a baseline that was not the one used. */
static void
what_acts_on_verification_cannot_be_set_after_it(void **state)
{
	struct run r;

	(void)state;
	run_policy(&r,
		ISSUE("=>issueproperty(type=\"x-ms-sgx-tcbidentifier\",value=\"17\");"
		      "=>issueproperty(type=\"required_pcr_mask\",value=1);"
		      "=>issueproperty(type=\"require_valid_aik_cert\",value=false);"
		      "=>issueproperty(type=\"x-avow-allow-debug\",value=true);"
		      "=>issueproperty(type=\"x-avow-allow-migration\",value=true);"
		      "=>issueproperty(type=\"report_validity_in_minutes\",value=5);"
		      "=>issueproperty(type=\"omit_x5c\",value=true);"),
		"{}");
	assert_ok(r.decided);
	assert_false(r.outcome.properties.tcb_identifier_set);
	assert_int_equal(0xFFFFFF, r.outcome.properties.required_pcr_mask);
	assert_true(r.outcome.properties.require_valid_aik_cert);
	assert_false(r.outcome.properties.allow_debug);
	assert_false(r.outcome.properties.allow_migration);
	assert_int_equal(5, r.outcome.properties.report_validity_min);
	assert_true(r.outcome.properties.omit_x5c);
	assert_int_equal(7, r.outcome.properties.set.n);
	run_end(&r);
}

/* The texts whose hash is in the service's tokens (spec 02, Defaults). */
static void
each_kind_has_its_default(void **state)
{
	static const unsigned kinds[] = {AVOW_KIND_SGX, AVOW_KIND_OE, AVOW_KIND_SNP,
		AVOW_KIND_TDX, AVOW_KIND_AZUREGUEST};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		avow_policy_free(compiled(avow_policy_default(kinds[i])));
	assert_string_equal("version= 1.0;authorizationrules{=> permit();};",
		avow_policy_default(AVOW_KIND_SNP));
	assert_string_equal(
		avow_policy_default(AVOW_KIND_SGX), avow_policy_default(AVOW_KIND_OE));
	assert_null(avow_policy_default(AVOW_KIND_TPM));
}

static void
the_sgx_default_is_the_recorded_text(void **state)
{
	const char *path = vector_path("maa-azure-sdk-cpp/policy-default-sgx-v1.1.txt");
	char recorded[2048];
	size_t n;
	FILE *f;

	(void)state;
	if (!path)
		skip();
	f = fopen(path, "rb");
	assert_non_null(f);
	n = fread(recorded, 1, sizeof(recorded), f);
	fclose(f);
	assert_span(avow_span_make(recorded, n),
		avow_span_str(avow_policy_default(AVOW_KIND_SGX)));
}

static void
kinds_have_two_names(void **state)
{
	(void)state;
	assert_int_equal(AVOW_KIND_SGX, avow_policy_kind(AVOW_LIT("sgxenclave")));
	assert_int_equal(AVOW_KIND_OE, avow_policy_kind(AVOW_LIT("OpenEnclave")));
	assert_int_equal(AVOW_KIND_TPM, avow_policy_kind(AVOW_LIT("tpm")));
	assert_int_equal(AVOW_KIND_AZUREGUEST, avow_policy_kind(AVOW_LIT("azureguest")));
	assert_int_equal(0, avow_policy_kind(AVOW_LIT("sgxx")));
	assert_int_equal(0, avow_policy_kind(AVOW_LIT("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_the_contracts),
		cmocka_unit_test(each_property_is_set),
		cmocka_unit_test(the_last_value_of_a_property_holds),
		cmocka_unit_test(later_rules_see_properties_as_claims),
		cmocka_unit_test(
			a_literal_that_a_property_cannot_have_does_not_compile),
		cmocka_unit_test(a_computed_value_is_judged_when_it_is_set),
		cmocka_unit_test(what_acts_on_verification_cannot_be_set_after_it),
		cmocka_unit_test(each_kind_has_its_default),
		cmocka_unit_test(kinds_have_two_names),
		cmocka_unit_test(the_sgx_default_is_the_recorded_text),
	};

	return cmocka_run_group_tests_name("policy/properties", tests, NULL, NULL);
}
