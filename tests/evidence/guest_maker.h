/*
 * Guest attestation requests made by hand: a vTPM's keys and quote, a boot log, an
 * SEV-SNP report that names the attestation key, all signed as they should be, with
 * one thing done otherwise where a test asks for it.
 */
#ifndef AVOW_TESTS_GUEST_MAKER_H
#define AVOW_TESTS_GUEST_MAKER_H

#include "amd_maker.h"

#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"
#include "crypto/x509_make.h"
#include "forge/tdx.h"
#include "log_maker.h"
#include "wire/pem.h"

#define GUEST_SET 0xffu /* PCR 0 to 7 */
#define GUEST_AK 0x00050072u
#define GUEST_ENC 0x00020432u
#define GUEST_AIK_EKU "2.23.133.8.3"

enum guest_cert { GUEST_CERT_NONE, GUEST_CERT_OWN, GUEST_CERT_OTHER };

struct guest_opts {
	const char *type; /* "SevSnp", "Tdx" */
	uint32_t set, quoted; /* bit n is PCR n */
	uint32_t ak_attributes, enc_attributes;
	uint16_t enc_scheme, certify_type;
	enum guest_cert cert;
	bool no_log, url; /* base64url, as one client writes */
	bool ak_unnamed, ak_twice; /* in the runtime data */
	bool runtime_changed; /* after the report was made */
	bool secure_boot_off, log_changed, value_changed;
	bool quote_signature, certify_signature, certify_nonce, certify_other;
	bool policy_other, policy_none;
	bool public_tail; /* names behind the public areas */
	bool windows, debugged; /* a boot of Windows; with a kernel debugger */
	bool guest_level; /* VMPL 2: the guest's kernel asked for the report */
	bool debug_mode; /* firmware is debugged, and the log hides it: */
	uint32_t debug_type; /* under this type, */
	bool debug_spoiled; /* or with other data */
	const char *payload; /* JSON; NULL: none */
};

struct guest_keys {
	struct amd_keys amd;
	struct avow_privkey *ak, *enc, *root;
	struct avow_forge_keys *intel; /* of a TD's platform */
	struct avow_anchors *anchors;
};

struct guest {
	struct guest_opts o;
	const struct guest_keys *k;
	struct avow_arena arena;
	struct avow_buf log, ak, enc, quote, certify, json, text, snp;
	uint8_t pcr[24][32];
	struct amd_world w;
	struct avow_forged *td; /* its quote and collateral; NULL: no TD */
};

static inline struct guest_opts
guest_snp(void)
{
	return (struct guest_opts){.type = "SevSnp",
		.set = GUEST_SET,
		.quoted = GUEST_SET,
		.ak_attributes = GUEST_AK,
		.enc_attributes = GUEST_ENC,
		.enc_scheme = 0x0010,
		.certify_type = 0x8017,
		.payload = "{\"nonce\":\"MTIzNA==\"}"};
}

static inline struct guest_opts
guest_trusted_launch(void)
{
	struct guest_opts o = guest_snp();

	o.type = "TrustedLaunch";
	o.cert = GUEST_CERT_OWN;
	return o;
}

static inline struct guest_opts
guest_td(void)
{
	struct guest_opts o = guest_snp();

	o.type = "Tdx";
	return o;
}

/* A quote that holds this runtime data, in the buffer of Azure's size. */
static inline struct avow_forged *
guest_td_make(const struct guest_keys *k, struct avow_span runtime)
{
	struct avow_forge_tdx p;
	struct avow_forged *f;

	avow_forge_tdx_defaults(&p, AMD_AT);
	p.platform.keys = k->intel;
	p.platform.runtime_data = runtime;
	p.padded = true;
	assert_ok(avow_forge_tdx_make(&p, &f, NULL));
	return f;
}

static inline void
guest_keys_new(struct guest_keys *k)
{
	struct avow_forged *td;
	struct avow_buf pem;

	amd_keys_new(&k->amd);
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k->ak));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k->enc));
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k->root));
	k->anchors = amd_anchors(&k->amd);
	avow_buf_init(&pem, 1 << 14);
	avow_pem_put(
		&pem, "PUBLIC KEY", avow_pubkey_spki(avow_privkey_public(k->root)));
	assert_ok(avow_anchors_add_pem(
		k->anchors, AVOW_ANCHOR_TPM, avow_buf_span(&pem), NULL));
	avow_buf_clear(&pem);
	assert_ok(avow_forge_keys_new(&k->intel));
	td = guest_td_make(k, AVOW_LIT("{}"));
	assert_ok(avow_anchors_add_pem(k->anchors, AVOW_ANCHOR_INTEL_SGX,
		avow_forged_get(td, "root.pem"), NULL));
	avow_forged_free(td);
}

