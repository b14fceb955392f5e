/*
 * Memory that ends at any moment, inside OpenSSL: no failure of the n-th
 * allocation makes a bad signature good, a bad link hold or a digest be zero
 * bytes taken for real. One program of its own, because the hook has to be set
 * before the library's first allocation.
 */
#include "pki.h"

#include "crypto/alloc.h"

static long countdown = -1; /* allocations until one fails; -1: never */
static unsigned long made;
static bool once;

static bool
fails(void)
{
	made++;
	if (countdown < 0)
		return false;
	if (countdown == 0) {
		countdown = once ? -1 : 0; /* else every one after it fails too */
		return true;
	}
	countdown--;
	return false;
}

static void *
count_malloc(size_t n)
{
	return fails() ? NULL : malloc(n ? n : 1);
}

static void *
count_realloc(void *p, size_t n)
{
	return fails() ? NULL : realloc(p, n);
}

static struct pki pki;
static struct avow_cert *ca, *leaf;
static struct avow_privkey *rsa;

static int
setup(void **state)
{
	(void)state;
	assert_ok(avow_crypto_set_alloc(count_malloc, count_realloc, free));
	pki_init(&pki);
	ca = pki_cert(&pki.ca);
	leaf = pki_cert(&pki.leaf);
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	countdown = -1;
	avow_cert_free(ca);
	avow_cert_free(leaf);
	avow_privkey_free(rsa);
	pki_clear(&pki);
	return 0;
}

/* What a run gives when memory ends: that, or its own answer. */
static void
memory_or(enum avow_err answer, enum avow_err got)
{
	if (got != AVOW_E_NO_MEMORY && got != AVOW_E_CRYPTO)
		assert_err(answer, got);
}

/* Calls `run` with the 1st, 2nd, ... allocation failing until none is left. */
static void
fail_each(enum avow_err (*run)(void), enum avow_err answer)
{
	enum avow_err got = AVOW_E_NO_MEMORY;
	unsigned long needed;

	countdown = -1;
	made = 0;
	assert_err(answer, run());
	needed = made;
	for (unsigned long n = 0; n < 2 * needed; n++) {
		once = n % 2 == 1;
		countdown = (long)(n / 2);
		got = run();
		countdown = -1;
		memory_or(answer, got);
	}
	assert_err(answer, run());
}

static enum avow_err
good_link(void)
{
	return avow_chain_link(leaf, ca, 0, NULL);
}

static enum avow_err
bad_link(void)
{
	return avow_cert_verify(leaf, avow_privkey_public(pki.root_key));
}

static enum avow_err
bad_raw_signature(void)
{
	uint8_t sig[64];

	memset(sig, 0x11, sizeof(sig));
	return avow_verify(ca->key, AVOW_SIG_ES256_RAW, AVOW_LIT("m"),
		avow_span_make(sig, sizeof(sig)));
}

static enum avow_err
bad_rsa_signature(enum avow_sig alg)
{
	uint8_t sig[256];

	memset(sig, 0x11, sizeof(sig));
	return avow_verify(avow_privkey_public(rsa), alg, AVOW_LIT("m"),
		avow_span_make(sig, sizeof(sig)));
}

static enum avow_err
bad_pkcs1(void)
{
	return bad_rsa_signature(AVOW_SIG_RS256);
}

static enum avow_err
bad_pss(void)
{
	return bad_rsa_signature(AVOW_SIG_PS384);
}

static enum avow_err
parse_certificate(void)
{
	struct avow_cert *c = NULL;
	enum avow_err err = avow_cert_parse(leaf->der, &c, NULL);

	assert_int_equal(err == AVOW_OK, c != NULL);
	avow_cert_free(c);
	return err;
}

static enum avow_err
point_off_the_curve(void)
{
	uint8_t xy[64] = {1};
	struct avow_pubkey *k = NULL;
	enum avow_err err = avow_pubkey_from_point(
		AVOW_KEY_P256, avow_span_make(xy, sizeof(xy)), &k);

	assert_null(k);
	return err;
}

static enum avow_err
sign_and_check(const struct avow_privkey *k, enum avow_sig alg)
{
	struct avow_buf out;
	enum avow_err err;
	long left;

	avow_buf_init(&out, 1024);
	err = avow_sign(k, alg, AVOW_LIT("m"), &out);
	left = countdown;
	countdown = -1;
	if (err == AVOW_OK) /* what it gave is whole */
		assert_ok(avow_verify(avow_privkey_public(k), alg, AVOW_LIT("m"),
			avow_buf_span(&out)));
	else
		assert_int_equal(0, out.n);
	countdown = left;
	avow_buf_clear(&out);
	return err;
}

static enum avow_err
sign_rsa(void)
{
	return sign_and_check(rsa, AVOW_SIG_RS256);
}

static enum avow_err
sign_ec(void)
{
	return sign_and_check(pki.ca_key, AVOW_SIG_ES256_RAW);
}

static enum avow_err
digest(void)
{
	static const uint8_t head[4] = {0xba, 0x78, 0x16, 0xbf};
	uint8_t out[AVOW_SHA256_BYTES];
	enum avow_err err = avow_sha256(AVOW_LIT("abc"), out);

	if (err == AVOW_OK)
		assert_memory_equal(head, out, sizeof(head));
	else
		assert_true(avow_span_all_zero(avow_span_make(out, sizeof(out))));
	return err;
}

static void
a_good_link_holds_or_says_no_memory(void **state)
{
	(void)state;
	fail_each(good_link, AVOW_OK);
	fail_each(parse_certificate, AVOW_OK);
	fail_each(digest, AVOW_OK);
}

static void
nothing_bad_becomes_good_without_memory(void **state)
{
	(void)state;
	fail_each(bad_link, AVOW_E_SIGNATURE);
	fail_each(bad_raw_signature, AVOW_E_SIGNATURE);
	fail_each(bad_pkcs1, AVOW_E_SIGNATURE);
	fail_each(bad_pss, AVOW_E_SIGNATURE);
	fail_each(point_off_the_curve, AVOW_E_KEY_POINT);
}

/* OpenSSL 3.0 signs wrongly, and says 1, after memory ended while it renewed the
 * key's blinding: this fails without the check in avow_sign. */
static void
a_signature_is_whole_or_not_there(void **state)
{
	(void)state;
	fail_each(sign_rsa, AVOW_OK);
	fail_each(sign_ec, AVOW_OK);
}

static void
the_hook_cannot_be_set_late(void **state)
{
	(void)state;
	assert_err(AVOW_E_CRYPTO, avow_crypto_set_alloc(malloc, realloc, free));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_link_holds_or_says_no_memory),
		cmocka_unit_test(nothing_bad_becomes_good_without_memory),
		cmocka_unit_test(a_signature_is_whole_or_not_there),
		cmocka_unit_test(the_hook_cannot_be_set_late),
	};

	return cmocka_run_group_tests_name("crypto/alloc", tests, setup, teardown);
}
