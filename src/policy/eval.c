/*
 * Rules and actions. A rule fires once: its conditions bind sets of claims,
 * and its action works on sets (spec 04, Evaluation). configure runs the
 * configuration rules on nothing but what they set; decide runs authorization
 * to its end, then, when it permits, issuance. The verdict starts at error and
 * only the last statement of decide writes permit.
 */
#include "policy/eval.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "policy/error.h"
#include "policy/properties.h"

/* What one trace may take to say why rules did not fire: it is no part of the
 * evaluation, so that an outcome is the same with and without it. */
#define TRACE_STEPS 4000000u
/* Cells of edit distance that one trace may spend on spelling suggestions. */
#define NEAREST_CELLS 2000000u
/* Room at the start for one claim a rule; more grows. */
#define MAX_SPARE_CLAIMS 64

enum avow_err
policy_eval_fail(struct eval *e, enum avow_err code, struct policy_place at,
	const char *fmt, ...)
{
	char text[sizeof(e->message)];
	va_list ap;

	if (e->code != AVOW_OK)
		return e->code;
	e->code = code;
	e->at = at;
	va_start(ap, fmt);
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	va_end(ap);
	policy_printable(e->message, sizeof(e->message), avow_span_str(text));
	return code;
}

enum avow_err
policy_eval_spend(struct eval *e, size_t steps, struct policy_place at)
{
	if (steps > e->steps_left) {
		e->steps_left = 0;
		return policy_eval_fail(
			e, AVOW_E_POLICY_STEPS, at, "the policy takes too many steps");
	}
	e->steps_left -= steps;
	return AVOW_OK;
}

/* --- the incoming set --------------------------------------------------------------- */

static size_t
spare(unsigned rules)
{
	return rules < MAX_SPARE_CLAIMS ? rules + 1 : MAX_SPARE_CLAIMS;
}

static enum avow_err
reserve(struct eval *e, size_t n)
{
	struct avow_claim *v = avow_arena_array(e->a, n, sizeof(*v));
	struct policy_link *links =
		v ? avow_arena_array(e->a, n, sizeof(*links)) : NULL;

	if (!links)
		return avow_arena_err(e->a);
	if (e->in.n) {
		memcpy(v, e->in.v, e->in.n * sizeof(*v));
		memcpy(links, e->links, e->in.n * sizeof(*links));
	}
	e->in.v = v;
	e->in.cap = n;
	e->links = links;
	return AVOW_OK;
}

/* Behind the last claim of its symbol, so that a chain is in order. */
static void
chain(struct eval *e, uint32_t symbol, uint32_t link)
{
	struct policy_chain *c = &e->chains[symbol];

	if (c->first == 0)
		c->first = link;
	else
		e->links[c->last - 1].next = link;
	c->last = link;
}

static enum avow_err
add_incoming(struct eval *e, const struct avow_claim *c, uint32_t symbol,
	struct policy_place at)
{
	if (e->in.n >= AVOW_MAX_POLICY_CLAIMS)
		return policy_eval_fail(e, AVOW_E_POLICY_CLAIMS, at,
			"there are more than %d incoming claims",
			AVOW_MAX_POLICY_CLAIMS);
	if (e->in.n == e->in.cap)
		AVOW_TRY(reserve(e, e->in.cap * 2));
	e->links[e->in.n] = (struct policy_link){symbol, 0};
	e->in.v[e->in.n++] = *c;
	if (symbol != SYMBOL_NONE)
		chain(e, symbol, (uint32_t)e->in.n);
	return AVOW_OK;
}

/* A text is made where a rule could come to read it. Every way to a claim leads
 * through a condition, and one that names another type never finds it. A trace
 * shows also what came near. */
static enum avow_err
settle(struct eval *e, struct avow_claim *c)
{
	if (!e->trace && !policy_reads(e->p, c->id))
		return AVOW_OK;
	return avow_claim_settle(c, e->a);
}

static enum avow_err
add_all(struct eval *e, const struct avow_claims *claims)
{
	AVOW_TRY(claims->err);
	for (size_t i = 0; i < claims->n; i++) {
		struct avow_claim c = claims->v[i];

		if (!c.for_policy)
			continue;
		AVOW_TRY(settle(e, &c));
		AVOW_TRY(add_incoming(e, &c, policy_symbol(e->p, c.id, c.name),
			(struct policy_place){0, 0}));
	}
	return AVOW_OK;
}

/* --- actions --------------------------------------------------------------------------- */

