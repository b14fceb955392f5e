/*
 * avowd: from the command line to a service that answers, and to its end.
 *
 *   options -> data directory, lock -> bind -> URL, certificate -> application
 *           -> workers -> "ready: URL" -> signals -> drain -> 0
 *
 * Binding comes before the application, because tokens name the URL and the
 * URL may need the port. Nobody is answered before all of it holds.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "daemon/app.h"
#include "daemon/datadir.h"
#include "daemon/logsink.h"
#include "daemon/options.h"
#include "daemon/tlsfiles.h"
#include "http/http.h"

#define EXIT_USAGE 64
#define EXIT_CANNOT 1

struct daemon {
	int argc;
	const char *const *argv;
	struct avow_config *config;
	int lock;
	struct avow_http_server *http;
	struct avow_app *app;
	sigset_t signals;
};

static void
log_why(const char *event, enum avow_err code, const struct avow_why *why)
{
	AVOW_LOG(AVOW_LOG_ERROR, event, AVOW_LOGS("error", avow_err_name(code)),
		AVOW_LOGS("message", avow_err_text(code)),
		AVOW_LOGS("check", why->check),
		AVOW_LOGS("field", why->field[0] ? why->field : NULL),
		AVOW_LOGS("expected", why->expected[0] ? why->expected : NULL),
		AVOW_LOGS("got", why->got[0] ? why->got : NULL),
		AVOW_LOGS("document", why->document[0] ? why->document : NULL),
		AVOW_LOGS("note", why->message[0] ? why->message : NULL));
}

/* For a person at a terminal, before there is a log. */
static void
tell_why(enum avow_err code, const struct avow_why *why)
{
	fprintf(stderr, "avowd: %s", avow_err_text(code));
	if (why->document[0])
		fprintf(stderr, " [%s]", why->document);
	if (why->field[0])
		fprintf(stderr, ": %s", why->field);
	if (why->expected[0])
		fprintf(stderr, ": expected %s", why->expected);
	if (why->got[0])
		fprintf(stderr, ", got %s", why->got);
	if (why->message[0])
		fprintf(stderr, " (%s)", why->message);
	fputc('\n', stderr);
}

static int
print(struct avow_buf *b)
{
	bool good = b->err == AVOW_OK && fwrite(b->p, 1, b->n, stdout) == b->n &&
		    fflush(stdout) == 0;

	avow_buf_clear(b);
	return good ? 0 : EXIT_CANNOT;
}

/* The files that the configuration names, as a start would read them; nothing
 * is made. */
static enum avow_err
check_files(const struct avow_config *c, struct avow_why *why)
{
	struct avow_tls_files tls;
	enum avow_err err;

	AVOW_TRY(avow_app_check(c, why));
	if (!avow_config_wants_tls(c) || !c->tls_cert[0])
		return AVOW_OK;
	AVOW_TRY(avow_tls_files_load(c, avow_clock_now_s(), &tls, why));
	err = avow_http_check_certificate(
		(const char *)tls.cert.p, (const char *)tls.key.p, why);
	avow_tls_files_clear(&tls);
	return err;
}

static int
act(enum avow_action action, const struct avow_config *config)
{
	struct avow_buf out;
	struct avow_why why;
	enum avow_err err;

	avow_why_init(&why);
	err = action == AVOW_ACTION_CHECK ? check_files(config, &why) : AVOW_OK;
	if (err != AVOW_OK) {
		tell_why(err, &why);
		return EXIT_CANNOT;
	}
	avow_buf_init(&out, 1024 * 1024);
	if (action == AVOW_ACTION_VERSION)
		avow_buf_put_str(&out, "avowd " AVOW_VERSION "\n");
	else if (action == AVOW_ACTION_HELP)
		avow_options_help(&out);
	else if (action == AVOW_ACTION_CHECK)
		avow_buf_put_str(&out, "the configuration is sound\n");
	else if (avow_config_dump(config, &out) != AVOW_OK)
		return EXIT_CANNOT;
	return print(&out);
}

/* --- start --------------------------------------------------------------------- */

static void
prepare_process(struct daemon *d)
{
	const struct rlimit none = {0, 0};

	umask(077);
	/* A core file would hold the signing keys. */
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&d->signals);
	sigaddset(&d->signals, SIGTERM);
	sigaddset(&d->signals, SIGINT);
	sigaddset(&d->signals, SIGHUP);
	/* Before any thread starts: signals are the main thread's. */
	pthread_sigmask(SIG_BLOCK, &d->signals, NULL);
}

