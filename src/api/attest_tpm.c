/*
 * POST /attest/Tpm (MAA TPM attestation protocol), two rounds in one route:
 *
 *   {"type":"aikcert"}   -> challenge and service_context
 *   {"request":"<JWS>"}  -> report
 *
 * each in an envelope {"data": base64url of JSON}, with or without a "payload"
 * around it; the answer has the form of the question. Between the rounds nothing
 * is kept here. In the second one the challenge is used up before anything is
 * judged, while the request waits; policy, keys and anchors are those of the moment
 * in which it goes on.
 */
#include <stdlib.h>
#include <string.h>

#include "api/attest_tpm.h"
#include "api/challenge.h"
#include "api/endpoints.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "evidence/tpm/request.h"
#include "wire/json_member.h"

#define PROTOCOL "MAA TPM attestation protocol"
#define WAIT_MS 10000 /* for one commit of the store */

/* A second round over its wait. Its own arena, because it can be larger than any
 * other request. */
struct round {
	struct avow_arena arena;
	const struct avow_evidence *evidence;
	struct avow_challenge challenge;
	struct avow_challenge_use *use;
	bool is_wrapped;
};

/* --- both rounds ------------------------------------------------------------------------- */

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected)
{
	const struct avow_at at = {"request", field, PROTOCOL};

	return avow_refuse(why, code, &at, expected, NULL);
}

static const struct avow_kind *
kind_tpm(void)
{
	return avow_kind_by_api_name(AVOW_LIT("Tpm"));
}

static enum avow_err
find_policy(const struct avow_provider *provider, const struct avow_bound_policy **out,
	struct avow_why *why)
{
	*out = avow_provider_policy(provider, kind_tpm());
	if ((*out)->policy)
		return AVOW_OK;
	avow_refuse(why, AVOW_E_POLICY_ABSENT,
		&(struct avow_at){"policy", "Tpm", "MAA policy management, defaults"},
		"a policy that was set for this type", "none");
	avow_why_note(why,
		"A VBS attestation policy has not been set on the attestation "
		"provider.");
	return AVOW_E_POLICY_ABSENT;
}

/* {"data": base64url(JSON)}: the JSON, inside its "payload" if it has one. */
static enum avow_err
open_envelope(struct avow_span body, struct avow_arena *a, const struct avow_json **out,
	bool *is_wrapped, struct avow_why *why)
{
	const struct avow_json_rules rules = {.fold_names = true, .allow_bom = true};
	const struct avow_json *root, *data, *inner;
	struct avow_span text;

	AVOW_TRY(avow_json_parse(body, &rules, a, &root, why));
	data = avow_json_get_fold(root, "data");
	if (!data || data->type != AVOW_JSON_STRING)
		return refuse(why, AVOW_E_TPM_REQUEST, "data", "base64url text");
	if (avow_b64_decode_lenient(data->string, AVOW_MAX_BODY_TPM, a, &text) !=
		AVOW_OK)
		return refuse(why, AVOW_E_TPM_REQUEST, "data", "base64url text");
	AVOW_TRY(avow_json_parse(text, NULL, a, out, why));
	inner = avow_json_get(*out, "payload");
	*is_wrapped = inner != NULL;
	if (inner)
		*out = inner;
	if ((*out)->type != AVOW_JSON_OBJECT)
		return refuse(why, AVOW_E_TPM_REQUEST, "payload", "an object");
	return AVOW_OK;
}

/* Around what `w` has written: payload and envelope. */
static void
put_answer(struct avow_http_response *rs, struct avow_buf *json, bool is_wrapped)
{
	struct avow_buf whole;

	avow_buf_init(&whole, AVOW_MIB(1));
	avow_buf_put_str(&whole, is_wrapped ? "{\"payload\":" : "");
	avow_buf_put(&whole, avow_buf_span(json));
	avow_buf_put_str(&whole, is_wrapped ? "}" : "");
	avow_buf_put_str(&rs->body, "{\"data\":\"");
	avow_b64url_put(&rs->body, avow_buf_span(&whole));
	avow_buf_put_str(&rs->body, "\"}");
	if (whole.err != AVOW_OK && rs->body.err == AVOW_OK)
		rs->body.err = whole.err;
	avow_buf_clear(&whole);
}

/* --- round 1 -------------------------------------------------------------------------------- */

