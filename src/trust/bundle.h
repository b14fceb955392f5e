/*
 * A bundle: one signed file that carries collateral to where there is no
 * network.
 *
 *   "AVOW-BUNDLE-1\n" | be32 n | n bytes: compact JWS | parts, end to end
 *
 * The JWS payload is the manifest, {"format":1,"made":TIME,"platforms":[TEXT..],
 * "parts":[{"name","sha256","size"}..]}, and parts stand in its order, exactly
 * as long as it says, with nothing behind the last. Reading judges the bundle
 * alone; what the parts prove is trust/survey.h's.
 */
#ifndef AVOW_TRUST_BUNDLE_H
#define AVOW_TRUST_BUNDLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/key.h"

struct avow_bundle_part {
	struct avow_span name; /* [a-z0-9._-], not a leading dot or dash */
	struct avow_span bytes;
};

struct avow_bundle {
	int64_t made_s;
	const struct avow_span *platforms; /* what the exporter was asked for */
	size_t n_platforms;
	const struct avow_bundle_part *parts;
	size_t n_parts;
};

/**
 * Append a bundle. Names must be well formed and different.
 * @param key P-256, P-384, P-521, or RSA (PS256).
 * @return AVOW_OK; AVOW_E_BUNDLE_NAME, _DUPLICATE, _SIZE; the errors of signing.
 */
enum avow_err avow_bundle_write(const struct avow_bundle *b,
	const struct avow_privkey *key, struct avow_buf *out) AVOW_CHECKED;

/**
 * Read a bundle: signature first, then the manifest, then each part's hash.
 * Nothing of it is given unless all of it holds.
 * @param signers keys of which one must have signed it; n_signers > 0.
 * @param a holds what *out points to, beside the bytes, which it borrows.
 * @return AVOW_OK, or
 *  AVOW_E_BUNDLE_FORMAT    no bundle, another version, a malformed manifest
 *  AVOW_E_BUNDLE_TRUNCATED it ends too early
 *  AVOW_E_BUNDLE_UNSIGNED  alg none or an empty signature
 *  AVOW_E_BUNDLE_SIGNER    none of the keys has signed it
 *  AVOW_E_BUNDLE_NAME      a part's name is not one (paths)
 *  AVOW_E_BUNDLE_DUPLICATE two parts of one name
 *  AVOW_E_BUNDLE_SIZE      more or larger parts than the limits allow
 *  AVOW_E_BUNDLE_HASH      a part is not what the manifest says
 *  AVOW_E_BUNDLE_TRAILING  bytes behind the last part
 *  AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_bundle_read(struct avow_span bytes,
	struct avow_pubkey *const signers[], size_t n_signers, struct avow_arena *a,
	struct avow_bundle *out, struct avow_why *why) AVOW_CHECKED;

#endif
