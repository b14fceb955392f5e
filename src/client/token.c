/*
 * A token under a key set, both as text: the checks that a relying party owes
 * itself, in one order (RFC 7519 7.2, RFC 8725 3, and docs/verify-a-token.md):
 *
 *   form -> key by kid -> the key's algorithm -> signature -> iss -> exp, nbf -> nonce
 *
 * Nothing in the token chooses a key's origin or an algorithm (verifier-bugs
 * 31): `jku`, `jwk` and `x5c` of the header are never looked at.
 */
#include "client/client.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/x509.h"

#define MAX_LEEWAY_S 600

struct chosen_key {
	struct avow_pubkey *key; /* owned */
	enum avow_sig alg;
};

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field, const char *source,
	const char *expected, const char *got)
{
	const struct avow_at at = {"token", field, source};

	return avow_refuse(why, code, &at, expected, "%s", got);
}

/* Memory and the library's own faults stay; the rest is the issuer's data. */
static enum avow_err
issuer_fault(
	enum avow_err err, struct avow_why *why, const char *field, const char *got)
{
	if (err == AVOW_E_NO_MEMORY || err == AVOW_E_CRYPTO)
		return err;
	return refuse(why, AVOW_E_ISSUER_METADATA, field, "RFC 7517", NULL, got);
}

/* --- form -------------------- */

static enum avow_err
read_token(struct avow_span token, struct avow_arena *a, struct avow_jws *jws,
	struct avow_why *why)
{
	struct avow_why inner;
	enum avow_err err;

	if (token.n > AVOW_MAX_TOKEN)
		return refuse(why, AVOW_E_TOKEN_FORMAT, "token", "limits", "128 KiB",
			"a longer text");
	avow_why_init(&inner);
	err = avow_jws_parse(token, a, jws, &inner);
	if (err == AVOW_E_NO_MEMORY)
		return err;
	if (err != AVOW_OK)
		return refuse(why, AVOW_E_TOKEN_FORMAT, inner.field, "RFC 7515 5.2",
			NULL, inner.got);
	/* RFC 8725 3.1 and spec 08: an unsigned token comes from a draft policy */
	if (avow_span_eq_fold(jws->alg, AVOW_LIT("none")))
		return refuse(why, AVOW_E_TOKEN_ALGORITHM, "header.alg", "RFC 8725 3.1",
			"the key's algorithm", "none");
	return AVOW_OK;
}

/* --- the key -------------------- */

/* The only key of that kid: two of one name would let an order decide. */
static enum avow_err
find_key(const struct avow_json *keys, struct avow_span kid,
	const struct avow_json **out, struct avow_why *why)
{
	const struct avow_json *found = NULL;

	for (size_t i = 0; i < keys->count; i++) {
		const struct avow_json *k = avow_json_get(&keys->items[i], "kid");

		if (!k || k->type != AVOW_JSON_STRING || !avow_span_eq(k->string, kid))
			continue;
		if (found)
			return issuer_fault(AVOW_OK, why, "keys.kid", "one kid twice");
		found = &keys->items[i];
	}
	if (!found)
		return avow_refuse(why, AVOW_E_TOKEN_KEY_UNKNOWN,
			&(struct avow_at){"token", "header.kid", "RFC 7515 4.1.4"},
			"a kid of the issuer's key set", "%.*s", AVOW_FMT(kid));
	if (!avow_jwk_may_verify(found))
		return refuse(why, AVOW_E_TOKEN_KEY_UNKNOWN, "keys.use", "RFC 7517 4.2",
			"sig", "a key that is for something else");
	*out = found;
	return AVOW_OK;
}

/* The key of x5c[0]: RFC 7517 4.7, standard base 64. *out is NULL without x5c. */
static enum avow_err
key_of_x5c(const struct avow_json *jwk, struct avow_arena *a, struct avow_pubkey **out)
{
	const struct avow_json *x5c = avow_json_get(jwk, "x5c");
	struct avow_cert *cert = NULL;
	struct avow_span der;

	*out = NULL;
	if (!x5c)
		return AVOW_OK;
	if (x5c->type != AVOW_JSON_ARRAY || x5c->count == 0 ||
		x5c->items[0].type != AVOW_JSON_STRING)
		return AVOW_E_JWK_FORMAT;
	AVOW_TRY(avow_b64_decode_lenient(x5c->items[0].string, AVOW_MAX_CERT, a, &der));
	AVOW_TRY(avow_cert_parse(der, &cert, NULL));
	*out = avow_pubkey_ref(cert->key);
	avow_cert_free(cert);
	return AVOW_OK;
}

