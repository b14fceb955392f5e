/*
 * Claims of SEV-SNP (MAA claim sets): names, encodings, and that each tells its
 * own field.
 */
#include "snp_run.h"

#include "trust/snp_references.h"

#include "base/hex.h"

static const struct avow_claim *
find(const struct avow_claims *set, const char *name)
{
	const struct avow_claim *c = avow_claims_find_name(set, avow_span_str(name));

	if (!c)
		fail_msg("no claim %s", name);
	return c;
}

static void
claims_of(struct run *r, const struct amd_params *p, struct avow_claims *set)
{
	run_new(r, p);
	assert_ok(verify(r));
	avow_claims_init(set, &r->arena);
	assert_ok(avow_evidence_claims(r->verified, set));
}

static void
expect_hex(const struct avow_claims *set, const char *name, const uint8_t *p, size_t n)
{
	char text[200];

	avow_hex_encode(avow_span_make(p, n), text);
	assert_span_str(text, find(set, name)->string);
}

static void
expect_int(const struct avow_claims *set, const char *name, int64_t want)
{
	assert_int_equal(AVOW_VALUE_INTEGER, find(set, name)->type);
	assert_int_equal(want, find(set, name)->integer);
}

static void
expect_bool(const struct avow_claims *set, const char *name, bool want)
{
	assert_int_equal(AVOW_VALUE_BOOLEAN, find(set, name)->type);
	if (want != find(set, name)->boolean)
		fail_msg("%s is %d", name, !want);
}

static void
tells_each_field_by_its_name(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_claims set;
	struct run r;

	(void)state;
	claims_of(&r, &p, &set);
	assert_span_str("sevsnpvm", find(&set, "x-ms-attestation-type")->string);
	expect_hex(&set, "x-ms-sevsnpvm-familyId", r.w.report + 0x10, 16);
	expect_hex(&set, "x-ms-sevsnpvm-imageId", r.w.report + 0x20, 16);
	expect_hex(&set, "x-ms-sevsnpvm-reportdata", r.w.report + 0x50, 64);
	expect_hex(&set, "x-ms-sevsnpvm-launchmeasurement", r.w.report + 0x90, 48);
	expect_hex(&set, "x-ms-sevsnpvm-hostdata", r.w.report + 0xc0, 32);
	expect_hex(&set, "x-ms-sevsnpvm-idkeydigest", r.w.report + 0xe0, 48);
	expect_hex(&set, "x-ms-sevsnpvm-authorkeydigest", r.w.report + 0x110, 48);
	expect_hex(&set, "x-ms-sevsnpvm-reportid", r.w.report + 0x140, 32);
	expect_hex(&set, "x-ms-sevsnpvm-chipid", p.chip_id, 64);
	expect_int(&set, "x-ms-sevsnpvm-guestsvn", 7);
	expect_int(&set, "x-ms-sevsnpvm-vmpl", 1);
	assert_span_str("Milan", find(&set, "x-ms-sevsnpvm-chip-family")->string);
	expect_hex(&set, "x-avow-platform-id", p.chip_id, 64);
	assert_false(find(&set, "x-avow-platform-id")->for_token);
	assert_null(avow_claims_find(&set, AVOW_CLAIM_RUNTIME));
	assert_null(avow_claims_find(&set, AVOW_CLAIM_COMPLIANCE_STATUS));
	run_clear(&r);
}

/* verifier bug 15: of the reported TCB, in the product's layout */
static void
tells_the_reported_tcb(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_claims set;
	struct run r;

	(void)state;
	claims_of(&r, &p, &set);
	expect_int(&set, "x-ms-sevsnpvm-bootloader-svn", 4);
	expect_int(&set, "x-ms-sevsnpvm-tee-svn", 1);
	expect_int(&set, "x-ms-sevsnpvm-snpfw-svn", 0x18);
	expect_int(&set, "x-ms-sevsnpvm-microcode-svn", 0xd9);
	run_clear(&r);
	p = amd_turin();
	claims_of(&r, &p, &set);
	expect_int(&set, "x-ms-sevsnpvm-bootloader-svn", 2);
	expect_int(&set, "x-ms-sevsnpvm-tee-svn", 3);
	expect_int(&set, "x-ms-sevsnpvm-snpfw-svn", 4);
	expect_int(&set, "x-ms-sevsnpvm-microcode-svn", 0x51);
	assert_span_str("Turin", find(&set, "x-ms-sevsnpvm-chip-family")->string);
	expect_hex(&set, "x-avow-platform-id", p.chip_id, 8);
	run_clear(&r);
}

