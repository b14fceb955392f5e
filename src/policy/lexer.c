/*
 * Characters to tokens, by spec 04 (lexical facts from the samples): white
 * space is free, a comment runs from two slashes to the end of its line,
 * strings stand in straight double quotes with the escapes \" and \\ and end on
 * their line. What stands where is left to the parser.
 */
#include "policy/lexer.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const char *const names[] = {
	[TOKEN_END] = "<EOF>",
	[TOKEN_IDENT] = "a name",
	[TOKEN_STRING] = "a string",
	[TOKEN_INTEGER] = "an integer",
	[TOKEN_SEMICOLON] = "';'",
	[TOKEN_COMMA] = "','",
	[TOKEN_COLON] = "':'",
	[TOKEN_DOT] = "'.'",
	[TOKEN_MINUS] = "'-'",
	[TOKEN_OPEN_BRACE] = "'{'",
	[TOKEN_CLOSE_BRACE] = "'}'",
	[TOKEN_OPEN_BRACKET] = "'['",
	[TOKEN_CLOSE_BRACKET] = "']'",
	[TOKEN_OPEN_PAREN] = "'('",
	[TOKEN_CLOSE_PAREN] = "')'",
	[TOKEN_ASSIGN] = "'='",
	[TOKEN_EQ] = "'=='",
	[TOKEN_NE] = "'!='",
	[TOKEN_LT] = "'<'",
	[TOKEN_LE] = "'<='",
	[TOKEN_GT] = "'>'",
	[TOKEN_GE] = "'>='",
	[TOKEN_ARROW] = "'=>'",
	[TOKEN_AND] = "'&&'",
	[TOKEN_NOT] = "'!'",
};

const char *
policy_token_name(enum policy_token_kind k)
{
	return names[k];
}

void
policy_lexer_init(struct policy_lexer *lx, struct avow_span text, struct avow_arena *a,
	struct avow_policy_error *err)
{
	*lx = (struct policy_lexer){
		.in = avow_cur(text),
		.text = text,
		.line = 1,
		.last_line = 1,
		.arena = a,
		.err = err,
	};
}

static bool
is_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static struct policy_place
here(const struct policy_lexer *lx)
{
	return (struct policy_place){
		lx->line, (unsigned)(avow_cur_offset(&lx->in) - lx->line_start + 1)};
}

static enum avow_err
refuse(struct policy_lexer *lx, struct policy_place at, struct avow_span symbol,
	const char *what)
{
	struct policy_at where = {at, symbol, "policy > token"};

	return policy_refuse(lx->err, AVOW_E_POLICY_SYNTAX, &where, NULL, "%s", what);
}

static enum avow_err
keep_comment(struct policy_lexer *lx, size_t from)
{
	struct policy_comment *c = avow_arena_alloc(lx->arena, sizeof(*c));
	struct avow_span all =
		avow_span_slice(lx->text, from, avow_cur_offset(&lx->in) - from);

	if (!c)
		return avow_arena_err(lx->arena);
	c->text = avow_span_trim(all);
	c->line = lx->line;
	c->blank_before = lx->line > lx->last_line + 1;
	lx->last_line = lx->line;
	if (lx->last_comment)
		lx->last_comment->next = c;
	else
		lx->comments = c;
	lx->last_comment = c;
	return AVOW_OK;
}

static enum avow_err
read_comment(struct policy_lexer *lx)
{
	struct policy_place at = here(lx);
	size_t from = avow_cur_offset(&lx->in);

	avow_cur_skip(&lx->in, 1);
	if (avow_cur_peek(&lx->in) != '/')
		return refuse(lx, at, AVOW_LIT("/"), "token recognition error at: '/'");
	while (avow_cur_peek(&lx->in) >= 0 && avow_cur_peek(&lx->in) != '\n')
		avow_cur_skip(&lx->in, 1);
	return keep_comment(lx, from);
}

/* Stops before the first character of a token, or at the end. */
static enum avow_err
skip_space(struct policy_lexer *lx)
{
	for (;;) {
		switch (avow_cur_peek(&lx->in)) {
		case '\n':
			avow_cur_skip(&lx->in, 1);
			lx->line++;
			lx->line_start = avow_cur_offset(&lx->in);
			break;
		case ' ':
		case '\t':
		case '\r':
			avow_cur_skip(&lx->in, 1);
			break;
		case '/':
			AVOW_TRY(read_comment(lx));
			break;
		default:
			return AVOW_OK;
		}
	}
}

static void
read_name(struct policy_lexer *lx, struct policy_token *t)
{
	t->kind = TOKEN_IDENT;
	while (is_name_start(avow_cur_peek(&lx->in)) ||
		is_digit(avow_cur_peek(&lx->in)))
		avow_cur_skip(&lx->in, 1);
}

/* The sign is a token of its own, so that 2^63 must be told apart by the
 * parser; more than that is out of range with either sign. */
static enum avow_err
read_integer(struct policy_lexer *lx, struct policy_token *t)
{
	bool over = false;

	t->kind = TOKEN_INTEGER;
	while (is_digit(avow_cur_peek(&lx->in))) {
		unsigned digit = (unsigned)(avow_cur_u8(&lx->in) - '0');

		over |= __builtin_mul_overflow(t->magnitude, 10u, &t->magnitude);
		over |= __builtin_add_overflow(t->magnitude, digit, &t->magnitude);
	}
	if (over)
		t->magnitude = UINT64_MAX;
	return AVOW_OK;
}

/* Typographic quotes, which word processors put in place of '"'. */
static bool
has_curly_quote(struct avow_span s)
{
	return avow_span_find(s, AVOW_LIT("\xe2\x80\x9c")) < s.n ||
	       avow_span_find(s, AVOW_LIT("\xe2\x80\x9d")) < s.n;
}

