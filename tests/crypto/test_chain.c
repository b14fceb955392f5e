/*
 * crypto/chain: each rule of RFC 5280 6.1 refuses by its own code, on a chain
 * that differs in just that field (verifier-bugs 32).
 */
#include "pki.h"

static struct pki pki;

static int
setup(void **state)
{
	(void)state;
	pki_init(&pki);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	return 0;
}

static enum avow_err
link_of(const struct avow_cert_spec *child, const struct avow_cert_spec *issuer,
	size_t below, struct avow_why *why)
{
	struct avow_cert *c = pki_cert(child), *i = pki_cert(issuer);
	enum avow_err err;

	avow_why_init(why);
	err = avow_chain_link(c, i, below, why);
	assert_err(err, why->code);
	avow_cert_free(c);
	avow_cert_free(i);
	return err;
}

static void
accepts_the_good_chain(void **state)
{
	struct avow_why why;

	(void)state;
	assert_ok(link_of(&pki.leaf, &pki.ca, 0, &why));
	assert_ok(link_of(&pki.ca, &pki.root, 1, &why));
	assert_ok(link_of(&pki.root, &pki.root, 1, &why));
}

static void
refuses_another_issuer_name(void **state)
{
	static const char *const other[][2] = {
		{"CN", "test CA"}, {"O", "Avow"}, {NULL, NULL}};
	static const char *const empty[][2] = {{NULL, NULL}};
	struct avow_cert_spec spec = pki.leaf, ca = pki.ca;
	struct avow_why why;

	(void)state;
	spec.issuer = other;
	assert_err(AVOW_E_CHAIN_ISSUER, link_of(&spec, &pki.ca, 0, &why));
	assert_string_equal("Test CA", why.expected);
	assert_string_equal("test CA", why.got);
	/* two empty names are equal, and still name nobody: RFC 5280 4.1.2.4 */
	spec.issuer = empty;
	ca.subject = empty;
	assert_err(AVOW_E_CHAIN_ISSUER, link_of(&spec, &ca, 0, &why));
}

static void
refuses_an_issuer_that_is_no_ca(void **state)
{
	struct avow_cert_spec spec = pki.ca;
	struct avow_why why;

	(void)state;
	spec.is_ca = false;
	spec.path_length = -1;
	assert_err(AVOW_E_CHAIN_NOT_CA, link_of(&pki.leaf, &spec, 0, &why));
	assert_string_equal("FALSE", why.got);
	spec.with_basic_constraints = false;
	assert_err(AVOW_E_CHAIN_NOT_CA, link_of(&pki.leaf, &spec, 0, &why));
	assert_string_equal("absent", why.got);
}

static void
refuses_more_cas_than_the_path_length(void **state)
{
	struct avow_cert_spec root = pki.root;
	struct avow_why why;

	(void)state;
	assert_err(AVOW_E_CHAIN_PATH_LENGTH, link_of(&pki.leaf, &pki.ca, 1, &why));
	root.path_length = 0;
	assert_err(AVOW_E_CHAIN_PATH_LENGTH, link_of(&pki.ca, &root, 1, &why));
	root.path_length = -1;
	assert_ok(link_of(&pki.ca, &root, 7, &why));
}

static void
refuses_an_issuer_whose_key_may_not_sign_certificates(void **state)
{
	struct avow_cert_spec spec = pki.ca;
	struct avow_why why;

	(void)state;
	spec.key_usage = AVOW_KU_CRL_SIGN | AVOW_KU_DIGITAL_SIGNATURE;
	assert_err(AVOW_E_CHAIN_KEY_USAGE, link_of(&pki.leaf, &spec, 0, &why));
	spec.key_usage = 0; /* no extension: RFC 5280 6.1.4 (n) does not apply */
	assert_ok(link_of(&pki.leaf, &spec, 0, &why));
}

static void
refuses_critical_extensions_that_it_does_not_know(void **state)
{
	struct avow_cert_spec ca = pki.ca, leaf = pki.leaf;
	struct avow_why why;

	(void)state;
	ca.extra[0].oid = leaf.extra[0].oid = "1.2.3.4";
	ca.extra[0].value = leaf.extra[0].value = AVOW_LIT("\x05\x00");
	assert_ok(link_of(&leaf, &ca, 0, &why));
	ca.extra[0].critical = true;
	assert_err(AVOW_E_CHAIN_EXTENSION, link_of(&pki.leaf, &ca, 0, &why));
	assert_string_equal("2a0304", why.got);
	leaf.extra[0].critical = true;
	assert_err(AVOW_E_CHAIN_EXTENSION, link_of(&leaf, &pki.ca, 0, &why));
}

