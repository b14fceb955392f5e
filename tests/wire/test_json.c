/* wire/json: what the reader takes, what it refuses, with which code, where. */
#include "support.h"

#include <dirent.h>

#include "base/file.h"
#include "base/limits.h"
#include "wire/json.h"

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

static enum avow_err
parse_span(struct avow_span text, const struct avow_json **out)
{
	return avow_json_parse(text, NULL, &arena, out, NULL);
}

static enum avow_err
parse(const char *text, const struct avow_json **out)
{
	return parse_span(avow_span_str(text), out);
}

static void
refuses(enum avow_err e, const char *text)
{
	const struct avow_json *v = (const void *)text;

	assert_err(e, parse(text, &v));
	assert_null(v);
}

static const struct avow_json *
good(const char *text)
{
	const struct avow_json *v;

	assert_ok(parse(text, &v));
	return v;
}

static void
reads_every_type(void **state)
{
	const struct avow_json *v =
		good(" {\"n\":null,\"t\":true,\"f\":false,\"i\":-7,"
		     "\"r\":2.5,\"s\":\"x\",\"a\":[1,[]],\"o\":{}} ");

	(void)state;
	assert_int_equal(AVOW_JSON_OBJECT, v->type);
	assert_int_equal(8, v->count);
	assert_int_equal(AVOW_JSON_NULL, v->members[0].value.type);
	assert_true(v->members[1].value.boolean);
	assert_int_equal(AVOW_JSON_BOOL, v->members[2].value.type);
	assert_false(v->members[2].value.boolean);
	assert_int_equal(-7, v->members[3].value.integer);
	assert_true(v->members[3].value.real == -7.0);
	assert_int_equal(AVOW_JSON_REAL, v->members[4].value.type);
	assert_true(v->members[4].value.real == 2.5);
	assert_span_str("x", v->members[5].value.string);
	assert_int_equal(2, v->members[6].value.count);
	assert_int_equal(0, v->members[6].value.items[1].count);
	assert_int_equal(AVOW_JSON_OBJECT, v->members[7].value.type);
}

static void
keeps_the_raw_slice_of_each_value(void **state)
{
	const char *text = "{ \"tcbInfo\" : { \"a\" : [ 1 , 2 ] } , \"s\":\"\\u0041\"}";
	const struct avow_json *v = good(text);

	(void)state;
	assert_span_str(text, v->raw);
	assert_span_str("{ \"a\" : [ 1 , 2 ] }", v->members[0].value.raw);
	assert_ptr_equal(text + 14, v->members[0].value.raw.p);
	assert_span_str("\"\\u0041\"", v->members[1].value.raw);
	assert_span_str("A", v->members[1].value.string);
	assert_span_str("2", v->members[0].value.members[0].value.items[1].raw);
}

static void
strings_without_escapes_are_not_copied(void **state)
{
	const char *text = "[\"plain \xc3\xa9\"]";
	const struct avow_json *v = good(text);

	(void)state;
	assert_ptr_equal(text + 2, v->items[0].string.p);
	assert_span_str("plain \xc3\xa9", v->items[0].string);
}

static void
decodes_escapes(void **state)
{
	const struct avow_json *v =
		good("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"a\\u00e9b\","
		     "\"\\ud83D\\uDe00\",\"\\u0000x\"]");

	(void)state;
	assert_span_str("\"\\/\b\f\n\r\t", v->items[0].string);
	assert_span_str("a\xc3\xa9"
			"b",
		v->items[1].string);
	assert_span_str("\xf0\x9f\x98\x80", v->items[2].string);
	assert_span(AVOW_LIT("\0x"), v->items[3].string);
}

static void
refuses_broken_strings(void **state)
{
	(void)state;
	refuses(AVOW_E_JSON_SYNTAX, "[\"a");
	refuses(AVOW_E_JSON_SYNTAX, "[\"\\x\"]");
	refuses(AVOW_E_JSON_SYNTAX, "[\"\\u12g4\"]");
	refuses(AVOW_E_JSON_SYNTAX, "\"\\u123");
	refuses(AVOW_E_JSON_SYNTAX, "\"\\");
	refuses(AVOW_E_JSON_SYNTAX, "[\"a\nb\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\\ud800\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\\udc00\\ud800\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\\ud800\\u0041\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\xff\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\xc0\xaf\"]");
	refuses(AVOW_E_JSON_UTF8, "[\"\xed\xa0\x80\"]");
	refuses(AVOW_E_JSON_UTF8, "{\"\xff\":1}");
	assert_err(AVOW_E_JSON_SYNTAX,
		parse_span(AVOW_LIT("[\"a\0b\"]"), &(const struct avow_json *){NULL}));
}

