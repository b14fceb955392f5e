/*
 * The attestation report, byte by byte in the order of AMD 56860's table, and its
 * signature: ECDSA P-384 over bytes 0 to 0x29f, r and s little-endian in 72 bytes
 * each. Deviations of single bytes are a table, those before the signature and
 * those behind it.
 */
#include <string.h>

#include "crypto/digest.h"
#include "forge/snp_impl.h"

#define SCALAR 48
#define FIELD 72

/* One byte that deviates. */
struct edit {
	enum snp_bend bend;
	bool is_signed; /* put in before the signature is made */
	uint16_t at;
	uint8_t clear, set; /* bits */
};

static const struct edit EDITS[] = {
	{SNP_RESERVED_4C, true, 0x4c, 0, 1},
	{SNP_RESERVED_18B, true, 0x18b, 0, 1},
	{SNP_RESERVED_1EB, true, 0x1eb, 0, 1},
	{SNP_RESERVED_1EF, true, 0x1ef, 0, 1},
	{SNP_RESERVED_29F, true, 0x29f, 0, 1},
	{SNP_ALGORITHM, true, 0x34, 0xff, 2},
	{SNP_KEY_MASKED, true, 0x48, 0, 0x02},
	{SNP_KEY_NONE, true, 0x48, 0, 0x1c},
	{SNP_KEY_RESERVED, true, 0x48, 0, 0x20},
	{SNP_POLICY_17, true, 0x0a, 0x02, 0},
	{SNP_POLICY_26, true, 0x0b, 0, 0x04},
	{SNP_TCB_CURRENT_RESERVED, true, 0x38 + 4, 0, 1},
	{SNP_TCB_LAUNCH_RESERVED, true, 0x1f0 + 5, 0, 1},
	{SNP_RUNTIME_TAIL, true, 0x8f, 0, 1},
	{SNP_SIG_R_LONG, false, 0x2a0 + SCALAR, 0, 1},
	{SNP_SIG_S_LONG, false, 0x2a0 + FIELD + SCALAR, 0, 1},
	{SNP_SIG_TAIL, false, 0x49f, 0, 1},
};

static void
apply(const struct snp_forge *f, bool is_signed, uint8_t *r)
{
	for (size_t i = 0; i < sizeof(EDITS) / sizeof(EDITS[0]); i++) {
		const struct edit *e = &EDITS[i];

		if (e->is_signed != is_signed || !snp_bent(f, e->bend))
			continue;
		r[e->at] = (uint8_t)((r[e->at] & ~e->clear) | e->set);
	}
}

static void
put_tcb(const struct snp_forge *f, struct avow_buf *b,
	const struct avow_forge_snp_tcb *t)
{
	uint8_t raw[8];

	snp_lay_out_tcb(f, t, raw);
	forge_put_bytes(b, raw, sizeof(raw));
}

static void
put_version(struct avow_buf *b, const uint8_t v[3])
{
	avow_buf_put_byte(b, v[2]); /* build, minor, major */
	avow_buf_put_byte(b, v[1]);
	avow_buf_put_byte(b, v[0]);
	avow_buf_put_byte(b, 0);
}

static enum avow_err
put_bound(const struct snp_forge *f, struct avow_buf *b)
{
	uint8_t data[64] = {0};

	if (f->p.has_report_data)
		memcpy(data, f->p.report_data, sizeof(data));
	else
		AVOW_TRY(avow_sha256(f->p.runtime_data, data));
	forge_put_bytes(b, data, sizeof(data));
	return AVOW_OK;
}

static enum avow_err
put_host_data(const struct snp_forge *f, struct avow_buf *b)
{
	uint8_t data[32];

	memcpy(data, f->p.host_data, sizeof(data));
	if (f->p.has_init_data)
		AVOW_TRY(avow_sha256(f->p.init_data, data));
	forge_put_bytes(b, data, sizeof(data));
	return AVOW_OK;
}

/* 0x000 to 0x04f */
static void
put_head(const struct snp_forge *f, struct avow_buf *b)
{
	bool vlek = f->p.vlek != snp_bent(f, SNP_SIGNER);

	forge_put_le(b, f->p.version, 4);
	forge_put_le(b, f->p.guest_svn, 4);
	forge_put_le(b, f->p.policy, 8);
	forge_put_bytes(b, f->p.family_id, 16);
	forge_put_bytes(b, f->p.image_id, 16);
	forge_put_le(b, f->p.vmpl, 4);
	forge_put_le(b, 1, 4); /* ECDSA P-384 with SHA-384 */
	put_tcb(f, b, &f->p.current);
	forge_put_le(b, f->p.platform_info, 8);
	forge_put_le(b, (vlek ? 4u : 0u) | (f->p.author_key ? 1u : 0u), 4);
	forge_put_zeros(b, 4);
}

