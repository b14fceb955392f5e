/*
 * What a file of the collateral folder is, by its content alone, and its parsed
 * form. Decides only form; nothing is verified here. A file of a kind that is
 * known and does not parse is kept as bad, because it may be the one that a
 * platform needs; what is no collateral at all is ignored.
 *
 *   {..        tcbInfo, enclaveIdentity     JSON
 *   -----BEGIN CERTIFICATE, X509 CRL        PEM, several blocks
 *   30..       hex text of DER              PCCS serves CRLs so
 *   0x30       certificate, CRL             DER
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "base/hex.h"
#include "base/limits.h"
#include "trust/collateral_impl.h"
#include "trust/amd_builtin.h"
#include "trust/intel_builtin.h"
#include "wire/der.h"
#include "wire/pem.h"

/* Room for one more in an array that grows by half. */
static enum avow_err
grow(void *array, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap + *cap / 2 + 8;
	void **p = array, *bigger;

	if (n < *cap)
		return AVOW_OK;
	bigger = reallocarray(*p, want, size);
	if (!bigger)
		return AVOW_E_NO_MEMORY;
	*p = bigger;
	*cap = want;
	return AVOW_OK;
}

static enum avow_err
add_entry(struct avow_collateral *c, const char *name, enum avow_collateral_kind kind,
	enum avow_err err)
{
	AVOW_TRY(grow(&c->entries, c->n_entries, &c->cap_entries, sizeof(*c->entries)));
	c->entries[c->n_entries++] = (struct avow_collateral_entry){name, kind, err};
	return AVOW_OK;
}

static enum avow_err
add_bad(struct avow_collateral *c, const char *name, enum avow_collateral_kind kind,
	struct avow_span text, const struct avow_why *why)
{
	struct avow_span kept = avow_span_slice(text, 0, AVOW_MAX_TCB_INFO);

	kept = avow_arena_copy(&c->arena, kept);
	if (!kept.p)
		return avow_arena_err(&c->arena);
	AVOW_TRY(grow(&c->bad, c->n_bad, &c->cap_bad, sizeof(*c->bad)));
	c->bad[c->n_bad++] = (struct avow_coll_bad){kind, name, kept, *why};
	return add_entry(c, name, kind, why->code);
}

static bool
is_our_failure(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO || e == AVOW_E_TOO_LARGE;
}

/* --- JSON ----------------------------------------------------------------------- */

static bool
has(struct avow_span text, const char *word)
{
	return avow_span_find(text, avow_span_str(word)) < text.n;
}

/* By the words that only such a document has, so that a broken one is known too */
static enum avow_collateral_kind
json_kind(struct avow_span text)
{
	if (has(text, "\"tcbInfo\""))
		return AVOW_COLLATERAL_TCB_INFO;
	if (has(text, "\"enclaveIdentity\""))
		return AVOW_COLLATERAL_QE_IDENTITY;
	if (!has(text, "\"tcbLevels\""))
		return AVOW_COLLATERAL_IGNORED;
	return has(text, "\"fmspc\"") ? AVOW_COLLATERAL_TCB_INFO
				      : AVOW_COLLATERAL_QE_IDENTITY;
}

static enum avow_err
parse_doc(struct avow_collateral *c, struct avow_span text, struct avow_coll_doc *d,
	struct avow_why *why)
{
	struct avow_span document;

	if (d->kind == AVOW_COLLATERAL_TCB_INFO) {
		AVOW_TRY(avow_tcb_info_parse(text, &c->arena, &d->tcb, why));
		document = d->tcb->document;
		d->raw = d->tcb->raw;
		d->signature = d->tcb->signature;
		d->issue_s = d->tcb->issue_date_s;
		d->next_s = d->tcb->next_update_s;
		d->evaluation_number = d->tcb->evaluation_number;
	} else {
		AVOW_TRY(avow_qe_identity_parse(text, &c->arena, &d->qe, why));
		document = d->qe->document;
		d->raw = d->qe->raw;
		d->signature = d->qe->signature;
		d->issue_s = d->qe->issue_date_s;
		d->next_s = d->qe->next_update_s;
		d->evaluation_number = d->qe->evaluation_number;
	}
	return avow_sha256_2(document, avow_span_make("", 1), d->hash);
}

