/*
 * The JSON writer: a tree, or a stream of calls, to compact text. SORTED text
 * is canonical: one tree has one text, whatever order it was read in. Numbers
 * follow RFC 8785, 3.2.2.3 (the shortest digits that read back as the same
 * double, laid out as ECMAScript does), with two exceptions that reading back
 * needs: the negative zero is "-0.0", and a whole number that fits 64 bits has
 * all its digits, because it is read as an integer.
 */
#include "wire/json.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "wire/json_order.h"
#include "wire/json_plain.h"

/* --- scalars ------------------------------------------------------------------ */

/* RFC 8259, 7: quotation mark, reverse solidus, and U+0000 through U+001F */
static void
put_escape(struct avow_buf *b, uint8_t c)
{
	static const char short_for[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *hit = c ? strchr(short_for, c) : NULL;

	if (hit) {
		avow_buf_put_byte(b, '\\');
		avow_buf_put_byte(b, (uint8_t)letter[hit - short_for]);
		return;
	}
	avow_buf_printf(b, "\\u%04x", c);
}

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c < 0x80;
}

static size_t
plain_length(struct avow_span s, size_t from)
{
	size_t i = from;

	while (s.n - i >= AVOW_JSON_LANES && avow_json_is_plain_block(s.p + i))
		i += AVOW_JSON_LANES;
	while (i < s.n && is_plain(s.p[i]))
		i++;
	return i - from;
}

/* Almost every string needs no escape: it is copied at once. `after` is put
 * behind the closing quote; 0 is none. */
static bool
put_plain(struct avow_buf *b, struct avow_span s, char after)
{
	uint8_t *at;
	size_t n;

	if (plain_length(s, 0) < s.n ||
		__builtin_add_overflow(s.n, after ? 3u : 2u, &n))
		return false;
	at = avow_buf_extend(b, n);
	if (!at)
		return true; /* the error sticks */
	at[0] = '"';
	if (s.n)
		memcpy(at + 1, s.p, s.n);
	at[s.n + 1] = '"';
	if (after)
		at[s.n + 2] = (uint8_t)after;
	return true;
}

void
avow_json_put_string(struct avow_buf *b, struct avow_span s)
{
	size_t i = 0;

	if (put_plain(b, s, 0))
		return;
	avow_buf_put_byte(b, '"');
	while (i < s.n && b->err == AVOW_OK) {
		size_t plain = plain_length(s, i), n;
		uint32_t cp;

		avow_buf_put(b, avow_span_slice(s, i, plain));
		i += plain;
		if (i == s.n)
			break;
		if (s.p[i] < 0x80) {
			put_escape(b, s.p[i++]);
			continue;
		}
		n = avow_utf8_decode(avow_span_from(s, i), &cp);
		avow_utf8_put(b, n ? cp : 0xfffd);
		i += n ? n : 1;
	}
	avow_buf_put_byte(b, '"');
}

void
avow_json_put_int(struct avow_buf *b, int64_t v)
{
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	char text[20]; /* 19 digits and a sign */
	size_t at = sizeof(text);

	do
		text[--at] = (char)('0' + left % 10);
	while (left /= 10);
	if (v < 0)
		text[--at] = '-';
	avow_buf_put(b, avow_span_make(text + at, sizeof(text) - at));
}

/* "d.ddde-xx" with the fewest digits that read back; v is finite, above 0. */
static void
shortest(double v, char *text, size_t room)
{
	/* 15 digits always survive a normal double; a subnormal may need one. */
	for (int n = v < DBL_MIN ? 0 : 14; n <= 16; n++) {
		snprintf(text, room, "%.*e", n, v);
		if (strtod(text, NULL) == v) /* NOLINT: the same bits are meant */
			return;
	}
}

/* The digits of shortest() without point and trailing zeros; the decimal point
 * stands behind digit *point. */
static void
split(const char *text, char *digits, int *point)
{
	const char *e = strchr(text, 'e');
	size_t n = 0;

	for (const char *s = text; s < e; s++)
		if (*s != '.')
			digits[n++] = *s;
	while (n > 1 && digits[n - 1] == '0')
		n--;
	digits[n] = '\0';
	*point = (int)strtol(e + 1, NULL, 10) + 1;
}

