/*
 * One search: what it may still spend, and the values that it makes. Every
 * helper that can run out gives NULL or false with the error recorded.
 */
#ifndef AVOW_JMESPATH_RUN_H
#define AVOW_JMESPATH_RUN_H

#include "jmespath/ast.h"

struct jp_run {
	struct avow_arena *arena;
	size_t steps, nodes, bytes; /* left */
	size_t max_depth;
	size_t at; /* offset of the node being evaluated */
	struct avow_jmespath_error *err;
};

/* One step for each so many bytes of text that are copied or compared. */
#define JP_BYTES_A_STEP 16

/* --- the budget ------------------------------------------------------------- */
/** Record that the steps have run out. Gives false. */
bool jp_out_of_steps(struct jp_run *r) __attribute__((cold));

/** Here, because every visit of a node pays. */
static inline bool
jp_spend(struct jp_run *r, size_t steps)
{
	if (steps > r->steps)
		return jp_out_of_steps(r);
	r->steps -= steps;
	return true;
}

/** Steps for n bytes of text. */
bool jp_spend_bytes(struct jp_run *r, size_t n);
/** n more bytes of output made by a function, and the steps for them. */
bool jp_spend_output(struct jp_run *r, size_t n);
/** The arena said no. Gives NULL. */
void *jp_no_memory(struct jp_run *r);
/** n values in the arena, counted. n may be 0: the result is then not NULL. */
void *jp_make(struct jp_run *r, size_t n, size_t size);

/* --- values ------------------------------------------------------------------ */
const struct avow_json *jp_null(void);
const struct avow_json *jp_bool(bool v);
const struct avow_json *jp_int(struct jp_run *r, int64_t v);
/** INT when it is whole and fits; INVALID_VALUE when it is not finite. */
const struct avow_json *jp_real(struct jp_run *r, double v);
const struct avow_json *jp_string(struct jp_run *r, struct avow_span s);

bool jp_is_null(const struct avow_json *v);
bool jp_is_number(const struct avow_json *v);
/** False-like: false, null, "", [] and {} (specification, or-expressions). */
bool jp_is_false(const struct avow_json *v);
/** "number", "string", "boolean", "array", "object" or "null". */
const char *jp_type_name(const struct avow_json *v);

/** Deep equality into *out. */
bool jp_equal(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	bool *out);
/** Exact order of two numbers, whatever their kinds: <0, 0, >0. */
int jp_number_cmp(const struct avow_json *a, const struct avow_json *b);
/** Order of two numbers, or of two strings by code point, into *out. */
bool jp_order(struct jp_run *r, const struct avow_json *a, const struct avow_json *b,
	int *out);
/**
 * Walk a value as it would be written, a shared part each time that it
 * occurs: nodes, text and depth must be within the limits.
 */
bool jp_measure(struct jp_run *r, const struct avow_json *v);

/* --- lists ------------------------------------------------------------------- */
/* Values that have been found; they become an array in the end. */
struct jp_list {
	const struct avow_json **p;
	size_t n, cap;
};

bool jp_list_add(struct jp_run *r, struct jp_list *l, const struct avow_json *v);
const struct avow_json *jp_list_done(struct jp_run *r, const struct jp_list *l);

/* --- sorting ------------------------------------------------------------------ */
/** Order of two things into *out; false when the budget is spent. */
typedef bool jp_cmp_fn(struct jp_run *r, const void *a, const void *b, int *out);
/** Stable, n log n whatever the input. */
bool jp_sort(struct jp_run *r, const void **p, size_t n, jp_cmp_fn *cmp);
/** Members by name in *out, later ones of one name behind earlier ones. */
bool jp_members_sorted(struct jp_run *r, const struct avow_json *o,
	const struct avow_json_member ***out);

/* --- evaluation ---------------------------------------------------------------- */
/** The value of a node on a current value; NULL on error. */
const struct avow_json *jp_eval(
	struct jp_run *r, const struct jp_node *n, const struct avow_json *cur);

#endif