static void
reads_numbers_exactly(void **state)
{
	const struct avow_json *v = good("[9223372036854775807,-9223372036854775808,-0,"
					 "9223372036854775808,1e2,0.1,1E-400,-0.0]");

	(void)state;
	assert_int_equal(AVOW_JSON_INT, v->items[0].type);
	assert_true(v->items[0].integer == INT64_MAX);
	assert_true(v->items[1].integer == INT64_MIN);
	assert_int_equal(AVOW_JSON_INT, v->items[2].type);
	assert_true(v->items[2].integer == 0);
	assert_int_equal(AVOW_JSON_REAL, v->items[3].type);
	assert_true(v->items[3].real == 0x1p63);
	assert_int_equal(AVOW_JSON_REAL, v->items[4].type);
	assert_true(v->items[4].real == 100.0);
	assert_true(v->items[5].real == 0.1);
	assert_true(v->items[6].real == 0.0);
	assert_int_equal(AVOW_JSON_REAL, v->items[7].type);
}

static void
reads_numbers_longer_than_any_buffer(void **state)
{
	char text[402];
	const struct avow_json *v;

	(void)state;
	memset(text, '1', 400);
	memcpy(text, "0.", 2);
	text[400] = '\0';
	v = good(text);
	assert_int_equal(AVOW_JSON_REAL, v->type);
	assert_true(v->real == 1.0 / 9.0);
	text[1] = '1';
	text[0] = '1';
	refuses(AVOW_E_JSON_NUMBER, text);
}

static void
refuses_broken_numbers(void **state)
{
	(void)state;
	refuses(AVOW_E_JSON_NUMBER, "1e309");
	refuses(AVOW_E_JSON_NUMBER, "[-1e999]");
	refuses(AVOW_E_JSON_SYNTAX, "[01]");
	refuses(AVOW_E_JSON_SYNTAX, "[-]");
	refuses(AVOW_E_JSON_SYNTAX, "[+1]");
	refuses(AVOW_E_JSON_SYNTAX, "[1.]");
	refuses(AVOW_E_JSON_SYNTAX, "[.5]");
	refuses(AVOW_E_JSON_SYNTAX, "[1e]");
	refuses(AVOW_E_JSON_SYNTAX, "[1e+]");
	refuses(AVOW_E_JSON_SYNTAX, "[0x1]");
	refuses(AVOW_E_JSON_SYNTAX, "[NaN]");
}

static void
refuses_broken_structure(void **state)
{
	(void)state;
	refuses(AVOW_E_JSON_SYNTAX, "");
	refuses(AVOW_E_JSON_SYNTAX, "[1,]");
	refuses(AVOW_E_JSON_SYNTAX, "[1 2]");
	refuses(AVOW_E_JSON_SYNTAX, "[1}");
	refuses(AVOW_E_JSON_SYNTAX, "{\"a\":1,}");
	refuses(AVOW_E_JSON_SYNTAX, "{\"a\" 1}");
	refuses(AVOW_E_JSON_SYNTAX, "{a:1}");
	refuses(AVOW_E_JSON_SYNTAX, "{\"a\":}");
	refuses(AVOW_E_JSON_SYNTAX, "{\"a\":1");
	refuses(AVOW_E_JSON_SYNTAX, "tru");
	refuses(AVOW_E_JSON_SYNTAX, "[nul]");
	refuses(AVOW_E_JSON_SYNTAX, "[\f1]");
	refuses(AVOW_E_JSON_TRAILING, "1 2");
	refuses(AVOW_E_JSON_TRAILING, "{}x");
	refuses(AVOW_E_JSON_TRAILING, "01");
	assert_err(AVOW_E_JSON_TRAILING,
		parse_span(AVOW_LIT("{}\0"), &(const struct avow_json *){NULL}));
}

