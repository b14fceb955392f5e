/* The bounded memory: what it holds, what it forgets, what it frees. */
#include "support.h"

#include "evidence/memo.h"

static int freed;

static void
count_free(void *p)
{
	freed++;
	free(p);
}

static const uint8_t *
key_of(unsigned n)
{
	static uint8_t key[32];

	memset(key, 0, sizeof(key));
	memcpy(key + 16, &n, sizeof(n)); /* all in one bucket */
	return key;
}

static void *
value(int n)
{
	int *v = malloc(sizeof(*v));

	assert_non_null(v);
	*v = n;
	return v;
}

static void
finds_what_was_put_and_nothing_else(void **state)
{
	struct avow_memo *m;

	(void)state;
	freed = 0;
	assert_ok(avow_memo_new(8, count_free, &m));
	assert_null(avow_memo_get(m, key_of(1)));
	avow_memo_put(m, key_of(1), value(10));
	avow_memo_put(m, key_of(2), value(20));
	assert_int_equal(10, *(int *)avow_memo_get(m, key_of(1)));
	assert_int_equal(20, *(int *)avow_memo_get(m, key_of(2)));
	assert_null(avow_memo_get(m, key_of(3)));
	assert_int_equal(2, avow_memo_count(m));
	avow_memo_free(m);
	assert_int_equal(2, freed);
}

static void
replaces_and_frees_the_old_value(void **state)
{
	struct avow_memo *m;

	(void)state;
	freed = 0;
	assert_ok(avow_memo_new(8, count_free, &m));
	avow_memo_put(m, key_of(1), value(10));
	avow_memo_put(m, key_of(1), value(11));
	assert_int_equal(1, freed);
	assert_int_equal(11, *(int *)avow_memo_get(m, key_of(1)));
	assert_int_equal(1, avow_memo_count(m));
	avow_memo_free(m);
}

static void
drops_the_entry_unused_for_longest(void **state)
{
	struct avow_memo *m;

	(void)state;
	freed = 0;
	assert_ok(avow_memo_new(3, count_free, &m));
	for (int i = 1; i <= 3; i++)
		avow_memo_put(m, key_of((unsigned)i), value(i));
	assert_non_null(avow_memo_get(m, key_of(1)));
	avow_memo_put(m, key_of(4), value(4));
	assert_int_equal(1, freed);
	assert_null(avow_memo_get(m, key_of(2)));
	assert_non_null(avow_memo_get(m, key_of(1)));
	assert_non_null(avow_memo_get(m, key_of(3)));
	assert_non_null(avow_memo_get(m, key_of(4)));
	assert_int_equal(3, avow_memo_count(m));
	avow_memo_free(m);
	assert_int_equal(4, freed);
}

/* The order of use, kept beside it in the plainest way. */
static void
keeps_the_order_of_use_over_many_turns(void **state)
{
	enum { ROOM = 5, KEYS = 12 };
	unsigned order[ROOM], n = 0, seed = 1;
	struct avow_memo *m;

	(void)state;
	assert_ok(avow_memo_new(ROOM, count_free, &m));
	for (int turn = 0; turn < 20000; turn++) {
		unsigned k, at = 0;

		seed = seed * 1103515245u + 12345u;
		k = (seed >> 16) % KEYS;
		while (at < n && order[at] != k)
			at++;
		assert_int_equal(at < n, avow_memo_get(m, key_of(k)) != NULL);
		if (at == n) {
			avow_memo_put(m, key_of(k), value((int)k));
			at = n < ROOM ? n++ : ROOM - 1;
		}
		memmove(order + 1, order, at * sizeof(order[0]));
		order[0] = k;
		assert_int_equal(n, avow_memo_count(m));
	}
	avow_memo_free(m);
}

static void
holds_one_entry_at_least(void **state)
{
	struct avow_memo *m;

	(void)state;
	assert_ok(avow_memo_new(0, count_free, &m));
	avow_memo_put(m, key_of(1), value(1));
	avow_memo_put(m, key_of(2), value(2));
	assert_null(avow_memo_get(m, key_of(1)));
	assert_int_equal(2, *(int *)avow_memo_get(m, key_of(2)));
	avow_memo_free(m);
	avow_memo_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put_and_nothing_else),
		cmocka_unit_test(replaces_and_frees_the_old_value),
		cmocka_unit_test(drops_the_entry_unused_for_longest),
		cmocka_unit_test(keeps_the_order_of_use_over_many_turns),
		cmocka_unit_test(holds_one_entry_at_least),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
