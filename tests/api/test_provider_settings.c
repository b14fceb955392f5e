/* api/provider_settings: what can be set, and that nothing else can. */
#include "support.h"

#include "api/provider_settings.h"
#include "base/limits.h"
#include "trust/tcb.h"

static struct avow_arena arena;
static struct avow_provider_settings s;
static struct avow_why why;

static enum avow_err
read_text(const char *json)
{
	avow_arena_reset(&arena);
	avow_why_init(&why);
	return avow_provider_settings_read(avow_span_str(json), &arena, &s, &why);
}

static void
nothing_set_leaves_the_services_own(void **state)
{
	(void)state;
	assert_ok(read_text(""));
	assert_false(s.has_accept_tcb || s.has_grace || s.tpm_is_open);
	assert_ok(read_text("{\"acceptedTcbStatuses\":null}"));
	assert_false(s.has_accept_tcb);
}

static void
each_setting_is_read(void **state)
{
	(void)state;
	assert_ok(read_text("{\"acceptedTcbStatuses\":[\"UpToDate\",\"OutOfDate\"],"
			    "\"collateralGrace\":\"36h\","
			    "\"tpmAttestationAuthentication\":\"Disabled\"}"));
	assert_true(s.has_accept_tcb && s.has_grace && s.tpm_is_open);
	assert_int_equal(
		1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_OUT_OF_DATE, s.accept_tcb);
	assert_int_equal(36 * 3600, s.grace_s);
	assert_ok(read_text("{\"tpmAttestationAuthentication\":\"Enabled\"}"));
	assert_false(s.tpm_is_open || s.has_update);
	assert_ok(read_text("{\"collateralUpdate\":\"early\"}"));
	assert_true(s.has_update && s.early);
	assert_ok(read_text("{\"collateralUpdate\":\"standard\"}"));
	assert_true(s.has_update && !s.early);
}

static void
baseline_and_machines_are_read(void **state)
{
	(void)state;
	assert_ok(read_text("{}"));
	assert_false(s.has_baseline || s.has_allow_platform);
	assert_ok(read_text("{\"tcbBaseline\":18,\"allowedPlatforms\":["
			    "\"0123456789ABCDEF\","
			    "\"00112233445566778899aabbccddeeff\"]}"));
	assert_true(s.has_baseline && s.has_allow_platform);
	assert_int_equal(18, s.baseline);
	assert_span_str("\n0123456789abcdef\n00112233445566778899aabbccddeeff\n",
		s.allow_platform);
	assert_ok(read_text("{\"tcbBaseline\":0}"));
	assert_true(s.has_baseline);
	assert_int_equal(0, s.baseline);
}

static void
what_cannot_be_set_is_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"\"x\"",
		"{\"accepted\":1}",
		"{\"AcceptedTcbStatuses\":[\"UpToDate\"]}",
		"{\"acceptedTcbStatuses\":[]}",
		"{\"acceptedTcbStatuses\":\"UpToDate\"}",
		"{\"acceptedTcbStatuses\":[\"Revoked\"]}",
		"{\"acceptedTcbStatuses\":[\"uptodate\"]}",
		"{\"acceptedTcbStatuses\":[1]}",
		"{\"collateralGrace\":36}",
		"{\"collateralUpdate\":\"late\"}",
		"{\"collateralUpdate\":true}",
		"{\"collateralGrace\":\"-1h\"}",
		"{\"collateralGrace\":\"200000d\"}",
		"{\"tcbBaseline\":-1}",
		"{\"tcbBaseline\":1000000000}",
		"{\"tcbBaseline\":1.5}",
		"{\"tcbBaseline\":\"18\"}",
		"{\"allowedPlatforms\":[]}",
		"{\"allowedPlatforms\":\"0123456789abcdef\"}",
		"{\"allowedPlatforms\":[1]}",
		"{\"allowedPlatforms\":[\"0123456789abcde\"]}",
		"{\"allowedPlatforms\":[\"0123456789abcdeg\"]}",
		"{\"tpmAttestationAuthentication\":true}",
		"{\"tpmAttestationAuthentication\":\"off\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_PROVIDER_SETTING, read_text(bad[i]));
	assert_err(AVOW_E_JSON_DUPLICATE,
		read_text("{\"collateralGrace\":\"1h\",\"collateralGrace\":\"2h\"}"));
	assert_err(AVOW_E_JSON_SYNTAX, read_text("{"));
}

static void
what_is_stored_is_canonical(void **state)
{
	struct avow_span out;

	(void)state;
	avow_why_init(&why);
	assert_ok(avow_provider_settings_judge(
		AVOW_LIT(" {\"tpmAttestationAuthentication\" : \"Enabled\","
			 " \"acceptedTcbStatuses\":null, \"collateralGrace\":\"1h\"}"),
		&arena, &out, &why));
	assert_span_str("{\"collateralGrace\":\"1h\","
			"\"tpmAttestationAuthentication\":\"Enabled\"}",
		out);
	assert_ok(avow_provider_settings_judge(AVOW_LIT(""), &arena, &out, &why));
	assert_span_str("{}", out);
	assert_err(AVOW_E_PROVIDER_SETTING,
		avow_provider_settings_judge(
			AVOW_LIT("{\"x\":1}"), &arena, &out, &why));
}

static void
a_text_over_its_limit_is_refused(void **state)
{
	char *text = test_malloc(AVOW_MAX_PROVIDER_SETTINGS + 2);

	(void)state;
	memset(text, ' ', AVOW_MAX_PROVIDER_SETTINGS + 1);
	text[AVOW_MAX_PROVIDER_SETTINGS + 1] = '\0';
	assert_err(AVOW_E_TOO_LARGE, read_text(text));
	test_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_set_leaves_the_services_own),
		cmocka_unit_test(each_setting_is_read),
		cmocka_unit_test(baseline_and_machines_are_read),
		cmocka_unit_test(what_cannot_be_set_is_refused),
		cmocka_unit_test(what_is_stored_is_canonical),
		cmocka_unit_test(a_text_over_its_limit_is_refused),
	};
	int r;

	avow_arena_init(&arena, AVOW_MIB(1));
	r = cmocka_run_group_tests_name("api/provider_settings", tests, NULL, NULL);
	avow_arena_clear(&arena);
	return r;
}
