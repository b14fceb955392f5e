/* base/clock: civil time, the two text forms, durations. */
#include "support.h"

#include "base/clock.h"

static void
reads(int64_t want, const char *text)
{
	int64_t got = -1;

	assert_ok(avow_time_parse(avow_span_str(text), &got));
	assert_true(got == want);
}

static void
refuses(const char *text)
{
	int64_t got = -1;

	assert_err(AVOW_E_TIME, avow_time_parse(avow_span_str(text), &got));
	assert_true(got == 0);
}

static void
reads_rfc_3339(void **state)
{
	(void)state;
	reads(0, "1970-01-01T00:00:00Z");
	reads(951782399, "2000-02-28T23:59:59Z");
	reads(951825600, "2000-02-29T12:00:00z");
	reads(1700000000, "2023-11-14t22:13:20Z");
	reads(1700000000, "2023-11-14T22:13:20.123456Z");
	reads(1700000000, "2023-11-15T00:13:20+02:00");
	reads(1700000000, "2023-11-14T16:43:20-05:30");
	reads(INT64_C(253402300799), "9999-12-31T23:59:59Z");
	reads(4107542400, "2100-03-01T00:00:00Z"); /* 2100 is no leap year */
}

static void
refuses_other_text(void **state)
{
	(void)state;
	refuses("");
	refuses("2023-11-14");
	refuses("2023-11-14T22:13:20");
	refuses("2023-11-14 22:13:20Z");
	refuses("2023-11-14T22:13:20Z ");
	refuses("2023-11-14T22:13:20.Z");
	refuses("2023-11-14T22:13Z");
	refuses("23-11-14T22:13:20Z");
	refuses("2023-11-14T22:13:20+0200");
	refuses("2023-11-14T22:13:20+24:00");
	refuses("2023-11-14T22:13:20+02:60");
	refuses("-023-11-14T22:13:20Z");
}

static void
refuses_dates_that_are_not(void **state)
{
	(void)state;
	refuses("1969-12-31T23:59:59Z");
	refuses("2023-00-14T22:13:20Z");
	refuses("2023-13-14T22:13:20Z");
	refuses("2023-11-00T22:13:20Z");
	refuses("2023-11-31T22:13:20Z");
	refuses("2023-02-29T22:13:20Z");
	refuses("2100-02-29T00:00:00Z");
	refuses("2023-11-14T24:00:00Z");
	refuses("2023-11-14T22:60:00Z");
	refuses("2023-11-14T22:13:60Z"); /* no leap second */
}

static void
the_strict_form_is_one(void **state)
{
	int64_t t;

	(void)state;
	assert_ok(avow_time_parse_strict(AVOW_LIT("2023-11-14T22:13:20Z"), &t));
	assert_true(t == 1700000000);
	assert_err(AVOW_E_TIME,
		avow_time_parse_strict(AVOW_LIT("2023-11-14t22:13:20Z"), &t));
	assert_true(t == 0);
	assert_err(AVOW_E_TIME,
		avow_time_parse_strict(AVOW_LIT("2023-11-14T22:13:20z"), &t));
	assert_err(AVOW_E_TIME,
		avow_time_parse_strict(AVOW_LIT("2023-11-14T22:13:20.0Z"), &t));
	assert_err(AVOW_E_TIME,
		avow_time_parse_strict(AVOW_LIT("2023-11-14T22:13:20+00:00"), &t));
	assert_err(AVOW_E_TIME, avow_time_parse_strict(AVOW_LIT(""), &t));
}

static void
formats_what_it_reads(void **state)
{
	char text[AVOW_TIME_TEXT];
	int64_t back;

	(void)state;
	/* a step prime to a day, through all years of the form */
	for (int64_t t = 0; t < INT64_C(253402300799); t += 86399 * 977) {
		avow_time_format(t, text);
		assert_ok(avow_time_parse_strict(avow_span_str(text), &back));
		assert_true(back == t);
	}
	avow_time_format(-1, text);
	assert_string_equal("1970-01-01T00:00:00Z", text);
	avow_time_format(INT64_MAX, text);
	assert_string_equal("9999-12-31T23:59:59Z", text);
	avow_time_format(4102444800 - 1, text);
	assert_string_equal("2099-12-31T23:59:59Z", text);
}

static void
reads_durations(void **state)
{
	int64_t s;

	(void)state;
	assert_ok(avow_duration_parse(AVOW_LIT("0"), &s));
	assert_true(s == 0);
	assert_ok(avow_duration_parse(AVOW_LIT("90s"), &s));
	assert_true(s == 90);
	assert_ok(avow_duration_parse(AVOW_LIT("15m"), &s));
	assert_true(s == 900);
	assert_ok(avow_duration_parse(AVOW_LIT("36h"), &s));
	assert_true(s == 129600);
	assert_ok(avow_duration_parse(AVOW_LIT("730d"), &s));
	assert_true(s == 63072000);
	assert_ok(avow_duration_parse(AVOW_LIT("2w"), &s));
	assert_true(s == 1209600);
}

static void
refuses_other_durations(void **state)
{
	static const char *const bad[] = {"", "s", "5", "-5s", "5x", "5ss", "5 s",
		"1.5h", "36600000000d", "99999999999999999999s", "36601d", "5229w"};
	int64_t s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_err(AVOW_E_DURATION,
			avow_duration_parse(avow_span_str(bad[i]), &s));
		assert_true(s == 0);
	}
	assert_ok(avow_duration_parse(AVOW_LIT("36600d"), &s));
}

static void
the_monotonic_clock_does_not_go_back(void **state)
{
	int64_t a = avow_clock_mono_ms(), b = avow_clock_mono_ms();

	(void)state;
	assert_true(b >= a);
	assert_true(avow_clock_now_s() > 1600000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rfc_3339),
		cmocka_unit_test(refuses_other_text),
		cmocka_unit_test(refuses_dates_that_are_not),
		cmocka_unit_test(the_strict_form_is_one),
		cmocka_unit_test(formats_what_it_reads),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(refuses_other_durations),
		cmocka_unit_test(the_monotonic_clock_does_not_go_back),
	};

	return cmocka_run_group_tests_name("base/clock", tests, NULL, NULL);
}
