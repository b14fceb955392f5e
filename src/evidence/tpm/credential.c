/*
 * Makes credentials: seed -> encrypted to the EK; seed -> KDFa -> the keys that
 * encrypt and authenticate the credential together with the AK's name (part 1, 24
 * and annexes B.10.4, C.7.4).
 */
#include "evidence/tpm/credential.h"

#include <string.h>

#include "crypto/wrap.h"

#define IDENTITY AVOW_LIT("IDENTITY\0") /* the NUL is part of the label */

struct template
{
	enum avow_key_type type;
	unsigned bits;
	enum avow_hash hash;
	size_t aes_bytes;
};

/* TCG EK Credential Profile 2.5, B.3 and B.4: L-1, L-2, H-6, H-3 */
static const struct template templates[] = {
	{AVOW_KEY_RSA, 2048, AVOW_SHA256, 16},
	{AVOW_KEY_P256, 256, AVOW_SHA256, 16},
	{AVOW_KEY_RSA, 3072, AVOW_SHA384, 32},
	{AVOW_KEY_P384, 384, AVOW_SHA384, 32},
};

void
avow_tpm_credential_init(struct avow_tpm_credential *c)
{
	avow_buf_init(&c->blob, 1024);
	avow_buf_init(&c->secret, 1024);
}

void
avow_tpm_credential_clear(struct avow_tpm_credential *c)
{
	avow_buf_clear(&c->blob);
	avow_buf_clear(&c->secret);
}

static void
put_be(struct avow_buf *b, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * bytes)));
}

static void
put_2b(struct avow_buf *b, struct avow_span s)
{
	put_be(b, s.n, 2);
	avow_buf_put(b, s);
}

/* Part 1, 11.4.10.2, KDFa: counter || label || 00 || contextU || bits. One block is
 * enough: nothing that is asked for is longer than a digest. */
static enum avow_err
kdfa(enum avow_hash h, struct avow_span key, const char *label,
	struct avow_span context, size_t bytes, uint8_t *out)
{
	const uint8_t counter[4] = {0, 0, 0, 1};
	const uint8_t bits[4] = {0, 0, (uint8_t)(bytes * 8 >> 8), (uint8_t)(bytes * 8)};
	const struct avow_span parts[] = {avow_span_make(counter, 4),
		avow_span_str(label), AVOW_LIT("\0"), context, avow_span_make(bits, 4)};
	uint8_t block[AVOW_MAX_DIGEST];

	if (bytes > avow_hash_bytes(h))
		return AVOW_E_INTERNAL;
	AVOW_TRY(avow_hmac(h, key, parts, 5, block));
	memcpy(out, block, bytes);
	avow_wipe(block, sizeof(block));
	return AVOW_OK;
}

/* Part 1, 11.4.10.3, KDFe: counter || Z || label with its NUL || the x of both */
static enum avow_err
kdfe(enum avow_hash h, struct avow_span z, struct avow_span mine, struct avow_span peer,
	uint8_t *out)
{
	const uint8_t counter[4] = {0, 0, 0, 1};
	const struct avow_span parts[] = {
		avow_span_make(counter, 4), z, IDENTITY, mine, peer};

	return avow_digest(h, parts, 5, out);
}

static enum avow_err
seed_rsa(const struct template *t, const struct avow_pubkey *ek, uint8_t *seed,
	struct avow_buf *secret)
{
	size_t n = avow_hash_bytes(t->hash);

	AVOW_TRY(avow_random(seed, n));
	put_be(secret, (avow_pubkey_bits(ek) + 7) / 8, 2);
	return avow_oaep_encrypt(
		ek, t->hash, IDENTITY, avow_span_make(seed, n), secret);
}

static enum avow_err
seed_ecc(const struct template *t, const struct avow_pubkey *ek, uint8_t *seed,
	struct avow_buf *secret)
{
	struct avow_buf x, y, z, peer_x, peer_y;
	enum avow_err e;

