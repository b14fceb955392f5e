/* TPM attestations, POST /attest/Tpm. */
#include "base/limits.h"
#include "evidence/tpm/layout.h"

const struct avow_kind avow_kind_tpm = {
	.name = "tpm",
	.api_name = "Tpm",
	.attestation_type = "tpm",
	.member = "data",
	.bit = AVOW_KIND_TPM,
	.max_body = AVOW_MAX_BODY_TPM,
	.max_evidence = AVOW_MAX_TPM_EVIDENCE,
	.parse = avow_tpm_parse,
	.verify = avow_tpm_verify,
	.judge = avow_tpm_judge,
	.claims = avow_tpm_claims,
	.inspect = avow_tpm_inspect,
};
