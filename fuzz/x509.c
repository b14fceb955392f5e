/*
 * Certificates. Property: every span lies inside the copy, the same bytes give
 * the same fields twice, nothing that is accepted has a byte more or less; and
 * where OpenSSL reads the same bytes too, both give the same names, serial, key
 * and number of extensions.
 */
#include <stdint.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "must.h"

#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
inside(const struct avow_cert *c, struct avow_span s)
{
	must(s.n == 0 || (s.p >= c->der.p && s.n <= c->der.n &&
				 s.p <= c->der.p + (c->der.n - s.n)));
}

static void
same_name(const X509_NAME *name, struct avow_span ours)
{
	const unsigned char *der = NULL;
	size_t n = 0;

	must(X509_NAME_get0_der((X509_NAME *)(uintptr_t)name, &der, &n) == 1);
	must(avow_span_eq(avow_span_make(der, n), ours));
}

static void
compare(const struct avow_cert *c)
{
	const unsigned char *p = c->der.p;
	X509 *x = d2i_X509(NULL, &p, (long)c->der.n);
	unsigned char *serial = NULL;
	int n;

	if (x) {
		must(p == c->der.p + c->der.n);
		same_name(X509_get_subject_name(x), c->subject);
		same_name(X509_get_issuer_name(x), c->issuer);
		n = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &serial);
		must(n > 2 && avow_span_eq(c->serial,
				      avow_span_make(serial + 2, (size_t)n - 2)));
		must(X509_get_version(x) == 2);
		must((size_t)X509_get_ext_count(x) == c->n_extensions);
		OPENSSL_free(serial);
	}
	X509_free(x);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_cert *c = NULL, *again = NULL;
	struct avow_span in = avow_span_make(data, n);
	enum avow_err err = avow_cert_parse(in, &c, NULL);

	must((err == AVOW_OK) == (c != NULL));
	must(avow_cert_parse(in, &again, NULL) == err);
	if (c) {
		must(avow_span_eq(c->der, in) && c->der.p != data);
		inside(c, c->subject);
		inside(c, c->issuer);
		inside(c, c->serial);
		inside(c, c->subject_key_id);
		inside(c, c->authority_key_id);
		for (size_t i = 0; i < c->n_extensions; i++) {
			inside(c, c->extensions[i].oid);
			inside(c, c->extensions[i].value);
		}
		must(c->not_before_s == again->not_before_s);
		must(c->key_usage == again->key_usage && c->is_ca == again->is_ca);
		compare(c);
		/* its own signature holds only for a self-signed seed */
		err = avow_chain_link(c, c, 0, NULL);
		must(avow_chain_link(again, again, 0, NULL) == err);
	}
	avow_cert_free(c);
	avow_cert_free(again);
	return 0;
}
