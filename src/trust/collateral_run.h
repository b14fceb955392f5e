/*
 * One selection while it runs. Private to trust/: collateral_pick.c chooses a
 * document of each kind (collateral_pick_crl.c a CRL), collateral_select.c puts
 * them together, and collateral_cache.c remembers what came out.
 */
#ifndef AVOW_TRUST_COLLATERAL_RUN_H
#define AVOW_TRUST_COLLATERAL_RUN_H

#include "trust/collateral_impl.h"

struct avow_coll_run {
	const struct avow_collateral *c;
	struct avow_coll_view *v;
	const struct avow_intel_query *q;
	int64_t lo_s, hi_s; /* every comparison made stays the same in here */
	struct avow_coll_ca pck_ca, root;
	const struct avow_crl *root_crl;
	struct avow_intel_selection s;
	struct avow_arena scratch;
	struct avow_why *why;
};

/** The CRL of a CA that is to be used. Codes AVOW_E_CRL_*. */
enum avow_err avow_coll_pick_crl(struct avow_coll_run *r, const struct avow_coll_ca *ca,
	const struct avow_coll_crl **out) AVOW_CHECKED;
/** The TCB info or QE identity that is to be used, and the chain of its signer.
 *  r->root_crl is chosen already. Codes AVOW_E_TCB_INFO_*, AVOW_E_QE_IDENTITY_*. */
enum avow_err avow_coll_pick_doc(struct avow_coll_run *r,
	enum avow_collateral_kind kind, const struct avow_coll_doc **out,
	const struct avow_coll_chain **chain) AVOW_CHECKED;

/** A selection made before for this query that holds at its time. */
bool avow_coll_cache_get(struct avow_coll_cache *cache,
	const struct avow_intel_query *q, struct avow_intel_selection *out);
/** Keep what a run found, if there is room. */
void avow_coll_cache_put(struct avow_coll_cache *cache, const struct avow_coll_run *r);

#endif
