/*
 * Finds the attestation key and says whether it is known to be a TPM's (bugs 25
 * and 26): by its certificate up to a trusted root, or because a certified
 * endorsement key's TPM activated it. A key that is neither is only a key.
 */
#include "evidence/tpm/ak.h"

#include <stdlib.h>
#include <string.h>

#include "evidence/tpm/layout.h"
#include "trust/tpm_chain.h"

static void
free_chain(void *p)
{
	avow_tpm_chain_clear(p);
	free(p);
}

static void
free_key(void *p)
{
	avow_pubkey_free(p);
}

/* Anybody can send keys: their room is smaller than that of chains. */
#define MAX_KEYS 1024u

enum avow_err
avow_tpm_cache_new(size_t max, struct avow_tpm_cache **out)
{
	struct avow_tpm_cache *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return AVOW_E_NO_MEMORY;
	if (avow_memo_new(max, free_chain, &c->chains) != AVOW_OK ||
		avow_memo_new(max < MAX_KEYS ? max : MAX_KEYS, free_key, &c->keys) !=
			AVOW_OK) {
		avow_tpm_cache_free(c);
		return AVOW_E_NO_MEMORY;
	}
	*out = c;
	return AVOW_OK;
}

void
avow_tpm_cache_free(struct avow_tpm_cache *c)
{
	if (!c)
		return;
	avow_memo_free(c->chains);
	avow_memo_free(c->keys);
	free(c);
}

/* --- the certificate --------------------------------------------------------------------- */

static enum avow_err
memo_key(struct avow_span der, const struct avow_anchors *anchors, uint8_t *key)
{
	const struct avow_span parts[] = {AVOW_LIT("tpm ak 1"),
		avow_span_make(avow_anchors_id(anchors), AVOW_SHA256_BYTES), der};

	return avow_digest(AVOW_SHA256, parts, 3, key);
}

static bool
is_refusal(enum avow_err e)
{
	return avow_err_class(e) == AVOW_CLASS_EVIDENCE;
}

/* The chain's answer, with the leaf's key where there is a leaf. */
static enum avow_err
judge_chain(const struct avow_tpm_chain *c, enum avow_err e, int64_t at_s,
	struct avow_tpm_ak *out, struct avow_why *why)
{
	if (c->n > 0)
		out->key = avow_pubkey_ref(c->certs[0]->key);
	return e == AVOW_OK ? avow_tpm_chain_valid_at(c, at_s, why) : e;
}

static enum avow_err
by_certificate(struct avow_span der, const struct avow_verify_in *in,
	struct avow_tpm_cache *cache, struct avow_tpm_ak *out, struct avow_why *why)
{
	struct avow_tpm_chain *known, chain;
	uint8_t key[AVOW_SHA256_BYTES];
	enum avow_err e;

	AVOW_TRY(memo_key(der, in->anchors, key));
	known = cache ? avow_memo_get(cache->chains, key) : NULL;
	if (known)
		return judge_chain(known, AVOW_OK, in->at_s, out, why);
	e = avow_tpm_chain_verify(der, AVOW_TPM_USE_AK, in->anchors, &chain, why);
	known = e == AVOW_OK && cache ? malloc(sizeof(*known)) : NULL;
	e = judge_chain(&chain, e, in->at_s, out, why);
	if (!known) {
		avow_tpm_chain_clear(&chain);
		return e;
	}
	*known = chain;
	avow_memo_put(cache->chains, key, known);
	return e;
}

/* --- the bare key ---------------------------------------------------------------------------- */

enum avow_err
avow_tpm_read_key(const struct avow_json *jwk, struct avow_tpm_cache *cache,
	struct avow_arena *a, struct avow_pubkey **out)
{
	const struct avow_span parts[] = {AVOW_LIT("tpm jwk 1"), jwk->raw};
	uint8_t key[AVOW_SHA256_BYTES];
	struct avow_pubkey *known;

	*out = NULL;
	if (!cache)
		return avow_jwk_parse(jwk, a, out);
	AVOW_TRY(avow_digest(AVOW_SHA256, parts, 2, key));
	known = avow_memo_get(cache->keys, key);
	if (known) {
		*out = avow_pubkey_ref(known);
		return AVOW_OK;
	}
	AVOW_TRY(avow_jwk_parse(jwk, a, out));
	avow_memo_put(cache->keys, key, avow_pubkey_ref(*out));
	return AVOW_OK;
}

