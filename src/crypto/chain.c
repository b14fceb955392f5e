/*
 * One link of a certificate path, rule by rule in the order of RFC 5280 6.1.3
 * and 6.1.4, and validity apart from it, because a proved link is cached and
 * its validity is judged again at each appraisal's time. Which roots count,
 * how long a chain must be and what names it must have is the caller's.
 */
#include "crypto/x509.h"
#include "crypto/x509_read.h"

#include "base/clock.h"

/* RFC 5280 6.1.3 (a)(4): issuer's name, byte for byte. The comparison of RFC
 * 5280 7.1 (case, white space) would accept more; no CA here needs it. */
static enum avow_err
check_name(const struct avow_cert *child, const struct avow_cert *issuer,
	struct avow_why *why)
{
	static const struct avow_at at = {
		"chain_issuer", "issuer", "RFC 5280 6.1.3 (a)(4)"};
	static const size_t empty_name = 2; /* 30 00 */

	if (child->issuer.n > empty_name &&
		avow_span_eq(child->issuer, issuer->subject))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_CHAIN_ISSUER, &at, issuer->subject_cn, "%s",
		child->issuer_cn);
}

/* RFC 5280 6.1.4 (k) */
static enum avow_err
check_is_ca(const struct avow_cert *issuer, struct avow_why *why)
{
	static const struct avow_at at = {
		"chain_ca", "basicConstraints.cA", "RFC 5280 6.1.4 (k)"};

	if (issuer->has_basic_constraints && issuer->is_ca)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_CHAIN_NOT_CA, &at, "TRUE",
		issuer->has_basic_constraints ? "FALSE" : "absent");
}

/* RFC 5280 6.1.4 (l), (m) */
static enum avow_err
check_path_length(const struct avow_cert *issuer, size_t below, struct avow_why *why)
{
	static const struct avow_at at = {"chain_path_length",
		"basicConstraints.pathLenConstraint", "RFC 5280 6.1.4 (m)"};

	if (issuer->path_length < 0 || below <= (size_t)issuer->path_length)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_CHAIN_PATH_LENGTH, &at,
		"at most pathLenConstraint CAs below", "%zu, constraint %d", below,
		issuer->path_length);
}

/* RFC 5280 6.1.4 (n) */
static enum avow_err
check_key_usage(const struct avow_cert *issuer, struct avow_why *why)
{
	static const struct avow_at at = {
		"chain_key_usage", "keyUsage", "RFC 5280 6.1.4 (n)"};

	if (!issuer->has_key_usage || (issuer->key_usage & AVOW_KU_KEY_CERT_SIGN))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_CHAIN_KEY_USAGE, &at, "keyCertSign", "0x%x",
		issuer->key_usage);
}

/*
 * RFC 5280 6.1.4 (o) and 6.1.5 (f): a critical extension is understood or
 * refused. Name constraints are not evaluated here, so a certificate that has
 * them is refused even when they are not critical.
 */
static bool
is_acceptable(const struct avow_extension *e)
{
	switch (avow_x509_ce(e->oid)) {
	case AVOW_CE_NAME_CONSTRAINTS:
		return false;
	case AVOW_CE_BASIC_CONSTRAINTS:
	case AVOW_CE_KEY_USAGE:
	case AVOW_CE_EXT_KEY_USAGE:
	case AVOW_CE_SUBJECT_ALT_NAME:
	case AVOW_CE_CRL_POINTS:
	case AVOW_CE_POLICIES:
	case AVOW_CE_AUTHORITY_KEY_ID:
	case AVOW_CE_SUBJECT_KEY_ID:
		return true;
	default:
		return !e->critical;
	}
}

static enum avow_err
check_extensions(const struct avow_cert *c, struct avow_why *why)
{
	static const struct avow_at at = {
		"chain_extension", "extensions", "RFC 5280 6.1.4 (o)"};

	for (size_t i = 0; i < c->n_extensions; i++)
		if (!is_acceptable(&c->extensions[i]))
			return avow_refuse_bytes(why, AVOW_E_CHAIN_EXTENSION, &at,
				(struct avow_span){NULL, 0}, c->extensions[i].oid);
	return AVOW_OK;
}

/* RFC 5280 6.1.3 (a)(1) */
static enum avow_err
check_signature(const struct avow_cert *child, const struct avow_cert *issuer,
	struct avow_why *why)
{
	static const struct avow_at at = {
		"chain_signature", "signatureValue", "RFC 5280 6.1.3 (a)(1)"};
	enum avow_err err = avow_cert_verify(child, issuer->key);

	if (err == AVOW_OK)
		return AVOW_OK;
	if (err == AVOW_E_SIGNATURE)
		err = AVOW_E_CHAIN_SIGNATURE;
	return avow_refuse(why, err, &at, NULL, "%s", child->subject_cn);
}

enum avow_err
avow_chain_link(const struct avow_cert *child, const struct avow_cert *issuer,
	size_t below, struct avow_why *why)
{
	AVOW_TRY(check_name(child, issuer, why));
	AVOW_TRY(check_is_ca(issuer, why));
	AVOW_TRY(check_path_length(issuer, below, why));
	AVOW_TRY(check_key_usage(issuer, why));
	AVOW_TRY(check_extensions(issuer, why));
	AVOW_TRY(check_extensions(child, why));
	return check_signature(child, issuer, why);
}

static enum avow_err
refuse_time(const struct avow_cert *c, enum avow_err code, const struct avow_at *at,
	int64_t bound_s, int64_t at_s, struct avow_why *why)
{
	char bound[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];
	enum avow_err err;

	avow_time_format(bound_s, bound);
	avow_time_format(at_s, now);
	err = avow_refuse(why, code, at, bound, "%s", now);
	avow_why_note(why, "certificate %s", c->subject_cn);
	return err;
}

/* RFC 5280 6.1.3 (a)(2); 4.1.2.5: both ends inclusive */
enum avow_err
avow_cert_valid_at(const struct avow_cert *c, int64_t at_s, struct avow_why *why)
{
	static const struct avow_at before = {
		"chain_validity", "notBefore", "RFC 5280 6.1.3 (a)(2)"};
	static const struct avow_at after = {
		"chain_validity", "notAfter", "RFC 5280 6.1.3 (a)(2)"};

	if (at_s < c->not_before_s)
		return refuse_time(c, AVOW_E_CHAIN_NOT_YET_VALID, &before,
			c->not_before_s, at_s, why);
	if (at_s > c->not_after_s)
		return refuse_time(
			c, AVOW_E_CHAIN_EXPIRED, &after, c->not_after_s, at_s, why);
	return AVOW_OK;
}
