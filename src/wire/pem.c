/*
 * PEM by the strict grammar of RFC 7468 (section 3, figure 3): each line of a
 * body has the same width but the last, which may be shorter; LF or CR LF. The
 * width is 64 or, in PCK chains of real quotes, the 76 of MIME (RFC 2045 6.8).
 * What stands between blocks is white space; white space and NULs may end the text
 * (a PCK chain in a quote is a C string). The DER inside is not looked at.
 */
#include "wire/pem.h"

#include <string.h>

#include "base/base64.h"

#define BEGIN AVOW_LIT("-----BEGIN ")
#define END AVOW_LIT("-----END ")
#define DASHES AVOW_LIT("-----")
#define LINE 64
#define MIME_LINE 76
#define MAX_LABEL 64

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct avow_span
skip_space(struct avow_span s)
{
	size_t i = 0;

	while (i < s.n && is_space(s.p[i]))
		i++;
	return avow_span_from(s, i);
}

/* The first line without its end; *s moves behind that. */
static struct avow_span
take_line(struct avow_span *s)
{
	size_t n = avow_span_find_byte(*s, '\n');
	struct avow_span line = avow_span_slice(*s, 0, n);

	if (n < s->n && n && line.p[n - 1] == '\r')
		line.n--;
	*s = avow_span_from(*s, n + 1);
	return line;
}

/* RFC 7468, 3: visible characters but the hyphen, single spaces inside. */
static bool
is_label(struct avow_span s)
{
	if (s.n == 0 || s.n > MAX_LABEL || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e || s.p[i] == '-')
			return false;
		if (s.p[i] == ' ' && s.p[i + 1] == ' ')
			return false;
	}
	return true;
}

/* The label between `head` and five hyphens; false when the line differs. */
static bool
boundary(struct avow_span line, struct avow_span head, struct avow_span *label)
{
	if (line.n < head.n + DASHES.n || !avow_span_starts(line, head) ||
		!avow_span_ends(line, DASHES))
		return false;
	*label = avow_span_slice(line, head.n, line.n - head.n - DASHES.n);
	return is_label(*label);
}

/* *width is 0 before the first line, which sets it unless it is the only one. */
static bool
is_body_line(struct avow_span line, bool last, size_t *width)
{
	if (*width == 0 && !last && (line.n == LINE || line.n == MIME_LINE))
		*width = line.n;
	if (line.n == 0 || line.n > (*width ? *width : LINE))
		return false;
	if (line.n < *width && !last)
		return false;
	if (*width == 0 && !last)
		return false;
	/* the decoder below would take the URL alphabet too */
	return avow_span_find_byte(line, '-') == line.n &&
	       avow_span_find_byte(line, '_') == line.n;
}

static enum avow_err
decode_body(struct avow_span body, struct avow_arena *a, struct avow_span *der)
{
	uint8_t *text = avow_arena_alloc(a, body.n);
	size_t max = body.n, n = 0, width = 0;

	if (!text)
		return avow_arena_err(a);
	while (body.n) {
		struct avow_span line = take_line(&body);

		if (!is_body_line(line, body.n == 0, &width))
			return AVOW_E_PEM_SYNTAX;
		memcpy(text + n, line.p, line.n);
		n += line.n;
	}
	if (n == 0 || n % 4)
		return AVOW_E_PEM_SYNTAX;
	if (avow_b64_decode_lenient(avow_span_make(text, n), max, a, der) == AVOW_OK)
		return AVOW_OK;
	return a->hit_limit ? AVOW_E_TOO_LARGE : AVOW_E_PEM_SYNTAX;
}

/* One block at the start of *s, which moves behind its last line. */
static enum avow_err
take_block(struct avow_span *s, struct avow_arena *a, struct avow_pem_block *out)
{
	const uint8_t *start = s->p;
	struct avow_span line = take_line(s), body, label;

	if (!boundary(line, BEGIN, &out->label))
		return AVOW_E_PEM_SYNTAX;
	body = avow_span_slice(*s, 0, avow_span_find(*s, END));
	*s = avow_span_from(*s, body.n);
	line = take_line(s);
	/* section 3: the labels of both boundaries are the same */
	if (body.n == 0 || body.p[body.n - 1] != '\n' || !boundary(line, END, &label) ||
		!avow_span_eq(label, out->label))
		return AVOW_E_PEM_SYNTAX;
	out->text = avow_span_make(start, (size_t)(line.p + line.n - start));
	return decode_body(body, a, &out->der);
}

static size_t
count_blocks(struct avow_span s)
{
	size_t n = 0;

	for (;;) {
		size_t at = avow_span_find(s, BEGIN);

		if (at == s.n)
			return n;
		s = avow_span_from(s, at + BEGIN.n);
		n++;
	}
}

enum avow_err
avow_pem_parse(struct avow_span text, size_t max, struct avow_arena *a,
	struct avow_pem_block **out, size_t *n)
{
	struct avow_pem_block *blocks;
	size_t count = count_blocks(text);

	*out = NULL;
	*n = 0;
	if (count == 0)
		return AVOW_E_PEM_SYNTAX;
	if (count > max)
		return AVOW_E_PEM_COUNT;
	while (text.n && (text.p[text.n - 1] == 0 || is_space(text.p[text.n - 1])))
		text.n--;
	blocks = avow_arena_array(a, count, sizeof(*blocks));
	if (!blocks)
		return avow_arena_err(a);
	for (size_t i = 0; i < count; i++) {
		text = skip_space(text);
		AVOW_TRY(take_block(&text, a, &blocks[i]));
	}
	if (text.n)
		return AVOW_E_PEM_SYNTAX;
	*out = blocks;
	*n = count;
	return AVOW_OK;
}

bool
avow_pem_is(struct avow_span text)
{
	return avow_span_starts(skip_space(text), BEGIN);
}

void
avow_pem_put(struct avow_buf *b, const char *label, struct avow_span der)
{
	struct avow_buf b64;
	struct avow_span rest;

	avow_buf_init(&b64, SIZE_MAX / 2);
	avow_b64_put(&b64, der);
	if (b64.err != AVOW_OK && b->err == AVOW_OK)
		b->err = b64.err;
	avow_buf_printf(b, "-----BEGIN %s-----\n", label);
	for (rest = avow_buf_span(&b64); rest.n; rest = avow_span_from(rest, LINE)) {
		avow_buf_put(b, avow_span_slice(rest, 0, LINE));
		avow_buf_put_byte(b, '\n');
	}
	avow_buf_printf(b, "-----END %s-----\n", label);
	avow_buf_clear(&b64);
}
