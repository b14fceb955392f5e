/*
 * One worker: a thread, its listening sockets, its library daemon, its loop.
 *
 *   epoll: wake | listening sockets | the library's epoll | lingering sockets
 *          -> take the box, accept, MHD_run, deadlines
 *
 * The library never owns the wait: its daemon runs without threads and
 * without a listening socket, and its epoll descriptor is one of ours.
 */
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

#define EVENTS 32
/*
 * libmicrohttpd 0.9.75 asks to be run again at once, for ever, while a chunk's
 * size line fills its buffer without an end. After so many rounds in which
 * nothing happened, wait a little: an event on any socket ends the wait.
 */
#define FRUITLESS_ROUNDS 16
#define FRUITLESS_WAIT_MS 10
/* A connection that has sent nothing yet when the service stops. */
#define DRAIN_SILENT_MS 500

void
avow_http_worker_wake(struct worker *w)
{
	uint64_t one = 1;

	/* The counter can only be full when a wake is already under way. */
	if (w->wake >= 0 && write(w->wake, &one, sizeof(one)) < 0 && errno != EAGAIN)
		AVOW_LOG(AVOW_LOG_ERROR, "wake_failed", AVOW_LOGI("errno", errno));
}

void
avow_http_worker_tell(struct worker *w, enum worker_life life, int64_t until_ms)
{
	pthread_mutex_lock(&w->lock);
	w->told = life;
	w->told_until_ms = until_ms;
	pthread_mutex_unlock(&w->lock);
	avow_http_worker_wake(w);
}

/* --- start and end ------------------------------------------------------------ */

static struct MHD_Daemon *
start_daemon(struct worker *w)
{
	const struct avow_http_server *s = w->s;
	unsigned flags =
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, s->cert_pem},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, s->key_pem},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	if (w->identity) {
		flags |= MHD_USE_TLS;
		/* The option's type lacks the const that its use has. */
		memcpy(&tls[2].ptr_value, &(const char *){avow_tls_priorities},
			sizeof(void *));
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, avow_on_access, w,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)AVOW_MAX_HTTP_HEADERS,
		MHD_OPTION_CONNECTION_LIMIT, s->limits.max_connections + 1u,
		MHD_OPTION_URI_LOG_CALLBACK, avow_on_target, w,
		MHD_OPTION_UNESCAPE_CALLBACK, avow_on_unescape, w,
		MHD_OPTION_NOTIFY_COMPLETED, avow_on_completed, w,
		MHD_OPTION_NOTIFY_CONNECTION, avow_on_connection, w,
		/* Its own timeout starts again at each byte: ours do not. */
		MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
#if MHD_VERSION >= 0x00097701
		MHD_OPTION_CLIENT_DISCIPLINE_LVL, 2,
#endif
		MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static bool
