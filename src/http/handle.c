/*
 * From a whole request to its answer: calling the handler, waiting when it
 * asks to, and queueing what it made or why it refused. And the small things
 * that handlers call.
 */
#include "http/server.h"

#include "base/clock.h"
#include "base/log.h"

/* A handler may wait some more times when its worker ends; none needs as many. */
#define MAX_CALLS_AT_END 64

struct avow_span
avow_http_query(const struct avow_http_request *rq, const char *name)
{
	struct avow_span want = avow_span_str(name);

	for (size_t i = 0; i < rq->n_query; i++)
		if (avow_span_eq_fold(rq->query[i].name, want))
			return rq->query[i].value;
	return (struct avow_span){NULL, 0};
}

struct avow_span
avow_http_header(const struct avow_http_request *rq, const char *name)
{
	struct avow_span want = avow_span_str(name);

	for (size_t i = 0; i < rq->n_headers; i++)
		if (avow_span_eq_fold(rq->headers[i].name, want))
			return rq->headers[i].value;
	return (struct avow_span){NULL, 0};
}

uint64_t
avow_http_wait(
	struct avow_http_request *pub, struct avow_http_response *rs, int wait_ms)
{
	struct request *rq = (struct request *)(void *)pub; /* its first member */
	struct worker *w = rq->conn->w;

	rs->wait_token = (++w->waits << 16) | (w->index + 1);
	rs->wait_ms = wait_ms;
	return rs->wait_token;
}

void
avow_http_extra(struct avow_http_response *rs, const char *name, struct avow_span value)
{
	size_t room = sizeof(rs->extra) / sizeof(rs->extra[0]);

	if (rs->n_extra < room)
		rs->extra[rs->n_extra++] =
			(struct avow_http_pair){avow_span_str(name), value};
}

/* Our own faults are told to the operator, who can do something about them. */
static void
log_fault(const struct request *rq)
{
	const struct avow_why *why = &rq->why;

	if (avow_err_http(rq->code) < 500 || rq->code == AVOW_E_HTTP_BUSY)
		return;
	AVOW_LOG(AVOW_LOG_ERROR, "refused", AVOW_LOGS("id", rq->pub.id),
		AVOW_LOGS("error", avow_err_name(rq->code)),
		AVOW_LOGS("check", why->check),
		AVOW_LOGS("field", why->field[0] ? why->field : NULL),
		AVOW_LOGS("document", why->document[0] ? why->document : NULL),
		AVOW_LOGS("message", why->message[0] ? why->message : NULL));
}

static enum MHD_Result
answer(struct request *rq, struct MHD_Connection *mhd)
{
	struct conn *c = rq->conn;
	struct MHD_Response *r = avow_reply_make(rq, &rq->status);
	enum MHD_Result queued = MHD_NO;

	if (r) {
		queued = MHD_queue_response(mhd, (unsigned)rq->status, r);
		MHD_destroy_response(r);
	}
	if (queued == MHD_NO) {
		avow_conn_answer_raw(c, AVOW_E_INTERNAL, NULL);
		return MHD_NO;
	}
	rq->phase = RQ_ANSWERED;
	avow_conn_enter(c, CONN_SEND, avow_clock_mono_ms() + c->w->s->limits.send_ms);
	return MHD_YES;
}

enum MHD_Result
avow_request_refuse(struct request *rq, struct MHD_Connection *mhd, enum avow_err code)
{
	rq->code = code;
	log_fault(rq);
	return answer(rq, mhd);
}

static enum MHD_Result
suspend(struct request *rq, struct MHD_Connection *mhd)
{
	struct conn *c = rq->conn;

	rq->phase = RQ_WAITING;
	avow_conn_enter(c, CONN_WAIT, avow_clock_mono_ms() + rq->rs.wait_ms);
	MHD_suspend_connection(mhd);
	return MHD_YES;
}

size_t
avow_http_peer_certs(const struct avow_http_request *pub, const struct avow_span **out)
{
	/* its first member */
	const struct request *rq = (const struct request *)(const void *)pub;

	return avow_tls_peer_certs(rq->conn->mhd, pub->arena, out);
}

static enum avow_err
prepare(struct request *rq)
{
	avow_http_handler *hook = rq->conn->w->s->config.prepare;

	if (rq->is_prepared || !hook)
		return AVOW_OK;
	AVOW_TRY(hook(&rq->pub, &rq->rs, &rq->why));
	if (rq->rs.wait_token)
		return AVOW_OK;
	rq->is_prepared = true;
	rq->pub.is_resumed = rq->pub.is_expired = false;
	rq->pub.state = NULL;
	return AVOW_OK;
}

static enum avow_err
call(struct request *rq)
{
	rq->rs.wait_token = 0;
	AVOW_TRY(prepare(rq));
	if (rq->rs.wait_token)
		return AVOW_OK;
	return rq->pub.route->handle(&rq->pub, &rq->rs, &rq->why);
}

enum MHD_Result
avow_request_finish(struct request *rq, struct MHD_Connection *mhd)
{
	enum avow_err err;

	if (rq->code != AVOW_OK)
		return avow_request_refuse(rq, mhd, rq->code);
	rq->pub.body = avow_buf_span(&rq->body);
	for (int i = 0; i < MAX_CALLS_AT_END; i++) {
		err = call(rq);
		rq->pub.is_resumed = rq->pub.is_expired = false;
		if (err != AVOW_OK)
			return avow_request_refuse(rq, mhd, err);
		if (rq->rs.wait_token == 0)
			return answer(rq, mhd);
		if (rq->conn->w->life != WORKER_ENDS)
			return suspend(rq, mhd);
		/* Nobody is left to resume it: the handler is told so, because
		 * what it waits for may be using this request. */
		rq->pub.is_expired = true;
	}
	return avow_request_refuse(rq, mhd, AVOW_E_HTTP_BUSY);
}
