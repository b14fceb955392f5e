/*
 * Sorting an object's members by name: for the canonical writer, for finding
 * duplicates, and for comparing objects, in n log n on any input.
 */
#include "wire/json_order.h"

#include <stdlib.h>

static uint8_t
fold_byte(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

int
avow_json_name_cmp(struct avow_span a, struct avow_span b, bool fold)
{
	size_t n = a.n < b.n ? a.n : b.n;

	if (!fold)
		return avow_span_cmp(a, b);
	for (size_t i = 0; i < n; i++) {
		int d = fold_byte(a.p[i]) - fold_byte(b.p[i]);

		if (d)
			return d;
	}
	return (a.n > b.n) - (a.n < b.n);
}

/* Equal names keep their place: members are one array, so addresses tell. */
static int
in_order(const void *x, const void *y, bool fold)
{
	const struct avow_json_member *a = *(const struct avow_json_member *const *)x;
	const struct avow_json_member *b = *(const struct avow_json_member *const *)y;
	int d = avow_json_name_cmp(a->name, b->name, fold);

	return d ? d : (a > b) - (a < b);
}

static int
plain_order(const void *x, const void *y)
{
	return in_order(x, y, false);
}

static int
folded_order(const void *x, const void *y)
{
	return in_order(x, y, true);
}

const struct avow_json_member **
avow_json_order(const struct avow_json_member *m, size_t n, bool fold)
{
	const struct avow_json_member **out = calloc(n ? n : 1, sizeof(*out));

	if (!out)
		return NULL;
	for (size_t i = 0; i < n; i++)
		out[i] = &m[i];
	qsort(out, n, sizeof(*out), fold ? folded_order : plain_order);
	return out;
}
