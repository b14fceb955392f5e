/*
 * Audit records of management calls that were refused because of who asked.
 */
#ifndef AVOW_API_REFUSALS_H
#define AVOW_API_REFUSALS_H

#include "api/endpoints.h"

struct avow_refusals;

/** NULL without memory. */
struct avow_refusals *avow_refusals_new(void);
void avow_refusals_free(struct avow_refusals *r);
/**
 * Whether one more is recorded now.
 * @param left_out how many were not since the last that was, when this one is.
 */
bool avow_refusals_admit(
	struct avow_refusals *r, bool is_known, int64_t now_us, uint64_t *left_out);
/** Record and log that `act` was refused. @param who empty name: nobody known. */
void avow_api_record_refusal(const struct avow_http_request *rq,
	const struct avow_act *act, const struct avow_who *who, enum avow_err e);

#endif
