/* Functions on arrays, and those that take a string in an array's place. */
#include "jmespath/functions.h"

#include <string.h>

#include "base/utf8.h"

static const struct avow_json *
contains_text(struct jp_run *r, struct avow_span s, const struct avow_json *search)
{
	/* Specification, contains: a string holds nothing but strings */
	if (search->type != AVOW_JSON_STRING)
		return jp_bool(false);
	if (!jp_spend_bytes(r, s.n))
		return NULL;
	return jp_bool(
		search->string.n == 0 || avow_span_find(s, search->string) < s.n);
}

const struct avow_json *
jp_fn_contains(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	bool same = false;

	(void)at;
	(void)n;
	if (v->type == AVOW_JSON_STRING)
		return contains_text(r, v->string, args[1].value);
	for (size_t i = 0; !same && i < v->count; i++)
		if (!jp_equal(r, &v->items[i], args[1].value, &same))
			return NULL;
	return jp_bool(same);
}

static size_t
code_points(struct avow_span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80; /* not a continuation byte */
	return n;
}

const struct avow_json *
jp_fn_length(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;

	(void)at;
	(void)n;
	if (v->type != AVOW_JSON_STRING)
		return jp_int(r, (int64_t)v->count);
	if (!jp_spend_bytes(r, v->string.n))
		return NULL;
	return jp_int(r, (int64_t)code_points(v->string));
}

/* Unlike a projection it keeps null. */
const struct avow_json *
jp_fn_map(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[1].value;
	struct jp_list found = {0};

	(void)at;
	(void)n;
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *x = jp_eval(r, args[0].ref, &v->items[i]);

		if (!x || !jp_list_add(r, &found, x))
			return NULL;
	}
	return jp_list_done(r, &found);
}

static const struct avow_json *
reverse_text(struct jp_run *r, struct avow_span s)
{
	uint8_t *out;
	size_t at = 0;
	uint32_t cp;

	if (!jp_spend_output(r, s.n))
		return NULL;
	out = avow_arena_alloc(r->arena, s.n);
	if (!out)
		return jp_no_memory(r);
	while (at < s.n) {
		size_t k = avow_utf8_decode(avow_span_from(s, at), &cp);

		k = k ? k : 1; /* every string of a tree is valid UTF-8 */
		memcpy(out + (s.n - at - k), s.p + at, k);
		at += k;
	}
	return jp_string(r, avow_span_make(out, s.n));
}

const struct avow_json *
jp_fn_reverse(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	const struct avow_json *v = args[0].value;
	struct jp_list found = {0};

	(void)at;
	(void)n;
	if (v->type == AVOW_JSON_STRING)
		return reverse_text(r, v->string);
	for (size_t i = v->count; i-- > 0;)
		if (!jp_list_add(r, &found, &v->items[i]))
			return NULL;
	return jp_list_done(r, &found);
}

const struct avow_json *
jp_fn_to_array(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	struct jp_list found = {0};

	(void)at;
	(void)n;
	if (args[0].value->type == AVOW_JSON_ARRAY)
		return args[0].value;
	return jp_list_add(r, &found, args[0].value) ? jp_list_done(r, &found) : NULL;
}
