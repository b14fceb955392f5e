/*
 * The tree of a policy: what the parser makes, what the checker annotates (the
 * fields named below), what the compiler and the formatter read. It lives in
 * one arena and borrows the text.
 */
#ifndef AVOW_POLICY_TREE_H
#define AVOW_POLICY_TREE_H

#include "base/limits.h"
#include "policy/lang.h"
#include "policy/lexer.h"

enum policy_expr_kind { EXPR_STRING, EXPR_INTEGER, EXPR_BOOLEAN, EXPR_PROP, EXPR_CALL };

#define NO_SLOT UINT32_MAX

/* Arena of one tree: about 40 bytes of nodes for one of text. */
#define POLICY_MAX_TREE AVOW_MIB(64)

struct policy_expr {
	enum policy_expr_kind kind;
	struct policy_place place;
	struct avow_span string; /* STRING */
	int64_t integer; /* INTEGER */
	bool boolean; /* BOOLEAN */
	struct avow_span name; /* PROP: the identifier; CALL: the function */
	enum policy_prop prop; /* PROP */
	struct policy_expr *args; /* CALL: a list, n_args long */
	unsigned n_args;
	struct policy_expr *next; /* in an argument list */
	/* the checker's */
	uint32_t slot; /* PROP */
	enum policy_fn fn; /* CALL */
	unsigned types; /* TYPE_* that it can give */
};

/** One test in the brackets of a condition. */
struct policy_test {
	enum policy_prop prop;
	enum policy_op op;
	bool single_equals; /* written `=` */
	struct policy_place place;
	struct policy_expr *expr;
	struct policy_test *next;
};

struct policy_cond {
	bool negated;
	struct policy_place place;
	struct avow_span ident; /* empty when there is none */
	struct policy_place ident_place;
	struct policy_test *tests;
	unsigned n_tests;
	struct policy_cond *next;
	/* the checker's */
	uint32_t slot; /* of ident, or NO_SLOT */
	const struct policy_rule *rule; /* that it stands in */
};

/** One `property = expression` of an action's claim. */
struct policy_field {
	enum policy_prop prop;
	struct policy_place place;
	struct policy_expr *expr;
	struct policy_field *next;
};

struct policy_rule {
	struct policy_place place;
	struct policy_cond *conds;
	unsigned n_conds;
	enum avow_policy_action action;
	struct policy_place action_place;
	struct avow_span claim; /* claim = IDENT; empty when fields are given */
	struct policy_place claim_place;
	struct policy_field *fields;
	struct policy_comment *comments; /* before it and inside it */
	struct policy_comment *trailing; /* behind its semicolon, or NULL */
	bool blank_before;
	struct policy_rule *next;
	/* the checker's */
	uint32_t claim_slot;
	uint32_t n_slots;
};

struct policy_sect {
	enum avow_policy_section kind;
	struct avow_span written; /* its name as spelled */
	struct policy_place place;
	struct policy_rule *rules;
	struct policy_comment *comments; /* before it */
	struct policy_comment *tail; /* before its closing brace */
	struct policy_comment *trailing;
	struct policy_sect *next;
};

struct policy_tree {
	unsigned version; /* 10, 11, 12 */
	struct policy_place version_place;
	struct policy_comment *comments; /* before and inside the version line */
	struct policy_comment *trailing;
	struct policy_sect *sects;
	struct policy_comment *tail; /* at the end of the text */
	unsigned n_rules;
	struct policy_place end;
};

/** True when both mean the same, places, comments and spelling aside. */
bool policy_tree_eq(const struct policy_tree *a, const struct policy_tree *b);

/**
 * Parse a whole text.
 * @param text valid or not: its size and UTF-8 are checked here. Borrowed.
 * @param out in the arena; NULL on error.
 * @return AVOW_OK; AVOW_E_POLICY_SYNTAX, _VERSION (unknown), _TEXT_SIZE,
 *	_RULES, _DEPTH; AVOW_E_UTF8; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err policy_parse(struct avow_span text, struct avow_arena *a,
	struct policy_tree **out, struct avow_policy_error *err) AVOW_CHECKED;

/**
 * Judge a tree: sections and actions, what the version has, names, types and
 * literal property values; fills the checker's fields. JMESPath literals are
 * the compiler's.
 * @return AVOW_OK; AVOW_E_POLICY_SECTION, _ACTION, _VERSION, _NAME, _TYPE,
 *	_PROPERTY, _SYNTAX.
 */
enum avow_err policy_check(
	struct policy_tree *tree, struct avow_policy_error *err) AVOW_CHECKED;

#endif
