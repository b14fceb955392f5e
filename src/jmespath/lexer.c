/*
 * Text to tokens, one at a time, by the specification's grammar. A token is a
 * slice of the text: escapes are undone later, by the parser, because only
 * there is it known that the token is used. White space (space, tab, LF, CR)
 * stands between any two tokens, but not inside `[?` and `[]`.
 */
#include "jmespath/lexer.h"

static bool
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name_start(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static struct jp_token
bad(struct jp_lexer *lx, size_t at, const char *what)
{
	jp_fail(lx->err, AVOW_JMESPATH_SYNTAX, at, "%s", what);
	return (struct jp_token){.kind = JP_T_BAD, .at = at};
}

static struct jp_token
token(struct jp_lexer *lx, enum jp_token_kind kind, size_t at)
{
	return (struct jp_token){
		.kind = kind,
		.at = at,
		.text = avow_span_slice(lx->text, at, lx->in.pos - at),
	};
}

static struct jp_token
lex_name(struct jp_lexer *lx, size_t at)
{
	int c = avow_cur_peek(&lx->in);

	while (is_name_start(c) || is_digit(c)) {
		avow_cur_skip(&lx->in, 1);
		c = avow_cur_peek(&lx->in);
	}
	return token(lx, JP_T_NAME, at);
}

/* number = ["-"] 1*digit; `first` is the byte already taken. */
static struct jp_token
lex_number(struct jp_lexer *lx, size_t at, int first)
{
	int64_t v = is_digit(first) ? '0' - first : 0;
	struct jp_token t;

	if (first == '-' && !is_digit(avow_cur_peek(&lx->in)))
		return bad(lx, at, "a digit must follow '-'");
	/* counted downwards: INT64_MIN has no positive counterpart */
	while (is_digit(avow_cur_peek(&lx->in))) {
		int64_t d = avow_cur_u8(&lx->in) - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
			__builtin_sub_overflow(v, d, &v))
			v = INT64_MIN;
	}
	t = token(lx, JP_T_NUMBER, at);
	t.number = first == '-' ? v : v == INT64_MIN ? INT64_MAX : -v;
	return t;
}

/*
 * Up to the closing `quote`, which a backslash hides, and so does a backslash
 * before a backslash. The text excludes both quotes.
 */
static struct jp_token
lex_quoted(struct jp_lexer *lx, size_t at, enum jp_token_kind kind, int quote)
{
	bool escaped = false;
	struct jp_token t;
	int c;

	while ((c = avow_cur_peek(&lx->in)) != quote && c >= 0) {
		avow_cur_skip(&lx->in, 1);
		if (c != '\\')
			continue;
		c = avow_cur_peek(&lx->in);
		if (c == quote)
			escaped = true;
		if (c == quote || c == '\\')
			avow_cur_skip(&lx->in, 1);
	}
	if (c < 0)
		return bad(lx, at, "a quoted text does not end");
	t = token(lx, kind, at + 1);
	t.at = at;
	t.escaped = escaped;
	avow_cur_skip(&lx->in, 1);
	return t;
}

static bool
take(struct jp_lexer *lx, int c)
{
	if (avow_cur_peek(&lx->in) != c)
		return false;
	avow_cur_skip(&lx->in, 1);
	return true;
}

/* The tokens that are one byte, or that byte and another. */
static struct jp_token
lex_operator(struct jp_lexer *lx, size_t at, int c)
{
	enum jp_token_kind kind;

	switch (c) {
	case '[':
		kind = take(lx, '?')   ? JP_T_FILTER
		       : take(lx, ']') ? JP_T_FLATTEN
				       : JP_T_LBRACKET;
		break;
	case '&':
		kind = take(lx, '&') ? JP_T_AND : JP_T_REF;
		break;
	case '|':
		kind = take(lx, '|') ? JP_T_OR : JP_T_PIPE;
		break;
	case '!':
		kind = take(lx, '=') ? JP_T_NE : JP_T_NOT;
		break;
	case '<':
		kind = take(lx, '=') ? JP_T_LE : JP_T_LT;
		break;
	case '>':
		kind = take(lx, '=') ? JP_T_GE : JP_T_GT;
		break;
	case '=':
		if (!take(lx, '='))
			return bad(lx, at, "'=' is no operator; equality is '=='");
		kind = JP_T_EQ;
		break;
	default:
		return bad(lx, at, "a character that starts no token");
	}
	return token(lx, kind, at);
}

static enum jp_token_kind
single(int c)
{
	switch (c) {
	case '.':
		return JP_T_DOT;
	case '*':
		return JP_T_STAR;
	case ',':
		return JP_T_COMMA;
	case ':':
		return JP_T_COLON;
	case '@':
		return JP_T_CURRENT;
	case '{':
		return JP_T_LBRACE;
	case '}':
		return JP_T_RBRACE;
	case '(':
		return JP_T_LPAREN;
	case ')':
		return JP_T_RPAREN;
	case ']':
		return JP_T_RBRACKET;
	default:
		return JP_T_BAD;
	}
}

/* c has been taken; `at` is its place. */
static struct jp_token
lex_from(struct jp_lexer *lx, size_t at, int c)
{
	if (is_name_start(c))
		return lex_name(lx, at);
	if (is_digit(c) || c == '-')
		return lex_number(lx, at, c);
	if (c == '"')
		return lex_quoted(lx, at, JP_T_QUOTED, c);
	if (c == '\'')
		return lex_quoted(lx, at, JP_T_RAW, c);
	if (c == '`')
		return lex_quoted(lx, at, JP_T_JSON, c);
	if (single(c) != JP_T_BAD)
		return token(lx, single(c), at);
	return lex_operator(lx, at, c);
}

struct jp_token
jp_lex(struct jp_lexer *lx)
{
	size_t at;
	int c = avow_cur_peek(&lx->in);

	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		avow_cur_skip(&lx->in, 1);
		c = avow_cur_peek(&lx->in);
	}
	at = avow_cur_offset(&lx->in);
	if (lx->err->kind != AVOW_JMESPATH_OK)
		return (struct jp_token){.kind = JP_T_BAD, .at = at};
	if (c < 0)
		return (struct jp_token){.kind = JP_T_END, .at = at};
	avow_cur_skip(&lx->in, 1);
	return lex_from(lx, at, c);
}
