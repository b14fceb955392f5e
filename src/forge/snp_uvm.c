/*
 * UVM reference information (the sheet azure-containers, section 1): a COSE_Sign1 in
 * either form of header, under a PKI of its own - root, intermediate, signer - and
 * the reference value that an operator would write for it. CBOR is written by hand
 * here, because the reader's library must not agree with itself.
 */
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "crypto/digest.h"
#include "crypto/x509_make.h"
#include "forge/snp_impl.h"

#define EKU "1.3.6.1.4.1.311.76.59.1.2"
#define UNKNOWN_OTHER_EKU "1.3.6.1.4.1.311.76.59.1.1"
#define KU_CA (AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN)
#define COSE_PS384 38 /* the label is its negative */
#define COSE_ES384 35
#define COSE_RS256 257

typedef const char *const name_pair[2];

/* --- CBOR (RFC 8949), shortest forms ------------------------------------------------ */

static void
put_head(struct avow_buf *b, unsigned major, uint64_t v)
{
	unsigned width = v < 24 ? 0 : v < 0x100 ? 1 : v < 0x10000 ? 2 : 4;
	unsigned info = width == 0   ? (unsigned)v
			: width == 1 ? 24
			: width == 2 ? 25
				     : 26;

	avow_buf_put_byte(b, (uint8_t)(major << 5 | info));
	for (unsigned i = width; i > 0; i--)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * (i - 1))));
}

static void
put_int(struct avow_buf *b, int64_t v)
{
	put_head(b, v < 0 ? 1 : 0, (uint64_t)(v < 0 ? -1 - v : v));
}

static void
put_octets(struct avow_buf *b, struct avow_span s)
{
	put_head(b, 2, s.n);
	avow_buf_put(b, s);
}

static void
put_text(struct avow_buf *b, const char *s)
{
	put_head(b, 3, strlen(s));
	avow_buf_put_str(b, s);
}

/* --- the PKI -------------------------------------------------------------------------- */

struct pki {
	struct avow_buf root, ca, leaf;
	const struct avow_privkey *signer;
};

static struct avow_cert_spec
ca_spec(const struct snp_forge *f, name_pair *subject, name_pair *issuer,
	const struct avow_privkey *key)
{
	return (struct avow_cert_spec){
		.subject = subject,
		.issuer = issuer,
		.not_before_s = f->p.uvm.from_s,
		.not_after_s = f->p.uvm.until_s,
		.key = avow_privkey_public(key),
		.signer = f->keys->uvm_root,
		.alg = AVOW_SIG_ES384_DER,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = KU_CA,
		.with_key_ids = true,
	};
}

static enum avow_err
make_certs(const struct snp_forge *f, struct pki *p)
{
	name_pair root[] = {{"C", "US"}, {"O", "Avow Forge, simulated"},
		{"CN", "Supply Chain Root"}, {NULL, NULL}};
	name_pair ca[] = {{"C", "US"}, {"O", "Avow Forge, simulated"},
		{"CN", "Products CA"}, {NULL, NULL}};
	name_pair leaf[] = {{"C", "US"}, {"O", "Avow Forge, simulated"},
		{"CN", "ContainerPlat"}, {NULL, NULL}};
	struct avow_cert_spec s = ca_spec(f, root, root, f->keys->uvm_root);

	AVOW_TRY(avow_cert_make(&s, &p->root));
	s = ca_spec(f, ca, root, f->keys->uvm_ca);
	if (snp_bent(f, SNP_UVM_CA_NOT_CA))
		s.is_ca = false;
	AVOW_TRY(avow_cert_make(&s, &p->ca));
	s = ca_spec(f, leaf, snp_bent(f, SNP_UVM_CHAIN_ISSUER) ? root : ca, p->signer);
	s.signer = f->keys->uvm_ca;
	s.is_ca = false;
	s.key_usage = AVOW_KU_DIGITAL_SIGNATURE;
	s.eku_oid = snp_bent(f, SNP_UVM_DID_EKU) ? UNKNOWN_OTHER_EKU : EKU;
	AVOW_TRY(avow_cert_make(&s, &p->leaf));
	if (snp_bent(f, SNP_UVM_CHAIN_SIGNATURE))
		forge_flip(&p->leaf, 1);
	return AVOW_OK;
}

