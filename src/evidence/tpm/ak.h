/* Which key a machine's quotes are judged under, and whether it is known to be a
 * TPM's. */
#ifndef AVOW_EVIDENCE_TPM_AK_H
#define AVOW_EVIDENCE_TPM_AK_H

#include "evidence/memo.h"
#include "evidence/tpm/request.h"

/* Verified chains by the SHA-256 of all that entered the check; validity is judged
 * in every request. Keys by that of their JWK's text: a key is what its text says,
 * whoever sends it, and being known makes it no better. */
struct avow_tpm_cache {
	struct avow_memo *chains; /* struct avow_tpm_chain */
	struct avow_memo *keys; /* struct avow_pubkey */
};

/** @param max entries. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_tpm_cache_new(size_t max, struct avow_tpm_cache **out) AVOW_CHECKED;
void avow_tpm_cache_free(struct avow_tpm_cache *c);

/** As avow_jwk_parse, or the key that the same text gave before: to import one and
 *  to prepare its first use costs as much as a signature's check.
 *  @param cache may be NULL. @param out a reference. */
enum avow_err avow_tpm_read_key(const struct avow_json *jwk,
	struct avow_tpm_cache *cache, struct avow_arena *a,
	struct avow_pubkey **out) AVOW_CHECKED;

struct avow_tpm_ak {
	struct avow_pubkey *key; /* a reference */
	bool is_validated; /* by a certificate, or by activation */
	uint8_t sha256[AVOW_SHA256_BYTES]; /* of its SubjectPublicKeyInfo */
};

/**
 * The AK of an attestation: the certificate's key, which aik_pub must equal where
 * both are sent; else aik_pub, which is validated when it was activated.
 * @return AVOW_OK; AVOW_E_TPM_AK_CERT, _AK_KEY, _AK_EKU, _AK_CHAIN, _AK_ROOT,
 * _AK_EXPIRED, _AK_NOT_YET_VALID, _AK_UNCERTIFIED; AVOW_E_TPM_REQUEST (a JWK that
 * is none); memory and crypto. With in->allow_uncertified_ak a certificate that
 * parses and does not validate gives is_validated false.
 */
enum avow_err avow_tpm_ak_find(const struct avow_tpm_attestation *t,
	const struct avow_verify_in *in, struct avow_tpm_cache *cache,
	struct avow_arena *a, struct avow_tpm_ak *out,
	struct avow_why *why) AVOW_CHECKED;
/** The other attestation of a request names the same key. AVOW_E_TPM_BOOT_CYCLE. */
enum avow_err avow_tpm_ak_same(const struct avow_tpm_attestation *t,
	const struct avow_tpm_ak *ak, struct avow_tpm_cache *cache,
	struct avow_arena *a, struct avow_why *why) AVOW_CHECKED;
void avow_tpm_ak_clear(struct avow_tpm_ak *ak);

#endif
