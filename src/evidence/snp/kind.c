/* SEV-SNP reports, POST /attest/SevSnpVm. */
#include "base/limits.h"
#include "evidence/snp/layout.h"

const struct avow_kind avow_kind_snp = {
	.name = "snp",
	.api_name = "SevSnpVm",
	.attestation_type = "sevsnpvm",
	.member = "report",
	.bit = AVOW_KIND_SNP,
	.max_body = AVOW_MAX_BODY_CVM,
	.max_evidence = AVOW_MAX_SNP_EVIDENCE,
	.parse = avow_snp_parse,
	.verify = avow_snp_verify,
	.judge = avow_snp_judge,
	.claims = avow_snp_claims,
	.inspect = avow_snp_inspect,
};
