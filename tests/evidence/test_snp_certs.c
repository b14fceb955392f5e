/*
 * Where the certificates of an SEV-SNP report come from, in what form, and what
 * is remembered of them; and the revocation of their CA.
 */
#include "snp_run.h"

#include "base/base64.h"
#include "trust/amd_chain.h"

/* --- forms and sources --------------------------------------------------------------- */

static void
put_pem(struct avow_buf *b, const struct avow_buf *der)
{
	avow_pem_put(b, "CERTIFICATE", avow_buf_span(der));
}

static void
takes_pem_and_der_in_any_order(void **state)
{
	static const int orders[6][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct amd_params p = amd_milan();
	struct avow_buf pem;
	struct run r;

	(void)state;
	run_new(&r, &p);
	avow_buf_init(&pem, 1 << 16);
	for (size_t i = 0; i < 6; i++) {
		const struct avow_buf *der[3] = {&r.w.ark, &r.w.ca, &r.w.leaf};

		avow_buf_reset(&pem);
		for (size_t k = 0; k < 3; k++) {
			put_pem(&pem, der[orders[i][k]]);
			r.given[k] = avow_buf_span(der[orders[i][k]]);
		}
		r.in.n_certs = 3;
		assert_ok(verify(&r));
		r.given[0] = avow_buf_span(&pem);
		r.in.n_certs = 1;
		assert_ok(verify(&r));
	}
	avow_buf_clear(&pem);
	run_clear(&r);
}

static void
put_json_string(struct avow_buf *b, const char *name, const struct avow_buf *text)
{
	avow_buf_printf(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	avow_json_put_string(b, avow_buf_span(text));
}

static void
takes_the_answer_of_thim(void **state)
{
	struct avow_buf leaf, chain, json;
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	run_new(&r, &p);
	avow_buf_init(&leaf, 1 << 16);
	avow_buf_init(&chain, 1 << 16);
	avow_buf_init(&json, 1 << 16);
	put_pem(&leaf, &r.w.leaf);
	put_pem(&chain, &r.w.ca);
	put_pem(&chain, &r.w.ark);
	avow_buf_put_byte(&json, '{');
	put_json_string(&json, "vcekCert", &leaf);
	put_json_string(&json, "certificateChain", &chain);
	avow_buf_put_byte(&json, '}');
	r.given[0] = avow_buf_span(&json);
	r.in.n_certs = 1;
	assert_ok(verify(&r));
	r.given[0] = AVOW_LIT("{\"vcekCert\":7}");
	assert_err(AVOW_E_SNP_CERT, verify(&r));
	r.given[0] = AVOW_LIT("{");
	assert_err(AVOW_E_SNP_CERT, verify(&r));
	avow_buf_clear(&leaf);
	avow_buf_clear(&chain);
	avow_buf_clear(&json);
	run_clear(&r);
}

static void
takes_the_chain_of_the_request(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_buf pem, json;
	struct run r;

	(void)state;
	run_new(&r, &p);
	avow_buf_init(&pem, 1 << 16);
	avow_buf_init(&json, 1 << 16);
	put_pem(&pem, &r.w.leaf);
	put_pem(&pem, &r.w.ca);
	put_pem(&pem, &r.w.ark);
	avow_buf_put_str(&json, "{\"SnpReport\":\"");
	avow_b64url_put(&json, avow_span_make(r.w.report, 1184));
	avow_buf_put_str(&json, "\",\"VcekCertChain\":\"");
	avow_b64url_put(&json, avow_buf_span(&pem));
	avow_buf_put_str(&json, "\"}");
	r.in.n_certs = 0;
	assert_ok(verify_bytes(&r, avow_buf_span(&json)));
	avow_buf_clear(&pem);
	avow_buf_clear(&json);
	run_clear(&r);
}

static void
folder_of(struct run *r, const struct amd_world *w)
{
	const struct avow_collateral_file files[] = {{"a", avow_buf_span(&w->ark)},
		{"b", avow_buf_span(&w->leaf)}, {"c", avow_buf_span(&w->ca)}};

	fill_folder(r, files, 3);
}

static void
finds_certificates_in_the_folder(void **state)
{
	struct amd_params p[3] = {amd_milan(), amd_milan(), amd_turin()};
	struct run r;

	(void)state;
	p[1].vlek = true;
	for (size_t i = 0; i < 3; i++) {
		run_new(&r, &p[i]);
		folder_of(&r, &r.w);
		r.in.n_certs = 0;
		assert_ok(verify(&r));
		/* the leaf from the folder, the others given */
		r.given[0] = avow_buf_span(&r.w.ca);
		r.given[1] = avow_buf_span(&r.w.ark);
		r.in.n_certs = 2;
		assert_ok(verify(&r));
		/* and the other way about */
		r.given[0] = avow_buf_span(&r.w.leaf);
		r.in.n_certs = 1;
		assert_ok(verify(&r));
		run_clear(&r);
	}
}

/* verifier bug 15: a certificate of the same chip and another TCB is none */
static void
is_undecided_without_a_certificate(void **state)
{
	struct amd_params p = amd_milan(), other = p;
	struct amd_world w;
	struct run r;

	(void)state;
	run_new(&r, &p);
	r.in.n_certs = 0;
	assert_err(AVOW_E_SNP_CERT_ABSENT, verify(&r));
	assert_int_equal(AVOW_CLASS_COLLATERAL, avow_err_class(r.why.code));
	assert_true(r.f.wanted.vcek && r.f.wanted.has_product);
	assert_int_equal(AVOW_AMD_MILAN, r.f.wanted.product);
	assert_memory_equal(p.chip_id, r.f.wanted.chip_id, 64);
	assert_memory_equal(p.reported, r.f.wanted.reported_tcb, 8);
	assert_int_equal(AVOW_CHECK_UNDECIDED, result_of(&r, "vek_chain"));
	assert_int_equal(AVOW_CHECK_NOT_REACHED, result_of(&r, "report_signature"));
	other.reported[7]--;
	amd_make(&keys, &other, &w);
	folder_of(&r, &w);
	assert_err(AVOW_E_SNP_CERT_ABSENT, verify(&r));
	amd_clear(&w);
	run_clear(&r);
}

/* What the evidence alone decides is a refusal, with or without certificates. */
static void
refuses_bad_evidence_without_a_certificate(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	p.runtime_data = AVOW_LIT("runtime");
	run_new(&r, &p);
	r.in.n_certs = 0;
	r.in.runtime.bytes = AVOW_LIT("other");
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, verify(&r));
	run_clear(&r);
}

static void
refuses_malformed_certificates(void **state)
{
	static const char *const cases[] = {"", "x", "0",
		"-----BEGIN CERTIFICATE-----\n",
		"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"};
	struct amd_params p = amd_milan();
	uint8_t *large = calloc(1, AVOW_MAX_SNP_CERTS_TEXT + 1);
	struct run r;

	(void)state;
	run_new(&r, &p);
	r.in.n_certs = 4;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r.given[3] = avow_span_str(cases[i]);
		assert_err(AVOW_E_SNP_CERT, verify(&r));
		assert_string_equal("vek_chain", r.why.check);
	}
	r.given[3] = avow_span_make(large, AVOW_MAX_SNP_CERTS_TEXT + 1);
	assert_err(AVOW_E_TOO_LARGE, verify(&r));
	free(large);
	run_clear(&r);
}

