/*
 * Verifies a TDX quote, and judges it. This file is the list; each check is one
 * function with one code.
 *
 *   verify: header, chain, collateral, TD QE, attestation key, quote, TDX module,
 *           what the TD report's fields may be, bound data
 *           -> struct avow_verified
 *   judge:  QE's TCB level, platform's and module's TCB level, accepted statuses,
 *           debug, migration -> verdict
 *
 * The order is that of the SGX kind: what a TD report says is looked at once it is
 * known to be the quoting enclave's. Debug and migration are judged last, with the
 * TCB status found, so that a refusal tells it.
 */
#include <string.h>

#include "evidence/bound.h"
#include "evidence/checks.h"
#include "evidence/intel/verify.h"
#include "evidence/tdx/layout.h"
#include "evidence/tdx/tcb.h"
#include "evidence/tdx/verified.h"

struct tdx_context {
	struct avow_intel_verify intel; /* first: shared checks take it */
	const struct avow_tdx_quote *q;
	struct avow_tdx_verified *v;
};

/* --- the TD's own checks ----------------------------------------------------------- */

static enum avow_err
check_reserved(void *ctx, struct avow_why *why)
{
	const struct tdx_context *c = ctx;

	return avow_sgx_report_check_reserved(&c->q->qe.report, "qe_report", why);
}

/* Verifier bug 7: the module's identity always counts; with TEE_TCB_SVN[1] of zero
 * it is tdxModule, else the identity of that version. */
static enum avow_err
check_module(void *ctx, struct avow_why *why)
{
	const struct tdx_context *c = ctx;
	const struct avow_td_report *r = &c->q->report;

	return avow_tdx_module_check(c->intel.selection.tcb_info, r->tee_tcb_svn.p,
		r->mr_signer_seam.p, r->seam_attributes.p, why);
}

static enum avow_err
check_attributes(void *ctx, struct avow_why *why)
{
	const struct tdx_context *c = ctx;

	return avow_td_report_check_attributes(&c->q->report, why);
}

static enum avow_err
check_xfam(void *ctx, struct avow_why *why)
{
	const struct tdx_context *c = ctx;

	return avow_td_report_check_xfam(&c->q->report, why);
}

/* SHA-256 in the first 32 bytes of a field, zeros in the rest of it. */
static enum avow_err
check_bound(struct tdx_context *c, const struct avow_bound_data *data,
	const struct avow_bound_rule *rule, struct avow_span field,
	const struct avow_json **tree, struct avow_why *why)
{
	struct avow_span rest = avow_span_from(field, 32);

	AVOW_TRY(avow_bound_check(
		data, rule, avow_span_slice(field, 0, 32), c->intel.arena, tree, why));
	if (avow_span_all_zero(rest))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, rule->mismatch, &rule->at, (struct avow_span){NULL, 0}, rest);
}

static bool
has_runtime_data(const void *ctx)
{
	return ((const struct tdx_context *)ctx)->intel.in->runtime.present;
}

/* Verifier bug 19 */
static enum avow_err
check_runtime_data(void *ctx, struct avow_why *why)
{
	struct tdx_context *c = ctx;

	return check_bound(c, &c->intel.in->runtime, &avow_bound_runtime,
		c->q->report.report_data, &c->v->runtime_tree, why);
}

static bool
has_init_data(const void *ctx)
{
	return ((const struct tdx_context *)ctx)->intel.in->init.present;
}

/* MRCONFIGID is what the host bound at launch. The contract names no field for
 * TDX; this is the one that corresponds to CONFIGID and HOST_DATA. */
static enum avow_err
check_init_data(void *ctx, struct avow_why *why)
{
	struct tdx_context *c = ctx;
	struct avow_bound_rule rule = avow_bound_init;

	rule.at.field = "mr_config_id";
	return check_bound(c, &c->intel.in->init, &rule, c->q->report.mr_config_id,
		&c->v->init_tree, why);
}

static bool
has_log(const void *ctx)
{
	return ((const struct tdx_context *)ctx)->intel.in->event_log.n > 0;
}

static enum avow_err
check_log(void *ctx, struct avow_why *why)
{
	struct tdx_context *c = ctx;

	return avow_tdx_log_check(
		c->intel.in->event_log, &c->q->report, c->intel.arena, &c->v->log, why);
}

/* --- what our settings say ----------------------------------------------------------- */

#define ATTRIBUTES_SOURCE "Intel TDX Module ABI, 348551, ATTRIBUTES"

static enum avow_err
judge_debug(void *ctx, struct avow_why *why)
{
	/* bits 0..7, TUD: a TD with any of them is not to be trusted. Verifier
	 * bug 13: never optional; 14: the same of SNP */
	static const struct avow_at at = {
		"td_debug", "td_attributes", ATTRIBUTES_SOURCE};
	const struct avow_tdx_judge_in *j = ctx;

	if (j->intel.in->allow_debug || (j->report->attributes & TDX_TUD) == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TDX_DEBUG, &at, "bits 0 to 7 zero", "0x%02x",
		(unsigned)(j->report->attributes & TDX_TUD));
}

