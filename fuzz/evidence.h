/*
 * What harnesses of whole evidence share: a service that has its built-in roots and no
 * collateral, and the writing of what was parsed.
 */
#ifndef AVOW_FUZZ_EVIDENCE_H
#define AVOW_FUZZ_EVIDENCE_H

#include "must.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "wire/json.h"

/* Made once; neither is ever freed. */
static inline const struct avow_verify_in *
bare_service(void)
{
	static struct avow_verify_in in = {.at_s = 1750000000};
	static struct avow_anchors *anchors;
	static struct avow_collateral *collateral;

	if (!anchors) {
		must(avow_anchors_new(true, &anchors) == AVOW_OK);
		must(avow_collateral_build(NULL, 0, &collateral, NULL) == AVOW_OK);
		in.anchors = anchors;
		in.collateral = collateral;
	}
	return &in;
}

/* What is told of evidence is one JSON text. */
static inline void
is_written(const struct avow_evidence *ev, struct avow_arena *a)
{
	const struct avow_json *v;
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MIB(16));
	avow_jw_init(&w, &b);
	avow_evidence_inspect(ev, &w);
	must(b.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&b), NULL, a, &v, NULL) == AVOW_OK);
	avow_buf_clear(&b);
}

/* The verdict, whose code and details agree; never yes, because nobody here has a key
 * of the makers'. */
static inline enum avow_err
is_refused(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a)
{
	const struct avow_verified *v;
	struct avow_findings f;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_evidence_verify(ev, in, a, &f, &v, &why);
	must(e != AVOW_OK && v == NULL && why.code == e);
	return e;
}

#endif
