/*
 * SEV-SNP evidence as bytes: the report's own layout, the HCL report, and the
 * JSON of the contract. Form alone; nothing here is signed by anybody.
 */
#include "amd_maker.h"

#include "base/base64.h"
#include "base/limits.h"
#include "evidence/snp/layout.h"

static struct avow_arena arena;

static int
begin(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(16));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static const struct avow_snp_evidence *
body_of(const struct avow_evidence *ev)
{
	return ev->body;
}

static enum avow_err
parse(struct avow_span bytes, const struct avow_evidence **out)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_evidence_parse(
		avow_kind_by_name(AVOW_LIT("snp")), bytes, &arena, out, &why);
	assert_err(e, why.code);
	return e;
}

static void
expect(enum avow_err want, const void *p, size_t n)
{
	const struct avow_evidence *ev;

	assert_err(want, parse(avow_span_make(p, n), &ev));
	if (want != AVOW_OK)
		assert_null(ev);
}

/* --- the report ------------------------------------------------------------------ */

static void
make(struct amd_params p, uint8_t r[1184])
{
	amd_make_report(&p, r);
	amd_fill(r, 0x2a0, 48, 0x70);
	amd_fill(r, 0x2e8, 48, 0xa0);
}

/* mistake 4: every field has a value of its own, so that none can stand for
 * another */
static void
reads_every_field_from_its_place(void **state)
{
	struct amd_params p = amd_turin();
	const struct avow_snp_report *r;
	const struct avow_evidence *ev;
	uint8_t b[1184];

	(void)state;
	make(p, b);
	assert_ok(parse(avow_span_make(b, 1184), &ev));
	r = &body_of(ev)->report;
	assert_string_equal("report", body_of(ev)->form);
	assert_int_equal(5, r->version);
	assert_int_equal(7, r->guest_svn);
	assert_int_equal(0x3001f, r->policy);
	assert_int_equal(1, r->vmpl);
	assert_int_equal(1, r->signature_algo);
	assert_int_equal(0x65, r->platform_info);
	assert_int_equal(0, r->key_info);
	assert_span(avow_span_make(b + 0x010, 16), r->family_id);
	assert_span(avow_span_make(b + 0x020, 16), r->image_id);
	assert_span(avow_span_make(p.current, 8), r->current_tcb);
	assert_span(avow_span_make(b + 0x050, 64), r->report_data);
	assert_span(avow_span_make(b + 0x090, 48), r->measurement);
	assert_span(avow_span_make(b + 0x0c0, 32), r->host_data);
	assert_span(avow_span_make(b + 0x0e0, 48), r->id_key_digest);
	assert_span(avow_span_make(b + 0x110, 48), r->author_key_digest);
	assert_span(avow_span_make(b + 0x140, 32), r->report_id);
	assert_span(avow_span_make(b + 0x160, 32), r->report_id_ma);
	assert_span(avow_span_make(p.reported, 8), r->reported_tcb);
	assert_int_equal(0x1a, r->cpuid_family);
	assert_int_equal(0x02, r->cpuid_model);
	assert_int_equal(1, r->cpuid_stepping);
	assert_span(avow_span_make(p.chip_id, 64), r->chip_id);
	assert_span(avow_span_make(p.committed, 8), r->committed_tcb);
	assert_memory_equal("\x01\x37\x15", r->current_version, 3);
	assert_memory_equal("\x01\x37\x14", r->committed_version, 3);
	assert_span(avow_span_make(p.launch, 8), r->launch_tcb);
	assert_int_equal(0x3f, r->launch_mit_vector);
	assert_span(avow_span_make(b, 0x2a0), r->signed_part);
	assert_span(avow_span_make(b + 0x2a0, 72), r->r);
	assert_span(avow_span_make(b + 0x2e8, 72), r->s);
}

static void
takes_versions_2_3_and_5_alone(void **state)
{
	struct amd_params p = amd_milan();
	uint8_t b[1184];

	(void)state;
	for (p.version = 0; p.version < 300; p.version++) {
		bool known = p.version == 2 || p.version == 3 || p.version == 5;

		make(p, b);
		expect(known ? AVOW_OK : AVOW_E_SNP_VERSION, b, 1184);
	}
}

static void
takes_1184_bytes_and_no_others(void **state)
{
	uint8_t b[1300] = {0};

	(void)state;
	make(amd_milan(), b);
	for (size_t n = 0; n < 1300; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, b, n);
		expect(n == 1184 ? AVOW_OK : AVOW_E_SNP_LENGTH, exact, n);
		free(exact);
	}
}

static void
refuses_what_is_too_large(void **state)
{
	uint8_t *b = calloc(1, AVOW_MAX_SNP_EVIDENCE + 1);

	(void)state;
	expect(AVOW_E_TOO_LARGE, b, AVOW_MAX_SNP_EVIDENCE + 1);
	free(b);
}

/* --- the HCL report --------------------------------------------------------------- */

