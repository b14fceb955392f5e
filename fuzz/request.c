/*
 * A request's head: split as the library splits it, then judged, routed and,
 * when refused, told why.
 *
 * Properties: no crash; the same verdict twice; a head that is taken has one
 * reading (no NUL, no bare LF or CR, one Host, one way to say its length), a
 * path of ours, and spans inside the input or the arena; every refusal's body
 * is JSON with the refusal's own code in it.
 */
#include <string.h>

#include "must.h"

#include "../tests/http/pieces.h"
#include "base/limits.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct avow_http_route routes[] = {
	{.method = AVOW_HTTP_GET, .pattern = "/certs"},
	{.method = AVOW_HTTP_POST, .pattern = "/attest/{type}"},
	{.method = AVOW_HTTP_POST, .pattern = "/policies/{type}:reset"},
	{.method = AVOW_HTTP_GET, .pattern = "/policies/{type}"},
};

static size_t
count(const struct avow_http_head *h, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < h->n_headers; i++)
		n += avow_span_eq_fold(h->headers[i].name, avow_span_str(name));
	return n;
}

static void
check_taken(const struct avow_http_head *h)
{
	must(h->path.n > 0 && h->path.p[0] == '/');
	for (size_t i = 0; i < h->path.n; i++)
		must(h->path.p[i] >= 0x20 && h->path.p[i] != 0x7f);
	must(count(h, "host") == 1 || (count(h, "host") == 0 && h->is_1_0));
	must(!h->is_chunked || (!h->has_length && count(h, "content-length") == 0));
	must(h->is_chunked == (count(h, "transfer-encoding") == 1));
	must(h->has_length == (count(h, "content-length") > 0));
	must(h->has_length || h->length == 0);
}

/* Of a head that is taken, the bytes as they came tell the same. NUL LF cannot
 * be told from CR LF once the parser has cut the line; it ends a line in both. */
static void
check_raw(struct avow_span raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		bool ends = i + 1 < raw.n && raw.p[i + 1] == '\n';
		bool ended = i > 0 && (raw.p[i - 1] == '\r' || raw.p[i - 1] == 0);

		must(raw.p[i] != 0 || ends);
		must(raw.p[i] != '\r' || ends);
		must(raw.p[i] != '\n' || ended);
	}
}

static void
check_refusal(enum avow_err code, const struct avow_why *why)
{
	const struct avow_json *doc;
	struct avow_arena a;
	struct avow_buf out;

	avow_arena_init(&a, AVOW_MIB(1));
	avow_buf_init(&out, AVOW_KIB(8));
	avow_http_error_body(&out, code, why, NULL);
	must(out.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&out), NULL, &a, &doc, NULL) == AVOW_OK);
	doc = avow_json_get(avow_json_get(doc, "error"), "innererror");
	doc = avow_json_get(doc, "code");
	must(doc && avow_span_eq_str(doc->string, avow_err_name(code)));
	avow_buf_clear(&out);
	avow_arena_clear(&a);
}

static enum avow_err
judge(struct pieces *p, struct avow_span text, struct avow_arena *a,
	struct avow_http_head *head, struct avow_why *why)
{
	const struct avow_http_route *route;
	struct avow_span params[AVOW_HTTP_MAX_PARAMS];
	char allow[AVOW_HTTP_ALLOW_TEXT];

	avow_why_init(why);
	AVOW_TRY(avow_http_judge_layout(&p->in, &p->layout, why));
	AVOW_TRY(avow_http_judge_head(&p->in, a, head, why));
	check_taken(head);
	check_raw(avow_span_slice(text, 0, p->layout.raw.n));
	AVOW_TRY(avow_http_find_route(routes, sizeof(routes) / sizeof(routes[0]),
		head->method, head->path, &route, params, allow, why));
	must(route);
	for (size_t i = 0; i < AVOW_HTTP_MAX_PARAMS; i++)
		must(avow_span_find_byte(params[i], '/') == params[i].n);
	return AVOW_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct avow_span text = avow_span_make(data, size);
	struct avow_http_head head;
	struct avow_arena a;
	struct avow_why why;
	struct pieces p;
	enum avow_err first, second;

	if (size > AVOW_MAX_HTTP_HEADERS)
		return 0;
	avow_arena_init(&a, AVOW_MIB(4));
	pieces_split(&p, text);
	if (p.refused) {
		pieces_free(&p);
		avow_arena_clear(&a);
		return 0;
	}
	first = judge(&p, text, &a, &head, &why);
	if (first != AVOW_OK)
		check_refusal(first, &why);
	second = judge(&p, text, &a, &head, &why);
	must(first == second);
	pieces_free(&p);
	avow_arena_clear(&a);
	return 0;
}
