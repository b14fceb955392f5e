/*
 * Intel's certificate chains and CRLs, as far as they do not depend on time,
 * and the PCK chain's judgement at a time. From parsed certificates and pinned
 * keys; which CRLs are current is decided in collateral_select.c, and what the
 * SGX extension of a PCK certificate says is read in evidence/.
 *
 *   PCK:  leaf -> PCK Processor or Platform CA -> root (pinned key)
 *   TCB:  TCB signing certificate -> root (pinned key)
 */
#include "trust/intel_chain.h"

#include <string.h>

#include "trust/recode.h"

#include "trust/collateral.h"

#define PROFILE "Intel SGX PCK Certificate and CRL Profile 1.5"

static enum avow_err
refuse_cert(struct avow_why *why, enum avow_err code, const char *check,
	const struct avow_cert *c, const char *expected)
{
	struct avow_at at = {check, c->subject_cn, PROFILE};

	return avow_refuse(why, code, &at, expected, NULL);
}

/* --- what both chains need ---------------------------------------------------- */

/* Intel SGX PCK Certificate and CRL Profile 1.5: every certificate of this PKI
 * has these five, and QVL refuses one without (X509Constants.h) */
static bool
has_required_extensions(const struct avow_cert *c)
{
	static const char *const oids[] = {
		"2.5.29.35", /* authorityKeyIdentifier */
		"2.5.29.31", /* cRLDistributionPoints */
		"2.5.29.14", /* subjectKeyIdentifier */
		"2.5.29.15", /* keyUsage */
		"2.5.29.19", /* basicConstraints */
	};

	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
		if (!avow_cert_extension(c, oids[i]))
			return false;
	return true;
}

static bool
is_p256(const struct avow_cert *c)
{
	return avow_pubkey_type(c->key) == AVOW_KEY_P256;
}

/* Neither a CA nor allowed to act as one */
static bool
is_end_entity(const struct avow_cert *c)
{
	return !c->is_ca && !(c->key_usage & AVOW_KU_KEY_CERT_SIGN) &&
	       (c->key_usage & AVOW_KU_DIGITAL_SIGNATURE);
}

static bool
name_has(const char *cn, const char *part)
{
	return strstr(cn, part) != NULL;
}

/* --- the PCK chain ------------------------------------------------------------- */

static bool
issued_by(const struct avow_cert *child, const struct avow_cert *parent)
{
	return avow_span_eq(child->issuer, parent->subject);
}

/* Exactly one is self-issued; of the other two one issued the other. */
static enum avow_err
order(struct avow_cert *const certs[3], struct avow_pck_chain *c, struct avow_why *why)
{
	static const struct avow_at at = {"pck_chain", "issuer", PROFILE};
	struct avow_cert *rest[3];
	size_t n = 0;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < 3; i++)
		if (avow_cert_is_self_issued(certs[i]))
			c->root = certs[i];
		else
			rest[n++] = certs[i];
	if (n == 2 && issued_by(rest[0], rest[1])) {
		c->leaf = rest[0];
		c->ca = rest[1];
	} else if (n == 2 && issued_by(rest[1], rest[0])) {
		c->leaf = rest[1];
		c->ca = rest[0];
	}
	if (!c->ca || !issued_by(c->ca, c->root))
		return avow_refuse(why, AVOW_E_PCK_CHAIN_ORDER, &at,
			"a leaf, its CA and the CA's root", NULL);
	return AVOW_OK;
}

/* Names tell the two PCK CAs and the TCB signer apart, which one root issues. */
static enum avow_err
check_names(struct avow_pck_chain *c, struct avow_why *why)
{
	const enum avow_err e = AVOW_E_PCK_CHAIN_NAME;

	if (!name_has(c->root->subject_cn, "SGX Root CA"))
		return refuse_cert(why, e, "pck_chain", c->root, "SGX Root CA");
	if (name_has(c->ca->subject_cn, "SGX PCK Processor CA"))
		c->ca_kind = AVOW_PCK_CA_PROCESSOR;
	else if (name_has(c->ca->subject_cn, "SGX PCK Platform CA"))
		c->ca_kind = AVOW_PCK_CA_PLATFORM;
	else
		return refuse_cert(why, e, "pck_chain", c->ca,
			"SGX PCK Processor CA or SGX PCK Platform CA");
	if (!name_has(c->leaf->subject_cn, "SGX PCK Certificate"))
		return refuse_cert(why, e, "pck_chain", c->leaf, "SGX PCK Certificate");
	return AVOW_OK;
}