static void
refuses_more_than_16_certificates(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_span many[17];
	struct avow_buf pem;
	struct run r;

	(void)state;
	run_new(&r, &p);
	for (size_t i = 0; i < 17; i++)
		many[i] = r.given[i % 3];
	r.in.certs = many;
	r.in.n_certs = 16;
	assert_ok(verify(&r));
	r.in.n_certs = 17;
	assert_err(AVOW_E_SNP_CERT_COUNT, verify(&r));
	avow_buf_init(&pem, 1 << 17);
	for (size_t i = 0; i < 17; i++)
		put_pem(&pem, &r.w.leaf);
	many[0] = avow_buf_span(&pem);
	r.in.n_certs = 1;
	assert_err(AVOW_E_SNP_CERT_COUNT, verify(&r));
	avow_buf_reset(&pem);
	for (size_t i = 0; i < 9; i++)
		put_pem(&pem, &r.w.leaf);
	many[0] = many[1] = avow_buf_span(&pem);
	r.in.n_certs = 2;
	assert_err(AVOW_E_SNP_CERT_COUNT, verify(&r));
	avow_buf_clear(&pem);
	run_clear(&r);
}

/* --- the chain, seen from the verifier -------------------------------------------------- */

static void
expired_leaf(struct avow_cert_spec *s)
{
	s->not_after_s = AMD_AT - 1;
}