static void
put_zeros(struct avow_buf *b, int n)
{
	for (; n > 0; n--)
		avow_buf_put_byte(b, '0');
}

static void
put_positive(struct avow_buf *b, double v)
{
	char text[40], digits[40];
	int point, n;

	shortest(v, text, sizeof(text));
	split(text, digits, &point);
	n = (int)strlen(digits);
	if (n <= point && point <= 21) {
		avow_buf_put_str(b, digits);
		put_zeros(b, point - n);
	} else if (0 < point && point <= 21) {
		avow_buf_put(b, avow_span_make(digits, (size_t)point));
		avow_buf_put_byte(b, '.');
		avow_buf_put_str(b, digits + point);
	} else if (-6 < point && point <= 0) {
		avow_buf_put_str(b, "0.");
		put_zeros(b, -point);
		avow_buf_put_str(b, digits);
	} else {
		avow_buf_put_byte(b, (uint8_t)digits[0]);
		if (n > 1)
			avow_buf_put_byte(b, '.');
		avow_buf_put_str(b, digits + 1);
		avow_buf_printf(b, "e%c%d", point > 0 ? '+' : '-', abs(point - 1));
	}
}

void
avow_json_put_real(struct avow_buf *b, double v)
{
	if (!isfinite(v)) {
		avow_buf_put_str(b, "null"); /* JSON has no word for it */
		return;
	}
	if (fpclassify(v) == FP_ZERO) {
		avow_buf_put_str(b, signbit(v) ? "-0.0" : "0");
		return;
	}
	/* A reader takes these digits for an integer, so all of them count. */
	if (v >= -0x1p63 && v < 0x1p63 && (double)(int64_t)v == v) {
		avow_json_put_int(b, (int64_t)v);
		return;
	}
	if (signbit(v))
		avow_buf_put_byte(b, '-');
	put_positive(b, fabs(v));
}

/* --- the tree ------------------------------------------------------------------ */

static void
put_items(struct avow_buf *b, const struct avow_json *v, enum avow_json_order order)
{
	avow_buf_put_byte(b, '[');
	for (size_t i = 0; i < v->count && b->err == AVOW_OK; i++) {
		if (i)
			avow_buf_put_byte(b, ',');
		avow_json_put(b, &v->items[i], order);
	}
	avow_buf_put_byte(b, ']');
}

static void
put_member(struct avow_buf *b, const struct avow_json_member *m, bool first,
	enum avow_json_order order)
{
	if (!first)
		avow_buf_put_byte(b, ',');
	avow_json_put_string(b, m->name);
	avow_buf_put_byte(b, ':');
	avow_json_put(b, &m->value, order);
}

static void
put_sorted(struct avow_buf *b, const struct avow_json *v)
{
	const struct avow_json_member **m =
		avow_json_order(v->members, v->count, false);

	if (!m && b->err == AVOW_OK)
		b->err = AVOW_E_NO_MEMORY;
	for (size_t i = 0; m && i < v->count && b->err == AVOW_OK; i++)
		put_member(b, m[i], i == 0, AVOW_JSON_SORTED);
	free(m);
}

static void
put_members(struct avow_buf *b, const struct avow_json *v, enum avow_json_order order)
{
	avow_buf_put_byte(b, '{');
	if (order == AVOW_JSON_SORTED && v->count > 1)
		put_sorted(b, v);
	else
		for (size_t i = 0; i < v->count && b->err == AVOW_OK; i++)
			put_member(b, &v->members[i], i == 0, order);
	avow_buf_put_byte(b, '}');
}

void
avow_json_put(struct avow_buf *b, const struct avow_json *v, enum avow_json_order order)
{
	switch (v->type) {
	case AVOW_JSON_BOOL:
		avow_buf_put_str(b, v->boolean ? "true" : "false");
		return;
	case AVOW_JSON_INT:
		avow_json_put_int(b, v->integer);
		return;
	case AVOW_JSON_REAL:
		avow_json_put_real(b, v->real);
		return;
	case AVOW_JSON_STRING:
		avow_json_put_string(b, v->string);
		return;
	case AVOW_JSON_ARRAY:
		put_items(b, v, order);
		return;
	case AVOW_JSON_OBJECT:
		put_members(b, v, order);
		return;
	case AVOW_JSON_NULL:
	default:
		avow_buf_put_str(b, "null");
	}
}

