/*
 * Functions on numbers. Integers stay exact as long as they fit 64 bits; a
 * sum that does not, or meets a fraction, goes on in double precision.
 */
#include "jmespath/functions.h"

#include <math.h>

const struct avow_json *
jp_fn_abs(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;

	(void)at;
	(void)n;
	if (v->type == AVOW_JSON_REAL)
		return jp_real(r, fabs(v->real));
	if (v->integer == INT64_MIN)
		return jp_real(r, 0x1p63);
	return v->integer < 0 ? jp_int(r, -v->integer) : v;
}

const struct avow_json *
jp_fn_ceil(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;

	(void)at;
	(void)n;
	return v->type == AVOW_JSON_INT ? v : jp_real(r, ceil(v->real));
}

const struct avow_json *
jp_fn_floor(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;

	(void)at;
	(void)n;
	return v->type == AVOW_JSON_INT ? v : jp_real(r, floor(v->real));
}

/* true: the sum is *whole; false: it is *real. */
static bool
sum_of(const struct avow_json *v, int64_t *whole, double *real)
{
	bool exact = true;

	*whole = 0;
	*real = 0;
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *x = &v->items[i];
		int64_t next = 0;

		if (exact &&
			(x->type == AVOW_JSON_REAL ||
				__builtin_add_overflow(*whole, x->integer, &next))) {
			exact = false;
			*real = (double)*whole;
		}
		if (exact)
			*whole = next;
		else
			*real += x->real;
	}
	return exact;
}

const struct avow_json *
jp_fn_sum(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	int64_t whole;
	double real;

	(void)at;
	(void)n;
	return sum_of(args[0].value, &whole, &real) ? jp_int(r, whole)
						    : jp_real(r, real);
}

/* The average of nothing is null. */
const struct avow_json *
jp_fn_avg(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	int64_t whole;
	double real;

	(void)at;
	(void)n;
	if (v->count == 0)
		return jp_null();
	if (!sum_of(v, &whole, &real))
		return jp_real(r, real / (double)v->count);
	if (whole % (int64_t)v->count == 0)
		return jp_int(r, whole / (int64_t)v->count);
	return jp_real(r, (double)whole / (double)v->count);
}

/* json-number, all of it: no white space, which a JSON reader would take. */
static bool
looks_like_number(struct avow_span s)
{
	uint8_t first = s.n ? s.p[0] : 0, last = s.n ? s.p[s.n - 1] : 0;

	return (first == '-' || (first >= '0' && first <= '9')) && last >= '0' &&
	       last <= '9';
}

/* A text that is no JSON number, or is out of range, gives null. */
const struct avow_json *
jp_fn_to_number(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value, *out;
	enum avow_err e;

	(void)at;
	(void)n;
	if (jp_is_number(v))
		return v;
	if (v->type != AVOW_JSON_STRING || !looks_like_number(v->string))
		return jp_null();
	if (!jp_spend_bytes(r, v->string.n))
		return NULL;
	e = avow_json_parse(v->string, NULL, r->arena, &out, NULL);
	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_TOO_LARGE)
		return jp_no_memory(r);
	return e == AVOW_OK && jp_is_number(out) ? out : jp_null();
}
