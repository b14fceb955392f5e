/* AES-256-GCM against published answers, every bit that is authenticated, and
 * RSAES against the private key. */
#include "support.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/aead.h"
#include "crypto/ossl.h"

static const struct avow_aead_key ZERO_KEY = {{0}, {0}};

/* McGrew and Viega, The Galois/Counter Mode, appendix B, cases 13 and 14 */
static void
gives_the_published_ciphertexts(void **state)
{
	static const uint8_t zeros[16];
	static const uint8_t tag13[16] = {0x53, 0x0f, 0x8a, 0xfb, 0xc7, 0x45, 0x36,
		0xb9, 0xa9, 0x63, 0xb4, 0xf1, 0xc4, 0xcb, 0x73, 0x8b};
	static const uint8_t tag14[16] = {0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b,
		0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19};
	static const uint8_t text14[16] = {0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b,
		0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18};
	uint8_t tag[16];
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 64);
	assert_ok(avow_aead_seal(
		&ZERO_KEY, (struct avow_span){0}, (struct avow_span){0}, &b, tag));
	assert_memory_equal(tag13, tag, 16);
	assert_ok(avow_aead_seal(
		&ZERO_KEY, (struct avow_span){0}, avow_span_make(zeros, 16), &b, tag));
	assert_memory_equal(tag14, tag, 16);
	assert_span(avow_span_make(text14, 16), avow_buf_span(&b));
	avow_buf_clear(&b);
}

static void
opens_only_what_was_sealed(void **state)
{
	uint8_t tag[16], aad[3] = {'a', 'a', 'd'};
	struct avow_span ad = {aad, 3};
	struct avow_aead_key key = ZERO_KEY;
	struct avow_buf sealed, out;

	(void)state;
	avow_buf_init(&sealed, 64);
	avow_buf_init(&out, 64);
	assert_ok(avow_aead_seal(&key, ad, AVOW_LIT("secret"), &sealed, tag));
	assert_int_equal(6, sealed.n);
	assert_ok(avow_aead_open(&key, ad, avow_buf_span(&sealed), tag, &out));
	assert_span_str("secret", avow_buf_span(&out));
	avow_buf_reset(&out);
	for (size_t i = 0; i < 6 + 16 + 3 + 32 + 12; i++) {
		uint8_t *p = i < 6         ? sealed.p + i
			     : i < 22      ? tag + (i - 6)
			     : i < 25      ? aad + (i - 22)
			     : i < 25 + 32 ? key.key + (i - 25)
					   : key.iv + (i - 57);

		*p ^= 1;
		assert_err(AVOW_E_SIGNATURE,
			avow_aead_open(&key, ad, avow_buf_span(&sealed), tag, &out));
		assert_int_equal(0, out.n);
		*p ^= 1;
	}
	avow_buf_clear(&sealed);
	avow_buf_clear(&out);
}

static void
keeps_to_the_buffers_limit(void **state)
{
	uint8_t tag[16];
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 3);
	assert_err(AVOW_E_TOO_LARGE, avow_aead_seal(&ZERO_KEY, (struct avow_span){0},
					     AVOW_LIT("1234"), &b, tag));
	avow_buf_clear(&b);
}

static void
encrypts_for_the_private_key(void **state)
{
	struct avow_privkey *k = NULL;
	struct avow_buf b;
	EVP_PKEY_CTX *ctx;
	uint8_t plain[512];
	size_t n = sizeof(plain);

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k));
	avow_buf_init(&b, 512);
	assert_ok(avow_rsaes_encrypt(avow_privkey_public(k), AVOW_LIT("secret"), &b));
	assert_int_equal(256, b.n);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_privkey_evp(k), NULL);
	assert_int_equal(1, EVP_PKEY_decrypt_init(ctx));
	assert_int_equal(1, EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING));
	assert_int_equal(1, EVP_PKEY_decrypt(ctx, plain, &n, b.p, b.n));
	assert_span_str("secret", avow_span_make(plain, n));
	EVP_PKEY_CTX_free(ctx);
	assert_err(AVOW_E_TOO_LARGE, avow_rsaes_encrypt(avow_privkey_public(k),
					     avow_span_make(plain, 246), &b));
	avow_privkey_free(k);
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &k));
	assert_err(AVOW_E_KEY_TYPE,
		avow_rsaes_encrypt(avow_privkey_public(k), AVOW_LIT("x"), &b));
	avow_privkey_free(k);
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_published_ciphertexts),
		cmocka_unit_test(opens_only_what_was_sealed),
		cmocka_unit_test(keeps_to_the_buffers_limit),
		cmocka_unit_test(encrypts_for_the_private_key),
	};

	return cmocka_run_group_tests_name("crypto/aead", tests, NULL, NULL);
}
