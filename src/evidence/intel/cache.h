/*
 * What one worker remembers about Intel evidence. Only what does not depend on
 * time is kept, and only after it has verified:
 *   chains      certification data and anchors -> verified PCK chain, extensions
 *   qe_reports  all that entered the check     -> "the signature held"
 *   keys        64 bytes of a point            -> parsed key that has verified
 * Keys are SHA-256 digests. Validity, revocation, QE identity and TCB level are
 * judged in every request.
 */
#ifndef AVOW_EVIDENCE_INTEL_CACHE_H
#define AVOW_EVIDENCE_INTEL_CACHE_H

#include "base/err.h"
#include "evidence/memo.h"

struct avow_intel_cache {
	struct avow_memo *chains;
	struct avow_memo *qe_reports;
	struct avow_memo *keys;
};

/** @param max entries of each. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_intel_cache_new(
	size_t max, struct avow_intel_cache **out) AVOW_CHECKED;
void avow_intel_cache_free(struct avow_intel_cache *c);

#endif
