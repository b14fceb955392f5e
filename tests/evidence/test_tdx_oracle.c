/*
 * Avow beside Intel's own Quote Verification Library, on every TDX record of
 * intel-qvl-oracle, as test_sgx_oracle.c does for SGX: where QVL accepts and every
 * document is current, the same status, advisories and number; where it does not,
 * or a document is out of its window, no acceptance. QVL has no rules about debug
 * and migration; those are test_tdx_vectors.c's.
 */
#include "oracle.h"

static bool
is_right_when_strict(struct real *a, const struct record *r, struct avow_span quote)
{
	enum avow_err e;

	a->in.allow_debug = a->in.allow_migration = true;
	e = real_appraise(a, "tdx", quote);
	if (!member_true(r->o, "all_in_window"))
		return e != AVOW_OK;
	if (!member_true(r->o, "qvl_accepts"))
		return e != AVOW_OK && a->f.tcb.known == (a->verified != NULL) &&
		       (!a->verified || member_is(r->o, "tcb_status", a->f.tcb.status));
	return e == AVOW_OK && agrees(a, r->o);
}

static void
gives_the_verdict_of_qvl_or_a_stricter_one(void **state)
{
	(void)state;
	all_records_are_right("TDX", is_right_when_strict, 86);
}

/* QVL's word for the end of a record, where all is issued and age is no matter. */
static enum avow_err
expected_with_grace(const struct record *r)
{
	if (member_is(r->o, "tcb_status", "NotSupported"))
		return AVOW_E_TCB_UNKNOWN;
	return AVOW_OK;
}

static bool
is_right_with_grace(struct real *a, const struct record *r, struct avow_span quote)
{
	enum avow_err e;

	a->in.allow_debug = a->in.allow_migration = true;
	a->in.grace_s = ANY_AGE;
	a->in.at_s = when_all_is_issued(r);
	e = real_appraise(a, "tdx", quote);
	return e == expected_with_grace(r) && a->verified &&
	       member_is(r->o, "tcb_status", a->f.tcb.status) &&
	       (e != AVOW_OK || agrees(a, r->o));
}

static void
finds_the_status_of_qvl_for_every_genuine_quote(void **state)
{
	(void)state;
	all_records_are_right("TDX", is_right_with_grace, 0);
}

/* Relaunch-advised is a status like others: refused unless it is accepted. */
static bool
is_right_by_default(struct real *a, const struct record *r, struct avow_span quote)
{
	enum avow_err e, expected;
	bool up = member_is(r->o, "tcb_status", "UpToDate");

	a->in.allow_debug = a->in.allow_migration = true;
	a->in.grace_s = ANY_AGE;
	a->in.at_s = when_all_is_issued(r);
	a->in.accept_tcb = DEFAULT_ACCEPTED;
	e = real_appraise(a, "tdx", quote);
	expected = expected_with_grace(r);
	if (expected == AVOW_OK && !up)
		expected = AVOW_E_TCB_NOT_ACCEPTED;
	return e == expected && a->verified && a->f.tcb.known;
}

static void
refuses_a_status_that_is_not_accepted_and_still_tells_it(void **state)
{
	(void)state;
	all_records_are_right("TDX", is_right_by_default, 0);
}

static void
accepts_with_each_ready_folder(void **state)
{
	(void)state;
	each_folder("TDX", "collateral", true, 1);
}

static void
refuses_with_each_folder_with_which_qvl_refuses(void **state)
{
	(void)state;
	each_folder("TDX", "collateral-refused", false, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_verdict_of_qvl_or_a_stricter_one),
		cmocka_unit_test(finds_the_status_of_qvl_for_every_genuine_quote),
		cmocka_unit_test(
			refuses_a_status_that_is_not_accepted_and_still_tells_it),
		cmocka_unit_test(accepts_with_each_ready_folder),
		cmocka_unit_test(refuses_with_each_folder_with_which_qvl_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
