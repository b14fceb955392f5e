/*
 * AMD's products, TCB versions, certificate extensions and chains. Each chain
 * case is right but for one thing, and gives that thing's code.
 */
#include "amd_maker.h"

#include "trust/amd_chain.h"

static struct amd_keys keys;
static struct avow_anchors *anchors;

static int
setup(void **state)
{
	(void)state;
	amd_keys_new(&keys);
	anchors = amd_anchors(&keys);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_anchors_free(anchors);
	amd_keys_free(&keys);
	return 0;
}

/* --- products and TCB ------------------------------------------------------------- */

static void
knows_products_by_name(void **state)
{
	static const struct {
		const char *name;
		bool known;
		enum avow_amd_product product;
	} cases[] = {{"Milan", true, AVOW_AMD_MILAN},
		{"Milan-B0", true, AVOW_AMD_MILAN}, {"Genoa-B1", true, AVOW_AMD_GENOA},
		{"Bergamo", true, AVOW_AMD_GENOA}, {"Siena-B0", true, AVOW_AMD_GENOA},
		{"Turin", true, AVOW_AMD_TURIN}, {"Venice", false, AVOW_AMD_MILAN},
		{"", false, AVOW_AMD_MILAN}, {"milan", false, AVOW_AMD_MILAN},
		{"MilanX", false, AVOW_AMD_MILAN}};
	enum avow_amd_product p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cases[i].known,
			avow_amd_product_by_name(avow_span_str(cases[i].name), &p));
		if (cases[i].known)
			assert_int_equal(cases[i].product, p);
	}
	assert_string_equal("Genoa", avow_amd_product_name(AVOW_AMD_GENOA));
}

static void
knows_products_by_cpuid(void **state)
{
	enum avow_amd_product p;

	(void)state;
	assert_true(avow_amd_product_by_cpuid(0x19, 0x01, &p));
	assert_int_equal(AVOW_AMD_MILAN, p);
	assert_true(avow_amd_product_by_cpuid(0x19, 0x11, &p));
	assert_int_equal(AVOW_AMD_GENOA, p);
	assert_true(avow_amd_product_by_cpuid(0x19, 0xa0, &p));
	assert_int_equal(AVOW_AMD_GENOA, p);
	assert_true(avow_amd_product_by_cpuid(0x1a, 0x02, &p));
	assert_int_equal(AVOW_AMD_TURIN, p);
	assert_false(avow_amd_product_by_cpuid(0x19, 0x20, &p));
	assert_false(avow_amd_product_by_cpuid(0x1a, 0x50, &p));
	assert_false(avow_amd_product_by_cpuid(0x17, 0x01, &p));
}

/* verifier bug 15: parts, not one number, and each product's own layout */
static void
reads_tcb_by_product(void **state)
{
	static const uint8_t raw[8] = {1, 2, 0, 0, 0, 0, 7, 0xdb};
	static const uint8_t turin[8] = {1, 2, 3, 4, 0, 0, 0, 0x51};
	struct avow_amd_tcb t;

	(void)state;
	assert_true(avow_amd_tcb_read(AVOW_AMD_MILAN, raw, &t));
	assert_int_equal(1, t.part[AVOW_AMD_BOOT_LOADER]);
	assert_int_equal(2, t.part[AVOW_AMD_TEE]);
	assert_int_equal(7, t.part[AVOW_AMD_SNP]);
	assert_int_equal(0xdb, t.part[AVOW_AMD_MICROCODE]);
	assert_int_equal(0, t.part[AVOW_AMD_FMC]);
	assert_true(avow_amd_tcb_read(AVOW_AMD_TURIN, turin, &t));
	assert_int_equal(1, t.part[AVOW_AMD_FMC]);
	assert_int_equal(2, t.part[AVOW_AMD_BOOT_LOADER]);
	assert_int_equal(3, t.part[AVOW_AMD_TEE]);
	assert_int_equal(4, t.part[AVOW_AMD_SNP]);
	assert_int_equal(0x51, t.part[AVOW_AMD_MICROCODE]);
	assert_false(avow_amd_tcb_read(AVOW_AMD_GENOA, turin, &t));
	assert_false(avow_amd_tcb_read(AVOW_AMD_TURIN, raw, &t));
}

