/*
 * What a snapshot's documents prove under one set of anchors: the verified TCB
 * signing chains, which key signed each document, and which CRLs hold under
 * which CA. Each signature is verified once, when it is first asked for; what
 * came out is a small number that any thread may find again.
 *
 * Nothing here depends on time. No locks: a view is published by compare and
 * swap and never changes but for its atomic states, which go from unknown to
 * their one value; two threads that race compute the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "trust/collateral_impl.h"
#include "trust/intel_chain.h"
#include "wire/pem.h"

#define BAD_SIGNATURE 1
#define GOOD_UNDER 2
#define MAX_CHAINS 1024 /* each is one signer under one root; Intel has 3 x 2 */

static bool
same_cert(const struct avow_cert *a, const struct avow_cert *b)
{
	return memcmp(a->sha256, b->sha256, AVOW_SHA256_BYTES) == 0;
}

/* --- building -------------------------------------------------------------------- */

static bool
is_root(const struct avow_anchors *anchors, const struct avow_cert *cert)
{
	return avow_cert_is_self_issued(cert) &&
	       avow_anchors_has_intel_root(anchors, cert);
}

/* Keep what a chain can be made of: pinned roots, and signers by name. */
static void
keep_cert(struct avow_coll_view *v, const struct avow_anchors *anchors,
	struct avow_coll_cert c)
{
	c.is_root = is_root(anchors, c.cert);
	if (!c.is_root && !strstr(c.cert->subject_cn, "SGX TCB Signing"))
		return;
	for (size_t i = 0; i < v->n_certs; i++)
		if (same_cert(v->certs[i].cert, c.cert))
			return;
	avow_cert_ref(c.cert);
	v->certs[v->n_certs++] = c;
}

/* The certificates that a chain can be made of, with the pinned roots' own. */
static enum avow_err
gather_certs(struct avow_coll_view *v, const struct avow_collateral *c,
	const struct avow_anchors *anchors)
{
	struct avow_cert *cert;
	size_t n = 0;

	while (avow_anchors_cert(anchors, AVOW_ANCHOR_INTEL_SGX, n))
		n++;
	v->certs = calloc(c->n_certs + n + 1, sizeof(*v->certs));
	if (!v->certs)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < c->n_certs; i++)
		keep_cert(v, anchors, c->certs[i]);
	for (size_t i = 0; i < n; i++) {
		cert = avow_anchors_cert(anchors, AVOW_ANCHOR_INTEL_SGX, i);
		keep_cert(v, anchors,
			(struct avow_coll_cert){
				.name = "(trust anchor)", .cert = cert, .rank = 1});
	}
	return AVOW_OK;
}

static enum avow_err
pem_hash(const struct avow_cert *signer, const struct avow_cert *root,
	uint8_t out[AVOW_SHA256_BYTES])
{
	struct avow_buf pem;
	enum avow_err e;

	avow_buf_init(&pem, 4 * AVOW_MAX_CERT);
	avow_pem_put(&pem, "CERTIFICATE", signer->der);
	avow_pem_put(&pem, "CERTIFICATE", root->der);
	avow_buf_put_byte(&pem, 0);
	e = pem.err == AVOW_OK ? avow_sha256(avow_buf_span(&pem), out) : pem.err;
	avow_buf_clear(&pem);
	return e;
}

static enum avow_err
try_chain(struct avow_coll_view *v, const struct avow_anchors *anchors,
	const struct avow_coll_cert *signer, const struct avow_coll_cert *root)
{
	struct avow_coll_chain *ch = &v->chains[v->n_chains];
	enum avow_err e;

	if (v->n_chains == MAX_CHAINS ||
		!avow_span_eq(signer->cert->issuer, root->cert->subject))
		return AVOW_OK;
	e = avow_tcb_signing_verify(signer->cert, root->cert, anchors, &v->chain_why);
	if (e != AVOW_OK)
		return avow_coll_is_our_failure(e) ? e : AVOW_OK;
	*ch = (struct avow_coll_chain){.signer = signer, .root = root};
	AVOW_TRY(pem_hash(signer->cert, root->cert, ch->pem_hash));
	v->n_chains++;
	return AVOW_OK;
}

/* The folder's before the operator's before the built in; then the newest */
static int
by_rank(const struct avow_coll_cert *a, const struct avow_coll_cert *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->cert->not_before_s != b->cert->not_before_s)
		return a->cert->not_before_s > b->cert->not_before_s ? -1 : 1;
	return memcmp(a->cert->sha256, b->cert->sha256, AVOW_SHA256_BYTES);
}

