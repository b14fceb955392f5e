/*
 * What is to be fetched, when, and who waits. Decides all about time: a source
 * that is busy or down is held for a time that doubles and is jittered; an answer,
 * good or bad, is remembered briefly, so that the same question does not go out
 * again; what a sender may make up, AMD's keys, which come from unsigned bytes, and
 * evaluation data numbers, which a draft policy names, has a rate (amd_rate.c) and a
 * queue for each provider. Everything here is called under the fetcher's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "fetch/fetcher_impl.h"

#define FIRST_HOLD_MS 1000
#define MAX_HOLD_MS 300000
#define WORTH_WAITING_MS 2000 /* a request waits through a hold of so long */
#define FOUND_MS 1000
#define NOT_FOUND_MS 300000
#define REFUSED_MS 60000
#define MAX_TRIES 8
#define OWN_FAULT_MS 5000

int64_t
avow_fetch_mono(const struct avow_fetcher *f)
{
	return f->o.mono_ms ? f->o.mono_ms(f->o.ctx) : avow_clock_mono_ms();
}

int64_t
avow_fetch_now(const struct avow_fetcher *f)
{
	return f->o.now_s ? f->o.now_s(f->o.ctx) : avow_clock_now_s();
}

int64_t
avow_fetch_jitter(const struct avow_fetcher *f, int64_t ms)
{
	int64_t half = ms / 2;

	return half + (int64_t)(f->o.random(f->o.ctx) % (uint64_t)(half + 1));
}

/* --- the table ----------------------------------------------------------- */

static size_t
bucket_of(const char *name)
{
	uint64_t h = 1469598103934665603u; /* FNV-1a */

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 1099511628211u;
	return (size_t)(h >> 32) % AVOW_FETCH_BUCKETS;
}

static struct avow_fetch_job *
find(struct avow_fetcher *f, const char *name)
{
	struct avow_fetch_job *job = f->buckets[bucket_of(name)];

	while (job && strcmp(job->name, name) != 0)
		job = job->next_in_bucket;
	return job;
}

static void
free_job(struct avow_fetch_job *job)
{
	struct avow_fetch_link *next;

	for (struct avow_fetch_link *l = job->links; l; l = next) {
		next = l->next;
		free(l);
	}
	free(job);
}

static void
forget(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	struct avow_fetch_job **at = &f->buckets[bucket_of(job->name)];

	while (*at != job)
		at = &(*at)->next_in_bucket;
	*at = job->next_in_bucket;
	f->n_jobs--;
	if (job->state == AVOW_JOB_ANSWERED && job->err != AVOW_OK)
		f->counts.negative--;
	free_job(job);
}

/* Answers whose time is over make room; they are found by walking all. */
static void
forget_old(struct avow_fetcher *f)
{
	int64_t now = avow_fetch_mono(f);
	struct avow_fetch_job *job, *next;

	for (size_t i = 0; i < AVOW_FETCH_BUCKETS; i++)
		for (job = f->buckets[i]; job; job = next) {
			next = job->next_in_bucket;
			if (job->state == AVOW_JOB_ANSWERED && job->due_ms <= now)
				forget(f, job);
		}
}

/* --- the queue ----------------------------------------------------------- */

static void
enqueue(struct avow_fetcher *f, struct avow_fetch_job *job, int64_t due_ms)
{
	job->state = AVOW_JOB_QUEUED;
	job->due_ms = due_ms;
	job->next = NULL;
	job->at = f->last;
	*f->last = job;
	f->last = &job->next;
	f->n_queued++;
	pthread_cond_signal(&f->work);
}

static void
dequeue(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	*job->at = job->next;
	if (job->next)
		job->next->at = job->at;
	else
		f->last = job->at;
	f->n_queued--;
}