static struct avow_http_limits
limits_of(const struct avow_config *c)
{
	return (struct avow_http_limits){
		.max_connections = (unsigned)c->max_connections,
		.max_per_address = (unsigned)c->max_connections_per_address,
		.max_body_in_flight = (size_t)c->max_body_in_flight,
		.head_ms = (int)c->head_deadline * 1000,
		.body_ms = (int)c->body_deadline * 1000,
		.idle_ms = (int)c->idle_deadline * 1000,
		.send_ms = (int)c->send_deadline * 1000,
	};
}

static enum avow_err
start_http(struct daemon *d, const struct avow_tls_files *tls, struct avow_why *why)
{
	struct avow_http_limits limits = limits_of(d->config);
	struct avow_http_config http = {.limits = &limits};

	avow_app_http(d->app, &http);
	if (tls->cert.n) {
		http.tls_cert_pem = (const char *)tls->cert.p;
		http.tls_key_pem = (const char *)tls->key.p;
	}
	return avow_http_start(d->http, &http, why);
}

static enum avow_err
start(struct daemon *d, struct avow_why *why)
{
	struct avow_config *c = d->config;
	struct avow_app_start app = {.config = c};
	struct avow_tls_files tls;
	enum avow_err err;

	AVOW_TRY(avow_datadir_open(c->data, &d->lock, why));
	AVOW_TRY(avow_datadir_make_collateral(c->data, c->collateral, why));
	AVOW_TRY(avow_http_bind(
		c->listen.v, c->listen.n, (unsigned)c->workers, &d->http, why));
	AVOW_TRY(avow_config_derive_url(c, avow_http_port(d->http)));
	app.url = c->url;
	app.workers = avow_http_workers(d->http);
	AVOW_TRY(avow_app_new(&app, &d->app, why));
	AVOW_TRY(avow_tls_files_load(c, avow_clock_now_s(), &tls, why));
	avow_app_set_http(d->app, d->http);
	err = start_http(d, &tls, why);
	avow_tls_files_clear(&tls);
	return err;
}

/* --- while it runs --------------------------------------------------------------- */

static bool
same_list(struct avow_config_list a, struct avow_config_list b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (strcmp(a.v[i], b.v[i]) != 0)
			return false;
	return true;
}

