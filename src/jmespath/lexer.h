/* Tokens of a JMESPath expression. */
#ifndef AVOW_JMESPATH_LEXER_H
#define AVOW_JMESPATH_LEXER_H

#include "base/cursor.h"
#include "jmespath/ast.h"

enum jp_token_kind {
	JP_T_END,
	JP_T_BAD, /* the lexer has recorded why */
	JP_T_NAME, /* unquoted-string */
	JP_T_QUOTED, /* quoted-string, text with its quotes */
	JP_T_RAW, /* raw-string, text without its quotes */
	JP_T_JSON, /* literal, text without its backticks */
	JP_T_NUMBER,
	JP_T_DOT,
	JP_T_STAR,
	JP_T_COMMA,
	JP_T_COLON,
	JP_T_CURRENT,
	JP_T_LBRACE,
	JP_T_RBRACE,
	JP_T_LPAREN,
	JP_T_RPAREN,
	JP_T_LBRACKET,
	JP_T_RBRACKET,
	JP_T_FLATTEN, /* [] */
	JP_T_FILTER, /* [? */
	JP_T_REF, /* & */
	JP_T_AND,
	JP_T_OR,
	JP_T_PIPE,
	JP_T_NOT,
	JP_T_EQ,
	JP_T_NE,
	JP_T_LT,
	JP_T_LE,
	JP_T_GT,
	JP_T_GE
};

struct jp_token {
	enum jp_token_kind kind;
	size_t at;
	struct avow_span text;
	bool escaped; /* RAW, JSON: has an escape to be undone */
	int64_t number; /* saturates: no list is that long */
};

struct jp_lexer {
	struct avow_cursor in;
	struct avow_span text;
	struct avow_jmespath_error *err;
};

/** The next token; END for ever after the last, BAD for ever after an error. */
struct jp_token jp_lex(struct jp_lexer *lx);

#endif
