/*
 * The quote, from the enclave outwards (the sheet sgx-quote, sections 1 to 4):
 *
 *   attestation key, auth data -> QE report -> signed by the PCK key
 *   header, enclave's report               -> signed by the attestation key
 *   all of it and the PCK chain            -> quote.bin     (quote_certification.c)
 *   Open Enclave's headers before it       -> report.bin, evidence.bin (quote_oe.c)
 *
 * Fields are appended one after the other in the order of the tables; no
 * structure lies over the bytes.
 */
#include <string.h>

#include "crypto/digest.h"
#include "forge/tdx_impl.h"

#define REPORT_BYTES 384
#define KEY_BYTES 64
#define SIGNATURE_BYTES 64
#define TDX_PADDED 5006 /* what Azure's metadata service answers */

/* ATTRIBUTES.FLAGS, Intel SDM vol. 3D, 38.7.1 */
#define FLAG_INIT 0x01u
#define FLAG_DEBUG 0x02u
#define FLAG_MODE64BIT 0x04u
#define FLAG_PROVISION_KEY 0x10u
#define FLAG_KSS 0x80u

struct body {
	uint8_t cpu_svn[16];
	uint32_t misc_select;
	uint8_t ext_prod_id[16];
	uint64_t flags, xfrm;
	uint8_t mrenclave[32], mrsigner[32], config_id[64];
	uint16_t prod_id, svn, config_svn;
	uint8_t family_id[16], report_data[64];
	uint8_t reserved[4]; /* the last byte of each reserved field */
};

static void
put_reserved(struct avow_buf *b, size_t n, uint8_t last)
{
	forge_put_zeros(b, n - 1);
	avow_buf_put_byte(b, last);
}

/* sgx-quote 2: 384 bytes */
static void
put_body(struct avow_buf *b, const struct body *r)
{
	forge_put_bytes(b, r->cpu_svn, sizeof(r->cpu_svn));
	forge_put_le(b, r->misc_select, 4);
	put_reserved(b, 12, r->reserved[0]);
	forge_put_bytes(b, r->ext_prod_id, sizeof(r->ext_prod_id));
	forge_put_le(b, r->flags, 8);
	forge_put_le(b, r->xfrm, 8);
	forge_put_bytes(b, r->mrenclave, sizeof(r->mrenclave));
	put_reserved(b, 32, r->reserved[1]);
	forge_put_bytes(b, r->mrsigner, sizeof(r->mrsigner));
	put_reserved(b, 32, r->reserved[2]);
	forge_put_bytes(b, r->config_id, sizeof(r->config_id));
	forge_put_le(b, r->prod_id, 2);
	forge_put_le(b, r->svn, 2);
	forge_put_le(b, r->config_svn, 2);
	put_reserved(b, 42, r->reserved[3]);
	forge_put_bytes(b, r->family_id, sizeof(r->family_id));
	forge_put_bytes(b, r->report_data, sizeof(r->report_data));
}

/* --- the enclave's report ------------------------------------------------ */

static enum avow_err
fill_bound(const struct forge *f, struct body *r)
{
	memcpy(r->config_id, f->p.config_id, sizeof(r->config_id));
	if (f->p.has_init_data) {
		memset(r->config_id, 0, sizeof(r->config_id));
		AVOW_TRY(avow_sha256(f->p.init_data, r->config_id));
	}
	if (f->p.has_report_data) {
		memcpy(r->report_data, f->p.report_data, sizeof(r->report_data));
		return AVOW_OK;
	}
	return avow_sha256(f->p.runtime_data, r->report_data);
}

static enum avow_err
put_enclave_report(const struct forge *f, struct avow_buf *b)
{
	static const enum forge_how reserved[4] = {
		HOW_RESERVED, HOW_RESERVED_2, HOW_RESERVED_3, HOW_RESERVED_4};
	struct body r = {.misc_select = f->p.misc_select,
		.flags = FLAG_INIT | FLAG_MODE64BIT,
		.xfrm = f->p.xfrm,
		.prod_id = f->p.prod_id,
		.svn = f->p.svn,
		.config_svn = f->p.config_svn};

	if (f->p.debug)
		r.flags |= FLAG_DEBUG;
	if ((f->p.kss || f->p.has_init_data) && !forge_bent(f, PART_INIT, HOW_ABSENT))
		r.flags |= FLAG_KSS;
	memcpy(r.cpu_svn, f->p.cpu_svn, sizeof(r.cpu_svn));
	memcpy(r.ext_prod_id, f->p.ext_prod_id, sizeof(r.ext_prod_id));
	memcpy(r.family_id, f->p.family_id, sizeof(r.family_id));
	memcpy(r.mrenclave, f->p.mrenclave, sizeof(r.mrenclave));
	memcpy(r.mrsigner, f->p.mrsigner, sizeof(r.mrsigner));
	for (size_t i = 0; i < 4; i++)
		r.reserved[i] = forge_bent(f, PART_REPORT, reserved[i]) ? 1 : 0;
	AVOW_TRY(fill_bound(f, &r));
	put_body(b, &r);
	return b->err;
}

