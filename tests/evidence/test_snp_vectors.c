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
		{"sgxsnp-ms-ravl/sev_snp.att.endorsements.bin"}, "2024-01-01T00:00:00Z",
		"Milan"},
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
appraise(struct real *r, const char *report, const char *const certs[3], const char *at,
	struct avow_buf *bytes)
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
		assert_span_str(
			s->family, claim(&r, AVOW_CLAIM_SNP_CHIP_FAMILY)->string);
		avow_buf_clear(&b);
		real_clear(&r);
	}
}

/* --- the recorded token ------------------------------------------------------------ */

static void
same_claim(const struct avow_claim *got, const char *name, const struct avow_json *want)
{
	if (!got || !got->for_token)
		fail_msg("no claim %s", name);
	switch ((int)want->type) {
	case AVOW_JSON_BOOL:
		assert_int_equal(AVOW_VALUE_BOOLEAN, got->type);
		assert_int_equal(want->boolean, got->boolean);
		break;
	case AVOW_JSON_INT:
		assert_int_equal(AVOW_VALUE_INTEGER, got->type);
		assert_int_equal(want->integer, got->integer);
		break;
	default:
		assert_int_equal(AVOW_VALUE_STRING, got->type);
		assert_span(want->string, got->string);
	}
}

/* The request as it was sent, and every claim of the token that came back. */
static void
gives_every_claim_of_the_recorded_token(void **state)
{
	const struct avow_json *token, *request;
	struct avow_claims set;
	struct avow_span report;
	struct real r;
	size_t n = 0;

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_collateral(&r, NULL, 0);
	token = avow_json_get(
		real_json("maa-sevsnp-golden/token.claims.json", &r.arena), "claims");
	request = real_json("maa-sevsnp-golden/request.json", &r.arena);
	assert_ok(avow_b64_decode_lenient(
		avow_json_get(request, "report")->string, 1 << 20, &r.arena, &report));
	r.in.at_s = avow_json_get(token, "iat")->integer;
	assert_ok(real_appraise(&r, "snp", report));
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	for (size_t i = 0; i < token->count; i++) {
		struct avow_span name = token->members[i].name;
		char text[64];

		if (!avow_span_starts(name, AVOW_LIT("x-ms-sevsnpvm-")) &&
			!avow_span_eq_str(name, "x-ms-attestation-type"))
			continue;
		snprintf(text, sizeof(text), "%.*s", AVOW_FMT(name));
		same_claim(avow_claims_find_name(&set, name), text,
			&token->members[i].value);
		n++;
	}
	assert_int_equal(18, n);
	assert_null(avow_claims_find(&set, AVOW_CLAIM_RUNTIME));
	assert_null(avow_claims_find(&set, AVOW_CLAIM_COMPLIANCE_STATUS));
	real_clear(&r);
}

/* --- certificates of others ------------------------------------------------------------ */

static void
expect_refused_at(
	const char *report, const char *leaf, const char *at, enum avow_err want)
{
	const char *const certs[3] = {leaf, NULL, NULL};
	struct avow_buf b;
	struct real r;

	real_init(&r);
	real_collateral(&r, NULL, 0);
	assert_err(want, appraise(&r, report, certs, at, &b));
	avow_buf_clear(&b);
	real_clear(&r);
}

static void
expect_refused(const char *report, const char *leaf, enum avow_err want)
{
	expect_refused_at(report, leaf, "2025-01-01T00:00:00Z", want);
}

/* The MANIFEST's negatives: certificates whose hwID was written over, and the
 * chain of another machine. Verifier bugs 1, 3 and 16. */
static void
refuses_the_negatives_for_the_right_reason(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	expect_refused("snp-trustee/test-report.bin",
		"snp-trustee/test-vcek-invalid-legacy.der", AVOW_E_SNP_CHAIN_SIGNATURE);
	expect_refused("snp-trustee/test-report.bin",
		"snp-trustee/test-vcek-invalid-new.der", AVOW_E_SNP_CHAIN_SIGNATURE);
	expect_refused("azure-cvm/kinvolk-hcl-report-snp.bin",
		"azure-cvm/kinvolk-certs.pem", AVOW_E_SNP_CHIP_ID);
	expect_refused("azure-cvm/kinvolk-hcl-report-tdx.bin",
		"azure-cvm/kinvolk-certs.pem", AVOW_E_HCL_REPORT_TYPE);
	expect_refused("sgxtdx-trustee/hcl-report.bin", "azure-cvm/kinvolk-certs.pem",
		AVOW_E_HCL_REPORT_TYPE);
	/* a VCEK that is genuine and of no machine here */
	expect_refused_at("azure-cvm/kinvolk-hcl-report-snp.bin",
		"azure-cvm/imds-vcek.der", "2026-06-01T00:00:00Z", AVOW_E_SNP_TCB);
	expect_refused_at("snp-ms-tav/milan_attestation_report.bin",
		"azure-cvm/imds-vcek.der", "2026-06-01T00:00:00Z", AVOW_E_SNP_CHIP_ID);
}

/* Every report with every leaf: only its own will do. */
static void
refuses_every_leaf_but_its_own(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	for (size_t i = 0; i < N_SAMPLES; i++)
		for (size_t k = 0; k < N_SAMPLES; k++) {
			struct avow_buf b;
			struct real r;
			enum avow_err e;

			if (strcmp(samples[i].report, samples[k].report) == 0 ||
				strstr(samples[i].report, "milan_attestation"))
				continue; /* one report under two names */
			real_init(&r);
			real_collateral(&r, NULL, 0);
			e = appraise(&r, samples[i].report, samples[k].certs,
				samples[k].at, &b);
			assert_int_equal(AVOW_CLASS_EVIDENCE, avow_err_class(e));
			avow_buf_clear(&b);
			real_clear(&r);
		}
}

