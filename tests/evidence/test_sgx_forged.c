/*
 * Forged quotes, each with exactly one thing wrong: each is refused with exactly
 * its own code, by the check that it is about. Bug classes of verifiers that
 * others have had are named where they are.
 */
#include "forged.h"

static struct forged w;

/* --- what is right ------------------------------------------------------------------- */

static void
accepts_what_is_right_in_all_three_wrappers(void **state)
{
	(void)state;
	forged_init(&w);
	forged_make(&w);
	w.in.runtime = (struct avow_bound_data){
		true, avow_forged_get(w.files, "runtime.bin"), false};
	assert_ok(forged_appraise(&w, "quote.bin"));
	assert_string_equal("UpToDate", w.f.tcb.status);
	for (size_t i = 0; i < w.f.n_checks; i++)
		assert_true(w.f.checks[i].result == AVOW_CHECK_PASSED ||
			    w.f.checks[i].result == AVOW_CHECK_NOT_APPLICABLE);
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "runtime_data"));
	assert_int_equal(
		AVOW_CHECK_NOT_APPLICABLE, forged_result(&w, "init_time_data"));
	assert_int_equal(AVOW_CHECK_NOT_APPLICABLE, forged_result(&w, "custom_claims"));
	assert_ok(forged_appraise(&w, "report.bin"));
	assert_ok(forged_appraise(&w, "evidence.bin"));
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "custom_claims"));
	forged_clear(&w);
}

static void
accepts_every_form_that_real_quotes_have(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 48; i++) {
		forged_init(&w);
		w.p.order = (enum avow_forge_order)(i % 3);
		w.p.chain_nul = i / 3 % 2;
		w.p.pck_ca =
			i / 6 % 2 ? AVOW_FORGE_PLATFORM_CA : AVOW_FORGE_PROCESSOR_CA;
		w.p.auth_data_bytes = i / 12 % 2 ? 0 : 32;
		w.p.tcb_info_version = i / 24 % 2 ? 2 : 3;
		forged_make(&w);
		assert_ok(forged_appraise(&w, "quote.bin"));
		forged_clear(&w);
	}
}

/* --- one deviation each ------------------------------------------------------------------ */

/* Runtime and init data are given where they are what deviates. */
static void
make_deviation(const struct avow_forge_deviation *d)
{
	forged_init(&w);
	w.p.corrupt = d->name;
	forged_make(&w);
	if (strncmp(d->name, "runtime.", 8) == 0)
		w.in.runtime = (struct avow_bound_data){true,
			avow_forged_get(w.files, "runtime.bin"),
			strcmp(d->name, "runtime.not_json") == 0};
	if (strncmp(d->name, "init.", 5) == 0)
		w.in.init = (struct avow_bound_data){
			true, avow_forged_get(w.files, "init.bin"), false};
}

static void
appraise_deviation(const struct avow_forge_deviation *d)
{
	make_deviation(d);
	if (forged_appraise(&w, d->evidence) != d->refused_with)
		fail_msg("%s: expected %s, got %s (%s)", d->name,
			avow_err_name(d->refused_with), avow_err_name(w.why.code),
			w.why.field);
}

static void
refuses_each_deviation_with_its_own_code(void **state)
{
	const struct avow_forge_deviation *d;
	size_t n = 0;

	(void)state;
	for (; (d = avow_forge_deviation_at(n)) != NULL; n++) {
		appraise_deviation(d);
		forged_clear(&w);
	}
	assert_true(n > 150);
}

/* What other verifiers have let through, by its number in the list of bug classes
 * that this project keeps: each has a forged quote that shows it. */
