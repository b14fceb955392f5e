/*
 * Making certificates and CRLs, through OpenSSL's own structures and encoder:
 * what the strict reader of this folder takes was then written by somebody
 * else, so a misreading here cannot agree with itself. What a certificate
 * should say is the caller's; nothing is added that the spec does not name.
 */
#include "crypto/x509_make.h"

#include <string.h>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/ossl.h"
#include "wire/der.h"

#define MAX_NAME_PAIRS 16
#define VERSION_3 2
#define VERSION_2 1

/* --- small values -------------------- */

/* RFC 5280, A.1: ub-common-name is 64, and OpenSSL keeps to it where it picks
 * the string type. The contract puts an instance URL there, which may be
 * longer; given the type, OpenSSL takes it. */
#define UB_COMMON_NAME 64

static int
string_type(const char *value)
{
	return strlen(value) > UB_COMMON_NAME ? V_ASN1_UTF8STRING : MBSTRING_UTF8;
}

static X509_NAME *
make_name(const char *const (*pairs)[2])
{
	X509_NAME *name = X509_NAME_new();
	bool ok = name != NULL;

	for (size_t i = 0; ok && pairs && pairs[i][0] && i < MAX_NAME_PAIRS; i++)
		ok = X509_NAME_add_entry_by_txt(name, pairs[i][0],
			     string_type(pairs[i][1]),
			     (const unsigned char *)pairs[i][1], -1, -1, 0) == 1;
	if (ok)
		return name;
	X509_NAME_free(name);
	return NULL;
}

static ASN1_OCTET_STRING *
make_octets(struct avow_span s)
{
	ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();

	if (o && s.n <= INT32_MAX && ASN1_OCTET_STRING_set(o, s.p, (int)s.n) == 1)
		return o;
	ASN1_OCTET_STRING_free(o);
	return NULL;
}

static ASN1_INTEGER *
make_integer(struct avow_span big_endian)
{
	AVOW_AUTO_BN *bn = BN_bin2bn(big_endian.p, (int)big_endian.n, NULL);

	return bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
}

/* RFC 5280 4.2.1.2, method 1: SHA-1 of the BIT STRING's content. */
static ASN1_OCTET_STRING *
make_key_id(const struct avow_pubkey *k)
{
	uint8_t digest[AVOW_SHA1_BYTES];
	struct avow_cursor c;
	struct avow_der algorithm, bits;
	struct avow_span content;

	if (avow_der_whole(avow_pubkey_spki(k), AVOW_DER_SEQUENCE, &c) != AVOW_OK ||
		avow_der_next(&c, AVOW_DER_SEQUENCE, &algorithm) != AVOW_OK ||
		avow_der_next(&c, AVOW_DER_BIT_STRING, &bits) != AVOW_OK)
		return NULL;
	content = avow_span_from(bits.content, 1);
	if (avow_digest(AVOW_SHA1, &content, 1, digest) != AVOW_OK)
		return NULL;
	return make_octets(avow_span_make(digest, sizeof(digest)));
}

static AUTHORITY_KEYID *
make_authority(const struct avow_pubkey *k)
{
	AUTHORITY_KEYID *a = AUTHORITY_KEYID_new();

	if (a && (a->keyid = make_key_id(k)) != NULL)
		return a;
	AUTHORITY_KEYID_free(a);
	return NULL;
}

/* --- extensions -------------------- */

static bool
add_basic_constraints(X509 *x, const struct avow_cert_spec *spec)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	bool ok = bc != NULL;

	if (ok)
		bc->ca = spec->is_ca ? 0xff : 0;
	if (ok && spec->path_length >= 0) {
		bc->pathlen = ASN1_INTEGER_new();
		ok = bc->pathlen &&
		     ASN1_INTEGER_set(bc->pathlen, spec->path_length) == 1;
	}
	ok = ok && X509_add1_ext_i2d(x, NID_basic_constraints, bc, 1, 0) == 1;
	BASIC_CONSTRAINTS_free(bc);
	return ok;
}

static bool
add_key_usage(X509 *x, unsigned usage)
{
	ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
	bool ok = bits != NULL;

	for (int i = 0; ok && i < 9; i++)
		if (usage & (1u << i))
			ok = ASN1_BIT_STRING_set_bit(bits, i, 1) == 1;
	ok = ok && X509_add1_ext_i2d(x, NID_key_usage, bits, 1, 0) == 1;
	ASN1_BIT_STRING_free(bits);
	return ok;
}

