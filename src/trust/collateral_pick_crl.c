/*
 * Which CRL of a CA is used: the newest that is current and verified, and only where
 * none is, one within the grace; else the refusal of the one that came furthest.
 */
#include <stdlib.h>

#include "trust/collateral_pick.h"

static const struct avow_coll_rule crl_kind = {AVOW_COLLATERAL_CRL, "crl",
	AVOW_E_CRL_ABSENT, AVOW_E_CRL_MALFORMED, AVOW_E_CRL_SIGNATURE,
	AVOW_E_CRL_ISSUER, AVOW_E_CRL_EXPIRED, AVOW_E_CRL_NOT_YET_VALID};

static int
newest_crl(const void *x, const void *y, void *arg)
{
	const struct avow_coll_crl *crls = arg;
	size_t i = *(const size_t *)x, j = *(const size_t *)y;
	int64_t a = crls[i].crl->this_update_s, b = crls[j].crl->this_update_s;

	if (a != b)
		return a > b ? -1 : 1;
	return i < j ? -1 : 1;
}

static enum avow_err
list_crls(struct avow_coll_run *r, const struct avow_coll_ca *ca, size_t **list,
	size_t *n)
{
	*n = 0;
	*list = avow_arena_array(&r->scratch, r->c->n_crls + 1, sizeof(**list));
	if (!*list)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < r->c->n_crls; i++)
		if (avow_span_eq(r->c->crls[i].crl->issuer, ca->cert->subject))
			(*list)[(*n)++] = i;
	qsort_r(*list, *n, sizeof(**list), newest_crl, r->c->crls);
	return AVOW_OK;
}

static enum avow_err
try_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca, size_t i,
	int64_t grace_s, struct avow_coll_miss *m)
{
	const struct avow_crl *crl = r->c->crls[i].crl;
	const struct avow_coll_time when = {
		crl->this_update_s, crl->next_update_s, grace_s};
	enum avow_err e;

	AVOW_TRY(avow_coll_check_current(r, &crl_kind, &when, i, m));
	e = avow_coll_crl_verify(r->c, r->v, i, ca, NULL);
	if (e != AVOW_OK)
		avow_coll_note_miss(m, AVOW_COLL_NOT_VERIFIED, e, i);
	return e;
}

static enum avow_err
refuse_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca,
	const struct avow_coll_miss *m)
{
	struct avow_at at = {"crl", "nextUpdate", "RFC 5280, 6.3.3"};
	const struct avow_coll_crl *c;
	enum avow_err e = m->code;

	if (m->stage == AVOW_COLL_ABSENT)
		return avow_coll_refuse_absent(
			r, &crl_kind, "issuer", ca->cert->subject_cn);
	c = &r->c->crls[m->i];
	if (m->stage == AVOW_COLL_NOT_YET) {
		at.field = "thisUpdate";
		(void)avow_coll_refuse_time(r, m->code, &at, c->crl->this_update_s);
	} else if (m->stage == AVOW_COLL_EXPIRED) {
		(void)avow_coll_refuse_time(r, m->code, &at, c->crl->next_update_s);
	} else if (r->why) {
		/* once more, for its details */
		e = avow_coll_crl_verify(r->c, r->v, m->i, ca, r->why);
	}
	avow_why_document(r->why, "%s", c->name);
	return e;
}

enum avow_err
avow_coll_pick_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca,
	const struct avow_coll_crl **out)
{
	const int64_t grace[2] = {0, r->q->grace_s};
	struct avow_coll_miss m = {AVOW_COLL_ABSENT, crl_kind.absent, 0};
	size_t *list, n;
	enum avow_err e;

	AVOW_TRY(list_crls(r, ca, &list, &n));
	for (int pass = 0; pass < (grace[1] > 0 ? 2 : 1); pass++)
		for (size_t k = 0; k < n; k++) {
			e = try_crl(r, ca, list[k], grace[pass], &m);
			if (avow_coll_is_our_failure(e))
				return e;
			if (e != AVOW_OK)
				continue;
			*out = &r->c->crls[list[k]];
			avow_coll_account(r, (*out)->crl->this_update_s,
				(*out)->crl->next_update_s);
			return AVOW_OK;
		}
	return refuse_crl(r, ca, &m);
}
