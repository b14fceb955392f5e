/*
 * Views and their life. A view is built whole (on the main thread, or on the one
 * that brought collateral; one at a time) and published under a mutex with a new generation number; a worker compares the number at
 * the start of a request, without the mutex, and takes the new view only when
 * it differs. So the hot path reads one atomic and locks nothing. Providers are
 * apart from it: there are many, and each changes by itself.
 */
#include "api/service.h"

#include "api/limits.h"
#include "api/refusals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit_log.h"
#include "api/network.h"
#include "base/clock.h"
#include "base/log.h"

struct shared_view {
	struct avow_view view;
	uint8_t *allow_platform; /* view.allow_platform's bytes */
	atomic_uint refs;
};

struct avow_service {
	struct avow_store *store;
	struct avow_audit_log audit_log;
	struct avow_auth *auth;
	pthread_mutex_t change; /* one maker of views at a time */
	struct avow_limits *limits;
	struct avow_refusals *refusals;
	pthread_mutex_t lock; /* guards `current` */
	struct shared_view *current;
	atomic_uint_fast64_t generation;
	struct avow_instance *instance;
	struct avow_provider_cache *providers;
	struct avow_writer *writer;
	struct avow_challenges *challenges;
	struct avow_supply *supply;
	char *data_dir, *collateral_dir; /* the latter under `change` */
	struct avow_keys_options key_options;
	struct avow_watch *watch;
	struct avow_machines *machines;
	int64_t warn_s;
};

struct avow_worker {
	struct avow_service *service;
	struct shared_view *view;
	uint_fast64_t generation;
	struct avow_evidence_cache *cache;
	struct avow_providers_at_hand at_hand;
};

static void
view_unref(struct shared_view *v)
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

static void
publish(struct avow_service *sv, struct shared_view *v)
{
	struct shared_view *old;

	pthread_mutex_lock(&sv->lock);
	old = sv->current;
	sv->current = v;
	atomic_fetch_add_explicit(&sv->generation, 1, memory_order_release);
	pthread_mutex_unlock(&sv->lock);
	if (!old || old->view.keys != v->view.keys)
		avow_provider_cache_set_keys(sv->providers, v->view.keys);
	avow_supply_judge_by(sv->supply, v->view.anchors, v->view.collateral);
	view_unref(old);
}

static enum avow_err
open_keys(struct avow_service *sv, struct shared_view *v, struct avow_why *why)
{
	return avow_keys_open(
		sv->data_dir, &sv->key_options, avow_clock_now_s(), &v->view.keys, why);
}

static enum avow_err
keep_platforms(struct shared_view *v, struct avow_span list)
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
	v->view.snp_references = avow_snp_references_ref(s->snp_references);
	v->view.baseline = s->baseline;
	e = keep_platforms(v, s->allow_platform);
	if (e == AVOW_OK)
		e = avow_supply_load(
			sv->supply, s->collateral_dir, &v->view.collateral, why);
	if (e == AVOW_OK)
		e = open_keys(sv, v, why);
	if (e != AVOW_OK) {
		view_unref(v);
		return e;
	}
	*out = v;
	return AVOW_OK;
}

static void collateral_changed(void *ctx);

/* A service whose own provider cannot be loaded does not start. */
static enum avow_err
load_built_in(struct avow_service *sv, struct avow_why *why)
{
	struct avow_provider *p;

	AVOW_TRY(avow_provider_cache_get(sv->providers, AVOW_LIT("default"), &p, why));
	avow_provider_free(p);
	return AVOW_OK;
}

static enum avow_err
open_all(struct avow_service *sv, const struct avow_service_settings *s,
	struct avow_why *why)
{
	struct shared_view *v;

	sv->key_options = s->keys;
	sv->data_dir = strdup(s->data_dir);
	sv->collateral_dir = strdup(s->collateral_dir);
	if (!sv->data_dir || !sv->collateral_dir)
		return AVOW_E_NO_MEMORY;
	sv->warn_s = s->warn_s;
	AVOW_TRY(avow_watch_new(&sv->watch));
	AVOW_TRY(avow_instance_new(s->url, s->base_domain, &sv->instance));
	sv->refusals = avow_refusals_new();
	if (!sv->refusals)
		return AVOW_E_NO_MEMORY;
	AVOW_TRY(avow_limits_new(&s->by_address, &s->by_provider, &sv->limits));
	AVOW_TRY(avow_auth_open(s->data_dir, s->tell_token, &sv->auth, why));
	AVOW_TRY(avow_auth_configure(sv->auth, s->access, s->net, why));
	AVOW_TRY(avow_store_open_sqlite(s->data_dir, &sv->store, why));
	AVOW_TRY(avow_audit_log_start(&sv->audit_log, sv->store));
	AVOW_TRY(avow_writer_new(&sv->writer));
	AVOW_TRY(avow_provider_cache_new(sv->store, sv->instance, &sv->providers, why));
	AVOW_TRY(avow_supply_new(
		sv->store, &s->supply, collateral_changed, sv, &sv->supply));
	AVOW_TRY(avow_challenges_new(sv->store, &sv->challenges));
	AVOW_TRY(build(sv, s, &v, why));
	publish(sv, v);
	AVOW_TRY(load_built_in(sv, why));
	AVOW_TRY(avow_supply_start(sv->supply));
	return avow_machines_new(&s->machines, sv->store, &sv->machines, why);
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
	char *dir = strdup(s->collateral_dir);
	struct shared_view *v = NULL;
	enum avow_err e;

