/* Azure guests, POST /attest/AzureGuest. */
#include "base/limits.h"
#include "evidence/azureguest/layout.h"

const struct avow_kind avow_kind_azureguest = {
	.name = "azure-guest",
	.api_name = "AzureGuest",
	.attestation_type = "azurevm",
	.member = "AttestationInfo",
	.bit = AVOW_KIND_AZUREGUEST,
	.max_body = AVOW_MAX_BODY_AZUREGUEST,
	.max_evidence = AVOW_MAX_BODY_AZUREGUEST / 4 * 3,
	.parse = azg_parse,
	.verify = azg_verify,
	.judge = azg_judge,
	.claims = azg_claims,
	.seal = azg_seal,
	.inspect = azg_inspect,
};
