/*
 * Warnings about valid policies: what their author cannot have meant. A name
 * that no claim of this type has makes a rule that silently never fires, which
 * is how a mistyped policy lets in what it should not. Everything is read from
 * the compiled program; nothing here changes an outcome. lint_debug.c asks
 * about debug enclaves.
 */
#include "policy/lint.h"

#include "policy/properties.h"
#include "policy/spelling.h"

#define NEAREST_CELLS 20000000u /* of edit distance, for one policy */

/* --- findings ------------------------------------------------------------------------- */

void
policy_lint_say(
	struct lint *l, const char *code, struct policy_place at, const char *fmt, ...)
{
	struct avow_policy_finding *f = avow_arena_alloc(l->a, sizeof(*f));
	char text[512];
	va_list ap;

	if (!f) {
		l->err = avow_arena_err(l->a);
		return;
	}
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	f->code = code;
	f->line = at.line;
	f->column = at.column;
	f->message = avow_arena_copy(l->a, avow_span_str(text));
	if (!f->message.p)
		l->err = avow_arena_err(l->a);
	if (l->out->last)
		l->out->last->next = f;
	else
		l->out->first = f;
	l->out->last = f;
	l->out->n++;
}

/* --- what a claim type is ---------------------------------------------------------------- */

static struct avow_span
symbol_name(const struct lint *l, uint32_t symbol)
{
	return symbol < AVOW_CLAIM_COUNT
		       ? avow_span_str(avow_claim_name((enum avow_claim_id)symbol))
		       : l->p->symbols[symbol - AVOW_CLAIM_COUNT];
}

static bool
kinds_fit(const struct lint *l, unsigned kinds)
{
	return l->kinds == 0 || (kinds & l->kinds);
}

/* The service itself can put such a claim into the incoming set. */
static bool
service_has(const struct lint *l, uint32_t symbol)
{
	enum avow_claim_id id = (enum avow_claim_id)symbol;

	return symbol < AVOW_CLAIM_COUNT &&
	       (avow_claim_flags(id) & AVOW_CLAIM_INCOMING) &&
	       kinds_fit(l, avow_claim_kinds(id));
}

/* Custom claims come with TPM attestation alone, under a URL and a name. */
static bool
maybe_custom(const struct lint *l, struct avow_span name)
{
	return kinds_fit(l, AVOW_KIND_TPM) && avow_span_find_byte(name, '/') < name.n;
}

/* The rule from `from` on that first makes this type, or NULL. */
static const struct prog_rule *
made_later(const struct lint *l, uint32_t symbol, unsigned from)
{
	for (unsigned i = from; i < l->p->n_rules; i++)
		if (l->p->rules[i].symbol == symbol)
			return &l->p->rules[i];
	return NULL;
}

/* --- one condition -------------------------------------------------------------------------- */

/* What a condition says of the claims it wants, as far as literals say it. */
struct wish {
	const struct prog_test *type; /* TYPE_IS, or NULL */
	bool issuer_known;
	enum avow_issuer issuer;
};

static struct wish
wish_of(const struct prog_cond *c)
{
	struct wish w = {0};

	for (unsigned i = 0; i < c->n_tests; i++) {
		if (c->tests[i].kind == TEST_TYPE_IS && !w.type)
			w.type = &c->tests[i];
		if (c->tests[i].kind == TEST_ISSUER_IS) {
			w.issuer_known = true;
			w.issuer = c->tests[i].issuer;
		}
	}
	return w;
}

static bool
can_exist(const struct lint *l, const struct wish *w)
{
	uint32_t symbol = w->type->symbol;
	bool made = l->made[symbol] || l->made_dynamic;
	bool service = service_has(l, symbol) && !l->configuring;
	bool custom = maybe_custom(l, symbol_name(l, symbol)) && !l->configuring;

	if (!w->issuer_known)
		return made || service || custom;
	switch (w->issuer) {
	case AVOW_ISSUER_SERVICE:
		return service;
	case AVOW_ISSUER_POLICY:
		return made;
	case AVOW_ISSUER_CUSTOM:
		return kinds_fit(l, AVOW_KIND_TPM) && !l->configuring;
	}
	return false;
}

