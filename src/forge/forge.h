/*
 * Simulated evidence: SGX quotes and Open Enclave reports with a complete PKI
 * and signed collateral, in the makers' real formats, under a test root of its
 * own. For tests and for people without the hardware; never linked into the
 * daemon. A verifier accepts it only where somebody added root.pem as an anchor.
 *
 *   parameters (+ one deviation) -> avow_forge_sgx_make -> files in memory
 *                                                        -> avow_forge_write
 *
 * It writes the formats from the makers' documents and shares no layout with
 * evidence/ or trust/: a wrong offset there must not agree with itself here.
 * Keys are made fresh, live in memory, and are never written anywhere.
 */
#ifndef AVOW_FORGE_FORGE_H
#define AVOW_FORGE_FORGE_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/* --- deviations ------------------------------------------------------------- */

/** One thing done wrong; all else stays right, and is signed as it should be. */
struct avow_forge_deviation {
	const char *name;	/* "pck.signature" */
	const char *what;	/* one line: what differs */
	const char *evidence;	/* the file that shows it: "quote.bin", ... */
	enum avow_err refused_with; /* by a verifier with the defaults of Avow */
	unsigned char part, how; /* private to forge/ */
};

/** The i-th of the list, NULL behind the last. Static. */
const struct avow_forge_deviation *avow_forge_deviation_at(size_t i);
/** By name, or NULL. */
const struct avow_forge_deviation *avow_forge_deviation_find(const char *name);

/* --- keys --------------------------------------------------------------------- */

/** All private keys of one forged world; make it once to forge many quotes under
 *  one root. */
struct avow_forge_keys;

/** @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_forge_keys_new(struct avow_forge_keys **out) AVOW_CHECKED;
/** NULL is fine. The keys are wiped. */
void avow_forge_keys_free(struct avow_forge_keys *k);

/* --- parameters ---------------------------------------------------------------- */

enum avow_forge_pck_ca { AVOW_FORGE_PROCESSOR_CA, AVOW_FORGE_PLATFORM_CA };

enum avow_forge_order {
	AVOW_FORGE_LEAF_CA_ROOT,
	AVOW_FORGE_LEAF_ROOT_CA,
	AVOW_FORGE_ROOT_CA_LEAF
};

/** Validity: both ends in seconds since 1970, both inside it. */
struct avow_forge_window {
	int64_t from_s, until_s;
};

struct avow_forge_tcb_level {
	uint8_t components[16];
	uint16_t pcesvn;
	int64_t date_s;
	const char *status;		/* as Intel spells it: "UpToDate" */
	const char *const *advisories;	/* NULL-terminated; NULL: no member */
};

struct avow_forge_isv_level {
	uint16_t isvsvn;
	int64_t date_s;
	const char *status;
	const char *const *advisories;
};

/** Everything that can be asked for. Fill by avow_forge_sgx_defaults, then
 *  change; pointers must live until make returns. Byte strings are in the order
 *  of the format. */
struct avow_forge_sgx {
	int64_t at_s;			/* all default windows stand around it */
	const char *corrupt;		/* a deviation's name; NULL: none */
	const struct avow_forge_keys *keys; /* NULL: fresh ones */

	/* the enclave (sgx-quote, report body) */
	uint8_t mrenclave[32], mrsigner[32];
	uint16_t prod_id, svn, config_svn;
	bool debug, kss;
	uint32_t misc_select;
	uint64_t xfrm;
	uint8_t cpu_svn[16];		/* raw; differs from the PCK's, as in life */
	uint8_t config_id[64], ext_prod_id[16], family_id[16];
	bool has_report_data;		/* else SHA-256(runtime_data), then zeros */
	uint8_t report_data[64];
	struct avow_span runtime_data;	/* runtime.bin, and the OE custom claims */
	bool has_init_data;		/* CONFIGID = SHA-256(it), KSS set; init.bin */
	struct avow_span init_data;

	/* the quoting enclave */
	uint16_t qe_isvsvn, qe_isvprodid, header_qe_svn, header_pce_svn;
	uint8_t qe_mrsigner[32], qe_id[16];
	size_t auth_data_bytes;		/* 0..1024; real ones have 32 */
	unsigned certification_type;	/* 1..7; only 5 can be verified */
	enum avow_forge_order order;
	bool chain_nul;			/* a NUL behind the chain, as real ones have */

	/* the platform's PCK certificate */
	enum avow_forge_pck_ca pck_ca;
	uint8_t ppid[16], fmspc[6], pce_id[2], platform_instance[16];
	uint8_t components[16];
	uint16_t pcesvn;
	uint8_t sgx_type;		/* 0, 1, 2 */
	bool dynamic_platform, cached_keys, smt_enabled;

	/* validity */
	struct avow_forge_window root, ca, pck, tcb_signing;
	struct avow_forge_window root_crl, pck_crl, tcb_info, qe_identity;
	bool revoke_pck, revoke_pck_ca, revoke_tcb_signing;

	/* TCB info: levels of your own, or NULL: three are made, of which the one
	 * that matches has this status, date and these advisories */
	unsigned tcb_info_version;	/* 2 or 3 */
	uint32_t tcb_evaluation_number;
	const char *tcb_status;
	int64_t tcb_date_s;
	const char *const *tcb_advisories;
	const struct avow_forge_tcb_level *tcb_levels;
	size_t n_tcb_levels;

	/* QE identity, likewise */
	uint32_t qe_evaluation_number;
	const char *qe_status;
	int64_t qe_date_s;
	const char *const *qe_advisories;
	const struct avow_forge_isv_level *qe_levels;
	size_t n_qe_levels;
};

/** A platform and an enclave that verify as UpToDate at at_s (and for 29 days). */
void avow_forge_sgx_defaults(struct avow_forge_sgx *p, int64_t at_s);

/* --- forging ---------------------------------------------------------------------- */

struct avow_forge_file {
	const char *name;	/* "quote.bin", "collateral/tcbinfo.json" */
	struct avow_span bytes;
};

/** What was made; owns its bytes. */
struct avow_forged;

/**
 * Files: quote.bin; report.bin (OE report header, the same quote); evidence.bin
 * (OE evidence, the same quote, the runtime data as custom claims; absent when
 * report_data was given); runtime.bin; init.bin (only with init data); root.pem;
 * forge.json (what it is); collateral/tcbinfo.json, qe_identity.json, pck_crl.der,
 * root_crl.der, tcb_signing_chain.pem, pck_ca_chain.pem.
 * @return AVOW_OK; AVOW_E_USAGE for parameters out of range or an unknown
 * deviation (why->field names it); AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE,
 * AVOW_E_CRYPTO.
 */
enum avow_err avow_forge_sgx_make(const struct avow_forge_sgx *p,
	struct avow_forged **out, struct avow_why *why) AVOW_CHECKED;
void avow_forged_free(struct avow_forged *f);
/** The i-th file, false behind the last. */
bool avow_forged_at(const struct avow_forged *f, size_t i, struct avow_forge_file *out);
/** A file's bytes by name; empty when it was not made. */
struct avow_span avow_forged_get(const struct avow_forged *f, const char *name);
/** Write all files below dir, which is made when it is not there.
 *  @return AVOW_OK or AVOW_E_FILE_WRITE. */
enum avow_err avow_forge_write(const struct avow_forged *f, const char *dir,
	struct avow_why *why) AVOW_CHECKED;

#endif