	pthread_mutex_lock(&sv->change);
	sv->key_options = s->keys;
	e = dir ? build(sv, s, &v, why) : AVOW_E_NO_MEMORY;
	if (e == AVOW_OK)
		e = avow_auth_configure(sv->auth, s->access, s->net, why);
	if (e == AVOW_OK)
		e = avow_supply_set(sv->supply, &s->supply);
	if (e == AVOW_OK) {
		free(sv->collateral_dir);
		sv->collateral_dir = dir;
		dir = NULL;
		sv->warn_s = s->warn_s;
		publish(sv, v);
	} else {
		view_unref(v);
	}
	pthread_mutex_unlock(&sv->change);
	free(dir);
	return e;
}

/* All of the current view but its keys and collateral. Under `change`. */
static struct shared_view *
copy_view(const struct avow_service *sv)
{
	struct shared_view *v = calloc(1, sizeof(*v));
	const struct avow_view *now = &sv->current->view;

	if (!v)
		return NULL;
	atomic_init(&v->refs, 1);
	v->view.anchors = avow_anchors_ref(now->anchors);
	v->view.accept_tcb = now->accept_tcb;
	v->view.grace_s = now->grace_s;
	v->view.snp_references = avow_snp_references_ref(now->snp_references);
	v->view.baseline = now->baseline;
	if (keep_platforms(v, now->allow_platform) != AVOW_OK) {
		view_unref(v);
		return NULL;
	}
	return v;
}

static enum avow_err
publish_or_drop(struct avow_service *sv, struct shared_view *v, enum avow_err e)
{
	if (e == AVOW_OK)
		publish(sv, v);
	else
		view_unref(v);
	return e;
}

/* The same view with the keys as they are on disk now. Under `change`. */
static enum avow_err
reload_keys(struct avow_service *sv, struct avow_why *why)
{
	struct shared_view *v = copy_view(sv);

	if (!v)
		return AVOW_E_NO_MEMORY;
	v->view.collateral = avow_collateral_ref(sv->current->view.collateral);
	return publish_or_drop(sv, v, open_keys(sv, v, why));
}

/* The same view with the collateral as it is stored now. Under `change`. */
static enum avow_err
reload_collateral(struct avow_service *sv)
{
	struct shared_view *v = copy_view(sv);
	struct avow_why why;

	if (!v)
		return AVOW_E_NO_MEMORY;
	avow_why_init(&why);
	v->view.keys = avow_keys_ref(sv->current->view.keys);
	return publish_or_drop(sv, v,
		avow_supply_load(
			sv->supply, sv->collateral_dir, &v->view.collateral, &why));
}

void
avow_service_provider_changed(struct avow_service *sv, struct avow_span name)
{
	avow_provider_cache_changed(sv->providers, name);
}

struct avow_writer *
avow_service_writer(const struct avow_service *sv)
{
	return sv->writer;
}

void
avow_service_set_http(struct avow_service *sv, struct avow_http_server *http)
{
	avow_supply_set_http(sv->supply, http);
}

struct avow_supply *
avow_service_supply(const struct avow_service *sv)
{
	return sv->supply;
}

struct avow_challenges *
avow_service_challenges(const struct avow_service *sv)
{
	return sv->challenges;
}

struct avow_store *
avow_service_store(const struct avow_service *sv)
{
	return sv->store;
}

const struct avow_instance *
avow_service_instance(const struct avow_service *sv)
{
	return sv->instance;
}

enum avow_err
avow_service_locate(const struct avow_service *sv, struct avow_http_request *rq)
{
	return avow_instance_locate(sv->instance, rq);
}

void
avow_service_record(struct avow_service *sv, const struct avow_audit *r)
{
	enum avow_err e = avow_store_audit_add(sv->store, r);

	if (e != AVOW_OK)
		AVOW_LOG(AVOW_LOG_ERROR, "audit_failed",
			AVOW_LOGS("result", avow_err_name(e)));
}

struct avow_machines *
avow_service_machines(const struct avow_service *sv)
{
	return sv->machines;
}

struct avow_watch *
avow_service_watch(const struct avow_service *sv)
{
	return sv->watch;
}

struct avow_auth *
avow_service_auth(const struct avow_service *sv)
{
	return sv->auth;
}

