/* base/buf: bytes arrive in order, the maximum holds, the first error sticks. */
#include "support.h"

#include "base/buf.h"

static void
collects_bytes(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1000);
	assert_int_equal(0, avow_buf_span(&b).n);
	avow_buf_put(&b, AVOW_LIT("ab"));
	avow_buf_put(&b, (struct avow_span){NULL, 0});
	avow_buf_put_str(&b, "cd");
	avow_buf_put_byte(&b, 'e');
	avow_buf_printf(&b, "%d-%s", 7, "x");
	assert_span_str("abcde7-x", avow_buf_span(&b));
	assert_string_equal("abcde7-x", avow_buf_str(&b));
	assert_int_equal(8, b.n);
	avow_buf_clear(&b);
	assert_null(b.p);
	assert_int_equal(1000, b.max);
}

static void
grows_to_its_maximum_and_no_further(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1000);
	for (int i = 0; i < 1000; i++)
		avow_buf_put_byte(&b, (uint8_t)i);
	assert_ok(b.err);
	assert_int_equal(999 & 0xff, b.p[999]);
	assert_non_null(avow_buf_str(&b)); /* the NUL is not counted */
	avow_buf_put_byte(&b, 'x');
	assert_err(AVOW_E_TOO_LARGE, b.err);
	assert_int_equal(1000, b.n);
	assert_null(avow_buf_str(&b));
	avow_buf_clear(&b);
}

static void
the_first_error_sticks_until_reset(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 4);
	avow_buf_put_str(&b, "12345");
	assert_err(AVOW_E_TOO_LARGE, b.err);
	avow_buf_put_str(&b, "1");
	assert_int_equal(0, b.n);
	assert_null(avow_buf_extend(&b, 1));
	avow_buf_reset(&b);
	avow_buf_put_str(&b, "1234");
	assert_ok(b.err);
	assert_span_str("1234", avow_buf_span(&b));
	avow_buf_clear(&b);
}

static void
extend_gives_room_that_counts(void **state)
{
	struct avow_buf b;
	uint8_t *p;

	(void)state;
	avow_buf_init(&b, 600);
	p = avow_buf_extend(&b, 300);
	assert_non_null(p);
	memset(p, 'z', 300);
	assert_int_equal(300, b.n);
	assert_null(avow_buf_extend(&b, SIZE_MAX));
	assert_err(AVOW_E_TOO_LARGE, b.err);
	avow_buf_clear(&b);
}

static void
long_printf_is_not_cut(void **state)
{
	char text[2000];
	struct avow_buf b;

	(void)state;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t n = 505; n < 520; n++) {
		avow_buf_init(&b, 4000);
		avow_buf_printf(&b, "%.*s", (int)n, text);
		assert_int_equal(n, b.n);
		avow_buf_clear(&b);
	}
	avow_buf_init(&b, 4000);
	avow_buf_printf(&b, "%s", text);
	assert_span_str(text, avow_buf_span(&b));
	avow_buf_clear(&b);
}

static void
wipe_leaves_it_usable(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 10);
	avow_buf_wipe(&b);
	avow_buf_put_str(&b, "secret");
	avow_buf_wipe(&b);
	assert_int_equal(0, b.n);
	avow_buf_put_str(&b, "x");
	assert_span_str("x", avow_buf_span(&b));
	avow_buf_clear(&b);
}

static void
grows_in_an_arena_under_both_limits(void **state)
{
	struct avow_arena a;
	struct avow_buf b;

	(void)state;
	avow_arena_init(&a, 4096);
	avow_buf_init_arena(&b, &a, 1000);
	for (int i = 0; i < 1000; i++)
		avow_buf_put_byte(&b, (uint8_t)i);
	assert_ok(b.err);
	assert_int_equal(999 & 0xff, b.p[999]);
	avow_buf_put_byte(&b, 'x');
	assert_err(AVOW_E_TOO_LARGE, b.err);
	avow_buf_clear(&b);
	assert_null(b.p);
	avow_buf_init_arena(&b, &a, 100000);
	while (b.err == AVOW_OK)
		avow_buf_put_str(&b, "0123456789");
	assert_err(AVOW_E_TOO_LARGE, b.err);
	assert_true(a.hit_limit);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_bytes),
		cmocka_unit_test(grows_to_its_maximum_and_no_further),
		cmocka_unit_test(grows_in_an_arena_under_both_limits),
		cmocka_unit_test(the_first_error_sticks_until_reset),
		cmocka_unit_test(extend_gives_room_that_counts),
		cmocka_unit_test(long_printf_is_not_cut),
		cmocka_unit_test(wipe_leaves_it_usable),
	};

	return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
