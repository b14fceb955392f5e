/* base/table: what is set is found, replaced, removed and walked once. */
#include "support.h"

#include "base/table.h"

static int freed;

static void
count_free(void *p)
{
	(void)p;
	freed++;
}

static struct avow_span
key_of(int i, char text[32])
{
	snprintf(text, 32, "key-%d", i);
	return avow_span_str(text);
}

static void
sets_gets_and_removes_many(void **state)
{
	struct avow_table *t;
	static int values[2000];
	char text[32];

	(void)state;
	assert_ok(avow_table_new(&t));
	for (int i = 0; i < 2000; i++)
		assert_ok(avow_table_set(t, key_of(i, text), &values[i], NULL));
	assert_int_equal(2000, avow_table_count(t));
	for (int i = 0; i < 2000; i += 2)
		assert_ptr_equal(&values[i], avow_table_remove(t, key_of(i, text)));
	assert_null(avow_table_remove(t, key_of(0, text)));
	for (int i = 0; i < 2000; i++)
		assert_ptr_equal(
			i % 2 ? &values[i] : NULL, avow_table_get(t, key_of(i, text)));
	assert_int_equal(1000, avow_table_count(t));
	avow_table_free(t, NULL);
}

static void
replaces_and_hands_back_the_old(void **state)
{
	struct avow_table *t;
	int a, b;
	void *old = &a;

	(void)state;
	assert_ok(avow_table_new(&t));
	assert_ok(avow_table_set(t, AVOW_LIT("k"), &a, &old));
	assert_null(old);
	assert_ok(avow_table_set(t, AVOW_LIT("k"), &b, &old));
	assert_ptr_equal(&a, old);
	assert_ptr_equal(&b, avow_table_get(t, AVOW_LIT("k")));
	assert_int_equal(1, avow_table_count(t));
	avow_table_free(t, NULL);
}

static void
keys_are_bytes_and_are_copied(void **state)
{
	struct avow_table *t;
	uint8_t key[] = {0, 1, 0};
	int a, b;

	(void)state;
	assert_ok(avow_table_new(&t));
	assert_ok(avow_table_set(t, avow_span_make(key, 3), &a, NULL));
	assert_ok(avow_table_set(t, (struct avow_span){NULL, 0}, &b, NULL));
	key[0] = 9;
	assert_null(avow_table_get(t, avow_span_make(key, 3)));
	assert_ptr_equal(&a, avow_table_get(t, AVOW_LIT("\0\1\0")));
	assert_ptr_equal(&b, avow_table_get(t, AVOW_LIT("")));
	assert_null(avow_table_get(t, AVOW_LIT("\0\1")));
	avow_table_free(t, NULL);
}

/* Marks of removed keys must not fill the table: a probe would never end. */
static void
churn_does_not_fill_it(void **state)
{
	struct avow_table *t;
	char text[32];
	int v;

	(void)state;
	assert_ok(avow_table_new(&t));
	for (int i = 0; i < 5000; i++) {
		assert_ok(avow_table_set(t, key_of(i, text), &v, NULL));
		assert_ptr_equal(&v, avow_table_remove(t, key_of(i, text)));
	}
	assert_int_equal(0, avow_table_count(t));
	assert_null(avow_table_get(t, AVOW_LIT("absent")));
	avow_table_free(t, NULL);
}

static void
walks_each_entry_once(void **state)
{
	struct avow_table *t;
	bool seen[100] = {false};
	struct avow_span key;
	char text[32];
	size_t it = 0, n = 0;
	void *value;

	(void)state;
	assert_ok(avow_table_new(&t));
	for (int i = 0; i < 100; i++)
		assert_ok(avow_table_set(t, key_of(i, text), &seen[i], NULL));
	for (; avow_table_next(t, &it, &key, &value); n++) {
		bool *s = value;

		assert_false(*s);
		*s = true;
		assert_ptr_equal(value, avow_table_get(t, key));
	}
	assert_int_equal(100, n);
	freed = 0;
	avow_table_free(t, count_free);
	assert_int_equal(100, freed);
	avow_table_free(NULL, count_free);
	assert_int_equal(100, freed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_gets_and_removes_many),
		cmocka_unit_test(replaces_and_hands_back_the_old),
		cmocka_unit_test(keys_are_bytes_and_are_copied),
		cmocka_unit_test(churn_does_not_fill_it),
		cmocka_unit_test(walks_each_entry_once),
	};

	return cmocka_run_group_tests_name("base/table", tests, NULL, NULL);
}
