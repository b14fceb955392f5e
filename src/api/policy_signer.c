/*
 * Who signed a policy JWT, and whether that is somebody whom an isolated
 * provider takes policies from. The key comes from the first certificate of x5c
 * and fixes which algorithms may stand in the header; a bare key in the header
 * is never taken.
 */
#include "api/policy_jwt.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/x509.h"
#include "wire/json_member.h"

#define SOURCE "MAA policy management, policy body"

struct chain {
	struct avow_cert *certs[AVOW_MAX_POLICY_X5C];
	size_t n;
};

/* RSA256 and ECDH256 are what .NET and old Python clients write (spec 02). */
static const struct {
	const char *sent, *name;
} ALGS[] = {
	{"RS256", "RS256"},
	{"RSA256", "RS256"},
	{"RS384", "RS384"},
	{"PS256", "PS256"},
	{"PS384", "PS384"},
	{"ES256", "ES256"},
	{"ECDH256", "ES256"},
	{"ES384", "ES384"},
};

static enum avow_err
choose_alg(struct avow_span sent, const char **name, struct avow_why *why)
{
	for (size_t i = 0; i < sizeof(ALGS) / sizeof(ALGS[0]); i++)
		if (avow_span_eq_str(sent, ALGS[i].sent)) {
			*name = ALGS[i].name;
			return AVOW_OK;
		}
	return avow_refuse(why, AVOW_E_JWS_ALGORITHM,
		&(struct avow_at){"policy_signature", "header.alg", SOURCE},
		"none, or RS, PS or ES of 256 or 384", "%.*s", AVOW_FMT(sent));
}

static enum avow_err
no_signer(struct avow_why *why, const char *got)
{
	return avow_refuse(why, AVOW_E_POLICY_SIGNER,
		&(struct avow_at){"policy_signature", "header.x5c", SOURCE},
		"a list of certificates in base 64", "%s", got);
}

static enum avow_err
too_large(struct avow_why *why, const char *expected)
{
	return avow_refuse(why, AVOW_E_TOO_LARGE,
		&(struct avow_at){"policy_signature", "header.x5c", SOURCE}, expected,
		NULL);
}

static enum avow_err
add_cert(const struct avow_json *item, size_t *room, struct avow_arena *a,
	struct chain *c, struct avow_why *why)
{
	struct avow_span der;
	enum avow_err e;

	if (item->type != AVOW_JSON_STRING)
		return no_signer(why, "an item that is no string");
	e = avow_b64_decode_lenient(item->string, *room, a, &der);
	if (e == AVOW_E_BASE64)
		return no_signer(why, "an item that is not base 64");
	if (e == AVOW_E_TOO_LARGE)
		return too_large(why, "at most 16384 bytes of certificates");
	AVOW_TRY(e);
	*room -= der.n;
	AVOW_TRY(avow_cert_parse(der, &c->certs[c->n], why));
	c->n++;
	return AVOW_OK;
}

static enum avow_err
read_chain(const struct avow_json *header, struct avow_arena *a, struct chain *c,
	struct avow_why *why)
{
	const struct avow_json *x5c = avow_json_get(header, "x5c");
	size_t room = AVOW_MAX_POLICY_X5C_DER;

	if (!x5c)
		x5c = avow_json_get(avow_json_get(header, "jwk"), "x5c");
	if (!x5c)
		return no_signer(why, "none");
	if (x5c->type != AVOW_JSON_ARRAY || x5c->count == 0)
		return no_signer(why, "no list, or an empty one");
	if (x5c->count > AVOW_MAX_POLICY_X5C)
		return too_large(why, "at most 8 certificates");
	for (size_t i = 0; i < x5c->count; i++)
		AVOW_TRY(add_cert(&x5c->items[i], &room, a, c, why));
	/* RFC 7515 4.1.6: each certifies the one before it */
	for (size_t i = 0; i + 1 < c->n; i++)
		AVOW_TRY(avow_chain_link(c->certs[i], c->certs[i + 1], i, why));
	return AVOW_OK;
}

