/*
 * One appraisal of forged TDX evidence, with what was forged beside it: the root as
 * the only anchor, the collateral as the folder.
 */
#ifndef AVOW_TESTS_FORGE_TDX_RUN_H
#define AVOW_TESTS_FORGE_TDX_RUN_H

#include "support.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "forge/tdx.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

#define AT_S INT64_C(1750000000) /* 2025-06-15 */
#define TDX_ACCEPTED (1u << AVOW_TCB_UP_TO_DATE)

struct tdx_world {
	struct avow_forged *files;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_arena arena;
	struct avow_verify_in in;
	struct avow_findings f;
	struct avow_why why;
};

static inline void
tdx_world_open(struct tdx_world *w, const struct avow_forge_tdx *p)
{
	struct avow_collateral_file files[16];
	struct avow_forge_file file;
	size_t n = 0;

	memset(w, 0, sizeof(*w));
	avow_arena_init(&w->arena, AVOW_MIB(64));
	assert_ok(avow_forge_tdx_make(p, &w->files, NULL));
	assert_ok(avow_anchors_new(false, &w->anchors));
	assert_ok(avow_anchors_add_pem(w->anchors, AVOW_ANCHOR_INTEL_SGX,
		avow_forged_get(w->files, "root.pem"), NULL));
	for (size_t i = 0; avow_forged_at(w->files, i, &file); i++)
		if (strncmp(file.name, "collateral/", 11) == 0)
			files[n++] =
				(struct avow_collateral_file){file.name, file.bytes};
	assert_ok(avow_collateral_build(files, n, &w->collateral, NULL));
	w->in.at_s = p->platform.at_s;
	w->in.event_log = avow_forged_get(w->files, "ccel.bin");
	w->in.accept_tcb = TDX_ACCEPTED;
	w->in.anchors = w->anchors;
	w->in.collateral = w->collateral;
	w->in.runtime = (struct avow_bound_data){!p->platform.has_report_data,
		avow_forged_get(w->files, "runtime.bin"), true};
	w->in.init =
		(struct avow_bound_data){avow_forged_get(w->files, "init.bin").n > 0,
			avow_forged_get(w->files, "init.bin"), false};
}

static inline void
tdx_world_close(struct tdx_world *w)
{
	avow_collateral_free(w->collateral);
	avow_anchors_free(w->anchors);
	avow_forged_free(w->files);
	avow_arena_clear(&w->arena);
}

static inline enum avow_err
tdx_world_verify(struct tdx_world *w, const struct avow_verified **v)
{
	const struct avow_evidence *ev;
	enum avow_err e;

	memset(&w->f, 0, sizeof(w->f));
	avow_why_init(&w->why);
	*v = NULL;
	e = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("tdx")),
		avow_forged_get(w->files, "quote.bin"), &w->arena, &ev, &w->why);
	if (e == AVOW_OK)
		e = avow_evidence_verify(ev, &w->in, &w->arena, &w->f, v, &w->why);
	return e;
}

#endif
