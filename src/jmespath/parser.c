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
#include "jmespath/parser_state.h"

bool
jp_nest(struct jp_parser *p)
{
	if (p->nest == AVOW_JMESPATH_MAX_DEPTH)
		return jp_refuse(p, AVOW_JMESPATH_LIMIT, p->cur.at,
			       "the expression is nested too deep") != NULL;
	p->nest++;
	return true;
}

/* --- prefix and infix --------------------------------------------------------------------- */

static struct jp_node *
negation(struct jp_parser *p)
{
	size_t at = p->cur.at;
	struct jp_node *operand, *n;

	if (!jp_nest(p))
		return NULL;
	jp_advance(p);
	operand = jp_parse_expression(p, POWER_NOT);
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

	if (!jp_nest(p))
		return NULL;
	jp_advance(p);
	n = jp_parse_expression(p, 0);
	p->nest--;
	return n && jp_expect(p, JP_T_RPAREN, "')'") ? n : NULL;
}

static struct jp_node *
braces(struct jp_parser *p)
{
	size_t at = p->cur.at;

	jp_advance(p);
	return jp_parse_multiselect(p, JP_HASH, at);
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
		return jp_parse_name(p);
	case JP_T_RAW:
		return jp_parse_raw(p);
	case JP_T_JSON:
		return jp_parse_literal(p);
	case JP_T_CURRENT:
		return current(p);
	case JP_T_STAR:
		return jp_parse_projection(p, JP_PROJECT_VALUES);
	case JP_T_FLATTEN:
		return jp_parse_projection(p, JP_PROJECT_FLAT);
	case JP_T_FILTER:
		return jp_parse_filter(p);
	case JP_T_LBRACKET:
		return jp_parse_bracket(p, true);
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
		return jp_parse_name(p);
	case JP_T_STAR:
		return jp_parse_projection(p, JP_PROJECT_VALUES);
	case JP_T_LBRACE:
		return braces(p);
	case JP_T_LBRACKET:
		jp_advance(p);
		return jp_parse_multiselect(p, JP_LIST, at);
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
	right = jp_parse_expression(p, power);
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
		return jp_parse_projection(p, JP_PROJECT_FLAT);
	case JP_T_FILTER:
		return jp_parse_filter(p);
	default:
		return jp_parse_bracket(p, false);
	}
}

struct jp_node *
jp_parse_infix(struct jp_parser *p, struct jp_node *left, int power)
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

struct jp_node *
jp_parse_expression(struct jp_parser *p, int power)
{
	struct jp_node *left = prefix(p);

	return left ? jp_parse_infix(p, left, power) : NULL;
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
	root = jp_parse_expression(&p, 0);
	if (root && p.cur.kind != JP_T_END)
		root = jp_unexpected(&p, "an operator or the end");
	if (root && p.meaning.kind != AVOW_JMESPATH_OK) {
		*err = p.meaning;
		root = NULL;
	}
	return root;
}
