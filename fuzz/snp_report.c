/*
 * SEV-SNP evidence: the report, the HCL report, the JSON of the contract. Bytes
 * behind a report of 1184 are a file of certificates given with it.
 *
 * Properties: the same outcome twice; what is kept lies in the input or is as
 * long as it must be; the fields can be written as JSON; and nothing is ever
 * verified, because nobody here has a key of AMD's.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "evidence/snp/layout.h"
#include "trust/collateral.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_anchors *anchors;
static struct avow_collateral *collateral;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
make_world(void)
{
	must(avow_anchors_new(true, &anchors) == AVOW_OK);
	must(avow_collateral_build(NULL, 0, &collateral, NULL) == AVOW_OK);
}

static void
is_whole(const struct avow_snp_report *r)
{
	size_t reserved = 0;

	for (size_t i = 0; i < r->n_reserved; i++)
		reserved += r->reserved[i].bytes.n;
	must(r->signed_part.n == 672 && r->r.n == 72 && r->s.n == 72);
	must(r->chip_id.n == 64 && r->report_data.n == 64 && r->measurement.n == 48);
	/* with the fields of fixed place, all of the 1184 bytes */
	must(reserved == (r->version == 5 ? 547u : r->version == 3 ? 563u : 566u));
}

static void
writes(const struct avow_evidence *ev, struct avow_arena *a)
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

static enum avow_err
verify(const struct avow_evidence *ev, const struct avow_span *certs, size_t n,
	struct avow_arena *a)
{
	const struct avow_verify_in in = {.at_s = 1735689600,
		.anchors = anchors,
		.collateral = collateral,
		.certs = certs,
		.n_certs = n};
	const struct avow_verified *v;
	struct avow_findings f;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_evidence_verify(ev, &in, a, &f, &v, &why);
	must(e != AVOW_OK && v == NULL && why.code == e);
	return e;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span all = avow_span_make(data, n), certs = {NULL, 0};
	const struct avow_evidence *one, *two;
	struct avow_arena a;
	enum avow_err e;

	if (!anchors)
		make_world();
	if (n > SNP_REPORT_BYTES && data[0] < 0x20 && !avow_hcl_is(all)) {
		certs = avow_span_from(all, SNP_REPORT_BYTES);
		all = avow_span_slice(all, 0, SNP_REPORT_BYTES);
	}
	avow_arena_init(&a, AVOW_MIB(64));
	e = avow_evidence_parse(&avow_kind_snp, all, &a, &one, NULL);
	must(e == avow_evidence_parse(&avow_kind_snp, all, &a, &two, NULL));
	must((e == AVOW_OK) == (one != NULL));
	if (one) {
		is_whole(&((const struct avow_snp_evidence *)one->body)->report);
		writes(one, &a);
		must(verify(one, &certs, certs.n > 0, &a) ==
			verify(two, &certs, certs.n > 0, &a));
	}
	avow_arena_clear(&a);
	return 0;
}
