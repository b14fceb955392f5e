/*
 * The documents that judge one platform at one time, put together:
 *
 *   PCK CA -> its root -> root CRL, PCK CRL      (both needed: verifier bug 18)
 *   FMSPC, PCE-ID, TEE -> TCB info -+- signers' chains under the same root
 *   TEE                -> identity -+
 *
 * How one of them is chosen is in collateral_pick.c. A platform seen before
 * costs one look-up (collateral_cache.c).
 */
#include <string.h>

#include "base/limits.h"
#include "trust/collateral_run.h"

#define PCS "Intel PCS API v4"

static enum avow_err
find_cas(struct avow_coll_run *r)
{
	static const struct avow_at at = {"crl", "root certificate", PCS};

	AVOW_TRY(avow_coll_find_ca(r->v, r->q->pck_ca, &r->pck_ca));
	if (r->pck_ca.err != AVOW_OK)
		return avow_refuse(
			r->why, r->pck_ca.err, &at, r->q->pck_ca->issuer_cn, NULL);
	return avow_coll_find_ca(r->v, r->pck_ca.root, &r->root);
}

static enum avow_err
choose_crls(struct avow_coll_run *r)
{
	const struct avow_coll_crl *root, *pck;

	AVOW_TRY(avow_coll_pick_crl(r, &r->root, &root));
	AVOW_TRY(avow_coll_pick_crl(r, &r->pck_ca, &pck));
	r->root_crl = r->s.root_crl = root->crl;
	r->s.root_crl_name = root->name;
	r->s.pck_crl = pck->crl;
	r->s.pck_crl_name = pck->name;
	memcpy(r->s.crl_hash, root->pem_hash, AVOW_SHA256_BYTES);
	return AVOW_OK;
}

static void
account_chain(struct avow_coll_run *r, const struct avow_coll_chain *ch)
{
	int64_t end = ch->signer->cert->not_after_s;

	if (end > ch->root->cert->not_after_s)
		end = ch->root->cert->not_after_s;
	if (r->s.earliest_expiry_s > end)
		r->s.earliest_expiry_s = end;
}

static enum avow_err
choose_docs(struct avow_coll_run *r)
{
	const struct avow_coll_doc *tcb, *qe;
	const struct avow_coll_chain *tcb_chain, *qe_chain;

	AVOW_TRY(avow_coll_pick_doc(r, AVOW_COLLATERAL_TCB_INFO, &tcb, &tcb_chain));
	AVOW_TRY(avow_coll_pick_doc(r, AVOW_COLLATERAL_QE_IDENTITY, &qe, &qe_chain));
	account_chain(r, tcb_chain);
	account_chain(r, qe_chain);
	r->s.tcb_info = tcb->tcb;
	r->s.tcb_info_name = tcb->name;
	r->s.tcb_signer = tcb_chain->signer->cert;
	r->s.root = tcb_chain->root->cert;
	r->s.qe_identity = qe->qe;
	r->s.qe_identity_name = qe->name;
	r->s.qe_signer = qe_chain->signer->cert;
	memcpy(r->s.tcb_info_hash, tcb->hash, AVOW_SHA256_BYTES);
	memcpy(r->s.qe_identity_hash, qe->hash, AVOW_SHA256_BYTES);
	memcpy(r->s.tcb_info_certs_hash, tcb_chain->pem_hash, AVOW_SHA256_BYTES);
	memcpy(r->s.qe_identity_certs_hash, qe_chain->pem_hash, AVOW_SHA256_BYTES);
	return AVOW_OK;
}

static enum avow_err
run(struct avow_coll_run *r)
{
	r->lo_s = INT64_MIN;
	r->hi_s = INT64_MAX;
	r->s.latest_issue_s = INT64_MIN;
	r->s.earliest_expiry_s = INT64_MAX;
	memcpy(r->s.pck_ca_sha256, r->q->pck_ca->sha256, AVOW_SHA256_BYTES);
	AVOW_TRY(find_cas(r));
	AVOW_TRY(choose_crls(r));
	return choose_docs(r);
}

enum avow_err
avow_collateral_select(struct avow_collateral *c, const struct avow_anchors *anchors,
	const struct avow_intel_query *q, struct avow_intel_selection *out,
	struct avow_why *why)
{
	struct avow_coll_run r = {.c = c, .q = q, .why = why};
	enum avow_err e;

	memset(out, 0, sizeof(*out));
	if (!q->pck_ca || q->grace_s < 0)
		return AVOW_E_INTERNAL;
	AVOW_TRY(avow_coll_view(c, anchors, &r.v));
	if (avow_coll_cache_get(r.v->cache, q, out))
		return AVOW_OK;
	avow_arena_init(&r.scratch, AVOW_MIB(8));
	e = run(&r);
	avow_arena_clear(&r.scratch);
	if (e != AVOW_OK)
		return e;
	avow_coll_cache_put(r.v->cache, &r);
	*out = r.s;
	return AVOW_OK;
}
