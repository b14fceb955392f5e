/* base: what held a secret is zero before it is given back. */
#include "support.h"

#include "base/arena.h"
#include "base/buf.h"

static void *last_freed;
static uint8_t freed_bytes[16];
static size_t look_at; /* offset of the secret in the block */

void __real_free(void *p);
void __wrap_free(void *p);

void
__wrap_free(void *p)
{
	if (p && p == last_freed)
		memcpy(freed_bytes, (uint8_t *)p + look_at, sizeof(freed_bytes));
	__real_free(p);
}

static void
wiped_buffer_is_zero(void **state)
{
	const uint8_t zeros[16] = {0};
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 64);
	avow_buf_put_str(&b, "sixteen secrets!");
	last_freed = b.p;
	look_at = 0;
	memset(freed_bytes, 1, sizeof(freed_bytes));
	avow_buf_wipe(&b);
	assert_memory_equal(zeros, freed_bytes, 16);
}

static void
wiped_arena_is_zero(void **state)
{
	const uint8_t zeros[16] = {0};
	struct avow_arena a;
	struct avow_span s;

	(void)state;
	avow_arena_init(&a, 4096);
	s = avow_arena_copy(&a, AVOW_LIT("sixteen secrets!"));
	assert_non_null(s.p);
	last_freed = a.head;
	look_at = (size_t)(s.p - (uint8_t *)a.head);
	memset(freed_bytes, 1, sizeof(freed_bytes));
	avow_arena_wipe(&a);
	assert_memory_equal(zeros, freed_bytes, 16);
	assert_null(a.head);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wiped_buffer_is_zero),
		cmocka_unit_test(wiped_arena_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
