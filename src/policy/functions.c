/*
 * Expressions and the six functions of version 1.2 (spec 04, Functions; spec
 * 11, 1 to 3 and 7). A JSON text is parsed once: its tree stays with the claim
 * or the value that it belongs to.
 */
#include "policy/eval.h"

#include <string.h>

#include "base/limits.h"

static const char *const counts[] = {"no value", "one value", "several values"};

struct policy_value
policy_set_at(const struct eval *e, const struct policy_set *s, size_t i)
{
	if (s->view)
		return policy_claim_value(e, s->view->index[i], s->prop);
	return s->many ? s->many[i] : s->one;
}

static struct policy_set
one(struct policy_value v)
{
	return (struct policy_set){.n = 1, .one = v};
}

static struct policy_set
boolean(bool v, bool read_only)
{
	return one((struct policy_value){.type = AVOW_VALUE_BOOLEAN,
		.boolean = v,
		.read_only = read_only,
		.from = FROM_NONE});
}

/* --- arguments --------------------------------------------------------------------------- */

static enum avow_err
single(struct eval *e, const struct prog_expr *call, unsigned i,
	const struct policy_set *s, struct policy_value *out)
{
	const struct policy_fn_info *fn = &policy_fns[call->fn];

	if (s->n != 1)
		return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION,
			call->args[i].place, "argument %u of %s is %s, not one", i + 1,
			fn->name, counts[s->n ? 2 : 0]);
	*out = policy_set_at(e, s, 0);
	if (!(policy_type_bit(out->type) & fn->arg_types[i]))
		return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION,
			call->args[i].place, "argument %u of %s is of type %s", i + 1,
			fn->name, policy_type_name(out->type));
	if (fn->non_empty && out->string.n == 0)
		return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION,
			call->args[i].place, "argument %u of %s is empty", i + 1,
			fn->name);
	return AVOW_OK;
}

/* A text that a function made, charged to the evaluation. */
static enum avow_err
derive(struct eval *e, size_t n, struct policy_place at)
{
	if (n > e->derived_left)
		return policy_eval_fail(e, AVOW_E_POLICY_DERIVED, at,
			"functions made more than %zu bytes of text",
			AVOW_MAX_POLICY_DERIVED);
	e->derived_left -= n;
	return policy_eval_spend(e, n / BYTES_A_STEP, at);
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* The tree of a String. A failure to parse is the caller's to judge. */
static enum avow_err
parse_text(struct eval *e, struct policy_value *v, struct policy_place at)
{
	/* as deep as a result of JmesPath can be */
	static const struct avow_json_rules rules = {
		.max_depth = AVOW_JMESPATH_MAX_DEPTH};

	if (v->tree)
		return AVOW_OK;
	AVOW_TRY(policy_eval_spend(e, 1 + v->string.n / BYTES_A_STEP, at));
	AVOW_TRY(avow_json_parse(v->string, &rules, e->a, &v->tree, NULL));
	if (v->from != FROM_NONE)
		e->in.v[v->from].tree = v->tree;
	return AVOW_OK;
}

/* The answer to a text that did not parse: `err` of parse_text. */
static enum avow_err
json_failed(struct eval *e, const struct prog_expr *call, enum avow_err err)
{
	if (err == AVOW_E_NO_MEMORY || err == AVOW_E_TOO_LARGE)
		return err;
	/* the first failure wins, so that a step limit stays one */
	return policy_eval_fail(e, AVOW_E_POLICY_JSON, call->args[0].place,
		"argument 1 of %s: %s", policy_fns[call->fn].name, avow_err_text(err));
}

static enum avow_err
json_text(struct eval *e, const struct avow_json *tree, struct policy_place at,
	struct avow_span *out)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, e->a, AVOW_MAX_POLICY_DERIVED);
	avow_json_put(&b, tree, AVOW_JSON_AS_IS);
	if (b.err == AVOW_E_TOO_LARGE && !e->a->hit_limit)
		return derive(e, SIZE_MAX, at);
	AVOW_TRY(b.err);
	*out = avow_buf_span(&b);
	return derive(e, b.n, at);
}

/* --- JmesPath ----------------------------------------------------------------------------------- */

static enum avow_err
query_failed(struct eval *e, const struct prog_expr *call, enum avow_jmespath_kind k,
	const struct avow_jmespath_error *why)
{
	return policy_eval_fail(e, AVOW_E_POLICY_QUERY_FAILED, call->args[1].place,
		"JMESPath %s at character %zu of the query: %s",
		avow_jmespath_kind_name(k), why->offset + 1, why->message);
}

static enum avow_err
get_query(struct eval *e, const struct prog_expr *call, struct avow_span text,
	const struct avow_jmespath **out)
{
	struct avow_jmespath_error why;
	enum avow_jmespath_kind k;

	*out = call->query;
	if (*out)
		return AVOW_OK;
	AVOW_TRY(policy_eval_spend(e, 1 + text.n, call->place));
	k = avow_jmespath_compile(text, e->a, out, &why);
	return k == AVOW_JMESPATH_OK ? AVOW_OK : query_failed(e, call, k, &why);
}

