/*
 * Does a policy let a debug enclave in? Its memory can be read from outside,
 * so that nothing else that it proves is worth anything; yet SGX and SEV-SNP
 * debug are only claims in the contract, and a policy must look at them. It
 * does when every permit rule asks for no debug, or some deny rule fires on
 * debug. Judged from literals alone: what it cannot see, it warns about.
 */
#include "policy/lint.h"

struct debug_claim {
	unsigned kinds;
	enum avow_claim_id id, alias;
};

static const struct debug_claim debug_claims[] = {
	{AVOW_KIND_SGX | AVOW_KIND_OE, AVOW_CLAIM_SGX_IS_DEBUGGABLE,
		AVOW_CLAIM_OLD_IS_DEBUGGABLE},
	{AVOW_KIND_SNP, AVOW_CLAIM_SNP_IS_DEBUGGABLE, AVOW_CLAIM_SNP_IS_DEBUGGABLE},
};

static bool
wants_claim(const struct prog_cond *c, const struct debug_claim *d)
{
	return c->symbol == (uint32_t)d->id || c->symbol == (uint32_t)d->alias;
}

/* The condition compares the claim's value with a Boolean: which value passes
 * in *passes. A test of a Boolean with != passes the other. */
static bool
tested_value(const struct prog_cond *c, bool *passes)
{
	for (unsigned i = 0; i < c->n_tests; i++) {
		const struct prog_test *t = &c->tests[i];

		if (t->kind != TEST_LITERAL || t->expr->kind != EXPR_BOOLEAN)
			continue;
		*passes = t->expr->literal.boolean == (t->op == OP_EQ);
		return true;
	}
	return false;
}

/* The condition holds exactly when debug is (or is not) there. Tests of other
 * properties narrow a condition, which under `!` would widen it. */
static bool
asks_for(const struct prog_cond *c, const struct debug_claim *d, bool debug)
{
	bool passes;

	if (!wants_claim(c, d) || !tested_value(c, &passes))
		return false;
	return (passes != c->negated) == debug;
}

static bool
is_guarded(const struct lint *l, const struct debug_claim *d)
{
	const struct avow_policy *p = l->p;
	const struct prog_rule *r = p->rules + p->first[AVOW_POLICY_AUTHORIZATION];
	bool all = true;

	for (unsigned i = 0; i < p->count[AVOW_POLICY_AUTHORIZATION]; i++) {
		bool asks = false;

		if (r[i].action == AVOW_POLICY_DENY && r[i].n_conds == 1 &&
			asks_for(&r[i].conds[0], d, true))
			return true;
		for (unsigned c = 0; c < r[i].n_conds; c++)
			asks |= asks_for(&r[i].conds[c], d, false);
		if (r[i].action == AVOW_POLICY_PERMIT)
			all &= asks;
	}
	return all;
}

void
policy_lint_debug(struct lint *l)
{
	for (size_t i = 0; i < sizeof(debug_claims) / sizeof(debug_claims[0]); i++) {
		const struct debug_claim *d = &debug_claims[i];

		if ((l->kinds & d->kinds) && !is_guarded(l, d))
			policy_lint_say(l, "debug-allowed",
				l->p->section_place[AVOW_POLICY_AUTHORIZATION],
				"nothing asks for \"%s\" to be false, so that a debug "
				"enclave is let in",
				avow_claim_name(d->id));
	}
}
