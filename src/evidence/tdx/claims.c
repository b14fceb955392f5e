/*
 * Claims of a verified TDX quote (MAA claim sets, "TDX claims"; the EAT profile
 * https://aka.ms/maa-eat-profile-tdxvm), and Avow's own about its TCB. Bytes are
 * told in the order in which the quote has them. x-ms-compliance-status says that
 * the platform is the operator's; a quote alone does not tell that, so it is not
 * here.
 */
#include "evidence/intel/claims.h"
#include "evidence/tdx/layout.h"
#include "evidence/tdx/verified.h"

static void
add_measurements(struct avow_claims *set, const struct avow_td_report *r)
{
	const struct {
		enum avow_claim_id id;
		struct avow_span bytes;
	} fields[] = {{AVOW_CLAIM_TDX_MRCONFIGID, r->mr_config_id},
		{AVOW_CLAIM_TDX_MROWNER, r->mr_owner},
		{AVOW_CLAIM_TDX_MROWNERCONFIG, r->mr_owner_config},
		{AVOW_CLAIM_TDX_MRSEAM, r->mr_seam},
		{AVOW_CLAIM_TDX_MRSIGNERSEAM, r->mr_signer_seam},
		{AVOW_CLAIM_TDX_MRTD, r->mr_td}, {AVOW_CLAIM_TDX_RTMR0, r->rtmr[0]},
		{AVOW_CLAIM_TDX_RTMR1, r->rtmr[1]}, {AVOW_CLAIM_TDX_RTMR2, r->rtmr[2]},
		{AVOW_CLAIM_TDX_RTMR3, r->rtmr[3]},
		{AVOW_CLAIM_TDX_REPORT_DATA, r->report_data},
		{AVOW_CLAIM_TDX_SEAM_ATTRIBUTES, r->seam_attributes},
		{AVOW_CLAIM_TDX_TD_ATTRIBUTES, r->td_attributes},
		{AVOW_CLAIM_TDX_TEE_TCB_SVN, r->tee_tcb_svn},
		{AVOW_CLAIM_TDX_XFAM, r->xfam}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		avow_claims_add_hex(set, fields[i].id, fields[i].bytes);
	/* the module's minor SVN, as in the recorded token */
	avow_claims_add_int(set, AVOW_CLAIM_TDX_SEAMSVN, r->tee_tcb_svn.p[0]);
}

static void
add_attributes(struct avow_claims *set, const struct avow_td_report *r)
{
	const struct {
		enum avow_claim_id id;
		uint64_t bit;
	} bits[] = {{AVOW_CLAIM_TDX_TD_ATTRIBUTES_DEBUG, TDX_DEBUG},
		{AVOW_CLAIM_TDX_TD_ATTRIBUTES_KEY_LOCKER, TDX_KL},
		{AVOW_CLAIM_TDX_TD_ATTRIBUTES_PERFMON, TDX_PERFMON},
		{AVOW_CLAIM_TDX_TD_ATTRIBUTES_PROTECTION_KEYS, TDX_PKS},
		{AVOW_CLAIM_TDX_TD_ATTRIBUTES_SEPTVE_DISABLE, TDX_SEPT_VE_DISABLE}};

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		avow_claims_add_bool(
			set, bits[i].id, (r->attributes & bits[i].bit) != 0);
}

/* Any bit of the TUD group makes the TD open to its host, not DEBUG alone. */
static void
add_eat_profile(struct avow_claims *set, const struct avow_td_report *r,
	const struct avow_tcb_result *t)
{
	avow_claims_add_string(set, AVOW_CLAIM_TDX_EAT_PROFILE,
		AVOW_LIT("https://aka.ms/maa-eat-profile-tdxvm"));
	avow_claims_add_string(set, AVOW_CLAIM_TDX_INTUSE, AVOW_LIT("generic"));
	avow_claims_add_string(set, AVOW_CLAIM_TDX_DBGSTAT,
		r->attributes & TDX_TUD ? AVOW_LIT("enabled") : AVOW_LIT("disabled"));
	avow_claims_add_string(
		set, AVOW_CLAIM_TDX_ATTESTER_TCB_STATUS, avow_span_str(t->status));
}

/* Which RTMRs the log explains, and for policies the events themselves. */
static void
add_log(struct avow_claims *set, const struct avow_tdx_log *log)
{
	struct avow_buf b;
	struct avow_jw w;

	if (!log->present)
		return;
	avow_buf_init_arena(&b, set->arena, 64);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	for (unsigned i = 0; i < TDX_RTMRS; i++)
		if (log->covers[i])
			avow_jw_int(&w, i);
	avow_jw_close(&w);
	if (b.err != AVOW_OK && set->err == AVOW_OK)
		set->err = b.err;
	avow_claims_add_json(set, AVOW_CLAIM_AVOW_EVENTLOG_RTMRS, avow_buf_span(&b));
	avow_claims_add_json(set, AVOW_CLAIM_AVOW_EVENTLOG_EVENTS, log->events);
}

enum avow_err
avow_tdx_claims(const struct avow_verified *v, struct avow_claims *set)
{
	const struct avow_tdx_quote *q = v->ev->body;
	const struct avow_tdx_verified *t = v->body;

	avow_claims_add_string(set, AVOW_CLAIM_ATTESTATION_TYPE,
		avow_span_str(v->ev->kind->attestation_type));
	add_eat_profile(set, &q->report, &t->tcb_result);
	add_measurements(set, &q->report);
	add_attributes(set, &q->report);
	if (t->runtime_tree)
		avow_intel_add_tree(set, AVOW_CLAIM_RUNTIME, t->runtime_tree);
	if (t->init_tree)
		avow_intel_add_tree(set, AVOW_CLAIM_INITTIME, t->init_tree);
	add_log(set, &t->log);
	avow_intel_add_avow(set, &t->tcb_result, &t->selection, &t->ext);
	return set->err;
}