struct avow_fetch_job *
avow_fetch_job_get(struct avow_fetcher *f, const struct avow_fetch_key *k, bool again)
{
	char name[AVOW_FETCH_NAME_TEXT];
	struct avow_fetch_job *job;
	size_t bucket;

	avow_fetch_key_name(k, name);
	job = find(f, name);
	if (job && job->state == AVOW_JOB_ANSWERED &&
		job->due_ms <= avow_fetch_mono(f)) {
		forget(f, job);
		job = NULL;
	}
	if (job)
		return job;
	if (f->n_jobs == AVOW_FETCH_MAX_JOBS)
		forget_old(f);
	job = f->n_jobs < AVOW_FETCH_MAX_JOBS ? calloc(1, sizeof(*job)) : NULL;
	if (!job)
		return NULL;
	job->key = *k;
	memcpy(job->name, name, sizeof(name));
	job->again = again;
	job->provider = -1;
	bucket = bucket_of(name);
	job->next_in_bucket = f->buckets[bucket];
	f->buckets[bucket] = job;
	f->n_jobs++;
	enqueue(f, job, 0);
	return job;
}

static enum avow_fetch_origin
origin_of(const struct avow_fetch_job *job)
{
	if (avow_fetch_is_amd(job->key.kind))
		return AVOW_FETCH_FROM_AMD;
	return job->key.kind == AVOW_FETCH_ROOT_CRL ? AVOW_FETCH_FROM_ROOT
						    : AVOW_FETCH_FROM_INTEL;
}

/* Looking into the store needs no source. */
static int64_t
may_run_ms(const struct avow_fetcher *f, const struct avow_fetch_job *job)
{
	int64_t hold = job->from_network ? f->origins[origin_of(job)].hold_ms : 0;

	return hold > job->due_ms ? hold : job->due_ms;
}

struct avow_fetch_job *
avow_fetch_job_take(struct avow_fetcher *f)
{
	int64_t now = avow_fetch_mono(f);

	for (struct avow_fetch_job *job = f->first; job; job = job->next)
		if (may_run_ms(f, job) <= now) {
			dequeue(f, job);
			job->state = AVOW_JOB_RUNNING;
			return job;
		}
	return NULL;
}

int64_t
avow_fetch_next_ms(const struct avow_fetcher *f)
{
	int64_t first = INT64_MAX, at;

	for (struct avow_fetch_job *job = f->first; job; job = job->next) {
		at = may_run_ms(f, job);
		if (at < first)
			first = at;
	}
	return first;
}

/* A refresh asks for what was had once: nobody makes that up. */
static bool
has_rate(const struct avow_fetch_job *job)
{
	const struct avow_fetch_key *k = &job->key;

	return k->kind == AVOW_FETCH_VCEK ||
	       ((k->kind == AVOW_FETCH_TCB_INFO || k->kind == AVOW_FETCH_QE_IDENTITY) &&
		       k->number != 0 && !job->again);
}

enum avow_err
avow_fetch_job_needs_network(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	struct avow_fetch_provider *p;

	if (!avow_fetch_has_source(&f->o.sources, job->key.kind))
		return AVOW_E_FETCH_NO_SOURCE;
	if (has_rate(job)) {
		if (job->provider < 0)
			return AVOW_E_FETCH_LIMIT;
		p = &f->providers[job->provider];
		if (p->queued >= f->o.amd_queue || !avow_fetch_take_token(f, p))
			return AVOW_E_FETCH_LIMIT;
		p->queued++;
	}
	job->from_network = true;
	enqueue(f, job, 0);
	return AVOW_OK;
}

/* --- waiting ------------------------------------------------------------- */

/* Everybody who waits for this job has one less to wait for. */
static struct avow_fetch_waiter *
release(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	struct avow_fetch_waiter *woken = NULL;
	struct avow_fetch_link *next;

	for (struct avow_fetch_link *l = job->links; l; l = next) {
		next = l->next;
		if (--l->waiter->pending == 0) {
			l->waiter->next = woken;
			woken = l->waiter;
			f->n_waiters--;
		}
		free(l);
	}
	job->links = NULL;
	return woken;
}

static bool
wait_for(struct avow_fetch_job *job, struct avow_fetch_waiter *w)
{
	struct avow_fetch_link *l = malloc(sizeof(*l));

	if (!l)
		return false;
	*l = (struct avow_fetch_link){w, job->links};
	job->links = l;
	w->pending++;
	return true;
}

