/*
 * Bounds are tested by subtraction only (n > left), so that no sum of an
 * outside number can wrap.
 */
#include "base/cursor.h"

struct avow_cursor
avow_cur(struct avow_span in)
{
	return (struct avow_cursor){.in = in};
}

static void
spoil(struct avow_cursor *c)
{
	if (!c->bad)
		c->bad_at = c->base + c->pos;
	c->bad = true;
}

struct avow_span
avow_cur_bytes(struct avow_cursor *c, size_t n)
{
	struct avow_span out;

	if (c->bad || n > c->in.n - c->pos) {
		spoil(c);
		return (struct avow_span){NULL, 0};
	}
	/* an empty input may have no address, and NULL + 0 is undefined */
	out = (struct avow_span){c->in.p ? c->in.p + c->pos : NULL, n};
	c->pos += n;
	return out;
}

static uint64_t
read_le(struct avow_cursor *c, size_t n)
{
	struct avow_span s = avow_cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = s.n; i-- > 0;)
		v = v << 8 | s.p[i];
	return v;
}

static uint64_t
read_be(struct avow_cursor *c, size_t n)
{
	struct avow_span s = avow_cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	return v;
}

uint8_t
avow_cur_u8(struct avow_cursor *c)
{
	return (uint8_t)read_le(c, 1);
}

uint16_t
avow_cur_le16(struct avow_cursor *c)
{
	return (uint16_t)read_le(c, 2);
}

uint32_t
avow_cur_le32(struct avow_cursor *c)
{
	return (uint32_t)read_le(c, 4);
}

uint64_t
avow_cur_le64(struct avow_cursor *c)
{
	return read_le(c, 8);
}

uint16_t
avow_cur_be16(struct avow_cursor *c)
{
	return (uint16_t)read_be(c, 2);
}

uint32_t
avow_cur_be32(struct avow_cursor *c)
{
	return (uint32_t)read_be(c, 4);
}

uint64_t
avow_cur_be64(struct avow_cursor *c)
{
	return read_be(c, 8);
}

void
avow_cur_skip(struct avow_cursor *c, size_t n)
{
	(void)avow_cur_bytes(c, n);
}

struct avow_cursor
avow_cur_sub(struct avow_cursor *c, size_t n)
{
	struct avow_cursor child = {.base = c->base + c->pos};

	child.in = avow_cur_bytes(c, n);
	child.bad = c->bad;
	child.bad_at = c->bad_at;
	return child;
}

struct avow_span
avow_cur_rest(struct avow_cursor *c)
{
	return avow_cur_bytes(c, avow_cur_left(c));
}

int
avow_cur_peek(const struct avow_cursor *c)
{
	return c->bad || c->pos == c->in.n ? -1 : c->in.p[c->pos];
}

size_t
avow_cur_left(const struct avow_cursor *c)
{
	return c->bad ? 0 : c->in.n - c->pos;
}

size_t
avow_cur_offset(const struct avow_cursor *c)
{
	return c->base + c->pos;
}

bool
avow_cur_is_bad(const struct avow_cursor *c)
{
	return c->bad;
}

bool
avow_cur_is_done(const struct avow_cursor *c)
{
	return !c->bad && c->pos == c->in.n;
}
