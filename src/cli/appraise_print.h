/* The answer of avow appraise. */
#ifndef AVOW_CLI_APPRAISE_PRINT_H
#define AVOW_CLI_APPRAISE_PRINT_H

#include "appraise/appraise.h"
#include "base/limits.h"

/* a log as JSON is at most about seven times the log */
#define AVOW_APPRAISE_OUTPUT_MAX AVOW_MIB(512)

/** Append the JSON object of an appraisal; `in` is what it was made from, `a` gets
 *  what is only needed on the way. An error sticks in b->err. */
void avow_appraise_put(struct avow_buf *b, const struct avow_appraise_in *in,
	const struct avow_appraisal *ap, struct avow_arena *a);

#endif
