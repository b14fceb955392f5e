/*
 * Delivering alerts: in order, one at a time, each until it is taken or given
 * up. Any 2xx is taken; 4xx other than 408 and 429 will not get better and is
 * given up; all else is tried again, each time after twice the pause. The end of
 * the service ends a delivery under way, too: a receiver that hangs holds up nothing.
 */
#include "machine/webhook.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "net/net.h"

/* Undelivered alerts in memory; the log has all of them. */
#define WAITING 1024
#define TRIES 10
#define FIRST_PAUSE_MS 500 /* then 1 s, 2 s ... 256 s */
#define TIMEOUT_MS 10000

struct letter {
	struct letter *next;
	struct avow_buf body;
};

struct avow_alerts {
	char *url, *secret, *ca, *proxy;
	bool allow_http;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct letter *first, **last;
	size_t n;
	atomic_bool stopping; /* set under the lock; a post looks at it too */
	uint64_t told, undelivered;
};

/* --- the queue --------------------------------------------------------------------------- */

static void
free_letter(struct letter *l)
{
	if (!l)
		return;
	avow_buf_clear(&l->body);
	free(l);
}

void
avow_webhook_put(struct avow_alerts *a, struct avow_buf *body)
{
	struct letter *l =
		a->url && body->err == AVOW_OK ? calloc(1, sizeof(*l)) : NULL;

	pthread_mutex_lock(&a->lock);
	a->told++;
	if (l && a->n < WAITING) {
		l->body = *body;
		avow_buf_init(body, body->max);
		*a->last = l;
		a->last = &l->next;
		a->n++;
		l = NULL;
		pthread_cond_signal(&a->wake);
	} else if (a->url) {
		a->undelivered++;
	}
	pthread_mutex_unlock(&a->lock);
	free(l);
}

void
avow_alerts_count(struct avow_alerts *a, uint64_t *told, uint64_t *undelivered)
{
	pthread_mutex_lock(&a->lock);
	*told = a->told;
	*undelivered = a->undelivered;
	pthread_mutex_unlock(&a->lock);
}

/* --- delivering ---------------------------------------------------------------------------- */

/** The status, 0 when there was none. */
static long
post(struct avow_alerts *a, struct avow_span body)
{
	char header[AVOW_MACHINE_SIGNATURE + 32] = "X-Avow-Signature: ";
	const char *extra[] = {header, NULL};
	struct avow_net_response rs;
	struct avow_net_request rq = {
		.url = a->url,
		.post = true,
		.body = body,
		.extra = a->secret ? extra : NULL,
		.ca_file = a->ca,
		.proxy = a->proxy,
		.timeout_ms = TIMEOUT_MS,
		.allow_http = a->allow_http,
		.cancel = &a->stopping,
	};
	long status = 0;

	if (a->secret && avow_machine_sign(avow_span_str(a->secret), avow_clock_now_s(),
				 body, header + strlen(header)) != AVOW_OK)
		return 0;
	avow_net_response_init(&rs, AVOW_KIB(64), NULL, 0);
	if (avow_net_fetch(&rq, &rs, NULL) == AVOW_OK)
		status = rs.status;
	avow_net_response_clear(&rs);
	return status;
}

static bool
is_final(long status)
{
	return status / 100 == 2 ||
	       (status / 100 == 4 && status != 408 && status != 429);
}

/* True when it is time to stop. */
static bool
pause_ms(struct avow_alerts *a, long ms)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&a->lock);
	while (!a->stopping && pthread_cond_timedwait(&a->wake, &a->lock, &until) == 0)
		;
	stop = a->stopping;
	pthread_mutex_unlock(&a->lock);
	return stop;
}

static void
deliver(struct avow_alerts *a, const struct letter *l)
{
	long status = 0, pause = FIRST_PAUSE_MS;

	for (int i = 0; i < TRIES; i++, pause *= 2) {
		status = post(a, avow_buf_span(&l->body));
		if (is_final(status) || pause_ms(a, pause))
			break;
	}
	if (status / 100 == 2)
		return;
	AVOW_LOG(AVOW_LOG_ERROR, "alert_undelivered", AVOW_LOGI("status", status));
	pthread_mutex_lock(&a->lock);
	a->undelivered++;
	pthread_mutex_unlock(&a->lock);
}

static struct letter *
next(struct avow_alerts *a)
{
	struct letter *l = NULL;

	pthread_mutex_lock(&a->lock);
	while (!a->first && !a->stopping)
		pthread_cond_wait(&a->wake, &a->lock);
	if (!a->stopping) {
		l = a->first;
		a->first = l->next;
		if (!a->first)
			a->last = &a->first;
		a->n--;
	}
	pthread_mutex_unlock(&a->lock);
	return l;
}

static void *
run(void *arg)
{
	struct avow_alerts *a = arg;
	struct letter *l;

	while ((l = next(a)) != NULL) {
		deliver(a, l);
		free_letter(l);
	}
	return NULL;
}

/* --- start and end ---------------------------------------------------------------------------- */

static enum avow_err
check_url(struct avow_alerts *a, struct avow_why *why)
{
	static const struct avow_at at = {"machines", "machine_webhook", "avowd(8)"};
	struct avow_buf origin;
	enum avow_err e;

	avow_buf_init(&origin, 512);
	e = avow_net_origin(avow_span_str(a->url), &origin);
	a->allow_http = e == AVOW_OK && avow_net_is_loopback(avow_buf_span(&origin));
	if (e == AVOW_OK && !a->allow_http &&
		!avow_span_starts(avow_buf_span(&origin), AVOW_LIT("https:")))
		e = AVOW_E_NET_URL;
	avow_buf_clear(&origin);
	if (e == AVOW_OK)
		return e;
	return avow_refuse(
		why, e, &at, "an https URL, or http on loopback", "%s", a->url);
}

static bool
copy(char **to, const char *from)
{
	if (!from || !*from)
		return true;
	*to = strdup(from);
	return *to != NULL;
}

static enum avow_err
start(struct avow_alerts *a, struct avow_why *why)
{
	if (!a->url)
		return AVOW_OK;
	AVOW_TRY(check_url(a, why));
	a->has_thread = pthread_create(&a->thread, NULL, run, a) == 0;
	return a->has_thread ? AVOW_OK : AVOW_E_INTERNAL;
}

enum avow_err
avow_alerts_new(const struct avow_machines_settings *s, struct avow_alerts **out,
	struct avow_why *why)
{
	struct avow_alerts *a = calloc(1, sizeof(*a));
	pthread_condattr_t monotonic;
	enum avow_err e = AVOW_E_NO_MEMORY;

	*out = NULL;
	if (!a)
		return e;
	a->last = &a->first;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&a->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (copy(&a->url, s->webhook) && copy(&a->secret, s->webhook_secret) &&
		copy(&a->ca, s->webhook_ca) && copy(&a->proxy, s->proxy))
		e = start(a, why);
	if (e != AVOW_OK) {
		avow_alerts_free(a);
		return e;
	}
	*out = a;
	return AVOW_OK;
}

void
avow_alerts_free(struct avow_alerts *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
	if (a->has_thread)
		pthread_join(a->thread, NULL);
	if (a->n)
		AVOW_LOG(AVOW_LOG_WARN, "alerts_given_up",
			AVOW_LOGI("count", (int64_t)a->n));
	while (a->first) {
		struct letter *l = a->first;

		a->first = l->next;
		free_letter(l);
	}
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	free(a->url);
	free(a->secret);
	free(a->ca);
	free(a->proxy);
	free(a);
}