static void
byte_order_mark_only_where_allowed(void **state)
{
	const struct avow_json_rules rules = {.allow_bom = true};
	const struct avow_json *v;

	(void)state;
	refuses(AVOW_E_JSON_SYNTAX, "\xef\xbb\xbf{}");
	assert_ok(
		avow_json_parse(AVOW_LIT("\xef\xbb\xbf{}"), &rules, &arena, &v, NULL));
	assert_err(AVOW_E_JSON_SYNTAX,
		avow_json_parse(AVOW_LIT("\xef\xbb\xbf\xef\xbb\xbf{}"), &rules, &arena,
			&v, NULL));
}

static void
refuses_duplicate_members(void **state)
{
	const struct avow_json_rules fold = {.fold_names = true};
	const struct avow_json *v;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_JSON_DUPLICATE,
		avow_json_parse(AVOW_LIT("{\"ab\":1,\"b\":2,\"\\u0061b\":3}"), NULL,
			&arena, &v, &why));
	assert_string_equal("ab", why.field);
	assert_int_equal(24, why.offset);
	assert_string_equal("json", why.check);
	good("{\"ab\":1,\"aB\":2}");
	assert_err(
		AVOW_E_JSON_DUPLICATE, avow_json_parse(AVOW_LIT("{\"ab\":1,\"aB\":2}"),
					       &fold, &arena, &v, NULL));
	good("[{\"a\":1},{\"a\":{\"a\":2}}]");
}

/* {"k0":0,...,"k<n-1>":0,<last>:0} */
static void
make_object(struct avow_buf *b, int n, const char *last)
{
	avow_buf_put_byte(b, '{');
	for (int i = 0; i < n; i++)
		avow_buf_printf(b, "\"k%d\":0,", i);
	avow_buf_printf(b, "\"%s\":0}", last);
}

static void
finds_duplicates_among_many(void **state)
{
	const struct avow_json_rules fold = {.fold_names = true};
	const struct avow_json *v;
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, AVOW_MIB(1));
	for (int n = 14; n <= 40; n++) {
		avow_buf_reset(&b);
		make_object(&b, n, "k9");
		assert_err(AVOW_E_JSON_DUPLICATE, parse_span(avow_buf_span(&b), &v));
		avow_buf_reset(&b);
		make_object(&b, n, "K9");
		assert_ok(parse_span(avow_buf_span(&b), &v));
		assert_int_equal(n + 1, v->count);
		assert_err(AVOW_E_JSON_DUPLICATE,
			avow_json_parse(avow_buf_span(&b), &fold, &arena, &v, NULL));
	}
	avow_buf_clear(&b);
}

static void
limits_depth(void **state)
{
	const struct avow_json_rules two = {.max_depth = 2};
	const struct avow_json_rules too_many = {.max_depth = SIZE_MAX};
	const struct avow_json *v;
	char deep[2048];

	(void)state;
	assert_ok(avow_json_parse(AVOW_LIT("[{\"a\":1}]"), &two, &arena, &v, NULL));
	assert_err(AVOW_E_JSON_DEPTH,
		avow_json_parse(AVOW_LIT("[{\"a\":[]}]"), &two, &arena, &v, NULL));
	memset(deep, '[', sizeof(deep));
	memset(deep + AVOW_MAX_JSON_DEPTH, ']', AVOW_MAX_JSON_DEPTH);
	assert_ok(
		parse_span(avow_span_make(deep, (size_t)2 * AVOW_MAX_JSON_DEPTH), &v));
	memset(deep, '[', sizeof(deep));
	assert_err(AVOW_E_JSON_DEPTH, parse_span(avow_span_make(deep, 33), &v));
	assert_err(
		AVOW_E_JSON_DEPTH, avow_json_parse(avow_span_make(deep, sizeof(deep)),
					   &too_many, &arena, &v, NULL));
}

