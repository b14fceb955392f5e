/*
 * A survey: each thing in a snapshot verified by itself, with the checks that
 * a selection makes but without a platform that asks. Documents and CRLs are
 * here, certificates in survey_cert.c.
 *
 *   snapshot -> items (verified, dated) -> sorted -> superseded ones marked
 *
 * It leaves to a selection which of them judge a platform.
 */
#include "trust/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "trust/amd_chain.h"
#include "trust/intel_chain.h"
#include "trust/survey_impl.h"

const char *
avow_survey_state_name(enum avow_survey_state s)
{
	switch (s) {
	case AVOW_SURVEY_GOOD:
		return "good";
	case AVOW_SURVEY_SOON:
		return "expires soon";
	case AVOW_SURVEY_NOT_YET:
		return "not yet valid";
	case AVOW_SURVEY_EXPIRED:
		return "expired";
	case AVOW_SURVEY_INVALID:
		break;
	}
	return "invalid";
}

/* --- one item ---------------------------------------------------------------------- */

struct avow_survey_item *
survey_item(struct survey_run *r, enum avow_collateral_kind kind, const char *name)
{
	struct avow_survey_item *item = &r->out->items[r->out->n++];

	*item = (struct avow_survey_item){
		.kind = kind, .name = name, .title = "unknown"};
	return item;
}

enum avow_err
survey_verdict(struct avow_survey_item *item, enum avow_err e)
{
	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	item->err = e;
	if (e != AVOW_OK)
		item->state = AVOW_SURVEY_INVALID;
	return AVOW_OK;
}

void
survey_date(const struct survey_run *r, struct avow_survey_item *item)
{
	int64_t soon;

	if (item->err != AVOW_OK)
		return;
	if (__builtin_add_overflow(r->at_s, r->soon_s, &soon))
		soon = INT64_MAX;
	if (r->at_s > item->expires_s)
		item->state = AVOW_SURVEY_EXPIRED;
	else if (r->at_s < item->issue_s)
		item->state = AVOW_SURVEY_NOT_YET;
	else if (r->soon_s > 0 && soon > item->expires_s)
		item->state = AVOW_SURVEY_SOON;
	else
		item->state = AVOW_SURVEY_GOOD;
}

/* --- CRLs ------------------------------------------------------------------------------ */

/* The codes of a CRL that no certificate here could have issued come last: one
 * that fails under its CA says more. */
static enum avow_err
under_ca(const struct survey_run *r, const struct avow_coll_crl *crl,
	struct avow_cert *cert)
{
	struct avow_coll_ca ca;

	if (avow_anchors_has(r->anchors, AVOW_ANCHOR_AMD_ARK, cert))
		return avow_amd_crl_verify(crl->crl, cert, NULL);
	AVOW_TRY(avow_coll_find_ca(r->v, cert, &ca));
	AVOW_TRY(ca.err);
	return avow_coll_crl_verify(r->c, r->v, (size_t)(crl - r->c->crls), &ca, NULL);
}

static enum avow_err
try_ca(const struct survey_run *r, const struct avow_coll_crl *crl,
	struct avow_cert *cert, enum avow_err *best)
{
	enum avow_err e;

	if (*best == AVOW_OK || !avow_span_eq(cert->subject, crl->crl->issuer))
		return AVOW_OK;
	e = under_ca(r, crl, cert);
	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	if (e != AVOW_E_COLLATERAL_ABSENT)
		*best = e;
	return AVOW_OK;
}

enum avow_err
survey_crl_verify(const struct survey_run *r, const struct avow_coll_crl *crl)
{
	static const enum avow_anchor_kind kinds[] = {
		AVOW_ANCHOR_INTEL_SGX, AVOW_ANCHOR_AMD_ARK};
	enum avow_err best = AVOW_E_CRL_ISSUER;
	struct avow_cert *cert;

	for (size_t i = 0; i < r->c->n_certs; i++)
		AVOW_TRY(try_ca(r, crl, r->c->certs[i].cert, &best));
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (size_t i = 0; (cert = avow_anchors_cert(r->anchors, kinds[k], i));
			i++)
			AVOW_TRY(try_ca(r, crl, cert, &best));
	return best;
}

