/*
 * Selecting from a snapshot: what is chosen among candidates, when, and each
 * code when nothing serves. Documents are signed by keys of the test.
 */
#include "case.h"

static void
sha_of_pem(const char *label, const struct avow_span *der, size_t n, uint8_t *out)
{
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	for (size_t i = 0; i < n; i++)
		avow_pem_put(&b, label, der[i]);
	avow_buf_put_byte(&b, 0);
	assert_ok(avow_sha256(avow_buf_span(&b), out));
	avow_buf_clear(&b);
}

static void
selects_everything_of_a_platform(void **state)
{
	const struct avow_span chain[2] = {p.signer->der, p.root->der};
	uint8_t h[32];

	(void)state;
	assert_ok(select_now());
	assert_int_equal(17, s.tcb_info->evaluation_number);
	assert_int_equal(AVOW_ENCLAVE_QE, s.qe_identity->id);
	assert_string_equal("tcb", s.tcb_info_name);
	assert_string_equal("qe", s.qe_identity_name);
	assert_string_equal("root.crl", s.root_crl_name);
	assert_string_equal("pck.crl", s.pck_crl_name);
	assert_memory_equal(p.signer->sha256, s.tcb_signer->sha256, 32);
	assert_memory_equal(p.signer->sha256, s.qe_signer->sha256, 32);
	assert_memory_equal(p.root->sha256, s.root->sha256, 32);
	assert_memory_equal(p.ca->sha256, s.pck_ca_sha256, 32);
	assert_int_equal(T0 - DAY, s.latest_issue_s);
	assert_int_equal(T0 + 29 * DAY, s.earliest_expiry_s);
	assert_false(s.grace_used);
	/* the hash claims: vectors/README.md, fact 3 */
	assert_ok(avow_sha256_2(files[0].bytes, avow_span_make("", 1), h));
	assert_memory_equal(h, s.tcb_info_hash, 32);
	assert_ok(avow_sha256_2(files[1].bytes, avow_span_make("", 1), h));
	assert_memory_equal(h, s.qe_identity_hash, 32);
	sha_of_pem("X509 CRL", &files[2].bytes, 1, h);
	assert_memory_equal(h, s.crl_hash, 32);
	sha_of_pem("CERTIFICATE", chain, 2, h);
	assert_memory_equal(h, s.tcb_info_certs_hash, 32);
	assert_memory_equal(h, s.qe_identity_certs_hash, 32);
}

static void
what_is_remembered_is_the_same(void **state)
{
	struct avow_intel_selection first;

	(void)state;
	assert_ok(select_now());
	first = s;
	for (int i = 0; i < 3; i++) {
		q.at_s += DAY;
		assert_ok(again());
		assert_memory_equal(&first, &s, sizeof(s));
	}
}

/* verifier bug 8: nothing remembered outlives its documents */
static void
what_is_remembered_ends_with_its_documents(void **state)
{
	(void)state;
	assert_ok(select_now());
	q.at_s = T0 + 29 * DAY;
	assert_ok(again());
	q.at_s++;
	assert_err(AVOW_E_CRL_EXPIRED, again());
	q.grace_s = DAY;
	assert_ok(again());
	assert_true(s.grace_used);
	q.at_s += DAY - 1;
	assert_ok(again());
	q.at_s++;
	assert_err(AVOW_E_CRL_EXPIRED, again());
	q.at_s = T0;
	assert_ok(again());
	assert_false(s.grace_used);
	q.at_s = T0 - DAY - 1;
	assert_err(AVOW_E_CRL_NOT_YET_VALID, again());
}

static void
each_document_is_needed(void **state)
{
	static const struct {
		const char *name;
		enum avow_err code;
	} cases[] = {
		{"tcb", AVOW_E_TCB_INFO_ABSENT},
		{"qe", AVOW_E_QE_IDENTITY_ABSENT},
		{"root.crl", AVOW_E_CRL_ABSENT},
		{"pck.crl", AVOW_E_CRL_ABSENT},
		{"signer", AVOW_E_TCB_SIGNER_ABSENT},
	};
	struct avow_collateral_file all[8];
	size_t n = n_files;

	(void)state;
	memcpy(all, files, sizeof(all));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		drop(cases[i].name);
		undecided(cases[i].code,
			cases[i].code == AVOW_E_TCB_SIGNER_ABSENT ? "tcb" : "");
		memcpy(files, all, sizeof(all));
		n_files = n;
	}
}

