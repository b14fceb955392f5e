/*
 * The contract's TPM protocol from the machine's side (MAA TPM attestation protocol,
 * version 2):
 *
 *   round 1   {"type":"aikcert"}           -> challenge, service_context
 *             with the EK's certificate     -> and a credential, which the TPM opens
 *   quote     over H(request key's text || 00 || challenge)
 *   round 2   {"request": JWS of it all}   -> report
 *
 * The request key signs the second round and stands in the report's `cnf`. Nothing
 * is verified but that the report is of this request; its signature is the relying
 * party's to check.
 */
#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "cli/attest.h"
#include "cli/cli.h"
#include "client/client.h"
#include "crypto/digest.h"
#include "crypto/jose.h"

#define PROTOCOL "MAA TPM attestation protocol"

struct rounds {
	struct avow_attest_run *r;
	struct avow_tss *tss;
	struct avow_privkey *key;
	struct avow_buf jwk; /* the request key's text, as it is hashed */
	struct avow_buf rp_data; /* base64url of the nonce; empty: none */
	struct avow_buf credential; /* what activation gave; empty: there was none */
	const struct avow_json *first; /* the first round's answer */
	struct avow_span challenge;
	struct avow_arena arena;
	struct avow_why why;
	struct avow_problem *problem;
};

static enum avow_verdict
fail(struct rounds *s, enum avow_err e)
{
	client_problem(s->problem, e, &s->why);
	return AVOW_VERDICT_UNDECIDED;
}

static enum avow_err
odd_answer(struct rounds *s, const char *field, const char *expected)
{
	const struct avow_at at = {"attest", field, PROTOCOL};

	return avow_refuse(&s->why, AVOW_E_COLLECT_ANSWER, &at, expected, "another");
}

/* --- the request key ----------------------------------------------------------------- */

static enum avow_err
load_key(struct rounds *s, const char *path)
{
	const struct avow_at at = {"request_key", "key", PROTOCOL};
	struct avow_buf pem;
	enum avow_err e;

	if (!avow_cli_read(path, &pem))
		return AVOW_E_FILE_READ;
	e = avow_privkey_from_pem(avow_buf_span(&pem), &s->key);
	avow_buf_wipe(&pem);
	if (e == AVOW_OK &&
		!avow_jws_alg_fits(AVOW_SIG_PS256, avow_privkey_public(s->key)))
		e = AVOW_E_KEY_TYPE;
	return e == AVOW_OK ? e
			    : avow_refuse(&s->why, e, &at, "an RSA key", "%s", path);
}

static enum avow_err
take_key(struct rounds *s)
{
	struct avow_jw w;

	if (s->r->request_key)
		AVOW_TRY(load_key(s, s->r->request_key));
	else
		AVOW_TRY(avow_privkey_generate(AVOW_KEY_RSA, 2048, &s->key));
	avow_jw_init(&w, &s->jwk);
	avow_jw_open(&w, '{');
	AVOW_TRY(avow_jwk_put_members(&w, avow_privkey_public(s->key)));
	avow_jw_close(&w);
	return s->jwk.err;
}

/* --- messages ---------------------------------------------------------------------------- */

/* {"payload": ...} both ways. */
static enum avow_verdict
send_round(struct rounds *s, struct avow_span message, const struct avow_json **out)
{
	struct avow_attest_request rq = s->r->rq;
	const struct avow_json *root = NULL;
	struct avow_buf answer;
	enum avow_verdict v;
	struct avow_span text;
	enum avow_err e;

	*out = NULL;
	avow_buf_init(&answer, AVOW_MIB(1));
	rq.nonce = NULL;
	rq.evidence = message.p;
	rq.evidence_len = message.n;
	v = avow_attest_send(s->r, &rq, &answer, s->problem);
	if (v == AVOW_VERDICT_VERIFIED) {
		e = avow_b64_decode_lenient(
			avow_buf_span(&answer), AVOW_MIB(1), &s->arena, &text);
		if (e == AVOW_OK)
			e = avow_json_parse(text, NULL, &s->arena, &root, NULL);
		*out = avow_json_get(root, "payload");
		if (e == AVOW_OK && !*out)
			e = AVOW_E_JSON_MISSING;
		if (e != AVOW_OK)
			v = fail(s, odd_answer(s, "data", "base64url of a payload"));
	}
	avow_buf_clear(&answer);
	return v;
}

static void
put_b64url(struct avow_jw *w, const char *name, const struct avow_buf *b)
{
	avow_jw_name(w, name);
	avow_jw_b64url(w, avow_buf_span(b));
}

/* --- round 1 ------------------------------------------------------------------------------- */

/* The EK's certificate, where activation is wanted: asked for by name it must be
 * there; else a TPM without one goes on, and the service judges a bare key. */
