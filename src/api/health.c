/*
 * Health, for load balancers and supervisors, whatever host they ask for.
 * /livez: the process answers. /readyz: it can serve, because a view is
 * published (a worker without one does not exist) and the store can be read.
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
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	int64_t generation;

	(void)why;
	AVOW_TRY(avow_store_generation(avow_service_store(sv), &generation));
	avow_buf_put_str(&rs->body, "{\"status\":\"ready\"}");
	return rs->body.err;
}