static void
future_ca(struct avow_cert_spec *s)
{
	s->not_before_s = AMD_AT + 1;
}

static void
refuses_certificates_out_of_their_time(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.leaf = expired_leaf;
	expect(AVOW_E_SNP_CHAIN_EXPIRED, "vek_validity", &p);
	p = amd_milan();
	p.ca = future_ca;
	expect(AVOW_E_SNP_CHAIN_NOT_YET_VALID, "vek_validity", &p);
}

static void
refuses_a_chain_under_a_root_of_nobody(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_anchors *builtin;
	struct run r;

	(void)state;
	assert_ok(avow_anchors_new(true, &builtin));
	run_new(&r, &p);
	r.in.anchors = builtin;
	assert_err(AVOW_E_SNP_CHAIN_ROOT, verify(&r));
	/* the leaf alone: no issuer of that name is known */
	r.given[0] = avow_buf_span(&r.w.leaf);
	r.in.n_certs = 1;
	assert_err(AVOW_E_SNP_CHAIN_NAME, verify(&r));
	avow_anchors_free(builtin);
	run_clear(&r);
}

/* A folder may hold another certificate of the CA's name: the one that signed
 * the leaf is found all the same. */
static void
tries_every_issuer_of_the_folder(void **state)
{
	struct amd_params p = amd_milan();
	struct amd_keys others;
	struct amd_world w;
	struct run r;

	(void)state;
	others.leaf = NULL;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 4096, &others.ca));
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &others.leaf));
	amd_make(&others, &p, &w);
	run_new(&r, &p);
	{
		const struct avow_collateral_file files[] = {
			{"a", avow_buf_span(&w.ca)}, {"b", avow_buf_span(&w.ark)},
			{"c", avow_buf_span(&r.w.ca)}, {"d", avow_buf_span(&r.w.ark)},
			{"e", avow_buf_span(&w.leaf)}, {"f", avow_buf_span(&r.w.leaf)}};

		fill_folder(&r, files, 6);
	}
	r.in.n_certs = 0;
	assert_ok(verify(&r));
	/* given ones are not replaced */
	r.given[0] = avow_buf_span(&r.w.leaf);
	r.given[1] = avow_buf_span(&w.ca);
	r.given[2] = avow_buf_span(&w.ark);
	r.in.n_certs = 3;
	assert_err(AVOW_E_SNP_CHAIN_ROOT, verify(&r));
	amd_clear(&w);
	amd_keys_free(&others);
	run_clear(&r);
}

/* --- revocation ---------------------------------------------------------------------------- */

struct crl_case {
	int64_t from_s, until_s;
	bool revoked, of_other_key, without_next;
};

static void
make_crl(const struct run *r, struct crl_case c, struct avow_buf *out)
{
	static const char *const ark[][2] = {
		{"CN", "ARK-Milan"}, {"O", "Avow tests"}, {NULL, NULL}};
	struct avow_cert *ca;
	struct avow_privkey *other = NULL;
	struct avow_crl_spec s = {.issuer = ark,
		.this_update_s = c.from_s,
		.next_update_s = c.without_next ? 0 : c.until_s,
		.signer = keys.ca,
		.alg = AVOW_SIG_PS384,
		.with_number = true};

	assert_ok(avow_cert_parse(avow_buf_span(&r->w.ca), &ca, NULL));
	if (c.of_other_key) {
		assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &other));
		s.signer = other;
	}
	s.revoked = &ca->serial;
	s.n_revoked = c.revoked ? 1 : 0;
	avow_buf_init(out, 1 << 16);
	assert_ok(avow_crl_make(&s, out));
	avow_cert_free(ca);
	avow_privkey_free(other);
}

