/*
 * Equality and order of values, and the measure of a result. All three walk
 * trees that an expression may have made bushy by sharing, so each visit is
 * paid for and the depth is bounded.
 */
#include "jmespath/run.h"

#include <math.h>

/* --- numbers -------------------------------------------------------------------- */

/* An integer with a finite real, without rounding either. */
static int
int_real_cmp(int64_t a, double b)
{
	int64_t whole;

	if (b >= 0x1p63)
		return -1;
	if (b < -0x1p63)
		return 1;
	whole = (int64_t)b;
	if (a != whole)
		return a < whole ? -1 : 1;
	/* equal up to the fraction of b, which has b's own sign */
	return (trunc(b) > b) - (trunc(b) < b);
}

int
jp_number_cmp(const struct avow_json *a, const struct avow_json *b)
{
	if (a->type == AVOW_JSON_INT && b->type == AVOW_JSON_INT)
		return (a->integer > b->integer) - (a->integer < b->integer);
	if (a->type == AVOW_JSON_INT)
		return int_real_cmp(a->integer, b->real);
	if (b->type == AVOW_JSON_INT)
		return -int_real_cmp(b->integer, a->real);
	return (a->real > b->real) - (a->real < b->real);
}

bool
jp_order(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	int *out)
{
	if (jp_is_number(a)) {
		*out = jp_number_cmp(a, b);
		return jp_spend(r, 1);
	}
	/* UTF-8 bytes sort as code points do */
	*out = avow_span_cmp(a->string, b->string);
	return jp_spend(r, 1 + (a->string.n < b->string.n ? a->string.n : b->string.n) /
					   JP_BYTES_A_STEP);
}

/* --- equality -------------------------------------------------------------------- */

static bool equal_at(struct jp_run *r, const struct avow_json *a,
	const struct avow_json *b, size_t depth, bool *out);

static bool
too_deep(struct jp_run *r)
{
	jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at, "a value is nested too deep");
	return false;
}

static bool
equal_items(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	size_t depth, bool *out)
{
	*out = a->count == b->count;
	for (size_t i = 0; *out && i < a->count; i++)
		if (!equal_at(r, &a->items[i], &b->items[i], depth, out))
			return false;
	return true;
}

/* Both in the order of their names, so that no pair of objects is quadratic. */
static bool
equal_sorted(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	size_t depth, bool *out)
{
	const struct avow_json_member **x, **y;

	if (!jp_members_sorted(r, a, &x) || !jp_members_sorted(r, b, &y))
		return false;
	*out = true;
	for (size_t i = 0; *out && i < a->count; i++) {
		*out = avow_span_eq(x[i]->name, y[i]->name);
		if (*out && !equal_at(r, &x[i]->value, &y[i]->value, depth, out))
			return false;
	}
	return true;
}

static bool
same_order(const struct avow_json *a, const struct avow_json *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!avow_span_eq(a->members[i].name, b->members[i].name))
			return false;
	return true;
}

static bool
equal_members(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	size_t depth, bool *out)
{
	*out = a->count == b->count;
	if (!*out || a->count == 0)
		return true;
	if (!jp_spend(r, a->count))
		return false;
	if (!same_order(a, b))
		return equal_sorted(r, a, b, depth, out);
	for (size_t i = 0; *out && i < a->count; i++)
		if (!equal_at(
			    r, &a->members[i].value, &b->members[i].value, depth, out))
			return false;
	return true;
}

static bool
equal_at(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	size_t depth, bool *out)
{
	*out = false;
	if (!jp_spend(r, 1))
		return false;
	if (depth > r->max_depth)
		return too_deep(r);
	if (jp_is_number(a) && jp_is_number(b)) {
		*out = jp_number_cmp(a, b) == 0;
		return true;
	}
	if (a->type != b->type)
		return true;
	switch (a->type) {
	case AVOW_JSON_BOOL:
		*out = a->boolean == b->boolean;
		return true;
	case AVOW_JSON_STRING:
		*out = avow_span_eq(a->string, b->string);
		return !*out || jp_spend_bytes(r, a->string.n);
	case AVOW_JSON_ARRAY:
		return equal_items(r, a, b, depth + 1, out);
	case AVOW_JSON_OBJECT:
		return equal_members(r, a, b, depth + 1, out);
	case AVOW_JSON_NULL:
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
	default:
		*out = true;
		return true;
	}
}

bool
jp_equal(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	bool *out)
{
	return equal_at(r, a, b, 0, out);
}

/* --- the measure ------------------------------------------------------------------ */

static bool
measure_at(struct jp_run *r, const struct avow_json *v, size_t depth)
{
	if (!jp_spend(r, 1))
		return false;
	if (r->nodes == 0) {
		jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at,
			"the result has too many values");
		return false;
	}
	r->nodes--;
	if (v->type == AVOW_JSON_STRING)
		return jp_spend_output(r, v->string.n);
	if (v->type != AVOW_JSON_ARRAY && v->type != AVOW_JSON_OBJECT)
		return true;
	if (depth >= r->max_depth)
		return too_deep(r);
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *kid = v->type == AVOW_JSON_ARRAY
						      ? &v->items[i]
						      : &v->members[i].value;

		if (v->type == AVOW_JSON_OBJECT &&
			!jp_spend_output(r, v->members[i].name.n))
			return false;
		if (!measure_at(r, kid, depth + 1))
			return false;
	}
	return true;
}

bool
jp_measure(struct jp_run *r, const struct avow_json *v)
{
	return measure_at(r, v, 0);
}