/* verifier bug 18: both CRLs, and the refusal says which is not there */
static void
says_which_crl_is_absent(void **state)
{
	(void)state;
	drop("pck.crl");
	undecided(AVOW_E_CRL_ABSENT, "");
	assert_string_equal("Test SGX PCK Platform CA", why.expected);
	drop("root.crl");
	undecided(AVOW_E_CRL_ABSENT, "");
	assert_string_equal("Test SGX Root CA", why.expected);
}

static void
an_anchor_stands_in_for_the_root_file(void **state)
{
	(void)state;
	drop("root");
	assert_ok(select_now());
	assert_memory_equal(p.root->sha256, s.root->sha256, 32);
}

static void
without_any_root_certificate_it_is_undecided(void **state)
{
	struct avow_buf b;

	(void)state;
	drop("root");
	avow_anchors_free(p.anchors);
	assert_ok(avow_anchors_new(false, &p.anchors));
	avow_buf_init(&b, 4096);
	avow_pem_put(&b, "PUBLIC KEY", avow_pubkey_spki(p.root->key));
	assert_ok(avow_anchors_add_pem(
		p.anchors, AVOW_ANCHOR_INTEL_SGX, avow_buf_span(&b), NULL));
	avow_buf_clear(&b);
	undecided(AVOW_E_COLLATERAL_ABSENT, "");
	assert_string_equal("root certificate", why.field);
	put("root", cert_pem(&p, p.root));
	assert_ok(select_now());
}

/* verifier bug 9: FMSPC, PCE-ID and TEE are those of the platform */
static void
another_platforms_tcb_info_is_none(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	d.fmspc = "00606a000001";
	put("tcb", signed_doc(&p, d, p.signer_key));
	undecided(AVOW_E_TCB_INFO_ABSENT, "");
	assert_non_null(strstr(why.expected, "00606a000000"));
	d.fmspc = "00606A000000";
	put("tcb", signed_doc(&p, d, p.signer_key));
	assert_ok(select_now());
	d.pce_id = "0001";
	put("tcb", signed_doc(&p, d, p.signer_key));
	undecided(AVOW_E_TCB_INFO_ABSENT, "");
	d = tcb_spec();
	d.is_tdx = true;
	put("tcb", signed_doc(&p, d, p.signer_key));
	undecided(AVOW_E_TCB_INFO_ABSENT, "");
	q.tee = AVOW_TEE_TDX;
	undecided(AVOW_E_QE_IDENTITY_ABSENT, "");
	assert_string_equal("TD_QE", why.expected);
	d = qe_spec();
	d.id = "TD_QE";
	add("td_qe", signed_doc(&p, d, p.signer_key));
	assert_ok(select_now());
	assert_string_equal("td_qe", s.qe_identity_name);
	assert_int_equal(AVOW_TEE_TDX, s.tcb_info->tee);
}

/* verifier bug 4: the identity's signature counts as the TCB info's */
static void
signatures_are_checked(void **state)
{
	(void)state;
	put("tcb", signed_doc(&p, tcb_spec(), p.other_key));
	undecided(AVOW_E_TCB_INFO_SIGNATURE, "tcb");
	put("tcb", signed_doc(&p, tcb_spec(), p.signer_key));
	put("qe", signed_doc(&p, qe_spec(), p.other_key));
	undecided(AVOW_E_QE_IDENTITY_SIGNATURE, "qe");
}

static struct avow_span
replaced(struct avow_span in, const char *old, const char *new)
{
	size_t at = avow_span_find(in, avow_span_str(old));
	struct avow_buf b;
	struct avow_span out;

	assert_true(at < in.n);
	avow_buf_init(&b, 1 << 20);
	avow_buf_put(&b, avow_span_slice(in, 0, at));
	avow_buf_put_str(&b, new);
	avow_buf_put(&b, avow_span_from(in, at + strlen(old)));
	out = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return out;
}