static inline void
guest_keys_free(struct guest_keys *k)
{
	amd_keys_free(&k->amd);
	avow_privkey_free(k->ak);
	avow_privkey_free(k->enc);
	avow_privkey_free(k->root);
	avow_forge_keys_free(k->intel);
	avow_anchors_free(k->anchors);
}

/* --- TPM structures: big-endian ------------------------------------------------------- */

static inline void
be(struct avow_buf *b, uint64_t v, unsigned n)
{
	while (n-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * n)));
}

static inline void
sized(struct avow_buf *b, struct avow_span s)
{
	be(b, s.n, 2);
	avow_buf_put(b, s);
}

static inline void
guest_modulus(const struct avow_privkey *k, struct avow_buf *n)
{
	struct avow_buf e;

	avow_buf_init(n, 1024);
	avow_buf_init(&e, 16);
	assert_ok(avow_pubkey_parts(avow_privkey_public(k), n, &e));
	avow_buf_clear(&e);
}

/* TPM2B_PUBLIC of an RSA key. */
static inline void
guest_public(struct avow_buf *b, const struct avow_privkey *k, uint32_t attributes,
	struct avow_span policy, uint16_t scheme, uint16_t hash)
{
	struct avow_buf t, n;

	guest_modulus(k, &n);
	avow_buf_init(&t, 1024);
	be(&t, 0x0001, 2);
	be(&t, 0x000b, 2);
	be(&t, attributes, 4);
	sized(&t, policy);
	be(&t, 0x0010, 2);
	be(&t, scheme, 2);
	if (hash)
		be(&t, hash, 2);
	be(&t, 2048, 2);
	be(&t, 0, 4);
	sized(&t, avow_buf_span(&n));
	avow_buf_reset(b);
	sized(b, avow_buf_span(&t));
	avow_buf_clear(&t);
	avow_buf_clear(&n);
}

static inline void
guest_name(struct avow_span area, struct avow_buf *b)
{
	uint8_t d[32];

	assert_ok(avow_sha256(avow_span_from(area, 2), d));
	be(b, 0x000b, 2);
	avow_buf_put(b, avow_span_make(d, 32));
}

static inline void
guest_attest(struct guest *g, struct avow_buf *b, uint16_t type, struct avow_span extra)
{
	struct avow_buf name;

	avow_buf_init(&name, 64);
	guest_name(avow_buf_span(&g->ak), &name);
	avow_buf_reset(b);
	be(b, 0xff544347, 4);
	be(b, type, 2);
	sized(b, avow_buf_span(&name));
	sized(b, extra);
	be(b, 123456, 8);
	be(b, 3, 4);
	be(b, 0, 4);
	be(b, 1, 1);
	be(b, 0x2020031200120003, 8);
	avow_buf_clear(&name);
}

static inline void
guest_pcr_digest(const struct guest *g, uint32_t mask, uint8_t *out)
{
	struct avow_span parts[24];
	size_t n = 0;

	for (uint32_t i = 0; i < 24; i++)
		if (mask & 1u << i)
			parts[n++] = avow_span_make(g->pcr[i], 32);
	assert_ok(avow_digest(AVOW_SHA256, parts, n, out));
}

static inline void
guest_selection(struct avow_buf *b, uint32_t mask)
{
	be(b, 1, 4);
	be(b, 0x000b, 2);
	be(b, 3, 1);
	for (unsigned i = 0; i < 3; i++)
		be(b, mask >> (8 * i) & 0xff, 1);
}

/* TPM 2.0 Library part 3, 23.7 */
static inline void
guest_policy(const struct guest *g, uint8_t *out)
{
	struct avow_buf b;
	uint8_t d[32];

	avow_buf_init(&b, 256);
	for (unsigned i = 0; i < 32; i++)
		be(&b, 0, 1);
	be(&b, 0x17f, 4);
	guest_selection(&b, g->o.set);
	guest_pcr_digest(g, g->o.set, d);
	avow_buf_put(&b, avow_span_make(d, 32));
	assert_ok(avow_sha256(avow_buf_span(&b), out));
	avow_buf_clear(&b);
}

