/*
 * Keys and signatures. A key carries its type; an algorithm that does not fit
 * it is refused before any arithmetic. Keys are immutable, reference counted
 * and may be shared between threads.
 */
#ifndef AVOW_CRYPTO_KEY_H
#define AVOW_CRYPTO_KEY_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/digest.h"

enum avow_key_type { AVOW_KEY_RSA, AVOW_KEY_P256, AVOW_KEY_P384, AVOW_KEY_P521 };

/*
 * Signature algorithms (RFC 7518 section 3.1 names). RAW is r||s, each padded to
 * the curve's size, big-endian (JOSE, Intel); DER is ECDSA-Sig-Value.
 * PS*: salt as long as the digest, MGF1 with the same hash.
 */
enum avow_sig {
	AVOW_SIG_RS256, AVOW_SIG_RS384, AVOW_SIG_RS512, AVOW_SIG_RS1, /* RS1: TPM only */
	AVOW_SIG_PS256, AVOW_SIG_PS384, AVOW_SIG_PS512,
	AVOW_SIG_ES256_RAW, AVOW_SIG_ES384_RAW, AVOW_SIG_ES512_RAW,
	AVOW_SIG_ES256_DER, AVOW_SIG_ES384_DER, AVOW_SIG_ES512_DER
};

struct avow_pubkey;
struct avow_privkey;

/**
 * From x||y, 32 (P-256), 48 (P-384) or 66 (P-521) bytes each, big-endian.
 * @return AVOW_OK; AVOW_E_KEY_POINT when it is not on the curve, is the point at
 * infinity or has another length; AVOW_E_KEY_TYPE for another type;
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_pubkey_from_point(enum avow_key_type type, struct avow_span xy,
	struct avow_pubkey **out) AVOW_CHECKED;
/** From SubjectPublicKeyInfo DER: rsaEncryption or id-RSAES-OAEP, or id-ecPublicKey of a named
 *  curve with an uncompressed point. @return AVOW_OK, AVOW_E_KEY_FORMAT,
 *  AVOW_E_KEY_POINT, AVOW_E_KEY_TYPE (other types and spellings; RSA below 2048 or
 *  above 8192 bits), AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_pubkey_from_spki(struct avow_span der, struct avow_pubkey **out)
	AVOW_CHECKED;
/** From RSA n and e, big-endian; e is odd, above 1, of at most 64 bits. Errors as
 *  above. */
enum avow_err avow_pubkey_from_rsa(struct avow_span n, struct avow_span e,
	struct avow_pubkey **out) AVOW_CHECKED;
struct avow_pubkey *avow_pubkey_ref(struct avow_pubkey *k);
void avow_pubkey_free(struct avow_pubkey *k);
enum avow_key_type avow_pubkey_type(const struct avow_pubkey *k);
unsigned avow_pubkey_bits(const struct avow_pubkey *k);
/** SubjectPublicKeyInfo DER, borrowed from the key. */
struct avow_span avow_pubkey_spki(const struct avow_pubkey *k);
bool avow_pubkey_eq(const struct avow_pubkey *a, const struct avow_pubkey *b);
/** EC coordinates or RSA n and e, big-endian, appended; EC fixed width. */
enum avow_err avow_pubkey_parts(const struct avow_pubkey *k, struct avow_buf *x_or_n,
	struct avow_buf *y_or_e) AVOW_CHECKED;

/**
 * @return AVOW_OK only when the signature holds; AVOW_E_SIGNATURE when it does
 * not; AVOW_E_SIGNATURE_FORMAT for a wrong length, DER, or r/s out of range;
 * AVOW_E_KEY_TYPE when the algorithm does not fit the key; AVOW_E_CRYPTO.
 */
enum avow_err avow_verify(const struct avow_pubkey *k, enum avow_sig alg,
	struct avow_span message, struct avow_span signature) AVOW_CHECKED;

/* Schemes by themselves, for signers whose standard lets any hash stand beside any
 * key (TPM 2.0). PSS: MGF1 with the same hash, a salt of whatever length. ECDSA is
 * r||s as RAW above. */
enum avow_scheme { AVOW_SCHEME_PKCS1, AVOW_SCHEME_PSS, AVOW_SCHEME_ECDSA };

/** As avow_verify, with the scheme and the hash each by itself. SHA-1 is taken:
 *  whether it will do is the caller's to judge. */
enum avow_err avow_verify_scheme(const struct avow_pubkey *k, enum avow_scheme scheme,
	enum avow_hash hash, struct avow_span message,
	struct avow_span signature) AVOW_CHECKED;

/** A new key; bits for RSA (2048, 3072, 4096), ignored for EC. @return AVOW_OK,
 *  AVOW_E_KEY_TYPE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_privkey_generate(enum avow_key_type type, unsigned bits,
	struct avow_privkey **out) AVOW_CHECKED;
/** PKCS#8 PEM ("PRIVATE KEY"; "EC/RSA PRIVATE KEY" too), not encrypted. Its public
 *  half must belong to it. @return AVOW_OK, AVOW_E_KEY_FORMAT, AVOW_E_KEY_TYPE,
 *  AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_privkey_from_pem(struct avow_span pem, struct avow_privkey **out)
	AVOW_CHECKED;
/** PKCS#8 PEM; use avow_buf_wipe on it. */
enum avow_err avow_privkey_to_pem(const struct avow_privkey *k, struct avow_buf *out)
	AVOW_CHECKED;
void avow_privkey_free(struct avow_privkey *k);
/** Its public half, borrowed. */
const struct avow_pubkey *avow_privkey_public(const struct avow_privkey *k);
/** Append the signature. @return AVOW_OK, AVOW_E_KEY_TYPE, AVOW_E_CRYPTO. */
enum avow_err avow_sign(const struct avow_privkey *k, enum avow_sig alg,
	struct avow_span message, struct avow_buf *out) AVOW_CHECKED;

#endif