/* verifier bugs 4 and 5: a status that is not signed changes nothing */
static void
an_edited_document_does_not_verify(void **state)
{
	struct avow_span tcb = files[0].bytes, qe = files[1].bytes;

	(void)state;
	put("tcb", replaced(tcb, "UpToDate", "Revoked"));
	undecided(AVOW_E_TCB_INFO_SIGNATURE, "tcb");
	/* verifier bug 12: the raw bytes, not what they mean */
	put("tcb", replaced(tcb, "\"version\":3", "\"version\": 3"));
	undecided(AVOW_E_TCB_INFO_SIGNATURE, "tcb");
	put("tcb", replaced(tcb, "{\"tcbInfo\":", " {\"tcbInfo\": "));
	assert_ok(select_now());
	put("tcb", tcb);
	put("qe", replaced(qe, "UpToDate", "Revoked"));
	undecided(AVOW_E_QE_IDENTITY_SIGNATURE, "qe");
}

/* verifier bug 12, and no malformed candidate counts as absent */
static void
a_malformed_candidate_is_named(void **state)
{
	struct avow_span tcb = files[0].bytes, qe = files[1].bytes;

	(void)state;
	put("tcb", replaced(tcb, "\"tcbType\":0", "\"tcbType\":0,\"tcbType\":0"));
	undecided(AVOW_E_TCB_INFO_FORMAT, "tcb");
	put("tcb", replaced(tcb, "\"}", "\"}x"));
	undecided(AVOW_E_TCB_INFO_FORMAT, "tcb");
	put("tcb", avow_span_slice(tcb, 0, tcb.n - 1));
	undecided(AVOW_E_TCB_INFO_FORMAT, "tcb");
	put("tcb", replaced(tcb, "{\"tcbInfo\"", "{\"tcbinfo\""));
	undecided(AVOW_E_TCB_INFO_FORMAT, "tcb");
	put("tcb", replaced(tcb, "{\"tcbInfo\"", "\xef\xbb\xbf{\"tcbInfo\""));
	undecided(AVOW_E_TCB_INFO_FORMAT, "tcb");
	put("tcb", tcb);
	put("qe", replaced(qe, "\"isvprodid\":1", "\"isvprodid\":-1"));
	undecided(AVOW_E_QE_IDENTITY_FORMAT, "qe");
	put("qe", replaced(qe, "{\"enclaveIdentity\"", "{\"enclaveidentity\""));
	undecided(AVOW_E_QE_IDENTITY_FORMAT, "qe");
	put("qe", qe);
	assert_ok(select_now());
}

static void
a_malformed_crl_is_named(void **state)
{
	struct avow_span crl = file_of("pck.crl"), cut = crl;
	struct avow_buf b;

	(void)state;
	cut.n--;
	put("pck.crl", cut);
	undecided(AVOW_E_CRL_MALFORMED, "pck.crl");
	avow_buf_init(&b, 1 << 16);
	avow_hex_put(&b, cut);
	put("pck.crl", avow_arena_copy(&p.a, avow_buf_span(&b)));
	undecided(AVOW_E_CRL_MALFORMED, "pck.crl");
	avow_buf_reset(&b);
	avow_pem_put(&b, "X509 CRL", cut);
	put("pck.crl", avow_arena_copy(&p.a, avow_buf_span(&b)));
	undecided(AVOW_E_CRL_MALFORMED, "pck.crl");
	avow_buf_put_str(&b, "trailing");
	put("pck.crl", avow_arena_copy(&p.a, avow_buf_span(&b)));
	undecided(AVOW_E_CRL_MALFORMED, "pck.crl");
	avow_buf_clear(&b);
}

/* Of several malformed ones, the one that speaks of this platform is named. */
static void
the_malformed_one_of_the_platform_is_named(void **state)
{
	struct avow_span mine = replaced(file_of("tcb"), "tcbType", "tcbTypo");
	struct avow_span other = replaced(mine, "00606a000000", "00606a000001");

	(void)state;
	drop("tcb");
	add("other", other);
	undecided(AVOW_E_TCB_INFO_FORMAT, "other");
	add("mine", mine);
	undecided(AVOW_E_TCB_INFO_FORMAT, "mine");
	drop("mine");
	add("shouting", replaced(mine, "00606a000000", "00606A000000"));
	undecided(AVOW_E_TCB_INFO_FORMAT, "shouting");
}

