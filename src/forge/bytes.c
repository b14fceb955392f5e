/* Putting bytes of binary formats, Intel's byte order. */
#include "forge/internal.h"

void
forge_put_le(struct avow_buf *b, uint64_t v, size_t n_bytes)
{
	for (size_t i = 0; i < n_bytes; i++)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * i)));
}

void
forge_put_zeros(struct avow_buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		avow_buf_put_byte(b, 0);
}

void
forge_put_bytes(struct avow_buf *b, const void *p, size_t n)
{
	avow_buf_put(b, avow_span_make(p, n));
}

void
forge_join(struct avow_buf *out, struct avow_buf *part)
{
	if (part->err != AVOW_OK && out->err == AVOW_OK)
		out->err = part->err;
	avow_buf_put(out, avow_buf_span(part));
	avow_buf_clear(part);
}

void
forge_flip(struct avow_buf *b, size_t from_end)
{
	if (from_end && from_end <= b->n)
		b->p[b->n - from_end] ^= 1;
}
