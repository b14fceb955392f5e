/*
 * did:x509, method version 0 (github.com/microsoft/did-x509): an issuer named by a
 * CA of its certificate chain and by what the leaf must say.
 *
 *   did:x509:0:sha256:<fingerprint>::eku:<OID>::subject:CN:<value>
 *
 * Policies that are not understood are refused, never skipped.
 */
#ifndef AVOW_TRUST_DID_X509_H
#define AVOW_TRUST_DID_X509_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/x509.h"

/** Whether the text is a did:x509 that can be resolved here, for configurations. */
bool avow_did_x509_is(struct avow_span did);

/**
 * The name fits a chain: its fingerprint is that of one certificate other than the
 * leaf, and every policy holds for the leaf.
 * @param chain leaf first. Its links are the caller's to verify.
 * @return AVOW_OK; AVOW_E_DID_FORMAT (malformed, or a policy that is not eku or
 * subject); AVOW_E_DID_MISMATCH; AVOW_E_CRYPTO.
 */
enum avow_err avow_did_x509_check(struct avow_span did, struct avow_cert *const *chain,
	size_t n, struct avow_why *why) AVOW_CHECKED;

#endif
