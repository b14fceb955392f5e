/*
 * The words of the policy language, shared by all its rooms: properties,
 * operators, value types and functions, each with its spelling.
 */
#ifndef AVOW_POLICY_LANG_H
#define AVOW_POLICY_LANG_H

#include "base/span.h"
#include "claims/claims.h"
#include "policy/policy.h"

enum policy_prop { PROP_TYPE, PROP_VALUE, PROP_VALUE_TYPE, PROP_ISSUER, PROP_COUNT };

enum policy_op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

enum policy_fn {
	FN_JMESPATH,
	FN_JSON_TO_CLAIM_VALUE,
	FN_IS_SUBSET_OF,
	FN_APPEND_STRING,
	FN_NEGATE_BOOL,
	FN_CONTAINS_ONLY_VALUE,
	FN_COUNT
};

/* Static types, as a set: what an expression can give. */
#define TYPE_STRING 0x1u
#define TYPE_INTEGER 0x2u
#define TYPE_BOOLEAN 0x4u
#define TYPE_ANY 0x7u

struct policy_fn_info {
	const char *name;
	unsigned n_args;
	unsigned arg_types[2];
	bool arg_is_set[2]; /* takes several values, or none */
	bool non_empty; /* its string arguments may not be "" */
	unsigned result;
};

extern const struct policy_fn_info policy_fns[FN_COUNT];

/** FN_COUNT when there is no such function. Exact case. */
enum policy_fn policy_fn_lookup(struct avow_span name);
/** PROP_COUNT when there is no such property. Exact case. */
enum policy_prop policy_prop_lookup(struct avow_span name);
const char *policy_prop_name(enum policy_prop p);
const char *policy_op_text(enum policy_op op);
bool policy_op_orders(enum policy_op op);
const char *policy_section_name(enum avow_policy_section s);
/** False when it is no section; letter case is free (docs/policy.md). */
bool policy_section_lookup(struct avow_span name, enum avow_policy_section *out);
const char *policy_action_name(enum avow_policy_action a);
bool policy_action_lookup(struct avow_span name, enum avow_policy_action *out);
/** "String", "Integer", "Boolean"; JSON text is a String to a policy. */
const char *policy_type_name(enum avow_value_type t);
/** TYPE_* of a value type. */
unsigned policy_type_bit(enum avow_value_type t);

#endif
