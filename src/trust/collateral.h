/*
 * Collateral as an immutable, reference counted snapshot of a folder's files,
 * indexed by what they hold and never by their names; and the selection of the
 * documents that judge one platform at one time.
 *
 * A snapshot is parsed when it is built. A signature is verified when its
 * document is first wanted, and remembered in the snapshot for the set of
 * anchors under which it was verified. Reading takes no lock.
 */
#ifndef AVOW_TRUST_COLLATERAL_H
#define AVOW_TRUST_COLLATERAL_H

#include "base/err.h"
#include "base/why.h"
#include "crypto/digest.h"
#include "crypto/x509.h"
#include "trust/amd.h"
#include "trust/anchors.h"
#include "trust/qe_identity.h"
#include "trust/tcb_info.h"

struct avow_collateral;

/* For whom a file's signed documents are. */
enum avow_collateral_use {
	AVOW_COLLATERAL_FOR_ALL,
	AVOW_COLLATERAL_FOR_EARLY, /* queries that say early, or name a baseline */
	AVOW_COLLATERAL_FOR_BASELINE /* queries that name a baseline alone */
};

struct avow_collateral_file {
	const char *name; /* for reports alone */
	struct avow_span bytes; /* copied */
};

struct avow_collateral_more {
	struct avow_collateral_file file;
	enum avow_collateral_use use;
};

/* What a file was taken for. */
enum avow_collateral_kind {
	AVOW_COLLATERAL_IGNORED, /* nothing known */
	AVOW_COLLATERAL_TCB_INFO,
	AVOW_COLLATERAL_QE_IDENTITY,
	AVOW_COLLATERAL_CRL,
	AVOW_COLLATERAL_CERT
};

/**
 * Read every regular file of a folder (not below it, no name with a leading
 * dot). Known are: {"tcbInfo":..}, {"enclaveIdentity":..}; CRLs as DER, PEM
 * or hex text; certificates as DER or PEM, also several in a file.
 * @return AVOW_OK also when the folder is empty; AVOW_E_COLLATERAL_FOLDER
 * when it cannot be read; AVOW_E_COLLATERAL_LIMIT over AVOW_MAX_COLLATERAL_*;
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_collateral_load(const char *dir, struct avow_collateral **out,
	struct avow_why *why) AVOW_CHECKED;
/*
 * Parts: files that are parsed once and stand in one snapshot after the other. A part
 * is for joining alone; it has no built-in certificates. It is immutable, and freed
 * with avow_collateral_free when the last snapshot of it is.
 */

/** The files of a folder as a part; what avow_collateral_load can give. */
enum avow_err avow_collateral_folder(const char *dir, struct avow_collateral **out,
	struct avow_why *why) AVOW_CHECKED;
/** Files in memory as a part. @return AVOW_OK, AVOW_E_COLLATERAL_LIMIT,
 *  AVOW_E_NO_MEMORY. */
enum avow_err avow_collateral_part(const struct avow_collateral_more *v, size_t n,
	struct avow_collateral **out, struct avow_why *why) AVOW_CHECKED;
/**
 * A snapshot of a folder and of the parts behind it, in that order; nothing is parsed.
 * @param folder NULL: none. References are taken on it and on the parts.
 * @return AVOW_OK; AVOW_E_COLLATERAL_LIMIT when the parts together exceed
 * AVOW_MAX_COLLATERAL_*; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_collateral_join(struct avow_collateral *folder,
	struct avow_collateral *const *parts, size_t n, struct avow_collateral **out,
	struct avow_why *why) AVOW_CHECKED;
/** The folder that a snapshot was joined with; borrowed. NULL: none. */
struct avow_collateral *avow_collateral_folder_of(const struct avow_collateral *c);

/** As load, with more files behind the folder's. dir NULL: these alone. */
enum avow_err avow_collateral_load_with(const char *dir,
	const struct avow_collateral_more *more, size_t n, struct avow_collateral **out,
	struct avow_why *why) AVOW_CHECKED;
/** As load, from files in memory. */
enum avow_err avow_collateral_build(const struct avow_collateral_file *files, size_t n,
	struct avow_collateral **out, struct avow_why *why) AVOW_CHECKED;
struct avow_collateral *avow_collateral_ref(struct avow_collateral *c);
void avow_collateral_free(struct avow_collateral *c);

struct avow_collateral_entry {
	const char *name;
	enum avow_collateral_kind kind;
	enum avow_err err; /* why it could not be read; AVOW_OK */
};
/** The i-th thing found, for `--list` and logs; false behind the last. */
bool avow_collateral_entry(
	const struct avow_collateral *c, size_t i, struct avow_collateral_entry *out);

struct avow_intel_query {
	enum avow_tee tee;
	uint8_t fmspc[6], pce_id[2]; /* of the PCK certificate */
	struct avow_cert *pck_ca; /* of a verified PCK chain */
	int64_t at_s; /* the appraisal time */
	int64_t grace_s; /* tolerance behind nextUpdate, >= 0 */
	uint32_t baseline; /* tcbEvaluationDataNumber; 0: the newest */
	bool early; /* what PCS serves early counts too */
};

