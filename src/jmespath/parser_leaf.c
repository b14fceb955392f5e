/*
 * What the parser's rooms share, and the leaves of the grammar: literals, raw
 * strings and identifiers. Escapes are undone here; JSON is read by wire/.
 */
#include "jmespath/parser_state.h"

void
jp_advance(struct jp_parser *p)
{
	p->cur = p->next;
	p->next = jp_lex(&p->lx);
}

void *
jp_refuse(struct jp_parser *p, enum avow_jmespath_kind kind, size_t at,
	const char *message)
{
	jp_fail(p->err, kind, at, "%s", message);
	return NULL;
}

void *
jp_parse_no_memory(struct jp_parser *p)
{
	return jp_refuse(p, AVOW_JMESPATH_LIMIT, p->cur.at,
		"the expression takes too much memory");
}

/* The current token does not belong here. */
void *
jp_unexpected(struct jp_parser *p, const char *wanted)
{
	if (p->cur.kind == JP_T_BAD)
		*p->err = p->lexical;
	else if (p->cur.kind == JP_T_END)
		jp_fail(p->err, AVOW_JMESPATH_SYNTAX, p->cur.at,
			"the expression ends where %s should stand", wanted);
	else
		jp_fail(p->err, AVOW_JMESPATH_SYNTAX, p->cur.at, "%s should stand here",
			wanted);
	return NULL;
}

bool
jp_expect(struct jp_parser *p, enum jp_token_kind kind, const char *name)
{
	if (p->cur.kind != kind)
		return jp_unexpected(p, name) != NULL;
	jp_advance(p);
	return true;
}

struct jp_node *
jp_parse_node(struct jp_parser *p, enum jp_op op, size_t at)
{
	struct jp_node *n = jp_node_new(p->arena, op, at);

	return n ? n : jp_parse_no_memory(p);
}

static struct jp_node *
literal(struct jp_parser *p, size_t at, const struct avow_json *value)
{
	struct jp_node *n = jp_parse_node(p, JP_LITERAL, at);

	if (n)
		n->literal = value;
	return n;
}

/* The text of a token with each backslash before `quote` taken out. */
static struct avow_span
unescape(struct jp_parser *p, const struct jp_token *t, uint8_t quote)
{
	uint8_t *out;
	size_t n = 0;

	if (!t->escaped)
		return t->text;
	out = avow_arena_alloc(p->arena, t->text.n);
	if (!out) {
		jp_parse_no_memory(p);
		return (struct avow_span){NULL, 0};
	}
	for (size_t i = 0; i < t->text.n; i++) {
		uint8_t c = t->text.p[i];

		/* a pair starts here; the lexer has seen that it is whole or last */
		if (c == '\\' && i + 1 < t->text.n) {
			if (t->text.p[i + 1] != quote)
				out[n++] = c;
			c = t->text.p[++i];
		}
		out[n++] = c;
	}
	return avow_span_make(out, n);
}

/* raw-string: `\'` is the one escape, every other backslash stays. */
struct jp_node *
jp_parse_raw(struct jp_parser *p)
{
	struct avow_json *v = avow_arena_alloc(p->arena, sizeof(*v));
	size_t at = p->cur.at;

	if (!v)
		return jp_parse_no_memory(p);
	v->type = AVOW_JSON_STRING;
	v->string = unescape(p, &p->cur, '\'');
	jp_advance(p);
	return p->err->kind == AVOW_JMESPATH_OK ? literal(p, at, v) : NULL;
}

static const struct avow_json *
parse_json(struct jp_parser *p, struct avow_span text, size_t at, const char *message)
{
	const struct avow_json *v = NULL;

	enum avow_err e = avow_json_parse(text, NULL, p->arena, &v, NULL);

	if (e == AVOW_OK)
		return v;
	if (e == AVOW_E_NO_MEMORY || avow_err_class(e) == AVOW_CLASS_LIMIT)
		return jp_refuse(
			p, AVOW_JMESPATH_LIMIT, at, "a literal is over a limit");
	return jp_refuse(p, AVOW_JMESPATH_SYNTAX, at, message);
}

/* literal = "`" json-value "`"; parsed here, once. */
struct jp_node *
jp_parse_literal(struct jp_parser *p)
{
	struct avow_span text = unescape(p, &p->cur, '`');
	size_t at = p->cur.at;
	const struct avow_json *v = NULL;

	if (p->err->kind == AVOW_JMESPATH_OK)
		v = parse_json(p, text, at, "a literal is not valid JSON");
	jp_advance(p);
	return v ? literal(p, at, v) : NULL;
}

/* identifier = unquoted-string / quoted-string, taken from the input. */
bool
jp_parse_identifier(struct jp_parser *p, struct avow_span *out)
{
	size_t at = p->cur.at;
	const struct avow_json *v;

	*out = p->cur.text;
	if (p->cur.kind == JP_T_QUOTED) {
		v = parse_json(p, avow_span_slice(p->lx.text, at, p->cur.text.n + 2),
			at, "a quoted identifier is not a valid JSON string");
		if (!v)
			return false;
		*out = v->string;
	}
	jp_advance(p);
	return true;
}