static void
expect_crls(enum avow_err want, const struct crl_case *cases, size_t n)
{
	struct amd_params p = amd_milan();
	struct avow_collateral_file files[3];
	struct avow_buf crl[3];
	struct run r;

	run_new(&r, &p);
	for (size_t i = 0; i < n; i++) {
		make_crl(&r, cases[i], &crl[i]);
		files[i] = (struct avow_collateral_file){
			"ark.crl", avow_buf_span(&crl[i])};
	}
	fill_folder(&r, files, n);
	assert_err(want, verify(&r));
	if (want != AVOW_OK)
		assert_string_equal("vek_revocation", r.why.check);
	/* bad evidence is refused whatever the lists say */
	r.w.report[0x90] ^= 1;
	assert_err(AVOW_E_SNP_SIGNATURE, verify(&r));
	for (size_t i = 0; i < n; i++)
		avow_buf_clear(&crl[i]);
	run_clear(&r);
}

/* verifier bugs 17 and 18: a list that is there is used, and only if it verifies */
static void
judges_revocation_where_there_is_a_list(void **state)
{
	const int64_t day = AMD_DAY;
	const struct crl_case good = {AMD_AT - day, AMD_AT + day, false, false, false};
	struct crl_case c = good, two[2];

	(void)state;
	expect_crls(AVOW_OK, &good, 1);
	c.revoked = true;
	expect_crls(AVOW_E_SNP_CA_REVOKED, &c, 1);
	c = good;
	c.of_other_key = true;
	expect_crls(AVOW_E_CRL_SIGNATURE, &c, 1);
	c = good;
	c.until_s = AMD_AT - 1;
	expect_crls(AVOW_E_CRL_EXPIRED, &c, 1);
	c = good;
	c.from_s = AMD_AT + 1;
	expect_crls(AVOW_E_CRL_NOT_YET_VALID, &c, 1);
	c = good;
	c.without_next = true;
	expect_crls(AVOW_E_CRL_EXTENSIONS, &c, 1);
	two[0] = two[1] = good;
	two[1].revoked = true;
	expect_crls(AVOW_E_SNP_CA_REVOKED, two, 2);
	two[1].of_other_key = true;
	expect_crls(AVOW_OK, two, 2);
}

/* AMD serves one list at /vcek and one at /vlek, both of the ARK: the newer need
 * not name what the other does. */
static void
a_newer_list_takes_no_revocation_back(void **state)
{
	const int64_t day = AMD_DAY;
	const struct crl_case newer = {AMD_AT - day, AMD_AT + day, false, false, false};
	struct crl_case two[2] = {newer, newer};

	(void)state;
	two[0].from_s = AMD_AT - 9 * day;
	two[0].revoked = true;
	expect_crls(AVOW_E_SNP_CA_REVOKED, two, 2);
	two[0].until_s = AMD_AT - 1; /* it has ended: the revocation has not */
	expect_crls(AVOW_E_SNP_CA_REVOKED, two, 2);
	two[0].of_other_key = true;
	expect_crls(AVOW_OK, two, 2);
	two[0] = newer; /* not yet issued, for an appraisal at an earlier time */
	two[0].from_s = AMD_AT + 1;
	two[0].revoked = true;
	expect_crls(AVOW_OK, two, 2);
	two[0].revoked = false; /* one that serves is needed */
	two[1].until_s = AMD_AT - 1;
	expect_crls(AVOW_E_CRL_NOT_YET_VALID, two, 2);
}

/* Verified without one, it says which one would have judged it. */
static void
tells_of_the_list_that_was_not_there(void **state)
{
	const struct crl_case good = {
		AMD_AT - AMD_DAY, AMD_AT + AMD_DAY, false, false, false};
	struct amd_params p = amd_milan();
	struct avow_collateral_file file = {.name = "ark.crl"};
	struct avow_buf crl;
	struct run r;

	(void)state;
	run_new(&r, &p);
	assert_ok(verify(&r));
	assert_true(r.f.wanted.amd_crl);
	assert_int_equal(AVOW_AMD_MILAN, r.f.wanted.product);
	assert_int_equal(AVOW_AMD_VCEK, r.f.wanted.vek);
	make_crl(&r, good, &crl);
	file.bytes = avow_buf_span(&crl);
	fill_folder(&r, &file, 1);
	assert_ok(verify(&r));
	assert_false(r.f.wanted.amd_crl);
	avow_buf_clear(&crl);
	run_clear(&r);
}

