/*
 * UVM reference information: the word of whoever builds the utility VM of
 * confidential containers about the launch measurement of an image, as a
 * COSE_Sign1 (azure-containers sheet, section 1; CCF, "AMD SEV-SNP").
 *
 *   header   alg, x5chain, issuer (did:x509), feed, time; svn in the newer form
 *   payload  JSON with measurement and SVN, or the 48 bytes of the measurement
 */
#ifndef AVOW_EVIDENCE_SNP_UVM_H
#define AVOW_EVIDENCE_SNP_UVM_H

#include "base/limits.h"
#include "crypto/cose.h"
#include "crypto/x509.h"
#include "evidence/evidence.h"
#include "trust/snp_references.h"

/* One endorsement, read and not yet believed. */
struct avow_uvm {
	struct avow_cose cose;
	struct avow_cert *chain[AVOW_MAX_UVM_CERTS]; /* leaf first; owned */
	size_t n_chain;
	struct avow_span issuer, feed; /* text */
	uint64_t svn;
	bool has_time;
	int64_t signed_s; /* seconds since 1970 */
	uint8_t measurement[48];
	bool proven; /* links, issuer and signature have held before; no cose */
	uint8_t key[AVOW_SHA256_BYTES]; /* of uvm_memo.h, where there is a memory */
};

/**
 * Read an endorsement of either form.
 * @return AVOW_OK; AVOW_E_CBOR, AVOW_E_COSE_FORMAT, AVOW_E_COSE_ALGORITHM,
 * AVOW_E_UVM_FORMAT; AVOW_E_UVM_CHAIN for certificates that cannot be read;
 * AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. Clear it in any case.
 */
enum avow_err avow_uvm_read(struct avow_span bytes, struct avow_arena *a,
	struct avow_uvm *out, struct avow_why *why) AVOW_CHECKED;
void avow_uvm_clear(struct avow_uvm *u);

/** Every link of x5chain, from the leaf to the last: AVOW_E_UVM_CHAIN. The last
 *  one counts by the issuer's fingerprint, not by its own signature. */
enum avow_err avow_uvm_check_chain(
	const struct avow_uvm *u, struct avow_why *why) AVOW_CHECKED;
/** Signed while all of its certificates were valid, and not after at_s; where it
 *  does not say when, they have to be valid at at_s. AVOW_E_UVM_TIME. */
enum avow_err avow_uvm_check_time(
	const struct avow_uvm *u, int64_t at_s, struct avow_why *why) AVOW_CHECKED;
/** The issuer's did:x509 fits the chain: AVOW_E_DID_FORMAT, AVOW_E_DID_MISMATCH. */
enum avow_err avow_uvm_check_issuer(
	const struct avow_uvm *u, struct avow_why *why) AVOW_CHECKED;
/** AVOW_E_UVM_MEASUREMENT. */
enum avow_err avow_uvm_check_measurement(const struct avow_uvm *u,
	struct avow_span measurement, struct avow_why *why) AVOW_CHECKED;
/** One of the operator's reference values names this issuer and feed, and no higher
 *  SVN: AVOW_E_UVM_UNKNOWN, AVOW_E_UVM_SVN. */
enum avow_err avow_uvm_check_reference(const struct avow_uvm *u,
	const struct avow_snp_references *refs, struct avow_why *why) AVOW_CHECKED;

/* All endorsements of one report: those in the evidence, then the caller's. */
struct avow_uvm_set {
	struct avow_uvm v[2 * AVOW_MAX_UVM_COUNT];
	size_t n;
	const struct avow_uvm *known; /* the first that fits a reference value */
};

struct avow_uvm_source;

/** Read each that is not remembered; the errors of avow_uvm_read, and
 *  AVOW_E_UVM_FORMAT for too many. */
enum avow_err avow_uvm_set_read(struct avow_uvm_set *s, const struct avow_span *list,
	size_t n, const struct avow_uvm_source *from,
	struct avow_why *why) AVOW_CHECKED;
void avow_uvm_set_clear(struct avow_uvm_set *s);
/** Every one of them: links, issuer, time, signature, measurement, in this order. */
enum avow_err avow_uvm_set_check_chains(
	const struct avow_uvm_set *s, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_uvm_set_check_times(
	const struct avow_uvm_set *s, int64_t at_s, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_uvm_set_check_issuers(
	const struct avow_uvm_set *s, struct avow_why *why) AVOW_CHECKED;
/** The last of what is remembered. */
enum avow_err avow_uvm_set_check_signatures(struct avow_uvm_set *s,
	const struct avow_uvm_source *from, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_uvm_set_check_measurements(const struct avow_uvm_set *s,
	struct avow_span measurement, struct avow_why *why) AVOW_CHECKED;
/** One of them fits a reference value, else the first one's refusal. */
enum avow_err avow_uvm_set_check_references(struct avow_uvm_set *s,
	const struct avow_snp_references *refs, struct avow_why *why) AVOW_CHECKED;

#endif
