/*
 * The first room: text to tokens. Every token knows its line and column;
 * comments are kept aside for the formatter.
 */
#ifndef AVOW_POLICY_LEXER_H
#define AVOW_POLICY_LEXER_H

#include "base/arena.h"
#include "base/cursor.h"
#include "policy/error.h"

enum policy_token_kind {
	TOKEN_END,
	TOKEN_IDENT,
	TOKEN_STRING,
	TOKEN_INTEGER,
	TOKEN_SEMICOLON,
	TOKEN_COMMA,
	TOKEN_COLON,
	TOKEN_DOT,
	TOKEN_MINUS,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_OPEN_BRACKET,
	TOKEN_CLOSE_BRACKET,
	TOKEN_OPEN_PAREN,
	TOKEN_CLOSE_PAREN,
	TOKEN_ASSIGN, /* = */
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_LT,
	TOKEN_LE,
	TOKEN_GT,
	TOKEN_GE,
	TOKEN_ARROW, /* => */
	TOKEN_AND, /* && */
	TOKEN_NOT /* ! */
};

struct policy_token {
	enum policy_token_kind kind;
	struct avow_span text; /* as written; "<EOF>" at the end */
	struct policy_place place;
	struct avow_span string; /* STRING: without quotes and escapes */
	uint64_t magnitude; /* INTEGER */
	bool blank_before; /* an empty line stands before it */
};

struct policy_comment {
	struct avow_span text; /* from the slashes to the end of the line, trimmed */
	unsigned line;
	bool blank_before;
	struct policy_comment *next;
};

struct policy_lexer {
	struct avow_cursor in;
	struct avow_span text;
	size_t line_start; /* offset */
	unsigned line;
	unsigned last_line; /* where the last token or comment ended */
	struct avow_arena *arena;
	struct avow_policy_error *err;
	/* comments read and not yet taken by the parser, in order */
	struct policy_comment *comments, *last_comment;
};

/** `text` must be valid UTF-8 and is borrowed. */
void policy_lexer_init(struct policy_lexer *lx, struct avow_span text,
	struct avow_arena *a, struct avow_policy_error *err);
/**
 * The next token.
 * @return AVOW_OK; AVOW_E_POLICY_SYNTAX; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err policy_lexer_next(
	struct policy_lexer *lx, struct policy_token *out) AVOW_CHECKED;
/** How a kind of token is named in an error. Static. */
const char *policy_token_name(enum policy_token_kind k);

#endif
