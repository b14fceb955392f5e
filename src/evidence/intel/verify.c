/*
 * From a quote's bytes to "the PCK key vouches for the quoting enclave, the
 * quoting enclave for the attestation key, and that key for the quote":
 *
 *   anchors -> PCK chain -> QE report signature -> report data -> attestation key
 *                                |                                      |
 *                          QE identity (collateral)               quote signature
 *
 * Each function is one check with one code (Intel QVL, QuoteVerifier.cpp and
 * EnclaveReportVerifier.cpp). TCB levels are judged in tcb.c, and what the
 * enclave's own report says is the kind's.
 */
#include "evidence/intel/verify.h"

#include <string.h>

#include "evidence/internal.h"
#include "trust/intel_chain.h"

#define QVL_QUOTE "Intel QVL, QuoteVerifier.cpp"
#define QVL_QE "Intel QVL, EnclaveReportVerifier.cpp"

static struct avow_intel_verify *
self(void *ctx)
{
	return ctx;
}

void
avow_intel_verify_init(struct avow_intel_verify *v, const struct avow_verify_in *in,
	struct avow_arena *a, enum avow_tee tee, const struct avow_intel_quote *quote)
{
	memset(v, 0, sizeof(*v));
	v->in = in;
	v->arena = a;
	v->cache = in->cache ? in->cache->intel : NULL;
	v->tee = tee;
	v->quote = *quote;
}

void
avow_intel_verify_clear(struct avow_intel_verify *v)
{
	avow_pck_close(&v->pck);
	avow_pubkey_free(v->key);
	v->key = NULL;
}

enum avow_err
avow_intel_check_vendor(void *ctx, struct avow_why *why)
{
	/* Intel SGX DCAP quote library API, A.4: the QE vendor is Intel; QVL
	 * refuses others with UNSUPPORTED_QUOTE_FORMAT */
	static const uint8_t intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c,
		0xa9, 0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
	static const struct avow_at at = {"quote_vendor", "header.qe_vendor_id",
		"Intel SGX DCAP ECDSA quote library API, A.4"};
	struct avow_span expected = avow_span_make(intel, sizeof(intel));
	struct avow_span got = self(ctx)->quote.qe_vendor_id;

	if (avow_span_eq(got, expected))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_QUOTE_VENDOR, &at, expected, got);
}

/* --- PCK chain and collateral ---------------------------------------------------- */

enum avow_err
avow_intel_check_cert_type(void *ctx, struct avow_why *why)
{
	return avow_qe_auth_check_type(self(ctx)->quote.qe, why);
}

enum avow_err
avow_intel_check_pck_chain(void *ctx, struct avow_why *why)
{
	struct avow_intel_verify *v = self(ctx);

	return avow_pck_open(v->quote.qe->cert_data, v->in->anchors, v->arena, v->cache,
		&v->pck, why);
}

enum avow_err
avow_intel_check_pck_validity(void *ctx, struct avow_why *why)
{
	struct avow_intel_verify *v = self(ctx);

	return avow_pck_check_validity(v->pck.pck, v->in->at_s, why);
}

/* The chain has verified: what it says may be asked for. */
static void
tell_wanted(const struct avow_intel_verify *v)
{
	const struct avow_pck *pck = v->pck.pck;

	if (!v->wanted)
		return;
	v->wanted->intel = true;
	v->wanted->tee = v->tee;
	v->wanted->ca = pck->chain.ca_kind;
	v->wanted->baseline = v->in->baseline;
	memcpy(v->wanted->fmspc, pck->ext.fmspc, sizeof(v->wanted->fmspc));
}

enum avow_err
avow_intel_check_collateral(void *ctx, struct avow_why *why)
{
	struct avow_intel_verify *v = self(ctx);
	const struct avow_pck *pck = v->pck.pck;
	enum avow_err e;
	struct avow_intel_query q = {.tee = v->tee,
		.pck_ca = pck->chain.ca,
		.at_s = v->in->at_s,
		.grace_s = v->in->grace_s,
		.baseline = v->in->baseline,
		.early = v->in->early};

	memcpy(q.fmspc, pck->ext.fmspc, sizeof(q.fmspc));
	memcpy(q.pce_id, pck->ext.pce_id, sizeof(q.pce_id));
	e = avow_collateral_select(
		v->in->collateral, v->in->anchors, &q, &v->selection, why);
	if (avow_err_class(e) == AVOW_CLASS_COLLATERAL)
		tell_wanted(v);
	return e;
}

