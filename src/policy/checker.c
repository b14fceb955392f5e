/*
 * The tree is judged: which sections and actions may stand where, what the
 * version has, which identifier means which condition, and types as far as
 * they are known before any claim is seen (spec 04, spec 11). It annotates the
 * tree and changes nothing else. A comparison of different types is no error:
 * it does not hold, and the linter says so.
 */
#include "policy/tree.h"

#include <stdio.h>

#include "base/table.h"
#include "policy/properties.h"

struct checker {
	struct policy_tree *tree;
	struct avow_policy_error *err;
	struct avow_table *bound; /* identifier -> the condition it names */
	struct policy_rule *rule;
};

#define REFUSE(c, code, where, sym, grammar, ...)                                      \
	policy_refuse((c)->err, (code),                                                \
		&(struct policy_at){(where), (sym), (grammar)}, NULL, __VA_ARGS__)

/* --- versions ---------------------------------------------------------------------- */

static enum avow_err
need_version(struct checker *c, unsigned version, struct policy_place at,
	struct avow_span symbol, const char *rule)
{
	unsigned have = c->tree->version;

	if (have >= version)
		return AVOW_OK;
	return REFUSE(c, AVOW_E_POLICY_VERSION, at, symbol, rule,
		"this needs version %u.%u, and the policy is version %u.%u",
		version / 10, version % 10, have / 10, have % 10);
}

/* --- expressions --------------------------------------------------------------------- */

static const char expr_rule[] = "policy > expression";

static enum avow_err
resolve(struct checker *c, struct avow_span name, struct policy_place at,
	uint32_t *slot)
{
	const struct policy_cond *cond = avow_table_get(c->bound, name);

	if (!cond || cond->rule != c->rule)
		return REFUSE(c, AVOW_E_POLICY_NAME, at, name, expr_rule,
			"no earlier condition of this rule binds '%.*s'",
			AVOW_FMT(name));
	if (cond->negated)
		return REFUSE(c, AVOW_E_POLICY_NAME, at, name, expr_rule,
			"'%.*s' is bound under '!', where no claim matches",
			AVOW_FMT(name));
	*slot = cond->slot;
	return AVOW_OK;
}

static enum avow_err check_expr(struct checker *c, struct policy_expr *x);

static enum avow_err
check_arg(struct checker *c, const struct policy_fn_info *fn, unsigned i,
	struct policy_expr *arg)
{
	AVOW_TRY(check_expr(c, arg));
	if (!(arg->types & fn->arg_types[i]))
		return REFUSE(c, AVOW_E_POLICY_TYPE, arg->place,
			avow_span_str(fn->name), expr_rule,
			"argument %u of %s must be a %s", i + 1, fn->name,
			fn->arg_types[i] == TYPE_BOOLEAN ? "Boolean" : "String");
	if (fn->non_empty && arg->kind == EXPR_STRING && arg->string.n == 0)
		return REFUSE(c, AVOW_E_POLICY_TYPE, arg->place, AVOW_LIT("\"\""),
			expr_rule, "argument %u of %s may not be empty", i + 1,
			fn->name);
	return AVOW_OK;
}

static enum avow_err
check_call(struct checker *c, struct policy_expr *x)
{
	const struct policy_fn_info *fn;
	struct policy_expr *arg = x->args;

	AVOW_TRY(need_version(c, 12, x->place, x->name, expr_rule));
	x->fn = policy_fn_lookup(x->name);
	if (x->fn == FN_COUNT)
		return REFUSE(c, AVOW_E_POLICY_NAME, x->place, x->name, expr_rule,
			"there is no function '%.*s'", AVOW_FMT(x->name));
	fn = &policy_fns[x->fn];
	if (x->n_args != fn->n_args)
		return REFUSE(c, AVOW_E_POLICY_TYPE, x->place, x->name, expr_rule,
			"%s takes %u argument%s, not %u", fn->name, fn->n_args,
			fn->n_args == 1 ? "" : "s", x->n_args);
	for (unsigned i = 0; arg; i++, arg = arg->next)
		AVOW_TRY(check_arg(c, fn, i, arg));
	x->types = fn->result;
	return AVOW_OK;
}

static enum avow_err
check_expr(struct checker *c, struct policy_expr *x)
{
	switch (x->kind) {
	case EXPR_STRING:
		x->types = TYPE_STRING;
		return AVOW_OK;
	case EXPR_INTEGER:
		x->types = TYPE_INTEGER;
		return AVOW_OK;
	case EXPR_BOOLEAN:
		x->types = TYPE_BOOLEAN;
		return AVOW_OK;
	case EXPR_PROP:
		x->types = x->prop == PROP_VALUE ? TYPE_ANY : TYPE_STRING;
		return resolve(c, x->name, x->place, &x->slot);
	case EXPR_CALL:
		return check_call(c, x);
	}
	return AVOW_E_INTERNAL;
}

/* --- conditions ------------------------------------------------------------------------ */

static const char cond_rule[] = "policy > rule > condition";

