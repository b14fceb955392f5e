/*
 * Which candidate of one kind is used. Candidates are found by content, put in
 * order of preference, and the first that is current and verified is taken;
 * only where none is, the first that is current within the grace.
 *
 * When no candidate serves, the refusal is that of the candidate that came
 * furthest: current but not verified, expired, not yet valid, malformed; only
 * then is the document absent. Every comparison with a date narrows the span of
 * time in which the choice would come out the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "trust/collateral_run.h"

#define PCS "Intel PCS API v4"

/* How far a candidate came; the furthest is reported. */
enum stage { ABSENT, MALFORMED, NOT_YET, EXPIRED, NOT_VERIFIED };

struct miss {
	enum stage stage;
	enum avow_err code;
	size_t i; /* of the document or CRL */
};

struct kind {
	enum avow_collateral_kind kind;
	const char *check;
	enum avow_err absent, malformed, signature, chain, expired, not_yet;
};

static const struct kind tcb_kind = {AVOW_COLLATERAL_TCB_INFO, "tcb_info",
	AVOW_E_TCB_INFO_ABSENT, AVOW_E_TCB_INFO_FORMAT, AVOW_E_TCB_INFO_SIGNATURE,
	AVOW_E_TCB_INFO_CHAIN, AVOW_E_TCB_INFO_EXPIRED, AVOW_E_TCB_INFO_NOT_YET_VALID};
static const struct kind qe_kind = {AVOW_COLLATERAL_QE_IDENTITY, "qe_identity",
	AVOW_E_QE_IDENTITY_ABSENT, AVOW_E_QE_IDENTITY_FORMAT,
	AVOW_E_QE_IDENTITY_SIGNATURE, AVOW_E_QE_IDENTITY_CHAIN,
	AVOW_E_QE_IDENTITY_EXPIRED, AVOW_E_QE_IDENTITY_NOT_YET_VALID};
static const struct kind crl_kind = {AVOW_COLLATERAL_CRL, "crl", AVOW_E_CRL_ABSENT,
	AVOW_E_CRL_MALFORMED, AVOW_E_CRL_SIGNATURE, AVOW_E_CRL_ISSUER,
	AVOW_E_CRL_EXPIRED, AVOW_E_CRL_NOT_YET_VALID};

/* --- time ------------------------------------------------------------------------- */

static bool
is_before(struct avow_coll_run *r, int64_t from_s)
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

static bool
is_after(struct avow_coll_run *r, int64_t to_s)
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
static enum stage
currency(struct avow_coll_run *r, int64_t issue_s, int64_t next_s, int64_t grace_s)
{
	if (is_before(r, issue_s))
		return NOT_YET;
	return is_after(r, later(next_s, grace_s)) ? EXPIRED : NOT_VERIFIED;
}

static void
account(struct avow_coll_run *r, int64_t issue_s, int64_t next_s)
{
	if (r->s.latest_issue_s < issue_s)
		r->s.latest_issue_s = issue_s;
	if (r->s.earliest_expiry_s > next_s)
		r->s.earliest_expiry_s = next_s;
	if (r->q->at_s > next_s)
		r->s.grace_used = true;
}

static void
note_miss(struct miss *m, enum stage stage, enum avow_err code, size_t i)
{
	if (stage > m->stage)
		*m = (struct miss){stage, code, i};
}

/* --- refusals ---------------------------------------------------------------------- */

static enum avow_err
refuse_time(struct avow_coll_run *r, enum avow_err code, struct avow_at *at,
	int64_t bound_s)
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
static const struct avow_coll_bad *
find_bad(const struct avow_coll_run *r, const struct kind *k)
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

