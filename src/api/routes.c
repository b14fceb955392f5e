/*
 * The route table. The first match wins; letters match in any case.
 */
#include "api/endpoints.h"
#include "api/arm.h"
#include "base/limits.h"

/* The control plane's paths (MAA control plane). */
#define SUBSCRIPTION "/subscriptions/{s}"
#define GROUP SUBSCRIPTION "/resourceGroups/{g}"
#define ARM "/providers/Microsoft.Attestation"
#define PROVIDERS GROUP ARM "/attestationProviders"
#define PROVIDER PROVIDERS "/{name}"
#define CONNECTIONS PROVIDER "/privateEndpointConnections"

static const struct avow_http_route ROUTES[] = {
	{AVOW_HTTP_POST, "/attest/SgxEnclave", AVOW_MAX_BODY_SGX, avow_api_attest,
		NULL},
	{AVOW_HTTP_POST, "/attest/OpenEnclave", AVOW_MAX_BODY_SGX, avow_api_attest,
		NULL},
	{AVOW_HTTP_POST, "/attest/TdxVm", AVOW_MAX_BODY_CVM, avow_api_attest, NULL},
	{AVOW_HTTP_POST, "/attest/Tpm", AVOW_MAX_BODY_TPM, avow_api_attest_tpm,
		avow_api_admit_tpm},
	{AVOW_HTTP_POST, "/attest/{type}", AVOW_MAX_BODY_SMALL, avow_api_attest, NULL},
	{AVOW_HTTP_GET, "/certs", 0, avow_api_certs, NULL},
	{AVOW_HTTP_GET, "/.well-known/openid-configuration", 0, avow_api_metadata,
		NULL},
	{AVOW_HTTP_GET, "/policies/{type}", 0, avow_api_policy_get, NULL},
	{AVOW_HTTP_PUT, "/policies/{type}", AVOW_MAX_BODY_POLICY, avow_api_policy_put,
		avow_api_admit_writer},
	{AVOW_HTTP_POST, "/policies/{type}:reset", AVOW_MAX_BODY_POLICY,
		avow_api_policy_reset, avow_api_admit_deleter},
	{AVOW_HTTP_GET, "/policies/{type}/versions", 0, avow_api_policy_versions, NULL},
	{AVOW_HTTP_GET, "/policies/{type}/versions/{version}", 0,
		avow_api_policy_version, NULL},
	{AVOW_HTTP_GET, "/audit", 0, avow_api_audit, NULL},
	{AVOW_HTTP_GET, "/certificates", 0, avow_api_certificates_get, NULL},
	{AVOW_HTTP_POST, "/certificates:add", AVOW_MAX_BODY_SMALL,
		avow_api_certificates_add, avow_api_admit_writer},
	{AVOW_HTTP_POST, "/certificates:remove", AVOW_MAX_BODY_SMALL,
		avow_api_certificates_remove, avow_api_admit_deleter},
	{AVOW_HTTP_GET, ARM "/operations", 0, avow_arm_operations, NULL},
	{AVOW_HTTP_PUT, PROVIDER, AVOW_MAX_BODY_ARM, avow_arm_create, avow_arm_admit},
	{AVOW_HTTP_GET, PROVIDER, 0, avow_arm_get, NULL},
	{AVOW_HTTP_PATCH, PROVIDER, AVOW_MAX_BODY_ARM, avow_arm_update, avow_arm_admit},
	{AVOW_HTTP_DELETE, PROVIDER, 0, avow_arm_delete, NULL},
	{AVOW_HTTP_GET, PROVIDERS, 0, avow_arm_list_group, NULL},
	{AVOW_HTTP_GET, SUBSCRIPTION ARM "/attestationProviders", 0, avow_arm_list,
		NULL},
	{AVOW_HTTP_GET, SUBSCRIPTION ARM "/defaultProviders", 0, avow_arm_defaults,
		NULL},
	{AVOW_HTTP_GET, SUBSCRIPTION ARM "/locations/{location}/defaultProvider", 0,
		avow_arm_default_at, NULL},
	{AVOW_HTTP_GET, CONNECTIONS, 0, avow_arm_connections, NULL},
	{AVOW_HTTP_GET, CONNECTIONS "/{pec}", 0, avow_arm_connection, NULL},
	{AVOW_HTTP_PUT, CONNECTIONS "/{pec}", AVOW_MAX_BODY_SMALL, avow_arm_connect,
		avow_arm_admit},
	{AVOW_HTTP_DELETE, CONNECTIONS "/{pec}", 0, avow_arm_disconnect, NULL},
	{AVOW_HTTP_GET, PROVIDER "/privateLinkResources", 0, avow_arm_connections,
		NULL},
	{AVOW_HTTP_GET, "/tcbbaselines/{type}", 0, avow_api_tcb_baselines, NULL},
	{AVOW_HTTP_GET, "/machines", 0, avow_api_machines, NULL},
	{AVOW_HTTP_GET, "/machines/{id}", 0, avow_api_machine, NULL},
	{AVOW_HTTP_GET, "/machines/{id}/diff", 0, avow_api_machine_diff, NULL},
	{AVOW_HTTP_GET, "/servicehealth", 0, avow_api_health, avow_api_admit_probe},
	{AVOW_HTTP_GET, "/livez", 0, avow_api_live, avow_api_admit_probe},
	{AVOW_HTTP_GET, "/readyz", 0, avow_api_ready, avow_api_admit_probe},
	{AVOW_HTTP_GET, "/metrics", 0, avow_api_metrics, avow_api_admit_probe},
};

const struct avow_http_route *
avow_service_routes(size_t *n)
{
	*n = sizeof(ROUTES) / sizeof(ROUTES[0]);
	return ROUTES;
}