static enum avow_err
read_json(struct avow_collateral *c, const char *name, struct avow_span text,
	enum avow_collateral_use use)
{
	struct avow_coll_doc d = {.kind = json_kind(text), .use = use, .name = name};
	struct avow_why why;
	struct avow_span own;
	enum avow_err e;

	if (d.kind == AVOW_COLLATERAL_IGNORED)
		return add_entry(c, name, d.kind, AVOW_OK);
	own = avow_arena_copy(&c->arena, text);
	if (!own.p)
		return avow_arena_err(&c->arena);
	avow_why_init(&why);
	e = parse_doc(c, own, &d, &why);
	if (is_our_failure(e))
		return e;
	if (e != AVOW_OK)
		return add_bad(c, name, d.kind, own, &why);
	AVOW_TRY(grow(&c->docs, c->n_docs, &c->cap_docs, sizeof(*c->docs)));
	c->docs[c->n_docs++] = d;
	return add_entry(c, name, d.kind, AVOW_OK);
}

/* --- certificates and CRLs -------------------------------------------------------- */

/* Where a certificate is in the table, or the free slot where it would be. A
 * digest is as good as random, so its first bytes are the hash. */
static uint32_t *
slot_of(const struct avow_collateral *c, const uint8_t sha256[AVOW_SHA256_BYTES])
{
	size_t i = ((size_t)sha256[0] << 24 | (size_t)sha256[1] << 16 |
			   (size_t)sha256[2] << 8 | sha256[3]) %
		   c->n_cert_slots;

	while (c->cert_slots[i] && memcmp(c->certs[c->cert_slots[i] - 1].cert->sha256,
					   sha256, AVOW_SHA256_BYTES) != 0)
		i = (i + 1) % c->n_cert_slots;
	return &c->cert_slots[i];
}

/* Room for one more: at most half of the slots are taken. */
static enum avow_err
grow_slots(struct avow_collateral *c)
{
	size_t n = c->n_cert_slots ? 2 * c->n_cert_slots : 64;
	uint32_t *slots;

	if (c->n_certs < c->n_cert_slots / 2)
		return AVOW_OK;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return AVOW_E_NO_MEMORY;
	free(c->cert_slots);
	c->cert_slots = slots;
	c->n_cert_slots = n;
	for (size_t i = 0; i < c->n_certs; i++)
		*slot_of(c, c->certs[i].cert->sha256) = (uint32_t)i + 1;
	return AVOW_OK;
}

/* A leaf of AMD's is found by what its extensions say; one whose extensions are
 * malformed is for no report. */
static enum avow_err
note_vek(struct avow_collateral *c, struct avow_cert *cert)
{
	struct avow_coll_vek v = {.cert = cert};

	if (strcmp(cert->subject_cn, "SEV-VCEK") != 0 &&
		strcmp(cert->subject_cn, "SEV-VLEK") != 0)
		return AVOW_OK;
	if (avow_amd_vek_parse(cert, &v.vek, NULL) != AVOW_OK)
		return AVOW_OK;
	AVOW_TRY(grow(&c->veks, c->n_veks, &c->cap_veks, sizeof(*c->veks)));
	c->veks[c->n_veks++] = v;
	return AVOW_OK;
}

enum avow_err
avow_coll_put_cert(struct avow_collateral *c, struct avow_coll_cert cert, bool *is_new)
{
	enum avow_err e = grow(&c->certs, c->n_certs, &c->cap_certs, sizeof(*c->certs));
	uint32_t *slot;

	if (e == AVOW_OK)
		e = grow_slots(c);
	slot = e == AVOW_OK ? slot_of(c, cert.cert->sha256) : NULL;
	*is_new = slot && !*slot;
	if (!*is_new) {
		avow_cert_free(cert.cert);
		return e;
	}
	*slot = (uint32_t)c->n_certs + 1;
	c->certs[c->n_certs++] = cert;
	return AVOW_OK;
}

struct avow_cert *
avow_coll_cert_at(
	const struct avow_collateral *c, const uint8_t sha256[AVOW_SHA256_BYTES])
{
	uint32_t at = c->n_cert_slots ? *slot_of(c, sha256) : 0;

	return at ? c->certs[at - 1].cert : NULL;
}

static enum avow_err
add_cert(struct avow_collateral *c, const char *name, struct avow_cert *cert, int rank)
{
	bool is_new;

	AVOW_TRY(avow_coll_put_cert(c,
		(struct avow_coll_cert){.name = name, .cert = cert, .rank = rank},
		&is_new));
	if (is_new)
		AVOW_TRY(note_vek(c, cert));
	if (rank > 0)
		return AVOW_OK;
	return add_entry(c, name, AVOW_COLLATERAL_CERT, AVOW_OK);
}

