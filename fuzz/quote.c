/*
 * SGX quotes. The input's first byte says what the rest is: raw bytes, or edits
 * of a genuine quote. Properties: parse is total, and what it hands out lies in
 * the input; the verdict is the same with and without a cache; nothing verifies
 * but the genuine quote itself, where the white space behind its chain, which
 * nobody signs, may differ.
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

static void
spans_lie_inside(struct avow_span in, const struct avow_sgx_quote *q)
{
	const struct avow_span parts[] = {q->signed_part, q->signature,
		q->attestation_key, q->report.raw, q->report.report_data,
		q->qe.report.raw, q->qe.signature, q->qe.auth_data, q->qe.cert_data,
		q->custom_claims};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		within(in, parts[i]);
	must(q->signed_part.n == 432 && q->report.raw.n == 384);
	must(436 + 584 + q->qe.auth_data.n + q->qe.cert_data.n == in.n);
}

/* The chain without what may end it. */
static struct avow_span
trimmed(struct avow_span chain)
{
	while (chain.n &&
		(chain.p[chain.n - 1] == 0 || chain.p[chain.n - 1] == ' ' ||
			chain.p[chain.n - 1] == '\n' || chain.p[chain.n - 1] == '\r' ||
			chain.p[chain.n - 1] == '\t'))
		chain.n--;
	return chain;
}

/* Everything that matters is as in the genuine quote. The chain's text may be
 * wrapped otherwise; what is in it was verified again. */
static bool
is_genuine(const struct avow_sgx_quote *q, struct avow_span genuine)
{
	struct avow_span chain = trimmed(avow_span_from(genuine, 1052));

	return avow_span_eq(q->signed_part, avow_span_slice(genuine, 0, 432)) &&
	       avow_span_eq(q->attestation_key, avow_span_slice(genuine, 500, 64)) &&
	       avow_span_eq(q->qe.report.raw, avow_span_slice(genuine, 564, 384)) &&
	       avow_span_eq(q->qe.auth_data, avow_span_slice(genuine, 1014, 32)) &&
	       (avow_span_eq(trimmed(q->qe.cert_data), chain) ||
		       q->qe.cert_data.n != chain.n);
}

static enum avow_err
verify(const struct world *w, const struct avow_evidence *ev, bool with_cache,
	struct avow_arena *a)
{
	struct avow_verify_in in = w->in;
	const struct avow_verified *v;
	struct avow_findings f;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	in.cache = with_cache ? w->cache : NULL;
	e = avow_evidence_verify(ev, &in, a, &f, &v, &why);
	must(e == why.code);
	must(e != AVOW_OK || v);
	return e;
}

static void
judge(const struct world *w, struct avow_span bytes, bool cold_too)
{
	struct avow_arena a;
	const struct avow_evidence *ev;
	struct avow_span genuine = avow_forged_get(w->files, "quote.bin");

	avow_arena_init(&a, 16u << 20);
	if (avow_evidence_parse(avow_kind_by_name(AVOW_LIT("sgx")), bytes, &a, &ev,
		    NULL) == AVOW_OK) {
		enum avow_err e = verify(w, ev, true, &a);

		spans_lie_inside(bytes, ev->body);
		must(!cold_too || verify(w, ev, false, &a) == e);
		must(e != AVOW_OK || is_genuine(ev->body, genuine));
		must(e == AVOW_OK || !avow_span_eq(bytes, genuine));
	}
	avow_arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct world *w = world_of_harness();
	struct avow_span genuine = avow_forged_get(w->files, "quote.bin");
	struct avow_span exact;

	if (n == 0)
		return 0;
	exact = data[0] & 1 ? world_edit(genuine, avow_span_make(data + 1, n - 1))
			    : world_copy(avow_span_make(data + 1, n - 1));
	judge(w, exact, (data[0] & 2) != 0);
	world_free(exact);
	return 0;
}
