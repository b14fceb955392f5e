/*
 * One evaluation: the state that the rooms of the evaluator share. eval.c runs
 * the sections and their actions, match.c the conditions, functions.c the
 * expressions, trace.c records.
 */
#ifndef AVOW_POLICY_EVAL_H
#define AVOW_POLICY_EVAL_H

#include "policy/program.h"

/* One step for so many bytes of text that are read, written or compared. */
#define BYTES_A_STEP 16

/** The claims that a condition's identifier names: indexes into eval.in. */
struct policy_binding {
	uint32_t *index;
	size_t n, cap;
};

/**
 * What an expression gives: one value, an array of them, or (without a copy)
 * a property of all claims of a binding.
 */
struct policy_set {
	size_t n;
	struct policy_value one; /* when n is 1 and neither below */
	const struct policy_value *many;
	const struct policy_binding *view;
	enum policy_prop prop; /* of view */
};

/** An incoming claim's symbol, and the next claim that has it. Links count from
 *  1, so that 0 ends a chain. */
struct policy_link {
	uint32_t symbol, next;
};

/** All claims of one symbol, in order. */
struct policy_chain {
	uint32_t first, last;
};

struct eval {
	const struct avow_policy *p;
	struct avow_arena *a;
	struct avow_policy_trace *trace; /* NULL: none is kept */
	size_t steps_left, derived_left;
	size_t trace_left, nearest_left; /* work that a trace may still take */
	size_t compared; /* bytes of long equal-sized strings, not yet paid */

	struct avow_claims in; /* the incoming set: a copy that grows */
	struct policy_link *links; /* of in.v[i] */
	struct policy_chain *chains; /* by symbol */
	struct avow_claims issued;
	struct avow_properties *props;
	bool verified; /* the evidence: configuration is over */

	struct policy_binding *slots; /* p->max_slots */
	struct policy_set *right; /* p->max_tests: of the condition at hand */
	struct avow_policy_trace_rule *record; /* of the rule at hand, or NULL */

	unsigned permits, denies;
	const struct prog_rule *first_deny;

	enum avow_err code; /* the evaluation error */
	struct policy_place at;
	char message[256];
};

/* --- eval.c -------------------------------------------------------------------------- */

/** Record an evaluation error and return its code. */
enum avow_err policy_eval_fail(struct eval *e, enum avow_err code,
	struct policy_place at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), cold));
/** Spend steps. @return AVOW_OK or AVOW_E_POLICY_STEPS. */
enum avow_err policy_eval_spend(
	struct eval *e, size_t steps, struct policy_place at) AVOW_CHECKED;

/* --- match.c --------------------------------------------------------------------------- */

/** One claim's property as a value. */
struct policy_value policy_claim_value(
	const struct eval *e, uint32_t index, enum policy_prop prop);
/** a op b; false when the types differ or the operator does not fit them. */
bool policy_value_compare(
	const struct policy_value *a, enum policy_op op, const struct policy_value *b);
/** Compute the right sides of a condition's tests into e->right. */
enum avow_err policy_cond_prepare(
	struct eval *e, const struct prog_cond *c) AVOW_CHECKED;
/** The same, and what it cost is added to e->compared. */
bool policy_eval_compare(struct eval *e, const struct policy_value *a,
	enum policy_op op, const struct policy_value *b);
/** Pay for what was compared since. @return AVOW_OK or AVOW_E_POLICY_STEPS. */
enum avow_err policy_eval_pay(struct eval *e, struct policy_place at) AVOW_CHECKED;
/** True when claim `index` passes test `i` of a prepared condition. */
bool policy_test_holds(
	struct eval *e, const struct prog_cond *c, unsigned i, uint32_t index);
/** Filter the incoming claims, bind the identifier, say whether it holds. */
enum avow_err policy_cond_holds(
	struct eval *e, const struct prog_cond *c, bool *holds) AVOW_CHECKED;

/* --- functions.c -------------------------------------------------------------------------- */

enum avow_err policy_eval_expr(
	struct eval *e, const struct prog_expr *x, struct policy_set *out) AVOW_CHECKED;
/** The i-th of out->n values. */
struct policy_value policy_set_at(
	const struct eval *e, const struct policy_set *s, size_t i);

/* --- trace.c ------------------------------------------------------------------------------- */

/** Start e->record for a rule and append it to `t`. */
enum avow_err policy_trace_start(struct eval *e, const struct prog_rule *r,
	struct avow_policy_trace *t) AVOW_CHECKED;
/** Say in e->record why condition `n` (from 0), which is prepared, did not
 *  hold. */
enum avow_err policy_trace_failure(
	struct eval *e, const struct prog_rule *r, unsigned n) AVOW_CHECKED;
/** Say in e->record what the rule made: in.v from `first` on. */
enum avow_err policy_trace_made(struct eval *e, size_t first) AVOW_CHECKED;
/** Say in e->record that the evaluation error ended the rule. */
void policy_trace_error(struct eval *e);
/** Choose the rules that explain an outcome that is no permit. */
void policy_trace_explain(
	const struct avow_policy_trace *t, struct avow_policy_outcome *out);

#endif
