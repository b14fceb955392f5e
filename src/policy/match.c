/*
 * Conditions: which incoming claims pass every test (spec 04, Evaluation; spec
 * 11, 6 to 8). The right sides are computed once, left to right, before any
 * claim is tried; a test against a set holds when it holds for one member.
 */
#include "policy/eval.h"

#include <string.h>

#define FIRST_CAP 8

static struct policy_value
text_value(const char *s)
{
	return (struct policy_value){.type = AVOW_VALUE_STRING,
		.string = avow_span_str(s),
		.from = FROM_NONE};
}

struct policy_value
policy_claim_value(const struct eval *e, uint32_t index, enum policy_prop prop)
{
	const struct avow_claim *c = &e->in.v[index];
	struct policy_value v = {.from = FROM_NONE};

	switch (prop) {
	case PROP_TYPE:
		v.type = AVOW_VALUE_STRING;
		v.string = c->name;
		break;
	case PROP_VALUE_TYPE:
		v = text_value(policy_type_name(c->type));
		break;
	case PROP_ISSUER:
		v = text_value(avow_issuer_name(c->issuer));
		break;
	case PROP_VALUE:
	case PROP_COUNT:
		v.type = c->type == AVOW_VALUE_JSON ? AVOW_VALUE_STRING : c->type;
		v.string = c->string;
		v.integer = c->integer;
		v.boolean = c->boolean;
		v.tree = c->tree;
		v.from = index;
		break;
	}
	v.read_only = c->read_only;
	return v;
}

static bool
order_holds(int sign, enum policy_op op)
{
	switch (op) {
	case OP_EQ:
		return sign == 0;
	case OP_NE:
		return sign != 0;
	case OP_LT:
		return sign < 0;
	case OP_LE:
		return sign <= 0;
	case OP_GT:
		return sign > 0;
	case OP_GE:
		return sign >= 0;
	}
	return false;
}

/* Values that were copied share their bytes. */
static bool
same_text(struct avow_span a, struct avow_span b)
{
	return a.n == b.n && (a.p == b.p || avow_span_eq(a, b));
}

bool
policy_value_compare(
	const struct policy_value *a, enum policy_op op, const struct policy_value *b)
{
	bool equal;

	if (a->type != b->type)
		return false;
	if (a->type == AVOW_VALUE_INTEGER)
		return order_holds(
			(a->integer > b->integer) - (a->integer < b->integer), op);
	if (policy_op_orders(op))
		return false;
	equal = a->type == AVOW_VALUE_BOOLEAN ? a->boolean == b->boolean
					      : same_text(a->string, b->string);
	return equal == (op == OP_EQ);
}

bool
policy_eval_compare(struct eval *e, const struct policy_value *a, enum policy_op op,
	const struct policy_value *b)
{
	if (a->string.n > BYTES_A_STEP && a->string.n == b->string.n &&
		a->string.p != b->string.p)
		e->compared += a->string.n; /* all in one arena: cannot wrap */
	return policy_value_compare(a, op, b);
}

enum avow_err
policy_eval_pay(struct eval *e, struct policy_place at)
{
	size_t steps = e->compared / BYTES_A_STEP;

	e->compared = 0;
	return policy_eval_spend(e, steps, at);
}

/* --- one condition -------------------------------------------------------------------- */

static bool
needs_right(const struct prog_test *t)
{
	return t->kind == TEST_GENERAL;
}

enum avow_err
policy_cond_prepare(struct eval *e, const struct prog_cond *c)
{
	for (unsigned i = 0; i < c->n_tests; i++)
		if (needs_right(&c->tests[i]))
			AVOW_TRY(policy_eval_expr(e, c->tests[i].expr, &e->right[i]));
	return AVOW_OK;
}

static bool
general_holds(struct eval *e, const struct prog_test *t, const struct policy_set *right,
	uint32_t index)
{
	struct policy_value left = policy_claim_value(e, index, t->prop);

	for (size_t k = 0; k < right->n; k++) {
		struct policy_value v = policy_set_at(e, right, k);

		if (policy_eval_compare(e, &left, t->op, &v))
			return true;
	}
	return false;
}

bool
policy_test_holds(struct eval *e, const struct prog_cond *c, unsigned i, uint32_t index)
{
	const struct prog_test *t = &c->tests[i];
	struct policy_value left;

	switch (t->kind) {
	case TEST_TYPE_IS:
		return e->links[index].symbol == t->symbol;
	case TEST_ISSUER_IS:
		return e->in.v[index].issuer == t->issuer;
	case TEST_LITERAL:
		left = policy_claim_value(e, index, PROP_VALUE);
		return policy_eval_compare(e, &left, t->op, &t->expr->literal);
	case TEST_GENERAL:
		return general_holds(e, t, &e->right[i], index);
	}
	return false;
}

static bool
claim_matches(struct eval *e, const struct prog_cond *c, uint32_t index)
{
	for (unsigned i = 0; i < c->n_tests; i++)
		if (!policy_test_holds(e, c, i, index))
			return false;
	return true;
}

static enum avow_err
bind(struct eval *e, struct policy_binding *b, uint32_t index)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : FIRST_CAP;
		uint32_t *v = avow_arena_array(e->a, cap, sizeof(*v));

		if (!v)
			return avow_arena_err(e->a);
		if (b->n)
			memcpy(v, b->index, b->n * sizeof(*v));
		b->index = v;
		b->cap = cap;
	}
	b->index[b->n++] = index;
	return AVOW_OK;
}

/* What trying one condition costs: a step for each test and claim, and one more
 * for each further value that a test compares with. */
static size_t
cost(const struct eval *e, const struct prog_cond *c)
{
	size_t per_claim = c->n_tests, all;

	for (unsigned i = 0; i < c->n_tests; i++)
		if (needs_right(&c->tests[i]) && e->right[i].n > 1)
			per_claim += e->right[i].n - 1;
	if (__builtin_mul_overflow(per_claim, e->in.n, &all))
		return SIZE_MAX;
	return all;
}

/* The first claim worth trying (links count from 1); 0: none. A
 * wanted type is found by its chain, anything else by trying all. */
static uint32_t
first_link(const struct eval *e, const struct prog_cond *c)
{
	if (c->symbol != SYMBOL_NONE)
		return e->chains[c->symbol].first;
	return e->in.n ? 1 : 0;
}

static uint32_t
next_link(const struct eval *e, const struct prog_cond *c, uint32_t link)
{
	if (c->symbol != SYMBOL_NONE)
		return e->links[link - 1].next;
	return link < e->in.n ? link + 1 : 0;
}

enum avow_err
policy_cond_holds(struct eval *e, const struct prog_cond *c, bool *holds)
{
	struct policy_binding *b = c->slot == NO_SLOT ? NULL : &e->slots[c->slot];
	bool any = false;

	if (b)
		b->n = 0;
	AVOW_TRY(policy_cond_prepare(e, c));
	AVOW_TRY(policy_eval_spend(e, cost(e, c), c->place));
	for (uint32_t l = first_link(e, c); l; l = next_link(e, c, l)) {
		if (!claim_matches(e, c, l - 1))
			continue;
		any = true;
		if (!b)
			break;
		AVOW_TRY(bind(e, b, l - 1));
	}
	*holds = any != c->negated;
	return policy_eval_pay(e, c->place);
}
