/*
 * The providers that are held compiled: a bounded set that all workers share.
 * One that is not held is loaded when a request wants it; one that changed in
 * the store is made stale, and loaded again by the next request.
 */
#ifndef AVOW_API_PROVIDER_CACHE_H
#define AVOW_API_PROVIDER_CACHE_H

#include "api/provider.h"
#include "base/limits.h"

struct avow_provider_cache;

/** @return AVOW_OK, AVOW_E_NO_MEMORY, or what the built-in policies gave. */
enum avow_err avow_provider_cache_new(struct avow_store *store,
	const struct avow_instance *instance, struct avow_provider_cache **out,
	struct avow_why *why) AVOW_CHECKED;
/** After the last provider that came from it was given back. NULL is fine. */
void avow_provider_cache_free(struct avow_provider_cache *c);

/** The keys that providers loaded from now on sign with; all that are held
 *  become stale. A reference is taken. Any thread. */
void avow_provider_cache_set_keys(
	struct avow_provider_cache *c, struct avow_keys *keys);
/**
 * The provider of that name as it is stored now. Any thread; it may block for
 * as long as loading takes.
 * @param out a reference, given back with avow_provider_free.
 * @return AVOW_OK or what avow_provider_load gives.
 */
enum avow_err avow_provider_cache_get(struct avow_provider_cache *c,
	struct avow_span name, struct avow_provider **out,
	struct avow_why *why) AVOW_CHECKED;
/** This process changed that provider in the store: every request that begins
 *  after this returned sees the change. Any thread. */
void avow_provider_cache_changed(struct avow_provider_cache *c, struct avow_span name);
/** Look for changes that another process made. One thread. The store's codes. */
enum avow_err avow_provider_cache_refresh(struct avow_provider_cache *c) AVOW_CHECKED;
/** How many are held. Any thread. */
size_t avow_provider_cache_count(struct avow_provider_cache *c);

/*
 * What one worker has at hand: a few references, looked up without a lock.
 * A change is still seen at once, because it marks the provider itself.
 */
struct avow_providers_at_hand {
	struct avow_provider *slots[AVOW_MAX_PROVIDERS_AT_HAND];
};

/** As avow_provider_cache_get; *out is borrowed until the next call. */
enum avow_err avow_provider_at_hand(struct avow_providers_at_hand *h,
	struct avow_provider_cache *c, struct avow_span name,
	const struct avow_provider **out, struct avow_why *why) AVOW_CHECKED;
void avow_providers_at_hand_clear(struct avow_providers_at_hand *h);

#endif
