/*
 * The tree of a compiled expression. Every node is a function from the
 * current value to a value, so that a path is a plain sequence: `a[*].b | c`
 * is SEQUENCE(field a, PROJECT_LIST(field b), field c). Sequences, `||`, `&&`
 * and comparisons are kept flat: a long chain is not a deep tree.
 */
#ifndef AVOW_JMESPATH_AST_H
#define AVOW_JMESPATH_AST_H

#include "jmespath/jmespath.h"

enum jp_op {
	JP_CURRENT, /* @ */
	JP_FIELD,
	JP_INDEX,
	JP_LITERAL,
	JP_SEQUENCE, /* kids, each on the result of the one before */
	JP_OR,
	JP_AND,
	JP_NOT, /* kids[0] */
	JP_COMPARE, /* kids from the left, each with its operator */
	JP_LIST, /* [a, b] */
	JP_HASH, /* {x: a, y: b} */
	JP_CALL,
	/* Projections: `kids[0]` on each element, NULL for the element itself. */
	JP_PROJECT_LIST, /* [*] */
	JP_PROJECT_VALUES, /* * */
	JP_PROJECT_FLAT, /* [] */
	JP_PROJECT_SLICE, /* [a:b:c] */
	JP_PROJECT_FILTER /* [?c], c is kids[1] */
};

enum jp_cmp { JP_EQ, JP_NE, JP_LT, JP_LE, JP_GT, JP_GE };

struct jp_function;

/* One argument, list item or member: `ref` marks &expression. */
struct jp_kid {
	const struct jp_node *node;
	struct avow_span name; /* HASH: the member's name */
	size_t slot; /* HASH: its place; a name said twice has one */
	bool ref; /* CALL: an expression type */
	enum jp_cmp cmp; /* COMPARE: with what is left of it */
};

struct jp_slice {
	bool has_start, has_stop;
	int64_t start, stop, step;
};

struct jp_node {
	enum jp_op op;
	size_t at; /* byte offset in the text */
	size_t count; /* kids */
	struct jp_kid *kids;
	size_t slots; /* HASH: members of the result */
	struct avow_span name; /* FIELD */
	int64_t index; /* INDEX */
	struct jp_slice slice;
	const struct avow_json *literal;
	const struct jp_function *fn; /* CALL */
};

struct avow_jmespath {
	const struct jp_node *root;
};

/** Record the first error; returns its kind. */
enum avow_jmespath_kind jp_fail(struct avow_jmespath_error *err,
	enum avow_jmespath_kind kind, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), cold));

#endif
