/*
 * SEV-SNP verification on forged worlds: each case is right but for one thing,
 * and is refused, or left undecided, with that thing's code.
 */
#include "snp_run.h"

/* --- what is right ------------------------------------------------------------------ */

static void
accepts_each_version_and_product(void **state)
{
	struct amd_params p;

	(void)state;
	for (unsigned version = 2; version <= 5; version++) {
		if (version == 4)
			continue;
		p = amd_milan();
		p.version = version;
		expect(AVOW_OK, NULL, &p);
		p.vlek = true;
		expect(AVOW_OK, NULL, &p);
		p = amd_turin();
		p.version = version;
		expect(AVOW_OK, NULL, &p);
		p = amd_milan();
		p.version = version;
		p.line = "Genoa";
		p.product = "Siena-B1";
		p.model = 0xa0;
		expect(AVOW_OK, NULL, &p);
	}
}

static void
accepts_a_masked_chip_id(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	run_new(&r, &p);
	memset(r.w.report + 0x1a0, 0, 64);
	amd_sign(&keys, r.w.report);
	assert_ok(verify(&r));
	run_clear(&r);
}

/* --- the report's form ------------------------------------------------------------------ */

static void
set_reserved_4c(uint8_t *r)
{
	r[0x4c] = 1;
}

static void
set_reserved_18b(uint8_t *r)
{
	r[0x18b] = 1;
}

static void
set_reserved_1eb(uint8_t *r)
{
	r[0x1eb] = 1;
}

static void
set_reserved_1ef(uint8_t *r)
{
	r[0x1ef] = 1;
}

static void
set_reserved_29f(uint8_t *r)
{
	r[0x29f] = 1;
}

static void
set_mitigation(uint8_t *r)
{
	r[0x1f8] = 1;
}

static void
refuses_reserved_bytes_that_are_set(void **state)
{
	amd_report_tweak *const cases[] = {set_reserved_4c, set_reserved_18b,
		set_reserved_1eb, set_reserved_1ef, set_reserved_29f, set_mitigation};
	struct amd_params p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = amd_milan();
		p.edit = cases[i];
		expect(AVOW_E_SNP_RESERVED, "report_reserved", &p);
	}
	/* version 2 has nothing where version 3 has CPUID */
	p = amd_milan();
	p.version = 2;
	p.edit = set_reserved_18b;
	expect(AVOW_E_SNP_RESERVED, "report_reserved", &p);
	/* version 5 has mitigation vectors there */
	p = amd_milan();
	p.version = 5;
	p.edit = set_mitigation;
	expect(AVOW_OK, NULL, &p);
}

static void
set_algorithm_0(uint8_t *r)
{
	r[0x34] = 0;
}

static void
set_algorithm_2(uint8_t *r)
{
	r[0x34] = 2;
}

static void
refuses_other_signature_algorithms(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.edit = set_algorithm_0;
	expect(AVOW_E_SNP_SIGNATURE_ALGORITHM, "signature_algorithm", &p);
	p.edit = set_algorithm_2;
	expect(AVOW_E_SNP_SIGNATURE_ALGORITHM, "signature_algorithm", &p);
}

static uint8_t key_info[4];

static void
set_key_info(uint8_t *r)
{
	memcpy(r + 0x48, key_info, 4);
}

/* mistake 3: a decoded SIGNING_KEY is judged */
static void
refuses_keys_that_are_no_endorsement_keys(void **state)
{
	static const uint8_t cases[][4] = {{0x02}, {0x06}, {0x08}, {0x0c}, {0x10},
		{0x14}, {0x18}, {0x1c}, {0x20}, {0, 1}, {0, 0, 0, 0x80}};
	struct amd_params p = amd_milan();

	(void)state;
	p.edit = set_key_info;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(key_info, cases[i], 4);
		expect(AVOW_E_SNP_SIGNING_KEY, "signing_key", &p);
	}
	memcpy(key_info, "\x01\0\0\0", 4); /* AUTHOR_KEY_EN */
	expect(AVOW_OK, NULL, &p);
}