#define RUNTIME "{\"keys\":[]}"

/* 32 of header, the area, 20 of data header, the runtime data, and a tail */
static size_t
make_hcl(uint8_t *b, uint32_t type, uint32_t hash)
{
	size_t n = sizeof(RUNTIME) - 1;

	memset(b, 0, 1400);
	memcpy(b, "HCLA", 4);
	amd_put(b, 4, 2, 4);
	amd_put(b, 8, 1216 + 20 + n, 4);
	amd_put(b, 12, 2, 4);
	make(amd_milan(), b + 32);
	amd_put(b, 1216, 20 + n, 4);
	amd_put(b, 1220, 1, 4);
	amd_put(b, 1224, type, 4);
	amd_put(b, 1228, hash, 4);
	amd_put(b, 1232, n, 4);
	memcpy(b + 1236, RUNTIME, n);
	return 1400;
}

static void
reads_an_hcl_report(void **state)
{
	const struct avow_evidence *ev;
	uint8_t b[1400];
	size_t n = make_hcl(b, 2, 1);

	(void)state;
	assert_ok(parse(avow_span_make(b, n), &ev));
	assert_string_equal("hcl", body_of(ev)->form);
	assert_true(body_of(ev)->has_hcl);
	assert_span_str(RUNTIME, body_of(ev)->hcl.runtime);
	assert_int_equal(3, body_of(ev)->report.version);
	/* no tail at all is fine too */
	expect(AVOW_OK, b, 1236 + sizeof(RUNTIME) - 1);
}

static void
refuses_an_hcl_report_of_another_type(void **state)
{
	uint8_t b[1400];

	(void)state;
	for (uint32_t type = 0; type < 8; type++)
		if (type != 2)
			expect(AVOW_E_HCL_REPORT_TYPE, b, make_hcl(b, type, 1));
	for (uint32_t hash = 0; hash < 5; hash++)
		if (hash != 1)
			expect(AVOW_E_HCL_HASH_TYPE, b, make_hcl(b, 2, hash));
}

static void
refuses_hcl_sizes_that_disagree(void **state)
{
	static const size_t sizes[] = {8, 1216, 1232};
	uint8_t b[1400];
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		n = make_hcl(b, 2, 1);
		b[sizes[i]]++;
		expect(AVOW_E_HCL_FORMAT, b, n);
		n = make_hcl(b, 2, 1);
		b[sizes[i] + 3] = 0xff; /* 4 GiB and more */
		expect(AVOW_E_HCL_FORMAT, b, n);
	}
	n = make_hcl(b, 2, 1);
	b[n - 1] = 1;
	expect(AVOW_E_HCL_FORMAT, b, n);
	for (n = 4; n < 1236 + sizeof(RUNTIME) - 1; n += 7) {
		uint8_t *exact = malloc(n);

		make_hcl(b, 2, 1);
		memcpy(exact, b, n);
		expect(AVOW_E_HCL_FORMAT, exact, n);
		free(exact);
	}
}

static void
refuses_an_hcl_report_that_is_too_large(void **state)
{
	uint8_t *b = calloc(1, AVOW_MAX_HCL + 1);

	(void)state;
	memcpy(b, "HCLA", 4);
	expect(AVOW_E_TOO_LARGE, b, AVOW_MAX_HCL + 1);
	free(b);
}

/* --- JSON ----------------------------------------------------------------------------- */

static void
put_b64(struct avow_buf *b, struct avow_span s, bool url)
{
	avow_buf_put_byte(b, '"');
	if (url)
		avow_b64url_put(b, s);
	else
		avow_b64_put(b, s);
	avow_buf_put_byte(b, '"');
}

static void
put_request(struct avow_buf *b, const char *open, bool url)
{
	uint8_t r[1184];

	make(amd_milan(), r);
	avow_buf_reset(b);
	avow_buf_put_str(b, open);
	put_b64(b, avow_span_make(r, 1184), url);
	avow_buf_put_str(b, ",\"VcekCertChain\":");
	put_b64(b, AVOW_LIT("chain"), url);
	avow_buf_put_str(b, ",\"Endorsements\":");
	put_b64(b, AVOW_LIT("{\"Uvm\":[\"Y29zZQ\",\"MQ==\"]}"), url);
	avow_buf_put_str(b, ",\"unknown\":{}}");
}

static void
reads_the_request_of_the_contract(void **state)
{
	static const char *const opens[] = {
		"{\"SnpReport\":", "\xef\xbb\xbf{\"snpreport\":", " \n{\"SNPREPORT\":"};
	const struct avow_evidence *ev;
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	for (size_t i = 0; i < 6; i++) {
		put_request(&b, opens[i / 2], i % 2 == 0);
		assert_ok(parse(avow_buf_span(&b), &ev));
		assert_string_equal("json", body_of(ev)->form);
		assert_span_str("chain", body_of(ev)->certs);
		assert_int_equal(2, body_of(ev)->n_uvm);
		assert_span_str("cose", body_of(ev)->uvm[0]);
		assert_int_equal(3, body_of(ev)->report.version);
	}
	avow_buf_clear(&b);
}

