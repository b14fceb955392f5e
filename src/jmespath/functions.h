/*
 * The function table: name, number of arguments, types, code. Arity and types
 * are checked in one place, so a function sees only what it accepts.
 */
#ifndef AVOW_JMESPATH_FUNCTIONS_H
#define AVOW_JMESPATH_FUNCTIONS_H

#include "jmespath/run.h"

enum {
	JP_NUMBER = 1 << 0,
	JP_STRING = 1 << 1,
	JP_BOOLEAN = 1 << 2,
	JP_ARRAY = 1 << 3,
	JP_OBJECT = 1 << 4,
	JP_NULL = 1 << 5,
	JP_REF = 1 << 6, /* &expression */
	JP_NUMBERS = 1 << 7, /* array[number], the empty one too */
	JP_STRINGS = 1 << 8, /* array[string], the empty one too */
	JP_ANY = JP_NUMBER | JP_STRING | JP_BOOLEAN | JP_ARRAY | JP_OBJECT | JP_NULL
};

#define JP_MANY SIZE_MAX

/* A resolved argument: a value, or the expression of &expression. */
struct jp_arg {
	const struct avow_json *value;
	const struct jp_node *ref;
};

typedef const struct avow_json *jp_call(struct jp_run *r, const struct jp_node *at,
	const struct jp_arg *args, size_t n);

struct jp_function {
	const char *name;
	size_t min, max; /* arguments; JP_MANY: no maximum */
	unsigned types[2]; /* of each argument; the last repeats */
	jp_call *call;
};

/** By exact name, or NULL. */
const struct jp_function *jp_function_find(struct avow_span name);
/** Check every argument's type, then call. NULL on error. */
const struct avow_json *jp_function_call(struct jp_run *r, const struct jp_node *at,
	const struct jp_arg *args, size_t n);

/* fn_number.c */
jp_call jp_fn_abs, jp_fn_avg, jp_fn_ceil, jp_fn_floor, jp_fn_sum, jp_fn_to_number;
/* fn_text.c */
jp_call jp_fn_ends_with, jp_fn_equals_ignore_case, jp_fn_join, jp_fn_starts_with,
	jp_fn_to_string;
/* fn_list.c */
jp_call jp_fn_contains, jp_fn_length, jp_fn_map, jp_fn_reverse, jp_fn_to_array;
/* fn_object.c */
jp_call jp_fn_keys, jp_fn_merge, jp_fn_not_null, jp_fn_type, jp_fn_values;
/* fn_order.c */
jp_call jp_fn_max, jp_fn_max_by, jp_fn_min, jp_fn_min_by, jp_fn_sort, jp_fn_sort_by;

#endif
