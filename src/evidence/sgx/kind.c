/* SGX quotes, POST /attest/SgxEnclave. */
#include "base/limits.h"
#include "evidence/sgx/layout.h"

const struct avow_kind avow_kind_sgx = {
	.name = "sgx",
	.api_name = "SgxEnclave",
	.attestation_type = "sgx",
	.member = "quote",
	.bit = AVOW_KIND_SGX,
	.max_body = AVOW_MAX_BODY_SGX,
	.max_evidence = AVOW_MAX_QUOTE,
	.parse = avow_sgx_parse,
	.verify = avow_sgx_verify,
	.judge = avow_sgx_judge,
	.claims = avow_sgx_claims,
	.inspect = avow_sgx_inspect,
};
