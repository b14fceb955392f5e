/*
 * CBOR heads come from libcbor's streaming decoder, one at a time: it allocates
 * nothing and judges the encoding. What it says becomes a node of a tree that is
 * built here, because the library's own tree has no bound on depth or on what a
 * length makes it allocate. Recursion is bounded by AVOW_MAX_CBOR_DEPTH.
 */
#include "wire/cbor.h"

#include <cbor.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "base/utf8.h"

#define SOURCE "RFC 8949, section 3"

/* One head, as the callbacks tell it. */
struct head {
	struct avow_cbor node;
	size_t children; /* that follow */
	const char *bad; /* what we do not take */
};

/* --- callbacks ------------------------------------------------------------------ */

static void
set_number(void *ctx, enum avow_cbor_type type, uint64_t v)
{
	struct head *h = ctx;

	h->node.type = type;
	h->node.number = v;
}

static void
on_uint8(void *ctx, uint8_t v)
{
	set_number(ctx, AVOW_CBOR_UINT, v);
}

static void
on_uint16(void *ctx, uint16_t v)
{
	set_number(ctx, AVOW_CBOR_UINT, v);
}

static void
on_uint32(void *ctx, uint32_t v)
{
	set_number(ctx, AVOW_CBOR_UINT, v);
}

static void
on_uint64(void *ctx, uint64_t v)
{
	set_number(ctx, AVOW_CBOR_UINT, v);
}

static void
on_negint8(void *ctx, uint8_t v)
{
	set_number(ctx, AVOW_CBOR_NEGINT, v);
}

static void
on_negint16(void *ctx, uint16_t v)
{
	set_number(ctx, AVOW_CBOR_NEGINT, v);
}

static void
on_negint32(void *ctx, uint32_t v)
{
	set_number(ctx, AVOW_CBOR_NEGINT, v);
}

static void
on_negint64(void *ctx, uint64_t v)
{
	set_number(ctx, AVOW_CBOR_NEGINT, v);
}

static void
on_bytes(void *ctx, cbor_data p, size_t n)
{
	struct head *h = ctx;

	h->node.type = AVOW_CBOR_BYTES;
	h->node.bytes = avow_span_make(p, n);
}

static void
on_text(void *ctx, cbor_data p, size_t n)
{
	struct head *h = ctx;

	h->node.type = AVOW_CBOR_TEXT;
	h->node.bytes = avow_span_make(p, n);
	if (!avow_utf8_is_valid(h->node.bytes))
		h->bad = "text that is UTF-8";
}

static void
on_array(void *ctx, size_t n)
{
	struct head *h = ctx;

	h->node.type = AVOW_CBOR_ARRAY;
	h->node.count = h->children = n;
}

static void
on_map(void *ctx, size_t n)
{
	struct head *h = ctx;

	h->node.type = AVOW_CBOR_MAP;
	h->node.count = n;
	if (__builtin_mul_overflow(n, (size_t)2, &h->children))
		h->bad = "a map that fits memory";
}

static void
on_other(void *ctx)
{
	set_number(ctx, AVOW_CBOR_OTHER, 0);
}

static void
on_bool(void *ctx, bool v)
{
	(void)v;
	on_other(ctx);
}

static void
on_float(void *ctx, float v)
{
	(void)v;
	on_other(ctx);
}

static void
on_double(void *ctx, double v)
{
	(void)v;
	on_other(ctx);
}

static void
on_indefinite(void *ctx)
{
	struct head *h = ctx;

	h->bad = "definite lengths";
}

static const struct cbor_callbacks CALLBACKS = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_negint8,
	.negint16 = on_negint16,
	.negint32 = on_negint32,
	.negint64 = on_negint64,
	.byte_string_start = on_indefinite,
	.byte_string = on_bytes,
	.string_start = on_indefinite,
	.string = on_text,
	.indef_array_start = on_indefinite,
	.array_start = on_array,
	.indef_map_start = on_indefinite,
	.map_start = on_map,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_other,
	.null = on_other,
	.boolean = on_bool,
	.indef_break = on_indefinite,
};

/* --- the tree ------------------------------------------------------------------------ */

struct reader {
	struct avow_span in;
	size_t at, nodes;
	struct avow_arena *arena;
	struct avow_why *why;
};

static enum avow_err
refuse(const struct reader *r, const char *expected)
{
	static const struct avow_at at = {"cbor", NULL, SOURCE};

	(void)avow_refuse(r->why, AVOW_E_CBOR, &at, expected, NULL);
	avow_why_offset(r->why, r->at);
	return AVOW_E_CBOR;
}

/* A tag's number (RFC 8949, 3.4). libcbor 0.8 refuses 5 to 20, and 18 is COSE_Sign1's,
 * so heads of major type 6 are read here. False: it is not well-formed. */
