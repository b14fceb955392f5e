/*
 * Tokens to tree, by precedence climbing. The grammar is the specification's;
 * where it is ambiguous, the binding powers are those that every published
 * library shares:
 *
 *	|  ||  &&  comparators  []  other projections  [?  .  !  [
 *	weakest                                         tightest
 *
 * so `!a == b` is `(!a) == b`, `!a[0]` is `!(a[0])`, and `!a.b` is `(!a).b`.
 * A projection takes all that follows it up to `|`, an operator or `[]`
 * (specification, wildcard expressions), which those libraries do not always do.
 *
 * Syntax is judged for the whole text first. An unknown function, a wrong
 * number of arguments and a slice step of 0 are remembered on the way (the
 * first of them) and reported when the syntax holds.
 */
#include "jmespath/parser.h"

#include "base/utf8.h"
#include "jmespath/functions.h"
#include "jmespath/parser_state.h"

enum {
	POWER_PIPE = 1,
	POWER_OR,
	POWER_AND,
	POWER_COMPARE,
	POWER_FLATTEN,
	POWER_PROJECTION,
	POWER_FILTER,
	POWER_DOT,
	POWER_NOT,
	POWER_BRACKET
};

static struct jp_node *expression(struct jp_parser *p, int power);
static struct jp_node *infix_from(struct jp_parser *p, struct jp_node *left, int power);

static bool
nest(struct jp_parser *p)
{
	if (p->nest == AVOW_JMESPATH_MAX_DEPTH)
		return jp_refuse(p, AVOW_JMESPATH_LIMIT, p->cur.at,
			       "the expression is nested too deep") != NULL;
	p->nest++;
	return true;
}

static bool
is_name(const struct jp_token *t)
{
	return t->kind == JP_T_NAME || t->kind == JP_T_QUOTED;
}

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
	kid.node = expression(p, 0);
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

	if (!n || !nest(p))
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

static struct jp_node *
name(struct jp_parser *p)
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
	struct jp_kid kid = {.node = expression(p, 0)};

	if (!kid.node)
		return false;
	return jp_kids_add(p->arena, items, kid) || jp_parse_no_memory(p);
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
	kid.node = expression(p, 0);
	if (!kid.node)
		return false;
	return jp_kids_add(p->arena, items, kid) || jp_parse_no_memory(p);
}