static const struct {
	int bug;
	const char *deviation;
} known_bugs[] = {{1, "quote.signature"}, {1, "quote.signature_zero"},
	{1, "quote.other_key"}, {1, "qe_report.signature"},
	{1, "qe_report.signature_zero"}, {4, "qe_identity.signature"},
	{4, "qe_identity.other_key"}, {4, "qe_identity.body"}, {4, "qe.mrsigner"},
	{4, "qe.isvprodid"}, {4, "qe.isvsvn"}, {4, "qe.debug"}, {5, "qe.revoked"},
	{8, "tcb_info.expired"}, {8, "qe_identity.expired"}, {8, "crl.pck.expired"},
	{8, "crl.root.expired"}, {9, "tcb_info.fmspc"}, {9, "tcb_info.pce_id"},
	{11, "tcb_info.components_15"}, {11, "tcb_info.components_17"},
	{11, "sgx_extension.components_15"}, {12, "tcb_info.reformatted"},
	{12, "tcb_info.trailing"}, {12, "qe_identity.reformatted"},
	{12, "qe_identity.trailing"}, {17, "crl.pck.signature"},
	{17, "crl.root.other_key"}, {18, "crl.pck.absent"}, {18, "pck.revoked"},
	{18, "pck_ca.revoked"}, {19, "runtime.body"}, {19, "oe.custom_claims"},
	{32, "pck_ca.not_ca"}, {32, "pck_ca.no_basic_constraints"},
	{32, "root.path_length"}, {32, "pck_ca.key_usage"}, {32, "pck.is_ca"},
	{32, "pck.name"}, {32, "pck.critical"}};

static void
has_none_of_the_bugs_that_others_had(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known_bugs) / sizeof(known_bugs[0]); i++) {
		const struct avow_forge_deviation *d =
			avow_forge_deviation_find(known_bugs[i].deviation);

		if (!d)
			fail_msg("bug %d: no deviation %s", known_bugs[i].bug,
				known_bugs[i].deviation);
		appraise_deviation(d);
		forged_clear(&w);
	}
}

/* A verdict is the same with a cache, cold and warm, whatever was seen before. */
static void
refuses_each_deviation_with_a_cache_too(void **state)
{
	const struct avow_forge_deviation *d;
	struct avow_evidence_cache *cache;

	(void)state;
	assert_ok(avow_evidence_cache_new(8, &cache));
	for (size_t i = 0; (d = avow_forge_deviation_at(i)) != NULL; i++) {
		make_deviation(d);
		w.in.cache = cache;
		for (unsigned turn = 0; turn < 2; turn++)
			if (forged_appraise(&w, d->evidence) != d->refused_with)
				fail_msg("%s: expected %s, got %s", d->name,
					avow_err_name(d->refused_with),
					avow_err_name(w.why.code));
		forged_clear(&w);
	}
	avow_evidence_cache_free(cache);
}

/* What is undecided is never called refused, nor the other way round, and claims
 * are there exactly when every signature and binding has held. */
static void
claims_are_there_only_behind_every_signature(void **state)
{
	const struct avow_forge_deviation *d;

	(void)state;
	for (size_t i = 0; (d = avow_forge_deviation_at(i)) != NULL; i++) {
		bool judged = d->refused_with == AVOW_E_TCB_UNKNOWN ||
			      d->refused_with == AVOW_E_TCB_REVOKED ||
			      d->refused_with == AVOW_E_TCB_NOT_ACCEPTED ||
			      d->refused_with == AVOW_E_QE_REVOKED ||
			      d->refused_with == AVOW_E_QE_TCB_UNKNOWN;

		appraise_deviation(d);
		if ((w.verified != NULL) != judged)
			fail_msg("%s: claims %s there", d->name,
				w.verified ? "are" : "are not");
		assert_true(w.f.tcb.known == judged);
		forged_clear(&w);
	}
}

/* --- two things wrong: which one is told ------------------------------------------------ */

static enum avow_err
with_status(const char *corrupt, const char *tcb, const char *qe, unsigned accept)
{
	forged_init(&w);
	w.p.corrupt = corrupt;
	w.p.tcb_status = tcb ? tcb : w.p.tcb_status;
	w.p.qe_status = qe ? qe : w.p.qe_status;
	w.in.accept_tcb = accept;
	forged_make(&w);
	return forged_appraise(&w, "quote.bin");
}

