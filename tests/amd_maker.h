/*
 * A world of AMD's of our own: ARK, ASK, ASVK, VCEK and VLEK certificates and
 * signed SEV-SNP reports, written from AMD 56860 and 57230 and sharing no layout
 * with the verifier. One RSA key serves every CA, because a name tells them apart
 * and keys of 4096 bits are slow to make. A case changes the parameters, or
 * hangs a tweak in front of a signature.
 */
#ifndef AVOW_TESTS_AMD_MAKER_H
#define AVOW_TESTS_AMD_MAKER_H

#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/key.h"
#include "crypto/x509_make.h"
#include "trust/anchors.h"
#include "wire/pem.h"

#define AMD_AT ((int64_t)1735689600) /* 2025-01-01T00:00:00Z */
#define AMD_DAY ((int64_t)86400)

typedef const char *const amd_names[2];
typedef void amd_cert_tweak(struct avow_cert_spec *s);
typedef void amd_report_tweak(uint8_t *report);

struct amd_keys {
	struct avow_privkey *ca; /* ARK, ASK and ASVK */
	struct avow_privkey *leaf;
};

struct amd_params {
	const char *line; /* "Milan": in the names */
	const char *product; /* "Milan-B0": in the leaf */
	bool turin; /* the layout */
	bool vlek;
	unsigned version;
	uint8_t family, model;
	uint8_t reported[8], current[8], committed[8], launch[8];
	uint8_t chip_id[64];
	bool wrap_hwid; /* in an OCTET STRING, as newer certificates have it */
	struct avow_span runtime_data; /* its hash into REPORT_DATA; empty: none */
	struct avow_span init_data; /* its hash into HOST_DATA; empty: none */
	amd_cert_tweak *ark, *ca, *leaf;
	amd_report_tweak *edit; /* before it is signed */
};

struct amd_world {
	struct avow_buf ark, ca, leaf; /* DER */
	uint8_t report[1184];
};

static inline void
amd_keys_new(struct amd_keys *k)
{
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 4096, &k->ca));
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &k->leaf));
}

static inline void
amd_keys_free(struct amd_keys *k)
{
	avow_privkey_free(k->ca);
	avow_privkey_free(k->leaf);
}

/* A Milan machine with a VCEK, and a report of version 3. */
static inline struct amd_params
amd_milan(void)
{
	struct amd_params p = {.line = "Milan",
		.product = "Milan-B0",
		.version = 3,
		.family = 0x19,
		.model = 0x01,
		.reported = {4, 1, 0, 0, 0, 0, 0x18, 0xd9},
		.current = {5, 2, 0, 0, 0, 0, 0x1a, 0xdc},
		.committed = {4, 1, 0, 0, 0, 0, 0x19, 0xdb},
		.launch = {4, 2, 0, 0, 0, 0, 0x18, 0xda}};

	for (size_t i = 0; i < 64; i++)
		p.chip_id[i] = (uint8_t)(0xc0 ^ (i * 7 + 1));
	return p;
}

static inline struct amd_params
amd_turin(void)
{
	struct amd_params p = amd_milan();

	p.line = p.product = "Turin";
	p.turin = true;
	p.version = 5;
	p.family = 0x1a;
	p.model = 0x02;
	memcpy(p.reported, "\x01\x02\x03\x04\x00\x00\x00\x51", 8);
	memcpy(p.current, "\x02\x02\x03\x05\x00\x00\x00\x52", 8);
	memcpy(p.committed, "\x01\x02\x03\x05\x00\x00\x00\x51", 8);
	memcpy(p.launch, "\x01\x02\x03\x04\x00\x00\x00\x52", 8);
	memset(p.chip_id + 8, 0, 56);
	return p;
}

/* --- certificates ------------------------------------------------------------------ */

static inline struct avow_cert_spec
amd_spec(amd_names *subject, amd_names *issuer, const struct avow_privkey *key,
	const struct avow_privkey *signer)
{
	return (struct avow_cert_spec){
		.subject = subject,
		.issuer = issuer,
		.not_before_s = AMD_AT - 100 * AMD_DAY,
		.not_after_s = AMD_AT + 100 * AMD_DAY,
		.key = avow_privkey_public(key),
		.signer = signer,
		.alg = AVOW_SIG_PS384,
		.with_basic_constraints = true,
		.is_ca = true,
		.path_length = -1,
		.key_usage = AVOW_KU_KEY_CERT_SIGN | AVOW_KU_CRL_SIGN,
	};
}

static inline void
amd_make_cert(struct avow_cert_spec *s, amd_cert_tweak *tweak, struct avow_buf *out)
{
	if (tweak)
		tweak(s);
	avow_buf_init(out, 1 << 16);
	assert_ok(avow_cert_make(s, out));
}

