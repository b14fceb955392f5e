/*
 * Sealing with OpenSSL. Which key, and what the additional data says, is the
 * caller's. Opening writes into the buffer and takes it back when the tag fails,
 * so that no byte of unauthenticated text is ever seen.
 */
#include "crypto/aead.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "crypto/ossl.h"

static enum avow_err
run(EVP_CIPHER_CTX *ctx, struct avow_span aad, struct avow_span in, uint8_t *out)
{
	uint8_t none[16];
	int n;

	if (aad.n > INT_MAX || in.n > INT_MAX)
		return AVOW_E_TOO_LARGE;
	if (aad.n && EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	if (in.n && EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	if (EVP_CipherFinal_ex(ctx, none, &n) != 1)
		return avow_ossl_failed(AVOW_E_SIGNATURE);
	return AVOW_OK;
}

/* One message each way; the tag is set before opening and got after sealing. */
static enum avow_err
crypt(const struct avow_aead_key *k, bool sealing, struct avow_span aad,
	struct avow_span in, uint8_t *out, uint8_t *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	enum avow_err e = AVOW_E_CRYPTO;

	if (!ctx)
		return AVOW_E_NO_MEMORY;
	if (EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), k->key, k->iv, sealing, NULL) !=
		1)
		goto out;
	if (!sealing && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
				AVOW_AEAD_TAG_BYTES, tag) != 1)
		goto out;
	e = run(ctx, aad, in, out);
	if (e == AVOW_OK && sealing &&
		EVP_CIPHER_CTX_ctrl(
			ctx, EVP_CTRL_AEAD_GET_TAG, AVOW_AEAD_TAG_BYTES, tag) != 1)
		e = AVOW_E_CRYPTO;
out:
	if (e == AVOW_E_CRYPTO)
		e = avow_ossl_failed(AVOW_E_CRYPTO);
	EVP_CIPHER_CTX_free(ctx);
	return e;
}

static enum avow_err
crypt_into(const struct avow_aead_key *k, bool sealing, struct avow_span aad,
	struct avow_span in, struct avow_buf *out, uint8_t *tag)
{
	size_t before = out->n;
	uint8_t *at = in.n ? avow_buf_extend(out, in.n) : NULL;
	enum avow_err e;

	if (in.n && !at)
		return out->err;
	e = crypt(k, sealing, aad, in, at, tag);
	if (e != AVOW_OK) {
		if (at)
			explicit_bzero(at, in.n);
		out->n = before;
	}
	return e;
}

enum avow_err
avow_aead_seal(const struct avow_aead_key *k, struct avow_span aad,
	struct avow_span plain, struct avow_buf *out, uint8_t *tag)
{
	return crypt_into(k, true, aad, plain, out, tag);
}

enum avow_err
avow_aead_open(const struct avow_aead_key *k, struct avow_span aad,
	struct avow_span sealed, const uint8_t *tag, struct avow_buf *out)
{
	uint8_t copy[AVOW_AEAD_TAG_BYTES];

	memcpy(copy, tag, sizeof(copy));
	return crypt_into(k, false, aad, sealed, out, copy);
}

enum avow_err
avow_rsaes_encrypt(
	const struct avow_pubkey *key, struct avow_span plain, struct avow_buf *out)
{
	AVOW_AUTO_PKEY_CTX *ctx = NULL;
	size_t n = avow_pubkey_bits(key) / 8, before = out->n;
	uint8_t *at;

	if (avow_pubkey_type(key) != AVOW_KEY_RSA)
		return AVOW_E_KEY_TYPE;
	if (plain.n + 11 > n) /* RFC 8017, 7.2.1 */
		return AVOW_E_TOO_LARGE;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_pubkey_evp(key), NULL);
	if (!ctx)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	at = avow_buf_extend(out, n);
	if (!at)
		return out->err;
	if (EVP_PKEY_encrypt_init(ctx) == 1 &&
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		EVP_PKEY_encrypt(ctx, at, &n, plain.p, plain.n) == 1)
		return AVOW_OK;
	out->n = before;
	return avow_ossl_failed(AVOW_E_CRYPTO);
}
