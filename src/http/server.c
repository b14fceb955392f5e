/*
 * The server as a whole: binding before anything else, starting the workers,
 * and what any thread may ask of it. Nothing here is on a request's way.
 */
#include "http/server.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define MAX_WORKERS 256u
#define BACKLOG 1024

static const struct avow_http_limits default_limits = {
	.max_connections = 8192,
	.max_per_address = 2048, /* a proxy in front is one address */
	.max_body_in_flight = AVOW_MIB(256),
	.head_ms = 10000,
	.body_ms = 60000,
	.idle_ms = 60000,
	.send_ms = 30000,
};

const struct avow_http_limits *
avow_http_default_limits(void)
{
	return &default_limits;
}

static unsigned
cores(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	n = CPU_COUNT(&set);
	return n > 0 ? (unsigned)n : 1;
}

/* libmicrohttpd before 0.9.77 parses in place and has no strict level that
 * refuses NUL, bare LF and folding by itself; later ones do. */
static bool
library_hides_bytes(void)
{
	const char *v = MHD_get_version();

	return strncmp(v, "0.9.", 4) == 0 && v[4] >= '0' && v[4] <= '7' &&
	       !(v[4] == '7' && v[5] >= '7');
}

static void
init_worker(struct worker *w, struct avow_http_server *s)
{
	w->s = s;
	w->epoll = w->wake = -1;
	for (size_t i = 0; i < AVOW_HTTP_MAX_LISTEN; i++)
		w->listen[i] = -1;
	pthread_mutex_init(&w->lock, NULL);
}

static enum avow_err
bind_address(
	struct avow_http_server *s, size_t at, const char *text, struct avow_why *why)
{
	int fds[MAX_WORKERS];

	AVOW_TRY(avow_listen_parse(text, &s->address[at], why));
	AVOW_TRY(avow_listen_bind(&s->address[at], fds, s->n_workers, why));
	for (unsigned i = 0; i < s->n_workers; i++)
		s->workers[i].listen[at] = fds[i];
	return AVOW_OK;
}

enum avow_err
avow_http_bind(const char *const *listen_on, size_t n_listen, unsigned workers,
	struct avow_http_server **out, struct avow_why *why)
{
	static const struct avow_at at = {"listen", "listen", "avowd(8)"};
	struct avow_http_server *s;
	enum avow_err err = AVOW_OK;

	*out = NULL;
	if (n_listen == 0 || n_listen > AVOW_HTTP_MAX_LISTEN)
		return avow_refuse(why, AVOW_E_HTTP_LISTEN, &at, "1 to 16 addresses",
			"%zu", n_listen);
	s = calloc(1, sizeof(*s));
	if (!s)
		return AVOW_E_NO_MEMORY;
	workers = workers ? workers : cores();
	s->n_workers = workers < MAX_WORKERS ? workers : MAX_WORKERS;
	s->n_listen = n_listen;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->ready, NULL);
	s->workers = calloc(s->n_workers, sizeof(*s->workers));
	if (!s->workers) {
		s->n_workers = 0;
		avow_http_stop(s, 0);
		return AVOW_E_NO_MEMORY;
	}
	for (unsigned i = 0; i < s->n_workers; i++)
		init_worker(&s->workers[i], s);
	for (size_t i = 0; i < n_listen && err == AVOW_OK; i++)
		err = bind_address(s, i, listen_on[i], why);
	if (err != AVOW_OK) {
		avow_http_stop(s, 0);
		return err;
	}
	*out = s;
	return AVOW_OK;
}

unsigned
avow_http_port(const struct avow_http_server *s)
{
	return avow_listen_port(&s->address[0]);
}

unsigned
avow_http_workers(const struct avow_http_server *s)
{
	return s->n_workers;
}

/* --- start ---------------------------------------------------------------------- */

/* Room for every connection, the workers' own descriptors and the app's. */
static void
fit_to_descriptors(struct avow_http_server *s)
{
	rlim_t reserve = 64 + (rlim_t)s->n_workers * 16;
	rlim_t want = s->limits.max_connections + reserve;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return;
	if (r.rlim_cur < want) {
		r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
		if (setrlimit(RLIMIT_NOFILE, &r) != 0)
			return;
	}
	if (r.rlim_cur >= want || r.rlim_cur <= reserve)
		return;
	s->limits.max_connections = (unsigned)(r.rlim_cur - reserve);
	AVOW_LOG(AVOW_LOG_WARN, "max_connections_lowered",
		AVOW_LOGI("to", (int64_t)s->limits.max_connections),
		AVOW_LOGS("by", "RLIMIT_NOFILE"));
}

static enum avow_err
take_config(struct avow_http_server *s, const struct avow_http_config *config,
	struct avow_why *why)
{
	static const struct avow_at plain = {"listen", "listen", "avowd(8)"};

