/*
 * What stands in a list between brackets: the arguments of a call, the parts
 * of a multiselect. How many an argument list may have is the function's to
 * say; that is remembered, because syntax is judged first.
 */
#include "jmespath/functions.h"
#include "jmespath/parser_state.h"

/* --- functions ---------------------------------------------------------------------- */

static void
resolve(struct jp_parser *p, struct jp_node *call, struct avow_span name)
{
	const struct jp_function *f = jp_function_find(name);

	call->fn = f;
	if (!f)
		jp_fail(&p->meaning, AVOW_JMESPATH_UNKNOWN_FUNCTION, call->at,
			"there is no function %.*s()", (int)(name.n < 64 ? name.n : 64),
			(const char *)name.p);
	else if (call->count < f->min || call->count > f->max)
		jp_fail(&p->meaning, AVOW_JMESPATH_INVALID_ARITY, call->at,
			"%s() takes %s%zu argument%s and has %zu", f->name,
			f->max == JP_MANY ? "at least " : "", f->min,
			f->min == 1 ? "" : "s", call->count);
}

/* function-arg = expression / "&" expression */
static bool
argument(struct jp_parser *p, struct jp_kids *args)
{
	struct jp_kid kid = {.ref = p->cur.kind == JP_T_REF};

	if (kid.ref)
		jp_advance(p);
	kid.node = jp_parse_expression(p, 0);
	if (!kid.node)
		return false;
	return jp_kids_add(p->arena, args, kid) || jp_parse_no_memory(p);
}

/* name and "(" are current and next. */
static struct jp_node *
call(struct jp_parser *p)
{
	struct avow_span name = p->cur.text;
	struct jp_node *n = jp_parse_node(p, JP_CALL, p->cur.at);
	struct jp_kids args = {0};

	if (!n || !jp_nest(p))
		return NULL;
	jp_advance(p);
	jp_advance(p);
	if (p->cur.kind != JP_T_RPAREN) {
		if (!argument(p, &args))
			return NULL;
		while (p->cur.kind == JP_T_COMMA) {
			jp_advance(p);
			if (!argument(p, &args))
				return NULL;
		}
	}
	if (!jp_expect(p, JP_T_RPAREN, "')' or ','"))
		return NULL;
	p->nest--;
	n->kids = args.p;
	n->count = args.n;
	resolve(p, n, name);
	return n;
}

struct jp_node *
jp_parse_name(struct jp_parser *p)
{
	struct jp_node *n;

	if (p->next.kind == JP_T_LPAREN) {
		if (p->cur.kind == JP_T_NAME)
			return call(p);
		return jp_refuse(p, AVOW_JMESPATH_SYNTAX, p->cur.at,
			"a function's name cannot be quoted");
	}
	n = jp_parse_node(p, JP_FIELD, p->cur.at);
	return n && jp_parse_identifier(p, &n->name) ? n : NULL;
}

/* --- multiselect ---------------------------------------------------------------------- */

static bool
list_item(struct jp_parser *p, struct jp_kids *items)
{
	struct jp_kid kid = {.node = jp_parse_expression(p, 0)};

	if (!kid.node)
		return false;
	return jp_kids_add(p->arena, items, kid) || jp_parse_no_memory(p);
}

static bool
is_name(const struct jp_token *t)
{
	return t->kind == JP_T_NAME || t->kind == JP_T_QUOTED;
}

/* keyval-expr = identifier ":" expression */
static bool
hash_member(struct jp_parser *p, struct jp_kids *items)
{
	struct jp_kid kid = {0};

	if (!is_name(&p->cur))
		return jp_unexpected(p, "a member's name") != NULL;
	if (!jp_parse_identifier(p, &kid.name) || !jp_expect(p, JP_T_COLON, "':'"))
		return false;
	kid.node = jp_parse_expression(p, 0);
	if (!kid.node)
		return false;
	return jp_kids_add(p->arena, items, kid) || jp_parse_no_memory(p);
}

/* The opening bracket has been taken; it stands at `at`. */
struct jp_node *
jp_parse_multiselect(struct jp_parser *p, enum jp_op op, size_t at)
{
	bool (*item)(struct jp_parser *, struct jp_kids *) =
		op == JP_HASH ? hash_member : list_item;
	struct jp_node *n = jp_parse_node(p, op, at);
	struct jp_kids items = {0};

	if (!n || !jp_nest(p) || !item(p, &items))
		return NULL;
	while (p->cur.kind == JP_T_COMMA) {
		jp_advance(p);
		if (!item(p, &items))
			return NULL;
	}
	if (op == JP_HASH ? !jp_expect(p, JP_T_RBRACE, "'}' or ','")
			  : !jp_expect(p, JP_T_RBRACKET, "']' or ','"))
		return NULL;
	p->nest--;
	n->kids = items.p;
	n->count = items.n;
	if (op == JP_HASH && !jp_node_slots(n))
		return jp_parse_no_memory(p);
	return n;
}