static bool
add_eku(X509 *x, const char *oid)
{
	EXTENDED_KEY_USAGE *eku = EXTENDED_KEY_USAGE_new();
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	bool ok = eku && o && sk_ASN1_OBJECT_push(eku, o) > 0;

	if (!ok)
		ASN1_OBJECT_free(o);
	ok = ok && X509_add1_ext_i2d(x, NID_ext_key_usage, eku, 0, 0) == 1;
	EXTENDED_KEY_USAGE_free(eku);
	return ok;
}

/* Takes value. */
static bool
push_general_name(GENERAL_NAMES *names, int type, ASN1_STRING *value)
{
	GENERAL_NAME *g = GENERAL_NAME_new();

	if (g && value) {
		GENERAL_NAME_set0_value(g, type, value);
		if (sk_GENERAL_NAME_push(names, g) > 0)
			return true;
	} else {
		ASN1_STRING_free(value);
	}
	GENERAL_NAME_free(g);
	return false;
}

static ASN1_STRING *
make_ia5(const char *s)
{
	ASN1_IA5STRING *v = ASN1_IA5STRING_new();

	if (v && ASN1_STRING_set(v, s, -1) == 1)
		return v;
	ASN1_IA5STRING_free(v);
	return NULL;
}

static bool
add_alt_names(X509 *x, const struct avow_cert_spec *spec)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool ok = names != NULL;

	for (size_t i = 0; ok && spec->dns_names && spec->dns_names[i]; i++)
		ok = push_general_name(names, GEN_DNS, make_ia5(spec->dns_names[i]));
	for (size_t i = 0; ok && spec->ip_names && spec->ip_names[i]; i++)
		ok = push_general_name(
			names, GEN_IPADD, a2i_IPADDRESS(spec->ip_names[i]));
	ok = ok && X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool
fill_point(DIST_POINT *dp, const char *url)
{
	dp->distpoint = DIST_POINT_NAME_new();
	if (!dp->distpoint)
		return false;
	dp->distpoint->type = 0; /* fullName */
	dp->distpoint->name.fullname = GENERAL_NAMES_new();
	return dp->distpoint->name.fullname &&
	       push_general_name(dp->distpoint->name.fullname, GEN_URI, make_ia5(url));
}

static bool
add_crl_url(X509 *x, const char *url)
{
	CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
	DIST_POINT *dp = DIST_POINT_new();
	bool ok = points && dp && fill_point(dp, url);

	if (ok && sk_DIST_POINT_push(points, dp) > 0)
		dp = NULL; /* the list's now */
	ok = ok && !dp &&
	     X509_add1_ext_i2d(x, NID_crl_distribution_points, points, 0, 0) == 1;
	DIST_POINT_free(dp);
	CRL_DIST_POINTS_free(points);
	return ok;
}

static bool
add_authority_key_id(X509 *x, const struct avow_cert_spec *spec)
{
	const struct avow_pubkey *issuer = spec->signer_public
						   ? spec->signer_public
						   : avow_privkey_public(spec->signer);
	AUTHORITY_KEYID *aki = make_authority(issuer);
	bool ok = aki &&
		  X509_add1_ext_i2d(x, NID_authority_key_identifier, aki, 0, 0) == 1;

	AUTHORITY_KEYID_free(aki);
	return ok;
}

static bool
add_subject_key_id(X509 *x, const struct avow_cert_spec *spec)
{
	ASN1_OCTET_STRING *ski = make_key_id(spec->key);
	bool ok =
		ski && X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, 0) == 1;

	ASN1_OCTET_STRING_free(ski);
	return ok;
}

static X509_EXTENSION *
make_extra(const char *oid, bool critical, struct avow_span value)
{
	ASN1_OBJECT *o = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *v = make_octets(value);
	X509_EXTENSION *e =
		o && v ? X509_EXTENSION_create_by_OBJ(NULL, o, critical, v) : NULL;

	ASN1_OBJECT_free(o);
	ASN1_OCTET_STRING_free(v);
	return e;
}

