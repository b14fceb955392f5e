/*
 * A queue and the threads that empty it. A thread is started when work comes
 * and none is idle, up to a handful; none ends before the writer does.
 */
#include "api/writer.h"

#include <pthread.h>
#include <stdlib.h>

/* As many changes can share a commit; each costs a stack. */
#define MAX_THREADS 16

struct avow_writer {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t work, done;
	struct avow_writing *first, **last;
	pthread_t threads[MAX_THREADS];
	size_t n_threads, n_idle, n_queued;
	bool ends;
};

enum avow_err
avow_writer_new(struct avow_writer **out)
{
	struct avow_writer *w = calloc(1, sizeof(*w));

	*out = w;
	if (!w)
		return AVOW_E_NO_MEMORY;
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
	pthread_cond_broadcast(&w->work);
	pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < w->n_threads; i++)
		pthread_join(w->threads[i], NULL);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->work);
	pthread_cond_destroy(&w->done);
	free(w);
}

/* With the lock; given up while the work is done. Whoever joins it may free it as
 * soon as it is done, so the request is resumed from copies. */
static void
run_first(struct avow_writer *w)
{
	struct avow_writing *job = w->first;
	struct avow_http_server *server = job->server;
	uint64_t token = job->token;

	w->first = job->next;
	if (!w->first)
		w->last = &w->first;
	w->n_queued--;
	pthread_mutex_unlock(&w->lock);
	job->result = job->run(job);
	pthread_mutex_lock(&w->lock);
	/* before it is done: its request, and so the server, is still there */
	if (server)
		avow_http_resume(server, token);
	job->is_done = true;
	pthread_cond_broadcast(&w->done);
}

static void *
serve(void *arg)
{
	struct avow_writer *w = arg;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (w->first)
			run_first(w);
		if (w->ends)
			break;
		w->n_idle++;
		pthread_cond_wait(&w->work, &w->lock);
		w->n_idle--;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* With the lock. */
static void
add_thread(struct avow_writer *w)
{
	if (w->n_threads < MAX_THREADS &&
		pthread_create(&w->threads[w->n_threads], NULL, serve, w) == 0)
		w->n_threads++;
}

void
avow_writer_start(struct avow_writer *w, struct avow_writing *job,
	struct avow_http_server *server, uint64_t token)
{
	job->server = server;
	job->token = token;
	job->is_done = false;
	job->next = NULL;
	pthread_mutex_lock(&w->lock);
	*w->last = job;
	w->last = &job->next;
	w->n_queued++;
	if (w->n_queued > w->n_idle)
		add_thread(w);
	if (w->n_threads == 0)
		run_first(w);
	else
		pthread_cond_signal(&w->work);
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