static uint64_t policy;

static void
set_policy(uint8_t *report)
{
	amd_put(report, 8, policy, 8);
}

/* verifier bug 14: debug and migration are told, each by its own bit */
static void
tells_each_policy_bit(void **state)
{
	static const struct {
		const char *name;
		unsigned bit;
	} flags[] = {{"x-ms-sevsnpvm-smt-allowed", 16},
		{"x-ms-sevsnpvm-migration-allowed", 18},
		{"x-ms-sevsnpvm-is-debuggable", 19}, {"x-ms-sevsnpvm-singlesocket", 20},
		{"x-ms-sevsnpvm-cxl-allowed", 21},
		{"x-ms-sevsnpvm-mem-aes256-xts-required", 22},
		{"x-ms-sevsnpvm-rapl-disabled", 23},
		{"x-ms-sevsnpvm-ciphertext-hiding-dram-enabled", 24},
		{"x-ms-sevsnpvm-page-swap-disabled", 25}};
	struct amd_params p = amd_milan();
	struct avow_claims set;
	struct run r;

	(void)state;
	p.edit = set_policy;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		policy = UINT64_C(1) << 17 | UINT64_C(1) << flags[i].bit;
		claims_of(&r, &p, &set);
		for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++)
			expect_bool(&set, flags[k].name, i == k);
		run_clear(&r);
	}
}

static void
tells_runtime_and_init_time_json(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_claims set;
	struct run r;

	(void)state;
	p.runtime_data = AVOW_LIT("{\"b\":1, \"a\":[2]}");
	p.init_data = AVOW_LIT("{\"z\":null}");
	run_new(&r, &p);
	r.in.runtime.is_json = r.in.init.is_json = true;
	assert_ok(verify(&r));
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	assert_span_str("{\"a\":[2],\"b\":1}", find(&set, "x-ms-runtime")->string);
	assert_span_str("{\"z\":null}", find(&set, "x-ms-inittime")->string);
	run_clear(&r);
}

static void
has_no_platform_id_under_a_vlek(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_claims set;
	struct run r;

	(void)state;
	p.vlek = true;
	claims_of(&r, &p, &set);
	assert_null(avow_claims_find(&set, AVOW_CLAIM_AVOW_PLATFORM_ID));
	run_clear(&r);
}

static void
zero_id_key(uint8_t *report)
{
	memset(report + 0xe0, 0, 48);
}

/* Only the operator's reference values make a guest compliant; none are built
 * in, and no value is no value (verifier bug 30). */
static void
is_compliant_by_reference_value_alone(void **state)
{
	struct amd_params p = amd_milan();
	struct avow_snp_references refs = {.n_id_keys = 2};
	struct avow_claims set;
	struct run r;

	(void)state;
	run_new(&r, &p);
	refs.id_keys[0][47] = 1;
	memcpy(refs.id_keys[1], r.w.report + 0xe0, 48);
	r.in.snp_references = &refs;
	assert_ok(verify(&r));
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	assert_span_str(
		"azure-compliant-cvm", find(&set, "x-ms-compliance-status")->string);
	refs.n_id_keys = 1;
	assert_ok(verify(&r));
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	assert_null(avow_claims_find(&set, AVOW_CLAIM_COMPLIANCE_STATUS));
	run_clear(&r);
	p.edit = zero_id_key;
	run_new(&r, &p);
	refs.n_id_keys = 2;
	memset(refs.id_keys[1], 0, sizeof(refs.id_keys[1]));
	r.in.snp_references = &refs;
	assert_ok(verify(&r));
	avow_claims_init(&set, &r.arena);
	assert_ok(avow_evidence_claims(r.verified, &set));
	assert_null(avow_claims_find(&set, AVOW_CLAIM_COMPLIANCE_STATUS));
	run_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_field_by_its_name),
		cmocka_unit_test(tells_the_reported_tcb),
		cmocka_unit_test(tells_each_policy_bit),
		cmocka_unit_test(tells_runtime_and_init_time_json),
		cmocka_unit_test(has_no_platform_id_under_a_vlek),
		cmocka_unit_test(is_compliant_by_reference_value_alone),
	};

	return cmocka_run_group_tests_name(
		"evidence/snp_claims", tests, setup, teardown);
}