/* verifier bug 15: higher as a number is not higher in every part */
static void
compares_tcb_part_by_part(void **state)
{
	static const struct avow_amd_tcb low = {{0, 4, 9, 8, 200}};
	static const struct avow_amd_tcb high = {{0, 4, 1, 8, 201}};

	(void)state;
	assert_int_equal(AVOW_AMD_PARTS, avow_amd_tcb_above(&low, &low));
	assert_int_equal(AVOW_AMD_TEE, avow_amd_tcb_above(&low, &high));
	assert_int_equal(AVOW_AMD_MICROCODE, avow_amd_tcb_above(&high, &low));
	assert_int_equal(AVOW_AMD_TEE, avow_amd_tcb_differs(&low, &high));
	assert_int_equal(AVOW_AMD_PARTS, avow_amd_tcb_differs(&high, &high));
	assert_string_equal("MICROCODE", avow_amd_part_name(AVOW_AMD_MICROCODE));
}

/* --- chains -------------------------------------------------------------------------- */

static struct avow_cert *
cert_of(const struct avow_buf *der)
{
	struct avow_cert *c;

	assert_ok(avow_cert_parse(avow_buf_span(der), &c, NULL));
	return c;
}

static enum avow_err
verify(const struct amd_params *p, const struct avow_anchors *a,
	struct avow_amd_chain *out)
{
	struct avow_cert *leaf, *ca, *root;
	struct amd_world w;
	struct avow_why why;
	enum avow_err e;

	amd_make_certs(&keys, p, &w);
	leaf = cert_of(&w.leaf);
	ca = cert_of(&w.ca);
	root = cert_of(&w.ark);
	avow_why_init(&why);
	e = avow_amd_chain_verify(leaf, ca, root, a, out, &why);
	if (e != AVOW_OK)
		assert_err(e, why.code);
	avow_cert_free(leaf);
	avow_cert_free(ca);
	avow_cert_free(root);
	amd_clear(&w);
	return e;
}

static void
expect(enum avow_err want, const struct amd_params *p)
{
	struct avow_amd_chain c;

	assert_err(want, verify(p, anchors, &c));
	if (want != AVOW_OK)
		assert_null(c.leaf);
	avow_amd_chain_clear(&c);
}

static void
verifies_a_chain_of_each_kind(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_amd_chain c;

	(void)state;
	assert_ok(verify(&p, anchors, &c));
	assert_int_equal(AVOW_AMD_VCEK, c.vek.kind);
	assert_int_equal(AVOW_AMD_MILAN, c.vek.product);
	assert_int_equal(0xd9, c.vek.tcb.part[AVOW_AMD_MICROCODE]);
	assert_true(avow_amd_vek_is_of_chip(&c.vek, avow_span_make(p.chip_id, 64)));
	avow_amd_chain_clear(&c);
	p.wrap_hwid = true;
	assert_ok(verify(&p, anchors, &c));
	assert_span(avow_span_make(p.chip_id, 64), c.vek.chip_id);
	avow_amd_chain_clear(&c);
	p.vlek = true;
	assert_ok(verify(&p, anchors, &c));
	assert_int_equal(AVOW_AMD_VLEK, c.vek.kind);
	assert_span_str("region.invalid/", c.vek.csp_id);
	assert_false(avow_amd_vek_is_of_chip(&c.vek, avow_span_make(p.chip_id, 64)));
	avow_amd_chain_clear(&c);
	p = amd_turin();
	assert_ok(verify(&p, anchors, &c));
	assert_int_equal(8, c.vek.chip_id.n);
	assert_int_equal(1, c.vek.tcb.part[AVOW_AMD_FMC]);
	assert_true(avow_amd_vek_is_of_chip(&c.vek, avow_span_make(p.chip_id, 64)));
	p.chip_id[63] = 1;
	assert_false(avow_amd_vek_is_of_chip(&c.vek, avow_span_make(p.chip_id, 64)));
	avow_amd_chain_clear(&c);
}

