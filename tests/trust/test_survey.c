/*
 * A survey tells of each thing what it is, for whom, how long it lasts and
 * whether it verifies; each case differs from a good folder in one place.
 */
#include "case.h"

#include "trust/survey.h"

static struct avow_survey *survey;

static int
clear(void **state)
{
	avow_survey_free(survey);
	survey = NULL;
	return teardown(state);
}

static void
look_at(int64_t at_s, int64_t soon_s)
{
	avow_survey_free(survey);
	build();
	assert_ok(avow_survey_new(snapshot, p.anchors, at_s, soon_s, &survey));
}

/* The item of that file. */
static const struct avow_survey_item *
item(const char *name)
{
	for (size_t i = 0; i < survey->n; i++)
		if (strcmp(survey->items[i].name, name) == 0)
			return &survey->items[i];
	fail_msg("no item of %s", name);
	return NULL;
}

static void
is_refused(const char *name, enum avow_err code)
{
	look_at(T0, 0);
	assert_err(code, item(name)->err);
	assert_int_equal(AVOW_SURVEY_INVALID, item(name)->state);
	assert_int_equal(AVOW_SURVEY_INVALID, avow_survey_worst(survey));
}

static void
put_ca(void)
{
	put("ca", cert_pem(&p, p.ca));
}

static void
tells_what_each_thing_is(void **state)
{
	const struct avow_survey_item *i;

	(void)state;
	put_ca();
	look_at(T0, 0);
	i = item("tcb");
	assert_string_equal("SGX TCB info", i->title);
	assert_string_equal("FMSPC 00606a000000 PCE-ID 0000", i->subject);
	assert_true(i->has_platform && i->tee == AVOW_TEE_SGX);
	assert_int_equal(17, i->number);
	assert_int_equal(T0 - DAY, i->issue_s);
	assert_int_equal(T0 + 29 * DAY, i->next_s);
	assert_int_equal(T0 + 29 * DAY, i->expires_s);
	assert_int_equal(1704067200, i->tcb_date_s);
	assert_span(file_of("tcb"), i->bytes);
	assert_string_equal("enclave identity", item("qe")->title);
	assert_string_equal("QE", item("qe")->subject);
	assert_string_equal("CRL", item("root.crl")->title);
	assert_string_equal("Test SGX Root CA", item("root.crl")->subject);
	assert_string_equal("CA certificate", item("ca")->title);
	assert_string_equal("TCB signing certificate", item("signer")->title);
	assert_string_equal("root certificate", item("root")->title);
	assert_int_equal(AVOW_SURVEY_GOOD, avow_survey_worst(survey));
	assert_int_equal(7, survey->count[AVOW_SURVEY_GOOD]);
	assert_int_equal(T0 + 29 * DAY, survey->earliest_expiry_s);
}

/* A document lasts no longer than the certificate of the key that signed it. */
static void
ends_short(struct avow_cert_spec *spec)
{
	spec->not_after_s = T0 + 3 * DAY;
}

static void
a_document_ends_with_its_signing_chain(void **state)
{
	struct avow_cert *short_lived = make_signer(&p, ends_short);

	(void)state;
	put_ca();
	put("signer", cert_pem(&p, short_lived));
	look_at(T0, 0);
	assert_int_equal(T0 + 3 * DAY, item("tcb")->expires_s);
	assert_int_equal(T0 + 29 * DAY, item("tcb")->next_s);
	look_at(T0 + 4 * DAY, 0);
	assert_int_equal(AVOW_SURVEY_EXPIRED, item("tcb")->state);
	avow_cert_free(short_lived);
}

static void
dates_give_the_state(void **state)
{
	(void)state;
	put_ca();
	look_at(T0 + 20 * DAY, 10 * DAY);
	assert_int_equal(AVOW_SURVEY_SOON, item("tcb")->state);
	assert_int_equal(AVOW_SURVEY_SOON, avow_survey_worst(survey));
	look_at(T0 + 20 * DAY, 9 * DAY);
	assert_int_equal(AVOW_SURVEY_GOOD, item("tcb")->state);
	look_at(T0 + 29 * DAY, 0);
	assert_int_equal(AVOW_SURVEY_GOOD, item("tcb")->state);
	look_at(T0 + 29 * DAY + 1, INT64_MAX);
	assert_int_equal(AVOW_SURVEY_EXPIRED, item("tcb")->state);
	assert_int_equal(AVOW_SURVEY_EXPIRED, avow_survey_worst(survey));
	look_at(T0 - 2 * DAY, 0);
	assert_int_equal(AVOW_SURVEY_NOT_YET, item("tcb")->state);
}