enum avow_err
survey_is_revoked(const struct survey_run *r, struct avow_cert *issuer,
	const struct avow_cert *cert, bool *revoked)
{
	enum avow_err e;

	*revoked = false;
	for (size_t i = 0; i < r->c->n_crls && !*revoked; i++) {
		const struct avow_coll_crl *crl = &r->c->crls[i];

		if (!avow_span_eq(crl->crl->issuer, issuer->subject) ||
			!avow_crl_has(crl->crl, cert->serial))
			continue;
		e = under_ca(r, crl, issuer);
		if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			return e;
		*revoked = e == AVOW_OK;
	}
	return AVOW_OK;
}

static enum avow_err
add_crl(struct survey_run *r, const struct avow_coll_crl *crl)
{
	struct avow_survey_item *item = survey_item(r, AVOW_COLLATERAL_CRL, crl->name);
	const char *dash = strchr(crl->crl->issuer_cn, '-');

	item->title = "CRL";
	snprintf(item->subject, sizeof(item->subject), "%s", crl->crl->issuer_cn);
	/* "ARK-Milan" */
	item->has_product = dash && avow_amd_product_by_name(
					    avow_span_str(dash + 1), &item->product);
	item->issue_s = crl->crl->this_update_s;
	item->next_s = item->expires_s = crl->crl->next_update_s;
	item->bytes = crl->crl->der;
	AVOW_TRY(survey_verdict(item, survey_crl_verify(r, crl)));
	survey_date(r, item);
	return AVOW_OK;
}

/* --- signed documents -------------------------------------------------------------------- */

static int64_t
end_of(const struct avow_coll_chain *ch)
{
	int64_t a = ch->signer->cert->not_after_s, b = ch->root->cert->not_after_s;

	return a < b ? a : b;
}

/* Of the chains of the key that signed it, the one that lasts longest. */
static enum avow_err
chain_of(const struct survey_run *r, uint16_t key_plus_1,
	const struct avow_coll_chain **out)
{
	enum avow_err e = AVOW_E_COLLATERAL_ABSENT;
	bool revoked;

	*out = NULL;
	for (size_t i = 0; i < r->v->n_chains; i++) {
		const struct avow_coll_chain *ch = &r->v->chains[i];

		if (ch->key + 1 != key_plus_1)
			continue;
		AVOW_TRY(survey_is_revoked(
			r, ch->root->cert, ch->signer->cert, &revoked));
		if (revoked)
			e = AVOW_E_SIGNING_CERT_REVOKED;
		else if (!*out || end_of(ch) > end_of(*out))
			*out = ch;
	}
	return *out ? AVOW_OK : e;
}

static enum avow_err
verify_doc(struct survey_run *r, size_t i, struct avow_survey_item *item)
{
	bool is_tcb = item->kind == AVOW_COLLATERAL_TCB_INFO;
	const struct avow_coll_chain *ch = NULL;
	uint16_t key_plus_1;

	AVOW_TRY(avow_coll_doc_signer(r->c, r->v, i, &key_plus_1));
	if (key_plus_1 == 0 && r->v->n_chains == 0)
		return is_tcb ? AVOW_E_TCB_INFO_CHAIN : AVOW_E_QE_IDENTITY_CHAIN;
	if (key_plus_1 == 0)
		return is_tcb ? AVOW_E_TCB_INFO_SIGNATURE
			      : AVOW_E_QE_IDENTITY_SIGNATURE;
	AVOW_TRY(chain_of(r, key_plus_1, &ch));
	if (end_of(ch) < item->expires_s)
		item->expires_s = end_of(ch);
	return AVOW_OK;
}

