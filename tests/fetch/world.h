/*
 * A platform's collateral under a PKI of our own, the way Intel's services give
 * it: body and percent-encoded issuer chain of each document.
 */
#ifndef AVOW_TESTS_FETCH_WORLD_H
#define AVOW_TESTS_FETCH_WORLD_H

#include "../trust/pki.h"

#include "base/limits.h"
#include "fetch/fetcher.h"

static struct pki p;
static struct avow_collateral *known;
static struct avow_why why;

static const struct avow_fetch_key TCB = {
	.kind = AVOW_FETCH_TCB_INFO, .fmspc = {0x00, 0x60, 0x6a}};
static const struct avow_fetch_key QE = {.kind = AVOW_FETCH_QE_IDENTITY};
static const struct avow_fetch_key PCK = {
	.kind = AVOW_FETCH_PCK_CRL, .ca = AVOW_PCK_CA_PLATFORM};
static const struct avow_fetch_key ROOT = {.kind = AVOW_FETCH_ROOT_CRL};

static inline void
world_init(void)
{
	pki_init(&p);
	avow_why_init(&why);
	assert_ok(avow_collateral_build(NULL, 0, &known, NULL));
}

static inline void
world_clear(void)
{
	avow_collateral_free(known);
	known = NULL;
	pki_clear(&p);
}

static inline struct avow_span
chain_of(const struct avow_cert *child, const struct avow_cert *root)
{
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 1 << 16);
	avow_pem_put(&b, "CERTIFICATE", child->der);
	avow_pem_put(&b, "CERTIFICATE", root->der);
	s = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static inline struct avow_span
encoded(struct avow_span text)
{
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 1 << 16);
	for (size_t i = 0; i < text.n; i++)
		avow_buf_printf(&b, "%%%02X", text.p[i]);
	s = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static inline struct avow_span
good_body(const struct avow_fetch_key *k)
{
	switch ((int)k->kind) {
	case AVOW_FETCH_TCB_INFO:
		return signed_doc(&p, tcb_spec(), p.signer_key);
	case AVOW_FETCH_QE_IDENTITY:
		return signed_doc(&p, qe_spec(), p.signer_key);
	case AVOW_FETCH_PCK_CRL:
		return crl_der(&p, crl_spec_of(ca_name, p.ca_key));
	default:
		return crl_der(&p, crl_spec_of(root_name, p.root_key));
	}
}

static inline struct avow_span
good_chain(const struct avow_fetch_key *k)
{
	if (k->kind == AVOW_FETCH_PCK_CRL)
		return chain_of(p.ca, p.root);
	if (k->kind == AVOW_FETCH_ROOT_CRL)
		return AVOW_LIT("");
	return chain_of(p.signer, p.root);
}

#endif
