/*
 * What the evaluator did, as it did it: a record for each rule, and for a rule
 * that did not fire the test that stopped it, judged by the evaluator's own
 * matching. Only called when a trace is kept.
 */
#include "policy/eval.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/error.h"
#include "policy/spelling.h"

#define MAX_SHOWN 192 /* bytes of a value in a trace */
#define MAX_MEMBERS 8 /* of a set in a trace */

enum avow_err
policy_trace_start(
	struct eval *e, const struct prog_rule *r, struct avow_policy_trace *t)
{
	struct avow_policy_trace_rule *rec = avow_arena_alloc(e->a, sizeof(*rec));

	if (!rec)
		return avow_arena_err(e->a);
	rec->section = r->section;
	rec->action = r->action;
	rec->line = r->place.line;
	rec->column = r->place.column;
	rec->conditions = r->n_conds;
	if (t->last)
		t->last->next = rec;
	else
		t->first = rec;
	t->last = rec;
	e->record = rec;
	return AVOW_OK;
}

/* --- values as a policy would write them --------------------------------------------- */

struct shown {
	char p[MAX_SHOWN + 64];
	size_t n;
};

static void
show_char(struct shown *s, char c)
{
	if (s->n < sizeof(s->p))
		s->p[s->n++] = c;
}

static void
show_text(struct shown *s, struct avow_span text)
{
	for (size_t i = 0; i < text.n && s->n < sizeof(s->p); i++)
		show_char(s, (char)text.p[i]);
}

static void
show_string(struct shown *s, struct avow_span text)
{
	show_char(s, '"');
	for (size_t i = 0; i < text.n && s->n < sizeof(s->p); i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			show_char(s, '\\');
		show_char(s, (char)text.p[i]);
	}
	show_char(s, '"');
}

static void
show_value(struct shown *s, const struct policy_value *v)
{
	char digits[24];

	if (v->type == AVOW_VALUE_INTEGER) {
		snprintf(digits, sizeof(digits), "%" PRId64, v->integer);
		show_text(s, avow_span_str(digits));
	} else if (v->type == AVOW_VALUE_BOOLEAN) {
		show_text(s, v->boolean ? AVOW_LIT("true") : AVOW_LIT("false"));
	} else {
		show_string(s, v->string);
	}
}

static void
show_set(const struct eval *e, struct shown *s, const struct policy_set *set)
{
	show_char(s, '{');
	for (size_t i = 0; i < set->n; i++) {
		struct policy_value v = policy_set_at(e, set, i);

		if (i)
			show_text(s, AVOW_LIT(", "));
		if (i == MAX_MEMBERS) {
			show_text(s, AVOW_LIT("..."));
			break;
		}
		show_value(s, &v);
	}
	show_char(s, '}');
}

static enum avow_err
keep_shown(struct eval *e, const struct shown *s, struct avow_span *out)
{
	char text[MAX_SHOWN];

	policy_printable(text, sizeof(text), avow_span_make(s->p, s->n));
	*out = avow_arena_copy(e->a, avow_span_str(text));
	return out->p ? AVOW_OK : avow_arena_err(e->a);
}

static enum avow_err
keep_value(struct eval *e, const struct policy_value *v, struct avow_span *out)
{
	struct shown s = {.n = 0};

	show_value(&s, v);
	return keep_shown(e, &s, out);
}

/* --- which test stopped the rule --------------------------------------------------------- */

/* A right side that is known without e->right. */
static bool
right_side(const struct eval *e, const struct prog_cond *c, unsigned i,
	struct policy_set *out)
{
	if (c->tests[i].kind == TEST_GENERAL)
		*out = e->right[i];
	else
		*out = (struct policy_set){.n = 1, .one = c->tests[i].expr->literal};
	return out->n == 1;
}

static enum avow_err
keep_wanted(struct eval *e, const struct prog_cond *c, unsigned i,
	struct avow_policy_failure *f)
{
	struct shown s = {.n = 0};
	struct policy_set right;
	struct policy_value v;

	f->line = c->tests[i].place.line;
	f->column = c->tests[i].place.column;
	f->property = policy_prop_name(c->tests[i].prop);
	f->op = policy_op_text(c->tests[i].op);
	if (right_side(e, c, i, &right)) {
		v = policy_set_at(e, &right, 0);
		show_value(&s, &v);
	} else {
		show_set(e, &s, &right);
	}
	return keep_shown(e, &s, &f->wanted);
}

/* The test of the claim's type, or n_tests when there is none. */
static unsigned
type_test(const struct prog_cond *c)
{
	unsigned i = 0;

	while (i < c->n_tests && !(c->tests[i].prop == PROP_TYPE))
		i++;
	return i;
}

struct closest {
	bool any;
	uint32_t index;
	unsigned passed, failed; /* how many tests; the first that failed */
};

