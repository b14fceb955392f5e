/* How long `avow attest --watch` waits. */
#include "support.h"

#include "cli/watch.h"

#define HOUR INT64_C(3600000)

static void
machines_that_started_together_come_apart(void **state)
{
	(void)state;
	assert_int_equal(HOUR, avow_watch_delay_ms(HOUR, 0, 0));
	assert_int_equal(HOUR - HOUR / 10, avow_watch_delay_ms(HOUR, 0, HOUR / 10));
	assert_int_equal(HOUR, avow_watch_delay_ms(HOUR, 0, HOUR / 10 + 1));
	assert_int_equal(1000 - 96, avow_watch_delay_ms(1000, 0, 1005));
}

static void
failures_wait_longer_each_time_and_never_over_the_interval(void **state)
{
	(void)state;
	assert_int_equal(5000, avow_watch_delay_ms(HOUR, 1, 0));
	assert_int_equal(3750, avow_watch_delay_ms(HOUR, 1, 1250));
	assert_int_equal(10000, avow_watch_delay_ms(HOUR, 2, 0));
	assert_int_equal(2560000, avow_watch_delay_ms(HOUR, 10, 0));
	assert_int_equal(HOUR, avow_watch_delay_ms(HOUR, 11, 0));
	assert_int_equal(HOUR, avow_watch_delay_ms(HOUR, UINT32_MAX, 0));
	assert_int_equal(1000, avow_watch_delay_ms(1000, 1, 0));
}

static void
every_wait_is_within_its_bounds(void **state)
{
	(void)state;
	for (uint32_t random = 0; random < 100000; random += 7)
		for (unsigned failures = 0; failures < 14; failures++) {
			int64_t ms =
				avow_watch_delay_ms(60000, failures, random * 65537);

			assert_true(ms >= (failures ? 3750 : 54000));
			assert_true(ms <= 60000);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_that_started_together_come_apart),
		cmocka_unit_test(
			failures_wait_longer_each_time_and_never_over_the_interval),
		cmocka_unit_test(every_wait_is_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
