/*
 * Verifies AMD's chains (AMD 57230 section 2; AMD 58369): which certificate is
 * which is told by its name, what it may do by its key and constraints, and that
 * it is AMD's by a pinned key. Where the certificates come from is the caller's.
 */
#include "trust/amd_chain.h"

#include <string.h>

#include "trust/recode.h"

#define PROFILE "AMD 57230, certificate chain"

static enum avow_err
refuse_cert(struct avow_why *why, enum avow_err code, const struct avow_cert *c,
	const char *expected)
{
	struct avow_at at = {"vek_chain", NULL, PROFILE};

	(void)avow_refuse(why, code, &at, expected, "%s", c->subject_cn);
	avow_why_field(why, "certificate %s", c->subject_cn);
	return code;
}

/* --- names ------------------------------------------------------------------------- */

/* "ARK-Milan", "SEV-Milan", "SEV-VLEK-Milan": the prefix, then the line. */
static bool
names_line(const struct avow_cert *c, const char *prefix, enum avow_amd_product *out)
{
	struct avow_span cn = avow_span_str(c->subject_cn);
	struct avow_span p = avow_span_str(prefix);
	struct avow_span line = avow_span_from(cn, p.n);

	/* the line's own name and nothing behind it */
	return avow_span_starts(cn, p) && avow_amd_product_by_name(line, out) &&
	       avow_span_eq_str(line, avow_amd_product_name(*out));
}

static enum avow_err
check_names(const struct avow_amd_chain *c, enum avow_amd_product *line,
	enum avow_amd_vek_kind *kind, struct avow_why *why)
{
	const enum avow_err e = AVOW_E_SNP_CHAIN_NAME;
	struct avow_span leaf = avow_span_str(c->leaf->subject_cn);
	enum avow_amd_product ca_line;
	bool vlek = avow_span_eq_str(leaf, "SEV-VLEK");

	*kind = vlek ? AVOW_AMD_VLEK : AVOW_AMD_VCEK;
	if (!vlek && !avow_span_eq_str(leaf, "SEV-VCEK"))
		return refuse_cert(why, e, c->leaf, "SEV-VCEK or SEV-VLEK");
	if (!names_line(c->root, "ARK-", line))
		return refuse_cert(why, e, c->root, "ARK- and a product line");
	if (!names_line(c->ca, vlek ? "SEV-VLEK-" : "SEV-", &ca_line))
		return refuse_cert(why, e, c->ca,
			vlek ? "SEV-VLEK- and a product line"
			     : "SEV- and a product line");
	if (ca_line != *line)
		return refuse_cert(why, e, c->ca, "the line of the ARK");
	if (!avow_cert_is_self_issued(c->root))
		return refuse_cert(why, e, c->root, "a self-issued certificate");
	return AVOW_OK;
}

/* --- keys and algorithms -------------------------------------------------------------- */

static bool
is_rsa_4096(const struct avow_cert *c)
{
	return avow_pubkey_type(c->key) == AVOW_KEY_RSA &&
	       avow_pubkey_bits(c->key) == 4096;
}

static enum avow_err
check_algorithms(const struct avow_amd_chain *c, struct avow_why *why)
{
	const enum avow_err e = AVOW_E_SNP_CHAIN_ALGORITHM;
	const struct avow_cert *all[3] = {c->root, c->ca, c->leaf};

	if (!is_rsa_4096(c->root) || !is_rsa_4096(c->ca))
		return refuse_cert(why, e, is_rsa_4096(c->root) ? c->ca : c->root,
			"an RSA key of 4096 bits");
	if (avow_pubkey_type(c->leaf->key) != AVOW_KEY_P384)
		return refuse_cert(why, e, c->leaf, "a P-384 key");
	/* the reader takes PSS with MGF1 of the same hash and a salt as long */
	for (size_t i = 0; i < 3; i++)
		if (all[i]->signature_alg != AVOW_SIG_PS384)
			return refuse_cert(
				why, e, all[i], "RSASSA-PSS with SHA-384, salt 48");
	return AVOW_OK;
}

