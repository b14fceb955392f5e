/*
 * Simulated TDX evidence: quotes version 4 and 5, TD report 1.0 and 1.5, with the
 * PKI of an SGX platform, TDX TCB info (version 3, with module identities) and the
 * TD QE's identity. Written from Intel's documents as forge.h says.
 */
#ifndef AVOW_FORGE_TDX_H
#define AVOW_FORGE_TDX_H

#include "forge/forge.h"

/** The i-th deviation of TDX evidence, NULL behind the last: its own, then those
 *  of SGX that a TDX quote can have too. Static. */
const struct avow_forge_deviation *avow_forge_tdx_deviation_at(size_t i);
/** By name, or NULL. */
const struct avow_forge_deviation *avow_forge_tdx_deviation_find(const char *name);

/** Everything that can be asked for. Fill by avow_forge_tdx_defaults, then change. */
struct avow_forge_tdx {
	/* Time, deviation, keys, PKI, collateral, TD QE, bound data. Its enclave is
	 * not used, and its TCB info's version is 3. */
	struct avow_forge_sgx platform;
	unsigned version; /* of the quote: 4, or 5 */
	bool report_15; /* version 5 alone */
	bool padded; /* zeros up to 5006 bytes, as Azure's metadata service has it */

	/* the TD report (TDX Module ABI) */
	uint8_t tee_tcb_svn[16], tee_tcb_svn2[16];
	uint8_t mr_seam[48], mr_signer_seam[48];
	uint64_t seam_attributes, td_attributes, xfam;
	uint8_t mr_td[48], mr_config_id[48]; /* has_init_data: SHA-256(it) */
	uint8_t mr_owner[48], mr_owner_config[48];
	uint8_t rtmr[4][48], mr_service_td[48];
	bool with_hcl; /* hcl.bin: the TD's report to the HCL, and runtime.bin */
	bool with_event_log; /* ccel.bin; RTMR0 to RTMR2 are what it leads to */

	/* TCB info: the components of the level that matches, and the level of the
	 * module whose version is tee_tcb_svn[1] */
	uint8_t components[16];
	uint8_t module_isvsvn;
	const char *module_status;
};

/** A TD that verifies as UpToDate: version 4, module version 3. */
void avow_forge_tdx_defaults(struct avow_forge_tdx *p, int64_t at_s);

/**
 * Files: quote.bin, ccel.bin (only with_event_log), hcl.bin (only with_hcl), runtime.bin, init.bin (only with init data), root.pem,
 * forge.json, and the same collateral/ as SGX's.
 * @return as avow_forge_sgx_make.
 */
enum avow_err avow_forge_tdx_make(const struct avow_forge_tdx *p,
	struct avow_forged **out, struct avow_why *why) AVOW_CHECKED;

#endif