/* 0x188 to 0x29f */
static void
put_platform(const struct snp_forge *f, struct avow_buf *b)
{
	bool turin = f->p.product == AVOW_FORGE_TURIN;

	avow_buf_put_byte(b, turin ? 0x1a : 0x19);
	avow_buf_put_byte(b, f->p.cpuid_model);
	avow_buf_put_byte(b, f->p.cpuid_stepping);
	if (f->p.version < 3) /* reserved there */
		memset(b->p + b->n - 3, 0, 3);
	else if (snp_bent(f, SNP_CPUID_UNKNOWN))
		b->p[b->n - 3] = 0x18;
	forge_put_zeros(b, 21);
	if (f->p.mask_chip_id) {
		forge_put_zeros(b, 64);
	} else {
		forge_put_bytes(b, f->p.chip_id, turin ? 8 : 64);
		forge_put_zeros(b, turin ? 56 : 0);
	}
	put_tcb(f, b, &f->p.committed);
	put_version(b, f->p.current_version);
	put_version(b, f->p.committed_version);
	put_tcb(f, b, &f->p.launch);
	forge_put_le(b, f->p.version >= 5 ? f->p.launch_mit_vector : 0, 8);
	forge_put_le(b, f->p.version >= 5 ? f->p.current_mit_vector : 0, 8);
	forge_put_zeros(b, 152);
}

static enum avow_err
put_signed(const struct snp_forge *f, struct avow_buf *b)
{
	put_head(f, b);
	AVOW_TRY(put_bound(f, b));
	forge_put_bytes(b, f->p.measurement, 48);
	AVOW_TRY(put_host_data(f, b));
	forge_put_bytes(b, f->p.id_key_digest, 48);
	forge_put_bytes(b, f->p.author_key_digest, 48);
	forge_put_bytes(b, f->p.report_id, 32);
	forge_put_bytes(b, f->p.report_id_ma, 32);
	put_tcb(f, b, &f->p.reported);
	if (b->err != AVOW_OK)
		return b->err;
	put_platform(f, b);
	if (b->err != AVOW_OK)
		return b->err;
	return b->n == SNP_SIGNED_SIZE ? AVOW_OK : AVOW_E_INTERNAL;
}

/* r and s, big-endian as the signer gives them, into the report's fields. */
static void
put_scalar(const struct snp_forge *f, struct avow_buf *b, const uint8_t *big_endian)
{
	for (size_t i = 0; i < SCALAR; i++)
		avow_buf_put_byte(b,
			big_endian[snp_bent(f, SNP_SIG_SWAPPED) ? i : SCALAR - 1 - i]);
	forge_put_zeros(b, FIELD - SCALAR);
}

static enum avow_err
sign(const struct snp_forge *f, struct avow_buf *b)
{
	const struct avow_privkey *key =
		snp_bent(f, SNP_SIG_OTHER_KEY) ? f->keys->stranger : f->keys->vek;
	struct avow_buf sig;
	enum avow_err e;

	avow_buf_init(&sig, FORGE_MAX_OUTPUT);
	e = avow_sign(key, AVOW_SIG_ES384_RAW, avow_buf_span(b), &sig);
	if (e == AVOW_OK && sig.n != (size_t)2 * SCALAR)
		e = AVOW_E_INTERNAL;
	if (e == AVOW_OK) {
		put_scalar(f, b, sig.p);
		put_scalar(f, b, sig.p + SCALAR);
		forge_put_zeros(b, SNP_REPORT_SIZE - SNP_SIGNED_SIZE - 2 * FIELD);
		e = b->err;
	}
	avow_buf_clear(&sig);
	return e;
}

/* What deviates behind the signature and is more than one byte's bits. */
static void
bend_behind(const struct snp_forge *f, struct avow_buf *b)
{
	uint8_t *r = b->p;

	apply(f, false, r);
	if (snp_bent(f, SNP_SIG_R_ZERO))
		memset(r + 0x2a0, 0, SCALAR);
	if (snp_bent(f, SNP_SIG_S_ZERO))
		memset(r + 0x2a0 + FIELD, 0, SCALAR);
	if (snp_bent(f, SNP_SIG_R_RANGE))
		memset(r + 0x2a0, 0xff, SCALAR);
	if (snp_bent(f, SNP_SIG_BIT))
		r[0x2a0 + FIELD] ^= 1;
	if (snp_bent(f, SNP_BODY_MEASUREMENT))
		r[0x90] ^= 1;
	if (snp_bent(f, SNP_BODY_DEBUG))
		r[0x0a] ^= 0x08;
	if (snp_bent(f, SNP_BODY_REPORT_DATA))
		r[0x50] ^= 1;
	if (snp_bent(f, SNP_EMPTY))
		b->n = 0;
	if (snp_bent(f, SNP_TRUNCATED))
		b->n--;
	if (snp_bent(f, SNP_TRAILING))
		avow_buf_put_byte(b, 0);
}

enum avow_err
snp_make_report(struct snp_forge *f)
{
	avow_buf_put(&f->runtime, f->p.runtime_data);
	avow_buf_put(&f->init, f->p.init_data);
	if (snp_bent(f, SNP_RUNTIME_BODY))
		avow_buf_put_byte(&f->runtime, ' ');
	if (snp_bent(f, SNP_INIT_BODY))
		avow_buf_put_byte(&f->init, ' ');
	AVOW_TRY(f->runtime.err);
	AVOW_TRY(f->init.err);
	AVOW_TRY(put_signed(f, &f->report));
	apply(f, true, f->report.p);
	AVOW_TRY(sign(f, &f->report));
	bend_behind(f, &f->report);
	return f->report.err;
}
