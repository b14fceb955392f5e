/*
 * From a request to who asks. auth/ judges the header's value; here is only
 * that there is one such header, and when it is judged.
 */
#include "api/endpoints.h"

enum avow_err
avow_api_authorize(const struct avow_http_request *rq, unsigned right,
	struct avow_who *who, struct avow_why *why)
{
	const struct avow_service *sv = avow_worker_service(rq->worker_context);
	const struct avow_span name = AVOW_LIT("Authorization");
	struct avow_span value = {NULL, 0};
	size_t n = 0;

	for (size_t i = 0; i < rq->n_headers; i++)
		if (avow_span_eq_fold(rq->headers[i].name, name)) {
			value = rq->headers[i].value;
			n++;
		}
	/* Two readers could take different ones. */
	if (n > 1)
		return avow_refuse(why, AVOW_E_UNAUTHORIZED,
			&(struct avow_at){"bearer", "Authorization", "RFC 6750, 2"},
			"one header", "%zu", n);
	return avow_auth_check(avow_service_auth(sv), value, right, who, why);
}

enum avow_err
avow_api_admit_writer(struct avow_http_request *rq, struct avow_why *why)
{
	struct avow_who who;

	return avow_api_authorize(rq, AVOW_RIGHT_WRITE, &who, why);
}
