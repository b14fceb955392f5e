/*
 * base/cursor. The input is a program and its own data: each byte names the
 * next read. Property: every span lies inside the input, a bad cursor gives
 * zero and stays bad, and position plus what is left is the length.
 */
#include "must.h"

#include "base/cursor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
inside(struct avow_span part, const uint8_t *data, size_t n)
{
	if (part.n)
		must(part.p >= data && part.n <= n &&
			(size_t)(part.p - data) <= n - part.n);
}

static uint64_t
read_one(struct avow_cursor *c, uint8_t op)
{
	switch (op % 8) {
	case 0:
		return avow_cur_u8(c);
	case 1:
		return avow_cur_le16(c);
	case 2:
		return avow_cur_le32(c);
	case 3:
		return avow_cur_le64(c);
	case 4:
		return avow_cur_be16(c);
	case 5:
		return avow_cur_be32(c);
	case 6:
		return avow_cur_be64(c);
	default:
		avow_cur_skip(c, op);
		return 0;
	}
}

static void
walk(struct avow_cursor c, const uint8_t *data, size_t n, int depth)
{
	for (int i = 0; i < 64; i++) {
		bool was_bad = avow_cur_is_bad(&c);
		uint8_t op = avow_cur_u8(&c);
		struct avow_cursor before = c;

		if (op >= 128 && depth < 4) {
			struct avow_cursor kid = avow_cur_sub(&c, op % 64u);

			inside(kid.in, data, n);
			must(avow_cur_is_bad(&kid) == avow_cur_is_bad(&c));
			walk(kid, data, n, depth + 1);
		} else if (op >= 64) {
			inside(avow_cur_bytes(&c, op % 64u), data, n);
		} else if (read_one(&c, op) != 0) {
			must(!avow_cur_is_bad(&c));
		}
		must(!was_bad || avow_cur_is_bad(&c));
		must(!avow_cur_is_bad(&c) || avow_cur_left(&c) == 0);
		if (avow_cur_is_bad(&c))
			must(c.bad_at >= c.base && c.bad_at <= c.base + c.in.n);
		else
			must(c.pos >= before.pos &&
				c.pos + avow_cur_left(&c) == c.in.n);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	walk(avow_cur(avow_span_make(data, n)), data, n, 0);
	return 0;
}
