/*
 * From claims to a token: which claims stand in it, under which names, in
 * canonical JSON (sorted, compact), signed by the key that is current at the
 * token's time. Nothing of it comes from the input's wishes: the key has one
 * algorithm, and a policy can never speak for the service.
 */
#ifndef AVOW_TOKEN_TOKEN_H
#define AVOW_TOKEN_TOKEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "claims/claims.h"
#include "token/keys.h"

#define AVOW_TOKEN_LIFE_S 28800 /* 8 h: spec 08, Times */
#define AVOW_TOKEN_REPORT_BACK_S 300 /* nbf of a TPM report: spec 06 */
#define AVOW_TOKEN_RESULT_LIFE_S 3600 /* 1 h: spec 02, Response tokens */

/*
 * One instance URL with one key set: headers prepared, certificates made when
 * they are first asked for. Immutable to the outside; any thread may use it.
 */
struct avow_token_issuer;

/**
 * @param keys referenced, not taken.
 * @param iss the instance URL, copied: lower case, no final slash.
 * @return AVOW_OK, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_token_issuer_new(struct avow_keys *keys, struct avow_span iss,
	struct avow_token_issuer **out) AVOW_CHECKED;
struct avow_token_issuer *avow_token_issuer_ref(struct avow_token_issuer *i);
void avow_token_issuer_free(struct avow_token_issuer *i);
/** The instance URL; borrowed. */
struct avow_span avow_token_iss(const struct avow_token_issuer *i);

struct avow_token_spec {
	int64_t now_s; /* iat */
	int64_t life_s; /* exp - iat; 0: AVOW_TOKEN_LIFE_S */
	int64_t back_s; /* iat - nbf; 0 but for TPM reports */
	/* The service's: evidence's, and nonce, runtime, inittime. An alias
	 * rp_data is added to a nonce that has none. */
	const struct avow_claims *claims;
	const struct avow_claims *issued; /* the policy's; NULL: none */
	struct avow_span policy_hash; /* x-ms-policy-hash; empty: left out */
	struct avow_span policy_signer; /* of avow_token_signer_claim; or empty */
	bool is_draft; /* algorithm none and no signature */
	/* a TPM report (spec 06): a jti of 20 bytes, ver beside x-ms-ver, and its
	 * certificate in the header, or that one's thumbprint */
	bool is_report, omit_x5c;
};

/**
 * Append an attestation token.
 * @return AVOW_OK; AVOW_E_POLICY_RESERVED_CLAIM (an issued claim has a reserved
 * name and is not the service's own; why->field names it); AVOW_E_UTF8 (an
 * issued claim's name);
 * AVOW_E_TOKEN_TOO_LARGE (AVOW_MAX_TOKEN); the sets' sticky errors;
 * AVOW_E_KEYS_LIFE (see avow_keys_promise); AVOW_E_CRYPTO, AVOW_E_NO_MEMORY,
 * AVOW_E_TOO_LARGE (the arena).
 */
enum avow_err avow_token_make(struct avow_token_issuer *i,
	const struct avow_token_spec *spec, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;
/** Append only what the token would hold as JSON, without iss, iat, nbf, exp
 *  and jti. Needs no issuer; spec->now_s is not used. Errors as make. */
enum avow_err avow_token_put_claims(const struct avow_token_spec *spec,
	struct avow_arena *a, struct avow_buf *out, struct avow_why *why) AVOW_CHECKED;
/**
 * Append a policy management token: exp (1 h), iat, iss, nbf and `claims`
 * (all for_token), signed. Errors as make.
 */
enum avow_err avow_token_make_result(struct avow_token_issuer *i, int64_t now_s,
	const struct avow_claims *claims, struct avow_arena *a, struct avow_buf *out,
	struct avow_why *why) AVOW_CHECKED;

/**
 * The value of an attestation token's x-ms-policy-signer: the members of the
 * signer's JWK and beside them `jwk` with the same object (spec 05). Made once
 * a policy, not once a token.
 * @param jwk JSON text of the JWK.
 * @param out canonical JSON text in the arena.
 * @return AVOW_OK; AVOW_E_JWK_FORMAT (no object, or it has a `jwk` member); the
 * JSON codes; AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE.
 */
enum avow_err avow_token_signer_claim(struct avow_span jwk, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;

/**
 * Append the body of /certs: every published key with x5c (self-signed for
 * this issuer), kid, kty, the key's parameters, alg and use; the signer first.
 * Certificates are made at the first call and kept. Thread safe.
 */
enum avow_err avow_token_certs(
	struct avow_token_issuer *i, int64_t now_s, struct avow_buf *out) AVOW_CHECKED;
/** Append the body of /.well-known/openid-configuration (spec 01, 5). */
enum avow_err avow_token_metadata(const struct avow_token_issuer *i, int64_t now_s,
	struct avow_buf *out) AVOW_CHECKED;

#endif
