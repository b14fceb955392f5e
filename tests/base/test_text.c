/* base/hex, base/base64, base/utf8: strict text forms, each one way only. */
#include "support.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

static struct avow_arena arena;
static struct avow_buf buf;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, 1 << 20);
	avow_buf_init(&buf, 1 << 20);
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

static void
hex_both_ways(void **state)
{
	uint8_t out[3];
	char text[7];

	(void)state;
	avow_hex_encode(AVOW_LIT("\x00\x9f\xff"), text);
	assert_string_equal("009fff", text);
	avow_buf_reset(&buf);
	avow_hex_put(&buf, AVOW_LIT("\xab\x01"));
	assert_span_str("ab01", avow_buf_span(&buf));
	assert_ok(avow_hex_decode(AVOW_LIT("00aFFf"), out, 3));
	assert_memory_equal("\x00\xaf\xff", out, 3);
	assert_ok(avow_hex_decode(AVOW_LIT(""), out, 0));
}

static void
hex_refuses_other_text(void **state)
{
	uint8_t out[3];

	(void)state;
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("0011"), out, 3));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("00112"), out, 2));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("001122"), out, 2));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("00g1"), out, 2));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("0x11"), out, 2));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT("00 1"), out, 2));
	assert_err(AVOW_E_HEX, avow_hex_decode(AVOW_LIT(""), out, SIZE_MAX));
	assert_true(avow_hex_is(AVOW_LIT("aB09")));
	assert_false(avow_hex_is(AVOW_LIT("")));
	assert_false(avow_hex_is(AVOW_LIT("abc")));
	assert_false(avow_hex_is(AVOW_LIT("@/")));
}

/* RFC 4648, 10 */
static void
base64_known_answers(void **state)
{
	static const char *const plain[] = {
		"", "f", "fo", "foo", "foob", "fooba", "foobar"};
	static const char *const text[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
	struct avow_span out;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		avow_buf_reset(&buf);
		avow_b64_put(&buf, avow_span_str(plain[i]));
		assert_span_str(text[i], avow_buf_span(&buf));
		assert_ok(avow_b64_decode_lenient(
			avow_span_str(text[i]), 6, &arena, &out));
		assert_span_str(plain[i], out);
	}
	avow_buf_reset(&buf);
	avow_b64url_put(&buf, AVOW_LIT("\xfb\xff\xfe\xff"));
	assert_span_str("-__-_w", avow_buf_span(&buf));
	avow_buf_reset(&buf);
	avow_b64_put(&buf, AVOW_LIT("\xfb\xff\xfe\xff"));
	assert_span_str("+//+/w==", avow_buf_span(&buf));
}

static void
url(enum avow_err e, const char *text)
{
	struct avow_span out = AVOW_LIT("x");

	assert_err(e, avow_b64url_decode(avow_span_str(text), 100, &arena, &out));
	if (e != AVOW_OK)
		assert_int_equal(0, out.n);
}

static void
base64url_is_canonical_and_unpadded(void **state)
{
	(void)state;
	url(AVOW_OK, "");
	url(AVOW_OK, "-__-_w");
	url(AVOW_OK, "Zg");
	url(AVOW_E_BASE64, "Zg==");
	url(AVOW_E_BASE64, "+//+/w");
	url(AVOW_E_BASE64, "Z");
	url(AVOW_E_BASE64, "Zm9vZ");
	url(AVOW_E_BASE64, "Zh"); /* trailing bits, RFC 4648, 3.5 */
	url(AVOW_E_BASE64, "Zm9");
	url(AVOW_E_BASE64, "Zm 9");
	url(AVOW_E_BASE64, "Zm9v\n");
	url(AVOW_E_BASE64, "Zm\xc3\xa9");
}

static void
lenient(enum avow_err e, const char *text)
{
	struct avow_span out = AVOW_LIT("x");

	assert_err(e, avow_b64_decode_lenient(avow_span_str(text), 100, &arena, &out));
	if (e != AVOW_OK)
		assert_int_equal(0, out.n);
}

static void
lenient_takes_either_alphabet_and_padding(void **state)
{
	(void)state;
	lenient(AVOW_OK, "Zg");
	lenient(AVOW_OK, "Zg==");
	lenient(AVOW_OK, "Zm8=");
	lenient(AVOW_OK, "-_+/");
	lenient(AVOW_E_BASE64, "Zg=");
	lenient(AVOW_E_BASE64, "Zm9v=");
	lenient(AVOW_E_BASE64, "Zm9v====");
	lenient(AVOW_E_BASE64, "Z===");
	lenient(AVOW_E_BASE64, "====");
	lenient(AVOW_E_BASE64, "=");
	lenient(AVOW_E_BASE64, "Zg==Zg==");
	lenient(AVOW_E_BASE64, "Zh==");
	lenient(AVOW_E_BASE64, "Zm9v Zg");
}

static void
base64_judges_size_before_it_writes(void **state)
{
	struct avow_arena small;
	struct avow_span out;

	(void)state;
	assert_ok(avow_b64url_decode(AVOW_LIT("Zm9v"), 3, &arena, &out));
	assert_err(AVOW_E_TOO_LARGE,
		avow_b64url_decode(AVOW_LIT("Zm9v"), 2, &arena, &out));
	assert_err(AVOW_E_TOO_LARGE,
		avow_b64_decode_lenient(AVOW_LIT("Zm9vZg=="), 3, &arena, &out));
	avow_arena_init(&small, 2);
	assert_err(AVOW_E_TOO_LARGE,
		avow_b64url_decode(AVOW_LIT("Zm9v"), 9, &small, &out));
	avow_arena_clear(&small);
}