static int
by_preference(const void *x, const void *y)
{
	const struct avow_coll_chain *a = x, *b = y;
	int d = by_rank(a->signer, b->signer);

	return d ? d : by_rank(a->root, b->root);
}

static void
number_keys(struct avow_coll_view *v)
{
	for (size_t i = 0; i < v->n_chains; i++) {
		struct avow_coll_chain *a = &v->chains[i], *b = v->chains;

		while (!avow_pubkey_eq(a->signer->cert->key, b->signer->cert->key) ||
			!avow_pubkey_eq(a->root->cert->key, b->root->cert->key))
			b++;
		a->key = (uint16_t)(b - v->chains);
	}
}

static enum avow_err
build_chains(struct avow_coll_view *v, const struct avow_anchors *anchors)
{
	size_t roots = 0, most;

	for (size_t i = 0; i < v->n_certs; i++)
		roots += v->certs[i].is_root;
	most = roots * (v->n_certs - roots);
	v->chains =
		calloc((most < MAX_CHAINS ? most : MAX_CHAINS) + 1, sizeof(*v->chains));
	if (!v->chains)
		return AVOW_E_NO_MEMORY;
	for (size_t i = 0; i < v->n_certs; i++)
		for (size_t j = 0; j < v->n_certs && !v->certs[i].is_root; j++)
			if (v->certs[j].is_root)
				AVOW_TRY(try_chain(
					v, anchors, &v->certs[i], &v->certs[j]));
	qsort(v->chains, v->n_chains, sizeof(*v->chains), by_preference);
	number_keys(v);
	return AVOW_OK;
}

static enum avow_err
build(struct avow_coll_view *v, const struct avow_collateral *c,
	const struct avow_anchors *anchors)
{
	memcpy(v->anchors_id, avow_anchors_id(anchors), AVOW_SHA256_BYTES);
	avow_why_init(&v->chain_why);
	v->doc_state = calloc(c->n_docs + 1, sizeof(*v->doc_state));
	v->crl_state = calloc(AVOW_COLL_CAS * c->n_crls + 1, sizeof(*v->crl_state));
	if (!v->doc_state || !v->crl_state)
		return AVOW_E_NO_MEMORY;
	AVOW_TRY(avow_coll_cache_new(&v->cache));
	AVOW_TRY(gather_certs(v, c, anchors));
	return build_chains(v, anchors);
}

void
avow_coll_view_free(struct avow_coll_view *v)
{
	struct avow_coll_ca *ca;

	if (!v)
		return;
	avow_coll_cache_free(v->cache);
	for (size_t i = 0; i < AVOW_COLL_CAS; i++) {
		ca = atomic_load(&v->cas[i]);
		if (ca)
			avow_cert_free(ca->cert);
		free(ca);
	}
	for (size_t i = 0; i < v->n_certs; i++)
		avow_cert_free(v->certs[i].cert);
	free(v->certs);
	free(v->chains);
	free(v->doc_state);
	free(v->crl_state);
	free(v);
}

/* --- one view a set of anchors ------------------------------------------------------ */

static struct avow_coll_view *
find(struct avow_coll_view *v, const struct avow_anchors *anchors)
{
	for (; v; v = v->next)
		if (memcmp(v->anchors_id, avow_anchors_id(anchors),
			    AVOW_SHA256_BYTES) == 0)
			return v;
	return NULL;
}

/* Publish it, unless another thread was first with the same anchors. */
static struct avow_coll_view *
publish(struct avow_collateral *c, struct avow_coll_view *v,
	const struct avow_anchors *anchors)
{
	struct avow_coll_view *head = atomic_load(&c->views), *other;

	do {
		other = find(head, anchors);
		if (other) {
			avow_coll_view_free(v);
			return other;
		}
		v->next = head;
	} while (!atomic_compare_exchange_weak(&c->views, &head, v));
	return v;
}

enum avow_err
avow_coll_view(struct avow_collateral *c, const struct avow_anchors *anchors,
	struct avow_coll_view **out)
{
	struct avow_coll_view *v =
		find(atomic_load_explicit(&c->views, memory_order_acquire), anchors);
	enum avow_err e;

	*out = v;
	if (v)
		return AVOW_OK;
	v = calloc(1, sizeof(*v));
	if (!v)
		return AVOW_E_NO_MEMORY;
	e = build(v, c, anchors);
	if (e != AVOW_OK) {
		avow_coll_view_free(v);
		return e;
	}
	*out = publish(c, v, anchors);
	return AVOW_OK;
}

/* --- certificate authorities ----------------------------------------------------------- */

static enum avow_err
issuing_root(const struct avow_coll_view *v, const struct avow_cert *cert,
	struct avow_coll_ca *ca)
{
	const enum avow_err none = AVOW_E_COLLATERAL_ABSENT;
	enum avow_err e;

