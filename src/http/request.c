/*
 * A request's life apart from the socket: taken from the worker's pool when
 * its request line is there, judged when its head is, filled with its body,
 * and given back after its answer, with one line in the log.
 */
#include "http/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/limits.h"
#include "base/log.h"

/* Kept for the next requests; a worker has more than one only while bodies or
 * waits are under way. */
#define FREE_REQUESTS 2
#define BODY_KEPT AVOW_KIB(64)
/* A body reserves its share of the bytes in flight in steps. */
#define RESERVE_STEP AVOW_KIB(64)
#define RESPONSE_MAX AVOW_MIB(64)

int64_t
avow_http_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static const uint8_t *
fresh_bytes(struct worker *w)
{
	const uint8_t *p;

	if (w->fresh_used == sizeof(w->fresh)) {
		/* Ids need to differ, not to be secret: were this to fail, the
		 * old ones are counted on. */
		if (getrandom(w->fresh, sizeof(w->fresh), 0) < 0)
			for (size_t i = 0; i < sizeof(w->fresh); i += 24)
				w->fresh[i]++;
		w->fresh_used = 0;
	}
	p = w->fresh + w->fresh_used;
	w->fresh_used += 24;
	return p;
}

static void
empty_response(struct avow_http_response *rs)
{
	avow_buf_clear(&rs->body);
	*rs = (struct avow_http_response){.status = 0};
	avow_buf_init(&rs->body, RESPONSE_MAX);
}

struct request *
avow_request_take(struct conn *c)
{
	struct worker *w = c->w;
	struct request *rq = w->free_requests;

	if (rq) {
		w->free_requests = rq->next_free;
		w->n_free--;
	} else {
		rq = calloc(1, sizeof(*rq));
		if (!rq)
			return NULL;
		avow_arena_init(&rq->arena, AVOW_MAX_REQUEST_ARENA);
		avow_buf_init(&rq->body, AVOW_MAX_BODY_TPM);
	}
	rq->conn = c;
	rq->start_us = avow_http_now_us();
	rq->pub.client = c->client;
	rq->pub.is_tls = c->identity != NULL;
	rq->pub.arena = &rq->arena;
	rq->pub.worker = w->index;
	rq->pub.app = w->s->config.app;
	rq->pub.worker_context = w->app_context;
	rq->pub.server = w->s;
	avow_why_init(&rq->why);
	empty_response(&rq->rs);
	avow_http_request_id((struct avow_span){NULL, 0}, fresh_bytes(w), rq->pub.id);
	return rq;
}

void
avow_request_give(struct request *rq)
{
	struct worker *w = rq->conn->w;
	struct avow_arena arena = rq->arena;
	struct avow_buf body = rq->body;

	atomic_fetch_sub_explicit(
		&w->s->body_in_flight, rq->reserved, memory_order_relaxed);
	avow_buf_clear(&rq->rs.body);
	avow_arena_reset(&arena);
	if (body.cap > BODY_KEPT)
		avow_buf_clear(&body);
	avow_buf_reset(&body);
	if (w->n_free == FREE_REQUESTS) {
		avow_arena_clear(&arena);
		avow_buf_clear(&body);
		free(rq);
		return;
	}
	*rq = (struct request){.arena = arena, .body = body};
	rq->next_free = w->free_requests;
	w->free_requests = rq;
	w->n_free++;
}

/*
 * One record a request. Nothing that the client wrote is in it but its method,
 * when we know it, and its trace id: no path, query, header or body, so that
 * no token or evidence gets into a log (verifier-bugs 37).
 */
void
avow_request_log(const struct request *rq, const char *ended)
{
	const struct avow_http_route *route = rq->pub.route;
	enum avow_log_level level = rq->status >= 500 ? AVOW_LOG_WARN : AVOW_LOG_INFO;

	AVOW_LOG(level, "request",
		AVOW_LOGS("method", avow_http_method_name(rq->head.method)),
		AVOW_LOGS("route", route ? route->pattern : NULL),
		AVOW_LOGI("status", rq->status),
		AVOW_LOGS(
			"error", rq->code != AVOW_OK ? avow_err_name(rq->code) : NULL),
		AVOW_LOGI("us", avow_http_now_us() - rq->start_us),
		AVOW_LOGS("id", rq->pub.id), AVOW_LOGS("client", rq->pub.client),
		AVOW_LOGI("in", (int64_t)rq->body.n),
		AVOW_LOGI("out", (int64_t)rq->sent), AVOW_LOGS("ended", ended));
}

