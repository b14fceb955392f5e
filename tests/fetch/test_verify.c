/* fetch: what comes from a source is genuine, of its key, and current. */
#include "world.h"

static struct avow_store_collateral doc;

static enum avow_err
verify_at(const struct avow_fetch_key *k, struct avow_span body, struct avow_span chain,
	int64_t at_s)
{
	const struct avow_fetch_judge j = {
		.anchors = p.anchors, .known = known, .at_s = at_s};

	avow_why_init(&why);
	return avow_fetch_verify(k, body, chain, &j, &p.a, &doc, &why);
}

static enum avow_err
verify(const struct avow_fetch_key *k, struct avow_span body, struct avow_span chain)
{
	enum avow_err e = verify_at(k, body, chain, T0);

	if (e != AVOW_OK)
		assert_null(doc.body.p);
	return e;
}

static void
good_documents_are_described(void **state)
{
	const struct avow_fetch_key *const keys[] = {&TCB, &QE, &PCK, &ROOT};
	char name[AVOW_FETCH_NAME_TEXT];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_ok(verify(keys[i], good_body(keys[i]), good_chain(keys[i])));
		avow_fetch_key_name(keys[i], name);
		assert_true(avow_span_eq_str(doc.name, name));
		assert_true(doc.issued_s <= T0 && T0 <= doc.expires_s);
	}
	assert_ok(verify(&TCB, good_body(&TCB), good_chain(&TCB)));
	assert_int_equal(tcb_spec().number, doc.number);
	assert_true(avow_span_eq(doc.chain, good_chain(&TCB)));
}

/* PCCS: hex text of the DER; PCS: PEM unless DER was asked for */
static void
a_crl_is_taken_in_each_form(void **state)
{
	struct avow_span der = good_body(&PCK);
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_hex_put(&b, der);
	avow_buf_put_byte(&b, '\n');
	assert_ok(verify(&PCK, avow_buf_span(&b), good_chain(&PCK)));
	assert_true(avow_span_eq(der, doc.body));
	avow_buf_reset(&b);
	avow_pem_put(&b, "X509 CRL", der);
	assert_ok(verify(&PCK, avow_buf_span(&b), good_chain(&PCK)));
	assert_true(avow_span_eq(der, doc.body));
	avow_buf_clear(&b);
}

/* verifier bugs 4 and 12: signature and chain, of each document alike */
static void
what_is_not_signed_by_intels_key_is_refused(void **state)
{
	struct avow_span forged = signed_doc(&p, tcb_spec(), p.other_key);
	struct avow_span forged_qe = signed_doc(&p, qe_spec(), p.other_key);
	struct avow_span leaf = chain_of(p.leaf, p.root);
	struct pki two;

	(void)state;
	assert_err(AVOW_E_TCB_INFO_SIGNATURE, verify(&TCB, forged, good_chain(&TCB)));
	assert_err(
		AVOW_E_QE_IDENTITY_SIGNATURE, verify(&QE, forged_qe, good_chain(&QE)));
	assert_err(AVOW_E_TCB_INFO_CHAIN, verify(&TCB, good_body(&TCB), leaf));
	assert_err(AVOW_E_QE_IDENTITY_CHAIN, verify(&QE, good_body(&QE), leaf));
	assert_err(
		AVOW_E_TCB_SIGNER_ABSENT, verify(&TCB, good_body(&TCB), AVOW_LIT("")));
	assert_err(AVOW_E_TCB_SIGNER_ABSENT,
		verify(&TCB, good_body(&TCB), cert_pem(&p, p.root)));
	assert_err(AVOW_E_TCB_INFO_CHAIN,
		verify(&TCB, good_body(&TCB), cert_pem(&p, p.signer)));
	/* a whole PKI of somebody else's */
	pki_init(&two);
	assert_err(AVOW_E_TCB_INFO_CHAIN,
		verify(&TCB, signed_doc(&two, tcb_spec(), two.signer_key),
			chain_of(two.signer, two.root)));
	assert_err(AVOW_E_CRL_ISSUER,
		verify(&PCK, crl_der(&two, crl_spec_of(ca_name, two.ca_key)),
			chain_of(two.ca, two.root)));
	assert_err(AVOW_E_CRL_SIGNATURE,
		verify(&ROOT, crl_der(&two, crl_spec_of(root_name, two.root_key)),
			AVOW_LIT("")));
	pki_clear(&two);
}

static void
what_is_no_document_is_refused(void **state)
{
	struct avow_span text = AVOW_LIT("hello");

	(void)state;
	assert_err(AVOW_E_TCB_INFO_FORMAT, verify(&TCB, text, good_chain(&TCB)));
	assert_err(AVOW_E_QE_IDENTITY_FORMAT, verify(&QE, text, good_chain(&QE)));
	assert_err(AVOW_E_CRL_MALFORMED, verify(&PCK, text, good_chain(&PCK)));
	assert_err(AVOW_E_FETCH_FORMAT, verify(&TCB, good_body(&TCB), text));
	assert_err(AVOW_E_CRL_ISSUER, verify(&PCK, good_body(&ROOT), good_chain(&PCK)));
	assert_err(AVOW_E_CRL_ISSUER, verify(&PCK, good_body(&PCK), AVOW_LIT("")));
}