static struct avow_span
nearest_name(struct lint *l, struct avow_span wanted)
{
	struct policy_nearest near = policy_nearest_to(wanted, l->nearest_left);

	for (uint32_t i = 1; i < AVOW_CLAIM_COUNT; i++)
		if (service_has(l, i))
			policy_nearest_offer(&near, symbol_name(l, i));
	for (uint32_t i = 0; i < l->p->n_symbols; i++)
		if (l->made[AVOW_CLAIM_COUNT + i])
			policy_nearest_offer(&near, l->p->symbols[i]);
	l->nearest_left = near.cells_left;
	return near.name;
}

static void
say_unknown(struct lint *l, const struct prog_cond *c, const struct prog_test *t)
{
	struct avow_span name = symbol_name(l, t->symbol);
	struct avow_span near = nearest_name(l, name);
	const char *so = c->negated ? "always holds" : "never holds";

	if (near.n)
		policy_lint_say(l, "unknown-claim", t->place,
			"there is never a claim \"%.*s\" here, so this condition %s; "
			"did you mean \"%.*s\"?",
			AVOW_FMT(name), so, AVOW_FMT(near));
	else
		policy_lint_say(l, "unknown-claim", t->place,
			"there is never a claim \"%.*s\" here, so this condition %s",
			AVOW_FMT(name), so);
}

static void
check_claim(struct lint *l, const struct prog_cond *c, unsigned rule)
{
	struct wish w = wish_of(c);
	const struct prog_rule *later;

	if (!w.type || can_exist(l, &w))
		return;
	later = made_later(l, w.type->symbol, rule);
	if (l->configuring)
		policy_lint_say(l, "never-fires", w.type->place,
			"configurationrules run before there are claims: they see only "
			"properties that an earlier rule set");
	else if (later && c->negated)
		return; /* a default that a later rule may override */
	else if (later)
		policy_lint_say(l, "never-fires", w.type->place,
			"\"%.*s\" is made only later, by the rule at line %u",
			AVOW_FMT(symbol_name(l, w.type->symbol)), later->place.line);
	else
		say_unknown(l, c, w.type);
}

static bool
is_literal(const struct prog_expr *x)
{
	return x->kind != EXPR_PROP && x->kind != EXPR_CALL;
}

static const char *
article(unsigned type)
{
	return type == TYPE_INTEGER   ? "an Integer"
	       : type == TYPE_BOOLEAN ? "a Boolean"
				      : "a String";
}

/* The type of the value that a condition filters, when it must be one. */
static unsigned
value_types(const struct lint *l, const struct wish *w)
{
	uint32_t symbol = w->type ? w->type->symbol : SYMBOL_NONE;

	if (!w->type || symbol >= AVOW_CLAIM_COUNT || !service_has(l, symbol))
		return TYPE_ANY;
	if (l->made_dynamic || l->made[symbol])
		if (!w->issuer_known || w->issuer != AVOW_ISSUER_SERVICE)
			return TYPE_ANY;
	return policy_type_bit(avow_claim_type((enum avow_claim_id)symbol));
}

static void
check_types(struct lint *l, const struct prog_cond *c)
{
	struct wish w = wish_of(c);

	for (unsigned i = 0; i < c->n_tests; i++) {
		const struct prog_test *t = &c->tests[i];
		unsigned left =
			t->prop == PROP_VALUE ? value_types(l, &w) : TYPE_STRING;

		if (left & t->expr->types)
			continue;
		policy_lint_say(l, "type-mismatch", t->place,
			"%s is %s here and is compared with %s, which never holds",
			policy_prop_name(t->prop), article(left),
			article(t->expr->types));
	}
}

