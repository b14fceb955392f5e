/*
 * AMD's documents: a VCEK under its ASK and a pinned ARK, the chain of both, and
 * the ARK's CRL. A VCEK must say exactly the chip and TCB that were asked for:
 * whatever a mirror answers, the next report of that chip is judged by it.
 */
#include <string.h>

#include "fetch/verify_impl.h"
#include "trust/amd_chain.h"
#include "wire/pem.h"

static const struct avow_at AT = {"fetch", "certificate", "AMD 57230, KDS"};

/* --- VCEK --------------------------------------------------------------------------------- */

static bool
says(const struct avow_amd_vek *v, const struct avow_fetch_key *k)
{
	return v->kind == AVOW_AMD_VCEK && v->product == k->product &&
	       avow_amd_vek_is_of_chip(
		       v, avow_span_make(k->chip_id, sizeof(k->chip_id))) &&
	       avow_amd_tcb_differs(&v->tcb, &k->tcb) == AVOW_AMD_PARTS;
}

/* The i-th certificate of that subject: of the chain, then of what is known. */
static struct avow_cert *
named(const struct avow_fetch_check *c, struct avow_span subject, size_t i)
{
	for (size_t n = 0; n < c->n_certs; n++)
		if (avow_span_eq(c->certs[n]->subject, subject) && i-- == 0)
			return c->certs[n];
	return avow_collateral_cert_of(c->j->known, subject, i);
}

static enum avow_err
verify_leaf(const struct avow_fetch_check *c, struct avow_cert *leaf,
	struct avow_amd_chain *out)
{
	enum avow_err first = AVOW_OK, e;
	struct avow_cert *ca, *root;

	for (size_t i = 0; i < 8 && (ca = named(c, leaf->issuer, i)); i++)
		for (size_t n = 0; n < 8 && (root = named(c, ca->issuer, n)); n++) {
			e = avow_amd_chain_verify(leaf, ca, root, c->j->anchors, out,
				first == AVOW_OK ? c->why : NULL);
			if (e == AVOW_OK || e == AVOW_E_NO_MEMORY || e == AVOW_E_CRYPTO)
				return e;
			if (first == AVOW_OK)
				first = e;
		}
	if (first != AVOW_OK)
		return first;
	return avow_refuse(c->why, AVOW_E_SNP_CHAIN_NAME, &AT,
		"an issuer that is known", "%s", leaf->issuer_cn);
}

enum avow_err
avow_fetch_check_vcek(struct avow_fetch_check *c)
{
	struct avow_cert *leaf = c->n_certs ? c->certs[c->n_certs - 1] : NULL;
	struct avow_amd_chain chain;
	enum avow_err e = AVOW_OK;
	bool fits;

	if (!leaf)
		return AVOW_E_FETCH_FORMAT;
	AVOW_TRY(verify_leaf(c, leaf, &chain));
	fits = says(&chain.vek, c->k);
	if (!c->j->any_time)
		e = avow_amd_chain_valid_at(&chain, c->j->at_s, c->why);
	avow_amd_chain_clear(&chain);
	if (e != AVOW_OK)
		return e;
	if (!fits)
		return avow_fetch_mismatch(c, "product, chip id, TCB");
	c->out->body = avow_arena_copy(c->a, leaf->der);
	c->out->issued_s = leaf->not_before_s;
	c->out->expires_s = leaf->not_after_s;
	return c->out->body.p ? AVOW_OK : avow_arena_err(c->a);
}

/* --- the chain ------------------------------------------------------------------------------ */

static enum avow_err
take_chain(struct avow_fetch_check *c, const struct avow_cert *ca,
	const struct avow_cert *root)
{
	struct avow_buf pem;
	enum avow_err e;

	avow_buf_init(&pem, 1 << 16);
	avow_pem_put(&pem, "CERTIFICATE", ca->der);
	avow_pem_put(&pem, "CERTIFICATE", root->der);
	c->out->body = avow_arena_copy(c->a, avow_buf_span(&pem));
	e = pem.err;
	avow_buf_clear(&pem);
	c->out->issued_s = ca->not_before_s;
	c->out->expires_s = ca->not_after_s < root->not_after_s ? ca->not_after_s
								: root->not_after_s;
	if (e == AVOW_OK && !c->out->body.p)
		e = avow_arena_err(c->a);
	if (e != AVOW_OK)
		return e;
	return avow_fetch_check_dates(c, ca->not_before_s, c->out->expires_s,
		AVOW_E_SNP_CHAIN_NOT_YET_VALID, AVOW_E_SNP_CHAIN_EXPIRED);
}

enum avow_err
avow_fetch_check_amd_chain(struct avow_fetch_check *c)
{
	struct avow_cert *ca = NULL, *root = NULL;

	if (c->n_certs != 2)
		return avow_refuse(c->why, AVOW_E_FETCH_FORMAT, &AT, "two certificates",
			"%zu", c->n_certs);
	for (size_t i = 0; i < 2; i++) {
		if (avow_cert_is_self_issued(c->certs[i]))
			root = c->certs[i];
		else
			ca = c->certs[i];
	}
	if (!ca || !root)
		return avow_refuse(
			c->why, AVOW_E_FETCH_FORMAT, &AT, "a CA and its root", NULL);
	AVOW_TRY(avow_amd_issuers_verify(
		ca, root, c->j->anchors, c->k->product, c->k->vek, c->why));
	return take_chain(c, ca, root);
}

/* --- CRL ---------------------------------------------------------------------------------------- */

/* The i-th certificate that may be the ARK's. */
static const struct avow_cert *
candidate(const struct avow_fetch_check *c, size_t i)
{
	struct avow_cert *cert;
	size_t n = 0;

	while ((cert = avow_anchors_cert(c->j->anchors, AVOW_ANCHOR_AMD_ARK, n))) {
		if (n++ == i)
			return cert;
	}
	return avow_collateral_cert(c->j->known, i - n);
}

static enum avow_err
check_crl(struct avow_fetch_check *c, const struct avow_cert *ark, struct avow_why *why)
{
	struct avow_fetch_check quiet = *c;
	const struct avow_crl *crl;

	quiet.why = why;
	AVOW_TRY(avow_fetch_find_crl(&quiet, ark, &crl));
	AVOW_TRY(avow_amd_crl_verify(crl, ark, why));
	return avow_fetch_take_crl(c, crl);
}

/* An operator's ARK stands beside AMD's of the same product line: the one that
 * issued the CRL counts, and when none did, the first one's reason. */
enum avow_err
avow_fetch_check_amd_crl(struct avow_fetch_check *c)
{
	const struct avow_cert *ark, *first = NULL;
	enum avow_err e;

	for (size_t i = 0; (ark = candidate(c, i)); i++) {
		if (!avow_amd_is_ark(ark, c->j->anchors, c->k->product))
			continue;
		e = check_crl(c, ark, NULL);
		if (e != AVOW_E_CRL_ISSUER && e != AVOW_E_CRL_SIGNATURE)
			return e == AVOW_OK ? e : check_crl(c, ark, c->why);
		if (!first)
			first = ark;
	}
	if (first)
		return check_crl(c, first, c->why);
	return avow_refuse(c->why, AVOW_E_CRL_ISSUER, &AT, "an ARK of the product line",
		"none is known");
}
