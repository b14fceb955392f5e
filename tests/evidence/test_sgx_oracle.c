/*
 * Avow beside Intel's own Quote Verification Library, on every SGX record of
 * intel-qvl-oracle. What has to hold:
 *   - where QVL accepts and every document is current, Avow accepts, with the same
 *     status, advisories and evaluation number;
 *   - where QVL does not accept, or a document is out of its window (which QVL
 *     does not always look at), Avow does not either;
 *   - with a grace that makes expiry no matter, and the clock moved to where
 *     everything has been issued, the status is QVL's for every genuine quote.
 */
#include "oracle.h"

static bool
is_right_when_strict(struct real *a, const struct record *r, struct avow_span quote)
{
	enum avow_err e = real_appraise(a, "sgx", quote);

	if (!member_true(r->o, "all_in_window") || !member_true(r->o, "qvl_accepts"))
		return e != AVOW_OK;
	return e == AVOW_OK && agrees(a, r->o);
}

static void
gives_the_verdict_of_qvl_or_a_stricter_one(void **state)
{
	(void)state;
	all_records_are_right("SGX", is_right_when_strict, 355);
}

/* Quotes that are not genuine, and how Avow says so. */
static const struct {
	const char *quote;
	enum avow_err code;
} not_genuine[] = {
	{"intel-qvl-oracle/quotes/2a49ce72cda8.bin", AVOW_E_PCK_CHAIN_ORDER},
	{"intel-qvl-oracle/quotes/4e3f9fa78736.bin", AVOW_E_PCK_CHAIN_ORDER},
	{"intel-qvl-oracle/quotes/f4f27469fc6c.bin", AVOW_E_PCK_CERT},
	{"intel-qvl-oracle/quotes/6dc7792ab051.bin", AVOW_E_QUOTE_SIGNATURE},
	{"intel-qvl-oracle/quotes/2f59d4cb7cdd.bin", AVOW_E_QUOTE_CERT_TYPE},
};

static bool
is_right_with_grace(struct real *a, const struct record *r, struct avow_span quote)
{
	enum avow_err e;

	a->in.grace_s = ANY_AGE;
	a->in.at_s = when_all_is_issued(r);
	e = real_appraise(a, "sgx", quote);
	for (size_t i = 0; i < sizeof(not_genuine) / sizeof(not_genuine[0]); i++)
		if (strcmp(not_genuine[i].quote, r->quote) == 0)
			return e == not_genuine[i].code && !a->verified;
	return e == AVOW_OK && agrees(a, r->o);
}

static void
finds_the_status_of_qvl_for_every_genuine_quote(void **state)
{
	(void)state;
	all_records_are_right("SGX", is_right_with_grace, 0);
}

static bool
is_right_when_up_to_date_is_wanted(
	struct real *a, const struct record *r, struct avow_span quote)
{
	bool up = member_is(r->o, "tcb_status", "UpToDate");
	enum avow_err e;

	a->in.grace_s = ANY_AGE;
	a->in.at_s = when_all_is_issued(r);
	a->in.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE;
	e = real_appraise(a, "sgx", quote);
	for (size_t i = 0; i < sizeof(not_genuine) / sizeof(not_genuine[0]); i++)
		if (strcmp(not_genuine[i].quote, r->quote) == 0)
			return e == not_genuine[i].code;
	/* refused, and still verified: its claims may be told */
	return e == (up ? AVOW_OK : AVOW_E_TCB_NOT_ACCEPTED) && a->verified &&
	       agrees(a, r->o);
}

static void
refuses_a_status_that_is_not_accepted_and_still_tells_it(void **state)
{
	(void)state;
	all_records_are_right("SGX", is_right_when_up_to_date_is_wanted, 0);
}

/* --- ready folders ------------------------------------------------------------------- */

static void
accepts_with_each_ready_folder(void **state)
{
	(void)state;
	each_folder("SGX", "collateral", true, 20);
}

static void
refuses_with_each_folder_with_which_qvl_refuses(void **state)
{
	(void)state;
	each_folder("SGX", "collateral-refused", false, 4);
}

/* --- mutations ------------------------------------------------------------------------- */