static void
describe_tcb(struct avow_survey_item *item, const struct avow_tcb_info *t)
{
	char fmspc[13], pce_id[5];

	avow_hex_encode(avow_span_make(t->fmspc, 6), fmspc);
	avow_hex_encode(avow_span_make(t->pce_id, 2), pce_id);
	snprintf(item->subject, sizeof(item->subject), "FMSPC %s PCE-ID %s", fmspc,
		pce_id);
	item->title = t->tee == AVOW_TEE_SGX ? "SGX TCB info" : "TDX TCB info";
	item->has_platform = true;
	item->tee = t->tee;
	memcpy(item->fmspc, t->fmspc, sizeof(item->fmspc));
	memcpy(item->pce_id, t->pce_id, sizeof(item->pce_id));
	item->tcb_date_s = t->n_levels ? t->levels[0].tcb_date_s : 0;
	item->bytes = t->document;
}

static void
describe_identity(struct avow_survey_item *item, const struct avow_qe_identity *q)
{
	static const char *const names[] = {"QE", "TD_QE", "QVE", "QAE"};

	item->title = "enclave identity";
	snprintf(item->subject, sizeof(item->subject), "%s", names[q->id]);
	item->tee = q->id == AVOW_ENCLAVE_TD_QE ? AVOW_TEE_TDX : AVOW_TEE_SGX;
	item->bytes = q->document;
}

static enum avow_err
add_doc(struct survey_run *r, size_t i)
{
	const struct avow_coll_doc *d = &r->c->docs[i];
	struct avow_survey_item *item = survey_item(r, d->kind, d->name);

	if (d->tcb)
		describe_tcb(item, d->tcb);
	else
		describe_identity(item, d->qe);
	item->number = d->evaluation_number;
	item->issue_s = d->issue_s;
	item->next_s = item->expires_s = d->next_s;
	AVOW_TRY(survey_verdict(item, verify_doc(r, i, item)));
	survey_date(r, item);
	return AVOW_OK;
}

/* --- what could not be read ------------------------------------------------------------------ */

static const char *
title_of(enum avow_collateral_kind kind)
{
	switch (kind) {
	case AVOW_COLLATERAL_TCB_INFO:
		return "TCB info";
	case AVOW_COLLATERAL_QE_IDENTITY:
		return "enclave identity";
	case AVOW_COLLATERAL_CRL:
		return "CRL";
	case AVOW_COLLATERAL_CERT:
		return "certificate";
	case AVOW_COLLATERAL_IGNORED:
		break;
	}
	return "file";
}

/* Malformed, or a file that could not be read at all. */
static void
add_unread(struct survey_run *r, const struct avow_collateral_entry *e)
{
	struct avow_survey_item *item;

	if (e->err == AVOW_OK)
		return;
	item = survey_item(r, e->kind, e->name);
	item->title = title_of(e->kind);
	item->err = e->err;
	item->state = AVOW_SURVEY_INVALID;
}

/* --- order --------------------------------------------------------------------------------------- */

static int
by_subject(const void *x, const void *y)
{
	const struct avow_survey_item *a = x, *b = y;
	int d = strcmp(a->title, b->title);

	if (d == 0)
		d = strcmp(a->subject, b->subject);
	if (d == 0 && a->number != b->number)
		d = a->number > b->number ? -1 : 1;
	if (d == 0 && a->issue_s != b->issue_s)
		d = a->issue_s > b->issue_s ? -1 : 1;
	return d ? d : strcmp(a->name, b->name);
}

static bool
is_verified(const struct avow_survey_item *a)
{
	return a->state != AVOW_SURVEY_INVALID;
}

static bool
same_subject(const struct avow_survey_item *a, const struct avow_survey_item *b)
{
	return strcmp(a->title, b->title) == 0 && strcmp(a->subject, b->subject) == 0;
}

/* `a` has no part in a verdict of now, because `b` is there: newer and of the same
 * number, or of a higher one when Intel no longer renews a's. */
