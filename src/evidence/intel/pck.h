/*
 * The PCK certificate chain of a quote: read from the certification data, every
 * link verified under the anchors, its SGX extension parsed. Nothing here
 * depends on time, so a verified chain may be remembered.
 */
#ifndef AVOW_EVIDENCE_INTEL_PCK_H
#define AVOW_EVIDENCE_INTEL_PCK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/why.h"
#include "evidence/intel/cache.h"
#include "evidence/intel/pck_ext.h"
#include "trust/anchors.h"
#include "trust/intel_chain.h"
#include "wire/json.h"

struct avow_pck {
	struct avow_pck_chain chain;
	struct avow_pck_extensions ext;
};

/* A chain in use: the cache's, or our own until avow_pck_close. */
struct avow_pck_use {
	const struct avow_pck *pck; /* NULL: none */
	struct avow_pck *owned;
};

/**
 * @param cert_data PEM of exactly three certificates in any order; NULs at its
 * end are tolerated.
 * @param a for what reading needs; nothing of it is kept.
 * @param cache NULL: verify from nothing. Only a verified chain is remembered.
 * @return AVOW_OK; AVOW_E_TOO_LARGE (AVOW_MAX_PCK_CHAIN);
 * AVOW_E_QUOTE_CERT_DATA (not PEM); AVOW_E_PCK_CHAIN_LENGTH; AVOW_E_PCK_CERT;
 * the AVOW_E_PCK_CHAIN_* of avow_pck_chain_verify; AVOW_E_PCK_EXTENSIONS (also
 * when they do not fit the kind of CA); AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_pck_open(struct avow_span cert_data,
	const struct avow_anchors *anchors, struct avow_arena *a,
	struct avow_intel_cache *cache, struct avow_pck_use *out,
	struct avow_why *why) AVOW_CHECKED;
void avow_pck_close(struct avow_pck_use *u);

/** Every certificate is valid at that time, ends included.
 *  @return AVOW_OK, AVOW_E_PCK_CHAIN_EXPIRED, AVOW_E_PCK_CHAIN_NOT_YET_VALID. */
enum avow_err avow_pck_check_validity(
	const struct avow_pck *pck, int64_t at_s, struct avow_why *why) AVOW_CHECKED;

void avow_pck_free(struct avow_pck *pck);

/** Write what certification data of type 5 says, unverified, as a JSON array of
 *  certificates; what cannot be read is told by the name of its error. */
void avow_pck_inspect(struct avow_span cert_data, struct avow_jw *w);

#endif