/* --- the quoting enclave ------------------------------------------------- */

/* x and y, 32 bytes each, big-endian */
static enum avow_err
put_key(const struct forge *f, struct avow_buf *out)
{
	const struct avow_privkey *k = forge_bent(f, PART_KEY, HOW_OTHER_KEY)
					       ? f->keys->stranger
					       : f->keys->attestation;
	struct avow_buf y;
	enum avow_err e;

	avow_buf_init(&y, FORGE_MAX_OUTPUT);
	e = avow_pubkey_parts(avow_privkey_public(k), out, &y);
	forge_join(out, &y);
	if (forge_bent(f, PART_KEY, HOW_POINT))
		forge_flip(out, 1); /* of y: x has no more than two */
	return e != AVOW_OK ? e : out->err;
}

/* report_data = SHA-256(key || auth data), then zeros */
static enum avow_err
bind_key(const struct forge *f, struct avow_span key, struct avow_span auth,
	uint8_t report_data[64])
{
	struct avow_buf vouched;
	enum avow_err e = AVOW_OK;

	avow_buf_init(&vouched, FORGE_MAX_OUTPUT);
	if (forge_bent(f, PART_KEY, HOW_OTHER_KEY)) {
		/* the QE vouches for the key that it made, not for the one given */
		struct avow_buf y;

		avow_buf_init(&y, FORGE_MAX_OUTPUT);
		e = avow_pubkey_parts(
			avow_privkey_public(f->keys->attestation), &vouched, &y);
		forge_join(&vouched, &y);
		key = avow_buf_span(&vouched);
	}
	if (e == AVOW_OK)
		e = vouched.err;
	if (e == AVOW_OK)
		e = avow_sha256_2(key, auth, report_data);
	avow_buf_clear(&vouched);
	if (forge_bent(f, PART_QE_REPORT, HOW_REPORT_DATA))
		report_data[0] ^= 1;
	if (forge_bent(f, PART_QE_REPORT, HOW_REPORT_DATA_TAIL))
		report_data[63] = 1;
	return e;
}

static struct body
qe_body(const struct forge *f)
{
	struct body r = {.flags = FLAG_INIT | FLAG_MODE64BIT | FLAG_PROVISION_KEY,
		.xfrm = f->p.xfrm,
		.prod_id = f->p.qe_isvprodid,
		.svn = f->p.qe_isvsvn};

	memcpy(r.cpu_svn, f->p.cpu_svn, sizeof(r.cpu_svn));
	memset(r.mrenclave, 0x2f, sizeof(r.mrenclave));
	memcpy(r.mrsigner, f->p.qe_mrsigner, sizeof(r.mrsigner));
	if (forge_bent(f, PART_QE, HOW_MISCSELECT))
		r.misc_select = 1;
	if (forge_bent(f, PART_QE, HOW_ATTRIBUTES))
		r.flags &= ~(uint64_t)FLAG_PROVISION_KEY;
	if (forge_bent(f, PART_QE, HOW_DEBUG))
		r.flags |= FLAG_DEBUG;
	if (forge_bent(f, PART_QE, HOW_MRSIGNER))
		r.mrsigner[0] ^= 1;
	if (forge_bent(f, PART_QE, HOW_PRODID))
		r.prod_id ^= 2;
	if (forge_bent(f, PART_QE_REPORT, HOW_RESERVED))
		r.reserved[1] = 1;
	return r;
}

/* Sign what stands in `signed_part`, then let the signature deviate. */
static enum avow_err
put_signature(const struct forge *f, enum forge_part part, const struct avow_privkey *k,
	struct avow_span signed_part, struct avow_buf *out)
{
	if (forge_bent(f, part, HOW_OTHER_KEY))
		k = f->keys->stranger;
	if (forge_bent(f, part, HOW_SIGNATURE_ZERO)) {
		forge_put_zeros(out, SIGNATURE_BYTES);
		return out->err;
	}
	AVOW_TRY(avow_sign(k, AVOW_SIG_ES256_RAW, signed_part, out));
	if (forge_bent(f, part, HOW_SIGNATURE))
		forge_flip(out, 1);
	return AVOW_OK;
}