/* --- Azure's confidential VMs -------------------------------------------------------------- */

static struct avow_span
bytes_of_numbers(const struct avow_json *list, struct avow_arena *a)
{
	uint8_t *p = avow_arena_alloc(a, list->count);

	assert_non_null(p);
	for (size_t i = 0; i < list->count; i++)
		p[i] = (uint8_t)list->items[i].integer;
	return avow_span_make(p, list->count);
}

static void
appraise_azure(const char *file, const char *runtime_claim)
{
	const struct avow_json *doc, *report, *vcek;
	const struct avow_claim *claim_;
	struct avow_span bytes, certs[1];
	struct real r;

	real_init(&r);
	real_collateral(&r, NULL, 0);
	doc = real_json(file, &r.arena);
	report = avow_json_get(doc, "hcl_report");
	vcek = avow_json_get(doc, "vcek");
	if (report)
		assert_ok(avow_b64_decode_lenient(
			report->string, 1 << 16, &r.arena, &bytes));
	else
		bytes = bytes_of_numbers(avow_json_get(doc, "report"), &r.arena);
	certs[0] = vcek->string;
	if (vcek->string.p[0] != '-')
		assert_ok(avow_b64_decode_lenient(
			vcek->string, 1 << 16, &r.arena, &certs[0]));
	r.in.certs = certs;
	r.in.n_certs = 1;
	r.in.at_s = real_time(AVOW_LIT("2026-03-01T00:00:00Z"));
	assert_ok(real_appraise(&r, "snp", bytes));
	claim_ = claim(&r, AVOW_CLAIM_RUNTIME);
	assert_non_null(claim_);
	assert_true(avow_span_find(claim_->string, avow_span_str(runtime_claim)) <
		    claim_->string.n);
	real_clear(&r);
}

static void
accepts_the_hcl_reports_of_azure(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	appraise_azure("azure-cvm/az-snp-vtpm-evidence-v1.json", "\"HCLAkPub\"");
	appraise_azure("azure-cvm/az-snp-vtpm-evidence-v2.json", "\"HCLAkPub\"");
	appraise_azure("azure-cvm/az-snp-vtpm-evidence-genoa.json", "\"HCLAkPub\"");
}

/* HOST_DATA of a container group is the hash of its policy. */
static void
binds_the_policy_of_a_container_group(void **state)
{
	const char *const certs[3] = {"snp-ms-aci/snp_report.leaf.pem", NULL, NULL};
	struct avow_buf text, b;
	struct avow_span policy;
	struct real r;

	(void)state;
	if (!real_is_there())
		skip();
	real_init(&r);
	real_collateral(&r, NULL, 0);
	real_read("snp-ms-aci/uvm_security_policy.base64", &text);
	assert_ok(avow_b64_decode_lenient(
		avow_span_trim(avow_buf_span(&text)), 1 << 16, &r.arena, &policy));
	r.in.init = (struct avow_bound_data){true, policy, false};
	assert_ok(appraise(
		&r, "snp-ms-aci/snp_report.bin", certs, "2024-01-01T00:00:00Z", &b));
	avow_buf_clear(&b);
	r.in.init.bytes.n--;
	assert_err(
		AVOW_E_INIT_DATA_MISMATCH, appraise(&r, "snp-ms-aci/snp_report.bin",
						   certs, "2024-01-01T00:00:00Z", &b));
	avow_buf_clear(&b);
	avow_buf_clear(&text);
	real_clear(&r);
}

/* A folder of many machines' certificates: each report finds its own. */
static void
finds_the_leaf_in_a_folder_of_many(void **state)
{
	static const char *const folder[] = {"snp-google/attestation.leaf.der",
		"snp-virtee/report_milan.leaf.der", "snp-trustee/test-report.leaf.der",
		"snp-trustee/test-vlek-report.leaf.der", "snp-virtee/vcek_turin.der",
		"snp-ms-tav/genoa_attestation_report.leaf.pem",
		"snp-ms-tav/turin_attestation_report.leaf.pem",
		"snp-ms-tav/milan_attestation_report.leaf.pem",
		"snp-ms-aci/snp_report.leaf.pem", "maa-sevsnp-golden/vcekchain.pem"};
	static const char *const none[3] = {NULL, NULL, NULL};

	(void)state;
	if (!real_is_there())
		skip();
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct avow_buf b;
		struct real r;
		enum avow_err e;

		if (strstr(samples[i].report, "ravl"))
			continue; /* its certificate is not in this folder */
		real_init(&r);
		real_collateral(&r, folder, sizeof(folder) / sizeof(folder[0]));
		e = appraise(&r, samples[i].report, none, samples[i].at, &b);
		if (e != AVOW_OK)
			fail_msg("%s: %s", samples[i].report, avow_err_name(e));
		avow_buf_clear(&b);
		real_clear(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_every_real_report),
		cmocka_unit_test(gives_every_claim_of_the_recorded_token),
		cmocka_unit_test(refuses_the_negatives_for_the_right_reason),
		cmocka_unit_test(refuses_every_leaf_but_its_own),
		cmocka_unit_test(accepts_the_hcl_reports_of_azure),
		cmocka_unit_test(binds_the_policy_of_a_container_group),
		cmocka_unit_test(finds_the_leaf_in_a_folder_of_many),
	};

	return cmocka_run_group_tests_name("evidence/snp_vectors", tests, NULL, NULL);
}
