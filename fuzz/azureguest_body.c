/*
 * The inner JSON of a guest attestation request, from bytes to verdict, with no
 * anchor and no collateral. Properties: total; what parses is verified twice with
 * the same verdict and code, and that verdict is never yes, because nothing here is
 * signed by a key that anybody trusts; what is shown of it is valid JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/evidence.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

struct world {
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
};

static enum avow_err
verdict(const struct world *w, const struct avow_evidence *ev, struct avow_arena *a)
{
	const struct avow_verify_in in = {
		.at_s = 1750000000, .anchors = w->anchors, .collateral = w->collateral};
	const struct avow_verified *verified;
	struct avow_findings f;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_evidence_verify(ev, &in, a, &f, &verified, &why);
	must(e == why.code && e != AVOW_OK && !verified);
	must(e != AVOW_E_INTERNAL && e != AVOW_E_CRYPTO);
	return e;
}

static void
check_inspect(const struct avow_evidence *ev, struct avow_arena *a)
{
	const struct avow_json *root;
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, AVOW_MIB(16));
	avow_jw_init(&w, &b);
	avow_evidence_inspect(ev, &w);
	must(b.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&b), NULL, a, &root, NULL) == AVOW_OK);
	avow_buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct avow_evidence *ev;
	struct avow_arena a;
	struct avow_why why;
	struct world w;
	enum avow_err e;

	if (n > AVOW_KIB(64))
		return 0;
	must(avow_anchors_new(false, &w.anchors) == AVOW_OK);
	must(avow_collateral_build(NULL, 0, &w.collateral, NULL) == AVOW_OK);
	avow_arena_init(&a, AVOW_MIB(64));
	avow_why_init(&why);
	e = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("azure-guest")),
		avow_span_make(data, n), &a, &ev, &why);
	must(e == why.code);
	if (e == AVOW_OK) {
		check_inspect(ev, &a);
		e = verdict(&w, ev, &a);
		must(e == verdict(&w, ev, &a));
	}
	avow_arena_clear(&a);
	avow_collateral_free(w.collateral);
	avow_anchors_free(w.anchors);
	return 0;
}
