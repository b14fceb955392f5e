/*
 * The set of pinned root keys.
 */
#include "pki.h"
#include "trust/amd_builtin.h"

static struct pki p;

static int
setup(void **state)
{
	(void)state;
	pki_init(&p);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pki_clear(&p);
	return 0;
}

static struct avow_cert *
vector_cert(const char *name)
{
	const char *path = vector_path(name);
	struct avow_pem_block *b;
	struct avow_cert *c = NULL;
	static char text[8192];
	size_t n;
	FILE *f = path ? fopen(path, "rb") : NULL;

	if (!f)
		return NULL;
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_ok(avow_pem_parse(avow_span_make(text, n), 1, &p.a, &b, &n));
	assert_ok(avow_cert_parse(b->der, &c, NULL));
	return c;
}

/* Both published root certificates share the key that is built in. */
static void
the_built_in_key_is_intels(void **state)
{
	static const struct {
		const char *name;
		bool trusted;
	} certs[] = {
		{"anchors/intel-sgx-root-ca-2018-05-21-44a0196b.pem", true},
		{"anchors/intel-sgx-root-ca-2018-05-21-fc64f807.pem", true},
		{"anchors/intel-sgx-pck-platform-ca-2018-05-21-22eb770d.pem", false},
		{"anchors/TEST-intel-root-842a5bcb.pem", false},
		{"anchors/TEST-intel-root-bf85a53f.pem", false},
		{"anchors/TEST-intel-root-e3f49e85.pem", false},
	};
	struct avow_anchors *with, *without;
	struct avow_cert *c;

	(void)state;
	assert_ok(avow_anchors_new(true, &with));
	assert_ok(avow_anchors_new(false, &without));
	for (size_t i = 0; i < sizeof(certs) / sizeof(certs[0]); i++) {
		c = vector_cert(certs[i].name);
		if (!c)
			break;
		assert_int_equal(
			certs[i].trusted, avow_anchors_has_intel_root(with, c));
		assert_false(avow_anchors_has_intel_root(without, c));
		avow_cert_free(c);
	}
	avow_anchors_free(with);
	avow_anchors_free(without);
	if (!vector_path(certs[0].name))
		skip();
}

static void
an_added_root_is_trusted_by_its_key(void **state)
{
	struct avow_cert *renewed = make_root(&p, NULL);

	(void)state;
	assert_true(avow_anchors_has_intel_root(p.anchors, p.root));
	assert_memory_not_equal(renewed->sha256, p.root->sha256, 32);
	assert_true(avow_anchors_has_intel_root(p.anchors, renewed));
	assert_false(avow_anchors_has_intel_root(p.anchors, p.ca));
	assert_ptr_equal(NULL, avow_anchors_cert(p.anchors, AVOW_ANCHOR_INTEL_SGX, 1));
	assert_memory_equal(p.root->sha256,
		avow_anchors_cert(p.anchors, AVOW_ANCHOR_INTEL_SGX, 0)->sha256, 32);
	avow_cert_free(renewed);
}

static struct avow_span
key_pem(const struct avow_pubkey *k)
{
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 1 << 16);
	avow_pem_put(&b, "PUBLIC KEY", avow_pubkey_spki(k));
	s = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static void
a_public_key_alone_will_do(void **state)
{
	struct avow_anchors *a;

	(void)state;
	assert_ok(avow_anchors_new(false, &a));
	assert_ok(avow_anchors_add_pem(
		a, AVOW_ANCHOR_INTEL_SGX, key_pem(p.root->key), NULL));
	assert_true(avow_anchors_has_intel_root(a, p.root));
	assert_null(avow_anchors_cert(a, AVOW_ANCHOR_INTEL_SGX, 0));
	assert_memory_equal(avow_anchors_id(a), avow_anchors_id(p.anchors), 32);
	avow_anchors_free(a);
}

static void
the_id_is_that_of_the_set(void **state)
{
	struct avow_anchors *a, *b;
	uint8_t before[32];

	(void)state;
	assert_ok(avow_anchors_new(true, &a));
	assert_ok(avow_anchors_new(false, &b));
	assert_memory_not_equal(avow_anchors_id(a), avow_anchors_id(b), 32);
	assert_ok(avow_anchors_add_pem(
		b, AVOW_ANCHOR_INTEL_SGX, cert_pem(&p, p.root), NULL));
	memcpy(before, avow_anchors_id(b), 32);
	assert_ok(avow_anchors_add_pem(b, AVOW_ANCHOR_INTEL_SGX,
		key_pem(avow_privkey_public(p.other_key)), NULL));
	assert_memory_not_equal(before, avow_anchors_id(b), 32);
	avow_anchors_free(a);
	/* in the other order, and one of them twice */
	assert_ok(avow_anchors_new(false, &a));
	assert_ok(avow_anchors_add_pem(a, AVOW_ANCHOR_INTEL_SGX,
		key_pem(avow_privkey_public(p.other_key)), NULL));
	for (int i = 0; i < 2; i++)
		assert_ok(avow_anchors_add_pem(
			a, AVOW_ANCHOR_INTEL_SGX, cert_pem(&p, p.root), NULL));
	assert_memory_equal(avow_anchors_id(a), avow_anchors_id(b), 32);
	assert_ptr_equal(a, avow_anchors_ref(a));
	avow_anchors_free(a);
	assert_true(avow_anchors_has_intel_root(a, p.root));
	avow_anchors_free(a);
	avow_anchors_free(b);
	avow_anchors_free(NULL);
}

