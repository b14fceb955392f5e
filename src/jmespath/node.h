/* Making tree nodes; private to the parser. Each gives NULL without memory. */
#ifndef AVOW_JMESPATH_NODE_H
#define AVOW_JMESPATH_NODE_H

#include "jmespath/ast.h"

/* A list of kids that grows in the arena. */
struct jp_kids {
	struct jp_kid *p;
	size_t n, cap;
};

bool jp_kids_add(struct avow_arena *a, struct jp_kids *k, struct jp_kid kid);
struct jp_node *jp_node_new(struct avow_arena *a, enum jp_op op, size_t at);
/** kids[0] and kids[1]; a NULL `second` is left out, a NULL `first` is kept. */
struct jp_node *jp_node_kids(struct avow_arena *a, enum jp_op op, size_t at,
	const struct jp_node *first, const struct jp_node *second);
/**
 * left op right for an associative op (SEQUENCE, OR, AND): a side that is
 * such a node gives its kids. `@` is left out of a sequence.
 */
struct jp_node *jp_node_join(struct avow_arena *a, enum jp_op op, size_t at,
	struct jp_node *left, struct jp_node *right);
/** left cmp right; a comparison on the left (it binds to the left) grows. */
struct jp_node *jp_node_compare(struct avow_arena *a, size_t at, struct jp_node *left,
	enum jp_cmp cmp, const struct jp_node *right);
/**
 * Give each kid of a HASH its slot; a name that is said twice keeps its first
 * place and its last value. False without memory.
 */
bool jp_node_slots(struct jp_node *hash);

#endif
