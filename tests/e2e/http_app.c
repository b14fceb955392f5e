/*
 * A small service on src/http alone, for the end to end tests: routes that
 * echo, count, wait and refuse. Prints "ready: PORT" when it answers; SIGTERM
 * drains, SIGHUP takes another certificate.
 *
 * usage: http_app [tls=CN] [listen=ADDR:PORT] [badkey] [NAME=NUMBER]...
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/x509_make.h"
#include "http/http.h"
#include "wire/pem.h"
#include "wire/json.h"

struct app {
	struct avow_http_server *server;
	_Atomic uint64_t token; /* of the last request that waits */
};

struct identity {
	struct avow_buf cert, key;
};

struct options {
	const char *tls; /* common name of the certificate; NULL: plain */
	const char *listen;
	bool bad_key; /* the key is not the certificate's */
	struct avow_http_limits limits;
	unsigned workers;
	int drain_ms;
};

static void
put_pairs(struct avow_jw *w, const char *name, const struct avow_http_pair *p, size_t n)
{
	avow_jw_name(w, name);
	avow_jw_open(w, '[');
	for (size_t i = 0; i < n; i++) {
		avow_jw_string(w, p[i].name);
		avow_jw_string(w, p[i].value);
	}
	avow_jw_close(w);
}

/* What the request was taken for. */
static enum avow_err
echo(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why)
{
	struct avow_jw w;

	(void)why;
	avow_jw_init(&w, &rs->body);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "path");
	avow_jw_string(&w, rq->path);
	avow_jw_name(&w, "param");
	avow_jw_string(&w, rq->param);
	avow_jw_name(&w, "body");
	avow_jw_string(&w, avow_span_slice(rq->body, 0, 100));
	avow_jw_name(&w, "size");
	avow_jw_int(&w, (int64_t)rq->body.n);
	avow_jw_name(&w, "tls");
	avow_jw_bool(&w, rq->is_tls);
	avow_jw_name(&w, "client");
	avow_jw_str(&w, rq->client);
	put_pairs(&w, "query", rq->query, rq->n_query);
	avow_jw_close(&w);
	return rs->body.err;
}

/* A small constant answer, for measuring. */
static enum avow_err
small(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why)
{
	(void)rq;
	(void)why;
	avow_buf_put_str(&rs->body, "{\"ok\":true}");
	return rs->body.err;
}

static enum avow_err
refuse(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	static const struct avow_at at = {"test_check", "test_field", "test source"};

	(void)rs;
	if (avow_span_eq_str(rq->param, "store"))
		return avow_refuse(why, AVOW_E_STORE, &at, "secret", "secret");
	avow_why_document(why, "doc.json");
	return avow_refuse(why, AVOW_E_QUOTE_VERSION, &at, "3", "%d", 9);
}

/* Waits for /resume, or for its own deadline. */
static enum avow_err
wait_for_it(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct app *app = rq->app;

	if (rq->is_resumed || rq->is_expired)
		avow_buf_put_str(&rs->body, rq->is_resumed ? "{\"woken\":\"resumed\"}"
							   : "{\"woken\":\"expired\"}");
	else
		app->token = avow_http_wait(
			rq, rs, avow_span_eq_str(rq->param, "short") ? 100 : 60000);
	(void)why;
	return rs->body.err;
}

static enum avow_err
resume(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	struct app *app = rq->app;

	(void)why;
	avow_http_resume(app->server, app->token);
	avow_buf_put_str(&rs->body, app->token ? "true" : "false");
	return rs->body.err;
}

static enum avow_err
big(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why)
{
	uint8_t *p = avow_buf_extend(&rs->body, AVOW_MIB(4));

	(void)rq;
	(void)why;
	if (!p)
		return rs->body.err;
	memset(p, 'x', AVOW_MIB(4));
	rs->content_type = "text/plain";
	avow_http_extra(rs, "X-Test", AVOW_LIT("extra"));
	return AVOW_OK;
}