static void
refuses_signatures_of_wrong_form(void **state)
{
	static const size_t zeros[] = {
		0x2a0 + 48, 0x2a0 + 71, 0x2e8 + 48, 0x2e8 + 71, 0x330, 0x49f};
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	run_new(&r, &p);
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
		r.w.report[zeros[i]] ^= 0x80;
		assert_err(AVOW_E_SNP_SIGNATURE_FORMAT, verify(&r));
		assert_string_equal("signature_form", r.why.check);
		r.w.report[zeros[i]] ^= 0x80;
	}
	assert_ok(verify(&r));
	memset(r.w.report + 0x2a0, 0, 48); /* r = 0 */
	assert_err(AVOW_E_SNP_SIGNATURE_FORMAT, verify(&r));
	memset(r.w.report + 0x2a0, 0xff, 48); /* r > n */
	assert_err(AVOW_E_SNP_SIGNATURE_FORMAT, verify(&r));
	run_clear(&r);
}

static uint64_t policy;

static void
set_policy(uint8_t *r)
{
	amd_put(r, 8, policy, 8);
}

static void
refuses_reserved_policy_bits(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.edit = set_policy;
	policy = 0x1001f;
	expect(AVOW_E_SNP_POLICY, "guest_policy", &p);
	policy = 0x3001f | UINT64_C(1) << 26;
	expect(AVOW_E_SNP_POLICY, "guest_policy", &p);
	policy = 0x3001f | UINT64_C(1) << 63;
	expect(AVOW_E_SNP_POLICY, "guest_policy", &p);
	policy = 0x3ffffff;
	expect(AVOW_OK, NULL, &p);
}

static uint32_t vmpl;

static void
set_vmpl(uint8_t *r)
{
	amd_put(r, 0x30, vmpl, 4);
}

/* verifier bug 14 */
static void
refuses_a_vmpl_that_no_guest_has(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.edit = set_vmpl;
	for (vmpl = 0; vmpl <= 3; vmpl++)
		expect(AVOW_OK, NULL, &p);
	expect(AVOW_E_SNP_VMPL, "vmpl", &p);
	vmpl = 0xffffffff; /* asked for by the host */
	expect(AVOW_E_SNP_VMPL, "vmpl", &p);
}

/* --- certificate against report ------------------------------------------------------------ */

/* Verify the report of one world with the certificates of another. */
static void
expect_mixed(enum avow_err want, const char *check, const struct amd_params *report,
	const struct amd_params *certs)
{
	struct amd_world other;
	struct run r;

	run_new(&r, report);
	amd_make(&keys, certs, &other);
	r.given[0] = avow_buf_span(&other.ark);
	r.given[1] = avow_buf_span(&other.ca);
	r.given[2] = avow_buf_span(&other.leaf);
	assert_err(want, verify(&r));
	assert_string_equal(check, r.why.check);
	amd_clear(&other);
	run_clear(&r);
}

/* verifier bug 16 */
static void
refuses_vlek_for_vcek_and_back(void **state)
{
	struct amd_params chip = amd_milan(), csp = amd_milan();

	(void)state;
	csp.vlek = true;
	expect_mixed(AVOW_E_SNP_SIGNER, "signer", &chip, &csp);
	expect_mixed(AVOW_E_SNP_SIGNER, "signer", &csp, &chip);
}

static void
refuses_a_certificate_of_another_product(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.model = 0x11; /* Genoa's */
	expect(AVOW_E_SNP_PRODUCT, "product", &p);
	p.model = 0x7f; /* nobody's */
	expect(AVOW_E_SNP_PRODUCT, "product", &p);
	p = amd_turin();
	p.family = 0x19;
	expect(AVOW_E_SNP_PRODUCT, "product", &p);
}

/* verifier bug 15: every part is compared, and with the reported TCB alone */
static void
refuses_a_certificate_for_another_tcb(void **state)
{
	static const size_t milan[] = {0, 1, 6, 7}, turin[] = {0, 1, 2, 3, 7};
	struct amd_params p = amd_milan(), other;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		other = p;
		other.reported[milan[i]]--;
		expect_mixed(AVOW_E_SNP_TCB, "reported_tcb", &p, &other);
	}
	memcpy(other.reported, p.current, 8);
	expect_mixed(AVOW_E_SNP_TCB, "reported_tcb", &p, &other);
	memcpy(other.reported, p.committed, 8);
	expect_mixed(AVOW_E_SNP_TCB, "reported_tcb", &p, &other);
	memcpy(other.reported, p.launch, 8);
	expect_mixed(AVOW_E_SNP_TCB, "reported_tcb", &p, &other);
	p = amd_turin();
	for (size_t i = 0; i < 5; i++) {
		other = p;
		other.reported[turin[i]]++;
		expect_mixed(AVOW_E_SNP_TCB, "reported_tcb", &p, &other);
	}
}

