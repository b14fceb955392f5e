/* TCG logs made by hand: what parses, what refuses and by which code, what the
 * registers become, and what of an event's data is believed. */
#include "support.h"

#include "log_world.h"

/* PCR after one extend of `start`, then H(data). */
static void
assert_register(struct world *w, size_t pcr, enum avow_hash h, uint8_t fill,
	uint8_t last, struct avow_span data)
{
	uint8_t start[64], digest[64], want[64];
	size_t n = avow_hash_bytes(h);
	struct avow_span parts[2] = {{start, n}, {digest, n}};

	memset(start, fill, sizeof(start));
	start[n - 1] = last;
	assert_ok(avow_digest(h, &data, 1, digest));
	assert_ok(avow_digest(h, parts, 2, want));
	assert_true(w->r.reg[pcr].extended && w->r.reg[pcr].has[h]);
	assert_memory_equal(want, w->r.reg[pcr].value[h], n);
}

static const struct avow_span SEP = {(const uint8_t *)"\0\0\0\0", 4};

static void
reads_the_sha1_form(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 4, 4, SEP, SEP);
	put_sha1(&w->b, 5, 0x80000007, AVOW_LIT("Go"), AVOW_LIT("Go"));
	assert_ok(replay(w));
	assert_false(w->log.agile);
	assert_int_equal(w->log.count, 2);
	assert_int_equal(w->log.events[1].seq, 2);
	assert_int_equal(w->log.format, AVOW_LOG_TCG);
	assert_register(w, 5, AVOW_SHA1, 0, 0, AVOW_LIT("Go"));
	assert_false(w->r.reg[5].has[AVOW_SHA256]);
	assert_false(w->r.reg[0].extended);
}

static void
reads_the_agile_form(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	put_agile(&w->b, 7, 4, SEP, SEP);
	assert_ok(replay(w));
	assert_true(w->log.agile);
	assert_int_equal(w->log.count, 1); /* the Spec ID is no event */
	assert_int_equal(w->log.events[0].seq, 1);
	assert_register(w, 7, AVOW_SHA1, 0, 0, SEP);
	assert_register(w, 7, AVOW_SHA256, 0, 0, SEP);
	assert_false(w->r.reg[7].has[AVOW_SHA384]);
}

/* bug 22: a bank is never inferred, nor continued past a missing digest */
static void
has_no_value_for_a_bank_that_lacks_a_digest(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	put_agile(&w->b, 7, 4, SEP, SEP);
	le(&w->b, 7, 4);
	le(&w->b, 5, 4);
	le(&w->b, 1, 4);
	le(&w->b, 0xb, 2);
	put_hash(&w->b, AVOW_SHA256, AVOW_LIT("x"));
	le(&w->b, 1, 4);
	avow_buf_put_str(&w->b, "x");
	put_agile(&w->b, 7, 4, SEP, SEP);
	assert_ok(replay(w));
	assert_true(w->r.reg[7].has[AVOW_SHA256]);
	assert_false(w->r.reg[7].has[AVOW_SHA1]);
}

static void
starts_pcr_0_at_the_locality(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("StartupLocality\0\3"));
	put_sha1(&w->b, 0, 8, AVOW_LIT("v"), AVOW_LIT("v"));
	assert_ok(replay(w));
	assert_register(w, 0, AVOW_SHA1, 0, 3, AVOW_LIT("v"));
}

static void
starts_pcr_0_at_4_after_an_hcrtm(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("StartupLocality\0\3"));
	put_sha1(&w->b, 0, 0x80000010, AVOW_LIT("code"), AVOW_LIT("HCRTM"));
	assert_ok(replay(w));
	assert_register(w, 0, AVOW_SHA1, 0, 4, AVOW_LIT("code"));
}

static void
refuses_a_bad_locality(void **state)
{
	static const struct avow_span BAD[] = {
		{(const uint8_t *)"StartupLocality\0\1", 17},
		{(const uint8_t *)"StartupLocality\0", 16},
		{(const uint8_t *)"StartupLocality\0\3\3", 18},
	};
	struct world *w = *state;

	for (size_t i = 0; i < 3; i++) {
		avow_buf_reset(&w->b);
		put_sha1(&w->b, 0, 3, SEP, BAD[i]);
		assert_err(AVOW_E_EVENTLOG_LOCALITY, replay(w));
	}
	avow_buf_reset(&w->b);
	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("StartupLocality\0\3"));
	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("StartupLocality\0\3"));
	assert_err(AVOW_E_EVENTLOG_LOCALITY, replay(w));
}

