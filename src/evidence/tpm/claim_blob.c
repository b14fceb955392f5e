/*
 * The platform claim of Windows (ncrypt.h, NCRYPT_CLAIM_PLATFORM): the only
 * little-endian thing about a TPM. The wire magic is "ALPT"; a reader of "PLAT" is
 * a reader of another structure.
 */
#include "base/cursor.h"
#include "evidence/tpm/request.h"

#define SOURCE "ncrypt.h, NCRYPT_TPM_PLATFORM_ATTESTATION_STATEMENT"

struct blob {
	uint32_t alg;
	struct avow_span signature, quote, pcrs;
};

static enum avow_err
refuse(struct avow_why *why, const char *field, const char *expected, uint32_t got)
{
	const struct avow_at at = {"platform_claim", field, SOURCE};

	return avow_refuse(
		why, AVOW_E_TPM_CLAIM_BLOB, &at, expected, "0x%08x", (unsigned)got);
}

static enum avow_err
read_blob(struct avow_span bytes, struct blob *b, struct avow_why *why)
{
	struct avow_cursor c = avow_cur(bytes);
	uint32_t magic = avow_cur_be32(&c), version = avow_cur_le32(&c);
	uint32_t signature, quote, pcrs;

	if (magic != 0x414c5054) /* "ALPT" */
		return refuse(why, "Magic", "ALPT", magic);
	if (version != 0)
		return refuse(why, "Version", "0", version);
	b->alg = avow_cur_le32(&c);
	signature = avow_cur_le32(&c);
	quote = avow_cur_le32(&c);
	pcrs = avow_cur_le32(&c);
	b->signature = avow_cur_bytes(&c, signature);
	b->quote = avow_cur_bytes(&c, quote);
	b->pcrs = avow_cur_bytes(&c, pcrs);
	if (!avow_cur_is_done(&c))
		return refuse(why, "cbSignature, cbQuote, cbPcrs",
			"sizes whose sum is the rest", (uint32_t)bytes.n);
	return AVOW_OK;
}

enum avow_err
avow_tpm_claim_blob(struct avow_span bytes, struct avow_arena *a,
	struct avow_tpm_quote *out, struct avow_why *why)
{
	struct blob b = {0};
	struct avow_tpm_pcr *pcrs;
	enum avow_hash h;
	size_t size;

	*out = (struct avow_tpm_quote){.n_pcrs = 0};
	AVOW_TRY(read_blob(bytes, &b, why));
	if (b.alg > UINT16_MAX || !avow_tpm_hash((uint16_t)b.alg, &h))
		return refuse(why, "pcrAlg", "a bank of SHA-1 or SHA-2", b.alg);
	size = avow_hash_bytes(h);
	if (b.pcrs.n != AVOW_TPM_PCRS * size)
		return refuse(why, "cbPcrs", "24 registers", (uint32_t)b.pcrs.n);
	AVOW_TRY(avow_tpm_attest_parse(b.quote, AVOW_TPM_ST_QUOTE, &out->attest, why));
	AVOW_TRY(avow_tpm_signature_parse(b.signature, &out->signature, why));
	if (out->attest.n_selections != 1 || out->attest.selections[0].alg != b.alg)
		return refuse(why, "pcrAlg", "the one bank that is quoted", b.alg);
	pcrs = avow_arena_array(a, AVOW_TPM_PCRS, sizeof(*pcrs));
	if (!pcrs)
		return avow_arena_err(a);
	for (unsigned i = 0; i < AVOW_TPM_PCRS; i++)
		if (out->attest.selections[0].mask >> i & 1u)
			pcrs[out->n_pcrs++] = (struct avow_tpm_pcr){(uint16_t)b.alg,
				(uint8_t)i, avow_span_slice(b.pcrs, i * size, size)};
	out->pcrs = pcrs;
	return AVOW_OK;
}
