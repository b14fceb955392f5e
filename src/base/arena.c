/*
 * Blocks are chained, newest first; each holds BLOCK_BYTES, or what one object
 * needs if that is more. reset keeps the oldest block, so that a warm worker
 * allocates nothing for a common request. Bytes are zeroed when handed out: reset blocks hold old data.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (64u * 1024u)
#define FIRST_KEPT_BYTES (2u * 1024u)

struct avow_arena_block {
	struct avow_arena_block *next;
	size_t used, cap;
	alignas(max_align_t) uint8_t bytes[];
};

void
avow_arena_init(struct avow_arena *a, size_t max)
{
	*a = (struct avow_arena){.max = max, .block = BLOCK_BYTES};
}

void
avow_arena_init_kept(struct avow_arena *a, size_t max)
{
	*a = (struct avow_arena){.max = max, .block = FIRST_KEPT_BYTES};
}

void
avow_arena_clear(struct avow_arena *a)
{
	while (a->head) {
		struct avow_arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
	*a = (struct avow_arena){.max = a->max, .block = a->block};
}

void
avow_arena_wipe(struct avow_arena *a)
{
	for (struct avow_arena_block *b = a->head; b; b = b->next)
		explicit_bzero(b->bytes, b->cap);
	avow_arena_clear(a);
}

void
avow_arena_reset(struct avow_arena *a)
{
	while (a->head && a->head->next) {
		struct avow_arena_block *b = a->head;

		a->head = b->next;
		free(b);
	}
	if (a->head)
		a->head->used = 0;
	a->used = 0;
	a->hit_limit = false;
}

static struct avow_arena_block *
new_block(struct avow_arena *a, size_t need)
{
	/* of a small arena no more than it may ever hand out */
	size_t usual = a->block < a->max ? a->block : a->max;
	size_t cap = need > usual ? need : usual, total;
	struct avow_arena_block *b = NULL;

	if (!__builtin_add_overflow(cap, sizeof(*b), &total))
		b = malloc(total);
	if (b)
		*b = (struct avow_arena_block){.cap = cap};
	if (a->block < BLOCK_BYTES)
		a->block *= 2;
	return b;
}

void *
avow_arena_alloc(struct avow_arena *a, size_t n)
{
	struct avow_arena_block *b = a->head;
	size_t need;
	void *out;

	a->hit_limit = false;
	/* above PTRDIFF_MAX no object can be, and rounding up could wrap */
	if (n > PTRDIFF_MAX || n > a->max || a->used > a->max - n) {
		a->hit_limit = true;
		return NULL;
	}
	need = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (need == 0)
		need = alignof(max_align_t);
	if (!b || b->cap - b->used < need) {
		b = new_block(a, need);
		if (!b)
			return NULL;
		b->next = a->head;
		a->head = b;
	}
	out = b->bytes + b->used;
	b->used += need;
	a->used += n;
	memset(out, 0, need);
	return out;
}

void *
avow_arena_array(struct avow_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		a->hit_limit = true;
		return NULL;
	}
	return avow_arena_alloc(a, n);
}

struct avow_span
avow_arena_copy(struct avow_arena *a, struct avow_span s)
{
	uint8_t *p = s.n < SIZE_MAX ? avow_arena_alloc(a, s.n + 1) : NULL;

	if (!p)
		return (struct avow_span){NULL, 0};
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct avow_span){p, s.n};
}

enum avow_err
avow_arena_err(const struct avow_arena *a)
{
	return a->hit_limit ? AVOW_E_TOO_LARGE : AVOW_E_NO_MEMORY;
}
