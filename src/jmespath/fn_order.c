/*
 * Functions that order values: numbers by value, strings by code point. The
 * keys of one call are all numbers or all strings; sorting is stable, and the
 * first of equals is the least and the greatest.
 */
#include "jmespath/functions.h"

/* An element and what it is ordered by. */
struct keyed {
	const struct avow_json *element;
	const struct avow_json *key;
};

static bool
by_key(struct jp_run *r, const void *a, const void *b, int *out)
{
	const struct keyed *x = a, *y = b;

	return jp_order(r, x->key, y->key, out);
}

/* Specification, sort_by: a key that is no number and no string is an error. */
static bool
key_fits(struct jp_run *r, const struct jp_node *at, const struct keyed *k,
	const struct keyed *first)
{
	bool number = jp_is_number(k->key);

	if ((number || k->key->type == AVOW_JSON_STRING) &&
		number == jp_is_number(first->key))
		return true;
	jp_fail(r->err, AVOW_JMESPATH_INVALID_TYPE, at->at,
		"%s() wants keys that are all numbers or all strings and has %s",
		at->fn->name, jp_type_name(k->key));
	return false;
}

/* ref NULL: the element is its own key, and the signature has judged it. */
static struct keyed *
keys_of(struct jp_run *r, const struct jp_node *at, const struct avow_json *v,
	const struct jp_node *ref)
{
	struct keyed *k = avow_arena_array(r->arena, v->count, sizeof(*k));

	if (!k)
		return jp_no_memory(r);
	for (size_t i = 0; i < v->count; i++) {
		k[i].element = k[i].key = &v->items[i];
		if (!ref)
			continue;
		k[i].key = jp_eval(r, ref, &v->items[i]);
		if (!k[i].key || !key_fits(r, at, &k[i], &k[0]))
			return NULL;
	}
	return jp_spend(r, v->count) ? k : NULL;
}

static const struct avow_json *
sorted(struct jp_run *r, const struct jp_node *at, const struct avow_json *v,
	const struct jp_node *ref)
{
	struct keyed *k = keys_of(r, at, v, ref);
	const void **p = avow_arena_array(r->arena, v->count, sizeof(*p));
	struct jp_list found = {0};

	if (!k)
		return NULL;
	if (!p)
		return jp_no_memory(r);
	for (size_t i = 0; i < v->count; i++)
		p[i] = &k[i];
	if (!jp_sort(r, p, v->count, by_key))
		return NULL;
	for (size_t i = 0; i < v->count; i++) {
		const struct keyed *x = p[i];

		if (!jp_list_add(r, &found, x->element))
			return NULL;
	}
	return jp_list_done(r, &found);
}

/* sign 1: the greatest; -1: the least. Of nothing it is null. */
static const struct avow_json *
extreme(struct jp_run *r, const struct jp_node *at, const struct avow_json *v,
	const struct jp_node *ref, int sign)
{
	struct keyed *k = keys_of(r, at, v, ref);
	size_t best = 0;
	int order;

	if (!k)
		return NULL;
	for (size_t i = 1; i < v->count; i++) {
		if (!jp_order(r, k[i].key, k[best].key, &order))
			return NULL;
		if (sign > 0 ? order > 0 : order < 0)
			best = i;
	}
	return v->count ? k[best].element : jp_null();
}

const struct avow_json *
jp_fn_sort(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return sorted(r, at, args[0].value, NULL);
}

const struct avow_json *
jp_fn_sort_by(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return sorted(r, at, args[0].value, args[1].ref);
}

const struct avow_json *
jp_fn_max(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return extreme(r, at, args[0].value, NULL, 1);
}

const struct avow_json *
jp_fn_min(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return extreme(r, at, args[0].value, NULL, -1);
}

const struct avow_json *
jp_fn_max_by(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return extreme(r, at, args[0].value, args[1].ref, 1);
}

const struct avow_json *
jp_fn_min_by(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	(void)n;
	return extreme(r, at, args[0].value, args[1].ref, -1);
}