static bool
has_members(const struct avow_json *jwk)
{
	return avow_json_get(jwk, "n") || avow_json_get(jwk, "crv");
}

/* n and e or crv, x and y; else x5c[0]. Both: the same key, RFC 7517 4.7. */
static enum avow_err
read_key(const struct avow_json *jwk, struct avow_arena *a, struct avow_pubkey **out,
	struct avow_why *why)
{
	struct avow_pubkey *plain = NULL, *certified = NULL;
	enum avow_err err = AVOW_OK;

	if (has_members(jwk))
		err = avow_jwk_parse(jwk, a, &plain);
	if (err == AVOW_OK)
		err = key_of_x5c(jwk, a, &certified);
	if (err == AVOW_OK && !plain && !certified)
		err = AVOW_E_JWK_FORMAT;
	if (err == AVOW_OK && plain && certified && !avow_pubkey_eq(plain, certified))
		err = AVOW_E_JWK_FORMAT;
	if (err == AVOW_OK)
		*out = avow_pubkey_ref(plain ? plain : certified);
	avow_pubkey_free(plain);
	avow_pubkey_free(certified);
	return err == AVOW_OK ? AVOW_OK
			      : issuer_fault(err, why, "keys", avow_err_text(err));
}

static enum avow_err
read_keys(struct avow_span jwks, struct avow_arena *a, const struct avow_json **keys,
	struct avow_why *why)
{
	const struct avow_json *root = NULL;
	enum avow_err err = avow_json_parse(jwks, NULL, a, &root, NULL);

	if (err != AVOW_OK)
		return issuer_fault(err, why, "jwks", avow_err_text(err));
	*keys = avow_json_get(root, "keys");
	if (!*keys || (*keys)->type != AVOW_JSON_ARRAY ||
		(*keys)->count > AVOW_MAX_JWKS_KEYS)
		return issuer_fault(
			AVOW_OK, why, "jwks.keys", "absent, no array, or too long");
	return AVOW_OK;
}

static enum avow_err
choose_key(const struct avow_jws *jws, struct avow_span jwks, struct avow_arena *a,
	struct chosen_key *out, struct avow_why *why)
{
	const struct avow_json *kid = avow_json_get(jws->header, "kid");
	const struct avow_json *keys = NULL, *jwk = NULL;

	if (!kid || kid->type != AVOW_JSON_STRING)
		return refuse(why, AVOW_E_TOKEN_KEY_UNKNOWN, "header.kid",
			"RFC 7515 4.1.4", "a string", "absent or something else");
	AVOW_TRY(read_keys(jwks, a, &keys, why));
	AVOW_TRY(find_key(keys, kid->string, &jwk, why));
	AVOW_TRY(read_key(jwk, a, &out->key, why));
	if (avow_jwk_alg(jwk, out->key, &out->alg) != AVOW_OK)
		return issuer_fault(AVOW_OK, why, "keys.alg",
			"an algorithm that does not fit the key");
	return AVOW_OK;
}

static enum avow_err
check_signature(
	const struct avow_jws *jws, const struct chosen_key *k, struct avow_why *why)
{
	enum avow_err err = avow_jws_verify(jws, k->key, k->alg);

	if (err == AVOW_E_JWS_ALGORITHM)
		return avow_refuse(why, AVOW_E_TOKEN_ALGORITHM,
			&(struct avow_at){"token", "header.alg", "RFC 8725 3.1"},
			avow_jws_alg_name(k->alg), "%.*s", AVOW_FMT(jws->alg));
	if (err == AVOW_E_JWS_SIGNATURE)
		return refuse(why, AVOW_E_TOKEN_SIGNATURE, "signature", "RFC 7515 5.2",
			NULL, "does not verify");
	return err;
}

/* --- claims -------------------- */

/* Only once the signature has held: the payload is nobody's until then. */
static enum avow_err
read_claims(struct avow_span payload, struct avow_arena *a,
	const struct avow_json **out, struct avow_why *why)
{
	enum avow_err err = avow_json_parse(payload, NULL, a, out, NULL);

	if (err == AVOW_E_NO_MEMORY)
		return err;
	if (err != AVOW_OK || (*out)->type != AVOW_JSON_OBJECT)
		return refuse(why, AVOW_E_TOKEN_FORMAT, "payload", "RFC 7519 7.2",
			"a JSON object",
			err != AVOW_OK ? avow_err_text(err) : "other JSON");
	return AVOW_OK;
}

