/*
 * The hash of a policy is over the base64url form in which it was set, not
 * over its text (spec 02, Defaults: proved from the service's tokens).
 */
#include "token/policy_hash.h"

#include <string.h>

#include "base/base64.h"
#include "base/limits.h"
#include "crypto/digest.h"

enum avow_err
avow_policy_hash(struct avow_span text, char out[AVOW_POLICY_HASH_TEXT])
{
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_buf b;
	enum avow_err e;

	out[0] = '\0';
	avow_buf_init(&b, AVOW_MAX_POLICY_TEXT * 2);
	avow_b64url_put(&b, text);
	e = b.err != AVOW_OK ? b.err : avow_sha256(avow_buf_span(&b), digest);
	if (e == AVOW_OK) {
		avow_buf_reset(&b);
		avow_b64url_put(&b, avow_span_make(digest, sizeof(digest)));
		e = b.err;
	}
	if (e == AVOW_OK && b.n == AVOW_POLICY_HASH_TEXT - 1) {
		memcpy(out, b.p, b.n);
		out[b.n] = '\0';
	}
	avow_buf_clear(&b);
	return e;
}
