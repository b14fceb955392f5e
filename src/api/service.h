/*
 * The service as the endpoints see it: one immutable view (anchors,
 * collateral, keys, providers) that requests read without a lock, and the
 * means to build and swap another.
 */
#ifndef AVOW_API_SERVICE_H
#define AVOW_API_SERVICE_H

#include "api/provider.h"
#include "auth/auth.h"
#include "http/http.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

/** What the configuration says, as plain values. Strings are copied. */
struct avow_service_settings {
	const char *data_dir;
	const char *url;		/* the instance URL, no final slash */
	const char *collateral_dir;
	struct avow_anchors *anchors;	/* a reference is taken */
	unsigned accept_tcb;		/* bits 1u << enum avow_tcb_status */
	int64_t grace_s;
	struct avow_keys_options keys;
	/* Is told the management token when one is made (auth/auth.h). */
	bool (*tell_token)(const char *token);
};

struct avow_service;

/** One consistent state of everything. Immutable, reference counted. */
struct avow_view {
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_provider *provider;	/* "default" */
	struct avow_keys *keys;
	unsigned accept_tcb;
	int64_t grace_s;
};

/**
 * Open the store, load or make keys, index collateral, compile policies.
 * @return AVOW_OK or the code of what failed; *out is NULL then.
 */
enum avow_err avow_service_new(const struct avow_service_settings *s,
	struct avow_service **out, struct avow_why *why) AVOW_CHECKED;
/** Build another view from new settings and swap it in; on error the old one
 *  stays. Main thread. */
enum avow_err avow_service_reload(struct avow_service *sv,
	const struct avow_service_settings *s, struct avow_why *why) AVOW_CHECKED;
/**
 * Store a change of one of "default"'s policies and publish a view with it:
 * every request that begins after this returned is judged by it. Any thread;
 * it blocks for as long as the store needs to make the change durable.
 * @return AVOW_OK; the codes of avow_store_policy_change; AVOW_E_NO_MEMORY and
 * the like when the view could not be built, which the tick then tries again.
 */
enum avow_err avow_service_set_policy(struct avow_service *sv,
	const struct avow_store_policy_change *c, struct avow_why *why) AVOW_CHECKED;
/** Add a record of a refused change; a failure is logged. Blocks. */
void avow_service_record(struct avow_service *sv, const struct avow_audit *r);
const struct avow_auth *avow_service_auth(const struct avow_service *sv);

/** Once a second, main thread: take up keys that another process rotated, and
 *  policies whose view could not be built. */
void avow_service_tick(struct avow_service *sv);
/** After the last worker ended. NULL is fine. */
void avow_service_free(struct avow_service *sv);

const struct avow_http_route *avow_service_routes(size_t *n);

/** What one worker keeps: its reference on the view and its caches. */
struct avow_worker;
enum avow_err avow_worker_new(struct avow_service *sv, struct avow_worker **out)
	AVOW_CHECKED;
void avow_worker_free(struct avow_worker *w);

/*
 * For endpoints. The view stays valid until the worker's next request: take it
 * once, at the start.
 */
const struct avow_view *avow_worker_view(struct avow_worker *w);
struct avow_service *avow_worker_service(struct avow_worker *w);
struct avow_evidence_cache *avow_worker_cache(struct avow_worker *w);

#endif