static enum avow_err
refuse_absent(struct avow_coll_run *r, const struct kind *k, const char *field,
	const char *expected)
{
	const struct avow_coll_bad *bad = find_bad(r, k);
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

/* --- CRLs ---------------------------------------------------------------------------- */

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
	int64_t grace_s, struct miss *m)
{
	const struct avow_crl *crl = r->c->crls[i].crl;
	enum avow_err e;

	switch (currency(r, crl->this_update_s, crl->next_update_s, grace_s)) {
	case NOT_YET:
		note_miss(m, NOT_YET, crl_kind.not_yet, i);
		return crl_kind.not_yet;
	case EXPIRED:
		note_miss(m, EXPIRED, crl_kind.expired, i);
		return crl_kind.expired;
	case ABSENT:
	case MALFORMED:
	case NOT_VERIFIED:
	default:
		break;
	}
	e = avow_coll_crl_verify(r->c, r->v, i, ca, NULL);
	if (e != AVOW_OK)
		note_miss(m, NOT_VERIFIED, e, i);
	return e;
}

static enum avow_err
refuse_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca, const struct miss *m)
{
	struct avow_at at = {"crl", "nextUpdate", "RFC 5280, 6.3.3"};
	const struct avow_coll_crl *c;
	enum avow_err e = m->code;

	if (m->stage == ABSENT)
		return refuse_absent(r, &crl_kind, "issuer", ca->cert->subject_cn);
	c = &r->c->crls[m->i];
	if (m->stage == NOT_YET) {
		at.field = "thisUpdate";
		(void)refuse_time(r, m->code, &at, c->crl->this_update_s);
	} else if (m->stage == EXPIRED) {
		(void)refuse_time(r, m->code, &at, c->crl->next_update_s);
	} else if (r->why) {
		/* once more, for its details */
		e = avow_coll_crl_verify(r->c, r->v, m->i, ca, r->why);
	}
	avow_why_document(r->why, "%s", c->name);
	return e;
}

static bool
is_our_failure(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO;
}

enum avow_err
avow_coll_pick_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca,
	const struct avow_coll_crl **out)
{
	const int64_t grace[2] = {0, r->q->grace_s};
	struct miss m = {ABSENT, crl_kind.absent, 0};
	size_t *list, n;
	enum avow_err e;

	AVOW_TRY(list_crls(r, ca, &list, &n));
	for (int pass = 0; pass < (grace[1] > 0 ? 2 : 1); pass++)
		for (size_t k = 0; k < n; k++) {
			e = try_crl(r, ca, list[k], grace[pass], &m);
			if (is_our_failure(e))
				return e;
			if (e != AVOW_OK)
				continue;
			*out = &r->c->crls[list[k]];
			account(r, (*out)->crl->this_update_s,
				(*out)->crl->next_update_s);
			return AVOW_OK;
		}
	return refuse_crl(r, ca, &m);
}

/* --- signed documents ------------------------------------------------------------------ */

static bool
fits(const struct avow_coll_doc *d, const struct kind *k,
	const struct avow_intel_query *q)
{
	if (d->kind != k->kind)
		return false;
	if (q->baseline == 0 &&
		(d->use == AVOW_COLLATERAL_FOR_BASELINE ||
			(d->use == AVOW_COLLATERAL_FOR_EARLY && !q->early)))
		return false;
	if (d->qe)
		return d->qe->id ==
		       (q->tee == AVOW_TEE_SGX ? AVOW_ENCLAVE_QE : AVOW_ENCLAVE_TD_QE);
	/* verifier bug 9: for this platform's FMSPC and PCE-ID */
	return d->tcb->tee == q->tee && memcmp(d->tcb->fmspc, q->fmspc, 6) == 0 &&
	       memcmp(d->tcb->pce_id, q->pce_id, 2) == 0 &&
	       (q->baseline == 0 || d->evaluation_number == q->baseline);
}

struct order {
	const struct avow_coll_doc *docs;
	uint32_t baseline;
};

/* 0 the baseline itself, then below it, then above it, each the nearer first */
static uint64_t
distance(uint32_t number, uint32_t baseline)
{
	if (baseline == 0)
		return (uint64_t)UINT32_MAX - number;
	if (number <= baseline)
		return baseline - number;
	return ((uint64_t)1 << 32) + (number - baseline);
}

/* verifier bug 10: the highest evaluation number, then the newest issueDate */
static int
preferred_doc(const void *x, const void *y, void *arg)
{
	const struct order *o = arg;
	const struct avow_coll_doc *a = &o->docs[*(const size_t *)x];
	const struct avow_coll_doc *b = &o->docs[*(const size_t *)y];
	uint64_t da = distance(a->evaluation_number, o->baseline);
	uint64_t db = distance(b->evaluation_number, o->baseline);

	if (da != db)
		return da < db ? -1 : 1;
	if (a->issue_s != b->issue_s)
		return a->issue_s > b->issue_s ? -1 : 1;
	return a < b ? -1 : 1;
}

