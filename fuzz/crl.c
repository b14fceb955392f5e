/*
 * CRLs. Property: the same bytes give the same fields twice, nothing that is
 * accepted has a byte more or less; and where OpenSSL reads the same bytes too,
 * both give the same issuer and count, and each of its serials is found.
 */
#include <stdint.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "must.h"

#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
same_entries(STACK_OF(X509_REVOKED) * list, const struct avow_crl *c)
{
	int n = list ? sk_X509_REVOKED_num(list) : 0;

	must((size_t)n == c->n_revoked);
	for (int i = 0; i < n; i++) {
		X509_REVOKED *r = sk_X509_REVOKED_value(list, i);
		unsigned char *serial = NULL;
		int len = i2d_ASN1_INTEGER(X509_REVOKED_get0_serialNumber(r), &serial);

		/* behind a length of one octet; longer serials are not compared */
		if (len > 2 && len < 0x80)
			must(avow_crl_has(
				c, avow_span_make(serial + 2, (size_t)len - 2)));
		OPENSSL_free(serial);
	}
}

static void
compare(const struct avow_crl *c)
{
	const unsigned char *p = c->der.p, *der = NULL;
	X509_CRL *x = d2i_X509_CRL(NULL, &p, (long)c->der.n);
	size_t n = 0;

	if (x) {
		must(p == c->der.p + c->der.n);
		must(X509_NAME_get0_der(X509_CRL_get_issuer(x), &der, &n) == 1);
		must(avow_span_eq(avow_span_make(der, n), c->issuer));
		same_entries(X509_CRL_get_REVOKED(x), c);
	}
	X509_CRL_free(x);
	ERR_clear_error();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_crl *c = NULL, *again = NULL;
	struct avow_span in = avow_span_make(data, n);
	enum avow_err err = avow_crl_parse(in, &c, NULL);

	must((err == AVOW_OK) == (c != NULL));
	must(avow_crl_parse(in, &again, NULL) == err);
	if (c) {
		must(avow_span_eq(c->der, in) && c->der.p != data);
		must(c->n_revoked == again->n_revoked);
		must(c->unknown_critical == again->unknown_critical);
		must(c->this_update_s == again->this_update_s);
		must(!avow_crl_has(c, (struct avow_span){NULL, 0}));
		compare(c);
	}
	avow_crl_free(c);
	avow_crl_free(again);
	return 0;
}