/* --- the head --------------------------------------------------------------- */

struct collect {
	struct avow_http_pair *pairs;
	size_t n, room;
};

static enum MHD_Result
collect_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
	const char *value, size_t value_n)
{
	struct collect *c = cls;

	(void)kind;
	if (c->n == c->room)
		return MHD_NO;
	c->pairs[c->n++] = (struct avow_http_pair){
		avow_span_make(name, name_n), avow_span_make(value, value_n)};
	return MHD_YES;
}

static enum avow_err
collect_pieces(struct request *rq, struct MHD_Connection *mhd, const char *method,
	const char *version, struct avow_http_pieces *out)
{
	int n = MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, NULL, NULL);
	struct collect c = {.room = n > 0 ? (size_t)n : 0};

	c.pairs = avow_arena_array(&rq->arena, c.room, sizeof(*c.pairs));
	if (!c.pairs)
		return avow_arena_err(&rq->arena);
	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, collect_header, &c);
	*out = (struct avow_http_pieces){
		.method = avow_span_str(method),
		.target = rq->target,
		.version = avow_span_str(version),
		.headers = c.pairs,
		.n_headers = c.n,
	};
	return AVOW_OK;
}

/*
 * The library keeps head, an index of it (64 bytes an entry) and the answer's
 * head in one pool. A head that would leave no room is answered past it.
 */
static enum avow_err
judge_size(size_t head, size_t entries, struct avow_why *why)
{
	static const struct avow_at at = {"head", "size", "Avow limits.h"};
	size_t room = AVOW_MAX_HTTP_HEADERS - 2048;

	if (entries <= room / 64 && head <= room - entries * 64)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_HTTP_HEAD_TOO_LARGE, &at, NULL,
		"%zu bytes, %zu entries", head, entries);
}

static enum avow_err
judge(struct request *rq, struct MHD_Connection *mhd, const char *method,
	const char *version)
{
	const union MHD_ConnectionInfo *size =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	size_t head = size ? size->header_size : 0;
	struct avow_http_layout layout = {
		avow_span_make(method, head), rq->target_in_place};
	struct avow_http_pieces in;

	rq->pub.head_bytes = head;
	AVOW_TRY(collect_pieces(rq, mhd, method, version, &in));
	if (rq->conn->w->s->has_layout)
		AVOW_TRY(avow_http_judge_layout(&in, &layout, &rq->why));
	AVOW_TRY(avow_http_judge_head(&in, &rq->arena, &rq->head, &rq->why));
	return judge_size(head, rq->head.n_headers + rq->head.n_query, &rq->why);
}

static void
find_client(struct request *rq)
{
	const struct avow_proxies *proxies = rq->conn->w->s->config.proxies;
	struct avow_ip ip = rq->conn->ip;

	if (!proxies || !avow_networks_have(proxies->v, proxies->n, &ip))
		return;
	avow_forwarded_client(proxies, rq->pub.headers, rq->pub.n_headers, &ip);
	avow_ip_text(&ip, rq->client);
	rq->pub.client = rq->client;
}

static void
fill_public(struct request *rq)
{
	const struct avow_http_head *h = &rq->head;
	struct avow_span trace;
	char own[AVOW_HTTP_ID_TEXT];

	rq->pub.method = h->method;
	rq->pub.path = h->path;
	rq->pub.query = h->query;
	rq->pub.n_query = h->n_query;
	rq->pub.headers = h->headers;
	rq->pub.n_headers = h->n_headers;
	find_client(rq);
	trace = avow_http_header(&rq->pub, "traceparent");
	if (trace.n) {
		avow_http_request_id(trace, fresh_bytes(rq->conn->w), own);
		memcpy(rq->pub.id, own, sizeof(own));
	}
}

