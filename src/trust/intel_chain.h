/*
 * Intel's two certificate chains and their CRLs (Intel SGX PCK Certificate and
 * CRL Profile). What does not depend on time (names, constraints, signatures,
 * the pinned root key) is verified once and may be cached by the SHA-256 of the
 * chain's bytes together with avow_anchors_id; validity and revocation are
 * judged in every request.
 */
#ifndef AVOW_TRUST_INTEL_CHAIN_H
#define AVOW_TRUST_INTEL_CHAIN_H

#include "base/err.h"
#include "base/why.h"
#include "crypto/x509.h"
#include "trust/anchors.h"

enum avow_pck_ca { AVOW_PCK_CA_PROCESSOR, AVOW_PCK_CA_PLATFORM };

/* A PCK chain whose every link was verified under a set of anchors. */
struct avow_pck_chain {
	struct avow_cert *leaf, *ca, *root; /* references of its own */
	enum avow_pck_ca ca_kind;
};

/**
 * Verify the time-independent part of a PCK chain.
 * @param certs n parsed certificates in any order (real quotes exist with the
 * root before the intermediate). The SGX extension of the leaf is not looked at.
 * @param out holds references; avow_pck_chain_clear drops them. Empty on error.
 * @return AVOW_OK, or in this order: AVOW_E_PCK_CHAIN_LENGTH (not three),
 * _ORDER (not leaf, CA, root by issuer and subject), _NAME (common names),
 * _ROOT (the root's key is not pinned), _CONSTRAINTS (the profile's extensions,
 * CA, path length, key usage, P-256), _SIGNATURE (any link, and the root's own);
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_pck_chain_verify(struct avow_cert *const certs[], size_t n,
	const struct avow_anchors *anchors, struct avow_pck_chain *out,
	struct avow_why *why) AVOW_CHECKED;
void avow_pck_chain_clear(struct avow_pck_chain *c);

struct avow_intel_selection; /* trust/collateral.h: its CRLs are verified */

/**
 * Judge a verified chain at one time: not revoked, and every certificate valid.
 * @param s a selection made for this chain's CA (else AVOW_E_INTERNAL).
 * @return AVOW_OK; AVOW_E_PCK_CA_REVOKED, AVOW_E_PCK_REVOKED;
 * AVOW_E_PCK_CHAIN_EXPIRED, AVOW_E_PCK_CHAIN_NOT_YET_VALID.
 */
enum avow_err avow_pck_chain_judge(const struct avow_pck_chain *c,
	const struct avow_intel_selection *s, int64_t at_s,
	struct avow_why *why) AVOW_CHECKED;

/**
 * Verify the time-independent part of a TCB signing chain (signer directly
 * under the root). @return AVOW_OK; AVOW_E_CHAIN_NAME, _KEY_USAGE, _NOT_CA,
 * _PATH_LENGTH, _EXTENSION, _ROOT, _ISSUER, _SIGNATURE, _ALGORITHM. The caller
 * reports them as its document's _CHAIN code.
 */
enum avow_err avow_tcb_signing_verify(const struct avow_cert *signer,
	const struct avow_cert *root, const struct avow_anchors *anchors,
	struct avow_why *why) AVOW_CHECKED;

/**
 * Verify the time-independent part of a CRL under a verified CA.
 * @return AVOW_OK; AVOW_E_CRL_ISSUER (another issuer name, or a CA that may not
 * sign CRLs), AVOW_E_CRL_EXTENSIONS (no crlNumber or authorityKeyIdentifier, no
 * nextUpdate, or an unknown critical extension), AVOW_E_CRL_SIGNATURE.
 */
enum avow_err avow_intel_crl_verify(const struct avow_crl *crl,
	const struct avow_cert *ca, struct avow_why *why) AVOW_CHECKED;

#endif