static bool
add_extra(X509 *x, const char *oid, bool critical, struct avow_span value)
{
	X509_EXTENSION *e = make_extra(oid, critical, value);
	bool ok = e && X509_add_ext(x, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static bool
add_extensions(X509 *x, const struct avow_cert_spec *spec)
{
	bool ok = true;

	/* in the order of Intel's certificates */
	if (spec->with_key_ids)
		ok = add_authority_key_id(x, spec);
	if (ok && spec->crl_url)
		ok = add_crl_url(x, spec->crl_url);
	if (ok && spec->with_key_ids)
		ok = add_subject_key_id(x, spec);
	if (ok && spec->key_usage)
		ok = add_key_usage(x, spec->key_usage);
	if (ok && spec->with_basic_constraints)
		ok = add_basic_constraints(x, spec);
	if (ok && spec->eku_oid)
		ok = add_eku(x, spec->eku_oid);
	if (ok && (spec->dns_names || spec->ip_names))
		ok = add_alt_names(x, spec);
	for (size_t i = 0; ok && i < AVOW_EXTRA_EXTENSIONS && spec->extra[i].oid; i++)
		ok = add_extra(x, spec->extra[i].oid, spec->extra[i].critical,
			spec->extra[i].value);
	return ok;
}

/* --- the certificate -------------------- */

static bool
set_names(X509 *x, const struct avow_cert_spec *spec)
{
	X509_NAME *subject = make_name(spec->subject);
	X509_NAME *issuer = make_name(spec->issuer ? spec->issuer : spec->subject);
	bool ok = subject && issuer && X509_set_subject_name(x, subject) == 1 &&
		  X509_set_issuer_name(x, issuer) == 1;

	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	return ok;
}

static bool
set_times(X509 *x, const struct avow_cert_spec *spec)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)spec->not_before_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)spec->not_after_s);
	bool ok = from && until && X509_set1_notBefore(x, from) == 1 &&
		  X509_set1_notAfter(x, until) == 1;

	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return ok;
}

static bool
set_serial(X509 *x, struct avow_span serial)
{
	uint8_t random[16];
	ASN1_INTEGER *i;
	bool ok;

	if (serial.n == 0) {
		if (avow_random(random, sizeof(random)) != AVOW_OK)
			return false;
		random[0] = (random[0] & 0x7f) | 0x40; /* positive, full length */
		serial = avow_span_make(random, sizeof(random));
	}
	i = make_integer(serial);
	ok = i && X509_set_serialNumber(x, i) == 1;
	ASN1_INTEGER_free(i);
	return ok;
}

/* An initialised signing context, or NULL. */
static EVP_MD_CTX *
start_signing(const struct avow_privkey *k, const struct avow_sig_info *info)
{
	const struct avow_ossl *o = avow_ossl();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; /* ctx's */

	if (ctx && o &&
		EVP_DigestSignInit(ctx, &pctx, o->md[info->hash], NULL,
			avow_privkey_evp(k)) == 1 &&
		avow_padding_set(pctx, info, o->md[info->hash]))
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

static const struct avow_sig_info *
signing_info(const struct avow_privkey *k, enum avow_sig alg)
{
	const struct avow_sig_info *info = avow_sig_info_of(alg);

	if (!info || info->form == AVOW_FORM_RAW ||
		info->key_type != avow_pubkey_type(avow_privkey_public(k)))
		return NULL;
	return info;
}

/* Takes der. */
static enum avow_err
put_der(unsigned char *der, int n, struct avow_buf *out)
{
	if (n <= 0)
		return avow_ossl_failed(AVOW_E_CRYPTO);
	avow_buf_put(out, avow_span_make(der, (size_t)n));
	OPENSSL_free(der);
	return out->err;
}

enum avow_err
avow_cert_make(const struct avow_cert_spec *spec, struct avow_buf *out)
{
	const struct avow_sig_info *info = signing_info(spec->signer, spec->alg);
	AVOW_AUTO_MD_CTX *ctx = NULL;
	unsigned char *der = NULL;
	enum avow_err err;
	X509 *x;
	int n = 0;

	if (!info)
		return AVOW_E_KEY_TYPE;
	x = X509_new();
	ctx = start_signing(spec->signer, info);
	if (x && ctx && X509_set_version(x, VERSION_3) == 1 &&
		set_serial(x, spec->serial) && set_names(x, spec) &&
		set_times(x, spec) &&
		X509_set_pubkey(x, avow_pubkey_evp(spec->key)) == 1 &&
		add_extensions(x, spec) && X509_sign_ctx(x, ctx) > 0)
		n = i2d_X509(x, &der);
	err = put_der(der, n, out);
	X509_free(x);
	return err;
}

/* --- the CRL -------------------- */

static bool
add_revoked(X509_CRL *crl, struct avow_span serial, const ASN1_TIME *when,
	X509_EXTENSION *extra)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_INTEGER *i = make_integer(serial);
	bool ok =
		r && i && X509_REVOKED_set_serialNumber(r, i) == 1 &&
		X509_REVOKED_set_revocationDate(r, (ASN1_TIME *)(uintptr_t)when) == 1 &&
		(!extra || X509_REVOKED_add_ext(r, extra, -1) == 1) &&
		X509_CRL_add0_revoked(crl, r) == 1;

	if (!ok)
		X509_REVOKED_free(r);
	ASN1_INTEGER_free(i);
	return ok;
}