static void
refuses_a_late_locality(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 0, 8, AVOW_LIT("v"), AVOW_LIT("v"));
	put_sha1(&w->b, 0, 3, SEP, AVOW_LIT("StartupLocality\0\3"));
	assert_err(AVOW_E_EVENTLOG_LOCALITY, replay(w));
}

static void
starts_drtm_registers_as_the_log_tells(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 17, 5, AVOW_LIT("a"), AVOW_LIT("a"));
	assert_ok(replay(w));
	assert_register(w, 17, AVOW_SHA1, 0xff, 0xff, AVOW_LIT("a"));
	avow_buf_reset(&w->b);
	put_sha1(&w->b, 17, 0x402, AVOW_LIT("a"), AVOW_LIT("a"));
	assert_ok(replay(w));
	assert_register(w, 17, AVOW_SHA1, 0, 0, AVOW_LIT("a"));
}

static void
extends_nothing_for_no_action_or_a_number_that_is_no_register(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 6, 3, SEP, AVOW_LIT("x"));
	put_sha1(&w->b, 0xffffffff, 3, SEP, AVOW_LIT("x"));
	put_sha1(&w->b, 24, 5, AVOW_LIT("x"), AVOW_LIT("x"));
	assert_ok(replay(w));
	assert_int_equal(w->log.count, 3);
	for (size_t i = 0; i < AVOW_LOG_REGISTERS; i++)
		assert_false(w->r.reg[i].extended);
	assert_non_null(strstr(events(w), "\"PcrIndex\":4294967295"));
	assert_null(strstr(events(w), "RawData"));
	assert_null(strstr(events(w), "\"String\""));
}

static void
refuses_an_empty_log(void **state)
{
	assert_err(AVOW_E_EVENTLOG_UNKNOWN, parse(*state));
}

/* bug 24: a length of 4 GiB in a log of some bytes, without allocating it: the
 * arena is smaller than any of it */
static void
refuses_4_gib_without_allocating(void **state)
{
	struct world *w = *state;
	struct avow_arena tiny;

	avow_arena_init(&tiny, AVOW_KIB(64));
	le(&w->b, 1, 4);
	le(&w->b, 5, 4);
	zeros(&w->b, 20, 7);
	le(&w->b, 0xffffffff, 4);
	assert_err(AVOW_E_EVENTLOG_TRUNCATED,
		avow_eventlog_parse(
			avow_buf_span(&w->b), AVOW_LOG_AUTO, &tiny, &w->log, &w->why));
	avow_buf_reset(&w->b);
	put_spec_id(&w->b);
	put_agile(&w->b, 1, 5, AVOW_LIT("a"), AVOW_LIT(""));
	w->b.n -= 4;
	le(&w->b, 0xffffffff, 4);
	assert_err(AVOW_E_EVENTLOG_TRUNCATED,
		avow_eventlog_parse(
			avow_buf_span(&w->b), AVOW_LOG_AUTO, &tiny, &w->log, &w->why));
	assert_true(tiny.used < AVOW_KIB(64));
	avow_arena_clear(&tiny);
}

static void
refuses_a_digest_count_beyond_its_header(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	le(&w->b, 1, 4);
	le(&w->b, 5, 4);
	le(&w->b, 0xffffffff, 4);
	assert_err(AVOW_E_EVENTLOG_DIGESTS, parse(w));
	assert_int_equal(w->why.offset, 69);
}

static void
refuses_an_algorithm_twice_in_a_record(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	le(&w->b, 1, 4);
	le(&w->b, 5, 4);
	le(&w->b, 2, 4);
	le(&w->b, 4, 2);
	zeros(&w->b, 20, 1);
	le(&w->b, 4, 2);
	zeros(&w->b, 20, 1);
	le(&w->b, 0, 4);
	assert_err(AVOW_E_EVENTLOG_DIGESTS, parse(w));
}

static void
refuses_an_algorithm_that_the_header_lacks(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	le(&w->b, 1, 4);
	le(&w->b, 5, 4);
	le(&w->b, 1, 4);
	le(&w->b, 0xc, 2);
	zeros(&w->b, 52, 1);
	assert_err(AVOW_E_EVENTLOG_ALGORITHM, parse(w));
}

/* Offsets in the header: 56 the number of algorithms, 60 the first id, 62 its
 * size, 68 the size of the vendor's bytes. */
static void
refuses_a_bad_spec_id(void **state)
{
	static const struct {
		size_t at;
		uint8_t v;
	} BAD[] = {{56, 0}, {56, 9}, {56, 255}, {62, 21}, {64, 4}, {68, 1}};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		avow_buf_reset(&w->b);
		put_spec_id(&w->b);
		w->b.p[BAD[i].at] = BAD[i].v;
		assert_err(AVOW_E_EVENTLOG_SPEC_ID, parse(w));
	}
}