static enum avow_err
make_claim(struct eval *e, const struct prog_rule *r, struct avow_claim *c,
	uint32_t symbol)
{
	enum avow_err err;

	c->issuer = AVOW_ISSUER_POLICY;
	c->for_policy = true;
	c->for_token = true;
	c->id = symbol < AVOW_CLAIM_COUNT ? (enum avow_claim_id)symbol
					  : AVOW_CLAIM_OTHER;
	/* spec 11, 3: what a policy may read and not repeat */
	if (r->action != AVOW_POLICY_ADD && c->read_only)
		return policy_eval_fail(e, AVOW_E_POLICY_READ_ONLY, r->action_place,
			"'%.*s' would be made of a read-only claim", AVOW_FMT(c->name));
	AVOW_TRY(add_incoming(e, c, symbol, r->action_place));
	if (r->action == AVOW_POLICY_ISSUEPROPERTY) {
		err = policy_property_set(e->props, c, e->verified);
		if (err == AVOW_E_POLICY_PROPERTY)
			return policy_eval_fail(e, err, r->action_place, "%.*s is %s",
				AVOW_FMT(c->name),
				policy_property_lookup(c->name)->expected);
		return err;
	}
	/* spec 11, 4: in authorizationrules it reaches no token */
	if (r->action == AVOW_POLICY_ISSUE && r->section == AVOW_POLICY_ISSUANCE) {
		avow_claims_add_known(&e->issued, c);
		return e->issued.err;
	}
	return AVOW_OK;
}

static struct avow_claim
claim_of(struct avow_span name, const struct policy_value *v, bool read_only)
{
	return (struct avow_claim){.name = name,
		.type = v->type,
		.string = v->string,
		.integer = v->integer,
		.boolean = v->boolean,
		.tree = v->tree,
		.read_only = read_only || v->read_only};
}

/* claim = identifier: its members again, now the policy's own. */
static enum avow_err
copy_claims(struct eval *e, const struct prog_rule *r)
{
	const struct policy_binding *b = &e->slots[r->claim_slot];

	for (size_t i = 0; i < b->n; i++) {
		uint32_t at = b->index[i];
		struct policy_value v = policy_claim_value(e, at, PROP_VALUE);
		struct avow_claim c = claim_of(e->in.v[at].name, &v, false);

		AVOW_TRY(make_claim(e, r, &c, e->links[at].symbol));
	}
	return AVOW_OK;
}

/* A claim's type is one String; a set of equal ones is one. */
static enum avow_err
type_name(struct eval *e, const struct prog_rule *r, struct policy_value *out)
{
	struct policy_set s;

	AVOW_TRY(policy_eval_expr(e, r->type, &s));
	AVOW_TRY(policy_eval_spend(e, s.n, r->type->place));
	if (s.n == 0)
		return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION, r->type->place,
			"the claim's type has no value");
	*out = policy_set_at(e, &s, 0);
	for (size_t i = 1; i < s.n; i++) {
		struct policy_value v = policy_set_at(e, &s, i);

		if (!policy_eval_compare(e, &v, OP_EQ, out))
			return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION,
				r->type->place, "the claim's type has several values");
		out->read_only |= v.read_only;
	}
	AVOW_TRY(policy_eval_pay(e, r->type->place));
	if (out->type != AVOW_VALUE_STRING || out->string.n == 0)
		return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION, r->type->place,
			"a claim's type is a String that is not empty");
	return AVOW_OK;
}

/* A valueType that is stated must be that of the value. */
static enum avow_err
check_value_type(struct eval *e, const struct prog_rule *r,
	const struct policy_set *said, const struct policy_value *v)
{
	const char *is = policy_type_name(v->type);

	for (size_t i = 0; i < said->n; i++) {
		struct policy_value t = policy_set_at(e, said, i);

		if (t.type == AVOW_VALUE_STRING && avow_span_eq_str(t.string, is))
			return AVOW_OK;
	}
	return policy_eval_fail(e, AVOW_E_POLICY_EVALUATION, r->value_type->place,
		"the value is of type %s", is);
}

static enum avow_err
make_claims(struct eval *e, const struct prog_rule *r)
{
	struct policy_set values, said = {0};
	struct policy_value name;
	uint32_t symbol = r->symbol;

	AVOW_TRY(type_name(e, r, &name));
	AVOW_TRY(policy_eval_expr(e, r->value, &values));
	if (r->value_type)
		AVOW_TRY(policy_eval_expr(e, r->value_type, &said));
	if (symbol == SYMBOL_NONE)
		symbol = policy_symbol(e->p, AVOW_CLAIM_OTHER, name.string);
	for (size_t i = 0; i < values.n; i++) {
		struct policy_value v = policy_set_at(e, &values, i);
		struct avow_claim c = claim_of(name.string, &v, name.read_only);

		AVOW_TRY(policy_eval_spend(e, 1 + said.n, r->action_place));
		if (r->value_type)
			AVOW_TRY(check_value_type(e, r, &said, &v));
		AVOW_TRY(make_claim(e, r, &c, symbol));
	}
	return AVOW_OK;
}

