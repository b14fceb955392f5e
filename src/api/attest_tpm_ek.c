/*
 * The first round's extension: credential activation. The EK's certificate is
 * judged like an AK's, the AK by its attributes, and what is sealed into the
 * context are digests alone.
 */
#include <string.h>

#include "api/attest_tpm.h"
#include "base/base64.h"
#include "base/limits.h"
#include "trust/tpm_chain.h"

#define CREDENTIAL_BYTES 32
#define MAX_PUBLIC 2048

static enum avow_err
bad(struct avow_why *why, const char *field, const char *expected)
{
	const struct avow_at at = {"request", field, "docs/tpm.md, activation"};

	return avow_refuse(why, AVOW_E_TPM_REQUEST, &at, expected, NULL);
}

static enum avow_err
read_bytes(const struct avow_json *v, const char *name, size_t max,
	struct avow_arena *a, struct avow_span *out, struct avow_why *why)
{
	enum avow_err e = AVOW_E_BASE64;

	if (v && v->type == AVOW_JSON_STRING)
		e = avow_b64_decode_lenient(v->string, max, a, out);
	if (e == AVOW_E_BASE64 || e == AVOW_E_TOO_LARGE)
		return bad(why, name, "base64url text");
	return e;
}

static enum avow_err
judge_ak(const struct avow_tpm_public *ak, struct avow_challenge *ch,
	struct avow_tpm_name *name, struct avow_why *why)
{
	struct avow_pubkey *key;
	enum avow_err e;

	AVOW_TRY(avow_tpm_ak_attributes(ak, why));
	AVOW_TRY(avow_tpm_public_name(ak, name, why));
	AVOW_TRY(avow_tpm_public_key(ak, &key, why));
	e = avow_sha256(avow_pubkey_spki(key), ch->ak);
	avow_pubkey_free(key);
	return e;
}

static enum avow_err
make(const struct avow_pubkey *ek, const struct avow_tpm_name *name,
	struct avow_challenge *ch, struct avow_tpm_credential *out,
	struct avow_why *why)
{
	uint8_t value[CREDENTIAL_BYTES];
	struct avow_span v = avow_span_make(value, sizeof(value));
	enum avow_err e;

	AVOW_TRY(avow_random(value, sizeof(value)));
	e = avow_tpm_credential_make(ek, name, v, out, why);
	if (e == AVOW_OK)
		e = avow_sha256(v, ch->credential);
	avow_wipe(value, sizeof(value));
	ch->has_credential = e == AVOW_OK;
	return e;
}

enum avow_err
avow_api_tpm_activation(const struct avow_json *o, const struct avow_http_request *rq,
	int64_t now_s, struct avow_challenge *ch,
	struct avow_tpm_credential *credential, struct avow_why *why)
{
	const struct avow_view *view = avow_worker_view(rq->worker_context);
	const struct avow_json *ek = avow_json_get(o, "x-avow-ek-cert");
	const struct avow_json *ak = avow_json_get(o, "x-avow-ak-public");
	struct avow_span cert, area;
	struct avow_tpm_public public_area;
	struct avow_tpm_chain chain;
	struct avow_tpm_name name;
	enum avow_err e;

	if (!ek && !ak)
		return AVOW_OK;
	AVOW_TRY(
		read_bytes(ek, "x-avow-ek-cert", AVOW_MAX_CERT, rq->arena, &cert, why));
	AVOW_TRY(read_bytes(ak, "x-avow-ak-public", MAX_PUBLIC, rq->arena, &area, why));
	AVOW_TRY(avow_tpm_public_parse(area, &public_area, why));
	AVOW_TRY(judge_ak(&public_area, ch, &name, why));
	e = avow_tpm_chain_verify(
		avow_tpm_cert_cut(cert), AVOW_TPM_USE_EK, view->anchors, &chain, why);
	if (e == AVOW_OK)
		e = avow_tpm_chain_valid_at(&chain, now_s, why);
	if (e == AVOW_OK)
		e = make(chain.certs[0]->key, &name, ch, credential, why);
	avow_tpm_chain_clear(&chain);
	return e;
}
