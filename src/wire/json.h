/*
 * Strict JSON (RFC 8259, I-JSON RFC 7493 where it is stricter) into a tree
 * in an arena, and the canonical writer.
 *
 * Strict: valid UTF-8 (no lone surrogate escapes), no duplicate members, no
 * byte order mark, no trailing text, depth and node limits. Every value keeps
 * the raw slice of the input that it was read from, because signed JSON is
 * hashed from its raw bytes and never from a copy.
 */
#ifndef AVOW_WIRE_JSON_H
#define AVOW_WIRE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

enum avow_json_type {
	AVOW_JSON_NULL,
	AVOW_JSON_BOOL,
	AVOW_JSON_INT,	/* written without fraction or exponent; fits int64 */
	AVOW_JSON_REAL,	/* every other finite number */
	AVOW_JSON_STRING,
	AVOW_JSON_ARRAY,
	AVOW_JSON_OBJECT
};

struct avow_json_member;

struct avow_json {
	enum avow_json_type type;
	bool boolean;
	int64_t integer;		/* INT */
	double real;			/* INT and REAL */
	struct avow_span string;	/* STRING: decoded, valid UTF-8, may hold NUL */
	struct avow_span raw;		/* the value's bytes in the input */
	size_t count;			/* items or members */
	struct avow_json *items;	/* ARRAY: count values */
	struct avow_json_member *members; /* OBJECT: document order */
};

struct avow_json_member {
	struct avow_span name;		/* decoded */
	struct avow_json value;
};

struct avow_json_rules {
	size_t max_depth;	/* 0: AVOW_MAX_JSON_DEPTH; more than 512 is 512 */
	size_t max_nodes;	/* 0: AVOW_MAX_JSON_NODES */
	bool fold_names;	/* names equal when ASCII-folded are duplicates too */
	bool allow_bom;		/* skip one leading UTF-8 byte order mark */
};

/**
 * Parse the whole text. The tree borrows `text` and lives in the arena.
 * @param rules NULL for the defaults.
 * @param why filled on error with the byte offset; may be NULL.
 * @return AVOW_OK; AVOW_E_JSON_SYNTAX, _UTF8, _DUPLICATE, _DEPTH, _NUMBER (not
 * finite as a double), _NODES, _TRAILING; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_json_parse(struct avow_span text,
	const struct avow_json_rules *rules, struct avow_arena *a,
	const struct avow_json **out, struct avow_why *why) AVOW_CHECKED;

/** The member of that exact name, or NULL (also when o is no object). */
const struct avow_json *avow_json_get(const struct avow_json *o, const char *name);
const struct avow_json *avow_json_get_span(const struct avow_json *o,
	struct avow_span name);
/** As get, with ASCII letters folded. */
const struct avow_json *avow_json_get_fold(const struct avow_json *o,
	const char *name);

/*
 * Typed access for documents with a schema. Each gives AVOW_E_JSON_MISSING
 * or AVOW_E_JSON_TYPE with the member's name in `why`.
 */
enum avow_err avow_json_need(const struct avow_json *o, const char *name,
	enum avow_json_type type, const struct avow_json **out,
	struct avow_why *why) AVOW_CHECKED;
/** INT within [min, max], else AVOW_E_JSON_TYPE. */
enum avow_err avow_json_need_int(const struct avow_json *o, const char *name,
	int64_t min, int64_t max, int64_t *out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_json_need_string(const struct avow_json *o, const char *name,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** STRING of exactly 2n hex digits. */
enum avow_err avow_json_need_hex(const struct avow_json *o, const char *name,
	uint8_t *out, size_t n, struct avow_why *why) AVOW_CHECKED;

/** Deep equality: INT equals REAL of the same value; member order is free. */
bool avow_json_eq(const struct avow_json *a, const struct avow_json *b);

/* --- writing: compact, no white space --------------------------------------- */

/** A JSON string with its quotes; escapes only what RFC 8259 section 7 needs
 *  (quote, backslash, below U+0020). Bytes that are no UTF-8 become U+FFFD. */
void avow_json_put_string(struct avow_buf *b, struct avow_span s);
void avow_json_put_int(struct avow_buf *b, int64_t v);
/** The fewest digits that read back as the same double, laid out by RFC 8785,
 *  3.2.2.3: "5" for 5.0, "1e+21"; but "-0.0", all digits of a whole number
 *  that fits int64, and null when not finite. */
void avow_json_put_real(struct avow_buf *b, double v);

enum avow_json_order { AVOW_JSON_AS_IS, AVOW_JSON_SORTED };
/** The tree again. SORTED: members bytewise by name, at every depth. */
void avow_json_put(struct avow_buf *b, const struct avow_json *v,
	enum avow_json_order order);

/*
 * A streaming writer that keeps commas and nesting right:
 *   avow_jw_init(&w, buf); avow_jw_open(&w, '{'); avow_jw_name(&w, "a");
 *   avow_jw_int(&w, 1); avow_jw_close(&w);  ->  {"a":1}
 * Nesting is at most 32; errors stick in buf->err.
 */
struct avow_jw {
	struct avow_buf *b;
	size_t depth;
	char kind[32];		/* '{' or '[' */
	bool any[32];
	bool after_name;
};

void avow_jw_init(struct avow_jw *w, struct avow_buf *b);
void avow_jw_open(struct avow_jw *w, char kind);
void avow_jw_close(struct avow_jw *w);
void avow_jw_name(struct avow_jw *w, const char *name);
void avow_jw_name_span(struct avow_jw *w, struct avow_span name);
void avow_jw_string(struct avow_jw *w, struct avow_span s);
void avow_jw_str(struct avow_jw *w, const char *s);	/* NULL: null */
void avow_jw_int(struct avow_jw *w, int64_t v);
void avow_jw_bool(struct avow_jw *w, bool v);
void avow_jw_null(struct avow_jw *w);
void avow_jw_hex(struct avow_jw *w, struct avow_span bytes); /* lower hex string */
void avow_jw_b64url(struct avow_jw *w, struct avow_span bytes);
void avow_jw_b64(struct avow_jw *w, struct avow_span bytes); /* standard, padded */
/** Text that is already JSON, put as it is. */
void avow_jw_raw(struct avow_jw *w, struct avow_span json);
void avow_jw_value(struct avow_jw *w, const struct avow_json *v,
	enum avow_json_order order);

#endif
