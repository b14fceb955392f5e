/*
 * The TCB status of a platform whose quote has verified: matched levels, merged
 * with the quoting enclave's, and the verdict on them. Finding a status never
 * fails, because claims tell it whatever it is; judging it does.
 */
#ifndef AVOW_EVIDENCE_INTEL_TCB_H
#define AVOW_EVIDENCE_INTEL_TCB_H

#include "base/arena.h"
#include "base/err.h"
#include "base/why.h"
#include "evidence/evidence.h"
#include "evidence/intel/pck_ext.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

struct avow_intel_tcb {
	const struct avow_tcb_level *level; /* NULL: none fits */
	const struct avow_isv_level *qe_level; /* NULL: none fits */
	enum avow_tcb_status status; /* merged; only when both are there */
};

/**
 * Match the platform's level and the QE's, and merge them.
 * @param result filled for the findings: status "NotSupported" (as QVL calls it)
 * when a level is missing; advisories are the union of both levels.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE (the arena).
 */
enum avow_err avow_intel_tcb_find(const struct avow_intel_selection *sel,
	const struct avow_pck_extensions *ext, uint16_t qe_isv_svn,
	struct avow_arena *a, struct avow_intel_tcb *out,
	struct avow_tcb_result *result) AVOW_CHECKED;

/** Every advisory of the lists once, in order; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE. */
enum avow_err avow_intel_merge_advisories(const struct avow_advisories *const *from,
	size_t n, struct avow_arena *a, struct avow_tcb_result *result) AVOW_CHECKED;
/** The lower of the numbers of TCB info and QE identity. */
uint32_t avow_intel_evaluation_number(const struct avow_intel_selection *sel);

/** What the judging checks look at. */
struct avow_intel_judge {
	const struct avow_verify_in *in;
	const struct avow_intel_tcb *tcb;
	const struct avow_intel_selection *selection;
	const struct avow_pck_extensions *ext;
	uint16_t qe_isv_svn;
};

/** AVOW_E_QE_TCB_UNKNOWN, AVOW_E_QE_REVOKED. ctx: struct avow_intel_judge. */
enum avow_err avow_intel_judge_qe(void *ctx, struct avow_why *why);
/** AVOW_E_TCB_UNKNOWN, AVOW_E_TCB_REVOKED. */
enum avow_err avow_intel_judge_platform(void *ctx, struct avow_why *why);
/** The second half of it, where there is a level: AVOW_E_TCB_REVOKED. */
enum avow_err avow_intel_judge_revoked(void *ctx, struct avow_why *why);
/** AVOW_E_TCB_NOT_ACCEPTED: the merged status against accept_tcb. */
enum avow_err avow_intel_judge_accepted(void *ctx, struct avow_why *why);

#endif
