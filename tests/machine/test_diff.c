/* Boot states of a machine: what is kept of an attestation, and what differs. */
#include "support.h"

#include "base/limits.h"
#include "machine/machine.h"

static struct avow_arena arena;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(64));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

/* --- states ------------------------------------------------------------------------------ */

#define PCRS                                                                           \
	"{\"PCRs\":[{\"Index\":0,\"Digests\":{\"SHA1\":\"aa\",\"SHA256\":\"bb\"}},"    \
	"{\"Index\":10,\"Digests\":{\"SHA256\":\"ima\"}},"                             \
	"{\"Index\":14,\"Digests\":{\"SHA256\":\"cc\"}}]}"

static struct avow_span
state_of(const char *pcrs, const char *events)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, &arena, AVOW_MIB(4));
	assert_ok(avow_machine_state(
		avow_span_str(pcrs), avow_span_str(events), &arena, &b));
	return avow_buf_span(&b);
}

static void
a_state_keeps_what_belongs_to_the_boot(void **state)
{
	const char *events =
		"{\"Events\":["
		"{\"EventSeq\":1,\"EventType\":8,\"EventTypeString\":\"EV_X\","
		"\"PcrIndex\":0,"
		"\"ProcessedData\":{\"Name\":\"db\",\"Long\":"
		"\"01234567890123456789012345678901234567890123456789012345678901234567"
		"89012\","
		"\"Number\":5,\"List\":[1]},\"Digests\":{\"SHA1\":\"d1\",\"SHA256\":"
		"\"d2\"}},"
		"{\"PcrIndex\":10,\"Digests\":{\"SHA256\":\"d3\"}},"
		"{\"PcrIndex\":4294967295,\"Digests\":{\"SHA256\":\"d4\"}},"
		"{\"PcrIndex\":14}]}";

	(void)state;
	assert_span_str("{\"events\":[{\"digest\":\"d2\",\"pcr\":0,\"text\":\"Name=db "
			"Number=5\","
			"\"type\":\"EV_X\"},{\"digest\":\"\",\"pcr\":14,\"text\":\"\","
			"\"type\":\"event\"}],\"pcrs\":{\"SHA1\":{\"00\":\"aa\"},"
			"\"SHA256\":{\"00\":\"bb\",\"14\":\"cc\"},\"SHA384\":{},"
			"\"SHA512\":{}}}",
		state_of(PCRS, events));
	assert_span_str("{\"events\":[],\"pcrs\":{\"SHA1\":{\"00\":\"aa\"},"
			"\"SHA256\":{\"00\":\"bb\",\"14\":\"cc\"},\"SHA384\":{},"
			"\"SHA512\":{}}}",
		state_of(PCRS, ""));
}

static void
a_state_of_something_else_is_refused(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init_arena(&b, &arena, AVOW_MIB(4));
	assert_err(AVOW_E_JSON_MISSING,
		avow_machine_state(AVOW_LIT("{}"), AVOW_LIT(""), &arena, &b));
	assert_err(AVOW_E_JSON_SYNTAX,
		avow_machine_state(AVOW_LIT("x"), AVOW_LIT(""), &arena, &b));
	assert_err(AVOW_E_JSON_TYPE, avow_machine_state(avow_span_str(PCRS),
					     AVOW_LIT("{\"Events\":1}"), &arena, &b));
}

static void
too_many_events_are_no_state(void **state)
{
	struct avow_buf events, b;

	(void)state;
	avow_buf_init_arena(&events, &arena, AVOW_MIB(4));
	avow_buf_init_arena(&b, &arena, AVOW_MIB(4));
	avow_buf_put_str(&events, "{\"Events\":[{\"PcrIndex\":0}");
	for (size_t i = 0; i < AVOW_MACHINE_EVENTS; i++)
		avow_buf_put_str(&events, ",{\"PcrIndex\":0}");
	avow_buf_put_str(&events, "]}");
	assert_err(AVOW_E_TOO_LARGE, avow_machine_state(avow_span_str(PCRS),
					     avow_buf_span(&events), &arena, &b));
}

/* --- differences ----------------------------------------------------------------------------- */

/* Events of PCR 4 by the letters of their digests; a register value. */
static struct avow_span
boot(const char *letters, const char *value)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, &arena, AVOW_MIB(1));
	avow_buf_put_str(&b, "{\"events\":[");
	for (const char *c = letters; *c; c++)
		avow_buf_printf(&b,
			"%s{\"digest\":\"%c\",\"pcr\":4,\"text\":\"N=%c\",\"type\":\"%"
			"s\"}",
			c > letters ? "," : "", *c, *c, *c < 'a' ? "UPPER" : "LOWER");
	avow_buf_printf(
		&b, "],\"pcrs\":{\"SHA256\":{\"04\":\"%s\",\"05\":\"0\"}}}", value);
	return avow_buf_span(&b);
}