static enum avow_err
check_test(struct checker *c, struct policy_test *t)
{
	unsigned left = t->prop == PROP_VALUE ? TYPE_ANY : TYPE_STRING;

	AVOW_TRY(check_expr(c, t->expr));
	if (policy_op_orders(t->op) && !(left & t->expr->types & TYPE_INTEGER))
		return REFUSE(c, AVOW_E_POLICY_TYPE, t->place,
			avow_span_str(policy_op_text(t->op)), cond_rule,
			"'%s' orders Integers only", policy_op_text(t->op));
	return AVOW_OK;
}

static enum avow_err
bind(struct checker *c, struct policy_cond *cond)
{
	const struct policy_cond *old;

	cond->rule = c->rule;
	if (cond->ident.n == 0)
		return AVOW_OK;
	old = avow_table_get(c->bound, cond->ident);
	if (old && old->rule == c->rule)
		return REFUSE(c, AVOW_E_POLICY_NAME, cond->ident_place, cond->ident,
			cond_rule,
			"'%.*s' names another condition of this rule already",
			AVOW_FMT(cond->ident));
	cond->slot = c->rule->n_slots++;
	return avow_table_set(c->bound, cond->ident, cond, NULL);
}

static enum avow_err
check_cond(struct checker *c, struct policy_cond *cond)
{
	if (cond->negated)
		AVOW_TRY(need_version(c, 12, cond->place, AVOW_LIT("!"), cond_rule));
	for (struct policy_test *t = cond->tests; t; t = t->next)
		AVOW_TRY(check_test(c, t));
	return bind(c, cond);
}

/* --- actions ------------------------------------------------------------------------------ */

static const char claim_rule[] = "policy > rule > action > claim";

/* spec 04, Evaluation; spec 11, 4 */
static bool
is_allowed(enum avow_policy_action a, enum avow_policy_section s)
{
	switch (a) {
	case AVOW_POLICY_PERMIT:
	case AVOW_POLICY_DENY:
		return s == AVOW_POLICY_AUTHORIZATION;
	case AVOW_POLICY_ADD:
	case AVOW_POLICY_ISSUE:
		return s != AVOW_POLICY_CONFIGURATION;
	case AVOW_POLICY_ISSUEPROPERTY:
		return s != AVOW_POLICY_AUTHORIZATION;
	}
	return false;
}

static enum avow_err
check_value_type(struct checker *c, const struct policy_field *f, unsigned value_types)
{
	unsigned said = 0;

	for (int t = AVOW_VALUE_STRING; t <= AVOW_VALUE_BOOLEAN; t++)
		if (avow_span_eq_str(
			    f->expr->string, policy_type_name((enum avow_value_type)t)))
			said = policy_type_bit((enum avow_value_type)t);
	if (f->expr->kind != EXPR_STRING && (f->expr->types & TYPE_STRING))
		return AVOW_OK; /* the evaluator will see */
	if (said & value_types)
		return AVOW_OK;
	return REFUSE(c, AVOW_E_POLICY_TYPE, f->expr->place, f->expr->string,
		claim_rule,
		said ? "the value is not of this valueType"
		     : "a valueType is \"String\", \"Integer\" or \"Boolean\"");
}

static enum avow_err
check_issuer(struct checker *c, const struct policy_field *f)
{
	static const char name[] = "AttestationPolicy";

	if (f->expr->kind == EXPR_STRING && avow_span_eq_str(f->expr->string, name))
		return AVOW_OK;
	return REFUSE(c, AVOW_E_POLICY_TYPE, f->place, AVOW_LIT("issuer"), claim_rule,
		"the issuer of a claim that a policy makes is \"%s\"", name);
}

static enum avow_err
check_type_name(struct checker *c, const struct policy_field *f)
{
	if (!(f->expr->types & TYPE_STRING) ||
		(f->expr->kind == EXPR_STRING && f->expr->string.n == 0))
		return REFUSE(c, AVOW_E_POLICY_TYPE, f->place, AVOW_LIT("type"),
			claim_rule, "a claim's type is a String that is not empty");
	return AVOW_OK;
}

/* A literal as the claim that it would make. */
static bool
literal_claim(const struct policy_expr *x, struct avow_claim *out)
{
	*out = (struct avow_claim){.string = x->string,
		.integer = x->integer,
		.boolean = x->boolean,
		.type = x->kind == EXPR_STRING    ? AVOW_VALUE_STRING
			: x->kind == EXPR_INTEGER ? AVOW_VALUE_INTEGER
						  : AVOW_VALUE_BOOLEAN};
	return x->kind != EXPR_PROP && x->kind != EXPR_CALL;
}

static enum avow_err
check_property(struct checker *c, const struct policy_field *type,
	const struct policy_field *value)
{
	const struct policy_property *p = NULL;
	struct avow_claim literal;
	bool bad;

	if (type->expr->kind == EXPR_STRING)
		p = policy_property_lookup(type->expr->string);
	if (!p)
		return AVOW_OK;
	bad = literal_claim(value->expr, &literal)
		      ? !policy_property_accepts(p, &literal)
		      : !(value->expr->types & p->type);
	if (!bad)
		return AVOW_OK;
	return REFUSE(c, AVOW_E_POLICY_PROPERTY, value->place, type->expr->string,
		claim_rule, "%s is %s", p->name, p->expected);
}