/* --- the issuer -------------------------------------------------------------------------- */

static enum avow_err
put_issuer(const struct snp_forge *f, const struct pki *p, struct avow_buf *out)
{
	const struct avow_buf *named = f->p.uvm_by_subject ? &p->ca : &p->root;
	uint8_t digest[32];

	if (snp_bent(f, SNP_UVM_DID_METHOD)) {
		avow_buf_put_str(out, "did:web:example.org");
		return out->err;
	}
	if (snp_bent(f, SNP_UVM_DID_LEAF))
		named = &p->leaf;
	AVOW_TRY(avow_sha256(avow_buf_span(named), digest));
	if (snp_bent(f, SNP_UVM_DID_FINGERPRINT))
		digest[0] ^= 1;
	avow_buf_put_str(out, "did:x509:0:sha256:");
	avow_b64url_put(out, avow_span_make(digest, sizeof(digest)));
	if (snp_bent(f, SNP_UVM_DID_POLICY))
		avow_buf_put_str(out, "::san:dns:example.org");
	if (f->p.uvm_by_subject || snp_bent(f, SNP_UVM_DID_SUBJECT))
		avow_buf_put_str(out, snp_bent(f, SNP_UVM_DID_SUBJECT)
					      ? "::subject:CN:Container%2dPlat"
					      : "::subject:CN:Container%50lat:C:US");
	else
		avow_buf_put_str(out, "::eku:" EKU);
	return out->err;
}

/* --- the protected header -------------------------------------------------------------------- */

static void
put_chain(const struct snp_forge *f, const struct pki *p, struct avow_buf *b)
{
	if (snp_bent(f, SNP_UVM_NO_CHAIN))
		return;
	put_int(b, 33);
	put_head(b, 4, 3);
	put_octets(b, avow_buf_span(&p->leaf));
	if (snp_bent(f, SNP_UVM_CHAIN_NOT_CERT))
		put_octets(b, AVOW_LIT("\x30\x00"));
	else
		put_octets(b, avow_buf_span(&p->ca));
	put_octets(b, avow_buf_span(&p->root));
}

static enum avow_err
put_thumbprint(const struct snp_forge *f, const struct pki *p, struct avow_buf *b)
{
	uint8_t digest[32];

	AVOW_TRY(avow_sha256(avow_buf_span(&p->leaf), digest));
	digest[31] ^= snp_bent(f, SNP_UVM_THUMBPRINT);
	put_int(b, 34);
	put_head(b, 4, 2);
	put_int(b, -16);
	put_octets(b, avow_span_make(digest, sizeof(digest)));
	return AVOW_OK;
}

static const char *
feed(const struct snp_forge *f)
{
	return snp_bent(f, SNP_UVM_FEED) ? "Somebody-Else" : f->p.uvm_feed;
}

static uint64_t
svn(const struct snp_forge *f)
{
	return f->p.uvm_svn - (snp_bent(f, SNP_UVM_SVN) && f->p.uvm_svn ? 1 : 0);
}

static void
put_content_type(const struct snp_forge *f, struct avow_buf *b)
{
	put_int(b, f->p.uvm_cwt ? 259 : 3);
	put_text(b,
		snp_bent(f, SNP_UVM_CONTENT_TYPE) ? "text/plain" : "application/json");
}

/* RFC 9597: { 1: iss, 2: sub, 6: iat, "svn": n } */
static void
put_cwt(const struct snp_forge *f, const char *issuer, struct avow_buf *b)
{
	bool no_iss = snp_bent(f, SNP_UVM_NO_ISSUER);
	bool no_feed = snp_bent(f, SNP_UVM_NO_FEED);
	bool no_svn = snp_bent(f, SNP_UVM_NO_SVN);

	put_int(b, 15);
	put_head(b, 5, 4u - no_iss - no_feed - no_svn - !f->p.uvm_signed_s);
	if (!no_iss) {
		put_int(b, 1);
		put_text(b, issuer);
	}
	if (!no_feed) {
		put_int(b, 2);
		put_text(b, feed(f));
	}
	if (f->p.uvm_signed_s) {
		put_int(b, 6);
		put_int(b, f->p.uvm_signed_s);
	}
	if (!no_svn) {
		put_text(b, "svn");
		if (snp_bent(f, SNP_UVM_SVN_FORM))
			put_int(b, -1);
		else
			put_head(b, 0, svn(f));
	}
}

