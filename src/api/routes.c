/*
 * The route table. The first match wins; letters match in any case.
 */
#include "api/endpoints.h"
#include "base/limits.h"

static const struct avow_http_route ROUTES[] = {
	{AVOW_HTTP_POST, "/attest/SgxEnclave", AVOW_MAX_BODY_SGX, avow_api_attest, NULL},
	{AVOW_HTTP_POST, "/attest/OpenEnclave", AVOW_MAX_BODY_SGX, avow_api_attest, NULL},
	{AVOW_HTTP_POST, "/attest/TdxVm", AVOW_MAX_BODY_CVM, avow_api_attest, NULL},
	{AVOW_HTTP_POST, "/attest/{type}", AVOW_MAX_BODY_SMALL, avow_api_attest, NULL},
	{AVOW_HTTP_GET, "/certs", 0, avow_api_certs, NULL},
	{AVOW_HTTP_GET, "/.well-known/openid-configuration", 0, avow_api_metadata, NULL},
	{AVOW_HTTP_GET, "/policies/{type}", 0, avow_api_policy_get, NULL},
	{AVOW_HTTP_PUT, "/policies/{type}", AVOW_MAX_BODY_POLICY, avow_api_policy_put,
		avow_api_admit_writer},
	{AVOW_HTTP_POST, "/policies/{type}:reset", AVOW_MAX_BODY_POLICY,
		avow_api_policy_reset, avow_api_admit_deleter},
	{AVOW_HTTP_GET, "/certificates", 0, avow_api_certificates_get, NULL},
	{AVOW_HTTP_POST, "/certificates:add", AVOW_MAX_BODY_SMALL,
		avow_api_certificates_add, avow_api_admit_writer},
	{AVOW_HTTP_POST, "/certificates:remove", AVOW_MAX_BODY_SMALL,
		avow_api_certificates_remove, avow_api_admit_deleter},
	{AVOW_HTTP_GET, "/servicehealth", 0, avow_api_health, NULL},
	{AVOW_HTTP_GET, "/livez", 0, avow_api_live, NULL},
	{AVOW_HTTP_GET, "/readyz", 0, avow_api_ready, NULL},
};

const struct avow_http_route *
avow_service_routes(size_t *n)
{
	*n = sizeof(ROUTES) / sizeof(ROUTES[0]);
	return ROUTES;
}
