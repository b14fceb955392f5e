/*
 * SEV-SNP evidence: the report, the HCL report, the JSON of the contract. Bytes
 * behind a report of 1184 are a file of certificates given with it.
 *
 * Properties: the same outcome twice; what is kept lies in the input or is as
 * long as it must be; the fields can be written as JSON; and nothing is ever
 * verified, because nobody here has a key of AMD's.
 */
#include "evidence.h"

#include "evidence/snp/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span all = avow_span_make(data, n), certs = {NULL, 0};
	const struct avow_evidence *one, *two;
	struct avow_verify_in in = *bare_service();
	struct avow_arena a;
	enum avow_err e;

	if (n > SNP_REPORT_BYTES && data[0] < 0x20 && !avow_hcl_is(all)) {
		certs = avow_span_from(all, SNP_REPORT_BYTES);
		all = avow_span_slice(all, 0, SNP_REPORT_BYTES);
	}
	in.certs = &certs;
	in.n_certs = certs.n > 0;
	avow_arena_init(&a, AVOW_MIB(64));
	e = avow_evidence_parse(&avow_kind_snp, all, &a, &one, NULL);
	must(e == avow_evidence_parse(&avow_kind_snp, all, &a, &two, NULL));
	must((e == AVOW_OK) == (one != NULL));
	if (one) {
		is_whole(&((const struct avow_snp_evidence *)one->body)->report);
		is_written(one, &a);
		must(is_refused(one, &in, &a) == is_refused(two, &in, &a));
	}
	avow_arena_clear(&a);
	return 0;
}
