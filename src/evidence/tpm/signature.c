/*
 * Signatures by a TPM's key, and what a certification says: that the key of a
 * name is in the same TPM as the key that signed. Which key may sign at all is
 * ak.c's question.
 */
#include "base/buf.h"
#include "evidence/tpm/tpm.h"

#define PART1 "TPM 2.0 Library part 1"
#define PART3 "TPM 2.0 Library part 3"

static const struct avow_at at_signature = {
	"tpm_signature", "signature", PART1 ", 11.4.4"};

static enum avow_err
does_not_fit(const struct avow_tpm_signature *sig, struct avow_why *why)
{
	static const struct avow_at at = {"tpm_signature", "sigAlg", PART1 ", 11.4.4"};

	return avow_refuse(why, AVOW_E_TPM_SIGNATURE_ALGORITHM, &at,
		"a scheme of the attestation key's type", "0x%04x", sig->alg);
}

/* Leading zeros may be there or not: exactly `n` bytes, false when it is longer. */
static bool
put_scalar(struct avow_buf *b, struct avow_span v, size_t n)
{
	while (v.n > n && v.p[0] == 0)
		v = avow_span_from(v, 1);
	if (v.n > n)
		return false;
	for (size_t i = v.n; i < n; i++)
		avow_buf_put_byte(b, 0);
	avow_buf_put(b, v);
	return true;
}

static enum avow_err
verify_ecdsa(const struct avow_tpm_signature *sig, enum avow_hash hash,
	const struct avow_pubkey *key, struct avow_span message)
{
	size_t n = (avow_pubkey_bits(key) + 7) / 8;
	enum avow_err e = AVOW_E_SIGNATURE;
	struct avow_buf raw;

	avow_buf_init(&raw, 2 * 66);
	if (put_scalar(&raw, sig->r, n) && put_scalar(&raw, sig->s, n))
		e = raw.err ? raw.err
			    : avow_verify_scheme(key, AVOW_SCHEME_ECDSA, hash, message,
				      avow_buf_span(&raw));
	avow_buf_clear(&raw);
	return e;
}

enum avow_err
avow_tpm_signature_verify(const struct avow_tpm_signature *sig,
	const struct avow_pubkey *key, struct avow_span message, struct avow_why *why)
{
	bool is_rsa = avow_pubkey_type(key) == AVOW_KEY_RSA;
	enum avow_hash hash;
	enum avow_err e;

	if (!avow_tpm_hash(sig->hash, &hash) ||
		is_rsa != (sig->alg != AVOW_TPM_ALG_ECDSA))
		return does_not_fit(sig, why);
	if (sig->alg == AVOW_TPM_ALG_ECDSA)
		e = verify_ecdsa(sig, hash, key, message);
	else
		e = avow_verify_scheme(key,
			sig->alg == AVOW_TPM_ALG_RSAPSS ? AVOW_SCHEME_PSS
							: AVOW_SCHEME_PKCS1,
			hash, message, sig->rsa);
	if (e == AVOW_E_SIGNATURE || e == AVOW_E_SIGNATURE_FORMAT)
		return avow_refuse(why, AVOW_E_TPM_SIGNATURE, &at_signature,
			"a signature by the attestation key", NULL);
	return e;
}

/* Part 3, 18.2: extraData is qualifyingData, name that of the certified object */
enum avow_err
avow_tpm_certify_verify(const struct avow_tpm_attest *certify,
	const struct avow_tpm_signature *sig, const struct avow_pubkey *ak,
	struct avow_span nonce, const struct avow_tpm_public *certified,
	struct avow_why *why)
{
	static const struct avow_at at_nonce = {
		"tpm_certify", "extraData", PART3 ", 18.2, TPM2_Certify"};
	static const struct avow_at at_name = {
		"tpm_certify", "attested.certify.name", PART3 ", 18.2, TPM2_Certify"};
	struct avow_tpm_name name;

	if (certify->type != AVOW_TPM_ST_CERTIFY)
		return avow_refuse(why, AVOW_E_TPM_TYPE, &at_name,
			"0x8017, TPM_ST_ATTEST_CERTIFY", "0x%04x", certify->type);
	AVOW_TRY(avow_tpm_signature_verify(sig, ak, certify->bytes, why));
	if (!avow_span_eq(certify->extra_data, nonce))
		return avow_refuse_bytes(why, AVOW_E_TPM_QUALIFIED_DATA, &at_nonce,
			nonce, certify->extra_data);
	AVOW_TRY(avow_tpm_public_name(certified, &name, why));
	if (!avow_span_eq(certify->name, avow_span_make(name.bytes, name.n)))
		return avow_refuse_bytes(why, AVOW_E_TPM_KEY_NAME, &at_name,
			avow_span_make(name.bytes, name.n), certify->name);
	return AVOW_OK;
}
