/*
 * The TPM below the enclave: a log like that of a Windows boot, the SHA-256
 * registers that it leads to, a quote of all 24 by an AK on P-256 (TPM 2.0 Library part
 * 2, 10.12; big-endian), and the AK's certificate under a CA of its own.
 */
#include <string.h>

#include "crypto/digest.h"
#include "crypto/x509_make.h"
#include "forge/log.h"
#include "forge/vbs_impl.h"
#include "wire/pem.h"

#define TPM_GENERATED_VALUE 0xff544347u
#define TPM_ST_ATTEST_QUOTE 0x8018
#define TPM_ALG_SHA256 0x000b
#define TPM_ALG_ECDSA 0x0018
#define KP_AIK_CERTIFICATE "2.23.133.8.3" /* tcg-kp-AIKCertificate */
#define YEAR_S (365 * INT64_C(86400))
#define PCR_OS 12u /* where Windows puts what its loader decided */

typedef const char *const name_pair[2];

static const struct forge_bank BANK = {AVOW_SHA256, TPM_ALG_SHA256};

/* --- certificates ------------------------------------------------------------------------ */

enum avow_err
vbs_make_pki(struct vbs_forge *f, struct avow_why *why)
{
	static name_pair ca[] = {{"O", "Avow Forge, simulated"},
		{"CN", "Avow Forge TPM CA"}, {NULL, NULL}};
	static name_pair ak[] = {{"CN", "Avow Forge AK"}, {NULL, NULL}};
	const struct avow_privkey *key = f->ca ? f->ca : f->keys->ca;
	bool rsa = avow_pubkey_type(avow_privkey_public(key)) == AVOW_KEY_RSA;
	struct avow_cert_spec s = {
		.subject = ca,
		.not_before_s = f->p.at_s - YEAR_S,
		.not_after_s = f->p.at_s + 5 * YEAR_S,
		.key = avow_privkey_public(key),
		.signer = key,
		.alg = rsa ? AVOW_SIG_RS256 : AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN,
		.with_key_ids = true,
	};
	enum avow_err e = avow_cert_make(&s, &f->root);

	if (e == AVOW_E_KEY_TYPE && f->ca)
		return avow_refuse(why, AVOW_E_USAGE,
			&(struct avow_at){"forge_parameters", "ca_key", NULL},
			"an RSA or P-256 key", NULL);
	AVOW_TRY(e);
	s.subject = ak;
	s.issuer = ca;
	s.key = avow_privkey_public(f->keys->ak);
	s.is_ca = false;
	s.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
	s.eku_oid = KP_AIK_CERTIFICATE;
	if (vbs_bent(f, VBS_AK_ROOT)) {
		s.signer = f->keys->other_ca;
		s.alg = AVOW_SIG_ES256_DER;
	}
	AVOW_TRY(avow_cert_make(&s, &f->ak_cert));
	avow_pem_put(&f->root_pem, "CERTIFICATE", avow_buf_span(&f->root));
	return f->root_pem.err;
}

/* --- the log ---------------------------------------------------------------------------------- */

static enum avow_err
put_event(struct vbs_forge *f, unsigned pcr, uint32_t type, struct avow_span data,
	bool other)
{
	const struct forge_log_entry e = {
		pcr, type, other ? AVOW_LIT("other data") : data, data};

	return forge_log_event(&f->log, &BANK, &e, f->pcr[pcr]);
}

/* UEFI_VARIABLE_DATA of SecureBoot = 1, and the separators of the firmware */
static enum avow_err
put_firmware(struct vbs_forge *f)
{
	static const uint8_t global[16] = {0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2,
		0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};
	static const char name[] = "SecureBoot";
	struct avow_buf v;
	enum avow_err e;

	avow_buf_init(&v, FORGE_MAX_OUTPUT);
	forge_put_bytes(&v, global, sizeof(global));
	forge_put_le(&v, sizeof(name) - 1, 8);
	forge_put_le(&v, 1, 8);
	for (size_t i = 0; name[i]; i++)
		forge_put_le(&v, (uint8_t)name[i], 2);
	avow_buf_put_byte(&v, 1);
	e = v.err;
	if (e == AVOW_OK)
		e = put_event(f, 7, FORGE_EV_EFI_VARIABLE_DRIVER_CONFIG,
			avow_buf_span(&v), false);
	avow_buf_clear(&v);
	for (unsigned pcr = 0; e == AVOW_OK && pcr < 8; pcr++)
		e = put_event(
			f, pcr, FORGE_EV_SEPARATOR, avow_span_make("\0\0\0", 4), false);
	return e;
}

static enum avow_err
put_identity_key(struct vbs_forge *f, const struct avow_privkey *key, unsigned pcr)
{
	struct avow_buf data;
	enum avow_err e;

	avow_buf_init(&data, FORGE_MAX_OUTPUT);
	e = vbs_put_idks(f, avow_privkey_public(key), &data);
	if (e == AVOW_OK)
		e = put_event(f, pcr, FORGE_EV_EVENT_TAG, avow_buf_span(&data),
			vbs_bent(f, VBS_IDK_UNPROVEN));
	avow_buf_clear(&data);
	return e;
}

