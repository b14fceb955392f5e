/*
 * Two readers, one answer: every certificate and CRL among the real vectors is
 * read by crypto/x509 and by OpenSSL, and each field that both give is equal. Ours
 * refuses none of them but those with an RSA key of 1024 bits.
 */
#include "support.h"

#include <ftw.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/x509.h"

static size_t n_certs, n_crls, n_small_keys;

static int64_t
seconds(const ASN1_TIME *t)
{
	struct tm tm;

	assert_int_equal(1, ASN1_TIME_to_tm(t, &tm));
	return (int64_t)timegm(&tm);
}

static void
compare_name(const X509_NAME *theirs, struct avow_span ours)
{
	const unsigned char *der = NULL;
	size_t n = 0;

	assert_int_equal(
		1, X509_NAME_get0_der((X509_NAME *)(uintptr_t)theirs, &der, &n));
	assert_span(avow_span_make(der, n), ours);
}

static void
compare_cert(X509 *theirs, const struct avow_cert *ours)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(theirs);
	uint32_t flags = X509_get_extension_flags(theirs);
	unsigned char *spki = NULL, *sn = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(theirs), &spki);
	int sn_n = i2d_ASN1_INTEGER(serial, &sn);

	compare_name(X509_get_subject_name(theirs), ours->subject);
	compare_name(X509_get_issuer_name(theirs), ours->issuer);
	assert_int_equal(seconds(X509_get0_notBefore(theirs)), ours->not_before_s);
	assert_int_equal(seconds(X509_get0_notAfter(theirs)), ours->not_after_s);
	assert_span(avow_span_make(spki, (size_t)n), avow_pubkey_spki(ours->key));
	assert_span(avow_span_make(sn + 2, (size_t)sn_n - 2), ours->serial);
	assert_int_equal(X509_get_ext_count(theirs), ours->n_extensions);
	assert_int_equal((flags & EXFLAG_BCONS) != 0, ours->has_basic_constraints);
	assert_int_equal((flags & EXFLAG_CA) != 0, ours->is_ca);
	if (ours->is_ca)
		assert_int_equal(X509_get_pathlen(theirs), ours->path_length);
	assert_int_equal((flags & EXFLAG_KUSAGE) != 0, ours->has_key_usage);
	if (ours->has_key_usage)
		assert_int_equal(
			(X509_get_key_usage(theirs) & X509v3_KU_KEY_CERT_SIGN) != 0,
			(ours->key_usage & AVOW_KU_KEY_CERT_SIGN) != 0);
	if (avow_cert_is_self_issued(ours) && ours->signature_alg != AVOW_SIG_RS1)
		assert_int_equal(X509_verify(theirs, X509_get0_pubkey(theirs)) == 1,
			avow_cert_verify(ours, ours->key) == AVOW_OK);
	OPENSSL_free(spki);
	OPENSSL_free(sn);
}

static void
judge_cert(X509 *theirs)
{
	EVP_PKEY *key = X509_get0_pubkey(theirs);
	unsigned char *der = NULL;
	int n = i2d_X509(theirs, &der);
	struct avow_cert *ours = NULL;
	struct avow_why why;

	avow_why_init(&why);
	n_certs++;
	if (key && EVP_PKEY_get_bits(key) == 1024) {
		assert_err(AVOW_E_KEY_TYPE,
			avow_cert_parse(avow_span_make(der, (size_t)n), &ours, &why));
		assert_string_equal("subjectPublicKeyInfo", why.field);
		n_small_keys++;
	} else {
		assert_ok(avow_cert_parse(avow_span_make(der, (size_t)n), &ours, &why));
		compare_cert(theirs, ours);
	}
	avow_cert_free(ours);
	OPENSSL_free(der);
}

static void
judge_crl(X509_CRL *theirs)
{
	unsigned char *der = NULL;
	int n = i2d_X509_CRL(theirs, &der);
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(theirs);
	struct avow_crl *ours = NULL;

	n_crls++;
	assert_ok(avow_crl_parse(avow_span_make(der, (size_t)n), &ours, NULL));
	compare_name(X509_CRL_get_issuer(theirs), ours->issuer);
	assert_int_equal(
		seconds(X509_CRL_get0_lastUpdate(theirs)), ours->this_update_s);
	assert_int_equal(list ? sk_X509_REVOKED_num(list) : 0, ours->n_revoked);
	for (int i = 0; list && i < sk_X509_REVOKED_num(list); i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(list, i);
		unsigned char *sn = NULL;
		int sn_n = i2d_ASN1_INTEGER(X509_REVOKED_get0_serialNumber(r), &sn);

		assert_true(
			avow_crl_has(ours, avow_span_make(sn + 2, (size_t)sn_n - 2)));
		sn[sn_n - 1] ^= 0x5a;
		assert_false(
			avow_crl_has(ours, avow_span_make(sn + 2, (size_t)sn_n - 2)));
		OPENSSL_free(sn);
	}
	avow_crl_free(ours);
	OPENSSL_free(der);
}

static void
judge_file(BIO *bio)
{
	X509 *cert;
	X509_CRL *crl;

	while ((cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		judge_cert(cert);
		X509_free(cert);
	}
	BIO_reset(bio);
	while ((crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)) != NULL) {
		judge_crl(crl);
		X509_CRL_free(crl);
	}
	BIO_reset(bio);
	if ((cert = d2i_X509_bio(bio, NULL)) != NULL) {
		judge_cert(cert);
		X509_free(cert);
	}
	BIO_reset(bio);
	if ((crl = d2i_X509_CRL_bio(bio, NULL)) != NULL) {
		judge_crl(crl);
		X509_CRL_free(crl);
	}
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *dot = strrchr(path, '.');
	BIO *bio;

	(void)ftw;
	if (type != FTW_F || !dot || st->st_size > 8 << 20)
		return 0;
	if (strcmp(dot, ".pem") && strcmp(dot, ".der") && strcmp(dot, ".crt") &&
		strcmp(dot, ".cer") && strcmp(dot, ".crl"))
		return 0;
	bio = BIO_new_file(path, "rb");
	assert_non_null(bio);
	judge_file(bio);
	BIO_free(bio);
	return 0;
}

static void
reads_every_vector_as_openssl_does(void **state)
{
	const char *root = getenv("AVOW_VECTORS");

	(void)state;
	if (!vector_path("MANIFEST.md") && !vector_path("README.md"))
		skip();
	assert_int_equal(0, nftw(root, visit, 16, FTW_PHYS));
	print_message("# %zu certificates (%zu with a key too small), %zu CRLs\n",
		n_certs, n_small_keys, n_crls);
	assert_true(n_certs > 100);
	assert_true(n_crls > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_vector_as_openssl_does),
	};

	return cmocka_run_group_tests_name("crypto/x509_vectors", tests, NULL, NULL);
}
