/* The runner of named checks: order, results, and which error is told. */
#include "support.h"

#include "evidence/checks.h"

static int ran[8];
static int n_ran;

static enum avow_err
step(int id, enum avow_err e, struct avow_why *why)
{
	static const struct avow_at at = {"inner", "field", "source"};

	ran[n_ran++] = id;
	return e == AVOW_OK ? e : avow_refuse(why, e, &at, "x", "%d", id);
}

static enum avow_err
passes(void *ctx, struct avow_why *why)
{
	(void)ctx;
	return step(1, AVOW_OK, why);
}

static enum avow_err
refuses(void *ctx, struct avow_why *why)
{
	(void)ctx;
	return step(2, AVOW_E_QUOTE_SIGNATURE, why);
}

static enum avow_err
lacks_crl(void *ctx, struct avow_why *why)
{
	(void)ctx;
	return step(3, AVOW_E_CRL_ABSENT, why);
}

static enum avow_err
lacks_tcb_info(void *ctx, struct avow_why *why)
{
	(void)ctx;
	return step(4, AVOW_E_TCB_INFO_ABSENT, why);
}

static enum avow_err
fails_in_silence(void *ctx, struct avow_why *why)
{
	(void)ctx;
	(void)why;
	return AVOW_E_NO_MEMORY;
}

static bool
never(const void *ctx)
{
	(void)ctx;
	return false;
}

#define P                                                                              \
	{                                                                              \
		"p", passes, NULL, false                                               \
	}
#define R                                                                              \
	{                                                                              \
		"r", refuses, NULL, false                                              \
	}
#define C                                                                              \
	{                                                                              \
		"c", lacks_crl, NULL, false                                            \
	}
#define T                                                                              \
	{                                                                              \
		"t", lacks_tcb_info, NULL, false                                       \
	}
#define NEEDS                                                                          \
	{                                                                              \
		"needs", passes, NULL, true                                            \
	}
#define NEVER                                                                          \
	{                                                                              \
		"never", refuses, never, false                                         \
	}

static struct avow_findings f;
static struct avow_why why;

static enum avow_err
run(const struct avow_check_def *list, size_t n)
{
	size_t at;

	memset(&f, 0, sizeof(f));
	avow_why_init(&why);
	n_ran = 0;
	at = avow_checks_declare(&f, list, n);
	return avow_checks_run(&f, at, list, n, NULL, &why);
}

static void
assert_results(const char *expected)
{
	char got[AVOW_MAX_CHECKS + 1] = "";

	for (size_t i = 0; i < f.n_checks; i++)
		got[i] = "-pfu/"[f.checks[i].result];
	assert_string_equal(expected, got);
}

static void
passes_only_when_every_check_has(void **state)
{
	const struct avow_check_def list[] = {P, P, NEVER};

	(void)state;
	assert_ok(run(list, 3));
	assert_results("pp/");
	assert_int_equal(2, n_ran);
	assert_err(AVOW_OK, why.code);
}

static void
ends_at_the_first_refusal_and_names_the_check(void **state)
{
	const struct avow_check_def list[] = {P, R, P};

	(void)state;
	assert_err(AVOW_E_QUOTE_SIGNATURE, run(list, 3));
	assert_results("pf-");
	assert_string_equal("r", why.check);
	assert_string_equal("field", why.field);
	assert_string_equal("2", why.got);
}

static void
goes_on_behind_an_undecided_check_but_not_with_what_needs_it(void **state)
{
	const struct avow_check_def list[] = {C, NEEDS, P, T};

	(void)state;
	assert_err(AVOW_E_CRL_ABSENT, run(list, 4));
	assert_results("u-pu");
	assert_string_equal("c", why.check);
	assert_string_equal("3", why.got);
}

static void
a_refusal_wins_over_could_not_decide(void **state)
{
	const struct avow_check_def list[] = {T, P, R, P};

	(void)state;
	assert_err(AVOW_E_QUOTE_SIGNATURE, run(list, 4));
	assert_results("upf-");
	assert_string_equal("r", why.check);
}

/* bug class 3: a path that fails without a reason must not end in a yes */
static void
an_error_without_a_reason_is_still_an_error(void **state)
{
	const struct avow_check_def list[] = {{"m", fails_in_silence, NULL, false}, P};

	(void)state;
	assert_err(AVOW_E_NO_MEMORY, run(list, 2));
	assert_results("f-");
	assert_err(AVOW_E_NO_MEMORY, why.code);
	assert_string_equal("m", why.check);
	memset(&f, 0, sizeof(f));
	assert_err(
		AVOW_E_NO_MEMORY, avow_checks_run(&f, avow_checks_declare(&f, list, 2),
					  list, 2, NULL, NULL));
}

static void
a_list_that_was_not_declared_denies(void **state)
{
	const struct avow_check_def list[] = {P};
	struct avow_check_def many[AVOW_MAX_CHECKS + 1];

	(void)state;
	memset(&f, 0, sizeof(f));
	assert_err(AVOW_E_INTERNAL, avow_checks_run(&f, 0, list, 1, NULL, NULL));
	assert_err(AVOW_E_INTERNAL, avow_checks_run(&f, SIZE_MAX, list, 1, NULL, NULL));
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = list[0];
	assert_true(avow_checks_declare(&f, many, AVOW_MAX_CHECKS + 1) == SIZE_MAX);
	assert_int_equal(0, f.n_checks);
}

static void
results_have_names(void **state)
{
	(void)state;
	assert_string_equal(
		"not reached", avow_check_result_name(AVOW_CHECK_NOT_REACHED));
	assert_string_equal("passed", avow_check_result_name(AVOW_CHECK_PASSED));
	assert_string_equal("failed", avow_check_result_name(AVOW_CHECK_FAILED));
	assert_string_equal("undecided", avow_check_result_name(AVOW_CHECK_UNDECIDED));
	assert_string_equal(
		"not applicable", avow_check_result_name(AVOW_CHECK_NOT_APPLICABLE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes_only_when_every_check_has),
		cmocka_unit_test(ends_at_the_first_refusal_and_names_the_check),
		cmocka_unit_test(
			goes_on_behind_an_undecided_check_but_not_with_what_needs_it),
		cmocka_unit_test(a_refusal_wins_over_could_not_decide),
		cmocka_unit_test(an_error_without_a_reason_is_still_an_error),
		cmocka_unit_test(a_list_that_was_not_declared_denies),
		cmocka_unit_test(results_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
