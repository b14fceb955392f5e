/*
 * Finds AMD's certificates and CRLs in a snapshot. It decides only what fits a
 * question; what was found is verified by whoever asked, every time.
 */
#include <string.h>

#include "trust/collateral_impl.h"
#include "trust/veks.h"

bool
avow_amd_vek_fits(const struct avow_amd_vek *v, const struct avow_amd_query *q)
{
	struct avow_amd_tcb tcb;

	if (v->kind != q->kind || (q->has_product && v->product != q->product))
		return false;
	if (v->kind == AVOW_AMD_VCEK && !avow_amd_vek_is_of_chip(v, q->chip_id))
		return false;
	return avow_amd_tcb_read(v->product, q->reported_tcb, &tcb) &&
	       avow_amd_tcb_differs(&v->tcb, &tcb) == AVOW_AMD_PARTS;
}

struct avow_cert *
avow_collateral_vek(
	const struct avow_collateral *c, const struct avow_amd_query *q, size_t i)
{
	for (size_t k = 0; k < c->n_veks; k++)
		if (avow_amd_vek_fits(&c->veks[k].vek, q) && i-- == 0)
			return c->veks[k].cert;
	return c->more_veks ? avow_veks_find(c->more_veks, q, i) : NULL;
}

struct avow_cert *
avow_collateral_cert_of(
	const struct avow_collateral *c, struct avow_span subject, size_t i)
{
	/* ranks: the folder's come first, what is built in last */
	for (int rank = 0; rank <= 2; rank++)
		for (size_t k = 0; k < c->n_certs; k++)
			if (c->certs[k].rank == rank &&
				avow_span_eq(c->certs[k].cert->subject, subject) &&
				i-- == 0)
				return c->certs[k].cert;
	return NULL;
}

struct avow_cert *
avow_collateral_cert(const struct avow_collateral *c, size_t i)
{
	return i < c->n_certs ? c->certs[i].cert : NULL;
}

bool
avow_collateral_crl_of(const struct avow_collateral *c, struct avow_span issuer,
	size_t i, struct avow_collateral_crl *out)
{
	for (size_t k = 0; k < c->n_crls; k++)
		if (avow_span_eq(c->crls[k].crl->issuer, issuer) && i-- == 0) {
			*out = (struct avow_collateral_crl){
				c->crls[k].crl, c->crls[k].name, c->crls[k].pem_hash};
			return true;
		}
	return false;
}