/* One byte as a minimal INTEGER, at `at`; returns its length. */
static inline size_t
amd_integer(uint8_t v, uint8_t *at)
{
	size_t n = v < 0x80 ? 1 : 2;

	at[0] = 0x02;
	at[1] = (uint8_t)n;
	at[2] = 0;
	at[1 + n] = v;
	return 2 + n;
}

static inline void
amd_extension(struct avow_cert_spec *s, const char *oid, const void *p, size_t n)
{
	size_t i = 0;

	while (s->extra[i].oid)
		i++;
	assert_true(i < AVOW_EXTRA_EXTENSIONS - 1);
	s->extra[i] = (struct avow_extra_extension){
		.oid = oid, .value = avow_span_make(p, n)};
}

/* The extension of an OID in a leaf's specification, for tweaks. */
static inline struct avow_extra_extension *
amd_find(struct avow_cert_spec *s, const char *oid)
{
	for (size_t i = 0; i < AVOW_EXTRA_EXTENSIONS; i++)
		if (s->extra[i].oid && strcmp(s->extra[i].oid, oid) == 0)
			return &s->extra[i];
	fail_msg("no extension %s", oid);
	return NULL;
}

#define AMD_OID "1.3.6.1.4.1.3704.1"

/* AMD 57230: the SPLs, in an order of no meaning. */
static inline void
amd_add_spls(struct avow_cert_spec *s, const struct amd_params *p)
{
	static uint8_t text[9][8];
	static const char *const oids[9] = {AMD_OID ".3.1", AMD_OID ".3.2",
		AMD_OID ".3.4", AMD_OID ".3.5", AMD_OID ".3.6", AMD_OID ".3.7",
		AMD_OID ".3.3", AMD_OID ".3.8", AMD_OID ".3.9"};
	const uint8_t *t = p->reported;
	const uint8_t milan[8] = {t[0], t[1], 0, 0, 0, 0, t[6], t[7]};
	const uint8_t turin[9] = {t[1], t[2], 0, 0, 0, 0, t[3], t[7], t[0]};

	for (size_t i = 0; i < (p->turin ? 9u : 8u); i++) {
		size_t n = amd_integer(p->turin ? turin[i] : milan[i], text[i]);

		if (p->turin && i == 2)
			continue; /* spl_4 is not there on Turin */
		amd_extension(s, oids[i], text[i], n);
	}
}

static inline void
amd_add_owner(struct avow_cert_spec *s, const struct amd_params *p)
{
	static uint8_t hwid[66];
	static const char csp[] = "\x16\x0fregion.invalid/";
	size_t n = p->turin ? 8 : 64;

	if (p->vlek) {
		amd_extension(s, AMD_OID ".5", csp, sizeof(csp) - 1);
		return;
	}
	hwid[0] = 0x04;
	hwid[1] = (uint8_t)n;
	memcpy(hwid + 2, p->chip_id, n);
	amd_extension(s, AMD_OID ".4", p->wrap_hwid ? hwid : hwid + 2,
		p->wrap_hwid ? n + 2 : n);
}

static inline void
amd_add_extensions(struct avow_cert_spec *s, const struct amd_params *p)
{
	static uint8_t version[3], name[34];
	size_t n = strlen(p->product);

	amd_integer(p->turin ? 1 : 0, version);
	amd_extension(s, AMD_OID ".1", version, 3);
	assert_true(n <= 32);
	name[0] = 0x16;
	name[1] = (uint8_t)n;
	memcpy(name + 2, p->product, n);
	amd_extension(s, AMD_OID ".2", name, n + 2);
	amd_add_spls(s, p);
	amd_add_owner(s, p);
}

static inline void
amd_make_certs(
	const struct amd_keys *k, const struct amd_params *p, struct amd_world *w)
{
	char ark_cn[32], ca_cn[32];
	amd_names ark[] = {{"CN", ark_cn}, {"O", "Avow tests"}, {NULL, NULL}};
	amd_names ca[] = {{"CN", ca_cn}, {"O", "Avow tests"}, {NULL, NULL}};
	amd_names leaf[] = {{"CN", p->vlek ? "SEV-VLEK" : "SEV-VCEK"},
		{"O", "Avow tests"}, {NULL, NULL}};
	struct avow_cert_spec s;

	snprintf(ark_cn, sizeof(ark_cn), "ARK-%s", p->line);
	snprintf(ca_cn, sizeof(ca_cn), "SEV-%s%s", p->vlek ? "VLEK-" : "", p->line);
	s = amd_spec(ark, ark, k->ca, k->ca);
	amd_make_cert(&s, p->ark, &w->ark);
	s = amd_spec(ca, ark, k->ca, k->ca);
	s.path_length = 0;
	amd_make_cert(&s, p->ca, &w->ca);
	s = amd_spec(leaf, ca, k->leaf, k->ca);
	s.with_basic_constraints = s.is_ca = false;
	s.key_usage = 0;
	s.serial = avow_span_make("\0", 1);
	amd_add_extensions(&s, p);
	amd_make_cert(&s, p->leaf, &w->leaf);
}

