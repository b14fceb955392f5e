/*
 * Judging a request's head: method, version, header names and values, Host,
 * and the one way in which the body's length is said.
 *
 * The library has split the head into pieces and is lenient: it takes header
 * names with spaces, several Hosts, Transfer-Encoding beside Content-Length.
 * A proxy in front may read such a head in another way than the library does,
 * and then two requests are seen where one was sent. So every such head is
 * refused here, with its reason, before any of its body is used.
 *
 * Left to others: the target (target.c), what the library cannot show
 * (layout.c), routes (route.c), and the deadlines (conn.c).
 */
#include "http/head.h"

#include <string.h>

#include "base/limits.h"

static const char *const method_names[] = {
	[AVOW_HTTP_GET] = "GET",
	[AVOW_HTTP_HEAD] = "HEAD",
	[AVOW_HTTP_POST] = "POST",
	[AVOW_HTTP_PUT] = "PUT",
	[AVOW_HTTP_DELETE] = "DELETE",
	[AVOW_HTTP_PATCH] = "PATCH",
	[AVOW_HTTP_OPTIONS] = "OPTIONS",
	[AVOW_HTTP_OTHER] = "other",
};

const char *
avow_http_method_name(enum avow_http_method m)
{
	return method_names[m];
}

/* RFC 9110, 5.6.2 */
static bool
is_token_char(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool
is_token(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char(s.p[i]))
			return false;
	return s.n > 0;
}

