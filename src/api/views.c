/*
 * Views and their life: reference counted, published under a mutex with a new
 * generation number. A worker compares the number at the start of a request,
 * without the mutex, and takes the new view only when it differs. So the hot path
 * reads one atomic and locks nothing. What a view is made of is service.c's.
 */
#include "api/views.h"

#include <stdlib.h>
#include <string.h>

/* --- one view ---------------------------------------------------------------- */

struct avow_shared_view *
avow_shared_view_new(void)
{
	struct avow_shared_view *v = calloc(1, sizeof(*v));

	if (v)
		atomic_init(&v->refs, 1);
	return v;
}

void
avow_shared_view_unref(struct avow_shared_view *v)
{
	if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	avow_collateral_free(v->view.collateral);
	avow_snp_references_free(v->view.snp_references);
	avow_anchors_free(v->view.anchors);
	avow_keys_free(v->view.keys);
	free(v->allow_platform);
	free(v);
}

enum avow_err
avow_shared_view_set_platforms(struct avow_shared_view *v, struct avow_span list)
{
	if (list.n == 0)
		return AVOW_OK;
	v->allow_platform = malloc(list.n);
	if (!v->allow_platform)
		return AVOW_E_NO_MEMORY;
	memcpy(v->allow_platform, list.p, list.n);
	v->view.allow_platform = avow_span_make(v->allow_platform, list.n);
	return AVOW_OK;
}

struct avow_shared_view *
avow_shared_view_copy(const struct avow_shared_view *from)
{
	struct avow_shared_view *v = avow_shared_view_new();
	const struct avow_view *now = &from->view;

	if (!v)
		return NULL;
	v->view.anchors = avow_anchors_ref(now->anchors);
	v->view.accept_tcb = now->accept_tcb;
	v->view.grace_s = now->grace_s;
	v->view.snp_references = avow_snp_references_ref(now->snp_references);
	v->view.baseline = now->baseline;
	if (avow_shared_view_set_platforms(v, now->allow_platform) != AVOW_OK) {
		avow_shared_view_unref(v);
		return NULL;
	}
	return v;
}

/* --- the current one -------------------------------------------------------- */

void
avow_views_init(struct avow_views *s)
{
	pthread_mutex_init(&s->lock, NULL);
	s->current = NULL;
	atomic_init(&s->generation, 0);
}

void
avow_views_clear(struct avow_views *s)
{
	avow_shared_view_unref(s->current);
	s->current = NULL;
	pthread_mutex_destroy(&s->lock);
}

struct avow_shared_view *
avow_views_swap(struct avow_views *s, struct avow_shared_view *v)
{
	struct avow_shared_view *old;

	pthread_mutex_lock(&s->lock);
	old = s->current;
	s->current = v;
	atomic_fetch_add_explicit(&s->generation, 1, memory_order_release);
	pthread_mutex_unlock(&s->lock);
	return old;
}

struct avow_shared_view *
avow_views_take(struct avow_views *s, uint_fast64_t *generation)
{
	struct avow_shared_view *v;

	pthread_mutex_lock(&s->lock);
	v = s->current;
	atomic_fetch_add_explicit(&v->refs, 1, memory_order_relaxed);
	*generation = atomic_load_explicit(&s->generation, memory_order_relaxed);
	pthread_mutex_unlock(&s->lock);
	return v;
}

uint_fast64_t
avow_views_generation(const struct avow_views *s)
{
	return atomic_load_explicit(&s->generation, memory_order_acquire);
}
