/*
 * Outbound HTTP, one request a call: a deadline, a size limit, TLS verified
 * against the roots that the caller names, no redirects, no cookies, no
 * decompression, no environment. What a status means is the caller's.
 */
#ifndef AVOW_NET_NET_H
#define AVOW_NET_NET_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/** A response header that the caller asks for. */
struct avow_net_header {
	const char *name;	/* in: compared without case */
	struct avow_buf value;	/* out: of the last one; empty when absent */
};

struct avow_net_request {
	const char *url;	/* http or https, no user or password in it */
	bool post;		/* it has a body: POST, else GET */
	const char *method;	/* in place of those two; NULL: none */
	struct avow_span body;	/* with post */
	const char *content_type; /* of the body; NULL: application/json */
	const char *accept;	/* NULL: none is sent */
	const char *bearer;	/* NULL: none is sent */
	const char *const *extra; /* "Name: value" lines, ends with NULL; may be NULL */
	const char *ca_file;	/* PEM, the only roots then; NULL: the system's */
	const char *proxy;	/* NULL or "": none */
	int timeout_ms;		/* for all of it; at least 1 */
	bool allow_http;	/* else https only; loopback is no exception */
	/* NULL, or looked at about once a second: when true, the call ends with
	 * AVOW_E_NET_CONNECT. */
	const atomic_bool *cancel;
};

struct avow_net_response {
	long status;			/* 100..599 */
	struct avow_buf body;		/* its max is the limit */
	struct avow_net_header *headers; /* the caller's array; may be NULL */
	size_t n_headers;
};

/** @param max_body more than this is AVOW_E_TOO_LARGE. */
void avow_net_response_init(struct avow_net_response *r, size_t max_body,
	struct avow_net_header *headers, size_t n_headers);
void avow_net_response_clear(struct avow_net_response *r);

/**
 * Send and read the whole answer, of whatever status; a redirect is an answer.
 * Blocks until then or until the deadline. Any thread.
 * @param why the peer and what failed; may be NULL.
 * @return AVOW_OK; AVOW_E_NET_URL (not a URL that is taken here); AVOW_E_USAGE (a
 * line end in a header);
 * AVOW_E_NET_CONNECT (name, connection, protocol, an answer cut short);
 * AVOW_E_NET_TIMEOUT; AVOW_E_NET_TLS; AVOW_E_TOO_LARGE (body or headers);
 * AVOW_E_NET_LIBRARY (libcurl, which is loaded by the first call, is absent);
 * AVOW_E_NO_MEMORY. The response is empty unless AVOW_OK.
 */
enum avow_err avow_net_fetch(const struct avow_net_request *rq,
	struct avow_net_response *rs, struct avow_why *why) AVOW_CHECKED;

/** AVOW_OK for this status, else AVOW_E_NET_STATUS with both in `why`. */
enum avow_err avow_net_expect(const struct avow_net_request *rq,
	const struct avow_net_response *rs, long status, struct avow_why *why)
	AVOW_CHECKED;

/**
 * The origin ("https://host:port", lower case, port always written) of an http
 * or https URL, appended. Refuses user names, fragments, control characters and
 * everything that is not ASCII: AVOW_E_NET_URL.
 */
enum avow_err avow_net_origin(struct avow_span url, struct avow_buf *out) AVOW_CHECKED;
/** True when the host of that origin is 127.0.0.0/8, ::1 or "localhost". */
bool avow_net_is_loopback(struct avow_span origin);

#endif
