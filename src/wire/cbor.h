/*
 * A strict reader of CBOR (RFC 8949) as COSE uses it: definite lengths only, UTF-8
 * text, no key twice in a map, nothing behind the item. Heads are read by libcbor's
 * streaming decoder; the tree is ours, bounded, in the arena, and borrows the input.
 */
#ifndef AVOW_WIRE_CBOR_H
#define AVOW_WIRE_CBOR_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

enum avow_cbor_type {
	AVOW_CBOR_UINT, /* number */
	AVOW_CBOR_NEGINT, /* -1 - number */
	AVOW_CBOR_BYTES, /* bytes */
	AVOW_CBOR_TEXT, /* bytes */
	AVOW_CBOR_ARRAY, /* items, count */
	AVOW_CBOR_MAP, /* items: key, value, key, value ...; count pairs */
	AVOW_CBOR_TAG, /* number, items[0] */
	AVOW_CBOR_OTHER /* false, true, null, undefined and floats: nobody asks */
};

struct avow_cbor {
	enum avow_cbor_type type;
	uint64_t number;
	struct avow_span bytes;
	const struct avow_cbor *items;
	size_t count;
};

/**
 * Read one item that is the whole input.
 * @param out lives in the arena and borrows `in`; NULL on error.
 * @return AVOW_OK; AVOW_E_CBOR with the offset; AVOW_E_NO_MEMORY,
 * AVOW_E_TOO_LARGE (the arena's limit).
 */
enum avow_err avow_cbor_parse(struct avow_span in, struct avow_arena *a,
	const struct avow_cbor **out, struct avow_why *why) AVOW_CHECKED;

/** The value of an integer key or of a text key; NULL: not there, or no map. */
const struct avow_cbor *avow_cbor_get(const struct avow_cbor *map, int64_t key);
const struct avow_cbor *avow_cbor_get_text(
	const struct avow_cbor *map, const char *key);
/** An integer that fits int64_t. */
bool avow_cbor_is_int(const struct avow_cbor *v, int64_t *out);

#endif
