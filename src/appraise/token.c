/*
 * The token of a verified appraisal. It takes the appraisal and not a set of
 * claims, so that no caller can sign what was not verified.
 */
#include "appraise/appraise.h"

#include "base/limits.h"

enum avow_err
avow_attest_token(const struct avow_appraisal *ap, const struct avow_attest_token *t,
	struct avow_arena *a, struct avow_buf *out, struct avow_why *why)
{
	struct avow_token_spec spec = {
		.now_s = t->now_s,
		.claims = &ap->claims,
		.issued = ap->has_outcome ? &ap->outcome.issued : NULL,
		.policy_hash = t->policy_hash,
		.policy_signer = t->policy_signer,
		.is_draft = t->is_draft,
	};

	struct avow_buf token;
	enum avow_err e;

	if (ap->verdict != AVOW_APPRAISED_VERIFIED || !ap->has_claims)
		return AVOW_E_INTERNAL;
	if (t->is_report && ap->has_outcome) {
		const struct avow_properties *p = &ap->outcome.properties;

		spec.is_report = true;
		spec.omit_x5c = p->omit_x5c;
		spec.life_s = (int64_t)p->report_validity_min * 60;
		spec.back_s = AVOW_TOKEN_REPORT_BACK_S;
	}
	avow_buf_init(&token, AVOW_MAX_TOKEN);
	e = avow_token_make(t->issuer, &spec, a, &token, why);
	if (e == AVOW_OK)
		e = avow_evidence_seal(ap->verified, avow_buf_span(&token), out);
	avow_buf_clear(&token);
	return e;
}