static enum avow_err
read_jwk(const struct avow_json *jwk, struct avow_tpm_cache *cache,
	struct avow_arena *a, struct avow_pubkey **out, struct avow_why *why)
{
	enum avow_err e = avow_tpm_read_key(jwk, cache, a, out);

	if (e != AVOW_E_JWK_FORMAT)
		return e;
	return tpm_bad_member(why, "aik_pub",
		"a JWK: RSA of 2048 bits or more, P-256, P-384 or P-521");
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected)
{
	const struct avow_at at = {
		"ak_certificate", field, "MAA TPM attestation protocol, aik_cert"};

	return avow_refuse(why, code, &at, expected, NULL);
}

static enum avow_err
must_equal(const struct avow_tpm_attestation *t, const struct avow_pubkey *key,
	struct avow_tpm_cache *cache, struct avow_arena *a, struct avow_why *why)
{
	struct avow_pubkey *pub;
	bool same;

	if (!t->aik_pub)
		return AVOW_OK;
	AVOW_TRY(read_jwk(t->aik_pub, cache, a, &pub, why));
	same = avow_pubkey_eq(pub, key);
	avow_pubkey_free(pub);
	return same ? AVOW_OK
		    : refuse(why, AVOW_E_TPM_AK_KEY, "aik_pub", "the key of aik_cert");
}

static enum avow_err
find_certified(const struct avow_tpm_attestation *t, const struct avow_verify_in *in,
	struct avow_tpm_cache *cache, struct avow_arena *a, struct avow_tpm_ak *out,
	struct avow_why *why)
{
	struct avow_why local;
	enum avow_err e;

	avow_why_init(&local);
	e = by_certificate(t->aik_cert, in, cache, out, &local);
	out->is_validated = e == AVOW_OK;
	if (e != AVOW_OK && !(in->allow_uncertified_ak && is_refusal(e) && out->key)) {
		if (why && why->code == AVOW_OK)
			*why = local;
		return e;
	}
	return must_equal(t, out->key, cache, a, why);
}

static enum avow_err
find_bare(const struct avow_tpm_attestation *t, const struct avow_verify_in *in,
	struct avow_tpm_cache *cache, struct avow_arena *a, struct avow_tpm_ak *out,
	struct avow_why *why)
{
	const struct avow_tpm_session *s = in->tpm;

	AVOW_TRY(read_jwk(t->aik_pub, cache, a, &out->key, why));
	AVOW_TRY(avow_sha256(avow_pubkey_spki(out->key), out->sha256));
	out->is_validated =
		s && avow_span_eq(s->activated_ak, avow_span_make(out->sha256, 32));
	if (out->is_validated || in->allow_uncertified_ak)
		return AVOW_OK;
	return refuse(why, AVOW_E_TPM_AK_UNCERTIFIED, "aik_cert",
		"a certificate, or a key that was activated");
}

enum avow_err
avow_tpm_ak_find(const struct avow_tpm_attestation *t, const struct avow_verify_in *in,
	struct avow_tpm_cache *cache, struct avow_arena *a, struct avow_tpm_ak *out,
	struct avow_why *why)
{
	enum avow_err e;

	memset(out, 0, sizeof(*out));
	e = t->aik_cert.n > 0 ? find_certified(t, in, cache, a, out, why)
			      : find_bare(t, in, cache, a, out, why);
	if (e == AVOW_OK)
		e = avow_sha256(avow_pubkey_spki(out->key), out->sha256);
	if (e != AVOW_OK)
		avow_tpm_ak_clear(out);
	return e;
}

enum avow_err
avow_tpm_ak_same(const struct avow_tpm_attestation *t, const struct avow_tpm_ak *ak,
	struct avow_tpm_cache *cache, struct avow_arena *a, struct avow_why *why)
{
	struct avow_cert *cert = NULL;
	bool same = true;
	enum avow_err e;

	if (t->aik_cert.n > 0) {
		e = avow_cert_parse(t->aik_cert, &cert, NULL);
		if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			return e;
		same = e == AVOW_OK && avow_pubkey_eq(cert->key, ak->key);
		avow_cert_free(cert);
	}
	if (same)
		return must_equal(t, ak->key, cache, a, why);
	return refuse(why, AVOW_E_TPM_BOOT_CYCLE, "aik_cert",
		"the attestation key of the current attestation");
}

void
avow_tpm_ak_clear(struct avow_tpm_ak *ak)
{
	avow_pubkey_free(ak->key);
	memset(ak, 0, sizeof(*ak));
}