/* RFC 9110, 5.5: visible, space, tab, and obs-text */
static bool
is_field_value(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static enum avow_err
judge_method(const struct avow_http_pieces *in, struct avow_http_head *out,
	struct avow_why *why)
{
	/* RFC 9110, 9.1: case-sensitive */
	static const struct avow_at at = {"request_line", "method", "RFC 9110, 9.1"};

	if (!is_token(in->method))
		return avow_refuse(why, AVOW_E_HTTP_REQUEST, &at, "a token", NULL);
	out->method = AVOW_HTTP_OTHER;
	for (int m = 0; m < AVOW_HTTP_OTHER; m++)
		if (avow_span_eq_str(in->method, method_names[m]))
			out->method = (enum avow_http_method)m;
	return AVOW_OK;
}

static enum avow_err
judge_version(const struct avow_http_pieces *in, struct avow_http_head *out,
	struct avow_why *why)
{
	static const struct avow_at at = {"request_line", "version", "RFC 9112, 2.3"};

	out->is_1_0 = avow_span_eq_str(in->version, "HTTP/1.0");
	if (!out->is_1_0 && !avow_span_eq_str(in->version, "HTTP/1.1"))
		return avow_refuse(
			why, AVOW_E_HTTP_REQUEST, &at, "HTTP/1.0 or HTTP/1.1", NULL);
	return AVOW_OK;
}

/* Names and values by themselves; out->headers gets them trimmed. */
static enum avow_err
judge_headers(const struct avow_http_pieces *in, struct avow_arena *a,
	struct avow_http_head *out, struct avow_why *why)
{
	static const struct avow_at count = {"headers", "count", "Avow limits.h"};
	static const struct avow_at name = {"headers", "name", "RFC 9112, 5.1"};
	static const struct avow_at value = {"headers", "value", "RFC 9110, 5.5"};

	if (in->n_headers > AVOW_MAX_HTTP_HEADER_COUNT)
		return avow_refuse(why, AVOW_E_HTTP_HEAD_TOO_LARGE, &count, NULL,
			"%zu headers", in->n_headers);
	out->headers = avow_arena_array(a, in->n_headers, sizeof(*out->headers));
	if (!out->headers)
		return avow_arena_err(a);
	for (size_t i = 0; i < in->n_headers; i++) {
		if (!is_token(in->headers[i].name))
			return avow_refuse(
				why, AVOW_E_HTTP_REQUEST, &name, "a token", NULL);
		if (!is_field_value(in->headers[i].value))
			return avow_refuse(why, AVOW_E_HTTP_REQUEST, &value,
				"no control bytes", NULL);
		out->headers[i].name = in->headers[i].name;
		out->headers[i].value = avow_span_trim(in->headers[i].value);
	}
	out->n_headers = in->n_headers;
	return AVOW_OK;
}

/* How many there are; *last gets the last one's index. */
static size_t
count_header(const struct avow_http_head *h, const char *name, size_t *last)
{
	struct avow_span want = avow_span_str(name);
	size_t n = 0;

	for (size_t i = 0; i < h->n_headers; i++)
		if (avow_span_eq_fold(h->headers[i].name, want)) {
			*last = i;
			n++;
		}
	return n;
}

/* RFC 9112, 3.2: exactly one Host, also where the target names one. */
static enum avow_err
judge_host(struct avow_http_head *h, struct avow_why *why)
{
	static const struct avow_at at = {"host", "Host", "RFC 9112, 3.2"};
	static const struct avow_at target = {"host", "target", "RFC 9112, 3.2.2"};
	size_t i = 0, n = count_header(h, "Host", &i);

	if (n > 1 || (n == 0 && !h->is_1_0))
		return avow_refuse(why, AVOW_E_HTTP_HOST, &at, "exactly one", "%zu", n);
	if (n == 0)
		return AVOW_OK;
	if (!avow_http_is_authority(h->headers[i].value))
		return avow_refuse(why, AVOW_E_HTTP_HOST, &at,
			"a host and an optional port", NULL);
	if (h->authority.n && !avow_span_eq_fold(h->authority, h->headers[i].value))
		return avow_refuse(why, AVOW_E_HTTP_TARGET, &target,
			"the host that Host names", NULL);
	return AVOW_OK;
}

/* RFC 9110, 8.6: digits alone; equal repetitions are the same value. */
static enum avow_err
judge_length(const struct avow_http_pieces *in, struct avow_http_head *h,
	struct avow_why *why)
{
	static const struct avow_at at = {"framing", "Content-Length", "RFC 9110, 8.6"};

	for (size_t i = 0; i < h->n_headers; i++) {
		struct avow_span v = in->headers[i].value;
		uint64_t length = 0;

		if (!avow_span_eq_fold(h->headers[i].name, AVOW_LIT("Content-Length")))
			continue;
		for (size_t d = 0; d < v.n; d++)
			if (v.p[d] < '0' || v.p[d] > '9' ||
				__builtin_mul_overflow(length, 10u, &length) ||
				__builtin_add_overflow(
					length, (uint64_t)(v.p[d] - '0'), &length))
				return avow_refuse(
					why, AVOW_E_HTTP_FRAMING, &at, "digits", NULL);
		if (v.n == 0 || (h->has_length && length != h->length))
			return avow_refuse(
				why, AVOW_E_HTTP_FRAMING, &at, "one value", NULL);
		h->has_length = true;
		h->length = length;
	}
	return AVOW_OK;
}

/*
 * RFC 9112, 6.1 and 6.3: "chunked" alone, written as the library reads it,
 * never beside Content-Length, never in HTTP/1.0.
 */
static enum avow_err
judge_framing(const struct avow_http_pieces *in, struct avow_http_head *h,
	struct avow_why *why)
{
	static const struct avow_at at = {
		"framing", "Transfer-Encoding", "RFC 9112, 6.1"};
	size_t i = 0, n = count_header(h, "Transfer-Encoding", &i);

	AVOW_TRY(judge_length(in, h, why));
	if (n == 0)
		return AVOW_OK;
	if (h->has_length)
		return avow_refuse(why, AVOW_E_HTTP_FRAMING, &at,
			"not beside Content-Length", NULL);
	if (n > 1 || h->is_1_0 ||
		!avow_span_eq_fold(in->headers[i].value, AVOW_LIT("chunked")))
		return avow_refuse(why, AVOW_E_HTTP_FRAMING, &at,
			"\"chunked\", once, in HTTP/1.1", NULL);
	h->is_chunked = true;
	return AVOW_OK;
}

enum avow_err
avow_http_judge_head(const struct avow_http_pieces *in, struct avow_arena *a,
	struct avow_http_head *out, struct avow_why *why)
{
	*out = (struct avow_http_head){.method = AVOW_HTTP_OTHER};
	AVOW_TRY(judge_method(in, out, why));
	AVOW_TRY(judge_version(in, out, why));
	AVOW_TRY(judge_headers(in, a, out, why));
	AVOW_TRY(avow_http_judge_target(in->target, a, out, why));
	AVOW_TRY(judge_host(out, why));
	return judge_framing(in, out, why);
}
