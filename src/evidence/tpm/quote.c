/*
 * What a quote proves, check by check: that the AK signed it, for this challenge,
 * over these registers, with these values. The values come beside the quote and
 * are hearsay until the digest check has held; so is every log until
 * eventlog/attested.h has compared its replay with them.
 */
#include <string.h>

#include "evidence/tpm/tpm.h"

#define QUOTE "TPM 2.0 Library part 3, 18.4, TPM2_Quote"

enum avow_err
avow_tpm_quote_signature(const struct avow_tpm_quote *q, const struct avow_pubkey *ak,
	struct avow_why *why)
{
	return avow_tpm_signature_verify(&q->signature, ak, q->attest.bytes, why);
}

enum avow_err
avow_tpm_quote_bound(
	const struct avow_tpm_quote *q, struct avow_span expected, struct avow_why *why)
{
	static const struct avow_at at = {"quote_challenge", "extraData", QUOTE};

	if (avow_span_eq(q->attest.extra_data, expected))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_TPM_QUALIFIED_DATA, &at, expected, q->attest.extra_data);
}

/* --- selection ----------------------------------------------------------------------- */

static uint32_t
selected(const struct avow_tpm_attest *t, uint16_t alg)
{
	for (size_t i = 0; i < t->n_selections; i++)
		if (t->selections[i].alg == alg)
			return t->selections[i].mask;
	return 0;
}

static const struct avow_tpm_pcr *
value_of(const struct avow_tpm_quote *q, uint16_t alg, unsigned index)
{
	for (size_t i = 0; i < q->n_pcrs; i++)
		if (q->pcrs[i].alg == alg && q->pcrs[i].index == index)
			return &q->pcrs[i];
	return NULL;
}

static enum avow_err
refuse_pcr(struct avow_why *why, enum avow_err code, const char *expected, uint16_t alg,
	unsigned index)
{
	static const struct avow_at at = {"pcr_selection", "pcrSelect", QUOTE};
	const char *bank = avow_tpm_hash_name(alg);

	return avow_refuse(why, code, &at, expected, "PCR %u, %s", index,
		bank ? bank : "any bank");
}

static unsigned
lowest(uint32_t mask)
{
	unsigned i = 0;

	while (!(mask >> i & 1u))
		i++;
	return i;
}

enum avow_err
avow_tpm_quote_selection(
	const struct avow_tpm_quote *q, uint32_t required, struct avow_why *why)
{
	const struct avow_tpm_attest *t = &q->attest;
	uint32_t all = 0;

	for (size_t i = 0; i < t->n_selections; i++)
		all |= t->selections[i].mask;
	if (required & ~all)
		return refuse_pcr(why, AVOW_E_TPM_PCR_REQUIRED,
			"every required PCR in the signed selection", 0,
			lowest(required & ~all));
	for (size_t i = 0; i < q->n_pcrs; i++)
		if (!(selected(t, q->pcrs[i].alg) >> q->pcrs[i].index & 1u))
			return refuse_pcr(why, AVOW_E_TPM_PCR_UNQUOTED,
				"only values of the signed selection", q->pcrs[i].alg,
				q->pcrs[i].index);
	for (size_t i = 0; i < t->n_selections; i++)
		for (unsigned k = 0; k < AVOW_TPM_PCRS; k++)
			if (t->selections[i].mask >> k & 1u &&
				!value_of(q, t->selections[i].alg, k))
				return refuse_pcr(why, AVOW_E_TPM_PCR_MISSING,
					"a value of every selected PCR",
					t->selections[i].alg, k);
	return AVOW_OK;
}

/* --- digest ------------------------------------------------------------------------------ */

/* Part 1, 17.6.2: in the order of the list, inside a selection by rising index.
 * The hash is that of the signing scheme, not of the bank (bug 22). */
enum avow_err
avow_tpm_quote_digest(const struct avow_tpm_quote *q, struct avow_why *why)
{
	static const struct avow_at at = {"pcr_digest", "pcrDigest", QUOTE};
	struct avow_span parts[AVOW_TPM_MAX_SELECTIONS * AVOW_TPM_PCRS];
	const struct avow_tpm_attest *t = &q->attest;
	uint8_t digest[AVOW_MAX_DIGEST];
	enum avow_hash hash;
	size_t n = 0;

	if (!avow_tpm_hash(q->signature.hash, &hash))
		return avow_refuse(
			why, AVOW_E_TPM_SIGNATURE_ALGORITHM, &at, NULL, NULL);
	for (size_t i = 0; i < t->n_selections; i++)
		for (unsigned k = 0; k < AVOW_TPM_PCRS; k++) {
			const struct avow_tpm_pcr *v;

			if (!(t->selections[i].mask >> k & 1u))
				continue;
			v = value_of(q, t->selections[i].alg, k);
			if (!v)
				return refuse_pcr(why, AVOW_E_TPM_PCR_MISSING,
					"a value of every selected PCR",
					t->selections[i].alg, k);
			parts[n++] = v->digest;
		}
	AVOW_TRY(avow_digest(hash, parts, n, digest));
	if (avow_span_eq(t->pcr_digest, avow_span_make(digest, avow_hash_bytes(hash))))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_TPM_PCR_DIGEST, &at,
		avow_span_make(digest, avow_hash_bytes(hash)), t->pcr_digest);
}

size_t
avow_tpm_quote_banks(const struct avow_tpm_quote *q, struct avow_quoted_bank *out)
{
	const struct avow_tpm_attest *t = &q->attest;
	size_t n = 0;

	for (size_t i = 0; i < t->n_selections && n < AVOW_LOG_BANKS; i++) {
		struct avow_quoted_bank *b = &out[n];

		*b = (struct avow_quoted_bank){.mask = t->selections[i].mask};
		if (!b->mask || !avow_tpm_hash(t->selections[i].alg, &b->bank))
			continue;
		for (unsigned k = 0; k < AVOW_TPM_PCRS; k++) {
			const struct avow_tpm_pcr *v =
				value_of(q, t->selections[i].alg, k);

			if (v && b->mask >> k & 1u)
				b->value[k] = v->digest;
		}
		n++;
	}
	return n;
}

/* --- two quotes --------------------------------------------------------------------------- */

/* Part 1, 36.6: resetCount rises with each TPM Reset, restartCount with each
 * restart or resume between two of them. */
enum avow_err
avow_tpm_quote_same_boot(const struct avow_tpm_quote *boot,
	const struct avow_tpm_quote *current, struct avow_why *why)
{
	static const struct avow_at at_reset = {"boot_cycle", "resetCount", QUOTE};
	static const struct avow_at at_restart = {"boot_cycle", "restartCount", QUOTE};
	static const struct avow_at at_firmware = {
		"boot_cycle", "firmwareVersion", QUOTE};
	const struct avow_tpm_attest *b = &boot->attest, *c = &current->attest;

	if (b->firmware_version != c->firmware_version)
		return avow_refuse(why, AVOW_E_TPM_BOOT_CYCLE, &at_firmware,
			"that of the current quote", "0x%016llx",
			(unsigned long long)b->firmware_version);
	if (b->reset_count != c->reset_count)
		return avow_refuse(why, AVOW_E_TPM_BOOT_CYCLE, &at_reset,
			"that of the current quote", "%u", b->reset_count);
	if (b->restart_count > c->restart_count)
		return avow_refuse(why, AVOW_E_TPM_BOOT_CYCLE, &at_restart,
			"not above that of the current quote", "%u", b->restart_count);
	return AVOW_OK;
}
