/*
 * Chained buckets over a fixed pool of entries, with a list in order of use.
 * Keys are SHA-256 digests of what was verified, so their first bytes serve as
 * the hash. Nobody outside can aim at one bucket in earnest: an entry is made
 * only for what has verified, and the pool is bounded anyway.
 */
#include "evidence/memo.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct entry {
	uint8_t key[AVOW_SHA256_BYTES];
	void *value;
	uint32_t next; /* in the bucket, or in the free list */
	uint32_t newer, older; /* in the order of use */
};

struct avow_memo {
	struct entry *pool;
	uint32_t *buckets;
	uint32_t mask, max, count;
	uint32_t newest, oldest;
	void (*free_value)(void *);
};

#define MEMO_LIMIT (1u << 20)

static uint32_t
power_of_two_from(uint32_t n)
{
	uint32_t p = 16;

	while (p < n)
		p *= 2;
	return p;
}

enum avow_err
avow_memo_new(size_t max, void (*free_value)(void *), struct avow_memo **out)
{
	struct avow_memo *m = calloc(1, sizeof(*m));
	uint32_t n = max > MEMO_LIMIT ? MEMO_LIMIT : max < 1 ? 1 : (uint32_t)max;

	*out = NULL;
	if (!m)
		return AVOW_E_NO_MEMORY;
	m->max = n;
	m->mask = power_of_two_from(n) - 1;
	m->pool = calloc(n, sizeof(*m->pool));
	m->buckets = calloc((size_t)m->mask + 1, sizeof(*m->buckets));
	m->free_value = free_value;
	m->newest = m->oldest = NONE;
	if (!m->pool || !m->buckets) {
		avow_memo_free(m);
		return AVOW_E_NO_MEMORY;
	}
	for (uint32_t i = 0; i <= m->mask; i++)
		m->buckets[i] = NONE;
	*out = m;
	return AVOW_OK;
}

static void
drop_value(struct avow_memo *m, struct entry *e)
{
	if (e->value && m->free_value)
		m->free_value(e->value);
	e->value = NULL;
}

void
avow_memo_free(struct avow_memo *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; m->pool && i < m->count; i++)
		drop_value(m, &m->pool[i]);
	free(m->pool);
	free(m->buckets);
	free(m);
}

static uint32_t *
bucket_of(struct avow_memo *m, const uint8_t *key)
{
	uint32_t h;

	memcpy(&h, key, sizeof(h));
	return &m->buckets[h & m->mask];
}

static uint32_t
find(struct avow_memo *m, const uint8_t *key)
{
	uint32_t i = *bucket_of(m, key);

	while (i != NONE && memcmp(m->pool[i].key, key, AVOW_SHA256_BYTES) != 0)
		i = m->pool[i].next;
	return i;
}

static void
unlink_use(struct avow_memo *m, uint32_t i)
{
	struct entry *e = &m->pool[i];

	*(e->newer == NONE ? &m->newest : &m->pool[e->newer].older) = e->older;
	*(e->older == NONE ? &m->oldest : &m->pool[e->older].newer) = e->newer;
}

static void
link_newest(struct avow_memo *m, uint32_t i)
{
	struct entry *e = &m->pool[i];

	e->newer = NONE;
	e->older = m->newest;
	*(m->newest == NONE ? &m->oldest : &m->pool[m->newest].newer) = i;
	m->newest = i;
}

static void
unlink_bucket(struct avow_memo *m, uint32_t i)
{
	uint32_t *at = bucket_of(m, m->pool[i].key);

	while (*at != i)
		at = &m->pool[*at].next;
	*at = m->pool[i].next;
}

void *
avow_memo_get(struct avow_memo *m, const uint8_t key[AVOW_SHA256_BYTES])
{
	uint32_t i = find(m, key);

	if (i == NONE)
		return NULL;
	if (i != m->newest) {
		unlink_use(m, i);
		link_newest(m, i);
	}
	return m->pool[i].value;
}

/* A fresh entry, or the oldest one emptied and taken out of its lists. */
static uint32_t
take_entry(struct avow_memo *m)
{
	uint32_t i = m->oldest;

	if (m->count < m->max)
		return m->count++;
	unlink_use(m, i);
	unlink_bucket(m, i);
	drop_value(m, &m->pool[i]);
	return i;
}

void
avow_memo_put(struct avow_memo *m, const uint8_t key[AVOW_SHA256_BYTES], void *value)
{
	uint32_t i = find(m, key), *bucket;

	if (i != NONE) {
		drop_value(m, &m->pool[i]);
		m->pool[i].value = value;
		return;
	}
	i = take_entry(m);
	bucket = bucket_of(m, key);
	memcpy(m->pool[i].key, key, AVOW_SHA256_BYTES);
	m->pool[i].value = value;
	m->pool[i].next = *bucket;
	*bucket = i;
	link_newest(m, i);
}

size_t
avow_memo_count(const struct avow_memo *m)
{
	return m->count;
}
