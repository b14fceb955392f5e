/*
 * The tree's meaning: each node takes the current value to its own. Recursion
 * is as deep as the tree, which the parser bounds; every visit is paid for.
 */
#include "jmespath/functions.h"

/* --- single values ------------------------------------------------------------------ */

static const struct avow_json *
field(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	const struct avow_json_member *m = cur->members;

	if (cur->type != AVOW_JSON_OBJECT)
		return jp_null();
	/* the length first: most names differ in it, and this is the hot loop */
	for (size_t i = 0; i < cur->count; i++)
		if (m[i].name.n == n->name.n && avow_span_eq(m[i].name, n->name))
			return jp_spend(r, i) ? &m[i].value : NULL;
	return jp_spend(r, cur->count) ? jp_null() : NULL;
}

/* Specification, index expressions: a negative index counts from the end. */
static const struct avow_json *
item(const struct jp_node *n, const struct avow_json *cur)
{
	int64_t count = (int64_t)cur->count;
	int64_t i = n->index;

	if (cur->type != AVOW_JSON_ARRAY)
		return jp_null();
	if (i < 0)
		i += count;
	return i >= 0 && i < count ? &cur->items[i] : jp_null();
}

static const struct avow_json *
sequence(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	for (size_t i = 0; cur && i < n->count; i++)
		cur = jp_eval(r, n->kids[i].node, cur);
	return cur;
}

/* Specification, or- and and-expressions: the value that decides. */
static const struct avow_json *
first_where(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur,
	bool is_false)
{
	const struct avow_json *v = NULL;

	for (size_t i = 0; i < n->count; i++) {
		v = jp_eval(r, n->kids[i].node, cur);
		if (!v || jp_is_false(v) == is_false)
			return v;
	}
	return v;
}

static const struct avow_json *
negation(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	const struct avow_json *v = jp_eval(r, n->kids[0].node, cur);

	return v ? jp_bool(jp_is_false(v)) : NULL;
}

/* Specification, ordering operators: null for anything but two numbers. */
static const struct avow_json *
ordered(enum jp_cmp cmp, const struct avow_json *a, const struct avow_json *b)
{
	int order;

	if (!jp_is_number(a) || !jp_is_number(b))
		return jp_null();
	order = jp_number_cmp(a, b);
	switch ((int)cmp) {
	case JP_LT:
		return jp_bool(order < 0);
	case JP_LE:
		return jp_bool(order <= 0);
	case JP_GT:
		return jp_bool(order > 0);
	default:
		return jp_bool(order >= 0);
	}
}

static const struct avow_json *
compare(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	const struct avow_json *left = jp_eval(r, n->kids[0].node, cur);

	for (size_t i = 1; left && i < n->count; i++) {
		enum jp_cmp cmp = n->kids[i].cmp;
		const struct avow_json *right = jp_eval(r, n->kids[i].node, cur);
		bool same = false;

		if (!right)
			return NULL;
		if (cmp != JP_EQ && cmp != JP_NE)
			left = ordered(cmp, left, right);
		else if (!jp_equal(r, left, right, &same))
			return NULL;
		else
			left = jp_bool(same == (cmp == JP_EQ));
	}
	return left;
}

/* --- multiselect ------------------------------------------------------------------- */

static const struct avow_json *
list(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_list found = {0};

	if (jp_is_null(cur))
		return cur;
	for (size_t i = 0; i < n->count; i++) {
		const struct avow_json *v = jp_eval(r, n->kids[i].node, cur);

		if (!v || !jp_list_add(r, &found, v))
			return NULL;
	}
	return jp_list_done(r, &found);
}

static const struct avow_json *
hash(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct avow_json_member *members;
	struct avow_json *out;

	if (jp_is_null(cur))
		return cur;
	out = jp_make(r, 1, sizeof(*out));
	members = jp_make(r, n->slots, sizeof(*members));
	if (!out || !members)
		return NULL;
	for (size_t i = 0; i < n->count; i++) {
		const struct avow_json *v = jp_eval(r, n->kids[i].node, cur);

		if (!v)
			return NULL;
		members[n->kids[i].slot].name = n->kids[i].name;
		members[n->kids[i].slot].value = *v;
	}
	out->type = AVOW_JSON_OBJECT;
	out->count = n->slots;
	out->members = members;
	return out;
}

/* --- functions ----------------------------------------------------------------------- */

/* Specification, function evaluation: every argument before the function. */
static const struct avow_json *
call(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_arg few[4];
	struct jp_arg *args = few;

	if (n->count > sizeof(few) / sizeof(few[0]))
		args = avow_arena_array(r->arena, n->count, sizeof(*args));
	if (!args)
		return jp_no_memory(r);
	for (size_t i = 0; i < n->count; i++) {
		const struct jp_kid *kid = &n->kids[i];

		args[i] = (struct jp_arg){.ref = kid->ref ? kid->node : NULL};
		if (kid->ref)
			continue;
		args[i].value = jp_eval(r, kid->node, cur);
		if (!args[i].value)
			return NULL;
	}
	r->at = n->at;
	return jp_function_call(r, n, args, n->count);
}