static void
stops_at_padding_and_refuses_what_is_none(void **state)
{
	struct world *w = *state;

	put_spec_id(&w->b);
	put_agile(&w->b, 7, 4, SEP, SEP);
	zeros(&w->b, 64, 0xff);
	assert_ok(parse(w));
	assert_int_equal(w->log.count, 1);
	avow_buf_put_byte(&w->b, 0);
	assert_err(AVOW_E_EVENTLOG_TAIL, parse(w));
	w->b.n -= 65;
	zeros(&w->b, 64, 0);
	assert_ok(parse(w));
	assert_int_equal(w->log.count, 1);
}

static void
refuses_every_cut_inside_a_record(void **state)
{
	struct world *w = *state;
	size_t whole;

	put_spec_id(&w->b);
	whole = w->b.n;
	put_agile(&w->b, 0, 8, AVOW_LIT("v1"), AVOW_LIT("v1"));
	for (size_t n = w->b.n - 1; n > 0; n--) {
		w->b.n = n;
		if (n == whole)
			assert_ok(parse(w));
		else
			assert_err(AVOW_E_EVENTLOG_TRUNCATED, parse(w));
	}
}

static void
refuses_more_than_its_limits(void **state)
{
	struct world *w = *state;

	zeros(&w->b, AVOW_MAX_EVENT_LOG + 1, 1);
	assert_err(AVOW_E_TOO_LARGE, parse(w));
	avow_buf_reset(&w->b);
	le(&w->b, 1, 4);
	le(&w->b, 5, 4);
	zeros(&w->b, 20, 7);
	le(&w->b, AVOW_MAX_EVENT_DATA + 1, 4);
	zeros(&w->b, AVOW_MAX_EVENT_DATA + 1, 1);
	assert_err(AVOW_E_TOO_LARGE, parse(w));
	avow_buf_reset(&w->b);
	for (size_t i = 0; i <= AVOW_MAX_EVENTS; i++)
		put_sha1(&w->b, 1, 5, SEP, AVOW_LIT(""));
	assert_err(AVOW_E_TOO_LARGE, parse(w));
}

static struct avow_span
secure_boot(struct avow_buf *b, const char *value)
{
	avow_buf_init(b, 256);
	put_variable_data(b, "SecureBoot", avow_span_make(value, 1));
	return avow_buf_span(b);
}

#define SECURE_BOOT_ON                                                                 \
	"\"ProcessedData\":{\"VariableGuid\":\"8BE4DF61-93CA-11D2-AA0D-"               \
	"00E098032B8C\","                                                              \
	"\"UnicodeName\":\"SecureBoot\",\"VariableData\":\"AQ\"}"

static void
shows_a_variable_that_its_digest_proves(void **state)
{
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span on = secure_boot(&v, "\1");

	put_sha1(&w->b, 7, 0x80000001, on, on);
	assert_non_null(strstr(events(w), SECURE_BOOT_ON));
	assert_non_null(strstr(events(w),
		"{\"EventSeq\":1,\"EventType\":2147483649,\"EventTypeString\":"
		"\"EV_EFI_VARIABLE_DRIVER_CONFIG\",\"PcrIndex\":7,"));
	avow_buf_clear(&v);
}

static void
shows_nothing_of_a_variable_with_another_digest(void **state)
{
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span on = secure_boot(&v, "\1");

	put_sha1(&w->b, 7, 0x80000001, SEP, on);
	assert_non_null(strstr(events(w), "\"ProcessedData\":{}"));
	avow_buf_clear(&v);
}

/* one bank's digest is not enough: each must be that of the data */
static void
believes_data_only_when_every_bank_proves_it(void **state)
{
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span on = secure_boot(&v, "\1");

	put_spec_id(&w->b);
	put_agile(&w->b, 7, 0x80000001, on, on);
	assert_non_null(strstr(events(w), SECURE_BOOT_ON));
	w->b.p[69 + 14] ^= 1; /* SHA-1 */
	assert_non_null(strstr(events(w), "\"ProcessedData\":{}"));
	avow_buf_clear(&v);
}

/* bug 23: types are not measured. A variable behind the separator, or in a
 * register of the OS, is anybody's; a separator under another type's name still
 * ends the firmware's part. */
