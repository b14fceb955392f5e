/*
 * What a search may spend, and the plain values that it makes. Steps are the
 * only clock: every visit, comparison, copy and sixteen bytes of text cost
 * one, so the bound holds for any expression and document and is the same on
 * every machine.
 */
#include "jmespath/run.h"

#include <math.h>

bool
jp_out_of_steps(struct jp_run *r)
{
	jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at, "the search takes too many steps");
	return false;
}

bool
jp_spend_bytes(struct jp_run *r, size_t n)
{
	return jp_spend(r, n / JP_BYTES_A_STEP);
}

bool
jp_spend_output(struct jp_run *r, size_t n)
{
	if (n > r->bytes) {
		jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at,
			"the search makes too much text");
		return false;
	}
	r->bytes -= n;
	return jp_spend_bytes(r, n);
}

void *
jp_no_memory(struct jp_run *r)
{
	jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at, "the search takes too much memory");
	return NULL;
}

void *
jp_make(struct jp_run *r, size_t n, size_t size)
{
	void *p;

	if (n > r->nodes) {
		jp_fail(r->err, AVOW_JMESPATH_LIMIT, r->at,
			"the search makes too many values");
		return NULL;
	}
	r->nodes -= n;
	if (!jp_spend(r, n))
		return NULL;
	p = avow_arena_array(r->arena, n, size);
	return p ? p : jp_no_memory(r);
}

const struct avow_json *
jp_null(void)
{
	static const struct avow_json v = {.type = AVOW_JSON_NULL};

	return &v;
}

const struct avow_json *
jp_bool(bool v)
{
	static const struct avow_json yes = {.type = AVOW_JSON_BOOL, .boolean = true};
	static const struct avow_json no = {.type = AVOW_JSON_BOOL};

	return v ? &yes : &no;
}

const struct avow_json *
jp_int(struct jp_run *r, int64_t v)
{
	struct avow_json *n = jp_make(r, 1, sizeof(*n));

	if (n) {
		n->type = AVOW_JSON_INT;
		n->integer = v;
		n->real = (double)v;
	}
	return n;
}

const struct avow_json *
jp_real(struct jp_run *r, double v)
{
	struct avow_json *n;

	if (!isfinite(v)) {
		jp_fail(r->err, AVOW_JMESPATH_INVALID_VALUE, r->at,
			"a result is too large for a number");
		return NULL;
	}
	if (v >= -0x1p63 && v < 0x1p63 && !(trunc(v) < v) && !(trunc(v) > v))
		return jp_int(r, (int64_t)v);
	n = jp_make(r, 1, sizeof(*n));
	if (n) {
		n->type = AVOW_JSON_REAL;
		n->real = v;
	}
	return n;
}

const struct avow_json *
jp_string(struct jp_run *r, struct avow_span s)
{
	struct avow_json *n = jp_make(r, 1, sizeof(*n));

	if (n) {
		n->type = AVOW_JSON_STRING;
		n->string = s;
	}
	return n;
}

bool
jp_is_null(const struct avow_json *v)
{
	return v->type == AVOW_JSON_NULL;
}

bool
jp_is_number(const struct avow_json *v)
{
	return v->type == AVOW_JSON_INT || v->type == AVOW_JSON_REAL;
}

bool
jp_is_false(const struct avow_json *v)
{
	switch (v->type) {
	case AVOW_JSON_NULL:
		return true;
	case AVOW_JSON_BOOL:
		return !v->boolean;
	case AVOW_JSON_STRING:
		return v->string.n == 0;
	case AVOW_JSON_ARRAY:
	case AVOW_JSON_OBJECT:
		return v->count == 0;
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
	default:
		return false;
	}
}

const char *
jp_type_name(const struct avow_json *v)
{
	switch (v->type) {
	case AVOW_JSON_NULL:
		return "null";
	case AVOW_JSON_BOOL:
		return "boolean";
	case AVOW_JSON_STRING:
		return "string";
	case AVOW_JSON_ARRAY:
		return "array";
	case AVOW_JSON_OBJECT:
		return "object";
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
	default:
		return "number";
	}
}

/* --- lists ---------------------------------------------------------------------- */

bool
jp_list_add(struct jp_run *r, struct jp_list *l, const struct avow_json *v)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		const struct avow_json **p = avow_arena_array(
			r->arena, cap, sizeof(const struct avow_json *));

		if (!p)
			return jp_no_memory(r) != NULL;
		for (size_t i = 0; i < l->n; i++)
			p[i] = l->p[i];
		l->p = p;
		l->cap = cap;
	}
	l->p[l->n++] = v;
	return true;
}

const struct avow_json *
jp_list_done(struct jp_run *r, const struct jp_list *l)
{
	struct avow_json *out = jp_make(r, 1, sizeof(*out));
	struct avow_json *items = jp_make(r, l->n, sizeof(*items));

	if (!out || !items)
		return NULL;
	for (size_t i = 0; i < l->n; i++)
		items[i] = *l->p[i];
	out->type = AVOW_JSON_ARRAY;
	out->count = l->n;
	out->items = items;
	return out;
}
