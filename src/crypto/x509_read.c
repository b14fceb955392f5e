/*
 * Strict DER pieces of RFC 5280 documents. OpenSSL's decoder is not used: it
 * takes BER, costs twenty times as much, and its GeneralName code (where X.400
 * addresses were once confused, CVE-2023-0286) is nothing that a verifier
 * here has to run; a test compares both on every certificate at hand.
 */
#include "crypto/x509_read.h"

#include <string.h>

#include "base/clock.h"

bool
avow_x509_open(struct avow_span der, struct avow_signed *out)
{
	struct avow_cursor c;
	struct avow_der tbs, algorithm, signature;

	if (avow_der_whole(der, AVOW_DER_SEQUENCE, &c) != AVOW_OK ||
		avow_der_next(&c, AVOW_DER_SEQUENCE, &tbs) != AVOW_OK ||
		avow_der_next(&c, AVOW_DER_SEQUENCE, &algorithm) != AVOW_OK ||
		avow_der_next(&c, AVOW_DER_BIT_STRING, &signature) != AVOW_OK ||
		!avow_cur_is_done(&c))
		return false;
	/* a signature is whole octets: no unused bits */
	if (signature.content.n < 2 || signature.content.p[0] != 0)
		return false;
	out->tbs = avow_cur(tbs.content);
	out->tbs.base = tbs.offset;
	out->tbs_whole = tbs.whole;
	out->algorithm = algorithm.whole;
	out->signature = avow_span_from(signature.content, 1);
	return true;
}

/* --- algorithms --------------------------------------------------------------------- */

#define OID_PKCS1 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01
#define OID_ECDSA_SHA2 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03
#define OID_HASH 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02

static const struct {
	enum avow_sig alg;
	uint8_t oid[9];
	size_t n;
} ALGORITHMS[] = {
	{AVOW_SIG_RS1, {OID_PKCS1, 0x05}, 9},
	{AVOW_SIG_RS256, {OID_PKCS1, 0x0b}, 9},
	{AVOW_SIG_RS384, {OID_PKCS1, 0x0c}, 9},
	{AVOW_SIG_RS512, {OID_PKCS1, 0x0d}, 9},
	{AVOW_SIG_ES256_DER, {OID_ECDSA_SHA2, 0x02}, 8},
	{AVOW_SIG_ES384_DER, {OID_ECDSA_SHA2, 0x03}, 8},
	{AVOW_SIG_ES512_DER, {OID_ECDSA_SHA2, 0x04}, 8},
};

/* RSASSA-PSS with one hash for message and mask and a salt as long as it. */
static const struct {
	enum avow_sig alg;
	uint8_t hash[9];
	unsigned salt;
} PSS[] = {
	{AVOW_SIG_PS256, {OID_HASH, 0x01}, 32},
	{AVOW_SIG_PS384, {OID_HASH, 0x02}, 48},
	{AVOW_SIG_PS512, {OID_HASH, 0x03}, 64},
};

/* RFC 4055 2.1 and 5 demand that both are read alike. For ECDSA, RFC 5758 3.2
 * demands absence, and Intel's on-die CA root has a NULL there. */
static bool
null_or_absent(struct avow_cursor *c)
{
	struct avow_der d;

	if (avow_cur_is_done(c))
		return true;
	return avow_der_next(c, AVOW_DER_NULL, &d) == AVOW_OK && d.content.n == 0 &&
	       avow_cur_is_done(c);
}

/* AlgorithmIdentifier of a SHA-2 hash inside the explicit tag's cursor. */
static bool
read_hash(struct avow_cursor *c, struct avow_span *oid)
{
	struct avow_cursor in;

	return avow_der_enter(c, AVOW_DER_SEQUENCE, &in) == AVOW_OK &&
	       avow_der_oid(&in, oid) == AVOW_OK && null_or_absent(&in) &&
	       avow_cur_is_done(c);
}

#define EXPLICIT(n) (uint8_t)(0xa0 | (n))

