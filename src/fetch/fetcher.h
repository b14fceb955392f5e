/*
 * Keeps collateral current: a queue of documents that somebody wants or that are
 * due, fetched by threads of its own, verified, put in the store, and told of.
 *
 *   want -> queue -> source -> verify -> store -> landed() -> wake(token)...
 *     \-> store (a VCEK that is there already)
 *
 * One fetch is in flight for a key, however many wait for it. A source that is
 * busy or down is left alone for a time that doubles and is jittered; what is
 * wanted meanwhile stays queued. A "no" is remembered briefly. Nothing is ever
 * stored or told of that was not verified, and nothing older than what is stored.
 */
#ifndef AVOW_FETCH_FETCHER_H
#define AVOW_FETCH_FETCHER_H

#include "fetch/fetch.h"

struct avow_fetcher;

struct avow_fetcher_options {
	struct avow_fetch_sources sources; /* strings are copied */
	struct avow_store *store; /* borrowed; must outlive the fetcher */
	int64_t refresh_s; /* documents last seen this long ago are fetched anew */
	unsigned threads; /* 0: 4 */
	unsigned amd_per_minute; /* for one provider; 0: 60 */
	unsigned amd_queue; /* waiting at a time for one provider; 0: 64 */

	/* What follows may be NULL: the system's clock, random numbers and network. */
	int64_t (*now_s)(void *ctx); /* wall clock */
	int64_t (*mono_ms)(void *ctx);
	uint32_t (*random)(void *ctx);
	avow_fetch_send *send;
	/* From a thread of the fetcher, never under a lock of its own. landed: the
	 * store has new documents; a VCEK alone is told by vcek (its DER, borrowed).
	 * wake: the wants of this token are done, however they ended. */
	void (*landed)(void *ctx);
	void (*vcek)(void *ctx, struct avow_span der);
	void (*wake)(void *ctx, uint64_t token);
	void *ctx;
};

/** @return AVOW_OK; AVOW_E_NO_MEMORY. Nothing runs yet. */
enum avow_err avow_fetcher_new(
	const struct avow_fetcher_options *o, struct avow_fetcher **out) AVOW_CHECKED;
/** Start its threads. @return AVOW_OK, AVOW_E_INTERNAL. */
enum avow_err avow_fetcher_start(struct avow_fetcher *f) AVOW_CHECKED;
/**
 * The end begins: a fetch in flight is cut short (within a second or so:
 * avow_net_request.cancel), who waits is woken, and who asks from now on waits for
 * nothing. Any thread; it does not block. NULL is fine.
 */
void avow_fetcher_stop(struct avow_fetcher *f);
/** avow_fetcher_stop, then wait for the threads, and free. NULL is fine. */
void avow_fetcher_free(struct avow_fetcher *f);

/** What documents are judged by from now on; references are taken. Any thread. */
void avow_fetcher_set_known(struct avow_fetcher *f, struct avow_anchors *anchors,
	struct avow_collateral *known);
/** Other sources (a reload). @return AVOW_OK, AVOW_E_NO_MEMORY. */
enum avow_err avow_fetcher_set_sources(
	struct avow_fetcher *f, const struct avow_fetch_sources *s) AVOW_CHECKED;

/** What one request wants. */
struct avow_fetch_want {
	const struct avow_fetch_key *keys;
	size_t n; /* at most AVOW_FETCH_MAX_WANT */
	struct avow_span provider; /* whose AMD limits count */
	uint64_t token; /* for wake() */
	bool only_tell; /* queue nothing: what came of the last try? */
};

#define AVOW_FETCH_MAX_WANT 8

/** What will come of it. */
struct avow_fetch_answer {
	size_t pending; /* wake() will be called; 0: it will not */
	/* pending 0: why nothing comes of it (AVOW_E_FETCH_NO_SOURCE, _NOT_FOUND,
	 * _BUSY, _LIMIT, or what the last try gave); AVOW_OK: all is stored */
	enum avow_err err;
	int retry_after_s; /* when to ask again; at least 1 */
};

/**
 * Ask for documents. Any thread; never blocks on the network or the store. The
 * token is woken exactly once if answer->pending is not 0.
 */
void avow_fetcher_want(struct avow_fetcher *f, const struct avow_fetch_want *w,
	struct avow_fetch_answer *answer);

/** Ask for one document for which nobody waits, unless the answer is known. Any
 *  thread; as want. */
void avow_fetcher_hint(struct avow_fetcher *f, const struct avow_fetch_key *k);

/** Once a second or so: queue what is due. Reads the store. One thread. */
void avow_fetcher_tick(struct avow_fetcher *f);

/** Do one thing that can be done now, on this thread: for tests, and for programs
 *  that start no threads. False: nothing can be done now. */
bool avow_fetcher_run_one(struct avow_fetcher *f);
/** When run_one may have something to do, by mono_ms; INT64_MAX: nothing waits. */
int64_t avow_fetcher_next_ms(struct avow_fetcher *f);

struct avow_fetcher_counts {
	uint64_t fetched, refused, failed; /* documents; since start */
	uint64_t busy; /* answers 429 and 5xx */
	size_t queued, negative; /* now */
};
void avow_fetcher_count(struct avow_fetcher *f, struct avow_fetcher_counts *out);

#endif