static void
another_candidate_serves_where_one_fails(void **state)
{
	struct doc_spec d = tcb_spec();
	struct avow_span tcb = file_of("tcb");

	(void)state;
	add("broken", replaced(tcb, "tcbType", "tcbTypo"));
	d.number = 99;
	add("forged", signed_doc(&p, d, p.other_key));
	d.issue_s = T0 + DAY;
	add("early", signed_doc(&p, d, p.signer_key));
	d.issue_s = T0 - 60 * DAY;
	d.next_s = T0 - 30 * DAY;
	add("old", signed_doc(&p, d, p.signer_key));
	add("forged.crl", crl_der(&p, crl_spec_of(ca_name, p.other_key)));
	assert_ok(select_now());
	assert_string_equal("tcb", s.tcb_info_name);
	assert_string_equal("pck.crl", s.pck_crl_name);
}

/* The candidate that came furthest tells why: not verified, expired, early. */
static void
the_nearest_miss_is_reported(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	drop("tcb");
	add("broken", AVOW_LIT("{\"tcbInfo\":{}}"));
	undecided(AVOW_E_TCB_INFO_FORMAT, "broken");
	d.issue_s = T0 + DAY;
	add("early", signed_doc(&p, d, p.signer_key));
	undecided(AVOW_E_TCB_INFO_NOT_YET_VALID, "early");
	assert_string_equal("issueDate", why.field);
	d.issue_s = T0 - 60 * DAY;
	d.next_s = T0 - 1;
	add("old", signed_doc(&p, d, p.signer_key));
	undecided(AVOW_E_TCB_INFO_EXPIRED, "old");
	assert_string_equal("nextUpdate", why.field);
	assert_string_equal("2024-12-31T23:59:59Z", why.expected);
	assert_string_equal("2025-01-01T00:00:00Z", why.got);
	add("forged", signed_doc(&p, tcb_spec(), p.other_key));
	undecided(AVOW_E_TCB_INFO_SIGNATURE, "forged");
}

