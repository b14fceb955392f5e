/*
 * One HTTP request through libcurl. Everything that libcurl would take from
 * somewhere else is switched off: environment, .netrc, cookies, redirects,
 * other protocols, decompression, connection reuse. Where the request may go
 * is judged by url.c before libcurl sees it.
 */
#include "net/net.h"

#include <string.h>

#include "net/curl.h"

#define CONNECT_TIMEOUT_MS 10000L
#define MAX_HEADER_BYTES (64u * 1024u)
#define MAX_HEADER_VALUE (16u * 1024u)
#define MAX_REQUEST_HEADER (16u * 1024u)

/* A request on its way out. */
struct call {
	const struct net_curl *lib;
	CURL *c;
	struct curl_slist *headers;
};

/* What the callbacks know and say. */
struct transfer {
	struct avow_net_response *rs;
	size_t header_bytes;
	enum avow_err err;
};

/* --- the answer ------------------------------------------------------------------------ */

void
avow_net_response_init(struct avow_net_response *r, size_t max_body,
	struct avow_net_header *headers, size_t n_headers)
{
	*r = (struct avow_net_response){.headers = headers, .n_headers = n_headers};
	avow_buf_init(&r->body, max_body);
	for (size_t i = 0; i < n_headers; i++)
		avow_buf_init(&headers[i].value, MAX_HEADER_VALUE);
}

void
avow_net_response_clear(struct avow_net_response *r)
{
	avow_buf_clear(&r->body);
	for (size_t i = 0; i < r->n_headers; i++)
		avow_buf_clear(&r->headers[i].value);
	r->status = 0;
}

/* libcurl stops the transfer when less than what it gave is taken. */
static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	avow_buf_put(&t->rs->body, avow_span_make(p, size * n));
	t->err = t->rs->body.err;
	return t->err == AVOW_OK ? size * n : 0;
}

static void
keep_header(struct avow_net_header *h, struct avow_span line)
{
	size_t colon = avow_span_find_byte(line, ':');

	if (colon == line.n || !avow_span_eq_fold(avow_span_slice(line, 0, colon),
				       avow_span_str(h->name)))
		return;
	avow_buf_reset(&h->value);
	avow_buf_put(&h->value, avow_span_trim(avow_span_from(line, colon + 1)));
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	struct avow_span line = avow_span_make(p, size * n);

	t->header_bytes += line.n;
	if (t->header_bytes > MAX_HEADER_BYTES)
		t->err = AVOW_E_TOO_LARGE;
	for (size_t i = 0; i < t->rs->n_headers && t->err == AVOW_OK; i++) {
		keep_header(&t->rs->headers[i], line);
		t->err = t->rs->headers[i].value.err;
	}
	return t->err == AVOW_OK ? line.n : 0;
}

/* --- the request ------------------------------------------------------------------------ */

static bool
is_one_line(const char *s)
{
	return !s || !strpbrk(s, "\r\n");
}

/* A line end in a value would be a header of the value's own making. */
static enum avow_err
check_lines(const struct avow_net_request *rq, struct avow_why *why)
{
	static const struct avow_at at = {"net", "header", "RFC 9110 5.5"};
	bool ok = is_one_line(rq->accept) && is_one_line(rq->content_type) &&
		  is_one_line(rq->bearer) && is_one_line(rq->method);

	for (size_t i = 0; ok && rq->extra && rq->extra[i]; i++)
		ok = is_one_line(rq->extra[i]);
	return ok ? AVOW_OK
		  : avow_refuse(why, AVOW_E_USAGE, &at, "one line", "a line end");
}

static bool
add_text(struct call *k, const char *line)
{
	struct curl_slist *longer =
		line ? k->lib->slist_append(k->headers, line) : NULL;

	if (longer)
		k->headers = longer;
	return longer != NULL;
}

static bool
add_line(struct call *k, const char *name, const char *value)
{
	struct avow_buf b;
	bool ok;

	if (!value)
		return true;
	avow_buf_init(&b, MAX_REQUEST_HEADER);
	avow_buf_printf(&b, "%s%s", name, value);
	ok = add_text(k, avow_buf_str(&b));
	avow_buf_wipe(&b);
	return ok;
}