static void
tells_why_a_thing_is_invalid(void **state)
{
	(void)state;
	put_ca();
	put("tcb", signed_doc(&p, tcb_spec(), p.other_key));
	is_refused("tcb", AVOW_E_TCB_INFO_SIGNATURE);
	put("tcb", AVOW_LIT("{\"tcbInfo\":1}"));
	is_refused("tcb", AVOW_E_TCB_INFO_FORMAT);
	drop("tcb");
	put("qe", signed_doc(&p, qe_spec(), p.other_key));
	is_refused("qe", AVOW_E_QE_IDENTITY_SIGNATURE);
	drop("qe");
	put("pck.crl", crl_der(&p, crl_spec_of(ca_name, p.other_key)));
	is_refused("pck.crl", AVOW_E_CRL_SIGNATURE);
	put("pck.crl", AVOW_LIT("\x30\x03\x30\x01\x02"));
	is_refused("pck.crl", AVOW_E_CRL_MALFORMED);
}

static void
without_a_chain_a_document_is_invalid(void **state)
{
	(void)state;
	drop("signer");
	is_refused("tcb", AVOW_E_TCB_INFO_CHAIN);
	assert_err(AVOW_E_QE_IDENTITY_CHAIN, item("qe")->err);
}

/* Nothing here could have issued it: it proves nothing yet. */
static void
a_crl_needs_its_issuer(void **state)
{
	(void)state;
	is_refused("pck.crl", AVOW_E_CRL_ISSUER);
}

static void
a_revoked_signer_is_told(void **state)
{
	struct avow_crl_spec crl = crl_spec_of(root_name, p.root_key);
	const struct avow_span serial[] = {p.signer->serial};

	(void)state;
	put_ca();
	crl.revoked = serial;
	crl.n_revoked = 1;
	put("root.crl", crl_der(&p, crl));
	is_refused("tcb", AVOW_E_SIGNING_CERT_REVOKED);
	assert_err(AVOW_E_SIGNING_CERT_REVOKED, item("signer")->err);
}

static void
a_revoked_ca_is_told(void **state)
{
	struct avow_crl_spec crl = crl_spec_of(root_name, p.root_key);
	const struct avow_span serial[] = {p.ca->serial};

	(void)state;
	put_ca();
	crl.revoked = serial;
	crl.n_revoked = 1;
	put("root.crl", crl_der(&p, crl));
	is_refused("ca", AVOW_E_PCK_CA_REVOKED);
}

static void
a_certificate_under_another_root_is_invalid(void **state)
{
	struct avow_cert_spec spec = spec_of(ca_name, root_name, p.ca_key, p.other_key);
	struct avow_cert *stranger = make_cert(spec, NULL);

	(void)state;
	put_ca();
	add("stranger", cert_pem(&p, stranger));
	is_refused("stranger", AVOW_E_CHAIN_ROOT);
	avow_cert_free(stranger);
}

static void
what_is_newer_supersedes(void **state)
{
	struct doc_spec old = tcb_spec(), low = tcb_spec(), gone = tcb_spec();

	(void)state;
	put_ca();
	old.issue_s -= 20 * DAY;
	old.next_s -= 20 * DAY;
	low.number = 16;
	gone.number = 15;
	gone.issue_s -= 60 * DAY;
	gone.next_s -= 60 * DAY;
	add("old", signed_doc(&p, old, p.signer_key));
	add("low", signed_doc(&p, low, p.signer_key));
	add("gone", signed_doc(&p, gone, p.signer_key));
	look_at(T0, 0);
	assert_false(item("tcb")->is_superseded);
	assert_true(item("old")->is_superseded);
	assert_false(item("low")->is_superseded);
	assert_int_equal(AVOW_SURVEY_EXPIRED, item("gone")->state);
	assert_true(item("gone")->is_superseded);
	assert_int_equal(AVOW_SURVEY_GOOD, avow_survey_worst(survey));
	/* when all are over, it is the newest that is missed */
	look_at(T0 + 60 * DAY, 0);
	assert_false(item("tcb")->is_superseded);
	assert_int_equal(AVOW_SURVEY_EXPIRED, avow_survey_worst(survey));
}

/* Verifier bugs 8 and 10. An import adds what is older beside what is held: it is chosen for its own time,
 * and never for now, in whichever order they came. */
