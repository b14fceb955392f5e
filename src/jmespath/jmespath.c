/*
 * The two doors: compile a text, search a document. What a search may spend
 * is fixed here; the result is measured before it is handed out, so that a
 * caller can write it without limits of its own.
 */
#include "jmespath/parser.h"

#include "base/limits.h"
#include "jmespath/run.h"

#include <stdarg.h>
#include <stdio.h>

enum avow_jmespath_kind
jp_fail(struct avow_jmespath_error *err, enum avow_jmespath_kind kind, size_t at,
	const char *fmt, ...)
{
	va_list ap;

	if (err->kind != AVOW_JMESPATH_OK)
		return err->kind;
	err->kind = kind;
	err->offset = at;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return kind;
}

const char *
avow_jmespath_kind_name(enum avow_jmespath_kind kind)
{
	switch (kind) {
	case AVOW_JMESPATH_OK:
		return "ok";
	case AVOW_JMESPATH_SYNTAX:
		return "syntax";
	case AVOW_JMESPATH_INVALID_ARITY:
		return "invalid-arity";
	case AVOW_JMESPATH_INVALID_TYPE:
		return "invalid-type";
	case AVOW_JMESPATH_INVALID_VALUE:
		return "invalid-value";
	case AVOW_JMESPATH_UNKNOWN_FUNCTION:
		return "unknown-function";
	case AVOW_JMESPATH_LIMIT:
	default:
		return "limit";
	}
}

enum avow_jmespath_kind
avow_jmespath_compile(struct avow_span text, struct avow_arena *a,
	const struct avow_jmespath **out, struct avow_jmespath_error *err)
{
	struct avow_jmespath_error own = {.kind = AVOW_JMESPATH_OK};
	struct avow_jmespath *e = avow_arena_alloc(a, sizeof(*e));

	*out = NULL;
	if (text.n > AVOW_MAX_JMESPATH_TEXT)
		jp_fail(&own, AVOW_JMESPATH_LIMIT, AVOW_MAX_JMESPATH_TEXT,
			"the expression is longer than %zu bytes",
			AVOW_MAX_JMESPATH_TEXT);
	else if (!e)
		jp_fail(&own, AVOW_JMESPATH_LIMIT, 0,
			"the expression takes too much memory");
	else
		e->root = jp_parse(text, a, &own);
	if (err)
		*err = own;
	if (own.kind == AVOW_JMESPATH_OK)
		*out = e;
	return own.kind;
}

static size_t
or_default(size_t v, size_t otherwise)
{
	return v ? v : otherwise;
}

static struct jp_run
new_run(struct avow_arena *a, const struct avow_jmespath_limits *l,
	struct avow_jmespath_error *err)
{
	static const struct avow_jmespath_limits defaults;
	size_t depth;

	l = l ? l : &defaults;
	depth = or_default(l->max_depth, AVOW_JMESPATH_MAX_DEPTH);
	return (struct jp_run){
		.arena = a,
		.err = err,
		.steps = or_default(l->max_steps, AVOW_MAX_JMESPATH_STEPS),
		.nodes = or_default(l->max_output_nodes, AVOW_MAX_JSON_NODES),
		.bytes = or_default(l->max_output_bytes, AVOW_MAX_JMESPATH_OUTPUT),
		.max_depth = depth < AVOW_JMESPATH_MAX_DEPTH ? depth
							     : AVOW_JMESPATH_MAX_DEPTH,
	};
}

enum avow_jmespath_kind
avow_jmespath_search(const struct avow_jmespath *e, const struct avow_json *doc,
	struct avow_arena *a, const struct avow_jmespath_limits *limits,
	const struct avow_json **out, struct avow_jmespath_error *err)
{
	struct avow_jmespath_error own = {.kind = AVOW_JMESPATH_OK};
	struct jp_run r = new_run(a, limits, &own);
	size_t budget = r.steps;
	const struct avow_json *v = jp_eval(&r, e->root, doc);

	*out = NULL;
	if (v && jp_measure(&r, v))
		*out = v;
	if (limits && limits->steps_used)
		*limits->steps_used += budget - r.steps;
	if (err)
		*err = own;
	return own.kind;
}
