/*
 * Views and their life. A view is built whole on the main thread and published
 * under a mutex with a new generation number; a worker compares the number at
 * the start of a request, without the mutex, and takes the new view only when
 * it differs. So the hot path reads one atomic and locks nothing.
 *
 * Views come from several threads (settings and keys from the main one,
 * policies from workers): `change` is held from the first read of what is
 * there to the publication of what replaces it.
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
	struct avow_auth *auth;
	pthread_mutex_t change; /* one builder of views at a time */
	pthread_mutex_t lock; /* guards `current` */
	struct shared_view *current;
	atomic_uint_fast64_t generation;
	bool is_stale; /* under `change`: the store is ahead */
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
	e = avow_provider_load(
		sv->store, AVOW_LIT("default"), issuer, &v->view.provider, why);
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
	AVOW_TRY(avow_auth_open(s->data_dir, s->tell_token, &sv->auth, why));
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
	pthread_mutex_init(&sv->change, NULL);
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
	enum avow_err e;

	pthread_mutex_lock(&sv->change);
	sv->key_options = s->keys;
	e = build(sv, s, &v, why);
	if (e == AVOW_OK) {
		sv->is_stale = false;
		publish(sv, v);
	}
	pthread_mutex_unlock(&sv->change);
	return e;
}

/* All of the current view but its keys and provider. Under `change`. */
static struct shared_view *
copy_view(const struct avow_service *sv)
{
	struct shared_view *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	atomic_init(&v->refs, 1);
	v->view.anchors = avow_anchors_ref(sv->current->view.anchors);
	v->view.collateral = avow_collateral_ref(sv->current->view.collateral);
	v->view.accept_tcb = sv->current->view.accept_tcb;
	v->view.grace_s = sv->current->view.grace_s;
	return v;
}

static enum avow_err
publish_or_drop(struct avow_service *sv, struct shared_view *v, enum avow_err e)
{
	if (e != AVOW_OK) {
		view_unref(v);
		return e;
	}
	sv->is_stale = false;
	publish(sv, v);
	return AVOW_OK;
}

/* The same view with the keys as they are on disk now. Under `change`. */
static enum avow_err
reload_keys(struct avow_service *sv, struct avow_why *why)
{
	struct shared_view *v = copy_view(sv);

	if (!v)
		return AVOW_E_NO_MEMORY;
	return publish_or_drop(sv, v, load_provider(sv, v, why));
}

/* The same view with the policies as they are stored now. Under `change`. */
static enum avow_err
reload_policies(struct avow_service *sv, struct avow_why *why)
{
	struct shared_view *v = copy_view(sv);

	if (!v)
		return AVOW_E_NO_MEMORY;
	v->view.keys = avow_keys_ref(sv->current->view.keys);
	return publish_or_drop(sv, v,
		avow_provider_load(sv->store, AVOW_LIT("default"),
			avow_provider_issuer(sv->current->view.provider),
			&v->view.provider, why));
}

enum avow_err
avow_service_set_policy(struct avow_service *sv,
	const struct avow_store_policy_change *c, struct avow_why *why)
{
	int64_t version;
	enum avow_err e;

	pthread_mutex_lock(&sv->change);
	e = avow_store_policy_change(sv->store, c, &version);
	if (e == AVOW_OK) {
		sv->is_stale = true;
		e = reload_policies(sv, why);
	}
	pthread_mutex_unlock(&sv->change);
	return e;
}

void
avow_service_record(struct avow_service *sv, const struct avow_audit *r)
{
	enum avow_err e = avow_store_audit_add(sv->store, r);

	if (e != AVOW_OK)
		AVOW_LOG(AVOW_LOG_ERROR, "audit_failed",
			AVOW_LOGS("result", avow_err_name(e)));
}

const struct avow_auth *
avow_service_auth(const struct avow_service *sv)
{
	return sv->auth;
}

static void
log_reload(const char *event, enum avow_err e)
{
	AVOW_LOG(e == AVOW_OK ? AVOW_LOG_INFO : AVOW_LOG_ERROR, event,
		AVOW_LOGS("result", avow_err_name(e)));
}

void
avow_service_tick(struct avow_service *sv)
{
	struct avow_why why;

	pthread_mutex_lock(&sv->change);
	avow_why_init(&why);
	if (avow_keys_changed(sv->current->view.keys))
		log_reload("keys_reloaded", reload_keys(sv, &why));
	else if (sv->is_stale)
		log_reload("policies_reloaded", reload_policies(sv, &why));
	pthread_mutex_unlock(&sv->change);
}

void
avow_service_free(struct avow_service *sv)
{
	if (!sv)
		return;
	view_unref(sv->current);
	avow_store_close(sv->store);
	avow_auth_free(sv->auth);
	pthread_mutex_destroy(&sv->change);
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

struct avow_service *
avow_worker_service(struct avow_worker *w)
{
	return w->service;
}
