/*
 * The set of trusted root keys. Decides which keys count as a root, from what
 * is built in and what the operator adds; leaves every chain to its own
 * verifier (intel_chain.c).
 */
#include "trust/anchors.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"
#include "trust/amd_builtin.h"
#include "trust/intel_builtin.h"
#include "trust/tpm_builtin.h"
#include "wire/pem.h"

/* Kind and key together are the identity of an anchor. */
struct anchor {
	uint8_t kind;
	uint8_t spki_sha256[AVOW_SHA256_BYTES];
};

struct digest {
	uint8_t bytes[AVOW_SHA256_BYTES];
};

/* The key itself: asking whether a key is pinned must not be able to fail, or a
 * lack of memory would read as "not trusted". */
struct pinned {
	enum avow_anchor_kind kind;
	struct avow_pubkey *key;
};

struct root_cert {
	enum avow_anchor_kind kind;
	struct avow_cert *cert;
};

struct avow_anchors {
	atomic_uint refs;
	struct anchor *keys; /* sorted, no two alike */
	struct pinned *pinned; /* the same keys, in the order they were added */
	size_t n_keys;
	struct root_cert *certs; /* in the order they were added */
	size_t n_certs;
	struct avow_cert **intermediates; /* no anchors: they must be proved */
	struct digest *intermediate_ids; /* their SHA-256, sorted, for the id */
	size_t n_intermediates;
	uint8_t id[AVOW_SHA256_BYTES];
};

static int
by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct anchor));
}

static int
by_digest(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct digest));
}

/* A path that was found through an intermediate is remembered under this id: one that
 * the operator takes away must take the path with it. */
static enum avow_err
refresh_id(struct avow_anchors *a)
{
	const uint8_t n[4] = {(uint8_t)(a->n_keys >> 24), (uint8_t)(a->n_keys >> 16),
		(uint8_t)(a->n_keys >> 8), (uint8_t)a->n_keys};
	struct avow_span parts[] = {AVOW_LIT("avow anchors 2"), {n, sizeof(n)},
		{(const uint8_t *)a->keys, a->n_keys * sizeof(*a->keys)},
		{(const uint8_t *)a->intermediate_ids,
			a->n_intermediates * sizeof(*a->intermediate_ids)}};

	qsort(a->keys, a->n_keys, sizeof(*a->keys), by_key);
	if (a->n_intermediates > 0)
		qsort(a->intermediate_ids, a->n_intermediates,
			sizeof(*a->intermediate_ids), by_digest);
	return avow_digest(AVOW_SHA256, parts, 4, a->id);
}

static bool
has_key(const struct avow_anchors *a, const struct anchor *k)
{
	return bsearch(k, a->keys, a->n_keys, sizeof(*k), by_key) != NULL;
}

static enum avow_err
anchor_of(enum avow_anchor_kind kind, const struct avow_pubkey *key, struct anchor *out)
{
	out->kind = (uint8_t)kind;
	return avow_sha256(avow_pubkey_spki(key), out->spki_sha256);
}

/* Room for `more` keys and certificates; the set is as it was on failure. */
static enum avow_err
reserve(struct avow_anchors *a, size_t more)
{
	struct anchor *k = realloc(a->keys, (a->n_keys + more) * sizeof(*k));
	struct pinned *p;
	struct root_cert *c;
	struct avow_cert **i;
	struct digest *d;

	if (!k)
		return AVOW_E_NO_MEMORY;
	a->keys = k;
	p = realloc(a->pinned, (a->n_keys + more) * sizeof(*p));
	if (!p)
		return AVOW_E_NO_MEMORY;
	a->pinned = p;
	c = realloc(a->certs, (a->n_certs + more) * sizeof(*c));
	if (!c)
		return AVOW_E_NO_MEMORY;
	a->certs = c;
	i = realloc(a->intermediates, (a->n_intermediates + more) * sizeof(*i));
	if (!i)
		return AVOW_E_NO_MEMORY;
	a->intermediates = i;
	d = realloc(a->intermediate_ids, (a->n_intermediates + more) * sizeof(*d));
	if (!d)
		return AVOW_E_NO_MEMORY;
	a->intermediate_ids = d;
	return AVOW_OK;
}

static void
take_out(struct avow_anchors *a, const struct anchor *k)
{
	struct anchor *at = bsearch(k, a->keys, a->n_keys, sizeof(*k), by_key);

	a->n_keys--;
	memmove(at, at + 1, (size_t)(a->keys + a->n_keys - at) * sizeof(*at));
}

/* Into reserved room. The id always tells what is in the set: a key whose id
 * cannot be computed is not added. */