	avow_buf_init(&x, 66);
	avow_buf_init(&y, 66);
	avow_buf_init(&z, 66);
	avow_buf_init(&peer_x, 66);
	avow_buf_init(&peer_y, 66);
	e = avow_ecdh_ephemeral(ek, &x, &y, &z);
	if (e == AVOW_OK)
		e = avow_pubkey_parts(ek, &peer_x, &peer_y);
	if (e == AVOW_OK)
		e = kdfe(t->hash, avow_buf_span(&z), avow_buf_span(&x),
			avow_buf_span(&peer_x), seed);
	put_be(secret, x.n + y.n + 4, 2); /* around a TPMS_ECC_POINT */
	put_2b(secret, avow_buf_span(&x));
	put_2b(secret, avow_buf_span(&y));
	avow_buf_wipe(&z);
	avow_buf_clear(&x);
	avow_buf_clear(&y);
	avow_buf_clear(&peer_x);
	avow_buf_clear(&peer_y);
	return e == AVOW_OK ? secret->err : e;
}

/* Part 1, 24.4: encIdentity, then the HMAC over it and the name */
static enum avow_err
wrap(const struct template *t, struct avow_span seed, struct avow_span name,
	struct avow_span value, struct avow_buf *blob)
{
	size_t n = avow_hash_bytes(t->hash);
	uint8_t key[32], mac_key[AVOW_MAX_DIGEST], mac[AVOW_MAX_DIGEST];
	struct avow_buf plain, sealed;
	enum avow_err e;

	avow_buf_init(&plain, 128);
	avow_buf_init(&sealed, 128);
	put_2b(&plain, value);
	e = plain.err;
	if (e == AVOW_OK)
		e = kdfa(t->hash, seed, "STORAGE", name, t->aes_bytes, key);
	if (e == AVOW_OK)
		e = avow_aes_cfb_seal(avow_span_make(key, t->aes_bytes),
			avow_buf_span(&plain), &sealed);
	if (e == AVOW_OK)
		e = kdfa(t->hash, seed, "INTEGRITY", (struct avow_span){NULL, 0}, n,
			mac_key);
	if (e == AVOW_OK) {
		const struct avow_span parts[] = {avow_buf_span(&sealed), name};

		e = avow_hmac(t->hash, avow_span_make(mac_key, n), parts, 2, mac);
	}
	if (e == AVOW_OK) {
		put_be(blob, 2 + n + sealed.n, 2);
		put_2b(blob, avow_span_make(mac, n));
		avow_buf_put(blob, avow_buf_span(&sealed));
		e = blob->err;
	}
	avow_wipe(key, sizeof(key));
	avow_wipe(mac_key, sizeof(mac_key));
	avow_buf_wipe(&plain);
	avow_buf_clear(&sealed);
	return e;
}

static const struct template *
template_of(const struct avow_pubkey *ek)
{
	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
		if (templates[i].type == avow_pubkey_type(ek) &&
			templates[i].bits == avow_pubkey_bits(ek))
			return &templates[i];
	return NULL;
}

enum avow_err
avow_tpm_credential_make(const struct avow_pubkey *ek, const struct avow_tpm_name *name,
	struct avow_span value, struct avow_tpm_credential *out, struct avow_why *why)
{
	static const struct avow_at at = {
		"ek", "key", "TCG EK Credential Profile 2.5, B.3"};
	const struct template *t = template_of(ek);
	uint8_t seed[AVOW_MAX_DIGEST];
	enum avow_err e;

	if (!t)
		return avow_refuse(why, AVOW_E_TPM_EK, &at,
			"RSA of 2048 or 3072 bits, P-256 or P-384", "%u bits",
			avow_pubkey_bits(ek));
	if (value.n > avow_hash_bytes(t->hash))
		return AVOW_E_TOO_LARGE;
	e = t->type == AVOW_KEY_RSA ? seed_rsa(t, ek, seed, &out->secret)
				    : seed_ecc(t, ek, seed, &out->secret);
	if (e == AVOW_OK)
		e = wrap(t, avow_span_make(seed, avow_hash_bytes(t->hash)),
			avow_span_make(name->bytes, name->n), value, &out->blob);
	avow_wipe(seed, sizeof(seed));
	return e;
}