/* The bare JWK of the recorded answers. */
static enum avow_err
put_jwk(const struct avow_cert *const *certs, size_t n, const char *alg,
	struct avow_arena *a, struct avow_span *out)
{
	bool is_rsa = avow_pubkey_type(certs[0]->key) == AVOW_KEY_RSA;
	struct avow_buf b, text;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_buf_init(&text, AVOW_MAX_TOKEN);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "alg", alg);
	avow_jw_put_str(&w, "kty", is_rsa ? "RSA" : "EC");
	avow_jw_put_str(&w, "use", "sig");
	avow_jw_name(&w, "x5c");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		avow_buf_reset(&text);
		avow_b64_put(&text, certs[i]->der);
		avow_jw_string(&w, avow_buf_span(&text));
	}
	avow_jw_close(&w);
	avow_jw_close(&w);
	e = text.err != AVOW_OK ? text.err : b.err;
	if (e == AVOW_OK) {
		*out = avow_arena_copy(a, avow_buf_span(&b));
		e = out->p ? AVOW_OK : avow_arena_err(a);
	}
	avow_buf_clear(&text);
	avow_buf_clear(&b);
	return e;
}

static enum avow_err
verify(const struct avow_jws *sent, const char *name, const struct chain *c,
	struct avow_why *why)
{
	struct avow_jws jws = *sent;
	enum avow_sig alg;
	enum avow_err e;

	jws.alg = avow_span_str(name);
	AVOW_TRY(avow_jws_alg(jws.alg, &alg));
	e = avow_jws_verify(&jws, c->certs[0]->key, alg);
	if (e == AVOW_E_JWS_ALGORITHM || e == AVOW_E_JWS_SIGNATURE)
		avow_refuse(why, e,
			&(struct avow_at){"policy_signature", "signature", SOURCE},
			"a signature of the first certificate of x5c", NULL);
	return e;
}

static enum avow_err
put_signer(const struct chain *c, const char *alg, struct avow_arena *a,
	struct avow_span *out)
{
	const struct avow_cert *certs[AVOW_MAX_POLICY_X5C] = {NULL};

	for (size_t i = 0; i < c->n; i++)
		certs[i] = c->certs[i];
	return put_jwk(certs, c->n, alg, a, out);
}

/* --- the isolated model ------------------------------------------------------------ */

static enum avow_err
check_usage(const struct avow_cert *cert, unsigned allowed, struct avow_why *why)
{
	static const struct avow_at at = {
		"policy_signature", "keyUsage", "RFC 5280 4.2.1.3"};

	if (!cert->has_key_usage || (cert->key_usage & allowed))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_CHAIN_KEY_USAGE, &at,
		"a usage that allows to sign", "0x%x", cert->key_usage);
}

/* spec 02, policy body: roots need cA TRUE. The clients' own signers are such
 * roots with keyCertSign alone, and sign policies: as in the recorded ones. */
enum avow_err
avow_policy_cert_judge(const struct avow_cert *cert, struct avow_why *why)
{
	static const struct avow_at at = {
		"policy_certificate", "basicConstraints.cA", SOURCE};

	if (avow_cert_is_self_issued(cert) &&
		!(cert->has_basic_constraints && cert->is_ca))
		return avow_refuse(why, AVOW_E_CHAIN_NOT_CA, &at, "TRUE",
			cert->has_basic_constraints ? "FALSE" : "absent");
	return check_usage(
		cert, AVOW_KU_DIGITAL_SIGNATURE | AVOW_KU_KEY_CERT_SIGN, why);
}

static bool
is_anchor(const struct avow_policy_trust *t, const struct avow_cert *cert)
{
	for (size_t i = 0; i < t->n_certs; i++)
		if (avow_span_eq(t->certs[i]->der, cert->der))
			return true;
	return false;
}

/* Certificates below an anchor: dates of each, and what the first is for. */
static enum avow_err
judge_below(const struct chain *c, size_t n, int64_t at_s, struct avow_why *why)
{
	for (size_t i = 0; i < n; i++)
		AVOW_TRY(avow_cert_valid_at(c->certs[i], at_s, why));
	return n ? check_usage(c->certs[0], AVOW_KU_DIGITAL_SIGNATURE, why) : AVOW_OK;
}

static enum avow_err
untrusted(
	const struct avow_policy_trust *t, const struct chain *c, struct avow_why *why)
{
	static const struct avow_at at = {"policy_signer", "header.x5c", SOURCE};

	return avow_refuse(why, AVOW_E_POLICY_SIGNER_UNTRUSTED, &at,
		t->is_direct ? "one of the provider's policy certificates"
			     : "a chain to one of the provider's policy certificates",
		"%s", c->certs[c->n - 1]->subject_cn);
}