static void
rename_cn(struct avow_cert_spec *s, const char *cn)
{
	static const char *names[3][2];

	names[0][0] = "CN";
	names[0][1] = cn;
	names[1][0] = "O";
	names[1][1] = "Avow tests";
	names[2][0] = names[2][1] = NULL;
	s->subject = (const char *const(*)[2])names;
}

static void
leaf_of_other_name(struct avow_cert_spec *s)
{
	rename_cn(s, "SEV-VCEK-2");
}

static void
ca_of_vlek(struct avow_cert_spec *s)
{
	rename_cn(s, "SEV-VLEK-Milan");
}

static void
ca_of_other_line(struct avow_cert_spec *s)
{
	rename_cn(s, "SEV-Genoa");
}

static void
ark_of_other_name(struct avow_cert_spec *s)
{
	rename_cn(s, "ARK-Milan-B0");
}

static void
refuses_names_that_are_not_the_chains(void **state)
{
	amd_cert_tweak *const cas[] = {ca_of_vlek, ca_of_other_line};
	struct amd_params p;

	(void)state;
	p = amd_milan();
	p.leaf = leaf_of_other_name;
	expect(AVOW_E_SNP_CHAIN_NAME, &p);
	for (size_t i = 0; i < 2; i++) {
		p = amd_milan();
		p.ca = cas[i];
		expect(AVOW_E_SNP_CHAIN_NAME, &p);
	}
	p = amd_milan();
	p.ark = ark_of_other_name;
	expect(AVOW_E_SNP_CHAIN_NAME, &p);
	p = amd_milan();
	p.line = "Venice";
	expect(AVOW_E_SNP_CHAIN_NAME, &p);
}

static void
refuses_a_root_that_is_not_pinned(void **state)
{
	struct avow_anchors *builtin;
	struct amd_params p = amd_milan();
	struct avow_amd_chain c;

	(void)state;
	assert_ok(avow_anchors_new(true, &builtin));
	assert_err(AVOW_E_SNP_CHAIN_ROOT, verify(&p, builtin, &c));
	avow_anchors_free(builtin);
}

static struct avow_privkey *small;

static void
with_small_key(struct avow_cert_spec *s)
{
	s->key = avow_privkey_public(small);
}

static void
with_other_hash(struct avow_cert_spec *s)
{
	s->alg = AVOW_SIG_PS256;
}

static void
with_pkcs1(struct avow_cert_spec *s)
{
	s->alg = AVOW_SIG_RS384;
}

static void
refuses_keys_and_algorithms_of_others(void **state)
{
	amd_cert_tweak *const any[] = {with_other_hash, with_pkcs1};
	struct amd_params p;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		p = amd_milan();
		p.leaf = any[i];
		expect(AVOW_E_SNP_CHAIN_ALGORITHM, &p);
		p = amd_milan();
		p.ca = any[i];
		expect(AVOW_E_SNP_CHAIN_ALGORITHM, &p);
		p = amd_milan();
		p.ark = any[i];
		expect(AVOW_E_SNP_CHAIN_ALGORITHM, &p);
	}
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &small));
	p = amd_milan();
	p.leaf = with_small_key;
	expect(AVOW_E_SNP_CHAIN_ALGORITHM, &p);
	p = amd_milan();
	p.ca = with_small_key;
	expect(AVOW_E_SNP_CHAIN_ALGORITHM, &p);
	avow_privkey_free(small);
}

static void
without_ca(struct avow_cert_spec *s)
{
	s->is_ca = false;
	s->path_length = -1;
}

static void
without_cert_sign(struct avow_cert_spec *s)
{
	s->key_usage = AVOW_KU_DIGITAL_SIGNATURE;
}

static void
with_path_length_0(struct avow_cert_spec *s)
{
	s->path_length = 0;
}

static void
leaf_as_ca(struct avow_cert_spec *s)
{
	s->with_basic_constraints = s->is_ca = true;
}

