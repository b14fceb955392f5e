/*
 * What one worker remembers about SEV-SNP evidence: verified chains, CRLs and
 * UVM endorsements.
 * Keys are SHA-256 digests over all that entered the check. Validity,
 * revocation and everything about the report are judged in every request.
 */
#ifndef AVOW_EVIDENCE_SNP_CACHE_H
#define AVOW_EVIDENCE_SNP_CACHE_H

#include "base/err.h"
#include "evidence/memo.h"

struct avow_snp_cache {
	struct avow_memo *chains; /* struct avow_amd_chain */
	struct avow_memo *crls; /* "its signature held" */
	struct avow_memo *uvms; /* uvm_memo.h; a bound of its own */
};

/** @param max entries of the first two. @return AVOW_OK or AVOW_E_NO_MEMORY. */
enum avow_err avow_snp_cache_new(size_t max, struct avow_snp_cache **out) AVOW_CHECKED;
void avow_snp_cache_free(struct avow_snp_cache *c);

#endif
