/*
 * The checked tree becomes the program, and the rooms are run in their order:
 * this is what avow_policy_compile does. Claim types become symbols, literals
 * become values, and a literal JMESPath query is parsed here, once; whether a
 * query's types fit is seen when it runs.
 */
#include "policy/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

struct build {
	struct avow_policy *p;
	struct avow_arena *a;
	struct avow_policy_error *err;
	struct avow_span *names; /* every literal type, as met */
	size_t n_names;
};

/* --- symbols ----------------------------------------------------------------------- */

static int
by_text(const void *x, const void *y)
{
	return avow_span_cmp(
		*(const struct avow_span *)x, *(const struct avow_span *)y);
}

uint32_t
policy_symbol(const struct avow_policy *p, enum avow_claim_id id, struct avow_span name)
{
	const struct avow_span *at;

	if (id == AVOW_CLAIM_OTHER)
		id = avow_claim_lookup(name);
	if (id != AVOW_CLAIM_OTHER)
		return (uint32_t)id;
	if (p->n_symbols == 0)
		return SYMBOL_NONE;
	at = bsearch(&name, p->symbols, p->n_symbols, sizeof(*p->symbols), by_text);
	return at ? AVOW_CLAIM_COUNT + (uint32_t)(at - p->symbols) : SYMBOL_NONE;
}

static size_t
count_names(const struct policy_tree *tree)
{
	size_t n = 0;

	for (const struct policy_sect *s = tree->sects; s; s = s->next)
		for (const struct policy_rule *r = s->rules; r; r = r->next) {
			n++;
			for (const struct policy_cond *c = r->conds; c; c = c->next)
				n += c->n_tests;
		}
	return n;
}

static void
note_name(struct build *b, const struct policy_expr *x)
{
	if (x->kind == EXPR_STRING && avow_claim_lookup(x->string) == AVOW_CLAIM_OTHER)
		b->names[b->n_names++] = x->string;
}

static void
note_rule(struct build *b, const struct policy_rule *r)
{
	const struct policy_cond *c;
	const struct policy_test *t;
	const struct policy_field *f;

	for (c = r->conds; c; c = c->next)
		for (t = c->tests; t; t = t->next)
			if (t->prop == PROP_TYPE)
				note_name(b, t->expr);
	for (f = r->fields; f; f = f->next)
		if (f->prop == PROP_TYPE)
			note_name(b, f->expr);
}

/* Sorts the names met and drops repetitions; their bytes move to the policy. */
static enum avow_err
keep_symbols(struct build *b)
{
	struct avow_span *out = avow_arena_array(b->a, b->n_names, sizeof(*out));
	unsigned n = 0;

	if (!out)
		return avow_arena_err(b->a);
	if (b->n_names)
		qsort(b->names, b->n_names, sizeof(*b->names), by_text);
	for (size_t i = 0; i < b->n_names; i++) {
		if (n && avow_span_eq(out[n - 1], b->names[i]))
			continue;
		out[n] = avow_arena_copy(b->a, b->names[i]);
		if (!out[n++].p)
			return avow_arena_err(b->a);
	}
	b->p->symbols = out;
	b->p->n_symbols = n;
	return AVOW_OK;
}

static enum avow_err
build_symbols(struct build *b, const struct policy_tree *tree)
{
	enum avow_err e;

	b->names = calloc(count_names(tree) + 1, sizeof(*b->names));
	if (!b->names)
		return AVOW_E_NO_MEMORY;
	for (const struct policy_sect *s = tree->sects; s; s = s->next)
		for (const struct policy_rule *r = s->rules; r; r = r->next)
			note_rule(b, r);
	e = keep_symbols(b);
	free(b->names);
	return e;
}

/* --- expressions --------------------------------------------------------------------- */

static enum avow_err build_expr(
	struct build *b, const struct policy_expr *x, struct prog_expr *out);

static enum avow_err
compile_query(struct build *b, struct prog_expr *call)
{
	const struct prog_expr *arg = &call->args[1];
	struct policy_at at = {
		arg->place, arg->literal.string, "policy > expression > functionCall"};
	struct avow_jmespath_error why;
	enum avow_jmespath_kind k;

	k = avow_jmespath_compile(arg->literal.string, b->a, &call->query, &why);
	if (k == AVOW_JMESPATH_OK)
		return AVOW_OK;
	return policy_refuse(b->err, AVOW_E_POLICY_QUERY, &at, NULL,
		"JMESPath %s error at character %zu of the query: %s",
		avow_jmespath_kind_name(k), why.offset + 1, why.message);
}

