/*
 * Growth doubles from 256 bytes up to the buffer's own maximum.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
avow_buf_init(struct avow_buf *b, size_t max)
{
	*b = (struct avow_buf){.max = max};
}

void
avow_buf_init_arena(struct avow_buf *b, struct avow_arena *a, size_t max)
{
	*b = (struct avow_buf){.arena = a, .max = max};
}

void
avow_buf_clear(struct avow_buf *b)
{
	if (!b->arena)
		free(b->p);
	avow_buf_init_arena(b, b->arena, b->max);
}

void
avow_buf_wipe(struct avow_buf *b)
{
	if (b->p)
		explicit_bzero(b->p, b->cap);
	avow_buf_clear(b);
}

void
avow_buf_reset(struct avow_buf *b)
{
	b->n = 0;
	b->err = AVOW_OK;
}

static bool
grow(struct avow_buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *p;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > b->max)
		cap = b->max + 1; /* one more for the NUL of avow_buf_str */
	p = b->arena ? avow_arena_alloc(b->arena, cap) : realloc(b->p, cap);
	if (!p) {
		b->err = b->arena ? avow_arena_err(b->arena) : AVOW_E_NO_MEMORY;
		return false;
	}
	if (b->arena && b->n)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

uint8_t *
avow_buf_extend(struct avow_buf *b, size_t n)
{
	uint8_t *at;

	if (b->err != AVOW_OK)
		return NULL;
	if (n > b->max || b->n > b->max - n) {
		b->err = AVOW_E_TOO_LARGE;
		return NULL;
	}
	if (b->n + n > b->cap && !grow(b, b->n + n))
		return NULL;
	at = b->p ? b->p + b->n : NULL;
	b->n += n;
	return at;
}

void
avow_buf_put(struct avow_buf *b, struct avow_span s)
{
	uint8_t *at;

	if (s.n == 0)
		return;
	at = avow_buf_extend(b, s.n);
	if (at)
		memcpy(at, s.p, s.n);
}

void
avow_buf_put_str(struct avow_buf *b, const char *s)
{
	avow_buf_put(b, avow_span_str(s));
}

void
avow_buf_put_byte(struct avow_buf *b, uint8_t c)
{
	uint8_t *at = avow_buf_extend(b, 1);

	if (at)
		*at = c;
}

void
avow_buf_printf(struct avow_buf *b, const char *fmt, ...)
{
	char small[512];
	char *big = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->err = AVOW_E_INTERNAL;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		avow_buf_put(b, avow_span_make(small, (size_t)n));
		return;
	}
	big = malloc((size_t)n + 1);
	if (!big) {
		b->err = AVOW_E_NO_MEMORY;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(big, (size_t)n + 1, fmt, ap);
	va_end(ap);
	avow_buf_put(b, avow_span_make(big, (size_t)n));
	free(big);
}

struct avow_span
avow_buf_span(const struct avow_buf *b)
{
	return (struct avow_span){b->p, b->n};
}

const char *
avow_buf_str(struct avow_buf *b)
{
	if (b->err != AVOW_OK)
		return NULL;
	if (b->n + 1 > b->cap && !grow(b, b->n + 1))
		return NULL;
	b->p[b->n] = '\0';
	return (const char *)b->p;
}
