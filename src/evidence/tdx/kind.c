/* TDX quotes, POST /attest/TdxVm. */
#include "base/limits.h"
#include "evidence/tdx/layout.h"

const struct avow_kind avow_kind_tdx = {
	.name = "tdx",
	.api_name = "TdxVm",
	.attestation_type = "tdxvm",
	.member = "quote",
	.bit = AVOW_KIND_TDX,
	.max_body = AVOW_MAX_BODY_CVM,
	.max_evidence = AVOW_MAX_QUOTE,
	.parse = avow_tdx_parse,
	.verify = avow_tdx_verify,
	.judge = avow_tdx_judge,
	.claims = avow_tdx_claims,
	.inspect = avow_tdx_inspect,
};