/* --- the stream ------------------------------------------------------------------ */

void
avow_jw_init(struct avow_jw *w, struct avow_buf *b)
{
	*w = (struct avow_jw){.b = b};
}

/* Misuse is ours, not the input's: it sticks, so that no wrong text goes out. */
static void
misused(struct avow_jw *w)
{
	if (w->b->err == AVOW_OK)
		w->b->err = AVOW_E_INTERNAL;
}

/* Before any value: the comma, and the rule that a member has a name. */
static void
before_value(struct avow_jw *w)
{
	size_t top = w->depth - 1;

	if (w->depth == 0)
		return;
	if (w->kind[top] == '{') {
		if (!w->after_name)
			misused(w);
		w->after_name = false;
		return;
	}
	if (w->any[top])
		avow_buf_put_byte(w->b, ',');
	w->any[top] = true;
}

void
avow_jw_open(struct avow_jw *w, char kind)
{
	before_value(w);
	if (w->depth == sizeof(w->kind) || (kind != '{' && kind != '[')) {
		misused(w);
		return;
	}
	avow_buf_put_byte(w->b, (uint8_t)kind);
	w->kind[w->depth] = kind;
	w->any[w->depth++] = false;
}

void
avow_jw_close(struct avow_jw *w)
{
	if (w->depth == 0 || w->after_name) {
		misused(w);
		return;
	}
	w->depth--;
	avow_buf_put_byte(w->b, w->kind[w->depth] == '{' ? '}' : ']');
}

void
avow_jw_name_span(struct avow_jw *w, struct avow_span name)
{
	if (w->depth == 0 || w->kind[w->depth - 1] != '{' || w->after_name) {
		misused(w);
		return;
	}
	if (w->any[w->depth - 1])
		avow_buf_put_byte(w->b, ',');
	w->any[w->depth - 1] = true;
	w->after_name = true;
	if (put_plain(w->b, name, ':'))
		return;
	avow_json_put_string(w->b, name);
	avow_buf_put_byte(w->b, ':');
}

void
avow_jw_name(struct avow_jw *w, const char *name)
{
	avow_jw_name_span(w, avow_span_str(name));
}

void
avow_jw_string(struct avow_jw *w, struct avow_span s)
{
	before_value(w);
	avow_json_put_string(w->b, s);
}

void
avow_jw_str(struct avow_jw *w, const char *s)
{
	if (s)
		avow_jw_string(w, avow_span_str(s));
	else
		avow_jw_null(w);
}

void
avow_jw_int(struct avow_jw *w, int64_t v)
{
	before_value(w);
	avow_json_put_int(w->b, v);
}

void
avow_jw_bool(struct avow_jw *w, bool v)
{
	avow_jw_raw(w, v ? AVOW_LIT("true") : AVOW_LIT("false"));
}

void
avow_jw_null(struct avow_jw *w)
{
	avow_jw_raw(w, AVOW_LIT("null"));
}

void
avow_jw_hex(struct avow_jw *w, struct avow_span bytes)
{
	before_value(w);
	avow_buf_put_byte(w->b, '"');
	avow_hex_put(w->b, bytes);
	avow_buf_put_byte(w->b, '"');
}

void
avow_jw_b64url(struct avow_jw *w, struct avow_span bytes)
{
	before_value(w);
	avow_buf_put_byte(w->b, '"');
	avow_b64url_put(w->b, bytes);
	avow_buf_put_byte(w->b, '"');
}

void
avow_jw_b64(struct avow_jw *w, struct avow_span bytes)
{
	before_value(w);
	avow_buf_put_byte(w->b, '"');
	avow_b64_put(w->b, bytes);
	avow_buf_put_byte(w->b, '"');
}

void
avow_jw_raw(struct avow_jw *w, struct avow_span json)
{
	before_value(w);
	avow_buf_put(w->b, json);
}

void
avow_jw_value(struct avow_jw *w, const struct avow_json *v, enum avow_json_order order)
{
	before_value(w);
	avow_json_put(w->b, v, order);
}
