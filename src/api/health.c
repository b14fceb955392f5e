/*
 * Health, for load balancers and supervisors, whatever host they ask for.
 * /livez: the process answers. /readyz: it can serve, because a view is
 * published (a worker without one does not exist) and the store can be read.
 */
#include "api/endpoints.h"
#include "base/clock.h"
#include "base/limits.h"
#include "wire/json_member.h"

enum avow_err
avow_api_admit_probe(struct avow_http_request *rq, struct avow_why *why)
{
	static const struct avow_at at = {"head", "size", "Avow limits.h"};

	if (rq->head_bytes <= AVOW_MAX_HEAD_PROBE)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_HTTP_HEAD_TOO_LARGE, &at,
		"a small head, where no token is needed", "%zu bytes", rq->head_bytes);
}

enum avow_err
avow_api_health(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	(void)rq;
	(void)why;
	rs->status = 204;
	return AVOW_OK;
}

enum avow_err
avow_api_live(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	(void)rq;
	(void)why;
	avow_buf_put_str(&rs->body, "{\"status\":\"live\"}");
	return rs->body.err;
}

/* Collateral that ends makes verdicts undecided one by one, not the service
 * unready: it is told, and is for whoever watches. */
static void
put_ready(struct avow_buf *b, struct avow_watch_state s)
{
	char expires[AVOW_TIME_TEXT];
	struct avow_jw w;

	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "status", "ready");
	if (s.has_looked)
		avow_jw_put_str(&w, "collateral", avow_survey_state_name(s.worst));
	if (s.earliest_expiry_s != INT64_MAX) {
		avow_time_format(s.earliest_expiry_s, expires);
		avow_jw_put_str(&w, "collateralExpires", expires);
	}
	avow_jw_close(&w);
}

enum avow_err
avow_api_ready(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	int64_t generation;

	AVOW_TRY(avow_store_generation(avow_service_store(sv), &generation));
	AVOW_TRY(avow_supply_check_clock(
		avow_service_supply(sv), avow_clock_now_s(), why));
	put_ready(&rs->body, avow_watch_state(avow_service_watch(sv)));
	return rs->body.err;
}