static enum avow_err
judge_migratable(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"td_migratable", "td_attributes", ATTRIBUTES_SOURCE};
	const struct avow_tdx_judge_in *j = ctx;

	if (j->intel.in->allow_migration || !(j->report->attributes & TDX_MIGRATABLE))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_TDX_MIGRATABLE, &at, "bit 29, MIGRATABLE, zero",
		"a TD that can be migrated");
}

static bool
has_service_td(const void *ctx)
{
	return ((const struct avow_tdx_judge_in *)ctx)->report->is_15;
}

static enum avow_err
judge_service_td(void *ctx, struct avow_why *why)
{
	/* Verifier bug 13: a bound service TD can hold the TD's keys */
	static const struct avow_at at = {"td_service_td", "mr_service_td",
		"Intel TDX Module ABI, 348551, SERVTD_HASH"};
	const struct avow_tdx_judge_in *j = ctx;

	if (j->intel.in->allow_migration ||
		avow_span_all_zero(j->report->mr_service_td))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_TDX_SERVICE_TD, &at,
		(struct avow_span){NULL, 0}, j->report->mr_service_td);
}

/* --- the list ----------------------------------------------------------------------- */

static const struct avow_check_def verify_list[] = {
	{"quote_vendor", avow_intel_check_vendor, NULL, false},
	{"quote_reserved", check_reserved, NULL, false},
	AVOW_INTEL_CHECKS,
	{"tdx_module", check_module, NULL, true},
	{"td_attributes", check_attributes, NULL, false},
	{"td_xfam", check_xfam, NULL, false},
	{"runtime_data", check_runtime_data, has_runtime_data, false},
	{"init_time_data", check_init_data, has_init_data, false},
	{"event_log", check_log, has_log, false},
};

static const struct avow_check_def judge_list[] = {
	{"qe_tcb", avow_intel_judge_qe, NULL, false},
	{"platform_tcb", avow_tdx_judge_platform, NULL, false},
	{"tcb_accepted", avow_intel_judge_accepted, NULL, false},
	{"td_debug", judge_debug, NULL, false},
	{"td_migratable", judge_migratable, NULL, false},
	{"td_service_td", judge_service_td, has_service_td, false},
};

#define N_VERIFY (sizeof(verify_list) / sizeof(verify_list[0]))
#define N_JUDGE (sizeof(judge_list) / sizeof(judge_list[0]))

/* --- running it ---------------------------------------------------------------------- */

static void
begin(struct tdx_context *c, const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a)
{
	const struct avow_tdx_quote *q = ev->body;
	const struct avow_intel_quote quote = {.qe_vendor_id = q->qe_vendor_id,
		.qe = &q->qe,
		.attestation_key = q->attestation_key,
		.signature = q->signature,
		.signed_part = q->signed_part};

	memset(c, 0, sizeof(*c));
	c->q = q;
	avow_intel_verify_init(&c->intel, in, a, AVOW_TEE_TDX, &quote);
}

/* Every check has passed: copy what claims and judge will need out of the context,
 * and find the TCB status. */
static enum avow_err
finish(struct tdx_context *c, struct avow_findings *f)
{
	struct avow_tdx_verified *v = c->v;

	v->selection = c->intel.selection;
	v->ext = c->intel.pck.pck->ext;
	AVOW_TRY(avow_tdx_tcb_find(&v->selection, &v->ext, &c->q->report,
		c->q->qe.report.isv_svn, c->intel.arena, &v->tcb, &f->tcb));
	v->tcb_result = f->tcb;
	return AVOW_OK;
}

enum avow_err
avow_tdx_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	struct avow_verified *verified = avow_arena_alloc(a, sizeof(*verified));
	struct tdx_context c;
	size_t at = avow_checks_declare(f, verify_list, N_VERIFY);
	enum avow_err e;

	*out = NULL;
	begin(&c, ev, in, a);
	c.intel.wanted = &f->wanted;
	c.v = avow_arena_alloc(a, sizeof(*c.v));
	if (!verified || !c.v)
		return avow_arena_err(a);
	verified->ev = ev;
	verified->body = c.v;
	verified->judge_at = avow_checks_declare(f, judge_list, N_JUDGE);
	e = avow_checks_run(f, at, verify_list, N_VERIFY, &c, why);
	if (e == AVOW_OK)
		e = finish(&c, f);
	avow_intel_verify_clear(&c.intel);
	if (e == AVOW_OK)
		*out = verified;
	return e;
}

enum avow_err
avow_tdx_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why)
{
	const struct avow_tdx_quote *q = v->ev->body;
	const struct avow_tdx_verified *t = v->body;
	struct avow_tdx_judge_in j = {.intel = {.in = in,
					      .tcb = &t->tcb,
					      .selection = &t->selection,
					      .ext = &t->ext,
					      .qe_isv_svn = q->qe.report.isv_svn},
		.report = &q->report};

	return avow_checks_run(f, v->judge_at, judge_list, N_JUDGE, &j, why);
}
