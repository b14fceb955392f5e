/*
 * A borrowed run of bytes. It owns nothing: whoever made it says how long it
 * lives. Text is a span too; it has no NUL and may hold any byte.
 */
#ifndef AVOW_BASE_SPAN_H
#define AVOW_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct avow_span {
	const uint8_t *p;
	size_t n;
};

/** A span over a string literal, without its NUL. */
#define AVOW_LIT(s) ((struct avow_span){(const uint8_t *)("" s), sizeof(s) - 1})
/** printf arguments for "%.*s" of a span that is known to be printable. */
#define AVOW_FMT(s) (int)(s).n, (const char *)((s).p ? (s).p : (const uint8_t *)"")

struct avow_span avow_span_make(const void *p, size_t n);
/** A span over a NUL-terminated string; NULL gives the empty span. */
struct avow_span avow_span_str(const char *s);
bool avow_span_is_empty(struct avow_span s);
/** Equal length and bytes. Not constant time: never for secrets. */
bool avow_span_eq(struct avow_span a, struct avow_span b);
bool avow_span_eq_str(struct avow_span a, const char *s);
/** Equal when ASCII letters are folded; other bytes must be the same. */
bool avow_span_eq_fold(struct avow_span a, struct avow_span b);
bool avow_span_starts(struct avow_span s, struct avow_span prefix);
bool avow_span_ends(struct avow_span s, struct avow_span suffix);
/** Bytewise order; a prefix sorts first. <0, 0, >0. */
int avow_span_cmp(struct avow_span a, struct avow_span b);
/** Offset of the first `byte`, or s.n when there is none. */
size_t avow_span_find_byte(struct avow_span s, uint8_t byte);
/** Offset of the first `needle`, or s.n when there is none. */
size_t avow_span_find(struct avow_span s, struct avow_span needle);
/** [from, from+n), cut to what is there; from beyond the end gives empty. */
struct avow_span avow_span_slice(struct avow_span s, size_t from, size_t n);
struct avow_span avow_span_from(struct avow_span s, size_t from);
/** Without leading and trailing space, tab, CR and LF. */
struct avow_span avow_span_trim(struct avow_span s);
/** True when every byte is zero (also for the empty span). */
bool avow_span_all_zero(struct avow_span s);

#endif