/* All of it verified and current; borrowed from the snapshot (keep a ref). */
struct avow_intel_selection {
	const struct avow_tcb_info *tcb_info;
	const struct avow_qe_identity *qe_identity; /* QE or TD_QE by tee */
	const struct avow_crl *pck_crl, *root_crl;
	const struct avow_cert *tcb_signer, *qe_signer, *root;
	const char *tcb_info_name, *qe_identity_name; /* their files */
	const char *pck_crl_name, *root_crl_name;
	uint8_t pck_ca_sha256[AVOW_SHA256_BYTES];
	int64_t earliest_expiry_s; /* of the four nextUpdate and the signing chain */
	int64_t latest_issue_s; /* of issueDate and thisUpdate */
	bool grace_used; /* one of them is behind its nextUpdate */
	/* the hash claims of x-ms-sgx-collateral */
	uint8_t tcb_info_hash[AVOW_SHA256_BYTES]; /* document || NUL */
	uint8_t qe_identity_hash[AVOW_SHA256_BYTES];
	uint8_t tcb_info_certs_hash[AVOW_SHA256_BYTES]; /* PEM signer, root || NUL */
	uint8_t qe_identity_certs_hash[AVOW_SHA256_BYTES];
	uint8_t crl_hash
		[AVOW_SHA256_BYTES]; /* PEM of the root's CRL || NUL; both claims */
};

/**
 * The documents for one platform at one time. Order: root CRL, PCK CRL, TCB
 * info, QE identity; of each kind the verified candidates that are current at
 * at_s; only where there is none, those that are current within the grace.
 *  - TCB info: id, FMSPC and PCE-ID equal, number equal to a baseline; the
 *    highest evaluation number, then the newest issueDate.
 *  - QE identity: likewise; under a baseline the same number, else the highest
 *    below it, else the lowest above it.
 *  - CRL: the newest thisUpdate. Both are needed.
 * A candidate that is malformed or does not verify is passed over when another
 * one serves; when none does, its own code is returned and never "absent".
 * @param anchors the set under which pck_ca was verified.
 * @return AVOW_OK, or a code of class COLLATERAL with why->document naming the
 * file: AVOW_E_{TCB_INFO,QE_IDENTITY}_{ABSENT,FORMAT,SIGNATURE,CHAIN,EXPIRED,
 * NOT_YET_VALID}, AVOW_E_TCB_BASELINE_ABSENT (others of the platform are there),
 * AVOW_E_CRL_{ABSENT,MALFORMED,SIGNATURE,ISSUER,EXTENSIONS,EXPIRED,NOT_YET_VALID},
 * AVOW_E_SIGNING_CERT_REVOKED; AVOW_E_TCB_SIGNER_ABSENT (there is no
 * TCB signing certificate under the platform's root); AVOW_E_NO_MEMORY,
 * AVOW_E_CRYPTO.
 * Thread safe, lock free.
 */
enum avow_err avow_collateral_select(struct avow_collateral *c,
	const struct avow_anchors *anchors, const struct avow_intel_query *q,
	struct avow_intel_selection *out, struct avow_why *why) AVOW_CHECKED;

/* --- AMD: looked up, not verified (trust/amd_chain.h verifies) ------------------ */

/* What a report says about the key that signed it. */
struct avow_amd_query {
	enum avow_amd_vek_kind kind;
	struct avow_span chip_id; /* CHIP_ID, 64 bytes; not used for a VLEK */
	const uint8_t *reported_tcb; /* 8 bytes, in the layout of the product */
	bool has_product; /* the report tells it: from version 3 on */
	enum avow_amd_product product;
};

struct avow_veks; /* trust/veks.h */

/** Look VCEKs up in that table too; a reference is taken. Once, before the snapshot
 *  is shared. */
void avow_collateral_set_veks(struct avow_collateral *c, struct avow_veks *veks);

/**
 * The i-th certificate of the folder that was made for this chip (a VLEK: for any
 * provider) and this TCB; NULL behind the last. The order is that of the files; those of
 * the table are behind them.
 */
struct avow_cert *avow_collateral_vek(
	const struct avow_collateral *c, const struct avow_amd_query *q, size_t i);
/** The i-th certificate whose subject is that name: the folder's before the
 *  built-in ones; NULL behind the last. */
struct avow_cert *avow_collateral_cert_of(
	const struct avow_collateral *c, struct avow_span subject, size_t i);

/** The i-th certificate of all; NULL behind the last. */
struct avow_cert *avow_collateral_cert(const struct avow_collateral *c, size_t i);

struct avow_collateral_crl {
	const struct avow_crl *crl;
	const char *name; /* its file */
	const uint8_t *id; /* 32 bytes that tell its content */
};
/** The i-th CRL of that issuer in *out; false behind the last. */
bool avow_collateral_crl_of(const struct avow_collateral *c, struct avow_span issuer,
	size_t i, struct avow_collateral_crl *out);

#endif
