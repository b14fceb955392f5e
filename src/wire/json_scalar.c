/*
 * JSON strings and numbers: from their first byte to their last. A string
 * without an escape is a slice of the input; one with an escape is decoded into
 * the arena, after all of it was found good. A number is judged by RFC 8259's
 * grammar before the C library sees it.
 */
#include "wire/json_parser.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "wire/json_plain.h"

static inline bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* --- strings ---------------------------------------------------------------- */

/* Four hex digits at `from`; UINT32_MAX when they are not there. */
static uint32_t
hex4(const struct avow_json_parser *p, size_t from)
{
	uint32_t v = 0;

	if (from > p->text.n || p->text.n - from < 4)
		return UINT32_MAX;
	for (size_t i = from; i < from + 4; i++) {
		int d = avow_hex_value(p->text.p[i]);

		if (d < 0)
			return UINT32_MAX;
		v = v << 4 | (uint32_t)d;
	}
	return v;
}

/*
 * The escape whose backslash stands at p->at: its length in bytes and its code
 * point. 0 means refused. RFC 8259, 7; lone surrogates by RFC 7493, 2.1.
 */
static size_t
escape(struct avow_json_parser *p, uint32_t *cp)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : -1;
	const char *hit = c > 0 ? strchr(from, c) : NULL;
	uint32_t low;

	if (hit) {
		*cp = (uint8_t)to[hit - from];
		return 2;
	}
	*cp = c == 'u' ? hex4(p, p->at + 2) : UINT32_MAX;
	if (*cp == UINT32_MAX) {
		avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "an escape of RFC 8259");
		return 0;
	}
	if (*cp < 0xd800 || *cp > 0xdfff)
		return 6;
	low = *cp < 0xdc00 && p->text.n - p->at >= 12 && p->text.p[p->at + 6] == '\\' &&
			      p->text.p[p->at + 7] == 'u'
		      ? hex4(p, p->at + 8)
		      : UINT32_MAX;
	if (low < 0xdc00 || low > 0xdfff) {
		avow_json_fail(p, AVOW_E_JSON_UTF8, p->at, "a surrogate pair");
		return 0;
	}
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

/* Over characters that mean themselves, many at a time: up to the first block with
 * one that does not. */
static void
skip_plain(struct avow_json_parser *p)
{
	while (p->text.n - p->at >= AVOW_JSON_LANES &&
		avow_json_is_plain_block(p->text.p + p->at))
		p->at += AVOW_JSON_LANES;
}

/* From behind the opening quote to the closing one. */
static bool
scan_string(struct avow_json_parser *p, bool *escaped)
{
	skip_plain(p);
	while (p->at < p->text.n) {
		uint8_t c = p->text.p[p->at];
		uint32_t cp;
		size_t n = 1;

		if (c == '"')
			return true;
		if (c == '\\') {
			*escaped = true;
			n = escape(p, &cp);
			if (n == 0)
				return false;
		} else if (c >= 0x80) {
			n = avow_utf8_decode(avow_span_from(p->text, p->at), &cp);
			if (n == 0)
				return avow_json_fail(
					p, AVOW_E_JSON_UTF8, p->at, "UTF-8");
		} else if (c < 0x20) {
			return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at,
				"no control character in a string");
		}
		p->at += n;
	}
	return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "a closing quote");
}

/* [from, to) again, now known to be good: decoded text is never longer. */
static bool
unescape(struct avow_json_parser *p, size_t from, size_t to, struct avow_span *out)
{
	uint8_t *dst = avow_arena_alloc(p->arena, to - from);
	size_t n = 0;

	if (!dst)
		return avow_json_fail(p, avow_arena_err(p->arena), from, NULL);
	for (p->at = from; p->at < to;) {
		uint32_t cp;

		if (p->text.p[p->at] != '\\') {
			dst[n++] = p->text.p[p->at++];
			continue;
		}
		p->at += escape(p, &cp);
		n += avow_utf8_encode(cp, dst + n);
	}
	*out = (struct avow_span){dst, n};
	return true;
}

bool
avow_json_read_string(struct avow_json_parser *p, struct avow_span *out)
{
	size_t from = p->at + 1, to;
	bool escaped = false;

	p->at = from;
	if (!scan_string(p, &escaped))
		return false;
	to = p->at;
	if (escaped && !unescape(p, from, to, out))
		return false;
	if (!escaped)
		*out = avow_span_slice(p->text, from, to - from);
	p->at = to + 1;
	return true;
}

/* --- numbers ---------------------------------------------------------------- */

static bool
digits(struct avow_json_parser *p)
{
	if (!is_digit(avow_json_peek(p)))
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "a digit");
	while (is_digit(avow_json_peek(p)))
		p->at++;
	return true;
}

/* strtod wants a NUL behind the text. The locale is C: nothing here sets one. */
static bool
read_real(struct avow_json_parser *p, struct avow_json *v)
{
	char small[64];
	const char *text = small;

	if (v->raw.n < sizeof(small)) {
		memcpy(small, v->raw.p, v->raw.n);
		small[v->raw.n] = '\0';
	} else {
		text = (const char *)avow_arena_copy(p->arena, v->raw).p;
		if (!text)
			return avow_json_fail(p, avow_arena_err(p->arena), p->at, NULL);
	}
	v->type = AVOW_JSON_REAL;
	v->real = strtod(text, NULL);
	if (!isfinite(v->real))
		return avow_json_fail(
			p, AVOW_E_JSON_NUMBER, p->at - v->raw.n, "a finite double");
	return true;
}

/* False when the digits do not fit; `s` is RFC 8259's minus and int. */
static bool
read_int(struct avow_span s, int64_t *out)
{
	bool minus = s.p[0] == '-';
	int64_t v = 0;

	for (size_t i = minus; i < s.n; i++) {
		int d = s.p[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, minus ? -d : d, &v))
			return false;
	}
	*out = v;
	return true;
}

/* RFC 8259, 6 */
bool
avow_json_read_number(struct avow_json_parser *p, struct avow_json *v)
{
	size_t from = p->at;
	bool whole = true;

	if (avow_json_peek(p) == '-')
		p->at++;
	if (avow_json_peek(p) == '0')
		p->at++; /* no digit may follow: it would be a trailing token */
	else if (!digits(p))
		return false;
	if (avow_json_peek(p) == '.') {
		whole = false;
		p->at++;
		if (!digits(p))
			return false;
	}
	if (avow_json_peek(p) == 'e' || avow_json_peek(p) == 'E') {
		whole = false;
		p->at++;
		if (avow_json_peek(p) == '+' || avow_json_peek(p) == '-')
			p->at++;
		if (!digits(p))
			return false;
	}
	v->raw = avow_span_slice(p->text, from, p->at - from);
	if (!whole || !read_int(v->raw, &v->integer))
		return read_real(p, v);
	v->type = AVOW_JSON_INT;
	v->real = (double)v->integer;
	return true;
}
