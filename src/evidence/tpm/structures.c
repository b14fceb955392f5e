/*
 * Reads TPMS_ATTEST, TPMT_SIGNATURE and TPMT_PUBLIC (TPM 2.0 Library part 2).
 * Form alone is judged: what the kind cannot use is refused here, so that the
 * checks see only structures that mean something. Whether anybody signed them is
 * signature.c's and quote.c's question.
 */
#include "base/cursor.h"
#include "evidence/tpm/tpm.h"

#define PART2 "TPM 2.0 Library part 2"
#define MAX_DATA 66 /* TPM2B_DATA: sizeof(TPMT_HA), 10.4.3 */
#define MAX_RSA 512 /* 4096 bits */
#define MAX_POINT 66 /* P-521 */

static const struct {
	uint16_t alg;
	enum avow_hash hash;
	const char *name;
} HASHES[] = {
	{AVOW_TPM_ALG_SHA1, AVOW_SHA1, "sha1"},
	{AVOW_TPM_ALG_SHA256, AVOW_SHA256, "sha256"},
	{AVOW_TPM_ALG_SHA384, AVOW_SHA384, "sha384"},
	{AVOW_TPM_ALG_SHA512, AVOW_SHA512, "sha512"},
};

#define N_HASHES (sizeof(HASHES) / sizeof(HASHES[0]))

bool
avow_tpm_hash(uint16_t alg, enum avow_hash *out)
{
	for (size_t i = 0; i < N_HASHES; i++) {
		if (HASHES[i].alg != alg)
			continue;
		*out = HASHES[i].hash;
		return true;
	}
	return false;
}

const char *
avow_tpm_hash_name(uint16_t alg)
{
	for (size_t i = 0; i < N_HASHES; i++)
		if (HASHES[i].alg == alg)
			return HASHES[i].name;
	return NULL;
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *check, const char *field,
	const char *expected, uint64_t got)
{
	const struct avow_at at = {check, field, PART2};

	return avow_refuse(why, code, &at, expected, "0x%llx", (unsigned long long)got);
}

/* A TPM2B of at most max bytes; the cursor is bad when it is longer. */
static struct avow_span
read_2b(struct avow_cursor *c, size_t max)
{
	uint16_t n = avow_cur_be16(c);

	if (n > max)
		avow_cur_skip(c, SIZE_MAX);
	return avow_cur_bytes(c, n);
}

/* --- TPMS_ATTEST ---------------------------------------------------------------------- */

static enum avow_err
bad_attest(const struct avow_cursor *c, struct avow_why *why)
{
	static const struct avow_at at = {
		"tpms_attest", "size", PART2 ", 10.12.12, TPMS_ATTEST"};
	size_t offset = avow_cur_is_bad(c) ? c->bad_at : avow_cur_offset(c);

	(void)avow_refuse(why, AVOW_E_TPM_ATTEST, &at,
		avow_cur_is_bad(c) ? "more bytes" : "no byte behind it", NULL);
	avow_why_offset(why, offset);
	return AVOW_E_TPM_ATTEST;
}

/* 10.6.2, TPMS_PCR_SELECTION: bit n of byte k is PCR 8k + n */
static enum avow_err
read_selection(struct avow_cursor *c, struct avow_tpm_attest *out, struct avow_why *why)
{
	struct avow_tpm_selection *s = &out->selections[out->n_selections];
	struct avow_span bitmap;
	enum avow_hash h;
	uint8_t size;

	s->alg = avow_cur_be16(c);
	size = avow_cur_u8(c);
	bitmap = avow_cur_bytes(c, size);
	if (avow_cur_is_bad(c))
		return bad_attest(c, why);
	if (size < 1 || size > 4)
		return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest", "sizeofSelect",
			"1 to 4", size);
	if (!avow_tpm_hash(s->alg, &h))
		return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest", "hashAlg",
			"SHA-1, SHA-256, SHA-384 or SHA-512", s->alg);
	for (size_t i = 0; i < bitmap.n; i++)
		s->mask |= (uint32_t)bitmap.p[i] << (8 * i);
	if (s->mask & ~AVOW_TPM_PCRS_ALL)
		return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest", "pcrSelect",
			"PCR 0 to 23", s->mask);
	for (size_t i = 0; i < out->n_selections; i++)
		if (out->selections[i].alg == s->alg)
			return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest",
				"hashAlg", "each bank once", s->alg);
	out->n_selections++;
	return AVOW_OK;
}

/* 10.12.1, TPMS_QUOTE_INFO. A quote of nothing is legal and proves nothing
 * (bug 30). */
