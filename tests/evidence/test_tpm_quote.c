/* What a quote proves, check by check, each with the one field that breaks it. */
#include "tpm_maker.h"

#include "evidence/tpm/credential.h"

struct world {
	struct avow_privkey *ak, *other;
	struct avow_buf attest, sig;
	struct avow_tpm_pcr pcrs[2];
	uint8_t values[2][32], digest[32];
	struct avow_tpm_quote q;
};

static void
make_quote(struct world *w, struct tpm_fields f)
{
	struct avow_span parts[2] = {{w->values[0], 32}, {w->values[1], 32}};

	avow_buf_clear(&w->attest);
	avow_buf_clear(&w->sig);
	assert_ok(avow_digest(AVOW_SHA256, parts, 2, w->digest));
	f.digest = avow_span_make(w->digest, 32);
	assert_ok(avow_tpm_attest_parse(
		tpm_attest(&w->attest, &f), AVOW_TPM_ST_QUOTE, &w->q.attest, NULL));
	assert_ok(avow_tpm_signature_parse(
		tpm_sign(&w->sig, w->ak, avow_buf_span(&w->attest)), &w->q.signature,
		NULL));
	w->pcrs[0] = (struct avow_tpm_pcr){0xb, 0, {w->values[0], 32}};
	w->pcrs[1] = (struct avow_tpm_pcr){0xb, 7, {w->values[1], 32}};
	w->q.pcrs = w->pcrs;
	w->q.n_pcrs = 2;
}

static int
setup(void **state)
{
	static struct world w;

	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &w.ak));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &w.other));
	memset(w.values[0], 1, 32);
	memset(w.values[1], 2, 32);
	avow_buf_init(&w.attest, 1);
	avow_buf_init(&w.sig, 1);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	avow_privkey_free(w->ak);
	avow_privkey_free(w->other);
	avow_buf_clear(&w->attest);
	avow_buf_clear(&w->sig);
	return 0;
}

static const struct avow_pubkey *public(const struct avow_privkey *k)
{
	return avow_privkey_public(k);
}

/* verifier-bugs 2: a bad signature is the end */
static void
only_the_ak_signs(void **state)
{
	struct world *w = *state;

	make_quote(w, tpm_defaults());
	assert_ok(avow_tpm_quote_signature(&w->q, public(w->ak), NULL));
	assert_err(AVOW_E_TPM_SIGNATURE,
		avow_tpm_quote_signature(&w->q, public(w->other), NULL));
	w->q.signature.alg = AVOW_TPM_ALG_RSASSA;
	assert_err(AVOW_E_TPM_SIGNATURE_ALGORITHM,
		avow_tpm_quote_signature(&w->q, public(w->ak), NULL));
}

/* verifier-bugs 19 */
static void
the_challenge_is_compared_whole(void **state)
{
	struct world *w = *state;

	make_quote(w, tpm_defaults());
	assert_ok(avow_tpm_quote_bound(&w->q, AVOW_LIT("nonce"), NULL));
	assert_err(AVOW_E_TPM_QUALIFIED_DATA,
		avow_tpm_quote_bound(&w->q, AVOW_LIT("nonc"), NULL));
	assert_err(AVOW_E_TPM_QUALIFIED_DATA,
		avow_tpm_quote_bound(&w->q, AVOW_LIT(""), NULL));
}

/* verifier-bugs 22, mistakes A2: what the quote does not select is not believed */
static void
only_signed_registers_count(void **state)
{
	struct world *w = *state;

	make_quote(w, tpm_defaults());
	assert_ok(avow_tpm_quote_selection(&w->q, 0x81, NULL));
	assert_err(
		AVOW_E_TPM_PCR_REQUIRED, avow_tpm_quote_selection(&w->q, 0x83, NULL));
	w->pcrs[1].index = 8;
	assert_err(AVOW_E_TPM_PCR_UNQUOTED, avow_tpm_quote_selection(&w->q, 0, NULL));
	w->pcrs[1].index = 7;
	w->pcrs[1].alg = AVOW_TPM_ALG_SHA1; /* the same register of another bank */
	assert_err(AVOW_E_TPM_PCR_UNQUOTED, avow_tpm_quote_selection(&w->q, 0, NULL));
	w->q.n_pcrs = 1;
	assert_err(AVOW_E_TPM_PCR_MISSING, avow_tpm_quote_selection(&w->q, 0, NULL));
	assert_err(AVOW_E_TPM_PCR_MISSING, avow_tpm_quote_digest(&w->q, NULL));
}

