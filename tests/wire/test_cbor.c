/* The CBOR reader: what it takes, and each thing that it refuses (RFC 8949). */
#include "support.h"

#include "base/limits.h"
#include "wire/cbor.h"

static struct avow_arena arena;

static int
tear_down(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static const struct avow_cbor *
parse(struct avow_span in)
{
	const struct avow_cbor *v;

	avow_arena_init(&arena, AVOW_MIB(1));
	assert_ok(avow_cbor_parse(in, &arena, &v, NULL));
	return v;
}

#define OK(text) parse(AVOW_LIT(text))

static void
refuses(struct avow_span in, size_t offset)
{
	const struct avow_cbor *v = (const struct avow_cbor *)&arena;
	struct avow_why why;

	avow_why_init(&why);
	avow_arena_init(&arena, AVOW_MIB(1));
	assert_err(AVOW_E_CBOR, avow_cbor_parse(in, &arena, &v, &why));
	assert_null(v);
	assert_int_equal(offset, why.offset);
	avow_arena_clear(&arena);
}

#define BAD(text, offset) refuses(AVOW_LIT(text), offset)

/* RFC 8949, appendix A */
static void
reads_integers_of_every_width(void **state)
{
	static const struct {
		struct avow_span in;
		int64_t want;
	} cases[] = {{AVOW_LIT("\x00"), 0}, {AVOW_LIT("\x17"), 23},
		{AVOW_LIT("\x18\x18"), 24}, {AVOW_LIT("\x19\x03\xe8"), 1000},
		{AVOW_LIT("\x1a\x00\x0f\x42\x40"), 1000000},
		{AVOW_LIT("\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00"), 1000000000000},
		{AVOW_LIT("\x20"), -1}, {AVOW_LIT("\x38\x63"), -100},
		{AVOW_LIT("\x39\x03\xe7"), -1000},
		{AVOW_LIT("\x3a\x00\x00\x03\xe7"), -1000},
		{AVOW_LIT("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), INT64_MIN}};
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(avow_cbor_is_int(parse(cases[i].in), &v));
		assert_true(v == cases[i].want);
		avow_arena_clear(&arena);
	}
	/* beyond int64_t it is a number that nobody can use */
	assert_false(avow_cbor_is_int(OK("\x1b\x80\0\0\0\0\0\0\0"), &v));
	avow_arena_clear(&arena);
	assert_false(avow_cbor_is_int(OK("\x40"), &v));
	assert_false(avow_cbor_is_int(NULL, &v));
}

static void
reads_strings_arrays_maps_and_tags(void **state)
{
	const struct avow_cbor *v = OK("\xd2\x84\x42"
				       "ab"
				       "\xa2\x01\x61"
				       "x"
				       "\x62hi\x20\xf6\x80");

	(void)state;
	assert_int_equal(AVOW_CBOR_TAG, v->type);
	assert_int_equal(18, v->number);
	v = v->items;
	assert_int_equal(AVOW_CBOR_ARRAY, v->type);
	assert_int_equal(4, v->count);
	assert_span_str("ab", v->items[0].bytes);
	assert_span_str("x", avow_cbor_get(&v->items[1], 1)->bytes);
	assert_int_equal(
		AVOW_CBOR_NEGINT, avow_cbor_get_text(&v->items[1], "hi")->type);
	assert_null(avow_cbor_get(&v->items[1], 2));
	assert_null(avow_cbor_get_text(&v->items[1], "h"));
	assert_null(avow_cbor_get(&v->items[0], 1));
	assert_null(avow_cbor_get(NULL, 1));
	assert_int_equal(AVOW_CBOR_OTHER, v->items[2].type);
	assert_int_equal(0, v->items[3].count);
}

static void
reads_tags_of_every_width(void **state)
{
	static const struct {
		struct avow_span in;
		uint64_t want;
	} cases[] = {{AVOW_LIT("\xc0\x00"), 0}, {AVOW_LIT("\xd7\x00"), 23},
		{AVOW_LIT("\xd8\x20\x00"), 32}, {AVOW_LIT("\xd9\xd9\xf7\x00"), 55799},
		{AVOW_LIT("\xda\x00\x01\x00\x00\x00"), 65536},
		{AVOW_LIT("\xdb\x00\x00\x00\x01\x00\x00\x00\x00\x00"), UINT64_C(1)
									       << 32}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(parse(cases[i].in)->number == cases[i].want);
		avow_arena_clear(&arena);
	}
	BAD("\xdc\x00", 0);
	BAD("\xd8", 0);
	BAD("\xdf\x00", 0);
	BAD("\xc1", 0);
}

static void
simple_values_and_floats_are_nobody_s(void **state)
{
	static const struct avow_span cases[] = {AVOW_LIT("\xf4"), AVOW_LIT("\xf5"),
		AVOW_LIT("\xf6"), AVOW_LIT("\xf7"), AVOW_LIT("\xf9\x3c\x00"),
		AVOW_LIT("\xfa\x47\xc3\x50\x00"),
		AVOW_LIT("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a")};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(AVOW_CBOR_OTHER, parse(cases[i])->type);
		avow_arena_clear(&arena);
	}
}

static void
refuses_what_is_not_well_formed(void **state)
{
	(void)state;
	BAD("", 0);
	BAD("\x18", 0); /* the number is missing */
	BAD("\x1c", 0); /* reserved */
	BAD("\x42"
	    "a",
		0); /* shorter than it says */
	BAD("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"
	    "a",
		0);
	BAD("\x61\xff", 0); /* no UTF-8 */
	BAD("\x81", 0); /* an array without its item */
	BAD("\x82\x00", 0);
	BAD("\xff", 0); /* a break of nothing */
	BAD("\x00\x00", 1); /* something behind it */
}

/* verifier bug 24: a length allocates nothing by itself */
static void
refuses_lengths_beyond_the_input(void **state)
{
	(void)state;
	BAD("\x9b\x00\x00\x00\xff\xff\xff\xff\xff\x00", 0);
	BAD("\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x00", 0);
	BAD("\xbb\x7f\xff\xff\xff\xff\xff\xff\xff\x00", 0);
}

static void
refuses_indefinite_lengths(void **state)
{
	(void)state;
	BAD("\x5f\x41"
	    "a\xff",
		0);
	BAD("\x7f\x61"
	    "a\xff",
		0);
	BAD("\x9f\x00\xff", 0);
	BAD("\xbf\x00\x00\xff", 0);
}

static void
refuses_keys_that_repeat_or_are_no_labels(void **state)
{
	(void)state;
	BAD("\xa2\x01\x00\x01\x00", 5);
	BAD("\xa2\x01\x00\x18\x01\x00", 6); /* the same number, longer */
	BAD("\xa2\x61"
	    "a\x00\x61"
	    "a\x00",
		7);
	BAD("\xa1\x41"
	    "a\x00",
		4);
	BAD("\xa1\x80\x00", 3);
	assert_int_equal(2, OK("\xa2\x01\x00\x20\x00")->count);
}

static void
nests_as_deep_as_the_limit_and_no_deeper(void **state)
{
	uint8_t in[AVOW_MAX_CBOR_DEPTH + 1];

	(void)state;
	memset(in, 0x81, sizeof(in));
	in[AVOW_MAX_CBOR_DEPTH - 1] = 0;
	parse(avow_span_make(in, AVOW_MAX_CBOR_DEPTH));
	avow_arena_clear(&arena);
	in[AVOW_MAX_CBOR_DEPTH - 1] = 0x81;
	in[AVOW_MAX_CBOR_DEPTH] = 0;
	refuses(avow_span_make(in, sizeof(in)), AVOW_MAX_CBOR_DEPTH);
}

static void
takes_as_many_items_as_the_limit_and_no_more(void **state)
{
	static uint8_t in[3 + AVOW_MAX_CBOR_NODES];
	const struct avow_cbor *v;

	(void)state;
	in[0] = 0x99;
	in[1] = (AVOW_MAX_CBOR_NODES - 1) >> 8;
	in[2] = (AVOW_MAX_CBOR_NODES - 1) & 0xff;
	parse(avow_span_make(in, 3 + AVOW_MAX_CBOR_NODES - 1));
	avow_arena_clear(&arena);
	in[1] = AVOW_MAX_CBOR_NODES >> 8;
	in[2] = AVOW_MAX_CBOR_NODES & 0xff;
	refuses(avow_span_make(in, sizeof(in)), sizeof(in) - 1);
	avow_arena_init(&arena, 64);
	assert_err(AVOW_E_TOO_LARGE,
		avow_cbor_parse(avow_span_make(in, sizeof(in)), &arena, &v, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, tear_down)
		T(reads_integers_of_every_width),
		T(reads_strings_arrays_maps_and_tags),
		T(reads_tags_of_every_width),
		T(simple_values_and_floats_are_nobody_s),
		T(refuses_what_is_not_well_formed),
		T(refuses_lengths_beyond_the_input),
		T(refuses_indefinite_lengths),
		T(refuses_keys_that_repeat_or_are_no_labels),
		T(nests_as_deep_as_the_limit_and_no_deeper),
		T(takes_as_many_items_as_the_limit_and_no_more),
#undef T
	};

	return cmocka_run_group_tests_name("wire/cbor", tests, NULL, NULL);
}
