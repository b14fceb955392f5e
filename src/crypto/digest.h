/* Digests (FIPS 180-4). They cannot fail but for memory; then they abort the
 * request by AVOW_E_CRYPTO, never by a zero digest taken for real. Safe from any
 * thread. */
#ifndef AVOW_CRYPTO_DIGEST_H
#define AVOW_CRYPTO_DIGEST_H

#include "base/err.h"
#include "base/span.h"

enum avow_hash { AVOW_SHA1, AVOW_SHA256, AVOW_SHA384, AVOW_SHA512 };
#define AVOW_N_HASHES 4

#define AVOW_SHA1_BYTES 20
#define AVOW_SHA256_BYTES 32
#define AVOW_SHA384_BYTES 48
#define AVOW_SHA512_BYTES 64
#define AVOW_MAX_DIGEST 64

/** Bytes of its digest; 0 for a value that is not of the enum. */
size_t avow_hash_bytes(enum avow_hash h);
/** The digest of the concatenation of n parts. out: avow_hash_bytes(h). */
enum avow_err avow_digest(enum avow_hash h, const struct avow_span *parts, size_t n,
	uint8_t *out) AVOW_CHECKED;
enum avow_err avow_sha256(
	struct avow_span s, uint8_t out[AVOW_SHA256_BYTES]) AVOW_CHECKED;
enum avow_err avow_sha256_2(struct avow_span a, struct avow_span b,
	uint8_t out[AVOW_SHA256_BYTES]) AVOW_CHECKED;
/** As avow_digest, without allocating: for logs of many thousand short events. */
enum avow_err avow_digest_short(enum avow_hash h, const struct avow_span *parts,
	size_t n, uint8_t *out) AVOW_CHECKED;

/** HMAC-SHA256 (RFC 2104) of the concatenation of n parts.
 *  @return AVOW_OK, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY. */
enum avow_err avow_hmac_sha256(struct avow_span key, const struct avow_span *parts,
	size_t n, uint8_t out[AVOW_SHA256_BYTES]) AVOW_CHECKED;

/** Forget a secret; the compiler does not leave it out. */
void avow_wipe(void *p, size_t n);
/** Constant time. */
bool avow_secret_eq(struct avow_span a, struct avow_span b);
/** Fill with bytes fit for keys. @return AVOW_OK or AVOW_E_CRYPTO. */
enum avow_err avow_random(uint8_t *out, size_t n) AVOW_CHECKED;

#endif
