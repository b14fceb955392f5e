/*
 * Changes of the store, made beside the HTTP workers by one thread, which is
 * started when there is first something to do. What waits together becomes
 * durable in one commit; whoever comes meanwhile is in the next.
 */
#ifndef AVOW_API_WRITER_H
#define AVOW_API_WRITER_H

#include "http/http.h"
#include "store/store.h"

struct avow_writer;

/** One piece of work. The caller's, until it is done. */
struct avow_writing {
	/* Makes changes by the writer's store and waits for nothing else. */
	enum avow_err (*run)(struct avow_writing *w);
	/* Called when it is durable or has failed, before anybody is told; NULL:
	 * nothing. */
	void (*after)(struct avow_writing *w);
	/* Frees it when nobody is there to be told; only for avow_writer_abandon. */
	void (*forget)(struct avow_writing *w);
	/* Once it is done: what run gave; where that is AVOW_OK, it is durable. */
	enum avow_err result;
	/* the writer's own */
	struct avow_http_server *server;
	uint64_t token;
	bool is_done, is_abandoned;
	struct avow_writing *next;
};

/** @param store outlives it. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_writer_new(
	struct avow_store *store, struct avow_writer **out) AVOW_CHECKED;
/** When nothing is under way any more. NULL is fine. */
void avow_writer_free(struct avow_writer *w);

/**
 * Do the work on the writer's thread, then resume the request of that token.
 * Without a thread (the system gives none) it is done here and now.
 */
void avow_writer_start(struct avow_writer *w, struct avow_writing *job,
	struct avow_http_server *server, uint64_t token);
/** Wait until it is done; at once when it is. */
void avow_writer_join(struct avow_writer *w, struct avow_writing *job);
/** Its request does not wait any more, or knows that it is done.
 *  @return whether it is done, and so the caller's again; else the writer does it
 *  still, wakes nobody, and forgets it. */
bool avow_writer_abandon(struct avow_writer *w, struct avow_writing *job);

#endif
