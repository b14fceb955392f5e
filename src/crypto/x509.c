/*
 * Certificates: bytes to fields. Everything that is read is judged for form
 * here (version, sizes, repeated extensions, both spellings of the signature
 * algorithm) and for nothing else; whether a certificate may issue another is
 * chain.c's, whether it is trusted is trust's.
 *
 *   der copy -> outer three -> tbs fields in order -> extensions -> known ones
 *
 * All spans point into the copy, which lives as long as the certificate.
 */
#include "crypto/x509.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/x509_read.h"

#define MAX_SERIAL 20 /* RFC 5280 4.1.2.2; one more octet may hold the sign */
#define VERSION_3 2

struct avow_cert_impl {
	_Atomic unsigned refs;
	struct avow_signed parts;
	struct avow_extension *extensions;
};

/* One allocation a certificate, then its bytes. */
struct whole_cert {
	struct avow_cert cert;
	struct avow_cert_impl impl;
	uint8_t bytes[];
};

/* --- the fields of TBSCertificate, in order -------------------------------------------- */

static bool
read_version(struct avow_cursor *tbs)
{
	struct avow_cursor c;
	uint64_t version = 0;

	return avow_der_enter(tbs, 0xa0, &c) == AVOW_OK &&
	       avow_der_uint(&c, AVOW_DER_INTEGER, VERSION_3, &version) == AVOW_OK &&
	       avow_cur_is_done(&c) && version == VERSION_3;
}

/* Negative and zero serials are in use and harmless: they are only compared. */
static bool
read_serial(struct avow_cursor *tbs, struct avow_span *out)
{
	return avow_der_integer(tbs, out) == AVOW_OK &&
	       (out->n <= MAX_SERIAL || (out->n == MAX_SERIAL + 1 && out->p[0] == 0));
}

static bool
read_validity(struct avow_cursor *tbs, struct avow_cert *c)
{
	struct avow_cursor v;

	return avow_der_enter(tbs, AVOW_DER_SEQUENCE, &v) == AVOW_OK &&
	       avow_x509_time(&v, &c->not_before_s) &&
	       avow_x509_time(&v, &c->not_after_s) && avow_cur_is_done(&v);
}

static enum avow_err
read_key(struct avow_cursor *tbs, struct avow_cert *c, struct avow_why *why)
{
	struct avow_der spki;
	enum avow_err err;

	if (avow_der_next(tbs, AVOW_DER_SEQUENCE, &spki) != AVOW_OK)
		return avow_x509_malformed(
			why, AVOW_E_CERT_FORMAT, "subjectPublicKeyInfo", tbs);
	err = avow_pubkey_from_spki(spki.whole, &c->key);
	if (err == AVOW_E_KEY_FORMAT || err == AVOW_E_KEY_POINT)
		err = AVOW_E_CERT_FORMAT;
	if (err != AVOW_OK)
		return avow_x509_malformed(why, err, "subjectPublicKeyInfo", tbs);
	return AVOW_OK;
}

/* --- extensions -------------------------------------------------------------------------- */

/* RFC 5280 4.2.1.9 */
static bool
read_basic_constraints(const struct avow_extension *e, struct avow_cert *c)
{
	struct avow_cursor in;
	uint64_t length = 0;

	c->has_basic_constraints = true;
	c->basic_constraints_critical = e->critical;
	if (avow_der_whole(e->value, AVOW_DER_SEQUENCE, &in) != AVOW_OK)
		return false;
	if (avow_cur_peek(&in) == AVOW_DER_BOOLEAN &&
		avow_der_bool(&in, &c->is_ca) != AVOW_OK)
		return false;
	if (!avow_cur_is_done(&in)) {
		if (avow_der_uint(&in, AVOW_DER_INTEGER, 255, &length) != AVOW_OK)
			return false;
		c->path_length = (int)length;
	}
	return avow_cur_is_done(&in);
}

/* RFC 5280 4.2.1.3: a named bit list, bit 0 in the top of the first octet. */
static bool
read_key_usage(const struct avow_extension *e, struct avow_cert *c)
{
	struct avow_cursor in = avow_cur(e->value);
	struct avow_der d;
	unsigned unused;

	c->has_key_usage = true;
	c->key_usage_critical = e->critical;
	if (avow_der_next(&in, AVOW_DER_BIT_STRING, &d) != AVOW_OK ||
		!avow_cur_is_done(&in))
		return false;
	if (d.content.n < 1 || d.content.n > 3 || d.content.p[0] > 7)
		return false;
	unused = d.content.p[0];
	if (d.content.n == 1)
		return unused == 0;
	if (d.content.p[d.content.n - 1] & ((1u << unused) - 1))
		return false;
	for (size_t bit = 0; bit < (d.content.n - 1) * 8; bit++)
		if (d.content.p[1 + bit / 8] & (0x80u >> bit % 8))
			c->key_usage |= 1u << bit;
	return true;
}