/* --- reports -------------------------------------------------------------------------- */

static inline void
amd_put(uint8_t *r, size_t at, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r[at + i] = (uint8_t)(v >> 8 * i);
}

static inline void
amd_fill(uint8_t *r, size_t at, size_t n, uint8_t seed)
{
	for (size_t i = 0; i < n; i++)
		r[at + i] = (uint8_t)(seed + i);
}

static inline void
amd_make_report(const struct amd_params *p, uint8_t *r)
{
	memset(r, 0, 1184);
	amd_put(r, 0x000, p->version, 4);
	amd_put(r, 0x004, 7, 4);
	amd_put(r, 0x008, 0x3001f, 8);
	amd_fill(r, 0x010, 16, 0x10);
	amd_fill(r, 0x020, 16, 0x20);
	amd_put(r, 0x030, 1, 4);
	amd_put(r, 0x034, 1, 4);
	memcpy(r + 0x038, p->current, 8);
	amd_put(r, 0x040, 0x65, 8);
	amd_put(r, 0x048, p->vlek ? 4 : 0, 4);
	amd_fill(r, 0x050, 64, 0x50);
	if (p->runtime_data.n) {
		assert_ok(avow_sha256(p->runtime_data, r + 0x050));
		memset(r + 0x070, 0, 32);
	}
	amd_fill(r, 0x090, 48, 0x90);
	amd_fill(r, 0x0c0, 32, 0xc0);
	if (p->init_data.n)
		assert_ok(avow_sha256(p->init_data, r + 0x0c0));
	amd_fill(r, 0x0e0, 48, 0x31);
	amd_fill(r, 0x110, 48, 0x61);
	amd_fill(r, 0x140, 32, 0x41);
	memset(r + 0x160, 0xff, 32);
	memcpy(r + 0x180, p->reported, 8);
	if (p->version >= 3) {
		r[0x188] = p->family;
		r[0x189] = p->model;
		r[0x18a] = 1;
	}
	if (!p->vlek)
		memcpy(r + 0x1a0, p->chip_id, 64);
	memcpy(r + 0x1e0, p->committed, 8);
	memcpy(r + 0x1e8, "\x15\x37\x01", 3);
	memcpy(r + 0x1ec, "\x14\x37\x01", 3);
	memcpy(r + 0x1f0, p->launch, 8);
	if (p->version >= 5) {
		amd_put(r, 0x1f8, 0x3f, 8);
		amd_put(r, 0x200, 0x3f, 8);
	}
}

static inline void
amd_sign(const struct amd_keys *k, uint8_t *r)
{
	struct avow_buf sig;

	avow_buf_init(&sig, 256);
	assert_ok(
		avow_sign(k->leaf, AVOW_SIG_ES384_RAW, avow_span_make(r, 0x2a0), &sig));
	assert_int_equal(96, sig.n);
	memset(r + 0x2a0, 0, 512);
	for (size_t i = 0; i < 48; i++) {
		r[0x2a0 + i] = sig.p[47 - i];
		r[0x2e8 + i] = sig.p[95 - i];
	}
	avow_buf_clear(&sig);
}

static inline void
amd_make(const struct amd_keys *k, const struct amd_params *p, struct amd_world *w)
{
	amd_make_certs(k, p, w);
	amd_make_report(p, w->report);
	if (p->edit)
		p->edit(w->report);
	amd_sign(k, w->report);
}

static inline void
amd_clear(struct amd_world *w)
{
	avow_buf_clear(&w->ark);
	avow_buf_clear(&w->ca);
	avow_buf_clear(&w->leaf);
}

/* A set that trusts this world's ARK key and nothing else. */
static inline struct avow_anchors *
amd_anchors(const struct amd_keys *k)
{
	struct avow_anchors *a;
	struct avow_buf pem;

	avow_buf_init(&pem, 1 << 14);
	avow_pem_put(&pem, "PUBLIC KEY", avow_pubkey_spki(avow_privkey_public(k->ca)));
	assert_ok(avow_anchors_new(false, &a));
	assert_ok(avow_anchors_add_pem(
		a, AVOW_ANCHOR_AMD_ARK, avow_buf_span(&pem), NULL));
	avow_buf_clear(&pem);
	return a;
}

#endif