static void
refuses_malformed_requests(void **state)
{
	static const char *const cases[] = {
		"{",
		"{}",
		"{\"SnpReport\":\"\"}",
		"{\"SnpReport\":null}",
		"{\"SnpReport\":7}",
		"{\"SnpReport\":\"*\"}",
		"{\"SnpReport\":\"AA\",\"snpReport\":\"AA\"}",
		"{\"SnpReport\":\"AAAA\",\"VcekCertChain\":[]}",
		"{\"SnpReport\":\"AAAA\",\"VcekCertChain\":\"a b\"}",
		"{\"SnpReport\":\"AAAA\",\"Endorsements\":\"AAAA\"}",
		"{\"SnpReport\":\"AAAA\",\"Endorsements\":\"W10\"}",
		/* {"Uvm":7}, {"Uvm":[7]}, {"Uvm":["*"]} */
		"{\"SnpReport\":\"AAAA\",\"Endorsements\":\"eyJVdm0iOjd9\"}",
		"{\"SnpReport\":\"AAAA\",\"Endorsements\":\"eyJVdm0iOls3XX0\"}",
		"{\"SnpReport\":\"AAAA\",\"Endorsements\":\"eyJVdm0iOlsiKiJdfQ\"}",
		"{\"SnpReport\":\"AAAA\"} {}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect(AVOW_E_SNP_REQUEST, cases[i], strlen(cases[i]));
	/* right in form: then it is the report that is wrong */
	expect(AVOW_E_SNP_LENGTH, "{\"SnpReport\":\"AAAA\"}", 20);
	expect(AVOW_E_SNP_LENGTH, "[]", 2);
}

static void
refuses_more_than_8_uvm_endorsements(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_buf_put_str(&b, "{\"SnpReport\":\"AAAA\",\"Endorsements\":");
	put_b64(&b,
		AVOW_LIT("{\"Uvm\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}"),
		true);
	avow_buf_put_byte(&b, '}');
	expect(AVOW_E_SNP_REQUEST, b.p, b.n);
	avow_buf_clear(&b);
}

/* --- for people -------------------------------------------------------------------------- */

static void
shows_every_field(void **state)
{
	static const char *const names[] = {"version", "guest_svn", "policy",
		"family_id", "image_id", "vmpl", "signature_algo", "current_tcb",
		"platform_info", "key_info", "report_data", "measurement", "host_data",
		"id_key_digest", "author_key_digest", "report_id", "report_id_ma",
		"reported_tcb", "cpuid_fam_id", "cpuid_mod_id", "cpuid_step", "chip_id",
		"committed_tcb", "current_version", "committed_version", "launch_tcb",
		"signature_r", "signature_s"};
	const struct avow_evidence *ev;
	const struct avow_json *o, *r;
	uint8_t hcl[1400];
	struct avow_buf b;
	struct avow_jw w;

	(void)state;
	assert_ok(parse(avow_span_make(hcl, make_hcl(hcl, 2, 1)), &ev));
	avow_buf_init(&b, 1 << 16);
	avow_jw_init(&w, &b);
	avow_evidence_inspect(ev, &w);
	assert_ok(avow_json_parse(avow_buf_span(&b), NULL, &arena, &o, NULL));
	r = avow_json_get(o, "report");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(avow_json_get(r, names[i]));
	assert_span_str("1.55.21", avow_json_get(r, "current_version")->string);
	assert_span_str("0x000000000003001f", avow_json_get(r, "policy")->string);
	assert_span_str(RUNTIME,
		avow_json_get(avow_json_get(o, "hcl"), "runtime_data")->string);
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reads_every_field_from_its_place, begin, end),
		cmocka_unit_test_setup_teardown(
			takes_versions_2_3_and_5_alone, begin, end),
		cmocka_unit_test_setup_teardown(
			takes_1184_bytes_and_no_others, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_too_large, begin, end),
		cmocka_unit_test_setup_teardown(reads_an_hcl_report, begin, end),
		cmocka_unit_test_setup_teardown(
			refuses_an_hcl_report_of_another_type, begin, end),
		cmocka_unit_test_setup_teardown(
			refuses_hcl_sizes_that_disagree, begin, end),
		cmocka_unit_test_setup_teardown(
			refuses_an_hcl_report_that_is_too_large, begin, end),
		cmocka_unit_test_setup_teardown(
			reads_the_request_of_the_contract, begin, end),
		cmocka_unit_test_setup_teardown(refuses_malformed_requests, begin, end),
		cmocka_unit_test_setup_teardown(
			refuses_more_than_8_uvm_endorsements, begin, end),
		cmocka_unit_test_setup_teardown(shows_every_field, begin, end),
	};

	return cmocka_run_group_tests_name("evidence/snp_parse", tests, NULL, NULL);
}
