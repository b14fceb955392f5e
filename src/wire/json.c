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

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "wire/json_order.h"

#define FIRST_STACK 48
/* value() calls itself once a level; no rule may ask for more than this. */
#define HARD_DEPTH 512
/* Beyond this many members, duplicates are found by sorting. */
#define PAIRWISE_MAX 16

struct parser {
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

static bool
fail(struct parser *p, enum avow_err e, size_t at, const char *expected)
{
	p->err = e;
	p->err_at = at;
	p->expected = expected;
	return false;
}

/* The next byte, or -1 at the end. */
static inline int
peek(const struct parser *p)
{
	return p->at < p->text.n ? p->text.p[p->at] : -1;
}

/* RFC 8259, 2: insignificant white space */
static inline void
skip_space(struct parser *p)
{
	while (p->at < p->text.n) {
		uint8_t c = p->text.p[p->at];

		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			return;
		p->at++;
	}
}

static inline bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* --- strings ---------------------------------------------------------------- */

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hex digits at `from`; UINT32_MAX when they are not there. */
static uint32_t
hex4(const struct parser *p, size_t from)
{
	uint32_t v = 0;

	if (from > p->text.n || p->text.n - from < 4)
		return UINT32_MAX;
	for (size_t i = from; i < from + 4; i++) {
		int d = hex_digit(p->text.p[i]);

		if (d < 0)
			return UINT32_MAX;
		v = v << 4 | (uint32_t)d;
	}
	return v;
}

/*
 * The escape whose backslash stands at p->at: its length in bytes and its code
 * point. 0 means refused. RFC 8259, 7; lone surrogates by RFC 7493, 2.1.
 */
static size_t
escape(struct parser *p, uint32_t *cp)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = p->at + 1 < p->text.n ? p->text.p[p->at + 1] : -1;
	const char *hit = c > 0 ? strchr(from, c) : NULL;
	uint32_t low;

	if (hit) {
		*cp = (uint8_t)to[hit - from];
		return 2;
	}
	*cp = c == 'u' ? hex4(p, p->at + 2) : UINT32_MAX;
	if (*cp == UINT32_MAX) {
		fail(p, AVOW_E_JSON_SYNTAX, p->at, "an escape of RFC 8259");
		return 0;
	}
	if (*cp < 0xd800 || *cp > 0xdfff)
		return 6;
	low = *cp < 0xdc00 && p->text.n - p->at >= 12 && p->text.p[p->at + 6] == '\\' &&
			      p->text.p[p->at + 7] == 'u'
		      ? hex4(p, p->at + 8)
		      : UINT32_MAX;
	if (low < 0xdc00 || low > 0xdfff) {
		fail(p, AVOW_E_JSON_UTF8, p->at, "a surrogate pair");
		return 0;
	}
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

/* From behind the opening quote to the closing one; counts no escape. */
static bool
scan_string(struct parser *p, bool *escaped)
{
	while (p->at < p->text.n) {
		uint8_t c = p->text.p[p->at];
		uint32_t cp;
		size_t n = 1;

		if (c == '"')
			return true;
		if (c == '\\') {
			*escaped = true;
			n = escape(p, &cp);
			if (n == 0)
				return false;
		} else if (c >= 0x80) {
			n = avow_utf8_decode(avow_span_from(p->text, p->at), &cp);
			if (n == 0)
				return fail(p, AVOW_E_JSON_UTF8, p->at, "UTF-8");
		} else if (c < 0x20) {
			return fail(p, AVOW_E_JSON_SYNTAX, p->at,
				"no control character in a string");
		}
		p->at += n;
	}
	return fail(p, AVOW_E_JSON_SYNTAX, p->at, "a closing quote");
}

/* [from, to) again, now known to be good: decoded text is never longer. */
static bool
unescape(struct parser *p, size_t from, size_t to, struct avow_span *out)
{
	uint8_t *dst = avow_arena_alloc(p->arena, to - from);
	size_t n = 0;

	if (!dst)
		return fail(p, avow_arena_err(p->arena), from, NULL);
	for (p->at = from; p->at < to;) {
		uint32_t cp;

		if (p->text.p[p->at] != '\\') {
			dst[n++] = p->text.p[p->at++];
			continue;
		}
		p->at += escape(p, &cp);
		n += avow_utf8_encode(cp, dst + n);
	}
	*out = (struct avow_span){dst, n};
	return true;
}

static bool
string(struct parser *p, struct avow_span *out)
{
	size_t from = p->at + 1, to;
	bool escaped = false;

	p->at = from;
	if (!scan_string(p, &escaped))
		return false;
	to = p->at;
	if (escaped && !unescape(p, from, to, out))
		return false;
	if (!escaped)
		*out = avow_span_slice(p->text, from, to - from);
	p->at = to + 1;
	return true;
}

/* --- numbers ---------------------------------------------------------------- */

static bool
digits(struct parser *p)
{
	if (!is_digit(peek(p)))
		return fail(p, AVOW_E_JSON_SYNTAX, p->at, "a digit");
	while (is_digit(peek(p)))
		p->at++;
	return true;
}

/* strtod wants a NUL behind the text. The locale is C: nothing here sets one. */
static bool
read_real(struct parser *p, struct avow_json *v)
{
	char small[64];
	const char *text = small;

	if (v->raw.n < sizeof(small)) {
		memcpy(small, v->raw.p, v->raw.n);
		small[v->raw.n] = '\0';
	} else {
		text = (const char *)avow_arena_copy(p->arena, v->raw).p;
		if (!text)
			return fail(p, avow_arena_err(p->arena), p->at, NULL);
	}
	v->type = AVOW_JSON_REAL;
	v->real = strtod(text, NULL);
	if (!isfinite(v->real))
		return fail(p, AVOW_E_JSON_NUMBER, p->at - v->raw.n, "a finite double");
	return true;
}

/* False when the digits do not fit; `s` is RFC 8259's minus and int. */
static bool
read_int(struct avow_span s, int64_t *out)
{
	bool minus = s.p[0] == '-';
	int64_t v = 0;

	for (size_t i = minus; i < s.n; i++) {
		int d = s.p[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, minus ? -d : d, &v))
			return false;
	}
	*out = v;
	return true;
}

