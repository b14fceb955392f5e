/*
 * POST /attest/{type}: the body becomes an appraisal, a verified appraisal
 * becomes a token. A draft policy decides in place of the stored one and its
 * token is unsigned; it touches no cache and no state.
 */
#include <string.h>

#include "api/endpoints.h"
#include "api/policy_jwt.h"
#include "api/request.h"
#include "base/clock.h"
#include "base/limits.h"
#include "wire/json.h"

/* The policy that decides: the provider's, or the request's draft. */
struct decider {
	const struct avow_policy *policy;
	struct avow_policy *draft; /* owned */
	char hash[AVOW_POLICY_HASH_TEXT];
	struct avow_span signer;
};

static enum avow_err
compile_draft(const struct avow_attest_body *in, struct avow_arena *a,
	struct decider *d, struct avow_why *why)
{
	struct avow_policy_error perr = {.code = AVOW_OK};
	struct avow_span text = in->draft_policy;
	enum avow_err e;

	if (avow_policy_jwt_is(text))
		AVOW_TRY(avow_policy_jwt_text(text, a, &text, why));
	e = avow_policy_compile(text, &d->draft, &perr);
	if (e != AVOW_OK)
		return avow_api_policy_error(
			e, &perr, "draftPolicyForAttestation", why);
	d->policy = d->draft;
	return avow_policy_hash(text, d->hash);
}

static enum avow_err
choose_policy(const struct avow_attest_body *in, const struct avow_provider *provider,
	const struct avow_kind *kind, struct avow_arena *a, struct decider *d,
	struct avow_why *why)
{
	const struct avow_bound_policy *bound;

	memset(d, 0, sizeof(*d));
	if (in->has_draft)
		return compile_draft(in, a, d, why);
	bound = avow_provider_policy(provider, kind);
	if (!bound->policy)
		return avow_refuse(why, AVOW_E_POLICY_ABSENT,
			&(struct avow_at){"policy", kind->api_name,
				"MAA policy management, defaults"},
			"a policy that was set for this type", "none");
	d->policy = bound->policy;
	d->signer = bound->signer;
	memcpy(d->hash, bound->hash, sizeof(d->hash));
	return AVOW_OK;
}

static void
put_token_body(struct avow_buf *out, struct avow_span token)
{
	avow_buf_put_str(out, "{\"token\":\"");
	avow_buf_put(out, token); /* base64url and dots: nothing to escape */
	avow_buf_put_str(out, "\"}");
}

static enum avow_err
make_token(const struct avow_appraisal *ap, const struct avow_provider *provider,
	const struct decider *d, int64_t now_s, struct avow_http_request *rq,
	struct avow_http_response *rs, struct avow_why *why)
{
	const struct avow_attest_token t = {
		.issuer = avow_provider_issuer(provider),
		.now_s = now_s,
		.policy_hash = avow_span_str(d->hash),
		.policy_signer = d->signer,
		.is_draft = d->draft != NULL,
	};
	struct avow_buf token;
	enum avow_err e;

	avow_buf_init(&token, AVOW_MAX_TOKEN * 3); /* two base 64 layers when sealed */
	e = avow_attest_token(ap, &t, rq->arena, &token, why);
	if (e == AVOW_OK)
		put_token_body(&rs->body, avow_buf_span(&token));
	avow_buf_clear(&token);
	return e;
}

/* Which rules said no. Without room for it the message alone tells. */
void
avow_api_tell_policy(const struct avow_appraisal *ap, struct avow_http_request *rq,
	struct avow_http_response *rs)
{
	struct avow_buf b;
	struct avow_jw w;

	if (!ap->has_outcome || ap->outcome.code == AVOW_OK)
		return;
	avow_buf_init_arena(&b, rq->arena, AVOW_MAX_HTTP_DETAIL);
	avow_jw_init(&w, &b);
	avow_policy_explain(&ap->outcome, &w);
	if (b.err == AVOW_OK)
		rs->detail =
			(struct avow_http_pair){AVOW_LIT("policy"), avow_buf_span(&b)};
}

