/*
 * Edit distance between names, to suggest the one that was meant. Letter case
 * costs nothing, so that a name wrong in case alone is always the nearest; a
 * suggestion differs in at most a third of its characters. Work is counted.
 */
#include "policy/spelling.h"

#define MAX_NAME 96

struct policy_nearest
policy_nearest_to(struct avow_span wanted, size_t cells)
{
	return (struct policy_nearest){
		.wanted = wanted, .distance = SIZE_MAX, .cells_left = cells};
}

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein, one row at a time; b is at most MAX_NAME long. */
static size_t
distance(struct avow_span a, struct avow_span b)
{
	size_t row[MAX_NAME + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 0; i < a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < b.n; j++) {
			size_t change = fold(a.p[i]) != fold(b.p[j]);
			size_t here =
				least(row[j + 1] + 1, row[j] + 1, diagonal + change);

			diagonal = row[j + 1];
			row[j + 1] = here;
		}
	}
	return row[b.n];
}

void
policy_nearest_offer(struct policy_nearest *n, struct avow_span name)
{
	size_t cells, d;

	if (name.n == 0 || name.n > MAX_NAME || n->wanted.n > MAX_NAME)
		return;
	cells = name.n * n->wanted.n;
	if (cells > n->cells_left) {
		n->cells_left = 0;
		return;
	}
	n->cells_left -= cells;
	if (avow_span_eq(name, n->wanted))
		return;
	d = distance(n->wanted, name);
	if (d >= n->distance || d > name.n / 3)
		return;
	n->distance = d;
	n->name = name;
}
