/* Sealing: AES-256-GCM (NIST SP 800-38D), and RSAES-PKCS1-v1_5 (RFC 8017, 7.2) for
 * the key of a TPM. Safe from any thread. */
#ifndef AVOW_CRYPTO_AEAD_H
#define AVOW_CRYPTO_AEAD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/key.h"

#define AVOW_AEAD_KEY_BYTES 32
#define AVOW_AEAD_IV_BYTES 12
#define AVOW_AEAD_TAG_BYTES 16

struct avow_aead_key {
	uint8_t key[AVOW_AEAD_KEY_BYTES];
	uint8_t iv[AVOW_AEAD_IV_BYTES]; /* never twice under one key */
};

/**
 * Encrypt and authenticate.
 * @param out the ciphertext is appended, as long as the plain text.
 * @param tag AVOW_AEAD_TAG_BYTES.
 * @return AVOW_OK; AVOW_E_TOO_LARGE or _NO_MEMORY of the buffer; AVOW_E_CRYPTO.
 */
enum avow_err avow_aead_seal(const struct avow_aead_key *k, struct avow_span aad,
	struct avow_span plain, struct avow_buf *out, uint8_t *tag) AVOW_CHECKED;
/**
 * The reverse. Nothing is appended unless the tag holds.
 * @return AVOW_OK; AVOW_E_SIGNATURE when anything differs from what was sealed;
 * AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_aead_open(const struct avow_aead_key *k, struct avow_span aad,
	struct avow_span sealed, const uint8_t *tag, struct avow_buf *out) AVOW_CHECKED;

/** Encrypt a short secret under an RSA key; as long as its modulus, appended.
 *  @return AVOW_OK; AVOW_E_KEY_TYPE for another key; AVOW_E_TOO_LARGE for a secret
 *  that does not fit; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_rsaes_encrypt(const struct avow_pubkey *key, struct avow_span plain,
	struct avow_buf *out) AVOW_CHECKED;

#endif
