/*
 * Turns a verified platform's numbers into Intel's status words and judges
 * those. Matching and merging are trust/tcb.h's; which statuses are good enough
 * is the operator's setting, where Revoked can never be (Intel PCS API v4, "Get
 * TCB Info", tcbStatus).
 */
#include "evidence/intel/tcb.h"

#include <string.h>

/* --- finding -------------------------------------------------------------------- */

static size_t
add_ids(struct avow_span *v, size_t n, const struct avow_advisories *from)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t k = 0;

		while (k < n && !avow_span_eq(v[k], from->ids[i]))
			k++;
		if (k == n)
			v[n++] = from->ids[i];
	}
	return n;
}

enum avow_err
avow_intel_merge_advisories(const struct avow_advisories *const *from, size_t n,
	struct avow_arena *a, struct avow_tcb_result *result)
{
	struct avow_span *v;
	size_t most = 0;

	for (size_t i = 0; i < n; i++)
		most += from[i]->n;
	if (most == 0)
		return AVOW_OK;
	v = avow_arena_array(a, most, sizeof(*v));
	if (!v)
		return avow_arena_err(a);
	for (size_t i = 0; i < n; i++)
		result->n_advisories = add_ids(v, result->n_advisories, from[i]);
	result->advisories = v;
	return AVOW_OK;
}

/* Level first, then QE. */
static enum avow_err
merge_advisories(const struct avow_intel_tcb *tcb, struct avow_arena *a,
	struct avow_tcb_result *result)
{
	const struct avow_advisories *from[2];
	size_t n = 0;

	if (tcb->level)
		from[n++] = &tcb->level->advisories;
	if (tcb->qe_level)
		from[n++] = &tcb->qe_level->advisories;
	return avow_intel_merge_advisories(from, n, a, result);
}

uint32_t
avow_intel_evaluation_number(const struct avow_intel_selection *sel)
{
	uint32_t a = sel->tcb_info->evaluation_number;
	uint32_t b = sel->qe_identity->evaluation_number;

	return a < b ? a : b;
}

enum avow_err
avow_intel_tcb_find(const struct avow_intel_selection *sel,
	const struct avow_pck_extensions *ext, uint16_t qe_isv_svn,
	struct avow_arena *a, struct avow_intel_tcb *out,
	struct avow_tcb_result *result)
{
	memset(out, 0, sizeof(*out));
	memset(result, 0, sizeof(*result));
	if (avow_tcb_match_sgx(sel->tcb_info, ext->components, ext->pcesvn, &out->level,
		    NULL) != AVOW_OK)
		out->level = NULL;
	if (avow_qe_level(sel->qe_identity, qe_isv_svn, &out->qe_level, NULL) !=
		AVOW_OK)
		out->qe_level = NULL;
	result->status = "NotSupported";
	out->status = AVOW_TCB_REVOKED; /* deny, whoever forgets to look */
	if (out->level && out->qe_level) {
		out->status =
			avow_tcb_converge(out->level->status, out->qe_level->status);
		result->status = avow_tcb_status_name(out->status);
	}
	result->evaluation_number = avow_intel_evaluation_number(sel);
	result->date_s = out->level ? out->level->tcb_date_s : 0;
	AVOW_TRY(merge_advisories(out, a, result));
	result->known = true;
	return AVOW_OK;
}

/* --- judging --------------------------------------------------------------------- */

enum avow_err
avow_intel_judge_qe(void *ctx, struct avow_why *why)
{
	/* Intel QVL, EnclaveReportVerifier.cpp: SGX_ENCLAVE_REPORT_ISVSVN_* */
	static const struct avow_at at = {
		"qe_tcb", "qe_report.isv_svn", "Intel QVL, EnclaveReportVerifier.cpp"};
	const struct avow_intel_judge *j = ctx;
	const struct avow_isv_level *level;

	if (!j->tcb->qe_level)
		return avow_qe_level(
			j->selection->qe_identity, j->qe_isv_svn, &level, why);
	if (j->tcb->qe_level->status != AVOW_TCB_REVOKED)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_QE_REVOKED, &at, "a level that is not revoked",
		"%u, Revoked", (unsigned)j->qe_isv_svn);
}

enum avow_err
avow_intel_judge_platform(void *ctx, struct avow_why *why)
{
	/* Intel QVL, TcbLevelCheck.cpp: TCB_NOT_SUPPORTED */
	const struct avow_intel_judge *j = ctx;
	const struct avow_tcb_level *level;

	if (!j->tcb->level)
		return avow_tcb_match_sgx(j->selection->tcb_info, j->ext->components,
			j->ext->pcesvn, &level, why);
	return avow_intel_judge_revoked(ctx, why);
}

enum avow_err
avow_intel_judge_revoked(void *ctx, struct avow_why *why)
{
	/* Intel QVL, TcbLevelCheck.cpp: TCB_REVOKED */
	static const struct avow_at at = {
		"platform_tcb", "tcb_status", "Intel QVL, TcbLevelCheck.cpp"};
	const struct avow_intel_judge *j = ctx;

	if (j->tcb->level->status != AVOW_TCB_REVOKED &&
		j->tcb->status != AVOW_TCB_REVOKED)
		return AVOW_OK;
	return avow_refuse(
		why, AVOW_E_TCB_REVOKED, &at, "a level that is not revoked", "Revoked");
}

enum avow_err
avow_intel_judge_accepted(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"tcb_accepted", "tcb_status", "Avow, accepted TCB statuses"};
	const struct avow_intel_judge *j = ctx;
	unsigned accepted = j->in->accept_tcb & ~(1u << AVOW_TCB_REVOKED);

	if (accepted & 1u << j->tcb->status)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TCB_NOT_ACCEPTED, &at, "an accepted status",
		"%s", avow_tcb_status_name(j->tcb->status));
}