/* What is fixed at start: to say that it was not taken up is the least. */
static void
warn_of_fixed(const struct avow_config *old, const struct avow_config *new)
{
	const struct {
		const char *name;
		bool differs;
	} fixed[] = {
		{"data", strcmp(old->data, new->data) != 0},
		{"listen", !same_list(old->listen, new->listen)},
		{"url", new->url[0] && strcmp(old->url, new->url) != 0},
		{"base_domain", strcmp(old->base_domain, new->base_domain) != 0},
		{"tls", avow_config_wants_tls(old) != avow_config_wants_tls(new)},
		{"workers", old->workers != new->workers},
		{"max_connections", old->max_connections != new->max_connections},
		{"max_connections_per_address",
			old->max_connections_per_address !=
				new->max_connections_per_address},
		{"max_body_in_flight",
			old->max_body_in_flight != new->max_body_in_flight},
		{"head_deadline", old->head_deadline != new->head_deadline},
		{"body_deadline", old->body_deadline != new->body_deadline},
		{"idle_deadline", old->idle_deadline != new->idle_deadline},
		{"trusted_proxy", !same_list(old->trusted_proxy, new->trusted_proxy)},
		{"proxy_header", strcmp(old->proxy_header, new->proxy_header) != 0},
		{"rate_per_address", old->rate_per_address != new->rate_per_address},
		{"rate_per_provider", old->rate_per_provider != new->rate_per_provider},
		{"rate_burst", old->rate_burst != new->rate_burst},
		{"requests_per_address",
			old->requests_per_address != new->requests_per_address},
		{"requests_per_provider",
			old->requests_per_provider != new->requests_per_provider},
		{"send_deadline", old->send_deadline != new->send_deadline},
		{"machine_silent_after",
			old->machine_silent_after != new->machine_silent_after},
		{"machine_webhook",
			strcmp(old->machine_webhook, new->machine_webhook) != 0},
		{"log_level", strcmp(old->log_level, new->log_level) != 0},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (fixed[i].differs)
			AVOW_LOG(AVOW_LOG_WARN, "needs_restart",
				AVOW_LOGS("setting", fixed[i].name));
}

/* All that can fail comes before anything is swapped. */
static enum avow_err
swap(struct daemon *d, struct avow_config *new, struct avow_why *why)
{
	bool with_tls = avow_config_wants_tls(d->config) && avow_config_wants_tls(new);
	struct avow_tls_files tls;
	enum avow_err err = AVOW_OK;

	AVOW_TRY(avow_config_derive_url(new, avow_http_port(d->http)));
	AVOW_TRY(avow_tls_files_load(new, avow_clock_now_s(), &tls, why));
	if (with_tls)
		err = avow_http_check_certificate(
			(const char *)tls.cert.p, (const char *)tls.key.p, why);
	if (err == AVOW_OK)
		err = avow_app_reload(d->app, new, why);
	if (err == AVOW_OK && with_tls)
		err = avow_http_set_certificate(d->http, (const char *)tls.cert.p,
			(const char *)tls.key.p, why);
	avow_tls_files_clear(&tls);
	return err;
}

/* SIGHUP: all of it again. What fails leaves the old state, and says why. */
static void
reload(struct daemon *d)
{
	enum avow_action action;
	struct avow_config *new = NULL;
	struct avow_why why;
	enum avow_err err;

	avow_why_init(&why);
	err = avow_options_read(d->argc, d->argv, &action, &new, &why);
	if (err == AVOW_OK)
		err = swap(d, new, &why);
	if (err == AVOW_OK) {
		warn_of_fixed(d->config, new);
		avow_log_write(AVOW_LOG_INFO, "reloaded", NULL, 0);
	} else {
		log_why("reload_failed", err, &why);
	}
	avow_config_free(new);
}

static void
serve(struct daemon *d)
{
	/* twice a second, so that what another process changed is seen in one */
	const struct timespec turn = {.tv_nsec = 500 * 1000 * 1000};

	for (;;) {
		int sig = sigtimedwait(&d->signals, NULL, &turn);

		if (sig == SIGTERM || sig == SIGINT)
			break;
		if (sig == SIGHUP)
			reload(d);
		else
			avow_app_tick(d->app);
	}
	avow_log_write(AVOW_LOG_INFO, "stopping", NULL, 0);
}

/*
 * What the start reads (configuration, collateral, policies) is large and short
 * lived, and what a heap once held it keeps: until ready, large blocks are
 * mappings of their own, which go back. Then the heap serves them, since a request
 * should not pay for pages of its own. Some 0.4 MiB (glibc; elsewhere no effect).
 */
static void
large_blocks(bool apart)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_TOP_PAD, apart ? 0 : 128 * 1024);
	mallopt(M_TRIM_THRESHOLD, apart ? 64 * 1024 : 16 * 1024 * 1024);
	mallopt(M_MMAP_THRESHOLD, apart ? 128 * 1024 : 8 * 1024 * 1024);
#else
	(void)apart;
#endif
}

static int
run(struct daemon *d)
{
	struct avow_why why;
	enum avow_err err;
	bool whole;

	avow_why_init(&why);
	err = start(d, &why);
	large_blocks(false);
	if (err == AVOW_OK) {
		AVOW_LOG(AVOW_LOG_INFO, "ready", AVOW_LOGS("url", d->config->url),
			AVOW_LOGS("version", AVOW_VERSION),
			AVOW_LOGI("workers", (int64_t)avow_http_workers(d->http)));
		printf("ready: %s\n", d->config->url);
		fflush(stdout);
		serve(d);
	} else {
		log_why("cannot_start", err, &why);
	}
	avow_app_silence(d->app);
	avow_app_set_http(d->app, NULL);
	whole = avow_http_stop(d->http, (int)d->config->drain_deadline * 1000);
	avow_app_free(d->app);
	if (d->lock >= 0)
		close(d->lock);
	if (err != AVOW_OK)
		return EXIT_CANNOT;
	AVOW_LOG(AVOW_LOG_INFO, "stopped", AVOW_LOGS("how", whole ? "drained" : "cut"));
	return 0;
}

int
main(int argc, char **argv)
{
	struct daemon d = {.argc = argc, .argv = (const char *const *)argv, .lock = -1};
	enum avow_action action;
	struct avow_why why;
	enum avow_err err;
	int status;

	large_blocks(true);
	avow_why_init(&why);
	err = avow_options_read(argc, d.argv, &action, &d.config, &why);
	if (err != AVOW_OK) {
		tell_why(err, &why);
		return EXIT_USAGE;
	}
	if (action != AVOW_ACTION_SERVE) {
		status = act(action, d.config);
		avow_config_free(d.config);
		return status;
	}
	prepare_process(&d);
	if (avow_logsink_start(avow_config_log_level(d.config)) != AVOW_OK)
		return EXIT_CANNOT;
	status = run(&d);
	avow_logsink_stop();
	avow_config_free(d.config);
	return status;
}
