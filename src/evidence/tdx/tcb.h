/*
 * The TCB status of a TDX platform whose quote has verified: level on SGX and TDX
 * components, module level, relaunch rule, quoting enclave.
 */
#ifndef AVOW_EVIDENCE_TDX_TCB_H
#define AVOW_EVIDENCE_TDX_TCB_H

#include "evidence/intel/tcb.h"
#include "evidence/tdx/report.h"

/**
 * As avow_intel_tcb_find; never fails for what the platform is.
 * @param out level NULL: no level fits, or the module of the relaunch rule is
 * not known; avow_tdx_judge_platform tells which.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena).
 */
enum avow_err avow_tdx_tcb_find(const struct avow_intel_selection *sel,
	const struct avow_pck_extensions *ext, const struct avow_td_report *r,
	uint16_t qe_isv_svn, struct avow_arena *a, struct avow_intel_tcb *out,
	struct avow_tcb_result *result) AVOW_CHECKED;

/** The judging checks' context: what the shared ones look at, and the report. */
struct avow_tdx_judge_in {
	struct avow_intel_judge intel; /* first: shared checks take it */
	const struct avow_td_report *report;
};

/** AVOW_E_TCB_UNKNOWN, AVOW_E_TDX_MODULE_MISMATCH, AVOW_E_TCB_REVOKED.
 *  ctx: struct avow_tdx_judge_in. */
enum avow_err avow_tdx_judge_platform(void *ctx, struct avow_why *why);

#endif