static enum avow_err
add_key(struct avow_anchors *a, const struct anchor *k, struct avow_pubkey *key)
{
	enum avow_err e;

	if (has_key(a, k))
		return AVOW_OK;
	a->keys[a->n_keys++] = *k;
	e = refresh_id(a);
	if (e != AVOW_OK) {
		take_out(a, k);
		return e;
	}
	a->pinned[a->n_keys - 1] =
		(struct pinned){(enum avow_anchor_kind)k->kind, avow_pubkey_ref(key)};
	return AVOW_OK;
}

static enum avow_err
add_builtin(struct avow_anchors *a)
{
	struct avow_pubkey *key = NULL;
	struct anchor k;
	enum avow_err e;

	AVOW_TRY(reserve(a, 1));
	AVOW_TRY(avow_pubkey_from_point(
		AVOW_KEY_P256, avow_span_make(avow_intel_sgx_root_key, 64), &key));
	e = anchor_of(AVOW_ANCHOR_INTEL_SGX, key, &k);
	if (e == AVOW_OK)
		e = add_key(a, &k, key);
	avow_pubkey_free(key);
	return e;
}

enum avow_err
avow_anchors_new(bool with_builtin, struct avow_anchors **out)
{
	struct avow_anchors *a = calloc(1, sizeof(*a));
	enum avow_err e;

	*out = NULL;
	if (!a)
		return AVOW_E_NO_MEMORY;
	atomic_init(&a->refs, 1);
	e = with_builtin ? add_builtin(a) : reserve(a, 1);
	if (e == AVOW_OK && with_builtin)
		e = avow_anchors_add_pem(
			a, AVOW_ANCHOR_AMD_ARK, avow_span_str(avow_amd_ark_pem), NULL);
	if (e == AVOW_OK && with_builtin)
		e = avow_anchors_add_pem(
			a, AVOW_ANCHOR_TPM, avow_span_str(avow_tpm_roots_pem), NULL);
	if (e == AVOW_OK)
		e = refresh_id(a);
	if (e != AVOW_OK) {
		avow_anchors_free(a);
		return e;
	}
	*out = a;
	return AVOW_OK;
}

/* What one PEM block adds: a key for one kind or two, and its certificate if it
 * came as one; or an intermediate, which is for no kind. */
struct addition {
	enum avow_anchor_kind kinds[2];
	size_t n_kinds;
	struct avow_pubkey *pubkey;
	struct avow_cert *cert;
};

static const struct avow_at at = {"trust_anchor", NULL, "RFC 5280, 6.1.1"};

static enum avow_err
unusable(struct avow_why *why, const char *expected)
{
	return avow_refuse(why, AVOW_E_ANCHOR_FORMAT, &at, expected, NULL);
}

static bool
is_intel_key(const struct avow_pubkey *k)
{
	return avow_pubkey_type(k) == AVOW_KEY_P256;
}

static bool
is_amd_key(const struct avow_pubkey *k)
{
	return avow_pubkey_type(k) == AVOW_KEY_RSA && avow_pubkey_bits(k) == 4096;
}

/* The names that the other two makers' chains demand of their roots; a bare key
 * could be anybody's. */
static bool
may_be_intels(const struct addition *add)
{
	struct avow_span name = AVOW_LIT("SGX Root CA"), cn;

	if (!is_intel_key(add->pubkey) || !add->cert)
		return is_intel_key(add->pubkey);
	cn = avow_span_str(add->cert->subject_cn);
	return avow_span_find(cn, name) < cn.n;
}

static bool
may_be_amds(const struct addition *add)
{
	if (!is_amd_key(add->pubkey) || !add->cert)
		return is_amd_key(add->pubkey);
	return avow_span_starts(avow_span_str(add->cert->subject_cn), AVOW_LIT("ARK-"));
}

/* The kind that was asked for; or the maker that its key and its name tell. What is
 * neither's by name is a TPM maker's, and so is every bare key too. */
static enum avow_err
choose_kinds(
	const enum avow_anchor_kind *asked, struct addition *add, struct avow_why *why)
{
	if (asked) {
		add->kinds[add->n_kinds++] = *asked;
		if (*asked == AVOW_ANCHOR_INTEL_SGX && !is_intel_key(add->pubkey))
			return unusable(why, "a P-256 key");
		if (*asked == AVOW_ANCHOR_AMD_ARK && !is_amd_key(add->pubkey))
			return unusable(why, "an RSA key of 4096 bits");
		return AVOW_OK;
	}
	if (may_be_intels(add))
		add->kinds[add->n_kinds++] = AVOW_ANCHOR_INTEL_SGX;
	else if (may_be_amds(add))
		add->kinds[add->n_kinds++] = AVOW_ANCHOR_AMD_ARK;
	if (!add->cert || add->n_kinds == 0)
		add->kinds[add->n_kinds++] = AVOW_ANCHOR_TPM;
	return AVOW_OK;
}

