/* wire/json_write: canonical text, exact numbers, and a stream that cannot be
 * misused in silence. */
#include "support.h"

#include <float.h>
#include <math.h>

#include "base/limits.h"
#include "wire/json.h"

static struct avow_arena arena;
static struct avow_buf buf;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(64));
	avow_buf_init(&buf, AVOW_MIB(1));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	avow_buf_clear(&buf);
	return 0;
}

static const struct avow_json *
tree(struct avow_span text)
{
	const struct avow_json *v;

	assert_ok(avow_json_parse(text, NULL, &arena, &v, NULL));
	return v;
}

static void
writes(const char *want, const char *text, enum avow_json_order order)
{
	avow_buf_reset(&buf);
	avow_json_put(&buf, tree(avow_span_str(text)), order);
	assert_ok(buf.err);
	assert_span_str(want, avow_buf_span(&buf));
}

static void
writes_trees_compactly(void **state)
{
	(void)state;
	writes("{\"b\":[1,true,null],\"a\":{}}",
		" { \"b\" : [1, true , null], \"a\":{ }} ", AVOW_JSON_AS_IS);
	writes("[]", "[ ]", AVOW_JSON_SORTED);
	writes("[false,-3,2.5,\"x\"]", "[false,-3,2.5,\"x\"]", AVOW_JSON_SORTED);
}

static void
sorts_members_bytewise_at_every_depth(void **state)
{
	(void)state;
	writes("{\"A\":1,\"a\":{\"x\":1,\"y\":2},\"aa\":3,\"\xc3\xa9\":4}",
		"{\"\xc3\xa9\":4,\"aa\":3,\"a\":{\"y\":2,\"x\":1},\"A\":1}",
		AVOW_JSON_SORTED);
}

static void
puts_string(const char *want, struct avow_span s)
{
	avow_buf_reset(&buf);
	avow_json_put_string(&buf, s);
	assert_span_str(want, avow_buf_span(&buf));
}

static void
escapes_only_what_must_be(void **state)
{
	(void)state;
	puts_string("\"\"", AVOW_LIT(""));
	puts_string("\"a/b\x7f\"", AVOW_LIT("a/b\x7f"));
	puts_string("\"\\\"\\\\\\b\\f\\n\\r\\t\"", AVOW_LIT("\"\\\b\f\n\r\t"));
	puts_string("\"\\u0000\\u001f\"", AVOW_LIT("\0\x1f"));
	puts_string(
		"\"\xc3\xa9\xf0\x9f\x98\x80\"", AVOW_LIT("\xc3\xa9\xf0\x9f\x98\x80"));
	puts_string("\"a\xef\xbf\xbd\xef\xbf\xbdz\"", AVOW_LIT("a\xff\xc3z"));
}

static void
puts_real(const char *want, double v)
{
	avow_buf_reset(&buf);
	avow_json_put_real(&buf, v);
	assert_span_str(want, avow_buf_span(&buf));
}

static void
writes_the_shortest_number(void **state)
{
	(void)state;
	puts_real("5", 5.0);
	puts_real("0", 0.0);
	puts_real("-0.0", -0.0);
	puts_real("0.1", 0.1);
	puts_real("-2.5", -2.5);
	puts_real("0.30000000000000004", 0.1 + 0.2);
	puts_real("0.000001", 1e-6);
	puts_real("1e-7", 1e-7);
	puts_real("1.5e-7", 1.5e-7);
	puts_real("100000000000000000000", 1e20);
	puts_real("1e+21", 1e21);
	puts_real("1152921504606846976", 0x1p60);
	puts_real("-9223372036854775808", -0x1p63);
	puts_real("9223372036854776000", 0x1p63);
	puts_real("123456789012345680000", 123456789012345680000.0);
	puts_real("1.7976931348623157e+308", DBL_MAX);
	puts_real("5e-324", 0x1p-1074);
	puts_real("2.2250738585072014e-308", DBL_MIN);
	puts_real("null", (double)INFINITY);
	puts_real("null", (double)NAN);
}

