/*
 * The JSON reader: RFC 8259 text to a tree, in one pass from left to right.
 *
 *   text -> value() -> { string(), number(), array(), object() } -> arena
 *
 * Children of an open array or object wait on one stack for the whole parse
 * and move into the arena, exact in number, when it closes; so nothing in the
 * arena is ever regrown. Strings without an escape are slices of the input.
 *
 * The text is read by index through this file's own few lines and not through
 * the cursor: each request's every byte passes here, and the cursor's call per
 * byte would be most of the cost. Each access stands behind a test of the
 * index against the length.
 *
 * What members are required, and what they mean, is the caller's.
 */
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/json_order.h"
#include "wire/json_parser.h"

/* value() calls itself once a level; no rule may ask for more than this. */
#define HARD_DEPTH 512
/* Beyond this many members, duplicates are found by sorting. */
#define PAIRWISE_MAX 16

bool
avow_json_fail(
	struct avow_json_parser *p, enum avow_err e, size_t at, const char *expected)
{
	p->err = e;
	p->err_at = at;
	p->expected = expected;
	return false;
}

/* RFC 8259, 2: insignificant white space */
static inline void
skip_space(struct avow_json_parser *p)
{
	while (p->at < p->text.n) {
		uint8_t c = p->text.p[p->at];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
		p->at++;
	}
}

/* --- containers --------------------------------------------------------------- */

/*
 * The stack may not outgrow what the arena could still take, since its
 * entries move there: memory stays bounded by the caller's limit.
 */
static bool
grow(struct avow_json_parser *p)
{
	size_t cap = p->cap * 2;
	size_t left = p->arena->max - p->arena->used;
	struct avow_json_member *s;

	if (p->n > left / sizeof(struct avow_json))
		return avow_json_fail(p, AVOW_E_TOO_LARGE, p->at, NULL);
	s = p->stack == p->first ? NULL : p->stack;
	s = realloc(s, cap * sizeof(*s));
	if (!s)
		return avow_json_fail(p, AVOW_E_NO_MEMORY, p->at, NULL);
	if (p->stack == p->first)
		memcpy(s, p->first, sizeof(p->first));
	p->stack = s;
	p->cap = cap;
	return true;
}

static bool value(struct avow_json_parser *p, size_t slot);

/* Field by field: for a whole literal gcc 12 emits `rep stos`, whose start costs
 * more than a small value's parse. */
static inline void
blank(struct avow_json_member *m, struct avow_span name)
{
	const struct avow_span none = {NULL, 0};

	m->name = name;
	m->value.type = AVOW_JSON_NULL;
	m->value.boolean = false;
	m->value.integer = 0;
	m->value.real = 0;
	m->value.string = none;
	m->value.raw = none;
	m->value.count = 0;
	m->value.items = NULL;
	m->value.members = NULL;
}

/*
 * One child value onto the stack, under `name`. Its place is taken first, so
 * that a scalar is written there and nowhere else; its own children stand
 * above it until it closes.
 */
static bool
child(struct avow_json_parser *p, struct avow_span name)
{
	size_t slot;

	skip_space(p);
	if (p->n == p->cap && !grow(p))
		return false;
	slot = p->n++;
	blank(&p->stack[slot], name);
	if (!value(p, slot))
		return false;
	skip_space(p);
	return true;
}

static bool
enter(struct avow_json_parser *p)
{
	if (p->depth == p->max_depth)
		return avow_json_fail(p, AVOW_E_JSON_DEPTH, p->at, NULL);
	p->depth++;
	p->at++;
	skip_space(p);
	return true;
}

/* Behind a child: true on ',' (taken), false on `close` (taken) or an error. */
static bool
another(struct avow_json_parser *p, char close)
{
	int c = avow_json_peek(p);

	if (c != ',' && c != close)
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at,
			close == ']' ? "',' or ']'" : "',' or '}'");
	p->at++;
	return c == ',';
}

