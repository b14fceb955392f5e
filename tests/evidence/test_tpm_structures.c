/* TPM structures: every refusal of the readers, field by field (mistakes A1, B8 to
 * B13: magic, version, type and size are one function; exact-size copies). */
#include "tpm_maker.h"

static enum avow_err
parse_attest(const struct tpm_fields *f, uint16_t type)
{
	struct avow_tpm_attest t;
	struct avow_buf b;
	enum avow_err e = avow_tpm_attest_parse(tpm_attest(&b, f), type, &t, NULL);

	avow_buf_clear(&b);
	return e;
}

static void
reads_every_field_of_a_quote(void **state)
{
	struct tpm_fields f = tpm_defaults();
	struct avow_tpm_attest t;
	struct avow_buf b;

	(void)state;
	f.digest = AVOW_LIT("0123456789abcdef0123456789abcdef");
	assert_ok(
		avow_tpm_attest_parse(tpm_attest(&b, &f), AVOW_TPM_ST_QUOTE, &t, NULL));
	assert_span(avow_buf_span(&b), t.bytes);
	assert_span(f.extra, t.extra_data);
	assert_int_equal(1000, t.clock_ms);
	assert_int_equal(7, t.reset_count);
	assert_int_equal(3, t.restart_count);
	assert_true(t.safe);
	assert_int_equal(f.firmware, t.firmware_version);
	assert_int_equal(1, t.n_selections);
	assert_int_equal(AVOW_TPM_ALG_SHA256, t.selections[0].alg);
	assert_int_equal(0x81, t.selections[0].mask);
	assert_span(f.digest, t.pcr_digest);
	avow_buf_clear(&b);
}

/* mistakes A1: whatever an AK signs is not a quote */
static void
refuses_another_magic_and_another_type(void **state)
{
	struct tpm_fields f = tpm_defaults();

	(void)state;
	f.magic ^= 1;
	assert_err(AVOW_E_TPM_MAGIC, parse_attest(&f, AVOW_TPM_ST_QUOTE));
	f = tpm_defaults();
	assert_err(AVOW_E_TPM_TYPE, parse_attest(&f, AVOW_TPM_ST_CERTIFY));
	f.type = 0x8014;
	assert_err(AVOW_E_TPM_TYPE, parse_attest(&f, AVOW_TPM_ST_QUOTE));
	f.type = AVOW_TPM_ST_CERTIFY;
	assert_ok(parse_attest(&f, AVOW_TPM_ST_CERTIFY));
}

static void
refuses_a_clock_and_selections_that_cannot_be(void **state)
{
	struct tpm_fields f = tpm_defaults();

	(void)state;
	f.safe = 2;
	assert_err(AVOW_E_TPM_CLOCK, parse_attest(&f, AVOW_TPM_ST_QUOTE));
	f = tpm_defaults();
	f.mask = 0; /* verifier-bugs 30: an empty list matches nothing */
	assert_err(AVOW_E_TPM_SELECTION, parse_attest(&f, AVOW_TPM_ST_QUOTE));
	f = tpm_defaults();
	f.bank = 0x12;
	assert_err(AVOW_E_TPM_SELECTION, parse_attest(&f, AVOW_TPM_ST_QUOTE));
}

/* mistakes B8, B10, B12: every cut and a byte too many; each in a buffer of exactly
 * that size, so that a sanitizer sees a read behind it (B13) */
static void
refuses_every_other_length(void **state)
{
	struct tpm_fields f = tpm_defaults();
	struct avow_span whole;
	struct avow_buf b;

	(void)state;
	whole = tpm_attest(&b, &f);
	for (size_t n = 0; n <= whole.n + 1; n++) {
		uint8_t *copy = calloc(1, n ? n : 1);
		struct avow_tpm_attest t;

		assert_non_null(copy);
		memcpy(copy, whole.p, n < whole.n ? n : whole.n);
		assert_err(n == whole.n ? AVOW_OK : AVOW_E_TPM_ATTEST,
			avow_tpm_attest_parse(
				avow_span_make(copy, n), AVOW_TPM_ST_QUOTE, &t, NULL));
		free(copy);
	}
	avow_buf_clear(&b);
}

static void
signature(enum avow_err want, struct avow_span bytes)
{
	struct avow_tpm_signature s;

	assert_err(want, avow_tpm_signature_parse(bytes, &s, NULL));
}

static void
refuses_signatures_of_other_forms(void **state)
{
	(void)state;
	signature(AVOW_OK, AVOW_LIT("\x00\x14\x00\x0b\x00\x01s"));
	signature(AVOW_OK, AVOW_LIT("\x00\x18\x00\x0b\x00\x01r\x00\x01s"));
	signature(AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_LIT(""));
	signature(AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_LIT("\x00\x14\x00"));
	signature(AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_LIT("\x00\x14\x00\x0b\x00\x02s"));
	signature(AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_LIT("\x00\x14\x00\x0b\x00\x01s+"));
	signature(AVOW_E_TPM_SIGNATURE_FORMAT, AVOW_LIT("\x00\x14\x00\x0b\xff\xffs"));
	signature(AVOW_E_TPM_SIGNATURE_ALGORITHM, AVOW_LIT("\x00\x05\x00\x0bhmac"));
	signature(AVOW_E_TPM_SIGNATURE_ALGORITHM, AVOW_LIT("\x00\x10"));
	signature(AVOW_E_TPM_SIGNATURE_ALGORITHM, AVOW_LIT("\x00\x1a\x00\x0b"));
	signature(
		AVOW_E_TPM_SIGNATURE_ALGORITHM, AVOW_LIT("\x00\x14\x00\x10\x00\x01s"));
}

