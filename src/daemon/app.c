/*
 * From the configuration to the service: texts become the plain values that
 * api/ takes, files of trust anchors become a set of keys. Everything that the
 * service does is behind api/service.h.
 */
#include "daemon/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/service.h"
#include "appraise/appraise.h"
#include "base/file.h"
#include "base/limits.h"
#include "config/config.h"
#include "http/forwarded.h"
#include "crypto/jose.h"
#include "daemon/issuer_net.h"
#include "trust/tcb.h"

#define MAX_PROXIES 64 /* the schema's bound */

struct avow_app {
	struct avow_network networks[MAX_PROXIES];
	struct avow_proxies proxies; /* fixed when the service starts */
	struct avow_service *service;
	char *url; /* fixed when the service starts: tokens are issued under it */
};

static enum avow_err
add_anchor(struct avow_anchors *anchors, const char *path, struct avow_why *why)
{
	struct avow_buf pem;
	enum avow_err e;

	avow_buf_init(&pem, AVOW_MIB(1));
	e = avow_file_read(path, &pem);
	if (e == AVOW_OK)
		e = avow_anchors_add_any(anchors, avow_buf_span(&pem), why);
	else
		avow_refuse(why, e, &(struct avow_at){"config", "trust_anchor", NULL},
			"a PEM file", "%s", path);
	if (e != AVOW_OK)
		avow_why_document(why, "%s", path);
	avow_buf_clear(&pem);
	return e;
}

static enum avow_err
load_anchors(
	const struct avow_config *c, struct avow_anchors **out, struct avow_why *why)
{
	enum avow_err e = avow_anchors_new(true, out);

	for (size_t i = 0; e == AVOW_OK && i < c->trust_anchor.n; i++)
		e = add_anchor(*out, c->trust_anchor.v[i], why);
	if (e != AVOW_OK) {
		avow_anchors_free(*out);
		*out = NULL;
	}
	return e;
}

/* The reference values' form is trust/'s to judge; the item is named here. */
static enum avow_err
load_references(const struct avow_config *c, struct avow_snp_references **out,
	struct avow_why *why)
{
	struct avow_snp_references *r;
	enum avow_err e = avow_snp_references_new(&r);
	const char *item = "uvm_reference";

	*out = NULL;
	for (size_t i = 0; e == AVOW_OK && i < c->uvm_reference.n; i++)
		e = avow_snp_references_add_uvm(
			r, avow_span_str(c->uvm_reference.v[i]), why);
	if (e == AVOW_OK)
		item = "id_key_digest";
	for (size_t i = 0; e == AVOW_OK && i < c->id_key_digest.n; i++)
		e = avow_snp_references_add_id_key(
			r, avow_span_str(c->id_key_digest.v[i]), why);
	if (e == AVOW_OK) {
		*out = r;
		return AVOW_OK;
	}
	if (e == AVOW_E_CONFIG_VALUE)
		avow_why_field(why, "%s", item);
	avow_snp_references_free(r);
	return e;
}

static enum avow_err
read_proxies(const struct avow_config *c, struct avow_network nets[MAX_PROXIES],
	struct avow_why *why)
{
	static const struct avow_at at = {"config", "trusted_proxy", NULL};

	for (size_t i = 0; i < c->trusted_proxy.n; i++)
		if (i == MAX_PROXIES ||
			!avow_network_parse(
				avow_span_str(c->trusted_proxy.v[i]), &nets[i]))
			return avow_refuse(why, AVOW_E_CONFIG_VALUE, &at,
				"at most 64 addresses or networks, 10.0.0.0/8 or ::1",
				"%s", c->trusted_proxy.v[i]);
	return AVOW_OK;
}

enum avow_err
avow_app_check(const struct avow_config *c, struct avow_why *why)
{
	struct avow_network nets[MAX_PROXIES];
	struct avow_snp_references *references;
	struct avow_anchors *anchors;

	AVOW_TRY(load_references(c, &references, why));
	avow_snp_references_free(references);
	AVOW_TRY(load_anchors(c, &anchors, why));
	avow_anchors_free(anchors);
	AVOW_TRY(read_proxies(c, nets, why));
	return avow_auth_check_file(c->access, why);
}

