/*
 * The forms in which TPM evidence comes, told apart by their first byte:
 *
 *   {...}         an attestation object (contract, v2), with challenge and
 *                 required_pcr_mask beside its members
 *   a.b.c         the compact JWS of the second round: typ attReq or attReqV2,
 *                 att_type basic or vbs
 *
 * Whether the JWS is signed is verify.c's question.
 */
#include "base/hex.h"
#include "base/limits.h"
#include "evidence/tpm/layout.h"

#define MAX_CHALLENGE 64
#define MAX_TEXT 1024

const struct avow_tpm_evidence *
avow_tpm_evidence_of(const struct avow_evidence *ev)
{
	return ev->kind == &avow_kind_tpm ? ev->body : NULL;
}

/* --- the attestation object by itself ---------------------------------------------------- */

static enum avow_err
read_hex_challenge(const struct avow_json *o, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	struct avow_span text;
	uint8_t *out;

	AVOW_TRY(tpm_member_text(o, "challenge", 2 * MAX_CHALLENGE, &text, why));
	if (!tpm_member(o, "challenge"))
		return AVOW_OK;
	e->has_challenge = true;
	if (text.n == 0)
		return AVOW_OK;
	out = avow_arena_alloc(a, text.n / 2 + 1);
	if (!out)
		return avow_arena_err(a);
	if (text.n % 2 || avow_hex_decode(text, out, text.n / 2) != AVOW_OK)
		return tpm_bad_member(why, "challenge", "hexadecimal text");
	e->challenge = avow_span_make(out, text.n / 2);
	return AVOW_OK;
}

static enum avow_err
read_mask(const struct avow_json *o, struct avow_tpm_evidence *e, struct avow_why *why)
{
	const struct avow_json *v = tpm_member(o, "required_pcr_mask");

	if (!v)
		return AVOW_OK;
	if (v->type != AVOW_JSON_INT || v->integer < 0 ||
		v->integer > AVOW_TPM_PCRS_ALL)
		return tpm_bad_member(
			why, "required_pcr_mask", "a number from 0 to 16777215");
	e->has_required = true;
	e->required = (uint32_t)v->integer;
	return AVOW_OK;
}

static enum avow_err
read_object(struct avow_span text, struct avow_arena *a, struct avow_tpm_evidence *e,
	struct avow_why *why)
{
	const struct avow_json_rules rules = {.allow_bom = true};
	const struct avow_json *o;

	AVOW_TRY(avow_json_parse(text, &rules, a, &o, why));
	if (o->type != AVOW_JSON_OBJECT)
		return tpm_bad_member(why, "", "an object");
	AVOW_TRY(read_hex_challenge(o, a, e, why));
	AVOW_TRY(read_mask(o, e, why));
	return tpm_read_attestation(o, a, &e->current, why);
}

/* --- the request --------------------------------------------------------------------------- */

static enum avow_err
read_v2(const struct avow_json *data, const struct avow_json *tpm, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	const struct avow_json *current, *boot, *key;
	const struct avow_json *others = tpm_member(data, "other_keys");

	AVOW_TRY(tpm_member_object(tpm, "current_attestation", &current, why));
	if (!current)
		return tpm_bad_member(why, "current_attestation", "an object");
	AVOW_TRY(tpm_read_attestation(current, a, &e->current, why));
	AVOW_TRY(tpm_member_object(tpm, "boot_attestation", &boot, why));
	if (boot)
		AVOW_TRY(tpm_read_attestation(boot, a, &e->boot, why));
	AVOW_TRY(tpm_member_object(data, "request_key", &key, why));
	if (!key)
		return tpm_bad_member(why, "request_key", "an object with jwk");
	AVOW_TRY(tpm_read_key(key, a, &e->keys[0], why));
	e->n_keys = 1;
	if (!others)
		return AVOW_OK;
	if (others->type != AVOW_JSON_ARRAY || others->count > AVOW_TPM_MAX_KEYS - 1)
		return tpm_bad_member(why, "other_keys", "an array of at most 2");
	for (size_t i = 0; i < others->count; i++) {
		if (others->items[i].type != AVOW_JSON_OBJECT)
			return tpm_bad_member(why, "other_keys", "objects with jwk");
		AVOW_TRY(tpm_read_key(&others->items[i], a, &e->keys[i + 1], why));
		if (e->keys[i + 1].binding == AVOW_TPM_BOUND_BY_QUOTE)
			return tpm_bad_member(why, "other_keys", "no key by tpm_quote");
	}
	e->n_keys = 1 + others->count;
	return AVOW_OK;
}

static enum avow_err
read_v1_key(
	const struct avow_json *data, struct avow_tpm_evidence *e, struct avow_why *why)
{
	AVOW_TRY(tpm_member_object(data, "attest_key", &e->keys[0].jwk, why));
	if (!e->keys[0].jwk)
		return tpm_bad_member(why, "attest_key", "a JWK");
	e->keys[0].jwk_text = e->keys[0].jwk->raw;
	e->n_keys = 1;
	return AVOW_OK;
}

