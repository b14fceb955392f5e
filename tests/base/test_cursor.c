/* base/cursor: byte order, the sticking error, and nothing past the end. */
#include "support.h"

#include "base/cursor.h"

static const uint8_t BYTES[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};

static struct avow_cursor
over(size_t n)
{
	return avow_cur(avow_span_make(BYTES, n));
}

static void
reads_both_byte_orders(void **state)
{
	struct avow_cursor c = over(sizeof(BYTES));

	(void)state;
	assert_int_equal(0x01, avow_cur_u8(&c));
	assert_int_equal(0x0302, avow_cur_le16(&c));
	assert_int_equal(0x07060504, avow_cur_le32(&c));
	assert_true(avow_cur_le64(&c) == UINT64_C(0x0f0e0d0c0b0a0908));
	assert_int_equal(0x1011, avow_cur_be16(&c));
	assert_int_equal(0x12131415, avow_cur_be32(&c));
	assert_true(avow_cur_be64(&c) == UINT64_C(0x161718191a1b1c1d));
	assert_true(avow_cur_is_done(&c));
	assert_false(avow_cur_is_bad(&c));
	assert_int_equal(29, avow_cur_offset(&c));
}

static void
a_read_past_the_end_sticks(void **state)
{
	struct avow_cursor c = over(5);

	(void)state;
	assert_int_equal(0x04030201, avow_cur_le32(&c));
	assert_int_equal(0, avow_cur_le16(&c));
	assert_true(avow_cur_is_bad(&c));
	assert_int_equal(4, c.bad_at);
	assert_int_equal(0, avow_cur_u8(&c)); /* though a byte is there */
	assert_int_equal(0, avow_cur_bytes(&c, 0).n);
	assert_int_equal(0, avow_cur_left(&c));
	assert_int_equal(-1, avow_cur_peek(&c));
	assert_int_equal(0, avow_cur_rest(&c).n);
	assert_false(avow_cur_is_done(&c));
	assert_int_equal(4, c.bad_at);
}

static void
every_short_read_fails(void **state)
{
	(void)state;
	for (size_t n = 0; n < 8; n++) {
		struct avow_cursor c = over(n);

		assert_true(avow_cur_le64(&c) == 0);
		assert_true(avow_cur_is_bad(&c));
		c = over(n);
		assert_true(avow_cur_be64(&c) == 0);
		assert_true(avow_cur_is_bad(&c));
		c = over(n);
		avow_cur_skip(&c, SIZE_MAX);
		assert_true(avow_cur_is_bad(&c));
		c = over(n);
		avow_cur_skip(&c, n + 1);
		assert_true(avow_cur_is_bad(&c));
	}
}

static void
a_child_covers_its_bytes_and_no_more(void **state)
{
	struct avow_cursor c = over(10), kid, grandkid;

	(void)state;
	avow_cur_skip(&c, 2);
	kid = avow_cur_sub(&c, 4);
	assert_int_equal(6, avow_cur_offset(&c));
	assert_int_equal(4, avow_cur_left(&kid));
	assert_int_equal(2, avow_cur_offset(&kid));
	assert_int_equal(3, avow_cur_peek(&kid));
	grandkid = avow_cur_sub(&kid, 2);
	avow_cur_skip(&grandkid, 1);
	assert_int_equal(3, avow_cur_offset(&grandkid));
	assert_int_equal(0, avow_cur_be32(&kid));
	assert_int_equal(4, kid.bad_at);
	assert_false(avow_cur_is_bad(&c));
	assert_span(avow_span_make(BYTES + 6, 4), avow_cur_rest(&c));
	assert_true(avow_cur_is_done(&c));
}

static void
a_child_of_too_few_bytes_spoils_both(void **state)
{
	struct avow_cursor c = over(3), kid = avow_cur_sub(&c, 4);

	(void)state;
	assert_true(avow_cur_is_bad(&c));
	assert_true(avow_cur_is_bad(&kid));
	assert_false(avow_cur_is_done(&kid));
	assert_int_equal(0, avow_cur_left(&kid));
	assert_int_equal(0, c.bad_at);
}

static void
empty_input_is_done(void **state)
{
	struct avow_cursor c = avow_cur((struct avow_span){NULL, 0});

	(void)state;
	assert_true(avow_cur_is_done(&c));
	assert_int_equal(-1, avow_cur_peek(&c));
	assert_int_equal(0, avow_cur_bytes(&c, 0).n);
	assert_true(avow_cur_is_done(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_byte_orders),
		cmocka_unit_test(a_read_past_the_end_sticks),
		cmocka_unit_test(every_short_read_fails),
		cmocka_unit_test(a_child_covers_its_bytes_and_no_more),
		cmocka_unit_test(a_child_of_too_few_bytes_spoils_both),
		cmocka_unit_test(empty_input_is_done),
	};

	return cmocka_run_group_tests_name("base/cursor", tests, NULL, NULL);
}