static enum avow_err
list_docs(struct avow_coll_run *r, const struct kind *k, size_t **list, size_t *n)
{
	struct order o = {r->c->docs, r->q->baseline};

	*n = 0;
	*list = avow_arena_array(&r->scratch, r->c->n_docs + 1, sizeof(**list));
	if (!*list)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < r->c->n_docs; i++)
		if (fits(&r->c->docs[i], k, r->q))
			(*list)[(*n)++] = i;
	qsort_r(*list, *n, sizeof(**list), preferred_doc, &o);
	return AVOW_OK;
}

/*
 * A chain for the key that signed a document, under the very root key of the
 * PCK chain (one operator's test root must not speak for another's platforms),
 * valid now (no grace for certificates) and not revoked.
 */
static enum avow_err
current_chain(struct avow_coll_run *r, const struct kind *k, uint16_t key_plus_1,
	const struct avow_coll_chain **out)
{
	enum avow_err e = k->chain;

	*out = NULL;
	for (size_t i = 0; i < r->v->n_chains && !*out; i++) {
		const struct avow_coll_chain *ch = &r->v->chains[i];
		const struct avow_cert *signer = ch->signer->cert;
		const struct avow_cert *root = ch->root->cert;

		if (ch->key + 1 != key_plus_1 ||
			!avow_pubkey_eq(root->key, r->root.cert->key))
			continue;
		if (is_before(r, signer->not_before_s) ||
			is_after(r, signer->not_after_s) ||
			is_before(r, root->not_before_s) ||
			is_after(r, root->not_after_s))
			continue;
		if (avow_crl_has(r->root_crl, signer->serial))
			e = AVOW_E_SIGNING_CERT_REVOKED;
		else
			*out = ch;
	}
	return *out ? AVOW_OK : e;
}

/* Why no key of ours signed a document: there is none under this root, or the
 * signature is wrong. */
static enum avow_err
not_signed(const struct avow_coll_run *r, const struct kind *k)
{
	for (size_t i = 0; i < r->v->n_chains; i++)
		if (avow_pubkey_eq(r->v->chains[i].root->cert->key, r->root.cert->key))
			return k->signature;
	return r->v->chain_why.code == AVOW_OK ? AVOW_E_TCB_SIGNER_ABSENT : k->chain;
}

static enum avow_err
try_doc(struct avow_coll_run *r, const struct kind *k, size_t i, int64_t grace_s,
	struct miss *m, const struct avow_coll_chain **chain)
{
	const struct avow_coll_doc *d = &r->c->docs[i];
	uint16_t key_plus_1;
	enum avow_err e;

	switch (currency(r, d->issue_s, d->next_s, grace_s)) {
	case NOT_YET:
		note_miss(m, NOT_YET, k->not_yet, i);
		return k->not_yet;
	case EXPIRED:
		note_miss(m, EXPIRED, k->expired, i);
		return k->expired;
	case ABSENT:
	case MALFORMED:
	case NOT_VERIFIED:
	default:
		break;
	}
	AVOW_TRY(avow_coll_doc_signer(r->c, r->v, i, &key_plus_1));
	/* verifier bug 4: signature and chain of the identity as of the TCB info */
	if (key_plus_1 == 0)
		e = not_signed(r, k);
	else
		e = current_chain(r, k, key_plus_1, chain);
	if (e != AVOW_OK)
		note_miss(m, NOT_VERIFIED, e, i);
	return e;
}

static const char *
expected_of(const struct kind *k, enum avow_err code)
{
	if (code == k->signature)
		return "a signature by the TCB signing key over the raw document";
	if (code == AVOW_E_TCB_SIGNER_ABSENT)
		return "a TCB signing certificate under the platform's root";
	if (code == AVOW_E_SIGNING_CERT_REVOKED)
		return "a TCB signing certificate that is not in the root's CRL";
	return "a TCB signing certificate valid now under the platform's root";
}

