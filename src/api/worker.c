/*
 * What one worker thread keeps: its reference on the view, the providers that it
 * asked for lately, and its caches of evidence. A request finds all of it here
 * without a lock, as long as nothing has changed.
 */
#include "api/service.h"

#include <stdlib.h>

#include "api/network.h"
#include "api/views.h"

struct avow_worker {
	struct avow_service *service;
	struct avow_shared_view *view;
	uint_fast64_t generation;
	struct avow_evidence_cache *cache;
	struct avow_providers_at_hand at_hand;
};

static void
take_view(struct avow_worker *w)
{
	struct avow_shared_view *old = w->view;

	w->view = avow_views_take(avow_service_views(w->service), &w->generation);
	avow_shared_view_unref(old);
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
	avow_shared_view_unref(w->view);
	avow_providers_at_hand_clear(&w->at_hand);
	avow_evidence_cache_free(w->cache);
	free(w);
}

const struct avow_view *
avow_worker_view(struct avow_worker *w)
{
	if (avow_views_generation(avow_service_views(w->service)) != w->generation)
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
		e = avow_provider_at_hand(&w->at_hand,
			avow_service_providers(w->service), rq->place, out, why);
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