static void
assert_diff(const char *was, const char *now, const char *want)
{
	struct avow_buf b;
	struct avow_jw w;
	size_t more = 9;

	avow_buf_init_arena(&b, &arena, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	assert_ok(avow_machine_diff(boot(was, was), boot(now, now), &arena, &w, &more));
	avow_jw_close(&w);
	assert_span_str(want, avow_buf_span(&b));
	assert_int_equal(0, more);
}

static void
equal_states_do_not_differ(void **state)
{
	(void)state;
	assert_diff("abc", "abc", "[]");
	assert_diff("", "", "[]");
}

/* One event put in is one change, not a shift of all behind it. */
static void
an_event_put_in_or_taken_out_is_one_change(void **state)
{
	(void)state;
	assert_diff("abc", "abXc",
		"[{\"change\":\"event_added\",\"pcr\":4,\"now\":\"X\","
		"\"text\":\"PCR 4 has a new event UPPER: N=X\",\"type\":\"UPPER\"}]");
	assert_diff("abXc", "abc",
		"[{\"change\":\"event_removed\",\"pcr\":4,\"was\":\"X\","
		"\"text\":\"PCR 4 no longer has the event UPPER: "
		"N=X\",\"type\":\"UPPER\"}]");
	assert_diff("", "X",
		"[{\"change\":\"event_added\",\"pcr\":4,\"now\":\"X\","
		"\"text\":\"PCR 4 has a new event UPPER: N=X\",\"type\":\"UPPER\"}]");
}

static void
an_event_of_the_same_type_in_its_place_changed(void **state)
{
	(void)state;
	assert_diff("abc", "azc",
		"[{\"change\":\"event_changed\",\"pcr\":4,\"now\":\"z\",\"was\":\"b\","
		"\"before\":\"N=b\",\"text\":\"PCR 4 measured something else as LOWER: "
		"N=z\","
		"\"type\":\"LOWER\"}]");
}

static void
a_register_without_an_event_to_blame_is_told(void **state)
{
	struct avow_buf b;
	struct avow_jw w;

	(void)state;
	avow_buf_init_arena(&b, &arena, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	assert_ok(avow_machine_diff(
		boot("ab", "one"), boot("ab", "two"), &arena, &w, NULL));
	avow_jw_close(&w);
	assert_span_str("[{\"change\":\"register_changed\",\"pcr\":4,"
			"\"text\":\"PCR 4 changed and no event of a log tells why\"}]",
		avow_buf_span(&b));
}

static void
more_than_can_be_told_is_counted(void **state)
{
	char many[AVOW_MACHINE_CHANGES + 45];
	struct avow_buf b;
	struct avow_jw w;
	size_t more;

	(void)state;
	memset(many, 'q', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	avow_buf_init_arena(&b, &arena, AVOW_MIB(4));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	assert_ok(avow_machine_diff(boot("", "1"), boot(many, "2"), &arena, &w, &more));
	assert_int_equal(44, more);
}

static void
a_broken_state_is_an_error(void **state)
{
	struct avow_buf b;
	struct avow_jw w;

	(void)state;
	avow_buf_init_arena(&b, &arena, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	assert_err(AVOW_E_JSON_MISSING,
		avow_machine_diff(AVOW_LIT("{}"), boot("", ""), &arena, &w, NULL));
	assert_err(AVOW_E_JSON_SYNTAX,
		avow_machine_diff(boot("", ""), AVOW_LIT(""), &arena, &w, NULL));
}

/* --- the signature of an alert ------------------------------------------------------------------ */

/* Computed apart: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac k */
static void
an_alert_is_signed_with_its_time(void **state)
{
	char out[AVOW_MACHINE_SIGNATURE];

	(void)state;
	assert_ok(avow_machine_sign(
		AVOW_LIT("k"), 1700000000, AVOW_LIT("{\"a\":1}"), out));
	assert_string_equal(
		"t=1700000000,v1="
		"1b6ad1bc9bf48c52ce01939866d5877c6cc4e87ddad27e16673cb8c4964394a3",
		out);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_state_keeps_what_belongs_to_the_boot),
		CASE(a_state_of_something_else_is_refused),
		CASE(too_many_events_are_no_state),
		CASE(equal_states_do_not_differ),
		CASE(an_event_put_in_or_taken_out_is_one_change),
		CASE(an_event_of_the_same_type_in_its_place_changed),
		CASE(a_register_without_an_event_to_blame_is_told),
		CASE(more_than_can_be_told_is_counted),
		CASE(a_broken_state_is_an_error),
		CASE(an_alert_is_signed_with_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