static void
every_bit_of_every_value_is_digested(void **state)
{
	struct world *w = *state;
	struct avow_quoted_bank banks[AVOW_LOG_BANKS];

	make_quote(w, tpm_defaults());
	assert_ok(avow_tpm_quote_digest(&w->q, NULL));
	for (size_t bit = 0; bit < 512; bit++) {
		w->values[bit / 256][bit % 256 / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_err(AVOW_E_TPM_PCR_DIGEST, avow_tpm_quote_digest(&w->q, NULL));
		w->values[bit / 256][bit % 256 / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	assert_int_equal(1, avow_tpm_quote_banks(&w->q, banks));
	assert_int_equal(0x81, banks[0].mask);
	assert_span(avow_span_make(w->values[1], 32), banks[0].value[7]);
}

static void
a_boot_is_of_the_same_cycle(void **state)
{
	struct tpm_fields f = tpm_defaults();
	struct world *w = *state;
	struct avow_tpm_quote now, boot;

	make_quote(w, f);
	now = boot = w->q;
	assert_ok(avow_tpm_quote_same_boot(&boot, &now, NULL));
	boot.attest.restart_count = now.attest.restart_count - 1;
	assert_ok(avow_tpm_quote_same_boot(&boot, &now, NULL));
	boot.attest.restart_count = now.attest.restart_count + 1;
	assert_err(AVOW_E_TPM_BOOT_CYCLE, avow_tpm_quote_same_boot(&boot, &now, NULL));
	boot = now;
	boot.attest.reset_count++;
	assert_err(AVOW_E_TPM_BOOT_CYCLE, avow_tpm_quote_same_boot(&boot, &now, NULL));
	boot = now;
	boot.attest.firmware_version++;
	assert_err(AVOW_E_TPM_BOOT_CYCLE, avow_tpm_quote_same_boot(&boot, &now, NULL));
}

static void
a_certification_names_one_key(void **state)
{
	struct world *w = *state;
	struct avow_buf area, attest, sig;
	struct avow_tpm_public p;
	struct avow_tpm_name name;
	struct avow_tpm_attest t;
	struct avow_tpm_signature s;
	struct tpm_fields f = tpm_defaults();

	assert_ok(avow_tpm_public_parse(tpm_public(&area, w->other, 0x32), &p, NULL));
	assert_ok(avow_tpm_public_name(&p, &name, NULL));
	f.type = AVOW_TPM_ST_CERTIFY;
	f.digest = avow_span_make(name.bytes, name.n);
	assert_ok(avow_tpm_attest_parse(
		tpm_attest(&attest, &f), AVOW_TPM_ST_CERTIFY, &t, NULL));
	assert_ok(avow_tpm_signature_parse(
		tpm_sign(&sig, w->ak, avow_buf_span(&attest)), &s, NULL));
	assert_ok(avow_tpm_certify_verify(
		&t, &s, public(w->ak), AVOW_LIT("nonce"), &p, NULL));
	assert_err(
		AVOW_E_TPM_SIGNATURE, avow_tpm_certify_verify(&t, &s, public(w->other),
					      AVOW_LIT("nonce"), &p, NULL));
	assert_err(AVOW_E_TPM_QUALIFIED_DATA,
		avow_tpm_certify_verify(
			&t, &s, public(w->ak), AVOW_LIT("other"), &p, NULL));
	p.bytes.n--;
	assert_err(AVOW_E_TPM_KEY_NAME, avow_tpm_certify_verify(&t, &s, public(w->ak),
						AVOW_LIT("nonce"), &p, NULL));
	avow_buf_clear(&area);
	avow_buf_clear(&attest);
	avow_buf_clear(&sig);
}

static void
a_credential_needs_a_key_of_a_known_template(void **state)
{
	struct world *w = *state;
	struct avow_privkey *p521;
	struct avow_tpm_credential c;
	struct avow_tpm_name name = {.n = 34};

	assert_ok(avow_privkey_generate(AVOW_KEY_P521, 0, &p521));
	avow_tpm_credential_init(&c);
	assert_err(AVOW_E_TPM_EK, avow_tpm_credential_make(public(p521), &name,
					  AVOW_LIT("secret"), &c, NULL));
	assert_ok(avow_tpm_credential_make(
		public(w->other), &name, AVOW_LIT("secret"), &c, NULL));
	/* size | size of the HMAC | 32 | size of the value and it */
	assert_int_equal(2 + 2 + 32 + 2 + 6, c.blob.n);
	assert_int_equal(2 + 2 + 32 + 2 + 32, c.secret.n);
	avow_tpm_credential_clear(&c);
	avow_privkey_free(p521);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_ak_signs),
		cmocka_unit_test(the_challenge_is_compared_whole),
		cmocka_unit_test(only_signed_registers_count),
		cmocka_unit_test(every_bit_of_every_value_is_digested),
		cmocka_unit_test(a_boot_is_of_the_same_cycle),
		cmocka_unit_test(a_certification_names_one_key),
		cmocka_unit_test(a_credential_needs_a_key_of_a_known_template),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
