/* claims/registry: names are unique and found, and reserved names are reserved. */
#include "support.h"

#include "claims/claims.h"

static void
finds_every_name_and_no_other(void **state)
{
	(void)state;
	for (int i = 1; i < AVOW_CLAIM_COUNT; i++) {
		const char *name = avow_claim_name((enum avow_claim_id)i);

		/* a name that stood twice would be found under its first number */
		assert_int_equal(i, avow_claim_lookup(avow_span_str(name)));
		assert_true(avow_claim_kinds((enum avow_claim_id)i) != 0);
		assert_true(avow_claim_flags((enum avow_claim_id)i) != 0);
	}
	assert_int_equal(AVOW_CLAIM_OTHER, avow_claim_lookup(AVOW_LIT("X-MS-VER")));
	assert_int_equal(AVOW_CLAIM_OTHER, avow_claim_lookup(AVOW_LIT("")));
	assert_string_equal("", avow_claim_name(AVOW_CLAIM_OTHER));
}

static void
knows_types_kinds_and_flags(void **state)
{
	(void)state;
	assert_int_equal(AVOW_VALUE_INTEGER, avow_claim_type(AVOW_CLAIM_SGX_SVN));
	assert_int_equal(AVOW_VALUE_JSON, avow_claim_type(AVOW_CLAIM_TPM_EVENTS));
	assert_int_equal(AVOW_KIND_SGX | AVOW_KIND_OE,
		avow_claim_kinds(AVOW_CLAIM_SGX_MRSIGNER));
	assert_true(avow_claim_flags(AVOW_CLAIM_TPM_PCRS) & AVOW_CLAIM_READ_ONLY);
	assert_true(avow_claim_flags(AVOW_CLAIM_OLD_TEE) & AVOW_CLAIM_ALIAS);
}

static void
names_issuers(void **state)
{
	enum avow_issuer i;

	(void)state;
	assert_true(avow_issuer_lookup(AVOW_LIT("CustomClaim"), &i));
	assert_int_equal(AVOW_ISSUER_CUSTOM, i);
	assert_string_equal("AttestationPolicy", avow_issuer_name(AVOW_ISSUER_POLICY));
	assert_false(avow_issuer_lookup(AVOW_LIT("attestationpolicy"), &i));
}

/* A policy never speaks for the service. */
static void
reserves_what_the_service_says(void **state)
{
	static const char *const reserved[] = {"iss", "sub", "aud", "exp", "nbf", "iat",
		"jti", "cnf", "nonce", "rp_data", "x-ms-anything", "x-avow-anything",
		"x-ms-", "ISS", "X-MS-VER", "X-Avow-a", "AAS-ehd", "tdx_mrtd",
		"dbgstat", "aas-ehd", "secureboot", "eat_profile"};
	static const char *const free_names[] = {"tee", "svn", "is-debuggable",
		"sgx-mrsigner", "product-id", "secureBootEnabled", "aikValidated",
		"events", "PlatformAttested", "issuer", ""};

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		assert_true(avow_claim_is_reserved(avow_span_str(reserved[i])));
	for (size_t i = 0; i < sizeof(free_names) / sizeof(free_names[0]); i++)
		assert_false(avow_claim_is_reserved(avow_span_str(free_names[i])));
	for (int i = 1; i < AVOW_CLAIM_COUNT; i++)
		if (avow_claim_flags((enum avow_claim_id)i) & AVOW_CLAIM_TOKEN)
			assert_true(avow_claim_is_reserved(
				avow_span_str(avow_claim_name((enum avow_claim_id)i))));
}

/* What a lenient reader of JSON takes for a name of the service's is one. */
static void
reserves_what_reads_like_it(void **state)
{
	static const struct avow_span reserved[] = {AVOW_LIT("iss\0x"),
		AVOW_LIT("x-ms-\0"), AVOW_LIT("i\xc5\xbfs"), AVOW_LIT("I\xc5\xbfS"),
		AVOW_LIT("i\xc5\xbf\xc5\xbf"), AVOW_LIT("x-m\xc5\xbf-ver"),
		AVOW_LIT("x-ms-pol\xe2\x84\xaa"), AVOW_LIT("dbg\xc5\xbftat"),
		AVOW_LIT("tdx_td_attributes_\xe2\x84\xaa"
			 "ey_locker\0")};
	static const struct avow_span free_names[] = {AVOW_LIT("\0iss"),
		AVOW_LIT("i\xc5\xbe"), AVOW_LIT("tee\0"), AVOW_LIT("iss\xc5\xbf"),
		AVOW_LIT("\xe2\x84\xaa"), AVOW_LIT("i\xc5")};

	(void)state;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		assert_true(avow_claim_is_reserved(reserved[i]));
	for (size_t i = 0; i < sizeof(free_names) / sizeof(free_names[0]); i++)
		assert_false(avow_claim_is_reserved(free_names[i]));
	for (int i = 1; i < AVOW_CLAIM_COUNT; i++)
		assert_true(strlen(avow_claim_name((enum avow_claim_id)i)) < 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_name_and_no_other),
		cmocka_unit_test(knows_types_kinds_and_flags),
		cmocka_unit_test(names_issuers),
		cmocka_unit_test(reserves_what_the_service_says),
		cmocka_unit_test(reserves_what_reads_like_it),
	};

	return cmocka_run_group_tests_name("claims/registry", tests, NULL, NULL);
}
