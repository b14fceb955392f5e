/*
 * Puts trust/tcb.h's pure rules together for a TDX platform: TEE_TCB_SVN is what
 * launched the TD and decides everything; TEE_TCB_SVN2, what is loaded now, only
 * whether a relaunch would help (Intel QVL, TcbLevelCheck.cpp, TdxModuleCheck.cpp,
 * TDRelaunchCheck.cpp).
 */
#include "evidence/tdx/tcb.h"

#include <string.h>

/* Everything before the QE's status. *m is zero when no level fits. */
static enum avow_err
platform_status(const struct avow_tcb_info *info, const struct avow_pck_extensions *ext,
	const struct avow_td_report *r, enum avow_tcb_status qe,
	struct avow_tdx_match *m, enum avow_tcb_status *status, struct avow_why *why)
{
	AVOW_TRY(avow_tcb_match_tdx(
		info, ext->components, ext->pcesvn, r->tee_tcb_svn.p, m, why));
	*status = m->status;
	if (!r->is_15)
		return AVOW_OK;
	return avow_tcb_relaunch(info, m, qe, r->tee_tcb_svn2.p, status, why);
}

static enum avow_err
merge_advisories(const struct avow_tdx_match *m, const struct avow_isv_level *qe,
	struct avow_arena *a, struct avow_tcb_result *result)
{
	const struct avow_advisories *from[3];
	size_t n = 0;

	if (m->level)
		from[n++] = &m->level->advisories;
	if (m->module_level)
		from[n++] = &m->module_level->advisories;
	if (qe)
		from[n++] = &qe->advisories;
	return avow_intel_merge_advisories(from, n, a, result);
}

/* A QE without a level ends in NotSupported anyway; till then it is no reason to
 * advise a relaunch. */
static enum avow_tcb_status
qe_status(const struct avow_isv_level *level)
{
	return level ? level->status : AVOW_TCB_REVOKED;
}

enum avow_err
avow_tdx_tcb_find(const struct avow_intel_selection *sel,
	const struct avow_pck_extensions *ext, const struct avow_td_report *r,
	uint16_t qe_isv_svn, struct avow_arena *a, struct avow_intel_tcb *out,
	struct avow_tcb_result *result)
{
	struct avow_tdx_match m = {0};
	enum avow_tcb_status status = AVOW_TCB_REVOKED;

	memset(out, 0, sizeof(*out));
	memset(result, 0, sizeof(*result));
	if (avow_qe_level(sel->qe_identity, qe_isv_svn, &out->qe_level, NULL) !=
		AVOW_OK)
		out->qe_level = NULL;
	if (platform_status(sel->tcb_info, ext, r, qe_status(out->qe_level), &m,
		    &status, NULL) == AVOW_OK)
		out->level = m.level;
	result->status = "NotSupported";
	out->status = AVOW_TCB_REVOKED; /* deny, whoever forgets to look */
	if (out->level && out->qe_level) {
		out->status = avow_tcb_converge(status, out->qe_level->status);
		result->status = avow_tcb_status_name(out->status);
	}
	result->evaluation_number = avow_intel_evaluation_number(sel);
	result->date_s = out->level ? out->level->tcb_date_s : 0;
	AVOW_TRY(merge_advisories(&m, out->qe_level, a, result));
	result->known = true;
	return AVOW_OK;
}

enum avow_err
avow_tdx_judge_platform(void *ctx, struct avow_why *why)
{
	const struct avow_tdx_judge_in *j = ctx;
	const struct avow_intel_tcb *tcb = j->intel.tcb;
	struct avow_tdx_match m = {0};
	enum avow_tcb_status status;
	enum avow_err e;

	if (tcb->level)
		return avow_intel_judge_revoked(ctx, why);
	/* the same again, for its reason */
	e = platform_status(j->intel.selection->tcb_info, j->intel.ext, j->report,
		qe_status(tcb->qe_level), &m, &status, why);
	return e != AVOW_OK ? e : AVOW_E_INTERNAL;
}
