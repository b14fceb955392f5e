/*
 * forge/snp.h against the verifier: what is forged without a deviation verifies, for
 * every version, product and kind of key, in every wrapper; and each deviation of
 * the list, alone, is refused with the code that the list names, over each of them
 * too. So for every check of the verifier there is evidence that differs only there.
 */
#include "snp_run.h"

static struct avow_forge_snp_keys *keys;

static int
set_up(void **state)
{
	(void)state;
	return avow_forge_snp_keys_new(&keys) == AVOW_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_forge_snp_keys_free(keys);
	return 0;
}

static struct avow_forge_snp
params(void)
{
	struct avow_forge_snp p;

	avow_forge_snp_defaults(&p, AT_S);
	p.keys = keys;
	return p;
}

static void
verifies(const struct avow_forge_snp *p, const char *file)
{
	struct snp_outcome o = snp_appraise(p, file);

	if (o.err != AVOW_OK)
		fail_msg("%s: %s at %s (%s: %s)", file, avow_err_name(o.err),
			o.why.check ? o.why.check : "-", o.why.field, o.why.got);
}

/* --- what verifies --------------------------------------------------------------- */

static void
every_version_product_and_key_verifies(void **state)
{
	static const unsigned versions[] = {2, 3, 5};

	(void)state;
	for (unsigned product = AVOW_FORGE_MILAN; product <= AVOW_FORGE_TURIN;
		product++)
		for (size_t i = 0; i < 3; i++) {
			struct avow_forge_snp p = params();

			avow_forge_snp_set_product(
				&p, (enum avow_forge_snp_product)product);
			p.version = versions[i];
			verifies(&p, "report.bin");
			verifies(&p, "request.json");
			verifies(&p, "hcl.bin");
			p.wrap_hwid = true;
			verifies(&p, "report.bin");
			p.vlek = true;
			verifies(&p, "report.bin");
		}
}

static void
real_variations_verify(void **state)
{
	struct avow_forge_snp p = params();

	(void)state;
	p.mask_chip_id = true;
	verifies(&p, "report.bin");
	p = params();
	p.has_init_data = true;
	p.init_data = AVOW_LIT("package policy");
	p.author_key = true;
	p.policy = 0x3ffffff;
	verifies(&p, "report.bin");
	p.has_report_data = true;
	memset(p.report_data, 0xa5, sizeof(p.report_data));
	verifies(&p, "report.bin");
	p = params();
	memset(&p.reported, 0, sizeof(p.reported));
	memset(&p.current, 0xff, sizeof(p.current));
	verifies(&p, "report.bin");
	p.keys = NULL; /* fresh ones */
	verifies(&p, "report.bin");
}

static void
endorsements_verify_in_both_forms(void **state)
{
	struct avow_forge_snp p = params();

	(void)state;
	p.with_uvm = true;
	for (unsigned i = 0; i < 8; i++) {
		p.uvm_cwt = i & 1;
		p.uvm_ecdsa = i & 2;
		p.uvm_by_subject = i & 4;
		verifies(&p, "report.bin");
		verifies(&p, "request.json");
	}
	p.uvm_signed_s = p.uvm.until_s;
	verifies(&p, "report.bin");
	p.uvm_signed_s = 0;
	p.uvm.until_s = AT_S;
	verifies(&p, "report.bin");
}

/* Bounds are inclusive: the last second verifies, the next one does not. */
static void
validity_ends_to_the_second(void **state)
{
	struct avow_forge_snp p = params();

	(void)state;
	p.vek.until_s = p.ca.until_s = p.ark.until_s = p.crl.until_s = AT_S;
	verifies(&p, "report.bin");
	p.vek.from_s = p.ca.from_s = p.ark.from_s = p.crl.from_s = AT_S;
	verifies(&p, "report.bin");
}

/* --- what does not ---------------------------------------------------------------- */

static int
count_wrong(const struct avow_forge_snp *base, const char *label)
{
	const struct avow_forge_deviation *d;
	int wrong = 0;
	size_t n = 0;

	for (; (d = avow_forge_snp_deviation_at(n)) != NULL; n++) {
		struct avow_forge_snp p = *base;
		struct snp_outcome o;

		p.corrupt = d->name;
		o = snp_appraise(&p, d->evidence);
		if (o.err == d->refused_with && o.why.code == o.err)
			continue;
		wrong++;
		printf("# %s %s: expected %s, got %s at %s\n", label, d->name,
			avow_err_name(d->refused_with), avow_err_name(o.err),
			o.why.check ? o.why.check : "-");
	}
	assert_true(n > 100);
	return wrong;
}

/* verifier bugs 1, 14 to 17, 19, 32: each rule has evidence that breaks it alone */
static void
each_deviation_is_refused_with_its_own_code(void **state)
{
	struct avow_forge_snp p = params();
	int wrong = count_wrong(&p, "Milan v3 VCEK");

	(void)state;
	avow_forge_snp_set_product(&p, AVOW_FORGE_TURIN);
	p.version = 5;
	p.wrap_hwid = p.vlek = true;
	p.uvm_cwt = p.uvm_ecdsa = p.uvm_by_subject = true;
	wrong += count_wrong(&p, "Turin v5 VLEK");
	assert_int_equal(0, wrong);
}

