/*
 * Reads a did:x509 from left to right and holds each part against the chain. It
 * judges names alone: whether the chain's signatures hold is the caller's, and
 * whether this issuer is trusted is the operator's.
 */
#include "trust/did_x509.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "wire/der.h"

#define SOURCE "did:x509 method specification, version 0"

struct did {
	enum avow_hash hash;
	struct avow_span fingerprint; /* base64url, as it stands there */
	struct avow_span policies; /* "eku:1.2::subject:CN:x" */
};

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, struct avow_span got)
{
	const struct avow_at at = {"did_x509", field, SOURCE};

	return avow_refuse(why, code, &at, expected, "%.*s",
		AVOW_FMT(avow_span_slice(got, 0, 120)));
}

/* Cut at the first colon; the rest is what follows it. */
static struct avow_span
next_part(struct avow_span *rest)
{
	size_t n = avow_span_find_byte(*rest, ':');
	struct avow_span part = avow_span_slice(*rest, 0, n);

	*rest = avow_span_from(*rest, n < rest->n ? n + 1 : n);
	return part;
}

/* Cut at the first "::". */
static struct avow_span
next_policy(struct avow_span *rest)
{
	size_t n = avow_span_find(*rest, AVOW_LIT("::"));
	struct avow_span part = avow_span_slice(*rest, 0, n);

	*rest = avow_span_from(*rest, n < rest->n ? n + 2 : n);
	return part;
}

/* --- form -------------------------------------------------------------------------- */

static bool
read_fingerprint(struct avow_span alg, struct avow_span text, struct did *out)
{
	static const struct {
		const char *name;
		enum avow_hash hash;
	} hashes[] = {{"sha256", AVOW_SHA256}, {"sha384", AVOW_SHA384},
		{"sha512", AVOW_SHA512}};

	out->fingerprint = text;
	for (size_t i = 0; i < text.n; i++)
		if (!isalnum(text.p[i]) && text.p[i] != '-' && text.p[i] != '_')
			return false;
	for (size_t i = 0; i < 3; i++)
		if (avow_span_eq_str(alg, hashes[i].name)) {
			out->hash = hashes[i].hash;
			return text.n == (avow_hash_bytes(out->hash) * 4 + 2) / 3;
		}
	return false;
}

static bool
is_known_policy(struct avow_span policy)
{
	return avow_span_starts(policy, AVOW_LIT("eku:")) ||
	       avow_span_starts(policy, AVOW_LIT("subject:"));
}

static enum avow_err
parse(struct avow_span text, struct did *out, struct avow_why *why)
{
	const enum avow_err e = AVOW_E_DID_FORMAT;
	struct avow_span rest = text, head, policies;

	if (text.n > AVOW_MAX_DID)
		return refuse(why, e, "issuer", "at most 1024 bytes", text);
	if (!avow_span_starts(rest, AVOW_LIT("did:x509:0:")))
		return refuse(why, e, "issuer", "did:x509:0:...", text);
	rest = avow_span_from(rest, 11);
	head = next_policy(&rest);
	policies = rest;
	out->policies = rest;
	{
		struct avow_span alg = next_part(&head);

		if (!read_fingerprint(alg, head, out))
			return refuse(why, e, "fingerprint",
				"sha256, sha384 or sha512 and its base64url", text);
	}
	do {
		struct avow_span policy = next_policy(&policies);

		if (!is_known_policy(policy))
			return refuse(why, e, "policy", "eku or subject", policy);
	} while (policies.n > 0);
	return AVOW_OK;
}

bool
avow_did_x509_is(struct avow_span did)
{
	struct did d;

	return parse(did, &d, NULL) == AVOW_OK;
}

/* --- eku ------------------------------------------------------------------------------ */

#define EKU_OID "2.5.29.37"

/* RFC 5280 4.2.1.12 */
static bool
has_usage(const struct avow_cert *leaf, struct avow_span dotted)
{
	const struct avow_extension *x = avow_cert_extension(leaf, EKU_OID);
	struct avow_cursor list;
	struct avow_span oid;
	uint8_t want[64];
	char text[96];
	size_t n;

	if (!x || dotted.n >= sizeof(text) ||
		avow_der_whole(x->value, AVOW_DER_SEQUENCE, &list) != AVOW_OK)
		return false;
	memcpy(text, dotted.p, dotted.n);
	text[dotted.n] = '\0';
	n = avow_der_oid_encode(text, want, sizeof(want));
	while (n && !avow_cur_is_done(&list)) {
		if (avow_der_oid(&list, &oid) != AVOW_OK)
			return false;
		if (avow_span_eq(oid, avow_span_make(want, n)))
			return true;
	}
	return false;
}

/* --- subject ---------------------------------------------------------------------------- */

static const struct {
	const char *key, *oid;
} ATTRIBUTES[] = {{"CN", "2.5.4.3"}, {"L", "2.5.4.7"}, {"ST", "2.5.4.8"},
	{"O", "2.5.4.10"}, {"OU", "2.5.4.11"}, {"C", "2.5.4.6"}, {"STREET", "2.5.4.9"}};