/* RFC 4055 3.1. The defaults (SHA-1) are not taken: [0] to [2] must stand there. */
static bool
read_pss(struct avow_cursor *c, enum avow_sig *out)
{
	static const uint8_t MGF1[] = {OID_PKCS1, 0x08};
	struct avow_cursor params, hash, mask, mgf, salt, trailer;
	struct avow_span oid, mgf_oid, mgf_hash;
	uint64_t salt_n = 0, field = 1;

	if (avow_der_enter(c, AVOW_DER_SEQUENCE, &params) != AVOW_OK ||
		avow_der_enter(&params, EXPLICIT(0), &hash) != AVOW_OK ||
		!read_hash(&hash, &oid) ||
		avow_der_enter(&params, EXPLICIT(1), &mask) != AVOW_OK ||
		avow_der_enter(&mask, AVOW_DER_SEQUENCE, &mgf) != AVOW_OK ||
		!avow_cur_is_done(&mask) || avow_der_oid(&mgf, &mgf_oid) != AVOW_OK ||
		!avow_span_eq(mgf_oid, avow_span_make(MGF1, sizeof(MGF1))) ||
		!read_hash(&mgf, &mgf_hash) || !avow_span_eq(oid, mgf_hash) ||
		avow_der_enter(&params, EXPLICIT(2), &salt) != AVOW_OK ||
		avow_der_uint(&salt, AVOW_DER_INTEGER, 64, &salt_n) != AVOW_OK ||
		!avow_cur_is_done(&salt))
		return false;
	if (!avow_cur_is_done(&params) &&
		(avow_der_enter(&params, EXPLICIT(3), &trailer) != AVOW_OK ||
			avow_der_uint(&trailer, AVOW_DER_INTEGER, 1, &field) !=
				AVOW_OK ||
			field != 1 || !avow_cur_is_done(&trailer)))
		return false;
	for (size_t i = 0; i < sizeof(PSS) / sizeof(PSS[0]); i++)
		if (avow_span_eq(
			    oid, avow_span_make(PSS[i].hash, sizeof(PSS[i].hash))) &&
			salt_n == PSS[i].salt) {
			*out = PSS[i].alg;
			return avow_cur_is_done(&params) && avow_cur_is_done(c);
		}
	return false;
}

bool
avow_x509_algorithm(struct avow_span whole, enum avow_sig *out)
{
	static const uint8_t RSASSA_PSS[] = {OID_PKCS1, 0x0a};
	struct avow_cursor c;
	struct avow_span oid;

	if (avow_der_whole(whole, AVOW_DER_SEQUENCE, &c) != AVOW_OK ||
		avow_der_oid(&c, &oid) != AVOW_OK)
		return false;
	if (avow_span_eq(oid, avow_span_make(RSASSA_PSS, sizeof(RSASSA_PSS))))
		return read_pss(&c, out);
	for (size_t i = 0; i < sizeof(ALGORITHMS) / sizeof(ALGORITHMS[0]); i++)
		if (avow_span_eq(
			    oid, avow_span_make(ALGORITHMS[i].oid, ALGORITHMS[i].n))) {
			*out = ALGORITHMS[i].alg;
			return null_or_absent(&c);
		}
	return false;
}

enum avow_err
avow_x509_verify(struct avow_span tbs, enum avow_sig alg, struct avow_span signature,
	const struct avow_pubkey *key)
{
	enum avow_err err;

	/* SHA-1 is read, so that an old root can be an anchor, and proves nothing */
	if (alg == AVOW_SIG_RS1)
		return AVOW_E_CHAIN_ALGORITHM;
	err = avow_verify(key, alg, tbs, signature);
	if (err == AVOW_E_KEY_TYPE)
		return AVOW_E_CHAIN_ALGORITHM;
	return err == AVOW_E_SIGNATURE_FORMAT ? AVOW_E_SIGNATURE : err;
}

/* --- names ---------------------------------------------------------------------------- */

static void
put_printable(struct avow_span s, char *cn)
{
	size_t n = s.n < AVOW_CN_TEXT ? s.n : AVOW_CN_TEXT - 1;

	for (size_t i = 0; i < n; i++)
		cn[i] = (char)(s.p[i] >= 0x20 && s.p[i] <= 0x7e ? s.p[i] : '?');
	cn[n] = '\0';
}

/* AttributeTypeAndValue */
static bool
read_attribute(struct avow_cursor *set, char *cn)
{
	static const uint8_t COMMON_NAME[] = {0x55, 0x04, 0x03};
	struct avow_cursor c;
	struct avow_span oid;
	struct avow_der value;

	if (avow_der_enter(set, AVOW_DER_SEQUENCE, &c) != AVOW_OK ||
		avow_der_oid(&c, &oid) != AVOW_OK ||
		avow_der_any(&c, &value) != AVOW_OK || !avow_cur_is_done(&c))
		return false;
	if (avow_span_eq(oid, avow_span_make(COMMON_NAME, sizeof(COMMON_NAME))))
		put_printable(value.content, cn);
	return true;
}

bool
avow_x509_name(struct avow_cursor *c, struct avow_span *whole, char *cn)
{
	struct avow_der name;
	struct avow_cursor rdns, set;

	cn[0] = '\0';
	if (avow_der_next(c, AVOW_DER_SEQUENCE, &name) != AVOW_OK)
		return false;
	*whole = name.whole;
	rdns = avow_cur(name.content);
	while (!avow_cur_is_done(&rdns)) {
		if (avow_der_enter(&rdns, AVOW_DER_SET, &set) != AVOW_OK ||
			avow_cur_is_done(&set))
			return false;
		while (!avow_cur_is_done(&set))
			if (!read_attribute(&set, cn))
				return false;
	}
	return true;
}

/* --- times ---------------------------------------------------------------------------- */

/* "YYYYMMDDhhmmssZ" as the form that base/clock reads and judges. */
static bool
civil_time(const uint8_t *d, int64_t *out_s)
{
	char text[AVOW_TIME_TEXT] = "YYYY-MM-DDThh:mm:ssZ";
	static const uint8_t at[14] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};

	for (size_t i = 0; i < sizeof(at); i++)
		text[at[i]] = (char)d[i];
	return avow_time_parse_strict(
		       avow_span_make(text, AVOW_TIME_TEXT - 1), out_s) == AVOW_OK;
}