static bool
add_headers(struct call *k, const struct avow_net_request *rq)
{
	const char *type = rq->content_type ? rq->content_type : "application/json";
	/* no waiting for "100 Continue": the peer need not know of it */
	bool ok = add_text(k, "Expect:") &&
		  add_line(k, "Authorization: Bearer ", rq->bearer) &&
		  add_line(k, "Accept: ", rq->accept) &&
		  add_line(k, "Content-Type: ", rq->post ? type : NULL);

	for (size_t i = 0; ok && rq->extra && rq->extra[i]; i++)
		ok = add_text(k, rq->extra[i]);
	return ok;
}

/* easy_setopt takes whatever it is given: these two give it what the option reads. */
static bool
set_long(struct call *k, CURLoption option, long value)
{
	return k->lib->easy_setopt(k->c, option, value) == CURLE_OK;
}

static bool
set_ptr(struct call *k, CURLoption option, const void *value)
{
	return k->lib->easy_setopt(k->c, option, value) == CURLE_OK;
}

static bool
set_limits(struct call *k, const struct avow_net_request *rq)
{
	long timeout = rq->timeout_ms > 0 ? rq->timeout_ms : 1;
	long connect = timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS;

	return set_long(k, CURLOPT_NOSIGNAL, 1) &&
	       set_long(k, CURLOPT_TIMEOUT_MS, timeout) &&
	       set_long(k, CURLOPT_CONNECTTIMEOUT_MS, connect) &&
	       set_long(k, CURLOPT_FOLLOWLOCATION, 0) &&
	       set_ptr(k, CURLOPT_PROTOCOLS_STR,
		       rq->allow_http ? "http,https" : "https") &&
	       set_long(k, CURLOPT_NETRC, CURL_NETRC_IGNORED) &&
	       set_long(k, CURLOPT_FORBID_REUSE, 1) &&
	       set_long(k, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
	       /* "" also keeps http_proxy of the environment out */
	       set_ptr(k, CURLOPT_PROXY, rq->proxy ? rq->proxy : "");
}

static int
on_progress(void *arg, curl_off_t down, curl_off_t downloaded, curl_off_t up,
	curl_off_t uploaded)
{
	const atomic_bool *cancel = arg;

	(void)down;
	(void)downloaded;
	(void)up;
	(void)uploaded;
	return atomic_load_explicit(cancel, memory_order_relaxed);
}

static bool
set_cancel(struct call *k, const struct avow_net_request *rq)
{
	curl_xferinfo_callback f = on_progress;

	if (!rq->cancel)
		return true;
	return k->lib->easy_setopt(k->c, CURLOPT_XFERINFOFUNCTION, f) == CURLE_OK &&
	       set_ptr(k, CURLOPT_XFERINFODATA, rq->cancel) &&
	       set_long(k, CURLOPT_NOPROGRESS, 0);
}

static bool
set_tls(struct call *k, const struct avow_net_request *rq)
{
	bool ok = set_long(k, CURLOPT_SSL_VERIFYPEER, 1) &&
		  set_long(k, CURLOPT_SSL_VERIFYHOST, 2) &&
		  set_long(k, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);

	if (ok && rq->ca_file) /* these roots and no others */
		ok = set_ptr(k, CURLOPT_CAINFO, rq->ca_file) &&
		     set_ptr(k, CURLOPT_CAPATH, NULL);
	return ok;
}

static bool
set_answer(struct call *k, struct transfer *t)
{
	curl_write_callback body = on_body, header = on_header;

	return k->lib->easy_setopt(k->c, CURLOPT_WRITEFUNCTION, body) == CURLE_OK &&
	       set_ptr(k, CURLOPT_WRITEDATA, t) &&
	       k->lib->easy_setopt(k->c, CURLOPT_HEADERFUNCTION, header) == CURLE_OK &&
	       set_ptr(k, CURLOPT_HEADERDATA, t);
}

static bool
set_request(struct call *k, const struct avow_net_request *rq)
{
	curl_off_t n = (curl_off_t)rq->body.n;
	bool ok = set_ptr(k, CURLOPT_URL, rq->url) &&
		  set_ptr(k, CURLOPT_HTTPHEADER, k->headers);

	/* CUSTOMREQUEST changes the word alone; the body stays POST's matter */
	if (ok && rq->method)
		ok = set_ptr(k, CURLOPT_CUSTOMREQUEST, rq->method);
	if (!ok || !rq->post)
		return ok;
	return set_long(k, CURLOPT_POST, 1) &&
	       k->lib->easy_setopt(k->c, CURLOPT_POSTFIELDSIZE_LARGE, n) == CURLE_OK &&
	       set_ptr(k, CURLOPT_POSTFIELDS,
		       rq->body.n ? (const char *)rq->body.p : "");
}

/* --- outcome ----------------------------------------------------------------------------- */

static enum avow_err
err_of(CURLcode code)
{
	switch ((int)code) {
	case CURLE_OK:
		return AVOW_OK;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
		return AVOW_E_NO_MEMORY;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return AVOW_E_NET_URL;
	case CURLE_OPERATION_TIMEDOUT:
		return AVOW_E_NET_TIMEOUT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return AVOW_E_NET_TLS;
	default:
		return AVOW_E_NET_CONNECT;
	}
}

static enum avow_err
outcome(const struct call *k, const struct avow_net_request *rq,
	const struct transfer *t, CURLcode code, struct avow_why *why)
{
	static const struct avow_at at = {"net", "url", "RFC 9110"};
	enum avow_err err = t->err != AVOW_OK ? t->err : err_of(code);

	if (err == AVOW_OK)
		return AVOW_OK;
	err = avow_refuse(why, err, &at, NULL, "%s", rq->url);
	avow_why_note(why, "%s",
		t->err != AVOW_OK ? "the answer is larger than its limit"
				  : k->lib->easy_strerror(code));
	return err;
}

static enum avow_err
perform(struct call *k, const struct avow_net_request *rq, struct avow_net_response *rs,
	struct avow_why *why)
{
	struct transfer t = {.rs = rs};
	CURLcode code = CURLE_FAILED_INIT;
	enum avow_err err;

	if (set_limits(k, rq) && set_cancel(k, rq) && set_tls(k, rq) &&
		set_answer(k, &t) && set_request(k, rq))
		code = k->lib->easy_perform(k->c);
	err = outcome(k, rq, &t, code, why);
	if (err == AVOW_OK)
		k->lib->easy_getinfo(k->c, CURLINFO_RESPONSE_CODE, &rs->status);
	return err;
}

/* The URL as url.c reads it, and its scheme as the caller allows. */
static enum avow_err
check_url(const struct avow_net_request *rq, struct avow_why *why)
{
	static const struct avow_at at = {"net", "url", "RFC 3986 3"};
	struct avow_buf origin;
	enum avow_err err;

	avow_buf_init(&origin, 512);
	err = avow_net_origin(avow_span_str(rq->url), &origin);
	if (err == AVOW_OK && !rq->allow_http &&
		avow_span_starts(avow_buf_span(&origin), AVOW_LIT("http:")))
		err = AVOW_E_NET_URL;
	avow_buf_clear(&origin);
	if (err == AVOW_OK)
		return AVOW_OK;
	return avow_refuse(why, err, &at, rq->allow_http ? "http or https" : "https",
		"%s", rq->url);
}

static enum avow_err
load(struct call *k, struct avow_why *why)
{
	static const struct avow_at at = {"net", "libcurl", "avowd(8)"};

	k->lib = net_curl();
	if (!k->lib)
		return avow_refuse(
			why, AVOW_E_NET_LIBRARY, &at, "libcurl.so.4", "absent");
	k->c = k->lib->easy_init();
	return k->c ? AVOW_OK : AVOW_E_NO_MEMORY;
}

enum avow_err
avow_net_fetch(const struct avow_net_request *rq, struct avow_net_response *rs,
	struct avow_why *why)
{
	struct call k = {0};
	enum avow_err err;

	avow_net_response_clear(rs);
	AVOW_TRY(check_url(rq, why));
	AVOW_TRY(check_lines(rq, why));
	AVOW_TRY(load(&k, why));
	err = add_headers(&k, rq) ? perform(&k, rq, rs, why) : AVOW_E_NO_MEMORY;
	k.lib->slist_free_all(k.headers);
	k.lib->easy_cleanup(k.c);
	if (err != AVOW_OK)
		avow_net_response_clear(rs);
	return err;
}

enum avow_err
avow_net_expect(const struct avow_net_request *rq, const struct avow_net_response *rs,
	long status, struct avow_why *why)
{
	static const struct avow_at at = {"net", "status", "RFC 9110 15"};
	char expected[24];
	enum avow_err err;

	if (rs->status == status)
		return AVOW_OK;
	snprintf(expected, sizeof(expected), "%ld", status);
	err = avow_refuse(why, AVOW_E_NET_STATUS, &at, expected, "%ld", rs->status);
	avow_why_document(why, "%s", rq->url);
	return err;
}