	ca->err = none;
	for (size_t i = 0; i < v->n_certs && ca->err == none; i++) {
		struct avow_cert *root = v->certs[i].cert;

		if (!v->certs[i].is_root)
			continue;
		if (same_cert(root, cert))
			e = AVOW_OK;
		else if (avow_cert_is_self_issued(cert))
			continue;
		else
			e = avow_chain_link(cert, root, 1, NULL);
		if (avow_coll_is_our_failure(e))
			return e;
		if (e == AVOW_OK) {
			ca->root = root;
			ca->err = AVOW_OK;
		}
	}
	return AVOW_OK;
}

/* Remember it in the first free slot; a full table only costs time. */
static void
remember_ca(struct avow_coll_view *v, struct avow_coll_ca *ca)
{
	struct avow_coll_ca *own = malloc(sizeof(*own)), *was;

	ca->slot = SIZE_MAX;
	if (!own)
		return;
	for (size_t i = 0; i < AVOW_COLL_CAS; i++) {
		was = atomic_load(&v->cas[i]);
		*own = *ca;
		own->slot = i;
		if (!was && atomic_compare_exchange_strong(&v->cas[i], &was, own)) {
			avow_cert_ref(own->cert);
			ca->slot = i;
			return;
		}
		if (same_cert(was->cert, ca->cert)) {
			*ca = *was;
			break;
		}
	}
	free(own);
}

enum avow_err
avow_coll_find_ca(
	struct avow_coll_view *v, struct avow_cert *cert, struct avow_coll_ca *out)
{
	const struct avow_coll_ca *ca;

	for (size_t i = 0; i < AVOW_COLL_CAS; i++) {
		ca = atomic_load_explicit(&v->cas[i], memory_order_acquire);
		if (!ca)
			break;
		if (same_cert(ca->cert, cert)) {
			*out = *ca;
			return AVOW_OK;
		}
	}
	*out = (struct avow_coll_ca){.cert = cert};
	AVOW_TRY(issuing_root(v, cert, out));
	remember_ca(v, out);
	return AVOW_OK;
}

/* --- signatures ---------------------------------------------------------------------------- */

enum avow_err
avow_coll_crl_verify(const struct avow_collateral *c, struct avow_coll_view *v,
	size_t crl, const struct avow_coll_ca *ca, struct avow_why *why)
{
	atomic_ushort *state = NULL;
	enum avow_err e;
	unsigned known = 0;

	if (ca->slot != SIZE_MAX) {
		state = &v->crl_state[ca->slot * c->n_crls + crl];
		known = atomic_load_explicit(state, memory_order_relaxed);
	}
	/* a refusal is computed again for who wants its details */
	if (known == AVOW_OK + 1 || (known && !why))
		return (enum avow_err)(known - 1);
	e = avow_intel_crl_verify(c->crls[crl].crl, ca->cert, why);
	if (state && !avow_coll_is_our_failure(e))
		atomic_store_explicit(
			state, (unsigned short)(e + 1), memory_order_relaxed);
	return e;
}

static enum avow_err
signed_by(const struct avow_coll_doc *d, const struct avow_coll_chain *ch)
{
	/* verifier bug 12: over the raw bytes, never over a text made again */
	return avow_verify(ch->signer->cert->key, AVOW_SIG_ES256_RAW, d->raw,
		avow_span_make(d->signature, 64));
}

static enum avow_err
find_signer(
	const struct avow_coll_doc *d, const struct avow_coll_view *v, unsigned *state)
{
	enum avow_err e;

	*state = BAD_SIGNATURE;
	for (size_t i = 0; i < v->n_chains && *state == BAD_SIGNATURE; i++) {
		if (v->chains[i].key != i)
			continue;
		e = signed_by(d, &v->chains[i]);
		if (avow_coll_is_our_failure(e))
			return e;
		if (e == AVOW_OK)
			*state = GOOD_UNDER + v->chains[i].key;
	}
	return AVOW_OK;
}

enum avow_err
avow_coll_doc_signer(const struct avow_collateral *c, struct avow_coll_view *v,
	size_t doc, uint16_t *key_plus_1)
{
	atomic_ushort *state = &v->doc_state[doc];
	unsigned s = atomic_load_explicit(state, memory_order_relaxed);

	*key_plus_1 = 0;
	if (s == 0) {
		AVOW_TRY(find_signer(&c->docs[doc], v, &s));
		atomic_store_explicit(state, (unsigned short)s, memory_order_relaxed);
	}
	*key_plus_1 = (uint16_t)(s - BAD_SIGNATURE);
	return AVOW_OK;
}