static enum avow_err
counts(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct app *app = rq->app;
	struct avow_http_counts c = avow_http_counts(app->server);

	(void)why;
	avow_buf_printf(&rs->body,
		"{\"connections\":%llu,\"refused\":%llu,\"body_in_flight\":%llu}",
		(unsigned long long)c.connections, (unsigned long long)c.refused,
		(unsigned long long)c.body_in_flight);
	return rs->body.err;
}

static enum avow_err
need_token(struct avow_http_request *rq, struct avow_why *why)
{
	static const struct avow_at at = {"bearer", "Authorization", "RFC 6750, 2.1"};

	if (avow_span_eq_str(avow_http_header(rq, "authorization"), "Bearer good"))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_UNAUTHORIZED, &at, NULL, NULL);
}

static const struct avow_http_route routes[] = {
	{AVOW_HTTP_GET, "/small", 0, small, NULL},
	{AVOW_HTTP_GET, "/echo", 0, echo, NULL},
	{AVOW_HTTP_POST, "/echo", AVOW_MIB(2), echo, NULL},
	{AVOW_HTTP_POST, "/policies/{type}:reset", AVOW_KIB(64), echo, NULL},
	{AVOW_HTTP_GET, "/policies/{type}", 0, echo, NULL},
	{AVOW_HTTP_PUT, "/policies/{type}", AVOW_KIB(64), echo, need_token},
	{AVOW_HTTP_GET, "/refuse/{how}", 0, refuse, NULL},
	{AVOW_HTTP_GET, "/wait/{how}", 0, wait_for_it, NULL},
	{AVOW_HTTP_GET, "/resume", 0, resume, NULL},
	{AVOW_HTTP_GET, "/counts", 0, counts, NULL},
	{AVOW_HTTP_GET, "/big", 0, big, NULL},
};

static void
to_stderr(const char *line, size_t n)
{
	if (fprintf(stderr, "%.*s\n", (int)n, line) < 0)
		abort();
}

/* A certificate of our own for this name, as PEM. */
static enum avow_err
make_identity(const char *name, struct identity *id)
{
	const char *const subject[][2] = {{"CN", name}, {NULL, NULL}};
	const char *const addresses[] = {"127.0.0.1", NULL};
	struct avow_cert_spec spec = {
		.subject = subject,
		.not_before_s = avow_clock_now_s() - 3600,
		.not_after_s = avow_clock_now_s() + 3600,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1,
		.ip_names = addresses,
	};
	struct avow_privkey *key;
	struct avow_buf der;
	enum avow_err err;

	avow_buf_init(&id->cert, AVOW_KIB(64));
	avow_buf_init(&id->key, AVOW_KIB(64));
	avow_buf_init(&der, AVOW_KIB(64));
	AVOW_TRY(avow_privkey_generate(AVOW_KEY_P256, 0, &key));
	spec.key = avow_privkey_public(key);
	spec.signer = key;
	err = avow_cert_make(&spec, &der);
	avow_pem_put(&id->cert, "CERTIFICATE", avow_buf_span(&der));
	if (err == AVOW_OK)
		err = avow_privkey_to_pem(key, &id->key);
	avow_privkey_free(key);
	avow_buf_clear(&der);
	if (!avow_buf_str(&id->cert) || !avow_buf_str(&id->key))
		return AVOW_E_NO_MEMORY;
	return err;
}

static void
clear_identity(struct identity *id)
{
	avow_buf_clear(&id->cert);
	avow_buf_clear(&id->key);
}

