/*
 * PUT /policies/{type} and POST /policies/{type}:reset. Everything that can be
 * refused is judged, and the answer made, before anything is stored; then the
 * store takes the change with its audit record, and the answer leaves when a
 * view with it is published.
 *
 * Store work blocks this worker for one durable commit. Management calls are
 * rare; other workers go on.
 */
#include "api/endpoints.h"

#include "api/policy_jwt.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/digest.h"

#define PROVIDER AVOW_LIT("default")

struct job {
	struct avow_http_request *rq;
	struct avow_http_response *rs;
	struct avow_why *why;
	enum avow_policy_event event;
	struct avow_who who;
	const struct avow_kind *kind;
	struct avow_policy_envelope in;
	int64_t now_s;
};

static struct avow_audit
audit_of(const struct job *j, enum avow_err e)
{
	return (struct avow_audit){
		.at_s = j->now_s,
		.actor = j->who.name,
		.source = avow_span_str(j->rq->client),
		.request = avow_span_str(j->rq->id),
		.action = j->event == AVOW_POLICY_SET ? AVOW_LIT("policy.set")
						      : AVOW_LIT("policy.reset"),
		.provider = PROVIDER,
		.target = j->kind ? avow_span_str(j->kind->api_name) : j->rq->param,
		.outcome = avow_span_str(e == AVOW_OK ? "done" : avow_err_name(e)),
	};
}

static void
add_string(struct avow_claims *claims, struct avow_span name, struct avow_span value)
{
	avow_claims_add(claims, &(struct avow_claim){
					.name = name,
					.type = AVOW_VALUE_STRING,
					.string = value,
					.for_token = true,
				});
}

/* spec 02, response tokens: the digest is over the whole JWT as it was sent */
static enum avow_err
add_set_claims(const struct job *j, struct avow_claims *claims)
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf hash;

	AVOW_TRY(avow_sha256(j->in.jwt, digest));
	avow_buf_init_arena(&hash, j->rq->arena, 64);
	avow_b64url_put(&hash, avow_span_make(digest, sizeof(digest)));
	AVOW_TRY(hash.err);
	add_string(claims, AVOW_LIT("x-ms-policy-token-hash"), avow_buf_span(&hash));
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

	avow_claims_init(&claims, j->rq->arena);
	if (j->event == AVOW_POLICY_SET)
		AVOW_TRY(add_set_claims(j, &claims));
	add_string(&claims, AVOW_LIT("x-ms-policy-result"),
		j->event == AVOW_POLICY_SET ? AVOW_LIT("Updated")
					    : AVOW_LIT("Removed"));
	return avow_api_put_result(
		j->rq, j->rs, avow_worker_view(j->rq->worker_context), &claims, j->why);
}

static enum avow_err
judge_policy(const struct job *j)
{
	struct avow_policy_error perr = {.code = AVOW_OK};
	struct avow_policy *policy = NULL;
	enum avow_err e = avow_policy_compile(j->in.text, &policy, &perr);

	avow_policy_free(policy);
	if (e != AVOW_OK)
		return avow_api_policy_error(e, &perr, "AttestationPolicy", j->why);
	return AVOW_OK;
}

static enum avow_err
judge_reset(const struct job *j)
{
	if (avow_span_is_empty(j->in.text))
		return AVOW_OK;
	return avow_refuse(j->why, AVOW_E_POLICY_RESET,
		&(struct avow_at){
			"policy_jwt", "payload", "MAA policy management, policy body"},
		"an empty payload", "a policy");
}

static enum avow_err
store_change(const struct job *j)
{
	const struct avow_audit audit = audit_of(j, AVOW_OK);
	struct avow_store_policy_change c = {
		.provider = PROVIDER,
		.type = avow_span_str(j->kind->api_name),
		.policy = {.event = j->event, .set_s = j->now_s, .set_by = j->who.name},
		.replaces = AVOW_STORE_ANY_VERSION,
		.audit = &audit,
	};
	char hash[AVOW_POLICY_HASH_TEXT];

	if (j->event == AVOW_POLICY_SET) {
		AVOW_TRY(avow_policy_hash(j->in.text, hash));
		c.policy.text = j->in.text;
		c.policy.jwt = j->in.jwt;
		c.policy.hash = avow_span_str(hash);
		c.policy.signer = j->in.signer;
	}
	return avow_service_set_policy(
		avow_worker_service(j->rq->worker_context), &c, j->why);
}

static enum avow_err
change(struct job *j)
{
	j->kind = avow_kind_by_api_name(j->rq->param);
	if (!j->kind)
		return avow_api_unknown_type(j->rq->param, j->why);
	AVOW_TRY(avow_api_check_version(j->rq, j->why));
	AVOW_TRY(avow_policy_envelope_open(j->rq->body, j->rq->arena, &j->in, j->why));
	AVOW_TRY(j->event == AVOW_POLICY_SET ? judge_policy(j) : judge_reset(j));
	AVOW_TRY(put_answer(j));
	return store_change(j);
}

static enum avow_err
run(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why,
	enum avow_policy_event event)
{
	struct job j = {.rq = rq,
		.rs = rs,
		.why = why,
		.event = event,
		.now_s = avow_clock_now_s()};
	const struct avow_act act = {.right = AVOW_RIGHT_WRITE, .provider = PROVIDER};
	struct avow_audit refused;
	enum avow_err e;

	AVOW_TRY(avow_api_authorize(rq, &act, &j.who, why));
	e = change(&j);
	if (e != AVOW_OK) {
		refused = audit_of(&j, e);
		avow_service_record(avow_worker_service(rq->worker_context), &refused);
	}
	AVOW_LOG(AVOW_LOG_INFO,
		event == AVOW_POLICY_SET ? "policy_set" : "policy_reset",
		AVOW_LOGS("id", rq->id), AVOW_LOGS("result", avow_err_name(e)),
		AVOW_LOGS("type", j.kind ? j.kind->api_name : NULL));
	return e;
}

enum avow_err
avow_api_policy_put(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, AVOW_POLICY_SET);
}

enum avow_err
avow_api_policy_reset(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	return run(rq, rs, why, AVOW_POLICY_RESET);
}