static enum avow_err
search(struct eval *e, const struct prog_expr *call, const struct avow_jmespath *q,
	const struct avow_json *doc, const struct avow_json **out)
{
	size_t used = 0;
	struct avow_jmespath_limits limits = {
		.max_steps = e->steps_left < AVOW_MAX_JMESPATH_STEPS
				     ? e->steps_left
				     : AVOW_MAX_JMESPATH_STEPS,
		.steps_used = &used,
	};
	struct avow_jmespath_error why;
	enum avow_jmespath_kind k;

	AVOW_TRY(policy_eval_spend(e, 1, call->place));
	k = avow_jmespath_search(q, doc, e->a, &limits, out, &why);
	AVOW_TRY(policy_eval_spend(e, used, call->place));
	return k == AVOW_JMESPATH_OK ? AVOW_OK : query_failed(e, call, k, &why);
}

static enum avow_err
call_jmespath(struct eval *e, const struct prog_expr *call, struct policy_set *args,
	struct policy_set *out)
{
	struct policy_value doc, text;
	struct policy_value v = {.type = AVOW_VALUE_STRING, .from = FROM_NONE};
	const struct avow_jmespath *q;
	enum avow_err err;

	AVOW_TRY(single(e, call, 0, &args[0], &doc));
	AVOW_TRY(single(e, call, 1, &args[1], &text));
	err = parse_text(e, &doc, call->place);
	if (err != AVOW_OK)
		return json_failed(e, call, err);
	AVOW_TRY(get_query(e, call, text.string, &q));
	AVOW_TRY(search(e, call, q, doc.tree, &v.tree));
	AVOW_TRY(json_text(e, v.tree, call->place, &v.string));
	v.read_only = doc.read_only || text.read_only;
	*out = one(v);
	return AVOW_OK;
}

/* --- JsonToClaimValue ------------------------------------------------------------------------------ */

/* A number without a fraction that fits 64 bits, however it is written. */
static bool
as_integer(const struct avow_json *j, int64_t *out)
{
	if (j->type == AVOW_JSON_INT) {
		*out = j->integer;
		return true;
	}
	/* 2^63 is a double; every double below it fits */
	if (!(j->real >= -0x1p63 && j->real < 0x1p63))
		return false;
	*out = (int64_t)j->real;
	return (double)*out == j->real;
}

static enum avow_err
primitive(struct eval *e, const struct prog_expr *call, const struct avow_json *j,
	struct policy_value *out)
{
	switch (j->type) {
	case AVOW_JSON_BOOL:
		out->type = AVOW_VALUE_BOOLEAN;
		out->boolean = j->boolean;
		return AVOW_OK;
	case AVOW_JSON_STRING:
		out->type = AVOW_VALUE_STRING;
		out->string = j->string;
		return derive(e, j->string.n, call->place);
	case AVOW_JSON_INT:
	case AVOW_JSON_REAL:
		out->type = AVOW_VALUE_INTEGER;
		if (as_integer(j, &out->integer))
			return AVOW_OK;
		return policy_eval_fail(e, AVOW_E_POLICY_JSON, call->place,
			"JsonToClaimValue: the number is no integer of 64 bits");
	case AVOW_JSON_NULL:
	case AVOW_JSON_ARRAY:
	case AVOW_JSON_OBJECT:
		break;
	}
	return policy_eval_fail(e, AVOW_E_POLICY_JSON, call->place,
		"JsonToClaimValue: %s has no claim value",
		j->type == AVOW_JSON_OBJECT ? "an object" : "an array in an array");
}

/* An array gives a set: its nulls are dropped, its repetitions stay. */
static enum avow_err
array_to_set(struct eval *e, const struct prog_expr *call, const struct avow_json *j,
	bool read_only, struct policy_set *out)
{
	struct policy_value *v;

	AVOW_TRY(policy_eval_spend(e, j->count, call->place));
	v = avow_arena_array(e->a, j->count, sizeof(*v));
	if (!v)
		return avow_arena_err(e->a);
	*out = (struct policy_set){.many = v};
	for (size_t i = 0; i < j->count; i++) {
		if (j->items[i].type == AVOW_JSON_NULL)
			continue;
		v[out->n] = (struct policy_value){
			.read_only = read_only, .from = FROM_NONE};
		AVOW_TRY(primitive(e, call, &j->items[i], &v[out->n]));
		out->n++;
	}
	return AVOW_OK;
}

static enum avow_err
call_json_to_claim_value(struct eval *e, const struct prog_expr *call,
	struct policy_set *args, struct policy_set *out)
{
	struct policy_value v, r = {.from = FROM_NONE};
	enum avow_err err;

	AVOW_TRY(single(e, call, 0, &args[0], &v));
	err = parse_text(e, &v, call->place);
	if (err == AVOW_E_JSON_SYNTAX || err == AVOW_E_JSON_TRAILING) {
		v.from = FROM_NONE; /* spec 11, 1: no JSON, so the text itself */
		*out = one(v);
		return derive(e, v.string.n, call->place);
	}
	if (err != AVOW_OK)
		return json_failed(e, call, err);
	*out = (struct policy_set){0};
	if (v.tree->type == AVOW_JSON_NULL)
		return AVOW_OK;
	if (v.tree->type == AVOW_JSON_ARRAY)
		return array_to_set(e, call, v.tree, v.read_only, out);
	r.read_only = v.read_only;
	AVOW_TRY(primitive(e, call, v.tree, &r));
	*out = one(r);
	return AVOW_OK;
}