	s->config = *config;
	s->limits = config->limits ? *config->limits : default_limits;
	s->has_layout = library_hides_bytes();
	fit_to_descriptors(s);
	avow_peers_init(
		&s->peers, s->limits.max_connections, s->limits.max_per_address);
	if (config->tls_cert_pem && config->tls_key_pem) {
		s->cert_pem = strdup(config->tls_cert_pem);
		s->key_pem = strdup(config->tls_key_pem);
		return s->cert_pem && s->key_pem ? AVOW_OK : AVOW_E_NO_MEMORY;
	}
	for (size_t i = 0; i < s->n_listen; i++)
		if (!avow_listen_is_loopback(&s->address[i]))
			return avow_refuse(why, AVOW_E_HTTP_PLAIN, &plain,
				"a loopback address, or TLS", NULL);
	return AVOW_OK;
}

static enum avow_err
start_threads(struct avow_http_server *s)
{
	enum avow_err err = AVOW_OK;
	unsigned started = 0;

	for (unsigned i = 0; i < s->n_workers && err == AVOW_OK; i++) {
		struct worker *w = &s->workers[i];

		if (pthread_create(&w->thread, NULL, avow_http_worker_run, w) != 0) {
			err = AVOW_E_INTERNAL;
		} else {
			w->has_thread = true;
			started++;
		}
	}
	pthread_mutex_lock(&s->lock);
	while (s->n_ready < started)
		pthread_cond_wait(&s->ready, &s->lock);
	if (err == AVOW_OK)
		err = s->start_err;
	pthread_mutex_unlock(&s->lock);
	return err;
}

enum avow_err
avow_http_start(struct avow_http_server *s, const struct avow_http_config *config,
	struct avow_why *why)
{
	static const struct avow_at at = {"listen", "listen", "listen(2)"};

	AVOW_TRY(take_config(s, config, why));
	for (unsigned i = 0; i < s->n_workers; i++)
		AVOW_TRY(avow_http_worker_open(&s->workers[i], s, i, why));
	AVOW_TRY(start_threads(s));
	for (unsigned i = 0; i < s->n_workers; i++)
		for (size_t k = 0; k < s->n_listen; k++)
			if (listen(s->workers[i].listen[k], BACKLOG) != 0)
				return avow_refuse(
					why, AVOW_E_HTTP_LISTEN, &at, NULL, NULL);
	for (unsigned i = 0; i < s->n_workers; i++)
		avow_http_worker_tell(&s->workers[i], WORKER_SERVES, 0);
	return AVOW_OK;
}

/* --- while it runs ---------------------------------------------------------------- */

enum avow_err
avow_http_check_certificate(
	const char *cert_pem, const char *key_pem, struct avow_why *why)
{
	struct tls_identity *id;

	AVOW_TRY(avow_tls_identity_new(cert_pem, key_pem, &id, why));
	avow_tls_identity_unref(id);
	return AVOW_OK;
}

enum avow_err
avow_http_set_certificate(struct avow_http_server *s, const char *cert_pem,
	const char *key_pem, struct avow_why *why)
{
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];
		struct tls_identity *id, *old;

		AVOW_TRY(avow_tls_identity_new(cert_pem, key_pem, &id, why));
		pthread_mutex_lock(&w->lock);
		old = w->told_identity;
		w->told_identity = id;
		pthread_mutex_unlock(&w->lock);
		avow_tls_identity_unref(old);
		avow_http_worker_wake(w);
	}
	return AVOW_OK;
}

void
avow_http_resume(struct avow_http_server *s, uint64_t token)
{
	uint64_t index = (token & 0xffff) - 1;
	struct worker *w;

	if (index >= s->n_workers)
		return;
	w = &s->workers[index];
	pthread_mutex_lock(&w->lock);
	if (w->n_resumed == w->cap_resumed) {
		size_t cap = w->cap_resumed ? w->cap_resumed * 2 : 16;
		uint64_t *p = reallocarray(w->resumed, cap, sizeof(*p));

		if (p) {
			w->resumed = p;
			w->cap_resumed = cap;
		}
	}
	/* Without memory the wait ends by its own deadline. */
	if (w->n_resumed < w->cap_resumed)
		w->resumed[w->n_resumed++] = token;
	pthread_mutex_unlock(&w->lock);
	avow_http_worker_wake(w);
}

struct avow_http_counts
avow_http_counts(const struct avow_http_server *s)
{
	return (struct avow_http_counts){
		.connections =
			atomic_load_explicit(&s->peers.total, memory_order_relaxed),
		.accepted = atomic_load_explicit(&s->accepted, memory_order_relaxed),
		.refused = atomic_load_explicit(&s->refused, memory_order_relaxed),
		.requests = atomic_load_explicit(&s->requests, memory_order_relaxed),
		.body_in_flight =
			atomic_load_explicit(&s->body_in_flight, memory_order_relaxed),
	};
}

bool
avow_http_stop(struct avow_http_server *s, int drain_ms)
{
	bool whole = true;

	if (!s)
		return true;
	for (unsigned i = 0; i < s->n_workers; i++)
		avow_http_worker_tell(
			&s->workers[i], WORKER_DRAINS, avow_clock_mono_ms() + drain_ms);
	for (unsigned i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];

		if (w->has_thread)
			pthread_join(w->thread, NULL);
		whole = whole && !w->was_cut;
		avow_http_worker_close(w);
	}
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->ready);
	free(s->workers);
	free(s->cert_pem);
	free(s->key_pem);
	free(s);
	return whole;
}
