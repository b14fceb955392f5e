/*
 * crypto/crl: what a list says, the index of serials at its largest, and the
 * lists that nothing may be judged by (delta, partitioned, indirect).
 */
#include "pki.h"

#include "base/hex.h"
#include "base/limits.h"

static struct pki pki;
static struct avow_crl_spec good;
static const struct avow_span SERIALS[] = {{(const uint8_t *)"\x05", 1},
	{(const uint8_t *)"\xff\x03", 2}, {(const uint8_t *)"\x7f", 1}};

static int
setup(void **state)
{
	(void)state;
	pki_init(&pki);
	good = (struct avow_crl_spec){.issuer = PKI_CA,
		.this_update_s = PKI_FROM,
		.next_update_s = PKI_UNTIL,
		.signer = pki.ca_key,
		.alg = AVOW_SIG_ES256_DER,
		.with_number = true,
		.with_authority_key_id = true,
		.revoked = SERIALS,
		.n_revoked = 3};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	return 0;
}

static struct avow_buf
der_of(const struct avow_crl_spec *spec)
{
	struct avow_buf b;

	avow_buf_init(&b, AVOW_MAX_CRL + 4096);
	assert_ok(avow_crl_make(spec, &b));
	return b;
}

static struct avow_crl *
crl_of(const struct avow_crl_spec *spec)
{
	struct avow_buf b = der_of(spec);
	struct avow_crl *c = NULL;

	assert_ok(avow_crl_parse(avow_buf_span(&b), &c, NULL));
	avow_buf_clear(&b);
	return c;
}

static void
reads_the_fields(void **state)
{
	struct avow_crl *c = crl_of(&good);
	struct avow_cert *ca = pki_cert(&pki.ca);

	(void)state;
	assert_string_equal("Test CA", c->issuer_cn);
	assert_span(ca->subject, c->issuer);
	assert_int_equal(PKI_FROM, c->this_update_s);
	assert_true(c->has_next_update);
	assert_int_equal(PKI_UNTIL, c->next_update_s);
	assert_true(c->has_number && c->has_authority_key_id);
	assert_span(ca->subject_key_id, c->authority_key_id);
	assert_false(c->unknown_critical);
	assert_int_equal(3, c->n_revoked);
	assert_ok(avow_crl_verify(c, ca->key));
	avow_cert_free(ca);
	avow_crl_free(avow_crl_ref(c));
	avow_crl_free(c);
}

static void
finds_exact_serials_only(void **state)
{
	struct avow_crl *c = crl_of(&good);
	struct avow_cert *leaf = pki_cert(&pki.leaf);

	(void)state;
	assert_true(avow_crl_has(c, leaf->serial)); /* 00 ff 03 as INTEGER */
	assert_true(avow_crl_has(c, AVOW_LIT("\x05")));
	assert_true(avow_crl_has(c, AVOW_LIT("\x7f")));
	assert_false(avow_crl_has(c, AVOW_LIT("\xff\x03"))); /* -253 */
	assert_false(avow_crl_has(c, AVOW_LIT("\x00\x05")));
	assert_false(avow_crl_has(c, AVOW_LIT("\x06")));
	assert_false(avow_crl_has(c, AVOW_LIT("")));
	avow_cert_free(leaf);
	avow_crl_free(c);
}

static void
an_empty_list_has_nobody(void **state)
{
	struct avow_crl_spec spec = good;
	struct avow_crl *c;

	(void)state;
	spec.n_revoked = 0;
	spec.next_update_s = 0;
	spec.with_number = spec.with_authority_key_id = false;
	c = crl_of(&spec);
	assert_int_equal(0, c->n_revoked);
	assert_false(avow_crl_has(c, AVOW_LIT("\x05")));
	assert_false(c->has_next_update || c->has_number || c->has_authority_key_id);
	avow_crl_free(c);
}