/* --- the boot ---------------------------------------------------------------------------- */

static inline void
guest_variable(struct guest *g, const char *name, struct avow_span data)
{
	struct avow_buf v;

	avow_buf_init(&v, 4096);
	put_variable_data(&v, name, data);
	put_agile(&g->log, 7, 0x80000001, avow_buf_span(&v), avow_buf_span(&v));
	avow_buf_clear(&v);
}

static inline void
guest_tag(struct avow_buf *b, uint32_t id, struct avow_span payload)
{
	le(b, id, 4);
	le(b, payload.n, 4);
	avow_buf_put(b, payload);
}

/* A boundary as Windows' loader writes it; text is UTF-16LE. */
static inline void
guest_boundary(struct guest *g, uint32_t pcr)
{
	static const char path[] = "\\\0W\0\\\0D\0r\0i\0v\0e\0r\0s\0\\\0"
				   "W\0d\0B\0o\0o\0t\0.\0s\0y\0s\0\0";
	struct avow_buf module, in, out;

	avow_buf_init(&module, 4096);
	avow_buf_init(&in, 4096);
	avow_buf_init(&out, 4096);
	guest_tag(&module, 0x00070001, avow_span_make(path, sizeof(path)));
	guest_tag(&module, 0x0007000a, AVOW_LIT("\1"));
	guest_tag(&in, 0x00040001, AVOW_LIT("\0")); /* BOOTDEBUGGING */
	guest_tag(&in, 0x00050001, g->o.debugged ? AVOW_LIT("\1") : AVOW_LIT("\0"));
	guest_tag(&in, 0x00050002, AVOW_LIT("\1")); /* CODEINTEGRITY */
	guest_tag(&in, 0x00050003, AVOW_LIT("\1")); /* TESTSIGNING */
	guest_tag(&in, 0x000a0007, AVOW_LIT("\1\0\0\0\0\0\0\0"));
	guest_tag(&in, 0x40010003, avow_buf_span(&module));
	guest_tag(&out, 0x40010001, avow_buf_span(&in));
	put_agile(&g->log, pcr, 6, avow_buf_span(&out), avow_buf_span(&out));
	avow_buf_clear(&module);
	avow_buf_clear(&in);
	avow_buf_clear(&out);
}

/* db of a certificate that Microsoft does not publish, dbx of one digest */
static inline void
guest_databases(struct guest *g)
{
	static const uint8_t guid[16] = {0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
		0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f};
	static const struct {
		const char *name;
		uint8_t type[16];
	} rows[] = {{"db", {0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5,
				   0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72}},
		{"dbx", {0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9,
				0x41, 0xf9, 0x36, 0x93, 0x43, 0x28}}};

	for (size_t i = 0; i < 2; i++) {
		struct avow_buf v;

		avow_buf_init(&v, 4096);
		avow_buf_put(&v, avow_span_make(guid, 16));
		le(&v, strlen(rows[i].name), 8);
		le(&v, 28 + 48, 8);
		for (const char *c = rows[i].name; *c; c++)
			le(&v, (uint8_t)*c, 2);
		avow_buf_put(&v, avow_span_make(rows[i].type, 16));
		le(&v, 28 + 48, 4);
		le(&v, 0, 4);
		le(&v, 48, 4);
		zeros(&v, 48, 7);
		put_agile(&g->log, 7, 0x80000001, avow_buf_span(&v), avow_buf_span(&v));
		avow_buf_clear(&v);
	}
}

