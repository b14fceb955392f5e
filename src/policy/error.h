/* Filling struct avow_policy_error, once, where a room refused the text. */
#ifndef AVOW_POLICY_ERROR_H
#define AVOW_POLICY_ERROR_H

#include "policy/policy.h"

struct policy_place {
	unsigned line, column;
};

/** What refused: the place, the symbol as written, and the grammar's rule. */
struct policy_at {
	struct policy_place place;
	struct avow_span symbol;
	const char *rule; /* "policy > versionInfo" */
};

/**
 * Record a refusal and return its code. The first one wins. `expected` may be
 * NULL.
 */
enum avow_err policy_refuse(struct avow_policy_error *err, enum avow_err code,
	const struct policy_at *at, const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 5, 6), cold));

/** Copy text cut to `size`, at a UTF-8 boundary, control characters as '?'. */
void policy_printable(char *dst, size_t size, struct avow_span s);

#endif
