/*
 * GET /certs and GET /.well-known/openid-configuration: what a relying party
 * needs to check a token. Neither asks for an api-version: clients up to
 * 2022-08-01 send none (spec 01, section 1).
 */
#include "api/endpoints.h"
#include "base/clock.h"

enum avow_err
avow_api_certs(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_provider *provider;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	return avow_token_certs(
		avow_provider_issuer(provider), avow_clock_now_s(), &rs->body);
}

enum avow_err
avow_api_metadata(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_provider *provider;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	return avow_token_metadata(
		avow_provider_issuer(provider), avow_clock_now_s(), &rs->body);
}