/* What the route allows of a body, as far as the head tells. */
static enum avow_err
judge_body(struct request *rq)
{
	static const struct avow_at none = {"body", "Content-Length", "Avow routes"};
	static const struct avow_at large = {"body", "Content-Length", "Avow limits.h"};
	static const struct avow_at busy = {"body", "bytes in flight", "avowd(8)"};
	const struct avow_http_head *h = &rq->head;
	struct avow_http_server *s = rq->conn->w->s;
	size_t max = rq->pub.route->max_body;
	uint64_t now = atomic_load_explicit(&s->body_in_flight, memory_order_relaxed);

	if (max == 0 && (h->length || h->is_chunked))
		return avow_refuse(&rq->why, AVOW_E_HTTP_BODY, &none, "no body", NULL);
	if (h->length > max) {
		avow_refuse(&rq->why, AVOW_E_HTTP_BODY_TOO_LARGE, &large, NULL,
			"%llu bytes", (unsigned long long)h->length);
		avow_why_note(&rq->why,
			"the request body is over its limit of %zu bytes", max);
		return AVOW_E_HTTP_BODY_TOO_LARGE;
	}
	if (h->length && now + h->length > s->limits.max_body_in_flight)
		return avow_refuse(&rq->why, AVOW_E_HTTP_BUSY, &busy, NULL, NULL);
	return AVOW_OK;
}

static enum avow_err
told(struct request *rq, enum avow_err e)
{
	const struct avow_http_config *config = &rq->conn->w->s->config;

	if (e != AVOW_OK && config->body_refused)
		config->body_refused(&rq->pub, e);
	return e;
}

enum avow_err
avow_request_admit(struct request *rq, struct MHD_Connection *mhd, const char *method,
	const char *version)
{
	const struct avow_http_config *config = &rq->conn->w->s->config;

	AVOW_TRY(judge(rq, mhd, method, version));
	fill_public(rq);
	if (config->locate)
		AVOW_TRY(config->locate(&rq->pub, &rq->why));
	AVOW_TRY(avow_http_find_route(config->routes, config->n_routes, rq->pub.method,
		rq->pub.path, &rq->pub.route, rq->pub.params, rq->allow, &rq->why));
	rq->pub.param = rq->pub.params[0];
	rq->has_entered = true;
	if (config->enter)
		AVOW_TRY(config->enter(&rq->pub, &rq->rs, &rq->why));
	if (rq->pub.route->admit)
		AVOW_TRY(rq->pub.route->admit(&rq->pub, &rq->why));
	return told(rq, judge_body(rq));
}

/* --- the body --------------------------------------------------------------- */

static enum avow_err
reserve(struct request *rq, size_t need)
{
	static const struct avow_at at = {"body", "bytes in flight", "avowd(8)"};
	struct avow_http_server *s = rq->conn->w->s;
	size_t more;
	uint64_t before;

	if (need <= rq->reserved)
		return AVOW_OK;
	more = (need - rq->reserved + RESERVE_STEP - 1) / RESERVE_STEP * RESERVE_STEP;
	before = atomic_fetch_add_explicit(
		&s->body_in_flight, more, memory_order_relaxed);
	if (before + more > s->limits.max_body_in_flight) {
		atomic_fetch_sub_explicit(
			&s->body_in_flight, more, memory_order_relaxed);
		return avow_refuse(&rq->why, AVOW_E_HTTP_BUSY, &at, NULL, NULL);
	}
	rq->reserved += more;
	return AVOW_OK;
}

static enum avow_err
take_body(struct request *rq, const char *p, size_t n)
{
	static const struct avow_at large = {"body", "size", "Avow limits.h"};
	size_t max = rq->pub.route->max_body;

	if (n > max || rq->body.n > max - n) {
		avow_refuse(&rq->why, AVOW_E_HTTP_BODY_TOO_LARGE, &large, NULL, NULL);
		avow_why_note(&rq->why,
			"the request body is over its limit of %zu bytes", max);
		return AVOW_E_HTTP_BODY_TOO_LARGE;
	}
	AVOW_TRY(reserve(rq, rq->body.n + n));
	avow_buf_put(&rq->body, avow_span_make(p, n));
	return rq->body.err;
}

enum avow_err
avow_request_take_body(struct request *rq, const char *p, size_t n)
{
	return told(rq, take_body(rq, p, n));
}
