/*
 * Simulated attestation of a Windows VBS enclave, whole: a TPM's quote and its
 * log that holds the identity signing key (IDK), the enclave's report under that
 * key, and the contract's second round around them. No real report has been
 * published; the layout is that of the public headers (ntenclv.h, wbcl.h, ncrypt.h).
 */
#ifndef AVOW_FORGE_VBS_H
#define AVOW_FORGE_VBS_H

#include "base/buf.h"
#include "crypto/key.h"
#include "forge/forge.h"

/** The i-th of the list of VBS deviations, NULL behind the last. Static. */
const struct avow_forge_deviation *avow_forge_vbs_deviation_at(size_t i);
/** By name, or NULL. */
const struct avow_forge_deviation *avow_forge_vbs_deviation_find(const char *name);

/** All private keys of one forged world. */
struct avow_forge_vbs_keys;

/** @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_forge_vbs_keys_new(struct avow_forge_vbs_keys **out) AVOW_CHECKED;
/** NULL is fine. The keys are wiped. */
void avow_forge_vbs_keys_free(struct avow_forge_vbs_keys *k);

/** Everything that can be asked for. Fill by avow_forge_vbs_defaults, then change;
 *  pointers must live until make returns. */
struct avow_forge_vbs {
	int64_t at_s;
	const char *corrupt; /* a deviation's name; NULL: none */
	const struct avow_forge_vbs_keys *keys; /* NULL: fresh ones */
	/* PEM of the private key that root.pem is of and the AK is certified by, so
	 * that a service can trust it before its first round; empty: one of `keys` */
	struct avow_span ca_key;
	/* what the service answered in the first round, as it was received; empty: a
	 * challenge of 16 zeros */
	struct avow_span first;
	unsigned version; /* of the protocol: 1 (attReq) or 2 (attReqV2) */
	const char *rp_id; /* NULL: none */

	/* VBS_ENCLAVE_REPORT */
	uint8_t owner_id[32], unique_id[32], author_id[32];
	uint8_t family_id[16], image_id[16];
	uint32_t enclave_svn, secure_kernel_svn, platform_svn, flags;
	const char *module; /* one beside the primary image, by name; NULL: none */
	struct avow_span blocks; /* more variable data blocks, as they are */
};

void avow_forge_vbs_defaults(struct avow_forge_vbs *p, int64_t at_s);

/**
 * Files: request.json (body of the second round), request.jws (the JWS in it),
 * report_signed.json, report.bin (the enclave's report), log.bin, quote.bin,
 * root.pem, forge.json.
 * @return as avow_forge_sgx_make.
 */
enum avow_err avow_forge_vbs_make(const struct avow_forge_vbs *p,
	struct avow_forged **out, struct avow_why *why) AVOW_CHECKED;

/* --- parts, for tests that put them elsewhere ------------------------------------ */

/**
 * Append the package of an enclave's report over `report_signed`.
 * @param idk RSA. @return AVOW_OK, the buffer's error, AVOW_E_CRYPTO.
 */
enum avow_err avow_forge_vbs_package(const struct avow_forge_vbs *p,
	const struct avow_privkey *idk, struct avow_span report_signed,
	struct avow_buf *out) AVOW_CHECKED;
/** Append the data of the tagged event that tells the identity key: a trust
 *  boundary around VSM_IDKS_INFO. @return AVOW_OK, the buffer's error,
 *  AVOW_E_CRYPTO. */
enum avow_err avow_forge_vbs_idks(
	const struct avow_pubkey *idk, struct avow_buf *out) AVOW_CHECKED;

#endif