/* bug class 5: a Revoked QE or platform ended the check before the signatures */
static void
a_revoked_level_does_not_hide_a_bad_signature(void **state)
{
	static const char *const corrupt[] = {
		"quote.signature", "quote.other_key", "report.mrenclave"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_err(AVOW_E_QUOTE_SIGNATURE,
			with_status(corrupt[i], "Revoked", "Revoked", ALL_ACCEPTED));
		assert_null(w.verified);
		forged_clear(&w);
	}
	assert_err(AVOW_E_QE_REPORT_SIGNATURE,
		with_status("qe_report.signature", "Revoked", "Revoked", ALL_ACCEPTED));
	forged_clear(&w);
}

static void
revoked_is_never_accepted_whatever_the_setting(void **state)
{
	(void)state;
	assert_err(
		AVOW_E_TCB_REVOKED, with_status(NULL, "Revoked", NULL, ALL_ACCEPTED));
	assert_string_equal("Revoked", w.f.tcb.status);
	forged_clear(&w);
	assert_err(AVOW_E_QE_REVOKED, with_status(NULL, NULL, "Revoked", ALL_ACCEPTED));
	assert_string_equal("Revoked", w.f.tcb.status);
	forged_clear(&w);
	assert_err(AVOW_E_TCB_REVOKED,
		with_status(NULL, "Revoked", NULL, 1u << AVOW_TCB_REVOKED));
	forged_clear(&w);
}

/* bug class 39: what the operator lacks is not the evidence's fault, and evidence
 * that is bad is not excused by what the operator lacks */
static void
a_refusal_wins_over_absent_collateral(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.corrupt = "quote.signature";
	forged_make(&w);
	avow_collateral_free(w.collateral);
	w.collateral = NULL;
	assert_ok(avow_collateral_build(NULL, 0, &w.collateral, NULL));
	w.in.collateral = w.collateral;
	assert_err(AVOW_E_QUOTE_SIGNATURE, forged_appraise(&w, "quote.bin"));
	assert_int_equal(AVOW_CHECK_UNDECIDED, forged_result(&w, "collateral"));
	assert_int_equal(AVOW_CHECK_NOT_REACHED, forged_result(&w, "pck_revocation"));
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "qe_report_signature"));
	assert_int_equal(AVOW_CHECK_FAILED, forged_result(&w, "quote_signature"));
	forged_clear(&w);
	forged_init(&w);
	w.p.corrupt = "tcb_info.absent";
	forged_make(&w);
	assert_err(AVOW_E_TCB_INFO_ABSENT, forged_appraise(&w, "quote.bin"));
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "quote_signature"));
	assert_null(w.verified);
	assert_true(w.f.wanted.intel);
	assert_int_equal(AVOW_TEE_SGX, w.f.wanted.tee);
	assert_memory_equal(w.p.fmspc, w.f.wanted.fmspc, 6);
	forged_clear(&w);
}

/* A chain that is not up to a pinned root names no platform to fetch for. */
static void
nothing_is_wanted_before_the_chain_has_verified(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.corrupt = "pck.signature";
	forged_make(&w);
	avow_collateral_free(w.collateral);
	w.collateral = NULL;
	assert_ok(avow_collateral_build(NULL, 0, &w.collateral, NULL));
	w.in.collateral = w.collateral;
	assert_err(AVOW_E_PCK_CHAIN_SIGNATURE, forged_appraise(&w, "quote.bin"));
	assert_false(w.f.wanted.intel);
	forged_clear(&w);
}

/* --- TCB ------------------------------------------------------------------------------------ */

