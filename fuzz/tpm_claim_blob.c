/*
 * The platform claim blob of NCryptCreateClaim.
 *
 * Properties: the same outcome twice; what was taken has exactly the registers that
 * its quote selects, each inside the input and of the bank's size; the sizes of the
 * header add up to the input.
 */
#include "tpm_emit.h"

#include "evidence/tpm/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool
is_inside(struct avow_span part, struct avow_span whole)
{
	return part.p >= whole.p && part.p + part.n <= whole.p + whole.n;
}

static void
check(const struct avow_tpm_quote *q, struct avow_span in)
{
	uint32_t mask = 0;
	enum avow_hash h;

	for (size_t i = 0; i < q->n_pcrs; i++) {
		must(avow_tpm_hash(q->pcrs[i].alg, &h));
		must(q->pcrs[i].digest.n == avow_hash_bytes(h));
		must(is_inside(q->pcrs[i].digest, in));
		mask |= 1u << q->pcrs[i].index;
	}
	must(q->attest.n_selections == 1 && q->attest.selections[0].mask == mask);
	must(in.n >= 24 + q->attest.bytes.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_tpm_quote q, again;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, 1 << 20);
	e = avow_tpm_claim_blob(in, &a, &q, NULL);
	must(e == avow_tpm_claim_blob(in, &a, &again, NULL));
	if (e == AVOW_OK)
		check(&q, in);
	avow_arena_clear(&a);
	return 0;
}
