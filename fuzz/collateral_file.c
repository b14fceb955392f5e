/*
 * A file of a collateral folder, whatever its bytes: it is classified without a
 * crash, reading it twice lists the same, whatever is listed as read can be
 * looked at, and no selection comes out of it alone.
 */
#include <stdint.h>
#include <string.h>

#include "must.h"

#include "trust/collateral_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_collateral *
read_one(const uint8_t *data, size_t n)
{
	const struct avow_collateral_file f = {"file", {data, n}};
	struct avow_collateral *c;

	must(avow_collateral_build(&f, 1, &c, NULL) == AVOW_OK);
	return c;
}

static void
same_listing(const struct avow_collateral *a, const struct avow_collateral *b)
{
	struct avow_collateral_entry x, y;
	size_t i = 0;

	while (avow_collateral_entry(a, i, &x)) {
		must(avow_collateral_entry(b, i++, &y));
		must(strcmp(x.name, "file") == 0);
		must(x.kind == y.kind && x.err == y.err);
	}
	must(!avow_collateral_entry(b, i, &y));
	must(i > 0);
}

static void
selects_nothing(struct avow_collateral *c, const struct avow_anchors *anchors)
{
	struct avow_intel_query q = {.at_s = 1735689600, .grace_s = INT64_MAX};
	struct avow_intel_selection s;

	for (size_t i = 0; i < c->n_certs; i++) {
		q.pck_ca = c->certs[i].cert;
		must(avow_err_class(avow_collateral_select(c, anchors, &q, &s, NULL)) ==
			AVOW_CLASS_COLLATERAL);
		must(!s.tcb_info && !s.pck_crl);
	}
}

static bool
has_known(const struct avow_collateral *c)
{
	return c->n_docs || c->n_crls || c->n_bad || c->certs[0].rank == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct avow_anchors *anchors; /* immutable; made once */
	struct avow_collateral *a = read_one(data, n), *b;

	if (!anchors)
		must(avow_anchors_new(true, &anchors) == AVOW_OK);
	if (has_known(a)) {
		b = read_one(data, n);
		same_listing(a, b);
		selects_nothing(a, anchors);
		avow_collateral_free(b);
	}
	avow_collateral_free(a);
	return 0;
}
