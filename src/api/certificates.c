/*
 * /certificates of a provider of the AAD trust model: it has none, and none
 * can be added or removed (spec 02, modes; the recorded refusals).
 */
#include "api/endpoints.h"

enum avow_err
avow_api_certificates_get(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_view *view = avow_worker_view(rq->worker_context);
	const struct avow_act act = {
		.right = AVOW_RIGHT_READ, .provider = AVOW_LIT("default")};
	struct avow_claims claims;
	struct avow_who who;

	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	avow_claims_init(&claims, rq->arena);
	avow_claims_add(&claims, &(struct avow_claim){
					 .name = AVOW_LIT("x-ms-policy-certificates"),
					 .type = AVOW_VALUE_JSON,
					 .string = AVOW_LIT("{\"keys\":[]}"),
					 .for_token = true,
				 });
	return avow_api_put_result(rq, rs, view, &claims, why);
}

enum avow_err
avow_api_certificates_change(struct avow_http_request *rq,
	struct avow_http_response *rs, struct avow_why *why)
{
	const struct avow_act act = {
		.right = AVOW_RIGHT_WRITE, .provider = AVOW_LIT("default")};
	struct avow_who who;

	(void)rs;
	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	return avow_refuse(why, AVOW_E_NOT_ISOLATED,
		&(struct avow_at){
			"trust_model", "provider", "MAA policy management, modes"},
		"the trust model Isolated", "AAD");
}
