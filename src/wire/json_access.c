/*
 * Looking into a JSON tree: members by name, typed access for documents that
 * have a schema, and deep equality. A tree's depth is bounded by its parse, so
 * equality may call itself.
 */
#include "wire/json.h"

#include <stdlib.h>

#include "base/hex.h"
#include "wire/json_order.h"

const struct avow_json *
avow_json_get_span(const struct avow_json *o, struct avow_span name)
{
	if (!o || o->type != AVOW_JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < o->count; i++)
		if (avow_span_eq(o->members[i].name, name))
			return &o->members[i].value;
	return NULL;
}

const struct avow_json *
avow_json_get(const struct avow_json *o, const char *name)
{
	return avow_json_get_span(o, avow_span_str(name));
}

const struct avow_json *
avow_json_get_fold(const struct avow_json *o, const char *name)
{
	struct avow_span want = avow_span_str(name);

	if (!o || o->type != AVOW_JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < o->count; i++)
		if (avow_span_eq_fold(o->members[i].name, want))
			return &o->members[i].value;
	return NULL;
}

static const char *
type_name(enum avow_json_type t)
{
	static const char *const names[] = {"null", "a boolean", "an integer",
		"a number with a fraction or beyond 64 bits", "a string", "an array",
		"an object"};

	return names[t];
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err e, const char *name, const char *expected,
	const char *got)
{
	const struct avow_at at = {"json", name, NULL};

	return avow_refuse(why, e, &at, expected, "%s", got);
}

enum avow_err
avow_json_need(const struct avow_json *o, const char *name, enum avow_json_type type,
	const struct avow_json **out, struct avow_why *why)
{
	const struct avow_json *v = avow_json_get(o, name);

	*out = NULL;
	if (!v)
		return refuse(
			why, AVOW_E_JSON_MISSING, name, type_name(type), "absent");
	if (v->type != type)
		return refuse(why, AVOW_E_JSON_TYPE, name, type_name(type),
			type_name(v->type));
	*out = v;
	return AVOW_OK;
}

enum avow_err
avow_json_need_int(const struct avow_json *o, const char *name, int64_t min,
	int64_t max, int64_t *out, struct avow_why *why)
{
	const struct avow_at at = {"json", name, NULL};
	const struct avow_json *v;

	*out = 0;
	AVOW_TRY(avow_json_need(o, name, AVOW_JSON_INT, &v, why));
	if (v->integer < min || v->integer > max)
		return avow_refuse(why, AVOW_E_JSON_TYPE, &at,
			"an integer within its range", "%lld", (long long)v->integer);
	*out = v->integer;
	return AVOW_OK;
}

enum avow_err
avow_json_need_string(const struct avow_json *o, const char *name,
	struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *v;

	*out = (struct avow_span){NULL, 0};
	AVOW_TRY(avow_json_need(o, name, AVOW_JSON_STRING, &v, why));
	*out = v->string;
	return AVOW_OK;
}

enum avow_err
avow_json_need_hex(const struct avow_json *o, const char *name, uint8_t *out, size_t n,
	struct avow_why *why)
{
	const struct avow_at at = {"json", name, NULL};
	struct avow_span s;

	AVOW_TRY(avow_json_need_string(o, name, &s, why));
	if (avow_hex_decode(s, out, n) != AVOW_OK)
		return avow_refuse(why, AVOW_E_JSON_TYPE, &at,
			"hexadecimal text of its fixed length", "%zu characters", s.n);
	return AVOW_OK;
}

/* --- equality ------------------------------------------------------------------ */

static bool
is_number(const struct avow_json *v)
{
	return v->type == AVOW_JSON_INT || v->type == AVOW_JSON_REAL;
}

/* A double equals an integer only when it is that integer: 2^53 + 1 as a
 * double is 2^53, and must not pass for it. */
static bool
real_is_int(double real, int64_t integer)
{
	return real >= -0x1p63 && real < 0x1p63 && (double)(int64_t)real == real &&
	       (int64_t)real == integer;
}

static bool
numbers_eq(const struct avow_json *a, const struct avow_json *b)
{
	if (a->type == AVOW_JSON_INT && b->type == AVOW_JSON_INT)
		return a->integer == b->integer;
	if (a->type == AVOW_JSON_INT)
		return real_is_int(b->real, a->integer);
	if (b->type == AVOW_JSON_INT)
		return real_is_int(a->real, b->integer);
	return !(a->real < b->real) && !(a->real > b->real);
}

static bool
items_eq(const struct avow_json *a, const struct avow_json *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!avow_json_eq(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static bool
members_eq_slowly(const struct avow_json *a, const struct avow_json *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct avow_json *v = avow_json_get_span(b, a->members[i].name);

		if (!v || !avow_json_eq(&a->members[i].value, v))
			return false;
	}
	return true;
}

static bool
same_names_in_place(const struct avow_json *a, const struct avow_json *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!avow_span_eq(a->members[i].name, b->members[i].name))
			return false;
	return true;
}

static bool
members_eq_in_place(const struct avow_json *a, const struct avow_json *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!avow_json_eq(&a->members[i].value, &b->members[i].value))
			return false;
	return true;
}

/* Names are unique on both sides, so sorted lists pair up one to one. */
static bool
members_eq_sorted(const struct avow_json *a, const struct avow_json *b)
{
	const struct avow_json_member **x =
		avow_json_order(a->members, a->count, false);
	const struct avow_json_member **y =
		avow_json_order(b->members, b->count, false);
	bool eq = true;

	if (!x || !y)
		eq = members_eq_slowly(a, b);
	for (size_t i = 0; x && y && eq && i < a->count; i++)
		eq = avow_span_eq(x[i]->name, y[i]->name) &&
		     avow_json_eq(&x[i]->value, &y[i]->value);
	free(x);
	free(y);
	return eq;
}

bool
avow_json_eq(const struct avow_json *a, const struct avow_json *b)
{
	if (is_number(a) && is_number(b))
		return numbers_eq(a, b);
	if (a->type != b->type || a->count != b->count)
		return false;
	switch (a->type) {
	case AVOW_JSON_NULL:
		return true;
	case AVOW_JSON_BOOL:
		return a->boolean == b->boolean;
	case AVOW_JSON_STRING:
		return avow_span_eq(a->string, b->string);
	case AVOW_JSON_ARRAY:
		return items_eq(a, b);
	case AVOW_JSON_OBJECT:
		if (same_names_in_place(a, b))
			return members_eq_in_place(a, b);
		return members_eq_sorted(a, b);
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
	default:
		return false; /* numbers are compared above */
	}
}
