/*
 * Claims that SGX and TDX evidence share: bound data that is JSON, and Avow's own
 * about the platform's TCB and the collateral. An error sticks in the set.
 */
#ifndef AVOW_EVIDENCE_INTEL_CLAIMS_H
#define AVOW_EVIDENCE_INTEL_CLAIMS_H

#include "base/buf.h"
#include "claims/claims.h"
#include "evidence/evidence.h"
#include "evidence/intel/pck_ext.h"
#include "trust/collateral.h"
#include "wire/json.h"

/** The JSON text of `b` under each id; `b` is cleared. */
void avow_intel_add_json(struct avow_claims *set, const enum avow_claim_id *ids,
	size_t n, struct avow_buf *b);
/** A JSON value, members sorted. */
void avow_intel_add_tree(
	struct avow_claims *set, enum avow_claim_id id, const struct avow_json *tree);
/** x-avow-*: TCB status, advisories, number and date, collateral, platform. */
void avow_intel_add_avow(struct avow_claims *set, const struct avow_tcb_result *t,
	const struct avow_intel_selection *s, const struct avow_pck_extensions *ext);

#endif