static enum avow_err
build_call(struct build *b, const struct policy_expr *x, struct prog_expr *out)
{
	struct prog_expr *args = avow_arena_array(b->a, x->n_args, sizeof(*args));
	unsigned i = 0;

	if (!args)
		return avow_arena_err(b->a);
	out->args = args;
	out->n_args = x->n_args;
	out->fn = x->fn;
	for (const struct policy_expr *arg = x->args; arg; arg = arg->next)
		AVOW_TRY(build_expr(b, arg, &args[i++]));
	if (x->fn == FN_JMESPATH && args[1].kind == EXPR_STRING)
		return compile_query(b, out);
	return AVOW_OK;
}

static enum avow_err
build_expr(struct build *b, const struct policy_expr *x, struct prog_expr *out)
{
	*out = (struct prog_expr){
		.kind = x->kind,
		.place = x->place,
		.slot = x->slot,
		.prop = x->prop,
		.types = x->types,
		.literal = {.integer = x->integer,
			.boolean = x->boolean,
			.from = FROM_NONE,
			.type = x->kind == EXPR_INTEGER   ? AVOW_VALUE_INTEGER
				: x->kind == EXPR_BOOLEAN ? AVOW_VALUE_BOOLEAN
							  : AVOW_VALUE_STRING},
	};
	if (x->kind == EXPR_CALL)
		return build_call(b, x, out);
	if (x->kind != EXPR_STRING)
		return AVOW_OK;
	out->literal.string = avow_arena_copy(b->a, x->string);
	return out->literal.string.p ? AVOW_OK : avow_arena_err(b->a);
}

static enum avow_err
new_expr(struct build *b, const struct policy_expr *x, const struct prog_expr **out)
{
	struct prog_expr *e = avow_arena_alloc(b->a, sizeof(*e));

	*out = e;
	return e ? build_expr(b, x, e) : avow_arena_err(b->a);
}

/* --- conditions ------------------------------------------------------------------------ */

static bool
is_literal(const struct prog_expr *x)
{
	return x->kind != EXPR_PROP && x->kind != EXPR_CALL;
}

static void
choose_kind(struct build *b, struct prog_test *t)
{
	struct avow_span s = t->expr->literal.string;

	if (!is_literal(t->expr))
		return;
	if (t->prop == PROP_VALUE)
		t->kind = TEST_LITERAL;
	if (t->op != OP_EQ || t->expr->kind != EXPR_STRING)
		return;
	if (t->prop == PROP_TYPE) {
		t->kind = TEST_TYPE_IS;
		t->symbol = policy_symbol(b->p, AVOW_CLAIM_OTHER, s);
	} else if (t->prop == PROP_ISSUER && avow_issuer_lookup(s, &t->issuer)) {
		t->kind = TEST_ISSUER_IS;
	}
}

static enum avow_err
build_cond(struct build *b, const struct policy_cond *c, struct prog_cond *out)
{
	struct prog_test *tests = avow_arena_array(b->a, c->n_tests, sizeof(*tests));
	unsigned i = 0;

	if (!tests)
		return avow_arena_err(b->a);
	*out = (struct prog_cond){.negated = c->negated,
		.place = c->place,
		.slot = c->slot,
		.symbol = SYMBOL_NONE,
		.tests = tests,
		.n_tests = c->n_tests,
		.ident = avow_arena_copy(b->a, c->ident)};
	if (!out->ident.p)
		return avow_arena_err(b->a);
	for (const struct policy_test *t = c->tests; t; t = t->next, i++) {
		tests[i] = (struct prog_test){.prop = t->prop,
			.op = t->op,
			.place = t->place,
			.single_equals = t->single_equals};
		AVOW_TRY(new_expr(b, t->expr, &tests[i].expr));
		choose_kind(b, &tests[i]);
		if (tests[i].kind == TEST_TYPE_IS)
			out->symbol = tests[i].symbol;
	}
	if (out->symbol == SYMBOL_NONE)
		b->p->reads_any = true;
	else if (out->symbol < AVOW_CLAIM_COUNT)
		b->p->reads[out->symbol] = true;
	if (b->p->max_tests < c->n_tests)
		b->p->max_tests = c->n_tests;
	return AVOW_OK;
}

/* --- rules ------------------------------------------------------------------------------- */

static enum avow_err
build_fields(struct build *b, const struct policy_rule *r, struct prog_rule *out)
{
	const struct prog_expr *by_prop[PROP_COUNT] = {NULL};

	for (const struct policy_field *f = r->fields; f; f = f->next)
		AVOW_TRY(new_expr(b, f->expr, &by_prop[f->prop]));
	out->type = by_prop[PROP_TYPE];
	out->value = by_prop[PROP_VALUE];
	out->value_type = by_prop[PROP_VALUE_TYPE];
	if (out->type && out->type->kind == EXPR_STRING)
		out->symbol = policy_symbol(
			b->p, AVOW_CLAIM_OTHER, out->type->literal.string);
	return AVOW_OK;
}

