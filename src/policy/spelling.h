/* Which known name was probably meant. */
#ifndef AVOW_POLICY_SPELLING_H
#define AVOW_POLICY_SPELLING_H

#include "base/span.h"

/** The best of the names offered so far; start zeroed but for `wanted`. */
struct policy_nearest {
	struct avow_span wanted;
	struct avow_span name; /* empty: none is near enough */
	size_t distance;
	size_t cells_left; /* work that may be spent; 0: offers are ignored */
};

struct policy_nearest policy_nearest_to(struct avow_span wanted, size_t cells);
/** A name that is as near as an earlier one loses. */
void policy_nearest_offer(struct policy_nearest *n, struct avow_span name);

#endif
