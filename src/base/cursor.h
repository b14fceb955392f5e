/*
 * The only thing that touches input bytes. A read past the end gives zero (or
 * an empty span), marks the cursor bad and remembers where; a bad cursor
 * stays bad. Test it before a value is used as a length, index or bound, and
 * once at the end for the rest.
 */
#ifndef AVOW_BASE_CURSOR_H
#define AVOW_BASE_CURSOR_H

#include "base/span.h"

struct avow_cursor {
	struct avow_span in;
	size_t pos;
	size_t base;		/* offset of in.p[0] in the outermost input */
	bool bad;
	size_t bad_at;		/* outermost offset of the read that failed */
};

struct avow_cursor avow_cur(struct avow_span in);
uint8_t avow_cur_u8(struct avow_cursor *c);
uint16_t avow_cur_le16(struct avow_cursor *c);
uint32_t avow_cur_le32(struct avow_cursor *c);
uint64_t avow_cur_le64(struct avow_cursor *c);
uint16_t avow_cur_be16(struct avow_cursor *c);
uint32_t avow_cur_be32(struct avow_cursor *c);
uint64_t avow_cur_be64(struct avow_cursor *c);
/** The next n bytes; empty and bad when there are fewer. */
struct avow_span avow_cur_bytes(struct avow_cursor *c, size_t n);
void avow_cur_skip(struct avow_cursor *c, size_t n);
/** A child over the next n bytes; the parent moves behind them. A child of
 *  too few bytes is empty and bad, and so is the parent. */
struct avow_cursor avow_cur_sub(struct avow_cursor *c, size_t n);
/** All that is left. */
struct avow_span avow_cur_rest(struct avow_cursor *c);
/** The next byte without moving; -1 at the end or when bad. */
int avow_cur_peek(const struct avow_cursor *c);
size_t avow_cur_left(const struct avow_cursor *c);
/** Offset of the next byte in the outermost input. */
size_t avow_cur_offset(const struct avow_cursor *c);
bool avow_cur_is_bad(const struct avow_cursor *c);
/** Good, and nothing left over. */
bool avow_cur_is_done(const struct avow_cursor *c);

#endif
