/*
 * The watch over collateral: what it finds, and when it says so. Time is given,
 * and log records are caught.
 */
#include "trust/case.h"

#include "api/watch.h"
#include "base/log.h"

static struct avow_watch *watch;
static size_t n_records;
static char last[4096]; /* the last record */

static void
catch_line(const char *line, size_t n)
{
	n_records++;
	snprintf(last, sizeof(last), "%.*s", (int)n, line);
}

static int
start(void **state)
{
	setup(state);
	add("ca", cert_pem(&p, p.ca));
	n_records = 0;
	avow_log_to(catch_line, AVOW_LOG_INFO);
	return avow_watch_new(&watch) == AVOW_OK ? 0 : -1;
}

static int
stop(void **state)
{
	avow_watch_free(watch);
	avow_log_to(NULL, AVOW_LOG_ERROR);
	return teardown(state);
}

static void
look(int64_t at_s)
{
	avow_watch_look(watch, snapshot, p.anchors, at_s, 14 * DAY);
}

static void
says(size_t records, const char *event, int64_t at_s)
{
	size_t before = n_records;
	char field[128];

	look(at_s);
	assert_int_equal(records, n_records - before);
	if (!records)
		return;
	snprintf(field, sizeof(field), "\"event\":\"%s\"", event);
	assert_non_null(strstr(last, field));
}

static void
nothing_is_known_before_the_first_look(void **state)
{
	(void)state;
	assert_false(avow_watch_state(watch).has_looked);
	assert_true(avow_watch_state(watch).earliest_expiry_s == INT64_MAX);
}

static void
what_is_good_is_not_told(void **state)
{
	struct avow_watch_state s_;

	(void)state;
	build();
	says(0, NULL, T0);
	s_ = avow_watch_state(watch);
	assert_true(s_.has_looked);
	assert_int_equal(AVOW_SURVEY_GOOD, s_.worst);
	assert_int_equal(7, s_.count[AVOW_SURVEY_GOOD]);
	assert_true(s_.earliest_expiry_s == T0 + 29 * DAY);
}

static void
what_ends_soon_is_told_once_a_day(void **state)
{
	(void)state;
	build();
	says(1, "collateral_expires_soon", T0 + 20 * DAY);
	assert_non_null(strstr(last, "\"level\":\"warn\""));
	assert_int_equal(AVOW_SURVEY_SOON, avow_watch_state(watch).worst);
	says(0, NULL, T0 + 20 * DAY + 1);
	says(0, NULL, T0 + 20 * DAY + 3600);
	says(0, NULL, T0 + 21 * DAY - 1);
	says(1, "collateral_expires_soon", T0 + 21 * DAY + 600);
	/* a worse state is told at once */
	says(1, "collateral_expired", T0 + 30 * DAY);
	assert_int_equal(4, avow_watch_state(watch).count[AVOW_SURVEY_EXPIRED]);
}

static void
what_was_renewed_is_told_once(void **state)
{
	(void)state;
	drop("tcb");
	add("tcb", signed_doc(&p, tcb_spec(), p.other_key));
	build();
	says(1, "collateral_invalid", T0);
	assert_non_null(strstr(last, "\"for\":\"FMSPC 00606a000000 PCE-ID 0000\""));
	assert_non_null(strstr(last, "\"error\":\"tcb_info_signature\""));
	put("tcb", signed_doc(&p, tcb_spec(), p.signer_key));
	build(); /* another snapshot is looked at without waiting */
	says(1, "collateral_good", T0 + 1);
	says(0, NULL, T0 + 2 * DAY);
}

static void
a_clock_that_went_back_is_looked_at_again(void **state)
{
	(void)state;
	build();
	says(1, "collateral_expired", T0 + 40 * DAY);
	says(1, "collateral_good", T0);
	says(1, "collateral_not_yet_valid", T0 - 10 * DAY);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
	const struct CMUnitTest tests[] = {
		T(nothing_is_known_before_the_first_look),
		T(what_is_good_is_not_told),
		T(what_ends_soon_is_told_once_a_day),
		T(what_was_renewed_is_told_once),
		T(a_clock_that_went_back_is_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
