/*
 * Evidence of every kind, from bytes to claims:
 *
 *   bytes -> parse -> struct avow_evidence      (unverified: read, not believed)
 *         -> verify -> struct avow_verified     (every signature and binding held)
 *         -> judge  -> verdict                  (TCB status against what is accepted)
 *         -> claims -> struct avow_claims
 *
 * Only verify makes a struct avow_verified, and claims takes nothing else, so
 * a forgotten check is a type error. A kind is one folder and one entry in
 * kinds.c; nobody else lists them.
 */
#ifndef AVOW_EVIDENCE_EVIDENCE_H
#define AVOW_EVIDENCE_EVIDENCE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "claims/claims.h"
#include "trust/amd.h"
#include "trust/intel_chain.h"
#include "trust/tcb_info.h"
#include "wire/json.h"

struct avow_anchors; /* trust/: the pinned root keys */
struct avow_snp_references; /* trust/: an operator's reference values */
struct avow_collateral; /* trust/: one immutable snapshot of collateral */

/** What parse made of bytes that nobody has vouched for. Lives in the arena
 *  and borrows the bytes. */
struct avow_evidence;
/** Evidence whose every signature and binding has held. Lives in the arena;
 *  borrows the evidence, and the collateral snapshot, which must outlive it. */
struct avow_verified;
/** What a worker may remember between requests: verified chains and
 *  signatures, never a verdict. One owner at a time, no locks. */
struct avow_evidence_cache;

/* --- input -------------------------------------------------------------------- */

/** Data that the caller says is bound into the evidence by its hash. */
struct avow_bound_data {
	bool present;
	struct avow_span bytes; /* decoded; may be empty and present */
	bool is_json;
};

struct avow_verify_in {
	int64_t at_s; /* appraisal time: every validity is judged at it */
	const struct avow_anchors *anchors;
	struct avow_collateral *collateral; /* selecting from it is thread safe */
	unsigned accept_tcb; /* bits 1u << enum avow_tcb_status (trust/tcb.h) */
	int64_t grace_s; /* tolerance for a stale nextUpdate; 0: none */
	uint32_t baseline; /* this TCB evaluation data number; 0: the default */
	bool early; /* collateral that PCS serves early counts too */
	struct avow_bound_data runtime;
	struct avow_bound_data init;
	struct avow_evidence_cache *cache; /* NULL: verify from nothing */

	/* TDX, from the policy's configurationrules; denied by default */
	bool allow_debug; /* a TD with a bit of the TUD group of its attributes */
	struct avow_span event_log; /* TDX: the CCEL area; empty: none was sent */
	bool allow_migration; /* a migratable TD, or one with a bound service TD */

	/* SEV-SNP: certificates beside those in the evidence, each span PEM, DER or
	 * the JSON of Azure's THIM, in any order */
	const struct avow_span *certs;
	size_t n_certs;
	/* SEV-SNP: UVM endorsements (COSE_Sign1) beside those in the evidence */
	const struct avow_span *uvm;
	size_t n_uvm;
	/* SEV-SNP: what the operator knows of guests; NULL: nothing */
	const struct avow_snp_references *snp_references;

	/* TPM */
	bool allow_uncertified_ak; /* require_valid_aik_cert is false */
	uint32_t required_pcr_mask; /* bit n is PCR n */
	bool mask_is_set; /* by the policy: the file's own cannot lower it */
	const struct avow_tpm_session *tpm; /* NULL: an attestation by itself */
};

/** What the service knows of a TPM request beside what it says itself. */
struct avow_tpm_session {
	struct avow_span challenge; /* that the service made for this round */
	/* SHA-256 of the SubjectPublicKeyInfo of an AK that a certified EK's TPM
	 * has activated for it; empty: none */
	struct avow_span activated_ak;
	struct avow_span url; /* the instance's: custom claims are named by it */
};

/* --- findings ------------------------------------------------------------------ */

enum avow_check_result {
	AVOW_CHECK_NOT_REACHED, /* an earlier check ended the appraisal */
	AVOW_CHECK_PASSED,
	AVOW_CHECK_FAILED, /* the evidence is refused here */
	AVOW_CHECK_UNDECIDED, /* what it needs is absent or not usable */
	AVOW_CHECK_NOT_APPLICABLE /* nothing to check: no runtime data given */
};

/** "not reached", "passed", "failed", "undecided", "not applicable". Static. */
const char *avow_check_result_name(enum avow_check_result r);

struct avow_check {
	const char *name; /* stable, static */
	enum avow_check_result result;
};

/** The platform's TCB, filled as soon as a level has matched. */
struct avow_tcb_result {
	bool known;
	const char *status; /* Intel's words, converged with the QE; static */
	const struct avow_span *advisories; /* no duplicates, first seen first */
	size_t n_advisories;
	uint32_t evaluation_number; /* the lower of the documents used */
	int64_t date_s; /* tcbDate of the matched platform level */
};

/**
 * Which collateral an undecided appraisal lacked, for whoever can fetch it. Intel's
 * is told only once the PCK chain has verified up to a pinned root; AMD's is what
 * the report says before its signature could be looked at.
 */
struct avow_wanted {
	bool intel; /* tee, ca, fmspc, baseline are set */
	enum avow_tee tee;
	enum avow_pck_ca ca;
	uint8_t fmspc[6];
	uint32_t baseline; /* 0: the newest */
	bool vcek; /* has_product, product, chip_id, reported_tcb are set */
	bool amd_crl; /* product and vek are set */
	bool has_product;
	enum avow_amd_product product;
	enum avow_amd_vek_kind vek;
	uint8_t chip_id[AVOW_AMD_CHIP_ID_BYTES];
	uint8_t reported_tcb[AVOW_AMD_TCB_BYTES];
};

