/*
 * A stable merge sort over pointers, bottom up: n log n for any input, and
 * each comparison is paid for. The scratch space is the arena's.
 */
#include "jmespath/run.h"

#include <string.h>

/* Merge from[lo, mid) and from[mid, hi) into to[lo, hi). */
static bool
merge(struct jp_run *r, const void **from, const void **to, const size_t bounds[3],
	jp_cmp_fn *cmp)
{
	size_t a = bounds[0], b = bounds[1], out = bounds[0];
	int order;

	while (a < bounds[1] && b < bounds[2]) {
		if (!cmp(r, from[a], from[b], &order))
			return false;
		to[out++] = order <= 0 ? from[a++] : from[b++];
	}
	while (a < bounds[1])
		to[out++] = from[a++];
	while (b < bounds[2])
		to[out++] = from[b++];
	return jp_spend(r, bounds[2] - bounds[0]);
}

static size_t
min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

bool
jp_sort(struct jp_run *r, const void **p, size_t n, jp_cmp_fn *cmp)
{
	const void **scratch = avow_arena_array(r->arena, n, sizeof(*scratch));
	const void **from = p, **to = scratch;

	if (!scratch)
		return jp_no_memory(r) != NULL;
	/* n is a count of things in memory, so that doubling cannot wrap */
	for (size_t run = 1; run < n; run *= 2) {
		for (size_t lo = 0; lo < n; lo += 2 * run) {
			size_t bounds[3] = {
				lo, min_size(lo + run, n), min_size(lo + 2 * run, n)};

			if (!merge(r, from, to, bounds, cmp))
				return false;
		}
		const void **swap = from;

		from = to;
		to = swap;
	}
	if (from != p)
		memcpy(p, from, n * sizeof(*p));
	return true;
}

static bool
by_name(struct jp_run *r, const void *a, const void *b, int *out)
{
	const struct avow_json_member *x = a, *y = b;

	*out = avow_span_cmp(x->name, y->name);
	return jp_spend(r, 1);
}

bool
jp_members_sorted(struct jp_run *r, const struct avow_json *o,
	const struct avow_json_member ***out)
{
	const void **p = avow_arena_array(r->arena, o->count, sizeof(*p));

	if (!p)
		return jp_no_memory(r) != NULL;
	for (size_t i = 0; i < o->count; i++)
		p[i] = &o->members[i];
	*out = (const struct avow_json_member **)p;
	return jp_sort(r, p, o->count, by_name);
}
