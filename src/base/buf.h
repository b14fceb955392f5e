/*
 * A growing byte buffer with an obligatory maximum. Errors stick: puts after
 * a failure do nothing, and the writer asks once at the end.
 */
#ifndef AVOW_BASE_BUF_H
#define AVOW_BASE_BUF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct avow_buf {
	struct avow_arena *arena; /* grows there; NULL: on the heap */
	uint8_t *p;
	size_t n;		/* bytes used */
	size_t cap;
	size_t max;		/* more than this is AVOW_E_TOO_LARGE */
	enum avow_err err;	/* AVOW_OK, AVOW_E_TOO_LARGE or AVOW_E_NO_MEMORY */
};

/** Empty, owning nothing, able to grow to `max` bytes. Allocates nothing. */
void avow_buf_init(struct avow_buf *b, size_t max);
/** As init, with its bytes in an arena, which frees them: clear only forgets
 *  them. The arena's limit is the buffer's too. */
void avow_buf_init_arena(struct avow_buf *b, struct avow_arena *a, size_t max);
/** Free what it owns; the buffer is empty and usable again. */
void avow_buf_clear(struct avow_buf *b);
/** As clear, wiping the bytes first: for secrets. */
void avow_buf_wipe(struct avow_buf *b);
/** Forget the bytes, keep the memory. Also clears the sticky error. */
void avow_buf_reset(struct avow_buf *b);
void avow_buf_put(struct avow_buf *b, struct avow_span s);
void avow_buf_put_str(struct avow_buf *b, const char *s);
void avow_buf_put_byte(struct avow_buf *b, uint8_t c);
void avow_buf_printf(struct avow_buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** Room for n bytes at the end, counted as used; NULL when there is none. */
uint8_t *avow_buf_extend(struct avow_buf *b, size_t n);
/** What it holds; valid until the next put. */
struct avow_span avow_buf_span(const struct avow_buf *b);
/** A NUL behind the bytes (not counted) and the pointer; NULL on error. */
const char *avow_buf_str(struct avow_buf *b);

#endif
