/*
 * Policy text out of what clients put a policy in: a compact JWS whose payload
 * holds it (PUT /policies, and some clients' draft policies), or plain text.
 */
#ifndef AVOW_API_POLICY_JWT_H
#define AVOW_API_POLICY_JWT_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

/** True when the text can only be a compact JWS: a policy starts with the word
 *  `version` and has no two dots before its first space. */
bool avow_policy_jwt_is(struct avow_span text);
/**
 * The policy text of a policy JWT; nothing is verified here. An empty payload
 * (a reset) gives the empty span. AttestationPolicy is base64url of the text,
 * or, from old clients, the text itself (spec 02).
 * @return AVOW_OK; AVOW_E_JWS_FORMAT; AVOW_E_JSON_*; AVOW_E_JSON_MISSING without
 * AttestationPolicy; AVOW_E_UTF8; AVOW_E_TOO_LARGE; AVOW_E_NO_MEMORY.
 */
enum avow_err avow_policy_jwt_text(struct avow_span jwt, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why) AVOW_CHECKED;
/** A policy JWT whose signature, where it has one, was verified. */
struct avow_policy_envelope {
	struct avow_span jwt;	/* as sent, without white space around */
	struct avow_span text;	/* the policy; empty: an empty payload */
	/* The signer as a bare JWK {"alg","kty","use","x5c"}, compact and
	 * sorted; empty: unsigned. */
	struct avow_span signer;
};

/**
 * Open the body of PUT /policies and :reset: a compact JWS, or a JSON string
 * that holds one. A signature must hold under the key of the first certificate
 * of x5c (of the header or of header.jwk), and each certificate under the next;
 * who the signer is and when its certificate is valid is not judged: this is
 * the AAD model, where the signer is shown and the bearer token decides.
 * @return AVOW_OK; those of avow_policy_jwt_text; AVOW_E_JWS_ALGORITHM (not RS,
 * PS or ES of 256 or 384, or not one of the key); AVOW_E_JWS_SIGNATURE (also
 * `none` with a signature); AVOW_E_POLICY_SIGNER (no x5c, or none that is a
 * list of base 64 texts); AVOW_E_TOO_LARGE; the codes of a certificate and of a
 * chain link; AVOW_E_CRYPTO.
 */
enum avow_err avow_policy_envelope_open(struct avow_span body, struct avow_arena *a,
	struct avow_policy_envelope *out, struct avow_why *why) AVOW_CHECKED;
/** Append the unsigned policy JWT of a text, as the contract's clients write it:
 *  {"alg":"none"}, {"AttestationPolicy":base64url(text)}, empty signature. An
 *  empty text gives the JWT of "no policy". */
struct avow_buf;
void avow_policy_jwt_put_unsigned(struct avow_buf *b, struct avow_span text);

#endif
