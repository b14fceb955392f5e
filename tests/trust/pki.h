/*
 * A small world of our own: root, PCK CA, PCK leaf, TCB signer, CRLs and signed
 * documents, in Intel's form and under keys made in the test. Each maker takes
 * what a case wants different.
 */
#ifndef AVOW_TESTS_TRUST_PKI_H
#define AVOW_TESTS_TRUST_PKI_H

#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hex.h"
#include "crypto/key.h"
#include "crypto/x509_make.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/intel_chain.h"
#include "wire/pem.h"

#define DAY ((int64_t)86400)
#define T0 ((int64_t)1735689600) /* 2025-01-01T00:00:00Z */

typedef const char *const name_pairs[2];

static name_pairs root_name[] = {
	{"CN", "Test SGX Root CA"}, {"O", "Avow tests"}, {NULL, NULL}};
static name_pairs ca_name[] = {
	{"CN", "Test SGX PCK Platform CA"}, {"O", "Avow tests"}, {NULL, NULL}};
static name_pairs leaf_name[] = {
	{"CN", "Test SGX PCK Certificate"}, {"O", "Avow tests"}, {NULL, NULL}};
static name_pairs signer_name[] = {
	{"CN", "Test SGX TCB Signing"}, {"O", "Avow tests"}, {NULL, NULL}};

struct pki {
	struct avow_privkey *root_key, *ca_key, *leaf_key, *signer_key, *other_key;
	struct avow_cert *root, *ca, *leaf, *signer;
	struct avow_anchors *anchors; /* root's key alone */
	struct avow_arena a;
};

typedef void tweak(struct avow_cert_spec *s);

static inline struct avow_cert_spec
spec_of(name_pairs *subject, name_pairs *issuer, const struct avow_privkey *key,
	const struct avow_privkey *signer)
{
	return (struct avow_cert_spec){
		.subject = subject,
		.issuer = issuer,
		.not_before_s = T0 - 365 * DAY,
		.not_after_s = T0 + 365 * DAY,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_ES256_DER,
		.with_basic_constraints = true,
		.path_length = -1,
		.key_usage = AVOW_KU_DIGITAL_SIGNATURE,
		.crl_url = "https://example.invalid/crl",
		.with_key_ids = true,
	};
}

static inline struct avow_cert *
make_cert(struct avow_cert_spec s, tweak *t)
{
	struct avow_cert *c = NULL;
	struct avow_buf der;

	if (t)
		t(&s);
	avow_buf_init(&der, 1 << 16);
	assert_ok(avow_cert_make(&s, &der));
	assert_ok(avow_cert_parse(avow_buf_span(&der), &c, NULL));
	avow_buf_clear(&der);
	return c;
}

static inline struct avow_cert *
make_root(const struct pki *p, tweak *t)
{
	struct avow_cert_spec s =
		spec_of(root_name, root_name, p->root_key, p->root_key);

	s.is_ca = true;
	s.path_length = 1;
	s.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN;
	return make_cert(s, t);
}

static inline struct avow_cert *
make_ca(const struct pki *p, tweak *t)
{
	struct avow_cert_spec s = spec_of(ca_name, root_name, p->ca_key, p->root_key);

	s.is_ca = true;
	s.path_length = 0;
	s.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN;
	return make_cert(s, t);
}

static inline struct avow_cert *
make_leaf(const struct pki *p, tweak *t)
{
	return make_cert(spec_of(leaf_name, ca_name, p->leaf_key, p->ca_key), t);
}

static inline struct avow_cert *
make_signer(const struct pki *p, tweak *t)
{
	return make_cert(
		spec_of(signer_name, root_name, p->signer_key, p->root_key), t);
}

static inline struct avow_span
cert_pem(struct pki *p, const struct avow_cert *c)
{
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 1 << 16);
	avow_pem_put(&b, "CERTIFICATE", c->der);
	s = avow_arena_copy(&p->a, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_non_null(s.p);
	return s;
}

static inline void
pki_init(struct pki *p)
{
	struct avow_privkey **keys[] = {
		&p->root_key, &p->ca_key, &p->leaf_key, &p->signer_key, &p->other_key};

	memset(p, 0, sizeof(*p));
	avow_arena_init(&p->a, (size_t)64 << 20);
	for (size_t i = 0; i < 5; i++)
		assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, keys[i]));
	p->root = make_root(p, NULL);
	p->ca = make_ca(p, NULL);
	p->leaf = make_leaf(p, NULL);
	p->signer = make_signer(p, NULL);
	assert_ok(avow_anchors_new(false, &p->anchors));
	assert_ok(avow_anchors_add_pem(
		p->anchors, AVOW_ANCHOR_INTEL_SGX, cert_pem(p, p->root), NULL));
}

static inline void
pki_clear(struct pki *p)
{
	struct avow_privkey *keys[] = {
		p->root_key, p->ca_key, p->leaf_key, p->signer_key, p->other_key};

	for (size_t i = 0; i < 5; i++)
		avow_privkey_free(keys[i]);
	avow_cert_free(p->root);
	avow_cert_free(p->ca);
	avow_cert_free(p->leaf);
	avow_cert_free(p->signer);
	avow_anchors_free(p->anchors);
	avow_arena_clear(&p->a);
}

/* --- CRLs -------------------------------------------------------------------------- */

typedef void crl_tweak(struct avow_crl_spec *s);

static inline struct avow_crl_spec
crl_spec_of(name_pairs *issuer, const struct avow_privkey *signer)
{
	return (struct avow_crl_spec){
		.issuer = issuer,
		.this_update_s = T0 - DAY,
		.next_update_s = T0 + 29 * DAY,
		.signer = signer,
		.alg = AVOW_SIG_ES256_DER,
		.with_number = true,
		.with_authority_key_id = true,
	};
}