/* RFC 8259, 6 */
static bool
number(struct parser *p, struct avow_json *v)
{
	size_t from = p->at;
	bool whole = true;

	if (peek(p) == '-')
		p->at++;
	if (peek(p) == '0')
		p->at++; /* no digit may follow: it would be a trailing token */
	else if (!digits(p))
		return false;
	if (peek(p) == '.') {
		whole = false;
		p->at++;
		if (!digits(p))
			return false;
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		whole = false;
		p->at++;
		if (peek(p) == '+' || peek(p) == '-')
			p->at++;
		if (!digits(p))
			return false;
	}
	v->raw = avow_span_slice(p->text, from, p->at - from);
	if (!whole || !read_int(v->raw, &v->integer))
		return read_real(p, v);
	v->type = AVOW_JSON_INT;
	v->real = (double)v->integer;
	return true;
}

/* --- containers --------------------------------------------------------------- */

/*
 * The stack may not outgrow what the arena could still take, since its
 * entries move there: memory stays bounded by the caller's limit.
 */
static bool
grow(struct parser *p)
{
	size_t cap = p->cap * 2;
	size_t left = p->arena->max - p->arena->used;
	struct avow_json_member *s;

	if (p->n > left / sizeof(struct avow_json))
		return fail(p, AVOW_E_TOO_LARGE, p->at, NULL);
	s = p->stack == p->first ? NULL : p->stack;
	s = realloc(s, cap * sizeof(*s));
	if (!s)
		return fail(p, AVOW_E_NO_MEMORY, p->at, NULL);
	if (p->stack == p->first)
		memcpy(s, p->first, sizeof(p->first));
	p->stack = s;
	p->cap = cap;
	return true;
}

static bool value(struct parser *p, struct avow_json *v);

/* One child value onto the stack, under `name`. */
static bool
child(struct parser *p, struct avow_span name)
{
	struct avow_json v = {.type = AVOW_JSON_NULL};

	skip_space(p);
	if (!value(p, &v))
		return false;
	if (p->n == p->cap && !grow(p))
		return false;
	p->stack[p->n].name = name;
	p->stack[p->n++].value = v;
	skip_space(p);
	return true;
}

static bool
enter(struct parser *p)
{
	if (p->depth == p->max_depth)
		return fail(p, AVOW_E_JSON_DEPTH, p->at, NULL);
	p->depth++;
	p->at++;
	skip_space(p);
	return true;
}

/* Behind a child: true on ',' (taken), false on `close` (taken) or an error. */
static bool
another(struct parser *p, char close)
{
	int c = peek(p);

	if (c != ',' && c != close)
		return fail(p, AVOW_E_JSON_SYNTAX, p->at,
			close == ']' ? "',' or ']'" : "',' or '}'");
	p->at++;
	return c == ',';
}

static bool
array(struct parser *p, struct avow_json *v)
{
	size_t mark = p->n;

	v->type = AVOW_JSON_ARRAY;
	if (!enter(p))
		return false;
	if (peek(p) == ']') {
		p->at++;
	} else {
		do {
			if (!child(p, (struct avow_span){NULL, 0}))
				return false;
		} while (another(p, ']'));
	}
	if (p->err != AVOW_OK)
		return false;
	p->depth--;
	v->count = p->n - mark;
	p->n = mark;
	v->items = avow_arena_array(p->arena, v->count, sizeof(*v->items));
	if (!v->items)
		return fail(p, avow_arena_err(p->arena), p->at, NULL);
	for (size_t i = 0; i < v->count; i++)
		v->items[i] = p->stack[mark + i].value;
	return true;
}