static enum avow_err
read_quote(struct avow_cursor *c, struct avow_tpm_attest *out, struct avow_why *why)
{
	uint32_t count = avow_cur_be32(c), all = 0;

	if (avow_cur_is_bad(c))
		return bad_attest(c, why);
	if (count > AVOW_TPM_MAX_SELECTIONS)
		return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest", "count",
			"at most 16 banks", count);
	for (uint32_t i = 0; i < count; i++)
		AVOW_TRY(read_selection(c, out, why));
	for (size_t i = 0; i < out->n_selections; i++)
		all |= out->selections[i].mask;
	if (all == 0)
		return refuse(why, AVOW_E_TPM_SELECTION, "tpms_attest", "pcrSelect",
			"at least one PCR", 0);
	out->pcr_digest = read_2b(c, AVOW_MAX_DIGEST);
	return AVOW_OK;
}

/* 10.11.1, TPMS_CLOCK_INFO; safe is a TPMI_YES_NO */
static enum avow_err
read_clock(struct avow_cursor *c, struct avow_tpm_attest *out, struct avow_why *why)
{
	uint8_t safe;

	out->clock_ms = avow_cur_be64(c);
	out->reset_count = avow_cur_be32(c);
	out->restart_count = avow_cur_be32(c);
	safe = avow_cur_u8(c);
	out->firmware_version = avow_cur_be64(c);
	if (avow_cur_is_bad(c))
		return bad_attest(c, why);
	if (safe > 1)
		return refuse(why, AVOW_E_TPM_CLOCK, "tpms_attest", "clockInfo.safe",
			"0 or 1", safe);
	out->safe = safe == 1;
	return AVOW_OK;
}

static enum avow_err
read_kind(struct avow_cursor *c, uint16_t want, struct avow_tpm_attest *out,
	struct avow_why *why)
{
	uint32_t magic = avow_cur_be32(c);

	if (avow_cur_is_bad(c))
		return bad_attest(c, why);
	if (magic != AVOW_TPM_MAGIC)
		return refuse(why, AVOW_E_TPM_MAGIC, "tpms_attest", "magic",
			"0xff544347, TPM_GENERATED_VALUE", magic);
	out->type = avow_cur_be16(c);
	if (avow_cur_is_bad(c))
		return bad_attest(c, why);
	if (out->type != want)
		return refuse(why, AVOW_E_TPM_TYPE, "tpms_attest", "type",
			want == AVOW_TPM_ST_QUOTE ? "0x8018, TPM_ST_ATTEST_QUOTE"
						  : "0x8017, TPM_ST_ATTEST_CERTIFY",
			out->type);
	return AVOW_OK;
}

enum avow_err
avow_tpm_attest_parse(struct avow_span bytes, uint16_t type,
	struct avow_tpm_attest *out, struct avow_why *why)
{
	struct avow_tpm_attest t = {.bytes = bytes};
	struct avow_cursor c = avow_cur(bytes);

	*out = (struct avow_tpm_attest){.bytes = {NULL, 0}};
	AVOW_TRY(read_kind(&c, type, &t, why));
	t.qualified_signer = read_2b(&c, AVOW_TPM_MAX_NAME);
	t.extra_data = read_2b(&c, MAX_DATA);
	AVOW_TRY(read_clock(&c, &t, why));
	if (type == AVOW_TPM_ST_QUOTE) {
		AVOW_TRY(read_quote(&c, &t, why));
	} else {
		t.name = read_2b(&c, AVOW_TPM_MAX_NAME);
		t.qualified_name = read_2b(&c, AVOW_TPM_MAX_NAME);
	}
	if (!avow_cur_is_done(&c))
		return bad_attest(&c, why);
	*out = t;
	return AVOW_OK;
}

/* --- TPMT_SIGNATURE --------------------------------------------------------------------- */

static enum avow_err
bad_signature(struct avow_why *why, const char *expected)
{
	static const struct avow_at at = {
		"tpmt_signature", "signature", PART2 ", 11.3.4, TPMT_SIGNATURE"};

	return avow_refuse(why, AVOW_E_TPM_SIGNATURE_FORMAT, &at, expected, NULL);
}

