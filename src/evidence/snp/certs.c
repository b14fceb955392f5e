/*
 * Gathers certificates and picks a chain out of them:
 *
 *   given (evidence, caller) -> parse -> leaf by name, CA and ARK by issuer
 *   folder                   -> leaf by chip id and TCB, CA and ARK by issuer
 *   built in                 -> CA and ARK by issuer
 *
 * Picking trusts nothing: names may lie, and then the chain does not verify. A
 * leaf that was given is never replaced by another, so a client's mistake is told
 * as such. What was verified is remembered under the bytes that it came from.
 */
#include "evidence/snp/certs.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "wire/pem.h"

#define MAX_ISSUERS 8 /* certificates of one name that are tried */

static const struct avow_at AT = {"certificates", "VcekCertChain",
	"MAA REST API, AttestSevSnpVmRequest; AMD 57230"};

struct pool {
	struct avow_cert *v[AVOW_MAX_SNP_CERTS];
	size_t n;
};

static void
pool_clear(struct pool *p)
{
	for (size_t i = 0; i < p->n; i++)
		avow_cert_free(p->v[i]);
	p->n = 0;
}

static bool
is_own_fault(enum avow_err e)
{
	enum avow_err_class c = avow_err_class(e);

	return c == AVOW_CLASS_INTERNAL || c == AVOW_CLASS_CRYPTO;
}

/* --- reading what was given ---------------------------------------------------------- */

static enum avow_err
add_der(struct pool *p, struct avow_span der, struct avow_why *why)
{
	struct avow_why w;
	enum avow_err e;

	if (p->n == AVOW_MAX_SNP_CERTS)
		return avow_refuse(
			why, AVOW_E_SNP_CERT_COUNT, &AT, "at most 16", "more");
	avow_why_init(&w);
	e = avow_cert_parse(der, &p->v[p->n], &w);
	if (e == AVOW_OK) {
		p->n++;
		return AVOW_OK;
	}
	if (is_own_fault(e))
		return e;
	(void)avow_refuse(why, AVOW_E_SNP_CERT, &AT, "an X.509 certificate", "%s",
		avow_err_text(e));
	avow_why_note(why, "certificate %zu: %s", p->n + 1, w.field);
	return AVOW_E_SNP_CERT;
}

static enum avow_err
add_pem(struct pool *p, struct avow_span text, struct avow_arena *a,
	struct avow_why *why)
{
	struct avow_pem_block *b;
	size_t n;
	enum avow_err e = avow_pem_parse(text, AVOW_MAX_SNP_CERTS, a, &b, &n);

	if (e == AVOW_E_PEM_COUNT)
		return avow_refuse(
			why, AVOW_E_SNP_CERT_COUNT, &AT, "at most 16", "more");
	if (e == AVOW_E_PEM_SYNTAX)
		return avow_refuse(why, AVOW_E_SNP_CERT, &AT, "PEM blocks", "%s",
			avow_err_text(e));
	AVOW_TRY(e);
	for (size_t i = 0; i < n; i++) {
		if (!avow_span_eq_str(b[i].label, "CERTIFICATE"))
			return avow_refuse(why, AVOW_E_SNP_CERT, &AT, "CERTIFICATE",
				"another PEM block");
		AVOW_TRY(add_der(p, b[i].der, why));
	}
	return AVOW_OK;
}

/* What Azure's host service answers: {"vcekCert": PEM, "certificateChain": PEM} */
static enum avow_err
add_thim(struct pool *p, struct avow_span text, struct avow_arena *a,
	struct avow_why *why)
{
	static const char *const members[] = {"vcekCert", "certificateChain"};
	const struct avow_json *o, *v;

	if (avow_json_parse(text, NULL, a, &o, NULL) != AVOW_OK)
		return avow_refuse(why, AVOW_E_SNP_CERT, &AT, "JSON of THIM", NULL);
	for (size_t i = 0; i < 2; i++) {
		v = avow_json_get(o, members[i]);
		if (!v || v->type != AVOW_JSON_STRING)
			return avow_refuse(why, AVOW_E_SNP_CERT, &AT,
				"vcekCert and certificateChain", NULL);
		AVOW_TRY(add_pem(p, v->string, a, why));
	}
	return AVOW_OK;
}