static enum avow_err
check_issuer(
	const struct avow_json *claims, struct avow_span issuer, struct avow_why *why)
{
	static const struct avow_at at = {"token", "iss", "RFC 7519 4.1.1"};
	const struct avow_json *iss = avow_json_get(claims, "iss");
	struct avow_span got = iss && iss->type == AVOW_JSON_STRING
				       ? iss->string
				       : (struct avow_span){NULL, 0};
	struct avow_span bare = avow_span_ends(got, AVOW_LIT("/"))
					? avow_span_slice(got, 0, got.n - 1)
					: got;
	char expected[192];

	if (avow_span_eq(bare, issuer))
		return AVOW_OK;
	client_text(expected, sizeof(expected), issuer);
	return avow_refuse(
		why, AVOW_E_TOKEN_ISSUER, &at, expected, "%.*s", AVOW_FMT(got));
}

static int64_t
add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static enum avow_err
refuse_time(struct avow_why *why, enum avow_err code, const char *field,
	int64_t bound_s, int64_t now_s)
{
	char bound[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	avow_time_format(bound_s, bound);
	avow_time_format(now_s, now);
	return refuse(why, code, field, "RFC 7519 4.1", bound, now);
}

/* RFC 7519 4.1.4: on or after exp it is not accepted; 4.1.5: not before nbf. The
 * contract's tokens always have exp (spec 08), so one without it is none. */
static enum avow_err
check_times(const struct avow_json *claims, const struct client_expect *x,
	struct avow_why *why)
{
	const struct avow_json *exp = avow_json_get(claims, "exp");
	const struct avow_json *nbf = avow_json_get(claims, "nbf");

	if (!exp || exp->type != AVOW_JSON_INT || (nbf && nbf->type != AVOW_JSON_INT))
		return refuse(why, AVOW_E_TOKEN_FORMAT, nbf && exp ? "nbf" : "exp",
			"RFC 7519 4.1.4", "whole seconds", "absent or something else");
	if (x->now_s >= add_saturating(exp->integer, x->leeway_s))
		return refuse_time(
			why, AVOW_E_TOKEN_EXPIRED, "exp", exp->integer, x->now_s);
	if (nbf && add_saturating(x->now_s, x->leeway_s) < nbf->integer)
		return refuse_time(
			why, AVOW_E_TOKEN_NOT_YET_VALID, "nbf", nbf->integer, x->now_s);
	return AVOW_OK;
}

/* Some clients send the nonce as a number, and get a number back (spec 01): then
 * its digits are compared. */
static enum avow_err
check_nonce(
	const struct avow_json *claims, struct avow_span nonce, struct avow_why *why)
{
	const struct avow_json *got = avow_json_get(claims, "nonce");

	if (!nonce.p)
		return AVOW_OK;
	if (got && got->type == AVOW_JSON_STRING && avow_span_eq(got->string, nonce))
		return AVOW_OK;
	if (got && got->type == AVOW_JSON_INT && avow_span_eq(got->raw, nonce))
		return AVOW_OK;
	return refuse(why, AVOW_E_TOKEN_NONCE, "nonce", "MAA token contract",
		"the nonce that was sent", got ? "another one" : "absent");
}

/* --- the whole -------------------- */

enum avow_err
client_check(struct avow_span token, struct avow_span jwks,
	const struct client_expect *expect, struct avow_arena *a,
	struct avow_span *payload, struct avow_why *why)
{
	const struct avow_json *claims = NULL;
	struct chosen_key k = {.key = NULL};
	struct avow_jws jws;
	enum avow_err err;

	AVOW_TRY(read_token(avow_span_trim(token), a, &jws, why));
	err = choose_key(&jws, jwks, a, &k, why);
	if (err == AVOW_OK)
		err = check_signature(&jws, &k, why);
	avow_pubkey_free(k.key);
	AVOW_TRY(err);
	AVOW_TRY(read_claims(jws.payload, a, &claims, why));
	AVOW_TRY(check_issuer(claims, expect->issuer, why));
	AVOW_TRY(check_times(claims, expect, why));
	AVOW_TRY(check_nonce(claims, expect->nonce, why));
	*payload = jws.payload;
	return AVOW_OK;
}

enum avow_err
client_expectation(const struct avow_verify_options *options, struct avow_span issuer,
	struct client_expect *out, struct avow_why *why)
{
	static const struct avow_verify_options defaults;

	if (!options)
		options = &defaults;
	if (options->leeway_s < 0 || options->leeway_s > MAX_LEEWAY_S ||
		options->now_s < 0)
		return refuse(why, AVOW_E_USAGE, "options", "avow.h",
			"leeway_s 0 to 600, now_s not negative", "something else");
	*out = (struct client_expect){.issuer = issuer,
		.nonce = avow_span_str(options->nonce),
		.now_s = options->now_s ? options->now_s : avow_clock_now_s(),
		.leeway_s = options->leeway_s};
	return AVOW_OK;
}
