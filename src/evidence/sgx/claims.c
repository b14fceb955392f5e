/*
 * Claims of a verified SGX quote (MAA claim sets, "SGX claims"; recorded tokens of
 * 2022 for the deprecated names), and Avow's own about its TCB. Everything told
 * here is covered by the quote's signature, the PCK certificate or verified
 * collateral; which of it a token carries is the registry's and the policy's.
 */
#include "base/limits.h"
#include "crypto/digest.h"
#include "evidence/intel/claims.h"
#include "evidence/sgx/layout.h"
#include "evidence/sgx/verified.h"
#include "wire/json_member.h"

/* --- the enclave ------------------------------------------------------------------- */

static void
add_enclave(struct avow_claims *set, const struct avow_sgx_report *r)
{
	bool debug = (r->flags & AVOW_SGX_FLAG_DEBUG) != 0;

	avow_claims_add_bool(set, AVOW_CLAIM_SGX_IS_DEBUGGABLE, debug);
	avow_claims_add_int(set, AVOW_CLAIM_SGX_PRODUCT_ID, r->isv_prod_id);
	avow_claims_add_int(set, AVOW_CLAIM_SGX_SVN, r->isv_svn);
	avow_claims_add_hex(set, AVOW_CLAIM_SGX_MRSIGNER, r->mr_signer);
	avow_claims_add_hex(set, AVOW_CLAIM_SGX_MRENCLAVE, r->mr_enclave);
	avow_claims_add_hex(set, AVOW_CLAIM_SGX_REPORT_DATA, r->report_data);
	/* names that older policies ask for */
	avow_claims_add_bool(set, AVOW_CLAIM_OLD_IS_DEBUGGABLE, debug);
	avow_claims_add_int(set, AVOW_CLAIM_OLD_PRODUCT_ID, r->isv_prod_id);
	avow_claims_add_int(set, AVOW_CLAIM_OLD_SVN, r->isv_svn);
	avow_claims_add_hex(set, AVOW_CLAIM_OLD_SGX_MRSIGNER, r->mr_signer);
	avow_claims_add_hex(set, AVOW_CLAIM_OLD_SGX_MRENCLAVE, r->mr_enclave);
	avow_claims_add_string(set, AVOW_CLAIM_OLD_TEE, AVOW_LIT("sgx"));
}

/* Key separation and sharing (Intel SDM vol. 3D, 38.7.1): zero and meaningless
 * without the flag, so told only with it. */
static void
add_kss(struct avow_claims *set, const struct avow_sgx_report *r)
{
	if (!(r->flags & AVOW_SGX_FLAG_KSS))
		return;
	avow_claims_add_hex(set, AVOW_CLAIM_SGX_CONFIG_ID, r->config_id);
	avow_claims_add_int(set, AVOW_CLAIM_SGX_CONFIG_SVN, r->config_svn);
	avow_claims_add_hex(
		set, AVOW_CLAIM_SGX_ISV_EXTENDED_PRODUCT_ID, r->isv_ext_prod_id);
	avow_claims_add_hex(set, AVOW_CLAIM_SGX_ISV_FAMILY_ID, r->isv_family_id);
}

/* --- bound data --------------------------------------------------------------------- */

static void
add_bound_data(struct avow_claims *set, const struct avow_sgx_verified *v)
{
	/* recorded: binary data gives three names (and the policy's two), JSON one */
	static const enum avow_claim_id ehd[] = {AVOW_CLAIM_SGX_EHD, AVOW_CLAIM_AAS_EHD,
		AVOW_CLAIM_MAA_EHD, AVOW_CLAIM_OLD_AAS_EHD, AVOW_CLAIM_OLD_MAA_EHD};

	if (v->runtime_tree)
		avow_intel_add_tree(set, AVOW_CLAIM_RUNTIME, v->runtime_tree);
	else if (v->runtime.present)
		for (size_t i = 0; i < sizeof(ehd) / sizeof(ehd[0]); i++)
			avow_claims_add_b64url(set, ehd[i], v->runtime.bytes);
	if (v->init_tree)
		avow_intel_add_tree(set, AVOW_CLAIM_INITTIME, v->init_tree);
}

/* --- collateral ---------------------------------------------------------------------- */

static enum avow_err
put_collateral(struct avow_buf *b, struct avow_span evidence,
	const struct avow_intel_selection *s)
{
	uint8_t quote_hash[AVOW_SHA256_BYTES];
	const struct {
		const char *name;
		const uint8_t *hash;
	} members[] = {{"qeidcertshash", s->qe_identity_certs_hash},
		{"qeidcrlhash", s->crl_hash}, {"qeidhash", s->qe_identity_hash},
		{"quotehash", quote_hash}, {"tcbinfocertshash", s->tcb_info_certs_hash},
		{"tcbinfocrlhash", s->crl_hash}, {"tcbinfohash", s->tcb_info_hash}};
	struct avow_jw w;

	AVOW_TRY(avow_sha256(evidence, quote_hash));
	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		avow_jw_put_hex(&w, members[i].name,
			avow_span_make(members[i].hash, AVOW_SHA256_BYTES));
	avow_jw_close(&w);
	return AVOW_OK;
}

static void
add_collateral(struct avow_claims *set, struct avow_span evidence,
	const struct avow_intel_selection *s)
{
	static const enum avow_claim_id ids[] = {AVOW_CLAIM_SGX_COLLATERAL,
		AVOW_CLAIM_MAA_ATTESTATIONCOLLATERAL,
		AVOW_CLAIM_OLD_MAA_ATTESTATIONCOLLATERAL};
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, 1024);
	e = put_collateral(&b, evidence, s);
	if (e != AVOW_OK && set->err == AVOW_OK)
		set->err = e;
	avow_intel_add_json(set, ids, sizeof(ids) / sizeof(ids[0]), &b);
}

enum avow_err
avow_sgx_claims(const struct avow_verified *v, struct avow_claims *set)
{
	const struct avow_sgx_quote *q = v->ev->body;
	const struct avow_sgx_verified *s = v->body;

	avow_claims_add_string(set, AVOW_CLAIM_ATTESTATION_TYPE,
		avow_span_str(v->ev->kind->attestation_type));
	add_enclave(set, &q->report);
	add_kss(set, &q->report);
	add_bound_data(set, s);
	add_collateral(set, v->ev->bytes, &s->selection);
	avow_intel_add_avow(set, &s->tcb_result, &s->selection, &s->ext);
	return set->err;
}