static enum avow_err
check_root_key(const struct avow_pck_chain *c, const struct avow_anchors *anchors,
	struct avow_why *why)
{
	if (!avow_anchors_has_intel_root(anchors, c->root))
		return refuse_cert(why, AVOW_E_PCK_CHAIN_ROOT, "pck_chain", c->root,
			"a trusted root's public key");
	return AVOW_OK;
}

static enum avow_err
check_constraints(const struct avow_pck_chain *c, struct avow_why *why)
{
	const enum avow_err e = AVOW_E_PCK_CHAIN_CONSTRAINTS;
	const struct avow_cert *all[3] = {c->root, c->ca, c->leaf};

	for (size_t i = 0; i < 3; i++) {
		if (!has_required_extensions(all[i]))
			return refuse_cert(why, e, "pck_chain", all[i],
				"authorityKeyIdentifier, cRLDistributionPoints, "
				"subjectKeyIdentifier, keyUsage, basicConstraints");
		if (!is_p256(all[i]))
			return refuse_cert(why, e, "pck_chain", all[i], "a P-256 key");
	}
	if (!is_end_entity(c->leaf))
		return refuse_cert(why, e, "pck_chain", c->leaf,
			"no CA, keyUsage digitalSignature");
	return AVOW_OK;
}

/* The rules of a link, and what each is called in a PCK chain */
static const struct avow_recode pck_codes[] = {
	{AVOW_E_CHAIN_SIGNATURE, AVOW_E_PCK_CHAIN_SIGNATURE},
	{AVOW_E_CHAIN_ALGORITHM, AVOW_E_PCK_CHAIN_SIGNATURE},
	{AVOW_E_CHAIN_NOT_CA, AVOW_E_PCK_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_PATH_LENGTH, AVOW_E_PCK_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_KEY_USAGE, AVOW_E_PCK_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_EXTENSION, AVOW_E_PCK_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_ISSUER, AVOW_E_PCK_CHAIN_ORDER},
	{AVOW_E_CHAIN_EXPIRED, AVOW_E_PCK_CHAIN_EXPIRED},
	{AVOW_E_CHAIN_NOT_YET_VALID, AVOW_E_PCK_CHAIN_NOT_YET_VALID},
	{AVOW_OK, AVOW_OK},
};
static const struct avow_recode_table pck_table = {"pck_chain", pck_codes};

static enum avow_err
verify_pck(struct avow_pck_chain *c, const struct avow_anchors *anchors,
	struct avow_why *why)
{
	AVOW_TRY(check_names(c, why));
	AVOW_TRY(check_root_key(c, anchors, why));
	AVOW_TRY(check_constraints(c, why));
	/* the CA is the one CA under the root: RFC 5280, 4.2.1.9 */
	AVOW_TRY(avow_recode_link(&pck_table, c->root, c->root, 1, why));
	AVOW_TRY(avow_recode_link(&pck_table, c->ca, c->root, 1, why));
	return avow_recode_link(&pck_table, c->leaf, c->ca, 0, why);
}

enum avow_err
avow_pck_chain_verify(struct avow_cert *const certs[], size_t n,
	const struct avow_anchors *anchors, struct avow_pck_chain *out,
	struct avow_why *why)
{
	static const struct avow_at at = {"pck_chain", "length", PROFILE};
	struct avow_pck_chain c;

	memset(out, 0, sizeof(*out));
	if (n != 3)
		return avow_refuse(why, AVOW_E_PCK_CHAIN_LENGTH, &at, "3", "%zu", n);
	AVOW_TRY(order(certs, &c, why));
	AVOW_TRY(verify_pck(&c, anchors, why));
	avow_cert_ref(c.leaf);
	avow_cert_ref(c.ca);
	avow_cert_ref(c.root);
	*out = c;
	return AVOW_OK;
}

void
avow_pck_chain_clear(struct avow_pck_chain *c)
{
	avow_cert_free(c->leaf);
	avow_cert_free(c->ca);
	avow_cert_free(c->root);
	memset(c, 0, sizeof(*c));
}