/* How many tests a claim passes, and the first that it fails. */
static struct closest
try_claim(struct eval *e, const struct prog_cond *c, uint32_t index)
{
	struct closest now = {true, index, 0, c->n_tests};

	for (unsigned t = c->n_tests; t-- > 0;)
		if (policy_test_holds(e, c, t, index))
			now.passed++;
		else
			now.failed = t;
	return now;
}

/* Of the claims with the wanted type, the one that passes most tests. */
static struct closest
find_closest(struct eval *e, const struct prog_cond *c, unsigned type)
{
	struct closest best = {0}, now;

	for (uint32_t i = 0; i < e->in.n; i++) {
		if (type < c->n_tests && !policy_test_holds(e, c, type, i))
			continue;
		now = try_claim(e, c, i);
		if (!best.any || now.passed > best.passed)
			best = now;
	}
	return best;
}

/* False when the trace has taken all the work that it may. */
static bool
may_search(struct eval *e, const struct prog_cond *c)
{
	size_t tests;

	if (__builtin_mul_overflow((size_t)c->n_tests, e->in.n, &tests) ||
		tests > e->trace_left) {
		e->trace_left = 0;
		return false;
	}
	e->trace_left -= tests;
	return true;
}

/* What the search compared is the trace's to pay, not the evaluation's. */
static void
pay_search(struct eval *e)
{
	size_t steps = e->compared / BYTES_A_STEP;

	e->trace_left -= steps < e->trace_left ? steps : e->trace_left;
	e->compared = 0;
}

static enum avow_err
no_claim(struct eval *e, const struct prog_cond *c, unsigned type,
	struct avow_policy_failure *f)
{
	struct policy_nearest near;
	struct policy_set right;

	f->reason = AVOW_POLICY_NO_CLAIM;
	if (type == c->n_tests)
		return keep_wanted(e, c, 0, f);
	AVOW_TRY(keep_wanted(e, c, type, f));
	if (!right_side(e, c, type, &right))
		return AVOW_OK;
	f->claim = policy_set_at(e, &right, 0).string;
	near = policy_nearest_to(f->claim, e->nearest_left);
	for (size_t i = 0; i < e->in.n; i++)
		policy_nearest_offer(&near, e->in.v[i].name);
	e->nearest_left = near.cells_left;
	f->nearest = near.name;
	return AVOW_OK;
}

static enum avow_err
no_match(struct eval *e, const struct prog_cond *c, const struct closest *at,
	struct avow_policy_failure *f)
{
	struct policy_value v =
		policy_claim_value(e, at->index, c->tests[at->failed].prop);

	f->reason = AVOW_POLICY_NO_MATCH;
	f->claim = e->in.v[at->index].name;
	AVOW_TRY(keep_wanted(e, c, at->failed, f));
	return keep_value(e, &v, &f->found);
}

/* Under `!`: some claim passes every test. */
static enum avow_err
present(struct eval *e, const struct prog_cond *c, uint32_t index,
	struct avow_policy_failure *f)
{
	struct policy_value v = policy_claim_value(e, index, PROP_VALUE);

	f->reason = AVOW_POLICY_PRESENT;
	f->line = c->place.line;
	f->column = c->place.column;
	f->claim = e->in.v[index].name;
	f->property = policy_prop_name(PROP_VALUE);
	return keep_value(e, &v, &f->found);
}

enum avow_err
policy_trace_failure(struct eval *e, const struct prog_rule *r, unsigned n)
{
	const struct prog_cond *c = &r->conds[n];
	struct avow_policy_failure *f = &e->record->failure;
	unsigned type = type_test(c);
	struct closest at;

	f->condition = n + 1;
	if (!may_search(e, c)) {
		f->reason = c->negated ? AVOW_POLICY_PRESENT : AVOW_POLICY_NO_MATCH;
		return keep_wanted(e, c, 0, f);
	}
	at = find_closest(e, c, c->negated ? c->n_tests : type);
	pay_search(e);
	if (c->negated)
		return present(e, c, at.index, f);
	return at.any ? no_match(e, c, &at, f) : no_claim(e, c, type, f);
}

enum avow_err
policy_trace_made(struct eval *e, size_t first)
{
	size_t n = e->in.n - first;
	struct avow_claim *v;

	if (n == 0)
		return AVOW_OK;
	v = avow_arena_array(e->a, n, sizeof(*v));
	if (!v)
		return avow_arena_err(e->a);
	memcpy(v, e->in.v + first, n * sizeof(*v));
	e->record->made = v;
	e->record->n_made = n;
	return AVOW_OK;
}

void
policy_trace_error(struct eval *e)
{
	struct avow_policy_trace_rule *rec = e->record;

	rec->fired = false;
	rec->failure = (struct avow_policy_failure){
		.reason = AVOW_POLICY_FAILED,
		.condition = rec->passed < rec->conditions ? rec->passed + 1 : 0,
		.line = e->at.line,
		.column = e->at.column,
	};
}
