/* Windows' tagged events made by hand: the forms of their members, nesting, and
 * where an event is believed to be Windows' at all. */
#include "support.h"

#include "evidence/eventlog/sipa.h"
#include "log_world.h"

/* --- making tags ------------------------------------------------------------------ */

static void
put_tag(struct avow_buf *b, uint32_t id, struct avow_span payload)
{
	le(b, id, 4);
	le(b, payload.n, 4);
	avow_buf_put(b, payload);
}

/* A container of what `inner` holds, which is emptied. */
static void
wrap(struct avow_buf *inner, uint32_t id, struct avow_buf *out)
{
	put_tag(out, id, avow_buf_span(inner));
	avow_buf_reset(inner);
}

static void
put_int(struct avow_buf *b, uint32_t id, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	put_tag(b, id, avow_span_make(bytes, n));
}

static struct avow_span
text(const char *s, uint8_t *room)
{
	size_t n = 0;

	do {
		room[n++] = (uint8_t)*s;
		room[n++] = 0;
	} while (*s++);
	return avow_span_make(room, n);
}

/* The ProcessedData of one tagged event of these bytes. */
static const char *
processed(struct world *w, uint32_t pcr, struct avow_span data)
{
	avow_buf_reset(&w->b);
	put_sha1(&w->b, pcr, 6, data, data);
	return events(w);
}

#define BOUNDARY 0x40010001
#define MODULES 0x40010003
#define DEBUGGING 0x00040001

/* --- the forms ------------------------------------------------------------------ */

static void
shows_a_boundary_as_policies_read_it(void **state)
{
	struct world *w = *state;
	struct avow_buf in, out;

	avow_buf_init(&in, 4096);
	avow_buf_init(&out, 4096);
	put_int(&in, 0x00020009, 1, 4);
	put_int(&in, 0x00020005, 1, 4);
	put_int(&in, DEBUGGING, 0, 1);
	put_int(&in, 0x000a0007, 1, 8);
	wrap(&in, BOUNDARY, &out);
	assert_non_null(strstr(processed(w, 13, avow_buf_span(&out)),
		"{\"EventSeq\":1,\"EventType\":6,\"EventTypeString\":\"EV_EVENT_TAG\","
		"\"PcrIndex\":13,\"ProcessedData\":{\"EVENT_TRUSTBOUNDARY\":{"
		"\"EVENT_APPLICATION_SVN\":1,"
		"\"EVENT_BITLOCKER_UNLOCK\":{\"String\":\"CACHED\",\"Value\":1},"
		"\"EVENT_BOOTDEBUGGING\":false,\"EVENT_VBS_HVCI_POLICY\":{\"String\":"
		"\"HypervisorEnforcedCodeIntegrityEnable\",\"Value\":1}}}"));
	avow_buf_clear(&in);
	avow_buf_clear(&out);
}

static void
shows_modules_and_policies_as_arrays(void **state)
{
	struct world *w = *state;
	struct avow_buf in, mid, out;
	uint8_t room[64];

	avow_buf_init(&in, 4096);
	avow_buf_init(&mid, 4096);
	avow_buf_init(&out, 4096);
	put_tag(&in, 0x00070001, text("\\a.sys", room));
	put_int(&in, 0x0007000a, 1, 1);
	wrap(&in, MODULES, &mid);
	put_tag(&mid, 0x0005000f, AVOW_LIT("\1\2\3"));
	put_tag(&in, 0x00070001, text("\\b.sys", room));
	put_tag(&in, 0x00070004, AVOW_LIT("\xff"));
	wrap(&in, MODULES, &mid);
	wrap(&mid, BOUNDARY, &out);
	assert_non_null(strstr(processed(w, 13, avow_buf_span(&out)),
		"{\"EVENT_TRUSTBOUNDARY\":{\"EVENT_LOADEDMODULE_AGGREGATION\":["
		"{\"EVENT_FILEPATH\":\"\\\\a.sys\",\"EVENT_IMAGEVALIDATED\":true},"
		"{\"EVENT_FILEPATH\":\"\\\\b.sys\",\"EVENT_AUTHENTICODEHASH\":\"_w\"}],"
		"\"EVENT_SI_POLICY\":[{\"RawData\":\"AQID\"}]}}"));
	avow_buf_clear(&in);
	avow_buf_clear(&mid);
	avow_buf_clear(&out);
}