static void
base64_round_trip_of_every_length(void **state)
{
	uint8_t bytes[130];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 11);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		struct avow_span in = avow_span_make(bytes, n), out;

		avow_buf_reset(&buf);
		avow_b64url_put(&buf, in);
		assert_ok(avow_b64url_decode(avow_buf_span(&buf), n, &arena, &out));
		assert_span(in, out);
		avow_buf_reset(&buf);
		avow_b64_put(&buf, in);
		assert_ok(
			avow_b64_decode_lenient(avow_buf_span(&buf), n, &arena, &out));
		assert_span(in, out);
	}
}

/* Each byte at each place of groups, of blocks of many groups and of both tails,
 * under both readers. The last symbol's unused bits are zero in 'A' alone. */
static void
base64_judges_each_symbol_at_each_place(void **state)
{
	static const char common[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char text[79];

	(void)state;
	for (size_t n = 12; n <= 79; n = n == 15 ? 76 : n + 1)
		for (size_t at = 0; n % 4 != 1 && at < n; at++)
			for (unsigned c = 1; c < 256; c++) {
				bool last = at + 1 == n && n % 4, dash, plus;
				struct avow_span in = {(const uint8_t *)text, n}, out;
				enum avow_err url, any;

				avow_arena_reset(&arena);
				memset(text, 'A', sizeof(text));
				text[at] = (char)c;
				dash = c == '-' || c == '_' || strchr(common, (int)c);
				plus = dash || c == '+' || c == '/';
				any = avow_b64_decode_lenient(in, 100, &arena, &out);
				url = avow_b64url_decode(in, 100, &arena, &out);
				if (c == '=')
					continue; /* padding: see above */
				if (!last)
					assert_err(dash ? AVOW_OK : AVOW_E_BASE64, url);
				if (!last)
					assert_err(plus ? AVOW_OK : AVOW_E_BASE64, any);
				if (url == AVOW_OK) {
					avow_buf_reset(&buf);
					avow_b64url_put(&buf, out);
					assert_span(in, avow_buf_span(&buf));
				}
				if (last && !dash)
					assert_err(AVOW_E_BASE64, url);
				if (last && !plus)
					assert_err(AVOW_E_BASE64, any);
			}
}

static void
utf8_decodes_each_length(void **state)
{
	uint32_t cp;

	(void)state;
	assert_int_equal(1, avow_utf8_decode(AVOW_LIT("\x7f"), &cp));
	assert_int_equal(2, avow_utf8_decode(AVOW_LIT("\xc2\x80"), &cp));
	assert_int_equal(0x80, cp);
	assert_int_equal(3, avow_utf8_decode(AVOW_LIT("\xe0\xa0\x80"), &cp));
	assert_int_equal(0x800, cp);
	assert_int_equal(3, avow_utf8_decode(AVOW_LIT("\xed\x9f\xbf"), &cp));
	assert_int_equal(0xd7ff, cp);
	assert_int_equal(4, avow_utf8_decode(AVOW_LIT("\xf4\x8f\xbf\xbf"), &cp));
	assert_int_equal(0x10ffff, cp);
	assert_int_equal(0, avow_utf8_decode(AVOW_LIT(""), &cp));
}

static void
utf8_refuses_ill_formed_bytes(void **state)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf",
		"\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xe1\x80", "\xe1\x80\x7f", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf1\x80\x80", "\xff", "\xfe"};
	uint32_t cp;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(0, avow_utf8_decode(avow_span_str(bad[i]), &cp));
		assert_false(avow_utf8_is_valid(avow_span_str(bad[i])));
	}
	assert_true(avow_utf8_is_valid(AVOW_LIT("a\0\xc3\xa9")));
	assert_true(avow_utf8_is_valid(AVOW_LIT("")));
	assert_false(avow_utf8_is_valid(AVOW_LIT("abc\xc3")));
}

static void
utf8_round_trip_of_every_code_point(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x110000; cp++) {
		bool is_bad = cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff);
		uint8_t out[4];
		uint32_t back;
		size_t n = avow_utf8_encode(cp, out);

		if (avow_utf8_decode(avow_span_make(out, n), &back) != n ||
			back != (is_bad ? 0xfffd : cp))
			fail_msg("U+%04x", cp);
	}
	avow_buf_reset(&buf);
	avow_utf8_put(&buf, 0xe9);
	avow_utf8_put(&buf, 0xd800);
	assert_span_str("\xc3\xa9\xef\xbf\xbd", avow_buf_span(&buf));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_both_ways),
		cmocka_unit_test(hex_refuses_other_text),
		cmocka_unit_test(base64_known_answers),
		cmocka_unit_test(base64url_is_canonical_and_unpadded),
		cmocka_unit_test(lenient_takes_either_alphabet_and_padding),
		cmocka_unit_test(base64_judges_size_before_it_writes),
		cmocka_unit_test(base64_round_trip_of_every_length),
		cmocka_unit_test(base64_judges_each_symbol_at_each_place),
		cmocka_unit_test(utf8_decodes_each_length),
		cmocka_unit_test(utf8_refuses_ill_formed_bytes),
		cmocka_unit_test(utf8_round_trip_of_every_code_point),
	};

	return cmocka_run_group_tests_name("base/text", tests, set_up, tear_down);
}