/* Each mutation of negative.json has exactly one code. */
static const struct {
	const char *field;
	enum avow_err code;
} mutations[] = {
	{"header.version", AVOW_E_QUOTE_VERSION},
	{"header.att_key_type", AVOW_E_QUOTE_KEY_TYPE},
	{"header.tee_type", AVOW_E_QUOTE_TEE_TYPE},
	{"header.qe_vendor_id", AVOW_E_QUOTE_VENDOR},
	{"header.user_data", AVOW_E_QUOTE_SIGNATURE},
	{"report.cpusvn", AVOW_E_QUOTE_SIGNATURE},
	{"report.attributes", AVOW_E_QUOTE_SIGNATURE},
	{"report.mrenclave", AVOW_E_QUOTE_SIGNATURE},
	{"report.mrsigner", AVOW_E_QUOTE_SIGNATURE},
	{"report.isvsvn", AVOW_E_QUOTE_SIGNATURE},
	{"report.report_data", AVOW_E_QUOTE_SIGNATURE},
	{"auth.length", AVOW_E_QUOTE_LENGTH},
	{"auth.quote_signature.r", AVOW_E_QUOTE_SIGNATURE},
	{"auth.quote_signature.s", AVOW_E_QUOTE_SIGNATURE},
	{"auth.attestation_key.x", AVOW_E_QE_REPORT_DATA},
	{"auth.attestation_key.y", AVOW_E_QE_REPORT_DATA},
	{"qe_report.mrsigner", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_report.isvsvn", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_report.attributes", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_report.report_data(hash)", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_report_signature.r", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_report_signature.s", AVOW_E_QE_REPORT_SIGNATURE},
	{"qe_auth.length", AVOW_E_QUOTE_LENGTH},
	{"qe_auth.data", AVOW_E_QE_REPORT_DATA},
	{"cert_data.type(5)", AVOW_E_QUOTE_CERT_TYPE},
	{"cert_data.size", AVOW_E_QUOTE_LENGTH},
	{"pck_leaf.tbs", AVOW_E_PCK_CHAIN_SIGNATURE},
	{"pck_leaf.signature", AVOW_E_PCK_CHAIN_SIGNATURE},
	{"pck_intermediate.tbs", AVOW_E_PCK_CERT},
	{"pck_intermediate.signature", AVOW_E_PCK_CHAIN_SIGNATURE},
	{"root.tbs", AVOW_E_PCK_CERT},
	{"root.signature", AVOW_E_PCK_CHAIN_SIGNATURE},
	{"truncate.last_byte", AVOW_E_QUOTE_LENGTH},
	{"truncate.after_header", AVOW_E_QUOTE_LENGTH},
	{"truncate.in_signature", AVOW_E_QUOTE_LENGTH},
};

static enum avow_err
expected_of(const char *field)
{
	for (size_t i = 0; i < sizeof(mutations) / sizeof(mutations[0]); i++)
		if (strcmp(mutations[i].field, field) == 0)
			return mutations[i].code;
	fail_msg("no code for %s", field);
	return AVOW_OK;
}

static bool
mutation_is_right(const struct avow_json *o)
{
	static const char *const members[] = {"tcbinfo_file", "qeidentity_file",
		"pck_crl_file", "root_crl_file", "trusted_root"};
	char text[6][256], field[256], time[256];
	const char *names[6] = {
		[5] = "anchors/intel-sgx-tcb-signing-2018-05-21-ec37d981.pem"};
	struct real a;
	struct avow_buf b;
	enum avow_err e;
	bool right;

	for (size_t i = 0; i < 5; i++)
		names[i] = real_text(o, members[i], text[i]);
	real_init(&a);
	real_collateral(&a, names, 6);
	a.in.at_s = real_time(avow_span_str(real_text(o, "check_time", time)));
	a.in.grace_s = ANY_AGE;
	real_read(real_text(o, "base_quote_file", text[5]), &b);
	mutate(&b, avow_json_get(o, "mutation"));
	e = real_appraise(&a, "sgx", avow_buf_span(&b));
	right = e == expected_of(real_text(o, "field", field)) && !a.verified;
	if (!right)
		print_message("# %s: %s (%s)\n", field, avow_err_name(e), a.why.field);
	avow_buf_clear(&b);
	real_clear(&a);
	return right;
}

static void
refuses_each_mutation_with_its_own_code(void **state)
{
	struct avow_arena docs;
	const struct avow_json *list;
	size_t right = 0;

	(void)state;
	if (!real_is_there())
		skip();
	avow_arena_init(&docs, 16u << 20);
	list = real_json("intel-qvl-oracle/negative.json", &docs);
	for (size_t i = 0; i < list->count; i++)
		right += mutation_is_right(&list->items[i]);
	assert_int_equal(list->count, sizeof(mutations) / sizeof(mutations[0]));
	assert_int_equal(right, list->count);
	avow_arena_clear(&docs);
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
		cmocka_unit_test(refuses_each_mutation_with_its_own_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
