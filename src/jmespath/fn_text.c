/*
 * Functions that give or judge text. All of them work on code points or on
 * whole strings; none normalises (specification, built-in functions).
 */
#include "jmespath/functions.h"

#include <string.h>

const struct avow_json *
jp_fn_starts_with(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct avow_span s = args[0].value->string, prefix = args[1].value->string;

	(void)at;
	(void)n;
	if (!jp_spend_bytes(r, prefix.n))
		return NULL;
	return jp_bool(avow_span_starts(s, prefix));
}

const struct avow_json *
jp_fn_ends_with(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct avow_span s = args[0].value->string, suffix = args[1].value->string;

	(void)at;
	(void)n;
	if (!jp_spend_bytes(r, suffix.n))
		return NULL;
	return jp_bool(avow_span_ends(s, suffix));
}

/* Not in the specification: published policies use it. ASCII letters fold. */
const struct avow_json *
jp_fn_equals_ignore_case(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct avow_span a = args[0].value->string, b = args[1].value->string;

	(void)at;
	(void)n;
	if (a.n != b.n)
		return jp_bool(false);
	return jp_spend_bytes(r, a.n) ? jp_bool(avow_span_eq_fold(a, b)) : NULL;
}

static bool
joined_length(
	struct jp_run *r, struct avow_span glue, const struct avow_json *v, size_t *out)
{
	size_t n = 0;
	bool over = false;

	if (v->count)
		over = __builtin_mul_overflow(glue.n, v->count - 1, &n);
	for (size_t i = 0; !over && i < v->count; i++)
		over = __builtin_add_overflow(n, v->items[i].string.n, &n);
	*out = n;
	return jp_spend_output(r, over ? SIZE_MAX : n);
}

static uint8_t *
put(uint8_t *p, struct avow_span s)
{
	if (s.n)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

const struct avow_json *
jp_fn_join(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct avow_span glue = args[0].value->string;
	const struct avow_json *v = args[1].value;
	uint8_t *text, *p;
	size_t bytes;

	(void)at;
	(void)n;
	if (!jp_spend(r, v->count) || !joined_length(r, glue, v, &bytes))
		return NULL;
	text = avow_arena_alloc(r->arena, bytes);
	if (!text)
		return jp_no_memory(r);
	p = text;
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			p = put(p, glue);
		p = put(p, v->items[i].string);
	}
	return jp_string(r, avow_span_make(text, bytes));
}

/* Compact JSON in document order; a string is itself. */
const struct avow_json *
jp_fn_to_string(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	struct avow_span text;
	struct avow_buf b;

	(void)at;
	(void)n;
	if (v->type == AVOW_JSON_STRING)
		return v;
	if (!jp_measure(r, v))
		return NULL;
	avow_buf_init(&b, r->bytes);
	avow_json_put(&b, v, AVOW_JSON_AS_IS);
	if (b.err != AVOW_OK) {
		avow_buf_clear(&b);
		jp_spend_output(r, SIZE_MAX);
		return NULL;
	}
	text = avow_arena_copy(r->arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	if (!text.p)
		return jp_no_memory(r);
	return jp_spend_output(r, text.n) ? jp_string(r, text) : NULL;
}