/* Undecided for want of collateral: perhaps it can be fetched. */
static enum avow_err
await(const struct avow_appraisal *ap, const struct avow_provider *provider, bool early,
	struct avow_http_request *rq, struct avow_http_response *rs, bool *again,
	struct avow_why *why)
{
	struct avow_supply *supply =
		avow_service_supply(avow_worker_service(rq->worker_context));

	if (avow_err_class(ap->why.code) != AVOW_CLASS_COLLATERAL)
		return ap->why.code;
	return avow_supply_await(supply, rq, rs, &ap->findings.wanted,
		avow_provider_info(provider)->name, early, ap->why.code, again, why);
}

static enum avow_err
appraise_once(const struct avow_attest_body *in, const struct avow_kind *kind,
	const struct avow_provider *provider, const struct decider *d,
	struct avow_http_request *rq, struct avow_http_response *rs, bool *again,
	struct avow_why *why)
{
	const struct avow_view *view = avow_worker_view(rq->worker_context);
	struct avow_supply *supply =
		avow_service_supply(avow_worker_service(rq->worker_context));
	const struct avow_provider_settings *set =
		&avow_provider_info(provider)->settings;
	const struct avow_appraise_in ain = {
		.kind = kind,
		.evidence = in->evidence,
		.runtime = in->runtime,
		.init = in->init,
		.event_log = in->event_log,
		.nonce = in->nonce,
		.policy = d->policy,
		.is_draft = d->draft != NULL,
		.at_s = avow_clock_now_s(),
		.anchors = view->anchors,
		.collateral = view->collateral,
		.accept_tcb = set->has_accept_tcb ? set->accept_tcb : view->accept_tcb,
		.snp_references = view->snp_references,
		.grace_s = set->has_grace ? set->grace_s : view->grace_s,
		.baseline = set->has_baseline ? set->baseline : view->baseline,
		.allow_platform = set->has_allow_platform ? set->allow_platform
							  : view->allow_platform,
		.early = set->has_update ? set->early : avow_supply_is_early(supply),
		.cache = d->draft ? NULL : avow_worker_cache(rq->worker_context),
	};
	struct avow_appraisal ap;
	enum avow_err e;

	*again = false;
	AVOW_TRY(avow_supply_check_clock(supply, ain.at_s, why));
	e = avow_appraise(&ain, rq->arena, &ap);
	if (e != AVOW_OK) {
		*why = ap.why;
		avow_api_tell_policy(&ap, rq, rs);
		return await(&ap, provider, ain.early, rq, rs, again, why);
	}
	avow_supply_hint(supply, &ap.findings.wanted);
	return make_token(&ap, provider, d, ain.at_s, rq, rs, why);
}

static enum avow_err
appraise(const struct avow_attest_body *in, const struct avow_kind *kind,
	const struct avow_provider *provider, const struct decider *d,
	struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	bool again = false;
	enum avow_err e = appraise_once(in, kind, provider, d, rq, rs, &again, why);

	if (!again)
		return e;
	avow_why_init(why);
	return appraise_once(in, kind, provider, d, rq, rs, &again, why);
}

enum avow_err
avow_api_attest(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_kind *kind =
		avow_kind_by_api_name(avow_api_last_segment(rq->path));
	const struct avow_provider *provider;
	struct avow_attest_body in;
	struct decider d;
	enum avow_err e;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	/* a TPM's evidence needs its protocol: never an attestation by itself */
	if (!kind || kind->bit == AVOW_KIND_TPM)
		return avow_api_unknown_type(avow_api_last_segment(rq->path), why);
	AVOW_TRY(avow_api_check_version(rq, why));
	if (avow_api_is_2018(rq))
		AVOW_TRY(avow_api_authorize_attest(rq, why));
	AVOW_TRY(avow_attest_body_decode(rq->body, kind, rq->arena, &in, why));
	e = choose_policy(&in, provider, kind, rq->arena, &d, why);
	if (e == AVOW_OK)
		e = appraise(&in, kind, provider, &d, rq, rs, why);
	avow_policy_free(d.draft);
	return e;
}