static enum avow_err
put_challenge(const struct avow_challenges *cs, const struct avow_challenge *ch,
	const struct avow_tpm_credential *credential, struct avow_buf *out)
{
	struct avow_buf context;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&context, AVOW_KIB(2));
	e = avow_challenge_seal(cs, ch, &context);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "challenge");
	avow_jw_b64url(&w, avow_span_make(ch->bytes, sizeof(ch->bytes)));
	avow_jw_put_string(&w, "service_context", avow_buf_span(&context));
	if (ch->has_credential) {
		avow_jw_name(&w, "x-avow-credential-blob");
		avow_jw_b64url(&w, avow_buf_span(&credential->blob));
		avow_jw_name(&w, "x-avow-encrypted-secret");
		avow_jw_b64url(&w, avow_buf_span(&credential->secret));
	}
	avow_jw_close(&w);
	avow_buf_clear(&context);
	return e == AVOW_OK ? out->err : e;
}

static enum avow_err
first_round(const struct avow_json *o, bool is_wrapped, struct avow_http_request *rq,
	struct avow_http_response *rs, struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	const struct avow_json *type = avow_json_get(o, "type");
	int64_t now_s = avow_clock_now_s();
	struct avow_tpm_credential credential;
	struct avow_challenge ch;
	struct avow_buf json;
	enum avow_err e;

	if (type->type != AVOW_JSON_STRING ||
		!avow_span_eq_str(type->string, "aikcert"))
		return refuse(why, AVOW_E_TPM_REQUEST, "type", "aikcert");
	AVOW_TRY(avow_challenge_make(rq->place, now_s, &ch));
	avow_tpm_credential_init(&credential);
	avow_buf_init(&json, AVOW_KIB(16));
	e = avow_api_tpm_activation(o, rq, now_s, &ch, &credential, why);
	if (e == AVOW_OK)
		e = put_challenge(avow_service_challenges(sv), &ch, &credential, &json);
	if (e == AVOW_OK)
		put_answer(rs, &json, is_wrapped);
	avow_buf_clear(&json);
	avow_tpm_credential_clear(&credential);
	return e;
}

/* --- round 2, before the wait ----------------------------------------------------------------- */

static void
round_free(struct round *r)
{
	if (!r)
		return;
	avow_arena_clear(&r->arena);
	free(r);
}

/* Only the TPM of the certified EK could give the credential back (part 1, 24). */
static enum avow_err
check_credential(const struct avow_challenge *ch, struct avow_span credential,
	struct avow_why *why)
{
	uint8_t digest[AVOW_SHA256_BYTES];

	if (!ch->has_credential && credential.n == 0)
		return AVOW_OK;
	if (ch->has_credential && credential.n > 0) {
		AVOW_TRY(avow_sha256(credential, digest));
		if (avow_secret_eq(avow_span_make(digest, sizeof(digest)),
			    avow_span_make(ch->credential, sizeof(ch->credential))))
			return AVOW_OK;
	}
	return refuse(why, AVOW_E_TPM_ACTIVATION, "x-avow-credential",
		"the credential of the first round");
}

static enum avow_err
read_request(const struct avow_json *o, struct avow_http_request *rq, struct round *r,
	struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	const struct avow_json *request = avow_json_get(o, "request");
	const struct avow_tpm_evidence *e;

	if (!request || request->type != AVOW_JSON_STRING)
		return refuse(why, AVOW_E_TPM_REQUEST, "request", "a compact JWS");
	AVOW_TRY(avow_evidence_parse(
		kind_tpm(), request->string, &r->arena, &r->evidence, why));
	e = avow_tpm_evidence_of(r->evidence);
	if (e->form == AVOW_TPM_FORM_OBJECT)
		return refuse(why, AVOW_E_TPM_REQUEST, "request", "a compact JWS");
	AVOW_TRY(avow_challenge_open(avow_service_challenges(sv), e->service_context,
		rq->place, avow_clock_now_s(), &r->arena, &r->challenge, why));
	if (!avow_span_eq(e->challenge,
		    avow_span_make(r->challenge.bytes, sizeof(r->challenge.bytes))))
		return refuse(why, AVOW_E_TPM_CHALLENGE, "challenge",
			"that of service_context");
	return check_credential(&r->challenge, e->credential, why);
}

