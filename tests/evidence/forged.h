/*
 * A forged world and one appraisal in it: parameters -> files -> anchors, collateral
 * and a verdict. One set of keys serves all tests of a program.
 */
#ifndef AVOW_TESTS_FORGED_H
#define AVOW_TESTS_FORGED_H

#include "support.h"

#include "base/arena.h"
#include "base/clock.h"
#include "evidence/evidence.h"
#include "forge/forge.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

#define FORGED_AT 1750000000 /* 2025-06-15 */

#define DEFAULT_ACCEPTED                                                               \
	(1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_SW_HARDENING_NEEDED |              \
		1u << AVOW_TCB_CONFIGURATION_NEEDED |                                  \
		1u << AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)
#define ALL_ACCEPTED ((1u << AVOW_TCB_STATUS_COUNT) - 1u)

struct forged {
	struct avow_forge_sgx p;
	struct avow_forged *files;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_verify_in in;
	struct avow_arena arena;
	const struct avow_evidence *ev;
	const struct avow_verified *verified;
	struct avow_findings f;
	struct avow_why why;
};

static struct avow_forge_keys *forged_keys;

static inline int
forged_setup(void **state)
{
	(void)state;
	return avow_forge_keys_new(&forged_keys) == AVOW_OK ? 0 : -1;
}

static inline int
forged_teardown(void **state)
{
	(void)state;
	avow_forge_keys_free(forged_keys);
	return 0;
}

/* Parameters that verify; change w->p, then forged_make. */
static inline void
forged_init(struct forged *w)
{
	memset(w, 0, sizeof(*w));
	avow_forge_sgx_defaults(&w->p, FORGED_AT);
	w->p.keys = forged_keys;
	w->in.at_s = FORGED_AT;
	w->in.accept_tcb = DEFAULT_ACCEPTED;
	avow_arena_init(&w->arena, 64u << 20);
}

/* The collateral of one world, or of two together. */
static inline void
forged_collateral(
	struct forged *w, const struct avow_forged *a, const struct avow_forged *b)
{
	struct avow_collateral_file files[32];
	struct avow_forge_file f;
	size_t n = 0;

	for (size_t i = 0; avow_forged_at(a, i, &f); i++)
		if (strncmp(f.name, "collateral/", 11) == 0)
			files[n++] = (struct avow_collateral_file){f.name, f.bytes};
	for (size_t i = 0; b && avow_forged_at(b, i, &f); i++)
		if (strncmp(f.name, "collateral/", 11) == 0)
			files[n++] = (struct avow_collateral_file){f.name, f.bytes};
	avow_collateral_free(w->collateral);
	w->collateral = NULL;
	assert_ok(avow_collateral_build(files, n, &w->collateral, NULL));
	w->in.collateral = w->collateral;
}

static inline void
forged_make(struct forged *w)
{
	assert_ok(avow_forge_sgx_make(&w->p, &w->files, &w->why));
	assert_ok(avow_anchors_new(false, &w->anchors));
	assert_ok(avow_anchors_add_pem(w->anchors, AVOW_ANCHOR_INTEL_SGX,
		avow_forged_get(w->files, "root.pem"), NULL));
	w->in.anchors = w->anchors;
	forged_collateral(w, w->files, NULL);
}

static inline void
forged_clear(struct forged *w)
{
	avow_collateral_free(w->collateral);
	avow_anchors_free(w->anchors);
	avow_forged_free(w->files);
	avow_arena_clear(&w->arena);
}

static inline enum avow_err
forged_judge(struct forged *w, const char *kind, struct avow_span bytes)
{
	enum avow_err e;

	avow_why_init(&w->why);
	memset(&w->f, 0, sizeof(w->f));
	w->verified = NULL;
	e = avow_evidence_parse(avow_kind_by_name(avow_span_str(kind)), bytes,
		&w->arena, &w->ev, &w->why);
	if (e == AVOW_OK)
		e = avow_evidence_verify(
			w->ev, &w->in, &w->arena, &w->f, &w->verified, &w->why);
	assert_err(e, w->why.code);
	return e;
}

/* One of the world's files. */
static inline enum avow_err
forged_appraise(struct forged *w, const char *file)
{
	return forged_judge(w, strcmp(file, "quote.bin") == 0 ? "sgx" : "oe",
		avow_forged_get(w->files, file));
}

static inline enum avow_check_result
forged_result(const struct forged *w, const char *check)
{
	for (size_t i = 0; i < w->f.n_checks; i++)
		if (strcmp(w->f.checks[i].name, check) == 0)
			return w->f.checks[i].result;
	fail_msg("no check %s", check);
	return AVOW_CHECK_NOT_REACHED;
}

#endif
