/*
 * Private to http/: judging a request's head as the library parsed it. Pure:
 * no socket, no library type, so that tests and the fuzzer reach all of it.
 */
#ifndef AVOW_HTTP_HEAD_H
#define AVOW_HTTP_HEAD_H

#include "http/http.h"

/* The pieces, untrimmed, as they stood in the request. */
struct avow_http_pieces {
	struct avow_span method;
	struct avow_span target;
	struct avow_span version; /* "HTTP/1.1" */
	const struct avow_http_pair *headers;
	size_t n_headers;
};

struct avow_http_head {
	enum avow_http_method method;
	bool is_1_0;
	struct avow_span path; /* decoded */
	struct avow_http_pair *query;
	size_t n_query;
	struct avow_http_pair *headers; /* values trimmed */
	size_t n_headers;
	struct avow_span authority; /* of an absolute-form target; else empty */
	bool has_length, is_chunked;
	uint64_t length; /* 0 without Content-Length */
};

/**
 * RFC 9110 and RFC 9112, in the strict reading: what two parsers could read
 * in two ways is refused.
 * @return AVOW_OK; AVOW_E_HTTP_REQUEST (method, version, header names, control
 * bytes), AVOW_E_HTTP_TARGET, AVOW_E_HTTP_HOST, AVOW_E_HTTP_FRAMING,
 * AVOW_E_HTTP_HEAD_TOO_LARGE (counts), AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE
 * (arena).
 */
enum avow_err avow_http_judge_head(const struct avow_http_pieces *in,
	struct avow_arena *a, struct avow_http_head *out,
	struct avow_why *why) AVOW_CHECKED;

/** The target alone: path, query, authority. */
enum avow_err avow_http_judge_target(struct avow_span target, struct avow_arena *a,
	struct avow_http_head *out, struct avow_why *why) AVOW_CHECKED;

/** True when s is a uri-host with an optional port (RFC 3986, 3.2.2). */
bool avow_http_is_authority(struct avow_span s);

/* Where the pieces lie in the bytes that came, for avow_http_judge_layout. */
struct avow_http_layout {
	struct avow_span raw; /* the head in place, with NULs for separators */
	struct avow_span target; /* in place; pieces.target may be a copy */
};

/**
 * A parser that works in place turns each separator into NUL and leaves all
 * else where it was. Walk the pieces: each must start exactly where the one
 * before ended, over one space, ": " and blanks, or CR LF. That refuses what
 * the parser let pass unseen: NUL bytes, a bare LF, folded lines, more than
 * one space in the request line.
 * @return AVOW_OK or AVOW_E_HTTP_REQUEST.
 */
enum avow_err avow_http_judge_layout(const struct avow_http_pieces *in,
	const struct avow_http_layout *at, struct avow_why *why) AVOW_CHECKED;

/**
 * The route of a judged head, and what its parameters matched. *allow gets the methods that the path has
 * ("GET, HEAD") with AVOW_E_HTTP_METHOD; it has room for AVOW_HTTP_ALLOW_TEXT.
 * @return AVOW_OK, AVOW_E_HTTP_ROUTE, AVOW_E_HTTP_METHOD.
 */
#define AVOW_HTTP_ALLOW_TEXT 64
enum avow_err avow_http_find_route(const struct avow_http_route *routes, size_t n,
	enum avow_http_method method, struct avow_span path,
	const struct avow_http_route **out,
	struct avow_span params[AVOW_HTTP_MAX_PARAMS], char allow[AVOW_HTTP_ALLOW_TEXT], struct avow_why *why) AVOW_CHECKED;

/**
 * "00-<trace>-<span>-00": the trace id of a valid traceparent header (W3C
 * Trace Context, 3.2), else of `fresh`; the span id always of `fresh`.
 * @param fresh 24 random bytes.
 */
void avow_http_request_id(struct avow_span traceparent, const uint8_t fresh[24],
	char out[AVOW_HTTP_ID_TEXT]);

const char *avow_http_method_name(enum avow_http_method m);

#endif
