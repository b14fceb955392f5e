/* base/rate: token buckets on a clock of the test, and a table that keys can flood. */
#include "support.h"

#include "base/rate.h"

#define SECOND INT64_C(1000000)

static struct avow_rate *
make(int64_t per_second, int64_t burst, int64_t at_a_time)
{
	const struct avow_rate_rule rule = {per_second, burst, at_a_time};
	struct avow_rate *r;

	assert_ok(avow_rate_new(&rule, &r));
	return r;
}

static enum avow_err
enter(struct avow_rate *r, const char *key, int64_t now_us, uint64_t *ticket)
{
	uint64_t unused;
	int64_t wait;

	return avow_rate_enter(
		r, avow_span_str(key), now_us, ticket ? ticket : &unused, &wait);
}

static void
a_burst_then_the_rate(void **state)
{
	struct avow_rate *r = make(2, 3, 0);
	uint64_t ticket;
	int64_t wait;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_ok(enter(r, "a", SECOND, NULL));
	assert_err(AVOW_E_RATE_LIMITED,
		avow_rate_enter(r, AVOW_LIT("a"), SECOND, &ticket, &wait));
	assert_int_equal(SECOND / 2, wait);
	assert_int_equal(0, ticket);
	assert_ok(enter(r, "b", SECOND, NULL)); /* somebody else */
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "a", SECOND + SECOND / 2 - 1, NULL));
	assert_ok(enter(r, "a", SECOND + SECOND / 2, NULL));
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "a", SECOND + SECOND / 2, NULL));
	/* a long rest fills it again, and no more than that */
	for (int i = 0; i < 3; i++)
		assert_ok(enter(r, "a", 1000 * SECOND, NULL));
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "a", 1000 * SECOND, NULL));
	avow_rate_free(r);
}

static void
so_many_at_a_time(void **state)
{
	struct avow_rate *r = make(0, 1, 2);
	uint64_t one, two, three;

	(void)state;
	assert_ok(enter(r, "a", 0, &one));
	assert_ok(enter(r, "a", 0, &two));
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "a", 0, &three));
	assert_int_equal(0, three);
	avow_rate_leave(r, three); /* nothing to leave */
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "a", 0, NULL));
	avow_rate_leave(r, one);
	assert_ok(enter(r, "a", 0, &one));
	avow_rate_leave(r, one);
	avow_rate_leave(r, two);
	avow_rate_free(r);
}

static void
a_flood_of_keys_takes_nothing_from_others(void **state)
{
	struct avow_rate *r = make(1, 1, 1);
	uint64_t mine, other;
	char key[32];

	(void)state;
	assert_ok(enter(r, "mine", 0, &mine));
	for (int i = 0; i < 200000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		/* each is new: it has a bucket, or there is no room to count it */
		assert_ok(enter(r, key, 0, &other));
		avow_rate_leave(r, other);
	}
	/* what is under way keeps its place */
	assert_err(AVOW_E_RATE_LIMITED, enter(r, "mine", 10 * SECOND, NULL));
	avow_rate_leave(r, mine);
	assert_ok(enter(r, "mine", 20 * SECOND, NULL));
	avow_rate_free(r);
}

static void
no_limit_is_no_table(void **state)
{
	struct avow_rate *r = make(0, 1, 0);

	(void)state;
	assert_null(r);
	for (int i = 0; i < 100; i++)
		assert_ok(enter(r, "a", 0, NULL));
	avow_rate_leave(r, 7);
	avow_rate_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_then_the_rate),
		cmocka_unit_test(so_many_at_a_time),
		cmocka_unit_test(a_flood_of_keys_takes_nothing_from_others),
		cmocka_unit_test(no_limit_is_no_table),
	};

	return cmocka_run_group_tests_name("base/rate", tests, NULL, NULL);
}
