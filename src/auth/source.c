/*
 * One issuer's keys and how they are kept fresh. A thread fetches the discovery
 * document and the JWKS: at start, once a refresh time, and when somebody asks
 * for a kid that is not there. Everybody else only looks, under a short lock.
 *
 * What an outsider can cause is bounded: unknown kids lead to ASK_BURST fetches
 * and then to one in ASK_AGAIN_MS, whoever and how many ask (one fetch serves
 * all); after a fetch that failed nobody leads to one before its pause is over.
 * Keys that could not be refreshed are used for a day, then no more.
 */
#include "auth/impl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define ASK_AGAIN_MS 30000
#define ASK_BURST 4
#define FIRST_PAUSE_MS 1000
#define LONGEST_PAUSE_MS 60000
#define MAX_AGE_MS (INT64_C(24) * 3600 * 1000)
#define TIMEOUT_MS 10000
#define MAX_WAITERS 256
#define MAX_URL 2048

struct avow_source {
	atomic_uint refs;
	struct avow_arena arena;
	struct avow_source_place place; /* in the arena */
	const struct avow_auth_net *net;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool has_thread;
	atomic_bool is_stopping;
	/* under the lock */
	bool is_silent;
	bool is_wanted, is_fetching;
	struct avow_issuer_keys *keys; /* NULL: none yet */
	int64_t fetched_ms; /* of `keys` */
	int64_t asked_ms; /* a fetch more for unknown kids: ASK_AGAIN_MS more */
	int64_t paused_ms; /* after a fault: no fetch before */
	int64_t due_ms;
	int64_t pause_ms;
	struct avow_auth_waiter waiters[MAX_WAITERS];
	size_t n_waiters;
};

/* --- life ------------------------------------------------------------------------- */

static const char *
keep(struct avow_source *s, const char *text)
{
	return (const char *)avow_arena_copy(&s->arena, avow_span_str(text)).p;
}

enum avow_err
avow_source_new(const struct avow_source_place *place, const struct avow_auth_net *net,
	struct avow_source **out)
{
	struct avow_source *s = calloc(1, sizeof(*s));
	pthread_condattr_t attr;

	*out = NULL;
	if (!s)
		return AVOW_E_NO_MEMORY;
	atomic_init(&s->refs, 1);
	avow_arena_init(&s->arena, AVOW_KIB(32));
	s->net = net;
	s->pause_ms = FIRST_PAUSE_MS;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	s->place = (struct avow_source_place){
		.issuer = keep(s, place->issuer),
		.discovery = keep(s, place->discovery),
		.ca_file = keep(s, place->ca_file),
		.proxy = keep(s, place->proxy),
		.refresh_s = place->refresh_s,
	};
	if (!s->place.issuer || !s->place.discovery || !s->place.ca_file ||
		!s->place.proxy) {
		avow_source_free(s);
		return AVOW_E_NO_MEMORY;
	}
	*out = s;
	return AVOW_OK;
}

