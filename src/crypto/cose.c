/*
 * Reads COSE_Sign1 and rebuilds what it signs (RFC 9052, 4.4):
 *
 *   Sig_structure = ["Signature1", protected as received, h'', payload]
 *
 * The headers' meaning beyond alg and crit is the caller's.
 */
#include "crypto/cose.h"

#include "base/buf.h"

#define TAG_SIGN1 18
#define SOURCE "RFC 9052, 4.2"

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected)
{
	const struct avow_at at = {"cose_sign1", field, SOURCE};

	return avow_refuse(why, code, &at, expected, NULL);
}

/* IANA COSE algorithms; RSA with PKCS#1 padding and SHA-1 are left out. */
static const struct {
	int64_t id;
	enum avow_sig alg;
} ALGORITHMS[] = {{-7, AVOW_SIG_ES256_RAW}, {-35, AVOW_SIG_ES384_RAW},
	{-36, AVOW_SIG_ES512_RAW}, {-37, AVOW_SIG_PS256}, {-38, AVOW_SIG_PS384},
	{-39, AVOW_SIG_PS512}};

static enum avow_err
read_header(struct avow_cose *c, struct avow_arena *a, struct avow_why *why)
{
	int64_t id;

	AVOW_TRY(avow_cbor_parse(c->protected_bytes, a, &c->header, why));
	if (c->header->type != AVOW_CBOR_MAP)
		return refuse(why, AVOW_E_COSE_FORMAT, "protected", "a map");
	if (avow_cbor_get(c->header, AVOW_COSE_CRIT))
		return refuse(why, AVOW_E_COSE_FORMAT, "crit",
			"none: no critical header is understood");
	if (!avow_cbor_is_int(avow_cbor_get(c->header, AVOW_COSE_ALG), &id))
		return refuse(why, AVOW_E_COSE_FORMAT, "alg", "an integer");
	for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
		if (ALGORITHMS[i].id == id) {
			c->alg = ALGORITHMS[i].alg;
			return AVOW_OK;
		}
	return refuse(why, AVOW_E_COSE_ALGORITHM, "alg",
		"ES256, ES384, ES512, PS256, PS384 or PS512");
}

enum avow_err
avow_cose_parse(struct avow_span bytes, struct avow_arena *a, struct avow_cose *out,
	struct avow_why *why)
{
	const struct avow_cbor *root, *v;
	struct avow_cose c = {.header = NULL};

	*out = c;
	AVOW_TRY(avow_cbor_parse(bytes, a, &root, why));
	if (root->type == AVOW_CBOR_TAG && root->number == TAG_SIGN1)
		root = root->items;
	v = root->items;
	if (root->type != AVOW_CBOR_ARRAY || root->count != 4)
		return refuse(
			why, AVOW_E_COSE_FORMAT, "COSE_Sign1", "an array of four");
	if (v[0].type != AVOW_CBOR_BYTES || v[1].type != AVOW_CBOR_MAP ||
		v[2].type != AVOW_CBOR_BYTES || v[3].type != AVOW_CBOR_BYTES ||
		v[2].bytes.n == 0)
		return refuse(why, AVOW_E_COSE_FORMAT, "COSE_Sign1",
			"protected, unprotected, payload, signature");
	c.protected_bytes = v[0].bytes;
	c.payload = v[2].bytes;
	c.signature = v[3].bytes;
	AVOW_TRY(read_header(&c, a, why));
	*out = c;
	return AVOW_OK;
}

/* A byte string's head and bytes, shortest form (RFC 8949, 3) */
static void
put_bytes(struct avow_buf *b, struct avow_span s)
{
	unsigned width = s.n < 24 ? 0 : s.n < 0x100 ? 1 : s.n < 0x10000 ? 2 : 4;

	avow_buf_put_byte(b, (uint8_t)(0x40 | (width == 0          ? s.n
						      : width == 1 ? 24
						      : width == 2 ? 25
								   : 26)));
	for (unsigned i = width; i > 0; i--)
		avow_buf_put_byte(b, (uint8_t)(s.n >> (8 * (i - 1))));
	avow_buf_put(b, s);
}

enum avow_err
avow_cose_verify(
	const struct avow_cose *c, const struct avow_pubkey *key, struct avow_why *why)
{
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, c->protected_bytes.n + c->payload.n + 64);
	avow_buf_put(&b, AVOW_LIT("\x84\x6aSignature1"));
	put_bytes(&b, c->protected_bytes);
	put_bytes(&b, AVOW_LIT(""));
	put_bytes(&b, c->payload);
	e = b.err != AVOW_OK
		    ? b.err
		    : avow_verify(key, c->alg, avow_buf_span(&b), c->signature);
	avow_buf_clear(&b);
	if (e == AVOW_E_KEY_TYPE)
		return refuse(why, AVOW_E_COSE_ALGORITHM, "alg",
			"one that fits the signer's key");
	if (e == AVOW_E_SIGNATURE || e == AVOW_E_SIGNATURE_FORMAT)
		return refuse(why, AVOW_E_COSE_SIGNATURE, "signature",
			"one over Sig_structure by the signer's key");
	return e;
}