/* --- links ------------------------------------------------------------------------------ */

static const struct avow_recode codes[] = {
	{AVOW_E_CHAIN_ISSUER, AVOW_E_SNP_CHAIN_NAME},
	{AVOW_E_CHAIN_NOT_CA, AVOW_E_SNP_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_PATH_LENGTH, AVOW_E_SNP_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_KEY_USAGE, AVOW_E_SNP_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_EXTENSION, AVOW_E_SNP_CHAIN_CONSTRAINTS},
	{AVOW_E_CHAIN_ALGORITHM, AVOW_E_SNP_CHAIN_ALGORITHM},
	{AVOW_E_CHAIN_SIGNATURE, AVOW_E_SNP_CHAIN_SIGNATURE},
	{AVOW_E_CHAIN_EXPIRED, AVOW_E_SNP_CHAIN_EXPIRED},
	{AVOW_E_CHAIN_NOT_YET_VALID, AVOW_E_SNP_CHAIN_NOT_YET_VALID},
	{AVOW_OK, AVOW_OK},
};
static const struct avow_recode_table table = {"vek_chain", codes};

/* A leaf that could sign certificates would be one more CA (verifier bug 32). */
static enum avow_err
check_leaf(const struct avow_cert *leaf, struct avow_why *why)
{
	if (leaf->is_ca || leaf->key_usage & AVOW_KU_KEY_CERT_SIGN)
		return refuse_cert(
			why, AVOW_E_SNP_CHAIN_CONSTRAINTS, leaf, "no CA certificate");
	return AVOW_OK;
}

/* --- the chain ---------------------------------------------------------------------------- */

static enum avow_err
check_vek(const struct avow_amd_chain *c, enum avow_amd_product line,
	enum avow_amd_vek_kind kind, struct avow_amd_vek *vek, struct avow_why *why)
{
	AVOW_TRY(avow_amd_vek_parse(c->leaf, vek, why));
	if (vek->kind != kind)
		return refuse_cert(why, AVOW_E_SNP_CERT_EXTENSIONS, c->leaf,
			"hwID in a VCEK, csp_id in a VLEK");
	if (vek->product != line)
		return refuse_cert(why, AVOW_E_SNP_PRODUCT, c->leaf,
			"the product line of its issuer");
	return AVOW_OK;
}

enum avow_err
avow_amd_chain_verify(struct avow_cert *leaf, struct avow_cert *ca,
	struct avow_cert *root, const struct avow_anchors *anchors,
	struct avow_amd_chain *out, struct avow_why *why)
{
	struct avow_amd_chain c = {.leaf = leaf, .ca = ca, .root = root};
	enum avow_amd_product line;
	enum avow_amd_vek_kind kind;

	memset(out, 0, sizeof(*out));
	AVOW_TRY(check_names(&c, &line, &kind, why));
	if (!avow_anchors_has(anchors, AVOW_ANCHOR_AMD_ARK, root))
		return refuse_cert(
			why, AVOW_E_SNP_CHAIN_ROOT, root, "a trusted ARK's public key");
	AVOW_TRY(check_algorithms(&c, why));
	AVOW_TRY(check_leaf(leaf, why));
	/* the ASK is the one CA below the ARK: RFC 5280 4.2.1.9 */
	AVOW_TRY(avow_recode_link(&table, root, root, 1, why));
	AVOW_TRY(avow_recode_link(&table, ca, root, 1, why));
	AVOW_TRY(avow_recode_link(&table, leaf, ca, 0, why));
	AVOW_TRY(check_vek(&c, line, kind, &c.vek, why));
	avow_cert_ref(leaf);
	avow_cert_ref(ca);
	avow_cert_ref(root);
	*out = c;
	return AVOW_OK;
}