struct avow_source *
avow_source_ref(struct avow_source *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
avow_source_free(struct avow_source *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (s->has_thread) {
		pthread_mutex_lock(&s->lock);
		atomic_store(&s->is_stopping, true);
		pthread_cond_signal(&s->changed);
		pthread_mutex_unlock(&s->lock);
		pthread_join(s->thread, NULL);
	}
	avow_source_silence(s);
	avow_issuer_keys_free(s->keys);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	avow_arena_clear(&s->arena);
	free(s);
}

bool
avow_source_is(const struct avow_source *s, const struct avow_source_place *place)
{
	return strcmp(s->place.issuer, place->issuer) == 0 &&
	       strcmp(s->place.discovery, place->discovery) == 0 &&
	       strcmp(s->place.ca_file, place->ca_file) == 0 &&
	       strcmp(s->place.proxy, place->proxy) == 0 &&
	       s->place.refresh_s == place->refresh_s;
}

/* --- waiting ------------------------------------------------------------------------ */

/* Under the lock, so that after avow_source_silence nobody is woken. */
static void
wake_all(struct avow_source *s)
{
	while (s->n_waiters) {
		const struct avow_auth_waiter *w = &s->waiters[--s->n_waiters];

		w->wake(w->arg, w->token);
	}
}

void
avow_source_silence(struct avow_source *s)
{
	pthread_mutex_lock(&s->lock);
	wake_all(s);
	s->is_silent = true;
	pthread_mutex_unlock(&s->lock);
}

/* --- fetching ----------------------------------------------------------------------- */

static enum avow_err
get(const struct avow_source *s, const char *url, struct avow_buf *out,
	struct avow_why *why)
{
	const struct avow_auth_get what = {
		.url = url,
		.ca_file = s->place.ca_file[0] ? s->place.ca_file : NULL,
		.proxy = s->place.proxy[0] ? s->place.proxy : NULL,
		.timeout_ms = TIMEOUT_MS,
		/* access.c takes http for loopback alone */
		.allow_http = avow_span_starts(
			avow_span_str(s->place.discovery), AVOW_LIT("http://")),
		.cancel = &s->is_stopping,
	};

	return s->net->get(&what, out, why);
}

static enum avow_err
fetch_jwks_uri(const struct avow_source *s, struct avow_buf *url, struct avow_why *why)
{
	struct avow_buf body;
	enum avow_err e;

	avow_buf_init(&body, AVOW_MAX_DISCOVERY);
	e = get(s, s->place.discovery, &body, why);
	if (e == AVOW_OK)
		e = avow_discovery_parse(
			avow_buf_span(&body), avow_span_str(s->place.issuer), url, why);
	avow_buf_clear(&body);
	return e;
}

static enum avow_err
fetch_keys(const struct avow_source *s, struct avow_issuer_keys **out,
	struct avow_why *why)
{
	struct avow_buf url, body;
	enum avow_err e;

	*out = NULL;
	avow_buf_init(&url, MAX_URL);
	avow_buf_init(&body, AVOW_MAX_ISSUER_JWKS);
	e = fetch_jwks_uri(s, &url, why);
	if (e == AVOW_OK)
		e = avow_buf_str(&url) ? get(s, avow_buf_str(&url), &body, why)
				       : AVOW_E_NO_MEMORY;
	if (e == AVOW_OK)
		e = avow_issuer_keys_parse(avow_buf_span(&body), out, why);
	avow_buf_clear(&url);
	avow_buf_clear(&body);
	return e;
}

static void
log_fetch(const struct avow_source *s, enum avow_err e, const struct avow_why *why)
{
	AVOW_LOG(e == AVOW_OK ? AVOW_LOG_DEBUG : AVOW_LOG_WARN, "issuer_keys",
		AVOW_LOGS("issuer", s->place.issuer),
		AVOW_LOGS("result", avow_err_name(e)),
		AVOW_LOGS("field", why->field[0] ? why->field : NULL),
		AVOW_LOGS("expected", why->expected[0] ? why->expected : NULL),
		AVOW_LOGS("got", why->got[0] ? why->got : NULL),
		AVOW_LOGS("message", why->message[0] ? why->message : NULL));
}

/* Under the lock. */
static void
take_up(struct avow_source *s, struct avow_issuer_keys *keys, int64_t now_ms)
{
	s->is_wanted = s->is_fetching = false;
	if (keys) {
		avow_issuer_keys_free(s->keys);
		s->keys = keys;
		s->fetched_ms = now_ms;
		s->pause_ms = FIRST_PAUSE_MS;
		s->paused_ms = 0;
		s->due_ms = now_ms + s->place.refresh_s * 1000;
	} else {
		s->paused_ms = s->due_ms = now_ms + s->pause_ms;
		s->pause_ms = s->pause_ms * 2 < LONGEST_PAUSE_MS ? s->pause_ms * 2
								 : LONGEST_PAUSE_MS;
	}
	wake_all(s);
}

enum avow_err
avow_source_fetch(struct avow_source *s, int64_t (*clock)(void), struct avow_why *why)
{
	struct avow_issuer_keys *keys;
	enum avow_err e;

	pthread_mutex_lock(&s->lock);
	s->is_fetching = true;
	pthread_mutex_unlock(&s->lock);
	e = fetch_keys(s, &keys, why);
	pthread_mutex_lock(&s->lock);
	take_up(s, keys, clock());
	pthread_mutex_unlock(&s->lock);
	return e;
}

int64_t
avow_source_due_ms(struct avow_source *s)
{
	int64_t due;

	pthread_mutex_lock(&s->lock);
	due = s->is_wanted ? 0 : s->due_ms;
	pthread_mutex_unlock(&s->lock);
	return due;
}

/* --- the thread --------------------------------------------------------------------- */

/* Until it is time to fetch; false at the end. */
static bool
wait_due(struct avow_source *s)
{
	bool goes_on;

	pthread_mutex_lock(&s->lock);
	while (!atomic_load(&s->is_stopping) && !s->is_wanted &&
		avow_clock_mono_ms() < s->due_ms) {
		struct timespec until = {.tv_sec = s->due_ms / 1000,
			.tv_nsec = s->due_ms % 1000 * 1000000};

		pthread_cond_timedwait(&s->changed, &s->lock, &until);
	}
	goes_on = !atomic_load(&s->is_stopping);
	pthread_mutex_unlock(&s->lock);
	return goes_on;
}

static void *
run(void *arg)
{
	struct avow_source *s = arg;

	while (wait_due(s)) {
		struct avow_why why;
		enum avow_err e;

		avow_why_init(&why);
		e = avow_source_fetch(s, avow_clock_mono_ms, &why);
		log_fetch(s, e, &why);
	}
	return NULL;
}

enum avow_err
avow_source_start(struct avow_source *s)
{
	s->is_wanted = true;
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		return AVOW_E_INTERNAL;
	s->has_thread = true;
	return AVOW_OK;
}

/* --- looking ------------------------------------------------------------------------ */

/* A bucket of ASK_BURST fetches that fills by one in ASK_AGAIN_MS. */
static bool
may_ask(const struct avow_source *s, bool usable, int64_t now_ms)
{
	return now_ms >= s->paused_ms &&
	       (!usable ||
		       s->asked_ms - now_ms <= (ASK_BURST - 1) * (int64_t)ASK_AGAIN_MS);
}

/* Begin a fetch, unless one is under way, and be woken behind it. */
static enum avow_err
ask(struct avow_source *s, const struct avow_auth_waiter *w, int64_t now_ms)
{
	if (s->is_silent || s->n_waiters == MAX_WAITERS)
		return AVOW_E_ISSUER_METADATA;
	if (!s->is_wanted && !s->is_fetching) {
		s->asked_ms =
			(s->asked_ms > now_ms ? s->asked_ms : now_ms) + ASK_AGAIN_MS;
		s->is_wanted = true;
		pthread_cond_signal(&s->changed);
	}
	s->waiters[s->n_waiters++] = *w;
	return AVOW_E_ISSUER_PENDING;
}

static enum avow_err
find(struct avow_source *s, struct avow_span kid, int64_t now_ms,
	const struct avow_find *how, const struct avow_issuer_key **out)
{
	bool usable = s->keys && now_ms - s->fetched_ms < MAX_AGE_MS;
	bool under_way = s->is_wanted || s->is_fetching;

	*out = usable ? avow_issuer_keys_find(s->keys, kid) : NULL;
	if (*out)
		return AVOW_OK;
	if (how->waiter && (under_way || may_ask(s, usable, now_ms)))
		return ask(s, how->waiter, now_ms);
	if (under_way || (how->may_wait && may_ask(s, usable, now_ms)))
		return AVOW_E_ISSUER_PENDING;
	return usable ? AVOW_E_TOKEN_KEY_UNKNOWN : AVOW_E_ISSUER_METADATA;
}

enum avow_err
avow_source_find(struct avow_source *s, struct avow_span kid, int64_t now_ms,
	const struct avow_find *how, struct avow_issuer_keys **keys,
	const struct avow_issuer_key **out)
{
	enum avow_err e;

	*keys = NULL;
	pthread_mutex_lock(&s->lock);
	e = find(s, kid, now_ms, how, out);
	if (e == AVOW_OK)
		*keys = avow_issuer_keys_ref(s->keys);
	pthread_mutex_unlock(&s->lock);
	return e;
}