static enum avow_err
add_given(struct pool *p, struct avow_span bytes, struct avow_arena *a,
	struct avow_why *why)
{
	struct avow_span text = avow_span_trim(bytes);

	if (bytes.n > AVOW_MAX_SNP_CERTS_TEXT)
		return avow_refuse(why, AVOW_E_TOO_LARGE, &AT, "at most 32 KiB",
			"%zu bytes", bytes.n);
	if (avow_pem_is(bytes))
		return add_pem(p, bytes, a, why);
	if (text.n > 0 && text.p[0] == '{')
		return add_thim(p, text, a, why);
	return add_der(p, bytes, why);
}

static enum avow_err
read_given(struct pool *p, const struct avow_snp_evidence *e,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_why *why)
{
	if (e->certs.n > 0)
		AVOW_TRY(add_given(p, e->certs, a, why));
	for (size_t i = 0; i < in->n_certs; i++)
		AVOW_TRY(add_given(p, in->certs[i], a, why));
	return AVOW_OK;
}

/* --- the leaf ---------------------------------------------------------------------------- */

static struct avow_amd_query
query_of(const struct avow_snp_report *r)
{
	struct avow_amd_query q = {
		.kind = avow_snp_signing_key(r) == SNP_SIGNING_VLEK ? AVOW_AMD_VLEK
								    : AVOW_AMD_VCEK,
		.chip_id = r->chip_id,
		.reported_tcb = r->reported_tcb.p,
	};

	q.has_product = r->has_cpuid && avow_amd_product_by_cpuid(r->cpuid_family,
						r->cpuid_model, &q.product);
	return q;
}

void
avow_snp_tell_wanted(const struct avow_snp_report *r, struct avow_wanted *w)
{
	struct avow_amd_query q = query_of(r);

	if (q.kind != AVOW_AMD_VCEK || avow_span_all_zero(r->chip_id))
		return;
	w->vcek = true;
	w->vek = q.kind;
	w->has_product = q.has_product;
	w->product = q.product;
	memcpy(w->chip_id, r->chip_id.p, sizeof(w->chip_id));
	memcpy(w->reported_tcb, r->reported_tcb.p, sizeof(w->reported_tcb));
}

static bool
is_leaf(const struct avow_cert *c)
{
	return strcmp(c->subject_cn, "SEV-VCEK") == 0 ||
	       strcmp(c->subject_cn, "SEV-VLEK") == 0;
}

static bool
leaf_fits(const struct avow_cert *c, const struct avow_amd_query *q)
{
	struct avow_amd_vek v;
	struct avow_amd_tcb tcb;

	return avow_amd_vek_parse(c, &v, NULL) == AVOW_OK && v.kind == q->kind &&
	       avow_amd_tcb_read(v.product, q->reported_tcb, &tcb) &&
	       avow_amd_tcb_differs(&v.tcb, &tcb) == AVOW_AMD_PARTS;
}

/* Of several the one that fits the report; of none that fits, the first, so that
 * the check that it fails can say why. */
static struct avow_cert *
given_leaf(const struct pool *p, const struct avow_amd_query *q)
{
	struct avow_cert *first = NULL;

	for (size_t i = 0; i < p->n; i++) {
		if (!is_leaf(p->v[i]))
			continue;
		if (leaf_fits(p->v[i], q))
			return p->v[i];
		if (!first)
			first = p->v[i];
	}
	return first;
}

/* A chip has one VCEK for a TCB, in certificates of several dates; a VLEK is one
 * of many regions, and only the signature tells which. */
static struct avow_cert *
folder_leaf(const struct avow_snp_report *r, const struct avow_verify_in *in,
	const struct avow_amd_query *q)
{
	struct avow_cert *c, *first = NULL, *holds = NULL;

	for (size_t i = 0; (c = avow_collateral_vek(in->collateral, q, i)); i++) {
		if (!first)
			first = c;
		if (avow_snp_signature_verify(r, c->key, NULL) != AVOW_OK)
			continue;
		if (avow_cert_valid_at(c, in->at_s, NULL) == AVOW_OK)
			return c;
		if (!holds)
			holds = c;
	}
	return holds ? holds : first;
}

