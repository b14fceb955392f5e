/*
 * A TCB info never crashes the parser, and when it is accepted: parsing twice
 * gives the same; the signed slice and the document are objects inside the
 * input; levels are in descending order; every platform that equals a level
 * matches that level or a higher one.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

#include "trust/tcb_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
is_object_inside(struct avow_span s, struct avow_span in)
{
	must(s.p >= in.p && s.p + s.n <= in.p + in.n && s.n >= 2);
	must(s.p[0] == '{' && s.p[s.n - 1] == '}');
}

static void
same(const struct avow_tcb_info *a, const struct avow_tcb_info *b)
{
	must(a->raw.p == b->raw.p && a->raw.n == b->raw.n);
	must(memcmp(a->signature, b->signature, 64) == 0);
	must(a->issue_date_s == b->issue_date_s && a->n_levels == b->n_levels);
	must(memcmp(a->fmspc, b->fmspc, 6) == 0 && a->n_modules == b->n_modules);
	for (size_t i = 0; i < a->n_levels; i++) {
		must(memcmp(a->levels[i].sgx, b->levels[i].sgx, 16) == 0);
		must(a->levels[i].status == b->levels[i].status);
	}
}

static void
levels_match_themselves(const struct avow_tcb_info *info)
{
	const struct avow_tcb_level *l, *got;

	for (size_t i = 0; i < info->n_levels; i++) {
		l = &info->levels[i];
		must(avow_tcb_match_sgx(info, l->sgx, l->pcesvn, &got, NULL) ==
			AVOW_OK);
		must(got <= l);
		must(i == 0 || memcmp(l[-1].sgx, l->sgx, 16) >= 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = {data, n};
	const struct avow_tcb_info *one, *two;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, (size_t)16 << 20);
	e = avow_tcb_info_parse(in, &a, &one, NULL);
	must(e == avow_tcb_info_parse(in, &a, &two, NULL));
	if (e == AVOW_OK) {
		is_object_inside(one->document, in);
		is_object_inside(one->raw, one->document);
		same(one, two);
		levels_match_themselves(one);
	} else {
		must(!one && !two);
	}
	avow_arena_clear(&a);
	return 0;
}
