/* UTF-8 by the table of RFC 3629 section 4 (Unicode 3-7). */
#include "base/utf8.h"

static bool
is_tail(uint8_t c, uint8_t lo, uint8_t hi)
{
	return c >= lo && c <= hi;
}

/* Length of the sequence that `c` starts and the range of its second byte. */
static size_t
lead(uint8_t c, uint8_t *lo, uint8_t *hi)
{
	*lo = 0x80;
	*hi = 0xbf;
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef) {
		*lo = c == 0xe0 ? 0xa0 : 0x80; /* overlong */
		*hi = c == 0xed ? 0x9f : 0xbf; /* surrogates */
		return 3;
	}
	if (c >= 0xf0 && c <= 0xf4) {
		*lo = c == 0xf0 ? 0x90 : 0x80; /* overlong */
		*hi = c == 0xf4 ? 0x8f : 0xbf; /* above U+10FFFF */
		return 4;
	}
	return 0;
}

size_t
avow_utf8_decode(struct avow_span s, uint32_t *cp)
{
	static const uint8_t first_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint8_t lo, hi;
	size_t n;

	*cp = 0;
	if (s.n == 0)
		return 0;
	n = lead(s.p[0], &lo, &hi);
	if (n == 0 || n > s.n)
		return 0;
	*cp = s.p[0] & first_mask[n];
	for (size_t i = 1; i < n; i++) {
		if (!is_tail(s.p[i], i == 1 ? lo : 0x80, i == 1 ? hi : 0xbf))
			return 0;
		*cp = *cp << 6 | (s.p[i] & 0x3f);
	}
	return n;
}

bool
avow_utf8_is_valid(struct avow_span s)
{
	size_t i = 0;

	while (i < s.n) {
		uint32_t cp;
		size_t n = 1;

		if (s.p[i] >= 0x80)
			n = avow_utf8_decode(avow_span_from(s, i), &cp);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t
avow_utf8_encode(uint32_t cp, uint8_t *out)
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

void
avow_utf8_put(struct avow_buf *b, uint32_t cp)
{
	uint8_t bytes[4];
	size_t n = avow_utf8_encode(cp, bytes);

	avow_buf_put(b, avow_span_make(bytes, n));
}