/* a row is: tag, payload, the member it gives */
static void
shows_every_form_of_a_bare_tag(void **state)
{
	static const struct {
		uint32_t id;
		struct avow_span payload;
		const char *member;
	} ROWS[] = {
		{0x000c0002, {(const uint8_t *)"\2", 1},
			"{\"EVENT_DRTM_SMM\":{\"Value\":2}}"},
		{0x000c0001, {(const uint8_t *)"sig", 3},
			"{\"EVENT_DRTM_STATE_AUTH\":{\"SignatureValid\":false}}"},
		{0x00060002, {(const uint8_t *)"\0", 1},
			"{\"EVENT_AUTHORITYPUBKEY\":[{\"RawData\":\"AA\"}]}"},
		{0x00040002, {(const uint8_t *)"\0\1", 2},
			"{\"EVENT_BOOT_REVOCATION_LIST\":{\"RawData\":\"AAE\"}}"},
		{0x00050004, {(const uint8_t *)"\1\0\0\0\0\0\0\0", 8},
			"{\"EVENT_DATAEXECUTIONPREVENTION\":{\"String\":\"OptOut\","
			"\"Value\":1}}"},
		{0x00020005, {(const uint8_t *)"\5\1\0\0", 4},
			"{\"EVENT_BITLOCKER_UNLOCK\":{\"String\":\"CACHED|TPM|NBP\","
			"\"Value\":261}}"},
		{0x00020005, {(const uint8_t *)"\x09\0\0\0", 4},
			"{\"EVENT_BITLOCKER_UNLOCK\":{\"String\":\"0x9\",\"Value\":9}"
			"}"},
		{0x0005000e, {(const uint8_t *)"\7\0\0\0", 4},
			"{\"EVENT_DRIVER_LOAD_POLICY\":{\"String\":\"0x7\",\"Value\":7}"
			"}"},
		{0x00070007, {(const uint8_t *)"\0\0\0\0\0\xf8\xff\xff", 8},
			"{\"EVENT_IMAGEBASE\":18446735277616529408}"},
		/* sizes that the form does not have */
		{DEBUGGING, {(const uint8_t *)"\1\0\0\0", 4}, "\"ProcessedData\":{}"},
		{0x00020009, {(const uint8_t *)"", 0}, "\"ProcessedData\":{}"},
		{0x00020009, {(const uint8_t *)"\1\0\0\0\0\0\0\0\0", 9},
			"\"ProcessedData\":{}"},
		{0x00070001, {(const uint8_t *)"\0\xd8", 2}, "\"ProcessedData\":{}"},
		/* TrustPoint is not measured; an unknown one says nothing */
		{0xc0010004, {(const uint8_t *)"\1\2", 2}, "\"ProcessedData\":{}"},
		{0x00050099, {(const uint8_t *)"\1", 1}, "\"ProcessedData\":{}"},
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct avow_buf b;

		avow_buf_init(&b, 4096);
		put_tag(&b, ROWS[i].id, ROWS[i].payload);
		assert_non_null(
			strstr(processed(w, 20, avow_buf_span(&b)), ROWS[i].member));
		avow_buf_clear(&b);
	}
}

static void
takes_the_last_of_a_tag_that_is_no_list(void **state)
{
	struct world *w = *state;
	struct avow_buf in, out;

	avow_buf_init(&in, 4096);
	avow_buf_init(&out, 4096);
	put_int(&in, DEBUGGING, 0, 1);
	put_int(&in, 0x00050003, 0, 1);
	put_int(&in, DEBUGGING, 1, 1);
	wrap(&in, BOUNDARY, &out);
	assert_non_null(strstr(processed(w, 12, avow_buf_span(&out)),
		"{\"EVENT_BOOTDEBUGGING\":true,\"EVENT_TESTSIGNING\":false}"));
	avow_buf_clear(&in);
	avow_buf_clear(&out);
}

/* each row of the table can be found, and no two share a member's name */
static void
finds_each_tag_by_its_number(void **state)
{
	size_t n = 0;

	(void)state;
	for (; sipa_tag_at(n); n++) {
		assert_int_equal(n, sipa_tag_row(sipa_tag_at(n)->id));
		for (size_t k = 0; k < n; k++)
			assert_string_not_equal(
				sipa_tag_at(n)->name, sipa_tag_at(k)->name);
	}
	assert_int_equal(108, n);
	assert_true(sipa_tag_row(0x12345678) > n);
}

/* --- nesting -------------------------------------------------------------------- */

static void
nest(struct avow_buf *b, size_t levels)
{
	struct avow_buf inner;

	avow_buf_init(&inner, 4096);
	avow_buf_reset(b);
	put_int(b, DEBUGGING, 1, 1);
	while (levels--) {
		avow_buf_reset(&inner);
		avow_buf_put(&inner, avow_buf_span(b));
		avow_buf_reset(b);
		put_tag(b, BOUNDARY, avow_buf_span(&inner));
	}
	avow_buf_clear(&inner);
}

