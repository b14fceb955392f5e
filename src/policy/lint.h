/* What the linter's files share. */
#ifndef AVOW_POLICY_LINT_H
#define AVOW_POLICY_LINT_H

#include <stdarg.h>
#include <stdio.h>

#include "policy/eval.h"

struct lint {
	const struct avow_policy *p;
	unsigned kinds; /* AVOW_KIND_*; 0: not known */
	struct avow_arena *a;
	struct avow_policy_findings *out;
	bool *made; /* by symbol: an earlier rule makes such a claim */
	bool made_dynamic; /* an earlier rule makes claims of unknown type */
	bool configuring; /* in configurationrules */
	size_t nearest_left;
	enum avow_err err;
};

void policy_lint_say(struct lint *l, const char *code, struct policy_place at,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/** Warn when authorizationrules let a debug enclave in. */
void policy_lint_debug(struct lint *l);

#endif