/* --- the others ---------------------------------------------------------------------------------------- */

static bool
contains(struct eval *e, const struct policy_set *s, const struct policy_value *v)
{
	for (size_t i = 0; i < s->n; i++) {
		struct policy_value member = policy_set_at(e, s, i);

		if (policy_eval_compare(e, &member, OP_EQ, v))
			return true;
	}
	return false;
}

static enum avow_err
call_is_subset_of(struct eval *e, const struct prog_expr *call, struct policy_set *args,
	struct policy_set *out)
{
	bool all = true;
	size_t work;

	if (__builtin_mul_overflow(args[0].n, args[1].n, &work))
		work = SIZE_MAX;
	AVOW_TRY(policy_eval_spend(e, work, call->place));
	for (size_t i = 0; i < args[0].n && all; i++) {
		struct policy_value v = policy_set_at(e, &args[0], i);

		all = contains(e, &args[1], &v);
		AVOW_TRY(policy_eval_pay(e, call->place));
	}
	*out = boolean(all, false);
	return AVOW_OK;
}

static enum avow_err
call_contains_only_value(struct eval *e, const struct prog_expr *call,
	struct policy_set *args, struct policy_set *out)
{
	struct policy_value v;
	bool only = args[0].n > 0;

	AVOW_TRY(single(e, call, 1, &args[1], &v));
	AVOW_TRY(policy_eval_spend(e, args[0].n, call->place));
	for (size_t i = 0; i < args[0].n && only; i++) {
		struct policy_value member = policy_set_at(e, &args[0], i);

		only = policy_eval_compare(e, &member, OP_EQ, &v);
	}
	*out = boolean(only, false);
	return policy_eval_pay(e, call->place);
}

static enum avow_err
call_append_string(struct eval *e, const struct prog_expr *call,
	struct policy_set *args, struct policy_set *out)
{
	struct policy_value a, b;
	uint8_t *p;

	AVOW_TRY(single(e, call, 0, &args[0], &a));
	AVOW_TRY(single(e, call, 1, &args[1], &b));
	/* each is at most what a request or a policy holds: no overflow */
	AVOW_TRY(derive(e, a.string.n + b.string.n, call->place));
	p = avow_arena_alloc(e->a, a.string.n + b.string.n);
	if (!p)
		return avow_arena_err(e->a);
	if (a.string.n)
		memcpy(p, a.string.p, a.string.n);
	if (b.string.n)
		memcpy(p + a.string.n, b.string.p, b.string.n);
	*out = one((struct policy_value){.type = AVOW_VALUE_STRING,
		.string = {p, a.string.n + b.string.n},
		.read_only = a.read_only || b.read_only,
		.from = FROM_NONE});
	return AVOW_OK;
}

static enum avow_err
call_negate_bool(struct eval *e, const struct prog_expr *call, struct policy_set *args,
	struct policy_set *out)
{
	struct policy_value v;

	AVOW_TRY(single(e, call, 0, &args[0], &v));
	*out = boolean(!v.boolean, v.read_only);
	return AVOW_OK;
}

typedef enum avow_err policy_call(struct eval *e, const struct prog_expr *call,
	struct policy_set *args, struct policy_set *out);

static policy_call *const calls[FN_COUNT] = {
	[FN_JMESPATH] = call_jmespath,
	[FN_JSON_TO_CLAIM_VALUE] = call_json_to_claim_value,
	[FN_IS_SUBSET_OF] = call_is_subset_of,
	[FN_APPEND_STRING] = call_append_string,
	[FN_NEGATE_BOOL] = call_negate_bool,
	[FN_CONTAINS_ONLY_VALUE] = call_contains_only_value,
};

static enum avow_err
eval_call(struct eval *e, const struct prog_expr *x, struct policy_set *out)
{
	struct policy_set args[2];

	AVOW_TRY(policy_eval_spend(e, 1, x->place));
	for (unsigned i = 0; i < x->n_args; i++)
		AVOW_TRY(policy_eval_expr(e, &x->args[i], &args[i]));
	return calls[x->fn](e, x, args, out);
}

enum avow_err
policy_eval_expr(struct eval *e, const struct prog_expr *x, struct policy_set *out)
{
	switch (x->kind) {
	case EXPR_STRING:
	case EXPR_INTEGER:
	case EXPR_BOOLEAN:
		*out = one(x->literal);
		return AVOW_OK;
	case EXPR_PROP:
		*out = (struct policy_set){.n = e->slots[x->slot].n,
			.view = &e->slots[x->slot],
			.prop = x->prop};
		return AVOW_OK;
	case EXPR_CALL:
		return eval_call(e, x, out);
	}
	return AVOW_E_INTERNAL;
}
