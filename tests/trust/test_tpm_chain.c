#include "support.h"

#include "base/file.h"
#include "crypto/x509_make.h"
#include "trust/tpm_chain.h"
#include "wire/pem.h"

#define AT 1750000000
#define AIK "2.23.133.8.3"
#define EK "2.23.133.8.1"

/* A root, one intermediate, and leaves as the test wants them. */
struct pki {
	struct avow_privkey *root_key, *ca_key, *leaf_key;
	struct avow_buf root, ca, leaf;
	struct avow_anchors *anchors;
};

static const char *const ROOT[][2] = {{"CN", "Test TPM Root"}, {NULL, NULL}};
static const char *const CA[][2] = {{"CN", "Test TPM CA"}, {NULL, NULL}};
static const char *const LEAF[][2] = {{"CN", "Test AK"}, {NULL, NULL}};

static struct avow_cert_spec
ca_spec(const char *const (*subject)[2], const struct avow_privkey *key,
	const struct avow_privkey *signer)
{
	return (struct avow_cert_spec){.subject = subject,
		.issuer = ROOT,
		.not_before_s = AT - 1000,
		.not_after_s = AT + 1000,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN};
}

static void
add_anchor(struct pki *p, struct avow_span der)
{
	struct avow_buf pem;

	avow_buf_init(&pem, 1 << 16);
	avow_pem_put(&pem, "CERTIFICATE", der);
	assert_ok(avow_anchors_add_pem(
		p->anchors, AVOW_ANCHOR_TPM, avow_buf_span(&pem), NULL));
	avow_buf_clear(&pem);
}

static int
setup(void **state)
{
	static struct pki p;
	struct avow_cert_spec s;

	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.root_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.ca_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.leaf_key));
	avow_buf_init(&p.root, 1 << 16);
	avow_buf_init(&p.ca, 1 << 16);
	avow_buf_init(&p.leaf, 1 << 16);
	s = ca_spec(ROOT, p.root_key, p.root_key);
	assert_ok(avow_cert_make(&s, &p.root));
	s = ca_spec(CA, p.ca_key, p.root_key);
	s.path_length = 0;
	assert_ok(avow_cert_make(&s, &p.ca));
	assert_ok(avow_anchors_new(false, &p.anchors));
	add_anchor(&p, avow_buf_span(&p.root));
	add_anchor(&p, avow_buf_span(&p.ca));
	*state = &p;
	return 0;
}

static int
teardown(void **state)
{
	struct pki *p = *state;

	avow_privkey_free(p->root_key);
	avow_privkey_free(p->ca_key);
	avow_privkey_free(p->leaf_key);
	avow_buf_clear(&p->root);
	avow_buf_clear(&p->ca);
	avow_buf_clear(&p->leaf);
	avow_anchors_free(p->anchors);
	return 0;
}

static struct avow_cert_spec
leaf_spec(const struct pki *p)
{
	return (struct avow_cert_spec){.subject = LEAF,
		.issuer = CA,
		.not_before_s = AT - 100,
		.not_after_s = AT + 100,
		.key = avow_privkey_public(p->leaf_key),
		.signer = p->ca_key,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1,
		.key_usage = AVOW_KU_DIGITAL_SIGNATURE,
		.eku_oid = AIK};
}

static struct avow_span
leaf(struct pki *p, const struct avow_cert_spec *s)
{
	avow_buf_reset(&p->leaf);
	assert_ok(avow_cert_make(s, &p->leaf));
	return avow_buf_span(&p->leaf);
}

static void
expect(struct pki *p, enum avow_err e, const struct avow_cert_spec *s,
	enum avow_tpm_use use)
{
	struct avow_tpm_chain c;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(e, avow_tpm_chain_verify(leaf(p, s), use, p->anchors, &c, &why));
	assert_err(e, why.code);
	avow_tpm_chain_clear(&c);
}

