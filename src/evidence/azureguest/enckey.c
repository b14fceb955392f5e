/*
 * The key that the answer is sealed to. A token that another state of the machine,
 * or another machine, could open would be no attestation of this one: so the key is
 * judged as strictly as the quote.
 */
#include <inttypes.h>
#include <string.h>

#include "evidence/azureguest/layout.h"

#define TPM2_CC_POLICY_PCR 0x0000017fu
#define NO_DA 0x00000400u /* TPMA_OBJECT */

#define FIXED                                                                          \
	(AVOW_TPMA_FIXED_TPM | AVOW_TPMA_FIXED_PARENT |                                \
		AVOW_TPMA_SENSITIVE_DATA_ORIGIN | AVOW_TPMA_DECRYPT)

/* The TPM's own refusals, told as the encryption key's. */
static enum avow_err
refuse_as(enum avow_err code, const char *field, const struct avow_why *inner,
	enum avow_err e, struct avow_why *why)
{
	const struct avow_at at = {"enckey", field, AZG_SOURCE};

	if (avow_err_class(e) == AVOW_CLASS_INTERNAL ||
		avow_err_class(e) == AVOW_CLASS_CRYPTO)
		return avow_refuse(why, e, NULL, NULL, NULL);
	(void)avow_refuse(why, code, &at, inner->expected, "%s", inner->got);
	avow_why_note(why, "%s: %s", avow_err_name(e), avow_err_text(e));
	return code;
}

enum avow_err
azg_enckey_certify(const struct azg_evidence *e, const struct avow_pubkey *ak,
	struct avow_tpm_public *key, struct avow_why *why)
{
	const struct avow_tpm_signature sig = {.alg = AVOW_TPM_ALG_RSASSA,
		.hash = AVOW_TPM_ALG_SHA256,
		.rsa = e->enc_key_signature};
	struct avow_tpm_attest certify;
	struct avow_why inner;
	enum avow_err err;

	avow_why_init(&inner);
	err = avow_tpm_public_parse(e->enc_key_area, key, &inner);
	if (err != AVOW_OK)
		return refuse_as(
			AVOW_E_AZUREGUEST_ENCKEY_FORM, "EncKeyPub", &inner, err, why);
	err = avow_tpm_attest_parse(
		e->enc_key_certify, AVOW_TPM_ST_CERTIFY, &certify, &inner);
	if (err == AVOW_OK) /* the clients certify with empty qualifying data */
		err = avow_tpm_certify_verify(
			&certify, &sig, ak, avow_span_make(NULL, 0), key, &inner);
	if (err != AVOW_OK)
		return refuse_as(AVOW_E_AZUREGUEST_ENCKEY_CERTIFY, "EncKeyCertifyInfo",
			&inner, err, why);
	return AVOW_OK;
}

static bool
is_rsaes(const struct avow_tpm_public *key)
{
	return key->type == AVOW_TPM_ALG_RSA && key->symmetric == AVOW_TPM_ALG_NULL &&
	       (key->scheme == AVOW_TPM_ALG_NULL || key->scheme == AVOW_TPM_ALG_RSAES);
}

/* TPM 2.0 Library part 2, 8.3: it cannot be copied out, was made in the TPM, only
 * decrypts, and no password opens it (userWithAuth), but its policy alone. */
enum avow_err
azg_enckey_attributes(const struct avow_tpm_public *key, struct avow_why *why)
{
	static const struct avow_at at = {
		"enckey_attributes", "EncKeyPub.objectAttributes", AZG_SOURCE};
	static const struct avow_at scheme = {
		"enckey_attributes", "EncKeyPub.parameters", AZG_SOURCE};

	if ((key->attributes & ~(NO_DA | AVOW_TPMA_ADMIN_WITH_POLICY)) != FIXED)
		return avow_refuse(why, AVOW_E_AZUREGUEST_ENCKEY_ATTRIBUTES, &at,
			"decrypt, fixedTPM, fixedParent, sensitiveDataOrigin and no "
			"other but noDA and adminWithPolicy",
			"0x%" PRIx32, key->attributes);
	if (!is_rsaes(key))
		return avow_refuse(why, AVOW_E_AZUREGUEST_ENCKEY_ATTRIBUTES, &scheme,
			"an RSA key of no scheme or RSAES",
			"type 0x%04x, scheme 0x%04x", key->type, key->scheme);
	return AVOW_OK;
}

static void
put_be(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

/* The values in the order of their numbers, whatever order they were sent in. */
static enum avow_err
pcr_digest(const struct azg_evidence *e, uint8_t *out)
{
	struct avow_span parts[AVOW_TPM_PCRS];
	size_t n = 0;

	for (uint32_t pcr = 0; pcr < AVOW_TPM_PCRS; pcr++)
		for (size_t i = 0; i < e->quote.n_pcrs; i++)
			if (e->quote.pcrs[i].index == pcr)
				parts[n++] = e->quote.pcrs[i].digest;
	return avow_digest(AVOW_SHA256, parts, n, out);
}

/* TPM 2.0 Library part 3, 23.7, TPM2_PolicyPCR: policyDigest = H(zeros || command ||
 * selection || pcrDigest). */
enum avow_err
azg_enckey_policy(const struct azg_evidence *e, const struct avow_tpm_public *key,
	struct avow_why *why)
{
	static const struct avow_at at = {
		"enckey_policy", "EncKeyPub.authPolicy", AZG_SOURCE};
	uint8_t in[32 + 4 + 4 + 2 + 1 + 3 + 32] = {0}, want[AVOW_SHA256_BYTES];

	put_be(in + 32, TPM2_CC_POLICY_PCR, 4);
	put_be(in + 36, 1, 4);
	put_be(in + 40, AVOW_TPM_ALG_SHA256, 2);
	in[42] = 3;
	for (size_t i = 0; i < 3; i++)
		in[43 + i] = (uint8_t)(e->pcr_set >> (8 * i));
	AVOW_TRY(pcr_digest(e, in + 46));
	AVOW_TRY(avow_sha256(avow_span_make(in, sizeof(in)), want));
	if (key->name_alg == AVOW_TPM_ALG_SHA256 &&
		avow_span_eq(key->auth_policy, avow_span_make(want, sizeof(want))))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_AZUREGUEST_ENCKEY_POLICY, &at,
		avow_span_make(want, sizeof(want)), key->auth_policy);
}
