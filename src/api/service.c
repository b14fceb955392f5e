/*
 * What lives as long as the service: store, keys, providers, collateral and who
 * brings it. What all requests share of it is a view, built whole (on the main
 * thread, or on the one that brought collateral; one at a time) and published
 * (api/views.h). Providers are apart from it: there are many, and each changes by
 * itself.
 */
#include "api/service.h"

#include "api/limits.h"
#include "api/refusals.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/audit_log.h"
#include "api/views.h"
#include "base/clock.h"
#include "base/log.h"

struct avow_service {
	struct avow_store *store;
	struct avow_audit_log audit_log;
	struct avow_auth *auth;
	pthread_mutex_t change; /* one maker of views at a time */
	struct avow_limits *limits;
	struct avow_refusals *refusals;
	struct avow_views views;
	struct avow_instance *instance;
	struct avow_provider_cache *providers;
	struct avow_writer *writer;
	struct avow_challenges *challenges;
	struct avow_supply *supply;
	char *data_dir;
	struct avow_keys_options key_options;
	struct avow_watch *watch;
	struct avow_machines *machines;
	int64_t warn_s;
};

static void
publish(struct avow_service *sv, struct avow_shared_view *v)
{
	struct avow_shared_view *old = avow_views_swap(&sv->views, v);

	if (!old || old->view.keys != v->view.keys)
		avow_provider_cache_set_keys(sv->providers, v->view.keys);
	avow_supply_judge_by(sv->supply, v->view.anchors, v->view.collateral);
	avow_shared_view_unref(old);
}

static enum avow_err
open_keys(struct avow_service *sv, struct avow_shared_view *v, struct avow_why *why)
{
	return avow_keys_open(
		sv->data_dir, &sv->key_options, avow_clock_now_s(), &v->view.keys, why);
}

static enum avow_err
load_collateral(struct avow_service *sv, const char *dir, struct avow_shared_view *v,
	struct avow_why *why)
{
	struct avow_collateral *folder;
	enum avow_err e;

	AVOW_TRY(avow_collateral_folder(dir, &folder, why));
	e = avow_supply_load(sv->supply, folder, &v->view.collateral, why);
	avow_collateral_free(folder);
	return e;
}

static enum avow_err
build(struct avow_service *sv, const struct avow_service_settings *s,
	struct avow_shared_view **out, struct avow_why *why)
{
	struct avow_shared_view *v = avow_shared_view_new();
	enum avow_err e;

	*out = NULL;
	if (!v)
		return AVOW_E_NO_MEMORY;
	v->view.anchors = avow_anchors_ref(s->anchors);
	v->view.accept_tcb = s->accept_tcb;
	v->view.grace_s = s->grace_s;
	v->view.snp_references = avow_snp_references_ref(s->snp_references);
	v->view.baseline = s->baseline;
	e = avow_shared_view_set_platforms(v, s->allow_platform);
	if (e == AVOW_OK)
		e = load_collateral(sv, s->collateral_dir, v, why);
	if (e == AVOW_OK)
		e = open_keys(sv, v, why);
	if (e != AVOW_OK) {
		avow_shared_view_unref(v);
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
	struct avow_shared_view *v;

	sv->key_options = s->keys;
	sv->data_dir = strdup(s->data_dir);
	if (!sv->data_dir)
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
	AVOW_TRY(avow_writer_new(sv->store, &sv->writer));
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
	avow_views_init(&sv->views);
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
	struct avow_shared_view *v = NULL;
	enum avow_err e;

	pthread_mutex_lock(&sv->change);
	sv->key_options = s->keys;
	e = build(sv, s, &v, why);
	if (e == AVOW_OK)
		e = avow_auth_configure(sv->auth, s->access, s->net, why);
	if (e == AVOW_OK)
		e = avow_supply_set(sv->supply, &s->supply);
	if (e == AVOW_OK) {
		sv->warn_s = s->warn_s;
		publish(sv, v);
	} else {
		avow_shared_view_unref(v);
	}
	pthread_mutex_unlock(&sv->change);
	return e;
}

static enum avow_err
publish_or_drop(struct avow_service *sv, struct avow_shared_view *v, enum avow_err e)
{
	if (e == AVOW_OK)
		publish(sv, v);
	else
		avow_shared_view_unref(v);
	return e;
}

/* The same view with the keys as they are on disk now. Under `change`. */
static enum avow_err
reload_keys(struct avow_service *sv, struct avow_why *why)
{
	struct avow_shared_view *v = avow_shared_view_copy(sv->views.current);

	if (!v)
		return AVOW_E_NO_MEMORY;
	v->view.collateral = avow_collateral_ref(sv->views.current->view.collateral);
	return publish_or_drop(sv, v, open_keys(sv, v, why));
}

/* The same view with the collateral as it is stored now, beside the folder as it was
 * last read. Under `change`. */
static enum avow_err
reload_collateral(struct avow_service *sv)
{
	struct avow_shared_view *v = avow_shared_view_copy(sv->views.current);
	struct avow_collateral *folder =
		avow_collateral_folder_of(sv->views.current->view.collateral);
	struct avow_why why;

	if (!v)
		return AVOW_E_NO_MEMORY;
	avow_why_init(&why);
	v->view.keys = avow_keys_ref(sv->views.current->view.keys);
	return publish_or_drop(
		sv, v, avow_supply_load(sv->supply, folder, &v->view.collateral, &why));
}

void
avow_service_provider_changed(struct avow_service *sv, struct avow_span name)
{
	avow_provider_cache_changed(sv->providers, name);
}

struct avow_views *
avow_service_views(struct avow_service *sv)
{
	return &sv->views;
}

struct avow_provider_cache *
avow_service_providers(struct avow_service *sv)
{
	return sv->providers;
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
	c = avow_collateral_ref(sv->views.current->view.collateral);
	anchors = avow_anchors_ref(sv->views.current->view.anchors);
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
	if (avow_keys_changed(sv->views.current->view.keys))
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
	avow_views_clear(&sv->views);
	free(sv->data_dir);
	free(sv);
}