static enum avow_err
read_cert(struct avow_collateral *c, const char *name, struct avow_span der, int rank)
{
	struct avow_cert *cert = NULL;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_cert_parse(der, &cert, &why);
	if (is_our_failure(e))
		return e;
	if (e != AVOW_OK)
		return add_bad(c, name, AVOW_COLLATERAL_CERT, der, &why);
	return add_cert(c, name, cert, rank);
}

static enum avow_err
crl_hash(struct avow_span der, uint8_t out[AVOW_SHA256_BYTES])
{
	struct avow_buf pem;
	enum avow_err e;

	avow_buf_init(&pem, AVOW_MAX_CRL_TEXT);
	avow_pem_put(&pem, "X509 CRL", der);
	avow_buf_put_byte(&pem, 0);
	e = pem.err == AVOW_OK ? avow_sha256(avow_buf_span(&pem), out) : pem.err;
	avow_buf_clear(&pem);
	return e;
}

static enum avow_err
add_crl(struct avow_collateral *c, const char *name, struct avow_crl *crl)
{
	struct avow_coll_crl entry = {.name = name, .crl = crl};
	enum avow_err e = crl_hash(crl->der, entry.pem_hash);

	if (e == AVOW_OK)
		e = grow(&c->crls, c->n_crls, &c->cap_crls, sizeof(*c->crls));
	if (e != AVOW_OK) {
		avow_crl_free(crl);
		return e;
	}
	c->crls[c->n_crls++] = entry;
	return add_entry(c, name, AVOW_COLLATERAL_CRL, AVOW_OK);
}

static enum avow_err
bad_crl(struct avow_collateral *c, const char *name, struct avow_span bytes)
{
	static const struct avow_at at = {"crl", "certificateList", "RFC 5280, 5.1"};
	struct avow_why why;

	avow_why_init(&why);
	(void)avow_refuse(&why, AVOW_E_CRL_MALFORMED, &at, "a DER CRL", NULL);
	return add_bad(c, name, AVOW_COLLATERAL_CRL, bytes, &why);
}

static enum avow_err
read_crl(struct avow_collateral *c, const char *name, struct avow_span der)
{
	struct avow_crl *crl = NULL;
	enum avow_err e = avow_crl_parse(der, &crl, NULL);

	if (is_our_failure(e))
		return e;
	return e == AVOW_OK ? add_crl(c, name, crl) : bad_crl(c, name, der);
}

/* A tag and its length octets; the length itself is not believed. */
static void
skip_header(struct avow_cursor *c)
{
	uint8_t n;

	avow_cur_skip(c, 1);
	n = avow_cur_u8(c);
	if (n & 0x80)
		avow_cur_skip(c, n & 0x7f);
}

/*
 * What a SEQUENCE of a SEQUENCE begins with tells a CRL (RFC 5280, 5.1: INTEGER
 * version) from a certificate (4.1: [0] version), also when the rest is broken.
 */
static enum avow_collateral_kind
der_kind(struct avow_span bytes)
{
	struct avow_cursor c = avow_cur(bytes);

	skip_header(&c);
	if (avow_cur_peek(&c) != AVOW_DER_SEQUENCE)
		return AVOW_COLLATERAL_IGNORED;
	skip_header(&c);
	switch (avow_cur_peek(&c)) {
	case AVOW_DER_INTEGER:
		return AVOW_COLLATERAL_CRL;
	case 0xa0:
		return AVOW_COLLATERAL_CERT;
	default:
		return AVOW_COLLATERAL_IGNORED;
	}
}

static enum avow_err
read_der(struct avow_collateral *c, const char *name, struct avow_span bytes)
{
	enum avow_collateral_kind kind = der_kind(bytes);

	if (kind == AVOW_COLLATERAL_CRL)
		return read_crl(c, name, bytes);
	if (kind == AVOW_COLLATERAL_CERT)
		return read_cert(c, name, bytes, 0);
	return add_entry(c, name, AVOW_COLLATERAL_IGNORED, AVOW_OK);
}