static const struct {
	const char *level, *qe, *merged;
	enum avow_tcb_status status;
} convergence[] = {
	{"UpToDate", "UpToDate", "UpToDate", AVOW_TCB_UP_TO_DATE},
	{"UpToDate", "OutOfDate", "OutOfDate", AVOW_TCB_OUT_OF_DATE},
	{"SWHardeningNeeded", "UpToDate", "SWHardeningNeeded",
		AVOW_TCB_SW_HARDENING_NEEDED},
	{"SWHardeningNeeded", "OutOfDate", "OutOfDate", AVOW_TCB_OUT_OF_DATE},
	{"ConfigurationNeeded", "UpToDate", "ConfigurationNeeded",
		AVOW_TCB_CONFIGURATION_NEEDED},
	{"ConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
		AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
	{"ConfigurationAndSWHardeningNeeded", "UpToDate",
		"ConfigurationAndSWHardeningNeeded",
		AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED},
	{"ConfigurationAndSWHardeningNeeded", "OutOfDate",
		"OutOfDateConfigurationNeeded",
		AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
	{"OutOfDate", "UpToDate", "OutOfDate", AVOW_TCB_OUT_OF_DATE},
	{"OutOfDate", "OutOfDate", "OutOfDate", AVOW_TCB_OUT_OF_DATE},
	{"OutOfDateConfigurationNeeded", "UpToDate", "OutOfDateConfigurationNeeded",
		AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
	{"OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
		AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED},
};

static void
each_merged_status_is_accepted_exactly_when_the_setting_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(convergence) / sizeof(convergence[0]); i++) {
		unsigned bit = 1u << convergence[i].status;

		assert_ok(with_status(
			NULL, convergence[i].level, convergence[i].qe, bit));
		assert_string_equal(convergence[i].merged, w.f.tcb.status);
		w.in.accept_tcb = ALL_ACCEPTED & ~bit;
		assert_err(AVOW_E_TCB_NOT_ACCEPTED, forged_appraise(&w, "quote.bin"));
		assert_string_equal(convergence[i].merged, w.f.tcb.status);
		assert_string_equal(convergence[i].merged, w.why.got);
		assert_non_null(w.verified);
		w.in.accept_tcb = 0;
		assert_err(AVOW_E_TCB_NOT_ACCEPTED, forged_appraise(&w, "quote.bin"));
		forged_clear(&w);
	}
}

/* bug class 10: the lower of the two numbers, the matched level's date, and the
 * union of advisories, level first */
static void
tells_number_date_and_advisories_of_what_matched(void **state)
{
	static const char *const level[] = {"INTEL-SA-1", "INTEL-SA-2", NULL};
	static const char *const qe[] = {"INTEL-SA-2", "INTEL-SA-3", NULL};
	static const char *const merged[] = {"INTEL-SA-1", "INTEL-SA-2", "INTEL-SA-3"};

	(void)state;
	forged_init(&w);
	w.p.tcb_evaluation_number = 19;
	w.p.qe_evaluation_number = 17;
	w.p.tcb_status = "OutOfDate";
	w.p.qe_status = "OutOfDate";
	w.p.tcb_advisories = level;
	w.p.qe_advisories = qe;
	w.p.tcb_date_s = FORGED_AT - 86400;
	w.in.accept_tcb = ALL_ACCEPTED;
	forged_make(&w);
	assert_ok(forged_appraise(&w, "quote.bin"));
	assert_int_equal(17, w.f.tcb.evaluation_number);
	assert_int_equal(FORGED_AT - 86400, w.f.tcb.date_s);
	assert_int_equal(3, w.f.tcb.n_advisories);
	for (size_t i = 0; i < 3; i++)
		assert_span_str(merged[i], w.f.tcb.advisories[i]);
	forged_clear(&w);
}

/* The level is that of the PCK's components and PCESVN: the raw CPUSVN of the
 * quote, and the header's numbers, decide nothing (sheet, 8). */
static void
each_component_and_pcesvn_count(void **state)
{
	for (unsigned i = 0; i <= 16; i++) {
		struct avow_forge_tcb_level levels[2] = {
			{.pcesvn = 13, .date_s = 2, .status = "UpToDate"},
			{.pcesvn = 5, .date_s = 1, .status = "OutOfDate"}};

		(void)state;
		forged_init(&w);
		for (unsigned k = 0; k < 16; k++)
			levels[0].components[k] = w.p.components[k] = 7;
		w.p.pcesvn = 13;
		w.p.tcb_levels = levels;
		w.p.n_tcb_levels = 2;
		w.in.accept_tcb = ALL_ACCEPTED;
		forged_make(&w);
		assert_ok(forged_appraise(&w, "quote.bin"));
		assert_string_equal("UpToDate", w.f.tcb.status);
		forged_clear(&w);
		forged_init(&w);
		memset(w.p.components, 7, 16);
		w.p.pcesvn = i == 16 ? 12 : 13;
		if (i < 16)
			w.p.components[i] = 6;
		memset(w.p.cpu_svn, 0xff, 16);
		w.p.header_pce_svn = w.p.header_qe_svn = 0xffff;
		w.p.tcb_levels = levels;
		w.p.n_tcb_levels = 2;
		w.in.accept_tcb = ALL_ACCEPTED;
		forged_make(&w);
		assert_ok(forged_appraise(&w, "quote.bin"));
		assert_string_equal("OutOfDate", w.f.tcb.status);
		assert_int_equal(1, w.f.tcb.date_s);
		forged_clear(&w);
	}
}

static void
no_level_is_told_as_not_supported(void **state)
{
	(void)state;
	assert_err(AVOW_E_TCB_UNKNOWN,
		with_status("tcb.unknown", NULL, NULL, ALL_ACCEPTED));
	assert_string_equal("NotSupported", w.f.tcb.status);
	assert_int_equal(0, w.f.tcb.date_s);
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "qe_tcb"));
	assert_int_equal(AVOW_CHECK_FAILED, forged_result(&w, "platform_tcb"));
	forged_clear(&w);
}