enum avow_err
avow_pck_chain_judge(const struct avow_pck_chain *c,
	const struct avow_intel_selection *s, int64_t at_s, struct avow_why *why)
{
	/* a selection for another CA would look into another CA's list */
	if (!c->ca || !s->pck_crl || !s->root_crl ||
		memcmp(s->pck_ca_sha256, c->ca->sha256, AVOW_SHA256_BYTES) != 0)
		return AVOW_E_INTERNAL;
	if (avow_crl_has(s->root_crl, c->ca->serial))
		return refuse_cert(why, AVOW_E_PCK_CA_REVOKED, "pck_chain", c->ca,
			"not in the root's CRL");
	if (avow_crl_has(s->pck_crl, c->leaf->serial))
		return refuse_cert(why, AVOW_E_PCK_REVOKED, "pck_chain", c->leaf,
			"not in its CA's CRL");
	AVOW_TRY(avow_recode_valid_at(&pck_table, c->root, at_s, why));
	AVOW_TRY(avow_recode_valid_at(&pck_table, c->ca, at_s, why));
	return avow_recode_valid_at(&pck_table, c->leaf, at_s, why);
}

/* --- the TCB signing chain ------------------------------------------------------ */

enum avow_err
avow_tcb_signing_verify(const struct avow_cert *signer, const struct avow_cert *root,
	const struct avow_anchors *anchors, struct avow_why *why)
{
	static const char check[] = "tcb_signing_chain";

	if (!name_has(root->subject_cn, "SGX Root CA"))
		return refuse_cert(why, AVOW_E_CHAIN_NAME, check, root, "SGX Root CA");
	if (!name_has(signer->subject_cn, "SGX TCB Signing"))
		return refuse_cert(
			why, AVOW_E_CHAIN_NAME, check, signer, "SGX TCB Signing");
	if (!avow_anchors_has_intel_root(anchors, root))
		return refuse_cert(why, AVOW_E_CHAIN_ROOT, check, root,
			"a trusted root's public key");
	if (!has_required_extensions(signer) || !has_required_extensions(root))
		return refuse_cert(why, AVOW_E_CHAIN_EXTENSION, check, signer,
			"the five extensions of the profile");
	if (!is_end_entity(signer) || !is_p256(signer))
		return refuse_cert(why, AVOW_E_CHAIN_KEY_USAGE, check, signer,
			"no CA, keyUsage digitalSignature, a P-256 key");
	AVOW_TRY(avow_chain_link(root, root, 0, why));
	return avow_chain_link(signer, root, 0, why);
}

/* --- CRLs ------------------------------------------------------------------------ */

enum avow_err
avow_intel_crl_verify(
	const struct avow_crl *crl, const struct avow_cert *ca, struct avow_why *why)
{
	static const struct avow_at issuer = {"crl", "issuer", "RFC 5280, 6.3.3 (b)"};
	static const struct avow_at usage = {"crl", "keyUsage", "RFC 5280, 6.3.3 (f)"};
	static const struct avow_at exts = {"crl", "extensions", PROFILE ", CRL"};
	static const struct avow_at sig = {
		"crl", "signatureValue", "RFC 5280, 6.3.3 (g)"};
	enum avow_err e;

	if (!avow_span_eq(crl->issuer, ca->subject))
		return avow_refuse(why, AVOW_E_CRL_ISSUER, &issuer, ca->subject_cn,
			"%s", crl->issuer_cn);
	if (!ca->is_ca || !(ca->key_usage & AVOW_KU_CRL_SIGN))
		return avow_refuse(why, AVOW_E_CRL_ISSUER, &usage,
			"a CA that may sign CRLs", NULL);
	if (!crl->has_number || !crl->has_authority_key_id || !crl->has_next_update ||
		crl->unknown_critical)
		return avow_refuse(why, AVOW_E_CRL_EXTENSIONS, &exts,
			"crlNumber, authorityKeyIdentifier, nextUpdate and nothing "
			"critical that is not known",
			NULL);
	/* verifier bug 17: whoever brings the list, its signature is checked */
	e = avow_crl_verify(crl, ca->key);
	if (e == AVOW_E_CRYPTO || e == AVOW_E_NO_MEMORY)
		return e;
	if (e != AVOW_OK)
		return avow_refuse(
			why, AVOW_E_CRL_SIGNATURE, &sig, "a valid signature", NULL);
	return AVOW_OK;
}