static enum avow_err
act(struct eval *e, const struct prog_rule *r)
{
	switch (r->action) {
	case AVOW_POLICY_PERMIT:
		e->permits++;
		return AVOW_OK;
	case AVOW_POLICY_DENY:
		if (e->denies++ == 0)
			e->first_deny = r;
		return AVOW_OK;
	case AVOW_POLICY_ADD:
	case AVOW_POLICY_ISSUE:
	case AVOW_POLICY_ISSUEPROPERTY:
		break;
	}
	return r->claim_slot == NO_SLOT ? make_claims(e, r) : copy_claims(e, r);
}

/* --- rules --------------------------------------------------------------------------------- */

static enum avow_err
try_rule(struct eval *e, const struct prog_rule *r)
{
	size_t before = e->in.n;
	bool holds;

	for (unsigned i = 0; i < r->n_conds; i++) {
		AVOW_TRY(policy_cond_holds(e, &r->conds[i], &holds));
		if (!holds)
			return e->record ? policy_trace_failure(e, r, i) : AVOW_OK;
		if (e->record)
			e->record->passed++;
	}
	AVOW_TRY(policy_eval_spend(e, 1, r->place));
	AVOW_TRY(act(e, r));
	if (!e->record)
		return AVOW_OK;
	e->record->fired = true;
	return policy_trace_made(e, before);
}

static enum avow_err
run_rule(struct eval *e, const struct prog_rule *r)
{
	enum avow_err err;

	e->record = NULL;
	if (e->trace)
		AVOW_TRY(policy_trace_start(e, r, e->trace));
	err = try_rule(e, r);
	if (err != AVOW_OK && e->record)
		policy_trace_error(e);
	return err;
}

static enum avow_err
run_section(struct eval *e, enum avow_policy_section s)
{
	const struct prog_rule *r = e->p->rules + e->p->first[s];
	enum avow_err err = AVOW_OK;

	for (unsigned i = 0; i < e->p->count[s] && err == AVOW_OK; i++)
		err = run_rule(e, &r[i]);
	/* memory and the like, which have no place of their own */
	if (err != AVOW_OK)
		(void)policy_eval_fail(
			e, err, (struct policy_place){0, 0}, "%s", avow_err_text(err));
	return err;
}

static enum avow_err
init(struct eval *e, const struct avow_policy *p, const struct avow_policy_options *o,
	struct avow_arena *a)
{
	*e = (struct eval){
		.p = p,
		.a = a,
		.trace = o ? o->trace : NULL,
		.steps_left = o && o->max_steps ? o->max_steps : AVOW_MAX_POLICY_STEPS,
		.derived_left = AVOW_MAX_POLICY_DERIVED,
		.trace_left = TRACE_STEPS,
		.nearest_left = NEAREST_CELLS,
	};
	avow_claims_init(&e->in, a);
	avow_claims_init(&e->issued, a);
	e->slots = avow_arena_array(a, p->max_slots, sizeof(*e->slots));
	if (e->slots)
		e->right = avow_arena_array(a, p->max_tests, sizeof(*e->right));
	if (e->right)
		e->chains = avow_arena_array(
			a, AVOW_CLAIM_COUNT + p->n_symbols, sizeof(*e->chains));
	return e->chains ? AVOW_OK : avow_arena_err(a);
}

static const struct avow_at at_policy = {"policy", NULL, "docs/policy.md"};

/* --- configure ------------------------------------------------------------------------------- */

enum avow_err
avow_policy_configure(const struct avow_policy *p, const struct avow_policy_options *o,
	struct avow_arena *a, struct avow_properties *out, struct avow_why *why)
{
	struct eval e;
	enum avow_err err = init(&e, p, o, a);

	avow_properties_init(out, a);
	e.props = out;
	if (err == AVOW_OK)
		err = reserve(&e, spare(p->count[AVOW_POLICY_CONFIGURATION]));
	if (err == AVOW_OK)
		err = run_section(&e, AVOW_POLICY_CONFIGURATION);
	if (err == AVOW_OK)
		return AVOW_OK;
	avow_properties_init(out, a);
	(void)avow_refuse(why, err, &at_policy, NULL, NULL);
	if (e.at.line)
		avow_why_note(why, "line %u, column %u: %s", e.at.line, e.at.column,
			e.message);
	return err;
}