/* RFC 5280 4.1.2.5: UTCTime is of 1950 to 2049, both forms end in seconds and Z.
 * A GeneralizedTime before 2050 is against the letter and harmless. */
bool
avow_x509_time(struct avow_cursor *c, int64_t *out_s)
{
	uint8_t digits[15];
	struct avow_der d;

	if (avow_der_any(c, &d) != AVOW_OK)
		return false;
	if (d.tag == AVOW_DER_UTC_TIME && d.content.n == 13) {
		memcpy(digits, d.content.p[0] >= '5' ? "19" : "20", 2);
		memcpy(digits + 2, d.content.p, 13);
	} else if (d.tag == AVOW_DER_GENERALIZED_TIME && d.content.n == 15) {
		memcpy(digits, d.content.p, 15);
	} else {
		return false;
	}
	return digits[14] == 'Z' && civil_time(digits, out_s);
}

bool
avow_x509_is_time(struct avow_cursor *c)
{
	int tag = avow_cur_peek(c);

	return tag == AVOW_DER_UTC_TIME || tag == AVOW_DER_GENERALIZED_TIME;
}

/* --- extensions ------------------------------------------------------------------------- */

bool
avow_x509_extension(struct avow_cursor *list, struct avow_extension *out)
{
	struct avow_cursor c;
	struct avow_der value;

	*out = (struct avow_extension){.critical = false};
	if (avow_der_enter(list, AVOW_DER_SEQUENCE, &c) != AVOW_OK ||
		avow_der_oid(&c, &out->oid) != AVOW_OK)
		return false;
	/* a written FALSE is not DER and has one meaning only: taken */
	if (avow_cur_peek(&c) == AVOW_DER_BOOLEAN &&
		avow_der_bool(&c, &out->critical) != AVOW_OK)
		return false;
	if (avow_der_next(&c, AVOW_DER_OCTET_STRING, &value) != AVOW_OK ||
		!avow_cur_is_done(&c))
		return false;
	out->value = value.content;
	return true;
}

static bool
is_repeated(const struct avow_extension *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (avow_span_eq(list[i].oid, list[n].oid))
			return true;
	return false;
}

const char *
avow_x509_extensions(
	struct avow_cursor *tbs, uint8_t tag, struct avow_extension *found, size_t *n)
{
	struct avow_cursor outer, list;

	*n = 0;
	/* nothing stands behind it; what stands before it (the unique identifiers
	 * of RFC 5280 4.1.2.8, which no CA may write) has another tag */
	if (avow_der_enter(tbs, tag, &outer) != AVOW_OK || !avow_cur_is_done(tbs) ||
		avow_der_enter(&outer, AVOW_DER_SEQUENCE, &list) != AVOW_OK ||
		!avow_cur_is_done(&outer) || avow_cur_is_done(&list))
		return "extensions";
	while (!avow_cur_is_done(&list)) {
		if (*n == AVOW_MAX_CERT_EXTENSIONS)
			return "extensions (too many)";
		if (!avow_x509_extension(&list, &found[*n]))
			return "extensions";
		/* RFC 5280 4.2: not more than one instance of an extension */
		if (is_repeated(found, *n))
			return "extensions (repeated)";
		(*n)++;
	}
	return NULL;
}

unsigned
avow_x509_ce(struct avow_span oid)
{
	return oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x1d ? oid.p[2] : 0;
}

bool
avow_x509_octets(struct avow_span value, struct avow_span *out)
{
	struct avow_cursor c = avow_cur(value);
	struct avow_der d;

	if (avow_der_next(&c, AVOW_DER_OCTET_STRING, &d) != AVOW_OK ||
		!avow_cur_is_done(&c))
		return false;
	*out = d.content;
	return true;
}

/* Only the key identifier is used; authorityCertIssuer and its GeneralNames are
 * stepped over, never read (verifier-bugs 38). */
bool
avow_x509_authority(struct avow_span value, struct avow_span *key_id)
{
	struct avow_cursor c;
	struct avow_der d;

	if (avow_der_whole(value, AVOW_DER_SEQUENCE, &c) != AVOW_OK)
		return false;
	while (!avow_cur_is_done(&c)) {
		if (avow_der_any(&c, &d) != AVOW_OK)
			return false;
		if (d.tag == 0x80)
			*key_id = d.content;
	}
	return true;
}

enum avow_err
avow_x509_malformed(struct avow_why *why, enum avow_err code, const char *field,
	const struct avow_cursor *c)
{
	struct avow_at at = {"x509_format", field, "RFC 5280 4.1 and 5.1"};
	enum avow_err err = avow_refuse(why, code, &at, NULL, NULL);

	if (c)
		avow_why_offset(why, c->bad ? c->bad_at : avow_cur_offset(c));
	return err;
}
