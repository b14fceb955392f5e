/*
 * The specification's built-in functions and equals_ignore_case, as one table
 * in the order of their names, and the one check of arguments against it. A
 * function is called with what its row says and nothing else.
 */
#include "jmespath/functions.h"

#include <stdlib.h>
#include <string.h>

/* Specification, built-in functions; the signatures in its own order. */
static const struct jp_function functions[] = {
	{"abs", 1, 1, {JP_NUMBER}, jp_fn_abs},
	{"avg", 1, 1, {JP_NUMBERS}, jp_fn_avg},
	{"ceil", 1, 1, {JP_NUMBER}, jp_fn_ceil},
	{"contains", 2, 2, {JP_ARRAY | JP_STRING, JP_ANY}, jp_fn_contains},
	{"ends_with", 2, 2, {JP_STRING, JP_STRING}, jp_fn_ends_with},
	{"equals_ignore_case", 2, 2, {JP_STRING, JP_STRING}, jp_fn_equals_ignore_case},
	{"floor", 1, 1, {JP_NUMBER}, jp_fn_floor},
	{"join", 2, 2, {JP_STRING, JP_STRINGS}, jp_fn_join},
	{"keys", 1, 1, {JP_OBJECT}, jp_fn_keys},
	{"length", 1, 1, {JP_STRING | JP_ARRAY | JP_OBJECT}, jp_fn_length},
	{"map", 2, 2, {JP_REF, JP_ARRAY}, jp_fn_map},
	{"max", 1, 1, {JP_NUMBERS | JP_STRINGS}, jp_fn_max},
	{"max_by", 2, 2, {JP_ARRAY, JP_REF}, jp_fn_max_by},
	{"merge", 0, JP_MANY, {JP_OBJECT, JP_OBJECT}, jp_fn_merge},
	{"min", 1, 1, {JP_NUMBERS | JP_STRINGS}, jp_fn_min},
	{"min_by", 2, 2, {JP_ARRAY, JP_REF}, jp_fn_min_by},
	{"not_null", 1, JP_MANY, {JP_ANY, JP_ANY}, jp_fn_not_null},
	{"reverse", 1, 1, {JP_STRING | JP_ARRAY}, jp_fn_reverse},
	{"sort", 1, 1, {JP_NUMBERS | JP_STRINGS}, jp_fn_sort},
	{"sort_by", 2, 2, {JP_ARRAY, JP_REF}, jp_fn_sort_by},
	{"starts_with", 2, 2, {JP_STRING, JP_STRING}, jp_fn_starts_with},
	{"sum", 1, 1, {JP_NUMBERS}, jp_fn_sum},
	{"to_array", 1, 1, {JP_ANY}, jp_fn_to_array},
	{"to_number", 1, 1, {JP_ANY}, jp_fn_to_number},
	{"to_string", 1, 1, {JP_ANY}, jp_fn_to_string},
	{"type", 1, 1, {JP_ANY}, jp_fn_type},
	{"values", 1, 1, {JP_OBJECT}, jp_fn_values},
};

static int
by_name(const void *key, const void *row)
{
	const struct avow_span *name = key;
	const struct jp_function *f = row;

	return avow_span_cmp(*name, avow_span_str(f->name));
}

const struct jp_function *
jp_function_find(struct avow_span name)
{
	return bsearch(&name, functions, sizeof(functions) / sizeof(functions[0]),
		sizeof(functions[0]), by_name);
}

/* --- types ------------------------------------------------------------------------ */

static unsigned
type_bit(const struct avow_json *v)
{
	switch (v->type) {
	case AVOW_JSON_NULL:
		return JP_NULL;
	case AVOW_JSON_BOOL:
		return JP_BOOLEAN;
	case AVOW_JSON_STRING:
		return JP_STRING;
	case AVOW_JSON_ARRAY:
		return JP_ARRAY;
	case AVOW_JSON_OBJECT:
		return JP_OBJECT;
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
	default:
		return JP_NUMBER;
	}
}

/* The array types that an array has: both when it is empty. */
static unsigned
array_bits(const struct avow_json *v)
{
	unsigned all = JP_NUMBER | JP_STRING;

	for (size_t i = 0; all && i < v->count; i++)
		all &= type_bit(&v->items[i]);
	return (all & JP_NUMBER ? JP_NUMBERS : 0u) |
	       (all & JP_STRING ? JP_STRINGS : 0u);
}

/* What a row accepts, in words. */
static const char *
accepted(unsigned types)
{
	switch (types) {
	case JP_NUMBER:
		return "a number";
	case JP_STRING:
		return "a string";
	case JP_OBJECT:
		return "an object";
	case JP_ARRAY:
		return "an array";
	case JP_NUMBERS:
		return "an array of numbers";
	case JP_STRINGS:
		return "an array of strings";
	case JP_NUMBERS | JP_STRINGS:
		return "an array of numbers or of strings";
	case JP_REF:
		return "an expression (&...)";
	case JP_ARRAY | JP_STRING:
		return "an array or a string";
	case JP_STRING | JP_ARRAY | JP_OBJECT:
		return "a string, an array or an object";
	default:
		return "a value";
	}
}

static bool
argument_fits(struct jp_run *r, const struct jp_function *f, size_t i,
	const struct jp_arg *arg)
{
	unsigned want = f->types[i ? 1 : 0];
	unsigned have = arg->ref ? JP_REF : type_bit(arg->value);

	if (have == JP_ARRAY && want & (JP_NUMBERS | JP_STRINGS)) {
		if (!jp_spend(r, arg->value->count))
			return false;
		have |= array_bits(arg->value);
	}
	if (have & want)
		return true;
	jp_fail(r->err, AVOW_JMESPATH_INVALID_TYPE, r->at,
		"%s() wants %s as argument %zu and has %s", f->name, accepted(want),
		i + 1, arg->ref ? "an expression" : jp_type_name(arg->value));
	return false;
}

const struct avow_json *
jp_function_call(
	struct jp_run *r, const struct jp_node *at, const struct jp_arg *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!argument_fits(r, at->fn, i, &args[i]))
			return NULL;
	return at->fn->call(r, at, args, n);
}
