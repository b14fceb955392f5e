/*
 * The policies that are in force until one is set, byte for byte (spec 02,
 * Defaults): their hash is in every token, so nothing here may be reformatted.
 * SGX and Open Enclave as recorded from the service; SEV-SNP recovered from
 * its hash; TDX and AzureGuest, whose texts are not known, as SEV-SNP. Tpm has
 * none: an operator must say what a machine has to prove.
 */
#include "policy/policy.h"

static const char sgx_default[] =
	"version= 1.1;configurationrules{=> "
	"issueproperty(type=\"x-ms-sgx-tcbidentifier\""
	", value=\"azuredefault\");};authorizationrules{=> permit();};issuancerules{"
	"c:[type==\"x-ms-sgx-is-debuggable\"] => issue(type=\"is-debuggable\", "
	"value=c.value);"
	"c:[type==\"x-ms-sgx-mrsigner\"] => issue(type=\"sgx-mrsigner\", "
	"value=c.value);"
	"c:[type==\"x-ms-sgx-mrenclave\"] => issue(type=\"sgx-mrenclave\", "
	"value=c.value);"
	"c:[type==\"x-ms-sgx-product-id\"] => issue(type=\"product-id\", "
	"value=c.value);"
	"c:[type==\"x-ms-sgx-svn\"] => issue(type=\"svn\", value=c.value);"
	"c:[type==\"x-ms-attestation-type\"] => issue(type=\"tee\", value=c.value);};";

static const char cvm_default[] = "version= 1.0;authorizationrules{=> permit();};";

const char *
avow_policy_default(unsigned kind)
{
	switch (kind) {
	case AVOW_KIND_SGX:
	case AVOW_KIND_OE:
		return sgx_default;
	case AVOW_KIND_SNP:
	case AVOW_KIND_TDX:
	case AVOW_KIND_AZUREGUEST:
		return cvm_default;
	default:
		return NULL;
	}
}

unsigned
avow_policy_kind(struct avow_span name)
{
	static const struct {
		const char *route, *brief;
		unsigned kind;
	} kinds[] = {
		{"SgxEnclave", "sgx", AVOW_KIND_SGX},
		{"OpenEnclave", "oe", AVOW_KIND_OE},
		{"SevSnpVm", "snp", AVOW_KIND_SNP},
		{"TdxVm", "tdx", AVOW_KIND_TDX},
		{"Tpm", "tpm", AVOW_KIND_TPM},
		{"AzureGuest", "azureguest", AVOW_KIND_AZUREGUEST},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (avow_span_eq_fold(name, avow_span_str(kinds[i].route)) ||
			avow_span_eq_str(name, kinds[i].brief))
			return kinds[i].kind;
	return 0;
}
