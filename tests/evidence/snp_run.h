/*
 * One verification of forged SEV-SNP evidence and everything it needs; shared by
 * the programs that test the kind.
 */
#ifndef AVOW_TESTS_SNP_RUN_H
#define AVOW_TESTS_SNP_RUN_H

#include "amd_maker.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "trust/collateral.h"

static struct amd_keys keys;
static struct avow_anchors *anchors;

struct run {
	struct avow_arena arena;
	struct avow_verify_in in;
	struct avow_collateral *collateral;
	struct amd_world w;
	struct avow_span given[4];
	const struct avow_verified *verified;
	struct avow_findings f;
	struct avow_why why;
};

static inline int
setup(void **state)
{
	(void)state;
	amd_keys_new(&keys);
	anchors = amd_anchors(&keys);
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	avow_anchors_free(anchors);
	amd_keys_free(&keys);
	return 0;
}

/* --- a case ----------------------------------------------------------------------- */

static inline void
fill_folder(struct run *r, const struct avow_collateral_file *files, size_t n)
{
	avow_collateral_free(r->collateral);
	assert_ok(avow_collateral_build(files, n, &r->collateral, NULL));
	r->in.collateral = r->collateral;
}

static inline void
give_all(struct run *r)
{
	r->given[0] = avow_buf_span(&r->w.ark);
	r->given[1] = avow_buf_span(&r->w.leaf);
	r->given[2] = avow_buf_span(&r->w.ca);
	r->in.certs = r->given;
	r->in.n_certs = 3;
}

static inline void
run_new(struct run *r, const struct amd_params *p)
{
	memset(r, 0, sizeof(*r));
	avow_arena_init(&r->arena, AVOW_MIB(32));
	amd_make(&keys, p, &r->w);
	r->in.at_s = AMD_AT;
	r->in.anchors = anchors;
	r->in.runtime =
		(struct avow_bound_data){p->runtime_data.n > 0, p->runtime_data, false};
	r->in.init = (struct avow_bound_data){p->init_data.n > 0, p->init_data, false};
	fill_folder(r, NULL, 0);
	give_all(r);
}

static inline void
run_clear(struct run *r)
{
	avow_collateral_free(r->collateral);
	amd_clear(&r->w);
	avow_arena_clear(&r->arena);
}

static inline enum avow_err
verify_bytes(struct run *r, struct avow_span bytes)
{
	const struct avow_evidence *ev;
	enum avow_err e;

	avow_why_init(&r->why);
	assert_ok(avow_evidence_parse(
		avow_kind_by_name(AVOW_LIT("snp")), bytes, &r->arena, &ev, NULL));
	e = avow_evidence_verify(ev, &r->in, &r->arena, &r->f, &r->verified, &r->why);
	assert_err(e, r->why.code);
	assert_int_equal(e == AVOW_OK, r->verified != NULL);
	return e;
}

static inline enum avow_err
verify(struct run *r)
{
	return verify_bytes(r, avow_span_make(r->w.report, 1184));
}

static inline enum avow_check_result
result_of(const struct run *r, const char *name)
{
	for (size_t i = 0; i < r->f.n_checks; i++)
		if (strcmp(r->f.checks[i].name, name) == 0)
			return r->f.checks[i].result;
	fail_msg("no check %s", name);
	return AVOW_CHECK_FAILED;
}

/* What a world gives, and which check says so. */
static inline void
expect(enum avow_err want, const char *check, const struct amd_params *p)
{
	struct run r;

	run_new(&r, p);
	assert_err(want, verify(&r));
	if (check)
		assert_string_equal(check, r.why.check);
	run_clear(&r);
}

#endif