static enum avow_err
find_ek(struct rounds *s, struct avow_buf *cert)
{
	const struct avow_collect_tpm *o = &s->r->collect.tpm;
	enum avow_err e;

	if (o->ek == AVOW_COLLECT_EK_NONE || avow_tss_has_ak_cert(s->tss))
		return AVOW_OK;
	e = avow_tss_ek_cert(s->tss, cert, &s->why);
	if (e == AVOW_E_COLLECT_TPM && !o->ek_cert && !o->ek_cert_nv && !o->ek_handle) {
		avow_why_init(&s->why);
		avow_buf_clear(cert);
		return AVOW_OK;
	}
	return e;
}

static enum avow_err
make_first(struct rounds *s, struct avow_buf *out)
{
	struct avow_buf cert, public;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&cert, AVOW_KIB(64));
	avow_buf_init(&public, AVOW_KIB(4));
	e = find_ek(s, &cert);
	if (e == AVOW_OK && cert.n)
		e = avow_tss_ak_public(s->tss, &public, &s->why);
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "payload");
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "type");
	avow_jw_str(&w, "aikcert");
	if (cert.n) {
		put_b64url(&w, "x-avow-ek-cert", &cert);
		put_b64url(&w, "x-avow-ak-public", &public);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_buf_clear(&cert);
	avow_buf_clear(&public);
	return e == AVOW_OK ? out->err : e;
}

static enum avow_err
need_bytes(struct rounds *s, const char *name, struct avow_span *out)
{
	struct avow_span text = avow_server_text(s->first, name);

	if (avow_b64_decode_lenient(text, AVOW_KIB(4), &s->arena, out) != AVOW_OK ||
		out->n == 0)
		return odd_answer(s, name, "base64url text");
	return AVOW_OK;
}

static enum avow_err
read_first(struct rounds *s)
{
	struct avow_span blob, secret;

	AVOW_TRY(need_bytes(s, "challenge", &s->challenge));
	if (avow_server_text(s->first, "service_context").n == 0)
		return odd_answer(s, "service_context", "text");
	if (!avow_json_get(s->first, "x-avow-credential-blob"))
		return AVOW_OK;
	AVOW_TRY(need_bytes(s, "x-avow-credential-blob", &blob));
	AVOW_TRY(need_bytes(s, "x-avow-encrypted-secret", &secret));
	return avow_tss_activate(s->tss, blob, secret, &s->credential, &s->why);
}

static enum avow_verdict
first_round(struct rounds *s)
{
	enum avow_verdict v = AVOW_VERDICT_UNDECIDED;
	struct avow_buf message;
	enum avow_err e;

	avow_buf_init(&message, AVOW_KIB(256));
	e = make_first(s, &message);
	if (e == AVOW_OK) {
		v = send_round(s, avow_buf_span(&message), &s->first);
		e = v == AVOW_VERDICT_VERIFIED ? read_first(s) : AVOW_OK;
	}
	avow_buf_clear(&message);
	return e == AVOW_OK ? v : fail(s, e);
}

/* --- round 2 -------------------------------------------------------------------------------- */

/* tpm_quote: the quote is for this challenge and for this request key's text. */
static enum avow_err
qualified_data(struct rounds *s, uint8_t out[AVOW_SHA256_BYTES])
{
	const struct avow_span parts[] = {
		avow_buf_span(&s->jwk), AVOW_LIT("\0"), s->challenge};

	return avow_digest(AVOW_SHA256, parts, 3, out);
}

static void
put_request_key(struct avow_jw *w, struct rounds *s)
{
	avow_jw_name(w, "request_key");
	avow_jw_open(w, '{');
	avow_jw_name(w, "jwk");
	avow_jw_raw(w, avow_buf_span(&s->jwk));
	avow_jw_name(w, "info");
	avow_jw_raw(w, AVOW_LIT("{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}"));
	avow_jw_close(w);
}

static enum avow_err
put_data(struct avow_jw *w, struct rounds *s)
{
	uint8_t data[AVOW_SHA256_BYTES];

	AVOW_TRY(qualified_data(s, data));
	avow_jw_name(w, "challenge");
	avow_jw_string(w, avow_server_text(s->first, "challenge"));
	avow_jw_name(w, "service_context");
	avow_jw_string(w, avow_server_text(s->first, "service_context"));
	if (s->r->rp_id) {
		avow_jw_name(w, "rp_id");
		avow_jw_str(w, s->r->rp_id);
	}
	if (s->rp_data.n) {
		avow_jw_name(w, "rp_data");
		avow_jw_string(w, avow_buf_span(&s->rp_data));
	}
	if (s->credential.n)
		put_b64url(w, "x-avow-credential", &s->credential);
	put_request_key(w, s);
	avow_jw_name(w, "tpm_att_data");
	avow_jw_open(w, '{');
	avow_jw_name(w, "current_attestation");
	avow_jw_open(w, '{');
	AVOW_TRY(avow_tss_attest(
		s->tss, avow_span_make(data, sizeof(data)), w, &s->why));
	avow_jw_close(w);
	avow_jw_close(w);
	return w->b->err;
}