/* A literal that names no issuer and no value type. */
static void
check_words(struct lint *l, const struct prog_test *t)
{
	struct avow_span s = t->expr->literal.string;
	enum avow_issuer issuer;
	bool known = true;

	if (t->expr->kind != EXPR_STRING)
		return;
	if (t->prop == PROP_ISSUER)
		known = avow_issuer_lookup(s, &issuer);
	else if (t->prop == PROP_VALUE_TYPE)
		known = avow_span_eq_str(s, "String") ||
			avow_span_eq_str(s, "Integer") ||
			avow_span_eq_str(s, "Boolean");
	if (!known)
		policy_lint_say(l, "unknown-word", t->place,
			"there is no %s \"%.*s\", so this test %s holds",
			policy_prop_name(t->prop), AVOW_FMT(s),
			t->op == OP_EQ ? "never" : "always");
}

static bool
contradicts(const struct prog_test *a, const struct prog_test *b)
{
	const struct policy_value *x = &a->expr->literal, *y = &b->expr->literal;

	if (a->prop != b->prop || a->op != OP_EQ || b->op != OP_EQ)
		return false;
	if (!is_literal(a->expr) || !is_literal(b->expr) ||
		a->expr->kind != b->expr->kind)
		return false;
	return !policy_value_compare(x, OP_EQ, y);
}

static void
check_contradiction(struct lint *l, const struct prog_cond *c)
{
	const struct prog_test *first[PROP_COUNT] = {NULL};

	for (unsigned i = 0; i < c->n_tests; i++) {
		const struct prog_test *t = &c->tests[i];

		if (first[t->prop] && contradicts(first[t->prop], t))
			policy_lint_say(l, "never-fires", t->place,
				"%s cannot be both values at once",
				policy_prop_name(t->prop));
		if (!first[t->prop] && t->op == OP_EQ && is_literal(t->expr))
			first[t->prop] = t;
	}
}

static void
check_cond(struct lint *l, const struct prog_cond *c, unsigned rule)
{
	for (unsigned i = 0; i < c->n_tests; i++) {
		if (c->tests[i].single_equals)
			policy_lint_say(l, "single-equals", c->tests[i].place,
				"'=' is taken for '==' here");
		check_words(l, &c->tests[i]);
	}
	check_claim(l, c, rule);
	check_types(l, c);
	check_contradiction(l, c);
}

/* --- actions -------------------------------------------------------------------------------------- */

static void
check_property(struct lint *l, const struct prog_rule *r)
{
	struct avow_span name = r->type->literal.string;
	const struct policy_property *p = policy_property_lookup(name), *known;
	struct policy_nearest near;

	if (!p) {
		near = policy_nearest_to(name, l->nearest_left);
		for (size_t i = 0; (known = policy_property_at(i)); i++)
			policy_nearest_offer(&near, avow_span_str(known->name));
		l->nearest_left = near.cells_left;
		policy_lint_say(l, "unknown-property", r->type->place,
			"there is no property \"%.*s\", so this has no effect%s%.*s%s",
			AVOW_FMT(name), near.name.n ? "; did you mean \"" : "",
			AVOW_FMT(near.name), near.name.n ? "\"?" : "");
		return;
	}
	if (!kinds_fit(l, p->kinds))
		policy_lint_say(l, "unknown-property", r->type->place,
			"\"%s\" has no effect on this attestation type", p->name);
	if (p->before_verify && r->section == AVOW_POLICY_ISSUANCE)
		policy_lint_say(l, "late-property", r->type->place,
			"\"%s\" acts on verification, which is over in issuancerules; "
			"set "
			"it in configurationrules (version 1.1)",
			p->name);
	if (r->value->kind != EXPR_BOOLEAN || !r->value->literal.boolean)
		return;
	if (avow_span_eq_str(name, "x-avow-allow-debug"))
		policy_lint_say(
			l, "debug-allowed", r->place, "this lets debug machines in");
	if (avow_span_eq_str(name, "x-avow-allow-migration"))
		policy_lint_say(l, "migration-allowed", r->place,
			"this lets machines in whose keys another one holds");
}

/* The read-only claim that a rule would repeat, or an empty name. */
static struct avow_span
read_only_source(const struct lint *l, const struct prog_rule *r)
{
	uint32_t slot = r->claim_slot;

	if (r->value && r->value->kind == EXPR_PROP)
		slot = r->value->slot;
	for (unsigned i = 0; slot != NO_SLOT && i < r->n_conds; i++) {
		struct wish w = wish_of(&r->conds[i]);

		if (r->conds[i].slot != slot || !w.type ||
			w.type->symbol >= AVOW_CLAIM_COUNT)
			continue;
		if (avow_claim_flags((enum avow_claim_id)w.type->symbol) &
			AVOW_CLAIM_READ_ONLY)
			return symbol_name(l, w.type->symbol);
	}
	return AVOW_LIT("");
}

