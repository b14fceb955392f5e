/*
 * COSE_Sign1 (RFC 9052, section 4.2) with an attached payload. The algorithm is
 * taken from the protected header alone and must fit the key; an empty payload,
 * a detached one, and critical headers (none is understood) are refused.
 */
#ifndef AVOW_CRYPTO_COSE_H
#define AVOW_CRYPTO_COSE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/key.h"
#include "wire/cbor.h"

/* RFC 9052 table 3, RFC 9360 table 1, RFC 9597 */
#define AVOW_COSE_ALG 1
#define AVOW_COSE_CRIT 2
#define AVOW_COSE_CONTENT_TYPE 3
#define AVOW_COSE_CWT_CLAIMS 15
#define AVOW_COSE_X5CHAIN 33

/* Unverified. Spans and trees borrow the input and the arena. */
struct avow_cose {
	struct avow_span protected_bytes; /* what is signed, as received */
	const struct avow_cbor *header; /* the protected map */
	enum avow_sig alg;
	struct avow_span payload, signature;
};

/**
 * Read a tagged (18) or bare COSE_Sign1; nothing is verified.
 * @return AVOW_OK; AVOW_E_CBOR; AVOW_E_COSE_FORMAT; AVOW_E_COSE_ALGORITHM for an
 * algorithm that is not ES256, ES384, ES512, PS256, PS384 or PS512;
 * AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY.
 */
enum avow_err avow_cose_parse(struct avow_span bytes, struct avow_arena *a,
	struct avow_cose *out, struct avow_why *why) AVOW_CHECKED;

/**
 * The signature over Sig_structure, with no external data.
 * @return AVOW_OK; AVOW_E_COSE_SIGNATURE; AVOW_E_COSE_ALGORITHM where it does not
 * fit the key; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_cose_verify(const struct avow_cose *c, const struct avow_pubkey *key,
	struct avow_why *why) AVOW_CHECKED;

#endif
