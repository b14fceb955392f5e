/*
 * TPM2_MakeCredential in software (TPM 2.0 Library part 1, 24): a secret that only
 * the TPM of an endorsement key can recover, and only while it holds the object of
 * a given name. So an attestation key without a certificate is bound to a certified
 * endorsement key.
 */
#ifndef AVOW_EVIDENCE_TPM_CREDENTIAL_H
#define AVOW_EVIDENCE_TPM_CREDENTIAL_H

#include "evidence/tpm/tpm.h"

struct avow_tpm_credential {
	struct avow_buf blob; /* TPM2B_ID_OBJECT */
	struct avow_buf secret; /* TPM2B_ENCRYPTED_SECRET */
};

void avow_tpm_credential_init(struct avow_tpm_credential *c);
void avow_tpm_credential_clear(struct avow_tpm_credential *c);

/**
 * @param ek the endorsement key, under TCG's default template for its type: RSA
 * 2048 and P-256 with SHA-256 and AES-128, RSA 3072 and P-384 with SHA-384 and
 * AES-256.
 * @param name of the object that must be loaded beside it.
 * @param value what is to be recovered, at most a digest of the template's hash.
 * @return AVOW_OK; AVOW_E_TPM_EK (a key of another type or size); AVOW_E_TOO_LARGE,
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_tpm_credential_make(const struct avow_pubkey *ek,
	const struct avow_tpm_name *name, struct avow_span value,
	struct avow_tpm_credential *out, struct avow_why *why) AVOW_CHECKED;

#endif