/* mistake 14: a depth is part of the format */
static void
reads_no_deeper_than_its_limit(void **state)
{
	struct world *w = *state;
	struct avow_buf b;

	avow_buf_init(&b, 4096);
	nest(&b, AVOW_MAX_SIPA_DEPTH);
	assert_true(sipa_is(avow_buf_span(&b)));
	assert_non_null(
		strstr(processed(w, 12, avow_buf_span(&b)), "EVENT_BOOTDEBUGGING"));
	nest(&b, AVOW_MAX_SIPA_DEPTH + 1);
	assert_false(sipa_is(avow_buf_span(&b)));
	assert_null(strstr(processed(w, 12, avow_buf_span(&b)), "EVENT_"
								"BOOTDEBUGGING"));
	avow_buf_clear(&b);
}

/* bug 24: a SIPA header that declares 4 GiB; lengths a byte short and long */
static void
reads_nothing_of_lengths_that_do_not_fit(void **state)
{
	struct world *w = *state;
	struct avow_buf b;

	avow_buf_init(&b, 4096);
	nest(&b, 2);
	for (size_t level = 0; level < 3; level++)
		for (int delta = -1; delta < 2; delta += 2) {
			size_t at = level * 8 + 4;

			b.p[at] = (uint8_t)(b.p[at] + delta);
			assert_false(sipa_is(avow_buf_span(&b)));
			b.p[at] = (uint8_t)(b.p[at] - delta);
		}
	memset(b.p + 12, 0xff, 4);
	assert_false(sipa_is(avow_buf_span(&b)));
	assert_non_null(strstr(processed(w, 12, avow_buf_span(&b)),
		"\"ProcessedData\":{\"RawData\":"));
	avow_buf_clear(&b);
}

/* --- whose event it is ------------------------------------------------------------ */

/* bug 23: the type is not measured; data of another digest, another register and
 * what follows Windows' boot are not Windows' */
static void
believes_windows_alone_about_windows(void **state)
{
	static const uint32_t ELSEWHERE[] = {5, 8, 9, 11, 15, 16, 23};
	struct world *w = *state;
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 4096);
	nest(&b, 1);
	s = avow_buf_span(&b);
	for (size_t i = 0; i < sizeof(ELSEWHERE) / sizeof(ELSEWHERE[0]); i++)
		assert_null(strstr(processed(w, ELSEWHERE[i], s), "TRUSTBOUNDARY"));
	avow_buf_reset(&w->b);
	put_sha1(&w->b, 12, 6, AVOW_LIT("other"), s);
	put_sha1(&w->b, 12, 5, s, s); /* another type */
	assert_null(strstr(events(w), "TRUSTBOUNDARY"));
	avow_buf_clear(&b);
}

/* the mark is found by its digest: a renamed or emptied one still closes */
static void
believes_nothing_behind_the_end_of_windows_boot(void **state)
{
	static const uint32_t TYPES[] = {4, 6, 13, 0x80000007};
	struct world *w = *state;
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 4096);
	nest(&b, 1);
	s = avow_buf_span(&b);
	for (size_t i = 0; i < 4; i++) {
		avow_buf_reset(&w->b);
		put_sha1(&w->b, 12, TYPES[i], AVOW_LIT("WBCL"), AVOW_LIT("x"));
		put_sha1(&w->b, 12, 6, s, s);
		assert_null(strstr(events(w), "TRUSTBOUNDARY"));
		put_sha1(&w->b, 13, 6, s, s); /* another register is still open */
		assert_non_null(strstr(events(w), "TRUSTBOUNDARY"));
	}
	avow_buf_clear(&b);
}

/* the Linux EFI stub and systemd use the event type with numbers of their own */
static void
leaves_other_users_of_the_event_type_alone(void **state)
{
	static const uint32_t TAGS[] = {
		0x8f3b22ec, 0xf5bc582a, 0x49dffe0f, 0x00000001, 0x000d0001, 0x00110001};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(TAGS) / sizeof(TAGS[0]); i++) {
		struct avow_buf b;

		avow_buf_init(&b, 4096);
		put_tag(&b, TAGS[i], AVOW_LIT("x"));
		assert_false(sipa_is(avow_buf_span(&b)));
		assert_non_null(strstr(processed(w, 12, avow_buf_span(&b)),
			"\"ProcessedData\":{\"RawData\":"));
		avow_buf_clear(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(shows_a_boundary_as_policies_read_it),
		T(shows_modules_and_policies_as_arrays),
		T(shows_every_form_of_a_bare_tag),
		T(takes_the_last_of_a_tag_that_is_no_list),
		T(finds_each_tag_by_its_number),
		T(reads_no_deeper_than_its_limit),
		T(reads_nothing_of_lengths_that_do_not_fit),
		T(believes_windows_alone_about_windows),
		T(believes_nothing_behind_the_end_of_windows_boot),
		T(leaves_other_users_of_the_event_type_alone),
	};

	return cmocka_run_group_tests_name("sipa", tests, NULL, NULL);
}
