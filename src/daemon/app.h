/*
 * What the daemon needs from the application. The daemon reads configuration,
 * listens, and handles signals; the application owns snapshots (providers,
 * collateral, keys) and the routes.
 */
#ifndef AVOW_DAEMON_APP_H
#define AVOW_DAEMON_APP_H

#include "base/err.h"
#include "base/why.h"
#include "http/http.h"

struct avow_config;
struct avow_app;

struct avow_app_start {
	const struct avow_config *config; /* borrowed for the call alone */
	const char *url; /* the instance URL, real port filled in; copied */
	unsigned workers; /* how many worker contexts will be made */
};

/** Read the files that the service would read at its start, and make nothing.
 *  The codes of avow_anchors_add_any; AVOW_E_FILE_READ, AVOW_E_NO_MEMORY. */
enum avow_err avow_app_check(
	const struct avow_config *config, struct avow_why *why) AVOW_CHECKED;
/**
 * Open the store, load or make keys, index the collateral, compile policies.
 * Runs before the service answers; *out is NULL on error.
 */
enum avow_err avow_app_new(const struct avow_app_start *start, struct avow_app **out,
	struct avow_why *why) AVOW_CHECKED;
/** SIGHUP: build new snapshots and swap them; on error the old ones stay.
 *  Runs on the main thread while workers serve. */
enum avow_err avow_app_reload(struct avow_app *app, const struct avow_config *config,
	struct avow_why *why) AVOW_CHECKED;
/** Whom to resume waiting requests at: once it is started, and NULL before it is
 *  stopped. */
void avow_app_set_http(struct avow_app *app, struct avow_http_server *http);
/** Twice a second, on the main thread: take up what changed on disk. */
void avow_app_tick(struct avow_app *app);
/** After the last worker ended. NULL is fine. */
void avow_app_free(struct avow_app *app);

/** Before the HTTP server ends: nothing wakes its requests any more. NULL is
 *  fine. */
void avow_app_silence(struct avow_app *app);
/** Fill what the application has a say in: routes and hooks. */
void avow_app_http(struct avow_app *app, struct avow_http_config *http);

/** The route table; it lives as long as the app. */
const struct avow_http_route *avow_app_routes(struct avow_app *app, size_t *n);

/** avow_http_config.locate: which provider a request is for. */
enum avow_err avow_app_locate(struct avow_http_request *rq, struct avow_why *why)
	AVOW_CHECKED;

/** One worker's own caches; on the worker's thread. `app` is the avow_app. */
enum avow_err avow_app_worker_new(void *app, unsigned worker, void **out) AVOW_CHECKED;
void avow_app_worker_free(void *app, void *context);

#endif
