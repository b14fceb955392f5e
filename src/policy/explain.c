/*
 * The trace told: which rules explain an outcome that is no permit, in one
 * sentence and as JSON. It adds nothing to what the evaluator recorded.
 */
#include "policy/eval.h"

#include <stdio.h>

#include "policy/error.h"
#include "wire/json_member.h"

#define MAX_BECAUSE 8

static const char *const reasons[] = {
	[AVOW_POLICY_NO_CLAIM] = "no-claim",
	[AVOW_POLICY_NO_MATCH] = "no-match",
	[AVOW_POLICY_PRESENT] = "present",
	[AVOW_POLICY_FAILED] = "error",
};

static const char *const decisions[] = {
	[AVOW_POLICY_IS_ERROR] = "error",
	[AVOW_POLICY_IS_DENY] = "deny",
	[AVOW_POLICY_IS_PERMIT] = "permit",
};

const char *
avow_policy_decision_name(enum avow_policy_decision d)
{
	return decisions[d];
}

/* --- which rules ------------------------------------------------------------------------- */

static void
add_because(struct avow_policy_outcome *out, const struct avow_policy_trace_rule *r)
{
	if (out->n_because < MAX_BECAUSE)
		out->because[out->n_because++] = r;
}

static bool
is_failed_permit(const struct avow_policy_trace_rule *r)
{
	return r->section == AVOW_POLICY_AUTHORIZATION &&
	       r->action == AVOW_POLICY_PERMIT && !r->fired;
}

/* The permit rules with the fewest conditions left to hold. */
static void
nearest_permits(const struct avow_policy_trace *t, struct avow_policy_outcome *out)
{
	unsigned least = UINT32_MAX;

	for (const struct avow_policy_trace_rule *r = t->first; r; r = r->next)
		if (is_failed_permit(r) && r->conditions - r->passed < least)
			least = r->conditions - r->passed;
	for (const struct avow_policy_trace_rule *r = t->first; r; r = r->next)
		if (is_failed_permit(r) && r->conditions - r->passed == least)
			add_because(out, r);
}

static void
fired_denies(const struct avow_policy_trace *t, struct avow_policy_outcome *out)
{
	for (const struct avow_policy_trace_rule *r = t->first; r; r = r->next)
		if (r->action == AVOW_POLICY_DENY && r->fired)
			add_because(out, r);
}

/* --- in one sentence ------------------------------------------------------------------------ */

static void
say_failure(const struct avow_policy_trace_rule *r, char *out, size_t n)
{
	const struct avow_policy_failure *f = &r->failure;
	char near[128] = "";

	switch (f->reason) {
	case AVOW_POLICY_NO_CLAIM:
		if (f->nearest.n)
			snprintf(near, sizeof(near), "; there is \"%.*s\"",
				AVOW_FMT(f->nearest));
		snprintf(out, n,
			"the permit rule at line %u needs a claim with %s %s %.*s%s",
			r->line, f->property, f->op, AVOW_FMT(f->wanted), near);
		break;
	case AVOW_POLICY_NO_MATCH:
		snprintf(out, n,
			"the permit rule at line %u needs \"%.*s\" with %s %s "
			"%.*s%s%.*s",
			r->line, AVOW_FMT(f->claim), f->property, f->op,
			AVOW_FMT(f->wanted), f->found.n ? ", and found " : "",
			AVOW_FMT(f->found));
		break;
	case AVOW_POLICY_PRESENT:
		snprintf(out, n,
			"the permit rule at line %u needs that there is no claim "
			"\"%.*s\" like the one with value %.*s",
			r->line, AVOW_FMT(f->claim), AVOW_FMT(f->found));
		break;
	case AVOW_POLICY_FAILED:
		break; /* the evaluation error has its own message */
	}
}

