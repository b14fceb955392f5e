/*
 * Digests and the two small things that stand beside them: comparing secrets
 * and making random bytes. Which digest to use is the caller's; a failure (only
 * memory can be the cause) leaves zeros in `out` and an error that denies.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* SHA1_Init and its kin: see below */
#include "crypto/digest.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "crypto/ossl.h"

size_t
avow_hash_bytes(enum avow_hash h)
{
	static const size_t bytes[AVOW_N_HASHES] = {AVOW_SHA1_BYTES, AVOW_SHA256_BYTES,
		AVOW_SHA384_BYTES, AVOW_SHA512_BYTES};

	return (size_t)h < AVOW_N_HASHES ? bytes[h] : 0;
}

static bool
digest_parts(const EVP_MD *md, const struct avow_span *parts, size_t n, uint8_t *out)
{
	AVOW_AUTO_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		return false;
	for (size_t i = 0; i < n; i++)
		if (parts[i].n && EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) != 1)
			return false;
	return EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

enum avow_err
avow_digest(enum avow_hash h, const struct avow_span *parts, size_t n, uint8_t *out)
{
	const struct avow_ossl *o = avow_ossl();
	size_t bytes = avow_hash_bytes(h);

	memset(out, 0, bytes);
	if (!o || !bytes)
		return AVOW_E_CRYPTO;
	if (digest_parts(o->md[h], parts, n, out))
		return AVOW_OK;
	memset(out, 0, bytes);
	ERR_clear_error();
	return AVOW_E_CRYPTO;
}

/* The functions below EVP: the same code of the library, without the context that
 * EVP makes for each digest, which costs more than a short digest itself. */
static bool
digest_sha1(const struct avow_span *parts, size_t n, uint8_t *out)
{
	SHA_CTX c;
	int ok = SHA1_Init(&c);

	for (size_t i = 0; i < n; i++)
		ok &= SHA1_Update(&c, parts[i].p, parts[i].n);
	return (ok & SHA1_Final(out, &c)) == 1;
}

static bool
digest_sha256(const struct avow_span *parts, size_t n, uint8_t *out)
{
	SHA256_CTX c;
	int ok = SHA256_Init(&c);

	for (size_t i = 0; i < n; i++)
		ok &= SHA256_Update(&c, parts[i].p, parts[i].n);
	return (ok & SHA256_Final(out, &c)) == 1;
}

/* SHA-384 is SHA-512 from another start, cut. */
static bool
digest_sha512(bool is_384, const struct avow_span *parts, size_t n, uint8_t *out)
{
	SHA512_CTX c;
	int ok = is_384 ? SHA384_Init(&c) : SHA512_Init(&c);

	for (size_t i = 0; i < n; i++)
		ok &= SHA512_Update(&c, parts[i].p, parts[i].n);
	return (ok & SHA512_Final(out, &c)) == 1;
}

enum avow_err
avow_digest_short(
	enum avow_hash h, const struct avow_span *parts, size_t n, uint8_t *out)
{
	bool ok = false;

	memset(out, 0, avow_hash_bytes(h));
	switch (h) {
	case AVOW_SHA1:
		ok = digest_sha1(parts, n, out);
		break;
	case AVOW_SHA256:
		ok = digest_sha256(parts, n, out);
		break;
	case AVOW_SHA384:
		ok = digest_sha512(true, parts, n, out);
		break;
	case AVOW_SHA512:
		ok = digest_sha512(false, parts, n, out);
		break;
	default:
		break;
	}
	return ok ? AVOW_OK : AVOW_E_CRYPTO;
}

enum avow_err
avow_sha256(struct avow_span s, uint8_t out[AVOW_SHA256_BYTES])
{
	return avow_digest(AVOW_SHA256, &s, 1, out);
}

enum avow_err
avow_sha256_2(struct avow_span a, struct avow_span b, uint8_t out[AVOW_SHA256_BYTES])
{
	struct avow_span parts[2] = {a, b};

	return avow_digest(AVOW_SHA256, parts, 2, out);
}

enum avow_err
avow_hmac_sha256(struct avow_span key, const struct avow_span *parts, size_t n,
	uint8_t out[AVOW_SHA256_BYTES])
{
	OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(
				       "digest", (char *)(uintptr_t) "SHA256", 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t got = 0;
	bool good;

	memset(out, 0, AVOW_SHA256_BYTES);
	good = ctx && EVP_MAC_init(ctx, key.p ? key.p : (const uint8_t *)"", key.n,
			      params) == 1;
	for (size_t i = 0; good && i < n; i++)
		good = EVP_MAC_update(ctx, parts[i].p, parts[i].n) == 1;
	good = good && EVP_MAC_final(ctx, out, &got, AVOW_SHA256_BYTES) == 1 &&
	       got == AVOW_SHA256_BYTES;
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	return good ? AVOW_OK : AVOW_E_CRYPTO;
}

bool
avow_secret_eq(struct avow_span a, struct avow_span b)
{
	if (a.n != b.n)
		return false;
	return a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

enum avow_err
avow_random(uint8_t *out, size_t n)
{
	if (RAND_bytes_ex(NULL, out, n, 0) == 1)
		return AVOW_OK;
	memset(out, 0, n);
	ERR_clear_error();
	return AVOW_E_CRYPTO;
}

void
avow_wipe(void *p, size_t n)
{
	OPENSSL_cleanse(p, n);
}