static void
the_key_tells_the_maker(void **state)
{
	struct avow_anchors *a;
	struct avow_privkey *rsa;
	struct avow_why why;
	uint8_t before[32];

	(void)state;
	assert_ok(avow_anchors_new(false, &a));
	assert_ok(avow_anchors_add_any(a, cert_pem(&p, p.root), NULL));
	assert_true(avow_anchors_has(a, AVOW_ANCHOR_INTEL_SGX, p.root));
	assert_false(avow_anchors_has(a, AVOW_ANCHOR_AMD_ARK, p.root));
	/* Intel's by its name is nobody else's */
	assert_false(avow_anchors_has(a, AVOW_ANCHOR_TPM, p.root));
	assert_memory_equal(avow_anchors_id(a), avow_anchors_id(p.anchors), 32);
	assert_ok(avow_anchors_add_any(a, avow_span_str(avow_amd_ark_pem), NULL));
	assert_non_null(avow_anchors_cert(a, AVOW_ANCHOR_AMD_ARK, 2));
	assert_null(avow_anchors_cert(a, AVOW_ANCHOR_AMD_ARK, 3));
	assert_false(avow_anchors_has(
		a, AVOW_ANCHOR_TPM, avow_anchors_cert(a, AVOW_ANCHOR_AMD_ARK, 0)));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	avow_why_init(&why);
	memcpy(before, avow_anchors_id(a), 32);
	assert_ok(avow_anchors_add_any(a, key_pem(avow_privkey_public(rsa)), &why));
	assert_memory_not_equal(before, avow_anchors_id(a), 32);
	assert_err(
		AVOW_E_ANCHOR_FORMAT, avow_anchors_add_pem(a, AVOW_ANCHOR_AMD_ARK,
					      key_pem(avow_privkey_public(rsa)), &why));
	avow_privkey_free(rsa);
	avow_anchors_free(a);
}

static void
refused(struct avow_span pem, const char *expected)
{
	struct avow_anchors *a;
	struct avow_why why;
	uint8_t before[32];

	assert_ok(avow_anchors_new(true, &a));
	memcpy(before, avow_anchors_id(a), 32);
	avow_why_init(&why);
	assert_err(AVOW_E_ANCHOR_FORMAT,
		avow_anchors_add_pem(a, AVOW_ANCHOR_INTEL_SGX, pem, &why));
	assert_string_equal(expected, why.expected);
	assert_memory_equal(before, avow_anchors_id(a), 32);
	assert_null(avow_anchors_cert(a, AVOW_ANCHOR_INTEL_SGX, 0));
	avow_anchors_free(a);
}

static struct avow_span
block(const char *label, struct avow_span der)
{
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 1 << 16);
	avow_pem_put(&b, label, der);
	s = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static void
other_signature(struct avow_cert_spec *s)
{
	s->signer = p.other_key;
}

static void
no_ca(struct avow_cert_spec *s)
{
	s->is_ca = false;
	s->path_length = -1;
}

static void
refuses_what_is_no_root(void **state)
{
	struct avow_cert *forged = make_root(&p, other_signature);
	struct avow_cert *leafy = make_root(&p, no_ca);

	(void)state;
	refused(cert_pem(&p, p.ca), "a self-signed CA certificate");
	refused(cert_pem(&p, p.leaf), "a self-signed CA certificate");
	refused(cert_pem(&p, forged), "a self-signed CA certificate");
	refused(cert_pem(&p, leafy), "a self-signed CA certificate");
	refused(block("CERTIFICATE", AVOW_LIT("abc")), "a certificate that parses");
	refused(block("PUBLIC KEY", AVOW_LIT("abc")), "a public key that parses");
	refused(block("PRIVATE KEY", AVOW_LIT("abc")), "CERTIFICATE or PUBLIC KEY");
	refused(AVOW_LIT(""), "a PEM text of certificates or public keys");
	refused(AVOW_LIT("-----BEGIN CERTIFICATE-----\nAAAA\n"),
		"a PEM text of certificates or public keys");
	avow_cert_free(forged);
	avow_cert_free(leafy);
}

static void
intels_kind_takes_p256_alone(void **state)
{
	struct avow_privkey *k;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k));
	refused(key_pem(avow_privkey_public(k)), "a P-256 key");
	avow_privkey_free(k);
}

/* A good block before a bad one is not taken either. */
static void
a_text_is_taken_whole_or_not_at_all(void **state)
{
	struct avow_span good = cert_pem(&p, p.root), bad = cert_pem(&p, p.ca);
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_buf_put(&b, good);
	avow_buf_put(&b, bad);
	refused(avow_buf_span(&b), "a self-signed CA certificate");
	avow_buf_clear(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_built_in_key_is_intels),
		T(an_added_root_is_trusted_by_its_key),
		T(the_key_tells_the_maker),
		T(a_public_key_alone_will_do),
		T(the_id_is_that_of_the_set),
		T(refuses_what_is_no_root),
		T(intels_kind_takes_p256_alone),
		T(a_text_is_taken_whole_or_not_at_all),
	};

	return cmocka_run_group_tests_name("trust/anchors", tests, NULL, NULL);
}
