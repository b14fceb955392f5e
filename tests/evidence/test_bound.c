/* Data bound by its hash. Bug class 19: a hash that is not compared. */
#include "support.h"

#include "base/limits.h"
#include "crypto/digest.h"
#include "evidence/bound.h"

static struct avow_arena arena;
static struct avow_why why;
static const struct avow_json *tree;

static enum avow_err
check(struct avow_span bytes, bool is_json, int flip_bit)
{
	struct avow_bound_data d = {true, bytes, is_json};
	uint8_t hash[32];

	assert_ok(avow_sha256(bytes, hash));
	if (flip_bit >= 0)
		hash[flip_bit / 8] ^= (uint8_t)(1 << (flip_bit % 8));
	avow_arena_clear(&arena);
	avow_why_init(&why);
	return avow_bound_check(
		&d, &avow_bound_runtime, avow_span_make(hash, 32), &arena, &tree, &why);
}

static void
takes_binary_data_whose_hash_is_there(void **state)
{
	(void)state;
	assert_ok(check(AVOW_LIT("\x01\x02\x03"), false, -1));
	assert_null(tree);
	assert_ok(check(AVOW_LIT(""), false, -1));
	assert_ok(check(AVOW_LIT("{not json"), false, -1));
}

static void
refuses_a_hash_that_differs_in_any_bit(void **state)
{
	(void)state;
	for (int bit = 0; bit < 256; bit++) {
		assert_err(AVOW_E_RUNTIME_DATA_MISMATCH,
			check(AVOW_LIT("data"), false, bit));
		assert_err(
			AVOW_E_RUNTIME_DATA_MISMATCH, check(AVOW_LIT("{}"), true, bit));
		assert_null(tree);
	}
	assert_string_equal("report_data", why.field);
}

static void
refuses_a_hash_of_another_length(void **state)
{
	struct avow_bound_data d = {true, AVOW_LIT("data"), false};
	uint8_t hash[32];

	(void)state;
	assert_ok(avow_sha256(d.bytes, hash));
	for (size_t n = 0; n < 32; n++) {
		avow_why_init(&why);
		assert_err(AVOW_E_INIT_DATA_MISMATCH,
			avow_bound_check(&d, &avow_bound_init, avow_span_make(hash, n),
				&arena, &tree, &why));
	}
}

static void
reads_json_and_passes_over_nuls_at_its_end(void **state)
{
	(void)state;
	assert_ok(check(AVOW_LIT("{\"a\":1}"), true, -1));
	assert_int_equal(1, avow_json_get(tree, "a")->integer);
	assert_ok(check(AVOW_LIT("{\"a\":2}\0"), true, -1));
	assert_int_equal(2, avow_json_get(tree, "a")->integer);
	assert_ok(check(AVOW_LIT(" {\"a\":3} \0\0"), true, -1));
	assert_int_equal(3, avow_json_get(tree, "a")->integer);
}

static void
refuses_what_is_said_to_be_json_and_is_not(void **state)
{
	static const struct avow_span bad[] = {AVOW_LIT(""), AVOW_LIT("\0"),
		AVOW_LIT("{"), AVOW_LIT("{}\0{}"), AVOW_LIT("{\"a\":1,\"a\":2}"),
		AVOW_LIT("\xff"), AVOW_LIT("\0{}"), AVOW_LIT("{} x")};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_err(AVOW_E_RUNTIME_DATA_JSON, check(bad[i], true, -1));
		assert_null(tree);
	}
}

static void
init_time_data_has_codes_of_its_own(void **state)
{
	struct avow_bound_data d = {true, AVOW_LIT("{"), true};
	uint8_t hash[32];

	(void)state;
	assert_ok(avow_sha256(d.bytes, hash));
	avow_why_init(&why);
	assert_err(AVOW_E_INIT_DATA_JSON,
		avow_bound_check(&d, &avow_bound_init, avow_span_make(hash, 32), &arena,
			&tree, &why));
	assert_string_equal("config_id", why.field);
}

static void
refuses_data_over_its_limit(void **state)
{
	uint8_t *big = calloc(1, AVOW_MAX_RUNTIME_DATA + 1);

	(void)state;
	assert_non_null(big);
	memset(big, ' ', AVOW_MAX_RUNTIME_DATA + 1);
	big[0] = '1';
	assert_ok(check(avow_span_make(big, AVOW_MAX_RUNTIME_DATA), false, -1));
	assert_err(AVOW_E_TOO_LARGE,
		check(avow_span_make(big, AVOW_MAX_RUNTIME_DATA + 1), false, -1));
	assert_ok(check(avow_span_make(big, AVOW_MAX_RUNTIME_JSON), true, -1));
	assert_err(AVOW_E_TOO_LARGE,
		check(avow_span_make(big, AVOW_MAX_RUNTIME_JSON + 1), true, -1));
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_binary_data_whose_hash_is_there),
		cmocka_unit_test(refuses_a_hash_that_differs_in_any_bit),
		cmocka_unit_test(refuses_a_hash_of_another_length),
		cmocka_unit_test(reads_json_and_passes_over_nuls_at_its_end),
		cmocka_unit_test(refuses_what_is_said_to_be_json_and_is_not),
		cmocka_unit_test(init_time_data_has_codes_of_its_own),
		cmocka_unit_test(refuses_data_over_its_limit),
	};
	int failed;

	avow_arena_init(&arena, 1u << 22);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	avow_arena_clear(&arena);
	return failed;
}
