/*
 * Which providers are held, and how a change reaches them.
 *
 *   worker -> at hand -> held by all (mutex) -> store
 *
 * A provider is never changed; it is marked stale, and whoever meets the mark
 * takes another. What is loaded while a change is made could miss both the
 * change and its mark: so each change counts up an epoch (one of a few hundred,
 * by the name's hash), and what was loaded is kept only when the epoch is still
 * that of before the loading.
 *
 * Who goes when all places are taken: the first, going round, that was not used
 * again since the last round. Loading is no use by itself, so that a walk over
 * all providers does not drive out those that are asked for.
 */
#include "api/provider_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/table.h"

#define EPOCHS 256
/* How often others may change a provider while it is being loaded. */
#define MAX_LOADS 16

struct avow_provider_cache {
	struct avow_store *store;
	const struct avow_instance *instance;
	struct avow_default_policies *defaults;
	pthread_mutex_t lock; /* guards all below */
	struct avow_keys *keys;
	struct avow_table *table; /* name -> provider; a reference each */
	struct avow_provider *ring[AVOW_MAX_PROVIDERS_HELD]; /* the same, in places */
	size_t hand, weight;
	uint64_t epochs[EPOCHS];
	int64_t generation; /* of the store, at the last refresh; its thread's own */
};

/* FNV-1a: names are short, and a shared epoch costs a second loading at most. */
static size_t
hash(struct avow_span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 16777619u;
	return h;
}