/* A self-signed CA: a leaf or an intermediate pinned by mistake is refused. An
 * intermediate of a TPM maker is kept as what it is. */
static enum avow_err
read_cert(const enum avow_anchor_kind *kind, struct avow_span der, struct addition *add,
	struct avow_why *why)
{
	enum avow_err e = avow_cert_parse(der, &add->cert, NULL);

	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	if (e != AVOW_OK)
		return unusable(why, "a certificate that parses");
	add->pubkey = avow_pubkey_ref(add->cert->key);
	if (!avow_cert_is_self_issued(add->cert) && add->cert->is_ca &&
		(!kind || *kind == AVOW_ANCHOR_TPM))
		return AVOW_OK;
	AVOW_TRY(choose_kinds(kind, add, why));
	if (!avow_cert_is_self_issued(add->cert))
		return unusable(why, "a self-signed CA certificate");
	e = avow_chain_link(add->cert, add->cert, 0, NULL);
	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	if (e != AVOW_OK)
		return unusable(why, "a self-signed CA certificate");
	return AVOW_OK;
}

static enum avow_err
read_key(const enum avow_anchor_kind *kind, struct avow_span der, struct addition *add,
	struct avow_why *why)
{
	enum avow_err e = avow_pubkey_from_spki(der, &add->pubkey);

	if (e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
		return e;
	if (e != AVOW_OK)
		return unusable(why, "a public key that parses");
	return choose_kinds(kind, add, why);
}

static enum avow_err
read_block(const enum avow_anchor_kind *kind, const struct avow_pem_block *b,
	struct addition *add, struct avow_why *why)
{
	if (avow_span_eq_str(b->label, "CERTIFICATE"))
		return read_cert(kind, b->der, add, why);
	if (avow_span_eq_str(b->label, "PUBLIC KEY"))
		return read_key(kind, b->der, add, why);
	return unusable(why, "CERTIFICATE or PUBLIC KEY");
}

static void
take_out_id(struct avow_anchors *a, const struct avow_cert *c)
{
	size_t i = 0;

	while (memcmp(a->intermediate_ids[i].bytes, c->sha256, AVOW_SHA256_BYTES) != 0)
		i++;
	a->n_intermediates--;
	memmove(a->intermediate_ids + i, a->intermediate_ids + i + 1,
		(a->n_intermediates - i) * sizeof(*a->intermediate_ids));
}

/* Into reserved room, as add_key. */
static enum avow_err
add_intermediate(struct avow_anchors *a, struct avow_cert *c)
{
	size_t i = a->n_intermediates++;
	enum avow_err e;

	memcpy(a->intermediate_ids[i].bytes, c->sha256, sizeof(c->sha256));
	e = refresh_id(a);
	if (e == AVOW_OK)
		a->intermediates[i] = avow_cert_ref(c);
	else
		take_out_id(a, c);
	return e;
}

static enum avow_err
take_one(struct avow_anchors *a, struct addition *add)
{
	for (size_t k = 0; k < add->n_kinds; k++) {
		struct anchor key;

		AVOW_TRY(anchor_of(add->kinds[k], add->pubkey, &key));
		AVOW_TRY(add_key(a, &key, add->pubkey));
		if (add->cert)
			a->certs[a->n_certs++] = (struct root_cert){
				add->kinds[k], avow_cert_ref(add->cert)};
	}
	return add->n_kinds == 0 ? add_intermediate(a, add->cert) : AVOW_OK;
}

static enum avow_err
take(struct avow_anchors *a, struct addition *adds, size_t n)
{
	AVOW_TRY(reserve(a, 2 * n));
	for (size_t i = 0; i < n; i++)
		AVOW_TRY(take_one(a, &adds[i]));
	return AVOW_OK;
}

static enum avow_err
add_blocks(struct avow_anchors *a, const enum avow_anchor_kind *kind,
	const struct avow_pem_block *b, size_t n, struct avow_why *why)
{
	struct addition *adds = calloc(n, sizeof(*adds));
	enum avow_err e = AVOW_OK;

	if (!adds)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < n && e == AVOW_OK; i++) {
		e = read_block(kind, &b[i], &adds[i], why);
		if (e == AVOW_E_ANCHOR_FORMAT)
			avow_why_field(why, "PEM block %zu", i + 1);
	}
	if (e == AVOW_OK)
		e = take(a, adds, n);
	for (size_t i = 0; i < n; i++) {
		avow_cert_free(adds[i].cert);
		avow_pubkey_free(adds[i].pubkey);
	}
	free(adds);
	return e;
}

