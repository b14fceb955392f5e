/*
 * crypto/x509: what a certificate says, and each thing that makes it no
 * certificate. Malformed ones are made by changing bytes of a good one; the
 * field's name in `why` shows that the right check refused.
 */
#include "pki.h"

#include <openssl/x509v3.h>

#include "base/hex.h"
#include "base/limits.h"

static struct pki pki;

static int
setup(void **state)
{
	(void)state;
	pki_init(&pki);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pki_clear(&pki);
	return 0;
}

static void
reads_the_fields_of_a_ca(void **state)
{
	struct avow_cert *c = pki_cert(&pki.ca);

	(void)state;
	assert_string_equal("Test CA", c->subject_cn);
	assert_string_equal("Test Root", c->issuer_cn);
	assert_span(AVOW_LIT("\x02"), c->serial);
	assert_int_equal(PKI_FROM, c->not_before_s);
	assert_int_equal(PKI_UNTIL, c->not_after_s);
	assert_true(c->has_basic_constraints && c->basic_constraints_critical);
	assert_true(c->is_ca);
	assert_int_equal(0, c->path_length);
	assert_true(c->has_key_usage && c->key_usage_critical);
	assert_int_equal(AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN, c->key_usage);
	assert_int_equal(20, c->subject_key_id.n);
	assert_int_equal(20, c->authority_key_id.n);
	assert_int_equal(AVOW_SIG_ES256_DER, c->signature_alg);
	assert_true(avow_pubkey_eq(avow_privkey_public(pki.ca_key), c->key));
	assert_int_equal(4, c->n_extensions);
	assert_false(avow_cert_is_self_issued(c));
	avow_cert_free(c);
}

static void
reads_the_fields_of_a_leaf(void **state)
{
	static const char *const dns[] = {"a.example", NULL};
	static const char *const ips[] = {"127.0.0.1", "::1", NULL};
	struct avow_cert_spec spec = pki.leaf;
	struct avow_cert *c;
	uint8_t digest[AVOW_SHA256_BYTES];

	(void)state;
	spec.eku_oid = "1.3.6.1.5.5.7.3.1";
	spec.crl_url = "http://example/crl";
	spec.dns_names = dns;
	spec.ip_names = ips;
	spec.extra[0].oid = "1.2.840.113741.1.13.1";
	spec.extra[0].value = AVOW_LIT("\x05\x00");
	c = pki_cert(&spec);
	assert_false(c->is_ca);
	assert_int_equal(-1, c->path_length);
	assert_int_equal(AVOW_KU_DIGITAL_SIGNATURE, c->key_usage);
	assert_span(AVOW_LIT("\xff\x03"), avow_span_from(c->serial, 1));
	assert_span(AVOW_LIT("\x05\x00"),
		avow_cert_extension(c, "1.2.840.113741.1.13.1")->value);
	assert_non_null(avow_cert_extension(c, "2.5.29.31"));
	assert_non_null(avow_cert_extension(c, "2.5.29.17"));
	assert_null(avow_cert_extension(c, "1.2.3"));
	assert_null(avow_cert_extension(c, "not an oid"));
	assert_ok(avow_sha256(c->der, digest));
	assert_memory_equal(digest, c->sha256, sizeof(digest));
	avow_cert_free(avow_cert_ref(c));
	avow_cert_free(c);
}

static void
times_on_both_sides_of_2050(void **state)
{
	struct avow_cert_spec spec = pki.root;
	struct avow_cert *c;

	(void)state;
	spec.not_before_s = 946684800; /* 2000-01-01 */
	spec.not_after_s = 253402300799; /* 9999-12-31T23:59:59Z */
	c = pki_cert(&spec);
	assert_int_equal(946684800, c->not_before_s);
	assert_true(c->not_after_s == 253402300799);
	assert_true(avow_cert_is_self_issued(c));
	avow_cert_free(c);
}

