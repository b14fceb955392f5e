/*
 * The compiled policy: arrays instead of lists, names as numbers, literals as
 * ready values, JMESPath literals parsed. Everything lives in the policy's own
 * arena and is never written again.
 */
#ifndef AVOW_POLICY_PROGRAM_H
#define AVOW_POLICY_PROGRAM_H

#include "jmespath/jmespath.h"
#include "policy/lang.h"
#include "policy/tree.h"

/*
 * A symbol is a claim type as a number: the registry's own, and behind them
 * the literal types of this policy in bytewise order. A claim whose type is
 * neither has SYMBOL_NONE, which no literal test matches.
 */
#define SYMBOL_NONE UINT32_MAX

/** One value of a set. */
struct policy_value {
	enum avow_value_type type; /* never JSON: that is a STRING here */
	bool read_only;
	bool boolean;
	int64_t integer;
	struct avow_span string;
	const struct avow_json *tree; /* the string as JSON, when parsed */
	uint32_t from; /* incoming claim that it is the value of */
};

#define FROM_NONE UINT32_MAX

struct prog_expr {
	enum policy_expr_kind kind;
	struct policy_place place;
	struct policy_value literal; /* STRING, INTEGER, BOOLEAN */
	uint32_t slot; /* PROP */
	enum policy_prop prop;
	enum policy_fn fn; /* CALL */
	unsigned n_args;
	const struct prog_expr *args;
	unsigned types;
	const struct avow_jmespath *query; /* JmesPath with a literal query */
};

enum prog_test_kind {
	TEST_GENERAL,
	TEST_TYPE_IS, /* type == literal: by symbol */
	TEST_ISSUER_IS, /* issuer == a literal that is an issuer */
	TEST_LITERAL /* value op literal */
};

struct prog_test {
	enum prog_test_kind kind;
	enum policy_prop prop;
	enum policy_op op;
	uint32_t symbol;
	enum avow_issuer issuer;
	struct policy_place place;
	const struct prog_expr *expr;
	bool single_equals;
};

struct prog_cond {
	bool negated;
	struct policy_place place;
	uint32_t slot;
	struct avow_span ident;
	const struct prog_test *tests;
	unsigned n_tests;
	uint32_t symbol; /* of a test of kind TYPE_IS, else SYMBOL_NONE */
};

struct prog_rule {
	enum avow_policy_section section;
	enum avow_policy_action action;
	struct policy_place place, action_place;
	const struct prog_cond *conds;
	unsigned n_conds;
	uint32_t claim_slot;
	const struct prog_expr *type, *value, *value_type; /* NULL: not given */
	uint32_t symbol; /* of a literal type, else SYMBOL_NONE */
};

struct avow_policy {
	struct avow_arena arena;
	struct avow_span text;
	unsigned version;
	const struct prog_rule *rules; /* in the order of the text */
	unsigned n_rules;
	unsigned first[3], count[3]; /* rules of each section */
	struct policy_place section_place[3];
	bool folded_section[3]; /* its name had capitals */
	const struct avow_span *symbols; /* sorted, none registered */
	unsigned n_symbols;
	unsigned max_slots, max_tests;
	bool reads_any; /* a condition names no type, and may find any claim */
	bool reads[AVOW_CLAIM_COUNT]; /* a condition names this one */
};

/** Whether a rule could find a claim of this number. Sections do not matter here,
 *  nor does what the condition asks of it. */
bool policy_reads(const struct avow_policy *p, enum avow_claim_id id);

/** The symbol of a claim type. `id` may be OTHER: then it is looked up. */
uint32_t policy_symbol(
	const struct avow_policy *p, enum avow_claim_id id, struct avow_span name);

/**
 * Compile a checked tree into p, whose arena and text are set.
 * @return AVOW_OK; AVOW_E_POLICY_QUERY; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err policy_build(struct avow_policy *p, const struct policy_tree *tree,
	struct avow_policy_error *err) AVOW_CHECKED;

#endif
