/*
 * Quotes by hand, for tests of form: every field of the fixed layout has its own
 * byte value, so that a wrong offset shows. Nothing in them is signed. The
 * offsets are written out here again on purpose.
 */
#ifndef AVOW_TESTS_QUOTE_MAKER_H
#define AVOW_TESTS_QUOTE_MAKER_H

#include "support.h"

#include "base/arena.h"
#include "evidence/evidence.h"

#define QUOTE_ROOM 32768u

struct made {
	uint8_t b[QUOTE_ROOM];
	size_t n;
};

static inline void
made_le(struct made *m, size_t at, uint64_t v, size_t width)
{
	for (size_t i = 0; i < width; i++)
		m->b[at + i] = (uint8_t)(v >> (8 * i));
}

static inline void
made_fill(struct made *m, size_t at, uint8_t v, size_t n)
{
	memset(m->b + at, v, n);
}

/* report body at `at`, its fields filled with first, first+1, ... */
static inline void
made_report(struct made *m, size_t at, uint8_t first)
{
	static const struct {
		size_t off, n;
	} fields[] = {{0, 16}, {16, 4}, {32, 16}, {48, 16}, {64, 32}, {128, 32},
		{192, 64}, {256, 2}, {258, 2}, {260, 2}, {304, 16}, {320, 64}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		made_fill(m, at + fields[i].off, (uint8_t)(first + i), fields[i].n);
}

/* A quote v3 that reads well: auth data of `auth` bytes, `cert` behind it. */
static inline void
made_quote(struct made *m, size_t auth, uint16_t cert_type, struct avow_span cert)
{
	static const uint8_t intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c,
		0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	size_t at = 1014 + auth;

	memset(m, 0, sizeof(*m));
	made_le(m, 0, 3, 2);
	made_le(m, 2, 2, 2);
	made_le(m, 8, 0x0801, 2);
	made_le(m, 10, 0x0d02, 2);
	memcpy(m->b + 12, intel, sizeof(intel));
	made_fill(m, 28, 0x28, 20);
	made_report(m, 48, 0x30);
	made_le(m, 432, 584 + auth + cert.n, 4);
	made_fill(m, 436, 0x50, 64);
	made_fill(m, 500, 0x51, 64);
	made_report(m, 564, 0x60);
	made_fill(m, 948, 0x52, 64);
	made_le(m, 1012, auth, 2);
	made_fill(m, 1014, 0x53, auth);
	made_le(m, at, cert_type, 2);
	made_le(m, at + 2, cert.n, 4);
	if (cert.n)
		memcpy(m->b + at + 6, cert.p, cert.n);
	m->n = at + 6 + cert.n;
}

static inline void
made_usual(struct made *m)
{
	made_quote(m, 32, 5, AVOW_LIT("chain"));
}

/* Put n bytes in front. */
static inline void
made_prefix(struct made *m, const void *p, size_t n)
{
	memmove(m->b + n, m->b, m->n);
	memcpy(m->b, p, n);
	m->n += n;
}

static inline void
made_append(struct made *m, const void *p, size_t n)
{
	memcpy(m->b + m->n, p, n);
	m->n += n;
}

/* Parse a copy of exactly its size, so that a sanitizer sees one byte too far. */
static inline enum avow_err
parse_exactly(const char *kind, struct avow_span in, struct avow_arena *a,
	const struct avow_evidence **ev, struct avow_why *why)
{
	uint8_t *copy = malloc(in.n ? in.n : 1);
	enum avow_err e;

	assert_non_null(copy);
	if (in.n)
		memcpy(copy, in.p, in.n);
	avow_why_init(why);
	e = avow_evidence_parse(avow_kind_by_name(avow_span_str(kind)),
		avow_span_make(copy, in.n), a, ev, why);
	free(copy);
	return e;
}

static inline enum avow_err
parse_made(const char *kind, const struct made *m, struct avow_why *why)
{
	struct avow_arena a;
	const struct avow_evidence *ev;
	enum avow_err e;

	avow_arena_init(&a, 1u << 20);
	e = parse_exactly(kind, avow_span_make(m->b, m->n), &a, &ev, why);
	assert_true((e == AVOW_OK) == (ev != NULL));
	avow_arena_clear(&a);
	return e;
}

#endif
