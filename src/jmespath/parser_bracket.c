/*
 * Brackets and projections: index, slice, filter, `*` and `[]`. A projection
 * takes all that follows it up to `|`, an operator or `[]`.
 */
#include "jmespath/parser_state.h"

/* --- projections and brackets ------------------------------------------------------------ */

/* What follows a projection belongs to it; nothing is NULL, the element itself. */
static bool
projected(struct jp_parser *p, const struct jp_node **out)
{
	struct jp_node *cur = jp_parse_node(p, JP_CURRENT, p->cur.at);
	struct jp_node *n;

	*out = NULL;
	if (!cur || !jp_nest(p))
		return false;
	n = jp_parse_infix(p, cur, POWER_PROJECTION);
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

struct jp_node *
jp_parse_filter(struct jp_parser *p)
{
	size_t at = p->cur.at;
	struct jp_node *condition;

	if (!jp_nest(p))
		return NULL;
	jp_advance(p);
	condition = jp_parse_expression(p, 0);
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
struct jp_node *
jp_parse_bracket(struct jp_parser *p, bool list)
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
		return jp_parse_multiselect(p, JP_LIST, at);
	return jp_unexpected(p, "a number, ':' or '*'");
}

struct jp_node *
jp_parse_projection(struct jp_parser *p, enum jp_op op)
{
	size_t at = p->cur.at;

	jp_advance(p);
	return projection(p, op, at, NULL);
}
