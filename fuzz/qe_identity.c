/*
 * An enclave identity never crashes the parser, and when it is accepted:
 * parsing twice gives the same; the signed slice and the document are objects
 * inside the input; the lowest ISVSVN of its levels finds a level, and one below
 * it finds none.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

#include "trust/qe_identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
is_object_inside(struct avow_span s, struct avow_span in)
{
	must(s.p >= in.p && s.p + s.n <= in.p + in.n && s.n >= 2);
	must(s.p[0] == '{' && s.p[s.n - 1] == '}');
}

static void
same(const struct avow_qe_identity *a, const struct avow_qe_identity *b)
{
	must(a->raw.p == b->raw.p && a->raw.n == b->raw.n && a->id == b->id);
	must(memcmp(a->signature, b->signature, 64) == 0);
	must(memcmp(a->mrsigner, b->mrsigner, 32) == 0);
	must(a->n_levels == b->n_levels && a->isvprodid == b->isvprodid);
	must(a->issue_date_s == b->issue_date_s);
}

static void
levels_have_a_floor(const struct avow_qe_identity *q)
{
	const struct avow_isv_level *got;
	uint16_t least = UINT16_MAX;

	for (size_t i = 0; i < q->n_levels; i++)
		if (q->levels[i].isvsvn < least)
			least = q->levels[i].isvsvn;
	must(avow_qe_level(q, least, &got, NULL) == AVOW_OK && got);
	if (least > 0)
		must(avow_qe_level(q, (uint16_t)(least - 1), &got, NULL) ==
			AVOW_E_QE_TCB_UNKNOWN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = {data, n};
	const struct avow_qe_identity *one, *two;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, (size_t)16 << 20);
	e = avow_qe_identity_parse(in, &a, &one, NULL);
	must(e == avow_qe_identity_parse(in, &a, &two, NULL));
	if (e == AVOW_OK) {
		is_object_inside(one->document, in);
		is_object_inside(one->raw, one->document);
		same(one, two);
		levels_have_a_floor(one);
	} else {
		must(!one && !two);
	}
	avow_arena_clear(&a);
	return 0;
}
