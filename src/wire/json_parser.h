/*
 * The JSON reader's state, shared by json.c (values and containers) and
 * json_scalar.c (strings and numbers). Private to wire/json.
 */
#ifndef AVOW_WIRE_JSON_PARSER_H
#define AVOW_WIRE_JSON_PARSER_H

#include "wire/json.h"

#define FIRST_STACK 48

struct avow_json_parser {
	struct avow_span text;
	size_t at;
	size_t depth, max_depth;
	size_t nodes, max_nodes;
	bool fold;
	struct avow_arena *arena;
	struct avow_json_member *stack;
	size_t n, cap;
	struct avow_json_member first[FIRST_STACK];
	enum avow_err err; /* the first error, and what was expected there */
	size_t err_at;
	const char *expected;
	struct avow_span field;
};

/* Each gives false on an error, which is then in the parser. */

/** Record the first error. */
bool avow_json_fail(struct avow_json_parser *p, enum avow_err e, size_t at,
	const char *expected);
/** The string whose opening quote stands at p->at. */
bool avow_json_read_string(struct avow_json_parser *p, struct avow_span *out);
/** The number at p->at; fills type, integer, real and raw. */
bool avow_json_read_number(struct avow_json_parser *p, struct avow_json *v);

/** The next byte, or -1 at the end. */
static inline int
avow_json_peek(const struct avow_json_parser *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : -1;
}

#endif
