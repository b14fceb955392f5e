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
#include "crypto/x509.h"

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
/** Who may sign: the policy certificates of an isolated provider. */
struct avow_policy_trust {
	struct avow_cert *const *certs;
	size_t n_certs;
	bool is_direct; /* the signer must be one of them, not merely under one */
	int64_t at_s; /* now, for the dates of certificates */
};

/** A JWT whose signature, where it has one, was verified. */
struct avow_policy_envelope {
	struct avow_span jwt; /* as sent, without white space around */
	struct avow_span payload; /* decoded */
	struct avow_span text; /* the policy; empty: an empty payload */
	/* The signer as a bare JWK {"alg","kty","use","x5c"}, compact and
	 * sorted; empty: unsigned. */
	struct avow_span signer;
};

/**
 * Open the body of a management call: a compact JWS, or a JSON string that holds
 * one. A signature must hold under the key of the first certificate of x5c (of
 * the header or of header.jwk), and each certificate under the next.
 * @param trust NULL: the AAD model, where the signer is shown and the bearer
 * token decides; who it is and when its certificate is valid is not judged.
 * Else the isolated model: it must be signed, and the chain must lead to a
 * policy certificate: hold one, or end under one. A policy certificate is an
 * anchor: it is a CA where it is self-issued, and its dates are not judged
 * (RFC 5280 6.1.1 (d)); those of the certificates before it are.
 * @param out text is empty: see avow_policy_envelope_open.
 * @return AVOW_OK; AVOW_E_JWS_FORMAT; AVOW_E_JWS_ALGORITHM (not RS, PS or ES of
 * 256 or 384, or not one of the key); AVOW_E_JWS_SIGNATURE (also `none` with a
 * signature); AVOW_E_POLICY_SIGNER (no x5c, or none that is a list of base 64
 * texts); AVOW_E_TOO_LARGE; the codes of a certificate and of a chain link;
 * AVOW_E_CRYPTO. With trust: AVOW_E_POLICY_UNSIGNED, AVOW_E_POLICY_SIGNER_UNTRUSTED,
 * AVOW_E_CHAIN_EXPIRED, _NOT_YET_VALID, _NOT_CA, _KEY_USAGE.
 */
enum avow_err avow_signed_open(struct avow_span body,
	const struct avow_policy_trust *trust, struct avow_arena *a,
	struct avow_policy_envelope *out, struct avow_why *why) AVOW_CHECKED;
/** As avow_signed_open, and the policy in it: PUT /policies and :reset.
 *  Also those of avow_policy_jwt_text. */
enum avow_err avow_policy_envelope_open(struct avow_span body,
	const struct avow_policy_trust *trust, struct avow_arena *a,
	struct avow_policy_envelope *out, struct avow_why *why) AVOW_CHECKED;
/** The bare JWK of a certificate, as in lists of policy certificates: compact
 *  and sorted. @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE. */
enum avow_err avow_policy_cert_jwk(const struct avow_cert *cert, struct avow_arena *a,
	struct avow_span *out) AVOW_CHECKED;
/** Whether a certificate may be a policy certificate: a CA where it is
 *  self-issued (spec 02), and a key usage that allows to sign.
 *  @return AVOW_OK, AVOW_E_CHAIN_NOT_CA, AVOW_E_CHAIN_KEY_USAGE. */
enum avow_err avow_policy_cert_judge(
	const struct avow_cert *cert, struct avow_why *why) AVOW_CHECKED;
/** Append the unsigned policy JWT of a text, as the contract's clients write it:
 *  {"alg":"none"}, {"AttestationPolicy":base64url(text)}, empty signature. An
 *  empty text gives the JWT of "no policy". */
struct avow_buf;
void avow_policy_jwt_put_unsigned(struct avow_buf *b, struct avow_span text);

#endif
