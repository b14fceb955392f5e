/*
 * The fetcher's life: its options, its threads, and what is due. What one job does
 * is in work.c, which one runs when in queue.c.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "fetch/fetcher_impl.h"

#define DEFAULT_THREADS 4
#define DEFAULT_AMD_PER_MINUTE 60
#define DEFAULT_AMD_QUEUE 64
#define DEFAULT_TIMEOUT_MS 10000
#define SCAN_S 60
#define MAX_AHEAD_S (7 * (int64_t)86400)
#define MAX_GAP_S (6 * (int64_t)3600)
#define MIN_GAP_S 60

/* --- life -------------------------------------------------------------------------------- */

static uint32_t
some_random(void *ctx)
{
	struct timespec t;

	(void)ctx;
	/* for jitter alone: nodes must not go in step, nobody must not guess */
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint32_t)t.tv_nsec * 2654435761u >> 7;
}

static void
no_landing(void *ctx)
{
	(void)ctx;
}

static void
no_vcek(void *ctx, struct avow_span der)
{
	(void)ctx;
	(void)der;
}

static void
no_wake(void *ctx, uint64_t token)
{
	(void)ctx;
	(void)token;
}

static void
set_defaults(struct avow_fetcher_options *o)
{
	if (!o->threads)
		o->threads = DEFAULT_THREADS;
	if (!o->amd_per_minute)
		o->amd_per_minute = DEFAULT_AMD_PER_MINUTE;
	if (!o->amd_queue)
		o->amd_queue = DEFAULT_AMD_QUEUE;
	if (!o->sources.timeout_ms)
		o->sources.timeout_ms = DEFAULT_TIMEOUT_MS;
	if (!o->random)
		o->random = some_random;
	if (!o->landed)
		o->landed = no_landing;
	if (!o->vcek)
		o->vcek = no_vcek;
	if (!o->wake)
		o->wake = no_wake;
}

/* The strings that s borrows become our own. */
enum avow_err
avow_fetch_copy_sources(struct avow_fetch_sources *s, char *strings[5])
{
	const char **from[5] = {
		&s->intel, &s->intel_root_crl, &s->amd, &s->ca_file, &s->proxy};

	memset(strings, 0, 5 * sizeof(*strings));
	for (size_t i = 0; i < 5; i++) {
		strings[i] = strdup(*from[i] ? *from[i] : "");
		if (!strings[i])
			return AVOW_E_NO_MEMORY;
		*from[i] = strings[i];
	}
	return AVOW_OK;
}

void
avow_fetch_free_strings(char *strings[5])
{
	for (size_t i = 0; i < 5; i++)
		free(strings[i]);
}

enum avow_err
avow_fetcher_new(const struct avow_fetcher_options *o, struct avow_fetcher **out)
{
	struct avow_fetcher *f = calloc(1, sizeof(*f));
	pthread_condattr_t attr;

	*out = NULL;
	if (!f)
		return AVOW_E_NO_MEMORY;
	f->o = *o;
	set_defaults(&f->o);
	f->last = &f->first;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->landing, NULL);
	pthread_mutex_init(&f->issuers, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->work, &attr);
	pthread_condattr_destroy(&attr);
	if (avow_fetch_copy_sources(&f->o.sources, f->strings) != AVOW_OK) {
		avow_fetcher_free(f);
		return AVOW_E_NO_MEMORY;
	}
	*out = f;
	return AVOW_OK;
}

enum avow_err
avow_fetcher_set_sources(struct avow_fetcher *f, const struct avow_fetch_sources *s)
{
	struct avow_fetch_sources copy = *s;
	char *strings[5], *old[5];

	if (avow_fetch_copy_sources(&copy, strings) != AVOW_OK) {
		avow_fetch_free_strings(strings);
		return AVOW_E_NO_MEMORY;
	}
	if (!copy.timeout_ms)
		copy.timeout_ms = DEFAULT_TIMEOUT_MS;
	pthread_mutex_lock(&f->lock);
	memcpy(old, f->strings, sizeof(old));
	memcpy(f->strings, strings, sizeof(strings));
	f->o.sources = copy;
	pthread_mutex_unlock(&f->lock);
	avow_fetch_free_strings(old);
	return AVOW_OK;
}

void
avow_fetcher_set_known(struct avow_fetcher *f, struct avow_anchors *anchors,
	struct avow_collateral *known)
{
	struct avow_anchors *old_anchors;
	struct avow_collateral *old_known;

	pthread_mutex_lock(&f->lock);
	old_anchors = f->anchors;
	old_known = f->known;
	f->anchors = avow_anchors_ref(anchors);
	f->known = avow_collateral_ref(known);
	pthread_mutex_unlock(&f->lock);
	avow_anchors_free(old_anchors);
	avow_collateral_free(old_known);
}

void
avow_fetcher_count(struct avow_fetcher *f, struct avow_fetcher_counts *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->counts;
	out->queued = f->n_queued;
	pthread_mutex_unlock(&f->lock);
}

int64_t
avow_fetcher_next_ms(struct avow_fetcher *f)
{
	int64_t ms;

	pthread_mutex_lock(&f->lock);
	ms = avow_fetch_next_ms(f);
	pthread_mutex_unlock(&f->lock);
	return ms;
}

/* --- threads -------------------------------------------------------------------------------- */

