/*
 * The contract's messages (MAA TPM attestation protocol, VBS): what the first round
 * answered is read, and the second one's JWS is made, in both versions. The
 * enclave's report is over the text of report_signed, which therefore stands in the
 * payload as it was made.
 */
#include <string.h>

#include "base/arena.h"
#include "base/base64.h"
#include "crypto/jose.h"
#include "forge/vbs_impl.h"
#include "wire/json_member.h"

#define RP_DATA "cmVseWluZy1wYXJ0eQ"

/* --- the first round ---------------------------------------------------------------- */

static enum avow_err
refuse(struct avow_why *why)
{
	const struct avow_at at = {"forge_parameters", "first", NULL};

	return avow_refuse(why, AVOW_E_USAGE, &at,
		"the answer of /attest/Tpm to the first round", NULL);
}

static struct avow_span
text_of(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	return v && v->type == AVOW_JSON_STRING ? v->string : (struct avow_span){0};
}

static enum avow_err
read_answer(struct vbs_forge *f, struct avow_arena *a, struct avow_why *why)
{
	const struct avow_json *o, *inner;
	struct avow_span text;

	if (avow_json_parse(f->p.first, NULL, a, &o, NULL) != AVOW_OK ||
		avow_b64url_decode(text_of(o, "data"), FORGE_MAX_OUTPUT, a, &text) !=
			AVOW_OK ||
		avow_json_parse(text, NULL, a, &o, NULL) != AVOW_OK)
		return refuse(why);
	inner = avow_json_get(o, "payload");
	o = inner ? inner : o;
	if (avow_b64url_decode(text_of(o, "challenge"), VBS_CHALLENGE_MAX, a, &text) !=
			AVOW_OK ||
		text.n == 0)
		return refuse(why);
	memcpy(f->challenge, text.p, text.n);
	f->challenge_n = text.n;
	avow_buf_put(&f->context, text_of(o, "service_context"));
	return f->context.err;
}

enum avow_err
vbs_read_first(struct vbs_forge *f, struct avow_why *why)
{
	struct avow_arena a;
	enum avow_err e;

	f->challenge_n = 16;
	if (f->p.first.n == 0)
		return AVOW_OK;
	avow_arena_init(&a, FORGE_MAX_OUTPUT);
	e = read_answer(f, &a, why);
	avow_arena_clear(&a);
	return e;
}

/* --- report_signed ---------------------------------------------------------------------- */

enum avow_err
vbs_make_jwk(struct vbs_forge *f)
{
	struct avow_jw w;

	avow_jw_init(&w, &f->jwk);
	avow_jw_open(&w, '{');
	AVOW_TRY(avow_jwk_put_members(&w, avow_privkey_public(f->keys->request)));
	avow_jw_close(&w);
	return f->jwk.err;
}

static void
put_member(struct avow_jw *w, const char *name, const struct avow_buf *bytes)
{
	avow_jw_name(w, name);
	avow_jw_b64url(w, avow_buf_span(bytes));
}

/* NCRYPT_TPM_PLATFORM_ATTESTATION_STATEMENT (ncrypt.h), little-endian */
static enum avow_err
put_claim_blob(const struct vbs_forge *f, struct avow_jw *w)
{
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, FORGE_MAX_OUTPUT);
	avow_buf_put_str(&b, "ALPT");
	forge_put_le(&b, 0, 4);
	forge_put_le(&b, 0x0b, 4); /* TPM_ALG_SHA256 */
	forge_put_le(&b, f->quote_signature.n, 4);
	forge_put_le(&b, f->quote.n, 4);
	forge_put_le(&b, sizeof(f->pcr), 4);
	avow_buf_put(&b, avow_buf_span(&f->quote_signature));
	avow_buf_put(&b, avow_buf_span(&f->quote));
	forge_put_bytes(&b, f->pcr, sizeof(f->pcr));
	put_member(w, "current_claim", &b);
	e = b.err;
	avow_buf_clear(&b);
	return e;
}

static void
put_pcrs(const struct vbs_forge *f, struct avow_jw *w)
{
	avow_jw_name(w, "pcrs");
	avow_jw_open(w, '[');
	avow_jw_open(w, '{');
	avow_jw_put_int(w, "algorithm", 0x0b);
	avow_jw_name(w, "values");
	avow_jw_open(w, '[');
	for (int i = 0; i < 24; i++) {
		avow_jw_open(w, '{');
		avow_jw_put_int(w, "index", i);
		avow_jw_name(w, "digest");
		avow_jw_b64url(w, avow_span_make(f->pcr[i], sizeof(f->pcr[i])));
		avow_jw_close(w);
	}
	avow_jw_close(w);
	avow_jw_close(w);
	avow_jw_close(w);
}

