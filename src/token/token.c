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

/* Nothing of an unfinished token stays in out. */
static enum avow_err
put_token(const struct avow_token_issuer *i, int64_t now_s, bool is_draft, size_t max,
	struct avow_span payload, struct avow_buf *out, struct avow_why *why)
{
	size_t start = out->n, k = avow_keys_signer(i->keys, now_s);
	const struct avow_buf *header = is_draft ? &i->draft_header[k] : &i->header[k];
	enum avow_err e;

	avow_buf_put(out, avow_buf_span(header));
	avow_b64url_put(out, payload);
	e = out->err;
	if (is_draft)
		avow_buf_put_byte(out, '.');
	else if (e == AVOW_OK)
		e = put_signature(&i->keys->v[k], start, out);
	if (e == AVOW_OK)
		e = out->err;
	if (e == AVOW_OK && out->n - start > max)
		e = too_large(max, why);
	if (e != AVOW_OK)
		out->n = start;
	return e;
}

enum avow_err
avow_token_make(const struct avow_token_issuer *i, const struct avow_token_spec *spec,
	struct avow_arena *a, struct avow_buf *out, struct avow_why *why)
{
	int64_t life_s = spec->life_s ? spec->life_s : AVOW_TOKEN_LIFE_S;
	uint8_t random[JTI_BYTES];
	char jti[2 * JTI_BYTES + 1];
	struct avow_claims own;
	struct avow_buf json;
	enum avow_err e;

	AVOW_TRY(avow_random(random, sizeof(random)));
	avow_hex_encode(avow_span_make(random, sizeof(random)), jti);
	avow_claims_init(&own, a);
	add_times(i, spec->now_s, life_s, spec->back_s, &own);
	avow_token_add_string(
		&own, AVOW_LIT("jti"), avow_span_make(jti, 2 * JTI_BYTES));
	avow_buf_init(&json, PAYLOAD(AVOW_MAX_TOKEN));
	e = avow_token_assemble(spec, &own, &json, why);
	if (e == AVOW_OK)
		e = put_token(i, spec->now_s, spec->is_draft, AVOW_MAX_TOKEN,
			avow_buf_span(&json), out, why);
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
avow_token_make_result(const struct avow_token_issuer *i, int64_t now_s,
	const struct avow_claims *claims, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why)
{
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
		e = put_token(i, now_s, false, AVOW_MAX_RESULT_TOKEN,
			avow_buf_span(&json), out, why);
	avow_buf_clear(&json);
	return e;
}
