/*
 * Comparing and cutting borrowed byte runs. Nothing here allocates or reads
 * outside the span; a cut beyond the end gives what is there.
 */
#include "base/span.h"

#include <string.h>

struct avow_span
avow_span_make(const void *p, size_t n)
{
	return (struct avow_span){p, n};
}

struct avow_span
avow_span_str(const char *s)
{
	return (struct avow_span){(const uint8_t *)s, s ? strlen(s) : 0};
}

bool
avow_span_is_empty(struct avow_span s)
{
	return s.n == 0;
}

bool
avow_span_eq(struct avow_span a, struct avow_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
avow_span_eq_str(struct avow_span a, const char *s)
{
	return avow_span_eq(a, avow_span_str(s));
}

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
avow_span_eq_fold(struct avow_span a, struct avow_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	return true;
}

bool
avow_span_starts(struct avow_span s, struct avow_span prefix)
{
	return avow_span_eq(avow_span_slice(s, 0, prefix.n), prefix);
}

bool
avow_span_ends(struct avow_span s, struct avow_span suffix)
{
	return s.n >= suffix.n &&
		avow_span_eq(avow_span_from(s, s.n - suffix.n), suffix);
}

int
avow_span_cmp(struct avow_span a, struct avow_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	if (r)
		return r;
	return (a.n > b.n) - (a.n < b.n);
}

size_t
avow_span_find_byte(struct avow_span s, uint8_t byte)
{
	const uint8_t *hit = s.n ? memchr(s.p, byte, s.n) : NULL;

	return hit ? (size_t)(hit - s.p) : s.n;
}

size_t
avow_span_find(struct avow_span s, struct avow_span needle)
{
	const uint8_t *hit;

	if (needle.n == 0 || s.n == 0)
		return 0;
	/* linear for any pair, which a plain double loop is not */
	hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? (size_t)(hit - s.p) : s.n;
}

struct avow_span
avow_span_slice(struct avow_span s, size_t from, size_t n)
{
	if (from >= s.n)
		return (struct avow_span){NULL, 0};
	if (n > s.n - from)
		n = s.n - from;
	return (struct avow_span){s.p + from, n};
}

struct avow_span
avow_span_from(struct avow_span s, size_t from)
{
	return avow_span_slice(s, from, s.n);
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct avow_span
avow_span_trim(struct avow_span s)
{
	while (s.n && is_space(s.p[0]))
		s = (struct avow_span){s.p + 1, s.n - 1};
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
avow_span_all_zero(struct avow_span s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < s.n; i++)
		any |= s.p[i];
	return any == 0;
}