static void
shows_no_configuration_that_firmware_did_not_measure(void **state)
{
	static const uint32_t SEPARATOR_TYPES[] = {4, 5, 0x800000e0, 13};
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span on = secure_boot(&v, "\1");

	for (size_t i = 0; i < 4; i++) {
		avow_buf_reset(&w->b);
		put_sha1(&w->b, 7, SEPARATOR_TYPES[i], SEP, SEP);
		put_sha1(&w->b, 7, 0x80000001, on, on);
		assert_null(strstr(events(w), "SecureBoot"));
	}
	avow_buf_reset(&w->b);
	put_sha1(&w->b, 8, 0x80000001, on, on);
	put_sha1(&w->b, 23, 0x80000001, on, on);
	put_sha1(&w->b, 0xffffffff, 0x80000001, on, on);
	assert_null(strstr(events(w), "SecureBoot"));
	avow_buf_clear(&v);
}

/* firmware that measures a boot variable's content proves no name by it */
static void
shows_only_the_data_of_a_boot_variable_measured_without_its_name(void **state)
{
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span all = secure_boot(&v, "\1");

	put_sha1(&w->b, 1, 0x80000002, AVOW_LIT("\1"), all);
	assert_non_null(
		strstr(events(w), "\"ProcessedData\":{\"VariableData\":\"AQ\"}"));
	avow_buf_clear(&v);
}

static void
shows_nothing_of_a_variable_whose_lengths_do_not_fit(void **state)
{
	struct world *w = *state;
	struct avow_buf v;
	struct avow_span all = secure_boot(&v, "\1");

	for (size_t at = 16; at < 32; at++) {
		avow_buf_reset(&w->b);
		v.p[at] ^= 0x80;
		put_sha1(&w->b, 7, 0x80000001, all, all);
		assert_non_null(strstr(events(w), "\"ProcessedData\":{}"));
		v.p[at] ^= 0x80;
	}
	avow_buf_clear(&v);
}

static void
shows_the_text_that_grub_measured(void **state)
{
	struct world *w = *state;

	put_sha1(&w->b, 8, 13, AVOW_LIT("set x"), AVOW_LIT("grub_cmd: set x\0"));
	put_sha1(&w->b, 8, 13, AVOW_LIT("set y\0"), AVOW_LIT("grub_cmd set y\0"));
	put_sha1(&w->b, 9, 13, AVOW_LIT("file"), AVOW_LIT("/boot/grub.cfg\0"));
	assert_non_null(strstr(events(w), "\"ProcessedData\":{\"String\":\"set x\"}"));
	assert_non_null(strstr(events(w), "\"ProcessedData\":{\"String\":\"set y\"}"));
	assert_null(strstr(events(w), "grub.cfg"));
}

static void
names_formats(void **state)
{
	(void)state;
	assert_int_equal(
		AVOW_LOG_CEL_JSON, avow_log_format_named(AVOW_LIT("cel-json")));
	assert_int_equal(AVOW_LOG_AUTO, avow_log_format_named(AVOW_LIT("auto")));
	assert_string_equal("ccel", avow_log_format_name(AVOW_LOG_CCEL));
	assert_null(avow_event_type_name(0x1234));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(reads_the_sha1_form),
		T(reads_the_agile_form),
		T(has_no_value_for_a_bank_that_lacks_a_digest),
		T(starts_pcr_0_at_the_locality),
		T(starts_pcr_0_at_4_after_an_hcrtm),
		T(refuses_a_bad_locality),
		T(refuses_a_late_locality),
		T(starts_drtm_registers_as_the_log_tells),
		T(extends_nothing_for_no_action_or_a_number_that_is_no_register),
		T(refuses_an_empty_log),
		T(refuses_4_gib_without_allocating),
		T(refuses_a_digest_count_beyond_its_header),
		T(refuses_an_algorithm_twice_in_a_record),
		T(refuses_an_algorithm_that_the_header_lacks),
		T(refuses_a_bad_spec_id),
		T(stops_at_padding_and_refuses_what_is_none),
		T(refuses_every_cut_inside_a_record),
		T(refuses_more_than_its_limits),
		T(shows_a_variable_that_its_digest_proves),
		T(shows_nothing_of_a_variable_with_another_digest),
		T(believes_data_only_when_every_bank_proves_it),
		T(shows_no_configuration_that_firmware_did_not_measure),
		T(shows_only_the_data_of_a_boot_variable_measured_without_its_name),
		T(shows_nothing_of_a_variable_whose_lengths_do_not_fit),
		T(shows_the_text_that_grub_measured),
		T(names_formats),
	};

	return cmocka_run_group_tests_name("eventlog", tests, NULL, NULL);
}