/* As many entries as the limit admits, in no order: each is found. */
static void
searches_the_largest_list(void **state)
{
	enum { N = 80000 };
	uint8_t(*bytes)[16] = calloc(N, sizeof(*bytes));
	struct avow_span *serials = calloc(N, sizeof(*serials));
	struct avow_crl_spec spec = good;
	struct avow_crl *c;
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		x = x * 1664525u + 1013904223u;
		bytes[i][0] = 0x40;
		memcpy(bytes[i] + 4, &x, 4);
		bytes[i][15] = (uint8_t)i;
		serials[i] = avow_span_make(bytes[i], 16);
	}
	spec.revoked = serials;
	spec.n_revoked = N;
	c = crl_of(&spec);
	assert_int_equal(N, c->n_revoked);
	assert_true(c->der.n > 2 << 20);
	for (size_t i = 0; i < N; i++) {
		assert_true(avow_crl_has(c, serials[i]));
		bytes[i][0] = 0x41;
		assert_false(avow_crl_has(c, serials[i]));
	}
	avow_crl_free(c);
	free(serials);
	free(bytes);
}

/* verifier-bugs 17: a list that nobody's key signed revokes and frees nobody. */
static void
refuses_a_signature_of_another_key(void **state)
{
	struct avow_crl *c = crl_of(&good);
	struct avow_privkey *p384 = NULL;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &p384));
	assert_err(AVOW_E_SIGNATURE,
		avow_crl_verify(c, avow_privkey_public(pki.root_key)));
	assert_err(
		AVOW_E_CHAIN_ALGORITHM, avow_crl_verify(c, avow_privkey_public(p384)));
	avow_privkey_free(p384);
	avow_crl_free(c);
}

static void
no_verdict(const struct avow_crl_spec *spec)
{
	struct avow_crl *c = crl_of(spec);

	assert_true(c->unknown_critical);
	assert_err(AVOW_E_CRL_EXTENSIONS,
		avow_crl_verify(c, avow_privkey_public(pki.ca_key)));
	avow_crl_free(c);
}

/* RFC 5280 5.2.4, 5.2.5, 5.3.3 */
static void
refuses_lists_that_are_partial(void **state)
{
	struct avow_crl_spec spec = good;
	struct avow_crl *c;

	(void)state;
	spec.extra[0] = (struct avow_extra_extension){
		"2.5.29.27", true, AVOW_LIT("\x02\x01\x01")}; /* delta */
	no_verdict(&spec);
	spec.extra[0] = (struct avow_extra_extension){
		"2.5.29.28", true, AVOW_LIT("\x30\x03\x82\x01\xff")};
	no_verdict(&spec);
	spec.extra[0].critical = false; /* against 5.2.5, and no better */
	no_verdict(&spec);
	spec.extra[0] =
		(struct avow_extra_extension){"1.2.3.4", true, AVOW_LIT("\x05\x00")};
	no_verdict(&spec);
	spec.extra[0].critical = false;
	c = crl_of(&spec);
	assert_ok(avow_crl_verify(c, avow_privkey_public(pki.ca_key)));
	avow_crl_free(c);
}

static void
refuses_entries_that_it_does_not_understand(void **state)
{
	struct avow_crl_spec spec = good;
	struct avow_crl *c;

	(void)state;
	spec.entry_extra = (struct avow_extra_extension){/* certificateIssuer */
		"2.5.29.29", true, AVOW_LIT("\x30\x04\xa4\x02\x30\x00")};
	no_verdict(&spec);
	spec.entry_extra = (struct avow_extra_extension){/* reasonCode */
		"2.5.29.21", true, AVOW_LIT("\x0a\x01\x01")};
	c = crl_of(&spec);
	assert_ok(avow_crl_verify(c, avow_privkey_public(pki.ca_key)));
	avow_crl_free(c);
}

/* verifier-bugs 38, CVE-2023-0286: the attack put an x400Address into the issuing
 * distribution point of a CRL. Here that point is never read, only refused. */
static void
refuses_an_x400_name_in_the_issuing_point(void **state)
{
	struct avow_crl_spec spec = good;

	(void)state;
	spec.extra[0] = (struct avow_extra_extension){"2.5.29.28", false,
		AVOW_LIT("\x30\x08\xa0\x06\xa0\x04\xa3\x02\x30\x00")};
	no_verdict(&spec);
}

/* --- malformed -------------------------------------------------------------------- */