static void
put_attestation(const struct vbs_forge *f, struct avow_jw *w)
{
	avow_jw_name(w, "current_attestation");
	avow_jw_open(w, '{');
	avow_jw_name(w, "logs");
	avow_jw_open(w, '[');
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "type", "TCG");
	put_member(w, "log", &f->log);
	avow_jw_close(w);
	avow_jw_close(w);
	put_member(w, "aik_cert", &f->ak_cert);
	put_pcrs(f, w);
	put_member(w, "quote", &f->quote);
	put_member(w, "signature", &f->quote_signature);
	avow_jw_close(w);
}

static enum avow_err
put_tpm(const struct vbs_forge *f, struct avow_jw *w)
{
	enum avow_err e = AVOW_OK;

	avow_jw_name(w, "tpm_att_data");
	avow_jw_open(w, '{');
	if (f->p.version == 1) {
		put_member(w, "srtm_boot_log", &f->log);
		put_member(w, "aik_cert", &f->ak_cert);
		e = put_claim_blob(f, w);
	} else {
		put_attestation(f, w);
	}
	avow_jw_close(w);
	return e;
}

static void
put_request_key(const struct vbs_forge *f, struct avow_jw *w)
{
	avow_jw_name(w, f->p.version == 1 ? "attest_key" : "request_key");
	if (f->p.version == 1) {
		avow_jw_raw(w, avow_buf_span(&f->jwk));
		return;
	}
	avow_jw_open(w, '{');
	avow_jw_name(w, "jwk");
	avow_jw_raw(w, avow_buf_span(&f->jwk));
	avow_jw_name(w, "info");
	avow_jw_raw(w, AVOW_LIT("{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}"));
	avow_jw_close(w);
}

enum avow_err
vbs_make_signed(struct vbs_forge *f)
{
	struct avow_jw w;

	avow_jw_init(&w, &f->report_signed);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "challenge");
	avow_jw_b64url(&w, avow_span_make(f->challenge, f->challenge_n));
	avow_jw_put_string(&w, "service_context", avow_buf_span(&f->context));
	if (f->p.rp_id)
		avow_jw_put_str(&w, "rp_id", f->p.rp_id);
	avow_jw_put_str(&w, "rp_data", RP_DATA);
	AVOW_TRY(put_tpm(f, &w));
	put_request_key(f, &w);
	avow_jw_close(&w);
	return f->report_signed.err;
}

/* --- the second round ---------------------------------------------------------------------- */

static enum avow_err
make_payload(struct vbs_forge *f)
{
	struct avow_jw w;

	avow_jw_init(&w, &f->payload);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "att_type", "vbs");
	avow_jw_name(&w, "att_data");
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "report_signed");
	avow_jw_raw(&w, avow_buf_span(&f->report_signed));
	if (f->p.version == 1) {
		put_member(&w, "vsm_report", &f->report);
	} else {
		avow_jw_name(&w, "vsm_report");
		avow_jw_open(&w, '{');
		avow_jw_name(&w, "enclave");
		avow_jw_open(&w, '{');
		put_member(&w, "report", &f->report);
		avow_jw_close(&w);
		avow_jw_close(&w);
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	return f->payload.err;
}

/* {"data": base64url of {"payload": {"request": the JWS}}} */
static enum avow_err
put_body(struct vbs_forge *f)
{
	struct avow_buf inner;
	struct avow_jw w;

	avow_buf_init(&inner, FORGE_MAX_OUTPUT);
	avow_buf_put_str(&inner, "{\"payload\":{\"request\":\"");
	avow_buf_put(&inner, avow_buf_span(&f->jws));
	avow_buf_put_str(&inner, "\"}}");
	avow_jw_init(&w, &f->request);
	avow_jw_open(&w, '{');
	put_member(&w, "data", &inner);
	avow_jw_close(&w);
	if (inner.err != AVOW_OK && f->request.err == AVOW_OK)
		f->request.err = inner.err;
	avow_buf_clear(&inner);
	return f->request.err;
}

enum avow_err
vbs_make_request(struct vbs_forge *f)
{
	const struct avow_privkey *key =
		vbs_bent(f, VBS_JWS_SIGNATURE) ? f->keys->idk : f->keys->request;
	struct avow_span header =
		f->p.version == 1
			? AVOW_LIT("{\"alg\":\"PS256\",\"typ\":\"attReq\"}")
			: AVOW_LIT("{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}");

	AVOW_TRY(make_payload(f));
	AVOW_TRY(avow_jws_sign(
		header, avow_buf_span(&f->payload), key, AVOW_SIG_PS256, &f->jws));
	return put_body(f);
}
