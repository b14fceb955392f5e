/* What a TPM's protected objects are wrapped with (TPM 2.0 Library part 1, 11.4 and
 * annexes B, C): HMAC, CFB, OAEP and an ephemeral exchange. Safe from any thread. */
#ifndef AVOW_CRYPTO_WRAP_H
#define AVOW_CRYPTO_WRAP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"
#include "crypto/key.h"

/** HMAC (FIPS 198-1) of the concatenation of n parts; out: avow_hash_bytes(h). */
enum avow_err avow_hmac(enum avow_hash h, struct avow_span key,
	const struct avow_span *parts, size_t n, uint8_t *out) AVOW_CHECKED;
/** AES-CFB128 with a zero IV, appended. @param key 16 or 32 bytes. */
enum avow_err avow_aes_cfb_seal(struct avow_span key, struct avow_span plain,
	struct avow_buf *out) AVOW_CHECKED;
/** RSAES-OAEP, both hashes `h`, appended. @param label with its NUL where it has one.
 *  @return AVOW_OK, AVOW_E_KEY_TYPE, AVOW_E_TOO_LARGE, AVOW_E_CRYPTO. */
enum avow_err avow_oaep_encrypt(const struct avow_pubkey *key, enum avow_hash h,
	struct avow_span label, struct avow_span plain,
	struct avow_buf *out) AVOW_CHECKED;
/**
 * A fresh key on the peer's curve and the shared point's x.
 * @param x, y of the fresh point, of fixed width, appended. @param z likewise; a
 * secret.
 * @return AVOW_OK, AVOW_E_KEY_TYPE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_ecdh_ephemeral(const struct avow_pubkey *peer, struct avow_buf *x,
	struct avow_buf *y, struct avow_buf *z) AVOW_CHECKED;

#endif
