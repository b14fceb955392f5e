/*
 * From a report to the verified chain of the key that signed it. Certificates
 * come from the evidence, from the caller, from the collateral folder and from
 * what is built in, in that order; wherever from, the chain is verified up to a
 * pinned ARK key.
 */
#ifndef AVOW_EVIDENCE_SNP_CERTS_H
#define AVOW_EVIDENCE_SNP_CERTS_H

#include "evidence/snp/cache.h"
#include "evidence/snp/layout.h"
#include "trust/amd_chain.h"

/* A chain in use: the cache's, or our own until avow_snp_chain_close. */
struct avow_snp_chain_use {
	const struct avow_amd_chain *chain; /* NULL: none */
	struct avow_amd_chain *owned;
};

/**
 * Find the leaf, its CA and the ARK, and verify them.
 * @param cache NULL: verify from nothing. Only a verified chain is remembered.
 * @return AVOW_OK; AVOW_E_SNP_CERT, AVOW_E_SNP_CERT_COUNT, AVOW_E_TOO_LARGE for
 * what was given; AVOW_E_SNP_CERT_ABSENT (undecided) when no leaf is anywhere;
 * the codes of avow_amd_chain_verify; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_snp_chain_open(const struct avow_snp_evidence *e,
	const struct avow_verify_in *in, struct avow_arena *a,
	struct avow_snp_cache *cache, struct avow_snp_chain_use *out,
	struct avow_why *why) AVOW_CHECKED;
void avow_snp_chain_close(struct avow_snp_chain_use *u);

/** Tell which VCEK a report asks for, in bytes that nobody has vouched for. Nothing
 *  for a VLEK, which only its provider has, and for a masked chip id. */
void avow_snp_tell_wanted(const struct avow_snp_report *r, struct avow_wanted *w);

/** True when the collateral has a CRL of this chain's ARK. */
bool avow_snp_has_crl(
	const struct avow_amd_chain *chain, const struct avow_collateral *c);
/**
 * The CA is not in the ARK's newest CRL that verifies and is current.
 * @return AVOW_OK; AVOW_E_SNP_CA_REVOKED; undecided, where none serves: the
 * AVOW_E_CRL_* of the best one; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_snp_check_crl(const struct avow_amd_chain *chain,
	const struct avow_verify_in *in, struct avow_snp_cache *cache,
	struct avow_why *why) AVOW_CHECKED;

#endif