/* --- decide ------------------------------------------------------------------------------------- */

/* An outcome of its own for each way not to permit. */
static enum avow_err
conclude(struct eval *e, enum avow_err err, struct avow_policy_outcome *out)
{
	out->code = err;
	out->line = e->at.line;
	out->column = e->at.column;
	memcpy(out->message, e->message, sizeof(out->message));
	if (err != AVOW_OK)
		return err;
	out->decision = AVOW_POLICY_IS_DENY;
	if (e->denies) {
		out->line = e->first_deny->place.line;
		out->column = e->first_deny->place.column;
		out->code = AVOW_E_POLICY_DENIED;
	} else if (e->permits == 0) {
		out->code = AVOW_E_POLICY_NO_PERMIT;
	}
	return out->code;
}

static enum avow_err
run(struct eval *e, const struct avow_claims *claims,
	const struct avow_properties *properties, struct avow_policy_outcome *out)
{
	enum avow_err err =
		reserve(e, claims->n + properties->set.n + spare(e->p->n_rules));

	if (err == AVOW_OK)
		err = add_all(e, claims);
	if (err == AVOW_OK)
		err = add_all(e, &properties->set);
	if (err == AVOW_OK)
		err = run_section(e, AVOW_POLICY_AUTHORIZATION);
	AVOW_TRY(conclude(e, err, out));
	avow_claims_reserve(&e->issued, spare(e->p->count[AVOW_POLICY_ISSUANCE]));
	err = run_section(e, AVOW_POLICY_ISSUANCE);
	if (err != AVOW_OK)
		out->decision = AVOW_POLICY_IS_ERROR;
	return conclude(e, err, out);
}

/* Properties to which can be added without touching the original's array. */
static struct avow_properties
own_copy(const struct avow_properties *p)
{
	struct avow_properties copy = *p;

	copy.set.cap = copy.set.n;
	return copy;
}

/* Runs once more with a trace, when none was asked for, so that the evaluator
 * itself says why; the second run is the first again. */
static void
explain(const struct avow_policy *p, const struct avow_claims *claims,
	const struct avow_properties *properties, const struct avow_policy_options *o,
	struct avow_arena *a, struct avow_policy_outcome *out)
{
	struct avow_policy_trace own = {NULL, NULL};
	struct avow_policy_options again = {&own, o ? o->max_steps : 0};
	struct avow_policy_outcome ignored = {0};
	struct avow_properties props;
	struct eval e;

	if (o && o->trace) {
		policy_trace_explain(o->trace, out);
		return;
	}
	props = own_copy(properties);
	if (init(&e, p, &again, a) != AVOW_OK)
		return;
	e.props = &props;
	e.verified = true;
	(void)!run(&e, claims, properties, &ignored);
	policy_trace_explain(&own, out);
}

static void
tell(const struct avow_policy_outcome *out, struct avow_why *why)
{
	const struct avow_policy_failure *f = NULL;
	char wanted[192] = "", found[192] = "";
	struct avow_at at = at_policy;

	if (out->n_because && !out->because[0]->fired)
		f = &out->because[0]->failure;
	if (f && f->wanted.n)
		snprintf(wanted, sizeof(wanted), "%s %s %.*s", f->property, f->op,
			AVOW_FMT(f->wanted));
	if (f && f->found.n)
		snprintf(found, sizeof(found), "%.*s", AVOW_FMT(f->found));
	(void)avow_refuse(why, out->code, &at, wanted, "%s", found);
	if (f && f->claim.n)
		avow_why_field(why, "%.*s", AVOW_FMT(f->claim));
	avow_why_note(why, "%s", out->message);
}

enum avow_err
avow_policy_decide(const struct avow_policy *p, const struct avow_claims *claims,
	const struct avow_properties *properties, const struct avow_policy_options *o,
	struct avow_arena *a, struct avow_policy_outcome *out, struct avow_why *why)
{
	struct eval e;
	enum avow_err err = init(&e, p, o, a);

	*out = (struct avow_policy_outcome){
		.code = err, .properties = own_copy(properties)};
	avow_claims_init(&out->issued, a);
	e.props = &out->properties;
	e.verified = true;
	if (err == AVOW_OK)
		err = run(&e, claims, properties, out);
	if (err != AVOW_OK) {
		out->properties = own_copy(properties);
		explain(p, claims, properties, o, a, out);
		tell(out, why);
		return err;
	}
	out->issued = e.issued;
	out->decision = AVOW_POLICY_IS_PERMIT;
	return AVOW_OK;
}