enum avow_err
avow_intel_check_pck_revocation(void *ctx, struct avow_why *why)
{
	struct avow_intel_verify *v = self(ctx);

	return avow_pck_chain_judge(
		&v->pck.pck->chain, &v->selection, v->in->at_s, why);
}

/* --- quoting enclave -------------------------------------------------------------- */

/* The digest of everything that enters the check, so that remembering it is as
 * good as doing it again. Only the auth data varies in length, and it is last. */
static enum avow_err
qe_memo_key(const struct avow_intel_verify *v, uint8_t key[AVOW_SHA256_BYTES])
{
	const struct avow_span parts[] = {avow_pubkey_spki(v->pck.pck->chain.leaf->key),
		v->quote.qe->report.raw, v->quote.qe->signature,
		v->quote.attestation_key, v->quote.qe->auth_data};

	return avow_digest(AVOW_SHA256, parts, sizeof(parts) / sizeof(parts[0]), key);
}

static enum avow_err
verify_qe_signature(const struct avow_intel_verify *v, struct avow_why *why)
{
	/* QVL: INVALID_QE_REPORT_SIGNATURE */
	static const struct avow_at at = {
		"qe_report_signature", "qe_report_signature", QVL_QUOTE};
	enum avow_err e = avow_verify(v->pck.pck->chain.leaf->key, AVOW_SIG_ES256_RAW,
		v->quote.qe->report.raw, v->quote.qe->signature);

	if (e == AVOW_OK || avow_err_class(e) == AVOW_CLASS_CRYPTO ||
		avow_err_class(e) == AVOW_CLASS_INTERNAL)
		return e;
	return avow_refuse(why, AVOW_E_QE_REPORT_SIGNATURE, &at,
		"a signature by the PCK key", "%s", avow_err_text(e));
}

enum avow_err
avow_intel_check_qe_signature(void *ctx, struct avow_why *why)
{
	static char held; /* its address says: this signature held */
	struct avow_intel_verify *v = self(ctx);
	uint8_t key[AVOW_SHA256_BYTES];

	if (!v->cache)
		return verify_qe_signature(v, why);
	AVOW_TRY(qe_memo_key(v, key));
	if (avow_memo_get(v->cache->qe_reports, key))
		return AVOW_OK;
	AVOW_TRY(verify_qe_signature(v, why));
	avow_memo_put(v->cache->qe_reports, key, &held);
	return AVOW_OK;
}

enum avow_err
avow_intel_check_qe_binding(void *ctx, struct avow_why *why)
{
	/* QVL: INVALID_QE_REPORT_DATA; the upper half, which QVL does not look at,
	 * is zero in every quote that is known */
	static const struct avow_at at = {
		"qe_report_data", "qe_report.report_data", QVL_QUOTE};
	struct avow_intel_verify *v = self(ctx);
	uint8_t expected[64] = {0};

	AVOW_TRY(avow_sha256_2(
		v->quote.attestation_key, v->quote.qe->auth_data, expected));
	if (avow_span_eq(avow_span_make(expected, sizeof(expected)),
		    v->quote.qe->report.report_data))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_QE_REPORT_DATA, &at,
		avow_span_make(expected, sizeof(expected)),
		v->quote.qe->report.report_data);
}

/* Intel QVL, EnclaveReportVerifier.cpp: the report is masked, the identity is not */
static enum avow_err
check_masked(struct avow_span report, const uint8_t *mask, const uint8_t *expected,
	enum avow_err code, const struct avow_at *at, struct avow_why *why)
{
	uint8_t masked[16];

	if (report.n > sizeof(masked))
		return AVOW_E_INTERNAL;
	for (size_t i = 0; i < report.n; i++)
		masked[i] = report.p[i] & mask[i];
	if (memcmp(masked, expected, report.n) == 0)
		return AVOW_OK;
	return avow_refuse_bytes(why, code, at, avow_span_make(expected, report.n),
		avow_span_make(masked, report.n));
}

enum avow_err
avow_intel_check_qe_miscselect(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"qe_miscselect", "qe_report.misc_select", QVL_QE};
	const struct avow_intel_verify *v = self(ctx);
	const struct avow_qe_identity *id = v->selection.qe_identity;

	return check_masked(v->quote.qe->report.misc_select, id->miscselect_mask,
		id->miscselect, AVOW_E_QE_MISCSELECT, &at, why);
}

