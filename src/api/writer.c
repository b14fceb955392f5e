/*
 * A queue and the thread that empties it: it takes all that waits, has the store
 * make that durable in one commit, and tells everybody. One thread is enough,
 * since a store has one writer; more of them would only wake each other.
 */
#include "api/writer.h"

#include <pthread.h>
#include <stdlib.h>

/* So that the first in a long queue does not wait for all of it. */
#define MAX_BATCH 64

struct avow_writer {
	struct avow_store *store;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t work, done;
	struct avow_writing *first, **last;
	pthread_t thread;
	bool has_thread, ends;
};

enum avow_err
avow_writer_new(struct avow_store *store, struct avow_writer **out)
{
	struct avow_writer *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return AVOW_E_NO_MEMORY;
	w->store = store;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->work, NULL);
	pthread_cond_init(&w->done, NULL);
	w->last = &w->first;
	return AVOW_OK;
}

void
avow_writer_free(struct avow_writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ends = true;
	pthread_cond_signal(&w->work);
	pthread_mutex_unlock(&w->lock);
	if (w->has_thread)
		pthread_join(w->thread, NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->done);
	free(w);
}

/* --- a batch, without the lock --------------------------------------------------------- */

static void
run_all(void *ctx)
{
	struct avow_writing **batch = ctx;

	for (struct avow_writing *j = *batch; j; j = j->next)
		j->result = j->run(j);
}

static void
make_durable(struct avow_store *store, struct avow_writing *batch)
{
	enum avow_err e;

	for (struct avow_writing *j = batch; j; j = j->next)
		j->result = AVOW_OK; /* of what is not run: the store's */
	e = avow_store_together(store, run_all, &batch);
	for (struct avow_writing *j = batch; j; j = j->next) {
		if (e != AVOW_OK && j->result == AVOW_OK)
			j->result = e;
		if (j->after)
			j->after(j);
	}
}

/* --- the queue, with the lock ------------------------------------------------------------ */

static struct avow_writing *
take_batch(struct avow_writer *w)
{
	struct avow_writing *batch = w->first, *last = batch;

	for (size_t n = 1; n < MAX_BATCH && last->next; n++)
		last = last->next;
	w->first = last->next;
	last->next = NULL;
	if (!w->first)
		w->last = &w->first;
	return batch;
}

/* Whoever joins one may free it as soon as it is done: it is resumed before that,
 * while its request, and so the server, is still there. */
static void
tell(struct avow_writing *j)
{
	if (j->is_abandoned) {
		j->forget(j);
		return;
	}
	if (j->server)
		avow_http_resume(j->server, j->token);
	j->is_done = true;
}

/* The lock is given up while the work is done. */
static void
run_batch(struct avow_writer *w)
{
	struct avow_writing *batch = take_batch(w), *next;

	pthread_mutex_unlock(&w->lock);
	make_durable(w->store, batch);
	pthread_mutex_lock(&w->lock);
	for (; batch; batch = next) {
		next = batch->next;
		tell(batch);
	}
	pthread_cond_broadcast(&w->done);
}

static void *
serve(void *arg)
{
	struct avow_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->first)
			run_batch(w);
		if (w->ends)
			break;
		pthread_cond_wait(&w->work, &w->lock);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

void
avow_writer_start(struct avow_writer *w, struct avow_writing *job,
	struct avow_http_server *server, uint64_t token)
{
	job->server = server;
	job->token = token;
	job->is_done = job->is_abandoned = false;
	job->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->last = job;
	w->last = &job->next;
	if (!w->has_thread)
		w->has_thread = pthread_create(&w->thread, NULL, serve, w) == 0;
	if (w->has_thread)
		pthread_cond_signal(&w->work);
	else
		run_batch(w);
	pthread_mutex_unlock(&w->lock);
}

void
avow_writer_join(struct avow_writer *w, struct avow_writing *job)
{
	pthread_mutex_lock(&w->lock);
	while (!job->is_done)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

bool
avow_writer_abandon(struct avow_writer *w, struct avow_writing *job)
{
	bool is_done;

	pthread_mutex_lock(&w->lock);
	is_done = job->is_done;
	job->is_abandoned = true;
	pthread_mutex_unlock(&w->lock);
	return is_done;
}