enum avow_err
avow_provider_cache_new(struct avow_store *store, const struct avow_instance *instance,
	struct avow_provider_cache **out, struct avow_why *why)
{
	struct avow_provider_cache *c = calloc(1, sizeof(*c));
	enum avow_err e;

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	c->store = store;
	c->instance = instance;
	pthread_mutex_init(&c->lock, NULL);
	e = avow_table_new(&c->table);
	if (e == AVOW_OK)
		e = avow_default_policies_new(&c->defaults, why);
	if (e == AVOW_OK)
		e = avow_store_generation(store, &c->generation);
	if (e != AVOW_OK) {
		avow_provider_cache_free(c);
		return e;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_provider_cache_free(struct avow_provider_cache *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < AVOW_MAX_PROVIDERS_HELD; i++)
		avow_provider_free(c->ring[i]);
	avow_table_free(c->table, NULL);
	avow_default_policies_free(c->defaults);
	avow_keys_free(c->keys);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- under the lock --------------------------------------------------------------------- */

static void
drop_place(struct avow_provider_cache *c, size_t i)
{
	struct avow_provider *p = c->ring[i];

	if (!p)
		return;
	avow_provider_set_stale(p);
	avow_table_remove(c->table, avow_provider_info(p)->name);
	c->weight -= avow_provider_weight(p);
	c->ring[i] = NULL;
	avow_provider_free(p);
}

static void
drop_name(struct avow_provider_cache *c, struct avow_span name)
{
	struct avow_provider *p = avow_table_get(c->table, name);

	for (size_t i = 0; p && i < AVOW_MAX_PROVIDERS_HELD; i++)
		if (c->ring[i] == p) {
			drop_place(c, i);
			return;
		}
}

/* The first that was not used since the last round; two rounds find one, since
 * the first takes every mark away. */
static void
drop_one(struct avow_provider_cache *c)
{
	for (size_t i = 0; i < 2 * AVOW_MAX_PROVIDERS_HELD; i++) {
		size_t at = c->hand;

		c->hand = (c->hand + 1) % AVOW_MAX_PROVIDERS_HELD;
		if (c->ring[at] && !avow_provider_was_touched(c->ring[at])) {
			drop_place(c, at);
			return;
		}
	}
}

static size_t
free_place(const struct avow_provider_cache *c)
{
	size_t i = 0;

	while (i < AVOW_MAX_PROVIDERS_HELD && c->ring[i])
		i++;
	return i;
}

/* Without memory for its place it serves this request alone, as stale. */
static void
keep(struct avow_provider_cache *c, struct avow_provider *p)
{
	size_t weight = avow_provider_weight(p), i;

	while (avow_table_count(c->table) > 0 &&
		(avow_table_count(c->table) == AVOW_MAX_PROVIDERS_HELD ||
			c->weight + weight > AVOW_MAX_PROVIDERS_WEIGHT))
		drop_one(c);
	i = free_place(c);
	if (avow_table_set(c->table, avow_provider_info(p)->name, p, NULL) != AVOW_OK) {
		avow_provider_set_stale(p);
		return;
	}
	c->ring[i] = avow_provider_ref(p);
	c->weight += weight;
}

/* --- any thread ------------------------------------------------------------------------- */

static struct avow_provider *
find(struct avow_provider_cache *c, struct avow_span name, uint64_t *epoch,
	struct avow_keys **keys)
{
	struct avow_provider *p;

	pthread_mutex_lock(&c->lock);
	p = avow_table_get(c->table, name);
	if (p) {
		avow_provider_ref(p);
		avow_provider_touch(p);
	}
	*epoch = c->epochs[hash(name) % EPOCHS];
	*keys = avow_keys_ref(c->keys);
	pthread_mutex_unlock(&c->lock);
	return p;
}

/* False when it may have changed since that epoch. Of two that were loaded at
 * the same time the first is kept. */
static bool
keep_if_current(struct avow_provider_cache *c, struct avow_provider **p, uint64_t epoch)
{
	struct avow_span name = avow_provider_info(*p)->name;
	struct avow_provider *first;
	bool is_current;

	pthread_mutex_lock(&c->lock);
	is_current = c->epochs[hash(name) % EPOCHS] == epoch;
	first = is_current ? avow_table_get(c->table, name) : NULL;
	if (first) {
		avow_provider_ref(first);
		avow_provider_free(*p);
		*p = first;
	} else if (is_current) {
		keep(c, *p);
	}
	pthread_mutex_unlock(&c->lock);
	return is_current;
}

enum avow_err
avow_provider_cache_get(struct avow_provider_cache *c, struct avow_span name,
	struct avow_provider **out, struct avow_why *why)
{
	struct avow_provider_source from = {c->store, c->instance, NULL, c->defaults};
	uint64_t epoch;
	enum avow_err e;

	for (int i = 0; i < MAX_LOADS; i++) {
		*out = find(c, name, &epoch, &from.keys);
		if (*out) {
			avow_keys_free(from.keys);
			return AVOW_OK;
		}
		e = avow_provider_load(&from, name, out, why);
		avow_keys_free(from.keys);
		if (e != AVOW_OK)
			return e;
		if (keep_if_current(c, out, epoch))
			return AVOW_OK;
		avow_provider_free(*out);
		*out = NULL;
	}
	return AVOW_E_STORE_BUSY;
}

void
avow_provider_cache_changed(struct avow_provider_cache *c, struct avow_span name)
{
	pthread_mutex_lock(&c->lock);
	c->epochs[hash(name) % EPOCHS]++;
	drop_name(c, name);
	pthread_mutex_unlock(&c->lock);
}

void
avow_provider_cache_set_keys(struct avow_provider_cache *c, struct avow_keys *keys)
{
	struct avow_keys *old;

	pthread_mutex_lock(&c->lock);
	old = c->keys;
	c->keys = avow_keys_ref(keys);
	for (size_t i = 0; i < EPOCHS; i++)
		c->epochs[i]++;
	for (size_t i = 0; i < AVOW_MAX_PROVIDERS_HELD; i++)
		drop_place(c, i);
	pthread_mutex_unlock(&c->lock);
	avow_keys_free(old);
}

size_t
avow_provider_cache_count(struct avow_provider_cache *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = avow_table_count(c->table);
	pthread_mutex_unlock(&c->lock);
	return n;
}

/* --- changes of other processes ------------------------------------------------------------ */

static struct avow_provider *
place(struct avow_provider_cache *c, size_t i)
{
	struct avow_provider *p;

	pthread_mutex_lock(&c->lock);
	p = c->ring[i] ? avow_provider_ref(c->ring[i]) : NULL;
	pthread_mutex_unlock(&c->lock);
	return p;
}

static enum avow_err
refresh_one(struct avow_provider_cache *c, const struct avow_provider_info *info,
	struct avow_arena *a)
{
	struct avow_store_provider row = {.change = 0};
	enum avow_err e = avow_store_provider_get(c->store, info->name, a, &row);

	if (e != AVOW_OK && e != AVOW_E_NOT_FOUND)
		return e;
	if (row.change != info->change)
		avow_provider_cache_changed(c, info->name);
	return AVOW_OK;
}

enum avow_err
avow_provider_cache_refresh(struct avow_provider_cache *c)
{
	struct avow_provider *p;
	struct avow_arena a;
	int64_t generation;
	enum avow_err e;

	AVOW_TRY(avow_store_generation(c->store, &generation));
	if (generation == c->generation)
		return AVOW_OK;
	avow_arena_init(&a, AVOW_MIB(4));
	e = AVOW_OK;
	for (size_t i = 0; e == AVOW_OK && i < AVOW_MAX_PROVIDERS_HELD; i++) {
		p = place(c, i);
		if (!p)
			continue;
		avow_arena_reset(&a);
		e = refresh_one(c, avow_provider_info(p), &a);
		avow_provider_free(p);
	}
	avow_arena_clear(&a);
	/* what is loaded from now on is of this generation or later */
	if (e == AVOW_OK)
		c->generation = generation;
	return e;
}

/* --- at hand ---------------------------------------------------------------------------------- */

enum avow_err
avow_provider_at_hand(struct avow_providers_at_hand *h, struct avow_provider_cache *c,
	struct avow_span name, const struct avow_provider **out, struct avow_why *why)
{
	struct avow_provider **slot =
		&h->slots[hash(name) % AVOW_MAX_PROVIDERS_AT_HAND];
	struct avow_provider *p = *slot;

	if (!p || avow_provider_is_stale(p) ||
		!avow_span_eq(avow_provider_info(p)->name, name)) {
		AVOW_TRY(avow_provider_cache_get(c, name, &p, why));
		avow_provider_free(*slot);
		*slot = p;
	} else {
		avow_provider_touch(p);
	}
	*out = p;
	return AVOW_OK;
}

void
avow_providers_at_hand_clear(struct avow_providers_at_hand *h)
{
	for (size_t i = 0; i < AVOW_MAX_PROVIDERS_AT_HAND; i++) {
		avow_provider_free(h->slots[i]);
		h->slots[i] = NULL;
	}
}