/* config/ has checked the spelling, and that Revoked is not among them. */
static unsigned
accepted(const struct avow_config *c)
{
	enum avow_tcb_status status;
	unsigned bits = 0;

	for (size_t i = 0; i < c->accept_tcb.n; i++)
		if (avow_tcb_status_parse(avow_span_str(c->accept_tcb.v[i]), &status))
			bits |= 1u << status;
	return bits & ~(1u << AVOW_TCB_REVOKED);
}

/* The collateral folder, DATA/collateral unless it is named. */
static char *
collateral_dir(const struct avow_config *c)
{
	struct avow_buf b;
	char *out = NULL;

	avow_buf_init(&b, 4096);
	if (c->collateral[0])
		avow_buf_put_str(&b, c->collateral);
	else
		avow_buf_printf(&b, "%s/collateral", c->data);
	if (avow_buf_str(&b))
		out = strdup(avow_buf_str(&b));
	avow_buf_clear(&b);
	return out;
}

static enum avow_err
allowed(const struct avow_config *c, struct avow_buf *list)
{
	avow_buf_init(list, AVOW_MIB(1));
	for (size_t i = 0; i < c->allow_platform.n; i++)
		avow_platform_list_put(list, avow_span_str(c->allow_platform.v[i]));
	return list->err;
}

/* The key of the webhook's signature: a file's text without its line end. */
static enum avow_err
read_secret(const char *path, struct avow_buf *out, struct avow_why *why)
{
	static const struct avow_at at = {"config", "machine_webhook_secret", NULL};
	struct avow_span s;

	if (!path[0])
		return AVOW_OK;
	if (avow_file_read(path, out) != AVOW_OK)
		return avow_refuse(
			why, AVOW_E_FILE_READ, &at, "a key's file", "%s", path);
	s = avow_span_trim(avow_buf_span(out));
	if (s.n < AVOW_MIN_WEBHOOK_SECRET || s.p != out->p ||
		avow_span_find_byte(s, 0) != s.n)
		return avow_refuse(why, AVOW_E_CONFIG_VALUE, &at,
			"at least 16 bytes of text", "%zu", s.n);
	out->n = s.n;
	return AVOW_OK;
}

/* Once in the life of a data directory, and never in a log. */
static bool
tell_token(const char *token)
{
	return printf("management token: %s\n", token) > 0 && fflush(stdout) == 0;
}

/* Seconds that the schema bounds, in milliseconds. */
static int
ms_of(int64_t s)
{
	return (int)s * 1000;
}

static struct avow_supply_settings
supply_of(const struct avow_config *c)
{
	return (struct avow_supply_settings){
		.sources = {.intel = c->intel_pcs,
			.intel_root_crl = c->intel_root_crl,
			.amd = c->amd_kds,
			.ca_file = c->fetch_ca,
			.proxy = c->fetch_proxy,
			.timeout_ms = ms_of(c->fetch_timeout)},
		.early = strcmp(c->intel_update, "early") == 0,
		.refresh_s = c->fetch_refresh,
		.wait_ms = ms_of(c->fetch_wait),
		.amd_per_minute = (unsigned)c->amd_fetch_rate,
	};
}

static enum avow_err
with_settings(const struct avow_config *c, const char *url, char *dir,
	struct avow_service **made, struct avow_service *reload, struct avow_why *why)
{
	struct avow_service_settings s = {
		.data_dir = c->data,
		.url = url,
		.base_domain = c->base_domain,
		.collateral_dir = dir,
		.supply = supply_of(c),
		.accept_tcb = accepted(c),
		.grace_s = c->collateral_grace,
		.warn_s = c->collateral_warn,
		.baseline = (uint32_t)c->tcb_baseline,
		.keys = {.publish_before_s = c->key_publish_before,
			.max_life_s = AVOW_TOKEN_LIFE_S},
		.machines = {.silent_after_s = c->machine_silent_after,
			.webhook = c->machine_webhook,
			.webhook_ca = c->machine_webhook_ca},
		.by_address = {c->rate_per_address, c->rate_burst,
			c->requests_per_address},
		.by_provider = {c->rate_per_provider, c->rate_burst,
			c->requests_per_provider},
		.access = c->access,
		.net = &avow_issuer_net,
		.tell_token = tell_token,
	};
	struct avow_buf platforms, secret;
	enum avow_err e;

