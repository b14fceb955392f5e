/* Event logs made by hand, a field at a time. */
#ifndef AVOW_TESTS_LOG_MAKER_H
#define AVOW_TESTS_LOG_MAKER_H

#include "base/buf.h"
#include "crypto/digest.h"
#include "evidence/eventlog/eventlog.h"

static inline void
le(struct avow_buf *b, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * i)));
}

static inline void
zeros(struct avow_buf *b, size_t n, uint8_t fill)
{
	while (n--)
		avow_buf_put_byte(b, fill);
}

static inline void
put_hash(struct avow_buf *b, enum avow_hash h, struct avow_span of)
{
	uint8_t d[AVOW_MAX_DIGEST];

	if (avow_digest(h, &of, 1, d) != AVOW_OK)
		abort();
	avow_buf_put(b, avow_span_make(d, avow_hash_bytes(h)));
}

/* A record of the SHA-1 form whose digest is of `measured`. */
static inline void
put_sha1(struct avow_buf *b, uint32_t pcr, uint32_t type, struct avow_span measured,
	struct avow_span data)
{
	le(b, pcr, 4);
	le(b, type, 4);
	if (type == 3)
		zeros(b, 20, 0);
	else
		put_hash(b, AVOW_SHA1, measured);
	le(b, data.n, 4);
	avow_buf_put(b, data);
}

/* The header of a log with SHA-1 and SHA-256. */
static inline void
put_spec_id(struct avow_buf *b)
{
	le(b, 0, 4);
	le(b, 3, 4);
	zeros(b, 20, 0);
	le(b, 37, 4);
	avow_buf_put(b, AVOW_LIT("Spec ID Event03\0"));
	le(b, 0, 4);
	le(b, 0x02000200, 4);
	le(b, 2, 4);
	le(b, 0x4 | 20 << 16, 4);
	le(b, 0xb | 32 << 16, 4);
	le(b, 0, 1);
}

static inline void
put_agile(struct avow_buf *b, uint32_t pcr, uint32_t type, struct avow_span measured,
	struct avow_span data)
{
	le(b, pcr, 4);
	le(b, type, 4);
	le(b, 2, 4);
	le(b, 0x4, 2);
	put_hash(b, AVOW_SHA1, measured);
	le(b, 0xb, 2);
	put_hash(b, AVOW_SHA256, measured);
	le(b, data.n, 4);
	avow_buf_put(b, data);
}

/* UEFI_VARIABLE_DATA of EFI's global GUID. */
static inline void
put_variable_data(struct avow_buf *b, const char *name, struct avow_span data)
{
	le(b, 0x11d293ca8be4df61, 8);
	le(b, 0x8c2b0398e0000daa, 8);
	le(b, strlen(name), 8);
	le(b, data.n, 8);
	for (; *name; name++)
		le(b, (uint8_t)*name, 2);
	avow_buf_put(b, data);
}

#endif
