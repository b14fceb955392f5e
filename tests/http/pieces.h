/*
 * A request's head written as text, split as an in-place parser splits it:
 * separators become NUL in a copy of exactly its size, so that ASan sees a
 * read past it.
 */
#ifndef AVOW_TESTS_HTTP_PIECES_H
#define AVOW_TESTS_HTTP_PIECES_H

#include <stdlib.h>
#include <string.h>

#include "http/head.h"

#define PIECES_MAX 128

struct pieces {
	char *raw;
	size_t n;
	struct avow_http_pair pairs[PIECES_MAX];
	struct avow_http_pieces in;
	struct avow_http_layout layout;
	bool refused;	/* by the library itself: a line without a colon */
};

static inline struct avow_span
pieces_cut(char **at, char *end, char stop)
{
	char *from = *at;

	while (*at < end && **at != stop && **at != '\r' && **at != '\n')
		(*at)++;
	/* the library has a C string here: a NUL ends it */
	return avow_span_make(from, strnlen(from, (size_t)(*at - from)));
}

/* The line's end, lenient as the library is: CR LF or LF, both become NUL. */
static inline void
pieces_end_line(char **at, char *end)
{
	if (*at < end && **at == '\r')
		*(*at)++ = '\0';
	if (*at < end && **at == '\n')
		*(*at)++ = '\0';
}

static inline void
pieces_split(struct pieces *p, struct avow_span text)
{
	char *at, *end;

	memset(p, 0, sizeof(*p));
	p->raw = malloc(text.n ? text.n : 1);
	p->n = text.n;
	memcpy(p->raw, text.p, text.n);
	at = p->raw;
	end = p->raw + p->n;
	p->in.method = pieces_cut(&at, end, ' ');
	if (at < end && *at == ' ')
		*at++ = '\0';
	p->in.target = pieces_cut(&at, end, ' ');
	if (at < end && *at == ' ')
		*at++ = '\0';
	p->in.version = pieces_cut(&at, end, '\0');
	pieces_end_line(&at, end);
	while (at < end && *at != '\r' && *at != '\n' && p->in.n_headers < PIECES_MAX) {
		struct avow_http_pair *h = &p->pairs[p->in.n_headers++];

		h->name = pieces_cut(&at, end, ':');
		/* A C string without a colon is no header to it: 400. */
		if (h->name.p + h->name.n != (const uint8_t *)at || at == end ||
			*at != ':')
			p->refused = true;
		if (at < end && *at == ':')
			*at++ = '\0';
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		h->value = pieces_cut(&at, end, '\0');
		pieces_end_line(&at, end);
	}
	pieces_end_line(&at, end);
	p->in.headers = p->pairs;
	p->layout.raw = avow_span_make(p->raw, (size_t)(at - p->raw));
	p->layout.target = p->in.target;
}

static inline void
pieces_free(struct pieces *p)
{
	free(p->raw);
}

#endif
