/*
 * The fetcher's inside: jobs by name, who waits for them, and when a source may
 * be asked. queue.c keeps that state, under one lock; fetcher.c does the work,
 * outside of it. Private to fetch/.
 */
#ifndef AVOW_FETCH_FETCHER_IMPL_H
#define AVOW_FETCH_FETCHER_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "fetch/fetcher.h"

#define AVOW_FETCH_BUCKETS 4096
#define AVOW_FETCH_MAX_JOBS 16384
#define AVOW_FETCH_MAX_WAITERS 65536
#define AVOW_FETCH_PROVIDERS 256
#define AVOW_FETCH_PROVIDER_TEXT 64

enum avow_fetch_origin {
	AVOW_FETCH_FROM_INTEL,
	AVOW_FETCH_FROM_ROOT, /* the root CRL has a host of its own */
	AVOW_FETCH_FROM_AMD,
	AVOW_FETCH_ORIGINS
};

enum avow_job_state {
	AVOW_JOB_QUEUED,
	AVOW_JOB_RUNNING,
	AVOW_JOB_ANSWERED /* remembered until due_ms; err says what */
};

struct avow_fetch_waiter {
	uint64_t token;
	size_t pending; /* jobs */
	struct avow_fetch_waiter *next; /* among those to be woken */
};

struct avow_fetch_link {
	struct avow_fetch_waiter *waiter;
	struct avow_fetch_link *next;
};

struct avow_fetch_job {
	struct avow_fetch_key key;
	char name[AVOW_FETCH_NAME_TEXT];
	enum avow_job_state state;
	bool from_network; /* it is not in the store: the source must be asked */
	bool again; /* a refresh: ask although it is stored */
	int64_t due_ms;
	unsigned tries;
	enum avow_err err;
	int provider; /* whose limits count; -1: nobody's */
	struct avow_fetch_link *links;
	struct avow_fetch_job *next_in_bucket;
	struct avow_fetch_job *next, **at; /* the queue, while QUEUED */
};

/* AMD's limits for one provider: tokens in thousandths. */
struct avow_fetch_provider {
	char name[AVOW_FETCH_PROVIDER_TEXT];
	int64_t tokens, filled_ms;
	unsigned queued; /* jobs that want the network */
};

struct avow_fetcher {
	struct avow_fetcher_options o;
	char *strings[5]; /* of o.sources */

	pthread_mutex_t lock; /* all that follows */
	pthread_cond_t work;
	struct avow_fetch_job *buckets[AVOW_FETCH_BUCKETS];
	struct avow_fetch_job *first, **last; /* queue */
	size_t n_jobs, n_queued, n_waiters;
	struct {
		int64_t hold_ms; /* not before */
		unsigned failures; /* in a row */
	} origins[AVOW_FETCH_ORIGINS];
	struct avow_fetch_provider providers[AVOW_FETCH_PROVIDERS];
	size_t n_providers;
	struct avow_anchors *anchors;
	struct avow_collateral *known;
	struct avow_fetcher_counts counts;
	atomic_bool is_stopping; /* set under it; requests look at it, too */

	pthread_mutex_t landing; /* held while landed() runs */
	pthread_mutex_t issuers; /* held while AMD's chain is fetched */
	int64_t scanned_s; /* tick's own */
	pthread_t *threads;
	unsigned n_threads;
};

/* --- queue.c: under the lock -------------------------------------------------------- */

int64_t avow_fetch_mono(const struct avow_fetcher *f);
int64_t avow_fetch_now(const struct avow_fetcher *f);
/** Half of it to all of it. */
int64_t avow_fetch_jitter(const struct avow_fetcher *f, int64_t ms);

/** Queue a job or join it. NULL: no room. */
struct avow_fetch_job *avow_fetch_job_get(
	struct avow_fetcher *f, const struct avow_fetch_key *k, bool again);
/** The next that may run now, made RUNNING; NULL: none. */
struct avow_fetch_job *avow_fetch_job_take(struct avow_fetcher *f);
/** When one may run; INT64_MAX: the queue is empty. */
int64_t avow_fetch_next_ms(const struct avow_fetcher *f);
/**
 * What came of a running job: remember it, queue it again, or hold its source.
 * @param e AVOW_OK, or why not. @return whom to wake, linked by next; owned.
 */
struct avow_fetch_waiter *avow_fetch_job_done(struct avow_fetcher *f,
	struct avow_fetch_job *job, enum avow_err e, int retry_after_s);
/** Queue it again at once, for the network. AVOW_E_FETCH_LIMIT: its provider's
 *  limits say no. */
enum avow_err avow_fetch_job_needs_network(
	struct avow_fetcher *f, struct avow_fetch_job *job) AVOW_CHECKED;
/** Everybody who waits, whatever for; owned. */
struct avow_fetch_waiter *avow_fetch_release_all(struct avow_fetcher *f);
void avow_fetch_queue_clear(struct avow_fetcher *f);

/* --- amd_rate.c: under the lock ----------------------------------------------------- */

/** The room of a provider's name in f->providers; -1: all rooms are in use. */
int avow_fetch_provider_of(struct avow_fetcher *f, struct avow_span name);
/** Take a token of it, if it has one. */
bool avow_fetch_take_token(struct avow_fetcher *f, struct avow_fetch_provider *p);

/* --- work.c, fetcher.c -------------------------------------------------------------- */

/** Do a job. The lock is held at the start and at the end, and free in between. */
void avow_fetch_run(struct avow_fetcher *f, struct avow_fetch_job *job);
/** Tell all of the list that their wants are done, without the lock; frees it. */
void avow_fetch_wake(struct avow_fetcher *f, struct avow_fetch_waiter *w);
/** The strings that s borrows become our own; also on error they are to be freed. */
enum avow_err avow_fetch_copy_sources(
	struct avow_fetch_sources *s, char *strings[5]) AVOW_CHECKED;
void avow_fetch_free_strings(char *strings[5]);

#endif