static void
deviations_are_named_once_and_described(void **state)
{
	const struct avow_forge_deviation *d, *other;

	(void)state;
	for (size_t i = 0; (d = avow_forge_snp_deviation_at(i)) != NULL; i++) {
		assert_true(strlen(d->what) > 10);
		assert_true(d->refused_with != AVOW_OK);
		assert_ptr_equal(d, avow_forge_snp_deviation_find(d->name));
		for (size_t k = 0; k < i; k++) {
			other = avow_forge_snp_deviation_at(k);
			assert_int_not_equal(other->how, d->how);
		}
	}
	assert_null(avow_forge_snp_deviation_find("report"));
	assert_null(avow_forge_snp_deviation_find(""));
}

/* --- what was made -------------------------------------------------------------------- */

static void
fields_stand_where_the_table_says(void **state)
{
	struct avow_forge_snp p = params();
	struct avow_forged *f;
	struct avow_span r, hcl, runtime;

	(void)state;
	avow_forge_snp_set_product(&p, AVOW_FORGE_TURIN);
	p.version = 5;
	assert_ok(avow_forge_snp_make(&p, &f, NULL));
	r = avow_forged_get(f, "report.bin");
	assert_int_equal(1184, r.n);
	assert_memory_equal("\x05\0\0\0\x07\0\0\0\x1f\0\x03\0\0\0\0\0", r.p, 16);
	assert_memory_equal("\x03\x06\x04\x1b\0\0\0\xdc", r.p + 0x38, 8);
	assert_memory_equal("\x01\x04\x02\x18\0\0\0\xd9\x1a\x02\x01", r.p + 0x180, 11);
	assert_memory_equal(p.measurement, r.p + 0x90, 48);
	assert_memory_equal(p.host_data, r.p + 0xc0, 32);
	assert_memory_equal(p.id_key_digest, r.p + 0xe0, 48);
	assert_memory_equal(p.chip_id, r.p + 0x1a0, 8);
	assert_memory_equal("\x15\x37\x01\0\x14\x37\x01\0", r.p + 0x1e8, 8);
	assert_memory_equal("\x0b\0\0\0\0\0\0\0\x3f", r.p + 0x1f8, 9);
	hcl = avow_forged_get(f, "hcl.bin");
	runtime = avow_forged_get(f, "runtime.bin");
	assert_int_equal(2600, hcl.n);
	assert_memory_equal(r.p, hcl.p + 32, 1184);
	assert_memory_equal(runtime.p, hcl.p + 1236, runtime.n);
	assert_int_equal(hcl.n, avow_span_find(hcl, AVOW_LIT("PRIVATE KEY")));
	avow_forged_free(f);
}

static void
refuses_field(const struct avow_forge_snp *p, const char *field)
{
	struct avow_forged *none = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(AVOW_E_USAGE, avow_forge_snp_make(p, &none, &why));
	assert_null(none);
	assert_string_equal(field, why.field);
}

#define REFUSES(member, value)                                                         \
	do {                                                                           \
		struct avow_forge_snp p_ = params();                                   \
		p_.member = value;                                                     \
		refuses_field(&p_, #member);                                           \
	} while (0)

static void
refuses_parameters_that_no_format_can_carry(void **state)
{
	static const char long_text[] =
		"0123456789012345678901234567890123456789012345678901234567890123456789"
		"0123456789012345678901234567890123456789012345678901234567890";
	struct avow_forge_snp p = params();

	(void)state;
	REFUSES(at_s, 0);
	REFUSES(at_s, INT64_MAX);
	REFUSES(corrupt, "report.colour");
	REFUSES(product, (enum avow_forge_snp_product)4);
	REFUSES(product_name, NULL);
	REFUSES(product_name, long_text);
	REFUSES(csp_id, NULL);
	REFUSES(csp_id, long_text);
	REFUSES(runtime_data, avow_span_make("x", (size_t)1 << 30));
	p.ark.from_s = -1;
	refuses_field(&p, "ark");
	p = params();
	p.ca.until_s = p.ca.from_s - 1;
	refuses_field(&p, "ca");
	p = params();
	p.vek.until_s = INT64_MAX;
	refuses_field(&p, "vek");
	p = params();
	p.crl.until_s = 0;
	refuses_field(&p, "crl");
	REFUSES(uvm_feed, NULL);
	REFUSES(uvm_svn, UINT64_MAX);
	p = params();
	p.uvm.from_s = INT64_MAX;
	refuses_field(&p, "uvm");
	avow_forge_snp_set_product(&p, (enum avow_forge_snp_product)9);
	refuses_field(&p, "product");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_version_product_and_key_verifies),
		cmocka_unit_test(real_variations_verify),
		cmocka_unit_test(endorsements_verify_in_both_forms),
		cmocka_unit_test(validity_ends_to_the_second),
		cmocka_unit_test(each_deviation_is_refused_with_its_own_code),
		cmocka_unit_test(deviations_are_named_once_and_described),
		cmocka_unit_test(fields_stand_where_the_table_says),
		cmocka_unit_test(refuses_parameters_that_no_format_can_carry),
	};

	return cmocka_run_group_tests_name("forge/snp", tests, set_up, tear_down);
}