/* The container in `slot` has ended: what stands above it is its children. */
static struct avow_json *
leave(struct avow_json_parser *p, size_t slot)
{
	struct avow_json *v = &p->stack[slot].value;

	p->depth--;
	v->count = p->n - (slot + 1);
	p->n = slot + 1;
	return v;
}

static bool
array(struct avow_json_parser *p, size_t slot)
{
	struct avow_json *v;

	if (!enter(p))
		return false;
	if (avow_json_peek(p) == ']') {
		p->at++;
	} else {
		do {
			if (!child(p, (struct avow_span){NULL, 0}))
				return false;
		} while (another(p, ']'));
	}
	if (p->err != AVOW_OK)
		return false;
	v = leave(p, slot);
	v->type = AVOW_JSON_ARRAY;
	v->items = avow_arena_array(p->arena, v->count, sizeof(*v->items));
	if (!v->items)
		return avow_json_fail(p, avow_arena_err(p->arena), p->at, NULL);
	for (size_t i = 0; i < v->count; i++)
		v->items[i] = p->stack[slot + 1 + i].value;
	return true;
}

static bool
duplicate(struct avow_json_parser *p, const struct avow_json_member *a,
	const struct avow_json_member *b)
{
	const struct avow_json_member *second = a->value.raw.p > b->value.raw.p ? a : b;

	p->field = second->name;
	return avow_json_fail(p, AVOW_E_JSON_DUPLICATE,
		(size_t)(second->value.raw.p - p->text.p), "each name once");
}

static bool
few_are_unique(struct avow_json_parser *p, const struct avow_json_member *m, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < i; k++)
			if (p->fold ? avow_span_eq_fold(m[i].name, m[k].name)
				    : avow_span_eq(m[i].name, m[k].name))
				return duplicate(p, &m[k], &m[i]);
	return true;
}

/* Sorted, equals stand side by side: n log n on any input. */
static bool
many_are_unique(struct avow_json_parser *p, const struct avow_json_member *m, size_t n)
{
	const struct avow_json_member **sorted = avow_json_order(m, n, p->fold);
	bool ok = sorted != NULL;

	if (!sorted)
		return avow_json_fail(p, AVOW_E_NO_MEMORY, p->at, NULL);
	for (size_t i = 1; ok && i < n; i++)
		if (avow_json_name_cmp(sorted[i - 1]->name, sorted[i]->name, p->fold) ==
			0)
			ok = duplicate(p, sorted[i - 1], sorted[i]);
	free(sorted);
	return ok;
}

/* RFC 7493, 2.3: names are unique */
static bool
names_are_unique(struct avow_json_parser *p, const struct avow_json_member *m, size_t n)
{
	return n <= PAIRWISE_MAX ? few_are_unique(p, m, n) : many_are_unique(p, m, n);
}

static bool
member(struct avow_json_parser *p)
{
	struct avow_span name;

	skip_space(p);
	if (avow_json_peek(p) != '"')
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "a name");
	if (!avow_json_read_string(p, &name))
		return false;
	skip_space(p);
	if (avow_json_peek(p) != ':')
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "':'");
	p->at++;
	return child(p, name);
}

static bool
object(struct avow_json_parser *p, size_t slot)
{
	struct avow_json *v;

	if (!enter(p))
		return false;
	if (avow_json_peek(p) == '}') {
		p->at++;
	} else {
		do {
			if (!member(p))
				return false;
		} while (another(p, '}'));
	}
	if (p->err != AVOW_OK)
		return false;
	v = leave(p, slot);
	v->type = AVOW_JSON_OBJECT;
	if (!names_are_unique(p, p->stack + slot + 1, v->count))
		return false;
	v->members = avow_arena_array(p->arena, v->count, sizeof(*v->members));
	if (!v->members)
		return avow_json_fail(p, avow_arena_err(p->arena), p->at, NULL);
	if (v->count)
		memcpy(v->members, p->stack + slot + 1, v->count * sizeof(*v->members));
	return true;
}

/* --- any value ------------------------------------------------------------------ */