static inline void
guest_log(struct guest *g)
{
	static const struct avow_span sep = {(const uint8_t *)"\0\0\0\0", 4};
	struct avow_log_replay r;
	struct avow_eventlog log;

	put_spec_id(&g->log);
	put_agile(&g->log, 0, 8, AVOW_LIT("1.0"), AVOW_LIT("1.0"));
	guest_variable(g, "SecureBoot",
		g->o.secure_boot_off ? AVOW_LIT("\0") : AVOW_LIT("\1"));
	if (g->o.windows)
		guest_databases(g);
	if (g->o.debug_mode)
		put_agile(&g->log, 7, g->o.debug_type, AVOW_LIT("UEFI Debug Mode"),
			g->o.debug_spoiled ? AVOW_LIT("Nothing")
					   : AVOW_LIT("UEFI Debug Mode"));
	for (uint32_t i = 0; i < 8; i++)
		put_agile(&g->log, i, 4, sep, sep);
	for (uint32_t i = 12; g->o.windows && i < 14; i++) {
		guest_boundary(g, i);
		put_agile(&g->log, i, 4, AVOW_LIT("WBCL"), AVOW_LIT("WBCL"));
	}
	put_agile(&g->log, 8, 5, AVOW_LIT("os"), AVOW_LIT("os"));
	assert_ok(avow_eventlog_parse(
		avow_buf_span(&g->log), AVOW_LOG_TCG, &g->arena, &log, NULL));
	assert_ok(avow_eventlog_replay(&log, &r, NULL));
	for (size_t i = 0; i < 24; i++)
		memcpy(g->pcr[i], r.reg[i].value[AVOW_SHA256], 32);
	if (g->o.log_changed)
		g->log.p[69 + 14] ^= 1, g->log.p[69 + 14 + 22] ^= 1;
}

/* --- JSON -------------------------------------------------------------------------------- */

static inline void
guest_base64(struct guest *g, struct avow_jw *w, const char *name, struct avow_span s)
{
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	if (g->o.url)
		avow_b64url_put(&b, s);
	else
		avow_b64_put(&b, s);
	if (name)
		avow_jw_name(w, name);
	avow_jw_string(w, avow_buf_span(&b));
	avow_buf_clear(&b);
}

static inline void
guest_signature(struct guest *g, struct avow_jw *w, const char *name,
	struct avow_span message, bool spoil)
{
	struct avow_buf sig;

	avow_buf_init(&sig, 512);
	assert_ok(avow_sign(g->k->ak, AVOW_SIG_RS256, message, &sig));
	if (spoil)
		sig.p[100] ^= 1;
	guest_base64(g, w, name, avow_buf_span(&sig));
	avow_buf_clear(&sig);
}

static inline void
guest_certificate(struct guest *g, struct avow_buf *out)
{
	static const char *const root[][2] = {{"CN", "Test vTPM Root"}, {NULL, NULL}};
	static const char *const leaf[][2] = {
		{"CN", "abc.TrustedVM.example"}, {NULL, NULL}};
	const struct avow_cert_spec s = {.subject = leaf,
		.issuer = root,
		.not_before_s = AMD_AT - 100,
		.not_after_s = AMD_AT + 100,
		.key = avow_privkey_public(
			g->o.cert == GUEST_CERT_OTHER ? g->k->enc : g->k->ak),
		.signer = g->k->root,
		.alg = AVOW_SIG_ES384_DER,
		.path_length = -1,
		.key_usage = AVOW_KU_DIGITAL_SIGNATURE,
		.eku_oid = GUEST_AIK_EKU};

	avow_buf_init(out, 1 << 14);
	if (g->o.cert != GUEST_CERT_NONE)
		assert_ok(avow_cert_make(&s, out));
	for (unsigned i = 0; i < 64; i++) /* the rest of the NV index */
		avow_buf_put_byte(out, 0);
}

static inline void
guest_quote(struct guest *g)
{
	uint8_t d[32];

	guest_attest(g, &g->quote, 0x8018, avow_span_make(NULL, 0));
	guest_selection(&g->quote, g->o.quoted);
	guest_pcr_digest(g, g->o.quoted, d);
	sized(&g->quote, avow_span_make(d, 32));
}

static inline void
guest_certify(struct guest *g)
{
	struct avow_buf name;

	avow_buf_init(&name, 64);
	guest_name(g->o.certify_other ? avow_buf_span(&g->ak) : avow_buf_span(&g->enc),
		&name);
	guest_attest(g, &g->certify, g->o.certify_type,
		g->o.certify_nonce ? AVOW_LIT("x") : avow_span_make(NULL, 0));
	sized(&g->certify, avow_buf_span(&name));
	sized(&g->certify, avow_buf_span(&name));
	avow_buf_clear(&name);
}

