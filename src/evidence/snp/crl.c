/*
 * Revocation of the ASK or ASVK by the ARK's list (AMD 57230; RFC 5280 6.3). A
 * VCEK is never revoked by itself: its serial number is 0, and a newer TCB takes
 * its place. One list that verifies has to be current; any that was issued and names
 * the CA revokes it, for AMD serves two in one ARK's name, of ASKs and of ASVKs, and
 * the newer of them need not name what the other does.
 */
#include <string.h>

#include "base/clock.h"
#include "evidence/snp/certs.h"

bool
avow_snp_has_crl(const struct avow_amd_chain *chain, const struct avow_collateral *c)
{
	struct avow_collateral_crl crl;

	return avow_collateral_crl_of(c, chain->root->subject, 0, &crl);
}

/* avow_amd_crl_verify, remembered under the list and the root. */
static enum avow_err
verify_once(const struct avow_collateral_crl *crl, const struct avow_cert *root,
	struct avow_snp_cache *cache, struct avow_why *why)
{
	static char held[] = "held"; /* nobody writes it */
	uint8_t key[AVOW_SHA256_BYTES];

	if (!cache)
		return avow_amd_crl_verify(crl->crl, root, why);
	AVOW_TRY(avow_sha256_2(avow_span_make(crl->id, AVOW_SHA256_BYTES),
		avow_span_make(root->sha256, AVOW_SHA256_BYTES), key));
	if (avow_memo_get(cache->crls, key))
		return AVOW_OK;
	AVOW_TRY(avow_amd_crl_verify(crl->crl, root, why));
	avow_memo_put(cache->crls, key, held);
	return AVOW_OK;
}

static enum avow_err
refuse_time(struct avow_why *why, enum avow_err code, const char *field,
	int64_t bound_s, int64_t at_s)
{
	const struct avow_at at = {"vek_revocation", field, "RFC 5280, 6.3.3"};
	char bound[AVOW_TIME_TEXT], now[AVOW_TIME_TEXT];

	avow_time_format(bound_s, bound);
	avow_time_format(at_s, now);
	return avow_refuse(why, code, &at, bound, "%s", now);
}

static enum avow_err
check_time(const struct avow_crl *crl, const struct avow_verify_in *in,
	struct avow_why *why)
{
	if (crl->this_update_s > in->at_s)
		return refuse_time(why, AVOW_E_CRL_NOT_YET_VALID, "thisUpdate",
			crl->this_update_s, in->at_s);
	if (in->at_s > crl->next_update_s &&
		in->at_s - crl->next_update_s > in->grace_s)
		return refuse_time(why, AVOW_E_CRL_EXPIRED, "nextUpdate",
			crl->next_update_s, in->at_s);
	return AVOW_OK;
}

static enum avow_err
refuse_revoked(const struct avow_amd_chain *chain, struct avow_why *why)
{
	static const struct avow_at at = {
		"vek_revocation", "revokedCertificates", "RFC 5280, 6.3.3"};

	return avow_refuse(why, AVOW_E_SNP_CA_REVOKED, &at, "not in the ARK's CRL",
		"%s", chain->ca->subject_cn);
}

/* AVOW_OK: it is current, and the CA is not in it. A revocation outlives the list
 * that told of it: what is in an expired one is revoked all the same. */
static enum avow_err
judge_list(const struct avow_collateral_crl *crl, const struct avow_amd_chain *chain,
	const struct avow_verify_in *in, struct avow_snp_cache *cache,
	struct avow_why *why)
{
	enum avow_err e = verify_once(crl, chain->root, cache, why);

	if (e == AVOW_OK && crl->crl->this_update_s <= in->at_s &&
		avow_crl_has(crl->crl, chain->ca->serial))
		e = refuse_revoked(chain, why);
	if (e == AVOW_OK)
		e = check_time(crl->crl, in, why);
	if (e != AVOW_OK)
		avow_why_document(why, "%s", crl->name);
	return e;
}

static bool
is_final(enum avow_err e)
{
	return e == AVOW_E_SNP_CA_REVOKED || e == AVOW_E_CRYPTO ||
	       e == AVOW_E_NO_MEMORY;
}

enum avow_err
avow_snp_check_crl(const struct avow_amd_chain *chain, const struct avow_verify_in *in,
	struct avow_snp_cache *cache, struct avow_why *why)
{
	struct avow_collateral_crl crl;
	enum avow_err first = AVOW_E_CRL_ABSENT, e;
	bool has_current = false;
	struct avow_why w;

	for (size_t i = 0;
		avow_collateral_crl_of(in->collateral, chain->root->subject, i, &crl);
		i++) {
		avow_why_init(&w);
		e = judge_list(&crl, chain, in, cache, &w);
		has_current |= e == AVOW_OK;
		if (e == AVOW_OK || (first != AVOW_E_CRL_ABSENT && !is_final(e)))
			continue;
		first = e;
		if (why)
			*why = w;
		if (is_final(e))
			return e;
	}
	if (!has_current)
		return first;
	avow_why_init(why);
	return AVOW_OK;
}