static void
takes_an_ak_under_an_intermediate(void **state)
{
	struct pki *p = *state;
	struct avow_cert_spec s = leaf_spec(p);
	struct avow_tpm_chain c;

	assert_ok(avow_tpm_chain_verify(
		leaf(p, &s), AVOW_TPM_USE_AK, p->anchors, &c, NULL));
	assert_int_equal(2, c.n);
	assert_ok(avow_tpm_chain_valid_at(&c, AT, NULL));
	assert_err(AVOW_E_TPM_AK_EXPIRED, avow_tpm_chain_valid_at(&c, AT + 101, NULL));
	assert_err(AVOW_E_TPM_AK_NOT_YET_VALID,
		avow_tpm_chain_valid_at(&c, AT - 101, NULL));
	avow_tpm_chain_clear(&c);
}

static void
refuses_a_certificate_for_another_use(void **state)
{
	struct pki *p = *state;
	struct avow_cert_spec s = leaf_spec(p);

	s.eku_oid = EK;
	expect(p, AVOW_E_TPM_AK_EKU, &s, AVOW_TPM_USE_AK);
	s.key_usage = 0x04;
	expect(p, AVOW_OK, &s, AVOW_TPM_USE_EK);
	s.eku_oid = AIK;
	expect(p, AVOW_E_TPM_AK_EKU, &s, AVOW_TPM_USE_AK);
	expect(p, AVOW_E_TPM_EK, &s, AVOW_TPM_USE_EK);
	s = leaf_spec(p);
	s.eku_oid = NULL;
	expect(p, AVOW_E_TPM_AK_EKU, &s, AVOW_TPM_USE_AK);
}

/* Google's older intermediates: EKU of an EK beside their own extension. */
static void
takes_googles_ak_with_the_eks_purpose(void **state)
{
	struct pki *p = *state;
	struct avow_cert_spec s = leaf_spec(p);

	s.eku_oid = EK;
	s.extra[0] = (struct avow_extra_extension){
		"1.3.6.1.4.1.11129.2.1.21", false, AVOW_LIT("\x30\x00")};
	expect(p, AVOW_OK, &s, AVOW_TPM_USE_AK);
}

/* verifier-bugs 32: a leaf that could sign certificates is one more CA */
static void
refuses_a_ca_as_leaf(void **state)
{
	struct pki *p = *state;
	struct avow_cert_spec s = leaf_spec(p);

	s.with_basic_constraints = s.is_ca = true;
	expect(p, AVOW_E_TPM_AK_EKU, &s, AVOW_TPM_USE_AK);
}

/* verifier-bugs 25: EK and AK certificates whose chain is not checked */
static void
refuses_what_leads_to_no_trusted_root(void **state)
{
	struct pki *p = *state;
	struct avow_cert_spec s = leaf_spec(p);

	s.issuer = LEAF;
	s.signer = p->leaf_key;
	expect(p, AVOW_E_TPM_AK_ROOT, &s, AVOW_TPM_USE_AK);
	s.issuer = CA; /* the name of an intermediate, another's key */
	expect(p, AVOW_E_TPM_AK_CHAIN, &s, AVOW_TPM_USE_AK);
}

static void
refuses_what_is_no_certificate(void **state)
{
	struct pki *p = *state;
	struct avow_tpm_chain c;

	assert_err(AVOW_E_TPM_AK_CERT,
		avow_tpm_chain_verify(AVOW_LIT("\x30\x03\x02\x01\x01"), AVOW_TPM_USE_AK,
			p->anchors, &c, NULL));
	assert_int_equal(0, c.n);
	assert_err(AVOW_E_TPM_EK, avow_tpm_chain_verify(AVOW_LIT(""), AVOW_TPM_USE_EK,
					  p->anchors, &c, NULL));
}

