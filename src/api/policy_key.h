/*
 * A certificate that may sign policies, as clients send it: a JSON Web Key with
 * x5c (RFC 7517 4.7), in the body that makes a provider and in the one that adds
 * a certificate.
 */
#ifndef AVOW_API_POLICY_KEY_H
#define AVOW_API_POLICY_KEY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/x509.h"
#include "wire/json.h"

#define AVOW_THUMBPRINT_TEXT 41 /* upper hex SHA-1 and a NUL */

/**
 * The certificate x5c[0] of a JWK. Members are found whatever their case. The
 * key in kty, n, e, crv, x, y is the certificate's where it is there at all;
 * whatever stands behind the first certificate certifies the one before it, and
 * is not kept: it is the first one that is trusted.
 * @param field what to call the JWK in a refusal.
 * @param out the caller's to free.
 * @return AVOW_OK; AVOW_E_POLICY_KEY (no object, no x5c, not base 64, another
 * key than its certificate's, a private key); AVOW_E_TOO_LARGE (the limits of a
 * policy's x5c); the codes of a certificate and of a chain link;
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_policy_key_cert(const struct avow_json *jwk, const char *field,
	struct avow_arena *a, struct avow_cert **out,
	struct avow_why *why) AVOW_CHECKED;

/** The contract's name of a certificate: upper hex SHA-1 of its DER. */
enum avow_err avow_policy_thumbprint(
	struct avow_span der, char out[AVOW_THUMBPRINT_TEXT]) AVOW_CHECKED;

#endif