static void
check_issue(struct lint *l, const struct prog_rule *r)
{
	struct avow_span source = read_only_source(l, r);

	if (source.n)
		policy_lint_say(l, "read-only", r->action_place,
			"\"%.*s\" is read-only: this fails whenever the rule fires",
			AVOW_FMT(source));
	if (r->section == AVOW_POLICY_AUTHORIZATION)
		policy_lint_say(l, "issue-in-authorization", r->action_place,
			"what authorizationrules issue reaches no token; write add, or "
			"move the rule to issuancerules");
	else if (r->symbol != SYMBOL_NONE &&
		 avow_claim_is_reserved(symbol_name(l, r->symbol)))
		policy_lint_say(l, "reserved-name", r->type->place,
			"\"%.*s\" is the service's own: a token whose claim differs "
			"from "
			"it is refused",
			AVOW_FMT(symbol_name(l, r->symbol)));
}

static void
check_action(struct lint *l, const struct prog_rule *r)
{
	switch (r->action) {
	case AVOW_POLICY_PERMIT:
		if (r->n_conds == 0)
			policy_lint_say(l, "unconditional-permit", r->place,
				"this permits whatever the claims are");
		break;
	case AVOW_POLICY_DENY:
		if (r->n_conds == 0)
			policy_lint_say(l, "unconditional-deny", r->place,
				"this denies whatever the claims are");
		break;
	case AVOW_POLICY_ISSUE:
		check_issue(l, r);
		break;
	case AVOW_POLICY_ISSUEPROPERTY:
		if (r->symbol != SYMBOL_NONE)
			check_property(l, r);
		break;
	case AVOW_POLICY_ADD:
		break;
	}
}

/* From here on, claims of this type may be there. */
static void
note_made(struct lint *l, const struct prog_rule *r)
{
	if (r->symbol != SYMBOL_NONE)
		l->made[r->symbol] = true;
	else if (r->type || r->claim_slot != NO_SLOT)
		l->made_dynamic = true;
}

/* --- the whole policy ---------------------------------------------------------------------------------- */

static void
check_section(struct lint *l, enum avow_policy_section s)
{
	const struct avow_policy *p = l->p;
	bool permits = false;

	l->configuring = s == AVOW_POLICY_CONFIGURATION;
	if (p->folded_section[s])
		policy_lint_say(l, "section-case", p->section_place[s],
			"the section's name is written \"%s\"", policy_section_name(s));
	for (unsigned i = p->first[s]; i < p->first[s] + p->count[s]; i++) {
		const struct prog_rule *r = &p->rules[i];

		for (unsigned c = 0; c < r->n_conds; c++)
			check_cond(l, &r->conds[c], i);
		check_action(l, r);
		note_made(l, r);
		permits |= r->action == AVOW_POLICY_PERMIT;
	}
	if (s != AVOW_POLICY_AUTHORIZATION)
		return;
	if (!permits)
		policy_lint_say(l, "no-permit", p->section_place[s],
			"no rule permits, so every attestation is denied");
	policy_lint_debug(l);
}

enum avow_err
avow_policy_lint(const struct avow_policy *p, unsigned kinds, struct avow_arena *a,
	struct avow_policy_findings *out)
{
	struct lint l = {.p = p,
		.kinds = kinds,
		.a = a,
		.out = out,
		.nearest_left = NEAREST_CELLS};

	l.made = avow_arena_array(a, AVOW_CLAIM_COUNT + p->n_symbols, sizeof(*l.made));
	if (!l.made)
		return avow_arena_err(a);
	for (int s = AVOW_POLICY_CONFIGURATION; s <= AVOW_POLICY_ISSUANCE; s++)
		check_section(&l, (enum avow_policy_section)s);
	return l.err;
}
