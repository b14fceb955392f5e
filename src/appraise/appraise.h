/*
 * The pipeline, from evidence to verdict:
 *
 *   parse -> policy.configure -> verify -> judge -> claims -> policy.decide
 *
 * It holds the verdict and nothing else: each stage says itself why it
 * refused. No network, no store, no clock: all that it needs is passed in.
 */
#ifndef AVOW_APPRAISE_APPRAISE_H
#define AVOW_APPRAISE_APPRAISE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "claims/claims.h"
#include "evidence/evidence.h"
#include "policy/policy.h"
#include "token/token.h"

enum avow_appraised {
	AVOW_APPRAISED_REFUSED,	/* zero: where everything starts */
	AVOW_APPRAISED_UNDECIDED,
	AVOW_APPRAISED_VERIFIED
};

/** "refused", "undecided", "verified". Static. */
const char *avow_appraised_name(enum avow_appraised v);

/** What one request asks, and what it is judged by. All borrowed. */
struct avow_appraise_in {
	const struct avow_kind *kind;
	struct avow_span evidence;	/* decoded bytes */
	struct avow_bound_data runtime, init;
	struct avow_span event_log;	/* TDX: see struct avow_verify_in */
	struct avow_span nonce;		/* echoed; empty: none */
	const struct avow_span *certs;	/* SEV-SNP: see struct avow_verify_in */
	size_t n_certs;
	const struct avow_span *uvm;	/* SEV-SNP: UVM endorsements, likewise */
	size_t n_uvm;
	const struct avow_snp_references *snp_references; /* NULL: none */

	/* TPM */
	const struct avow_evidence *parsed; /* of `evidence` already; NULL: not yet */
	const struct avow_tpm_session *tpm; /* NULL: an attestation by itself */
	bool allow_uncertified_ak;	/* whatever the policy says */

	const struct avow_policy *policy; /* NULL: none is applied (tools) */
	bool is_draft;			/* a tenth of the step budget */
	struct avow_policy_trace *trace; /* NULL: none is kept */

	int64_t at_s;
	const struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	unsigned accept_tcb;		/* bits 1u << enum avow_tcb_status */
	int64_t grace_s;
	uint32_t baseline;		/* what "azuredefault" stands for; 0: the newest */
	/* the machines that may attest (avow_platform_list_put); empty: all */
	struct avow_span allow_platform;
	bool early; /* collateral that PCS serves early counts too */
	struct avow_evidence_cache *cache; /* NULL: none */
};

/** What came of it. Lives in the arena; borrows the input. */
struct avow_appraisal {
	enum avow_appraised verdict;
	struct avow_why why;		/* code AVOW_OK when verified */
	struct avow_findings findings;	/* checks and TCB, whatever the end */
	const struct avow_verified *verified; /* every signature has held */
	bool has_claims;		/* claims is filled */
	struct avow_claims claims;	/* the service's, for policy and token */
	bool has_outcome;		/* the policy was run */
	struct avow_policy_outcome outcome;
};

/**
 * Appraise one piece of evidence. The verdict starts at refused; only the last
 * statement makes it verified. *out is always filled.
 * @param a the request's arena.
 * @return out->why.code: AVOW_OK exactly when the verdict is verified. Classes
 * COLLATERAL and STORE, and our own faults (CRYPTO, INTERNAL), leave it
 * undecided; every other class refuses.
 */
enum avow_err avow_appraise(const struct avow_appraise_in *in, struct avow_arena *a,
	struct avow_appraisal *out) AVOW_CHECKED;

/** The verdict that a code means. */
enum avow_appraised avow_appraised_of(enum avow_err e);

/* --- which machines ------------------------------------------------------------- */

/** An id of a machine as hexadecimal text: a PPID (16 bytes), or a chip id of AMD's
 *  (64 bytes; on Turin 8). */
bool avow_platform_id_is(struct avow_span hex);
/** Append one id to a list of allowed machines. The list is text that only
 *  avow_platform_check reads; ids are compared whatever the case of letters. */
void avow_platform_list_put(struct avow_buf *list, struct avow_span hex);
/**
 * Whether the machine whose claims these are is in the list.
 * @return AVOW_OK (an empty list has everybody); AVOW_E_PLATFORM_NOT_ALLOWED, also
 * where nothing tells which machine it is (a VLEK's report).
 */
enum avow_err avow_platform_check(struct avow_span list, const struct avow_claims *claims,
	struct avow_why *why) AVOW_CHECKED;

/** How the token of an appraisal is made. */
struct avow_attest_token {
	struct avow_token_issuer *issuer;
	int64_t now_s;
	struct avow_span policy_hash;	/* of the policy that decided */
	struct avow_span policy_signer;	/* see avow_token_signer_claim; or empty */
	bool is_draft;
	bool is_report;			/* of a TPM: the policy sets its life */
};

/**
 * Append the token of a verified appraisal, sealed where its kind says so.
 * @return AVOW_OK; AVOW_E_INTERNAL for an appraisal that is not verified; and
 * what avow_token_make gives (a reserved claim that the policy issued).
 */
enum avow_err avow_attest_token(const struct avow_appraisal *ap,
	const struct avow_attest_token *t, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

#endif