static void
cuts_what_an_nv_index_holds(void **state)
{
	static const uint8_t der[] = {0x30, 0x03, 0x02, 0x01, 0x05};
	uint8_t in[7 + 5 + 64] = {0x10, 0x01, 0x00, 0x00, 0x07, 0x10, 0x02};
	struct avow_span want = avow_span_make(der, 5);

	(void)state;
	memcpy(in + 7, der, 5);
	assert_span(want, avow_tpm_cert_cut(avow_span_make(in, 12)));
	assert_span(want, avow_tpm_cert_cut(avow_span_make(in + 7, 5 + 64)));
	memset(in + 12, 0x11, 64);
	assert_span(want, avow_tpm_cert_cut(avow_span_make(in + 7, 5 + 64)));
	in[40] = 0x12; /* no padding: left for the parser to refuse */
	assert_int_equal(69, avow_tpm_cert_cut(avow_span_make(in + 7, 69)).n);
	assert_int_equal(0, avow_tpm_cert_cut(AVOW_LIT("")).n);
}

/* Azure's intermediate is signed by the shipped key of its root. */
static void
azures_intermediate_leads_to_the_shipped_key(void **state)
{
	const char *path = vector_path("anchors/azure-global-virtual-tpm-ca-03.pem");
	struct avow_anchors *a;
	struct avow_buf pem;

	(void)state;
	if (!path)
		skip();
	avow_buf_init(&pem, 1 << 16);
	assert_ok(avow_file_read(path, &pem));
	assert_ok(avow_anchors_new(true, &a));
	assert_ok(avow_anchors_add_any(a, avow_buf_span(&pem), NULL));
	assert_non_null(avow_anchors_intermediate(a, 0));
	assert_null(avow_anchors_intermediate(a, 1));
	assert_ok(avow_anchors_signed(
		a, AVOW_ANCHOR_TPM, avow_anchors_intermediate(a, 0)));
	assert_err(AVOW_E_CHAIN_ROOT, avow_anchors_signed(a, AVOW_ANCHOR_AMD_ARK,
					      avow_anchors_intermediate(a, 0)));
	avow_anchors_free(a);
	avow_buf_clear(&pem);
}

/* A published bundle of every TPM maker, with its comments: nothing in it becomes
 * Intel's or AMD's root. */
static void
takes_a_bundle_of_all_makers(void **state)
{
	static const char *const files[] = {
		"anchors/tpm-vendor-tpm-ca-certificates.pem",
		"anchors/tpm-vendor-tpm-intermediate-ca-certificates.pem"};
	struct avow_anchors *a;

	(void)state;
	assert_ok(avow_anchors_new(false, &a));
	for (size_t i = 0; i < 2; i++) {
		const char *path = vector_path(files[i]);
		struct avow_buf pem;

		if (!path) {
			avow_anchors_free(a);
			skip();
		}
		avow_buf_init(&pem, 1 << 20);
		assert_ok(avow_file_read(path, &pem));
		assert_ok(avow_anchors_add_any(a, avow_buf_span(&pem), NULL));
		avow_buf_clear(&pem);
	}
	assert_non_null(avow_anchors_cert(a, AVOW_ANCHOR_TPM, 20));
	assert_null(avow_anchors_cert(a, AVOW_ANCHOR_INTEL_SGX, 0));
	assert_null(avow_anchors_cert(a, AVOW_ANCHOR_AMD_ARK, 0));
	assert_non_null(avow_anchors_intermediate(a, 100));
	avow_anchors_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_ak_under_an_intermediate),
		cmocka_unit_test(refuses_a_certificate_for_another_use),
		cmocka_unit_test(takes_googles_ak_with_the_eks_purpose),
		cmocka_unit_test(refuses_a_ca_as_leaf),
		cmocka_unit_test(refuses_what_leads_to_no_trusted_root),
		cmocka_unit_test(refuses_what_is_no_certificate),
		cmocka_unit_test(cuts_what_an_nv_index_holds),
		cmocka_unit_test(azures_intermediate_leads_to_the_shipped_key),
		cmocka_unit_test(takes_a_bundle_of_all_makers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
