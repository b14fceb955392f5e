/*
 * Open Enclave reports and evidence. The input's first byte says what the rest
 * is: raw bytes, or edits of a genuine report, of genuine evidence, or of that
 * evidence without its header. Properties: parse is total, and a quote that it
 * finds lies in the input; nothing verifies whose quote or custom claims are not
 * the genuine ones; the verdict is the same twice.
 */
#include "evidence/internal.h"
#include "evidence/sgx/layout.h"
#include "world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
within(struct avow_span whole, struct avow_span part)
{
	must(part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
				    (size_t)(part.p - whole.p) <= whole.n - part.n));
}

/* The signed part and the claims bound into it: all that a verdict is about. */
static bool
is_genuine(const struct world *w, const struct avow_sgx_quote *q)
{
	struct avow_span quote = avow_forged_get(w->files, "quote.bin");

	return avow_span_eq(q->signed_part, avow_span_slice(quote, 0, 432)) &&
	       (!q->has_custom_claims ||
		       avow_span_eq(q->custom_claims,
			       avow_forged_get(w->files, "runtime.bin")));
}

static void
judge(const struct world *w, struct avow_span bytes)
{
	struct avow_arena a;
	const struct avow_evidence *ev;
	const struct avow_verified *v;
	struct avow_findings f;
	enum avow_err e;

	avow_arena_init(&a, 16u << 20);
	if (avow_evidence_parse(avow_kind_by_name(AVOW_LIT("oe")), bytes, &a, &ev,
		    NULL) == AVOW_OK) {
		const struct avow_sgx_quote *q = ev->body;

		within(bytes, q->signed_part);
		within(bytes, q->qe.cert_data);
		within(bytes, q->custom_claims);
		e = avow_evidence_verify(ev, &w->in, &a, &f, &v, NULL);
		must(e != AVOW_OK || (v && is_genuine(w, q)));
		must(avow_evidence_verify(ev, &w->in, &a, &f, &v, NULL) == e);
	}
	avow_arena_clear(&a);
}

static struct avow_span
input_of(const struct world *w, unsigned what, struct avow_span rest)
{
	struct avow_span evidence = avow_forged_get(w->files, "evidence.bin");

	switch (what % 4) {
	case 0:
		return world_copy(rest);
	case 1:
		return world_edit(avow_forged_get(w->files, "report.bin"), rest);
	case 2:
		return world_edit(evidence, rest);
	default:
		return world_edit(avow_span_from(evidence, 28), rest);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct world *w = world_of_harness();
	struct avow_span exact;

	if (n == 0)
		return 0;
	exact = input_of(w, data[0], avow_span_make(data + 1, n - 1));
	judge(w, exact);
	world_free(exact);
	return 0;
}
