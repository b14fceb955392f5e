/* What the two halves of the parser share: parser_expr.c reads expressions,
 * parser.c everything around them. */
#ifndef AVOW_POLICY_PARSER_H
#define AVOW_POLICY_PARSER_H

#include "policy/tree.h"

struct parser {
	struct policy_lexer lx;
	struct policy_token t; /* the next token */
	unsigned last_line; /* of the last token taken */
	struct avow_arena *a;
	struct avow_policy_error *err;
	unsigned depth, n_rules;
};

/** Refuse the next token. */
enum avow_err policy_mismatch(struct parser *p, const char *expected, const char *rule)
	__attribute__((cold));
/** Take the next token. */
enum avow_err policy_advance(struct parser *p) AVOW_CHECKED;
/** Take it when it is of that kind, else refuse it. */
enum avow_err policy_expect(
	struct parser *p, enum policy_token_kind kind, const char *rule) AVOW_CHECKED;
/** A zeroed node of n bytes, or NULL and the error. */
void *policy_node(struct parser *p, size_t n, enum avow_err *e);
enum avow_err policy_parse_expr(
	struct parser *p, struct policy_expr **out) AVOW_CHECKED;

#endif
