/*
 * Verifies the certificate of a TPM's key (TCG EK Credential Profile 2; TCG
 * Credential Profiles 4.0): what it may be used for, and that it is some trusted
 * maker's by a pinned key. A path is looked for among the operator's
 * intermediates, because a TPM keeps its leaf alone.
 */
#include "trust/tpm_chain.h"

#include <string.h>

#include "base/cursor.h"
#include "base/limits.h"
#include "wire/der.h"

#define PROFILE "TCG Credential Profiles 4.0"
#define EKU_EK "2.23.133.8.1" /* tcg-kp-EKCertificate */
#define EKU_AIK "2.23.133.8.3" /* tcg-kp-AIKCertificate */
#define EXT_KEY_USAGE "2.5.29.37"
#define GOOGLE_INSTANCE "1.3.6.1.4.1.11129.2.1.21"
#define KU_KEY_ENCIPHERMENT 0x04u
#define KU_KEY_AGREEMENT 0x10u

/* --- what is stored around a certificate ----------------------------------------------- */

/* TCG PC Client 1.2, TCG_PCCLIENT_STORED_CERT: tag 1001, type, length, tag 1002 */
static struct avow_span
without_header(struct avow_span in)
{
	struct avow_cursor c = avow_cur(in);
	uint16_t n;

	if (avow_cur_be16(&c) != 0x1001 || avow_cur_u8(&c) != 0)
		return in;
	n = avow_cur_be16(&c);
	if (avow_cur_be16(&c) != 0x1002 || avow_cur_is_bad(&c) || n < 2 ||
		(size_t)n - 2 > avow_cur_left(&c))
		return in;
	return avow_span_slice(in, 7, (size_t)n - 2);
}

static bool
is_padding(struct avow_span s)
{
	if (s.n > 0 && s.p[0] != 0 && s.p[0] != 0x11 && s.p[0] != 0xff)
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return true;
}

struct avow_span
avow_tpm_cert_cut(struct avow_span bytes)
{
	struct avow_span in = without_header(bytes);
	struct avow_cursor c = avow_cur(in);
	struct avow_der whole;

	if (avow_der_next(&c, AVOW_DER_SEQUENCE, &whole) != AVOW_OK ||
		!is_padding(avow_span_from(in, whole.whole.n)))
		return in;
	return whole.whole;
}

/* --- what it is for --------------------------------------------------------------------- */

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *field,
	const char *expected, const struct avow_cert *c)
{
	const struct avow_at at = {"ak_certificate", field, PROFILE};

	return avow_refuse(why, code, &at, expected, "%s",
		c && c->subject_cn[0] ? c->subject_cn : "another");
}

static bool
has_purpose(const struct avow_cert *c, const char *dotted)
{
	const struct avow_extension *e = avow_cert_extension(c, EXT_KEY_USAGE);
	struct avow_cursor list;
	struct avow_span oid;
	uint8_t want[16];
	size_t n = avow_der_oid_encode(dotted, want, sizeof(want));

	if (!e || avow_der_whole(e->value, AVOW_DER_SEQUENCE, &list) != AVOW_OK)
		return false;
	while (avow_cur_left(&list) > 0) {
		if (avow_der_oid(&list, &oid) != AVOW_OK)
			return false;
		if (avow_span_eq(oid, avow_span_make(want, n)))
			return true;
	}
	return false;
}

/* Google's older intermediates certify attestation keys with the EK's purpose. */
static bool
is_for_ak(const struct avow_cert *c)
{
	return has_purpose(c, EKU_AIK) ||
	       (has_purpose(c, EKU_EK) && avow_cert_extension(c, GOOGLE_INSTANCE));
}

static enum avow_err
check_use(const struct avow_cert *c, enum avow_tpm_use use, struct avow_why *why)
{
	bool ak = use == AVOW_TPM_USE_AK;
	enum avow_err code = ak ? AVOW_E_TPM_AK_EKU : AVOW_E_TPM_EK;
	unsigned usage =
		ak ? AVOW_KU_DIGITAL_SIGNATURE : KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;

	if (c->is_ca || c->key_usage & AVOW_KU_KEY_CERT_SIGN)
		return refuse(why, code, "basicConstraints", "no CA certificate", c);
	if (c->has_key_usage && !(c->key_usage & usage))
		return refuse(why, code, "keyUsage",
			ak ? "digitalSignature" : "keyEncipherment or keyAgreement", c);
	if (ak && !is_for_ak(c))
		return refuse(
			why, code, "extKeyUsage", EKU_AIK ", tcg-kp-AIKCertificate", c);
	if (!ak && !has_purpose(c, EKU_EK))
		return refuse(
			why, code, "extKeyUsage", EKU_EK ", tcg-kp-EKCertificate", c);
	return AVOW_OK;
}

/* --- the path ---------------------------------------------------------------------------- */