static void
reads_a_public_area_with_and_without_its_size(void **state)
{
	struct avow_tpm_public p, q;
	struct avow_privkey *key;
	struct avow_pubkey *pub;
	struct avow_tpm_name name;
	struct avow_buf b, sized;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &key));
	avow_buf_init(&sized, 1 << 12);
	put_2b(&sized, tpm_public(&b, key, 0x50072));
	assert_ok(avow_tpm_public_parse(avow_buf_span(&b), &p, NULL));
	assert_ok(avow_tpm_public_parse(avow_buf_span(&sized), &q, NULL));
	assert_span(p.bytes, q.bytes);
	assert_int_equal(0x50072, p.attributes);
	assert_ok(avow_tpm_public_key(&p, &pub, NULL));
	assert_true(avow_pubkey_eq(pub, avow_privkey_public(key)));
	assert_ok(avow_tpm_public_name(&p, &name, NULL));
	assert_int_equal(34, name.n);
	p.name_alg = 0x10;
	assert_err(AVOW_E_TPM_PUBLIC, avow_tpm_public_name(&p, &name, NULL));
	put_be(&b, 0, 1);
	assert_err(
		AVOW_E_TPM_PUBLIC, avow_tpm_public_parse(avow_buf_span(&b), &p, NULL));
	assert_err(AVOW_E_TPM_PUBLIC,
		avow_tpm_public_parse(AVOW_LIT("\x00\x08\x00\x0b"), &p, NULL));
	avow_pubkey_free(pub);
	avow_privkey_free(key);
	avow_buf_clear(&b);
	avow_buf_clear(&sized);
}

/* verifier-bugs 26: an AK that is not restricted signs whatever looks like a quote */
static void
an_ak_must_be_restricted_and_stay_in_its_tpm(void **state)
{
	static const uint32_t bits[] = {AVOW_TPMA_FIXED_TPM, AVOW_TPMA_FIXED_PARENT,
		AVOW_TPMA_SENSITIVE_DATA_ORIGIN, AVOW_TPMA_RESTRICTED, AVOW_TPMA_SIGN};
	struct avow_tpm_public p = {.attributes = 0x50072};

	(void)state;
	assert_ok(avow_tpm_ak_attributes(&p, NULL));
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		p.attributes = 0x50072 & ~bits[i];
		assert_err(AVOW_E_TPM_AK_ATTRIBUTES, avow_tpm_ak_attributes(&p, NULL));
	}
	p.attributes = 0x50072 | AVOW_TPMA_DECRYPT;
	assert_err(AVOW_E_TPM_AK_ATTRIBUTES, avow_tpm_ak_attributes(&p, NULL));
}

static enum avow_err
as_attest(struct avow_span s)
{
	struct avow_tpm_attest t;

	return avow_tpm_attest_parse(s, AVOW_TPM_ST_QUOTE, &t, NULL);
}

static enum avow_err
as_signature(struct avow_span s)
{
	struct avow_tpm_signature t;

	return avow_tpm_signature_parse(s, &t, NULL);
}

static enum avow_err
as_public(struct avow_span s)
{
	struct avow_tpm_public t;

	return avow_tpm_public_parse(s, &t, NULL);
}

/* mistakes B9 and B11: the length travels with its bytes. What the rest of a longer
 * buffer would complete stays refused, at a pointer's size as at every other. */
static void
every_prefix_is_refused_though_its_rest_lies_behind_it(void **state)
{
	struct tpm_fields f = tpm_defaults();
	struct avow_privkey *key;
	struct avow_buf attest, area;
	const struct {
		struct avow_span whole;
		enum avow_err (*parse)(struct avow_span s);
		enum avow_err refused;
	} cases[] = {
		{tpm_attest(&attest, &f), as_attest, AVOW_E_TPM_ATTEST},
		{AVOW_LIT("\x00\x18\x00\x0b\x00\x04rrrr\x00\x04ssss"), as_signature,
			AVOW_E_TPM_SIGNATURE_FORMAT},
		{avow_privkey_generate(AVOW_KEY_P256, 0, &key) == AVOW_OK
				? tpm_public(&area, key, 0x50072)
				: AVOW_LIT(""),
			as_public, AVOW_E_TPM_PUBLIC},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(cases[i].whole.n > sizeof(void *));
		assert_ok(cases[i].parse(cases[i].whole));
		for (size_t n = 0; n < cases[i].whole.n; n++)
			assert_err(cases[i].refused,
				cases[i].parse(avow_span_slice(cases[i].whole, 0, n)));
	}
	avow_privkey_free(key);
	avow_buf_clear(&attest);
	avow_buf_clear(&area);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field_of_a_quote),
		cmocka_unit_test(refuses_another_magic_and_another_type),
		cmocka_unit_test(refuses_a_clock_and_selections_that_cannot_be),
		cmocka_unit_test(refuses_every_other_length),
		cmocka_unit_test(refuses_signatures_of_other_forms),
		cmocka_unit_test(reads_a_public_area_with_and_without_its_size),
		cmocka_unit_test(an_ak_must_be_restricted_and_stay_in_its_tpm),
		cmocka_unit_test(
			every_prefix_is_refused_though_its_rest_lies_behind_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