/* There is TCB info for the platform, and only the number that was asked for is
 * absent: a policy or a setting names one that nobody has fetched, or that
 * does not exist. */
static bool
lacks_baseline_alone(const struct avow_coll_run *r)
{
	struct avow_intel_query any = *r->q;

	any.baseline = 0;
	any.early = true;
	for (size_t i = 0; r->q->baseline != 0 && i < r->c->n_docs; i++)
		if (fits(&r->c->docs[i], &tcb_kind, &any))
			return true;
	return false;
}

static enum avow_err
refuse_baseline(struct avow_coll_run *r)
{
	static const struct avow_at at = {
		"tcb_info", "tcbEvaluationDataNumber", PCS};
	char text[16];

	snprintf(text, sizeof(text), "%u", r->q->baseline);
	return avow_refuse(r->why, AVOW_E_TCB_BASELINE_ABSENT, &at, text,
		"others of this platform");
}

static enum avow_err
refuse_absent_doc(struct avow_coll_run *r, const struct kind *k)
{
	const struct avow_intel_query *q = r->q;
	char text[96], fmspc[13], pce_id[5];
	const char *tee = q->tee == AVOW_TEE_SGX ? "SGX" : "TDX";

	if (k == &qe_kind)
		return refuse_absent(
			r, k, "id", q->tee == AVOW_TEE_SGX ? "QE" : "TD_QE");
	if (!find_bad(r, k) && lacks_baseline_alone(r))
		return refuse_baseline(r);
	avow_hex_encode(avow_span_make(q->fmspc, 6), fmspc);
	avow_hex_encode(avow_span_make(q->pce_id, 2), pce_id);
	if (q->baseline)
		snprintf(text, sizeof(text), "%s %s, PCE-ID %s, number %u", tee, fmspc,
			pce_id, q->baseline);
	else
		snprintf(text, sizeof(text), "%s %s, PCE-ID %s", tee, fmspc, pce_id);
	return refuse_absent(r, k, "fmspc", text);
}

static enum avow_err
refuse_doc(struct avow_coll_run *r, const struct kind *k, const struct miss *m)
{
	struct avow_at at = {k->check, "nextUpdate", PCS};
	const struct avow_coll_doc *d;

	if (m->stage == ABSENT)
		return refuse_absent_doc(r, k);
	d = &r->c->docs[m->i];
	if (m->stage == NOT_YET) {
		at.field = "issueDate";
		(void)refuse_time(r, m->code, &at, d->issue_s);
	} else if (m->stage == EXPIRED) {
		(void)refuse_time(r, m->code, &at, d->next_s);
	} else {
		at.field = m->code == k->signature ? "signature" : "issuer chain";
		(void)avow_refuse(r->why, m->code, &at, expected_of(k, m->code), NULL);
		if (m->code == k->chain && r->why && r->v->chain_why.code != AVOW_OK)
			avow_why_note(
				r->why, "%s", avow_err_text(r->v->chain_why.code));
	}
	avow_why_document(r->why, "%s", d->name);
	return m->code;
}

enum avow_err
avow_coll_pick_doc(struct avow_coll_run *r, enum avow_collateral_kind kind,
	const struct avow_coll_doc **out, const struct avow_coll_chain **chain)
{
	const struct kind *k = kind == AVOW_COLLATERAL_TCB_INFO ? &tcb_kind : &qe_kind;
	const int64_t grace[2] = {0, r->q->grace_s};
	struct miss m = {ABSENT, k->absent, 0};
	size_t *list, n;
	enum avow_err e;

	AVOW_TRY(list_docs(r, k, &list, &n));
	for (int pass = 0; pass < (grace[1] > 0 ? 2 : 1); pass++)
		for (size_t j = 0; j < n; j++) {
			e = try_doc(r, k, list[j], grace[pass], &m, chain);
			if (is_our_failure(e))
				return e;
			if (e != AVOW_OK)
				continue;
			*out = &r->c->docs[list[j]];
			account(r, (*out)->issue_s, (*out)->next_s);
			return AVOW_OK;
		}
	return refuse_doc(r, k, &m);
}
