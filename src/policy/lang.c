/*
 * Spellings of the policy language and the table of its functions (spec 04,
 * Functions). It knows words alone; meaning is the checker's and the
 * evaluator's.
 */
#include "policy/lang.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

const struct policy_fn_info policy_fns[FN_COUNT] = {
	[FN_JMESPATH] = {"JmesPath", 2, {TYPE_STRING, TYPE_STRING}, {false, false},
		true, TYPE_STRING},
	[FN_JSON_TO_CLAIM_VALUE] = {"JsonToClaimValue", 1, {TYPE_STRING, 0},
		{false, false}, false, TYPE_ANY},
	[FN_IS_SUBSET_OF] = {"IsSubsetOf", 2, {TYPE_ANY, TYPE_ANY}, {true, true}, false,
		TYPE_BOOLEAN},
	[FN_APPEND_STRING] = {"AppendString", 2, {TYPE_STRING, TYPE_STRING},
		{false, false}, false, TYPE_STRING},
	[FN_NEGATE_BOOL] = {"NegateBool", 1, {TYPE_BOOLEAN, 0}, {false, false}, false,
		TYPE_BOOLEAN},
	[FN_CONTAINS_ONLY_VALUE] = {"ContainsOnlyValue", 2, {TYPE_ANY, TYPE_ANY},
		{true, false}, false, TYPE_BOOLEAN},
};

static const char *const props[] = {
	[PROP_TYPE] = "type",
	[PROP_VALUE] = "value",
	[PROP_VALUE_TYPE] = "valueType",
	[PROP_ISSUER] = "issuer",
};

static const char *const ops[] = {
	[OP_EQ] = "==",
	[OP_NE] = "!=",
	[OP_LT] = "<",
	[OP_LE] = "<=",
	[OP_GT] = ">",
	[OP_GE] = ">=",
};

static const char *const sections[] = {
	[AVOW_POLICY_CONFIGURATION] = "configurationrules",
	[AVOW_POLICY_AUTHORIZATION] = "authorizationrules",
	[AVOW_POLICY_ISSUANCE] = "issuancerules",
};

static const char *const actions[] = {
	[AVOW_POLICY_PERMIT] = "permit",
	[AVOW_POLICY_DENY] = "deny",
	[AVOW_POLICY_ADD] = "add",
	[AVOW_POLICY_ISSUE] = "issue",
	[AVOW_POLICY_ISSUEPROPERTY] = "issueproperty",
};

static const char *const types[] = {
	[AVOW_VALUE_STRING] = "String",
	[AVOW_VALUE_INTEGER] = "Integer",
	[AVOW_VALUE_BOOLEAN] = "Boolean",
	[AVOW_VALUE_JSON] = "String",
};

enum policy_fn
policy_fn_lookup(struct avow_span name)
{
	for (int i = 0; i < FN_COUNT; i++)
		if (avow_span_eq_str(name, policy_fns[i].name))
			return (enum policy_fn)i;
	return FN_COUNT;
}

enum policy_prop
policy_prop_lookup(struct avow_span name)
{
	for (int i = 0; i < PROP_COUNT; i++)
		if (avow_span_eq_str(name, props[i]))
			return (enum policy_prop)i;
	return PROP_COUNT;
}

const char *
policy_prop_name(enum policy_prop p)
{
	return props[p];
}

const char *
policy_op_text(enum policy_op op)
{
	return ops[op];
}

bool
policy_op_orders(enum policy_op op)
{
	return op != OP_EQ && op != OP_NE;
}

const char *
policy_section_name(enum avow_policy_section s)
{
	return sections[s];
}

bool
policy_section_lookup(struct avow_span name, enum avow_policy_section *out)
{
	for (size_t i = 0; i < LEN(sections); i++)
		if (avow_span_eq_fold(name, avow_span_str(sections[i]))) {
			*out = (enum avow_policy_section)i;
			return true;
		}
	return false;
}

const char *
policy_action_name(enum avow_policy_action a)
{
	return actions[a];
}

bool
policy_action_lookup(struct avow_span name, enum avow_policy_action *out)
{
	for (size_t i = 0; i < LEN(actions); i++)
		if (avow_span_eq_str(name, actions[i])) {
			*out = (enum avow_policy_action)i;
			return true;
		}
	return false;
}

const char *
policy_type_name(enum avow_value_type t)
{
	return types[t];
}

unsigned
policy_type_bit(enum avow_value_type t)
{
	switch (t) {
	case AVOW_VALUE_INTEGER:
		return TYPE_INTEGER;
	case AVOW_VALUE_BOOLEAN:
		return TYPE_BOOLEAN;
	case AVOW_VALUE_STRING:
	case AVOW_VALUE_JSON:
		break;
	}
	return TYPE_STRING;
}
