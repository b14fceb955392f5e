/*
 * What a lenient in-place parser hides. libmicrohttpd 0.9.75 gives header
 * values as C strings, so a NUL ends one silently; it takes a bare LF for a
 * line's end, joins folded lines, and skips spaces in the request line. All
 * of that is visible in where the pieces lie: the bytes between two of them
 * must be exactly the separator that the grammar has there.
 */
#include "http/head.h"

/* A place in the raw head, moving forward only. */
struct walk {
	const uint8_t *p, *end;
	bool bad;
};

static void
expect(struct walk *w, struct avow_span piece)
{
	if (w->bad || piece.p != w->p || piece.n > (size_t)(w->end - w->p))
		w->bad = true;
	else
		w->p += piece.n;
}

/* n separator bytes, each of which the parser made NUL */
static void
expect_cut(struct walk *w, size_t n)
{
	for (; n; n--) {
		if (w->bad || w->p == w->end || *w->p != 0) {
			w->bad = true;
			return;
		}
		w->p++;
	}
}

/* RFC 9112, 5: name ":" OWS value; the parser left the blanks as they were. */
static void
expect_header(struct walk *w, const struct avow_http_pair *h)
{
	expect(w, h->name);
	expect_cut(w, 1);
	while (!w->bad && w->p != w->end && w->p != h->value.p &&
		(*w->p == ' ' || *w->p == '\t'))
		w->p++;
	expect(w, h->value);
	expect_cut(w, 2);
}

enum avow_err
avow_http_judge_layout(const struct avow_http_pieces *in,
	const struct avow_http_layout *at, struct avow_why *why)
{
	static const struct avow_at where = {"layout", "head", "RFC 9112, 2.2 and 5.2"};
	struct walk w = {.p = at->raw.p, .end = at->raw.p + at->raw.n};

	expect(&w, in->method);
	expect_cut(&w, 1);
	expect(&w, at->target);
	expect_cut(&w, 1);
	expect(&w, in->version);
	expect_cut(&w, 2);
	for (size_t i = 0; i < in->n_headers; i++)
		expect_header(&w, &in->headers[i]);
	expect_cut(&w, 2);
	if (w.bad || w.p != w.end)
		return avow_refuse(why, AVOW_E_HTTP_REQUEST, &where,
			"lines ended by CR LF, unfolded, without NUL, "
			"single spaces in the request line",
			NULL);
	return AVOW_OK;
}
