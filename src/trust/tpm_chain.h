/*
 * Certificates of TPMs' keys: attestation keys (AK, AIK) and endorsement keys
 * (EK), verified up to a pinned TPM root key. The issuers between are the
 * operator's bundle; a client sends its leaf alone.
 */
#ifndef AVOW_TRUST_TPM_CHAIN_H
#define AVOW_TRUST_TPM_CHAIN_H

#include "trust/anchors.h"

enum avow_tpm_use { AVOW_TPM_USE_AK, AVOW_TPM_USE_EK };

#define AVOW_TPM_CHAIN_MAX 6 /* certificates, the leaf included; seen 4 with root */

struct avow_tpm_chain {
	struct avow_cert *certs[AVOW_TPM_CHAIN_MAX]; /* references, leaf first */
	size_t n;
};

/**
 * The DER that an NV index or a property holds: a TCG 1.2 header before it and
 * padding behind it (one byte value repeated: 00, 11 or FF, as makers write) are
 * cut. Other bytes are left, for the parser to refuse.
 */
struct avow_span avow_tpm_cert_cut(struct avow_span bytes);

/**
 * Form, purpose (EKU, key usage, no CA) and a path of signatures to a pinned root
 * key. Nothing here depends on time.
 * @param der of the leaf, cut. @param use AK: EKU 2.23.133.8.3, or 8.1 beside
 * Google's extension. EK: EKU 2.23.133.8.1.
 * @return AVOW_OK; AVOW_E_TPM_AK_CERT, _EKU, _CHAIN, _ROOT; for EK AVOW_E_TPM_EK
 * instead of _CERT and _EKU; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. *out is empty on
 * error but holds the leaf, when it has parsed (certs[0], n 1).
 */
enum avow_err avow_tpm_chain_verify(struct avow_span der, enum avow_tpm_use use,
	const struct avow_anchors *anchors, struct avow_tpm_chain *out,
	struct avow_why *why) AVOW_CHECKED;
/** Each certificate, both ends inclusive. @return AVOW_OK, AVOW_E_TPM_AK_EXPIRED,
 *  AVOW_E_TPM_AK_NOT_YET_VALID. */
enum avow_err avow_tpm_chain_valid_at(const struct avow_tpm_chain *c, int64_t at_s,
	struct avow_why *why) AVOW_CHECKED;
void avow_tpm_chain_clear(struct avow_tpm_chain *c);

#endif
