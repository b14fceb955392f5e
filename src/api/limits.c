/*
 * How often, and how many at a time: by the client's address, then by provider.
 * Judged on the head, before a body is taken or a token looked at. An IPv6
 * client counts by its /64, since that much is anybody's for the asking. Health
 * checks do not count: a busy service is not a dead one.
 */
#include "api/limits.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpoints.h"
#include "http/forwarded.h"

struct avow_limits {
	struct avow_rate *by_address, *by_provider;
};

enum avow_err
avow_limits_new(const struct avow_rate_rule *by_address,
	const struct avow_rate_rule *by_provider, struct avow_limits **out)
{
	struct avow_limits *l = calloc(1, sizeof(*l));
	enum avow_err e;

	*out = NULL;
	if (!l)
		return AVOW_E_NO_MEMORY;
	e = avow_rate_new(by_address, &l->by_address);
	if (e == AVOW_OK)
		e = avow_rate_new(by_provider, &l->by_provider);
	if (e != AVOW_OK) {
		avow_limits_free(l);
		return e;
	}
	*out = l;
	return AVOW_OK;
}

void
avow_limits_free(struct avow_limits *l)
{
	if (!l)
		return;
	avow_rate_free(l->by_address);
	avow_rate_free(l->by_provider);
	free(l);
}

static bool
is_health(const struct avow_http_request *rq)
{
	avow_http_handler *h = rq->route->handle;

	return h == avow_api_health || h == avow_api_live || h == avow_api_ready;
}

/* RFC 9110 10.2.3: whole seconds, at least one. */
static enum avow_err
limited(struct avow_http_response *rs, struct avow_why *why, const char *field,
	int64_t wait_us)
{
	const struct avow_at at = {"rate", field, "docs/operate.md, limits"};

	rs->retry_after_s = (int)(wait_us / 1000000) + 1;
	return avow_refuse(why, AVOW_E_RATE_LIMITED, &at,
		wait_us ? "fewer requests in this time" : "fewer requests at a time",
		NULL);
}

static enum avow_err
enter_address(struct avow_limits *l, struct avow_http_request *rq, int64_t now_us,
	int64_t *wait_us)
{
	struct avow_span key = {NULL, 0};
	struct avow_ip ip;

	if (!l->by_address)
		return AVOW_OK;
	/* IPv4 is mapped: then all 16 bytes are the address */
	if (avow_ip_parse(avow_span_str(rq->client), &ip))
		key = avow_span_make(
			ip.b, avow_span_find_byte(avow_span_str(rq->client), ':') ==
					      strlen(rq->client)
				      ? 16
				      : 8);
	return avow_rate_enter(l->by_address, key, now_us, &rq->entered[0], wait_us);
}

enum avow_err
avow_limits_enter(struct avow_limits *l, struct avow_http_request *rq,
	struct avow_http_response *rs, int64_t now_us, struct avow_why *why)
{
	int64_t wait_us = 0;

	if (is_health(rq))
		return AVOW_OK;
	if (enter_address(l, rq, now_us, &wait_us) != AVOW_OK)
		return limited(rs, why, "address", wait_us);
	if (avow_rate_enter(l->by_provider, rq->place, now_us, &rq->entered[1],
		    &wait_us) != AVOW_OK)
		return limited(rs, why, "provider", wait_us);
	return AVOW_OK;
}

void
avow_limits_leave(struct avow_limits *l, const struct avow_http_request *rq)
{
	avow_rate_leave(l->by_address, rq->entered[0]);
	avow_rate_leave(l->by_provider, rq->entered[1]);
}