static void
put_legacy(const struct snp_forge *f, const char *issuer, struct avow_buf *b)
{
	if (!snp_bent(f, SNP_UVM_NO_ISSUER)) {
		put_text(b, "iss");
		put_text(b, issuer);
	}
	if (!snp_bent(f, SNP_UVM_NO_FEED)) {
		put_text(b, "feed");
		put_text(b, feed(f));
	}
	if (f->p.uvm_signed_s) {
		put_text(b, "signingtime");
		put_head(b, 6, 1);
		put_int(b, f->p.uvm_signed_s);
	}
}

static int64_t
algorithm(const struct snp_forge *f)
{
	if (snp_bent(f, SNP_UVM_ALGORITHM))
		return -COSE_RS256;
	if (snp_bent(f, SNP_UVM_ALGORITHM_KEY) != f->p.uvm_ecdsa)
		return -COSE_ES384;
	return -COSE_PS384;
}

static enum avow_err
put_header(const struct snp_forge *f, const struct pki *p, const char *issuer,
	struct avow_buf *b)
{
	bool no_alg = snp_bent(f, SNP_UVM_NO_ALGORITHM);
	bool no_iss = snp_bent(f, SNP_UVM_NO_ISSUER);
	bool no_feed = snp_bent(f, SNP_UVM_NO_FEED);
	bool no_chain = snp_bent(f, SNP_UVM_NO_CHAIN);
	bool crit = snp_bent(f, SNP_UVM_CRITICAL);
	bool twice = snp_bent(f, SNP_UVM_KEY_TWICE);
	unsigned own =
		f->p.uvm_cwt ? 1u : 2u - no_iss - no_feed + (f->p.uvm_signed_s != 0);

	put_head(b, 5, 4u - no_alg - no_chain + crit + twice + own);
	for (unsigned i = 0; !no_alg && i < 1u + twice; i++) {
		put_int(b, 1);
		put_int(b, algorithm(f));
	}
	if (crit) {
		put_int(b, 2);
		put_head(b, 4, 1);
		put_text(b, "iss");
	}
	put_content_type(f, b);
	put_chain(f, p, b);
	AVOW_TRY(put_thumbprint(f, p, b));
	if (f->p.uvm_cwt)
		put_cwt(f, issuer, b);
	else
		put_legacy(f, issuer, b);
	return b->err;
}

/* --- the payload ------------------------------------------------------------------------------ */

static void
put_payload(const struct snp_forge *f, struct avow_buf *b)
{
	size_t n = snp_bent(f, SNP_UVM_MEASUREMENT_FORM) ? 47 : 48;
	uint8_t m[48];

	memcpy(m, f->p.measurement, sizeof(m));
	m[0] ^= snp_bent(f, SNP_UVM_MEASUREMENT);
	if (f->p.uvm_cwt) {
		forge_put_bytes(b, m, n);
		return;
	}
	avow_buf_put_str(b, snp_bent(f, SNP_UVM_PAYLOAD) ? "[\n" : "{\n");
	if (!snp_bent(f, SNP_UVM_NO_SVN))
		avow_buf_printf(b, "  \"x-ms-sevsnpvm-guestsvn\": \"%s%llu\",\n",
			snp_bent(f, SNP_UVM_SVN_FORM) ? "-" : "",
			(unsigned long long)svn(f));
	avow_buf_put_str(b, "  \"x-ms-sevsnpvm-launchmeasurement\": \"");
	for (size_t i = 0; i < n; i++)
		avow_buf_printf(b, "%02x", m[i]);
	avow_buf_put_str(b, "\"\n}");
}

/* --- signing ------------------------------------------------------------------------------------- */

struct parts {
	struct avow_buf header, payload, signature;
};