/* Each one that is known may be critical; policyConstraints, policyMappings and
 * inhibitAnyPolicy are not evaluated, so they may not. */
static void
knows_these_critical_extensions_only(void **state)
{
	static const struct {
		const char *oid;
		enum avow_err err;
	} rows[] = {{"2.5.29.17", AVOW_OK}, {"2.5.29.31", AVOW_OK},
		{"2.5.29.32", AVOW_OK}, {"2.5.29.37", AVOW_OK},
		{"2.5.29.36", AVOW_E_CHAIN_EXTENSION},
		{"2.5.29.33", AVOW_E_CHAIN_EXTENSION},
		{"2.5.29.54", AVOW_E_CHAIN_EXTENSION},
		{"2.5.29.18", AVOW_E_CHAIN_EXTENSION}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct avow_cert_spec leaf = pki.leaf;
		struct avow_why why;

		leaf.extra[0].oid = rows[i].oid;
		leaf.extra[0].value = AVOW_LIT("\x30\x00");
		leaf.extra[0].critical = true;
		assert_err(rows[i].err, link_of(&leaf, &pki.ca, 0, &why));
	}
}

static void
refuses_name_constraints_critical_or_not(void **state)
{
	struct avow_cert_spec ca = pki.ca;
	struct avow_why why;

	(void)state;
	ca.extra[0].oid = "2.5.29.30";
	ca.extra[0].value = AVOW_LIT("\x30\x00");
	assert_err(AVOW_E_CHAIN_EXTENSION, link_of(&pki.leaf, &ca, 0, &why));
}

static void
refuses_a_signature_of_another_key(void **state)
{
	struct avow_cert_spec leaf = pki.leaf;
	struct avow_why why;

	(void)state;
	leaf.signer = pki.root_key;
	assert_err(AVOW_E_CHAIN_SIGNATURE, link_of(&leaf, &pki.ca, 0, &why));
	assert_string_equal("Test Leaf", why.got);
}

static void
refuses_an_algorithm_that_does_not_fit_the_issuer(void **state)
{
	struct avow_cert_spec leaf = pki.leaf;
	struct avow_privkey *k = NULL;
	struct avow_why why;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k));
	leaf.signer = k;
	leaf.alg = AVOW_SIG_ES384_DER;
	assert_err(AVOW_E_CHAIN_ALGORITHM, link_of(&leaf, &pki.ca, 0, &why));
	avow_privkey_free(k);
}

static void
validity_includes_both_ends(void **state)
{
	struct avow_cert *c = pki_cert(&pki.leaf);
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_ok(avow_cert_valid_at(c, PKI_FROM, NULL));
	assert_ok(avow_cert_valid_at(c, PKI_UNTIL, NULL));
	assert_err(
		AVOW_E_CHAIN_NOT_YET_VALID, avow_cert_valid_at(c, PKI_FROM - 1, &why));
	assert_string_equal("notBefore", why.field);
	assert_string_equal("2020-09-13T12:26:40Z", why.expected);
	assert_string_equal("2020-09-13T12:26:39Z", why.got);
	avow_why_init(&why);
	assert_err(AVOW_E_CHAIN_EXPIRED, avow_cert_valid_at(c, PKI_UNTIL + 1, &why));
	assert_string_equal("notAfter", why.field);
	assert_err(AVOW_E_CHAIN_NOT_YET_VALID, avow_cert_valid_at(c, INT64_MIN, NULL));
	assert_err(AVOW_E_CHAIN_EXPIRED, avow_cert_valid_at(c, INT64_MAX, NULL));
	avow_cert_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_the_good_chain),
		cmocka_unit_test(refuses_another_issuer_name),
		cmocka_unit_test(refuses_an_issuer_that_is_no_ca),
		cmocka_unit_test(refuses_more_cas_than_the_path_length),
		cmocka_unit_test(refuses_an_issuer_whose_key_may_not_sign_certificates),
		cmocka_unit_test(refuses_critical_extensions_that_it_does_not_know),
		cmocka_unit_test(knows_these_critical_extensions_only),
		cmocka_unit_test(refuses_name_constraints_critical_or_not),
		cmocka_unit_test(refuses_a_signature_of_another_key),
		cmocka_unit_test(refuses_an_algorithm_that_does_not_fit_the_issuer),
		cmocka_unit_test(validity_includes_both_ends),
	};

	return cmocka_run_group_tests_name("crypto/chain", tests, setup, teardown);
}
