/*
 * An issuer's two documents: the discovery document, of which only issuer and
 * jwks_uri matter, and the JWKS. Both come from the network and are judged as
 * input: strict JSON, limits, and nothing taken from them that could choose an
 * algorithm for a key of another type (RFC 8725 3.1; mistakes 6).
 */
#include "auth/impl.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"

/* A tree of 256 KiB with keys of a certificate chain each. */
#define PARSE_MEMORY AVOW_MIB(4)
#define MAX_KID 256

struct avow_issuer_keys {
	atomic_uint refs;
	struct avow_arena arena; /* the kids */
	size_t n;
	struct avow_issuer_key v[AVOW_MAX_ISSUER_KEYS];
};

static enum avow_err
bad(struct avow_why *why, const char *field, const char *source, const char *expected,
	const char *got)
{
	const struct avow_at at = {"issuer", field, source};

	return avow_refuse(
		why, AVOW_E_ISSUER_METADATA, &at, expected, got ? "%s" : NULL, got);
}

static enum avow_err
parse(struct avow_span text, const char *field, struct avow_arena *a,
	const struct avow_json **out, struct avow_why *why)
{
	enum avow_err e = avow_json_parse(text, NULL, a, out, NULL);

	if (e == AVOW_E_NO_MEMORY)
		return e;
	if (e != AVOW_OK || (*out)->type != AVOW_JSON_OBJECT)
		return bad(why, field, "RFC 8259", "a JSON object",
			e == AVOW_OK ? "something else" : avow_err_text(e));
	return AVOW_OK;
}

/* --- keys ------------------------------------------------------------------------ */

/* RFC 7517 9.3 asks for no private members; who publishes one has lost it. */
static bool
has_private_half(const struct avow_json *jwk)
{
	return avow_json_get(jwk, "d") || avow_json_get(jwk, "k");
}

/* AVOW_OK with no key in *out: one that is not for us. */
static enum avow_err
read_key(const struct avow_json *jwk, struct avow_arena *a, struct avow_issuer_key *out)
{
	const struct avow_json *kid = avow_json_get(jwk, "kid");
	enum avow_err e;

	*out = (struct avow_issuer_key){.key = NULL};
	if (!avow_jwk_may_verify(jwk) || has_private_half(jwk))
		return AVOW_OK;
	if (kid && (kid->type != AVOW_JSON_STRING || kid->string.n == 0 ||
			   kid->string.n > MAX_KID))
		return AVOW_OK;
	e = avow_jwk_parse(jwk, a, &out->key);
	if (e == AVOW_E_JWK_FORMAT)
		return AVOW_OK;
	AVOW_TRY(e);
	if (avow_jwk_alg(jwk, out->key, &out->alg) != AVOW_OK) {
		avow_pubkey_free(out->key);
		out->key = NULL;
		return AVOW_OK;
	}
	if (kid)
		out->kid = kid->string;
	return AVOW_OK;
}

static enum avow_err
add_key(struct avow_issuer_keys *k, const struct avow_json *jwk, struct avow_arena *a)
{
	struct avow_issuer_key key;

	AVOW_TRY(read_key(jwk, a, &key));
	if (!key.key)
		return AVOW_OK;
	if (key.kid.n) {
		key.kid = avow_arena_copy(&k->arena, key.kid);
		if (!key.kid.p) {
			avow_pubkey_free(key.key);
			return avow_arena_err(&k->arena);
		}
	}
	k->v[k->n++] = key;
	return AVOW_OK;
}

/* Two keys of one kid: neither (RFC 7517 4.5 wants them distinct). */
static void
drop_shared_kids(struct avow_issuer_keys *k)
{
	bool shared[AVOW_MAX_ISSUER_KEYS] = {false};
	size_t kept = 0;

	for (size_t i = 0; i < k->n; i++)
		for (size_t j = 0; j < i; j++)
			if (k->v[i].kid.n && avow_span_eq(k->v[i].kid, k->v[j].kid))
				shared[i] = shared[j] = true;
	for (size_t i = 0; i < k->n; i++) {
		if (shared[i])
			avow_pubkey_free(k->v[i].key);
		else
			k->v[kept++] = k->v[i];
	}
	k->n = kept;
}

