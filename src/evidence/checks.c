/*
 * Runs a kind's list of checks and keeps the score. It decides nothing about
 * evidence; it decides one thing about verdicts: a definite refusal anywhere in
 * the list is told before "could not decide" from an earlier place, so that an
 * operator's missing file never hides bad evidence, nor the other way round.
 */
#include "evidence/checks.h"

#include <stdint.h>

const char *
avow_check_result_name(enum avow_check_result r)
{
	switch (r) {
	case AVOW_CHECK_NOT_REACHED:
		return "not reached";
	case AVOW_CHECK_PASSED:
		return "passed";
	case AVOW_CHECK_FAILED:
		return "failed";
	case AVOW_CHECK_UNDECIDED:
		return "undecided";
	case AVOW_CHECK_NOT_APPLICABLE:
		return "not applicable";
	default:
		return "unknown";
	}
}

size_t
avow_checks_declare(
	struct avow_findings *f, const struct avow_check_def *list, size_t n)
{
	size_t at = f->n_checks;

	if (n > AVOW_MAX_CHECKS - at)
		return SIZE_MAX;
	for (size_t i = 0; i < n; i++)
		f->checks[at + i].name = list[i].name;
	f->n_checks += n;
	return at;
}

static bool
is_undecided(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	return c == AVOW_CLASS_COLLATERAL || c == AVOW_CLASS_STORE;
}

/* Hand the refusal out under the check's own name; a check that failed without
 * saying why (memory, the crypto library) is told by its code alone. */
static enum avow_err
report(struct avow_why *why, enum avow_err e, const char *name, struct avow_why *w)
{
	struct avow_at at = {.check = name};

	(void)avow_refuse(w, e, &at, NULL, NULL);
	w->check = name;
	if (why && why->code == AVOW_OK)
		*why = *w;
	return e;
}

struct undecided {
	enum avow_err err; /* of the first such check, AVOW_OK: none */
	const char *name;
	struct avow_why why;
};

static enum avow_check_result
run_one(const struct avow_check_def *def, void *ctx, struct undecided *pending,
	enum avow_err *err, struct avow_why *w)
{
	*err = AVOW_OK;
	if (def->applies && !def->applies(ctx))
		return AVOW_CHECK_NOT_APPLICABLE;
	if (def->needs_collateral && pending->err != AVOW_OK)
		return AVOW_CHECK_NOT_REACHED;
	*err = def->run(ctx, w);
	if (*err == AVOW_OK)
		return AVOW_CHECK_PASSED;
	if (!is_undecided(*err))
		return AVOW_CHECK_FAILED;
	if (pending->err == AVOW_OK) {
		pending->err = *err;
		pending->name = def->name;
		pending->why = *w;
	}
	avow_why_init(w);
	return AVOW_CHECK_UNDECIDED;
}

enum avow_err
avow_checks_run(struct avow_findings *f, size_t at, const struct avow_check_def *list,
	size_t n, void *ctx, struct avow_why *why)
{
	struct undecided pending = {.err = AVOW_OK};
	struct avow_why w;
	enum avow_err e;

	if (at > f->n_checks || n > f->n_checks - at)
		return avow_refuse(why, AVOW_E_INTERNAL, NULL, NULL, NULL);
	avow_why_init(&w);
	for (size_t i = 0; i < n; i++) {
		f->checks[at + i].result = run_one(&list[i], ctx, &pending, &e, &w);
		if (f->checks[at + i].result == AVOW_CHECK_FAILED)
			return report(why, e, list[i].name, &w);
	}
	if (pending.err != AVOW_OK)
		return report(why, pending.err, pending.name, &pending.why);
	return AVOW_OK;
}