/* QE report, its signature, auth data (sgx-quote 3, offsets 128 to 578+A) */
static enum avow_err
put_qe(const struct forge *f, struct avow_span key, struct avow_buf *out)
{
	struct body r = qe_body(f);
	struct avow_buf report, sig, auth;
	enum avow_err e;

	avow_buf_init(&report, FORGE_MAX_OUTPUT);
	avow_buf_init(&sig, FORGE_MAX_OUTPUT);
	avow_buf_init(&auth, FORGE_MAX_OUTPUT);
	for (size_t i = 0; i < f->p.auth_data_bytes; i++)
		avow_buf_put_byte(&auth, (uint8_t)i);
	e = bind_key(f, key, avow_buf_span(&auth), r.report_data);
	put_body(&report, &r);
	if (e == AVOW_OK)
		e = put_signature(
			f, PART_QE_REPORT, f->keys->pck, avow_buf_span(&report), &sig);
	if (forge_bent(f, PART_QE_REPORT, HOW_BODY))
		forge_flip(&report, REPORT_BYTES - 258); /* ISVSVN */
	if (forge_bent(f, PART_QE_REPORT, HOW_AUTH_DATA))
		forge_flip(&auth, 1);
	forge_join(out, &report);
	forge_join(out, &sig);
	forge_put_le(out,
		forge_bent(f, PART_QUOTE, HOW_AUTH_LENGTH) ? UINT16_MAX : auth.n, 2);
	forge_join(out, &auth);
	return e != AVOW_OK ? e : out->err;
}

/* --- the quote ----------------------------------------------------------- */

/* sgx-quote 1: 48 bytes */
static void
put_header(const struct forge *f, struct avow_buf *b)
{
	static const uint8_t intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c,
		0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

	unsigned version = f->tdx ? f->tdx->version : 3;

	forge_put_le(b, forge_bent(f, PART_QUOTE, HOW_VERSION) ? 2 : version, 2);
	forge_put_le(b, forge_bent(f, PART_QUOTE, HOW_KEY_TYPE) ? 3 : 2, 2);
	forge_put_le(
		b, forge_bent(f, PART_QUOTE, HOW_TEE_TYPE) == !f->tdx ? 0x81 : 0, 4);
	forge_put_le(b, f->p.header_qe_svn, 2);
	forge_put_le(b, f->p.header_pce_svn, 2);
	forge_put_bytes(b, intel, sizeof(intel));
	if (forge_bent(f, PART_QUOTE, HOW_VENDOR))
		forge_flip(b, 1);
	forge_put_bytes(b, f->p.qe_id, sizeof(f->p.qe_id)); /* user_data */
	forge_put_zeros(b, 4);
}

/* What the QE says, and the certification data. */
static enum avow_err
put_qe_certification(const struct forge *f, struct avow_span key, struct avow_buf *out)
{
	struct avow_buf cert;
	enum avow_err e = put_qe(f, key, out);

	avow_buf_init(&cert, FORGE_MAX_OUTPUT);
	forge_put_certification(f, &cert);
	forge_put_le(out, f->p.certification_type, 2);
	forge_put_le(out,
		cert.n + (forge_bent(f, PART_QUOTE, HOW_CERT_LENGTH) ? 1u : 0u), 4);
	forge_join(out, &cert);
	if (forge_bent(f, PART_QUOTE, HOW_CERT_TRAILING))
		avow_buf_put_byte(out, 0);
	return e != AVOW_OK ? e : out->err;
}

/* TDX: certification data type 6 around it (tdx-quote 2) */
static void
put_outer(const struct forge *f, size_t n, struct avow_buf *out)
{
	forge_put_le(out, forge_bent(f, PART_TD_OUTER, HOW_TYPE) ? 5 : 6, 2);
	forge_put_le(out,
		n + forge_bent(f, PART_TD_OUTER, HOW_LENGTH_LONG) -
			forge_bent(f, PART_TD_OUTER, HOW_LENGTH_SHORT),
		4);
}

/* Signature data: sgx-quote 3 */
static enum avow_err
put_signature_data(
	const struct forge *f, struct avow_span signed_part, struct avow_buf *out)
{
	const struct avow_privkey *k = forge_bent(f, PART_KEY, HOW_OTHER_KEY)
					       ? f->keys->stranger
					       : f->keys->attestation;
	struct avow_buf key, qe;
	enum avow_err e;

	avow_buf_init(&key, FORGE_MAX_OUTPUT);
	avow_buf_init(&qe, FORGE_MAX_OUTPUT);
	e = put_key(f, &key);
	if (e == AVOW_OK)
		e = put_signature(f, PART_QUOTE, k, signed_part, out);
	avow_buf_put(out, avow_buf_span(&key));
	if (e == AVOW_OK)
		e = put_qe_certification(f, avow_buf_span(&key), &qe);
	if (f->tdx)
		put_outer(f, qe.n, out);
	forge_join(out, &qe);
	avow_buf_clear(&key);
	return e != AVOW_OK ? e : out->err;
}

