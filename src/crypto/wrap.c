/*
 * The primitives of credential blobs. Which key, label and order a TPM wants is
 * evidence/tpm's to know.
 */
#include "crypto/wrap.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/ossl.h"

static void
mac_free(EVP_MAC **p)
{
	EVP_MAC_free(*p);
}

static void
mac_ctx_free(EVP_MAC_CTX **p)
{
	EVP_MAC_CTX_free(*p);
}

static void
cipher_ctx_free(EVP_CIPHER_CTX **p)
{
	EVP_CIPHER_CTX_free(*p);
}

#define AUTO_MAC __attribute__((cleanup(mac_free))) EVP_MAC
#define AUTO_MAC_CTX __attribute__((cleanup(mac_ctx_free))) EVP_MAC_CTX
#define AUTO_CIPHER_CTX __attribute__((cleanup(cipher_ctx_free))) EVP_CIPHER_CTX

static const char *const HASH_NAMES[] = {"SHA1", "SHA256", "SHA384", "SHA512"};

enum avow_err
avow_hmac(enum avow_hash h, struct avow_span key, const struct avow_span *parts,
	size_t n, uint8_t *out)
{
	AUTO_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	AUTO_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
				       (char *)(uintptr_t)HASH_NAMES[h], 0),
		OSSL_PARAM_construct_end()};
	size_t size = 0;

	if (!ctx || EVP_MAC_init(ctx, key.p, key.n, params) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	for (size_t i = 0; i < n; i++)
		if (EVP_MAC_update(ctx, parts[i].p, parts[i].n) != 1)
			return avow_ossl_failed(AVOW_E_CRYPTO);
	if (EVP_MAC_final(ctx, out, &size, avow_hash_bytes(h)) != 1)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return AVOW_OK;
}

enum avow_err
avow_aes_cfb_seal(struct avow_span key, struct avow_span plain, struct avow_buf *out)
{
	AUTO_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher =
		key.n == 16 ? EVP_aes_128_cfb128() : EVP_aes_256_cfb128();
	const uint8_t iv[16] = {0};
	uint8_t *to = avow_buf_extend(out, plain.n);
	int n = 0;

	if (!to)
		return out->err;
	if (!ctx || (key.n != 16 && key.n != 32) ||
		EVP_EncryptInit_ex(ctx, cipher, NULL, key.p, iv) != 1 ||
		EVP_EncryptUpdate(ctx, to, &n, plain.p, (int)plain.n) != 1 ||
		(size_t)n != plain.n)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return AVOW_OK;
}

/* OpenSSL takes the label over and frees it. */
static bool
set_oaep(EVP_PKEY_CTX *ctx, const EVP_MD *md, struct avow_span label)
{
	uint8_t *copy;

	if (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) != 1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) != 1)
		return false;
	copy = OPENSSL_memdup(label.p, label.n);
	if (!copy)
		return false;
	if (EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int)label.n) == 1)
		return true;
	OPENSSL_free(copy);
	return false;
}

enum avow_err
avow_oaep_encrypt(const struct avow_pubkey *key, enum avow_hash h,
	struct avow_span label, struct avow_span plain, struct avow_buf *out)
{
	const struct avow_ossl *o = avow_ossl();
	size_t size = (avow_pubkey_bits(key) + 7) / 8, n = size;
	AVOW_AUTO_PKEY_CTX *ctx = NULL;
	uint8_t *to;

	if (avow_pubkey_type(key) != AVOW_KEY_RSA)
		return AVOW_E_KEY_TYPE;
	if (plain.n + 2 * avow_hash_bytes(h) + 2 > size)
		return AVOW_E_TOO_LARGE;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_pubkey_evp(key), NULL);
	to = avow_buf_extend(out, size);
	if (!to)
		return out->err;
	if (!o || !ctx || EVP_PKEY_encrypt_init(ctx) != 1 ||
		!set_oaep(ctx, o->md[h], label) ||
		EVP_PKEY_encrypt(ctx, to, &n, plain.p, plain.n) != 1 || n != size)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	return AVOW_OK;
}

enum avow_err
avow_ecdh_ephemeral(const struct avow_pubkey *peer, struct avow_buf *x,
	struct avow_buf *y, struct avow_buf *z)
{
	const struct avow_curve *curve = avow_curve_of(avow_pubkey_type(peer));
	struct avow_privkey *mine = NULL;
	AVOW_AUTO_PKEY_CTX *ctx = NULL;
	enum avow_err e;
	size_t n;
	uint8_t *to;

	if (!curve)
		return AVOW_E_KEY_TYPE;
	AVOW_TRY(avow_privkey_generate(avow_pubkey_type(peer), 0, &mine));
	e = avow_pubkey_parts(avow_privkey_public(mine), x, y);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, avow_privkey_evp(mine), NULL);
	n = curve->bytes;
	to = avow_buf_extend(z, n);
	if (e == AVOW_OK && !to)
		e = z->err;
	if (e == AVOW_OK &&
		(!ctx || EVP_PKEY_derive_init(ctx) != 1 ||
			EVP_PKEY_derive_set_peer(ctx, avow_pubkey_evp(peer)) != 1 ||
			EVP_PKEY_derive(ctx, to, &n) != 1 || n != curve->bytes))
		e = avow_ossl_failed(AVOW_E_CRYPTO);
	avow_privkey_free(mine);
	return e;
}