enum avow_err
avow_tpm_signature_parse(
	struct avow_span bytes, struct avow_tpm_signature *out, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);
	struct avow_tpm_signature s = {0};
	enum avow_hash h;

	*out = s;
	s.alg = avow_cur_be16(&c);
	if (avow_cur_is_bad(&c))
		return bad_signature(why, "an algorithm");
	if (s.alg != AVOW_TPM_ALG_RSASSA && s.alg != AVOW_TPM_ALG_RSAPSS &&
		s.alg != AVOW_TPM_ALG_ECDSA)
		return refuse(why, AVOW_E_TPM_SIGNATURE_ALGORITHM, "tpmt_signature",
			"sigAlg", "RSASSA, RSAPSS or ECDSA", s.alg);
	s.hash = avow_cur_be16(&c);
	if (avow_cur_is_bad(&c))
		return bad_signature(why, "a hash algorithm");
	if (!avow_tpm_hash(s.hash, &h))
		return refuse(why, AVOW_E_TPM_SIGNATURE_ALGORITHM, "tpmt_signature",
			"hash", "SHA-1, SHA-256, SHA-384 or SHA-512", s.hash);
	if (s.alg == AVOW_TPM_ALG_ECDSA) {
		s.r = read_2b(&c, MAX_POINT * 2);
		s.s = read_2b(&c, MAX_POINT * 2);
	} else {
		s.rsa = read_2b(&c, MAX_RSA);
	}
	if (!avow_cur_is_done(&c))
		return bad_signature(
			why, "the sizes that it declares, and no byte more");
	*out = s;
	return AVOW_OK;
}

/* --- TPMT_PUBLIC ------------------------------------------------------------------------ */

/* 12.2.3: symmetric is {alg} or {alg, bits, mode}; scheme {alg} or {alg, hash} */
static void
read_symmetric(struct avow_cursor *c, struct avow_tpm_public *p)
{
	p->symmetric = avow_cur_be16(c);
	if (p->symmetric == AVOW_TPM_ALG_NULL)
		return;
	p->symmetric_bits = avow_cur_be16(c);
	p->symmetric_mode = avow_cur_be16(c);
}

static void
read_scheme(struct avow_cursor *c, struct avow_tpm_public *p)
{
	p->scheme = avow_cur_be16(c);
	if (p->scheme == AVOW_TPM_ALG_NULL || p->scheme == AVOW_TPM_ALG_RSAES)
		return;
	p->scheme_hash = avow_cur_be16(c);
	if (p->scheme == AVOW_TPM_ALG_ECDAA)
		(void)avow_cur_be16(c); /* its count */
}

static void
read_rsa(struct avow_cursor *c, struct avow_tpm_public *p)
{
	read_symmetric(c, p);
	read_scheme(c, p);
	p->key_bits = avow_cur_be16(c);
	p->exponent = avow_cur_be32(c);
	if (p->exponent == 0) /* 12.2.3.5: the default */
		p->exponent = 65537;
	p->n = read_2b(c, MAX_RSA);
}

static void
read_ecc(struct avow_cursor *c, struct avow_tpm_public *p)
{
	read_symmetric(c, p);
	read_scheme(c, p);
	p->curve = avow_cur_be16(c);
	if (avow_cur_be16(c) != AVOW_TPM_ALG_NULL)
		(void)avow_cur_be16(c); /* the KDF's hash */
	p->x = read_2b(c, MAX_POINT);
	p->y = read_2b(c, MAX_POINT);
}

static enum avow_err
bad_public(struct avow_why *why, const char *field, const char *expected, uint64_t got)
{
	return refuse(why, AVOW_E_TPM_PUBLIC, "tpmt_public", field, expected, got);
}

/* A TPM2B_PUBLIC starts with a size, a TPMT_PUBLIC with a type: 1 and 0x23 are no
 * size that a public area can have. */
static struct avow_span
without_size(struct avow_span bytes)
{
	struct avow_cursor c = avow_cur(bytes);
	uint16_t n = avow_cur_be16(&c);

	return bytes.n > 2 && n == bytes.n - 2 && n > AVOW_TPM_ALG_ECC
		       ? avow_span_from(bytes, 2)
		       : bytes;
}

enum avow_err
avow_tpm_public_parse(
	struct avow_span bytes, struct avow_tpm_public *out, struct avow_why *why)
{
	struct avow_tpm_public p = {.bytes = without_size(bytes)};
	struct avow_cursor c = avow_cur(p.bytes);

	*out = (struct avow_tpm_public){.bytes = {NULL, 0}};
	p.type = avow_cur_be16(&c);
	p.name_alg = avow_cur_be16(&c);
	p.attributes = avow_cur_be32(&c);
	p.auth_policy = read_2b(&c, AVOW_MAX_DIGEST);
	if (avow_cur_is_bad(&c))
		return bad_public(why, "size", "more bytes", bytes.n);
	if (p.type == AVOW_TPM_ALG_RSA)
		read_rsa(&c, &p);
	else if (p.type == AVOW_TPM_ALG_ECC)
		read_ecc(&c, &p);
	else
		return bad_public(why, "type", "RSA or ECC", p.type);
	if (!avow_cur_is_done(&c))
		return bad_public(why, "size",
			"the sizes that it declares, and no byte more", bytes.n);
	if (p.type == AVOW_TPM_ALG_RSA && p.n.n * 8 != p.key_bits)
		return bad_public(why, "keyBits", "as long as the modulus", p.key_bits);
	*out = p;
	return AVOW_OK;
}