static enum avow_err
collect_fields(struct checker *c, struct policy_field *by_prop[PROP_COUNT])
{
	for (struct policy_field *f = c->rule->fields; f; f = f->next) {
		const char *name = policy_prop_name(f->prop);

		if (by_prop[f->prop])
			return REFUSE(c, AVOW_E_POLICY_SYNTAX, f->place,
				avow_span_str(name), claim_rule, "'%s' is given twice",
				name);
		by_prop[f->prop] = f;
		AVOW_TRY(check_expr(c, f->expr));
	}
	for (int p = PROP_TYPE; p <= PROP_VALUE; p++)
		if (!by_prop[p])
			return REFUSE(c, AVOW_E_POLICY_SYNTAX, c->rule->action_place,
				avow_span_str(policy_action_name(c->rule->action)),
				claim_rule, "the claim has no '%s'",
				policy_prop_name((enum policy_prop)p));
	return AVOW_OK;
}

static enum avow_err
check_fields(struct checker *c)
{
	struct policy_field *f[PROP_COUNT] = {NULL};

	AVOW_TRY(collect_fields(c, f));
	AVOW_TRY(check_type_name(c, f[PROP_TYPE]));
	if (f[PROP_VALUE_TYPE])
		AVOW_TRY(check_value_type(
			c, f[PROP_VALUE_TYPE], f[PROP_VALUE]->expr->types));
	if (f[PROP_ISSUER])
		AVOW_TRY(check_issuer(c, f[PROP_ISSUER]));
	if (c->rule->action == AVOW_POLICY_ISSUEPROPERTY)
		return check_property(c, f[PROP_TYPE], f[PROP_VALUE]);
	return AVOW_OK;
}

static enum avow_err
check_action(struct checker *c, const struct policy_sect *s)
{
	struct policy_rule *r = c->rule;
	const char *name = policy_action_name(r->action);

	if (!is_allowed(r->action, s->kind))
		return REFUSE(c, AVOW_E_POLICY_ACTION, r->action_place,
			avow_span_str(name), "policy > rule > action",
			"'%s' may not stand in %s", name, policy_section_name(s->kind));
	if (r->claim.n)
		return resolve(c, r->claim, r->claim_place, &r->claim_slot);
	return r->fields ? check_fields(c) : AVOW_OK;
}

/* --- rules and sections ---------------------------------------------------------------------- */

static enum avow_err
check_rule(struct checker *c, const struct policy_sect *s, struct policy_rule *r)
{
	c->rule = r;
	r->n_slots = 0;
	for (struct policy_cond *cond = r->conds; cond; cond = cond->next)
		AVOW_TRY(check_cond(c, cond));
	return check_action(c, s);
}

/* spec 11, 9: in this order, each at most once */
static enum avow_err
check_order(struct checker *c, const struct policy_sect *s, int last)
{
	const char *name = policy_section_name(s->kind);
	struct avow_span symbol = s->written;

	if ((int)s->kind == last)
		return REFUSE(c, AVOW_E_POLICY_SECTION, s->place, symbol,
			"policy > section", "%s stands twice", name);
	if ((int)s->kind < last)
		return REFUSE(c, AVOW_E_POLICY_SECTION, s->place, symbol,
			"policy > section", "%s stands behind %s", name,
			policy_section_name((enum avow_policy_section)last));
	return AVOW_OK;
}

static enum avow_err
check_sections(struct checker *c)
{
	bool authorizes = false;
	int last = -1;

	for (const struct policy_sect *s = c->tree->sects; s; s = s->next) {
		AVOW_TRY(check_order(c, s, last));
		last = (int)s->kind;
		authorizes |= s->kind == AVOW_POLICY_AUTHORIZATION;
		if (s->kind == AVOW_POLICY_CONFIGURATION)
			AVOW_TRY(need_version(
				c, 11, s->place, s->written, "policy > section"));
	}
	if (!authorizes)
		return REFUSE(c, AVOW_E_POLICY_SECTION, c->tree->end, AVOW_LIT("<EOF>"),
			"policy > section", "there is no authorizationrules");
	return AVOW_OK;
}

enum avow_err
policy_check(struct policy_tree *tree, struct avow_policy_error *err)
{
	struct checker c = {.tree = tree, .err = err};
	enum avow_err e = avow_table_new(&c.bound);

	if (e == AVOW_OK)
		e = check_sections(&c);
	for (const struct policy_sect *s = tree->sects; s && e == AVOW_OK; s = s->next)
		for (struct policy_rule *r = s->rules; r && e == AVOW_OK; r = r->next)
			e = check_rule(&c, s, r);
	avow_table_free(c.bound, NULL);
	return e;
}