static enum avow_err
read_texts(const struct avow_json *data, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	AVOW_TRY(tpm_read_custom(tpm_member(data, "custom_claims"), a, e, why));
	AVOW_TRY(tpm_member_text(data, "rp_id", MAX_TEXT, &e->rp_id, why));
	AVOW_TRY(tpm_member_text(data, "rp_data", AVOW_MAX_NONCE, &e->rp_data, why));
	AVOW_TRY(tpm_member_text(
		data, "service_context", AVOW_KIB(8), &e->service_context, why));
	AVOW_TRY(tpm_member_bytes(
		data, "x-avow-credential", MAX_CHALLENGE, a, &e->credential, why));
	AVOW_TRY(tpm_member_bytes(
		data, "challenge", MAX_CHALLENGE, a, &e->challenge, why));
	e->has_challenge = e->challenge.n > 0;
	if (!e->has_challenge)
		return tpm_bad_member(why, "challenge", "base64url text");
	return AVOW_OK;
}

static enum avow_err
read_data(const struct avow_json *data, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	const struct avow_json *tpm;

	AVOW_TRY(read_texts(data, a, e, why));
	AVOW_TRY(tpm_member_object(data, "tpm_att_data", &tpm, why));
	if (!tpm)
		return tpm_bad_member(why, "tpm_att_data", "an object");
	if (e->form == AVOW_TPM_FORM_V2)
		return read_v2(data, tpm, a, e, why);
	AVOW_TRY(read_v1_key(data, e, why));
	return tpm_read_v1(tpm, a, e, why);
}

/* The report binds the text of report_signed as it was sent. */
static enum avow_err
read_vbs(const struct avow_json *o, struct avow_arena *a, struct avow_tpm_evidence *e,
	const struct avow_json **data, struct avow_why *why)
{
	const struct avow_json *report = o;
	const char *name = "vsm_report";

	e->is_vbs = true;
	AVOW_TRY(tpm_member_object(o, "report_signed", data, why));
	if (!*data)
		return tpm_bad_member(why, "report_signed", "an object");
	e->report_signed = (*data)->raw;
	if (e->form == AVOW_TPM_FORM_V2) {
		AVOW_TRY(tpm_member_object(o, "vsm_report", &report, why));
		if (report)
			AVOW_TRY(tpm_member_object(report, "enclave", &report, why));
		if (!report)
			return tpm_bad_member(why, "vsm_report.enclave", "an object");
		name = "report";
	}
	AVOW_TRY(tpm_member_bytes(report, name, AVOW_KIB(64), a, &e->vbs_report, why));
	if (e->vbs_report.n == 0)
		return tpm_bad_member(why, "vsm_report", "an enclave report");
	return AVOW_OK;
}

static enum avow_err
read_payload(struct avow_arena *a, struct avow_tpm_evidence *e, struct avow_why *why)
{
	const struct avow_json *o, *data;
	struct avow_span type;

	AVOW_TRY(avow_json_parse(e->jws.payload, NULL, a, &o, why));
	if (o->type != AVOW_JSON_OBJECT)
		return tpm_bad_member(why, "payload", "an object");
	AVOW_TRY(tpm_member_text(o, "att_type", 16, &type, why));
	AVOW_TRY(tpm_member_object(o, "att_data", &data, why));
	if (!data)
		return tpm_bad_member(why, "att_data", "an object");
	/* the contract's text says "vsm" in one place */
	if (avow_span_eq_str(type, "vbs") || avow_span_eq_str(type, "vsm"))
		AVOW_TRY(read_vbs(data, a, e, &data, why));
	else if (!avow_span_eq_str(type, "basic"))
		return tpm_bad_member(why, "att_type", "basic or vbs");
	return read_data(data, a, e, why);
}

static enum avow_err
read_jws(struct avow_span text, struct avow_arena *a, struct avow_tpm_evidence *e,
	struct avow_why *why)
{
	const struct avow_json *typ;

	AVOW_TRY(avow_jws_parse(text, a, &e->jws, why));
	typ = avow_json_get(e->jws.header, "typ");
	if (typ && typ->type == AVOW_JSON_STRING &&
		avow_span_eq_str(typ->string, "attReqV2"))
		e->form = AVOW_TPM_FORM_V2;
	else if (typ && typ->type == AVOW_JSON_STRING &&
		 avow_span_eq_str(typ->string, "attReq"))
		e->form = AVOW_TPM_FORM_V1;
	else
		return tpm_bad_member(why, "typ", "attReq or attReqV2");
	return read_payload(a, e, why);
}

static bool
starts_json(struct avow_span s)
{
	if (avow_span_starts(s, AVOW_LIT("\xef\xbb\xbf")))
		s = avow_span_from(s, 3);
	s = avow_span_trim(s);
	return s.n > 0 && (s.p[0] == '{' || s.p[0] == '[');
}

enum avow_err
avow_tpm_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why)
{
	struct avow_tpm_evidence *e = avow_arena_alloc(a, sizeof(*e));

	*out = NULL;
	if (!e)
		return avow_arena_err(a);
	if (starts_json(bytes))
		AVOW_TRY(read_object(bytes, a, e, why));
	else
		AVOW_TRY(read_jws(bytes, a, e, why));
	return avow_evidence_make(&avow_kind_tpm, bytes, e, a, out);
}