static enum avow_err
read_block(struct avow_collateral *c, const char *name, const struct avow_pem_block *b,
	int rank)
{
	if (avow_span_eq_str(b->label, "CERTIFICATE"))
		return read_cert(c, name, b->der, rank);
	if (avow_span_eq_str(b->label, "X509 CRL"))
		return read_crl(c, name, b->der);
	return add_entry(c, name, AVOW_COLLATERAL_IGNORED, AVOW_OK);
}

static enum avow_err
bad_pem(struct avow_collateral *c, const char *name, struct avow_span text,
	enum avow_err err)
{
	static const struct avow_at at = {"pem", NULL, "RFC 7468"};
	struct avow_why why;

	if (has(text, "-----BEGIN X509 CRL-----"))
		return bad_crl(c, name, text);
	if (!has(text, "-----BEGIN CERTIFICATE-----"))
		return add_entry(c, name, AVOW_COLLATERAL_IGNORED, err);
	avow_why_init(&why);
	(void)avow_refuse(&why, err, &at, "PEM blocks", NULL);
	return add_bad(c, name, AVOW_COLLATERAL_CERT, text, &why);
}

static enum avow_err
read_pem(struct avow_collateral *c, const char *name, struct avow_span text, int rank)
{
	struct avow_arena scratch;
	struct avow_pem_block *b;
	enum avow_err e;
	size_t n;

	avow_arena_init(&scratch, 2 * AVOW_MAX_CRL_TEXT);
	e = avow_pem_parse(text, AVOW_MAX_PEM_BLOCKS, &scratch, &b, &n);
	if (e == AVOW_OK)
		for (size_t i = 0; i < n && e == AVOW_OK; i++)
			e = read_block(c, name, &b[i], rank);
	else if (!is_our_failure(e))
		e = bad_pem(c, name, text, e);
	avow_arena_clear(&scratch);
	return e;
}

/* PCCS serves CRLs as hex text of the DER, some with a NUL or newline behind it */
static enum avow_err
read_hex(struct avow_collateral *c, const char *name, struct avow_span digits)
{
	uint8_t *der = malloc(digits.n / 2);
	enum avow_err e;

	if (!der)
		return AVOW_E_NO_MEMORY;
	e = avow_hex_decode(digits, der, digits.n / 2);
	if (e == AVOW_OK)
		e = read_der(c, name, avow_span_make(der, digits.n / 2));
	free(der);
	return e;
}

static struct avow_span
without_tail(struct avow_span s)
{
	while (s.n > 0 &&
		(s.p[s.n - 1] == 0 || s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static bool
starts_json(struct avow_span s)
{
	if (avow_span_starts(s, AVOW_LIT("\xef\xbb\xbf")))
		s = avow_span_from(s, 3);
	s = avow_span_trim(s);
	return s.n > 0 && (s.p[0] == '{' || s.p[0] == '[');
}

enum avow_err
avow_coll_read(struct avow_collateral *c, const struct avow_collateral_file *file,
	enum avow_collateral_use use)
{
	struct avow_span own = avow_arena_copy(&c->arena, avow_span_str(file->name));
	struct avow_span bytes = file->bytes, digits = without_tail(bytes);
	const char *name;

	if (!own.p)
		return avow_arena_err(&c->arena);
	name = (const char *)own.p;
	if (starts_json(bytes))
		return read_json(c, name, bytes, use);
	if (avow_pem_is(bytes))
		return read_pem(c, name, bytes, 0);
	if (avow_span_starts(digits, AVOW_LIT("30")) && avow_hex_is(digits))
		return read_hex(c, name, digits);
	if (bytes.n > 0 && bytes.p[0] == AVOW_DER_SEQUENCE)
		return read_der(c, name, bytes);
	return add_entry(c, name, AVOW_COLLATERAL_IGNORED, AVOW_OK);
}

enum avow_err
avow_coll_unreadable(struct avow_collateral *c, const char *name, enum avow_err why)
{
	struct avow_span own = avow_arena_copy(&c->arena, avow_span_str(name));

	if (!own.p)
		return avow_arena_err(&c->arena);
	return add_entry(c, (const char *)own.p, AVOW_COLLATERAL_IGNORED, why);
}

enum avow_err
avow_coll_add_builtin(struct avow_collateral *c)
{
	static const char *const texts[] = {
		avow_intel_certs_pem, avow_amd_ark_pem, avow_amd_ca_pem};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		AVOW_TRY(read_pem(c, "(built in)", avow_span_str(texts[i]), 2));
	return AVOW_OK;
}
