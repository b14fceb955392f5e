/*
 * Selections that were made before, each with the span of appraisal times in
 * which it holds. Slots are published by compare and swap; an entry never
 * changes, and one that was replaced is freed with the snapshot, because a
 * reader may still copy from it.
 */
#include <stdlib.h>
#include <string.h>

#include "trust/collateral_run.h"

/* Bounded by what the folder holds, since only what was found is kept; the
 * bounds only cost time when they are reached. */
#define SLOTS 1024
#define PROBES 4
#define MAX_ENTRIES 4096

struct key {
	int64_t grace_s;
	uint32_t baseline;
	uint32_t tee;
	uint64_t early;
	uint8_t ca[AVOW_SHA256_BYTES];
	uint8_t fmspc[6], pce_id[2];
};

struct entry {
	struct key key;
	int64_t lo_s, hi_s; /* appraisal times for which it holds */
	struct avow_intel_selection s;
	struct entry *next; /* among the retired */
};

struct avow_coll_cache {
	_Atomic(struct entry *) slots[SLOTS];
	_Atomic(struct entry *) retired; /* readers may still look at them */
	atomic_uint n;
};

enum avow_err
avow_coll_cache_new(struct avow_coll_cache **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? AVOW_OK : AVOW_E_NO_MEMORY;
}

void
avow_coll_cache_free(struct avow_coll_cache *cache)
{
	struct entry *e, *next;

	if (!cache)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		free(atomic_load(&cache->slots[i]));
	for (e = atomic_load(&cache->retired); e; e = next) {
		next = e->next;
		free(e);
	}
	free(cache);
}

static void
key_of(const struct avow_intel_query *q, struct key *k)
{
	memset(k, 0, sizeof(*k));
	k->grace_s = q->grace_s;
	k->baseline = q->baseline;
	k->tee = (uint32_t)q->tee;
	k->early = q->early;
	memcpy(k->ca, q->pck_ca->sha256, AVOW_SHA256_BYTES);
	memcpy(k->fmspc, q->fmspc, sizeof(k->fmspc));
	memcpy(k->pce_id, q->pce_id, sizeof(k->pce_id));
}

static size_t
slot_of(const struct key *k)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (size_t i = 0; i < 6; i++)
		h = (h ^ k->fmspc[i]) * 1099511628211u;
	h = (h ^ k->ca[0] ^ (uint64_t)k->ca[1] << 8) * 1099511628211u;
	h = (h ^ k->baseline ^ (uint64_t)k->tee << 32) * 1099511628211u;
	h = (h ^ k->early << 63 ^ (uint64_t)k->grace_s) * 1099511628211u;
	return (size_t)(h >> 32) % SLOTS;
}

static bool
holds_at(const struct entry *e, int64_t at_s)
{
	return e->lo_s <= at_s && at_s <= e->hi_s;
}

bool
avow_coll_cache_get(struct avow_coll_cache *cache, const struct avow_intel_query *q,
	struct avow_intel_selection *out)
{
	const struct entry *e;
	struct key k;
	size_t i;

	key_of(q, &k);
	i = slot_of(&k);
	for (size_t p = 0; p < PROBES; p++) {
		e = atomic_load_explicit(
			&cache->slots[(i + p) % SLOTS], memory_order_acquire);
		if (!e)
			return false;
		if (holds_at(e, q->at_s) && memcmp(&e->key, &k, sizeof(k)) == 0) {
			*out = e->s;
			return true;
		}
	}
	return false;
}

static void
retire(struct avow_coll_cache *cache, struct entry *e)
{
	e->next = atomic_load(&cache->retired);
	while (!atomic_compare_exchange_weak(&cache->retired, &e->next, e))
		;
}

/* Into a free slot, or in place of one whose time is over. */
void
avow_coll_cache_put(struct avow_coll_cache *cache, const struct avow_coll_run *r)
{
	struct entry *e, *was;
	size_t i;

	if (atomic_fetch_add(&cache->n, 1) >= MAX_ENTRIES) {
		atomic_fetch_sub(&cache->n, 1);
		return;
	}
	e = malloc(sizeof(*e));
	if (!e)
		return; /* one place the fewer */
	*e = (struct entry){.lo_s = r->lo_s, .hi_s = r->hi_s, .s = r->s};
	key_of(r->q, &e->key);
	i = slot_of(&e->key);
	for (size_t p = 0; p < PROBES; p++) {
		_Atomic(struct entry *) *slot = &cache->slots[(i + p) % SLOTS];

		was = atomic_load(slot);
		if (was && holds_at(was, r->q->at_s))
			continue;
		if (!atomic_compare_exchange_strong(slot, &was, e))
			continue;
		if (was)
			retire(cache, was);
		return;
	}
	atomic_fetch_sub(&cache->n, 1);
	free(e);
}