/* The percent-encoded text is the attribute's. */
static bool
is_value(struct avow_span encoded, struct avow_span value)
{
	uint8_t byte;
	size_t at = 0;

	for (size_t i = 0; i < encoded.n; i++, at++) {
		byte = encoded.p[i];
		if (byte == '%') {
			if (encoded.n - i < 3 ||
				avow_hex_decode(avow_span_slice(encoded, i + 1, 2),
					&byte, 1) != AVOW_OK)
				return false;
			i += 2;
		}
		if (at >= value.n || value.p[at] != byte)
			return false;
	}
	return at == value.n;
}

/* One AttributeTypeAndValue; what is no string is no match. */
static bool
read_attribute(struct avow_cursor *set, struct avow_span *oid, struct avow_span *value)
{
	struct avow_cursor pair;
	struct avow_der d;

	if (avow_der_enter(set, AVOW_DER_SEQUENCE, &pair) != AVOW_OK ||
		avow_der_oid(&pair, oid) != AVOW_OK ||
		avow_der_any(&pair, &d) != AVOW_OK || !avow_cur_is_done(&pair))
		return false;
	*value = d.tag == AVOW_DER_UTF8_STRING || d.tag == AVOW_DER_PRINTABLE_STRING ||
				 d.tag == AVOW_DER_IA5_STRING
			 ? d.content
			 : avow_span_make(NULL, 0);
	return true;
}

/* Exactly one attribute of that type, and it has the value: a second one could be
 * another's name (verifier bug 38). */
static bool
has_attribute(
	const struct avow_cert *leaf, struct avow_span type, struct avow_span encoded)
{
	struct avow_span oid, value;
	struct avow_cursor rdns, set;
	size_t seen = 0;
	bool equal = false;

	if (avow_der_whole(leaf->subject, AVOW_DER_SEQUENCE, &rdns) != AVOW_OK)
		return false;
	while (!avow_cur_is_done(&rdns)) {
		if (avow_der_enter(&rdns, AVOW_DER_SET, &set) != AVOW_OK)
			return false;
		while (!avow_cur_is_done(&set)) {
			if (!read_attribute(&set, &oid, &value))
				return false;
			if (!avow_span_eq(oid, type))
				continue;
			seen++;
			equal = is_value(encoded, value);
		}
	}
	return seen == 1 && equal;
}

static bool
has_subject(const struct avow_cert *leaf, struct avow_span pairs)
{
	uint8_t oid[16];
	size_t n;

	if (pairs.n == 0)
		return false;
	while (pairs.n > 0) {
		struct avow_span key = next_part(&pairs), value = next_part(&pairs);

		n = 0;
		for (size_t i = 0; i < sizeof(ATTRIBUTES) / sizeof(ATTRIBUTES[0]); i++)
			if (avow_span_eq_str(key, ATTRIBUTES[i].key))
				n = avow_der_oid_encode(
					ATTRIBUTES[i].oid, oid, sizeof(oid));
		if (n == 0 || !has_attribute(leaf, avow_span_make(oid, n), value))
			return false;
	}
	return true;
}

/* --- against the chain --------------------------------------------------------------------- */

static enum avow_err
is_fingerprint(const struct did *d, const struct avow_cert *c, bool *out)
{
	uint8_t digest[AVOW_MAX_DIGEST];
	struct avow_buf text;
	enum avow_err e;

	AVOW_TRY(avow_digest(d->hash, &c->der, 1, digest));
	avow_buf_init(&text, 128);
	avow_b64url_put(&text, avow_span_make(digest, avow_hash_bytes(d->hash)));
	*out = avow_span_eq(avow_buf_span(&text), d->fingerprint);
	e = text.err;
	avow_buf_clear(&text);
	return e;
}

static enum avow_err
check_fingerprint(const struct did *d, struct avow_cert *const *chain, size_t n,
	struct avow_why *why)
{
	bool found = false;

	for (size_t i = 1; i < n && !found; i++)
		AVOW_TRY(is_fingerprint(d, chain[i], &found));
	if (found)
		return AVOW_OK;
	return refuse(why, AVOW_E_DID_MISMATCH, "fingerprint",
		"of a certificate above the leaf",
		avow_span_str(n ? chain[n - 1]->subject_cn : ""));
}

static bool
holds(const struct avow_cert *leaf, struct avow_span policy)
{
	if (avow_span_starts(policy, AVOW_LIT("eku:")))
		return has_usage(leaf, avow_span_from(policy, 4));
	if (avow_span_starts(policy, AVOW_LIT("subject:")))
		return has_subject(leaf, avow_span_from(policy, 8));
	return false;
}

enum avow_err
avow_did_x509_check(struct avow_span did, struct avow_cert *const *chain, size_t n,
	struct avow_why *why)
{
	struct did d;

	AVOW_TRY(parse(did, &d, why));
	AVOW_TRY(check_fingerprint(&d, chain, n, why));
	while (d.policies.n > 0) {
		struct avow_span policy = next_policy(&d.policies);

		if (!holds(chain[0], policy))
			return refuse(why, AVOW_E_DID_MISMATCH, "policy",
				"one that holds for the leaf", policy);
	}
	return AVOW_OK;
}
