/*
 * The views of a service (struct avow_view, api/service.h) as they are shared and
 * swapped. Private to api/: service.c makes them, worker.c takes them.
 */
#ifndef AVOW_API_VIEWS_H
#define AVOW_API_VIEWS_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/service.h"

struct avow_shared_view {
	struct avow_view view;
	uint8_t *allow_platform; /* view.allow_platform's bytes */
	atomic_uint refs;
};

/** One with nothing in it and one reference; NULL: no memory. */
struct avow_shared_view *avow_shared_view_new(void);
/** NULL is fine. Any thread. */
void avow_shared_view_unref(struct avow_shared_view *v);
/** Copy the list. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_shared_view_set_platforms(
	struct avow_shared_view *v, struct avow_span list) AVOW_CHECKED;
/** All of a view but its keys and collateral; NULL: no memory. */
struct avow_shared_view *avow_shared_view_copy(const struct avow_shared_view *from);

/** Which one is current. */
struct avow_views {
	pthread_mutex_t lock; /* guards `current` */
	struct avow_shared_view *current; /* who alone swaps may read it */
	atomic_uint_fast64_t generation;
};

void avow_views_init(struct avow_views *s);
void avow_views_clear(struct avow_views *s);
/** Publish v, whose reference is taken. @return the one before, the caller's now. */
struct avow_shared_view *avow_views_swap(
	struct avow_views *s, struct avow_shared_view *v);
/** A reference on the current one, and its number. */
struct avow_shared_view *avow_views_take(
	struct avow_views *s, uint_fast64_t *generation);
/** The current number, without a lock. */
uint_fast64_t avow_views_generation(const struct avow_views *s);

/** service.c's, for workers. */
struct avow_views *avow_service_views(struct avow_service *sv);
struct avow_provider_cache *avow_service_providers(struct avow_service *sv);

#endif
