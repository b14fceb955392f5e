/*
 * What avow appraise prints: one JSON object of the verdict, the claims, the TCB, each
 * check by name, the reason of a refusal and, where asked for, the policy's course.
 * It judges nothing; appraise.c does.
 */
#include "cli/appraise_print.h"

#include "base/clock.h"
#include "cli/cli.h"
#include "trust/tcb.h"
#include "wire/json_member.h"

/* A TPM's claims are made for a policy to choose from, and no token holds them by
 * itself; here they are all shown, but for those that the policy has issued. */
static bool
put_tpm_claims(
	const struct avow_token_spec *spec, struct avow_arena *a, struct avow_buf *b)
{
	struct avow_claims all;

	avow_claims_init(&all, a);
	for (size_t i = 0; i < spec->claims->n; i++) {
		struct avow_claim c = spec->claims->v[i];

		if (spec->issued && avow_claims_find_name(spec->issued, c.name))
			continue;
		c.for_token = true;
		avow_claims_add_known(&all, &c);
	}
	return avow_claims_put_json(b, &all, spec->issued) == AVOW_OK;
}

static void
put_claims(struct avow_jw *w, const struct avow_appraise_in *in,
	const struct avow_appraisal *ap, struct avow_arena *a)
{
	const struct avow_token_spec spec = {
		.claims = &ap->claims,
		.issued = ap->verdict == AVOW_APPRAISED_VERIFIED && ap->has_outcome
				  ? &ap->outcome.issued
				  : NULL,
	};
	struct avow_buf b;
	bool done = false;

	avow_buf_init(&b, AVOW_APPRAISE_OUTPUT_MAX);
	if (ap->has_claims && in->kind->bit == AVOW_KIND_TPM)
		done = put_tpm_claims(&spec, a, &b);
	else if (ap->has_claims)
		done = avow_token_put_claims(&spec, a, &b, NULL) == AVOW_OK;
	if (done)
		avow_jw_raw(w, avow_buf_span(&b));
	else
		avow_jw_null(w);
	avow_buf_clear(&b);
}

static void
put_tcb(struct avow_jw *w, const struct avow_tcb_result *tcb)
{
	char date[AVOW_TIME_TEXT];

	if (!tcb->known) {
		avow_jw_null(w);
		return;
	}
	avow_time_format(tcb->date_s, date);
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "status", tcb->status);
	avow_jw_name(w, "advisories");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < tcb->n_advisories; i++)
		avow_jw_string(w, tcb->advisories[i]);
	avow_jw_close(w);
	avow_jw_put_int(w, "evaluation_number", tcb->evaluation_number);
	avow_jw_put_str(w, "date", date);
	avow_jw_close(w);
}

static void
put_check(struct avow_jw *w, const char *name, enum avow_check_result result)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "name", name);
	avow_jw_put_str(w, "result", avow_check_result_name(result));
	avow_jw_close(w);
}

/* The policy is the last check; the evidence's own come before it. */
static enum avow_check_result
policy_result(const struct avow_appraise_in *in, const struct avow_appraisal *ap)
{
	if (!in->policy)
		return AVOW_CHECK_NOT_APPLICABLE;
	if (!ap->has_outcome)
		return AVOW_CHECK_NOT_REACHED;
	return ap->verdict == AVOW_APPRAISED_VERIFIED ? AVOW_CHECK_PASSED
						      : AVOW_CHECK_FAILED;
}

static void
put_checks(struct avow_jw *w, const struct avow_appraise_in *in,
	const struct avow_appraisal *ap)
{
	const struct avow_findings *f = &ap->findings;

	avow_jw_open(w, '[');
	for (size_t i = 0; i < f->n_checks; i++)
		put_check(w, f->checks[i].name, f->checks[i].result);
	put_check(w, "policy", policy_result(in, ap));
	avow_jw_close(w);
}

static void
put_policy(struct avow_jw *w, const struct avow_appraise_in *in,
	const struct avow_appraisal *ap)
{
	if (ap->has_outcome && ap->outcome.code != AVOW_OK) {
		avow_jw_name(w, "policy");
		avow_policy_explain(&ap->outcome, w);
	}
	if (in->trace) {
		avow_jw_name(w, "trace");
		avow_policy_put_trace(in->trace, w);
	}
}

void
avow_appraise_put(struct avow_buf *b, const struct avow_appraise_in *in,
	const struct avow_appraisal *ap, struct avow_arena *a)
{
	char at[AVOW_TIME_TEXT];
	struct avow_jw w;

	avow_time_format(in->at_s, at);
	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "verdict", avow_appraised_name(ap->verdict));
	avow_jw_put_str(&w, "kind", in->kind->name);
	avow_jw_put_str(&w, "appraised_at", at);
	avow_jw_name(&w, "claims");
	put_claims(&w, in, ap, a);
	avow_jw_name(&w, "tcb");
	put_tcb(&w, &ap->findings.tcb);
	avow_jw_name(&w, "checks");
	put_checks(&w, in, ap);
	avow_jw_name(&w, "error");
	avow_cli_put_why(&w, &ap->why);
	put_policy(&w, in, ap);
	avow_jw_close(&w);
}