static void
refused(struct avow_span der, const char *field)
{
	struct avow_crl *c = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(AVOW_E_CRL_FORMAT, avow_crl_parse(der, &c, &why));
	assert_null(c);
	assert_string_equal(field, why.field);
}

static void
changed(const char *find, const char *put, const char *field)
{
	struct avow_buf b = der_of(&good);
	uint8_t from[64], to[64];
	size_t n = strlen(find) / 2, at;

	assert_ok(avow_hex_decode(avow_span_str(find), from, n));
	assert_ok(avow_hex_decode(avow_span_str(put), to, n));
	at = avow_span_find(avow_buf_span(&b), avow_span_make(from, n));
	assert_true(at < b.n);
	memcpy(b.p + at, to, n);
	refused(avow_buf_span(&b), field);
	avow_buf_clear(&b);
}

static void
refuses_malformed_fields_by_name(void **state)
{
	struct avow_crl_spec spec = good;
	struct avow_buf b;

	(void)state;
	changed("020101300a0608", "020100300a0608", "version");
	changed("300a06082a8648ce3d040302", "300a06082a8648ce3d040303", "signature");
	changed("3110300e06", "3010300e06", "issuer");
	changed("170d323030393133", "170d323031333133", "thisUpdate");
	changed("170d3233313131343232", "170d3233313131343234", "nextUpdate");
	changed("020105", "030105", "revokedCertificates");
	changed("020300ff03", "0203007f03", "revokedCertificates");
	changed("0603551d14", "0603551d23", "extensions (repeated)");
	changed("0603551d140403020101", "0603551d140403040101",
		"crlExtensions (value)");
	spec.extra[0] = (struct avow_extra_extension){
		"2.5.29.20", false, AVOW_LIT("\x02\x01\x07")};
	b = der_of(&spec);
	refused(avow_buf_span(&b), "extensions (repeated)");
	avow_buf_put_byte(&b, 0);
	refused(avow_buf_span(&b), "CertificateList");
	refused(avow_span_make(b.p, 0), "CertificateList (size)");
	avow_buf_clear(&b);
}

static void
refuses_more_than_the_limit(void **state)
{
	uint8_t *big = calloc(1, AVOW_MAX_CRL + 1);

	(void)state;
	refused(avow_span_make(big, AVOW_MAX_CRL + 1), "CertificateList (size)");
	free(big);
}

static void
refuses_every_truncation(void **state)
{
	struct avow_buf b = der_of(&good);

	(void)state;
	for (size_t n = 1; n < b.n; n++) {
		uint8_t *copy = malloc(n);
		struct avow_crl *c = NULL;

		memcpy(copy, b.p, n);
		assert_err(AVOW_E_CRL_FORMAT,
			avow_crl_parse(avow_span_make(copy, n), &c, NULL));
		free(copy);
	}
	avow_buf_clear(&b);
}

static void
every_bit_is_signed_or_form(void **state)
{
	struct avow_buf b = der_of(&good);

	(void)state;
	for (size_t at = 0; at < b.n; at++) {
		struct avow_crl *c = NULL;

		b.p[at] ^= (uint8_t)(1u << (at % 8));
		if (avow_crl_parse(avow_buf_span(&b), &c, NULL) == AVOW_OK)
			assert_true(avow_crl_verify(c, avow_privkey_public(
							       pki.ca_key)) != AVOW_OK);
		avow_crl_free(c);
		b.p[at] ^= (uint8_t)(1u << (at % 8));
	}
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_fields),
		cmocka_unit_test(finds_exact_serials_only),
		cmocka_unit_test(an_empty_list_has_nobody),
		cmocka_unit_test(searches_the_largest_list),
		cmocka_unit_test(refuses_a_signature_of_another_key),
		cmocka_unit_test(refuses_lists_that_are_partial),
		cmocka_unit_test(refuses_entries_that_it_does_not_understand),
		cmocka_unit_test(refuses_an_x400_name_in_the_issuing_point),
		cmocka_unit_test(refuses_malformed_fields_by_name),
		cmocka_unit_test(refuses_more_than_the_limit),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(every_bit_is_signed_or_form),
	};

	return cmocka_run_group_tests_name("crypto/crl", tests, setup, teardown);
}