static void
tolerates_a_stale_list_within_the_grace(void **state)
{
	const struct crl_case stale = {
		AMD_AT - 9 * AMD_DAY, AMD_AT - AMD_DAY, false, false, false};
	struct amd_params p = amd_milan();
	struct avow_collateral_file file = {.name = "ark.crl"};
	struct avow_buf crl;
	struct run r;

	(void)state;
	run_new(&r, &p);
	make_crl(&r, stale, &crl);
	file.bytes = avow_buf_span(&crl);
	fill_folder(&r, &file, 1);
	r.in.grace_s = AMD_DAY - 1;
	assert_err(AVOW_E_CRL_EXPIRED, verify(&r));
	r.in.grace_s = AMD_DAY;
	assert_ok(verify(&r));
	avow_buf_clear(&crl);
	run_clear(&r);
}

/* --- what is remembered ----------------------------------------------------------------------- */

static void
judges_everything_again_with_a_warm_cache(void **state)
{
	const struct crl_case good = {
		AMD_AT - AMD_DAY, AMD_AT + AMD_DAY, false, false, false};
	struct amd_params p = amd_milan();
	struct avow_anchors *builtin;
	struct avow_collateral_file file = {.name = "ark.crl"};
	struct avow_buf crl;
	struct run r;

	(void)state;
	run_new(&r, &p);
	make_crl(&r, good, &crl);
	file.bytes = avow_buf_span(&crl);
	fill_folder(&r, &file, 1);
	assert_ok(avow_anchors_new(true, &builtin));
	assert_ok(avow_evidence_cache_new(8, &r.in.cache));
	for (size_t i = 0; i < 3; i++)
		assert_ok(verify(&r));
	r.in.at_s = AMD_AT + 101 * AMD_DAY;
	assert_err(AVOW_E_SNP_CHAIN_EXPIRED, verify(&r));
	r.in.at_s = AMD_AT + 2 * AMD_DAY;
	assert_err(AVOW_E_CRL_EXPIRED, verify(&r));
	r.in.at_s = AMD_AT;
	r.in.anchors = builtin; /* verified under one set is nothing under another */
	assert_err(AVOW_E_SNP_CHAIN_ROOT, verify(&r));
	r.in.anchors = anchors;
	r.w.report[0x90] ^= 1;
	assert_err(AVOW_E_SNP_SIGNATURE, verify(&r));
	r.w.report[0x90] ^= 1;
	r.given[0].n--; /* other bytes: read again */
	assert_err(AVOW_E_SNP_CERT, verify(&r));
	r.given[0].n++;
	assert_ok(verify(&r));
	avow_evidence_cache_free(r.in.cache);
	avow_anchors_free(builtin);
	avow_buf_clear(&crl);
	run_clear(&r);
}

static void
remembers_a_chain_of_the_folder(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	run_new(&r, &p);
	folder_of(&r, &r.w);
	r.in.n_certs = 0;
	assert_ok(avow_evidence_cache_new(1, &r.in.cache));
	for (size_t i = 0; i < 3; i++)
		assert_ok(verify(&r));
	fill_folder(&r, NULL, 0);
	assert_err(AVOW_E_SNP_CERT_ABSENT, verify(&r));
	avow_evidence_cache_free(r.in.cache);
	run_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_pem_and_der_in_any_order),
		cmocka_unit_test(takes_the_answer_of_thim),
		cmocka_unit_test(takes_the_chain_of_the_request),
		cmocka_unit_test(finds_certificates_in_the_folder),
		cmocka_unit_test(is_undecided_without_a_certificate),
		cmocka_unit_test(refuses_bad_evidence_without_a_certificate),
		cmocka_unit_test(refuses_malformed_certificates),
		cmocka_unit_test(refuses_more_than_16_certificates),
		cmocka_unit_test(refuses_certificates_out_of_their_time),
		cmocka_unit_test(refuses_a_chain_under_a_root_of_nobody),
		cmocka_unit_test(tries_every_issuer_of_the_folder),
		cmocka_unit_test(judges_revocation_where_there_is_a_list),
		cmocka_unit_test(a_newer_list_takes_no_revocation_back),
		cmocka_unit_test(tells_of_the_list_that_was_not_there),
		cmocka_unit_test(tolerates_a_stale_list_within_the_grace),
		cmocka_unit_test(judges_everything_again_with_a_warm_cache),
		cmocka_unit_test(remembers_a_chain_of_the_folder),
	};

	return cmocka_run_group_tests_name(
		"evidence/snp_certs", tests, setup, teardown);
}