static uint64_t
declared_length(const struct forge *f, size_t n)
{
	if (forge_bent(f, PART_QUOTE, HOW_LENGTH_LONG))
		return UINT32_MAX;
	return forge_bent(f, PART_QUOTE, HOW_LENGTH_SHORT) ? n - 1 : n;
}

/* Version 5 tells what its body is (tdx-quote 2). */
static enum avow_err
put_td(const struct forge *f, struct avow_buf *b)
{
	size_t n = f->tdx->report_15 ? 648 : 584;

	if (f->tdx->version == 5) {
		forge_put_le(b,
			forge_bent(f, PART_TD_QUOTE, HOW_TYPE) ? 1
			: f->tdx->report_15                    ? 3
							       : 2,
			2);
		forge_put_le(b, n + forge_bent(f, PART_TD_QUOTE, HOW_LENGTH_LONG), 4);
	}
	return forge_tdx_put_report(f, b);
}

/* The signed bytes, after they were signed. */
static void
bend_signed(const struct forge *f, struct avow_buf *head)
{
	size_t td = f->tdx && f->tdx->version == 5 ? 54 : 48;

	if (forge_bent(f, PART_TD, HOW_BODY))
		head->p[td + 136] ^= 1; /* MRTD */
	if (forge_bent(f, PART_TD, HOW_ATTRIBUTES))
		head->p[td + 120] ^= 1; /* DEBUG */
	if (forge_bent(f, PART_QUOTE, HOW_BODY))
		head->p[28] ^= 1; /* user_data */
	if (forge_bent(f, PART_REPORT, HOW_BODY))
		head->p[48 + 64] ^= 1; /* MRENCLAVE */
	if (forge_bent(f, PART_REPORT, HOW_ATTRIBUTES))
		head->p[48 + 48] ^= FLAG_DEBUG;
}

static enum avow_err
put_quote(const struct forge *f, struct avow_buf *out)
{
	struct avow_buf head, sig;
	enum avow_err e;

	if (forge_bent(f, PART_QUOTE, HOW_EMPTY))
		return AVOW_OK;
	avow_buf_init(&head, FORGE_MAX_OUTPUT);
	avow_buf_init(&sig, FORGE_MAX_OUTPUT);
	put_header(f, &head);
	e = f->tdx ? put_td(f, &head) : put_enclave_report(f, &head);
	if (e == AVOW_OK)
		e = put_signature_data(f, avow_buf_span(&head), &sig);
	if (e == AVOW_OK)
		bend_signed(f, &head);
	forge_join(out, &head);
	forge_put_le(out, declared_length(f, sig.n), 4);
	forge_join(out, &sig);
	if (e == AVOW_OK && forge_bent(f, PART_QUOTE, HOW_TRUNCATED))
		out->n--;
	if (f->tdx && f->tdx->padded && out->n < TDX_PADDED)
		forge_put_zeros(out, TDX_PADDED - out->n);
	/* zeros may follow a TDX quote */
	if (forge_bent(f, PART_QUOTE, HOW_TRAILING) ||
		forge_bent(f, PART_TD_QUOTE, HOW_TRAILING))
		avow_buf_put_byte(out, f->tdx ? 1 : 0);
	return e != AVOW_OK ? e : out->err;
}

/* --- all of it ----------------------------------------------------------- */

enum avow_err
forge_make_quote(struct forge *f)
{
	avow_buf_put(&f->runtime, f->p.runtime_data);
	if (forge_bent(f, PART_RUNTIME, HOW_BODY))
		avow_buf_put_byte(&f->runtime, ' '); /* still JSON */
	if (f->p.has_init_data)
		avow_buf_put(&f->init, f->p.init_data);
	if (forge_bent(f, PART_INIT, HOW_BODY))
		avow_buf_put_byte(&f->init, ' ');
	AVOW_TRY(f->runtime.err);
	AVOW_TRY(f->init.err);
	AVOW_TRY(put_quote(f, &f->quote));
	if (f->tdx)
		return AVOW_OK;
	forge_put_oe_report(f, &f->report);
	if (!f->p.has_report_data)
		forge_put_oe_evidence(f, &f->evidence);
	return f->report.err != AVOW_OK ? f->report.err : f->evidence.err;
}
