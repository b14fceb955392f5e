/*
 * X.509 certificates and CRLs (RFC 5280) as parsed values: strict DER becomes
 * plain fields, and what we do not take is refused (other versions, more than
 * AVOW_MAX_CERT_EXTENSIONS, a repeated extension, inner and outer signature
 * algorithm differing). Immutable, reference counted, shared between threads.
 * Times are seconds since 1970.
 */
#ifndef AVOW_CRYPTO_X509_H
#define AVOW_CRYPTO_X509_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/digest.h"
#include "crypto/key.h"

/* RFC 5280 4.2.1.3, as bits */
#define AVOW_KU_DIGITAL_SIGNATURE 0x01u
#define AVOW_KU_KEY_CERT_SIGN 0x20u
#define AVOW_KU_CRL_SIGN 0x40u

struct avow_extension {
	struct avow_span oid;	/* content octets */
	bool critical;
	struct avow_span value;	/* inside the OCTET STRING */
};

struct avow_cert {
	struct avow_span der;		/* owned copy */
	uint8_t sha256[AVOW_SHA256_BYTES]; /* of der */
	struct avow_span subject;	/* Name DER */
	struct avow_span issuer;
	char subject_cn[128];		/* last commonName, printable; "" if none */
	char issuer_cn[128];
	struct avow_span serial;	/* INTEGER content octets */
	int64_t not_before_s, not_after_s;
	bool has_basic_constraints, basic_constraints_critical, is_ca;
	int path_length;		/* -1: none */
	bool has_key_usage, key_usage_critical;
	unsigned key_usage;
	struct avow_span subject_key_id, authority_key_id; /* empty: absent */
	struct avow_pubkey *key;
	enum avow_sig signature_alg;	/* DER forms for ECDSA */
	const struct avow_extension *extensions;
	size_t n_extensions;
	struct avow_cert_impl *impl;
};

struct avow_crl {
	struct avow_span der;
	struct avow_span issuer;
	char issuer_cn[128];
	int64_t this_update_s, next_update_s;
	bool has_next_update, has_number, has_authority_key_id;
	int64_t number; /* INT64_MAX: beyond it; negative ones are 0 */
	struct avow_span authority_key_id;
	/* a critical extension that is not understood, of the list or an entry, or
	 * a delta or issuing distribution point at all: not for any verdict */
	bool unknown_critical;
	enum avow_sig signature_alg;
	size_t n_revoked;
	struct avow_crl_impl *impl;
};

/**
 * Parse one certificate; the bytes are copied.
 * @param why filled on refusal (field and offset); may be NULL.
 * @return AVOW_OK; AVOW_E_CERT_FORMAT (also trailing bytes, BER, a signature
 * algorithm that is not known); AVOW_E_KEY_TYPE for a subject key that key.h does
 * not take; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_cert_parse(struct avow_span der, struct avow_cert **out,
	struct avow_why *why) AVOW_CHECKED;
struct avow_cert *avow_cert_ref(struct avow_cert *c);
void avow_cert_free(struct avow_cert *c);
/** The extension of a dotted OID, or NULL. */
const struct avow_extension *avow_cert_extension(const struct avow_cert *c,
	const char *oid);
/** Signature of c under key, by c's own (whitelisted) algorithm, which must
 *  fit the key; SHA-1 never does. @return AVOW_OK, AVOW_E_SIGNATURE,
 *  AVOW_E_CHAIN_ALGORITHM, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. */
enum avow_err avow_cert_verify(const struct avow_cert *c,
	const struct avow_pubkey *key) AVOW_CHECKED;
/** Subject and issuer are the same Name. */
bool avow_cert_is_self_issued(const struct avow_cert *c);

/** DER only; PEM and hex text: trust/collateral.h.
 *  @return AVOW_OK, AVOW_E_CRL_FORMAT, AVOW_E_NO_MEMORY. */
enum avow_err avow_crl_parse(struct avow_span der, struct avow_crl **out,
	struct avow_why *why) AVOW_CHECKED;
struct avow_crl *avow_crl_ref(struct avow_crl *c);
void avow_crl_free(struct avow_crl *c);
/** As avow_cert_verify; AVOW_E_CRL_EXTENSIONS when unknown_critical is set. */
enum avow_err avow_crl_verify(const struct avow_crl *c, const struct avow_pubkey *key)
	AVOW_CHECKED;
/** Exact serial match; entry reasons and dates do not matter. */
bool avow_crl_has(const struct avow_crl *c, struct avow_span serial);

/*
 * One link of a chain, judged rule by rule (RFC 5280 6.1), each with its own
 * code: AVOW_E_CHAIN_ISSUER, _NOT_CA, _PATH_LENGTH, _KEY_USAGE, _EXTENSION (of
 * either certificate: a critical one that is not understood, or name
 * constraints), _ALGORITHM, _SIGNATURE; AVOW_E_NO_MEMORY, AVOW_E_CRYPTO. `below`
 * counts the non-self-issued CA certificates under the issuer (0 for the one
 * that signs the leaf). Validity is separate, because a cached link is judged
 * again at each time.
 */
enum avow_err avow_chain_link(const struct avow_cert *child,
	const struct avow_cert *issuer, size_t below, struct avow_why *why)
	AVOW_CHECKED;
/** AVOW_E_CHAIN_NOT_YET_VALID or _EXPIRED; both ends inclusive. */
enum avow_err avow_cert_valid_at(const struct avow_cert *c, int64_t at_s,
	struct avow_why *why) AVOW_CHECKED;

#endif