watch(struct worker *w, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

enum avow_err
avow_http_worker_open(struct worker *w, struct avow_http_server *s, unsigned index,
	struct avow_why *why)
{
	const union MHD_DaemonInfo *info;

	w->s = s;
	w->index = index;
	w->fresh_used = sizeof(w->fresh);
	w->listen_again_ms = INT64_MAX;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->wake < 0 || !watch(w, w->wake))
		return AVOW_E_INTERNAL;
	if (s->cert_pem)
		AVOW_TRY(avow_tls_identity_new(
			s->cert_pem, s->key_pem, &w->identity, why));
	w->mhd = start_daemon(w);
	info = w->mhd ? MHD_get_daemon_info(w->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info || !watch(w, info->epoll_fd))
		return AVOW_E_INTERNAL;
	w->mhd_epoll = info->epoll_fd;
	return AVOW_OK;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void
avow_http_worker_close(struct worker *w)
{
	if (w->mhd)
		MHD_stop_daemon(w->mhd);
	avow_linger_end(w);
	while (w->free_requests) {
		struct request *rq = w->free_requests;

		w->free_requests = rq->next_free;
		avow_arena_clear(&rq->arena);
		avow_buf_clear(&rq->body);
		free(rq);
	}
	avow_tls_identity_unref(w->identity);
	avow_tls_identity_unref(w->told_identity);
	free(w->resumed);
	for (size_t i = 0; i < w->s->n_listen; i++)
		close_fd(&w->listen[i]);
	close_fd(&w->wake);
	close_fd(&w->epoll);
	pthread_mutex_destroy(&w->lock);
}

/* --- the box -------------------------------------------------------------------- */

static void
resume(struct worker *w, uint64_t token)
{
	for (struct conn *c = w->queues[CONN_WAIT].first; c; c = c->next) {
		if (c->rq->rs.wait_token != token)
			continue;
		c->rq->pub.is_resumed = true;
		avow_conn_enter(
			c, CONN_SEND, avow_clock_mono_ms() + w->s->limits.send_ms);
		MHD_resume_connection(c->mhd);
		return;
	}
}

/* Stop taking connections; end those that wait for nothing. */
static void
begin_drain(struct worker *w, int64_t now_ms)
{
	struct conn *next;

	for (size_t i = 0; i < w->s->n_listen; i++)
		if (w->is_listening)
			avow_http_worker_accept(w, w->listen[i], now_ms);
	avow_http_worker_listen(w, false);
	w->listen_again_ms = INT64_MAX;
	for (size_t i = 0; i < w->s->n_listen; i++)
		close_fd(&w->listen[i]);
	while (w->queues[CONN_IDLE].first)
		avow_conn_shut(w->queues[CONN_IDLE].first);
	for (struct conn *c = w->queues[CONN_HEAD].first; c; c = next) {
		next = c->next;
		if (!c->rq && c->deadline_ms > now_ms + DRAIN_SILENT_MS)
			avow_conn_enter(c, CONN_HEAD, now_ms + DRAIN_SILENT_MS);
	}
}

static void
take_box(struct worker *w, int64_t now_ms)
{
	enum worker_life told;
	struct tls_identity *identity;
	uint64_t *resumed;
	size_t n;

	pthread_mutex_lock(&w->lock);
	told = w->told;
	w->drain_until_ms = w->told_until_ms;
	identity = w->told_identity;
	w->told_identity = NULL;
	resumed = w->resumed;
	n = w->n_resumed;
	w->resumed = NULL;
	w->n_resumed = w->cap_resumed = 0;
	pthread_mutex_unlock(&w->lock);
	if (identity) {
		avow_tls_identity_unref(w->identity);
		w->identity = identity;
	}
	for (size_t i = 0; i < n; i++)
		resume(w, resumed[i]);
	free(resumed);
	if (told <= w->life)
		return;
	w->life = told;
	if (told == WORKER_SERVES)
		avow_http_worker_listen(w, true);
	else
		begin_drain(w, now_ms);
}

/* --- the loop ------------------------------------------------------------------- */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int
wait_time(struct worker *w, int64_t now_ms, unsigned fruitless)
{
	int64_t next = avow_conn_next_deadline(w);
	MHD_UNSIGNED_LONG_LONG library_ms;

	if (MHD_get_timeout(w->mhd, &library_ms) == MHD_YES && library_ms == 0)
		return fruitless > FRUITLESS_ROUNDS ? FRUITLESS_WAIT_MS : 0;
	for (size_t i = 0; i < w->stragglers.n; i++)
		next = earlier(next, w->stragglers.all[i].deadline_ms);
	next = earlier(next, w->listen_again_ms);
	if (w->life == WORKER_DRAINS)
		next = earlier(next, w->drain_until_ms);
	if (next == INT64_MAX)
		return -1;
	if (next <= now_ms)
		return 0;
	return next - now_ms > 60000 ? 60000 : (int)(next - now_ms);
}

static bool
is_listen_fd(const struct worker *w, int fd)
{
	for (size_t i = 0; i < w->s->n_listen; i++)
		if (w->listen[i] == fd)
			return true;
	return false;
}

static void
on_event(struct worker *w, int fd, int64_t now_ms)
{
	uint64_t count;

	if (fd == w->wake) {
		if (read(w->wake, &count, sizeof(count)) > 0)
			take_box(w, now_ms);
	} else if (is_listen_fd(w, fd)) {
		if (w->is_listening)
			avow_http_worker_accept(w, fd, now_ms);
	} else if (fd != w->mhd_epoll) {
		avow_linger_read(w, fd);
	}
}

static void
turn(struct worker *w, unsigned *fruitless)
{
	struct epoll_event events[EVENTS];
	uint64_t before = w->callbacks;
	int64_t now_ms = avow_clock_mono_ms();
	int n = epoll_wait(w->epoll, events, EVENTS, wait_time(w, now_ms, *fruitless));

	now_ms = avow_clock_mono_ms();
	for (int i = 0; i < n; i++)
		on_event(w, events[i].data.fd, now_ms);
	/* What these resume, MHD_run takes up: nothing else would wake us. */
	avow_conn_expire(w, now_ms);
	avow_linger_expire(w, now_ms);
	MHD_run(w->mhd);
	*fruitless = n > 0 || w->callbacks != before ? 0 : *fruitless + 1;
	if (w->listen_again_ms <= now_ms) {
		w->listen_again_ms = INT64_MAX;
		avow_http_worker_listen(w, true);
	}
}

/* The drain's time is over: end every wait, then every connection. */
static void
cut_off(struct worker *w)
{
	w->life = WORKER_ENDS;
	while (w->queues[CONN_WAIT].first) {
		struct conn *c = w->queues[CONN_WAIT].first;

		c->rq->pub.is_expired = true;
		avow_conn_enter(c, CONN_SEND, INT64_MAX);
		MHD_resume_connection(c->mhd);
	}
	MHD_run(w->mhd);
	MHD_run(w->mhd);
	for (int s = 0; s < CONN_STATES; s++)
		for (struct conn *c = w->queues[s].first; c; c = c->next)
			w->was_cut |= c->rq != NULL;
}

static void
report_ready(struct worker *w, enum avow_err err)
{
	struct avow_http_server *s = w->s;

	pthread_mutex_lock(&s->lock);
	if (err != AVOW_OK && s->start_err == AVOW_OK)
		s->start_err = err;
	s->n_ready++;
	pthread_cond_broadcast(&s->ready);
	pthread_mutex_unlock(&s->lock);
}

void *
avow_http_worker_run(void *arg)
{
	struct worker *w = arg;
	const struct avow_http_config *config = &w->s->config;
	enum avow_err err = AVOW_OK;
	unsigned fruitless = 0;

	if (config->worker_new)
		err = config->worker_new(config->app, w->index, &w->app_context);
	report_ready(w, err);
	if (err != AVOW_OK)
		return NULL;
	while (w->life <= WORKER_SERVES ||
		(w->n_conns > 0 && avow_clock_mono_ms() < w->drain_until_ms))
		turn(w, &fruitless);
	cut_off(w);
	MHD_stop_daemon(w->mhd);
	w->mhd = NULL;
	if (config->worker_free)
		config->worker_free(config->app, w->app_context);
	return NULL;
}