static bool
read_tag(struct avow_span rest, struct head *h, size_t *n)
{
	struct avow_cursor c = avow_cur(rest);
	unsigned info = avow_cur_u8(&c) & 0x1fu;

	h->node.type = AVOW_CBOR_TAG;
	h->children = h->node.count = 1;
	if (info < 24)
		h->node.number = info;
	else if (info == 24)
		h->node.number = avow_cur_u8(&c);
	else if (info == 25)
		h->node.number = avow_cur_be16(&c);
	else if (info == 26)
		h->node.number = avow_cur_be32(&c);
	else if (info == 27)
		h->node.number = avow_cur_be64(&c);
	*n = avow_cur_offset(&c);
	return info <= 27 && !avow_cur_is_bad(&c);
}

static bool
read_plain(struct avow_span rest, struct head *h, size_t *n)
{
	struct cbor_decoder_result d =
		cbor_stream_decode(rest.p, rest.n, &CALLBACKS, h);

	*n = d.read;
	return d.status == CBOR_DECODER_FINISHED;
}

static enum avow_err
read_head(struct reader *r, struct head *h)
{
	struct avow_span rest = avow_span_from(r->in, r->at);
	size_t n;

	*h = (struct head){.bad = NULL};
	if (rest.n == 0)
		return refuse(r, "another item");
	if (!(rest.p[0] >> 5 == 6 ? read_tag(rest, h, &n) : read_plain(rest, h, &n)))
		return refuse(r, "a well-formed item");
	if (h->bad)
		return refuse(r, h->bad);
	if (++r->nodes > AVOW_MAX_CBOR_NODES)
		return refuse(r, "at most 4096 items");
	/* each child takes a byte at least: a length alone allocates nothing */
	if (h->children > rest.n - n)
		return refuse(r, "no more items than bytes");
	r->at += n;
	return AVOW_OK;
}

static bool
is_same(const struct avow_cbor *a, const struct avow_cbor *b)
{
	return a->type == b->type && a->number == b->number &&
	       avow_span_eq(a->bytes, b->bytes);
}

/* RFC 9052, section 3: labels are integers or text, none twice */
static enum avow_err
check_keys(const struct reader *r, const struct avow_cbor *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct avow_cbor *key = &items[2 * i];

		if (key->type != AVOW_CBOR_UINT && key->type != AVOW_CBOR_NEGINT &&
			key->type != AVOW_CBOR_TEXT)
			return refuse(r, "keys that are integers or text");
		for (size_t k = 0; k < i; k++)
			if (is_same(key, &items[2 * k]))
				return refuse(r, "no key twice");
	}
	return AVOW_OK;
}

static enum avow_err
read_item(struct reader *r, unsigned depth, struct avow_cbor *out)
{
	struct avow_cbor *items;
	struct head h;

	if (depth > AVOW_MAX_CBOR_DEPTH)
		return refuse(r, "at most 16 levels");
	AVOW_TRY(read_head(r, &h));
	*out = h.node;
	if (h.children == 0)
		return AVOW_OK;
	if (h.children > AVOW_MAX_CBOR_NODES)
		return refuse(r, "at most 4096 items");
	items = avow_arena_array(r->arena, h.children, sizeof(*items));
	if (!items)
		return avow_arena_err(r->arena);
	for (size_t i = 0; i < h.children; i++)
		AVOW_TRY(read_item(r, depth + 1, &items[i]));
	out->items = items;
	return out->type == AVOW_CBOR_MAP ? check_keys(r, items, out->count) : AVOW_OK;
}

enum avow_err
avow_cbor_parse(struct avow_span in, struct avow_arena *a, const struct avow_cbor **out,
	struct avow_why *why)
{
	struct reader r = {.in = in, .arena = a, .why = why};
	struct avow_cbor *root = avow_arena_alloc(a, sizeof(*root));

	*out = NULL;
	if (!root)
		return avow_arena_err(a);
	AVOW_TRY(read_item(&r, 1, root));
	if (r.at != in.n)
		return refuse(&r, "nothing behind the item");
	*out = root;
	return AVOW_OK;
}

/* --- access ---------------------------------------------------------------------------- */

const struct avow_cbor *
avow_cbor_get(const struct avow_cbor *map, int64_t key)
{
	int64_t v;

	for (size_t i = 0; map && map->type == AVOW_CBOR_MAP && i < map->count; i++)
		if (avow_cbor_is_int(&map->items[2 * i], &v) && v == key)
			return &map->items[2 * i + 1];
	return NULL;
}

const struct avow_cbor *
avow_cbor_get_text(const struct avow_cbor *map, const char *key)
{
	for (size_t i = 0; map && map->type == AVOW_CBOR_MAP && i < map->count; i++)
		if (map->items[2 * i].type == AVOW_CBOR_TEXT &&
			avow_span_eq_str(map->items[2 * i].bytes, key))
			return &map->items[2 * i + 1];
	return NULL;
}

bool
avow_cbor_is_int(const struct avow_cbor *v, int64_t *out)
{
	if (!v || v->number > INT64_MAX ||
		(v->type != AVOW_CBOR_UINT && v->type != AVOW_CBOR_NEGINT))
		return false;
	*out = v->type == AVOW_CBOR_UINT ? (int64_t)v->number : -1 - (int64_t)v->number;
	return true;
}