static bool
read_known(const struct avow_extension *e, struct avow_cert *c)
{
	switch (avow_x509_ce(e->oid)) {
	case AVOW_CE_BASIC_CONSTRAINTS:
		return read_basic_constraints(e, c);
	case AVOW_CE_KEY_USAGE:
		return read_key_usage(e, c);
	case AVOW_CE_SUBJECT_KEY_ID:
		return avow_x509_octets(e->value, &c->subject_key_id);
	case AVOW_CE_AUTHORITY_KEY_ID:
		return avow_x509_authority(e->value, &c->authority_key_id);
	default:
		return true;
	}
}

static enum avow_err
read_extensions(struct avow_cursor *tbs, struct avow_cert *c, struct avow_why *why)
{
	struct avow_extension found[AVOW_MAX_CERT_EXTENSIONS];
	const char *bad;
	size_t n = 0;

	if (avow_cur_is_done(tbs))
		return AVOW_OK;
	bad = avow_x509_extensions(tbs, 0xa3, found, &n);
	for (size_t i = 0; !bad && i < n; i++)
		if (!read_known(&found[i], c))
			bad = "extensions (value)";
	if (bad)
		return avow_x509_malformed(why, AVOW_E_CERT_FORMAT, bad, tbs);
	c->impl->extensions = malloc(n * sizeof(found[0]));
	if (!c->impl->extensions)
		return AVOW_E_NO_MEMORY;
	memcpy(c->impl->extensions, found, n * sizeof(found[0]));
	c->extensions = c->impl->extensions;
	c->n_extensions = n;
	return AVOW_OK;
}

/* --- the whole ------------------------------------------------------------------------------ */

/* Both AlgorithmIdentifiers are the same bytes: RFC 5280 4.1.1.2. */
static bool
read_algorithm(struct avow_cursor *tbs, struct avow_cert *c)
{
	struct avow_der inner;

	return avow_der_next(tbs, AVOW_DER_SEQUENCE, &inner) == AVOW_OK &&
	       avow_span_eq(inner.whole, c->impl->parts.algorithm) &&
	       avow_x509_algorithm(inner.whole, &c->signature_alg);
}

static enum avow_err
read_fields(struct avow_cert *c, struct avow_why *why)
{
	struct avow_cursor *tbs = &c->impl->parts.tbs;
	const char *bad = NULL;

	if (!avow_x509_open(c->der, &c->impl->parts))
		return avow_x509_malformed(
			why, AVOW_E_CERT_FORMAT, "Certificate", NULL);
	if (!read_version(tbs))
		bad = "version";
	else if (!read_serial(tbs, &c->serial))
		bad = "serialNumber";
	else if (!read_algorithm(tbs, c))
		bad = "signature";
	else if (!avow_x509_name(tbs, &c->issuer, c->issuer_cn))
		bad = "issuer";
	else if (!read_validity(tbs, c))
		bad = "validity";
	else if (!avow_x509_name(tbs, &c->subject, c->subject_cn))
		bad = "subject";
	if (bad)
		return avow_x509_malformed(why, AVOW_E_CERT_FORMAT, bad, tbs);
	AVOW_TRY(read_key(tbs, c, why));
	return read_extensions(tbs, c, why);
}

enum avow_err
avow_cert_parse(struct avow_span der, struct avow_cert **out, struct avow_why *why)
{
	struct whole_cert *w;
	enum avow_err err;

	*out = NULL;
	if (der.n == 0 || der.n > AVOW_MAX_CERT)
		return avow_x509_malformed(
			why, AVOW_E_CERT_FORMAT, "Certificate (size)", NULL);
	w = calloc(1, sizeof(*w) + der.n);
	if (!w)
		return AVOW_E_NO_MEMORY;
	memcpy(w->bytes, der.p, der.n);
	atomic_init(&w->impl.refs, 1);
	w->cert.impl = &w->impl;
	w->cert.der = avow_span_make(w->bytes, der.n);
	w->cert.path_length = -1;
	err = read_fields(&w->cert, why);
	if (err == AVOW_OK)
		err = avow_sha256(w->cert.der, w->cert.sha256);
	if (err == AVOW_OK)
		*out = &w->cert;
	else
		avow_cert_free(&w->cert);
	return err;
}

struct avow_cert *
avow_cert_ref(struct avow_cert *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->impl->refs, 1, memory_order_relaxed);
	return c;
}

void
avow_cert_free(struct avow_cert *c)
{
	if (!c ||
		atomic_fetch_sub_explicit(&c->impl->refs, 1, memory_order_acq_rel) != 1)
		return;
	avow_pubkey_free(c->key);
	free(c->impl->extensions);
	free(c); /* the first member of its struct whole_cert */
}

const struct avow_extension *
avow_cert_extension(const struct avow_cert *c, const char *oid)
{
	uint8_t octets[32];
	struct avow_span want = avow_span_make(
		octets, avow_der_oid_encode(oid, octets, sizeof(octets)));

	for (size_t i = 0; want.n && i < c->n_extensions; i++)
		if (avow_span_eq(c->extensions[i].oid, want))
			return &c->extensions[i];
	return NULL;
}

enum avow_err
avow_cert_verify(const struct avow_cert *c, const struct avow_pubkey *key)
{
	return avow_x509_verify(c->impl->parts.tbs_whole, c->signature_alg,
		c->impl->parts.signature, key);
}

bool
avow_cert_is_self_issued(const struct avow_cert *c)
{
	return avow_span_eq(c->subject, c->issuer);
}