static void
limits_nodes_and_memory(void **state)
{
	const struct avow_json_rules four = {.max_nodes = 4};
	const struct avow_json *v;
	struct avow_arena small;
	struct avow_buf b;

	(void)state;
	assert_ok(avow_json_parse(AVOW_LIT("[1,2,3]"), &four, &arena, &v, NULL));
	assert_err(AVOW_E_JSON_NODES,
		avow_json_parse(AVOW_LIT("[1,2,3,4]"), &four, &arena, &v, NULL));
	avow_buf_init(&b, AVOW_MIB(1));
	avow_buf_put_str(&b, "[0");
	for (int i = 0; i < 100000; i++)
		avow_buf_put_str(&b, ",0");
	avow_buf_put_str(&b, "]");
	avow_arena_init(&small, AVOW_KIB(256));
	assert_err(AVOW_E_TOO_LARGE,
		avow_json_parse(avow_buf_span(&b), NULL, &small, &v, NULL));
	assert_null(v);
	avow_arena_clear(&small);
	avow_arena_init(&small, 8);
	assert_err(AVOW_E_TOO_LARGE,
		avow_json_parse(AVOW_LIT("1"), NULL, &small, &v, NULL));
	avow_arena_clear(&small);
	assert_ok(parse_span(avow_buf_span(&b), &v));
	assert_int_equal(100001, v->count);
	avow_buf_clear(&b);
}

static void
says_where_and_what(void **state)
{
	const struct avow_json *v;
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_JSON_SYNTAX,
		avow_json_parse(AVOW_LIT("{\"a\": [1, x]}"), NULL, &arena, &v, &why));
	assert_int_equal(AVOW_E_JSON_SYNTAX, why.code);
	assert_int_equal(10, why.offset);
	assert_string_equal("a value", why.expected);
}

/* Implementation-defined cases that we accept; all other i_ are refused. */
static bool
we_accept(const char *name)
{
	static const char *const names[] = {
		"i_number_double_huge_neg_exp.json",
		"i_number_real_underflow.json",
		"i_number_too_big_neg_int.json",
		"i_number_too_big_pos_int.json",
		"i_number_very_big_negative_int.json",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
one_suite_case(const char *dir, const char *name)
{
	bool want = name[0] == 'y' || (name[0] == 'i' && we_accept(name));
	const struct avow_json *v;
	struct avow_buf b;
	char path[2560];
	enum avow_err e;

	/* I-JSON (RFC 7493, 2.3) is stricter than the suite: names are unique. */
	if (strncmp(name, "y_object_duplicated_key", 23) == 0)
		want = false;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	avow_buf_init(&b, AVOW_MIB(4));
	assert_ok(avow_file_read(path, &b));
	e = parse_span(avow_buf_span(&b), &v);
	if ((e == AVOW_OK) != want)
		fail_msg("%s: %s", name, avow_err_name(e));
	avow_buf_clear(&b);
}

static void
agrees_with_the_parsing_suite(void **state)
{
	const char *one =
		vector_path("suites/jsontestsuite/test_parsing/y_array_empty.json");
	char dir[2048];
	struct dirent *e;
	int n = 0;
	DIR *d;

	(void)state;
	if (!one)
		skip();
	snprintf(dir, sizeof(dir), "%.*s", (int)(strrchr(one, '/') - one), one);
	d = opendir(dir);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		if (strchr("yni", e->d_name[0]) && e->d_name[1] == '_') {
			one_suite_case(dir, e->d_name);
			n++;
		}
	closedir(d);
	assert_in_range(n, 300, 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_type),
		cmocka_unit_test(keeps_the_raw_slice_of_each_value),
		cmocka_unit_test(strings_without_escapes_are_not_copied),
		cmocka_unit_test(decodes_escapes),
		cmocka_unit_test(refuses_broken_strings),
		cmocka_unit_test(reads_numbers_exactly),
		cmocka_unit_test(reads_numbers_longer_than_any_buffer),
		cmocka_unit_test(refuses_broken_numbers),
		cmocka_unit_test(refuses_broken_structure),
		cmocka_unit_test(byte_order_mark_only_where_allowed),
		cmocka_unit_test(refuses_duplicate_members),
		cmocka_unit_test(finds_duplicates_among_many),
		cmocka_unit_test(limits_depth),
		cmocka_unit_test(limits_nodes_and_memory),
		cmocka_unit_test(says_where_and_what),
		cmocka_unit_test(agrees_with_the_parsing_suite),
	};

	return cmocka_run_group_tests_name("wire/json", tests, set_up, tear_down);
}