static bool
set_updates(X509_CRL *crl, const struct avow_crl_spec *spec)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)spec->this_update_s);
	ASN1_TIME *until = ASN1_TIME_set(NULL, (time_t)spec->next_update_s);
	bool ok =
		from && until && X509_CRL_set1_lastUpdate(crl, from) == 1 &&
		(spec->next_update_s == 0 || X509_CRL_set1_nextUpdate(crl, until) == 1);

	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	return ok;
}

static bool
add_entries(X509_CRL *crl, const struct avow_crl_spec *spec)
{
	X509_EXTENSION *extra = NULL;
	bool ok = true;

	if (spec->entry_extra.oid) {
		extra = make_extra(spec->entry_extra.oid, spec->entry_extra.critical,
			spec->entry_extra.value);
		ok = extra != NULL;
	}
	for (size_t i = 0; ok && i < spec->n_revoked; i++)
		ok = add_revoked(
			crl, spec->revoked[i], X509_CRL_get0_lastUpdate(crl), extra);
	X509_EXTENSION_free(extra);
	return ok;
}

static bool
add_crl_extra(X509_CRL *crl, const struct avow_crl_spec *spec)
{
	bool ok = true;

	for (size_t i = 0; ok && i < 2 && spec->extra[i].oid; i++) {
		X509_EXTENSION *e = make_extra(spec->extra[i].oid,
			spec->extra[i].critical, spec->extra[i].value);

		ok = e && X509_CRL_add_ext(crl, e, -1) == 1;
		X509_EXTENSION_free(e);
	}
	return ok;
}

static bool
add_crl_extensions(X509_CRL *crl, const struct avow_crl_spec *spec)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	AUTHORITY_KEYID *aki = make_authority(avow_privkey_public(spec->signer));
	bool ok = number && aki && ASN1_INTEGER_set(number, 1) == 1;

	if (ok && spec->with_authority_key_id)
		ok = X509_CRL_add1_ext_i2d(
			     crl, NID_authority_key_identifier, aki, 0, 0) == 1;
	if (ok && spec->with_number)
		ok = X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	ASN1_INTEGER_free(number);
	AUTHORITY_KEYID_free(aki);
	return ok;
}

enum avow_err
avow_crl_make(const struct avow_crl_spec *spec, struct avow_buf *out)
{
	const struct avow_sig_info *info = signing_info(spec->signer, spec->alg);
	AVOW_AUTO_MD_CTX *ctx = NULL;
	unsigned char *der = NULL;
	X509_NAME *issuer;
	X509_CRL *crl;
	enum avow_err err;
	int n = 0;

	if (!info)
		return AVOW_E_KEY_TYPE;
	crl = X509_CRL_new();
	issuer = make_name(spec->issuer);
	ctx = start_signing(spec->signer, info);
	if (crl && issuer && ctx && X509_CRL_set_version(crl, VERSION_2) == 1 &&
		X509_CRL_set_issuer_name(crl, issuer) == 1 && set_updates(crl, spec) &&
		add_entries(crl, spec) && add_crl_extensions(crl, spec) &&
		add_crl_extra(crl, spec) && X509_CRL_sign_ctx(crl, ctx) > 0)
		n = i2d_X509_CRL(crl, &der);
	err = put_der(der, n, out);
	X509_NAME_free(issuer);
	X509_CRL_free(crl);
	return err;
}