	AVOW_TRY(avow_jws_alg(avow_span_str(c->signing_algorithm), &s.keys.alg));
	AVOW_TRY(load_anchors(c, &s.anchors, why));
	avow_buf_init(&secret, AVOW_KIB(4));
	e = allowed(c, &platforms);
	if (e == AVOW_OK)
		e = load_references(c, &s.snp_references, why);
	if (e == AVOW_OK)
		e = read_secret(c->machine_webhook_secret, &secret, why);
	s.machines.webhook_secret = secret.n ? avow_buf_str(&secret) : NULL;
	s.allow_platform = avow_buf_span(&platforms);
	if (e == AVOW_OK)
		e = made ? avow_service_new(&s, made, why)
			 : avow_service_reload(reload, &s, why);
	avow_buf_wipe(&secret);
	avow_buf_clear(&platforms);
	avow_anchors_free(s.anchors);
	avow_snp_references_free(s.snp_references);
	return e;
}

static enum avow_err
take_proxies(struct avow_app *app, const struct avow_config *c, struct avow_why *why)
{
	AVOW_TRY(read_proxies(c, app->networks, why));
	app->proxies = (struct avow_proxies){.v = app->networks,
		.n = c->trusted_proxy.n,
		.is_rfc7239 = strcmp(c->proxy_header, "Forwarded") == 0};
	return AVOW_OK;
}

enum avow_err
avow_app_new(
	const struct avow_app_start *start, struct avow_app **out, struct avow_why *why)
{
	struct avow_app *app = calloc(1, sizeof(*app));
	char *dir = collateral_dir(start->config);
	enum avow_err e = AVOW_E_NO_MEMORY;

	*out = NULL;
	if (app)
		app->url = strdup(start->url);
	if (app && app->url && dir)
		e = take_proxies(app, start->config, why);
	if (e == AVOW_OK)
		e = with_settings(
			start->config, app->url, dir, &app->service, NULL, why);
	free(dir);
	if (e != AVOW_OK) {
		avow_app_free(app);
		return e;
	}
	*out = app;
	return AVOW_OK;
}

enum avow_err
avow_app_reload(
	struct avow_app *app, const struct avow_config *config, struct avow_why *why)
{
	char *dir = collateral_dir(config);
	enum avow_err e = AVOW_E_NO_MEMORY;

	if (dir)
		e = with_settings(config, app->url, dir, NULL, app->service, why);
	free(dir);
	return e;
}

void
avow_app_set_http(struct avow_app *app, struct avow_http_server *http)
{
	if (app)
		avow_service_set_http(app->service, http);
}

void
avow_app_tick(struct avow_app *app)
{
	avow_service_tick(app->service);
}

void
avow_app_free(struct avow_app *app)
{
	if (!app)
		return;
	avow_service_free(app->service);
	free(app->url);
	free(app);
}

enum avow_err
avow_app_locate(struct avow_http_request *rq, struct avow_why *why)
{
	const struct avow_app *app = rq->app;

	(void)why;
	return avow_service_locate(app->service, rq);
}

const struct avow_http_route *
avow_app_routes(struct avow_app *app, size_t *n)
{
	(void)app;
	return avow_service_routes(n);
}

enum avow_err
avow_app_worker_new(void *app, unsigned worker, void **out)
{
	struct avow_app *self = app;
	struct avow_worker *w;
	enum avow_err e;

	(void)worker;
	e = avow_worker_new(self->service, &w);
	*out = w;
	return e;
}

void
avow_app_worker_free(void *app, void *context)
{
	(void)app;
	avow_worker_free(context);
}

/* --- hooks of the HTTP server ---------------------------------------------------- */

void
avow_app_silence(struct avow_app *app)
{
	if (app)
		avow_service_silence(app->service);
}

static bool
wants_certs(void *app)
{
	struct avow_app *self = app;

	return avow_service_wants_certs(self->service);
}

void
avow_app_http(struct avow_app *app, struct avow_http_config *http)
{
	http->app = app;
	http->worker_new = avow_app_worker_new;
	http->worker_free = avow_app_worker_free;
	http->locate = avow_app_locate;
	http->proxies = app->proxies.n ? &app->proxies : NULL;
	http->enter = avow_service_enter;
	http->leave = avow_service_leave;
	http->body_refused = avow_service_body_refused;
	http->prepare = avow_service_prepare;
	http->wants_certs = wants_certs;
	http->routes = avow_app_routes(app, &http->n_routes);
}
