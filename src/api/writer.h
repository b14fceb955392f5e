/*
 * Work that waits for the disk, done beside the HTTP workers: a few threads,
 * started when there is first something to do. Several at a time on purpose: the
 * store makes the changes durable that wait together in one commit.
 */
#ifndef AVOW_API_WRITER_H
#define AVOW_API_WRITER_H

#include "base/err.h"
#include "http/http.h"

struct avow_writer;

/** One piece of work. The caller's, until it is done. */
struct avow_writing {
	enum avow_err (*run)(struct avow_writing *w);
	enum avow_err result; /* once it is done */
	/* the writer's own */
	struct avow_http_server *server;
	uint64_t token;
	bool is_done;
	struct avow_writing *next;
};

/** @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_writer_new(struct avow_writer **out) AVOW_CHECKED;
/** When nothing is under way any more. NULL is fine. */
void avow_writer_free(struct avow_writer *w);

/**
 * Do the work on another thread, then resume the request of that token. Without
 * a thread (the system gives none) it is done here and now.
 */
void avow_writer_start(struct avow_writer *w, struct avow_writing *job,
	struct avow_http_server *server, uint64_t token);
/** Wait until it is done; at once when it is. */
void avow_writer_join(struct avow_writer *w, struct avow_writing *job);

#endif
