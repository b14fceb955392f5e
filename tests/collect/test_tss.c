/* The TPM that cannot be reached; what one gives is tested with swtpm, end to end. */
#include "support.h"

#include "collect/collect.h"

static void
a_tpm_that_cannot_be_reached_is_said(void **state)
{
	const struct avow_collect_tpm options = {.tcti = "no-such-transport"};
	struct avow_tss *t;
	struct avow_why why;
	enum avow_err e;

	(void)state;
	setenv("TSS2_LOG", "all+none", 1);
	avow_why_init(&why);
	e = avow_tss_open(&options, &t, &why);
	if (e == AVOW_E_COLLECT_ABSENT)
		skip(); /* built without tpm2-tss */
	assert_err(AVOW_E_COLLECT_TPM, e);
	assert_string_equal("TCTI", why.field);
	assert_null(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tpm_that_cannot_be_reached_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