static int
seconds_until(const struct avow_fetcher *f, int64_t ms)
{
	int64_t left = ms - avow_fetch_mono(f);

	return left <= 1000 ? 1 : (int)((left + 999) / 1000);
}

static void
tell(struct avow_fetch_answer *a, enum avow_err e, int retry_after_s)
{
	/* the first "no" is told; the soonest that it can change is when all may */
	if (a->err == AVOW_OK)
		a->err = e;
	if (e != AVOW_OK && a->retry_after_s < retry_after_s)
		a->retry_after_s = retry_after_s;
}

/* One document that is wanted: wait for its job, or tell what is known. */
static void
want_one(struct avow_fetcher *f, const struct avow_fetch_want *want,
	const struct avow_fetch_key *k, struct avow_fetch_waiter *w,
	struct avow_fetch_answer *a)
{
	struct avow_fetch_job *job = avow_fetch_job_get(f, k, false);
	int64_t at;

	if (!job) {
		tell(a, AVOW_E_FETCH_LIMIT, 1);
		return;
	}
	if (has_rate(job) && job->provider < 0 && !job->from_network)
		job->provider = avow_fetch_provider_of(f, want->provider);
	if (job->state == AVOW_JOB_ANSWERED) {
		tell(a, job->err, seconds_until(f, job->due_ms));
		return;
	}
	at = may_run_ms(f, job);
	if (job->state == AVOW_JOB_QUEUED && at - avow_fetch_mono(f) > WORTH_WAITING_MS)
		tell(a, AVOW_E_FETCH_BUSY, seconds_until(f, at));
	else if (!wait_for(job, w))
		tell(a, AVOW_E_NO_MEMORY, 1);
}

/* What is known of documents, without a question of our own. */
static void
tell_all(struct avow_fetcher *f, const struct avow_fetch_want *want,
	struct avow_fetch_answer *a)
{
	char name[AVOW_FETCH_NAME_TEXT];
	struct avow_fetch_job *job;

	for (size_t i = 0; i < want->n; i++) {
		avow_fetch_key_name(&want->keys[i], name);
		job = find(f, name);
		if (job && job->state == AVOW_JOB_ANSWERED)
			tell(a, job->err, seconds_until(f, job->due_ms));
		else if (job)
			tell(a, AVOW_E_FETCH_PENDING,
				seconds_until(f, may_run_ms(f, job)));
	}
}

void
avow_fetcher_want(struct avow_fetcher *f, const struct avow_fetch_want *want,
	struct avow_fetch_answer *a)
{
	struct avow_fetch_waiter *w = calloc(1, sizeof(*w));

	*a = (struct avow_fetch_answer){.retry_after_s = 1};
	pthread_mutex_lock(&f->lock);
	if (!w || f->n_waiters == AVOW_FETCH_MAX_WAITERS) {
		tell(a, AVOW_E_FETCH_LIMIT, 1);
	} else if (want->only_tell || f->is_stopping) {
		tell_all(f, want, a);
	} else {
		w->token = want->token;
		for (size_t i = 0; i < want->n && i < AVOW_FETCH_MAX_WANT; i++)
			want_one(f, want, &want->keys[i], w, a);
		a->pending = w->pending;
		f->n_waiters += w->pending > 0;
	}
	pthread_mutex_unlock(&f->lock);
	if (a->pending == 0)
		free(w);
}

void
avow_fetcher_hint(struct avow_fetcher *f, const struct avow_fetch_key *k)
{
	pthread_mutex_lock(&f->lock);
	if (!f->is_stopping && avow_fetch_has_source(&f->o.sources, k->kind))
		(void)avow_fetch_job_get(f, k, false);
	pthread_mutex_unlock(&f->lock);
}

/* --- outcomes ------------------------------------------------------------ */

static bool
is_sources_fault(enum avow_err e)
{
	return e == AVOW_E_FETCH_BUSY || e == AVOW_E_NET_CONNECT ||
	       e == AVOW_E_NET_TIMEOUT || e == AVOW_E_NET_TLS;
}

static bool
is_our_fault(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	return c == AVOW_CLASS_STORE || c == AVOW_CLASS_INTERNAL ||
	       c == AVOW_CLASS_CRYPTO;
}