static void
verifies_each_signature_algorithm(void **state)
{
	static const struct {
		enum avow_key_type type;
		enum avow_sig alg;
	} rows[] = {{AVOW_KEY_RSA, AVOW_SIG_RS256}, {AVOW_KEY_RSA, AVOW_SIG_RS384},
		{AVOW_KEY_RSA, AVOW_SIG_RS512}, {AVOW_KEY_RSA, AVOW_SIG_PS256},
		{AVOW_KEY_RSA, AVOW_SIG_PS384}, {AVOW_KEY_RSA, AVOW_SIG_PS512},
		{AVOW_KEY_P384, AVOW_SIG_ES384_DER},
		{AVOW_KEY_P521, AVOW_SIG_ES512_DER}};
	struct avow_privkey *k = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct avow_cert_spec spec = pki.root;
		struct avow_cert *c;

		if (i == 0 || rows[i].type != rows[i - 1].type) {
			avow_privkey_free(k);
			assert_ok(avow_privkey_generate(rows[i].type, 2048, &k));
		}
		spec.key = avow_privkey_public(k);
		spec.signer = k;
		spec.alg = rows[i].alg;
		c = pki_cert(&spec);
		assert_int_equal(rows[i].alg, c->signature_alg);
		assert_ok(avow_cert_verify(c, c->key));
		assert_err(AVOW_E_CHAIN_ALGORITHM,
			avow_cert_verify(c, avow_privkey_public(pki.root_key)));
		avow_cert_free(c);
	}
	avow_privkey_free(k);
}

/* An old root signs itself with SHA-1: it can be read, and proves nothing. */
static void
sha_1_is_read_and_never_verifies(void **state)
{
	struct avow_cert_spec spec = pki.root;
	struct avow_privkey *k = NULL;
	struct avow_cert *c;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k));
	spec.key = avow_privkey_public(k);
	spec.signer = k;
	spec.alg = AVOW_SIG_RS1;
	c = pki_cert(&spec);
	assert_int_equal(AVOW_SIG_RS1, c->signature_alg);
	assert_err(AVOW_E_CHAIN_ALGORITHM, avow_cert_verify(c, c->key));
	avow_cert_free(c);
	avow_privkey_free(k);
}

static void
refuses_a_signature_of_another_key(void **state)
{
	struct avow_cert *c = pki_cert(&pki.leaf);

	(void)state;
	assert_ok(avow_cert_verify(c, avow_privkey_public(pki.ca_key)));
	assert_err(AVOW_E_SIGNATURE,
		avow_cert_verify(c, avow_privkey_public(pki.root_key)));
	avow_cert_free(c);
}

/* --- malformed ----------------------------------------------------------------------- */

static void
refused(struct avow_span der, enum avow_err code, const char *field)
{
	struct avow_cert *c = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(code, avow_cert_parse(der, &c, &why));
	assert_null(c);
	assert_string_equal(field, why.field);
	assert_err(code, why.code);
}

/* The first place of `find` (hex) in the leaf becomes `put` of the same length. */
static void
changed(const struct avow_cert_spec *spec, const char *find, const char *put,
	enum avow_err code, const char *field)
{
	struct avow_buf b = pki_der(spec);
	uint8_t from[64], to[64];
	size_t n = strlen(find) / 2, at;

	assert_int_equal(strlen(find), strlen(put));
	assert_ok(avow_hex_decode(avow_span_str(find), from, n));
	assert_ok(avow_hex_decode(avow_span_str(put), to, n));
	at = avow_span_find(avow_buf_span(&b), avow_span_make(from, n));
	assert_true(at < b.n);
	memcpy(b.p + at, to, n);
	refused(avow_buf_span(&b), code, field);
	avow_buf_clear(&b);
}

