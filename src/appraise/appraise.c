/*
 * A newcomer starts here: the stages of an appraisal, in order. Each gives its
 * own reason; this file only holds the verdict. configurationrules run before
 * verification, because they choose the TCB baseline; authorizationrules and
 * issuancerules run after it, over claims that verified evidence alone can give.
 */
#include "appraise/appraise.h"

#include "base/limits.h"

/* A draft policy comes from anybody who can send evidence. */
#define DRAFT_STEPS (AVOW_MAX_POLICY_STEPS / 10)

const char *
avow_appraised_name(enum avow_appraised v)
{
	switch (v) {
	case AVOW_APPRAISED_VERIFIED: return "verified";
	case AVOW_APPRAISED_UNDECIDED: return "undecided";
	case AVOW_APPRAISED_REFUSED: break;
	}
	return "refused";
}

enum avow_appraised
avow_appraised_of(enum avow_err e)
{
	switch (avow_err_class(e)) {
	case AVOW_CLASS_OK: return AVOW_APPRAISED_VERIFIED;
	case AVOW_CLASS_COLLATERAL:
	case AVOW_CLASS_STORE:
	case AVOW_CLASS_CRYPTO:
	case AVOW_CLASS_INTERNAL: return AVOW_APPRAISED_UNDECIDED;
	case AVOW_CLASS_INPUT:
	case AVOW_CLASS_EVIDENCE:
	case AVOW_CLASS_POLICY:
	case AVOW_CLASS_AUTH:
	case AVOW_CLASS_LIMIT: break;
	}
	return AVOW_APPRAISED_REFUSED;
}

static struct avow_policy_options
policy_options(const struct avow_appraise_in *in)
{
	return (struct avow_policy_options){
		.trace = in->trace,
		.max_steps = in->is_draft ? DRAFT_STEPS : 0,
	};
}

static enum avow_err
configure(const struct avow_appraise_in *in, struct avow_arena *a,
	struct avow_properties *properties, struct avow_why *why)
{
	struct avow_policy_options o = policy_options(in);

	avow_properties_init(properties, a);
	if (!in->policy)
		return AVOW_OK;
	return avow_policy_configure(in->policy, &o, a, properties, why);
}

/* A policy that says nothing about it has the contract's default; without a policy
 * nothing is required. */
static bool
sets_mask(const struct avow_properties *p)
{
	return avow_claims_find(&p->set, AVOW_CLAIM_REQUIRED_PCR_MASK) != NULL;
}

static enum avow_err
verify(const struct avow_appraise_in *in, const struct avow_evidence *ev,
	const struct avow_properties *properties, struct avow_arena *a,
	struct avow_appraisal *out)
{
	const struct avow_verify_in vin = {
		.at_s = in->at_s,
		.anchors = in->anchors,
		.collateral = in->collateral,
		.accept_tcb = in->accept_tcb,
		.grace_s = in->grace_s,
		.early = in->early,
		.baseline = properties->tcb_evaluation ? properties->tcb_evaluation
						       : in->baseline,
		.allow_debug = properties->allow_debug,
		.allow_migration = properties->allow_migration,
		.runtime = in->runtime,
		.init = in->init,
		.event_log = in->event_log,
		.cache = in->cache,
		.certs = in->certs,
		.n_certs = in->n_certs,
		.allow_uncertified_ak = in->allow_uncertified_ak ||
					!properties->require_valid_aik_cert,
		.required_pcr_mask = in->policy ? properties->required_pcr_mask : 0,
		.mask_is_set = sets_mask(properties),
		.tpm = in->tpm,
		.uvm = in->uvm,
		.n_uvm = in->n_uvm,
		.snp_references = in->snp_references,
	};

	return avow_evidence_verify(ev, &vin, a, &out->findings, &out->verified,
		&out->why);
}

/* The service's own claims beside the evidence's. The TCB identifier is echoed
 * also where the policy has none: the recorded tokens of the contract hold it
 * under a 1.0 policy too. */
static void
add_service_claims(const struct avow_appraise_in *in,
	const struct avow_properties *properties, struct avow_claims *set)
{
	if (in->kind->bit & (AVOW_KIND_SGX | AVOW_KIND_OE))
		avow_claims_add_string(set, AVOW_CLAIM_SGX_TCBIDENTIFIER,
			properties->tcb_identifier);
	if (!avow_span_is_empty(in->nonce))
		avow_claims_add_string(set, AVOW_CLAIM_NONCE, in->nonce);
}

static enum avow_err
make_claims(const struct avow_appraise_in *in,
	const struct avow_properties *properties, struct avow_arena *a,
	struct avow_appraisal *out)
{
	avow_claims_init(&out->claims, a);
	AVOW_TRY(avow_evidence_claims(out->verified, &out->claims));
	add_service_claims(in, properties, &out->claims);
	AVOW_TRY(out->claims.err);
	out->has_claims = true;
	return AVOW_OK;
}

static enum avow_err
decide(const struct avow_appraise_in *in, const struct avow_properties *properties,
	struct avow_arena *a, struct avow_appraisal *out)
{
	struct avow_policy_options o = policy_options(in);

	if (!in->policy)
		return AVOW_OK;
	out->has_outcome = true;
	return avow_policy_decide(in->policy, &out->claims, properties, &o, a,
		&out->outcome, &out->why);
}

static enum avow_err
run(const struct avow_appraise_in *in, struct avow_arena *a,
	struct avow_appraisal *out)
{
	const struct avow_evidence *ev;
	struct avow_properties properties;
	enum avow_err verified;

	if (in->parsed)
		ev = in->parsed;
	else
		AVOW_TRY(avow_evidence_parse(
			in->kind, in->evidence, a, &ev, &out->why));
	AVOW_TRY(configure(in, a, &properties, &out->why));
	verified = verify(in, ev, &properties, a, out);
	/* Claims are shown as soon as every signature has held, also where the
	 * TCB status then refused: the reader wants to see what was refused. */
	if (out->verified)
		AVOW_TRY(make_claims(in, &properties, a, out));
	AVOW_TRY(verified);
	AVOW_TRY(avow_platform_check(in->allow_platform, &out->claims, &out->why));
	return decide(in, &properties, a, out);
}

enum avow_err
avow_appraise(const struct avow_appraise_in *in, struct avow_arena *a,
	struct avow_appraisal *out)
{
	enum avow_err e;

	*out = (struct avow_appraisal){.verdict = AVOW_APPRAISED_REFUSED};
	avow_why_init(&out->why);
	e = run(in, a, out);
	/* A stage that could not fill `why` (memory) still has a code. */
	if (e != AVOW_OK && out->why.code == AVOW_OK)
		out->why.code = e;
	if (e != AVOW_OK) {
		out->verdict = avow_appraised_of(e);
		return e;
	}
	avow_why_init(&out->why);
	out->verdict = AVOW_APPRAISED_VERIFIED;
	return AVOW_OK;
}