static enum avow_err
read_keys(struct avow_issuer_keys *k, struct avow_span jwks, struct avow_arena *a,
	struct avow_why *why)
{
	const struct avow_json *root, *keys;

	AVOW_TRY(parse(jwks, "jwks", a, &root, why));
	keys = avow_json_get(root, "keys");
	if (!keys || keys->type != AVOW_JSON_ARRAY ||
		keys->count > AVOW_MAX_ISSUER_KEYS)
		return bad(
			why, "keys", "RFC 7517 5.1", "a list of at most 64 keys", NULL);
	for (size_t i = 0; i < keys->count; i++)
		AVOW_TRY(add_key(k, &keys->items[i], a));
	drop_shared_kids(k);
	if (k->n == 0)
		return bad(why, "keys", "RFC 7517 5.1",
			"a key that verifies signatures", "none");
	return AVOW_OK;
}

enum avow_err
avow_issuer_keys_parse(
	struct avow_span jwks, struct avow_issuer_keys **out, struct avow_why *why)
{
	struct avow_issuer_keys *k = calloc(1, sizeof(*k));
	struct avow_arena scratch;
	enum avow_err e;

	*out = NULL;
	if (!k)
		return AVOW_E_NO_MEMORY;
	atomic_init(&k->refs, 1);
	avow_arena_init(&k->arena, AVOW_KIB(64));
	avow_arena_init(&scratch, PARSE_MEMORY);
	e = read_keys(k, jwks, &scratch, why);
	avow_arena_clear(&scratch);
	if (e != AVOW_OK) {
		avow_issuer_keys_free(k);
		return e;
	}
	*out = k;
	return AVOW_OK;
}

struct avow_issuer_keys *
avow_issuer_keys_ref(struct avow_issuer_keys *k)
{
	atomic_fetch_add_explicit(&k->refs, 1, memory_order_relaxed);
	return k;
}

void
avow_issuer_keys_free(struct avow_issuer_keys *k)
{
	if (!k || atomic_fetch_sub_explicit(&k->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < k->n; i++)
		avow_pubkey_free(k->v[i].key);
	avow_arena_clear(&k->arena);
	free(k);
}

size_t
avow_issuer_keys_count(const struct avow_issuer_keys *k)
{
	return k->n;
}

const struct avow_issuer_key *
avow_issuer_keys_find(const struct avow_issuer_keys *k, struct avow_span kid)
{
	/* RFC 7515 4.1.4: kid may be absent; then nothing is left to choose */
	if (avow_span_is_empty(kid))
		return k->n == 1 ? &k->v[0] : NULL;
	for (size_t i = 0; i < k->n; i++)
		if (avow_span_eq(k->v[i].kid, kid))
			return &k->v[i];
	return NULL;
}

/* --- discovery -------------------------------------------------------------------- */

static enum avow_err
read_discovery(struct avow_span document, struct avow_span issuer, struct avow_arena *a,
	struct avow_buf *out, struct avow_why *why)
{
	const char *source = "OpenID Connect Discovery 1.0, 4.3";
	const struct avow_json *root, *name, *uri;

	AVOW_TRY(parse(document, "discovery", a, &root, why));
	name = avow_json_get(root, "issuer");
	uri = avow_json_get(root, "jwks_uri");
	if (!name || name->type != AVOW_JSON_STRING ||
		!avow_span_eq(name->string, issuer))
		return bad(why, "issuer", source, "the configured issuer", "another");
	if (!uri || uri->type != AVOW_JSON_STRING || uri->string.n == 0 ||
		avow_span_find_byte(uri->string, 0) != uri->string.n)
		return bad(why, "jwks_uri", source, "a URL", NULL);
	avow_buf_put(out, uri->string);
	if (out->err == AVOW_E_TOO_LARGE)
		return bad(why, "jwks_uri", source, "a shorter URL", NULL);
	return out->err;
}

enum avow_err
avow_discovery_parse(struct avow_span document, struct avow_span issuer,
	struct avow_buf *out, struct avow_why *why)
{
	struct avow_arena scratch;
	enum avow_err e;

	avow_arena_init(&scratch, PARSE_MEMORY);
	e = read_discovery(document, issuer, &scratch, out, why);
	avow_arena_clear(&scratch);
	return e;
}