enum avow_err
avow_intel_check_qe_attributes(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"qe_attributes", "qe_report.attributes", QVL_QE};
	const struct avow_intel_verify *v = self(ctx);
	const struct avow_qe_identity *id = v->selection.qe_identity;

	return check_masked(v->quote.qe->report.attributes, id->attributes_mask,
		id->attributes, AVOW_E_QE_ATTRIBUTES, &at, why);
}

enum avow_err
avow_intel_check_qe_mrsigner(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"qe_mrsigner", "qe_report.mr_signer", QVL_QE};
	const struct avow_intel_verify *v = self(ctx);
	const struct avow_qe_identity *id = v->selection.qe_identity;
	struct avow_span expected = avow_span_make(id->mrsigner, sizeof(id->mrsigner));

	if (avow_span_eq(v->quote.qe->report.mr_signer, expected))
		return AVOW_OK;
	return avow_refuse_bytes(
		why, AVOW_E_QE_MRSIGNER, &at, expected, v->quote.qe->report.mr_signer);
}

enum avow_err
avow_intel_check_qe_isvprodid(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"qe_isvprodid", "qe_report.isv_prod_id", QVL_QE};
	const struct avow_intel_verify *v = self(ctx);
	uint16_t expected = v->selection.qe_identity->isvprodid;

	if (v->quote.qe->report.isv_prod_id == expected)
		return AVOW_OK;
	(void)avow_refuse(why, AVOW_E_QE_ISVPRODID, &at, NULL, "%u",
		(unsigned)v->quote.qe->report.isv_prod_id);
	avow_why_note(why, "the QE identity has %u", (unsigned)expected);
	return AVOW_E_QE_ISVPRODID;
}

/* --- attestation key and quote ------------------------------------------------------ */

enum avow_err
avow_intel_check_attestation_key(void *ctx, struct avow_why *why)
{
	/* SEC 1, 3.2.2.1: a public key is a point on its curve */
	static const struct avow_at at = {
		"attestation_key", "attestation_key", "SEC 1, 3.2.2.1"};
	struct avow_intel_verify *v = self(ctx);
	uint8_t key[AVOW_SHA256_BYTES];
	enum avow_err e;

	if (v->cache) {
		struct avow_pubkey *known;

		AVOW_TRY(avow_sha256(v->quote.attestation_key, key));
		known = avow_memo_get(v->cache->keys, key);
		if (known)
			v->key = avow_pubkey_ref(known);
		if (known)
			return AVOW_OK;
	}
	e = avow_pubkey_from_point(AVOW_KEY_P256, v->quote.attestation_key, &v->key);
	if (e != AVOW_E_KEY_POINT)
		return e;
	return avow_refuse(
		why, AVOW_E_ATTESTATION_KEY, &at, "a point on P-256", "another pair");
}

/* Remember a key only behind its first good signature: what anybody can make up
 * must not push out what is in use. */
static enum avow_err
remember_key(struct avow_intel_verify *v)
{
	uint8_t key[AVOW_SHA256_BYTES];

	if (!v->cache)
		return AVOW_OK;
	AVOW_TRY(avow_sha256(v->quote.attestation_key, key));
	if (!avow_memo_get(v->cache->keys, key))
		avow_memo_put(v->cache->keys, key, avow_pubkey_ref(v->key));
	return AVOW_OK;
}

enum avow_err
avow_intel_check_quote_signature(void *ctx, struct avow_why *why)
{
	/* QVL: INVALID_QUOTE_SIGNATURE */
	static const struct avow_at at = {"quote_signature", "signature", QVL_QUOTE};
	struct avow_intel_verify *v = self(ctx);
	enum avow_err e = avow_verify(
		v->key, AVOW_SIG_ES256_RAW, v->quote.signed_part, v->quote.signature);

	if (e == AVOW_OK)
		return remember_key(v);
	if (avow_err_class(e) == AVOW_CLASS_CRYPTO ||
		avow_err_class(e) == AVOW_CLASS_INTERNAL)
		return e;
	return avow_refuse(why, AVOW_E_QUOTE_SIGNATURE, &at,
		"a signature by the attestation key", "%s", avow_err_text(e));
}