static enum avow_err
make_log(struct vbs_forge *f)
{
	unsigned pcr = vbs_bent(f, VBS_IDK_REGISTER) ? PCR_OS - 1 : PCR_OS;
	bool late = vbs_bent(f, VBS_IDK_LATE);

	/* TCG PC Client Platform TPM Profile 1.05, 4.6: 17 to 22 start as ones */
	memset(f->pcr[17], 0xff, 6 * sizeof(f->pcr[0]));
	forge_log_spec_id(&f->log, 0, &BANK);
	AVOW_TRY(put_firmware(f));
	if (late)
		AVOW_TRY(
			put_event(f, pcr, FORGE_EV_SEPARATOR, AVOW_LIT("WBCL"), false));
	if (!vbs_bent(f, VBS_IDK_ABSENT))
		AVOW_TRY(put_identity_key(f, f->keys->idk, pcr));
	if (vbs_bent(f, VBS_IDK_TWO))
		AVOW_TRY(put_identity_key(f, f->keys->request, pcr + 1));
	if (!late)
		AVOW_TRY(
			put_event(f, pcr, FORGE_EV_SEPARATOR, AVOW_LIT("WBCL"), false));
	if (vbs_bent(f, VBS_LOG_DIGEST)) /* of the last event, the separator */
		forge_flip(&f->log, 4 + 4 + 1);
	return f->log.err;
}

/* --- the quote ---------------------------------------------------------------------------------- */

static void
put_be(struct avow_buf *b, uint64_t v, unsigned n_bytes)
{
	while (n_bytes-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * n_bytes)));
}

static void
put_2b(struct avow_buf *b, const void *p, size_t n)
{
	put_be(b, n, 2);
	forge_put_bytes(b, p, n);
}

/* Version 1 is bound to the challenge by itself, version 2 to the key with it:
 * MAA TPM attestation protocol, tpm_quote. */
static enum avow_err
put_extra_data(const struct vbs_forge *f, struct avow_buf *b)
{
	uint8_t bound[AVOW_SHA256_BYTES], challenge[VBS_CHALLENGE_MAX];
	struct avow_span parts[3] = {avow_buf_span(&f->jwk), avow_span_make("", 1),
		avow_span_make(challenge, f->challenge_n)};

	memcpy(challenge, f->challenge, sizeof(challenge));
	challenge[0] ^= vbs_bent(f, VBS_QUOTE_NONCE);
	if (f->p.version == 1) {
		put_2b(b, challenge, f->challenge_n);
		return b->err;
	}
	AVOW_TRY(avow_digest(AVOW_SHA256, parts, 3, bound));
	put_2b(b, bound, sizeof(bound));
	return b->err;
}

/* TPMS_ATTEST */
static enum avow_err
put_attest(const struct vbs_forge *f, struct avow_buf *b)
{
	uint8_t digest[AVOW_SHA256_BYTES], signer[2 + 32] = {0, TPM_ALG_SHA256};
	struct avow_span all = avow_span_make(f->pcr, sizeof(f->pcr));

	AVOW_TRY(avow_sha256(all, digest));
	put_be(b, TPM_GENERATED_VALUE, 4);
	put_be(b, TPM_ST_ATTEST_QUOTE, 2);
	put_2b(b, signer, sizeof(signer));
	AVOW_TRY(put_extra_data(f, b));
	put_be(b, 123456, 8); /* clock, ms */
	put_be(b, 4, 4); /* resetCount */
	put_be(b, 0, 4); /* restartCount */
	put_be(b, 1, 1); /* safe */
	put_be(b, UINT64_C(0x2020031200120003), 8);
	put_be(b, 1, 4);
	put_be(b, TPM_ALG_SHA256, 2);
	put_be(b, 3, 1);
	put_be(b, 0xffffff, 3);
	put_2b(b, digest, sizeof(digest));
	return b->err;
}

enum avow_err
vbs_make_quote(struct vbs_forge *f)
{
	struct avow_buf raw;
	enum avow_err e;

	AVOW_TRY(make_log(f));
	AVOW_TRY(put_attest(f, &f->quote));
	avow_buf_init(&raw, FORGE_MAX_OUTPUT);
	e = avow_sign(f->keys->ak, AVOW_SIG_ES256_RAW, avow_buf_span(&f->quote), &raw);
	if (vbs_bent(f, VBS_QUOTE_SIGNATURE))
		forge_flip(&raw, 1);
	put_be(&f->quote_signature, TPM_ALG_ECDSA, 2);
	put_be(&f->quote_signature, TPM_ALG_SHA256, 2);
	if (e == AVOW_OK) {
		put_2b(&f->quote_signature, raw.p, raw.n / 2);
		put_2b(&f->quote_signature, raw.p + raw.n / 2, raw.n / 2);
	}
	avow_buf_clear(&raw);
	return e == AVOW_OK ? f->quote_signature.err : e;
}