/* --- projections ----------------------------------------------------------------------- */

/* One element: the rest of the path on it, and null is left out. */
static bool
project(struct jp_run *r, const struct jp_node *n, const struct avow_json *v,
	struct jp_list *found)
{
	if (!jp_spend(r, 1))
		return false;
	if (n->kids[0].node)
		v = jp_eval(r, n->kids[0].node, v);
	if (!v)
		return false;
	return jp_is_null(v) || jp_list_add(r, found, v);
}

static const struct avow_json *
project_list(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_list found = {0};

	if (cur->type != AVOW_JSON_ARRAY)
		return jp_null();
	for (size_t i = 0; i < cur->count; i++)
		if (!project(r, n, &cur->items[i], &found))
			return NULL;
	return jp_list_done(r, &found);
}

static const struct avow_json *
project_values(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_list found = {0};

	if (cur->type != AVOW_JSON_OBJECT)
		return jp_null();
	for (size_t i = 0; i < cur->count; i++)
		if (!project(r, n, &cur->members[i].value, &found))
			return NULL;
	return jp_list_done(r, &found);
}

/* Specification, flatten operator: one level. */
static const struct avow_json *
project_flat(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_list found = {0};

	if (cur->type != AVOW_JSON_ARRAY)
		return jp_null();
	for (size_t i = 0; i < cur->count; i++) {
		const struct avow_json *v = &cur->items[i];
		size_t inner = v->type == AVOW_JSON_ARRAY ? v->count : 1;

		if (!jp_spend(r, 1))
			return NULL;
		for (size_t j = 0; j < inner; j++)
			if (!project(r, n,
				    v->type == AVOW_JSON_ARRAY ? &v->items[j] : v,
				    &found))
				return NULL;
	}
	return jp_list_done(r, &found);
}

/* A bound of a slice, brought into [low, high]. */
static int64_t
slice_bound(int64_t v, int64_t count, int64_t low, int64_t high)
{
	if (v < 0)
		v += count;
	return v < low ? low : v > high ? high : v;
}

/* Specification, slices: as Python's. */
static const struct avow_json *
project_slice(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	const struct jp_slice *s = &n->slice;
	int64_t count = (int64_t)cur->count;
	bool up = s->step > 0;
	int64_t low = up ? 0 : -1, high = up ? count : count - 1;
	int64_t i = up ? low : high, stop = up ? high : low;
	struct jp_list found = {0};

	if (cur->type != AVOW_JSON_ARRAY)
		return jp_null();
	if (s->has_start)
		i = slice_bound(s->start, count, low, high);
	if (s->has_stop)
		stop = slice_bound(s->stop, count, low, high);
	while (up ? i < stop : i > stop) {
		if (!project(r, n, &cur->items[i], &found))
			return NULL;
		if (__builtin_add_overflow(i, s->step, &i))
			break;
	}
	return jp_list_done(r, &found);
}

static const struct avow_json *
project_filter(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	struct jp_list found = {0};

	if (cur->type != AVOW_JSON_ARRAY)
		return jp_null();
	for (size_t i = 0; i < cur->count; i++) {
		const struct avow_json *yes =
			jp_eval(r, n->kids[1].node, &cur->items[i]);

		if (!yes)
			return NULL;
		if (!jp_is_false(yes) && !project(r, n, &cur->items[i], &found))
			return NULL;
	}
	return jp_list_done(r, &found);
}

/* --- dispatch ----------------------------------------------------------------------------- */

const struct avow_json *
jp_eval(struct jp_run *r, const struct jp_node *n, const struct avow_json *cur)
{
	r->at = n->at;
	if (!jp_spend(r, 1))
		return NULL;
	switch (n->op) {
	case JP_FIELD:
		return field(r, n, cur);
	case JP_INDEX:
		return item(n, cur);
	case JP_LITERAL:
		return n->literal;
	case JP_SEQUENCE:
		return sequence(r, n, cur);
	case JP_OR:
		return first_where(r, n, cur, false);
	case JP_AND:
		return first_where(r, n, cur, true);
	case JP_NOT:
		return negation(r, n, cur);
	case JP_COMPARE:
		return compare(r, n, cur);
	case JP_LIST:
		return list(r, n, cur);
	case JP_HASH:
		return hash(r, n, cur);
	case JP_CALL:
		return call(r, n, cur);
	case JP_PROJECT_LIST:
		return project_list(r, n, cur);
	case JP_PROJECT_VALUES:
		return project_values(r, n, cur);
	case JP_PROJECT_FLAT:
		return project_flat(r, n, cur);
	case JP_PROJECT_SLICE:
		return project_slice(r, n, cur);
	case JP_PROJECT_FILTER:
		return project_filter(r, n, cur);
	case JP_CURRENT:
	default:
		return cur;
	}
}
