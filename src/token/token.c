/*
 * A token: prepared header, payload written once, signature by the key that is
 * current at the token's time, each base64url straight into the output.
 *
 *   header "." payload "." signature
 *
 * Which claims stand in the payload is assemble.c's to decide; which key signs
 * is keyset.c's.
 */
#include "token/token.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "token/assemble.h"
#include "token/issuer.h"

#define JTI_BYTES 32 /* spec 05, common: 64 lower hex digits */
#define REPORT_JTI_BYTES 20 /* spec 06, report */
#define PAYLOAD(token) ((token) / 4 * 3) /* base64url makes it 4/3 longer */

static void
add_times(const struct avow_token_issuer *i, int64_t now_s, int64_t life_s,
	int64_t back_s, struct avow_claims *own)
{
	avow_token_add_string(own, AVOW_LIT("iss"), avow_token_iss(i));
	avow_token_add_int(own, AVOW_LIT("iat"), now_s);
	avow_token_add_int(own, AVOW_LIT("nbf"), now_s - back_s);
	avow_token_add_int(own, AVOW_LIT("exp"), now_s + life_s);
}

static enum avow_err
too_large(size_t max, struct avow_why *why)
{
	static const struct avow_at at = {"token", "token", NULL};
	char expected[32];

	snprintf(expected, sizeof(expected), "at most %zu bytes", max);
	return avow_refuse(why, AVOW_E_TOKEN_TOO_LARGE, &at, expected, NULL);
}

/* Header and payload are in out, from `start`; the signature is appended. */
static enum avow_err
put_signature(const struct avow_key *key, size_t start, struct avow_buf *out)
{
	struct avow_buf sig;
	enum avow_err e;

	avow_buf_init(&sig, AVOW_KIB(1));
	e = avow_sign(
		key->key, key->alg, avow_span_from(avow_buf_span(out), start), &sig);
	avow_buf_put_byte(out, '.');
	avow_b64url_put(out, avow_buf_span(&sig));
	avow_buf_clear(&sig);
	return e;
}

/* What the token is besides its payload. */
struct put {
	int64_t now_s, life_s;
	size_t max;
	bool is_draft, is_report, omit_x5c;
};

/* The prepared header; a report's carries a certificate and is made for it. */
static enum avow_err
put_head(struct avow_token_issuer *i, const struct put *p, size_t k,
	struct avow_buf *out)
{
	if (p->is_report && !p->is_draft)
		return avow_token_report_header(i, k, p->omit_x5c, out);
	avow_buf_put(
		out, avow_buf_span(p->is_draft ? &i->draft_header[k] : &i->header[k]));
	return out->err;
}

/* Nothing of an unfinished token stays in out. */
static enum avow_err
put_token(struct avow_token_issuer *i, const struct put *p, struct avow_span payload,
	struct avow_buf *out, struct avow_why *why)
{
	size_t start = out->n, k = avow_keys_signer(i->keys, p->now_s);
	enum avow_err e = AVOW_OK;

	if (!p->is_draft)
		e = avow_keys_promise(i->keys, k, p->life_s, why);
	if (e == AVOW_OK)
		e = put_head(i, p, k, out);
	avow_b64url_put(out, payload);
	if (e == AVOW_OK)
		e = out->err;
	if (p->is_draft)
		avow_buf_put_byte(out, '.');
	else if (e == AVOW_OK)
		e = put_signature(&i->keys->v[k], start, out);
	if (e == AVOW_OK)
		e = out->err;
	if (e == AVOW_OK && out->n - start > p->max)
		e = too_large(p->max, why);
	if (e != AVOW_OK)
		out->n = start;
	return e;
}

static void
add_jti(bool is_report, const uint8_t *random, char *text, struct avow_claims *own)
{
	size_t n = is_report ? REPORT_JTI_BYTES : JTI_BYTES;

	avow_hex_encode(avow_span_make(random, n), text);
	avow_token_add_string(own, AVOW_LIT("jti"), avow_span_make(text, 2 * n));
	if (is_report) /* spec 06: the deprecated name stands beside the new one */
		avow_token_add_string(own, AVOW_LIT("ver"), AVOW_LIT("1.0"));
}

enum avow_err
avow_token_make(struct avow_token_issuer *i, const struct avow_token_spec *spec,
	struct avow_arena *a, struct avow_buf *out, struct avow_why *why)
{
	int64_t life_s = spec->life_s ? spec->life_s : AVOW_TOKEN_LIFE_S;
	const struct put p = {spec->now_s, life_s, AVOW_MAX_TOKEN, spec->is_draft,
		spec->is_report, spec->omit_x5c};
	uint8_t random[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];
	struct avow_claims own;
	struct avow_buf json;
	enum avow_err e;

	AVOW_TRY(avow_random(random, sizeof(random)));
	avow_claims_init(&own, a);
	add_times(i, spec->now_s, life_s, spec->back_s, &own);
	add_jti(spec->is_report, random, jti, &own);
	avow_buf_init(&json, PAYLOAD(AVOW_MAX_TOKEN));
	e = avow_token_assemble(spec, &own, &json, why);
	if (e == AVOW_OK)
		e = put_token(i, &p, avow_buf_span(&json), out, why);
	else if (e == AVOW_E_TOKEN_TOO_LARGE)
		e = too_large(AVOW_MAX_TOKEN, why);
	avow_buf_clear(&json);
	return e;
}

enum avow_err
avow_token_put_claims(const struct avow_token_spec *spec, struct avow_arena *a,
	struct avow_buf *out, struct avow_why *why)
{
	struct avow_claims own;
	struct avow_buf json;
	enum avow_err e;

	avow_claims_init(&own, a);
	avow_buf_init(&json, PAYLOAD(AVOW_MAX_TOKEN));
	e = avow_token_assemble(spec, &own, &json, why);
	if (e == AVOW_E_TOKEN_TOO_LARGE)
		e = too_large(AVOW_MAX_TOKEN, why);
	if (e == AVOW_OK) {
		avow_buf_put(out, avow_buf_span(&json));
		e = out->err;
	}
	avow_buf_clear(&json);
	return e;
}

/* spec 02, Response tokens: one hour, and no jti or x-ms-ver */
enum avow_err
avow_token_make_result(struct avow_token_issuer *i, int64_t now_s,
	const struct avow_claims *claims, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why)
{
	const struct put p = {.now_s = now_s,
		.life_s = AVOW_TOKEN_RESULT_LIFE_S,
		.max = AVOW_MAX_RESULT_TOKEN};
	struct avow_claims own;
	struct avow_buf json;
	enum avow_err e;

	avow_claims_init(&own, a);
	add_times(i, now_s, AVOW_TOKEN_RESULT_LIFE_S, 0, &own);
	avow_buf_init(&json, PAYLOAD(AVOW_MAX_RESULT_TOKEN));
	e = avow_claims_put_json(&json, &own, claims);
	if (json.err == AVOW_E_TOO_LARGE)
		e = too_large(AVOW_MAX_RESULT_TOKEN, why);
	if (e == AVOW_OK)
		e = put_token(i, &p, avow_buf_span(&json), out, why);
	avow_buf_clear(&json);
	return e;
}