/* verifier bug 16 */
static void
refuses_a_certificate_of_another_chip(void **state)
{
	struct amd_params p = amd_milan(), other = p;

	(void)state;
	other.chip_id[63] ^= 1;
	expect_mixed(AVOW_E_SNP_CHIP_ID, "chip_id", &p, &other);
	other = p;
	other.chip_id[0] ^= 1;
	expect_mixed(AVOW_E_SNP_CHIP_ID, "chip_id", &p, &other);
	p = other = amd_turin();
	other.chip_id[7] ^= 1;
	expect_mixed(AVOW_E_SNP_CHIP_ID, "chip_id", &p, &other);
	p.chip_id[8] = 1; /* on Turin the rest is zero */
	expect(AVOW_E_SNP_CHIP_ID, "chip_id", &p);
}

/* verifier bugs 1 and 3 */
static void
refuses_a_report_that_was_changed(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	run_new(&r, &p);
	r.w.report[0x90] ^= 1;
	assert_err(AVOW_E_SNP_SIGNATURE, verify(&r));
	assert_string_equal("report_signature", r.why.check);
	run_clear(&r);
}

/* --- the report against itself --------------------------------------------------------------- */

static void
refuses_reserved_bytes_of_a_tcb(void **state)
{
	struct amd_params p;

	(void)state;
	for (size_t i = 2; i < 6; i++) {
		p = amd_milan();
		p.current[i] = 1;
		expect(AVOW_E_SNP_RESERVED, "tcb_reserved", &p);
		p = amd_milan();
		p.launch[i] = 1;
		expect(AVOW_E_SNP_RESERVED, "tcb_reserved", &p);
	}
	for (size_t i = 4; i < 7; i++) {
		p = amd_turin();
		p.committed[i] = 1;
		expect(AVOW_E_SNP_RESERVED, "tcb_reserved", &p);
	}
}

/* verifier bug 15: 5.2 is above 4.3, and yet not in every part */
static void
refuses_tcbs_out_of_order(void **state)
{
	static const size_t parts[] = {0, 1, 6, 7};
	struct amd_params p;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		p = amd_milan();
		p.committed[parts[i]] = (uint8_t)(p.current[parts[i]] + 1);
		expect(AVOW_E_SNP_TCB_ORDER, "tcb_order", &p);
		p = amd_milan();
		p.launch[parts[i]] = (uint8_t)(p.current[parts[i]] + 1);
		expect(AVOW_E_SNP_TCB_ORDER, "tcb_order", &p);
		p = amd_milan();
		p.reported[parts[i]] = (uint8_t)(p.current[parts[i]] + 1);
		expect(AVOW_E_SNP_TCB_ORDER, "tcb_order", &p);
	}
	/* a reported TCB below the committed one is what SNP_CONFIG is for */
	p = amd_milan();
	memset(p.reported, 0, 8);
	expect(AVOW_OK, NULL, &p);
}

static void
set_committed_version(uint8_t *r)
{
	r[0x1ec] = 0;
	r[0x1ed] = 0x38;
}

static void
refuses_a_committed_version_above_the_current(void **state)
{
	struct amd_params p = amd_milan();

	(void)state;
	p.edit = set_committed_version;
	expect(AVOW_E_SNP_TCB_ORDER, "firmware_version", &p);
}

/* --- bound data ---------------------------------------------------------------------------------- */

static void
set_report_data_tail(uint8_t *r)
{
	r[0x8f] = 1;
}