static enum avow_err
open_string(struct policy_lexer *lx, const struct policy_token *t, size_t from)
{
	struct avow_span text =
		avow_span_slice(lx->text, from, avow_cur_offset(&lx->in) - from);

	return refuse(lx, t->place, text,
		has_curly_quote(text)
			? "the string is not closed on its line; a curly quote does "
			  "not close it"
			: "the string is not closed on its line");
}

/* Undo \" and \\ of a string that is known to hold no other escape. */
static enum avow_err
unescape(struct policy_lexer *lx, struct policy_token *t, struct avow_span raw)
{
	uint8_t *p = avow_arena_alloc(lx->arena, raw.n + 1);
	size_t n = 0;

	if (!p)
		return avow_arena_err(lx->arena);
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.p[i] == '\\')
			i++;
		p[n++] = raw.p[i];
	}
	t->string = (struct avow_span){p, n};
	return AVOW_OK;
}

static enum avow_err
read_string(struct policy_lexer *lx, struct policy_token *t)
{
	size_t from = avow_cur_offset(&lx->in);
	bool escaped = false;
	int c;

	t->kind = TOKEN_STRING;
	avow_cur_skip(&lx->in, 1);
	while ((c = avow_cur_peek(&lx->in)) != '"') {
		struct policy_place at = here(lx);

		if (c < 0 || c == '\n' || c == '\r')
			return open_string(lx, t, from);
		if (c < 0x20 && c != '\t')
			return refuse(lx, at, AVOW_LIT("?"),
				"a control character stands in a string");
		avow_cur_skip(&lx->in, 1);
		if (c != '\\')
			continue;
		escaped = true;
		c = avow_cur_u8(&lx->in);
		if (c != '"' && c != '\\')
			return refuse(lx, at, AVOW_LIT("\\"),
				"a backslash in a string stands before '\"' or another "
				"backslash");
	}
	avow_cur_skip(&lx->in, 1);
	t->string = avow_span_slice(
		lx->text, from + 1, avow_cur_offset(&lx->in) - from - 2);
	return escaped ? unescape(lx, t, t->string) : AVOW_OK;
}

/* `c` and, when `next` follows, both as one token. */
static bool
take_pair(struct policy_lexer *lx, char next)
{
	if (avow_cur_peek(&lx->in) != next)
		return false;
	avow_cur_skip(&lx->in, 1);
	return true;
}

static enum avow_err
bad_symbol(struct policy_lexer *lx, struct policy_place at, size_t from)
{
	struct avow_span rest = avow_span_from(lx->text, from);
	uint32_t cp;
	size_t n = avow_utf8_decode(rest, &cp);
	char shown[8];
	char what[96];
	struct avow_span symbol = avow_span_slice(rest, 0, n ? n : 1);

	policy_printable(shown, sizeof(shown), symbol);
	snprintf(what, sizeof(what), "token recognition error at: '%s'%s", shown,
		has_curly_quote(symbol) ? "; strings stand in straight quotes" : "");
	return refuse(lx, at, symbol, what);
}

static enum avow_err
read_symbol(struct policy_lexer *lx, struct policy_token *t)
{
	static const char single[] = ";,:.-{}[]()";
	static const enum policy_token_kind kinds[] = {TOKEN_SEMICOLON, TOKEN_COMMA,
		TOKEN_COLON, TOKEN_DOT, TOKEN_MINUS, TOKEN_OPEN_BRACE,
		TOKEN_CLOSE_BRACE, TOKEN_OPEN_BRACKET, TOKEN_CLOSE_BRACKET,
		TOKEN_OPEN_PAREN, TOKEN_CLOSE_PAREN};
	size_t from = avow_cur_offset(&lx->in);
	char c = (char)avow_cur_u8(&lx->in);
	const char *at = memchr(single, c, sizeof(single) - 1);

	if (at)
		t->kind = kinds[at - single];
	else if (c == '=')
		t->kind = take_pair(lx, '=')   ? TOKEN_EQ
			  : take_pair(lx, '>') ? TOKEN_ARROW
					       : TOKEN_ASSIGN;
	else if (c == '!')
		t->kind = take_pair(lx, '=') ? TOKEN_NE : TOKEN_NOT;
	else if (c == '<')
		t->kind = take_pair(lx, '=') ? TOKEN_LE : TOKEN_LT;
	else if (c == '>')
		t->kind = take_pair(lx, '=') ? TOKEN_GE : TOKEN_GT;
	else if (c == '&' && take_pair(lx, '&'))
		t->kind = TOKEN_AND;
	else
		return bad_symbol(lx, t->place, from);
	return AVOW_OK;
}

static enum avow_err
read_token(struct policy_lexer *lx, struct policy_token *t)
{
	int c = avow_cur_peek(&lx->in);

	if (is_digit(c))
		return read_integer(lx, t);
	if (c == '"')
		return read_string(lx, t);
	if (!is_name_start(c))
		return read_symbol(lx, t);
	read_name(lx, t);
	return AVOW_OK;
}

enum avow_err
policy_lexer_next(struct policy_lexer *lx, struct policy_token *out)
{
	size_t from;

	*out = (struct policy_token){.kind = TOKEN_END};
	AVOW_TRY(skip_space(lx));
	out->place = here(lx);
	out->blank_before = lx->line > lx->last_line + 1;
	lx->last_line = lx->line;
	if (avow_cur_peek(&lx->in) < 0) {
		out->text = AVOW_LIT("<EOF>");
		return AVOW_OK;
	}
	from = avow_cur_offset(&lx->in);
	AVOW_TRY(read_token(lx, out));
	out->text = avow_span_slice(lx->text, from, avow_cur_offset(&lx->in) - from);
	return AVOW_OK;
}