/* As above at every place, so that inner and outer algorithm stay equal. */
static void
changed_everywhere(const struct avow_cert_spec *spec, const char *find, const char *put)
{
	struct avow_buf b = pki_der(spec);
	uint8_t from[64], to[64];
	size_t n = strlen(find) / 2, at, places = 0;
	struct avow_span rest;

	assert_ok(avow_hex_decode(avow_span_str(find), from, n));
	assert_ok(avow_hex_decode(avow_span_str(put), to, n));
	for (;; places++) {
		rest = avow_buf_span(&b);
		at = avow_span_find(rest, avow_span_make(from, n));
		if (at == rest.n)
			break;
		memcpy(b.p + at, to, n);
	}
	assert_int_equal(2, places);
	refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "signature");
	avow_buf_clear(&b);
}

#define ES256_ID "300a06082a8648ce3d040302"
#define ES384_ID "300a06082a8648ce3d040303"

static void
refuses_malformed_fields_by_name(void **state)
{
	const enum avow_err bad = AVOW_E_CERT_FORMAT;

	(void)state;
	changed(&pki.leaf, "a003020102", "a003020101", bad, "version"); /* v2 */
	changed(&pki.leaf, "a003020102", "a003020103", bad, "version"); /* v4 */
	changed(&pki.leaf, "020300ff03", "0203007f03", bad, "serialNumber");
	changed(&pki.leaf, "020300ff03", "040300ff03", bad, "serialNumber");
	changed(&pki.leaf, "3230303931333132323634305a", "3230303931333132323634305b",
		bad, "validity");
	changed(&pki.leaf, "3230303931333132323634305a", "3230313331333132323634305a",
		bad, "validity"); /* month 13 */
	changed(&pki.leaf, "170d", "180d", bad, "validity");
	/* an RDN that is an empty SET would have no attribute */
	changed(&pki.leaf, "3110300e0603550403", "3010300e0603550403", bad, "issuer");
}

/* The oracle of Intel's QVL does not look at the outer one: a certificate whose
 * two algorithm identifiers differ is refused here, whichever was changed. */
static void
refuses_differing_signature_algorithms(void **state)
{
	struct avow_buf b = pki_der(&pki.leaf);
	uint8_t id[12];
	struct avow_span whole = avow_buf_span(&b);
	size_t inner, outer;

	(void)state;
	assert_ok(avow_hex_decode(AVOW_LIT(ES256_ID), id, sizeof(id)));
	inner = avow_span_find(whole, avow_span_make(id, sizeof(id)));
	outer = inner + 1 +
		avow_span_find(avow_span_from(whole, inner + 1),
			avow_span_make(id, sizeof(id)));
	assert_true(outer < b.n);
	b.p[outer + 11] = 3;
	refused(whole, AVOW_E_CERT_FORMAT, "signature");
	b.p[inner + 11] = 3; /* both: well-formed again, and not what was signed */
	{
		struct avow_cert *c = NULL;

		assert_ok(avow_cert_parse(whole, &c, NULL));
		assert_err(AVOW_E_CHAIN_ALGORITHM,
			avow_cert_verify(c, avow_privkey_public(pki.ca_key)));
		avow_cert_free(c);
	}
	b.p[outer + 11] = 2;
	refused(whole, AVOW_E_CERT_FORMAT, "signature");
	b.p[inner + 11] = b.p[outer + 11] = 1; /* ecdsa-with-SHA224 */
	refused(whole, AVOW_E_CERT_FORMAT, "signature");
	avow_buf_clear(&b);
}

/* RFC 4055 3.1: one hash for message and mask, a salt as long as it, trailer 1. */
static void
refuses_other_pss_parameters(void **state)
{
	static const struct {
		const char *find, *put;
	} rows[] = {
		/* hash SHA-384 over a mask of SHA-256, salt 32 */
		{"a00f300d0609608648016503040201", "a00f300d0609608648016503040202"},
		{"a203020120", "a203020121"}, /* salt 33 */
		{"a203020120", "a303020120"}, /* no [2] */
		{"2a864886f70d010108", "2a864886f70d010109"}, /* no MGF1 */
		{"a11c301a", "a21c301a"}, /* no [1] */
		{"a00f300d", "a10f300d"}, /* no [0] */
	};
	struct avow_cert_spec spec = pki.root;
	struct avow_privkey *k = NULL;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k));
	spec.key = avow_privkey_public(k);
	spec.signer = k;
	spec.alg = AVOW_SIG_PS256;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		changed_everywhere(&spec, rows[i].find, rows[i].put);
	avow_privkey_free(k);
}