/* verifier bug 9: genuine, and for another platform */
static void
a_genuine_document_of_another_key_is_refused(void **state)
{
	struct avow_fetch_key k = TCB;
	struct doc_spec td = qe_spec();

	(void)state;
	k.fmspc[5] = 1;
	assert_err(
		AVOW_E_FETCH_MISMATCH, verify(&k, good_body(&TCB), good_chain(&TCB)));
	k = TCB;
	k.tee = AVOW_TEE_TDX;
	assert_err(
		AVOW_E_FETCH_MISMATCH, verify(&k, good_body(&TCB), good_chain(&TCB)));
	k = TCB;
	k.number = tcb_spec().number + 1;
	assert_err(
		AVOW_E_FETCH_MISMATCH, verify(&k, good_body(&TCB), good_chain(&TCB)));
	td.id = "TD_QE";
	assert_err(AVOW_E_FETCH_MISMATCH,
		verify(&QE, signed_doc(&p, td, p.signer_key), good_chain(&QE)));
	k = PCK;
	k.ca = AVOW_PCK_CA_PROCESSOR;
	assert_err(
		AVOW_E_FETCH_MISMATCH, verify(&k, good_body(&PCK), good_chain(&PCK)));
}

static void
only_what_is_current_is_taken(void **state)
{
	const struct avow_fetch_judge any = {
		.anchors = p.anchors, .known = known, .any_time = true};
	int64_t before = T0 - 10 * DAY, after = T0 + 40 * DAY;

	(void)state;
	assert_err(AVOW_E_TCB_INFO_NOT_YET_VALID,
		verify_at(&TCB, good_body(&TCB), good_chain(&TCB), before));
	assert_err(AVOW_E_TCB_INFO_EXPIRED,
		verify_at(&TCB, good_body(&TCB), good_chain(&TCB), after));
	assert_err(AVOW_E_QE_IDENTITY_NOT_YET_VALID,
		verify_at(&QE, good_body(&QE), good_chain(&QE), before));
	assert_err(AVOW_E_QE_IDENTITY_EXPIRED,
		verify_at(&QE, good_body(&QE), good_chain(&QE), after));
	assert_err(AVOW_E_CRL_NOT_YET_VALID,
		verify_at(&PCK, good_body(&PCK), good_chain(&PCK), before));
	assert_err(AVOW_E_CRL_EXPIRED,
		verify_at(&ROOT, good_body(&ROOT), good_chain(&ROOT), after));
	assert_err(AVOW_E_TCB_INFO_CHAIN,
		verify_at(&TCB, good_body(&TCB), good_chain(&TCB), T0 + 400 * DAY));
	/* for appraisals of the past, whatever its date */
	assert_ok(avow_fetch_verify(
		&TCB, good_body(&TCB), good_chain(&TCB), &any, &p.a, &doc, &why));
}

/* --- the list of numbers -------------------------------------------------------------- */

static struct avow_span
numbers(const char *members, const struct avow_privkey *key)
{
	struct avow_buf inner, sig, out;
	struct avow_span s;

	avow_buf_init(&inner, 4096);
	avow_buf_init(&sig, 256);
	avow_buf_init(&out, 8192);
	avow_buf_printf(&inner,
		"{\"id\":\"SGX\",\"version\":1,\"issueDate\":\"2024-12-31T00:00:00Z\","
		"\"nextUpdate\":\"2025-01-30T00:00:00Z\",\"tcbEvalNumbers\":[%s]}",
		members);
	assert_ok(avow_sign(key, AVOW_SIG_ES256_RAW, avow_buf_span(&inner), &sig));
	avow_buf_put_str(&out, "{\"tcbEvaluationDataNumbers\":");
	avow_buf_put(&out, avow_buf_span(&inner));
	avow_buf_put_str(&out, ",\"signature\":\"");
	avow_hex_put(&out, avow_buf_span(&sig));
	avow_buf_put_str(&out, "\"}");
	s = avow_arena_copy(&p.a, avow_buf_span(&out));
	avow_buf_clear(&inner);
	avow_buf_clear(&sig);
	avow_buf_clear(&out);
	return s;
}

#define NUMBER                                                                         \
	"{\"tcbEvaluationDataNumber\":17,\"tcbRecoveryEventDate\":"                    \
	"\"2024-03-12T00:00:00Z\",\"tcbDate\":\"2024-03-13T00:00:00Z\"}"

static void
the_list_of_numbers_is_judged_like_the_rest(void **state)
{
	struct avow_fetch_key k = {.kind = AVOW_FETCH_NUMBERS};
	struct avow_span chain = chain_of(p.signer, p.root);

	(void)state;
	assert_ok(verify(&k, numbers(NUMBER, p.signer_key), chain));
	assert_int_equal(0, doc.number);
	assert_err(AVOW_E_TCB_NUMBERS, verify(&k, numbers(NUMBER, p.other_key), chain));
	assert_err(AVOW_E_TCB_NUMBERS, verify(&k, numbers("", p.signer_key), chain));
	assert_err(AVOW_E_TCB_NUMBERS, verify(&k, numbers("{}", p.signer_key), chain));
	assert_err(AVOW_E_TCB_NUMBERS, verify(&k, AVOW_LIT("{}"), chain));
	assert_err(AVOW_E_TCB_NUMBERS,
		verify_at(&k, numbers(NUMBER, p.signer_key), chain, T0 + 40 * DAY));
	k.tee = AVOW_TEE_TDX;
	assert_err(AVOW_E_FETCH_MISMATCH,
		verify(&k, numbers(NUMBER, p.signer_key), chain));
}

static int
set_up(void **state)
{
	(void)state;
	world_init();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	world_clear();
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(good_documents_are_described),
		T(a_crl_is_taken_in_each_form),
		T(what_is_not_signed_by_intels_key_is_refused),
		T(what_is_no_document_is_refused),
		T(a_genuine_document_of_another_key_is_refused),
		T(only_what_is_current_is_taken),
		T(the_list_of_numbers_is_judged_like_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
