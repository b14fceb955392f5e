/* Text to tree. */
#ifndef AVOW_JMESPATH_PARSER_H
#define AVOW_JMESPATH_PARSER_H

#include "jmespath/ast.h"

/**
 * Parse the whole text. The tree lives in the arena and borrows the text.
 * @param err kind must be OK on entry; filled on error.
 * @return NULL on error: SYNTAX before all others, then the first of
 * UNKNOWN_FUNCTION, INVALID_ARITY, INVALID_VALUE; LIMIT when it is met.
 */
const struct jp_node *jp_parse(
	struct avow_span text, struct avow_arena *a, struct avow_jmespath_error *err);

#endif
