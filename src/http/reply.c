/*
 * What leaves: the headers that every answer has, and the two ways out. The
 * library sends what it can; avow_reply_raw writes a whole refusal as bytes
 * for the moments in which the library takes no answer (in the middle of a
 * body, past a deadline).
 */
#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define ERROR_BODY_MAX (AVOW_KIB(8) + AVOW_MAX_HTTP_DETAIL)

/* RFC 9110, 10.2.3: seconds. Being busy passes sooner than missing data. */
static int
retry_after(enum avow_err code, int status, int wanted)
{
	if (wanted > 0)
		return wanted;
	if (status != 503 && status != 429)
		return 0;
	return code == AVOW_E_HTTP_BUSY ? 1 : 5;
}

/* The library refuses CR and LF in a value; such a header is ours to fix. */
static bool
add(struct MHD_Response *r, const char *name, const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool
add_extras(struct MHD_Response *r, struct request *rq)
{
	for (size_t i = 0; i < rq->rs.n_extra; i++) {
		struct avow_span name =
			avow_arena_copy(&rq->arena, rq->rs.extra[i].name);
		struct avow_span value =
			avow_arena_copy(&rq->arena, rq->rs.extra[i].value);

		if (!name.p || !value.p ||
			!add(r, (const char *)name.p, (const char *)value.p))
			return false;
	}
	return true;
}

/* RFC 9110, 15.5.2; RFC 6750, 3: who brought nothing is told no error. */
static const char *
challenge(enum avow_err code, int status)
{
	if (status == 401)
		return code == AVOW_E_UNAUTHORIZED ? "Bearer"
						   : "Bearer error=\"invalid_token\"";
	return code == AVOW_E_FORBIDDEN ? "Bearer error=\"insufficient_scope\"" : NULL;
}

static bool
add_headers(struct MHD_Response *r, struct request *rq, int status)
{
	const char *type = rq->rs.content_type ? rq->rs.content_type : JSON_TYPE;
	int retry = retry_after(rq->code, status, rq->rs.retry_after_s);
	char seconds[16];

	if (rq->sent && !add(r, "Content-Type", type))
		return false;
	if (retry) {
		snprintf(seconds, sizeof(seconds), "%d", retry);
		if (!add(r, "Retry-After", seconds))
			return false;
	}
	if (rq->code != AVOW_OK &&
		!add(r, "x-ms-error-code", avow_err_api_code(rq->code)))
		return false;
	if (rq->code == AVOW_E_HTTP_METHOD && !add(r, "Allow", rq->allow))
		return false;
	if (challenge(rq->code, status) &&
		!add(r, "WWW-Authenticate", challenge(rq->code, status)))
		return false;
	if (rq->conn->w->life != WORKER_SERVES && !add(r, "Connection", "close"))
		return false;
	return add(r, "Server", "avow") && add(r, "x-ms-request-id", rq->pub.id) &&
	       add(r, "x-ms-maa-service-version", SERVICE_VERSION) && add_extras(r, rq);
}

struct MHD_Response *
avow_reply_make(struct request *rq, int *status)
{
	struct avow_buf *body = &rq->rs.body;
	struct MHD_Response *r;

	if (rq->code != AVOW_OK) {
		avow_buf_clear(body);
		avow_buf_init(body, ERROR_BODY_MAX);
		avow_http_error_body(body, rq->code, &rq->why, &rq->rs.detail);
		rq->rs.content_type = NULL;
		rq->rs.status = avow_err_http(rq->code);
	}
	if (body->err != AVOW_OK)
		return NULL;
	*status = rq->rs.status ? rq->rs.status : 200;
	rq->sent = body->n;
	r = MHD_create_response_from_buffer_with_free_callback(body->n, body->p, free);
	if (!r)
		return NULL;
	*body = (struct avow_buf){.max = body->max};
	if (add_headers(r, rq, *status))
		return r;
	MHD_destroy_response(r);
	return NULL;
}

static void
put_date(struct avow_buf *out)
{
	char text[64];
	struct tm tm;
	time_t now = time(NULL);

	/* RFC 9110, 5.6.7 */
	if (gmtime_r(&now, &tm) &&
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		avow_buf_printf(out, "Date: %s\r\n", text);
}

void
avow_reply_raw(struct avow_buf *out, const char *id, enum avow_err code,
	const struct avow_why *why)
{
	int status = avow_err_http(code);
	int retry = retry_after(code, status, 0);
	struct avow_buf body;

	avow_buf_init(&body, ERROR_BODY_MAX);
	avow_http_error_body(&body, code, why, NULL);
	avow_buf_printf(out, "HTTP/1.1 %d %s\r\n", status,
		MHD_get_reason_phrase_for((unsigned)status));
	put_date(out);
	avow_buf_printf(out,
		"Connection: close\r\nContent-Type: " JSON_TYPE "\r\n"
		"Content-Length: %zu\r\nServer: avow\r\nx-ms-error-code: %s\r\n"
		"x-ms-maa-service-version: " SERVICE_VERSION "\r\n",
		body.n, avow_err_api_code(code));
	if (retry)
		avow_buf_printf(out, "Retry-After: %d\r\n", retry);
	if (id[0])
		avow_buf_printf(out, "x-ms-request-id: %s\r\n", id);
	avow_buf_put_str(out, "\r\n");
	avow_buf_put(out, avow_buf_span(&body));
	avow_buf_clear(&body);
}
