/*
 * The HTTP service: requests come in judged, limited and routed; a handler
 * answers each; errors leave in the contract's shape. No business words here.
 *
 * Threads: one worker a core, each with its own listening socket and its own
 * connections. A request belongs to one worker from its first byte to its
 * answer, and all of its memory with it.
 */
#ifndef AVOW_HTTP_HTTP_H
#define AVOW_HTTP_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

enum avow_http_method {
	AVOW_HTTP_GET,
	AVOW_HTTP_HEAD,
	AVOW_HTTP_POST,
	AVOW_HTTP_PUT,
	AVOW_HTTP_DELETE,
	AVOW_HTTP_PATCH,
	AVOW_HTTP_OPTIONS,
	AVOW_HTTP_OTHER /* a valid token that no route has */
};

struct avow_http_pair {
	struct avow_span name;
	struct avow_span value;
};

#define AVOW_HTTP_MAX_PARAMS 4 /* what the longest path of the contract has */
#define AVOW_HTTP_ID_TEXT 56 /* "00-<32 hex>-<16 hex>-00" and a NUL */

struct avow_http_server;
struct avow_http_route;
struct avow_proxies;

/**
 * One request. Spans live until the handler's final answer, also over a wait.
 * The handler writes only `state`.
 */
struct avow_http_request {
	enum avow_http_method method;
	struct avow_span path; /* percent-decoded, starts with '/' */
	struct avow_span param; /* what the route's first {param} matched */
	struct avow_span params[AVOW_HTTP_MAX_PARAMS]; /* all; unused: empty */
	struct avow_span place; /* what avow_http_config.locate found; p NULL: nothing */
	const struct avow_http_route *route;
	const struct avow_http_pair *query; /* decoded, in order */
	size_t n_query;
	size_t head_bytes; /* of the request line and the headers, as sent */
	const struct avow_http_pair *headers; /* in order, values trimmed */
	size_t n_headers;
	struct avow_span body; /* whole; empty when there is none */
	/* The client's address in text, without a port: the peer's, or what the
	 * trusted proxies say (http/forwarded.h). */
	const char *client;
	bool is_tls;
	char id[AVOW_HTTP_ID_TEXT]; /* W3C trace context form */
	struct avow_arena *arena; /* this request's memory */
	unsigned worker; /* 0..workers-1 */
	void *app; /* avow_http_config.app */
	void *worker_context; /* what worker_new made */
	struct avow_http_server *server; /* for avow_http_resume */
	/* Over a wait (avow_http_wait): the handler is called again. */
	void *state; /* the handler's own; NULL in the first call */
	uint64_t entered[2]; /* the app's own, from enter to leave */
	bool is_resumed; /* avow_http_resume came */
	bool is_expired; /* the wait ended without it: time, or shutdown */
};

/** Made empty by the server; freed by it. */
struct avow_http_response {
	int status; /* 200 unless the handler sets it */
	struct avow_buf body; /* HEAD: sent as its length alone */
	const char *content_type; /* static; NULL: application/json */
	int retry_after_s; /* 0: the default where the status needs one */
	struct avow_http_pair extra[4]; /* more headers; arena or static */
	size_t n_extra;
	/* One member more of a refusal's innererror: a static name, and JSON
	 * text in the request's arena. No name: none. */
	struct avow_http_pair detail;
	uint64_t wait_token; /* not 0: avow_http_wait was called */
	int wait_ms;
};

/**
 * Answer one request, from the worker's thread; it must not block.
 * @return AVOW_OK when `rs` holds the answer (or avow_http_wait was called);
 * any other code, with `why` filled where a check refused, is sent as an
 * error body with the status and API code of base/err.def, and what `rs`
 * holds is dropped but for detail, extra headers and retry_after_s.
 */
typedef enum avow_err avow_http_handler(struct avow_http_request *rq,
	struct avow_http_response *rs, struct avow_why *why);

struct avow_http_route {
	enum avow_http_method method; /* a GET route answers HEAD too */
	/* Segments match whatever the case of ASCII letters. Up to
	 * AVOW_HTTP_MAX_PARAMS of them may hold "{name}", alone or followed by
	 * literal text ("/policies/{t}:reset"); it matches a non-empty run
	 * without '/'. The first route that matches wins. */
	const char *pattern;
	size_t max_body; /* 0: the request may have no body */
	avow_http_handler *handle;
	/* NULL, or judges the head before any of the body is taken (the
	 * bearer token of a large upload): an error is sent at once. */
	enum avow_err (*admit)(struct avow_http_request *rq, struct avow_why *why);
};

struct avow_http_limits {
	unsigned max_connections; /* over all workers */
	unsigned max_per_address; /* of one peer address, over all workers */
	size_t max_body_in_flight; /* bytes of bodies, over all workers */
	int head_ms; /* TLS handshake and whole head, from the first of them */
	int body_ms; /* whole body, from the end of the head */
	int idle_ms; /* kept alive between two requests */
	int send_ms; /* taking the whole answer */
};

