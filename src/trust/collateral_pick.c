/*
 * Which TCB info or QE identity is used. Candidates are found by content, put in
 * order of preference, and the first that is current and verified is taken;
 * only where none is, the first that is current within the grace.
 *
 * When no candidate serves, the refusal is that of the candidate that came
 * furthest: current but not verified, expired, not yet valid, malformed; only
 * then is the document absent. CRLs go the same way in collateral_pick_crl.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "trust/collateral_pick.h"

#define PCS "Intel PCS API v4"

static const struct avow_coll_rule tcb_kind = {AVOW_COLLATERAL_TCB_INFO, "tcb_info",
	AVOW_E_TCB_INFO_ABSENT, AVOW_E_TCB_INFO_FORMAT, AVOW_E_TCB_INFO_SIGNATURE,
	AVOW_E_TCB_INFO_CHAIN, AVOW_E_TCB_INFO_EXPIRED, AVOW_E_TCB_INFO_NOT_YET_VALID};
static const struct avow_coll_rule qe_kind = {AVOW_COLLATERAL_QE_IDENTITY,
	"qe_identity", AVOW_E_QE_IDENTITY_ABSENT, AVOW_E_QE_IDENTITY_FORMAT,
	AVOW_E_QE_IDENTITY_SIGNATURE, AVOW_E_QE_IDENTITY_CHAIN,
	AVOW_E_QE_IDENTITY_EXPIRED, AVOW_E_QE_IDENTITY_NOT_YET_VALID};

static bool
fits(const struct avow_coll_doc *d, const struct avow_coll_rule *k,
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
list_docs(struct avow_coll_run *r, const struct avow_coll_rule *k, size_t **list,
	size_t *n)
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
current_chain(struct avow_coll_run *r, const struct avow_coll_rule *k,
	uint16_t key_plus_1, const struct avow_coll_chain **out)
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
		if (avow_coll_is_before(r, signer->not_before_s) ||
			avow_coll_is_after(r, signer->not_after_s) ||
			avow_coll_is_before(r, root->not_before_s) ||
			avow_coll_is_after(r, root->not_after_s))
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
not_signed(const struct avow_coll_run *r, const struct avow_coll_rule *k)
{
	for (size_t i = 0; i < r->v->n_chains; i++)
		if (avow_pubkey_eq(r->v->chains[i].root->cert->key, r->root.cert->key))
			return k->signature;
	return r->v->chain_why.code == AVOW_OK ? AVOW_E_TCB_SIGNER_ABSENT : k->chain;
}

static enum avow_err
try_doc(struct avow_coll_run *r, const struct avow_coll_rule *k, size_t i,
	int64_t grace_s, struct avow_coll_miss *m, const struct avow_coll_chain **chain)
{
	const struct avow_coll_doc *d = &r->c->docs[i];
	const struct avow_coll_time when = {d->issue_s, d->next_s, grace_s};
	uint16_t key_plus_1;
	enum avow_err e;

	AVOW_TRY(avow_coll_check_current(r, k, &when, i, m));
	AVOW_TRY(avow_coll_doc_signer(r->c, r->v, i, &key_plus_1));
	/* verifier bug 4: signature and chain of the identity as of the TCB info */
	if (key_plus_1 == 0)
		e = not_signed(r, k);
	else
		e = current_chain(r, k, key_plus_1, chain);
	if (e != AVOW_OK)
		avow_coll_note_miss(m, AVOW_COLL_NOT_VERIFIED, e, i);
	return e;
}

static const char *
expected_of(const struct avow_coll_rule *k, enum avow_err code)
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
	static const struct avow_at at = {"tcb_info", "tcbEvaluationDataNumber", PCS};
	char text[16];

	snprintf(text, sizeof(text), "%u", r->q->baseline);
	return avow_refuse(r->why, AVOW_E_TCB_BASELINE_ABSENT, &at, text,
		"others of this platform");
}

static enum avow_err
refuse_absent_doc(struct avow_coll_run *r, const struct avow_coll_rule *k)
{
	const struct avow_intel_query *q = r->q;
	char text[96], fmspc[13], pce_id[5];
	const char *tee = q->tee == AVOW_TEE_SGX ? "SGX" : "TDX";

	if (k == &qe_kind)
		return avow_coll_refuse_absent(
			r, k, "id", q->tee == AVOW_TEE_SGX ? "QE" : "TD_QE");
	if (!avow_coll_find_bad(r, k) && lacks_baseline_alone(r))
		return refuse_baseline(r);
	avow_hex_encode(avow_span_make(q->fmspc, 6), fmspc);
	avow_hex_encode(avow_span_make(q->pce_id, 2), pce_id);
	if (q->baseline)
		snprintf(text, sizeof(text), "%s %s, PCE-ID %s, number %u", tee, fmspc,
			pce_id, q->baseline);
	else
		snprintf(text, sizeof(text), "%s %s, PCE-ID %s", tee, fmspc, pce_id);
	return avow_coll_refuse_absent(r, k, "fmspc", text);
}

static enum avow_err
refuse_doc(struct avow_coll_run *r, const struct avow_coll_rule *k,
	const struct avow_coll_miss *m)
{
	struct avow_at at = {k->check, "nextUpdate", PCS};
	const struct avow_coll_doc *d;

	if (m->stage == AVOW_COLL_ABSENT)
		return refuse_absent_doc(r, k);
	d = &r->c->docs[m->i];
	if (m->stage == AVOW_COLL_NOT_YET) {
		at.field = "issueDate";
		(void)avow_coll_refuse_time(r, m->code, &at, d->issue_s);
	} else if (m->stage == AVOW_COLL_EXPIRED) {
		(void)avow_coll_refuse_time(r, m->code, &at, d->next_s);
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
	const struct avow_coll_rule *k =
		kind == AVOW_COLLATERAL_TCB_INFO ? &tcb_kind : &qe_kind;
	const int64_t grace[2] = {0, r->q->grace_s};
	struct avow_coll_miss m = {AVOW_COLL_ABSENT, k->absent, 0};
	size_t *list, n;
	enum avow_err e;

	AVOW_TRY(list_docs(r, k, &list, &n));
	for (int pass = 0; pass < (grace[1] > 0 ? 2 : 1); pass++)
		for (size_t j = 0; j < n; j++) {
			e = try_doc(r, k, list[j], grace[pass], &m, chain);
			if (avow_coll_is_our_failure(e))
				return e;
			if (e != AVOW_OK)
				continue;
			*out = &r->c->docs[list[j]];
			avow_coll_account(r, (*out)->issue_s, (*out)->next_s);
			return AVOW_OK;
		}
	return refuse_doc(r, k, &m);
}
