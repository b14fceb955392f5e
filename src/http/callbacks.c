/*
 * What libmicrohttpd tells us, in the order in which it does: a connection
 * started; a request line is there; the head is whole; a piece of body; all is
 * there; the request is over; the connection closed.
 *
 * An answer queued when the head is whole makes the library close the
 * connection, as it must when a body is still to come. So a refusal of a
 * request that has no body waits for the next call, and the connection lives.
 */
#include "http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"

static struct conn *
conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* Escapes are ours to judge (target.c): leave the text alone. */
size_t
avow_on_unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

void *
avow_on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct worker *w = cls;
	struct conn *c = conn_of(mhd);
	struct request *rq;

	w->callbacks++;
	if (!c || !target || c->rq || c->state == CONN_CLOSING)
		return NULL;
	rq = avow_request_take(c);
	if (!rq)
		return NULL;
	rq->target_in_place = avow_span_str(target);
	rq->target = avow_arena_copy(&rq->arena, rq->target_in_place);
	c->rq = rq;
	c->has_asked = true;
	if (!rq->target.p)
		rq->code = avow_arena_err(&rq->arena);
	/* A first request's deadline runs from accept. */
	if (c->state == CONN_IDLE)
		avow_conn_enter(
			c, CONN_HEAD, avow_clock_mono_ms() + w->s->limits.head_ms);
	return rq;
}

static enum MHD_Result
on_head(struct request *rq, struct MHD_Connection *mhd, const char *method,
	const char *version)
{
	struct conn *c = rq->conn;
	bool has_body, is_judged;

	if (rq->code == AVOW_OK)
		rq->code = avow_request_admit(rq, mhd, method, version);
	rq->phase = RQ_BODY;
	has_body = rq->head.is_chunked || rq->head.length > 0;
	is_judged = rq->pub.path.p != NULL;
	if (rq->code == AVOW_OK) {
		if (has_body)
			avow_conn_enter(c, CONN_BODY,
				avow_clock_mono_ms() + c->w->s->limits.body_ms);
		return MHD_YES;
	}
	if (rq->code == AVOW_E_HTTP_HEAD_TOO_LARGE) {
		avow_conn_answer_raw(c, rq->code, &rq->why);
		return MHD_NO;
	}
	/* Two parsers might not agree where a head that was not understood
	 * ends: nothing behind it on this connection is read. */
	if (!has_body && is_judged)
		return MHD_YES; /* avow_request_finish answers */
	c->lingers = true;
	return avow_request_refuse(rq, mhd, rq->code);
}

static enum MHD_Result
on_body(struct request *rq, const char *data, size_t *n)
{
	enum avow_err err = avow_request_take_body(rq, data, *n);

	*n = 0;
	if (err == AVOW_OK)
		return MHD_YES;
	avow_conn_answer_raw(rq->conn, err, &rq->why);
	return MHD_NO;
}

enum MHD_Result
avow_on_access(void *cls, struct MHD_Connection *mhd, const char *url,
	const char *method, const char *version, const char *data, size_t *n,
	void **context)
{
	struct worker *w = cls;
	struct request *rq = *context;

	(void)url;
	w->callbacks++;
	if (!rq || rq->phase == RQ_ANSWERED)
		return MHD_NO;
	if (rq->phase == RQ_LINE)
		return on_head(rq, mhd, method, version);
	if (*n > 0)
		return on_body(rq, data, n);
	return avow_request_finish(rq, mhd);
}

static const char *
how_it_ended(enum MHD_RequestTerminationCode how)
{
	switch (how) {
	case MHD_REQUEST_TERMINATED_COMPLETED_OK:
		return NULL;
	case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
	case MHD_REQUEST_TERMINATED_READ_ERROR:
		return "client";
	case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
		return "shutdown";
	case MHD_REQUEST_TERMINATED_WITH_ERROR:
	case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
	default:
		return "cut";
	}
}

/*
 * The library asks the socket for more only after a new edge of epoll, and a
 * peer that closed its side together with its request makes none. TLS has its
 * own end, which the library reads.
 */
static bool
has_ended(const struct conn *c)
{
	char one;

	return !c->identity && recv(c->fd, &one, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void
await_next(struct conn *c)
{
	if (has_ended(c))
		avow_conn_shut(c);
	else
		avow_conn_enter(
			c, CONN_IDLE, avow_clock_mono_ms() + c->w->s->limits.idle_ms);
}

void
avow_on_completed(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_RequestTerminationCode how)
{
	struct worker *w = cls;
	struct request *rq = *context;
	const union MHD_ConnectionInfo *status;
	struct conn *c;

	w->callbacks++;
	if (!rq)
		return;
	c = rq->conn;
	/* The library refused by itself: what it sent is all that we know. */
	status = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_HTTP_STATUS);
	if (rq->status == 0 && status)
		rq->status = (int)status->http_status;
	avow_request_log(rq, how_it_ended(how));
	if (rq->has_entered && w->s->config.leave)
		w->s->config.leave(&rq->pub);
	if (rq->phase == RQ_ANSWERED)
		atomic_fetch_add_explicit(&w->s->requests, 1, memory_order_relaxed);
	c->rq = NULL;
	c->has_served = true;
	*context = NULL;
	avow_request_give(rq);
	if (c->state != CONN_CLOSING)
		await_next(c);
}

static bool
wants_certs(const struct worker *w)
{
	const struct avow_http_config *config = &w->s->config;

	return config->wants_certs && config->wants_certs(config->app);
}

static void
on_started(struct worker *w, struct MHD_Connection *mhd, void **context)
{
	struct conn *c = w->accepting;

	w->accepting = NULL;
	*context = c;
	c->mhd = mhd;
	w->n_conns++;
	if (c->identity && !avow_tls_use(mhd, c->identity, wants_certs(w)))
		avow_conn_shut(c);
}

static void
on_closed(struct worker *w, void **context)
{
	struct conn *c = *context;
	int fd;

	if (!c)
		return;
	*context = NULL;
	w->n_conns--;
	/* A scan, a failed handshake, garbage: of use when one looks for it. */
	if (!c->has_asked)
		AVOW_LOG(AVOW_LOG_DEBUG, "connection_without_request",
			AVOW_LOGS("client", c->client));
	/* The library closes its descriptor right after this. */
	fd = c->lingers ? fcntl(c->fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd >= 0)
		avow_linger_add(w, fd);
	avow_conn_leave(c);
	avow_peers_leave(&w->s->peers, &c->peer);
	avow_tls_identity_unref(c->identity);
	free(c);
}

void
avow_on_connection(void *cls, struct MHD_Connection *mhd, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct worker *w = cls;

	w->callbacks++;
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		on_started(w, mhd, context);
	else
		on_closed(w, context);
}