bool
avow_fetcher_run_one(struct avow_fetcher *f)
{
	struct avow_fetch_job *job;

	pthread_mutex_lock(&f->lock);
	job = avow_fetch_job_take(f);
	if (job)
		avow_fetch_run(f, job);
	pthread_mutex_unlock(&f->lock);
	return job != NULL;
}

/* Until there is work, which is told, or until what waits for its time may run. */
static void
sleep_for_work(struct avow_fetcher *f)
{
	int64_t at = avow_fetch_next_ms(f);
	struct timespec until;

	if (at == INT64_MAX) {
		pthread_cond_wait(&f->work, &f->lock);
		return;
	}
	if (f->o.mono_ms) /* a test's clock: look again soon */
		at = avow_clock_mono_ms() + 100;
	until = (struct timespec){.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
	pthread_cond_timedwait(&f->work, &f->lock, &until);
}

static void *
work_on(void *arg)
{
	struct avow_fetcher *f = arg;
	struct avow_fetch_job *job;

	pthread_mutex_lock(&f->lock);
	while (!f->is_stopping) {
		job = avow_fetch_job_take(f);
		if (job)
			avow_fetch_run(f, job);
		else
			sleep_for_work(f);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

enum avow_err
avow_fetcher_start(struct avow_fetcher *f)
{
	f->threads = calloc(f->o.threads, sizeof(*f->threads));
	if (!f->threads)
		return AVOW_E_NO_MEMORY;
	for (; f->n_threads < f->o.threads; f->n_threads++)
		if (pthread_create(&f->threads[f->n_threads], NULL, work_on, f) != 0)
			return AVOW_E_INTERNAL;
	return AVOW_OK;
}

void
avow_fetcher_stop(struct avow_fetcher *f)
{
	struct avow_fetch_waiter *woken;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->is_stopping = true;
	pthread_cond_broadcast(&f->work);
	woken = avow_fetch_release_all(f);
	pthread_mutex_unlock(&f->lock);
	avow_fetch_wake(f, woken);
}

void
avow_fetcher_free(struct avow_fetcher *f)
{
	if (!f)
		return;
	avow_fetcher_stop(f);
	for (unsigned i = 0; i < f->n_threads; i++)
		pthread_join(f->threads[i], NULL);
	avow_fetch_queue_clear(f);
	avow_anchors_free(f->anchors);
	avow_collateral_free(f->known);
	pthread_cond_destroy(&f->work);
	pthread_mutex_destroy(&f->landing);
	pthread_mutex_destroy(&f->issuers);
	pthread_mutex_destroy(&f->lock);
	avow_fetch_free_strings(f->strings);
	free(f->threads);
	free(f);
}

/* --- what is due ---------------------------------------------------------------------------------- */

/* Spreads what was fetched together over a tenth of the time. */
static int64_t
spread_of(struct avow_span name, int64_t s)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ name.p[i]) * 16777619u;
	return s > 10 ? (int64_t)(h % (uint64_t)(s / 10)) : 0;
}

/* Ahead of its end: a quarter of its life, at most a week; and every refresh_s,
 * because TCB recoveries and revocations come without a word. */
static bool
is_due(const struct avow_fetcher *f, const struct avow_store_collateral *c,
	enum avow_fetch_kind kind, int64_t now)
{
	int64_t ahead = (c->expires_s - c->issued_s) / 4, gap;
	int64_t refresh = f->o.refresh_s - spread_of(c->name, f->o.refresh_s);

	if (kind == AVOW_FETCH_VCEK || now < c->fetched_s)
		return false;
	if (ahead > MAX_AHEAD_S)
		ahead = MAX_AHEAD_S;
	gap = ahead / 8;
	gap = gap < MIN_GAP_S ? MIN_GAP_S : gap > MAX_GAP_S ? MAX_GAP_S : gap;
	if (gap > f->o.refresh_s)
		gap = f->o.refresh_s;
	if (now >= c->expires_s - ahead && now - c->fetched_s >= gap)
		return true;
	return kind != AVOW_FETCH_AMD_CHAIN && now - c->fetched_s >= refresh;
}

static void
queue_due(struct avow_fetcher *f, const struct avow_store_collateral *v, size_t n)
{
	int64_t now = avow_fetch_now(f);
	struct avow_fetch_key k;

	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < n; i++)
		if (avow_fetch_key_parse(v[i].name, &k) == AVOW_OK &&
			avow_fetch_has_source(&f->o.sources, k.kind) &&
			is_due(f, &v[i], k.kind, now))
			(void)avow_fetch_job_get(f, &k, true);
	pthread_mutex_unlock(&f->lock);
}

void
avow_fetcher_tick(struct avow_fetcher *f)
{
	const struct avow_store_collateral_filter filter = {
		.without = AVOW_LIT(AVOW_FETCH_VCEK_PREFIX), .no_bodies = true};
	int64_t now = avow_fetch_now(f);
	struct avow_store_collateral *v;
	struct avow_arena a;
	size_t n;

	if (f->scanned_s != 0 && now >= f->scanned_s && now - f->scanned_s < SCAN_S)
		return;
	f->scanned_s = now;
	avow_arena_init(&a, AVOW_MIB(64));
	if (avow_store_collateral_list(f->o.store, &filter, &a, &v, &n) == AVOW_OK)
		queue_due(f, v, n);
	avow_arena_clear(&a);
}
