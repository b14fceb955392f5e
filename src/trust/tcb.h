/*
 * TCB status, levels, and how they are matched and merged, as Intel's Quote
 * Verification Library does (TcbLevelCheck, TdxModuleCheck, TDRelaunchCheck).
 * Pure functions of parsed documents; no time, no trust.
 */
#ifndef AVOW_TRUST_TCB_H
#define AVOW_TRUST_TCB_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/* The closed set of Intel PCS API v4; the two relaunch values are results only. */
enum avow_tcb_status {
	AVOW_TCB_UP_TO_DATE,
	AVOW_TCB_SW_HARDENING_NEEDED,
	AVOW_TCB_CONFIGURATION_NEEDED,
	AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	AVOW_TCB_OUT_OF_DATE,
	AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
	AVOW_TCB_REVOKED,
	AVOW_TCB_TD_RELAUNCH_ADVISED,
	AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
	AVOW_TCB_STATUS_COUNT
};

/** Intel's spelling, e.g. "SWHardeningNeeded". Static. */
const char *avow_tcb_status_name(enum avow_tcb_status s);
/** By exact name; false when it is none of the set. */
bool avow_tcb_status_parse(struct avow_span name, enum avow_tcb_status *out);

#define AVOW_SGX_COMPONENTS 16

struct avow_advisories {
	const struct avow_span *ids; /* printable ASCII, e.g. "INTEL-SA-00615" */
	size_t n;
};

/* One entry of tcbLevels of a TCB info. */
struct avow_tcb_level {
	uint8_t sgx[AVOW_SGX_COMPONENTS];
	uint8_t tdx[AVOW_SGX_COMPONENTS]; /* zero in an SGX document */
	uint16_t pcesvn;
	enum avow_tcb_status status;
	int64_t tcb_date_s;
	struct avow_advisories advisories;
};

/* One entry of tcbLevels of a QE identity or of a TDX module identity. */
struct avow_isv_level {
	uint16_t isvsvn;
	enum avow_tcb_status status;
	int64_t tcb_date_s;
	struct avow_advisories advisories;
};

struct avow_tcb_info;
struct avow_tdx_module;
struct avow_qe_identity;

/**
 * The first level, from the highest, that the platform reaches in every one of
 * the 16 components and in PCESVN. Both come from the PCK certificate.
 * @return AVOW_OK or AVOW_E_TCB_UNKNOWN.
 */
enum avow_err avow_tcb_match_sgx(const struct avow_tcb_info *info,
	const uint8_t components[AVOW_SGX_COMPONENTS], uint16_t pcesvn,
	const struct avow_tcb_level **out, struct avow_why *why) AVOW_CHECKED;

struct avow_tdx_match {
	const struct avow_tcb_level *sgx_level; /* for the relaunch rule only */
	const struct avow_tcb_level *level; /* on SGX and TDX components */
	const struct avow_tdx_module *module; /* NULL: TEE_TCB_SVN[1] is 0 */
	const struct avow_isv_level *module_level; /* NULL with module */
	enum avow_tcb_status module_status; /* UpToDate with no module level */
	enum avow_tcb_status status; /* level and module merged */
};

/**
 * Match a TDX platform: level on SGX components, level on TDX components
 * (0 and 1 of TEE_TCB_SVN do not count when [1] is not 0), module level.
 * @return AVOW_OK; AVOW_E_TCB_UNKNOWN; AVOW_E_TDX_MODULE_MISMATCH when the
 * document has no identity of the module's version.
 */
enum avow_err avow_tcb_match_tdx(const struct avow_tcb_info *info,
	const uint8_t components[AVOW_SGX_COMPONENTS], uint16_t pcesvn,
	const uint8_t tee_tcb_svn[AVOW_SGX_COMPONENTS], struct avow_tdx_match *out,
	struct avow_why *why) AVOW_CHECKED;
/**
 * The TDX module's signer and attributes against the document (the identity of
 * its version, or tdxModule when TEE_TCB_SVN[1] is 0): MRSIGNERSEAM equal,
 * SEAMATTRIBUTES all zero and equal.
 * @return AVOW_OK or AVOW_E_TDX_MODULE_MISMATCH.
 */
enum avow_err avow_tdx_module_check(const struct avow_tcb_info *info,
	const uint8_t tee_tcb_svn[AVOW_SGX_COMPONENTS],
	const uint8_t mr_signer_seam[48], const uint8_t seam_attributes[8],
	struct avow_why *why) AVOW_CHECKED;

/**
 * The first level in served order whose isvsvn the QE reaches.
 * @return AVOW_OK or AVOW_E_QE_TCB_UNKNOWN.
 */
enum avow_err avow_qe_level(const struct avow_qe_identity *identity, uint16_t isvsvn,
	const struct avow_isv_level **out, struct avow_why *why) AVOW_CHECKED;

/** Platform level x TDX module (a module is UpToDate, OutOfDate or Revoked). */
enum avow_tcb_status avow_tcb_converge_module(
	enum avow_tcb_status level, enum avow_tcb_status module);
/**
 * TD 1.5 only: what a relaunch on the module that is loaded now would give.
 * @param now TEE_TCB_SVN2. @param qe the QE's status.
 * *out is the merged status of `m`, or one of the relaunch values.
 * @return AVOW_OK or AVOW_E_TDX_MODULE_MISMATCH (no identity of now[1]).
 */
enum avow_err avow_tcb_relaunch(const struct avow_tcb_info *info,
	const struct avow_tdx_match *m, enum avow_tcb_status qe,
	const uint8_t now[AVOW_SGX_COMPONENTS], enum avow_tcb_status *out,
	struct avow_why *why) AVOW_CHECKED;
/** Result so far x QE status: the verdict's TCB status. */
enum avow_tcb_status avow_tcb_converge(
	enum avow_tcb_status level, enum avow_tcb_status qe);

#endif
