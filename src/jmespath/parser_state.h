/* The parser's state and what its rooms share; private to parser*.c. */
#ifndef AVOW_JMESPATH_PARSER_STATE_H
#define AVOW_JMESPATH_PARSER_STATE_H

#include "jmespath/lexer.h"
#include "jmespath/node.h"

/* How tight an operator binds, weakest first: parser.c says why. */
enum jp_power {
	POWER_PIPE = 1,
	POWER_OR,
	POWER_AND,
	POWER_COMPARE,
	POWER_FLATTEN,
	POWER_PROJECTION,
	POWER_FILTER,
	POWER_DOT,
	POWER_NOT,
	POWER_BRACKET
};

struct jp_parser {
	struct jp_lexer lx;
	struct jp_token cur, next;
	struct avow_arena *arena;
	struct avow_jmespath_error *err;
	struct avow_jmespath_error lexical; /* becomes err when it is reached */
	struct avow_jmespath_error meaning; /* the first that is not syntax */
	size_t nest;
};

void jp_advance(struct jp_parser *p);
/** Record an error. Gives NULL. */
void *jp_refuse(struct jp_parser *p, enum avow_jmespath_kind kind, size_t at,
	const char *message);
void *jp_parse_no_memory(struct jp_parser *p);
/** The current token does not belong here. Gives NULL. */
void *jp_unexpected(struct jp_parser *p, const char *wanted);
/** Take a token of that kind, or fail. */
bool jp_expect(struct jp_parser *p, enum jp_token_kind kind, const char *name);
/** A node without kids, or NULL and the error. */
struct jp_node *jp_parse_node(struct jp_parser *p, enum jp_op op, size_t at);

/** The current token is a RAW. */
struct jp_node *jp_parse_raw(struct jp_parser *p);
/** The current token is a JSON. */
struct jp_node *jp_parse_literal(struct jp_parser *p);
/** The current token is a NAME or QUOTED. */
bool jp_parse_identifier(struct jp_parser *p, struct avow_span *out);

/** One level deeper; false and the error at the limit. The caller leaves it
 *  with p->nest--. */
bool jp_nest(struct jp_parser *p);

/** All that binds tighter than `power`. */
struct jp_node *jp_parse_expression(struct jp_parser *p, int power);
/** What follows `left` and binds tighter than `power`. */
struct jp_node *jp_parse_infix(struct jp_parser *p, struct jp_node *left, int power);
/** The current token is a NAME or QUOTED: a field, or a call. */
struct jp_node *jp_parse_name(struct jp_parser *p);
/** LIST or HASH; the opening bracket has been taken and stands at `at`. */
struct jp_node *jp_parse_multiselect(struct jp_parser *p, enum jp_op op, size_t at);
/** The current token is a FILTER. */
struct jp_node *jp_parse_filter(struct jp_parser *p);
/** "[" is current: a number, a slice or `*`, and where an expression may start
 *  (`list`) a multiselect. */
struct jp_node *jp_parse_bracket(struct jp_parser *p, bool list);
/** The current token is `*` or `[]`. */
struct jp_node *jp_parse_projection(struct jp_parser *p, enum jp_op op);

#endif
