/* base/span: comparing and cutting never reads outside the span. */
#include "support.h"

static void
compares_length_and_bytes(void **state)
{
	(void)state;
	assert_true(avow_span_eq(AVOW_LIT("ab"), avow_span_str("ab")));
	assert_false(avow_span_eq(AVOW_LIT("ab"), AVOW_LIT("abc")));
	assert_true(
		avow_span_eq_fold(AVOW_LIT("InitTimeData"), AVOW_LIT("inittimedata")));
	assert_false(avow_span_eq_fold(AVOW_LIT("["), AVOW_LIT("{")));
	assert_true(avow_span_cmp(AVOW_LIT("a"), AVOW_LIT("ab")) < 0);
}

static void
cuts_to_what_is_there(void **state)
{
	struct avow_span s = AVOW_LIT("hello");

	(void)state;
	assert_span_str("lo", avow_span_slice(s, 3, 100));
	assert_int_equal(0, avow_span_slice(s, 9, 1).n);
	assert_span_str("x", avow_span_trim(AVOW_LIT(" \tx\r\n")));
	assert_int_equal(2, avow_span_find(s, AVOW_LIT("ll")));
	assert_int_equal(5, avow_span_find(s, AVOW_LIT("z")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares_length_and_bytes),
		cmocka_unit_test(cuts_to_what_is_there),
	};

	return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
