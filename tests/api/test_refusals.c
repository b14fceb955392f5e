/* api/refusals: how many refused calls are recorded, and what is said of the rest. */
#include "support.h"

#include "api/refusals.h"

#define MINUTE INT64_C(60000000)

static void
nobody_gets_a_burst_and_one_a_minute(void **state)
{
	struct avow_refusals *r = avow_refusals_new();
	uint64_t left_out = 7;

	(void)state;
	assert_non_null(r);
	for (int i = 0; i < 60; i++)
		assert_true(avow_refusals_admit(r, false, 0, &left_out));
	assert_int_equal(0, left_out);
	for (int i = 0; i < 1000; i++)
		assert_false(avow_refusals_admit(r, false, MINUTE - 1, &left_out));
	assert_true(avow_refusals_admit(r, false, MINUTE, &left_out));
	assert_int_equal(1000, left_out);
	assert_false(avow_refusals_admit(r, false, MINUTE, &left_out));
	assert_true(avow_refusals_admit(r, false, 2 * MINUTE, &left_out));
	assert_int_equal(1, left_out);
	avow_refusals_free(r);
}

static void
who_is_known_has_a_bucket_apart(void **state)
{
	struct avow_refusals *r = avow_refusals_new();
	uint64_t left_out;

	(void)state;
	for (int i = 0; i < 600; i++)
		assert_true(avow_refusals_admit(r, true, 0, &left_out));
	assert_false(avow_refusals_admit(r, true, 0, &left_out));
	assert_true(avow_refusals_admit(r, false, 0, &left_out));
	assert_int_equal(1, left_out);
	assert_true(avow_refusals_admit(r, true, MINUTE / 60, &left_out));
	assert_int_equal(0, left_out);
	avow_refusals_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_gets_a_burst_and_one_a_minute),
		cmocka_unit_test(who_is_known_has_a_bucket_apart),
	};

	return cmocka_run_group_tests_name("api/refusals", tests, NULL, NULL);
}