#define AVOW_MAX_CHECKS 48

/** What is told about an appraisal whatever its end. Zeroed by verify; what it
 *  points to lives in the arena or the collateral snapshot. */
struct avow_findings {
	struct avow_check checks[AVOW_MAX_CHECKS]; /* in the order they run */
	size_t n_checks;
	struct avow_tcb_result tcb;
	struct avow_wanted wanted;
	/* Whose fresh quote held, however the rest ended: what follows machines over
	 * time writes under this name. */
	struct {
		bool is_known;
		uint8_t id[32]; /* SHA-256 of the attestation key's SPKI */
		struct avow_span label; /* what the request calls it */
	} machine;
};

/* --- kinds --------------------------------------------------------------------- */

struct avow_kind {
	const char *name; /* "sgx": command line and logs */
	const char *api_name; /* "SgxEnclave": route and policy type */
	const char *attestation_type; /* value of x-ms-attestation-type */
	const char *member; /* request member with the evidence */
	unsigned bit; /* AVOW_KIND_* of claims.h */
	size_t max_body; /* of an HTTP request, bytes */
	size_t max_evidence; /* decoded, bytes */

	/**
	 * Read bytes; total and pure: no clock, no I/O, no trust. *out is NULL on
	 * error. Called through avow_evidence_parse.
	 */
	enum avow_err (*parse)(struct avow_span bytes, struct avow_arena *a,
		const struct avow_evidence **out, struct avow_why *why);
	/**
	 * Every signature and binding. *out is set only on AVOW_OK, which is not
	 * yet a verdict. Fills f as far as it comes.
	 */
	enum avow_err (*verify)(const struct avow_evidence *ev,
		const struct avow_verify_in *in, struct avow_arena *a,
		struct avow_findings *f, const struct avow_verified **out,
		struct avow_why *why);
	/** The verdict on verified evidence: its TCB status and our settings. */
	enum avow_err (*judge)(const struct avow_verified *v,
		const struct avow_verify_in *in, struct avow_findings *f,
		struct avow_why *why);
	/** Append the kind's claims. Errors: the set's own, and NO_MEMORY. */
	enum avow_err (*claims)(const struct avow_verified *v, struct avow_claims *set);
	/** Seal the token to the attested machine; NULL: it is sent as it is. */
	enum avow_err (*seal)(const struct avow_verified *v, struct avow_span token,
		struct avow_buf *out);
	/** Write every field as JSON, unverified, for people to read. */
	void (*inspect)(const struct avow_evidence *ev, struct avow_jw *w);
};

/** The i-th kind in a fixed order, NULL behind the last. */
const struct avow_kind *avow_kind_at(size_t i);
/** By name ("sgx"), exact; NULL when there is none. */
const struct avow_kind *avow_kind_by_name(struct avow_span name);
/** By API name ("SgxEnclave"), ASCII case folded; NULL when there is none. */
const struct avow_kind *avow_kind_by_api_name(struct avow_span name);

/* --- the three calls that everybody else makes ---------------------------------- */

/**
 * @param bytes the evidence as decoded from the request; borrowed by *out.
 * @param out set on AVOW_OK, else NULL.
 * @param why filled on error; may be NULL.
 * @return AVOW_OK; AVOW_E_TOO_LARGE above kind->max_evidence; the kind's format
 * codes (class INPUT); AVOW_E_NO_MEMORY.
 */
enum avow_err avow_evidence_parse(const struct avow_kind *kind, struct avow_span bytes,
	struct avow_arena *a, const struct avow_evidence **out,
	struct avow_why *why) AVOW_CHECKED;
/** The kind that parsed it. */
const struct avow_kind *avow_evidence_kind(const struct avow_evidence *ev);
/** Write it field by field as one JSON object. */
void avow_evidence_inspect(const struct avow_evidence *ev, struct avow_jw *w);

/**
 * Verify, then judge. Starts at deny.
 *
 * A check that is undecided (collateral absent, stale or not genuine) does not
 * end the appraisal by itself: what the evidence alone decides is still
 * checked, and a refusal wins over "could not decide".
 *
 * @param in borrowed for the call; bound data is borrowed by *out.
 * @param f zeroed and filled, also on error.
 * @param out set once every signature and binding has held, so also when the
 * TCB status then refuses; else NULL. It may be used for claims either way,
 * but only AVOW_OK is a yes.
 * @param why filled on error; may be NULL.
 * @return AVOW_OK: verified. Class COLLATERAL or STORE: undecided. Every other
 * code: refused, or our own fault (classes CRYPTO, INTERNAL).
 * Not thread safe for one cache; else it is.
 */
enum avow_err avow_evidence_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why) AVOW_CHECKED;

/** Append the claims of verified evidence (spec 05) and Avow's own. The
 *  service's token-level claims (nonce, policy, times) are not here.
 *  @return AVOW_OK or the error that sticks in set. */
enum avow_err avow_evidence_claims(
	const struct avow_verified *v, struct avow_claims *set) AVOW_CHECKED;

/** Append what is sent for the token of this evidence: the token, or, where the kind
 *  says so, what only the attested machine opens.
 *  @return AVOW_OK; AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_evidence_seal(const struct avow_verified *v, struct avow_span token,
	struct avow_buf *out) AVOW_CHECKED;

/* --- cache --------------------------------------------------------------------- */

/**
 * @param max_entries per memo; 0: the default of 4096. When a memo is full, the
 * entry unused for longest goes.
 * @return AVOW_OK or AVOW_E_NO_MEMORY.
 */
enum avow_err avow_evidence_cache_new(
	size_t max_entries, struct avow_evidence_cache **out) AVOW_CHECKED;
void avow_evidence_cache_free(struct avow_evidence_cache *c);

#endif
