/* A small PKI for tests of crypto/: root, intermediate CA, leaf, all P-256, and
 * specs that a test changes in one field before it makes the certificate. */
#ifndef AVOW_TESTS_CRYPTO_PKI_H
#define AVOW_TESTS_CRYPTO_PKI_H

#include "support.h"

#include "crypto/x509.h"
#include "crypto/x509_make.h"

#define PKI_FROM 1600000000 /* 2020-09-13T12:26:40Z */
#define PKI_UNTIL 1700000000 /* 2023-11-14T22:13:20Z */

static const char *const PKI_ROOT[][2] = {
	{"CN", "Test Root"}, {"O", "Avow"}, {NULL, NULL}};
static const char *const PKI_CA[][2] = {{"CN", "Test CA"}, {"O", "Avow"}, {NULL, NULL}};
static const char *const PKI_LEAF[][2] = {
	{"CN", "Test Leaf"}, {"O", "Avow"}, {NULL, NULL}};

struct pki {
	struct avow_privkey *root_key, *ca_key, *leaf_key;
	struct avow_cert_spec root, ca, leaf;
};

static inline void
pki_init(struct pki *p)
{
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p->root_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p->ca_key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &p->leaf_key));
	p->root = (struct avow_cert_spec){.subject = PKI_ROOT,
		.serial = AVOW_LIT("\x01"),
		.not_before_s = PKI_FROM,
		.not_after_s = PKI_UNTIL,
		.key = avow_privkey_public(p->root_key),
		.signer = p->root_key,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = 1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN,
		.with_key_ids = true};
	p->ca = p->root;
	p->ca.subject = PKI_CA;
	p->ca.issuer = PKI_ROOT;
	p->ca.serial = AVOW_LIT("\x02");
	p->ca.key = avow_privkey_public(p->ca_key);
	p->ca.path_length = 0;
	p->leaf = p->ca;
	p->leaf.subject = PKI_LEAF;
	p->leaf.issuer = PKI_CA;
	p->leaf.serial = AVOW_LIT("\x00\xff\x03");
	p->leaf.key = avow_privkey_public(p->leaf_key);
	p->leaf.signer = p->ca_key;
	p->leaf.is_ca = false;
	p->leaf.path_length = -1;
	p->leaf.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
}

static inline void
pki_clear(struct pki *p)
{
	avow_privkey_free(p->root_key);
	avow_privkey_free(p->ca_key);
	avow_privkey_free(p->leaf_key);
}

/* DER into a buffer that the caller clears. */
static inline struct avow_buf
pki_der(const struct avow_cert_spec *spec)
{
	struct avow_buf b;

	avow_buf_init(&b, 65536);
	assert_ok(avow_cert_make(spec, &b));
	return b;
}

static inline struct avow_cert *
pki_cert(const struct avow_cert_spec *spec)
{
	struct avow_buf b = pki_der(spec);
	struct avow_cert *c = NULL;

	assert_ok(avow_cert_parse(avow_buf_span(&b), &c, NULL));
	avow_buf_clear(&b);
	return c;
}

#endif
