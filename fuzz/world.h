/*
 * A forged world for harnesses: one genuine quote, its anchors and collateral,
 * made once. Keys are fresh in each process, so a property may not depend on
 * the bytes of the quote, only on their places.
 */
#ifndef AVOW_FUZZ_WORLD_H
#define AVOW_FUZZ_WORLD_H

#include <stdlib.h>
#include <string.h>

#include "must.h"

#include "base/arena.h"
#include "evidence/evidence.h"
#include "forge/forge.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

#define WORLD_AT 1750000000

struct world {
	struct avow_forged *files;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_evidence_cache *cache;
	struct avow_verify_in in;
};

static inline void
world_collateral(struct world *w)
{
	struct avow_collateral_file files[16];
	struct avow_forge_file f;
	size_t n = 0;

	for (size_t i = 0; avow_forged_at(w->files, i, &f); i++)
		if (n < 16 && strncmp(f.name, "collateral/", 11) == 0)
			files[n++] = (struct avow_collateral_file){f.name, f.bytes};
	must(avow_collateral_build(files, n, &w->collateral, NULL) == AVOW_OK);
}

static inline struct world *
world_of_harness(void)
{
	static struct world w;
	struct avow_forge_sgx p;

	if (w.files)
		return &w;
	avow_forge_sgx_defaults(&p, WORLD_AT);
	must(avow_forge_sgx_make(&p, &w.files, NULL) == AVOW_OK);
	must(avow_anchors_new(false, &w.anchors) == AVOW_OK);
	must(avow_anchors_add_pem(w.anchors, AVOW_ANCHOR_INTEL_SGX,
		     avow_forged_get(w.files, "root.pem"), NULL) == AVOW_OK);
	must(avow_evidence_cache_new(64, &w.cache) == AVOW_OK);
	world_collateral(&w);
	w.in = (struct avow_verify_in){.at_s = WORLD_AT,
		.anchors = w.anchors,
		.collateral = w.collateral,
		.accept_tcb = (1u << AVOW_TCB_STATUS_COUNT) - 1u,
		.cache = w.cache};
	return &w;
}

/* A copy of exactly its size, so that a sanitizer sees one byte too far. */
static inline struct avow_span
world_copy(struct avow_span from)
{
	uint8_t *p = malloc(from.n ? from.n : 1);

	must(p != NULL);
	if (from.n)
		memcpy(p, from.p, from.n);
	return avow_span_make(p, from.n);
}

static inline void
world_free(struct avow_span copy)
{
	free((void *)(uintptr_t)copy.p);
}

#define WORLD_MORE 1000 /* bytes that edits may add */

/* One edit of four bytes: offset u16, what, value. */
static inline void
world_edit_one(struct avow_span from, const uint8_t *edit, uint8_t *out, size_t *n)
{
	size_t at = (size_t)(edit[0] | edit[1] << 8) % *n;

	switch (edit[2] % 6) {
	case 0: /* flip */
		out[at] ^= edit[3];
		break;
	case 1: /* set */
		out[at] = edit[3];
		break;
	case 2: /* cut */
		*n = at;
		break;
	case 3: /* leave out */
		memmove(out + at, out + at + 1, *n - at - 1);
		(*n)--;
		break;
	case 4: /* put in */
		if (*n >= from.n + WORLD_MORE)
			break;
		memmove(out + at + 1, out + at, *n - at);
		out[at] = edit[3];
		(*n)++;
		break;
	default: /* eight bytes of the original from elsewhere */
		for (size_t i = 0; i < 8 && at + i < *n; i++)
			out[at + i] = from.p[(at + edit[3] * 8u + i) % from.n];
	}
}

/* The input as edits of a genuine file. */
static inline struct avow_span
world_edit(struct avow_span from, struct avow_span edits)
{
	uint8_t *out = malloc(from.n + WORLD_MORE);
	struct avow_span exact;
	size_t n = from.n;

	must(out != NULL);
	memcpy(out, from.p, n);
	for (; edits.n >= 4 && n > 0; edits = avow_span_from(edits, 4))
		world_edit_one(from, edits.p, out, &n);
	exact = world_copy(avow_span_make(out, n));
	free(out);
	return exact;
}

#endif
