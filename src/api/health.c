/*
 * Health, for load balancers and supervisors. /livez: the process answers.
 * /readyz and /servicehealth: it can serve, because a view is published; a
 * worker without one does not exist, so answering is the proof.
 */
#include "api/endpoints.h"

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

enum avow_err
avow_api_ready(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	(void)why;
	if (!avow_worker_view(rq->worker_context)->provider)
		return AVOW_E_STORE;
	avow_buf_put_str(&rs->body, "{\"status\":\"ready\"}");
	return rs->body.err;
}
