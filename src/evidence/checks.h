/*
 * A verifier as a list of named checks, run in the order in which they are
 * written, each with its own function and its own error code.
 */
#ifndef AVOW_EVIDENCE_CHECKS_H
#define AVOW_EVIDENCE_CHECKS_H

#include "base/err.h"
#include "base/why.h"
#include "evidence/evidence.h"

struct avow_check_def {
	const char *name; /* stable: shown to clients */
	enum avow_err (*run)(void *ctx, struct avow_why *why);
	/* false: nothing to check, "not applicable". NULL: always applies. */
	bool (*applies)(const void *ctx);
	/* It reads what an undecided check should have found: then not reached. */
	bool needs_collateral;
};

/** Add the checks to the findings as "not reached".
 *  @return the index of the first; SIZE_MAX when AVOW_MAX_CHECKS is exceeded,
 *  which avow_checks_run reports as AVOW_E_INTERNAL. */
size_t avow_checks_declare(
	struct avow_findings *f, const struct avow_check_def *list, size_t n);

/**
 * Run them. A check of class COLLATERAL or STORE is undecided: the others go on,
 * because a refusal must win over "could not decide". Any other error ends it.
 * @param at what avow_checks_declare returned.
 * @return AVOW_OK only when every check that applies has passed.
 */
enum avow_err avow_checks_run(struct avow_findings *f, size_t at,
	const struct avow_check_def *list, size_t n, void *ctx,
	struct avow_why *why) AVOW_CHECKED;

#endif
