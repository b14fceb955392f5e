/*
 * Making certificates and CRLs: the service's own self-signed certificates,
 * and the forge's PKIs. Never used by a verifier.
 */
#ifndef AVOW_CRYPTO_X509_MAKE_H
#define AVOW_CRYPTO_X509_MAKE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/key.h"
#include "crypto/x509.h"

struct avow_extra_extension {
	const char *oid;	/* dotted; NULL: none, and the end of a list */
	bool critical;
	struct avow_span value;	/* DER put inside the OCTET STRING */
};

#define AVOW_EXTRA_EXTENSIONS 16 /* AMD's leaves have 11 */

struct avow_cert_spec {
	/* RFC 4514-like pairs, in order: {"CN","x"},{"O","y"}; ends with NULL */
	const char *const (*subject)[2];
	const char *const (*issuer)[2];	/* NULL: as subject */
	struct avow_span serial;	/* big-endian, empty: random 16 bytes */
	int64_t not_before_s, not_after_s;
	const struct avow_pubkey *key;		/* the subject's */
	const struct avow_privkey *signer;	/* the issuer's */
	const struct avow_pubkey *signer_public; /* for AKI; NULL: signer's */
	enum avow_sig alg;		/* RS*, PS*, ES*_DER */
	bool with_basic_constraints, is_ca;
	int path_length;		/* -1: none */
	unsigned key_usage;		/* 0: extension absent; critical */
	const char *eku_oid;		/* NULL: absent */
	const char *crl_url;		/* NULL: no CDP */
	const char *const *dns_names;	/* NULL-terminated; NULL: no SAN */
	const char *const *ip_names;	/* NULL-terminated text addresses */
	bool with_key_ids;		/* SKI and AKI */
	struct avow_extra_extension extra[AVOW_EXTRA_EXTENSIONS];
};

/** Append the certificate's DER. @return AVOW_OK, AVOW_E_KEY_TYPE when alg does not
 *  fit the signer, AVOW_E_NO_MEMORY, AVOW_E_TOO_LARGE, AVOW_E_CRYPTO (also for text
 *  that is no name, address or OID). */
enum avow_err avow_cert_make(const struct avow_cert_spec *spec, struct avow_buf *out)
	AVOW_CHECKED;

struct avow_crl_spec {
	const char *const (*issuer)[2];
	int64_t this_update_s, next_update_s; /* next 0: absent */
	const struct avow_privkey *signer;
	enum avow_sig alg;
	bool with_number, with_authority_key_id;
	const struct avow_span *revoked;	/* serials, big-endian */
	size_t n_revoked;
	struct avow_extra_extension extra[2]; /* of the list */
	struct avow_extra_extension entry_extra; /* of every entry */
};

/** Append the CRL's DER; errors as above. */
enum avow_err avow_crl_make(const struct avow_crl_spec *spec, struct avow_buf *out)
	AVOW_CHECKED;

#endif
