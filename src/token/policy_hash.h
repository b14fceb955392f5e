/* x-ms-policy-hash: what a token says of the policy that decided. */
#ifndef AVOW_TOKEN_POLICY_HASH_H
#define AVOW_TOKEN_POLICY_HASH_H

#include "base/err.h"
#include "base/span.h"

#define AVOW_POLICY_HASH_TEXT 44 /* base64url of 32 bytes and a NUL */

/**
 * x-ms-policy-hash of a policy text: base64url(SHA256(base64url(text))).
 * @return AVOW_OK, AVOW_E_CRYPTO, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_policy_hash(
	struct avow_span text, char out[AVOW_POLICY_HASH_TEXT]) AVOW_CHECKED;

#endif
