/*
 * Views and their life. A view is built whole on the main thread and published
 * under a mutex with a new generation number; a worker compares the number at
 * the start of a request, without the mutex, and takes the new view only when
 * it differs. So the hot path reads one atomic and locks nothing.
 */
#include "api/service.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

struct shared_view {
	struct avow_view view;
	atomic_uint refs;
};

struct avow_service {
	struct avow_store *store;
	pthread_mutex_t lock;		/* guards `current` */
	struct shared_view *current;
	atomic_uint_fast64_t generation;
	char *data_dir, *url;
	struct avow_keys_options key_options;
};

struct avow_worker {
	struct avow_service *service;
	struct shared_view *view;
	uint_fast64_t generation;
	struct avow_evidence_cache *cache;
};

static void
view_unref(struct shared_view *v)
{
	if (!v || atomic_fetch_sub_explicit(&v->refs, 1, memory_order_acq_rel) != 1)
		return;
	avow_provider_free(v->view.provider);
	avow_collateral_free(v->view.collateral);
	avow_anchors_free(v->view.anchors);
	avow_keys_free(v->view.keys);
	free(v);
}

static void
publish(struct avow_service *sv, struct shared_view *v)
{
	struct shared_view *old;

	pthread_mutex_lock(&sv->lock);
	old = sv->current;
	sv->current = v;
	atomic_fetch_add_explicit(&sv->generation, 1, memory_order_release);
	pthread_mutex_unlock(&sv->lock);
	view_unref(old);
}

/* Keys, and the provider that signs with them. */
static enum avow_err
load_provider(struct avow_service *sv, struct shared_view *v, struct avow_why *why)
{
	struct avow_token_issuer *issuer = NULL;
	enum avow_err e;

	AVOW_TRY(avow_keys_open(sv->data_dir, &sv->key_options, avow_clock_now_s(),
		&v->view.keys, why));
	AVOW_TRY(avow_token_issuer_new(v->view.keys, avow_span_str(sv->url), &issuer));
	e = avow_provider_load(sv->store, AVOW_LIT("default"), issuer,
		&v->view.provider, why);
	avow_token_issuer_free(issuer);
	return e;
}

static enum avow_err
build(struct avow_service *sv, const struct avow_service_settings *s,
	struct shared_view **out, struct avow_why *why)
{
	struct shared_view *v = calloc(1, sizeof(*v));
	enum avow_err e;

	*out = NULL;
	if (!v)
		return AVOW_E_NO_MEMORY;
	atomic_init(&v->refs, 1);
	v->view.anchors = avow_anchors_ref(s->anchors);
	v->view.accept_tcb = s->accept_tcb;
	v->view.grace_s = s->grace_s;
	e = avow_collateral_load(s->collateral_dir, &v->view.collateral, why);
	if (e == AVOW_OK)
		e = load_provider(sv, v, why);
	if (e != AVOW_OK) {
		view_unref(v);
		return e;
	}
	*out = v;
	return AVOW_OK;
}

static enum avow_err
open_all(struct avow_service *sv, const struct avow_service_settings *s,
	struct avow_why *why)
{
	struct shared_view *v;

	sv->key_options = s->keys;
	sv->data_dir = strdup(s->data_dir);
	sv->url = strdup(s->url);
	if (!sv->data_dir || !sv->url)
		return AVOW_E_NO_MEMORY;
	AVOW_TRY(avow_store_open_sqlite(s->data_dir, &sv->store, why));
	AVOW_TRY(build(sv, s, &v, why));
	publish(sv, v);
	return AVOW_OK;
}

enum avow_err
avow_service_new(const struct avow_service_settings *s, struct avow_service **out,
	struct avow_why *why)
{
	struct avow_service *sv = calloc(1, sizeof(*sv));
	enum avow_err e;

	*out = NULL;
	if (!sv)
		return AVOW_E_NO_MEMORY;
	pthread_mutex_init(&sv->lock, NULL);
	atomic_init(&sv->generation, 0);
	e = open_all(sv, s, why);
	if (e != AVOW_OK) {
		avow_service_free(sv);
		return e;
	}
	*out = sv;
	return AVOW_OK;
}

enum avow_err
avow_service_reload(struct avow_service *sv, const struct avow_service_settings *s,
	struct avow_why *why)
{
	struct shared_view *v;

	sv->key_options = s->keys;
	AVOW_TRY(build(sv, s, &v, why));
	publish(sv, v);
	return AVOW_OK;
}

/* The same view with the keys as they are on disk now. */
static enum avow_err
reload_keys(struct avow_service *sv, struct avow_why *why)
{
	struct shared_view *v = calloc(1, sizeof(*v));
	enum avow_err e;

	if (!v)
		return AVOW_E_NO_MEMORY;
	atomic_init(&v->refs, 1);
	v->view.anchors = avow_anchors_ref(sv->current->view.anchors);
	v->view.collateral = avow_collateral_ref(sv->current->view.collateral);
	v->view.accept_tcb = sv->current->view.accept_tcb;
	v->view.grace_s = sv->current->view.grace_s;
	e = load_provider(sv, v, why);
	if (e != AVOW_OK) {
		view_unref(v);
		return e;
	}
	publish(sv, v);
	return AVOW_OK;
}

void
avow_service_tick(struct avow_service *sv)
{
	struct avow_why why;
	enum avow_err e;

	if (!avow_keys_changed(sv->current->view.keys))
		return;
	avow_why_init(&why);
	e = reload_keys(sv, &why);
	AVOW_LOG(e == AVOW_OK ? AVOW_LOG_INFO : AVOW_LOG_ERROR, "keys_reloaded",
		AVOW_LOGS("result", avow_err_name(e)));
}

void
avow_service_free(struct avow_service *sv)
{
	if (!sv)
		return;
	view_unref(sv->current);
	avow_store_close(sv->store);
	pthread_mutex_destroy(&sv->lock);
	free(sv->data_dir);
	free(sv->url);
	free(sv);
}

/* --- workers -------------------------------------------------------------------- */

static void
take_view(struct avow_worker *w)
{
	struct avow_service *sv = w->service;
	struct shared_view *old = w->view;

	pthread_mutex_lock(&sv->lock);
	w->view = sv->current;
	atomic_fetch_add_explicit(&w->view->refs, 1, memory_order_relaxed);
	w->generation = atomic_load_explicit(&sv->generation, memory_order_relaxed);
	pthread_mutex_unlock(&sv->lock);
	view_unref(old);
}

enum avow_err
avow_worker_new(struct avow_service *sv, struct avow_worker **out)
{
	struct avow_worker *w = calloc(1, sizeof(*w));
	enum avow_err e;

	*out = NULL;
	if (!w)
		return AVOW_E_NO_MEMORY;
	w->service = sv;
	e = avow_evidence_cache_new(0, &w->cache);
	if (e != AVOW_OK) {
		free(w);
		return e;
	}
	take_view(w);
	*out = w;
	return AVOW_OK;
}

void
avow_worker_free(struct avow_worker *w)
{
	if (!w)
		return;
	view_unref(w->view);
	avow_evidence_cache_free(w->cache);
	free(w);
}

const struct avow_view *
avow_worker_view(struct avow_worker *w)
{
	if (atomic_load_explicit(&w->service->generation, memory_order_acquire) !=
		w->generation)
		take_view(w);
	return &w->view->view;
}

struct avow_evidence_cache *
avow_worker_cache(struct avow_worker *w)
{
	return w->cache;
}