static void
set_number(struct options *o, const char *arg)
{
	struct {
		const char *name;
		int *i;
		unsigned *u;
		size_t *z;
	} all[] = {
		{"head_ms=", &o->limits.head_ms, NULL, NULL},
		{"body_ms=", &o->limits.body_ms, NULL, NULL},
		{"idle_ms=", &o->limits.idle_ms, NULL, NULL},
		{"send_ms=", &o->limits.send_ms, NULL, NULL},
		{"drain_ms=", &o->drain_ms, NULL, NULL},
		{"max_connections=", NULL, &o->limits.max_connections, NULL},
		{"max_per_address=", NULL, &o->limits.max_per_address, NULL},
		{"workers=", NULL, &o->workers, NULL},
		{"max_body_in_flight=", NULL, NULL, &o->limits.max_body_in_flight},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		size_t n = strlen(all[i].name);
		unsigned long v;

		if (strncmp(arg, all[i].name, n) != 0)
			continue;
		v = strtoul(arg + n, NULL, 10);
		if (all[i].i)
			*all[i].i = (int)v;
		else if (all[i].u)
			*all[i].u = (unsigned)v;
		else
			*all[i].z = v;
		return;
	}
	fprintf(stderr, "what is %s?\n", arg);
	exit(64);
}

static void
parse(int argc, char **argv, struct options *o)
{
	o->limits = *avow_http_default_limits();
	o->listen = "127.0.0.1:0";
	o->drain_ms = 5000;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "tls=", 4) == 0)
			o->tls = argv[i] + 4;
		else if (strncmp(argv[i], "listen=", 7) == 0)
			o->listen = argv[i] + 7;
		else if (strcmp(argv[i], "badkey") == 0)
			o->bad_key = true;
		else
			set_number(o, argv[i]);
	}
}

static int
fail(const struct avow_why *why, enum avow_err err)
{
	fprintf(stderr, "%s: %s, got %s\n", avow_err_name(err), avow_err_text(err),
		why->got);
	return 1;
}

static void
reload(struct app *app, const char *name)
{
	struct identity id;
	struct avow_why why;
	enum avow_err err = make_identity(name, &id);

	avow_why_init(&why);
	if (err == AVOW_OK)
		err = avow_http_set_certificate(app->server, (const char *)id.cert.p,
			(const char *)id.key.p, &why);
	clear_identity(&id);
	printf("reloaded: %s\n", avow_err_name(err));
	fflush(stdout);
}

static enum avow_err
start(struct app *app, const struct options *o, struct avow_why *why)
{
	struct avow_http_config config = {
		.limits = &o->limits,
		.routes = routes,
		.n_routes = sizeof(routes) / sizeof(routes[0]),
		.app = app,
	};
	struct identity id[2] = {0};
	enum avow_err err = AVOW_OK;

	AVOW_TRY(avow_http_bind(&o->listen, 1, o->workers, &app->server, why));
	for (int i = 0; o->tls && i < 2 && err == AVOW_OK; i++)
		err = make_identity(o->tls, &id[i]);
	if (o->tls) {
		config.tls_cert_pem = (const char *)id[0].cert.p;
		config.tls_key_pem = (const char *)id[o->bad_key].key.p;
	}
	if (err == AVOW_OK)
		err = avow_http_start(app->server, &config, why);
	clear_identity(&id[0]);
	clear_identity(&id[1]);
	return err;
}

static int
serve(struct app *app, const struct options *o, sigset_t *signals)
{
	struct avow_why why;
	enum avow_err err;
	int sig = 0;

	avow_why_init(&why);
	err = start(app, o, &why);
	if (err != AVOW_OK) {
		avow_http_stop(app->server, 0);
		return fail(&why, err);
	}
	printf("ready: %u\n", avow_http_port(app->server));
	fflush(stdout);
	while (sigwait(signals, &sig) == 0 && sig == SIGHUP)
		reload(app, "second");
	printf("stopped: %s\n",
		avow_http_stop(app->server, o->drain_ms) ? "whole" : "cut");
	return 0;
}

int
main(int argc, char **argv)
{
	static struct app app;
	struct options o = {.workers = 2};
	sigset_t signals;

	parse(argc, argv, &o);
	avow_log_to(to_stderr, AVOW_LOG_INFO);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return serve(&app, &o, &signals);
}
