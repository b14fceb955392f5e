/* Open Enclave reports and evidence, POST /attest/OpenEnclave: a wrapper around an
 * SGX quote, so everything behind the parser is SGX's. */
#include "base/limits.h"
#include "evidence/oe/layout.h"
#include "evidence/sgx/layout.h"

const struct avow_kind avow_kind_oe = {
	.name = "oe",
	.api_name = "OpenEnclave",
	.attestation_type = "sgx",
	.member = "report",
	.bit = AVOW_KIND_OE,
	.max_body = AVOW_MAX_BODY_SGX,
	.max_evidence = AVOW_MAX_OE_EVIDENCE,
	.parse = avow_oe_parse,
	.verify = avow_sgx_verify,
	.judge = avow_sgx_judge,
	.claims = avow_sgx_claims,
	.inspect = avow_sgx_inspect,
};
