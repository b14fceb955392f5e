/* Hexadecimal text, one table each way. */
#include "base/hex.h"

static const char DIGITS[] = "0123456789abcdef";

int
avow_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void
put_digits(struct avow_span s, char *out)
{
	for (size_t i = 0; i < s.n; i++) {
		*out++ = DIGITS[s.p[i] >> 4];
		*out++ = DIGITS[s.p[i] & 15];
	}
}

void
avow_hex_encode(struct avow_span s, char *out)
{
	put_digits(s, out);
	out[s.n * 2] = '\0';
}

void
avow_hex_put(struct avow_buf *b, struct avow_span s)
{
	size_t n;
	uint8_t *at = NULL;

	if (__builtin_mul_overflow(s.n, (size_t)2, &n))
		n = SIZE_MAX; /* more than any buffer's maximum: an error there */
	if (n)
		at = avow_buf_extend(b, n);
	if (at)
		put_digits(s, (char *)at);
}

enum avow_err
avow_hex_decode(struct avow_span text, uint8_t *out, size_t n)
{
	if (n > SIZE_MAX / 2 || text.n != n * 2)
		return AVOW_E_HEX;
	for (size_t i = 0; i < n; i++) {
		int hi = avow_hex_value(text.p[2 * i]);
		int lo = avow_hex_value(text.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return AVOW_E_HEX;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return AVOW_OK;
}

bool
avow_hex_is(struct avow_span s)
{
	if (s.n == 0 || s.n % 2)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (avow_hex_value(s.p[i]) < 0)
			return false;
	return true;
}
