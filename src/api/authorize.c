/*
 * From a request to who asks. auth/ judges the header's value; here is only
 * that there is one such header, and when it is judged.
 */
#include "api/endpoints.h"

#include "base/clock.h"

enum avow_err
avow_api_authorize(const struct avow_http_request *rq, const struct avow_act *act,
	struct avow_who *who, struct avow_why *why)
{
	const struct avow_service *sv = avow_worker_service(rq->worker_context);
	const struct avow_span name = AVOW_LIT("Authorization");
	struct avow_credentials c = {.n_certs = 0};
	size_t n = 0;

	for (size_t i = 0; i < rq->n_headers; i++)
		if (avow_span_eq_fold(rq->headers[i].name, name)) {
			c.authorization = rq->headers[i].value;
			n++;
		}
	/* Two readers could take different ones. */
	if (n > 1)
		return avow_refuse(why, AVOW_E_UNAUTHORIZED,
			&(struct avow_at){"bearer", "Authorization", "RFC 6750, 2"},
			"one header", "%zu", n);
	return avow_auth_check(avow_service_auth(sv), &c, act->right, act->provider,
		avow_clock_now_s(), rq->arena, who, why);
}

static enum avow_err
admit(struct avow_http_request *rq, unsigned right, struct avow_why *why)
{
	const struct avow_act act = {.right = right, .provider = rq->place};
	struct avow_who who;

	return avow_api_authorize(rq, &act, &who, why);
}

enum avow_err
avow_api_admit_writer(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, AVOW_RIGHT_WRITE, why);
}

enum avow_err
avow_api_admit_deleter(struct avow_http_request *rq, struct avow_why *why)
{
	return admit(rq, AVOW_RIGHT_DELETE, why);
}