static inline void
guest_put_pcrs(struct guest *g, struct avow_jw *w)
{
	avow_jw_name(w, "PCRs");
	avow_jw_open(w, '[');
	for (uint32_t i = 24; i-- > 0;) { /* any order */
		uint8_t v[32];

		if (!(g->o.quoted & 1u << i))
			continue;
		memcpy(v, g->pcr[i], 32);
		v[0] ^= g->o.value_changed && i == 3;
		avow_jw_open(w, '{');
		avow_jw_name(w, "Index");
		avow_jw_int(w, i);
		guest_base64(g, w, "Digest", avow_span_make(v, 32));
		avow_jw_close(w);
	}
	avow_jw_close(w);
	avow_jw_name(w, "PcrSet");
	avow_jw_open(w, '[');
	for (uint32_t i = 0; i < 24; i++)
		if (g->o.set & 1u << i)
			avow_jw_int(w, i);
	avow_jw_close(w);
}

static inline void
guest_put_tpm(struct guest *g, struct avow_jw *w)
{
	struct avow_buf cert;

	guest_certificate(g, &cert);
	avow_jw_name(w, "TpmInfo");
	avow_jw_open(w, '{');
	guest_base64(g, w, "AikCert", avow_buf_span(&cert));
	if (g->o.public_tail)
		sized(&g->ak, AVOW_LIT("name"));
	guest_base64(g, w, "AikPub", avow_buf_span(&g->ak));
	guest_base64(g, w, "PcrQuote", avow_buf_span(&g->quote));
	guest_signature(
		g, w, "PcrSignature", avow_buf_span(&g->quote), g->o.quote_signature);
	guest_base64(g, w, "EncKeyPub", avow_buf_span(&g->enc));
	guest_base64(g, w, "EncKeyCertifyInfo", avow_buf_span(&g->certify));
	guest_signature(g, w, "EncKeyCertifyInfoSignature", avow_buf_span(&g->certify),
		g->o.certify_signature);
	guest_put_pcrs(g, w);
	avow_jw_close(w);
	avow_buf_clear(&cert);
}

static inline void
guest_put_key(struct guest *g, const struct avow_privkey *k, const char *kid)
{
	struct avow_buf n, b64;

	guest_modulus(k, &n);
	avow_buf_init(&b64, 1024);
	avow_b64url_put(&b64, avow_buf_span(&n));
	avow_buf_printf(&g->text,
		"{\"kid\":\"%s\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\","
		"\"n\":\"%s\"}",
		kid, avow_buf_str(&b64));
	avow_buf_clear(&n);
	avow_buf_clear(&b64);
}

static inline void
guest_runtime(struct guest *g)
{
	avow_buf_put_str(&g->text, "{\"keys\":[");
	guest_put_key(g, g->k->enc, "HCLEkPub");
	avow_buf_put_str(&g->text, ",");
	guest_put_key(g, g->o.ak_unnamed ? g->k->enc : g->k->ak, "HCLAkPub");
	if (g->o.ak_twice) {
		avow_buf_put_str(&g->text, ",");
		guest_put_key(g, g->k->ak, "HCLAkPub");
	}
	avow_buf_put_str(&g->text, "],\"vm-configuration\":{\"secure-boot\":true,"
				   "\"vmUniqueId\":\"0a1b2c3d-0000-4000-8000-00000000"
				   "abcd\"},\"user-data\":\"00\"}");
}

static inline void
guest_proof(struct guest *g, struct avow_buf *out)
{
	struct avow_buf pem;
	struct avow_jw w;

	avow_buf_init(&pem, 1 << 16);
	avow_pem_put(&pem, "CERTIFICATE", avow_buf_span(&g->w.leaf));
	avow_pem_put(&pem, "CERTIFICATE", avow_buf_span(&g->w.ca));
	avow_pem_put(&pem, "CERTIFICATE", avow_buf_span(&g->w.ark));
	avow_jw_init(&w, out);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "SnpReport");
	avow_jw_b64url(&w, avow_span_make(g->w.report, 1184));
	guest_base64(g, &w, "VcekCertChain", avow_buf_span(&pem));
	avow_jw_close(&w);
	avow_buf_clear(&pem);
}

static inline void
guest_at_level_0(uint8_t *r)
{
	amd_put(r, 0x30, 0, 4);
}

static inline void
guest_at_level_2(uint8_t *r)
{
	amd_put(r, 0x30, 2, 4);
}