/* verifier bug 19 */
static void
binds_runtime_data(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	p.runtime_data = AVOW_LIT("runtime");
	run_new(&r, &p);
	assert_ok(verify(&r));
	assert_int_equal(AVOW_CHECK_PASSED, result_of(&r, "runtime_data"));
	r.in.runtime.bytes = AVOW_LIT("other");
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, verify(&r));
	r.in.runtime = (struct avow_bound_data){true, {NULL, 0}, false};
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, verify(&r));
	r.in.runtime.present = false;
	assert_ok(verify(&r));
	assert_int_equal(AVOW_CHECK_NOT_APPLICABLE, result_of(&r, "runtime_data"));
	r.in.runtime = (struct avow_bound_data){true, p.runtime_data, true};
	assert_err(AVOW_E_RUNTIME_DATA_JSON, verify(&r));
	run_clear(&r);
	p.edit = set_report_data_tail;
	expect(AVOW_E_RUNTIME_DATA_MISMATCH, "runtime_data", &p);
}

/* verifier bug 19 */
static void
binds_init_time_data_to_host_data(void **state)
{
	struct amd_params p = amd_milan();
	struct run r;

	(void)state;
	p.init_data = AVOW_LIT("policy");
	run_new(&r, &p);
	assert_ok(verify(&r));
	r.in.init.bytes = AVOW_LIT("other");
	assert_err(AVOW_E_INIT_DATA_MISMATCH, verify(&r));
	assert_string_equal("init_time_data", r.why.check);
	r.in.init = (struct avow_bound_data){true, p.init_data, true};
	assert_err(AVOW_E_INIT_DATA_JSON, verify(&r));
	run_clear(&r);
}

/* The blob's own runtime data is bound too, whatever the caller sends. */
static void
binds_the_runtime_data_of_an_hcl_report(void **state)
{
	static const char text[] = "{\"vm-configuration\":{\"secure-boot\":true}}";
	size_t n = sizeof(text) - 1;
	struct amd_params p = amd_milan();
	uint8_t b[1400] = {0};
	struct run r;

	(void)state;
	p.runtime_data = avow_span_make(text, n);
	run_new(&r, &p);
	r.in.runtime.present = false;
	memcpy(b, "HCLA", 4);
	amd_put(b, 8, 1236 + n, 4);
	memcpy(b + 32, r.w.report, 1184);
	amd_put(b, 1216, 20 + n, 4);
	amd_put(b, 1224, 2, 4);
	amd_put(b, 1228, 1, 4);
	amd_put(b, 1232, n, 4);
	memcpy(b + 1236, text, n);
	assert_ok(verify_bytes(&r, avow_span_make(b, sizeof(b))));
	assert_int_equal(AVOW_CHECK_PASSED, result_of(&r, "hcl_runtime_data"));
	b[1236 + n - 4] ^= 1;
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH,
		verify_bytes(&r, avow_span_make(b, sizeof(b))));
	assert_string_equal("hcl_runtime_data", r.why.check);
	run_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_each_version_and_product),
		cmocka_unit_test(accepts_a_masked_chip_id),
		cmocka_unit_test(refuses_reserved_bytes_that_are_set),
		cmocka_unit_test(refuses_other_signature_algorithms),
		cmocka_unit_test(refuses_keys_that_are_no_endorsement_keys),
		cmocka_unit_test(refuses_signatures_of_wrong_form),
		cmocka_unit_test(refuses_reserved_policy_bits),
		cmocka_unit_test(refuses_a_vmpl_that_no_guest_has),
		cmocka_unit_test(refuses_vlek_for_vcek_and_back),
		cmocka_unit_test(refuses_a_certificate_of_another_product),
		cmocka_unit_test(refuses_a_certificate_for_another_tcb),
		cmocka_unit_test(refuses_a_certificate_of_another_chip),
		cmocka_unit_test(refuses_a_report_that_was_changed),
		cmocka_unit_test(refuses_reserved_bytes_of_a_tcb),
		cmocka_unit_test(refuses_tcbs_out_of_order),
		cmocka_unit_test(refuses_a_committed_version_above_the_current),
		cmocka_unit_test(binds_runtime_data),
		cmocka_unit_test(binds_init_time_data_to_host_data),
		cmocka_unit_test(binds_the_runtime_data_of_an_hcl_report),
	};

	return cmocka_run_group_tests_name(
		"evidence/snp_forged", tests, setup, teardown);
}