static enum avow_err
find_leaf(const struct pool *p, const struct avow_snp_report *r,
	const struct avow_verify_in *in, struct avow_cert **out, struct avow_why *why)
{
	struct avow_amd_query q = query_of(r);

	*out = given_leaf(p, &q);
	if (!*out)
		*out = folder_leaf(r, in, &q);
	if (*out)
		return AVOW_OK;
	(void)avow_refuse(why, AVOW_E_SNP_CERT_ABSENT, &AT,
		"a VCEK or VLEK of this chip and reported TCB", "none");
	avow_why_note(why, "neither in the request nor in the collateral folder");
	return AVOW_E_SNP_CERT_ABSENT;
}

/* --- issuers --------------------------------------------------------------------------------- */

static size_t
add_issuer(struct avow_cert *list[MAX_ISSUERS], size_t n, struct avow_cert *c)
{
	if (n < MAX_ISSUERS)
		list[n++] = c;
	return n;
}

/* Whoever may have issued `child`: given ones alone if there are any. */
static size_t
issuers(const struct pool *p, const struct avow_verify_in *in,
	const struct avow_cert *child, struct avow_cert *list[MAX_ISSUERS])
{
	struct avow_cert *c;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (avow_span_eq(p->v[i]->subject, child->issuer))
			n = add_issuer(list, n, p->v[i]);
	if (n > 0)
		return n;
	for (size_t i = 0; (c = avow_anchors_cert(in->anchors, AVOW_ANCHOR_AMD_ARK, i));
		i++)
		if (avow_span_eq(c->subject, child->issuer))
			n = add_issuer(list, n, c);
	for (size_t i = 0;
		(c = avow_collateral_cert_of(in->collateral, child->issuer, i)); i++)
		n = add_issuer(list, n, c);
	return n;
}

/* The first combination that verifies; else why the first one did not. */
static enum avow_err
try_issuers(const struct pool *p, const struct avow_verify_in *in,
	struct avow_cert *leaf, struct avow_amd_chain *out, struct avow_why *why)
{
	struct avow_cert *cas[MAX_ISSUERS], *roots[MAX_ISSUERS];
	size_t n_cas = issuers(p, in, leaf, cas);
	enum avow_err first = AVOW_OK, e;

	for (size_t i = 0; i < n_cas; i++) {
		size_t n_roots = issuers(p, in, cas[i], roots);

		for (size_t k = 0; k < n_roots; k++) {
			e = avow_amd_chain_verify(leaf, cas[i], roots[k], in->anchors,
				out, first == AVOW_OK ? why : NULL);
			if (e == AVOW_OK || is_own_fault(e))
				return e;
			if (first == AVOW_OK)
				first = e;
		}
	}
	if (first != AVOW_OK)
		return first;
	(void)avow_refuse(why, AVOW_E_SNP_CHAIN_NAME, &AT,
		"an issuer that is given, in the folder or AMD's", "%s",
		leaf->issuer_cn);
	return AVOW_E_SNP_CHAIN_NAME;
}

/* --- remembering -------------------------------------------------------------------------------- */

/* Everything that decides which chain is picked and whether it verifies. */
static enum avow_err
key_of_given(const struct avow_snp_evidence *e, const struct avow_verify_in *in,
	uint8_t key[AVOW_SHA256_BYTES])
{
	uint8_t lengths[AVOW_MAX_SNP_CERTS + 1][8] = {{0}};
	struct avow_span parts[2 * (AVOW_MAX_SNP_CERTS + 1) + 3];
	uint8_t kind = (uint8_t)avow_snp_signing_key(&e->report);
	size_t n = 0;

	parts[n++] = avow_span_make(avow_anchors_id(in->anchors), 32);
	parts[n++] = avow_span_make(&kind, 1);
	parts[n++] = e->report.reported_tcb;
	for (size_t i = 0; i <= in->n_certs; i++) {
		struct avow_span s = i ? in->certs[i - 1] : e->certs;

		for (size_t k = 0; k < 8; k++)
			lengths[i][k] = (uint8_t)(s.n >> 8 * k);
		parts[n++] = avow_span_make(lengths[i], 8);
		parts[n++] = s;
	}
	return avow_digest(AVOW_SHA256, parts, n, key);
}