static enum avow_err
begin(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	const struct avow_bound_policy *policy;
	const struct avow_provider *provider;
	struct round *r = calloc(1, sizeof(*r));
	const struct avow_json *o;
	enum avow_err e;

	if (!r)
		return AVOW_E_NO_MEMORY;
	avow_arena_init(&r->arena, AVOW_MAX_TPM_ARENA);
	e = avow_worker_provider(rq->worker_context, rq, &provider, why);
	if (e == AVOW_OK)
		e = find_policy(provider, &policy, why);
	if (e == AVOW_OK)
		e = open_envelope(rq->body, &r->arena, &o, &r->is_wrapped, why);
	if (e == AVOW_OK && avow_json_get(o, "type")) {
		e = first_round(o, r->is_wrapped, rq, rs, why);
		round_free(r);
		return e;
	}
	if (e == AVOW_OK)
		e = read_request(o, rq, r, why);
	if (e == AVOW_OK)
		e = avow_challenge_use(avow_service_challenges(sv),
			avow_service_writer(sv), &r->challenge, avow_clock_now_s(),
			rq->server, avow_http_wait(rq, rs, WAIT_MS), &r->use);
	if (e != AVOW_OK) {
		round_free(r);
		return e;
	}
	rq->state = r;
	return AVOW_OK;
}

/* --- round 2, after it ---------------------------------------------------------------------------- */

static enum avow_err
put_report(const struct avow_appraisal *ap, const struct avow_provider *provider,
	const struct avow_bound_policy *policy, int64_t now_s, struct round *r,
	struct avow_http_response *rs, struct avow_why *why)
{
	const struct avow_attest_token t = {
		.issuer = avow_provider_issuer(provider),
		.now_s = now_s,
		.policy_hash = avow_span_str(policy->hash),
		.policy_signer = policy->signer,
		.is_report = true,
	};
	struct avow_buf token, json;
	enum avow_err e;

	avow_buf_init(&token, AVOW_MAX_TOKEN);
	avow_buf_init(&json, 2 * AVOW_MAX_TOKEN);
	e = avow_attest_token(ap, &t, &r->arena, &token, why);
	avow_buf_put_str(&json, "{\"report\":\"");
	avow_buf_put(&json, avow_buf_span(&token)); /* base64url and dots */
	avow_buf_put_str(&json, "\"}");
	if (e == AVOW_OK)
		put_answer(rs, &json, r->is_wrapped);
	avow_buf_clear(&token);
	avow_buf_clear(&json);
	return e;
}

static enum avow_err
judge(struct avow_http_request *rq, struct avow_http_response *rs, struct round *r,
	struct avow_why *why)
{
	const struct avow_view *view = avow_worker_view(rq->worker_context);
	const struct avow_bound_policy *policy;
	const struct avow_provider *provider;
	struct avow_tpm_session session = {
		.challenge = {r->challenge.bytes, sizeof(r->challenge.bytes)}};
	struct avow_appraise_in in = {.kind = kind_tpm(),
		.parsed = r->evidence,
		.tpm = &session,
		.at_s = avow_clock_now_s(),
		.anchors = view->anchors,
		.collateral = view->collateral,
		.accept_tcb = view->accept_tcb,
		.grace_s = view->grace_s,
		.cache = avow_worker_cache(rq->worker_context)};
	struct avow_appraisal ap;
	enum avow_err e;

	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	AVOW_TRY(find_policy(provider, &policy, why));
	if (r->challenge.has_credential)
		session.activated_ak =
			avow_span_make(r->challenge.ak, sizeof(r->challenge.ak));
	session.url = avow_token_iss(avow_provider_issuer(provider));
	in.policy = policy->policy;
	e = avow_appraise(&in, &r->arena, &ap);
	avow_api_follow(rq, in.kind, &ap, in.at_s);
	if (e != AVOW_OK) {
		*why = ap.why;
		avow_api_tell_policy(&ap, rq, rs);
		return e;
	}
	return put_report(&ap, provider, policy, in.at_s, r, rs, why);
}

static enum avow_err
go_on(struct avow_http_request *rq, struct avow_http_response *rs, struct avow_why *why)
{
	struct avow_service *sv = avow_worker_service(rq->worker_context);
	struct round *r = rq->state;
	enum avow_err e = avow_challenge_used(avow_service_writer(sv), r->use, why);

	rq->state = NULL;
	if (e == AVOW_OK)
		e = judge(rq, rs, r, why);
	round_free(r);
	return e;
}

enum avow_err
avow_api_attest_tpm(struct avow_http_request *rq, struct avow_http_response *rs,
	struct avow_why *why)
{
	const struct avow_provider *provider;

	if (rq->state)
		return go_on(rq, rs, why);
	AVOW_TRY(avow_worker_provider(rq->worker_context, rq, &provider, why));
	AVOW_TRY(avow_api_authorize_tpm(rq, provider, why));
	AVOW_TRY(avow_api_check_version(rq, why));
	return begin(rq, rs, why);
}