static void
refuses_bytes_around_it(void **state)
{
	struct avow_buf b = pki_der(&pki.leaf);
	struct avow_span whole = avow_buf_span(&b);

	(void)state;
	avow_buf_put_byte(&b, 0);
	refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "Certificate");
	whole = avow_span_make(b.p, b.n - 2);
	refused(whole, AVOW_E_CERT_FORMAT, "Certificate");
	refused((struct avow_span){NULL, 0}, AVOW_E_CERT_FORMAT, "Certificate (size)");
	avow_buf_clear(&b);
}

static void
refuses_every_truncation(void **state)
{
	struct avow_buf b = pki_der(&pki.leaf);

	(void)state;
	for (size_t n = 1; n < b.n; n++) {
		uint8_t *copy = malloc(n); /* exact, for the sanitizer */
		struct avow_cert *c = NULL;

		memcpy(copy, b.p, n);
		assert_err(AVOW_E_CERT_FORMAT,
			avow_cert_parse(avow_span_make(copy, n), &c, NULL));
		free(copy);
	}
	avow_buf_clear(&b);
}

/* No bit of a certificate can change and leave a certificate that verifies. */
static void
every_bit_is_signed_or_form(void **state)
{
	struct avow_buf b = pki_der(&pki.leaf);

	(void)state;
	for (size_t at = 0; at < b.n; at++) {
		struct avow_cert *c = NULL;

		b.p[at] ^= (uint8_t)(1u << (at % 8));
		if (avow_cert_parse(avow_buf_span(&b), &c, NULL) == AVOW_OK)
			assert_true(
				avow_cert_verify(c, avow_privkey_public(pki.ca_key)) !=
				AVOW_OK);
		avow_cert_free(c);
		b.p[at] ^= (uint8_t)(1u << (at % 8));
	}
	avow_buf_clear(&b);
}

static void
refuses_a_repeated_extension(void **state)
{
	struct avow_cert_spec spec = pki.leaf;
	struct avow_buf b;

	(void)state;
	spec.extra[0].oid = spec.extra[1].oid = "1.2.3.4";
	spec.extra[0].value = AVOW_LIT("\x05\x00");
	spec.extra[1].value = AVOW_LIT("\x02\x01\x00");
	b = pki_der(&spec);
	refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "extensions (repeated)");
	avow_buf_clear(&b);
}

static void
refuses_malformed_known_extensions(void **state)
{
	static const struct {
		const char *oid, *value;
	} rows[] = {
		{"2.5.29.19", "0500"}, /* basicConstraints: no SEQUENCE */
		{"2.5.29.19", "30030101ff00"}, /* trailing byte */
		{"2.5.29.19", "30030101aa"}, /* a BOOLEAN of neither form */
		{"2.5.29.19", "30060101ff0201ff"}, /* negative path length */
		{"2.5.29.19", "30080101ff02010002"}, /* something behind it */
		{"2.5.29.15", "0304"},
		{"2.5.29.15", "030100ff"},
		{"2.5.29.15", "03020881"}, /* 8 unused bits */
		{"2.5.29.15", "03020101"}, /* an unused bit that is set */
		{"2.5.29.15", "030101"}, /* unused bits of nothing */
		{"2.5.29.15", "030500ffffffff"}, /* longer than the list */
		{"2.5.29.14", "0500"}, /* subjectKeyIdentifier */
		{"2.5.29.35", "0500"}, /* authorityKeyIdentifier */
		{"2.5.29.35", "3003800200"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct avow_cert_spec spec = pki.leaf;
		uint8_t value[32];
		size_t n = strlen(rows[i].value) / 2;
		struct avow_buf b;

		assert_ok(avow_hex_decode(avow_span_str(rows[i].value), value, n));
		spec.with_basic_constraints = spec.with_key_ids = false;
		spec.key_usage = 0;
		spec.extra[0].oid = rows[i].oid;
		spec.extra[0].value = avow_span_make(value, n);
		b = pki_der(&spec);
		refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "extensions (value)");
		avow_buf_clear(&b);
	}
}

