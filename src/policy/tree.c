/*
 * Equality of trees: what the formatter promises to keep. Two texts that give
 * equal trees mean the same to every later room.
 */
#include "policy/tree.h"

static bool expr_list_eq(const struct policy_expr *a, const struct policy_expr *b);

static bool
expr_eq(const struct policy_expr *a, const struct policy_expr *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case EXPR_STRING:
		return avow_span_eq(a->string, b->string);
	case EXPR_INTEGER:
		return a->integer == b->integer;
	case EXPR_BOOLEAN:
		return a->boolean == b->boolean;
	case EXPR_PROP:
		return a->prop == b->prop && avow_span_eq(a->name, b->name);
	case EXPR_CALL:
		return avow_span_eq(a->name, b->name) && expr_list_eq(a->args, b->args);
	}
	return false;
}

static bool
expr_list_eq(const struct policy_expr *a, const struct policy_expr *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!expr_eq(a, b))
			return false;
	return a == NULL && b == NULL;
}

static bool
tests_eq(const struct policy_test *a, const struct policy_test *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->prop != b->prop || a->op != b->op || !expr_eq(a->expr, b->expr))
			return false;
	return a == NULL && b == NULL;
}

static bool
conds_eq(const struct policy_cond *a, const struct policy_cond *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->negated != b->negated || !avow_span_eq(a->ident, b->ident) ||
			!tests_eq(a->tests, b->tests))
			return false;
	return a == NULL && b == NULL;
}

static bool
fields_eq(const struct policy_field *a, const struct policy_field *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->prop != b->prop || !expr_eq(a->expr, b->expr))
			return false;
	return a == NULL && b == NULL;
}

static bool
rules_eq(const struct policy_rule *a, const struct policy_rule *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->action != b->action || !avow_span_eq(a->claim, b->claim) ||
			!conds_eq(a->conds, b->conds) ||
			!fields_eq(a->fields, b->fields))
			return false;
	return a == NULL && b == NULL;
}

bool
policy_tree_eq(const struct policy_tree *a, const struct policy_tree *b)
{
	const struct policy_sect *x = a->sects, *y = b->sects;

	if (a->version != b->version)
		return false;
	for (; x && y; x = x->next, y = y->next)
		if (x->kind != y->kind || !rules_eq(x->rules, y->rules))
			return false;
	return x == NULL && y == NULL;
}
