/*
 * The roots that an operator trusts, as public keys. A root certificate is a
 * wrapper around its key: Intel has published two with the same key and
 * different dates, so the KEY is pinned and either certificate will do.
 *
 * A set is built by one thread (new, add) and is immutable once it is shared;
 * it is reference counted.
 */
#ifndef AVOW_TRUST_ANCHORS_H
#define AVOW_TRUST_ANCHORS_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "crypto/x509.h"

enum avow_anchor_kind {
	AVOW_ANCHOR_INTEL_SGX, /* root of PCK certificates and of Intel's collateral */
	AVOW_ANCHOR_AMD_ARK, /* root of VCEK and VLEK certificates, one a product line */
	AVOW_ANCHOR_TPM /* roots of the certificates of TPMs' keys: any type of key */
};

struct avow_anchors;

/**
 * A new set.
 * @param with_builtin true: it holds the makers' published roots (Intel's SGX
 * root key, AMD's three ARKs, the roots of Microsoft's AIKs and of Azure's virtual
 * TPMs). false: it is empty, for tests and closed worlds.
 * @return AVOW_OK, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_anchors_new(
	bool with_builtin, struct avow_anchors **out) AVOW_CHECKED;
/**
 * Add the operator's roots: every block of a PEM text, CERTIFICATE (self-signed,
 * a CA) or PUBLIC KEY; Intel's kind takes P-256 alone, AMD's RSA of 4096 bits,
 * TPM's any key, and CA certificates that are not self-signed too: intermediates,
 * which carry no trust.
 * Not after sharing.
 * @return AVOW_OK (also when a key is there already); AVOW_E_ANCHOR_FORMAT for
 * any block that is neither, or no such root: then nothing of the text is added;
 * AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_anchors_add_pem(struct avow_anchors *a, enum avow_anchor_kind kind,
	struct avow_span pem, struct avow_why *why) AVOW_CHECKED;
/** avow_anchors_add_pem where the operator named no maker: the key tells it,
 *  P-256 Intel's, RSA of 4096 bits AMD's, where a certificate has their roots' name
 *  too; every other certificate is a TPM maker's, and every bare key is that too.
 *  Lines behind '#' are comments. */
enum avow_err avow_anchors_add_any(struct avow_anchors *a, struct avow_span pem,
	struct avow_why *why) AVOW_CHECKED;
struct avow_anchors *avow_anchors_ref(struct avow_anchors *a);
void avow_anchors_free(struct avow_anchors *a);
/** True when the certificate's key is a pinned one of this kind. The caller
 *  still verifies the certificate. */
bool avow_anchors_has(const struct avow_anchors *a, enum avow_anchor_kind kind,
	const struct avow_cert *root);
/** The certificate's signature holds under a pinned key of this kind; nothing else
 *  of the certificate is judged.
 *  @return AVOW_OK; AVOW_E_CHAIN_ROOT (under none); AVOW_E_NO_MEMORY, _CRYPTO. */
enum avow_err avow_anchors_signed(const struct avow_anchors *a,
	enum avow_anchor_kind kind, const struct avow_cert *c) AVOW_CHECKED;
/** The i-th TPM intermediate, not trusted; NULL behind the last. */
struct avow_cert *avow_anchors_intermediate(const struct avow_anchors *a, size_t i);
/** avow_anchors_has for Intel's kind. */
bool avow_anchors_has_intel_root(
	const struct avow_anchors *a, const struct avow_cert *root);
/** 32 bytes that two sets share exactly when they pin the same keys for the same
 *  kinds and have the same intermediates, in whatever order they were added: part of
 *  every cache key. */
const uint8_t *avow_anchors_id(const struct avow_anchors *a);
/** The certificates that were added as certificates; NULL behind the last. */
struct avow_cert *avow_anchors_cert(
	const struct avow_anchors *a, enum avow_anchor_kind kind, size_t i);

#endif
