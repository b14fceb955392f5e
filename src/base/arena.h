/*
 * One request's memory: bump allocation, freed all at once. It has a maximum,
 * so that no request can take more than its share.
 */
#ifndef AVOW_BASE_ARENA_H
#define AVOW_BASE_ARENA_H

#include "base/err.h"
#include "base/span.h"

struct avow_arena_block;

struct avow_arena {
	struct avow_arena_block *head;
	size_t used;		/* bytes handed out since init or reset */
	size_t max;		/* more than this fails */
	size_t block;		/* the next block's bytes, at least */
	bool hit_limit;		/* the last failure was `max`, not memory */
};

/** Allocates nothing yet. `max` in bytes. */
void avow_arena_init(struct avow_arena *a, size_t max);
/** For what is kept and mostly small, a compiled policy say: blocks begin small
 * and double, where those of a request are large from the start. */
void avow_arena_init_kept(struct avow_arena *a, size_t max);
/** Free everything. Usable again. */
void avow_arena_clear(struct avow_arena *a);
/** As clear, wiping the bytes first: for secrets. */
void avow_arena_wipe(struct avow_arena *a);
/** Forget everything but keep the first block for the next request. */
void avow_arena_reset(struct avow_arena *a);
/** n zeroed bytes, aligned for any type; NULL when the limit or memory ends. */
void *avow_arena_alloc(struct avow_arena *a, size_t n);
/** count * size with the overflow tested; NULL as above. */
void *avow_arena_array(struct avow_arena *a, size_t count, size_t size);
/** A copy of s with a NUL behind it (not counted). p is NULL on failure. */
struct avow_span avow_arena_copy(struct avow_arena *a, struct avow_span s);
/** The error that a failed allocation means: TOO_LARGE or NO_MEMORY. */
enum avow_err avow_arena_err(const struct avow_arena *a);

#endif