static const struct {
	uint16_t curve;
	enum avow_key_type type;
	size_t bytes;
} CURVES[] = {
	{0x0003, AVOW_KEY_P256, 32},
	{0x0004, AVOW_KEY_P384, 48},
	{0x0005, AVOW_KEY_P521, 66},
};

static void
put_padded(struct avow_buf *b, struct avow_span v, size_t n)
{
	for (size_t i = v.n; i < n; i++)
		avow_buf_put_byte(b, 0);
	avow_buf_put(b, v);
}

static enum avow_err
ecc_key(const struct avow_tpm_public *p, struct avow_pubkey **out)
{
	struct avow_buf xy;
	enum avow_err e = AVOW_E_KEY_TYPE;

	avow_buf_init(&xy, 2 * MAX_POINT);
	for (size_t i = 0; i < sizeof(CURVES) / sizeof(CURVES[0]); i++) {
		if (CURVES[i].curve != p->curve || p->x.n > CURVES[i].bytes ||
			p->y.n > CURVES[i].bytes)
			continue;
		put_padded(&xy, p->x, CURVES[i].bytes);
		put_padded(&xy, p->y, CURVES[i].bytes);
		e = xy.err ? xy.err
			   : avow_pubkey_from_point(
				     CURVES[i].type, avow_buf_span(&xy), out);
	}
	avow_buf_clear(&xy);
	return e;
}

static enum avow_err
rsa_key(const struct avow_tpm_public *p, struct avow_pubkey **out)
{
	const uint8_t e[4] = {(uint8_t)(p->exponent >> 24),
		(uint8_t)(p->exponent >> 16), (uint8_t)(p->exponent >> 8),
		(uint8_t)p->exponent};

	return avow_pubkey_from_rsa(p->n, avow_span_make(e, sizeof(e)), out);
}

enum avow_err
avow_tpm_public_key(
	const struct avow_tpm_public *p, struct avow_pubkey **out, struct avow_why *why)
{
	enum avow_err e;

	*out = NULL;
	e = p->type == AVOW_TPM_ALG_RSA ? rsa_key(p, out) : ecc_key(p, out);
	if (e == AVOW_OK || avow_err_class(e) == AVOW_CLASS_INTERNAL ||
		avow_err_class(e) == AVOW_CLASS_CRYPTO)
		return e;
	return bad_public(why, "unique",
		"RSA of 2048 to 4096 bits, or a point of P-256, P-384 or P-521",
		p->type == AVOW_TPM_ALG_RSA ? p->key_bits : p->curve);
}

enum avow_err
avow_tpm_public_name(const struct avow_tpm_public *p, struct avow_tpm_name *out,
	struct avow_why *why)
{
	enum avow_hash h;

	out->n = 0;
	if (!avow_tpm_hash(p->name_alg, &h))
		return bad_public(why, "nameAlg", "SHA-1, SHA-256, SHA-384 or SHA-512",
			p->name_alg);
	AVOW_TRY(avow_digest(h, &p->bytes, 1, out->bytes + 2));
	out->bytes[0] = (uint8_t)(p->name_alg >> 8);
	out->bytes[1] = (uint8_t)p->name_alg;
	out->n = 2 + avow_hash_bytes(h);
	return AVOW_OK;
}

enum avow_err
avow_tpm_ak_attributes(const struct avow_tpm_public *p, struct avow_why *why)
{
	const uint32_t must = AVOW_TPMA_FIXED_TPM | AVOW_TPMA_FIXED_PARENT |
			      AVOW_TPMA_SENSITIVE_DATA_ORIGIN | AVOW_TPMA_RESTRICTED |
			      AVOW_TPMA_SIGN;

	if ((p->attributes & must) == must && !(p->attributes & AVOW_TPMA_DECRYPT))
		return AVOW_OK;
	return refuse(why, AVOW_E_TPM_AK_ATTRIBUTES, "ak_attributes",
		"objectAttributes",
		"fixedTPM, fixedParent, sensitiveDataOrigin, restricted and sign, not "
		"decrypt (0x50032)",
		p->attributes);
}
