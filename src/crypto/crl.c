/*
 * Certificate revocation lists (RFC 5280 5.1): bytes to fields and an index of
 * serials. Freshness and who may sign the list is trust's; form is judged
 * here, and what cannot be understood (a critical extension, which is how a
 * delta or a partitioned list announces itself) is said in unknown_critical
 * and makes avow_crl_verify refuse.
 *
 * The index is the serials' spans in order of length and bytes: 16 bytes an
 * entry, a search of 17 steps in the largest list that the limits admit.
 */
#include "crypto/x509.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/x509_read.h"

#define VERSION_2 1

struct avow_crl_impl {
	_Atomic unsigned refs;
	struct avow_signed parts;
	struct avow_span *serials;
	size_t room;
};

struct whole_crl {
	struct avow_crl crl;
	struct avow_crl_impl impl;
	uint8_t bytes[];
};

/* --- entries ------------------------------------------------------------------------------- */

static int
by_length_and_bytes(const void *va, const void *vb)
{
	const struct avow_span *a = va, *b = vb;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return memcmp(a->p, b->p, a->n);
}

static bool
add_serial(struct avow_crl *c, struct avow_span serial)
{
	struct avow_crl_impl *i = c->impl;

	if (c->n_revoked == i->room) {
		size_t room = i->room ? i->room * 2 : 64;
		struct avow_span *p = realloc(i->serials, room * sizeof(*p));

		if (!p)
			return false;
		i->serials = p;
		i->room = room;
	}
	i->serials[c->n_revoked++] = serial;
	return true;
}

/* Extensions of an entry: reasonCode and invalidityDate change nothing here;
 * anything else that is critical (certificateIssuer) is not understood. */
static bool
read_entry_extensions(struct avow_cursor *entry, struct avow_crl *c)
{
	struct avow_cursor list;
	struct avow_extension e;

	if (avow_cur_is_done(entry))
		return true;
	if (avow_der_enter(entry, AVOW_DER_SEQUENCE, &list) != AVOW_OK ||
		avow_cur_is_done(&list))
		return false;
	while (!avow_cur_is_done(&list)) {
		unsigned ce;

		if (!avow_x509_extension(&list, &e))
			return false;
		ce = avow_x509_ce(e.oid);
		if (e.critical && ce != AVOW_CE_REASON_CODE &&
			ce != AVOW_CE_INVALIDITY_DATE)
			c->unknown_critical = true;
	}
	return avow_cur_is_done(entry);
}

static enum avow_err
read_revoked(struct avow_cursor *tbs, struct avow_crl *c)
{
	struct avow_cursor list, entry;
	struct avow_span serial;
	int64_t ignored_s;

	if (avow_cur_peek(tbs) != AVOW_DER_SEQUENCE)
		return AVOW_OK;
	if (avow_der_enter(tbs, AVOW_DER_SEQUENCE, &list) != AVOW_OK)
		return AVOW_E_CRL_FORMAT;
	while (!avow_cur_is_done(&list)) {
		if (avow_der_enter(&list, AVOW_DER_SEQUENCE, &entry) != AVOW_OK ||
			avow_der_integer(&entry, &serial) != AVOW_OK ||
			!avow_x509_time(&entry, &ignored_s) ||
			!read_entry_extensions(&entry, c))
			return AVOW_E_CRL_FORMAT;
		if (!add_serial(c, serial))
			return AVOW_E_NO_MEMORY;
	}
	if (c->n_revoked)
		qsort(c->impl->serials, c->n_revoked, sizeof(struct avow_span),
			by_length_and_bytes);
	return AVOW_OK;
}

bool
avow_crl_has(const struct avow_crl *c, struct avow_span serial)
{
	return c->n_revoked && bsearch(&serial, c->impl->serials, c->n_revoked,
				       sizeof(serial), by_length_and_bytes) != NULL;
}

/* --- the list --------------------------------------------------------------------------------- */

/* RFC 5280, 5.2.3: not negative, and of up to 20 octets */
static int64_t
number_of(struct avow_span content)
{
	int64_t v = 0;

	if (content.n > 0 && content.p[0] & 0x80)
		return 0;
	if (content.n > 8)
		return INT64_MAX;
	for (size_t i = 0; i < content.n; i++)
		v = v << 8 | content.p[i];
	return v;
}

/* A delta CRL or a list for a part of the certificates, critical or not, is not
 * what a verifier here asks for: RFC 5280 5.2.4, 5.2.5. */
static bool
read_list_extension(const struct avow_extension *e, struct avow_crl *c)
{
	struct avow_cursor in = avow_cur(e->value);
	struct avow_span number;

	switch (avow_x509_ce(e->oid)) {
	case AVOW_CE_CRL_NUMBER:
		c->has_number = true;
		if (avow_der_integer(&in, &number) != AVOW_OK || !avow_cur_is_done(&in))
			return false;
		c->number = number_of(number);
		return true;
	case AVOW_CE_AUTHORITY_KEY_ID:
		c->has_authority_key_id = true;
		return avow_x509_authority(e->value, &c->authority_key_id);
	case AVOW_CE_DELTA_CRL:
	case AVOW_CE_ISSUING_POINT:
		c->unknown_critical = true;
		return true;
	default:
		c->unknown_critical |= e->critical;
		return true;
	}
}