/* No anchor is in the chain: one may have issued its last certificate. */
static enum avow_err
judge_under(
	const struct avow_policy_trust *t, const struct chain *c, struct avow_why *why)
{
	const struct avow_cert *last = c->certs[c->n - 1];

	for (size_t i = 0; i < t->n_certs; i++) {
		struct avow_why tried;

		if (!avow_span_eq(t->certs[i]->subject, last->issuer))
			continue;
		avow_why_init(&tried);
		if (avow_chain_link(last, t->certs[i], c->n - 1, &tried) == AVOW_OK)
			return judge_below(c, c->n, t->at_s, why);
		/* the issuer by name, and only this keeps it from being one */
		if (tried.code == AVOW_E_CHAIN_NOT_CA) {
			if (why)
				*why = tried;
			return tried.code;
		}
	}
	return untrusted(t, c, why);
}

static enum avow_err
judge_trust(
	const struct avow_policy_trust *t, const struct chain *c, struct avow_why *why)
{
	for (size_t i = 0; i < (t->is_direct ? 1 : c->n); i++)
		if (is_anchor(t, c->certs[i])) {
			AVOW_TRY(avow_policy_cert_judge(c->certs[i], why));
			return judge_below(c, i, t->at_s, why);
		}
	return t->is_direct ? untrusted(t, c, why) : judge_under(t, c, why);
}

static const char *
own_alg(const struct avow_cert *cert)
{
	switch (avow_pubkey_type(cert->key)) {
	case AVOW_KEY_RSA:
		return "RS256";
	case AVOW_KEY_P256:
		return "ES256";
	case AVOW_KEY_P384:
		return "ES384";
	case AVOW_KEY_P521:
	default:
		return "ES512";
	}
}

enum avow_err
avow_policy_cert_jwk(
	const struct avow_cert *cert, struct avow_arena *a, struct avow_span *out)
{
	return put_jwk(&cert, 1, own_alg(cert), a, out);
}

/* --- both models ---------------------------------------------------------------------- */

static enum avow_err
judge_signed(const struct avow_jws *jws, const struct avow_policy_trust *trust,
	struct avow_arena *a, struct avow_span *signer, struct avow_why *why)
{
	struct chain c = {.n = 0};
	const char *name = NULL;
	enum avow_err e;

	AVOW_TRY(choose_alg(jws->alg, &name, why));
	e = read_chain(jws->header, a, &c, why);
	if (e == AVOW_OK)
		e = verify(jws, name, &c, why);
	if (e == AVOW_OK && trust)
		e = judge_trust(trust, &c, why);
	if (e == AVOW_OK)
		e = put_signer(&c, name, a, signer);
	while (c.n > 0)
		avow_cert_free(c.certs[--c.n]);
	return e;
}

/* RFC 7518 3.6: `none` has the empty signature */
static enum avow_err
judge_unsigned(const struct avow_jws *jws, const struct avow_policy_trust *trust,
	struct avow_why *why)
{
	if (!avow_span_is_empty(jws->signature))
		return avow_refuse(why, AVOW_E_JWS_SIGNATURE,
			&(struct avow_at){
				"policy_signature", "signature", "RFC 7518 3.6"},
			"no signature under the algorithm none", NULL);
	if (trust)
		return avow_refuse(why, AVOW_E_POLICY_UNSIGNED,
			&(struct avow_at){"policy_signature", "header.alg",
				"MAA policy management, modes"},
			"a signature that leads to a policy certificate", "none");
	return AVOW_OK;
}

enum avow_err
avow_signed_open(struct avow_span body, const struct avow_policy_trust *trust,
	struct avow_arena *a, struct avow_policy_envelope *out, struct avow_why *why)
{
	const struct avow_json *quoted;
	struct avow_jws jws;

	*out = (struct avow_policy_envelope){.jwt = avow_span_trim(body)};
	if (out->jwt.n && out->jwt.p[0] == '"') {
		AVOW_TRY(avow_json_parse(out->jwt, NULL, a, &quoted, why));
		out->jwt = avow_span_trim(quoted->string);
	}
	AVOW_TRY(avow_jws_parse(out->jwt, a, &jws, why));
	out->payload = jws.payload;
	if (avow_span_eq_str(jws.alg, "none"))
		return judge_unsigned(&jws, trust, why);
	return judge_signed(&jws, trust, a, &out->signer, why);
}

enum avow_err
avow_policy_envelope_open(struct avow_span body, const struct avow_policy_trust *trust,
	struct avow_arena *a, struct avow_policy_envelope *out, struct avow_why *why)
{
	AVOW_TRY(avow_signed_open(body, trust, a, out, why));
	return avow_policy_jwt_text(out->jwt, a, &out->text, why);
}