/* --- time ------------------------------------------------------------------------------------- */

/* bug class 8: nextUpdate counts, to the second, and grace is the only tolerance */
static void
next_update_is_inclusive_and_grace_is_counted_from_it(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.tcb_info.until_s = FORGED_AT + 100;
	forged_make(&w);
	w.in.at_s = FORGED_AT + 100;
	assert_ok(forged_appraise(&w, "quote.bin"));
	w.in.at_s = FORGED_AT + 101;
	assert_err(AVOW_E_TCB_INFO_EXPIRED, forged_appraise(&w, "quote.bin"));
	w.in.grace_s = 1;
	assert_ok(forged_appraise(&w, "quote.bin"));
	w.in.at_s = FORGED_AT + 102;
	assert_err(AVOW_E_TCB_INFO_EXPIRED, forged_appraise(&w, "quote.bin"));
	forged_clear(&w);
}

/* stricter than QVL, which checks neither notBefore nor issueDate */
static void
a_chain_is_valid_at_both_its_ends_and_not_beyond(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.pck.from_s = FORGED_AT - 10;
	w.p.pck.until_s = FORGED_AT + 10;
	forged_make(&w);
	w.in.at_s = FORGED_AT - 10;
	assert_ok(forged_appraise(&w, "quote.bin"));
	w.in.at_s = FORGED_AT + 10;
	assert_ok(forged_appraise(&w, "quote.bin"));
	w.in.at_s = FORGED_AT - 11;
	assert_err(AVOW_E_PCK_CHAIN_NOT_YET_VALID, forged_appraise(&w, "quote.bin"));
	w.in.at_s = FORGED_AT + 11;
	assert_err(AVOW_E_PCK_CHAIN_EXPIRED, forged_appraise(&w, "quote.bin"));
	w.in.grace_s = 1000; /* is for collateral, never for the chain */
	assert_err(AVOW_E_PCK_CHAIN_EXPIRED, forged_appraise(&w, "quote.bin"));
	forged_clear(&w);
}

/* A chain that has been remembered is judged against the CRL of now. */
static void
a_remembered_chain_can_still_be_revoked(void **state)
{
	struct forged before;

	(void)state;
	forged_init(&before);
	forged_make(&before);
	forged_init(&w);
	w.p.corrupt = "pck.revoked";
	forged_make(&w);
	assert_ok(avow_evidence_cache_new(0, &w.in.cache));
	w.in.collateral = before.collateral;
	assert_ok(forged_appraise(&w, "quote.bin"));
	assert_ok(forged_appraise(&w, "quote.bin"));
	w.in.collateral = w.collateral;
	assert_err(AVOW_E_PCK_REVOKED, forged_appraise(&w, "quote.bin"));
	avow_evidence_cache_free(w.in.cache);
	forged_clear(&before);
	forged_clear(&w);
}

