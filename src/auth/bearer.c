/*
 * A bearer token of an OpenID Connect issuer: a compact JWS whose payload says
 * who it is for, until when, and what roles it gives (RFC 7519 7.2, RFC 9068 4,
 * RFC 8725 3). The caller brings the issuer's entry of the access file and the
 * key of the token's kid; the key has its one algorithm.
 *
 *   form -> [issuer, key: auth.c] -> algorithm, signature -> aud -> exp, nbf, iat
 *        -> required claims -> sub -> roles -> grants
 *
 * The header's jku, jwk, x5u and x5c are never looked at (verifier-bugs 31).
 */
#include "auth/impl.h"

#include "base/limits.h"

#define LEEWAY_S 60
#define MAX_SUB 256 /* OpenID Connect Core 1.0, 2: 255 */
/* NumericDate, RFC 7519 2: far enough, and exact as a double */
#define MAX_TIME INT64_C(253402300799)
#define MAX_ROLES 1024
#define MAX_DEPTH 16

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field, const char *source,
	const char *expected, const char *got)
{
	const struct avow_at at = {"bearer", field, source};

	return avow_refuse(why, code, &at, expected, got ? "%s" : NULL, got);
}

/* --- form -------------------------------------------------------------------------- */

bool
avow_bearer_is_jwt(struct avow_span token)
{
	return avow_span_find_byte(token, '.') != token.n;
}

/* RFC 9068 4 and RFC 7519 5.1: an access token, or what does not say. A logout
 * or proof token of the same issuer is none (RFC 8725 3.11). */
static bool
is_access_type(const struct avow_json *typ)
{
	static const char *const taken[] = {"JWT", "at+jwt", "application/at+jwt"};

	if (!typ)
		return true;
	if (typ->type != AVOW_JSON_STRING)
		return false;
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (avow_span_eq_fold(typ->string, avow_span_str(taken[i])))
			return true;
	return false;
}

static enum avow_err
read_header(struct avow_unverified_bearer *out, struct avow_why *why)
{
	const struct avow_json *kid = avow_json_get(out->jws.header, "kid");

	if (!is_access_type(avow_json_get(out->jws.header, "typ")))
		return refuse(why, AVOW_E_BEARER_FORMAT, "header.typ", "RFC 8725 3.11",
			"JWT or at+jwt", "another type");
	if (!kid)
		return AVOW_OK;
	if (kid->type != AVOW_JSON_STRING || kid->string.n == 0)
		return refuse(why, AVOW_E_BEARER_FORMAT, "header.kid", "RFC 7515 4.1.4",
			"a string", NULL);
	out->kid = kid->string;
	return AVOW_OK;
}

static enum avow_err
read_claims(
	struct avow_unverified_bearer *out, struct avow_arena *a, struct avow_why *why)
{
	static const struct avow_json_rules rules = {.max_depth = MAX_DEPTH};
	const struct avow_json *iss;
	enum avow_err e =
		avow_json_parse(out->jws.payload, &rules, a, &out->claims, NULL);

	if (e == AVOW_E_NO_MEMORY)
		return e;
	if (e != AVOW_OK || out->claims->type != AVOW_JSON_OBJECT)
		return refuse(why, AVOW_E_BEARER_FORMAT, "payload", "RFC 7519 7.2",
			"a JSON object", e == AVOW_OK ? NULL : avow_err_text(e));
	iss = avow_json_get(out->claims, "iss");
	if (!iss || iss->type != AVOW_JSON_STRING)
		return refuse(why, AVOW_E_BEARER_FORMAT, "iss", "RFC 7519 4.1.1",
			"a string", NULL);
	out->issuer = iss->string;
	return AVOW_OK;
}

enum avow_err
avow_bearer_read(struct avow_span token, struct avow_arena *a,
	struct avow_unverified_bearer *out, struct avow_why *why)
{
	struct avow_why inner;
	enum avow_err e;