static bool
word(struct avow_json_parser *p, struct avow_span text)
{
	if (!avow_span_eq(avow_span_slice(p->text, p->at, text.n), text))
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "a value");
	p->at += text.n;
	return true;
}

static bool
scalar(struct avow_json_parser *p, struct avow_json *v)
{
	int c = avow_json_peek(p);

	switch (c) {
	case '"':
		v->type = AVOW_JSON_STRING;
		return avow_json_read_string(p, &v->string);
	case 't':
		v->type = AVOW_JSON_BOOL;
		v->boolean = true;
		return word(p, AVOW_LIT("true"));
	case 'f':
		v->type = AVOW_JSON_BOOL;
		return word(p, AVOW_LIT("false"));
	case 'n':
		return word(p, AVOW_LIT("null"));
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return avow_json_read_number(p, v);
		return avow_json_fail(p, AVOW_E_JSON_SYNTAX, p->at, "a value");
	}
}

/* The value at p->at into stack[slot], which only containers may move. */
static bool
value(struct avow_json_parser *p, size_t slot)
{
	size_t from = p->at;
	int c = avow_json_peek(p);
	bool ok;

	if (p->nodes == p->max_nodes)
		return avow_json_fail(p, AVOW_E_JSON_NODES, p->at, NULL);
	p->nodes++;
	ok = c == '{'   ? object(p, slot)
	     : c == '[' ? array(p, slot)
			: scalar(p, &p->stack[slot].value);
	if (ok)
		p->stack[slot].value.raw =
			(struct avow_span){p->text.p + from, p->at - from};
	return ok;
}

static bool
whole_text(struct avow_json_parser *p, bool allow_bom)
{
	if (allow_bom && avow_span_starts(p->text, AVOW_LIT("\xef\xbb\xbf")))
		p->at = 3;
	if (!child(p, (struct avow_span){NULL, 0}))
		return false;
	if (p->at != p->text.n)
		return avow_json_fail(
			p, AVOW_E_JSON_TRAILING, p->at, "the end of the text");
	return true;
}

static enum avow_err
explain(const struct avow_json_parser *p, struct avow_why *why)
{
	static const struct avow_at at = {"json", NULL, "RFC 8259; RFC 7493"};

	if (why && why->code == AVOW_OK) {
		if (p->field.n)
			avow_why_field(why, "%.*s", AVOW_FMT(p->field));
		avow_why_offset(why, p->err_at);
	}
	return avow_refuse(why, p->err, &at, p->expected, NULL);
}

enum avow_err
avow_json_parse(struct avow_span text, const struct avow_json_rules *rules,
	struct avow_arena *a, const struct avow_json **out, struct avow_why *why)
{
	static const struct avow_json_rules defaults;
	const struct avow_json_rules *r = rules ? rules : &defaults;
	size_t depth = r->max_depth ? r->max_depth : AVOW_MAX_JSON_DEPTH;
	struct avow_json_parser p;
	struct avow_json *root;

	*out = NULL;
	memset(&p, 0, offsetof(struct avow_json_parser, first));
	p.text = text;
	p.max_depth = depth < HARD_DEPTH ? depth : HARD_DEPTH;
	p.max_nodes = r->max_nodes ? r->max_nodes : AVOW_MAX_JSON_NODES;
	p.fold = r->fold_names;
	p.arena = a;
	p.stack = p.first;
	p.cap = FIRST_STACK;
	p.err = AVOW_OK;
	p.field = (struct avow_span){NULL, 0};
	p.expected = NULL;
	p.err_at = 0;
	root = avow_arena_alloc(a, sizeof(*root));
	if (!root) {
		avow_json_fail(&p, avow_arena_err(a), 0, NULL);
	} else if (whole_text(&p, r->allow_bom)) {
		*root = p.stack[0].value;
		*out = root;
	}
	if (p.stack != p.first)
		free(p.stack);
	return p.err == AVOW_OK ? AVOW_OK : explain(&p, why);
}
