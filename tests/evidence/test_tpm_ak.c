/* An attestation key's chain that was verified before: it is remembered under all that
 * entered the check, and what the operator takes away takes it along (bug 25). */
#include "support.h"

#include "crypto/x509_make.h"
#include "evidence/internal.h"
#include "evidence/tpm/ak.h"
#include "wire/pem.h"

#define AT 1750000000

struct pki {
	struct avow_privkey *root_key, *ca_key, *leaf_key;
	struct avow_buf root, ca, leaf;
	struct avow_arena arena;
};

static const char *const ROOT[][2] = {{"CN", "Test TPM Root"}, {NULL, NULL}};
static const char *const CA[][2] = {{"CN", "Test TPM CA"}, {NULL, NULL}};
static const char *const LEAF[][2] = {{"CN", "Test AK"}, {NULL, NULL}};

static void
make(const char *const (*subject)[2], const char *const (*issuer)[2],
	const struct avow_privkey *key, const struct avow_privkey *signer,
	struct avow_buf *out)
{
	struct avow_cert_spec s = {.subject = subject,
		.issuer = issuer,
		.not_before_s = AT - 100,
		.not_after_s = AT + 100,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1};

	if (subject == LEAF) {
		s.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
		s.eku_oid = "2.23.133.8.3";
	} else {
		s.with_basic_constraints = s.is_ca = true;
		s.key_usage = AVOW_KU_KEY_CERT_SIGN;
	}
	avow_buf_init(out, 1 << 14);
	assert_ok(avow_cert_make(&s, out));
}

static int
setup(void **state)
{
	static struct pki p;

	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.root_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.ca_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p.leaf_key));
	make(ROOT, ROOT, p.root_key, p.root_key, &p.root);
	make(CA, ROOT, p.ca_key, p.root_key, &p.ca);
	make(LEAF, CA, p.leaf_key, p.ca_key, &p.leaf);
	avow_arena_init(&p.arena, 1 << 20);
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
	avow_arena_clear(&p->arena);
	return 0;
}

static struct avow_anchors *
anchors_of(const struct pki *p, bool with_ca)
{
	struct avow_anchors *a;
	struct avow_buf pem;

	avow_buf_init(&pem, 1 << 15);
	avow_pem_put(&pem, "CERTIFICATE", avow_buf_span(&p->root));
	if (with_ca)
		avow_pem_put(&pem, "CERTIFICATE", avow_buf_span(&p->ca));
	assert_ok(avow_anchors_new(false, &a));
	assert_ok(avow_anchors_add_pem(a, AVOW_ANCHOR_TPM, avow_buf_span(&pem), NULL));
	avow_buf_clear(&pem);
	return a;
}

static enum avow_err
find(struct pki *p, struct avow_anchors *a, struct avow_tpm_cache *cache, int64_t at_s)
{
	const struct avow_tpm_attestation t = {.aik_cert = avow_buf_span(&p->leaf)};
	const struct avow_verify_in in = {.at_s = at_s, .anchors = a};
	struct avow_tpm_ak ak;
	enum avow_err e = avow_tpm_ak_find(&t, &in, cache, &p->arena, &ak, NULL);

	assert_int_equal(e == AVOW_OK, ak.is_validated);
	avow_tpm_ak_clear(&ak);
	return e;
}

static void
a_path_goes_with_its_intermediate(void **state)
{
	struct pki *p = *state;
	struct avow_anchors *with = anchors_of(p, true),
			    *without = anchors_of(p, false);
	struct avow_tpm_cache *cache;

	assert_ok(avow_tpm_cache_new(4, &cache));
	for (int i = 0; i < 2; i++) { /* the second from memory */
		assert_ok(find(p, with, cache, AT));
		assert_int_equal(1, avow_memo_count(cache->chains));
	}
	assert_err(AVOW_E_TPM_AK_EXPIRED, find(p, with, cache, AT + 101));
	assert_err(AVOW_E_TPM_AK_ROOT, find(p, without, cache, AT));
	assert_ok(find(p, with, cache, AT));
	avow_tpm_cache_free(cache);
	avow_anchors_free(with);
	avow_anchors_free(without);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_goes_with_its_intermediate),
	};

	return cmocka_run_group_tests_name("tpm_ak", tests, setup, teardown);
}