struct path {
	const struct avow_anchors *anchors;
	struct avow_cert *certs[AVOW_TPM_CHAIN_MAX]; /* borrowed */
	size_t n;
	struct avow_why why; /* of the last link that failed */
	unsigned tries;
};

#define MAX_TRIES 64 /* links looked at: a bundle cannot make it a search */

static bool
is_ours(enum avow_err e)
{
	return avow_err_class(e) == AVOW_CLASS_INTERNAL ||
	       avow_err_class(e) == AVOW_CLASS_CRYPTO;
}

/* CA certificates below the issuer that are not self-issued: RFC 5280 4.2.1.9 */
static size_t
below(const struct path *p)
{
	size_t n = 0;

	for (size_t i = 1; i < p->n; i++)
		n += !avow_cert_is_self_issued(p->certs[i]);
	return n;
}

static enum avow_err
climb(struct path *p)
{
	struct avow_cert *top = p->certs[p->n - 1], *issuer;
	enum avow_err e = avow_anchors_signed(p->anchors, AVOW_ANCHOR_TPM, top);

	if (e != AVOW_E_CHAIN_ROOT || p->n == AVOW_TPM_CHAIN_MAX)
		return e;
	for (size_t i = 0; (issuer = avow_anchors_intermediate(p->anchors, i)); i++) {
		struct avow_why why;

		if (issuer == top || !avow_span_eq(issuer->subject, top->issuer))
			continue;
		if (++p->tries > MAX_TRIES)
			return AVOW_E_CHAIN_ROOT;
		avow_why_init(&why);
		e = avow_chain_link(top, issuer, below(p), &why);
		if (is_ours(e))
			return e;
		if (e != AVOW_OK) {
			p->why = why;
			continue;
		}
		p->certs[p->n++] = issuer;
		e = climb(p);
		if (e != AVOW_E_CHAIN_ROOT)
			return e;
		p->n--;
	}
	return AVOW_E_CHAIN_ROOT;
}

static enum avow_err
find_path(struct path *p, struct avow_why *why)
{
	enum avow_err e = climb(p);

	if (e != AVOW_E_CHAIN_ROOT)
		return e;
	if (p->why.code == AVOW_OK)
		return refuse(why, AVOW_E_TPM_AK_ROOT, "issuer",
			"a path to a trusted TPM root key", p->certs[0]);
	if (why && why->code == AVOW_OK) {
		*why = p->why;
		why->code = AVOW_E_TPM_AK_CHAIN;
		why->check = "ak_certificate";
	}
	return AVOW_E_TPM_AK_CHAIN;
}

static enum avow_err
read_leaf(struct avow_span der, enum avow_tpm_use use, struct avow_cert **out,
	struct avow_why *why)
{
	enum avow_err e = avow_cert_parse(der, out, NULL);

	if (e == AVOW_OK || is_ours(e))
		return e;
	return refuse(why, use == AVOW_TPM_USE_AK ? AVOW_E_TPM_AK_CERT : AVOW_E_TPM_EK,
		"certificate", "one DER certificate", NULL);
}

enum avow_err
avow_tpm_chain_verify(struct avow_span der, enum avow_tpm_use use,
	const struct avow_anchors *anchors, struct avow_tpm_chain *out,
	struct avow_why *why)
{
	struct path p = {.anchors = anchors};

	memset(out, 0, sizeof(*out));
	avow_why_init(&p.why);
	AVOW_TRY(read_leaf(der, use, &out->certs[0], why));
	out->n = 1;
	AVOW_TRY(check_use(out->certs[0], use, why));
	p.certs[0] = out->certs[0];
	p.n = 1;
	AVOW_TRY(find_path(&p, why));
	for (size_t i = 1; i < p.n; i++)
		out->certs[out->n++] = avow_cert_ref(p.certs[i]);
	return AVOW_OK;
}

enum avow_err
avow_tpm_chain_valid_at(
	const struct avow_tpm_chain *c, int64_t at_s, struct avow_why *why)
{
	for (size_t i = 0; i < c->n; i++) {
		struct avow_why w;
		enum avow_err e;

		avow_why_init(&w);
		e = avow_cert_valid_at(c->certs[i], at_s, &w);
		if (e == AVOW_OK)
			continue;
		if (e == AVOW_E_CHAIN_EXPIRED)
			e = AVOW_E_TPM_AK_EXPIRED;
		else if (e == AVOW_E_CHAIN_NOT_YET_VALID)
			e = AVOW_E_TPM_AK_NOT_YET_VALID;
		if (why && why->code == AVOW_OK) {
			*why = w;
			why->code = e;
			why->check = "ak_certificate";
		}
		return e;
	}
	return AVOW_OK;
}

void
avow_tpm_chain_clear(struct avow_tpm_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		avow_cert_free(c->certs[i]);
	memset(c, 0, sizeof(*c));
}