/* --- bound data ----------------------------------------------------------------------------------- */

/* bug class 19: report data that nobody compares */
static void
binds_runtime_data_and_init_time_data(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.has_init_data = true;
	w.p.init_data = AVOW_LIT("{\"init\":true}");
	forged_make(&w);
	w.in.init = (struct avow_bound_data){true, w.p.init_data, true};
	assert_ok(forged_appraise(&w, "quote.bin"));
	assert_int_equal(AVOW_CHECK_PASSED, forged_result(&w, "init_time_data"));
	w.in.init.bytes = AVOW_LIT("{\"init\":false}");
	assert_err(AVOW_E_INIT_DATA_MISMATCH, forged_appraise(&w, "quote.bin"));
	assert_null(w.verified);
	w.in.init.present = false;
	w.in.runtime = (struct avow_bound_data){true, AVOW_LIT("other"), false};
	assert_err(AVOW_E_RUNTIME_DATA_MISMATCH, forged_appraise(&w, "quote.bin"));
	w.in.runtime.present = false;
	assert_ok(forged_appraise(&w, "quote.bin"));
	forged_clear(&w);
}

static void
init_time_data_that_is_bound_and_no_json_is_refused(void **state)
{
	(void)state;
	forged_init(&w);
	w.p.has_init_data = true;
	w.p.init_data = AVOW_LIT("{");
	forged_make(&w);
	w.in.init = (struct avow_bound_data){true, w.p.init_data, true};
	assert_err(AVOW_E_INIT_DATA_JSON, forged_appraise(&w, "quote.bin"));
	w.in.init.is_json = false;
	assert_ok(forged_appraise(&w, "quote.bin"));
	forged_clear(&w);
}

static void
init_time_data_needs_kss(void **state)
{
	(void)state;
	forged_init(&w);
	forged_make(&w);
	w.in.init = (struct avow_bound_data){true, AVOW_LIT("{}"), true};
	assert_err(AVOW_E_INIT_DATA_UNSUPPORTED, forged_appraise(&w, "quote.bin"));
	forged_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_is_right_in_all_three_wrappers),
		cmocka_unit_test(accepts_every_form_that_real_quotes_have),
		cmocka_unit_test(refuses_each_deviation_with_its_own_code),
		cmocka_unit_test(has_none_of_the_bugs_that_others_had),
		cmocka_unit_test(refuses_each_deviation_with_a_cache_too),
		cmocka_unit_test(claims_are_there_only_behind_every_signature),
		cmocka_unit_test(a_revoked_level_does_not_hide_a_bad_signature),
		cmocka_unit_test(revoked_is_never_accepted_whatever_the_setting),
		cmocka_unit_test(a_refusal_wins_over_absent_collateral),
		cmocka_unit_test(nothing_is_wanted_before_the_chain_has_verified),
		cmocka_unit_test(
			each_merged_status_is_accepted_exactly_when_the_setting_says_so),
		cmocka_unit_test(tells_number_date_and_advisories_of_what_matched),
		cmocka_unit_test(each_component_and_pcesvn_count),
		cmocka_unit_test(no_level_is_told_as_not_supported),
		cmocka_unit_test(next_update_is_inclusive_and_grace_is_counted_from_it),
		cmocka_unit_test(a_chain_is_valid_at_both_its_ends_and_not_beyond),
		cmocka_unit_test(a_remembered_chain_can_still_be_revoked),
		cmocka_unit_test(binds_runtime_data_and_init_time_data),
		cmocka_unit_test(init_time_data_that_is_bound_and_no_json_is_refused),
		cmocka_unit_test(init_time_data_needs_kss),
	};

	return cmocka_run_group_tests(tests, forged_setup, forged_teardown);
}
