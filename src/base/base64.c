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

#define BAD 0xff
#define STD_ONLY 0x40 /* '+' and '/' */
#define URL_ONLY 0x80 /* '-' and '_' */

static uint8_t values[256];

__attribute__((constructor)) static void
make_values(void)
{
	for (size_t i = 0; i < 256; i++)
		values[i] = BAD;
	for (uint8_t i = 0; i < 62; i++)
		values[(uint8_t)STD[i]] = i;
	values['+'] = 62 | STD_ONLY;
	values['/'] = 63 | STD_ONLY;
	values['-'] = 62 | URL_ONLY;
	values['_'] = 63 | URL_ONLY;
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

/* One symbol's six bits, or BAD when its alphabet is not allowed. */
static uint8_t
symbol(uint8_t c, uint8_t forbidden)
{
	uint8_t v = values[c];

	if (v == BAD || (v & forbidden))
		return BAD;
	return v & 63;
}

static enum avow_err
decode_tail(struct avow_span t, uint8_t forbidden, uint8_t *out)
{
	uint32_t v = 0;

	for (size_t k = 0; k < t.n; k++) {
		uint8_t x = symbol(t.p[k], forbidden);

		if (x == BAD)
			return AVOW_E_BASE64;
		v = v << 6 | x;
	}
	if (t.n == 2) {
		if (v & 0xf)
			return AVOW_E_BASE64;
		out[0] = (uint8_t)(v >> 4);
	} else if (t.n == 3) {
		if (v & 0x3)
			return AVOW_E_BASE64;
		out[0] = (uint8_t)(v >> 10);
		out[1] = (uint8_t)(v >> 2);
	}
	return AVOW_OK;
}

static enum avow_err
decode_groups(struct avow_span t, uint8_t forbidden, uint8_t *out)
{
	for (size_t i = 0; i + 4 <= t.n; i += 4) {
		uint8_t a = symbol(t.p[i], forbidden);
		uint8_t b = symbol(t.p[i + 1], forbidden);
		uint8_t c = symbol(t.p[i + 2], forbidden);
		uint8_t d = symbol(t.p[i + 3], forbidden);

		if (a == BAD || b == BAD || c == BAD || d == BAD)
			return AVOW_E_BASE64;
		*out++ = (uint8_t)(a << 2 | b >> 4);
		*out++ = (uint8_t)(b << 4 | c >> 2);
		*out++ = (uint8_t)(c << 6 | d);
	}
	return decode_tail(avow_span_from(t, t.n & ~(size_t)3), forbidden, out);
}

static enum avow_err
decode(struct avow_span t, uint8_t forbidden, size_t max, struct avow_arena *a,
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
