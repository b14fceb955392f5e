/*
 * The checks that SGX and TDX quotes share, in the form that a kind's list of
 * checks takes them. A kind embeds struct avow_intel_verify as the first member
 * of its own context, so that one pointer serves both.
 */
#ifndef AVOW_EVIDENCE_INTEL_VERIFY_H
#define AVOW_EVIDENCE_INTEL_VERIFY_H

#include "crypto/key.h"
#include "evidence/evidence.h"
#include "evidence/intel/pck.h"
#include "evidence/intel/qe_auth.h"
#include "trust/collateral.h"

/* What the shared checks look at of a quote, unverified. */
struct avow_intel_quote {
	struct avow_span qe_vendor_id;
	const struct avow_qe_auth *qe;
	struct avow_span attestation_key; /* x || y */
	struct avow_span signature; /* r || s by that key */
	struct avow_span signed_part;
};

struct avow_intel_verify {
	const struct avow_verify_in *in;
	struct avow_arena *arena;
	struct avow_intel_cache *cache; /* NULL: none */
	enum avow_tee tee;
	struct avow_intel_quote quote;
	struct avow_wanted *wanted; /* filled when collateral lacks; or NULL */
	/* found by the checks */
	struct avow_pck_use pck;
	struct avow_intel_selection selection; /* valid behind check_collateral */
	struct avow_pubkey *key; /* a reference of its own */
};

/** Before the first check; nothing is found yet. */
void avow_intel_verify_init(struct avow_intel_verify *v,
	const struct avow_verify_in *in, struct avow_arena *a, enum avow_tee tee,
	const struct avow_intel_quote *quote);
/** Drop what the checks have found. */
void avow_intel_verify_clear(struct avow_intel_verify *v);

/* In the order of Intel's own verification; each cites its place at its body. */

/** AVOW_E_QUOTE_VENDOR. */
enum avow_err avow_intel_check_vendor(void *ctx, struct avow_why *why);
/** AVOW_E_QUOTE_CERT_TYPE. */
enum avow_err avow_intel_check_cert_type(void *ctx, struct avow_why *why);
/** The codes of avow_pck_open. */
enum avow_err avow_intel_check_pck_chain(void *ctx, struct avow_why *why);
/** AVOW_E_PCK_CHAIN_EXPIRED, AVOW_E_PCK_CHAIN_NOT_YET_VALID. */
enum avow_err avow_intel_check_pck_validity(void *ctx, struct avow_why *why);
/** The codes of avow_collateral_select: undecided. */
enum avow_err avow_intel_check_collateral(void *ctx, struct avow_why *why);
/** AVOW_E_PCK_CA_REVOKED, AVOW_E_PCK_REVOKED. Needs collateral. */
enum avow_err avow_intel_check_pck_revocation(void *ctx, struct avow_why *why);
/** AVOW_E_QE_REPORT_SIGNATURE. */
enum avow_err avow_intel_check_qe_signature(void *ctx, struct avow_why *why);
/** AVOW_E_QE_REPORT_DATA. */
enum avow_err avow_intel_check_qe_binding(void *ctx, struct avow_why *why);
/** AVOW_E_QE_MISCSELECT, _ATTRIBUTES, _MRSIGNER, _ISVPRODID. Need collateral. */
enum avow_err avow_intel_check_qe_miscselect(void *ctx, struct avow_why *why);
enum avow_err avow_intel_check_qe_attributes(void *ctx, struct avow_why *why);
enum avow_err avow_intel_check_qe_mrsigner(void *ctx, struct avow_why *why);
enum avow_err avow_intel_check_qe_isvprodid(void *ctx, struct avow_why *why);
/** AVOW_E_ATTESTATION_KEY. */
enum avow_err avow_intel_check_attestation_key(void *ctx, struct avow_why *why);
/** AVOW_E_QUOTE_SIGNATURE. */
enum avow_err avow_intel_check_quote_signature(void *ctx, struct avow_why *why);

/* The rows that both lists have, behind what judges the quote's own header. */
#define AVOW_INTEL_CHECKS                                                              \
	{"certification_data_type", avow_intel_check_cert_type, NULL, false},          \
		{"pck_chain", avow_intel_check_pck_chain, NULL, false},                \
		{"pck_validity", avow_intel_check_pck_validity, NULL, false},          \
		{"collateral", avow_intel_check_collateral, NULL, false},              \
		{"pck_revocation", avow_intel_check_pck_revocation, NULL, true},       \
		{"qe_report_signature", avow_intel_check_qe_signature, NULL, false},   \
		{"qe_report_data", avow_intel_check_qe_binding, NULL, false},          \
		{"qe_miscselect", avow_intel_check_qe_miscselect, NULL, true},         \
		{"qe_attributes", avow_intel_check_qe_attributes, NULL, true},         \
		{"qe_mrsigner", avow_intel_check_qe_mrsigner, NULL, true},             \
		{"qe_isvprodid", avow_intel_check_qe_isvprodid, NULL, true},           \
		{"attestation_key", avow_intel_check_attestation_key, NULL, false},    \
	{                                                                              \
		"quote_signature", avow_intel_check_quote_signature, NULL, false       \
	}

#endif