/* What the request says of the report, and of the data that it holds. */
static inline void
guest_put_evidence(struct guest *g, struct avow_jw *w, struct avow_span proof)
{
	if (g->o.runtime_changed)
		avow_buf_put_str(&g->text, " ");
	avow_jw_name(w, "Evidence");
	avow_jw_open(w, '{');
	guest_base64(g, w, "Proof", proof);
	guest_base64(g, w, "RunTimeData", avow_buf_span(&g->text));
	avow_jw_close(w);
}

static inline void
guest_put_isolation(struct guest *g, struct avow_jw *w)
{
	struct amd_params p = amd_milan();

	avow_jw_name(w, "IsolationInfo");
	avow_jw_open(w, '{');
	avow_jw_name(w, "Type");
	avow_jw_str(w, g->o.type);
	if (strcmp(g->o.type, "SevSnp") == 0) {
		guest_runtime(g);
		p.runtime_data = avow_buf_span(&g->text);
		p.edit = g->o.guest_level ? guest_at_level_2 : guest_at_level_0;
		amd_make(&g->k->amd, &p, &g->w);
		guest_proof(g, &g->snp);
		guest_put_evidence(g, w, avow_buf_span(&g->snp));
	} else if (strcmp(g->o.type, "Tdx") == 0) {
		guest_runtime(g);
		g->td = guest_td_make(g->k, avow_buf_span(&g->text));
		guest_put_evidence(g, w, avow_forged_get(g->td, "quote.bin"));
	}
	avow_jw_close(w);
}

static inline void
guest_put_words(struct guest *g, struct avow_jw *w)
{
	avow_jw_name(w, "AttestationProtocolVersion");
	avow_jw_str(w, "2.0");
	guest_base64(g, w, "OSType", AVOW_LIT("Linux"));
	guest_base64(g, w, "OSDistro", AVOW_LIT("Ubuntu"));
	guest_base64(g, w, "OSBuild", AVOW_LIT("NotApplication"));
	avow_jw_name(w, "OSVersionMajor");
	if (g->o.url)
		avow_jw_str(w, "22");
	else
		avow_jw_int(w, 22);
	avow_jw_name(w, "OSVersionMinor");
	avow_jw_int(w, 4);
	guest_base64(
		g, w, "TcgLogs", g->o.no_log ? AVOW_LIT("") : avow_buf_span(&g->log));
	avow_jw_name(w, "ClientPayload");
	if (g->o.payload)
		avow_jw_raw(w, avow_span_str(g->o.payload));
	else
		avow_jw_null(w);
}

static inline void
guest_make(struct guest *g, const struct guest_keys *k, const struct guest_opts *o)
{
	uint8_t policy[32];
	struct avow_jw w;

	memset(g, 0, sizeof(*g));
	g->o = *o;
	g->k = k;
	avow_arena_init(&g->arena, AVOW_MIB(4));
	avow_buf_init(&g->log, 1 << 20);
	avow_buf_init(&g->ak, 4096);
	avow_buf_init(&g->enc, 4096);
	avow_buf_init(&g->quote, 4096);
	avow_buf_init(&g->certify, 4096);
	avow_buf_init(&g->json, 1 << 20);
	avow_buf_init(&g->text, 1 << 16);
	avow_buf_init(&g->snp, 1 << 20);
	guest_log(g);
	guest_public(&g->ak, k->ak, o->ak_attributes, avow_span_make(NULL, 0), 0x0014,
		0x000b);
	guest_policy(g, policy);
	policy[0] ^= o->policy_other;
	guest_public(&g->enc, k->enc, o->enc_attributes,
		avow_span_make(policy, o->policy_none ? 0 : 32), o->enc_scheme, 0);
	guest_quote(g);
	guest_certify(g);
	avow_jw_init(&w, &g->json);
	avow_jw_open(&w, '{');
	guest_put_words(g, &w);
	guest_put_tpm(g, &w);
	guest_put_isolation(g, &w);
	avow_jw_close(&w);
	assert_ok(g->json.err);
}

static inline void
guest_clear(struct guest *g)
{
	struct avow_buf *all[] = {&g->log, &g->ak, &g->enc, &g->quote, &g->certify,
		&g->json, &g->text, &g->snp};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		avow_buf_clear(all[i]);
	amd_clear(&g->w);
	avow_forged_free(g->td);
	avow_arena_clear(&g->arena);
}

#endif
