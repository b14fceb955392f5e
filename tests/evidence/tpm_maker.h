/*
 * A TPM made of plain code, for tests: public areas, quotes and certifications
 * signed with a key that the test holds, so that each field can be the one that is
 * wrong. It writes the structures from the standard and shares no code with the
 * reader.
 */
#ifndef AVOW_TESTS_TPM_MAKER_H
#define AVOW_TESTS_TPM_MAKER_H

#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/key.h"
#include "evidence/tpm/tpm.h"

static inline void
put_be(struct avow_buf *b, uint64_t v, unsigned bytes)
{
	while (bytes-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * bytes)));
}

static inline void
put_2b(struct avow_buf *b, struct avow_span s)
{
	put_be(b, s.n, 2);
	avow_buf_put(b, s);
}

struct tpm_fields {
	uint32_t magic;
	uint16_t type;
	struct avow_span extra;
	uint32_t resets, restarts;
	uint8_t safe;
	uint64_t firmware;
	uint16_t bank;
	uint32_t mask;
	struct avow_span digest; /* of the PCRs, or the certified name */
};

static inline struct tpm_fields
tpm_defaults(void)
{
	return (struct tpm_fields){.magic = 0xff544347,
		.type = 0x8018,
		.extra = AVOW_LIT("nonce"),
		.resets = 7,
		.restarts = 3,
		.safe = 1,
		.firmware = 0x0102030405060708,
		.bank = AVOW_TPM_ALG_SHA256,
		.mask = 0x81};
}

static inline struct avow_span
tpm_attest(struct avow_buf *b, const struct tpm_fields *f)
{
	avow_buf_init(b, 1 << 16);
	put_be(b, f->magic, 4);
	put_be(b, f->type, 2);
	put_2b(b, AVOW_LIT("\x00\x0b"
			   "qualified signer of thirty-two by"));
	put_2b(b, f->extra);
	put_be(b, 1000, 8);
	put_be(b, f->resets, 4);
	put_be(b, f->restarts, 4);
	put_be(b, f->safe, 1);
	put_be(b, f->firmware, 8);
	if (f->type == 0x8018) {
		put_be(b, 1, 4);
		put_be(b, f->bank, 2);
		put_be(b, 3, 1);
		for (unsigned i = 0; i < 3; i++)
			put_be(b, f->mask >> (8 * i) & 0xff, 1);
		put_2b(b, f->digest);
	} else {
		put_2b(b, f->digest);
		put_2b(b, AVOW_LIT("\x00\x0b"
				   "name"));
	}
	return avow_buf_span(b);
}

/* TPMT_SIGNATURE by an RSA key (RSASSA, SHA-256) or a P-256 one. */
static inline struct avow_span
tpm_sign(struct avow_buf *b, const struct avow_privkey *key, struct avow_span message)
{
	bool rsa = avow_pubkey_type(avow_privkey_public(key)) == AVOW_KEY_RSA;
	struct avow_buf raw;

	avow_buf_init(b, 1 << 12);
	avow_buf_init(&raw, 1 << 12);
	assert_ok(avow_sign(
		key, rsa ? AVOW_SIG_RS256 : AVOW_SIG_ES256_RAW, message, &raw));
	put_be(b, rsa ? 0x14 : 0x18, 2);
	put_be(b, 0xb, 2);
	if (rsa) {
		put_2b(b, avow_buf_span(&raw));
	} else {
		put_2b(b, avow_span_slice(avow_buf_span(&raw), 0, 32));
		put_2b(b, avow_span_from(avow_buf_span(&raw), 32));
	}
	avow_buf_clear(&raw);
	return avow_buf_span(b);
}

/* TPMT_PUBLIC of a P-256 signing key. */
static inline struct avow_span
tpm_public(struct avow_buf *b, const struct avow_privkey *key, uint32_t attributes)
{
	struct avow_buf x, y;

	avow_buf_init(b, 1 << 12);
	avow_buf_init(&x, 66);
	avow_buf_init(&y, 66);
	assert_ok(avow_pubkey_parts(avow_privkey_public(key), &x, &y));
	put_be(b, 0x23, 2);
	put_be(b, 0xb, 2);
	put_be(b, attributes, 4);
	put_be(b, 0, 2);
	put_be(b, 0x10, 2);
	put_be(b, 0x18, 2);
	put_be(b, 0xb, 2);
	put_be(b, 3, 2);
	put_be(b, 0x10, 2);
	put_2b(b, avow_buf_span(&x));
	put_2b(b, avow_buf_span(&y));
	avow_buf_clear(&x);
	avow_buf_clear(&y);
	return avow_buf_span(b);
}

#endif