static inline struct avow_span
crl_der(struct pki *p, struct avow_crl_spec s)
{
	struct avow_buf der;
	struct avow_span out;

	avow_buf_init(&der, 1 << 16);
	assert_ok(avow_crl_make(&s, &der));
	out = avow_arena_copy(&p->a, avow_buf_span(&der));
	avow_buf_clear(&der);
	assert_non_null(out.p);
	return out;
}

static inline struct avow_crl *
make_crl(struct pki *p, struct avow_crl_spec s)
{
	struct avow_crl *crl = NULL;

	assert_ok(avow_crl_parse(crl_der(p, s), &crl, NULL));
	return crl;
}

/* --- signed documents ----------------------------------------------------------------- */

struct doc_spec {
	int64_t issue_s, next_s;
	unsigned number;
	const char *fmspc, *pce_id; /* TCB info */
	const char *id; /* of an identity; NULL: a TCB info */
	bool is_tdx;
	const char *more; /* text at the start of the inner object */
	const char *status; /* of the one level */
};

static inline struct doc_spec
tcb_spec(void)
{
	return (struct doc_spec){.issue_s = T0 - DAY,
		.next_s = T0 + 29 * DAY,
		.number = 17,
		.fmspc = "00606a000000",
		.pce_id = "0000",
		.more = "",
		.status = "UpToDate"};
}

static inline struct doc_spec
qe_spec(void)
{
	struct doc_spec s = tcb_spec();

	s.id = "QE";
	return s;
}

static inline void
put_components(struct avow_buf *b, const char *name)
{
	avow_buf_printf(b, "\"%s\":[", name);
	for (int i = 0; i < 16; i++)
		avow_buf_printf(b, "%s{\"svn\":1}", i ? "," : "");
	avow_buf_put_str(b, "]");
}

#define ZERO_MODULE                                                                    \
	"{\"mrsigner\":\""                                                             \
	"000000000000000000000000000000000000000000000000"                             \
	"000000000000000000000000000000000000000000000000\","                          \
	"\"attributes\":\"0000000000000000\","                                         \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\"}"

static inline void
put_tcb_body(struct avow_buf *b, const struct doc_spec *s)
{
	avow_buf_printf(b,
		"\"id\":\"%s\",\"version\":3,\"fmspc\":\"%s\",\"pceId\":\"%s\","
		"\"tcbType\":0,%s\"tcbLevels\":[{\"tcb\":{",
		s->is_tdx ? "TDX" : "SGX", s->fmspc, s->pce_id,
		s->is_tdx ? "\"tdxModule\":" ZERO_MODULE "," : "");
	put_components(b, "sgxtcbcomponents");
	avow_buf_put_str(b, ",\"pcesvn\":1");
	if (s->is_tdx) {
		avow_buf_put_str(b, ",");
		put_components(b, "tdxtcbcomponents");
	}
	avow_buf_printf(b,
		"},\"tcbDate\":\"2024-01-01T00:00:00Z\","
		"\"tcbStatus\":\"%s\"}]",
		s->status);
}

static inline void
put_qe_body(struct avow_buf *b, const struct doc_spec *s)
{
	avow_buf_printf(b,
		"\"id\":\"%s\",\"version\":2,\"miscselect\":\"00000000\","
		"\"miscselectMask\":\"FFFFFFFF\","
		"\"attributes\":\"11000000000000000000000000000000\","
		"\"attributesMask\":\"FBFFFFFFFFFFFFFF0000000000000000\","
		"\"mrsigner\":\"8C4F5775D796503E96137F77C68A829A"
		"0056AC8DED70140B081B094490C57BFF\",\"isvprodid\":1,"
		"\"tcbLevels\":[{\"tcb\":{\"isvsvn\":8},"
		"\"tcbDate\":\"2024-01-01T00:00:00Z\",\"tcbStatus\":\"%s\"}]",
		s->id, s->status);
}

/* The document as PCS would serve it, signed by this key. */
static inline struct avow_span
signed_doc(struct pki *p, struct doc_spec s, const struct avow_privkey *key)
{
	char issue[AVOW_TIME_TEXT], next[AVOW_TIME_TEXT];
	struct avow_buf inner, sig, out;
	struct avow_span doc;

	avow_time_format(s.issue_s, issue);
	avow_time_format(s.next_s, next);
	avow_buf_init(&inner, 1 << 16);
	avow_buf_init(&sig, 256);
	avow_buf_init(&out, 1 << 16);
	avow_buf_printf(&inner,
		"{%s\"issueDate\":\"%s\",\"nextUpdate\":\"%s\","
		"\"tcbEvaluationDataNumber\":%u,",
		s.more, issue, next, s.number);
	if (s.id)
		put_qe_body(&inner, &s);
	else
		put_tcb_body(&inner, &s);
	avow_buf_put_str(&inner, "}");
	assert_ok(avow_sign(key, AVOW_SIG_ES256_RAW, avow_buf_span(&inner), &sig));
	avow_buf_printf(&out, "{\"%s\":", s.id ? "enclaveIdentity" : "tcbInfo");
	avow_buf_put(&out, avow_buf_span(&inner));
	avow_buf_put_str(&out, ",\"signature\":\"");
	avow_hex_put(&out, avow_buf_span(&sig));
	avow_buf_put_str(&out, "\"}");
	doc = avow_arena_copy(&p->a, avow_buf_span(&out));
	avow_buf_clear(&inner);
	avow_buf_clear(&sig);
	avow_buf_clear(&out);
	assert_non_null(doc.p);
	return doc;
}

#endif