/* Bundles of many makers say in lines behind '#' whose certificate comes next. */
static void
put_without_comments(struct avow_span text, struct avow_buf *out)
{
	bool inside = false;

	while (text.n > 0) {
		size_t n = avow_span_find_byte(text, '\n');
		struct avow_span line =
			avow_span_slice(text, 0, n < text.n ? n + 1 : n);

		inside = inside || avow_span_starts(line, AVOW_LIT("-----BEGIN "));
		if (inside || !avow_span_starts(line, AVOW_LIT("#")))
			avow_buf_put(out, line);
		if (avow_span_starts(line, AVOW_LIT("-----END ")))
			inside = false;
		text = avow_span_from(text, line.n);
	}
}

/* kind NULL: by each key. */
static enum avow_err
add_text(struct avow_anchors *a, const enum avow_anchor_kind *kind,
	struct avow_span pem, struct avow_why *why)
{
	struct avow_arena scratch;
	struct avow_pem_block *b;
	struct avow_buf text;
	enum avow_err e;
	size_t n;

	avow_arena_init(&scratch, AVOW_MIB(8));
	avow_buf_init_arena(&text, &scratch, pem.n + 1);
	put_without_comments(pem, &text);
	e = text.err;
	if (e == AVOW_OK)
		e = avow_pem_parse(
			avow_buf_span(&text), AVOW_MAX_ANCHORS, &scratch, &b, &n);
	if (e == AVOW_OK)
		e = add_blocks(a, kind, b, n, why);
	else if (e != AVOW_E_NO_MEMORY)
		e = unusable(why, "a PEM text of certificates or public keys");
	avow_arena_clear(&scratch);
	return e;
}

enum avow_err
avow_anchors_add_pem(struct avow_anchors *a, enum avow_anchor_kind kind,
	struct avow_span pem, struct avow_why *why)
{
	return add_text(a, &kind, pem, why);
}

enum avow_err
avow_anchors_add_any(struct avow_anchors *a, struct avow_span pem, struct avow_why *why)
{
	return add_text(a, NULL, pem, why);
}

struct avow_anchors *
avow_anchors_ref(struct avow_anchors *a)
{
	atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	return a;
}

void
avow_anchors_free(struct avow_anchors *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < a->n_certs; i++)
		avow_cert_free(a->certs[i].cert);
	for (size_t i = 0; i < a->n_intermediates; i++)
		avow_cert_free(a->intermediates[i]);
	for (size_t i = 0; i < a->n_keys; i++)
		avow_pubkey_free(a->pinned[i].key);
	free(a->intermediates);
	free(a->intermediate_ids);
	free(a->certs);
	free(a->pinned);
	free(a->keys);
	free(a);
}

bool
avow_anchors_has(const struct avow_anchors *a, enum avow_anchor_kind kind,
	const struct avow_cert *root)
{
	for (size_t i = 0; i < a->n_keys; i++)
		if (a->pinned[i].kind == kind &&
			avow_pubkey_eq(a->pinned[i].key, root->key))
			return true;
	return false;
}

enum avow_err
avow_anchors_signed(const struct avow_anchors *a, enum avow_anchor_kind kind,
	const struct avow_cert *c)
{
	for (size_t i = 0; i < a->n_keys; i++) {
		enum avow_err e;

		if (a->pinned[i].kind != kind)
			continue;
		e = avow_cert_verify(c, a->pinned[i].key);
		if (e == AVOW_OK || e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
			return e;
	}
	return AVOW_E_CHAIN_ROOT;
}

struct avow_cert *
avow_anchors_intermediate(const struct avow_anchors *a, size_t i)
{
	return i < a->n_intermediates ? a->intermediates[i] : NULL;
}

bool
avow_anchors_has_intel_root(const struct avow_anchors *a, const struct avow_cert *root)
{
	return avow_anchors_has(a, AVOW_ANCHOR_INTEL_SGX, root);
}

const uint8_t *
avow_anchors_id(const struct avow_anchors *a)
{
	return a->id;
}

struct avow_cert *
avow_anchors_cert(const struct avow_anchors *a, enum avow_anchor_kind kind, size_t i)
{
	for (size_t j = 0; j < a->n_certs; j++)
		if (a->certs[j].kind == kind && i-- == 0)
			return a->certs[j].cert;
	return NULL;
}
