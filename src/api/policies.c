/*
 * GET /policies/{type}: the policy in force, as a JWT inside a result token
 * (spec 02, response tokens). A type without a policy gives the JWT of an
 * empty payload.
 *
 * Built-in defaults are public and shown to everybody; what somebody has set is
 * shown to a reader. A bearer token that does not hold is refused either way.
 */
#include "api/endpoints.h"

#include "api/policy_jwt.h"
#include "base/clock.h"
#include "base/limits.h"

static enum avow_err
may_read(const struct avow_http_request *rq, const struct avow_bound_policy *policy,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_READ, .provider = rq->place};
	struct avow_who who;

	if (!policy->is_set && !avow_http_header(rq, "Authorization").p)
		return AVOW_OK;
	return avow_api_authorize(rq, &act, &who, why);
}

void
avow_api_add_string(
	struct avow_claims *claims, struct avow_span name, struct avow_span value)
{
	avow_claims_add(claims, &(struct avow_claim){
					.name = name,
					.type = AVOW_VALUE_STRING,
					.string = value,
					.for_token = true,
				});
}

enum avow_err
avow_api_put_result(struct avow_http_request *rq, struct avow_http_response *rs,
	const struct avow_provider *provider, const struct avow_claims *claims,
	struct avow_why *why)
{
	AVOW_TRY(claims->err);
	avow_buf_put_str(&rs->body, "{\"token\":\"");
	AVOW_TRY(avow_token_make_result(avow_provider_issuer(provider),
		avow_clock_now_s(), claims, rq->arena, &rs->body, why));
	avow_buf_put_str(&rs->body, "\"}");
	return rs->body.err;
}

enum avow_err
avow_api_policy_get(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_kind *kind = avow_kind_by_api_name(rq->param);
	const struct avow_bound_policy *policy;
	const struct avow_provider *provider;
	struct avow_claims claims;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	if (!kind)
		return avow_api_unknown_type(rq->param, why);
	policy = avow_provider_policy(provider, kind);
	AVOW_TRY(may_read(rq, policy, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	avow_claims_init(&claims, rq->arena);
	avow_api_add_string(&claims, AVOW_LIT("x-ms-policy"), policy->jwt);
	return avow_api_put_result(rq, rs, provider, &claims, why);
}