struct avow_refusals *
avow_service_refusals(const struct avow_service *sv)
{
	return sv->refusals;
}

enum avow_err
avow_service_enter(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_service *sv = avow_worker_service(rq->worker_context);

	return avow_limits_enter(sv->limits, rq, rs, avow_clock_mono_ms() * 1000, why);
}

void
avow_service_leave(struct avow_http_request *rq)
{
	avow_limits_leave(avow_worker_service(rq->worker_context)->limits, rq);
}

void
avow_service_silence(struct avow_service *sv)
{
	avow_auth_silence(sv->auth);
}

bool
avow_service_wants_certs(struct avow_service *sv)
{
	return avow_auth_wants_certs(sv->auth);
}

static void
log_reload(const char *event, enum avow_err e)
{
	AVOW_LOG(e == AVOW_OK ? AVOW_LOG_INFO : AVOW_LOG_ERROR, event,
		AVOW_LOGS("result", avow_err_name(e)));
}

/* Documents came: by our fetcher, an import, or another node. Any thread. */
static void
collateral_changed(void *ctx)
{
	struct avow_service *sv = ctx;

	pthread_mutex_lock(&sv->change);
	if (avow_supply_is_stale(sv->supply))
		log_reload("collateral.reloaded", reload_collateral(sv));
	pthread_mutex_unlock(&sv->change);
}

/* A look may verify many signatures: what it needs is held, not the mutex. */
static void
watch(struct avow_service *sv)
{
	struct avow_collateral *c;
	struct avow_anchors *anchors;
	int64_t warn_s;

	pthread_mutex_lock(&sv->change);
	c = avow_collateral_ref(sv->current->view.collateral);
	anchors = avow_anchors_ref(sv->current->view.anchors);
	warn_s = sv->warn_s;
	pthread_mutex_unlock(&sv->change);
	avow_watch_look(sv->watch, c, anchors, avow_clock_now_s(), warn_s);
	avow_collateral_free(c);
	avow_anchors_free(anchors);
}

/* Main thread, and at the end nobody else is left. */
static void
log_audit(struct avow_service *sv)
{
	enum avow_err e = avow_audit_log_catch_up(&sv->audit_log, sv->store);

	if (e != AVOW_OK)
		log_reload("audit_logged", e);
}

void
avow_service_tick(struct avow_service *sv)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	pthread_mutex_lock(&sv->change);
	if (avow_keys_changed(sv->current->view.keys))
		log_reload("keys_reloaded", reload_keys(sv, &why));
	pthread_mutex_unlock(&sv->change);
	watch(sv);
	collateral_changed(sv);
	avow_supply_tick(sv->supply);
	e = avow_provider_cache_refresh(sv->providers);
	if (e != AVOW_OK)
		log_reload("providers_refreshed", e);
	log_audit(sv);
}

void
avow_service_free(struct avow_service *sv)
{
	if (!sv)
		return;
	avow_supply_free(sv->supply); /* its threads call back */
	avow_machines_free(sv->machines);
	avow_watch_free(sv->watch);
	avow_writer_free(sv->writer);
	view_unref(sv->current);
	avow_provider_cache_free(sv->providers);
	avow_instance_free(sv->instance);
	avow_challenges_free(sv->challenges);
	if (sv->audit_log.next)
		log_audit(sv);
	avow_store_close(sv->store);
	avow_auth_free(sv->auth);
	pthread_mutex_destroy(&sv->change);
	avow_limits_free(sv->limits);
	avow_refusals_free(sv->refusals);
	pthread_mutex_destroy(&sv->lock);
	free(sv->data_dir);
	free(sv->collateral_dir);
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
	avow_providers_at_hand_clear(&w->at_hand);
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

enum avow_err
avow_worker_provider(struct avow_worker *w, const struct avow_http_request *rq,
	const struct avow_provider **out, struct avow_why *why)
{
	static const struct avow_at at = {
		"provider", "host or path", "docs/providers.md"};
	enum avow_err e = AVOW_E_NOT_FOUND;

	*out = NULL;
	if (rq->place.p)
		e = avow_provider_at_hand(
			&w->at_hand, w->service->providers, rq->place, out, why);
	if (e == AVOW_E_NOT_FOUND)
		return avow_refuse(why, AVOW_E_PROVIDER_UNKNOWN, &at,
			"the instance URL of a provider", rq->place.p ? "%.*s" : NULL,
			AVOW_FMT(rq->place));
	AVOW_TRY(e);
	return avow_network_admit(&avow_provider_info(*out)->settings, rq->client, why);
}

enum avow_err
avow_api_at_root(const struct avow_http_request *rq, struct avow_why *why)
{
	static const struct avow_at at = {"route", "host or path", "docs/providers.md"};

	if (avow_span_eq_str(rq->place, "default"))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_HTTP_ROUTE, &at, "the instance URL", NULL);
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
