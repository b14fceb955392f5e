/*
 * Limits on requests by client address and by provider. Thread safe.
 */
#ifndef AVOW_API_LIMITS_H
#define AVOW_API_LIMITS_H

#include "base/rate.h"
#include "http/http.h"

struct avow_limits;

/** AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_limits_new(const struct avow_rate_rule *by_address,
	const struct avow_rate_rule *by_provider,
	struct avow_limits **out) AVOW_CHECKED;
void avow_limits_free(struct avow_limits *l);
/** At a request's head. @return AVOW_OK, AVOW_E_RATE_LIMITED with Retry-After. */
enum avow_err avow_limits_enter(struct avow_limits *l, struct avow_http_request *rq,
	struct avow_http_response *rs, int64_t now_us, struct avow_why *why)
	AVOW_CHECKED;
/** When it is over, whatever enter said. */
void avow_limits_leave(struct avow_limits *l, const struct avow_http_request *rq);

#endif
