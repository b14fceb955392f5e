/*
 * JWK (RFC 7517, 7518) and compact JWS (RFC 7515). The key carries its
 * algorithm; the header's is only compared with it, and `none` is never a
 * verifiable algorithm.
 */
#ifndef AVOW_CRYPTO_JOSE_H
#define AVOW_CRYPTO_JOSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/key.h"
#include "wire/json.h"

/** "RS256", "PS256", "ES256", ... or NULL for what JOSE has no name for. */
const char *avow_jws_alg_name(enum avow_sig alg);
/** The RAW or RSA algorithm of a registered name; AVOW_E_JWS_ALGORITHM else. */
enum avow_err avow_jws_alg(struct avow_span name, enum avow_sig *out) AVOW_CHECKED;
/** True when this algorithm can be used with this key (type, curve, size). */
bool avow_jws_alg_fits(enum avow_sig alg, const struct avow_pubkey *k);

struct avow_jws {
	const struct avow_json *header;	/* an object */
	struct avow_span alg;		/* header.alg, decoded */
	struct avow_span payload;	/* decoded bytes */
	struct avow_span signature;	/* decoded; empty when there is none */
	struct avow_span signing_input;	/* header "." payload, as sent */
};

/**
 * Split and decode; nothing is verified. Canonical unpadded base64url only,
 * header a JSON object without duplicates, `crit` refused (RFC 7515 4.1.11).
 * What it gives lives in the arena, signing_input in `text`.
 * @return AVOW_OK, AVOW_E_JWS_FORMAT, AVOW_E_TOO_LARGE (the arena's limit),
 * AVOW_E_NO_MEMORY.
 */
enum avow_err avow_jws_parse(struct avow_span text, struct avow_arena *a,
	struct avow_jws *out, struct avow_why *why) AVOW_CHECKED;
/**
 * @param alg the key's own algorithm. header.alg must be its name.
 * @return AVOW_OK, AVOW_E_JWS_ALGORITHM, AVOW_E_JWS_SIGNATURE,
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_jws_verify(const struct avow_jws *jws, const struct avow_pubkey *k,
	enum avow_sig alg) AVOW_CHECKED;
/** Append a compact JWS of header and payload texts; the header's alg must be the
 *  name of `alg`, which is the caller's to see to. Nothing is appended on error.
 *  @return AVOW_OK, AVOW_E_JWS_ALGORITHM when alg does not fit the key,
 *  AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_jws_sign(struct avow_span header_json, struct avow_span payload,
	const struct avow_privkey *k, enum avow_sig alg, struct avow_buf *out)
	AVOW_CHECKED;

/** Members e,kty,n or crv,kty,x,y, in this order (RFC 7638 3.2), into an open
 *  object. @return AVOW_OK, or the buffer's error, AVOW_E_CRYPTO. */
enum avow_err avow_jwk_put_members(struct avow_jw *w, const struct avow_pubkey *k)
	AVOW_CHECKED;
/** From kty, n, e or crv, x, y; every other member is the caller's to judge.
 *  @return AVOW_OK; AVOW_E_JWK_FORMAT (also for a key that key.h does not take);
 *  AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_jwk_parse(const struct avow_json *jwk, struct avow_arena *a,
	struct avow_pubkey **out) AVOW_CHECKED;
/** RFC 7517 4.2 and 4.3: `use` and `key_ops`, where they stand, let it verify. */
bool avow_jwk_may_verify(const struct avow_json *jwk);
/** The key's one algorithm: its `alg`, or what its type is used with (RS256,
 *  ES256, ES384, ES512). @return AVOW_OK; AVOW_E_JWS_ALGORITHM: `alg` is no
 *  registered name, or does not fit the key. */
enum avow_err avow_jwk_alg(const struct avow_json *jwk, const struct avow_pubkey *k,
	enum avow_sig *out) AVOW_CHECKED;

#endif
