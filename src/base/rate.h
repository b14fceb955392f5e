/*
 * Token buckets by key in a table of a fixed size: how often, and how many at a
 * time. A bucket that is full again says nothing, so it can make room; among
 * more keys than there is room for, the fullest goes first. So a flood of keys
 * can win some of them a fresh bucket, and never takes one away from others.
 */
#ifndef AVOW_BASE_RATE_H
#define AVOW_BASE_RATE_H

#include "base/err.h"
#include "base/span.h"

/** A bucket as one number: when it will be full again, in us. */
bool avow_bucket_take(int64_t *full_us, int64_t now_us, int64_t interval_us,
	int64_t burst, int64_t *wait_us);

struct avow_rate_rule {
	int64_t per_second; /* 0: no limit */
	int64_t burst; /* at least 1 */
	int64_t at_a_time; /* 0: no limit */
};

struct avow_rate;

/** NULL in *out, and AVOW_OK, for a rule that limits nothing.
 *  @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_rate_new(
	const struct avow_rate_rule *rule, struct avow_rate **out) AVOW_CHECKED;
void avow_rate_free(struct avow_rate *r);
/**
 * One more of that key. Thread safe.
 * @param now_us of a monotonic clock.
 * @param ticket for avow_rate_leave when it is over; 0: nothing to leave.
 * @param wait_us on AVOW_E_RATE_LIMITED: when to try again; 0: when another of
 * the key is over.
 * @return AVOW_OK (also for a NULL table), AVOW_E_RATE_LIMITED.
 */
enum avow_err avow_rate_enter(struct avow_rate *r, struct avow_span key, int64_t now_us,
	uint64_t *ticket, int64_t *wait_us) AVOW_CHECKED;
void avow_rate_leave(struct avow_rate *r, uint64_t ticket);

#endif
