/*
 * TPMS_ATTEST as a quote and as a certification.
 *
 * Properties: at most one of the two is taken; the same outcome twice; what was
 * taken is what its fields make again, but for the width of a PCR bitmap; a quote
 * selects a PCR and no bank twice.
 */
#include "tpm_emit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
emit_head(struct avow_buf *b, const struct avow_tpm_attest *t)
{
	emit_be(b, AVOW_TPM_MAGIC, 4);
	emit_be(b, t->type, 2);
	emit_2b(b, t->qualified_signer);
	emit_2b(b, t->extra_data);
	emit_be(b, t->clock_ms, 8);
	emit_be(b, t->reset_count, 4);
	emit_be(b, t->restart_count, 4);
	emit_be(b, t->safe, 1);
	emit_be(b, t->firmware_version, 8);
}

static void
check_quote(const struct avow_tpm_attest *t, struct avow_span in)
{
	struct avow_buf b;
	uint32_t all = 0;

	avow_buf_init(&b, 1 << 20);
	emit_head(&b, t);
	emit_be(&b, t->n_selections, 4);
	must(avow_span_starts(in, avow_buf_span(&b)));
	must(avow_span_ends(in, t->pcr_digest));
	for (size_t i = 0; i < t->n_selections; i++) {
		all |= t->selections[i].mask;
		for (size_t k = 0; k < i; k++)
			must(t->selections[i].alg != t->selections[k].alg);
	}
	must(all != 0 && !(all & ~AVOW_TPM_PCRS_ALL));
	avow_buf_clear(&b);
}

static void
check_certify(const struct avow_tpm_attest *t, struct avow_span in)
{
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	emit_head(&b, t);
	emit_2b(&b, t->name);
	emit_2b(&b, t->qualified_name);
	must(avow_span_eq(in, avow_buf_span(&b)));
	avow_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_tpm_attest quote, certify, again;
	enum avow_err q, c;

	q = avow_tpm_attest_parse(in, AVOW_TPM_ST_QUOTE, &quote, NULL);
	c = avow_tpm_attest_parse(in, AVOW_TPM_ST_CERTIFY, &certify, NULL);
	must(q != AVOW_OK || c != AVOW_OK);
	must(q == avow_tpm_attest_parse(in, AVOW_TPM_ST_QUOTE, &again, NULL));
	if (q == AVOW_OK)
		check_quote(&quote, in);
	if (c == AVOW_OK)
		check_certify(&certify, in);
	return 0;
}