static void
with_unknown_critical(struct avow_cert_spec *s)
{
	size_t i = 0;

	while (s->extra[i].oid)
		i++;
	s->extra[i] = (struct avow_extra_extension){
		.oid = "1.2.3.4", .critical = true, .value = AVOW_LIT("\x05")};
}

/* verifier bug 32 */
static void
refuses_broken_constraints(void **state)
{
	amd_cert_tweak *const cas[] = {
		without_ca, without_cert_sign, with_unknown_critical};
	amd_cert_tweak *const arks[] = {
		without_ca, without_cert_sign, with_path_length_0};
	amd_cert_tweak *const leaves[] = {leaf_as_ca, with_unknown_critical};
	struct amd_params p;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		p = amd_milan();
		p.ca = cas[i];
		expect(AVOW_E_SNP_CHAIN_CONSTRAINTS, &p);
		p = amd_milan();
		p.ark = arks[i];
		expect(AVOW_E_SNP_CHAIN_CONSTRAINTS, &p);
	}
	for (size_t i = 0; i < 2; i++) {
		p = amd_milan();
		p.leaf = leaves[i];
		expect(AVOW_E_SNP_CHAIN_CONSTRAINTS, &p);
	}
}

/* verifier bugs 1 and 3: a signature that does not hold is never passed over */
static void
refuses_a_certificate_that_was_changed(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_cert *c[3];
	struct avow_amd_chain chain;
	struct amd_world w;

	(void)state;
	amd_make_certs(&keys, &p, &w);
	for (size_t i = 0; i < 3; i++) {
		struct avow_buf *der[3] = {&w.leaf, &w.ca, &w.ark};

		der[i]->p[der[i]->n - 1] ^= 1; /* the last byte of its signature */
		for (size_t k = 0; k < 3; k++)
			c[k] = cert_of(der[k]);
		assert_err(AVOW_E_SNP_CHAIN_SIGNATURE,
			avow_amd_chain_verify(c[0], c[1], c[2], anchors, &chain, NULL));
		for (size_t k = 0; k < 3; k++)
			avow_cert_free(c[k]);
		der[i]->p[der[i]->n - 1] ^= 1;
	}
	amd_clear(&w);
}

static void
judges_validity_at_both_ends(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_amd_chain c;

	(void)state;
	assert_ok(verify(&p, anchors, &c));
	assert_ok(avow_amd_chain_valid_at(&c, AMD_AT - 100 * AMD_DAY, NULL));
	assert_ok(avow_amd_chain_valid_at(&c, AMD_AT + 100 * AMD_DAY, NULL));
	assert_err(AVOW_E_SNP_CHAIN_NOT_YET_VALID,
		avow_amd_chain_valid_at(&c, AMD_AT - 100 * AMD_DAY - 1, NULL));
	assert_err(AVOW_E_SNP_CHAIN_EXPIRED,
		avow_amd_chain_valid_at(&c, AMD_AT + 100 * AMD_DAY + 1, NULL));
	avow_amd_chain_clear(&c);
}

/* --- the leaf's extensions --------------------------------------------------------------- */

static void
drop_ucode(struct avow_cert_spec *s)
{
	*amd_find(s, AMD_OID ".3.8") = (struct avow_extra_extension){
		.oid = "1.2.3", .value = AVOW_LIT("\x05")};
}

static void
two_byte_spl(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".3.8")->value = AVOW_LIT("\x02\x02\x01\x00");
}

static void
spl_with_tail(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".3.8")->value = AVOW_LIT("\x02\x01\x05\x00");
}

static void
spl_not_minimal(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".3.1")->value = avow_span_make("\x02\x02\x00\x04", 4);
}

static void
reserved_spl_set(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".3.5")->value = AVOW_LIT("\x02\x01\x01");
}

static void
fmc_on_milan(struct avow_cert_spec *s)
{
	amd_extension(s, AMD_OID ".3.9", "\x02\x01\x01", 3);
}

static void
version_of_turin(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".1")->value = AVOW_LIT("\x02\x01\x01");
}

static void
short_hwid(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".4")->value.n = 63;
}