static struct avow_buf
with_extensions(int n)
{
	struct avow_cert_spec spec = pki.leaf;
	struct avow_buf b, out;
	const unsigned char *p;
	unsigned char *der = NULL;
	X509 *x;
	int len;

	spec.with_basic_constraints = spec.with_key_ids = false;
	spec.key_usage = 0;
	b = pki_der(&spec);
	p = b.p;
	x = d2i_X509(NULL, &p, (long)b.n);
	assert_non_null(x);
	for (int i = 0; i < n; i++) {
		char oid[32];
		ASN1_OCTET_STRING *v = ASN1_OCTET_STRING_new();
		ASN1_OBJECT *o;
		X509_EXTENSION *e;

		snprintf(oid, sizeof(oid), "1.2.3.%d", i);
		o = OBJ_txt2obj(oid, 1);
		e = X509_EXTENSION_create_by_OBJ(NULL, o, 0, v);
		assert_int_equal(1, X509_add_ext(x, e, -1));
		X509_EXTENSION_free(e);
		ASN1_OBJECT_free(o);
		ASN1_OCTET_STRING_free(v);
	}
	assert_true(i2d_re_X509_tbs(x, NULL) > 0); /* drops the old encoding */
	len = i2d_X509(x, &der);
	assert_true(len > 0);
	avow_buf_init(&out, 65536);
	avow_buf_put(&out, avow_span_make(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(x);
	avow_buf_clear(&b);
	return out;
}

static void
refuses_more_extensions_than_the_limit(void **state)
{
	struct avow_buf b = with_extensions(AVOW_MAX_CERT_EXTENSIONS);
	struct avow_cert *c = NULL;

	(void)state;
	assert_ok(avow_cert_parse(avow_buf_span(&b), &c, NULL));
	assert_int_equal(AVOW_MAX_CERT_EXTENSIONS, c->n_extensions);
	avow_cert_free(c);
	avow_buf_clear(&b);
	b = with_extensions(AVOW_MAX_CERT_EXTENSIONS + 1);
	refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "extensions (too many)");
	avow_buf_clear(&b);
}

static void
refuses_subject_keys_that_it_does_not_take(void **state)
{
	(void)state;
	/* the curve's OID: P-256 becomes another of ANSI X9.62 */
	changed(&pki.leaf, "2a8648ce3d030107034200", "2a8648ce3d030106034200",
		AVOW_E_KEY_TYPE, "subjectPublicKeyInfo");
	/* a point in another form (hybrid), and then none on the curve */
	changed(&pki.leaf, "03420004", "03420006", AVOW_E_KEY_TYPE,
		"subjectPublicKeyInfo");
	{
		struct avow_buf b = pki_der(&pki.leaf);
		size_t at =
			avow_span_find(avow_buf_span(&b), AVOW_LIT("\x03\x42\x00\x04"));

		b.p[at + 40] ^= 1;
		refused(avow_buf_span(&b), AVOW_E_CERT_FORMAT, "subjectPublicKeyInfo");
		avow_buf_clear(&b);
	}
}

static void
names_are_made_printable_and_cut(void **state)
{
	static const char *const odd[][2] = {
		{"CN", "first"}, {"CN", "a\xc3\xa4\x01z"}, {NULL, NULL}};
	struct avow_cert_spec spec = pki.root;
	struct avow_cert *c;

	(void)state;
	spec.subject = odd;
	c = pki_cert(&spec);
	assert_string_equal("a???z", c->subject_cn); /* the last one counts */
	avow_cert_free(c);
	spec.subject = (const char *const[][2]){{"O", "no common name"}, {NULL, NULL}};
	c = pki_cert(&spec);
	assert_string_equal("", c->subject_cn);
	avow_cert_free(c);
}

/*
 * verifier-bugs 38, CVE-2023-0286: an x400Address in a GeneralName was taken for
 * another type. Nothing here reads GeneralNames: such names in subjectAltName,
 * CRL distribution points and authorityKeyIdentifier change no field.
 */
static void
x400_names_change_nothing(void **state)
{
	struct avow_cert_spec spec = pki.leaf;
	struct avow_cert *c;

	(void)state;
	spec.with_key_ids = false;
	spec.extra[0].oid = "2.5.29.17";
	spec.extra[0].value = AVOW_LIT("\x30\x04\xa3\x02\x30\x00");
	spec.extra[1].oid = "2.5.29.31";
	spec.extra[1].value =
		AVOW_LIT("\x30\x0a\x30\x08\xa2\x06\xa3\x04\x04\x02\x41\x41");
	spec.extra[2].oid = "2.5.29.35";
	spec.extra[2].value =
		AVOW_LIT("\x30\x0b\x80\x01\x7a\xa1\x06\xa3\x04\x04\x02\x41\x41");
	c = pki_cert(&spec);
	assert_span(AVOW_LIT("z"), c->authority_key_id);
	assert_string_equal("Test Leaf", c->subject_cn);
	assert_ok(avow_cert_verify(c, avow_privkey_public(pki.ca_key)));
	avow_cert_free(c);
}

static void
the_maker_refuses_what_it_cannot_make(void **state)
{
	struct avow_cert_spec spec = pki.root;
	static const char *const bad_ip[] = {"300.1.1.1", NULL};
	static const char *const bad_name[][2] = {
		{"NoSuchAttribute", "x"}, {NULL, NULL}};
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 65536);
	spec.alg = AVOW_SIG_RS256;
	assert_err(AVOW_E_KEY_TYPE, avow_cert_make(&spec, &b));
	spec.alg = AVOW_SIG_ES256_RAW;
	assert_err(AVOW_E_KEY_TYPE, avow_cert_make(&spec, &b));
	spec.alg = AVOW_SIG_ES256_DER;
	spec.ip_names = bad_ip;
	assert_err(AVOW_E_CRYPTO, avow_cert_make(&spec, &b));
	spec.ip_names = NULL;
	spec.subject = bad_name;
	assert_err(AVOW_E_CRYPTO, avow_cert_make(&spec, &b));
	assert_int_equal(0, b.n);
	spec = pki.root;
	avow_buf_init(&b, 16);
	assert_err(AVOW_E_TOO_LARGE, avow_cert_make(&spec, &b));
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_fields_of_a_ca),
		cmocka_unit_test(reads_the_fields_of_a_leaf),
		cmocka_unit_test(times_on_both_sides_of_2050),
		cmocka_unit_test(verifies_each_signature_algorithm),
		cmocka_unit_test(sha_1_is_read_and_never_verifies),
		cmocka_unit_test(refuses_a_signature_of_another_key),
		cmocka_unit_test(refuses_malformed_fields_by_name),
		cmocka_unit_test(refuses_differing_signature_algorithms),
		cmocka_unit_test(refuses_other_pss_parameters),
		cmocka_unit_test(refuses_bytes_around_it),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(every_bit_is_signed_or_form),
		cmocka_unit_test(refuses_a_repeated_extension),
		cmocka_unit_test(refuses_malformed_known_extensions),
		cmocka_unit_test(refuses_more_extensions_than_the_limit),
		cmocka_unit_test(refuses_subject_keys_that_it_does_not_take),
		cmocka_unit_test(names_are_made_printable_and_cut),
		cmocka_unit_test(x400_names_change_nothing),
		cmocka_unit_test(the_maker_refuses_what_it_cannot_make),
	};

	return cmocka_run_group_tests_name("crypto/x509", tests, setup, teardown);
}