/* A linear congruence, so that a failure can be found again. */
static void
every_double_reads_back_as_itself(void **state)
{
	uint64_t bits = 0x9e3779b97f4a7c15u;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		const struct avow_json *v;
		double d;

		bits = bits * 6364136223846793005u + 1442695040888963407u;
		memcpy(&d, &bits, sizeof(d));
		if (!isfinite(d))
			continue;
		avow_buf_reset(&buf);
		avow_json_put_real(&buf, d);
		v = tree(avow_buf_span(&buf));
		assert_true(v->real == d);
		avow_arena_reset(&arena);
	}
}

static void
writes_integers_whole(void **state)
{
	(void)state;
	writes("[9223372036854775807,-9223372036854775808,0]",
		"[9223372036854775807,-9223372036854775808,-0]", AVOW_JSON_AS_IS);
}

static void
streams_with_commas_in_place(void **state)
{
	struct avow_jw w;

	(void)state;
	avow_buf_reset(&buf);
	avow_jw_init(&w, &buf);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "a");
	avow_jw_int(&w, 1);
	avow_jw_name(&w, "b");
	avow_jw_open(&w, '[');
	avow_jw_str(&w, "x");
	avow_jw_str(&w, NULL);
	avow_jw_bool(&w, true);
	avow_jw_null(&w);
	avow_jw_hex(&w, AVOW_LIT("\x01\xff"));
	avow_jw_b64url(&w, AVOW_LIT("\xfb\xff"));
	avow_jw_b64(&w, AVOW_LIT("\xfb\xff"));
	avow_jw_raw(&w, AVOW_LIT("{\"r\":0}"));
	avow_jw_value(&w, tree(AVOW_LIT("{\"z\":1,\"y\":2}")), AVOW_JSON_SORTED);
	avow_jw_open(&w, '[');
	avow_jw_close(&w);
	avow_jw_close(&w);
	avow_jw_name_span(&w, AVOW_LIT("c\n"));
	avow_jw_string(&w, AVOW_LIT("d"));
	avow_jw_close(&w);
	assert_ok(buf.err);
	assert_span_str(
		"{\"a\":1,\"b\":[\"x\",null,true,null,\"01ff\",\"-_8\",\"+/8=\",{\"r\":0},"
		"{\"y\":2,\"z\":1},[]],\"c\\n\":\"d\"}",
		avow_buf_span(&buf));
}

static struct avow_jw
stream(const char *opened)
{
	struct avow_jw w;

	avow_buf_reset(&buf);
	avow_jw_init(&w, &buf);
	for (; *opened; opened++)
		avow_jw_open(&w, *opened);
	return w;
}

static void
misuse_of_the_stream_sticks(void **state)
{
	struct avow_jw w = stream("{");

	(void)state;
	avow_jw_int(&w, 1); /* a member without a name */
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("[");
	avow_jw_name(&w, "a"); /* a name in an array */
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("{");
	avow_jw_name(&w, "a");
	avow_jw_name(&w, "b");
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("{");
	avow_jw_name(&w, "a");
	avow_jw_close(&w);
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("");
	avow_jw_close(&w);
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("");
	avow_jw_open(&w, '(');
	assert_err(AVOW_E_INTERNAL, buf.err);
	w = stream("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
	assert_ok(buf.err);
	avow_jw_open(&w, '[');
	assert_err(AVOW_E_INTERNAL, buf.err);
}

static void
stops_at_the_buffer_limit(void **state)
{
	struct avow_buf small;

	(void)state;
	avow_buf_init(&small, 10);
	avow_json_put(
		&small, tree(AVOW_LIT("{\"aaaa\":[1,2,3],\"b\":2}")), AVOW_JSON_SORTED);
	assert_err(AVOW_E_TOO_LARGE, small.err);
	avow_buf_clear(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_trees_compactly),
		cmocka_unit_test(sorts_members_bytewise_at_every_depth),
		cmocka_unit_test(escapes_only_what_must_be),
		cmocka_unit_test(writes_the_shortest_number),
		cmocka_unit_test(every_double_reads_back_as_itself),
		cmocka_unit_test(writes_integers_whole),
		cmocka_unit_test(streams_with_commas_in_place),
		cmocka_unit_test(misuse_of_the_stream_sticks),
		cmocka_unit_test(stops_at_the_buffer_limit),
	};

	return cmocka_run_group_tests_name("wire/json_write", tests, set_up, tear_down);
}
