/*
 * AMD's certificate chains: ARK -> ASK -> VCEK and ARK -> ASVK -> VLEK, verified
 * up to a pinned ARK key. Nothing here depends on time but the two last calls,
 * so a verified chain may be remembered.
 */
#ifndef AVOW_TRUST_AMD_CHAIN_H
#define AVOW_TRUST_AMD_CHAIN_H

#include "trust/amd.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

struct avow_amd_chain {
	struct avow_cert *leaf, *ca, *root; /* references */
	struct avow_amd_vek vek; /* borrows the leaf */
};

/**
 * Verify three certificates as a chain: names of one product line, the root's key
 * pinned, RSA-4096 and P-384 keys, RSASSA-PSS with SHA-384 everywhere, each link
 * (RFC 5280 6.1), and the leaf's extensions agreeing with the names.
 * @return AVOW_OK; AVOW_E_SNP_CHAIN_NAME, _ROOT, _ALGORITHM, _CONSTRAINTS,
 * _SIGNATURE; AVOW_E_SNP_CERT_EXTENSIONS, AVOW_E_SNP_PRODUCT; AVOW_E_NO_MEMORY,
 * AVOW_E_CRYPTO. *out is empty on error.
 */
enum avow_err avow_amd_chain_verify(struct avow_cert *leaf, struct avow_cert *ca,
	struct avow_cert *root, const struct avow_anchors *anchors,
	struct avow_amd_chain *out, struct avow_why *why) AVOW_CHECKED;
void avow_amd_chain_clear(struct avow_amd_chain *c);

/**
 * The part of it above the leaf: an ASK or ASVK of a product line under its ARK.
 * @return as avow_amd_chain_verify, without the leaf's codes.
 */
enum avow_err avow_amd_issuers_verify(const struct avow_cert *ca,
	const struct avow_cert *root, const struct avow_anchors *anchors,
	enum avow_amd_product line, enum avow_amd_vek_kind kind,
	struct avow_why *why) AVOW_CHECKED;
/** True for a self-issued certificate "ARK-<line>" with a pinned key. */
bool avow_amd_is_ark(const struct avow_cert *c, const struct avow_anchors *anchors,
	enum avow_amd_product line);

/** Every certificate is valid at that time, both ends inclusive.
 *  @return AVOW_OK, AVOW_E_SNP_CHAIN_EXPIRED, AVOW_E_SNP_CHAIN_NOT_YET_VALID. */
enum avow_err avow_amd_chain_valid_at(const struct avow_amd_chain *c, int64_t at_s,
	struct avow_why *why) AVOW_CHECKED;

/** A CRL of the ARK, in form and signature. Nothing of it depends on time.
 *  @return AVOW_OK; AVOW_E_CRL_ISSUER, AVOW_E_CRL_EXTENSIONS, AVOW_E_CRL_SIGNATURE;
 *  AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_amd_crl_verify(const struct avow_crl *crl,
	const struct avow_cert *root, struct avow_why *why) AVOW_CHECKED;

#endif