static void
say(struct avow_policy_outcome *out)
{
	char text[768] = "";
	const struct avow_policy_trace_rule *r = out->because[0];

	if (out->n_because == 0)
		snprintf(text, sizeof(text), "the policy has no permit rule");
	else if (out->code == AVOW_E_POLICY_DENIED)
		snprintf(text, sizeof(text), "the deny rule at line %u fired", r->line);
	else
		say_failure(r, text, sizeof(text));
	policy_printable(out->message, sizeof(out->message), avow_span_str(text));
}

void
policy_trace_explain(const struct avow_policy_trace *t, struct avow_policy_outcome *out)
{
	out->n_because = 0;
	if (out->code == AVOW_E_POLICY_DENIED)
		fired_denies(t, out);
	else if (out->code == AVOW_E_POLICY_NO_PERMIT)
		nearest_permits(t, out);
	else if (t->last && !t->last->fired)
		add_because(out, t->last);
	if (out->message[0] == '\0')
		say(out);
}

/* --- as JSON ----------------------------------------------------------------------------------- */

static void
put_text(struct avow_jw *w, const char *name, struct avow_span text)
{
	avow_jw_name(w, name);
	if (text.n)
		avow_jw_string(w, text);
	else
		avow_jw_null(w);
}

static void
put_place(struct avow_jw *w, unsigned line, unsigned column)
{
	avow_jw_put_int(w, "line", line);
	avow_jw_put_int(w, "column", column);
}

static void
put_failure(struct avow_jw *w, const struct avow_policy_failure *f)
{
	avow_jw_name(w, "failed");
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "condition", f->condition);
	put_place(w, f->line, f->column);
	avow_jw_put_str(w, "reason", reasons[f->reason]);
	put_text(w, "claim", f->claim);
	avow_jw_put_str(w, "property", f->property);
	avow_jw_put_str(w, "op", f->op);
	put_text(w, "wanted", f->wanted);
	put_text(w, "found", f->found);
	put_text(w, "nearest", f->nearest);
	avow_jw_close(w);
}

void
avow_policy_put_value(struct avow_jw *w, const struct avow_claim *c)
{
	switch (c->type) {
	case AVOW_VALUE_INTEGER:
		avow_jw_int(w, c->integer);
		break;
	case AVOW_VALUE_BOOLEAN:
		avow_jw_bool(w, c->boolean);
		break;
	case AVOW_VALUE_STRING:
	case AVOW_VALUE_JSON:
		avow_jw_string(w, c->string);
		break;
	}
}

static void
put_made(struct avow_jw *w, const struct avow_policy_trace_rule *r)
{
	avow_jw_name(w, "made");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < r->n_made; i++) {
		avow_jw_open(w, '{');
		avow_jw_put_string(w, "type", r->made[i].name);
		avow_jw_name(w, "value");
		avow_policy_put_value(w, &r->made[i]);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}

static void
put_rule(struct avow_jw *w, const struct avow_policy_trace_rule *r)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "section", policy_section_name(r->section));
	put_place(w, r->line, r->column);
	avow_jw_put_str(w, "action", policy_action_name(r->action));
	avow_jw_put_bool(w, "fired", r->fired);
	avow_jw_put_int(w, "conditions", r->conditions);
	avow_jw_put_int(w, "passed", r->passed);
	if (r->fired)
		put_made(w, r);
	else
		put_failure(w, &r->failure);
	avow_jw_close(w);
}

void
avow_policy_explain(const struct avow_policy_outcome *o, struct avow_jw *w)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "decision", decisions[o->decision]);
	avow_jw_put_str(w, "message", o->message);
	avow_jw_name(w, "rules");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < o->n_because; i++)
		put_rule(w, o->because[i]);
	avow_jw_close(w);
	avow_jw_close(w);
}

void
avow_policy_put_trace(const struct avow_policy_trace *t, struct avow_jw *w)
{
	avow_jw_open(w, '[');
	for (const struct avow_policy_trace_rule *r = t->first; r; r = r->next)
		put_rule(w, r);
	avow_jw_close(w);
}
