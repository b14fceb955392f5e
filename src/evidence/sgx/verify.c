/*
 * Verifies an SGX quote, and judges it. This file is the list; each check is
 * one function with one code.
 *
 *   verify: header, chain, collateral, QE, attestation key, quote, bound data
 *           -> struct avow_verified
 *   judge:  QE's TCB level, platform's TCB level, accepted statuses -> verdict
 *
 * The order is Intel's (QVL: PckCertVerifier, then QuoteVerifier). TCB status is
 * found at the end of verify and judged in judge, so that a Revoked level can
 * never end the appraisal before the signatures are looked at, and claims can
 * tell the status of evidence that is genuine and refused.
 */
#include <string.h>

#include "crypto/digest.h"
#include "evidence/bound.h"
#include "evidence/checks.h"
#include "evidence/intel/tcb.h"
#include "evidence/intel/verify.h"
#include "evidence/sgx/layout.h"
#include "evidence/sgx/verified.h"

struct sgx_context {
	struct avow_intel_verify intel; /* first: shared checks take it */
	const struct avow_sgx_quote *q;
	struct avow_sgx_verified *v;
};

/* --- the enclave's own checks ------------------------------------------------------ */

static enum avow_err
check_reserved(void *ctx, struct avow_why *why)
{
	const struct sgx_context *c = ctx;

	AVOW_TRY(avow_sgx_report_check_reserved(&c->q->report, "report_body", why));
	return avow_sgx_report_check_reserved(&c->q->qe.report, "qe_report", why);
}

static bool
has_custom_claims(const void *ctx)
{
	return ((const struct sgx_context *)ctx)->q->has_custom_claims;
}

static enum avow_err
check_custom_claims(void *ctx, struct avow_why *why)
{
	/* Open Enclave, attestation/sgx/evidence.h: OE_FORMAT_UUID_SGX_ECDSA */
	static const struct avow_at at = {
		"custom_claims", "report_data", "Open Enclave, sgx/evidence.h"};
	const struct sgx_context *c = ctx;
	struct avow_span hash = avow_span_slice(c->q->report.report_data, 0, 32);
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_span got;

	AVOW_TRY(avow_sha256(c->q->custom_claims, digest));
	got = avow_span_make(digest, sizeof(digest));
	if (avow_span_eq(got, hash))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_OE_CUSTOM_CLAIMS, &at, hash, got);
}

static bool
has_runtime_data(const void *ctx)
{
	return ((const struct sgx_context *)ctx)->intel.in->runtime.present;
}

/* The contract binds the first 32 bytes of REPORTDATA and leaves the others to
 * the enclave; they are told in the report-data claim. */
static enum avow_err
check_runtime_data(void *ctx, struct avow_why *why)
{
	struct sgx_context *c = ctx;

	return avow_bound_check(&c->intel.in->runtime, &avow_bound_runtime,
		avow_span_slice(c->q->report.report_data, 0, 32), c->intel.arena,
		&c->v->runtime_tree, why);
}

static bool
has_init_data(const void *ctx)
{
	return ((const struct sgx_context *)ctx)->intel.in->init.present;
}

static enum avow_err
check_init_data(void *ctx, struct avow_why *why)
{
	/* Intel SDM vol. 3D, 38.7.1: CONFIGID is there with ATTRIBUTES.KSS only */
	static const struct avow_at at = {
		"init_time_data", "attributes.flags", "Intel SDM vol. 3D, 38.7.1"};
	struct sgx_context *c = ctx;

	if (!(c->q->report.flags & AVOW_SGX_FLAG_KSS))
		return avow_refuse(why, AVOW_E_INIT_DATA_UNSUPPORTED, &at,
			"an enclave with KSS", "an enclave without KSS");
	return avow_bound_check(&c->intel.in->init, &avow_bound_init,
		avow_span_slice(c->q->report.config_id, 0, 32), c->intel.arena,
		&c->v->init_tree, why);
}

/* --- the list ----------------------------------------------------------------------- */

static const struct avow_check_def verify_list[] = {
	{"quote_vendor", avow_intel_check_vendor, NULL, false},
	{"quote_reserved", check_reserved, NULL, false},
	AVOW_INTEL_CHECKS,
	{"custom_claims", check_custom_claims, has_custom_claims, false},
	{"runtime_data", check_runtime_data, has_runtime_data, false},
	{"init_time_data", check_init_data, has_init_data, false},
};

static const struct avow_check_def judge_list[] = {
	{"qe_tcb", avow_intel_judge_qe, NULL, false},
	{"platform_tcb", avow_intel_judge_platform, NULL, false},
	{"tcb_accepted", avow_intel_judge_accepted, NULL, false},
};

#define N_VERIFY (sizeof(verify_list) / sizeof(verify_list[0]))
#define N_JUDGE (sizeof(judge_list) / sizeof(judge_list[0]))

/* --- running it ---------------------------------------------------------------------- */

static void
begin(struct sgx_context *c, const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a)
{
	const struct avow_sgx_quote *q = ev->body;
	const struct avow_intel_quote quote = {.qe_vendor_id = q->qe_vendor_id,
		.qe = &q->qe,
		.attestation_key = q->attestation_key,
		.signature = q->signature,
		.signed_part = q->signed_part};

	memset(c, 0, sizeof(*c));
	c->q = q;
	avow_intel_verify_init(&c->intel, in, a, AVOW_TEE_SGX, &quote);
}

/* Every check has passed: copy what claims and judge will need out of the context,
 * and find the TCB status. */
static enum avow_err
finish(struct sgx_context *c, struct avow_findings *f)
{
	struct avow_sgx_verified *v = c->v;

	v->selection = c->intel.selection;
	v->ext = c->intel.pck.pck->ext;
	v->runtime = c->intel.in->runtime;
	v->init = c->intel.in->init;
	AVOW_TRY(avow_intel_tcb_find(&v->selection, &v->ext, c->q->qe.report.isv_svn,
		c->intel.arena, &v->tcb, &f->tcb));
	v->tcb_result = f->tcb;
	return AVOW_OK;
}

enum avow_err
avow_sgx_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	struct avow_verified *verified = avow_arena_alloc(a, sizeof(*verified));
	struct sgx_context c;
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
avow_sgx_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why)
{
	const struct avow_sgx_quote *q = v->ev->body;
	const struct avow_sgx_verified *s = v->body;
	struct avow_intel_judge j = {.in = in,
		.tcb = &s->tcb,
		.selection = &s->selection,
		.ext = &s->ext,
		.qe_isv_svn = q->qe.report.isv_svn};

	return avow_checks_run(f, v->judge_at, judge_list, N_JUDGE, &j, why);
}