	*out = (struct avow_unverified_bearer){.claims = NULL};
	avow_why_init(&inner);
	if (token.n > AVOW_MAX_BEARER)
		return refuse(why, AVOW_E_BEARER_FORMAT, "token", "limits", "12 KiB",
			"a longer text");
	e = avow_jws_parse(token, a, &out->jws, &inner);
	if (e == AVOW_E_NO_MEMORY)
		return e;
	if (e != AVOW_OK)
		return refuse(why, AVOW_E_BEARER_FORMAT, inner.field, "RFC 7515 5.2",
			NULL, inner.got);
	AVOW_TRY(read_header(out, why));
	return read_claims(out, a, why);
}

/* --- what it must hold --------------------------------------------------------------- */

static enum avow_err
check_signature(const struct avow_unverified_bearer *b,
	const struct avow_issuer_key *key, struct avow_why *why)
{
	enum avow_err e = avow_jws_verify(&b->jws, key->key, key->alg);

	if (e == AVOW_E_JWS_ALGORITHM)
		return refuse(why, AVOW_E_TOKEN_ALGORITHM, "header.alg", "RFC 8725 3.1",
			avow_jws_alg_name(key->alg), "another");
	if (e == AVOW_E_JWS_SIGNATURE)
		return refuse(why, AVOW_E_TOKEN_SIGNATURE, "signature", "RFC 7515 5.2",
			"a signature of the issuer's key", NULL);
	return e;
}

static bool
has_text(const struct avow_texts *texts, const struct avow_json *v)
{
	for (size_t i = 0; v->type == AVOW_JSON_STRING && i < texts->n; i++)
		if (avow_span_eq(texts->v[i], v->string))
			return true;
	return false;
}

/* RFC 7519 4.1.3: one string, or a list of which one is enough. */
static bool
has_any_text(const struct avow_texts *texts, const struct avow_json *v)
{
	if (!v || v->type != AVOW_JSON_ARRAY)
		return v && has_text(texts, v);
	for (size_t i = 0; i < v->count; i++)
		if (has_text(texts, &v->items[i]))
			return true;
	return false;
}

/* RFC 7519 2, NumericDate: it may have a fraction, which is dropped. */
static enum avow_err
read_time(const struct avow_json *claims, const char *name, bool needed, int64_t *out,
	bool *present, struct avow_why *why)
{
	const struct avow_json *v = avow_json_get(claims, name);

	*present = v != NULL;
	if (!v && !needed)
		return AVOW_OK;
	if (!v || (v->type != AVOW_JSON_INT && v->type != AVOW_JSON_REAL) ||
		!(v->real >= 0) || v->real > (double)MAX_TIME)
		return refuse(why, AVOW_E_BEARER_FORMAT, name, "RFC 7519 4.1",
			"seconds since 1970", v ? "something else" : "none");
	*out = v->type == AVOW_JSON_INT ? v->integer : (int64_t)v->real;
	return AVOW_OK;
}

static enum avow_err
check_times(const struct avow_json *claims, int64_t at_s, struct avow_why *why)
{
	static const char *const early[] = {"nbf", "iat"};
	bool present;
	int64_t t;

	AVOW_TRY(read_time(claims, "exp", true, &t, &present, why));
	/* RFC 7519 4.1.4: on or after exp it is not taken; leeway for the clocks */
	if (at_s - LEEWAY_S >= t)
		return refuse(why, AVOW_E_TOKEN_EXPIRED, "exp", "RFC 7519 4.1.4",
			"a time to come", NULL);
	for (size_t i = 0; i < 2; i++) {
		AVOW_TRY(read_time(claims, early[i], false, &t, &present, why));
		if (present && at_s + LEEWAY_S < t)
			return refuse(why, AVOW_E_TOKEN_NOT_YET_VALID, early[i],
				"RFC 7519 4.1.5", "a time that has come", NULL);
	}
	return AVOW_OK;
}

static enum avow_err
check_required(const struct avow_json *claims, const struct avow_issuer *issuer,
	struct avow_why *why)
{
	for (size_t i = 0; i < issuer->n_required; i++) {
		const struct avow_required *r = &issuer->required[i];

		if (has_any_text(&r->values, avow_json_get_span(claims, r->claim)))
			continue;
		refuse(why, AVOW_E_BEARER_CLAIM, NULL, "docs/authorize.md",
			"one of the values that the access file requires", NULL);
		avow_why_field(why, "%.*s", AVOW_FMT(r->claim));
		return AVOW_E_BEARER_CLAIM;
	}
	return AVOW_OK;
}

