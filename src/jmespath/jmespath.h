/*
 * JMESPath (jmespath.org specification) over JSON trees, with one function
 * more: equals_ignore_case(a, b), which published policies use.
 *
 *	text --compile--> struct avow_jmespath --search(document)--> JSON value
 *
 * An expression is compiled once and searched many times. Cost is bounded by
 * counting work, never by a clock, so the same expression and document give
 * the same outcome on every machine: a value, or one of six kinds of error.
 */
#ifndef AVOW_JMESPATH_JMESPATH_H
#define AVOW_JMESPATH_JMESPATH_H

#include "base/arena.h"
#include "base/span.h"
#include "wire/json.h"

/** How deep an expression may nest, and how deep a value of a search may be. */
#define AVOW_JMESPATH_MAX_DEPTH 64

/** A compiled expression. Immutable: any number of threads may search it. */
struct avow_jmespath;

/** The specification's error names, and `limit`, which is ours. */
enum avow_jmespath_kind {
	AVOW_JMESPATH_OK,
	AVOW_JMESPATH_SYNTAX,
	AVOW_JMESPATH_INVALID_ARITY,
	AVOW_JMESPATH_INVALID_TYPE,
	AVOW_JMESPATH_INVALID_VALUE,
	AVOW_JMESPATH_UNKNOWN_FUNCTION,
	AVOW_JMESPATH_LIMIT /* a limit below, the arena's, or memory */
};

struct avow_jmespath_error {
	enum avow_jmespath_kind kind;
	size_t offset; /* byte offset in the expression's text */
	char message[160]; /* one sentence of printable ASCII */
};

/** Zero in a field stands for the default named behind it. */
struct avow_jmespath_limits {
	size_t max_steps; /* nodes visited, compared, copied and sorted, and
				   text handled in units of 16 bytes;
				   AVOW_MAX_JMESPATH_STEPS */
	size_t max_output_nodes; /* values made, intermediate ones too, and values
				    of the result; AVOW_MAX_JSON_NODES */
	size_t max_output_bytes; /* text made by functions, and text of the
				    result; AVOW_MAX_JMESPATH_OUTPUT */
	size_t max_depth; /* of the result and of values that are compared
				   or written as text; at most, and by default,
				   AVOW_JMESPATH_MAX_DEPTH */
	size_t *steps_used; /* NULL, or: the steps that a search took are added,
			       whatever its result */
};

/**
 * Compile an expression.
 * @param text borrowed by the result: it must live as long. At most
 *	AVOW_MAX_JMESPATH_TEXT bytes (limit), UTF-8 (syntax).
 * @param a holds the result.
 * @param out NULL on error.
 * @param err filled on error; may be NULL.
 * @return the kind: OK; SYNTAX; INVALID_ARITY and UNKNOWN_FUNCTION (functions
 *	are resolved here, once); INVALID_VALUE (a slice's step is 0); LIMIT
 *	(text, nesting deeper than 64, arena). Types are judged by search.
 */
enum avow_jmespath_kind avow_jmespath_compile(struct avow_span text,
	struct avow_arena *a, const struct avow_jmespath **out,
	struct avow_jmespath_error *err) AVOW_CHECKED;

/**
 * Evaluate against a document.
 * @param doc borrowed by the result, which shares its nodes.
 * @param a holds what the search makes.
 * @param limits NULL for the defaults.
 * @param out never NULL on success: no match is a value of type NULL. A value
 *	that the search made (a projection's list, a number) has an empty
 *	`raw`; one that it found in the document keeps its own. A number that
 *	fits int64 without a fraction is INT, every other is REAL. The tree is
 *	read-only and lives as long as doc, a and the expression's arena. A
 *	part may occur in it more than once; the limits count it each time.
 * @param err filled on error; may be NULL.
 * @return OK; INVALID_TYPE; INVALID_VALUE (a sum beyond what a number can
 *	hold); LIMIT.
 */
enum avow_jmespath_kind avow_jmespath_search(const struct avow_jmespath *e,
	const struct avow_json *doc, struct avow_arena *a,
	const struct avow_jmespath_limits *limits, const struct avow_json **out,
	struct avow_jmespath_error *err) AVOW_CHECKED;

/** "syntax", "invalid-arity", ..., "limit"; "ok" for OK. Static. */
const char *avow_jmespath_kind_name(enum avow_jmespath_kind kind);

#endif
