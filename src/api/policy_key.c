/*
 * From a JWK to the certificate in it. A bare key is never taken: a signer is a
 * certificate in this contract, and a key beside it must be its own, so that
 * two readers of one JWK cannot trust two different keys.
 */
#include "api/policy_key.h"

#include "base/base64.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/jose.h"

#define SOURCE "RFC 7517, 4.7"

struct reader {
	const char *field;
	struct avow_arena *a;
	struct avow_why *why;
	size_t room; /* bytes of certificates that may still come */
};

static enum avow_err
refuse(const struct reader *r, enum avow_err e, const char *expected, const char *got)
{
	return avow_refuse(r->why, e, &(struct avow_at){"policy_key", r->field, SOURCE},
		expected, got ? "%s" : NULL, got);
}

static enum avow_err
read_cert(struct reader *r, const struct avow_json *item, struct avow_cert **out)
{
	struct avow_span der;
	enum avow_err e;

	if (item->type != AVOW_JSON_STRING)
		return refuse(r, AVOW_E_POLICY_KEY, "certificates in base 64",
			"an item that is no string");
	e = avow_b64_decode_lenient(item->string, r->room, r->a, &der);
	if (e == AVOW_E_BASE64)
		return refuse(r, AVOW_E_POLICY_KEY, "certificates in base 64",
			"an item that is not base 64");
	if (e == AVOW_E_TOO_LARGE)
		return refuse(r, e, "at most 16384 bytes of certificates", NULL);
	AVOW_TRY(e);
	r->room -= der.n;
	return avow_cert_parse(der, out, r->why);
}

/* RFC 7517 4.7: each certificate certifies the one before it. */
static enum avow_err
read_rest(struct reader *r, const struct avow_json *x5c, const struct avow_cert *first)
{
	struct avow_cert *chain[AVOW_MAX_POLICY_X5C] = {NULL};
	const struct avow_cert *child = first;
	enum avow_err e = AVOW_OK;

	for (size_t i = 1; e == AVOW_OK && i < x5c->count; i++) {
		e = read_cert(r, &x5c->items[i], &chain[i]);
		if (e == AVOW_OK)
			e = avow_chain_link(child, chain[i], i - 1, r->why);
		child = chain[i];
	}
	for (size_t i = 1; i < x5c->count; i++)
		avow_cert_free(chain[i]);
	return e;
}

static const struct avow_json *
member(const struct avow_json *jwk, const char *name)
{
	const struct avow_json *v = avow_json_get_fold(jwk, name);

	return v && v->type == AVOW_JSON_NULL ? NULL : v;
}

/* The members of RFC 7518 6 that are a public key; those of a private one. */
static enum avow_err
check_key(const struct reader *r, const struct avow_json *jwk,
	const struct avow_cert *cert)
{
	struct avow_pubkey *key = NULL;
	bool same;
	enum avow_err e;

	if (member(jwk, "d") || member(jwk, "k"))
		return refuse(r, AVOW_E_POLICY_KEY, "a public key", "a private one");
	if (!member(jwk, "n") && !member(jwk, "x"))
		return AVOW_OK;
	e = avow_jwk_parse(jwk, r->a, &key);
	if (e == AVOW_E_JWK_FORMAT)
		return refuse(r, AVOW_E_POLICY_KEY, "the key of x5c[0]",
			"members that are no key");
	AVOW_TRY(e);
	same = avow_pubkey_eq(key, cert->key);
	avow_pubkey_free(key);
	return same ? AVOW_OK
		    : refuse(r, AVOW_E_POLICY_KEY, "the key of x5c[0]", "another one");
}

enum avow_err
avow_policy_key_cert(const struct avow_json *jwk, const char *field,
	struct avow_arena *a, struct avow_cert **out, struct avow_why *why)
{
	struct reader r = {field, a, why, AVOW_MAX_POLICY_X5C_DER};
	const struct avow_json *x5c;
	struct avow_cert *cert;
	enum avow_err e;

	*out = NULL;
	if (jwk->type != AVOW_JSON_OBJECT)
		return refuse(&r, AVOW_E_POLICY_KEY, "a JSON Web Key", "no object");
	x5c = member(jwk, "x5c");
	if (!x5c || x5c->type != AVOW_JSON_ARRAY || x5c->count == 0)
		return refuse(&r, AVOW_E_POLICY_KEY,
			"x5c, a list of certificates in base 64",
			x5c ? "no list, or an empty one" : "none");
	if (x5c->count > AVOW_MAX_POLICY_X5C)
		return refuse(&r, AVOW_E_TOO_LARGE, "at most 8 certificates", NULL);
	AVOW_TRY(read_cert(&r, &x5c->items[0], &cert));
	e = read_rest(&r, x5c, cert);
	if (e == AVOW_OK)
		e = check_key(&r, jwk, cert);
	if (e != AVOW_OK) {
		avow_cert_free(cert);
		return e;
	}
	*out = cert;
	return AVOW_OK;
}

enum avow_err
avow_policy_thumbprint(struct avow_span der, char out[AVOW_THUMBPRINT_TEXT])
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t sha1[AVOW_SHA1_BYTES];

	AVOW_TRY(avow_digest(AVOW_SHA1, &der, 1, sha1));
	for (size_t i = 0; i < sizeof(sha1); i++) {
		out[2 * i] = digits[sha1[i] >> 4];
		out[2 * i + 1] = digits[sha1[i] & 15];
	}
	out[2 * sizeof(sha1)] = '\0';
	return AVOW_OK;
}