static const char *
read_list_extensions(struct avow_cursor *tbs, struct avow_crl *c)
{
	struct avow_extension found[AVOW_MAX_CERT_EXTENSIONS];
	size_t n = 0;
	const char *bad;

	if (avow_cur_is_done(tbs))
		return NULL;
	bad = avow_x509_extensions(tbs, 0xa0, found, &n);
	for (size_t i = 0; !bad && i < n; i++)
		if (!read_list_extension(&found[i], c))
			bad = "crlExtensions (value)";
	return bad;
}

static bool
read_algorithm(struct avow_cursor *tbs, struct avow_crl *c)
{
	struct avow_der inner;

	return avow_der_next(tbs, AVOW_DER_SEQUENCE, &inner) == AVOW_OK &&
	       avow_span_eq(inner.whole, c->impl->parts.algorithm) &&
	       avow_x509_algorithm(inner.whole, &c->signature_alg);
}

/* Everything in front of the entries; the name of what is wrong, or NULL. */
static const char *
read_head(struct avow_cursor *tbs, struct avow_crl *c)
{
	uint64_t version = 0;

	/* RFC 5280 5.1.2.1: extensions are always there, so it is version 2 */
	if (avow_der_uint(tbs, AVOW_DER_INTEGER, VERSION_2, &version) != AVOW_OK ||
		version != VERSION_2)
		return "version";
	if (!read_algorithm(tbs, c))
		return "signature";
	if (!avow_x509_name(tbs, &c->issuer, c->issuer_cn))
		return "issuer";
	if (!avow_x509_time(tbs, &c->this_update_s))
		return "thisUpdate";
	if (!avow_x509_is_time(tbs))
		return NULL;
	c->has_next_update = true;
	return avow_x509_time(tbs, &c->next_update_s) ? NULL : "nextUpdate";
}

static enum avow_err
read_fields(struct avow_crl *c, struct avow_why *why)
{
	struct avow_cursor *tbs = &c->impl->parts.tbs;
	const char *bad;
	enum avow_err err;

	if (!avow_x509_open(c->der, &c->impl->parts))
		return avow_x509_malformed(
			why, AVOW_E_CRL_FORMAT, "CertificateList", NULL);
	bad = read_head(tbs, c);
	if (bad)
		return avow_x509_malformed(why, AVOW_E_CRL_FORMAT, bad, tbs);
	err = read_revoked(tbs, c);
	if (err == AVOW_E_CRL_FORMAT)
		return avow_x509_malformed(why, err, "revokedCertificates", tbs);
	if (err != AVOW_OK)
		return err;
	bad = read_list_extensions(tbs, c);
	if (bad)
		return avow_x509_malformed(why, AVOW_E_CRL_FORMAT, bad, tbs);
	return AVOW_OK;
}

enum avow_err
avow_crl_parse(struct avow_span der, struct avow_crl **out, struct avow_why *why)
{
	struct whole_crl *w;
	enum avow_err err;

	*out = NULL;
	if (der.n == 0 || der.n > AVOW_MAX_CRL)
		return avow_x509_malformed(
			why, AVOW_E_CRL_FORMAT, "CertificateList (size)", NULL);
	w = calloc(1, sizeof(*w) + der.n);
	if (!w)
		return AVOW_E_NO_MEMORY;
	memcpy(w->bytes, der.p, der.n);
	atomic_init(&w->impl.refs, 1);
	w->crl.impl = &w->impl;
	w->crl.der = avow_span_make(w->bytes, der.n);
	err = read_fields(&w->crl, why);
	if (err == AVOW_OK)
		*out = &w->crl;
	else
		avow_crl_free(&w->crl);
	return err;
}

struct avow_crl *
avow_crl_ref(struct avow_crl *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->impl->refs, 1, memory_order_relaxed);
	return c;
}

void
avow_crl_free(struct avow_crl *c)
{
	if (!c ||
		atomic_fetch_sub_explicit(&c->impl->refs, 1, memory_order_acq_rel) != 1)
		return;
	free(c->impl->serials);
	free(c); /* the first member of its struct whole_crl */
}

enum avow_err
avow_crl_verify(const struct avow_crl *c, const struct avow_pubkey *key)
{
	/* RFC 5280 5.2: such a list must not be used to tell who is not revoked */
	if (c->unknown_critical)
		return AVOW_E_CRL_EXTENSIONS;
	return avow_x509_verify(c->impl->parts.tbs_whole, c->signature_alg,
		c->impl->parts.signature, key);
}