/* Leave the source alone: as long as it says, else a time that doubles. */
static void
hold(struct avow_fetcher *f, enum avow_fetch_origin o, int retry_after_s)
{
	int64_t ms = FIRST_HOLD_MS, until;

	for (unsigned i = 0; i < f->origins[o].failures && ms < MAX_HOLD_MS; i++)
		ms *= 2;
	if (ms > MAX_HOLD_MS)
		ms = MAX_HOLD_MS;
	ms = avow_fetch_jitter(f, ms);
	if (retry_after_s > 0 && ms < 1000 * (int64_t)retry_after_s)
		ms = 1000 * (int64_t)retry_after_s + ms / 4;
	until = avow_fetch_mono(f) + ms;
	f->origins[o].failures++;
	if (f->origins[o].hold_ms < until)
		f->origins[o].hold_ms = until;
}

static void
remember(
	struct avow_fetcher *f, struct avow_fetch_job *job, enum avow_err e, int64_t ms)
{
	job->state = AVOW_JOB_ANSWERED;
	job->err = e;
	job->due_ms = avow_fetch_mono(f) + ms;
	f->counts.negative += e != AVOW_OK;
}

static int64_t
remember_for_ms(const struct avow_fetcher *f, enum avow_err e)
{
	if (e == AVOW_OK)
		return FOUND_MS;
	if (e == AVOW_E_FETCH_NOT_FOUND)
		return avow_fetch_jitter(f, NOT_FOUND_MS);
	if (e == AVOW_E_FETCH_NO_SOURCE) /* it may be imported any time */
		return 2 * FOUND_MS;
	if (e == AVOW_E_FETCH_LIMIT)
		return 60000 / f->o.amd_per_minute + 1;
	return avow_fetch_jitter(f, REFUSED_MS);
}

static void
count(struct avow_fetcher *f, const struct avow_fetch_job *job, enum avow_err e)
{
	f->counts.fetched += e == AVOW_OK && job->from_network;
	f->counts.busy += e == AVOW_E_FETCH_BUSY;
	f->counts.failed += is_sources_fault(e) || is_our_fault(e);
	f->counts.refused += e != AVOW_OK && !is_sources_fault(e) && !is_our_fault(e);
}

static void
leave_provider(struct avow_fetcher *f, struct avow_fetch_job *job)
{
	if (job->provider >= 0 && job->from_network)
		f->providers[job->provider].queued--;
	job->provider = -1;
}

struct avow_fetch_waiter *
avow_fetch_job_done(struct avow_fetcher *f, struct avow_fetch_job *job, enum avow_err e,
	int retry_after_s)
{
	enum avow_fetch_origin o = origin_of(job);

	count(f, job, e);
	if (is_sources_fault(e))
		hold(f, o, retry_after_s);
	else if (job->from_network && !is_our_fault(e))
		f->origins[o].failures = 0;
	if ((is_sources_fault(e) || is_our_fault(e)) && ++job->tries < MAX_TRIES) {
		enqueue(f, job,
			is_our_fault(e) ? avow_fetch_mono(f) + OWN_FAULT_MS : 0);
		/* whoever waits would wait too long: they are told to come back */
		return may_run_ms(f, job) - avow_fetch_mono(f) > WORTH_WAITING_MS
			       ? release(f, job)
			       : NULL;
	}
	leave_provider(f, job);
	remember(f, job, e, remember_for_ms(f, e));
	return release(f, job);
}

struct avow_fetch_waiter *
avow_fetch_release_all(struct avow_fetcher *f)
{
	struct avow_fetch_waiter *all = NULL, **last = &all;

	for (size_t i = 0; i < AVOW_FETCH_BUCKETS; i++)
		for (struct avow_fetch_job *j = f->buckets[i]; j;
			j = j->next_in_bucket) {
			*last = release(f, j);
			while (*last)
				last = &(*last)->next;
		}
	return all;
}

void
avow_fetch_queue_clear(struct avow_fetcher *f)
{
	for (size_t i = 0; i < AVOW_FETCH_BUCKETS; i++)
		while (f->buckets[i])
			forget(f, f->buckets[i]);
}