static enum avow_err
key_of_leaf(const struct avow_cert *leaf, const struct avow_verify_in *in,
	uint8_t key[AVOW_SHA256_BYTES])
{
	return avow_sha256_2(avow_span_make(avow_anchors_id(in->anchors), 32),
		avow_span_make(leaf->sha256, AVOW_SHA256_BYTES), key);
}

static enum avow_err
keep(struct avow_snp_cache *cache, const uint8_t key[AVOW_SHA256_BYTES],
	struct avow_amd_chain *made, struct avow_snp_chain_use *out)
{
	struct avow_amd_chain *own = malloc(sizeof(*own));

	if (!own) {
		avow_amd_chain_clear(made);
		return AVOW_E_NO_MEMORY;
	}
	*own = *made;
	out->chain = own;
	if (cache)
		avow_memo_put(cache->chains, key, own);
	else
		out->owned = own;
	return AVOW_OK;
}

/* The leaf is known; the certificates of `p` may be what it was given with. */
static enum avow_err
open_leaf(const struct pool *p, struct avow_cert *leaf, const struct avow_verify_in *in,
	const uint8_t key[AVOW_SHA256_BYTES], struct avow_snp_cache *cache,
	struct avow_snp_chain_use *out, struct avow_why *why)
{
	struct avow_amd_chain made;

	AVOW_TRY(try_issuers(p, in, leaf, &made, why));
	return keep(cache, key, &made, out);
}

static enum avow_err
open_from(struct pool *p, const struct avow_snp_evidence *e,
	const struct avow_verify_in *in, const uint8_t given[AVOW_SHA256_BYTES],
	struct avow_snp_cache *cache, struct avow_snp_chain_use *out,
	struct avow_why *why)
{
	uint8_t key[AVOW_SHA256_BYTES];
	struct avow_amd_query q = query_of(&e->report);
	struct avow_cert *leaf;

	AVOW_TRY(find_leaf(p, &e->report, in, &leaf, why));
	if (given_leaf(p, &q))
		return open_leaf(p, leaf, in, given, cache, out, why);
	AVOW_TRY(key_of_leaf(leaf, in, key));
	if (cache)
		out->chain = avow_memo_get(cache->chains, key);
	return out->chain ? AVOW_OK : open_leaf(p, leaf, in, key, cache, out, why);
}

enum avow_err
avow_snp_chain_open(const struct avow_snp_evidence *e, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_snp_cache *cache,
	struct avow_snp_chain_use *out, struct avow_why *why)
{
	uint8_t key[AVOW_SHA256_BYTES] = {0};
	struct pool p = {.n = 0};
	enum avow_err err;

	*out = (struct avow_snp_chain_use){NULL, NULL};
	if (in->n_certs > AVOW_MAX_SNP_CERTS)
		return avow_refuse(why, AVOW_E_SNP_CERT_COUNT, &AT, "at most 16", "%zu",
			in->n_certs);
	AVOW_TRY(key_of_given(e, in, key));
	if (cache)
		out->chain = avow_memo_get(cache->chains, key);
	if (out->chain)
		return AVOW_OK;
	err = read_given(&p, e, in, a, why);
	if (err == AVOW_OK)
		err = open_from(&p, e, in, key, cache, out, why);
	pool_clear(&p);
	return err;
}

void
avow_snp_chain_close(struct avow_snp_chain_use *u)
{
	if (u->owned) {
		avow_amd_chain_clear(u->owned);
		free(u->owned);
	}
	*u = (struct avow_snp_chain_use){NULL, NULL};
}
