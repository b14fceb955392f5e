/*
 * Real SEV-SNP reports: Milan, Genoa and Turin, versions 2, 3 and 5, VCEK and
 * VLEK, with the certificates that belong to them and with others. What each must
 * give is its MANIFEST's.
 */
#include "base/base64.h"
#include "evidence/snp/layout.h"
#include "real.h"

/* One report, the certificates given with it, and a time at which they hold. */
struct sample {
	const char *report;
	const char *certs[3];
	const char *at;
	const char *family;
};

static const struct sample samples[] = {
	{"snp-google/attestation.bin",
		{"snp-google/attestation.leaf.der", "snp-google/milan.testcer"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"snp-google/attestation.bin", {"snp-google/attestation.leaf.der"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"snp-virtee/report_milan.bin",
		{"snp-virtee/cert_chain_milan", "snp-virtee/report_milan.leaf.der"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"snp-trustee/test-report.bin", {"snp-trustee/test-report.leaf.der"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"snp-trustee/test-vlek-report.bin", {"snp-trustee/test-vlek-report.leaf.der"},
		"2025-06-01T00:00:00Z", "Milan"},
	{"snp-trustee/test-vlek-report.bin",
		{"snp-google/milanvlek.testcer",
			"snp-trustee/test-vlek-report.leaf.der"},
		"2025-06-01T00:00:00Z", "Milan"},
	{"snp-ms-tav/milan_attestation_report.bin",
		{"snp-ms-tav/milan_ark.pem", "snp-ms-tav/milan_ask.pem",
			"snp-ms-tav/milan_attestation_report.leaf.pem"},
		"2026-03-01T00:00:00Z", "Milan"},
	{"snp-ms-tav/crypto_milan_attestation_report.bin",
		{"snp-ms-tav/crypto_milan_attestation_report.leaf.pem"},
		"2026-06-01T00:00:00Z", "Milan"},
	{"snp-ms-tav/genoa_attestation_report.bin",
		{"snp-ms-tav/genoa_attestation_report.leaf.pem",
			"snp-ms-tav/genoa_ark.pem", "snp-ms-tav/genoa_ask.pem"},
		"2026-03-01T00:00:00Z", "Genoa"},
	{"snp-ms-tav/turin_attestation_report.bin",
		{"snp-ms-tav/turin_attestation_report.leaf.pem"},
		"2026-06-01T00:00:00Z", "Turin"},
	{"snp-ms-aci/snp_report.bin", {"snp-ms-aci/snp_report.leaf.pem"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"snp-ms-aci/snp_report.bin", {"snp-ms-aci/uvm_host_amd_certificate.json"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"sgxsnp-ms-ravl/sev_snp.att.evidence.bin",
		{"sgxsnp-ms-ravl/sev_snp.att.endorsements.bin"},
		"2024-01-01T00:00:00Z", "Milan"},
	{"maa-sevsnp-golden/snpreport.bin", {"maa-sevsnp-golden/vcekchain.pem"},
		"2025-04-08T00:00:00Z", "Milan"},
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

struct given {
	struct avow_buf bytes[3];
	struct avow_span spans[3];
	size_t n;
};

static void
give(struct real *r, struct given *g, const char *const names[3])
{
	g->n = 0;
	while (g->n < 3 && names[g->n]) {
		real_read(names[g->n], &g->bytes[g->n]);
		g->spans[g->n] = avow_buf_span(&g->bytes[g->n]);
		g->n++;
	}
	r->in.certs = g->spans;
	r->in.n_certs = g->n;
}

static void
take_back(struct given *g)
{
	for (size_t i = 0; i < g->n; i++)
		avow_buf_clear(&g->bytes[i]);
}

static enum avow_err
appraise(struct real *r, const char *report, const char *const certs[3],
	const char *at, struct avow_buf *bytes)
{
	struct given g;
	enum avow_err e;

	r->in.at_s = real_time(avow_span_str(at));
	real_read(report, bytes);
	give(r, &g, certs);
	e = real_appraise(r, "snp", avow_buf_span(bytes));
	take_back(&g);
	r->in.certs = NULL;
	r->in.n_certs = 0;
	return e;
}

static const struct avow_claim *
claim(struct real *r, enum avow_claim_id id)
{
	static struct avow_claims set;

	avow_claims_init(&set, &r->arena);
	assert_ok(avow_evidence_claims(r->verified, &set));
	return avow_claims_find(&set, id);
}

static void
accepts_every_real_report(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	for (size_t i = 0; i < N_SAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct avow_buf b;
		struct real r;
		enum avow_err e;

		real_init(&r);
		real_collateral(&r, NULL, 0);
		e = appraise(&r, s->report, s->certs, s->at, &b);
		if (e != AVOW_OK)
			fail_msg("%s: %s: %s %s %s", s->report, avow_err_name(e),
				r.why.field, r.why.expected, r.why.got);
		assert_span_str(s->family,
			claim(&r, AVOW_CLAIM_SNP_CHIP_FAMILY)->string);
		avow_buf_clear(&b);
		real_clear(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_every_real_report),
	};

	return cmocka_run_group_tests_name("evidence/snp_vectors", tests, NULL, NULL);
}
