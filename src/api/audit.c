/*
 * GET /audit: the records of management changes, oldest first, for who may read
 * every provider. Avow's own. A reader of the whole list can check the chain by
 * itself: each record holds what its hash is made of.
 */
#include "api/endpoints.h"

#include "wire/json.h"

#define SOURCE "docs/audit.md"
#define DEFAULT_TOP 100
#define MAX_TOP 1000

static enum avow_err
read_parameter(const struct avow_http_request *rq, const char *name, int64_t max,
	int64_t *out, struct avow_why *why)
{
	struct avow_span text = avow_http_query(rq, name);
	int64_t v = 0;

	if (!text.p)
		return AVOW_OK;
	for (size_t i = 0; i < text.n && v >= 0; i++)
		v = text.p[i] < '0' || text.p[i] > '9' || v > max
			    ? -1
			    : v * 10 + (text.p[i] - '0');
	if (v > 0 && v <= max) {
		*out = v;
		return AVOW_OK;
	}
	return avow_refuse(why, AVOW_E_API_PARAMETER,
		&(struct avow_at){"request", name, SOURCE}, "a number from 1", "%.*s",
		AVOW_FMT(avow_span_slice(text, 0, 32)));
}

enum avow_err
avow_api_audit(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_act act = {.right = AVOW_RIGHT_PROVIDERS_READ};
	const struct avow_service *sv = avow_worker_service(rq->worker_context);
	int64_t from = 1, top = DEFAULT_TOP;
	struct avow_audit *records;
	struct avow_who who;
	struct avow_jw w;
	size_t n;

	AVOW_TRY(avow_api_at_root(rq, why));
	AVOW_TRY(avow_api_authorize(rq, &act, &who, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	AVOW_TRY(read_parameter(rq, "from", INT64_MAX / 16, &from, why));
	AVOW_TRY(read_parameter(rq, "$top", MAX_TOP, &top, why));
	AVOW_TRY(avow_store_audit_list(
		avow_service_store(sv), from, (size_t)top, rq->arena, &records, &n));
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "value");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++)
		avow_audit_put(&w, &records[i]);
	avow_jw_close(&w);
	avow_jw_close(&w);
	return rs->body.err;
}