/* verifier bug 8, for each of the four: inclusive at both ends */
static void
each_document_is_current_from_issue_to_next_update(void **state)
{
	static const struct {
		const char *name;
		enum avow_err early, late;
	} c[] = {
		{"tcb", AVOW_E_TCB_INFO_NOT_YET_VALID, AVOW_E_TCB_INFO_EXPIRED},
		{"qe", AVOW_E_QE_IDENTITY_NOT_YET_VALID, AVOW_E_QE_IDENTITY_EXPIRED},
		{"root.crl", AVOW_E_CRL_NOT_YET_VALID, AVOW_E_CRL_EXPIRED},
		{"pck.crl", AVOW_E_CRL_NOT_YET_VALID, AVOW_E_CRL_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct avow_crl_spec crl = i == 2 ? crl_spec_of(root_name, p.root_key)
						  : crl_spec_of(ca_name, p.ca_key);
		struct doc_spec d = i == 0 ? tcb_spec() : qe_spec();
		struct avow_span was = file_of(c[i].name);

		crl.this_update_s = d.issue_s = T0 + 1;
		crl.next_update_s = d.next_s = T0 + 2;
		put(c[i].name,
			i < 2 ? signed_doc(&p, d, p.signer_key) : crl_der(&p, crl));
		q.at_s = T0;
		undecided(c[i].early, c[i].name);
		for (q.at_s = T0 + 1; q.at_s <= T0 + 2; q.at_s++)
			assert_ok(select_now());
		undecided(c[i].late, c[i].name);
		/* grace extends the end alone, and its use shows */
		q.grace_s = 10;
		assert_ok(select_now());
		assert_true(s.grace_used);
		assert_int_equal(T0 + 2, s.earliest_expiry_s);
		assert_int_equal(T0 + 1, s.latest_issue_s);
		q.at_s = T0 + 12;
		assert_ok(select_now());
		q.at_s = T0 + 13;
		undecided(c[i].late, c[i].name);
		q.at_s = T0;
		undecided(c[i].early, c[i].name);
		q.grace_s = 0;
		put(c[i].name, was);
	}
}

static void
a_grace_of_any_length_is_sound(void **state)
{
	(void)state;
	q.grace_s = INT64_MAX;
	assert_ok(select_now());
	q.at_s = T0 + 300 * DAY;
	assert_ok(again());
	assert_true(s.grace_used);
	q.at_s = T0 + 366 * DAY; /* no grace for certificates */
	assert_err(AVOW_E_TCB_INFO_CHAIN, again());
	q.grace_s = -1;
	assert_err(AVOW_E_INTERNAL, again());
	q.grace_s = 0;
	q.pck_ca = NULL;
	assert_err(AVOW_E_INTERNAL, again());
}

/* What is current comes before what a grace would let through. */
static void
grace_is_for_want_of_a_current_one(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	d.number = 40;
	d.issue_s = T0 - 60 * DAY;
	d.next_s = T0 - DAY;
	add("newer but expired", signed_doc(&p, d, p.signer_key));
	q.grace_s = 30 * DAY;
	assert_ok(select_now());
	assert_int_equal(17, s.tcb_info->evaluation_number);
	assert_false(s.grace_used);
	drop("tcb");
	assert_ok(select_now());
	assert_int_equal(40, s.tcb_info->evaluation_number);
	assert_true(s.grace_used);
}

/* verifier bug 10: the highest evaluation number, then the newest issueDate */
static void
the_highest_number_and_then_the_newest_is_taken(void **state)
{
	struct doc_spec d = tcb_spec(), e = qe_spec();

	(void)state;
	d.issue_s = e.issue_s = T0 - 2 * DAY;
	d.number = e.number = 18;
	add("t18", signed_doc(&p, d, p.signer_key));
	add("q18", signed_doc(&p, e, p.signer_key));
	d.number = e.number = 16;
	d.issue_s = e.issue_s = T0;
	add("t16", signed_doc(&p, d, p.signer_key));
	add("q16", signed_doc(&p, e, p.signer_key));
	assert_ok(select_now());
	assert_string_equal("t18", s.tcb_info_name);
	assert_string_equal("q18", s.qe_identity_name);
	d.number = e.number = 18;
	add("t18 newer", signed_doc(&p, d, p.signer_key));
	add("q18 newer", signed_doc(&p, e, p.signer_key));
	assert_ok(select_now());
	assert_string_equal("t18 newer", s.tcb_info_name);
	assert_string_equal("q18 newer", s.qe_identity_name);
}

static void
a_baseline_is_exact_for_the_tcb_info(void **state)
{
	struct doc_spec d = tcb_spec();

	(void)state;
	d.number = 18;
	add("t18", signed_doc(&p, d, p.signer_key));
	q.baseline = 17;
	assert_ok(select_now());
	assert_string_equal("tcb", s.tcb_info_name);
	q.baseline = 16;
	undecided(AVOW_E_TCB_BASELINE_ABSENT, "");
	assert_string_equal("16", why.expected);
	q.fmspc[0] ^= 1; /* of which there is nothing at all */
	undecided(AVOW_E_TCB_INFO_ABSENT, "");
	assert_non_null(strstr(why.expected, "number 16"));
	q.fmspc[0] ^= 1;
	q.baseline = 0;
	assert_ok(again());
	assert_string_equal("t18", s.tcb_info_name);
}

static void
with_identities(unsigned a, unsigned b, unsigned c, unsigned expected)
{
	const unsigned numbers[] = {a, b, c};
	static const char *const names[] = {"qa", "qb", "qc"};
	struct doc_spec d = qe_spec();

	for (int i = 0; i < 3; i++) {
		d.number = numbers[i];
		put(names[i], signed_doc(&p, d, p.signer_key));
	}
	assert_ok(select_now());
	assert_int_equal(expected, s.qe_identity->evaluation_number);
}

static void
a_baseline_takes_the_nearest_identity(void **state)
{
	(void)state;
	drop("qe");
	q.baseline = 17;
	with_identities(16, 17, 18, 17);
	with_identities(15, 16, 18, 16);
	with_identities(20, 18, 19, 18);
	q.baseline = 0;
	with_identities(20, 18, 19, 20);
}

static void
the_newest_current_crl_is_taken(void **state)
{
	struct avow_crl_spec c = crl_spec_of(ca_name, p.ca_key);

	(void)state;
	c.this_update_s = T0 - 2;
	add("newer", crl_der(&p, c));
	c.this_update_s = T0 + 2;
	add("to come", crl_der(&p, c));
	assert_ok(select_now());
	assert_string_equal("newer", s.pck_crl_name);
	q.at_s = T0 + 2;
	assert_ok(again());
	assert_string_equal("to come", s.pck_crl_name);
	q.at_s = T0 - 3;
	assert_ok(again());
	assert_string_equal("pck.crl", s.pck_crl_name);
}

/* verifier bug 17: a CRL that is there is checked like everything else */
static void
crls_are_verified(void **state)
{
	struct avow_crl_spec c = crl_spec_of(ca_name, p.other_key);

	(void)state;
	put("pck.crl", crl_der(&p, c));
	undecided(AVOW_E_CRL_SIGNATURE, "pck.crl");
	c = crl_spec_of(ca_name, p.ca_key);
	c.with_number = false;
	put("pck.crl", crl_der(&p, c));
	undecided(AVOW_E_CRL_EXTENSIONS, "pck.crl");
	put("pck.crl", crl_der(&p, crl_spec_of(ca_name, p.ca_key)));
	c = crl_spec_of(root_name, p.ca_key);
	put("root.crl", crl_der(&p, c));
	undecided(AVOW_E_CRL_SIGNATURE, "root.crl");
}

static void
for_certificates_alone(struct avow_cert_spec *spec)
{
	spec->key_usage = AVOW_KU_KEY_CERT_SIGN;
}

static void
a_ca_that_may_not_sign_crls_has_none(void **state)
{
	struct avow_cert *ca = make_ca(&p, for_certificates_alone);

	(void)state;
	q.pck_ca = ca;
	undecided(AVOW_E_CRL_ISSUER, "pck.crl");
	avow_cert_free(ca);
}

static void
a_revoked_signer_signs_nothing(void **state)
{
	struct avow_crl_spec c = crl_spec_of(root_name, p.root_key);

	(void)state;
	c.revoked = &p.signer->serial;
	c.n_revoked = 1;
	put("root.crl", crl_der(&p, c));
	undecided(AVOW_E_SIGNING_CERT_REVOKED, "tcb");
	/* a renewed certificate of the same key is another serial */
	{
		struct avow_cert *renewed = make_signer(&p, NULL);

		add("renewed", cert_pem(&p, renewed));
		assert_ok(select_now());
		assert_memory_equal(renewed->sha256, s.tcb_signer->sha256, 32);
		avow_cert_free(renewed);
	}
}

static void
ended_yesterday(struct avow_cert_spec *spec)
{
	spec->not_after_s = T0 - DAY;
}

static void
starts_today(struct avow_cert_spec *spec)
{
	spec->not_before_s = T0;
}

/* Intel renewed its signing certificate in 2025, with the same key. */
static void
the_signing_certificate_valid_now_is_used(void **state)
{
	struct avow_cert *old = make_signer(&p, ended_yesterday);
	struct avow_cert *new = make_signer(&p, starts_today);

	(void)state;
	put("signer", cert_pem(&p, old));
	undecided(AVOW_E_TCB_INFO_CHAIN, "tcb");
	add("renewed", cert_pem(&p, new));
	assert_ok(select_now());
	assert_memory_equal(new->sha256, s.tcb_signer->sha256, 32);
	q.at_s = T0 - DAY;
	assert_ok(again());
	assert_memory_equal(old->sha256, s.tcb_signer->sha256, 32);
	q.at_s = T0 - 1;
	assert_err(AVOW_E_TCB_INFO_CHAIN, again());
	avow_cert_free(old);
	avow_cert_free(new);
}

static void
second_and_over(struct avow_cert_spec *spec)
{
	spec->key = avow_privkey_public(p.other_key);
	ended_yesterday(spec);
}

/* verifier bug 4: the identity's chain is judged as the TCB info's */
static void
the_identitys_signer_has_a_chain_of_its_own(void **state)
{
	struct avow_cert *second = make_signer(&p, second_and_over);

	(void)state;
	add("second signer", cert_pem(&p, second));
	put("qe", signed_doc(&p, qe_spec(), p.other_key));
	undecided(AVOW_E_QE_IDENTITY_CHAIN, "qe");
	q.at_s = T0 - DAY;
	assert_ok(again());
	assert_memory_equal(second->sha256, s.qe_signer->sha256, 32);
	assert_memory_equal(p.signer->sha256, s.tcb_signer->sha256, 32);
	assert_memory_not_equal(s.tcb_info_certs_hash, s.qe_identity_certs_hash, 32);
	assert_int_equal(T0 - DAY, s.earliest_expiry_s);
	avow_cert_free(second);
}

static void
untrusted(struct avow_cert_spec *spec)
{
	spec->signer = p.other_key;
}

static void
a_signer_without_a_chain_says_why(void **state)
{
	struct avow_cert *c = make_signer(&p, untrusted);

	(void)state;
	put("signer", cert_pem(&p, c));
	undecided(AVOW_E_TCB_INFO_CHAIN, "tcb");
	assert_string_equal(avow_err_text(AVOW_E_CHAIN_SIGNATURE), why.message);
	drop("signer");
	undecided(AVOW_E_TCB_SIGNER_ABSENT, "tcb");
	avow_cert_free(c);
}

static name_pairs both_names[] = {
	{"CN", "Test SGX Root CA and SGX TCB Signing"}, {NULL, NULL}};

static void
self_signed_signer(struct avow_cert_spec *spec)
{
	spec->subject = spec->issuer = both_names;
	spec->key = avow_privkey_public(p.other_key);
	spec->signer = p.other_key;
}

/* A certificate that calls itself everything is neither a root nor a signer. */
static void
a_self_signed_signer_is_no_root(void **state)
{
	struct avow_cert *fake = make_root(&p, self_signed_signer);

	(void)state;
	put("signer", cert_pem(&p, fake));
	put("tcb", signed_doc(&p, tcb_spec(), p.other_key));
	undecided(AVOW_E_TCB_SIGNER_ABSENT, "tcb");
	add("real signer", cert_pem(&p, p.signer));
	undecided(AVOW_E_TCB_INFO_SIGNATURE, "tcb");
	put("root", cert_pem(&p, fake));
	put("tcb", signed_doc(&p, tcb_spec(), p.signer_key));
	assert_ok(select_now());
	assert_memory_equal(p.root->sha256, s.root->sha256, 32);
	avow_cert_free(fake);
}

/* Another root's signer does not sign for this one's platforms, whatever its
 * issuer is called; the document's signature is not to blame. */
static void
another_roots_signer_is_no_signer(void **state)
{
	struct pki two;

	(void)state;
	pki_init(&two);
	assert_ok(avow_anchors_add_pem(
		p.anchors, AVOW_ANCHOR_INTEL_SGX, cert_pem(&p, two.root), NULL));
	drop("signer");
	add("signer 2", cert_pem(&p, two.signer));
	undecided(AVOW_E_TCB_INFO_CHAIN, "tcb");
	pki_clear(&two);
}

/* The case's files in a snapshot, each for whom its name says. */
static void
load_by_name(void)
{
	struct avow_collateral_more more[32];

	for (size_t i = 0; i < n_files; i++) {
		more[i] = (struct avow_collateral_more){
			files[i], AVOW_COLLATERAL_FOR_ALL};
		if (strcmp(files[i].name, "early") == 0)
			more[i].use = AVOW_COLLATERAL_FOR_EARLY;
		if (strcmp(files[i].name, "named") == 0)
			more[i].use = AVOW_COLLATERAL_FOR_BASELINE;
	}
	avow_collateral_free(joined);
	joined = NULL; /* each for all */
	avow_collateral_free(snapshot);
	assert_ok(avow_collateral_load_with(NULL, more, n_files, &snapshot, NULL));
}

static struct doc_spec
tcb_number(unsigned number)
{
	struct doc_spec d = tcb_spec();

	d.number = number;
	return d;
}

/* PCS's update=early and update=standard, and a named number, side by side. */
static void
early_documents_are_for_who_wants_them(void **state)
{
	unsigned now = tcb_spec().number;

	(void)state;
	add("early", signed_doc(&p, tcb_number(now + 1), p.signer_key));
	add("named", signed_doc(&p, tcb_number(now + 2), p.signer_key));
	load_by_name();
	assert_ok(again());
	assert_int_equal(now, s.tcb_info->evaluation_number);
	q.early = true;
	assert_ok(again());
	assert_int_equal(now + 1, s.tcb_info->evaluation_number);
	q.early = false;
	assert_ok(again());
	assert_int_equal(now, s.tcb_info->evaluation_number);
	q.baseline = now + 2;
	assert_ok(again());
	assert_int_equal(now + 2, s.tcb_info->evaluation_number);
	q.baseline = 0;
	drop("tcb");
	load_by_name();
	assert_err(AVOW_E_TCB_INFO_ABSENT, again());
}

/* One pinned root must not speak for the platforms of another. */
static void
documents_are_of_the_platforms_own_root(void **state)
{
	struct pki two;
	struct avow_span foreign;

	(void)state;
	pki_init(&two);
	assert_ok(avow_anchors_add_pem(
		p.anchors, AVOW_ANCHOR_INTEL_SGX, cert_pem(&p, two.root), NULL));
	foreign = signed_doc(&p, tcb_spec(), two.signer_key);
	put("tcb", foreign);
	add("signer 2", cert_pem(&p, two.signer));
	add("root 2", cert_pem(&p, two.root));
	undecided(AVOW_E_TCB_INFO_CHAIN, "tcb");
	/* it is good for its own platforms */
	q.pck_ca = two.ca;
	put("qe", signed_doc(&p, qe_spec(), two.signer_key));
	put("root.crl", crl_der(&p, crl_spec_of(root_name, two.root_key)));
	put("pck.crl", crl_der(&p, crl_spec_of(ca_name, two.ca_key)));
	assert_ok(select_now());
	assert_memory_equal(two.root->sha256, s.root->sha256, 32);
	pki_clear(&two);
}

/* What was verified under one set of anchors says nothing under another. */
static void
each_set_of_anchors_has_its_own_memory(void **state)
{
	struct avow_anchors *intel;
	struct avow_intel_selection other;

	(void)state;
	assert_ok(avow_anchors_new(true, &intel));
	assert_ok(select_now());
	assert_err(AVOW_E_COLLATERAL_ABSENT,
		avow_collateral_select(snapshot, intel, &q, &other, NULL));
	assert_ok(again());
	assert_err(AVOW_E_COLLATERAL_ABSENT,
		avow_collateral_select(snapshot, intel, &q, &other, NULL));
	avow_anchors_free(intel);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(selects_everything_of_a_platform),
		T(what_is_remembered_is_the_same),
		T(what_is_remembered_ends_with_its_documents),
		T(each_document_is_needed),
		T(says_which_crl_is_absent),
		T(an_anchor_stands_in_for_the_root_file),
		T(without_any_root_certificate_it_is_undecided),
		T(another_platforms_tcb_info_is_none),
		T(signatures_are_checked),
		T(an_edited_document_does_not_verify),
		T(a_malformed_candidate_is_named),
		T(a_malformed_crl_is_named),
		T(the_malformed_one_of_the_platform_is_named),
		T(another_candidate_serves_where_one_fails),
		T(the_nearest_miss_is_reported),
		T(each_document_is_current_from_issue_to_next_update),
		T(a_grace_of_any_length_is_sound),
		T(grace_is_for_want_of_a_current_one),
		T(the_highest_number_and_then_the_newest_is_taken),
		T(a_baseline_is_exact_for_the_tcb_info),
		T(a_baseline_takes_the_nearest_identity),
		T(the_newest_current_crl_is_taken),
		T(crls_are_verified),
		T(a_ca_that_may_not_sign_crls_has_none),
		T(a_revoked_signer_signs_nothing),
		T(the_signing_certificate_valid_now_is_used),
		T(the_identitys_signer_has_a_chain_of_its_own),
		T(a_signer_without_a_chain_says_why),
		T(a_self_signed_signer_is_no_root),
		T(documents_are_of_the_platforms_own_root),
		T(another_roots_signer_is_no_signer),
		T(early_documents_are_for_who_wants_them),
		T(each_set_of_anchors_has_its_own_memory),
	};

	return cmocka_run_group_tests_name("trust/collateral", tests, NULL, NULL);
}
