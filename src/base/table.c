/*
 * Open addressing with linear probing over a power of two; deleted slots keep
 * a mark until the next growth. FNV-1a over a random start and a final mix:
 * enough against chosen keys, because the seed is never shown.
 */
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct slot {
	uint8_t *key;
	size_t key_n;
	void *value;
	uint64_t hash;
	enum { SLOT_FREE, SLOT_USED, SLOT_GONE } state;
};

struct avow_table {
	struct slot *slots;
	size_t cap;	/* power of two */
	size_t used;	/* SLOT_USED */
	size_t filled;	/* SLOT_USED and SLOT_GONE */
	uint64_t seed;
};

#define FIRST_CAP 16

enum avow_err
avow_table_new(struct avow_table **out)
{
	struct avow_table *t = calloc(1, sizeof(*t));

	*out = NULL;
	if (!t)
		return AVOW_E_NO_MEMORY;
	t->slots = calloc(FIRST_CAP, sizeof(*t->slots));
	if (!t->slots) {
		free(t);
		return AVOW_E_NO_MEMORY;
	}
	t->cap = FIRST_CAP;
	if (getrandom(&t->seed, sizeof(t->seed), GRND_NONBLOCK) < 0)
		t->seed = (uint64_t)(uintptr_t)t;
	*out = t;
	return AVOW_OK;
}

void
avow_table_free(struct avow_table *t, void (*free_value)(void *))
{
	if (!t)
		return;
	for (size_t i = 0; i < t->cap; i++) {
		if (t->slots[i].state == SLOT_USED && free_value)
			free_value(t->slots[i].value);
		free(t->slots[i].key);
	}
	free(t->slots);
	free(t);
}

static uint64_t
hash_of(const struct avow_table *t, struct avow_span key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ t->seed;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ key.p[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static struct slot *
find(const struct avow_table *t, struct avow_span key, uint64_t hash)
{
	for (size_t i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
		struct slot *s = &t->slots[i];

		if (s->state == SLOT_FREE)
			return NULL;
		if (s->state == SLOT_USED && s->hash == hash &&
			avow_span_eq(avow_span_make(s->key, s->key_n), key))
			return s;
	}
}

static void
place(struct slot *slots, size_t cap, const struct slot *s)
{
	size_t i = s->hash & (cap - 1);

	while (slots[i].state != SLOT_FREE)
		i = (i + 1) & (cap - 1);
	slots[i] = *s;
}

static enum avow_err
rehash(struct avow_table *t, size_t cap)
{
	struct slot *slots = calloc(cap, sizeof(*slots));

	if (!slots)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].state == SLOT_USED)
			place(slots, cap, &t->slots[i]);
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	t->filled = t->used;
	return AVOW_OK;
}

enum avow_err
avow_table_set(struct avow_table *t, struct avow_span key, void *value, void **old)
{
	uint64_t hash = hash_of(t, key);
	struct slot *s = find(t, key, hash);
	struct slot fresh = {.value = value, .hash = hash, .key_n = key.n,
		.state = SLOT_USED};

	if (old)
		*old = s ? s->value : NULL;
	if (s) {
		s->value = value;
		return AVOW_OK;
	}
	if ((t->filled + 1) * 4 > t->cap * 3)
		AVOW_TRY(rehash(t, t->used * 2 >= t->cap ? t->cap * 2 : t->cap));
	fresh.key = malloc(key.n + 1);
	if (!fresh.key)
		return AVOW_E_NO_MEMORY;
	if (key.n)
		memcpy(fresh.key, key.p, key.n);
	place(t->slots, t->cap, &fresh);
	t->used++;
	t->filled++;
	return AVOW_OK;
}

void *
avow_table_get(const struct avow_table *t, struct avow_span key)
{
	struct slot *s = find(t, key, hash_of(t, key));

	return s ? s->value : NULL;
}

void *
avow_table_remove(struct avow_table *t, struct avow_span key)
{
	struct slot *s = find(t, key, hash_of(t, key));
	void *value;

	if (!s)
		return NULL;
	value = s->value;
	free(s->key);
	*s = (struct slot){.state = SLOT_GONE};
	t->used--;
	return value;
}

size_t
avow_table_count(const struct avow_table *t)
{
	return t->used;
}

bool
avow_table_next(const struct avow_table *t, size_t *it, struct avow_span *key,
	void **value)
{
	for (; *it < t->cap; (*it)++) {
		const struct slot *s = &t->slots[*it];

		if (s->state != SLOT_USED)
			continue;
		*key = avow_span_make(s->key, s->key_n);
		*value = s->value;
		(*it)++;
		return true;
	}
	return false;
}