static void
what_is_older_is_kept_for_the_past(void **state)
{
	struct doc_spec old = tcb_spec();

	(void)state;
	old.issue_s -= 20 * DAY;
	old.next_s -= 20 * DAY;
	put("root.crl", crl_der(&p, crl_spec_of(root_name, p.root_key)));
	for (int first = 0; first < 2; first++) {
		put(first ? "a" : "z", signed_doc(&p, old, p.signer_key));
		q.at_s = T0;
		assert_ok(select_now());
		assert_string_equal("tcb", s.tcb_info_name);
		drop(first ? "a" : "z");
	}
	add("old-tcb", signed_doc(&p, old, p.signer_key));
	old.id = "QE";
	add("old-qe", signed_doc(&p, old, p.signer_key));
	put("root.crl", crl_der(&p, (struct avow_crl_spec){.issuer = root_name,
					    .this_update_s = T0 - 30 * DAY,
					    .next_update_s = T0 + 300 * DAY,
					    .signer = p.root_key,
					    .alg = AVOW_SIG_ES256_DER,
					    .with_number = true,
					    .with_authority_key_id = true}));
	put("pck.crl", crl_der(&p, (struct avow_crl_spec){.issuer = ca_name,
					   .this_update_s = T0 - 30 * DAY,
					   .next_update_s = T0 + 300 * DAY,
					   .signer = p.ca_key,
					   .alg = AVOW_SIG_ES256_DER,
					   .with_number = true,
					   .with_authority_key_id = true}));
	q.at_s = T0 - 10 * DAY;
	assert_ok(select_now());
	assert_string_equal("old-tcb", s.tcb_info_name);
	assert_string_equal("old-qe", s.qe_identity_name);
	q.at_s = T0;
	assert_ok(again());
	assert_string_equal("tcb", s.tcb_info_name);
	assert_string_equal("qe", s.qe_identity_name);
	assert_false(s.grace_used);
}

/* What is built in is told apart, and never makes anything worse. */
static void
built_in_certificates_do_not_count(void **state)
{
	size_t builtin = 0;

	(void)state;
	n_files = 0;
	look_at(T0 + 100000 * DAY, 0);
	for (size_t i = 0; i < survey->n; i++)
		builtin += survey->items[i].is_builtin;
	assert_int_equal(survey->n, builtin);
	assert_true(builtin > 0);
	assert_int_equal(AVOW_SURVEY_GOOD, avow_survey_worst(survey));
}

static void
built_in_certificates_verify(void **state)
{
	struct avow_anchors *makers;

	(void)state;
	n_files = 0;
	build();
	assert_ok(avow_anchors_new(true, &makers));
	assert_ok(avow_survey_new(snapshot, makers, T0, 0, &survey));
	assert_int_equal(5 + 3 + 6, survey->n);
	for (size_t i = 0; i < survey->n; i++)
		assert_ok(survey->items[i].err);
	avow_anchors_free(makers);
}

static void
names_files_by_content(void **state)
{
	char name[AVOW_SURVEY_FILE], other[AVOW_SURVEY_FILE];

	(void)state;
	put_ca();
	look_at(T0, 0);
	assert_ok(avow_survey_file_name(item("tcb"), name));
	assert_memory_equal(
		"sgx-tcb-info-fmspc-00606a000000-pce-id-0000-20241231-", name, 53);
	assert_non_null(strstr(name, ".json"));
	assert_ok(avow_survey_file_name(item("pck.crl"), name));
	assert_memory_equal("crl-test-sgx-pck-platform-ca-20241231-", name, 38);
	assert_ok(avow_survey_file_name(item("root.crl"), other));
	assert_string_not_equal(name, other);
	put("tcb", AVOW_LIT("{\"tcbInfo\":1}"));
	look_at(T0, 0);
	assert_err(AVOW_E_INTERNAL, avow_survey_file_name(item("tcb"), name));
}

static void
states_have_names(void **state)
{
	(void)state;
	assert_string_equal("good", avow_survey_state_name(AVOW_SURVEY_GOOD));
	assert_string_equal("expires soon", avow_survey_state_name(AVOW_SURVEY_SOON));
	assert_string_equal(
		"not yet valid", avow_survey_state_name(AVOW_SURVEY_NOT_YET));
	assert_string_equal("expired", avow_survey_state_name(AVOW_SURVEY_EXPIRED));
	assert_string_equal("invalid", avow_survey_state_name(AVOW_SURVEY_INVALID));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tells_what_each_thing_is, setup, clear),
		cmocka_unit_test_setup_teardown(
			a_document_ends_with_its_signing_chain, setup, clear),
		cmocka_unit_test_setup_teardown(dates_give_the_state, setup, clear),
		cmocka_unit_test_setup_teardown(
			tells_why_a_thing_is_invalid, setup, clear),
		cmocka_unit_test_setup_teardown(
			without_a_chain_a_document_is_invalid, setup, clear),
		cmocka_unit_test_setup_teardown(a_crl_needs_its_issuer, setup, clear),
		cmocka_unit_test_setup_teardown(a_revoked_signer_is_told, setup, clear),
		cmocka_unit_test_setup_teardown(a_revoked_ca_is_told, setup, clear),
		cmocka_unit_test_setup_teardown(
			a_certificate_under_another_root_is_invalid, setup, clear),
		cmocka_unit_test_setup_teardown(what_is_newer_supersedes, setup, clear),
		cmocka_unit_test_setup_teardown(
			what_is_older_is_kept_for_the_past, setup, clear),
		cmocka_unit_test_setup_teardown(
			built_in_certificates_do_not_count, setup, clear),
		cmocka_unit_test_setup_teardown(
			built_in_certificates_verify, setup, clear),
		cmocka_unit_test_setup_teardown(names_files_by_content, setup, clear),
		cmocka_unit_test(states_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
