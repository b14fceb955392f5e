/* base/log: each record is one JSON line, whatever the fields hold. */
#include "support.h"

#include "base/log.h"

static char last[8192];
static int lines;

static void
keep(const char *line, size_t n)
{
	assert_true(n < sizeof(last));
	memcpy(last, line, n);
	last[n] = '\0';
	lines++;
}

static int
set_up(void **state)
{
	(void)state;
	lines = 0;
	last[0] = '\0';
	avow_log_to(keep, AVOW_LOG_INFO);
	return 0;
}

/* The part behind {"time":"YYYY-MM-DDThh:mm:ssZ" */
static const char *
behind_time(void)
{
	assert_memory_equal("{\"time\":\"", last, 9);
	assert_int_equal('Z', last[28]);
	return last + 30;
}

static void
writes_fields_in_order(void **state)
{
	(void)state;
	AVOW_LOG(AVOW_LOG_WARN, "start", AVOW_LOGS("a", "x\"y\\z"), AVOW_LOGI("n", -5));
	assert_string_equal(
		",\"level\":\"warn\",\"event\":\"start\",\"a\":\"x\\\"y\\\\z\","
		"\"n\":-5}",
		behind_time());
}

static void
control_bytes_cannot_start_a_line(void **state)
{
	(void)state;
	AVOW_LOG(AVOW_LOG_ERROR, "e", AVOW_LOGS("a", "x\n{\"forged\":1}\x7f\xc3"));
	assert_null(strchr(last, '\n'));
	assert_non_null(strstr(last, "\"a\":\"x?{\\\"forged\\\":1}?\?\""));
}

static void
leaves_out_null_and_lower_levels(void **state)
{
	(void)state;
	AVOW_LOG(AVOW_LOG_INFO, "e", AVOW_LOGS("a", NULL), AVOW_LOGI("b", 1));
	assert_string_equal(
		",\"level\":\"info\",\"event\":\"e\",\"b\":1}", behind_time());
	AVOW_LOG(AVOW_LOG_DEBUG, "quiet", AVOW_LOGI("b", 1));
	assert_int_equal(1, lines);
	avow_log_to(NULL, AVOW_LOG_DEBUG);
	AVOW_LOG(AVOW_LOG_ERROR, "dropped", AVOW_LOGI("b", 1));
	assert_int_equal(1, lines);
}

static void
a_long_field_is_left_out_and_the_line_stays_json(void **state)
{
	static char text[5000];

	(void)state;
	for (size_t n = 1; n < sizeof(text); n += 13) {
		memset(text, '"', n);
		text[n] = '\0';
		AVOW_LOG(AVOW_LOG_INFO, "e", AVOW_LOGS("a", text), AVOW_LOGS("b", text),
			AVOW_LOGI("c", 7));
		assert_true(strlen(last) < 4096);
		assert_string_equal("\"c\":7}", last + strlen(last) - 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(writes_fields_in_order, set_up),
		cmocka_unit_test_setup(control_bytes_cannot_start_a_line, set_up),
		cmocka_unit_test_setup(leaves_out_null_and_lower_levels, set_up),
		cmocka_unit_test_setup(
			a_long_field_is_left_out_and_the_line_stays_json, set_up),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
