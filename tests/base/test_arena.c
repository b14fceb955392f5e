/* base/arena: memory is zeroed, aligned, bounded, and all freed at once. */
#include "support.h"

#include "base/arena.h"

static bool
is_zero(const uint8_t *p, size_t n)
{
	return avow_span_all_zero(avow_span_make(p, n));
}

static void
hands_out_zeroed_aligned_memory(void **state)
{
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, 1 << 20);
	for (size_t n = 0; n < 300; n++) {
		uint8_t *p = avow_arena_alloc(&a, n);

		assert_non_null(p);
		assert_int_equal(0, (uintptr_t)p % _Alignof(max_align_t));
		assert_true(is_zero(p, n));
		memset(p, 0xff, n);
	}
	assert_int_equal(299 * 300 / 2, a.used);
	avow_arena_clear(&a);
	assert_int_equal(0, a.used);
	assert_null(a.head);
}

/* Blocks that begin small and double give the same as large ones. */
static void
a_kept_arena_grows_over_many_blocks(void **state)
{
	struct avow_arena a;
	size_t sum = 0;

	(void)state;
	avow_arena_init_kept(&a, 1 << 20);
	for (size_t n = 1; sum + n <= 1 << 20; sum += n, n = n * 3 % 5000 + 1) {
		uint8_t *p = avow_arena_alloc(&a, n);

		assert_non_null(p);
		assert_int_equal(0, (uintptr_t)p % _Alignof(max_align_t));
		assert_true(is_zero(p, n));
		memset(p, 0xff, n);
	}
	assert_int_equal(sum, a.used);
	assert_null(avow_arena_alloc(&a, 5001));
	assert_err(avow_arena_err(&a), AVOW_E_TOO_LARGE);
	avow_arena_clear(&a);
	assert_non_null(avow_arena_alloc(&a, 1 << 20));
	avow_arena_clear(&a);
}

static void
reset_keeps_one_block_and_zeroes_again(void **state)
{
	struct avow_arena a;
	uint8_t *first, *again;

	(void)state;
	avow_arena_init(&a, 1 << 22);
	first = avow_arena_alloc(&a, 100);
	memset(first, 0xff, 100);
	assert_non_null(avow_arena_alloc(&a, 1 << 20));
	avow_arena_reset(&a);
	assert_int_equal(0, a.used);
	again = avow_arena_alloc(&a, 100);
	assert_ptr_equal(first, again);
	assert_true(is_zero(again, 100));
	avow_arena_clear(&a);
	avow_arena_reset(&a);
	assert_null(a.head);
}

static void
its_maximum_is_too_large(void **state)
{
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, 100);
	assert_non_null(avow_arena_alloc(&a, 60));
	assert_null(avow_arena_alloc(&a, 41));
	assert_err(AVOW_E_TOO_LARGE, avow_arena_err(&a));
	assert_non_null(avow_arena_alloc(&a, 40));
	assert_null(avow_arena_alloc(&a, SIZE_MAX));
	assert_err(AVOW_E_TOO_LARGE, avow_arena_err(&a));
	avow_arena_clear(&a);
}

static void
array_refuses_a_product_that_wraps(void **state)
{
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, SIZE_MAX);
	assert_null(avow_arena_array(&a, SIZE_MAX / 2, 3));
	assert_err(AVOW_E_TOO_LARGE, avow_arena_err(&a));
	assert_non_null(avow_arena_array(&a, 3, 8));
	assert_int_equal(24, a.used);
	avow_arena_clear(&a);
}

static void
sizes_near_the_top_do_not_wrap(void **state)
{
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, SIZE_MAX);
	for (size_t n = 0; n < 80; n++)
		assert_null(avow_arena_alloc(&a, SIZE_MAX - n));
	assert_null(avow_arena_alloc(&a, (size_t)PTRDIFF_MAX + 1));
	assert_err(AVOW_E_TOO_LARGE, avow_arena_err(&a));
	assert_int_equal(0, a.used);
	avow_arena_clear(&a);
}

static void
copies_with_a_nul_behind(void **state)
{
	struct avow_arena a;
	struct avow_span s;

	(void)state;
	avow_arena_init(&a, 16);
	s = avow_arena_copy(&a, AVOW_LIT("abc"));
	assert_span_str("abc", s);
	assert_int_equal(0, s.p[3]);
	s = avow_arena_copy(&a, (struct avow_span){NULL, 0});
	assert_non_null(s.p);
	assert_int_equal(0, s.n);
	s = avow_arena_copy(&a, AVOW_LIT("longer than is left"));
	assert_null(s.p);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_zeroed_aligned_memory),
		cmocka_unit_test(a_kept_arena_grows_over_many_blocks),
		cmocka_unit_test(reset_keeps_one_block_and_zeroes_again),
		cmocka_unit_test(its_maximum_is_too_large),
		cmocka_unit_test(array_refuses_a_product_that_wraps),
		cmocka_unit_test(sizes_near_the_top_do_not_wrap),
		cmocka_unit_test(copies_with_a_nul_behind),
	};

	return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
