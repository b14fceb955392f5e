/*
 * PUT /policies/{type} and POST /policies/{type}:reset. Everything that can be
 * refused is judged, and the answer made, before anything is stored; the rest
 * of a change's way is api/change.c.
 */
#include "api/change.h"

#include "api/policy_jwt.h"
#include "base/base64.h"
#include "base/limits.h"
#include "crypto/digest.h"

struct job {
	struct avow_change base;
	enum avow_policy_event event;
	const struct avow_kind *kind;
	struct avow_policy_envelope in;
};

/* spec 02, response tokens: the digest is over the whole JWT as it was sent */
static enum avow_err
add_set_claims(const struct job *j, struct avow_claims *claims)
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf hash;

	AVOW_TRY(avow_sha256(j->in.jwt, digest));
	avow_buf_init_arena(&hash, j->base.rq->arena, 64);
	avow_b64url_put(&hash, avow_span_make(digest, sizeof(digest)));
	AVOW_TRY(hash.err);
	avow_api_add_string(
		claims, AVOW_LIT("x-ms-policy-token-hash"), avow_buf_span(&hash));
	if (!avow_span_is_empty(j->in.signer))
		avow_claims_add(claims, &(struct avow_claim){
						.name = AVOW_LIT("x-ms-policy-signer"),
						.type = AVOW_VALUE_JSON,
						.string = j->in.signer,
						.for_token = true,
					});
	return AVOW_OK;
}

static enum avow_err
put_answer(const struct job *j)
{
	struct avow_claims claims;

	avow_claims_init(&claims, j->base.rq->arena);
	if (j->event == AVOW_POLICY_SET)
		AVOW_TRY(add_set_claims(j, &claims));
	avow_api_add_string(&claims, AVOW_LIT("x-ms-policy-result"),
		j->event == AVOW_POLICY_SET ? AVOW_LIT("Updated")
					    : AVOW_LIT("Removed"));
	return avow_api_put_result(
		j->base.rq, j->base.rs, j->base.provider, &claims, j->base.why);
}

static enum avow_err
judge_policy(const struct job *j)
{
	struct avow_policy_error perr = {.code = AVOW_OK};
	struct avow_policy *policy = NULL;
	enum avow_err e = avow_policy_compile(j->in.text, &policy, &perr);

	avow_policy_free(policy);
	if (e != AVOW_OK)
		return avow_api_policy_error(
			e, &perr, "AttestationPolicy", j->base.why);
	return AVOW_OK;
}

static enum avow_err
judge_reset(const struct job *j)
{
	if (avow_span_is_empty(j->in.text))
		return AVOW_OK;
	return avow_refuse(j->base.why, AVOW_E_POLICY_RESET,
		&(struct avow_at){
			"policy_jwt", "payload", "MAA policy management, policy body"},
		"an empty payload", "a policy");
}

/* spec 02, modes: an isolated provider takes what its certificates signed */
static enum avow_err
open_body(struct job *j)
{
	const struct avow_provider_info *p = avow_provider_info(j->base.provider);
	const struct avow_policy_trust trust = {
		.certs = p->certs, .n_certs = p->n_certs, .at_s = j->base.now_s};

	return avow_policy_envelope_open(j->base.rq->body,
		p->is_isolated ? &trust : NULL, j->base.rq->arena, &j->in, j->base.why);
}

static enum avow_err
judge(struct avow_change *c)
{
	struct job *j = (struct job *)c;

	j->kind = avow_kind_by_api_name(c->rq->param);
	if (!j->kind)
		return avow_api_unknown_type(c->rq->param, c->why);
	c->target = avow_span_str(j->kind->api_name);
	AVOW_TRY(avow_api_check_version(c->rq, c->why));
	AVOW_TRY(open_body(j));
	AVOW_TRY(j->event == AVOW_POLICY_SET ? judge_policy(j) : judge_reset(j));
	return put_answer(j);
}

/* What may sign is judged by the certificates; other changes under the provider,
 * such as other policies, are nothing to this one. */
static enum avow_err
certs_hash(const struct avow_provider_info *p, char out[AVOW_STORE_CERTS_HASH])
{
	struct avow_span ders[AVOW_MAX_POLICY_CERTS];

	if (p->n_certs > AVOW_MAX_POLICY_CERTS)
		return AVOW_E_STORE_CORRUPT;
	for (size_t i = 0; i < p->n_certs; i++)
		ders[i] = p->certs[i]->der;
	return avow_store_certs_hash(ders, p->n_certs, out);
}

static enum avow_err
store(struct avow_change *base, struct avow_store *store,
	const struct avow_audit *audit)
{
	const struct job *j = (const struct job *)base;
	const struct avow_provider_info *p = avow_provider_info(base->provider);
	struct avow_store_policy_change c = {
		.provider = p->name,
		.type = avow_span_str(j->kind->api_name),
		.policy = {.event = j->event,
			.set_s = base->now_s,
			.set_by = base->who.name},
		.replaces = AVOW_STORE_ANY_VERSION,
		.is_unsigned_model = !p->is_isolated,
		.audit = audit,
	};
	char hash[AVOW_POLICY_HASH_TEXT], certs[AVOW_STORE_CERTS_HASH];

	if (p->is_isolated) {
		AVOW_TRY(certs_hash(p, certs));
		c.certs_hash = avow_span_str(certs);
	}

	if (j->event == AVOW_POLICY_SET) {
		AVOW_TRY(avow_policy_hash(j->in.text, hash));
		c.policy.text = j->in.text;
		c.policy.jwt = j->in.jwt;
		c.policy.hash = avow_span_str(hash);
		c.policy.signer = j->in.signer;
	}
	return avow_store_policy_change(store, &c, NULL);
}

static enum avow_err
run(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why,
	const struct avow_change_kind *kind, enum avow_policy_event event)
{
	struct job *j = avow_change_of(kind, sizeof(*j), rq, rs, why);

	if (j && !rq->state)
		j->event = event;
	return avow_change_run((struct avow_change *)j);
}

const struct avow_change_kind avow_change_policy_set = {
	.action = "policy.set",
	.right = AVOW_RIGHT_WRITE,
	.judge = judge,
	.store = store,
};

enum avow_err
avow_api_policy_put(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &avow_change_policy_set, AVOW_POLICY_SET);
}

const struct avow_change_kind avow_change_policy_reset = {
	.action = "policy.reset",
	.right = AVOW_RIGHT_DELETE,
	.judge = judge,
	.store = store,
};

enum avow_err
avow_api_policy_reset(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, &avow_change_policy_reset, AVOW_POLICY_RESET);
}
