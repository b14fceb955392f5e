/*
 * When a candidate is current, how far each that does not serve came, and what is said
 * when none does. Every comparison with a date narrows the span of time in which the
 * choice would come out the same.
 */
#include "trust/collateral_pick.h"

#include "base/clock.h"
#include "base/hex.h"

#define PCS "Intel PCS API v4"

/* --- time ---------------------------------------------------------------- */

bool
avow_coll_is_before(struct avow_coll_run *r, int64_t from_s)
{
	if (r->q->at_s < from_s) {
		if (r->hi_s > from_s - 1)
			r->hi_s = from_s - 1;
		return true;
	}
	if (r->lo_s < from_s)
		r->lo_s = from_s;
	return false;
}

bool
avow_coll_is_after(struct avow_coll_run *r, int64_t to_s)
{
	if (r->q->at_s > to_s) {
		if (r->lo_s < to_s + 1)
			r->lo_s = to_s + 1;
		return true;
	}
	if (r->hi_s > to_s)
		r->hi_s = to_s;
	return false;
}

static int64_t
later(int64_t t_s, int64_t by_s)
{
	int64_t sum;

	return __builtin_add_overflow(t_s, by_s, &sum) ? INT64_MAX : sum;
}

/* verifier bug 8: a document counts from its issue to its nextUpdate, both
 * inclusive as in QVL; grace moves the end alone */
enum avow_err
avow_coll_check_current(struct avow_coll_run *r, const struct avow_coll_rule *k,
	const struct avow_coll_time *t, size_t i, struct avow_coll_miss *m)
{
	if (avow_coll_is_before(r, t->issue_s)) {
		avow_coll_note_miss(m, AVOW_COLL_NOT_YET, k->not_yet, i);
		return k->not_yet;
	}
	if (avow_coll_is_after(r, later(t->next_s, t->grace_s))) {
		avow_coll_note_miss(m, AVOW_COLL_EXPIRED, k->expired, i);
		return k->expired;
	}
	return AVOW_OK;
}

void
avow_coll_account(struct avow_coll_run *r, int64_t issue_s, int64_t next_s)
{
	if (r->s.latest_issue_s < issue_s)
		r->s.latest_issue_s = issue_s;
	if (r->s.earliest_expiry_s > next_s)
		r->s.earliest_expiry_s = next_s;
	if (r->q->at_s > next_s)
		r->s.grace_used = true;
}

void
avow_coll_note_miss(struct avow_coll_miss *m, enum avow_coll_stage stage,
	enum avow_err code, size_t i)
{
	if (stage > m->stage)
		*m = (struct avow_coll_miss){stage, code, i};
}

/* --- refusals ------------------------------------------------------------ */

enum avow_err
avow_coll_refuse_time(struct avow_coll_run *r, enum avow_err code,
	const struct avow_at *at, int64_t bound_s)
{
	char bound[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	avow_time_format(bound_s, bound);
	avow_time_format(r->q->at_s, now);
	return avow_refuse(r->why, code, at, bound, "%s", now);
}

static bool
mentions(struct avow_span text, const char *word)
{
	return avow_span_find(text, avow_span_str(word)) < text.n;
}

/* A malformed one that names the platform before any other of its kind */
const struct avow_coll_bad *
avow_coll_find_bad(const struct avow_coll_run *r, const struct avow_coll_rule *k)
{
	const struct avow_coll_bad *first = NULL;
	char lower[13], upper[13];

	avow_hex_encode(avow_span_make(r->q->fmspc, 6), lower);
	for (size_t i = 0; i < sizeof(upper); i++)
		upper[i] = (char)(lower[i] >= 'a' ? lower[i] - 'a' + 'A' : lower[i]);
	for (size_t i = 0; i < r->c->n_bad; i++) {
		const struct avow_coll_bad *b = &r->c->bad[i];

		if (b->kind != k->kind)
			continue;
		if (!first)
			first = b;
		if (mentions(b->text, lower) || mentions(b->text, upper))
			return b;
	}
	return first;
}

enum avow_err
avow_coll_refuse_absent(struct avow_coll_run *r, const struct avow_coll_rule *k,
	const char *field, const char *expected)
{
	const struct avow_coll_bad *bad = avow_coll_find_bad(r, k);
	struct avow_at at = {k->check, field, PCS};

	if (!bad) {
		(void)avow_refuse(r->why, k->absent, &at, expected, NULL);
		return k->absent;
	}
	if (r->why && r->why->code == AVOW_OK) {
		*r->why = bad->why;
		r->why->code = k->malformed;
		avow_why_document(r->why, "%s", bad->name);
	}
	return k->malformed;
}

bool
avow_coll_is_our_failure(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO;
}