bool
avow_amd_is_ark(const struct avow_cert *c, const struct avow_anchors *anchors,
	enum avow_amd_product line)
{
	enum avow_amd_product its;

	return names_line(c, "ARK-", &its) && its == line &&
	       avow_cert_is_self_issued(c) &&
	       avow_anchors_has(anchors, AVOW_ANCHOR_AMD_ARK, c);
}

enum avow_err
avow_amd_issuers_verify(const struct avow_cert *ca, const struct avow_cert *root,
	const struct avow_anchors *anchors, enum avow_amd_product line,
	enum avow_amd_vek_kind kind, struct avow_why *why)
{
	const char *prefix = kind == AVOW_AMD_VLEK ? "SEV-VLEK-" : "SEV-";
	enum avow_amd_product its;

	if (!names_line(ca, prefix, &its) || its != line)
		return refuse_cert(why, AVOW_E_SNP_CHAIN_NAME, ca,
			kind == AVOW_AMD_VLEK ? "SEV-VLEK- and the product line"
					      : "SEV- and the product line");
	if (!avow_amd_is_ark(root, anchors, line))
		return refuse_cert(why, AVOW_E_SNP_CHAIN_ROOT, root,
			"a trusted ARK of the product line");
	if (!is_rsa_4096(root) || !is_rsa_4096(ca) ||
		root->signature_alg != AVOW_SIG_PS384 ||
		ca->signature_alg != AVOW_SIG_PS384)
		return refuse_cert(why, AVOW_E_SNP_CHAIN_ALGORITHM, ca,
			"RSA of 4096 bits, RSASSA-PSS with SHA-384, salt 48");
	/* the ASK is the one CA below the ARK: RFC 5280 4.2.1.9 */
	AVOW_TRY(avow_recode_link(&table, root, root, 1, why));
	return avow_recode_link(&table, ca, root, 1, why);
}

void
avow_amd_chain_clear(struct avow_amd_chain *c)
{
	avow_cert_free(c->leaf);
	avow_cert_free(c->ca);
	avow_cert_free(c->root);
	memset(c, 0, sizeof(*c));
}

enum avow_err
avow_amd_chain_valid_at(
	const struct avow_amd_chain *c, int64_t at_s, struct avow_why *why)
{
	const struct avow_cert *all[3] = {c->root, c->ca, c->leaf};

	for (size_t i = 0; i < 3; i++)
		AVOW_TRY(avow_recode_valid_at(&table, all[i], at_s, why));
	return AVOW_OK;
}

enum avow_err
avow_amd_crl_verify(
	const struct avow_crl *crl, const struct avow_cert *root, struct avow_why *why)
{
	static const struct avow_at issuer = {"crl", "issuer", "RFC 5280, 6.3.3 (b)"};
	static const struct avow_at exts = {
		"crl", "extensions", "RFC 5280, 5.1.2.5 and 5.2"};
	static const struct avow_at sig = {
		"crl", "signatureValue", "RFC 5280, 6.3.3 (g)"};
	enum avow_err e;

	if (!avow_span_eq(crl->issuer, root->subject))
		return avow_refuse(why, AVOW_E_CRL_ISSUER, &issuer, root->subject_cn,
			"%s", crl->issuer_cn);
	if (!crl->has_next_update || crl->unknown_critical)
		return avow_refuse(why, AVOW_E_CRL_EXTENSIONS, &exts,
			"nextUpdate, and nothing critical that is not known", NULL);
	/* verifier bug 17: whoever brings the list, its signature is checked */
	e = avow_crl_verify(crl, root->key);
	if (e == AVOW_E_CRYPTO || e == AVOW_E_NO_MEMORY)
		return e;
	if (e != AVOW_OK)
		return avow_refuse(
			why, AVOW_E_CRL_SIGNATURE, &sig, "a valid signature", NULL);
	return AVOW_OK;
}
