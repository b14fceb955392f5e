/* did:x509 names and an operator's reference values, as text. Names against chains
 * are tested with forged endorsements. */
#include "support.h"

#include "trust/did_x509.h"
#include "trust/snp_references.h"

#define FP "I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s"
#define DID "did:x509:0:sha256:" FP

static bool
is_did(const char *text)
{
	return avow_did_x509_is(avow_span_str(text));
}

static void
knows_names_that_can_be_resolved(void **state)
{
	(void)state;
	assert_true(is_did(DID "::eku:1.3.6.1.4.1.311.76.59.1.2"));
	assert_true(is_did(DID "::subject:CN:ContainerPlat"));
	assert_true(is_did(DID "::eku:1.2.3::subject:O:A%20B:C:US"));
	assert_true(is_did("did:x509:0:sha384:" FP FP "::eku:1.2.3") ==
		    (sizeof(FP FP) - 1 == 64));
}

/* Nothing is skipped: what is not understood makes the whole name unknown. */
static void
refuses_other_names(void **state)
{
	static const char *const bad[] = {"", "did:web:example.org", DID,
		DID "::", "did:x509:1:sha256:" FP "::eku:1.2",
		"did:x509:0:md5:" FP "::eku:1.2", "did:x509:0:sha256:" FP "x::eku:1.2",
		"did:x509:0:sha256:short::eku:1.2",
		"did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9=::eku:1."
		"2",
		DID "::san:dns:example.org", DID "::fulcio-issuer:example.org",
		DID "::eku:1.2::san:dns:example.org", DID ":eku:1.2"};
	char longer[1200] = DID "::eku:1.2";

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (is_did(bad[i]))
			fail_msg("%s", bad[i]);
	memset(longer + strlen(longer), '3', 1100 - strlen(longer));
	assert_false(is_did(longer));
}

static void
reads_issuer_feed_and_least_svn(void **state)
{
	struct avow_snp_references *r, *same;

	(void)state;
	assert_ok(avow_snp_references_new(&r));
	assert_ok(avow_snp_references_add_uvm(
		r, AVOW_LIT(DID "::eku:1.2 ContainerPlat-AMD-UVM 100"), NULL));
	assert_int_equal(1, r->n_uvm);
	assert_span_str(DID "::eku:1.2", r->uvm[0].issuer);
	assert_span_str("ContainerPlat-AMD-UVM", r->uvm[0].feed);
	assert_int_equal(100, r->uvm[0].min_svn);
	same = avow_snp_references_ref(r);
	avow_snp_references_free(r);
	assert_int_equal(1, same->n_uvm);
	avow_snp_references_free(same);
	avow_snp_references_free(NULL);
	assert_null(avow_snp_references_ref(NULL));
}

static void
refuses_reference_values_of_another_form(void **state)
{
	static const char *const bad[] = {"", DID "::eku:1.2", DID "::eku:1.2 feed",
		DID "::eku:1.2  1", DID "::eku:1.2 feed -1", DID "::eku:1.2 feed 01",
		DID "::eku:1.2 feed 1 ", DID "::eku:1.2 feed 1000000000000000000",
		"did:web:example.org feed 1", "feed 1"};
	struct avow_snp_references *r;

	(void)state;
	assert_ok(avow_snp_references_new(&r));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct avow_why why;

		avow_why_init(&why);
		assert_err(AVOW_E_CONFIG_VALUE,
			avow_snp_references_add_uvm(r, avow_span_str(bad[i]), &why));
		assert_int_equal(AVOW_E_CONFIG_VALUE, why.code);
	}
	assert_int_equal(0, r->n_uvm);
	for (size_t i = 0; i < AVOW_MAX_UVM_REFERENCES; i++)
		assert_ok(avow_snp_references_add_uvm(
			r, AVOW_LIT(DID "::eku:1.2 feed 1"), NULL));
	assert_err(AVOW_E_CONFIG_VALUE,
		avow_snp_references_add_uvm(r, AVOW_LIT(DID "::eku:1.2 feed 1"), NULL));
	avow_snp_references_free(r);
}

/* verifier bug 30: no value is no value */
static void
reads_id_keys_and_refuses_zeros(void **state)
{
	struct avow_snp_references *r;
	char hex[97];

	(void)state;
	memset(hex, '0', 96);
	hex[96] = '\0';
	assert_ok(avow_snp_references_new(&r));
	assert_err(AVOW_E_CONFIG_VALUE,
		avow_snp_references_add_id_key(r, avow_span_str(hex), NULL));
	hex[95] = '1';
	for (size_t i = 0; i < AVOW_MAX_ID_KEYS; i++)
		assert_ok(avow_snp_references_add_id_key(r, avow_span_str(hex), NULL));
	assert_int_equal(1, r->id_keys[0][47]);
	assert_err(AVOW_E_CONFIG_VALUE,
		avow_snp_references_add_id_key(r, avow_span_str(hex), NULL));
	avow_snp_references_free(r);
	assert_ok(avow_snp_references_new(&r));
	assert_err(AVOW_E_CONFIG_VALUE,
		avow_snp_references_add_id_key(r, avow_span_str(hex + 1), NULL));
	hex[0] = 'x';
	assert_err(AVOW_E_CONFIG_VALUE,
		avow_snp_references_add_id_key(r, avow_span_str(hex), NULL));
	avow_snp_references_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names_that_can_be_resolved),
		cmocka_unit_test(refuses_other_names),
		cmocka_unit_test(reads_issuer_feed_and_least_svn),
		cmocka_unit_test(refuses_reference_values_of_another_form),
		cmocka_unit_test(reads_id_keys_and_refuses_zeros),
	};

	return cmocka_run_group_tests_name("trust/snp_references", tests, NULL, NULL);
}