static void
hwid_of_wrong_tag(struct avow_cert_spec *s)
{
	static uint8_t v[66] = {0x05, 64};

	amd_find(s, AMD_OID ".4")->value = avow_span_make(v, sizeof(v));
}

static void
both_owners(struct avow_cert_spec *s)
{
	amd_extension(s, AMD_OID ".5", "\x16\x01x", 3);
}

static void
no_owner(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".4")->oid = "1.2.3";
}

static void
csp_in_a_vcek(struct avow_cert_spec *s)
{
	*amd_find(s, AMD_OID ".4") = (struct avow_extra_extension){
		.oid = AMD_OID ".5", .value = AVOW_LIT("\x16\x01x")};
}

static void
no_product(struct avow_cert_spec *s)
{
	amd_find(s, AMD_OID ".2")->oid = "1.2.3";
}

/* verifier bug 16; sheet: INTEGERs of two bytes, both forms of hwID */
static void
refuses_malformed_extensions(void **state)
{
	amd_cert_tweak *const cases[] = {drop_ucode, two_byte_spl, spl_with_tail,
		spl_not_minimal, reserved_spl_set, fmc_on_milan, version_of_turin,
		short_hwid, hwid_of_wrong_tag, both_owners, no_owner, csp_in_a_vcek,
		no_product};
	struct amd_params p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = amd_milan();
		p.leaf = cases[i];
		expect(AVOW_E_SNP_CERT_EXTENSIONS, &p);
	}
}

static void
refuses_products_that_do_not_fit(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.product = "Genoa";
	expect(AVOW_E_SNP_PRODUCT, &p);
	p.product = "Venice";
	expect(AVOW_E_SNP_PRODUCT, &p);
	p = amd_turin();
	p.line = "Genoa";
	expect(AVOW_E_SNP_PRODUCT, &p);
}

/* --- anchors ------------------------------------------------------------------------------- */

static void
pins_rsa_4096_alone(void **state)
{
	struct avow_anchors *a;
	struct avow_privkey *k;
	struct avow_buf pem;

	(void)state;
	assert_ok(avow_anchors_new(false, &a));
	avow_buf_init(&pem, 1 << 14);
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k));
	avow_pem_put(&pem, "PUBLIC KEY", avow_pubkey_spki(avow_privkey_public(k)));
	assert_err(AVOW_E_ANCHOR_FORMAT, avow_anchors_add_pem(a, AVOW_ANCHOR_AMD_ARK,
						 avow_buf_span(&pem), NULL));
	avow_privkey_free(k);
	avow_buf_clear(&pem);
	avow_anchors_free(a);
}

static void
keeps_the_makers_roots_apart(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_amd_chain c;

	(void)state;
	assert_ok(verify(&p, anchors, &c));
	assert_true(avow_anchors_has(anchors, AVOW_ANCHOR_AMD_ARK, c.root));
	assert_false(avow_anchors_has(anchors, AVOW_ANCHOR_INTEL_SGX, c.root));
	avow_amd_chain_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_products_by_name),
		cmocka_unit_test(knows_products_by_cpuid),
		cmocka_unit_test(reads_tcb_by_product),
		cmocka_unit_test(compares_tcb_part_by_part),
		cmocka_unit_test(verifies_a_chain_of_each_kind),
		cmocka_unit_test(refuses_names_that_are_not_the_chains),
		cmocka_unit_test(refuses_a_root_that_is_not_pinned),
		cmocka_unit_test(refuses_keys_and_algorithms_of_others),
		cmocka_unit_test(refuses_broken_constraints),
		cmocka_unit_test(refuses_a_certificate_that_was_changed),
		cmocka_unit_test(judges_validity_at_both_ends),
		cmocka_unit_test(refuses_malformed_extensions),
		cmocka_unit_test(refuses_products_that_do_not_fit),
		cmocka_unit_test(pins_rsa_4096_alone),
		cmocka_unit_test(keeps_the_makers_roots_apart),
	};

	return cmocka_run_group_tests_name("trust/amd", tests, setup, teardown);
}
