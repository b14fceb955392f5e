/*
 * Who signed a policy JWT. The key comes from the first certificate of x5c and
 * fixes which algorithms may stand in the header; a bare key in the header is
 * never taken. Whether that signer may set policies is not decided here.
 */
#include "api/policy_jwt.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/x509.h"
#include "wire/json.h"

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
put_signer(const struct chain *c, const char *alg, struct avow_arena *a,
	struct avow_span *out)
{
	bool is_rsa = avow_pubkey_type(c->certs[0]->key) == AVOW_KEY_RSA;
	struct avow_buf b, text;
	struct avow_jw w;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_buf_init(&text, AVOW_MAX_TOKEN);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "alg");
	avow_jw_str(&w, alg);
	avow_jw_name(&w, "kty");
	avow_jw_str(&w, is_rsa ? "RSA" : "EC");
	avow_jw_name(&w, "use");
	avow_jw_str(&w, "sig");
	avow_jw_name(&w, "x5c");
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < c->n; i++) {
		avow_buf_reset(&text);
		avow_b64_put(&text, c->certs[i]->der);
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
judge_signed(const struct avow_jws *jws, struct avow_arena *a, struct avow_span *signer,
	struct avow_why *why)
{
	struct chain c = {.n = 0};
	const char *name = NULL;
	enum avow_err e;

	AVOW_TRY(choose_alg(jws->alg, &name, why));
	e = read_chain(jws->header, a, &c, why);
	if (e == AVOW_OK)
		e = verify(jws, name, &c, why);
	if (e == AVOW_OK)
		e = put_signer(&c, name, a, signer);
	while (c.n > 0)
		avow_cert_free(c.certs[--c.n]);
	return e;
}

enum avow_err
avow_policy_envelope_open(struct avow_span body, struct avow_arena *a,
	struct avow_policy_envelope *out, struct avow_why *why)
{
	const struct avow_json *quoted;
	struct avow_jws jws;

	*out = (struct avow_policy_envelope){.jwt = avow_span_trim(body)};
	if (out->jwt.n && out->jwt.p[0] == '"') {
		AVOW_TRY(avow_json_parse(out->jwt, NULL, a, &quoted, why));
		out->jwt = avow_span_trim(quoted->string);
	}
	AVOW_TRY(avow_jws_parse(out->jwt, a, &jws, why));
	/* RFC 7518 3.6: `none` has the empty signature */
	if (!avow_span_eq_str(jws.alg, "none"))
		AVOW_TRY(judge_signed(&jws, a, &out->signer, why));
	else if (!avow_span_is_empty(jws.signature))
		return avow_refuse(why, AVOW_E_JWS_SIGNATURE,
			&(struct avow_at){
				"policy_signature", "signature", "RFC 7518 3.6"},
			"no signature under the algorithm none", NULL);
	return avow_policy_jwt_text(out->jwt, a, &out->text, why);
}