struct avow_http_config {
	/* Both PEM, or both NULL for plain HTTP (refused but on loopback).
	 * Copied. */
	const char *tls_cert_pem;
	const char *tls_key_pem;
	const struct avow_http_limits *limits; /* NULL: the defaults */
	const struct avow_proxies *proxies; /* NULL: none; borrowed while it lives */
	const struct avow_http_route *routes; /* borrowed while the server lives */
	size_t n_routes;
	void *app;
	/* Per-worker state of the app, made and freed on the worker's own
	 * thread; both may be NULL. */
	enum avow_err (*worker_new)(void *app, unsigned worker, void **out);
	void (*worker_free)(void *app, void *context);
	/* NULL, or called when a head was judged, before routing: which place of
	 * the app the request is for, by its host or the front of its path. It may
	 * set `place` and shorten `path` from the front; an error is sent. */
	enum avow_err (*locate)(struct avow_http_request *rq, struct avow_why *why);
	/*
	 * For every request that a route takes, on its worker's thread; each may
	 * be NULL. enter judges the head, before the route's admit (limits by who
	 * asks and what for); leave follows when that request is over, also where
	 * enter refused. prepare is called when all is there, until it does not
	 * wait any more, and then the handler; it makes no answer.
	 */
	avow_http_handler *enter;
	void (*leave)(struct avow_http_request *rq);
	/* NULL, or told that a request was admitted and its body is refused, so
	 * that its handler is never called. */
	void (*body_refused)(struct avow_http_request *rq, enum avow_err code);
	avow_http_handler *prepare;
	/* Whether a new TLS connection shall be asked for a client certificate;
	 * NULL: none is. Whether one is good is the app's to judge. */
	bool (*wants_certs)(void *app);
};

/** The limits that a NULL means. */
const struct avow_http_limits *avow_http_default_limits(void);

#define AVOW_HTTP_MAX_LISTEN 16

/**
 * Bind each address, once a worker; nobody is answered before avow_http_start.
 * @param listen "127.0.0.1:0", "[::1]:8443", "0.0.0.0:443"; numeric, port 0
 * takes a free one. At least one, at most AVOW_HTTP_MAX_LISTEN.
 * @param workers 0: one a core that this process may use.
 * @return AVOW_OK; AVOW_E_HTTP_LISTEN (malformed, or the system refused);
 * AVOW_E_NO_MEMORY. *out is NULL on error, else ends with avow_http_stop.
 */
enum avow_err avow_http_bind(const char *const *listen, size_t n_listen,
	unsigned workers, struct avow_http_server **out,
	struct avow_why *why) AVOW_CHECKED;

/** The port of the first address, as really bound; how many workers. */
unsigned avow_http_port(const struct avow_http_server *s);
unsigned avow_http_workers(const struct avow_http_server *s);

/**
 * Start the workers and answer. Once a server.
 * @return AVOW_OK; AVOW_E_HTTP_PLAIN (no certificate and not loopback);
 * AVOW_E_HTTP_TLS (certificate or key); AVOW_E_NO_MEMORY, AVOW_E_INTERNAL, or
 * what worker_new gave. After an error only avow_http_stop is left.
 */
enum avow_err avow_http_start(struct avow_http_server *s,
	const struct avow_http_config *config, struct avow_why *why) AVOW_CHECKED;

/** Whether a certificate and its key could be taken. AVOW_OK, AVOW_E_HTTP_TLS. */
enum avow_err avow_http_check_certificate(
	const char *cert_pem, const char *key_pem, struct avow_why *why) AVOW_CHECKED;

/**
 * Take another certificate for new connections. Any thread.
 * @return AVOW_OK or AVOW_E_HTTP_TLS (the old one stays).
 */
enum avow_err avow_http_set_certificate(struct avow_http_server *s,
	const char *cert_pem, const char *key_pem, struct avow_why *why) AVOW_CHECKED;

/**
 * Stop listening at once, let requests in flight finish for at most drain_ms,
 * end every wait as expired, join the workers, free. NULL is fine.
 * @return true when nothing had to be cut off.
 */
bool avow_http_stop(struct avow_http_server *s, int drain_ms);

struct avow_http_counts {
	uint64_t connections; /* open now */
	uint64_t accepted, refused; /* connections since start */
	uint64_t requests; /* answered since start */
	uint64_t body_in_flight; /* bytes now */
};

/** Any thread. */
struct avow_http_counts avow_http_counts(const struct avow_http_server *s);

/* --- for handlers ------------------------------------------------------------- */

/** The first query parameter of that name (ASCII case folded); p NULL: none. */
struct avow_span avow_http_query(const struct avow_http_request *rq, const char *name);
/** The first header of that name (ASCII case folded); p NULL: none. */
struct avow_span avow_http_header(const struct avow_http_request *rq, const char *name);

/**
 * The certificates that the client sent in the TLS handshake, DER, leaf first:
 * the client has the leaf's key, nothing else was judged. They live as long as
 * the request.
 * @return how many; 0 without TLS, or when it sent none.
 */
size_t avow_http_peer_certs(
	const struct avow_http_request *rq, const struct avow_span **out);

/**
 * Suspend this request: return AVOW_OK right after. The handler is called
 * again, on the same thread, once avow_http_resume names the token or wait_ms
 * have gone by; it may wait again.
 * @return the token, never 0.
 */
uint64_t avow_http_wait(
	struct avow_http_request *rq, struct avow_http_response *rs, int wait_ms);
/** Resume the request of that token. Any thread; an old token does nothing. */
void avow_http_resume(struct avow_http_server *s, uint64_t token);

/** A header more; at most four. Both must outlive the answer. */
void avow_http_extra(
	struct avow_http_response *rs, const char *name, struct avow_span value);

/**
 * The contract's error body for a refusal, appended to `out`:
 * {"error":{"code","message","innererror":{"code","message","check","field",
 * "expected","got","source","document","offset"}}}; absent details are left
 * out, and so are all of our own faults' (class INTERNAL, CRYPTO, STORE).
 * `more` may be NULL: see detail of struct avow_http_response.
 */
void avow_http_error_body(struct avow_buf *out, enum avow_err code,
	const struct avow_why *why, const struct avow_http_pair *more);

#endif
