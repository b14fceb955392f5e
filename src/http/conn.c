/*
 * Connections and their deadlines. The library's own timeout starts again at
 * each byte that comes, so one that drips is never late; here every state has
 * one deadline, set when it is entered. A worker keeps one queue a state in
 * order of deadlines, which is nearly always the order of entry.
 *
 * A connection past its deadline is shut down below the library, which then
 * sees the end of the stream. Where the client is owed a reason and the
 * library can no longer be asked to send one, the answer goes out past it.
 */
#include "http/server.h"

#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/socket.h>

#define CLOSING_MS 1000

void
avow_conn_leave(struct conn *c)
{
	struct conn_queue *q = &c->w->queues[c->state];

	if (c->prev)
		c->prev->next = c->next;
	else if (q->first == c)
		q->first = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else if (q->last == c)
		q->last = c->prev;
	c->prev = c->next = NULL;
}

void
avow_conn_enter(struct conn *c, enum conn_state state, int64_t deadline_ms)
{
	struct conn_queue *q = &c->w->queues[state];
	struct conn *before;

	avow_conn_leave(c);
	before = q->last;
	c->state = state;
	c->deadline_ms = deadline_ms;
	while (before && before->deadline_ms > deadline_ms)
		before = before->prev;
	c->prev = before;
	c->next = before ? before->next : q->first;
	if (c->next)
		c->next->prev = c;
	else
		q->last = c;
	if (before)
		before->next = c;
	else
		q->first = c;
}

void
avow_conn_shut(struct conn *c)
{
	shutdown(c->fd, SHUT_RDWR);
	avow_conn_enter(c, CONN_CLOSING, INT64_MAX);
}

void
avow_conn_answer_raw(struct conn *c, enum avow_err code, const struct avow_why *why)
{
	struct request *rq = c->rq;
	struct avow_buf out;
	struct avow_span bytes;
	bool sent;

	avow_buf_init(&out, 8192);
	avow_reply_raw(&out, rq ? rq->pub.id : "", code, why);
	bytes = avow_buf_span(&out);
	if (c->identity)
		sent = avow_tls_send_last(c->mhd, bytes);
	else
		sent = send(c->fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		       (ssize_t)bytes.n;
	shutdown(c->fd, SHUT_WR);
	if (rq) {
		rq->code = code;
		rq->status = avow_err_http(code);
		rq->sent = sent ? bytes.n : 0;
		rq->phase = RQ_ANSWERED;
	}
	c->lingers = sent;
	avow_buf_clear(&out);
}

/* Has the peer ever sent a byte? Idle spare connections end without a word. */
static bool
has_received(const struct conn *c)
{
	struct tcp_info info;
	socklen_t n = sizeof(info);

	memset(&info, 0, sizeof(info));
	return c->has_served ||
	       (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &n) == 0 &&
		       info.tcpi_bytes_received > 0);
}

static void
expire_request(struct conn *c, const char *field, int64_t now_ms)
{
	struct avow_at at = {"deadline", field, "RFC 9110, 15.5.9"};
	struct avow_why why;

	avow_why_init(&why);
	avow_refuse(&why, AVOW_E_HTTP_TIMEOUT, &at, NULL, NULL);
	avow_conn_answer_raw(c, AVOW_E_HTTP_TIMEOUT, &why);
	/* Bytes on their way meet an open socket until the answer is read. */
	avow_conn_enter(c, CONN_CLOSING, now_ms + CLOSING_MS);
}

static void
expire_one(struct conn *c, int64_t now_ms)
{
	switch (c->state) {
	case CONN_HEAD:
		if (has_received(c))
			expire_request(c, "head", now_ms);
		else
			avow_conn_shut(c);
		break;
	case CONN_BODY:
		expire_request(c, "body", now_ms);
		break;
	case CONN_WAIT:
		c->rq->pub.is_expired = true;
		avow_conn_enter(c, CONN_SEND, now_ms + c->w->s->limits.send_ms);
		MHD_resume_connection(c->mhd);
		break;
	case CONN_SEND:
	case CONN_IDLE:
	case CONN_CLOSING:
	case CONN_STATES:
	default:
		avow_conn_shut(c);
		break;
	}
}

void
avow_conn_expire(struct worker *w, int64_t now_ms)
{
	for (int s = 0; s < CONN_STATES; s++)
		while (w->queues[s].first && w->queues[s].first->deadline_ms <= now_ms)
			expire_one(w->queues[s].first, now_ms);
}

int64_t
avow_conn_next_deadline(const struct worker *w)
{
	int64_t next = INT64_MAX;

	for (int s = 0; s < CONN_STATES; s++)
		if (w->queues[s].first && w->queues[s].first->deadline_ms < next)
			next = w->queues[s].first->deadline_ms;
	return next;
}