static enum avow_err
sign(const struct snp_forge *f, const struct pki *p, struct parts *x)
{
	const struct avow_privkey *key =
		snp_bent(f, SNP_UVM_OTHER_KEY) ? f->keys->uvm_other : p->signer;
	enum avow_sig alg = f->p.uvm_ecdsa ? AVOW_SIG_ES384_RAW : AVOW_SIG_PS384;
	struct avow_buf tbs;
	enum avow_err e;

	if (snp_bent(f, SNP_UVM_OTHER_KEY))
		alg = AVOW_SIG_ES384_RAW;
	avow_buf_init(&tbs, FORGE_MAX_OUTPUT);
	put_head(&tbs, 4, 4);
	put_text(&tbs, "Signature1");
	put_octets(&tbs, avow_buf_span(&x->header));
	put_octets(&tbs, AVOW_LIT(""));
	put_octets(&tbs, avow_buf_span(&x->payload));
	e = tbs.err != AVOW_OK
		    ? tbs.err
		    : avow_sign(key, alg, avow_buf_span(&tbs), &x->signature);
	avow_buf_clear(&tbs);
	if (e == AVOW_OK && snp_bent(f, SNP_UVM_SIGNATURE))
		forge_flip(&x->signature, 1);
	if (e == AVOW_OK && snp_bent(f, SNP_UVM_BODY))
		x->payload.p[x->payload.n - 4] ^= 1;
	return e;
}

static enum avow_err
put_cose(struct snp_forge *f, const struct parts *x)
{
	struct avow_buf *b = &f->uvm;

	put_head(b, 6, 18);
	put_head(b, 4, snp_bent(f, SNP_UVM_ARRAY) ? 3 : 4);
	put_octets(b, avow_buf_span(&x->header));
	if (snp_bent(f, SNP_UVM_INDEFINITE)) {
		avow_buf_put(b, AVOW_LIT("\xbf\xff"));
	} else {
		put_head(b, 5, 1); /* unsigned, and nobody's business */
		put_text(b, "timestamp");
		put_octets(b, AVOW_LIT("simulated"));
	}
	if (snp_bent(f, SNP_UVM_DETACHED))
		avow_buf_put_byte(b, 0xf6); /* nil */
	else
		put_octets(b, avow_buf_span(&x->payload));
	if (!snp_bent(f, SNP_UVM_ARRAY))
		put_octets(b, avow_buf_span(&x->signature));
	if (snp_bent(f, SNP_UVM_TRAILING))
		avow_buf_put_byte(b, 0);
	if (snp_bent(f, SNP_UVM_TRUNCATED))
		b->n--;
	return b->err;
}

static enum avow_err
make(struct snp_forge *f, struct pki *p, struct parts *x, struct avow_buf *issuer)
{
	const char *text;

	AVOW_TRY(make_certs(f, p));
	AVOW_TRY(put_issuer(f, p, issuer));
	text = avow_buf_str(issuer);
	if (!text)
		return AVOW_E_NO_MEMORY;
	avow_buf_printf(&f->uvm_reference, "%s %s %llu", text, f->p.uvm_feed,
		(unsigned long long)f->p.uvm_svn);
	AVOW_TRY(f->uvm_reference.err);
	AVOW_TRY(put_header(f, p, text, &x->header));
	put_payload(f, &x->payload);
	AVOW_TRY(x->payload.err);
	AVOW_TRY(sign(f, p, x));
	return put_cose(f, x);
}

enum avow_err
snp_make_uvm(struct snp_forge *f)
{
	struct pki p = {.signer = f->p.uvm_ecdsa ? f->keys->stranger : f->keys->small};
	struct parts x;
	struct avow_buf issuer;
	struct avow_buf *const all[] = {
		&p.root, &p.ca, &p.leaf, &x.header, &x.payload, &x.signature, &issuer};
	enum avow_err e;

	if (!f->p.with_uvm)
		return AVOW_OK;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		avow_buf_init(all[i], FORGE_MAX_OUTPUT);
	e = make(f, &p, &x, &issuer);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		avow_buf_clear(all[i]);
	return e;
}
