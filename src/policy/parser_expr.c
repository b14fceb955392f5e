/*
 * Expressions (spec 04): literals, a property of what an identifier names, and
 * function calls, nested at most AVOW_MAX_POLICY_DEPTH deep, which bounds the
 * recursion of every later room too. Which names and types fit is the checker's.
 */
#include "policy/parser.h"

enum avow_err
policy_mismatch(struct parser *p, const char *expected, const char *rule)
{
	struct policy_at at = {p->t.place, p->t.text, rule};
	char symbol[64];

	policy_printable(symbol, sizeof(symbol), p->t.text);
	return policy_refuse(p->err, AVOW_E_POLICY_SYNTAX, &at, expected,
		"mismatched input '%s' expecting %s", symbol, expected);
}

enum avow_err
policy_advance(struct parser *p)
{
	p->last_line = p->t.place.line;
	return policy_lexer_next(&p->lx, &p->t);
}

enum avow_err
policy_expect(struct parser *p, enum policy_token_kind kind, const char *rule)
{
	if (p->t.kind != kind)
		return policy_mismatch(p, policy_token_name(kind), rule);
	return policy_advance(p);
}

void *
policy_node(struct parser *p, size_t n, enum avow_err *e)
{
	void *node = avow_arena_alloc(p->a, n);

	*e = node ? AVOW_OK : avow_arena_err(p->a);
	return node;
}

static enum avow_err
parse_integer(struct parser *p, struct policy_expr *x, bool negative)
{
	struct policy_at at = {x->place, p->t.text, "policy > expression"};
	uint64_t max = (uint64_t)INT64_MAX + (negative ? 1 : 0);

	if (p->t.kind != TOKEN_INTEGER)
		return policy_mismatch(p, "an integer", at.rule);
	if (p->t.magnitude > max)
		return policy_refuse(p->err, AVOW_E_POLICY_SYNTAX, &at, NULL,
			"the integer does not fit 64 bits with a sign");
	x->kind = EXPR_INTEGER;
	x->integer = negative ? (int64_t)(0 - p->t.magnitude) : (int64_t)p->t.magnitude;
	return policy_advance(p);
}

static enum avow_err
parse_args(struct parser *p, struct policy_expr *call)
{
	struct policy_expr **tail = &call->args;
	static const char rule[] = "policy > expression > functionCall";

	while (p->t.kind != TOKEN_CLOSE_PAREN) {
		if (call->n_args)
			AVOW_TRY(policy_expect(p, TOKEN_COMMA, rule));
		AVOW_TRY(policy_parse_expr(p, tail));
		tail = &(*tail)->next;
		call->n_args++;
	}
	return policy_advance(p);
}

static enum avow_err
parse_call(struct parser *p, struct policy_expr *x)
{
	struct policy_at at = {x->place, x->name, "policy > expression > functionCall"};

	if (++p->depth > AVOW_MAX_POLICY_DEPTH)
		return policy_refuse(p->err, AVOW_E_POLICY_DEPTH, &at, NULL,
			"function calls are nested more than %d deep",
			AVOW_MAX_POLICY_DEPTH);
	x->kind = EXPR_CALL;
	AVOW_TRY(policy_advance(p));
	AVOW_TRY(parse_args(p, x));
	p->depth--;
	return AVOW_OK;
}

static enum avow_err
parse_name(struct parser *p, struct policy_expr *x)
{
	static const char rule[] = "policy > expression";

	x->name = p->t.text;
	AVOW_TRY(policy_advance(p));
	if (avow_span_eq_str(x->name, "true") || avow_span_eq_str(x->name, "false")) {
		x->kind = EXPR_BOOLEAN;
		x->boolean = x->name.n == 4;
		return AVOW_OK;
	}
	if (p->t.kind == TOKEN_OPEN_PAREN)
		return parse_call(p, x);
	if (p->t.kind != TOKEN_DOT)
		return policy_mismatch(p, "{'.', '('}", rule);
	AVOW_TRY(policy_advance(p));
	x->kind = EXPR_PROP;
	x->prop = p->t.kind == TOKEN_IDENT ? policy_prop_lookup(p->t.text) : PROP_COUNT;
	if (x->prop == PROP_COUNT)
		return policy_mismatch(
			p, "{'type', 'value', 'valueType', 'issuer'}", rule);
	return policy_advance(p);
}

enum avow_err
policy_parse_expr(struct parser *p, struct policy_expr **out)
{
	enum avow_err e;
	struct policy_expr *x = policy_node(p, sizeof(*x), &e);

	if (!x)
		return e;
	*out = x;
	x->place = p->t.place;
	x->slot = NO_SLOT;
	switch ((int)p->t.kind) {
	case TOKEN_STRING:
		x->kind = EXPR_STRING;
		x->string = p->t.string;
		return policy_advance(p);
	case TOKEN_INTEGER:
		return parse_integer(p, x, false);
	case TOKEN_MINUS:
		AVOW_TRY(policy_advance(p));
		return parse_integer(p, x, true);
	case TOKEN_IDENT:
		return parse_name(p, x);
	default:
		return policy_mismatch(p,
			"{a string, an integer, 'true', 'false', a name, a function}",
			"policy > expression");
	}
}