static bool
is_superseded_by(const struct avow_survey_item *a, const struct avow_survey_item *b)
{
	if (!b || a == b || !is_verified(a))
		return false;
	if (a->state != AVOW_SURVEY_EXPIRED && b->state == AVOW_SURVEY_EXPIRED)
		return false;
	return a->number == b->number ? a->issue_s < b->issue_s
				      : a->state == AVOW_SURVEY_EXPIRED &&
						b->state != AVOW_SURVEY_EXPIRED;
}

/* Items of one subject stand together, the highest number and the newest issue
 * first. A VCEK is for one TCB of its chip: another is no newer one of it. */
static void
mark_superseded(struct avow_survey *s)
{
	const struct avow_survey_item *highest = NULL, *newest = NULL;

	for (size_t i = 0; i < s->n; i++) {
		struct avow_survey_item *a = &s->items[i];
		bool is_used = is_verified(a) && a->state != AVOW_SURVEY_NOT_YET;

		if (i == 0 || !same_subject(a, a - 1))
			highest = newest = NULL;
		else if (a->number != (a - 1)->number)
			newest = NULL;
		if (is_used && (!highest || highest->state == AVOW_SURVEY_EXPIRED))
			highest = a;
		if (is_used && !newest)
			newest = a;
		if (a->kind != AVOW_COLLATERAL_CERT || !a->has_product)
			a->is_superseded = is_superseded_by(a, newest) ||
					   is_superseded_by(a, highest);
	}
}

static void
count(struct avow_survey *s)
{
	s->earliest_expiry_s = INT64_MAX;
	for (size_t i = 0; i < s->n; i++) {
		const struct avow_survey_item *item = &s->items[i];

		if (item->is_builtin || item->is_superseded)
			continue;
		s->count[item->state]++;
		if (item->state <= AVOW_SURVEY_SOON &&
			item->expires_s < s->earliest_expiry_s)
			s->earliest_expiry_s = item->expires_s;
	}
}

/* --- all of it -------------------------------------------------------------------------------------- */

static enum avow_err
look(struct survey_run *r)
{
	AVOW_TRY(avow_coll_view(r->c, r->anchors, &r->v));
	for (size_t i = 0; i < r->c->n_docs; i++)
		AVOW_TRY(add_doc(r, i));
	for (size_t i = 0; i < r->c->n_crls; i++)
		AVOW_TRY(add_crl(r, &r->c->crls[i]));
	AVOW_TRY(survey_certs(r));
	for (size_t i = 0; i < r->c->n_entries; i++)
		add_unread(r, &r->c->entries[i]);
	if (r->out->n > 1)
		qsort(r->out->items, r->out->n, sizeof(*r->out->items), by_subject);
	mark_superseded(r->out);
	count(r->out);
	return AVOW_OK;
}

enum avow_err
avow_survey_new(struct avow_collateral *c, const struct avow_anchors *anchors,
	int64_t at_s, int64_t soon_s, struct avow_survey **out)
{
	struct survey_run r = {
		.c = c, .anchors = anchors, .at_s = at_s, .soon_s = soon_s};
	size_t room = c->n_docs + c->n_crls + c->n_certs + c->n_entries;
	enum avow_err e = AVOW_E_NO_MEMORY;

	*out = NULL;
	r.out = calloc(1, sizeof(*r.out));
	if (!r.out)
		return e;
	r.out->collateral = avow_collateral_ref(c);
	r.out->items = calloc(room + 1, sizeof(*r.out->items));
	if (r.out->items)
		e = look(&r);
	if (e != AVOW_OK) {
		avow_survey_free(r.out);
		return e;
	}
	*out = r.out;
	return AVOW_OK;
}

void
avow_survey_free(struct avow_survey *s)
{
	if (!s)
		return;
	avow_collateral_free(s->collateral);
	free(s->items);
	free(s);
}

enum avow_survey_state
avow_survey_worst(const struct avow_survey *s)
{
	int worst = AVOW_SURVEY_INVALID;

	while (worst > AVOW_SURVEY_GOOD && s->count[worst] == 0)
		worst--;
	return (enum avow_survey_state)worst;
}