/* The opening bracket has been taken; it stands at `at`. */
static struct jp_node *
multiselect(struct jp_parser *p, enum jp_op op, size_t at)
{
	bool (*item)(struct jp_parser *, struct jp_kids *) =
		op == JP_HASH ? hash_member : list_item;
	struct jp_node *n = jp_parse_node(p, op, at);
	struct jp_kids items = {0};

	if (!n || !nest(p) || !item(p, &items))
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

/* --- projections and brackets ------------------------------------------------------------ */

/* What follows a projection belongs to it; nothing is NULL, the element itself. */
static bool
projected(struct jp_parser *p, const struct jp_node **out)
{
	struct jp_node *cur = jp_parse_node(p, JP_CURRENT, p->cur.at);
	struct jp_node *n;

	*out = NULL;
	if (!cur || !nest(p))
		return false;
	n = infix_from(p, cur, POWER_PROJECTION);
	p->nest--;
	if (!n)
		return false;
	*out = n->op == JP_CURRENT ? NULL : n;
	return true;
}

/* The bracket itself has been taken. */
static struct jp_node *
projection(
	struct jp_parser *p, enum jp_op op, size_t at, const struct jp_node *condition)
{
	const struct jp_node *rest;
	struct jp_node *n;

	if (!projected(p, &rest))
		return NULL;
	n = jp_node_kids(p->arena, op, at, rest, condition);
	return n ? n : jp_parse_no_memory(p);
}

static struct jp_node *
filter(struct jp_parser *p)
{
	size_t at = p->cur.at;
	struct jp_node *condition;

	if (!nest(p))
		return NULL;
	jp_advance(p);
	condition = expression(p, 0);
	if (!condition || !jp_expect(p, JP_T_RBRACKET, "']'"))
		return NULL;
	p->nest--;
	return projection(p, JP_PROJECT_FILTER, at, condition);
}

static bool
slice_part(struct jp_parser *p, bool *has, int64_t *v)
{
	*has = p->cur.kind == JP_T_NUMBER;
	if (*has) {
		*v = p->cur.number;
		jp_advance(p);
	}
	return p->cur.kind == JP_T_COLON || p->cur.kind == JP_T_RBRACKET ||
	       jp_unexpected(p, "a number, ':' or ']'") != NULL;
}

/* slice-expression = [number] ":" [number] [ ":" [number] ] */
static bool
slice_parts(struct jp_parser *p, struct jp_slice *s)
{
	bool has_step = false;

	if (!slice_part(p, &s->has_start, &s->start))
		return false;
	jp_advance(p); /* the ':' that told a slice from an index */
	if (!slice_part(p, &s->has_stop, &s->stop))
		return false;
	if (p->cur.kind == JP_T_COLON) {
		jp_advance(p);
		if (!slice_part(p, &has_step, &s->step))
			return false;
	}
	if (!has_step)
		s->step = 1;
	return jp_expect(p, JP_T_RBRACKET, "']'");
}

static struct jp_node *
slice(struct jp_parser *p, size_t at)
{
	struct jp_slice s = {0};
	struct jp_node *n;

	if (!slice_parts(p, &s))
		return NULL;
	if (s.step == 0)
		jp_fail(&p->meaning, AVOW_JMESPATH_INVALID_VALUE, at,
			"a slice's step is 0");
	n = projection(p, JP_PROJECT_SLICE, at, NULL);
	if (n)
		n->slice = s;
	return n;
}

static struct jp_node *
bracket_number(struct jp_parser *p, size_t at)
{
	struct jp_node *n;

	if (p->cur.kind == JP_T_COLON || p->next.kind == JP_T_COLON)
		return slice(p, at);
	n = jp_parse_node(p, JP_INDEX, at);
	if (!n)
		return NULL;
	n->index = p->cur.number;
	jp_advance(p);
	return jp_expect(p, JP_T_RBRACKET, "']'") ? n : NULL;
}

/*
 * "[" is current. bracket-specifier: a number, a slice or `*`; a multiselect
 * list where an expression may start (`list` is true).
 */
static struct jp_node *
bracket(struct jp_parser *p, bool list)
{
	size_t at = p->cur.at;

	jp_advance(p);
	if (p->cur.kind == JP_T_NUMBER || p->cur.kind == JP_T_COLON)
		return bracket_number(p, at);
	if (p->cur.kind == JP_T_STAR && p->next.kind == JP_T_RBRACKET) {
		jp_advance(p);
		jp_advance(p);
		return projection(p, JP_PROJECT_LIST, at, NULL);
	}
	if (list)
		return multiselect(p, JP_LIST, at);
	return jp_unexpected(p, "a number, ':' or '*'");
}

static struct jp_node *
take_projection(struct jp_parser *p, enum jp_op op)
{
	size_t at = p->cur.at;

	jp_advance(p);
	return projection(p, op, at, NULL);
}

/* --- prefix and infix --------------------------------------------------------------------- */

static struct jp_node *
negation(struct jp_parser *p)
{
	size_t at = p->cur.at;
	struct jp_node *operand, *n;

	if (!nest(p))
		return NULL;
	jp_advance(p);
	operand = expression(p, POWER_NOT);
	p->nest--;
	if (!operand)
		return NULL;
	n = jp_node_kids(p->arena, JP_NOT, at, operand, NULL);
	return n ? n : jp_parse_no_memory(p);
}

static struct jp_node *
parenthesis(struct jp_parser *p)
{
	struct jp_node *n;

	if (!nest(p))
		return NULL;
	jp_advance(p);
	n = expression(p, 0);
	p->nest--;
	return n && jp_expect(p, JP_T_RPAREN, "')'") ? n : NULL;
}

static struct jp_node *
braces(struct jp_parser *p)
{
	size_t at = p->cur.at;

	jp_advance(p);
	return multiselect(p, JP_HASH, at);
}

static struct jp_node *
current(struct jp_parser *p)
{
	struct jp_node *n = jp_parse_node(p, JP_CURRENT, p->cur.at);

	jp_advance(p);
	return n;
}

static struct jp_node *
prefix(struct jp_parser *p)
{
	switch ((int)p->cur.kind) {
	case JP_T_NAME:
	case JP_T_QUOTED:
		return name(p);
	case JP_T_RAW:
		return jp_parse_raw(p);
	case JP_T_JSON:
		return jp_parse_literal(p);
	case JP_T_CURRENT:
		return current(p);
	case JP_T_STAR:
		return take_projection(p, JP_PROJECT_VALUES);
	case JP_T_FLATTEN:
		return take_projection(p, JP_PROJECT_FLAT);
	case JP_T_FILTER:
		return filter(p);
	case JP_T_LBRACKET:
		return bracket(p, true);
	case JP_T_LBRACE:
		return braces(p);
	case JP_T_NOT:
		return negation(p);
	case JP_T_LPAREN:
		return parenthesis(p);
	default:
		return jp_unexpected(p, "an expression");
	}
}

/* What may follow a dot; the dot has been taken. */
static struct jp_node *
after_dot(struct jp_parser *p)
{
	size_t at = p->cur.at;

	switch ((int)p->cur.kind) {
	case JP_T_NAME:
	case JP_T_QUOTED:
		return name(p);
	case JP_T_STAR:
		return take_projection(p, JP_PROJECT_VALUES);
	case JP_T_LBRACE:
		return braces(p);
	case JP_T_LBRACKET:
		jp_advance(p);
		return multiselect(p, JP_LIST, at);
	default:
		return jp_unexpected(p, "a name, '*', '[' or '{'");
	}
}

static int
infix_power(enum jp_token_kind kind)
{
	switch ((int)kind) {
	case JP_T_PIPE:
		return POWER_PIPE;
	case JP_T_OR:
		return POWER_OR;
	case JP_T_AND:
		return POWER_AND;
	case JP_T_EQ:
	case JP_T_NE:
	case JP_T_LT:
	case JP_T_LE:
	case JP_T_GT:
	case JP_T_GE:
		return POWER_COMPARE;
	case JP_T_FLATTEN:
		return POWER_FLATTEN;
	case JP_T_FILTER:
		return POWER_FILTER;
	case JP_T_DOT:
		return POWER_DOT;
	case JP_T_LBRACKET:
		return POWER_BRACKET;
	default:
		return 0;
	}
}

static enum jp_cmp
comparator(enum jp_token_kind kind)
{
	switch ((int)kind) {
	case JP_T_EQ:
		return JP_EQ;
	case JP_T_NE:
		return JP_NE;
	case JP_T_LT:
		return JP_LT;
	case JP_T_LE:
		return JP_LE;
	case JP_T_GT:
		return JP_GT;
	default:
		return JP_GE;
	}
}

/* | || && and the comparators: an expression stands on the right. */
static struct jp_node *
binary(struct jp_parser *p, struct jp_node *left, int power)
{
	static const enum jp_op ops[] = {
		[POWER_PIPE] = JP_SEQUENCE,
		[POWER_OR] = JP_OR,
		[POWER_AND] = JP_AND,
	};
	struct jp_token op = p->cur;
	struct jp_node *right, *n;

	jp_advance(p);
	right = expression(p, power);
	if (!right)
		return NULL;
	if (power == POWER_COMPARE)
		n = jp_node_compare(p->arena, op.at, left, comparator(op.kind), right);
	else
		n = jp_node_join(p->arena, ops[power], op.at, left, right);
	return n ? n : jp_parse_no_memory(p);
}

/* A dot or a bracket: the next step of a path. */
static struct jp_node *
path_step(struct jp_parser *p)
{
	switch ((int)p->cur.kind) {
	case JP_T_DOT:
		jp_advance(p);
		return after_dot(p);
	case JP_T_FLATTEN:
		return take_projection(p, JP_PROJECT_FLAT);
	case JP_T_FILTER:
		return filter(p);
	default:
		return bracket(p, false);
	}
}

static struct jp_node *
infix_from(struct jp_parser *p, struct jp_node *left, int power)
{
	int mine = infix_power(p->cur.kind);

	while (left && mine > power) {
		if (mine <= POWER_COMPARE) {
			left = binary(p, left, mine);
		} else {
			size_t at = p->cur.at;
			struct jp_node *step = path_step(p);

			if (!step)
				return NULL;
			left = jp_node_join(p->arena, JP_SEQUENCE, at, left, step);
			if (!left)
				return jp_parse_no_memory(p);
		}
		mine = infix_power(p->cur.kind);
	}
	return left;
}

static struct jp_node *
expression(struct jp_parser *p, int power)
{
	struct jp_node *left = prefix(p);

	return left ? infix_from(p, left, power) : NULL;
}

/* --- the whole text ------------------------------------------------------------------------ */

static bool
text_is_valid(struct avow_span text, struct avow_jmespath_error *err)
{
	size_t at = 0, n;
	uint32_t cp;

	while (at < text.n) {
		n = avow_utf8_decode(avow_span_from(text, at), &cp);
		if (n == 0) {
			jp_fail(err, AVOW_JMESPATH_SYNTAX, at, "not valid UTF-8");
			return false;
		}
		at += n;
	}
	return true;
}

const struct jp_node *
jp_parse(struct avow_span text, struct avow_arena *a, struct avow_jmespath_error *err)
{
	struct jp_parser p = {.arena = a, .err = err};
	struct jp_node *root;

	if (!text_is_valid(text, err))
		return NULL;
	p.lx = (struct jp_lexer){.in = avow_cur(text), .text = text, .err = &p.lexical};
	jp_advance(&p);
	jp_advance(&p);
	root = expression(&p, 0);
	if (root && p.cur.kind != JP_T_END)
		root = jp_unexpected(&p, "an operator or the end");
	if (root && p.meaning.kind != AVOW_JMESPATH_OK) {
		*err = p.meaning;
		root = NULL;
	}
	return root;
}