static bool
duplicate(struct parser *p, const struct avow_json_member *a,
	const struct avow_json_member *b)
{
	const struct avow_json_member *second = a->value.raw.p > b->value.raw.p ? a : b;

	p->field = second->name;
	return fail(p, AVOW_E_JSON_DUPLICATE, (size_t)(second->value.raw.p - p->text.p),
		"each name once");
}

static bool
few_are_unique(struct parser *p, const struct avow_json_member *m, size_t n)
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
many_are_unique(struct parser *p, const struct avow_json_member *m, size_t n)
{
	const struct avow_json_member **sorted = avow_json_order(m, n, p->fold);
	bool ok = sorted != NULL;

	if (!sorted)
		return fail(p, AVOW_E_NO_MEMORY, p->at, NULL);
	for (size_t i = 1; ok && i < n; i++)
		if (avow_json_name_cmp(sorted[i - 1]->name, sorted[i]->name, p->fold) ==
			0)
			ok = duplicate(p, sorted[i - 1], sorted[i]);
	free(sorted);
	return ok;
}

/* RFC 7493, 2.3: names are unique */
static bool
names_are_unique(struct parser *p, const struct avow_json_member *m, size_t n)
{
	return n <= PAIRWISE_MAX ? few_are_unique(p, m, n) : many_are_unique(p, m, n);
}

static bool
member(struct parser *p)
{
	struct avow_span name;

	skip_space(p);
	if (peek(p) != '"')
		return fail(p, AVOW_E_JSON_SYNTAX, p->at, "a name");
	if (!string(p, &name))
		return false;
	skip_space(p);
	if (peek(p) != ':')
		return fail(p, AVOW_E_JSON_SYNTAX, p->at, "':'");
	p->at++;
	return child(p, name);
}

static bool
object(struct parser *p, struct avow_json *v)
{
	size_t mark = p->n;

	v->type = AVOW_JSON_OBJECT;
	if (!enter(p))
		return false;
	if (peek(p) == '}') {
		p->at++;
	} else {
		do {
			if (!member(p))
				return false;
		} while (another(p, '}'));
	}
	if (p->err != AVOW_OK)
		return false;
	p->depth--;
	v->count = p->n - mark;
	p->n = mark;
	if (!names_are_unique(p, p->stack + mark, v->count))
		return false;
	v->members = avow_arena_array(p->arena, v->count, sizeof(*v->members));
	if (!v->members)
		return fail(p, avow_arena_err(p->arena), p->at, NULL);
	if (v->count)
		memcpy(v->members, p->stack + mark, v->count * sizeof(*v->members));
	return true;
}

/* --- any value ------------------------------------------------------------------ */

static bool
word(struct parser *p, struct avow_span text)
{
	if (!avow_span_eq(avow_span_slice(p->text, p->at, text.n), text))
		return fail(p, AVOW_E_JSON_SYNTAX, p->at, "a value");
	p->at += text.n;
	return true;
}

static bool
by_first_byte(struct parser *p, struct avow_json *v)
{
	switch (peek(p)) {
	case '{':
		return object(p, v);
	case '[':
		return array(p, v);
	case '"':
		v->type = AVOW_JSON_STRING;
		return string(p, &v->string);
	case 't':
		v->type = AVOW_JSON_BOOL;
		v->boolean = true;
		return word(p, AVOW_LIT("true"));
	case 'f':
		v->type = AVOW_JSON_BOOL;
		return word(p, AVOW_LIT("false"));
	case 'n':
		return word(p, AVOW_LIT("null"));
	case '-':
		return number(p, v);
	default:
		if (is_digit(peek(p)))
			return number(p, v);
		return fail(p, AVOW_E_JSON_SYNTAX, p->at, "a value");
	}
}

static bool
value(struct parser *p, struct avow_json *v)
{
	size_t from = p->at;

	if (p->nodes == p->max_nodes)
		return fail(p, AVOW_E_JSON_NODES, p->at, NULL);
	p->nodes++;
	if (!by_first_byte(p, v))
		return false;
	v->raw = avow_span_slice(p->text, from, p->at - from);
	return true;
}

static bool
whole_text(struct parser *p, struct avow_json *root, bool allow_bom)
{
	if (allow_bom && avow_span_starts(p->text, AVOW_LIT("\xef\xbb\xbf")))
		p->at = 3;
	skip_space(p);
	if (!value(p, root))
		return false;
	skip_space(p);
	if (p->at != p->text.n)
		return fail(p, AVOW_E_JSON_TRAILING, p->at, "the end of the text");
	return true;
}

static enum avow_err
explain(const struct parser *p, struct avow_why *why)
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
	struct parser p;
	struct avow_json *root;

	*out = NULL;
	memset(&p, 0, offsetof(struct parser, first));
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
	if (!root)
		fail(&p, avow_arena_err(a), 0, NULL);
	else if (whole_text(&p, root, r->allow_bom))
		*out = root;
	if (p.stack != p.first)
		free(p.stack);
	return p.err == AVOW_OK ? AVOW_OK : explain(&p, why);
}
