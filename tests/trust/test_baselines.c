/*
 * Which evaluation data numbers are on offer: verified, current, each once.
 * Verifier bug 10: the number is the signed document's own, and the highest
 * stands for none.
 */
#include "case.h"

#include "trust/baselines.h"

static struct avow_baseline list[AVOW_MAX_BASELINES];
static size_t n;
static uint32_t newest;

static void
find_at(int64_t at_s, enum avow_tee tee)
{
	build();
	assert_ok(avow_baselines_find(
		snapshot, p.anchors, tee, at_s, false, list, &n, &newest));
}

static void
put_number(const char *name, unsigned number, int64_t later_s)
{
	struct doc_spec d = tcb_spec();

	d.number = number;
	d.issue_s += later_s;
	d.next_s += later_s;
	put(name, signed_doc(&p, d, p.signer_key));
}

static void
numbers_are_listed_once_highest_first(void **state)
{
	(void)state;
	put_number("a", 16, 0);
	put_number("b", 19, 0);
	put_number("c", 18, 0);
	put_number("d", 19, -DAY);
	find_at(T0, AVOW_TEE_SGX);
	assert_int_equal(4, n);
	assert_int_equal(19, list[0].number);
	assert_int_equal(18, list[1].number);
	assert_int_equal(17, list[2].number);
	assert_int_equal(16, list[3].number);
	assert_int_equal(1704067200, list[0].tcb_date_s);
	assert_int_equal(19, newest);
}

static void
what_is_not_current_is_not_offered(void **state)
{
	(void)state;
	put_number("old", 20, -60 * DAY);
	put_number("new", 21, 60 * DAY);
	find_at(T0, AVOW_TEE_SGX);
	assert_int_equal(1, n);
	assert_int_equal(17, newest);
	find_at(T0 + 70 * DAY, AVOW_TEE_SGX);
	assert_int_equal(1, n);
	assert_int_equal(21, newest);
}

static void
what_does_not_verify_is_not_offered(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	d.number = 30;
	add("forged", signed_doc(&p, d, p.other_key));
	find_at(T0, AVOW_TEE_SGX);
	assert_int_equal(1, n);
	assert_int_equal(17, newest);
}

static void
each_tee_has_its_own(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	find_at(T0, AVOW_TEE_TDX);
	assert_int_equal(0, n);
	assert_int_equal(0, newest);
	d.is_tdx = true;
	d.number = 22;
	add("tdx", signed_doc(&p, d, p.signer_key));
	find_at(T0, AVOW_TEE_TDX);
	assert_int_equal(1, n);
	assert_int_equal(22, newest);
	find_at(T0, AVOW_TEE_SGX);
	assert_int_equal(17, newest);
}

static void
of_too_many_the_highest_are_kept(void **state)
{
	static char names[AVOW_MAX_BASELINES + 8][8];
	const unsigned more = 24;

	(void)state;
	for (unsigned i = 0; i < more; i++) {
		snprintf(names[i], sizeof(names[i]), "n%u", i);
		put_number(names[i], 100 + (i * 7) % more, 0);
	}
	find_at(T0, AVOW_TEE_SGX);
	assert_int_equal(more + 1, n);
	for (size_t i = 1; i < n; i++)
		assert_true(list[i - 1].number > list[i].number);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(numbers_are_listed_once_highest_first),
		T(what_is_not_current_is_not_offered),
		T(what_does_not_verify_is_not_offered),
		T(each_tee_has_its_own),
		T(of_too_many_the_highest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
