/*
 * Private to crypto/: the pieces that certificates and CRLs share (RFC 5280
 * 4.1 and 5.1), read as strict DER. Each gives false when its bytes are not
 * what the standard allows; the caller names the field.
 */
#ifndef AVOW_CRYPTO_X509_READ_H
#define AVOW_CRYPTO_X509_READ_H

#include "base/cursor.h"
#include "base/limits.h"
#include "crypto/x509.h"
#include "wire/der.h"

#define AVOW_CN_TEXT 128

/* SEQUENCE { tbs, signatureAlgorithm, signatureValue } */
struct avow_signed {
	struct avow_cursor tbs; /* inside it */
	struct avow_span tbs_whole; /* what is signed */
	struct avow_span algorithm; /* the outer AlgorithmIdentifier */
	struct avow_span signature;
};

bool avow_x509_open(struct avow_span der, struct avow_signed *out);
/** The AlgorithmIdentifier of a signature, parameters included. */
bool avow_x509_algorithm(struct avow_span whole, enum avow_sig *out);
/** A Name: its DER, and its last commonName made printable and cut. */
bool avow_x509_name(struct avow_cursor *c, struct avow_span *whole, char *cn);
/** UTCTime or GeneralizedTime, both with seconds and Z; 1970 to 9999. */
bool avow_x509_time(struct avow_cursor *c, int64_t *out_s);
bool avow_x509_is_time(struct avow_cursor *c);
bool avow_x509_extension(struct avow_cursor *list, struct avow_extension *out);
/**
 * The last field of a tbs: an explicit tag around SEQUENCE OF Extension, at most
 * AVOW_MAX_CERT_EXTENSIONS into `found`, none twice.
 * @return NULL, or what is wrong.
 */
const char *avow_x509_extensions(
	struct avow_cursor *tbs, uint8_t tag, struct avow_extension *found, size_t *n);
/** [0] keyIdentifier of an AuthorityKeyIdentifier; empty when it has none. */
bool avow_x509_authority(struct avow_span value, struct avow_span *key_id);
/** The value of an extension that is one OCTET STRING. */
bool avow_x509_octets(struct avow_span value, struct avow_span *out);
/** Signature by a whitelisted algorithm that fits the key. */
enum avow_err avow_x509_verify(struct avow_span tbs, enum avow_sig alg,
	struct avow_span signature, const struct avow_pubkey *key) AVOW_CHECKED;
/** Refuse: the format code of the document, with the field's name. */
enum avow_err avow_x509_malformed(struct avow_why *why, enum avow_err code,
	const char *field, const struct avow_cursor *c);

/* Content octets of the OIDs that this code knows: id-ce is 2.5.29 */
#define AVOW_OID_CE(n) ((struct avow_span){(const uint8_t[]){0x55, 0x1d, n}, 3})
enum avow_ce {
	AVOW_CE_SUBJECT_KEY_ID = 14,
	AVOW_CE_KEY_USAGE = 15,
	AVOW_CE_SUBJECT_ALT_NAME = 17,
	AVOW_CE_ISSUER_ALT_NAME = 18,
	AVOW_CE_BASIC_CONSTRAINTS = 19,
	AVOW_CE_CRL_NUMBER = 20,
	AVOW_CE_REASON_CODE = 21,
	AVOW_CE_INVALIDITY_DATE = 24,
	AVOW_CE_DELTA_CRL = 27,
	AVOW_CE_ISSUING_POINT = 28,
	AVOW_CE_NAME_CONSTRAINTS = 30,
	AVOW_CE_CRL_POINTS = 31,
	AVOW_CE_POLICIES = 32,
	AVOW_CE_AUTHORITY_KEY_ID = 35,
	AVOW_CE_EXT_KEY_USAGE = 37
};
/** The n of an id-ce OID, 0 for any other. */
unsigned avow_x509_ce(struct avow_span oid);

#endif