/* --- who, and what for ------------------------------------------------------------------ */

/* A member, or by a JSON pointer (RFC 6901) of plain names what lies deeper. */
static const struct avow_json *
claim_at(const struct avow_json *claims, struct avow_span path)
{
	if (path.n == 0 || path.p[0] != '/')
		return avow_json_get_span(claims, path);
	while (claims && path.n) {
		struct avow_span rest = avow_span_from(path, 1);
		size_t n = avow_span_find_byte(rest, '/');

		claims = avow_json_get_span(claims, avow_span_slice(rest, 0, n));
		path = avow_span_from(rest, n);
	}
	return claims;
}

static enum avow_err
grant_words(const struct avow_rules *rules, struct avow_span text, size_t *left,
	struct avow_arena *a, struct avow_who *who)
{
	while (text.n && *left) {
		size_t n = avow_span_find_byte(text, ' ');

		(*left)--;
		AVOW_TRY(avow_rules_grant(
			rules, AVOW_MATCH_ROLE, avow_span_slice(text, 0, n), a, who));
		text = avow_span_from(text, n + 1);
	}
	return AVOW_OK;
}

/* A list of names, or names with spaces between them (RFC 6749 3.3). */
static enum avow_err
grant_claim(const struct avow_rules *rules, const struct avow_json *v, size_t *left,
	struct avow_arena *a, struct avow_who *who)
{
	if (v && v->type == AVOW_JSON_STRING)
		return grant_words(rules, v->string, left, a, who);
	if (!v || v->type != AVOW_JSON_ARRAY)
		return AVOW_OK;
	for (size_t i = 0; i < v->count && *left; i++, (*left)--)
		if (v->items[i].type == AVOW_JSON_STRING)
			AVOW_TRY(avow_rules_grant(
				rules, AVOW_MATCH_ROLE, v->items[i].string, a, who));
	return AVOW_OK;
}

static enum avow_err
name_of(const struct avow_unverified_bearer *b, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *sub = avow_json_get(b->claims, "sub");
	struct avow_buf name;

	if (!sub || sub->type != AVOW_JSON_STRING || sub->string.n == 0 ||
		sub->string.n > MAX_SUB)
		return refuse(why, AVOW_E_BEARER_FORMAT, "sub", "RFC 9068 2.2",
			"a string of at most 256 bytes", NULL);
	avow_buf_init_arena(&name, a, AVOW_KIB(4));
	avow_buf_put(&name, sub->string);
	avow_buf_put_byte(&name, '@');
	avow_buf_put(&name, b->issuer);
	*out = avow_buf_span(&name);
	return name.err;
}

static enum avow_err
fill_who(const struct avow_unverified_bearer *b, const struct avow_issuer *issuer,
	struct avow_arena *a, struct avow_who *out, struct avow_why *why)
{
	struct avow_who who = {.n_grants = 0};
	size_t left = MAX_ROLES;

	AVOW_TRY(name_of(b, a, &who.name, why));
	AVOW_TRY(avow_rules_grant(
		&issuer->rules, AVOW_MATCH_ROLE, (struct avow_span){NULL, 0}, a, &who));
	for (size_t i = 0; i < issuer->role_claims.n; i++)
		AVOW_TRY(grant_claim(&issuer->rules,
			claim_at(b->claims, issuer->role_claims.v[i]), &left, a, &who));
	*out = who;
	return AVOW_OK;
}

enum avow_err
avow_bearer_verify(const struct avow_unverified_bearer *b,
	const struct avow_issuer *issuer, const struct avow_issuer_key *key,
	int64_t at_s, struct avow_arena *a, struct avow_who *who, struct avow_why *why)
{
	AVOW_TRY(check_signature(b, key, why));
	if (!has_any_text(&issuer->audiences, avow_json_get(b->claims, "aud")))
		return refuse(why, AVOW_E_BEARER_AUDIENCE, "aud", "RFC 7519 4.1.3",
			"an audience of this service", NULL);
	AVOW_TRY(check_times(b->claims, at_s, why));
	AVOW_TRY(check_required(b->claims, issuer, why));
	return fill_who(b, issuer, a, who, why);
}
