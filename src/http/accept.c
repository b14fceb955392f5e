/*
 * Taking connections from the listening sockets and handing them to the
 * library, under the caps. A connection over a cap is told so where that costs
 * one send (plain HTTP), closed otherwise, counted, and logged once a second.
 */
#include "http/server.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

#define ACCEPT_AT_ONCE 32
#define LISTEN_AGAIN_MS 100

/* Errors of accept that are about one connection, not about us. */
static bool
is_passing(int code)
{
	return code == EINTR || code == ECONNABORTED || code == EPROTO ||
	       code == ENETDOWN || code == ENETUNREACH || code == EHOSTDOWN ||
	       code == EHOSTUNREACH || code == EPERM || code == ETIMEDOUT;
}

void
avow_http_worker_listen(struct worker *w, bool on)
{
	for (size_t i = 0; i < w->s->n_listen; i++) {
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = w->listen[i]};

		if (w->listen[i] >= 0 && on != w->is_listening)
			epoll_ctl(w->epoll, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
				w->listen[i], &ev);
	}
	w->is_listening = on;
}

static void
turn_away(struct worker *w, int fd, int64_t now_ms)
{
	struct avow_http_server *s = w->s;
	struct avow_buf out;

	atomic_fetch_add_explicit(&s->refused, 1, memory_order_relaxed);
	if (!w->identity) {
		struct avow_span bytes;

		avow_buf_init(&out, 8192);
		avow_reply_raw(&out, "", AVOW_E_HTTP_BUSY, NULL);
		bytes = avow_buf_span(&out);
		if (send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			shutdown(fd, SHUT_WR);
		avow_buf_clear(&out);
	}
	if (now_ms >= w->next_refused_log_ms) {
		w->next_refused_log_ms = now_ms + 1000;
		AVOW_LOG(AVOW_LOG_WARN, "connections_refused",
			AVOW_LOGI("total", (int64_t)atomic_load(&s->refused)),
			AVOW_LOGI("open", (int64_t)atomic_load(&s->peers.total)));
	}
}

static void
take_in(struct worker *w, int fd, const struct sockaddr *sa, socklen_t n,
	int64_t now_ms)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c || !avow_peers_enter(&w->s->peers, sa, &c->peer)) {
		turn_away(w, fd, now_ms);
		free(c);
		close(fd);
		return;
	}
	atomic_fetch_add_explicit(&w->s->accepted, 1, memory_order_relaxed);
	c->w = w;
	c->fd = fd;
	c->state = CONN_HEAD;
	avow_ip_of_sockaddr(sa, &c->ip);
	avow_ip_text(&c->ip, c->client);
	if (w->identity)
		c->identity = avow_tls_identity_ref(w->identity);
	avow_conn_enter(c, CONN_HEAD, now_ms + w->s->limits.head_ms);
	w->accepting = c;
	MHD_add_connection(w->mhd, fd, sa, n);
	if (!w->accepting)
		return; /* the library has it, and ends it by avow_on_connection */
	w->accepting = NULL;
	avow_conn_leave(c);
	avow_peers_leave(&w->s->peers, &c->peer);
	avow_tls_identity_unref(c->identity);
	free(c);
}

void
avow_http_worker_accept(struct worker *w, int listen_fd, int64_t now_ms)
{
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage sa;
		socklen_t n = sizeof(sa);
		int fd = accept4(listen_fd, (struct sockaddr *)&sa, &n,
			SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			take_in(w, fd, (const struct sockaddr *)&sa, n, now_ms);
			continue;
		}
		if (errno == EAGAIN)
			return;
		if (is_passing(errno))
			continue;
		/* No descriptor or memory: a socket that stays readable would
		 * keep this loop spinning, so look away for a moment. */
		AVOW_LOG(AVOW_LOG_ERROR, "accept_failed", AVOW_LOGI("errno", errno));
		avow_http_worker_listen(w, false);
		w->listen_again_ms = now_ms + LISTEN_AGAIN_MS;
		return;
	}
}