static enum avow_err
make_second(struct rounds *s, struct avow_buf *out)
{
	struct avow_buf payload;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&payload, AVOW_MAX_BODY_TPM);
	avow_jw_init(&w, &payload);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "att_type");
	avow_jw_str(&w, "basic");
	avow_jw_name(&w, "att_data");
	avow_jw_open(&w, '{');
	e = put_data(&w, s);
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_buf_put_str(out, "{\"payload\":{\"request\":\"");
	if (e == AVOW_OK)
		e = avow_jws_sign(AVOW_LIT("{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}"),
			avow_buf_span(&payload), s->key, AVOW_SIG_PS256, out);
	avow_buf_put_str(out, "\"}}");
	avow_buf_clear(&payload);
	return e == AVOW_OK ? out->err : e;
}

/* The report must be of this request: for its key, with its data. */
static enum avow_err
check_report(struct rounds *s, struct avow_span report)
{
	const struct avow_json *claims = NULL, *mine = NULL;
	struct avow_jws jws;
	enum avow_err e;

	e = avow_jws_parse(report, &s->arena, &jws, NULL);
	if (e == AVOW_OK)
		e = avow_json_parse(jws.payload, NULL, &s->arena, &claims, NULL);
	if (e != AVOW_OK)
		return odd_answer(s, "report", "a JWT");
	AVOW_TRY(avow_json_parse(
		avow_buf_span(&s->jwk), NULL, &s->arena, &mine, &s->why));
	claims = avow_json_get(claims, "cnf") ? claims : NULL;
	if (!claims || !avow_json_get(avow_json_get(claims, "cnf"), "jwk") ||
		!avow_json_eq(avow_json_get(avow_json_get(claims, "cnf"), "jwk"), mine))
		return odd_answer(s, "cnf", "the request's own key");
	if (!avow_span_eq(
		    avow_server_text(claims, "rp_data"), avow_buf_span(&s->rp_data)))
		return odd_answer(s, "rp_data", "the request's own");
	return AVOW_OK;
}

static enum avow_verdict
second_round(struct rounds *s, struct avow_buf *token)
{
	enum avow_verdict v = AVOW_VERDICT_UNDECIDED;
	const struct avow_json *answer;
	struct avow_buf message;
	struct avow_span report;
	enum avow_err e;

	avow_buf_init(&message, AVOW_MAX_BODY_TPM);
	e = make_second(s, &message);
	if (e == AVOW_OK)
		v = send_round(s, avow_buf_span(&message), &answer);
	if (v == AVOW_VERDICT_VERIFIED) {
		report = avow_server_text(answer, "report");
		e = check_report(s, report);
		avow_buf_put(token, report);
		if (e == AVOW_OK)
			e = token->err;
	}
	avow_buf_clear(&message);
	return e == AVOW_OK ? v : fail(s, e);
}

/* --- both -------------------------------------------------------------------------------------- */

enum avow_verdict
avow_attest_tpm(
	struct avow_attest_run *r, struct avow_buf *token, struct avow_problem *problem)
{
	struct rounds s = {.r = r, .problem = problem};
	enum avow_verdict v;
	enum avow_err e;

	avow_why_init(&s.why);
	avow_arena_init(&s.arena, AVOW_MIB(16));
	avow_buf_init(&s.jwk, AVOW_KIB(4));
	avow_buf_init(&s.rp_data, AVOW_KIB(64));
	avow_buf_init(&s.credential, AVOW_KIB(4));
	if (r->rq.nonce)
		avow_b64url_put(&s.rp_data, avow_span_str(r->rq.nonce));
	avow_collect_ready(&r->collect);
	e = take_key(&s);
	if (e == AVOW_OK)
		e = avow_tss_open(&r->collect.tpm, &s.tss, &s.why);
	v = e == AVOW_OK ? first_round(&s) : fail(&s, e);
	if (v == AVOW_VERDICT_VERIFIED)
		v = second_round(&s, token);
	if (v != AVOW_VERDICT_VERIFIED)
		avow_buf_reset(token);
	avow_tss_close(s.tss);
	avow_privkey_free(s.key);
	avow_buf_wipe(&s.credential);
	avow_buf_clear(&s.rp_data);
	avow_buf_clear(&s.jwk);
	avow_arena_clear(&s.arena);
	return v;
}
