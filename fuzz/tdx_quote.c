/*
 * TDX quotes, versions 4 and 5. Properties: parse is total and gives the same twice;
 * what it hands out lies in the input and fills it whole; every field can be written
 * as JSON; and nothing verifies, because nobody here has a key of Intel's.
 */
#include "evidence.h"

#include "evidence/tdx/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
within(struct avow_span whole, struct avow_span part)
{
	must(part.n == 0 || (part.p >= whole.p && part.n <= whole.n &&
				    (size_t)(part.p - whole.p) <= whole.n - part.n));
}

/* Header, body, length, signature and key, type and size, QE report and signature,
 * auth data, certification data, padding: all of the input. */
static void
fills_the_input(struct avow_span in, const struct avow_tdx_quote *q)
{
	const struct avow_span parts[] = {q->signed_part, q->signature,
		q->attestation_key, q->report.raw, q->report.report_data,
		q->report.mr_service_td, q->qe.report.raw, q->qe.signature,
		q->qe.auth_data, q->qe.cert_data};
	size_t body = q->body_type == TDX_BODY_TD_15 ? 648 : 584;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		within(in, parts[i]);
	must(q->version == 4 || q->version == 5);
	must(q->report.raw.n == body && q->report.is_15 == (body == 648));
	must(q->signed_part.n == 48u + (q->version == 5 ? 6u : 0u) + body);
	must(q->signed_part.n + 4 + 128 + 6 + 384 + 64 + 2 + q->qe.auth_data.n + 6 +
			q->qe.cert_data.n + q->n_padding ==
		in.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_verify_in verify_in = *bare_service();
	const struct avow_evidence *one, *two;
	struct avow_arena a;
	enum avow_err e;

	verify_in.allow_debug = verify_in.allow_migration = true;
	avow_arena_init(&a, AVOW_MIB(32));
	e = avow_evidence_parse(&avow_kind_tdx, in, &a, &one, NULL);
	must(e == avow_evidence_parse(&avow_kind_tdx, in, &a, &two, NULL));
	must((e == AVOW_OK) == (one != NULL));
	if (one) {
		fills_the_input(in, one->body);
		is_written(one, &a);
		(void)is_refused(one, &verify_in, &a);
	}
	avow_arena_clear(&a);
	return 0;
}
