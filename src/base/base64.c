/*
 * Base 64. The decoder works on groups of four symbols; the last group may be
 * two or three, and its unused bits must be zero, so that one value has one
 * text (RFC 4648 section 3.5).
 */
#include "base/base64.h"

static const char STD[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* A symbol's value, already where it stands in a group of 24 bits, for each of the
 * four places; and above those bits what is wrong with it, so that a text is judged
 * by one OR of all that was looked up. */
#define BAD (1u << 24)
#define STD_ONLY (1u << 25) /* '+' and '/' */
#define URL_ONLY (1u << 26) /* '-' and '_' */

static uint32_t values[4][256];

static void
set_value(uint8_t symbol, uint32_t value, uint32_t flag)
{
	for (unsigned place = 0; place < 4; place++)
		values[place][symbol] = value << (18 - 6 * place) | flag;
}

__attribute__((constructor)) static void
make_values(void)
{
	for (unsigned i = 0; i < 256; i++)
		set_value((uint8_t)i, 0, BAD);
	for (uint8_t i = 0; i < 62; i++)
		set_value((uint8_t)STD[i], i, 0);
	set_value('+', 62, STD_ONLY);
	set_value('/', 63, STD_ONLY);
	set_value('-', 62, URL_ONLY);
	set_value('_', 63, URL_ONLY);
}

static inline void
put_whole(uint8_t *o, const uint8_t *p, const char *alphabet)
{
	uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

	o[0] = (uint8_t)alphabet[v >> 18];
	o[1] = (uint8_t)alphabet[v >> 12 & 63];
	o[2] = (uint8_t)alphabet[v >> 6 & 63];
	o[3] = (uint8_t)alphabet[v & 63];
}

/* The last one or two bytes. */
static void
put_tail(uint8_t *o, const uint8_t *p, size_t n, const char *alphabet, bool pad)
{
	uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);

	o[0] = (uint8_t)alphabet[v >> 18];
	o[1] = (uint8_t)alphabet[v >> 12 & 63];
	if (n > 1)
		o[2] = (uint8_t)alphabet[v >> 6 & 63];
	else if (pad)
		o[2] = '=';
	if (pad)
		o[3] = '=';
}

/* Room is taken once: this writes whole tokens. */
static void
put(struct avow_buf *b, struct avow_span s, const char *alphabet, bool pad)
{
	size_t tail = s.n % 3, n;
	uint8_t *o;

	if (__builtin_mul_overflow(s.n / 3, (size_t)4, &n) || n > SIZE_MAX - 4) {
		b->err = b->err == AVOW_OK ? AVOW_E_TOO_LARGE : b->err;
		return;
	}
	if (tail)
		n += pad ? 4 : tail + 1;
	o = n ? avow_buf_extend(b, n) : NULL;
	if (!o)
		return;
	for (size_t i = 0; i + 3 <= s.n; i += 3, o += 4)
		put_whole(o, s.p + i, alphabet);
	if (tail)
		put_tail(o, s.p + s.n - tail, tail, alphabet, pad);
}

void
avow_b64url_put(struct avow_buf *b, struct avow_span s)
{
	put(b, s, URL, false);
}

void
avow_b64_put(struct avow_buf *b, struct avow_span s)
{
	put(b, s, STD, true);
}

static uint32_t
group(const uint8_t *t)
{
	return values[0][t[0]] | values[1][t[1]] | values[2][t[2]] | values[3][t[3]];
}

/* Two or three symbols; the bits that no byte takes are zero. */
static enum avow_err
decode_tail(struct avow_span t, uint32_t forbidden, uint8_t *out)
{
	uint32_t v = 0;

	for (size_t k = 0; k < t.n; k++)
		v |= values[k][t.p[k]];
	if (v & (forbidden | BAD | (t.n == 2 ? 0xffff : 0xff)))
		return AVOW_E_BASE64;
	for (size_t k = 0; k + 1 < t.n; k++)
		out[k] = (uint8_t)(v >> (16 - 8 * k));
	return AVOW_OK;
}

static enum avow_err
decode_groups(struct avow_span t, uint32_t forbidden, uint8_t *out)
{
	uint32_t seen = 0;
	size_t i = 0;

	for (; i + 4 <= t.n; i += 4) {
		uint32_t v = group(t.p + i);

		seen |= v;
		out[0] = (uint8_t)(v >> 16);
		out[1] = (uint8_t)(v >> 8);
		out[2] = (uint8_t)v;
		out += 3;
	}
	if (seen & (forbidden | BAD))
		return AVOW_E_BASE64;
	return decode_tail(avow_span_from(t, i), forbidden, out);
}

static enum avow_err
decode(struct avow_span t, uint32_t forbidden, size_t max, struct avow_arena *a,
	struct avow_span *out)
{
	size_t n = t.n / 4 * 3 + (t.n % 4 ? t.n % 4 - 1 : 0);
	uint8_t *p;

	*out = (struct avow_span){NULL, 0};
	if (t.n % 4 == 1)
		return AVOW_E_BASE64;
	if (n > max)
		return AVOW_E_TOO_LARGE;
	p = avow_arena_alloc(a, n ? n : 1);
	if (!p)
		return avow_arena_err(a);
	AVOW_TRY(decode_groups(t, forbidden, p));
	*out = (struct avow_span){p, n};
	return AVOW_OK;
}

enum avow_err
avow_b64url_decode(
	struct avow_span text, size_t max, struct avow_arena *a, struct avow_span *out)
{
	return decode(text, STD_ONLY, max, a, out);
}

enum avow_err
avow_b64_decode_lenient(
	struct avow_span text, size_t max, struct avow_arena *a, struct avow_span *out)
{
	size_t pad = 0;

	*out = (struct avow_span){NULL, 0};
	while (pad < text.n && text.p[text.n - 1 - pad] == '=')
		pad++;
	/* Padding, where present, must complete a group of four. */
	if (pad > 2 || (pad && text.n % 4 != 0))
		return AVOW_E_BASE64;
	text.n -= pad;
	return decode(text, 0, max, a, out);
}