static enum avow_err
build_rule(struct build *b, const struct policy_sect *s, const struct policy_rule *r,
	struct prog_rule *out)
{
	struct prog_cond *conds = avow_arena_array(b->a, r->n_conds, sizeof(*conds));
	unsigned i = 0;

	if (!conds)
		return avow_arena_err(b->a);
	*out = (struct prog_rule){.section = s->kind,
		.action = r->action,
		.place = r->place,
		.action_place = r->action_place,
		.conds = conds,
		.n_conds = r->n_conds,
		.claim_slot = r->claim_slot,
		.symbol = SYMBOL_NONE};
	for (const struct policy_cond *c = r->conds; c; c = c->next)
		AVOW_TRY(build_cond(b, c, &conds[i++]));
	if (b->p->max_slots < r->n_slots)
		b->p->max_slots = r->n_slots;
	return build_fields(b, r, out);
}

static bool
has_capitals(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return true;
	return false;
}

static enum avow_err
build_rules(struct build *b, const struct policy_tree *tree)
{
	struct avow_policy *p = b->p;
	struct prog_rule *rules = avow_arena_array(b->a, tree->n_rules, sizeof(*rules));

	if (!rules)
		return avow_arena_err(b->a);
	p->rules = rules;
	for (const struct policy_sect *s = tree->sects; s; s = s->next) {
		p->first[s->kind] = p->n_rules;
		p->section_place[s->kind] = s->place;
		p->folded_section[s->kind] = has_capitals(s->written);
		for (const struct policy_rule *r = s->rules; r; r = r->next)
			AVOW_TRY(build_rule(b, s, r, &rules[p->n_rules++]));
		p->count[s->kind] = p->n_rules - p->first[s->kind];
	}
	return AVOW_OK;
}

enum avow_err
policy_build(struct avow_policy *p, const struct policy_tree *tree,
	struct avow_policy_error *err)
{
	struct build b = {.p = p, .a = &p->arena, .err = err};

	p->version = tree->version;
	AVOW_TRY(build_symbols(&b, tree));
	return build_rules(&b, tree);
}

bool
policy_reads(const struct avow_policy *p, enum avow_claim_id id)
{
	return p->reads_any || id == AVOW_CLAIM_OTHER || p->reads[id];
}

/* --- all rooms in order ------------------------------------------------------------------- */

static enum avow_err
compile_into(struct avow_policy *p, struct avow_span text, struct avow_arena *scratch,
	struct avow_policy_error *err)
{
	struct policy_tree *tree;

	AVOW_TRY(policy_parse(text, scratch, &tree, err));
	AVOW_TRY(policy_check(tree, err));
	p->text = avow_arena_copy(&p->arena, text);
	if (!p->text.p)
		return avow_arena_err(&p->arena);
	return policy_build(p, tree, err);
}

/* Memory has no place in the text. */
static void
say_memory(struct avow_policy_error *err, enum avow_err e)
{
	struct policy_at at = {{0, 0}, {NULL, 0}, "policy"};

	(void)policy_refuse(err, e, &at, NULL, "%s", avow_err_text(e));
}

enum avow_err
avow_policy_compile(
	struct avow_span text, struct avow_policy **out, struct avow_policy_error *err)
{
	struct avow_policy_error own;
	struct avow_policy *p = calloc(1, sizeof(*p));
	struct avow_arena scratch;
	enum avow_err e = AVOW_E_NO_MEMORY;

	*out = NULL;
	err = err ? err : &own;
	memset(err, 0, sizeof(*err));
	avow_arena_init(&scratch, POLICY_MAX_TREE);
	if (p) {
		avow_arena_init_kept(&p->arena, POLICY_MAX_TREE);
		e = compile_into(p, text, &scratch, err);
	}
	avow_arena_clear(&scratch);
	if (e != AVOW_OK) {
		say_memory(err, e);
		avow_policy_free(p);
		return e;
	}
	*out = p;
	return AVOW_OK;
}

void
avow_policy_free(struct avow_policy *p)
{
	if (!p)
		return;
	avow_arena_clear(&p->arena);
	free(p);
}

unsigned
avow_policy_version(const struct avow_policy *p)
{
	return p->version;
}

struct avow_span
avow_policy_text(const struct avow_policy *p)
{
	return p->text;
}
