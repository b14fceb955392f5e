/*
 * Claims of a verified TPM attestation (MAA claim sets, "TPM and VBS"). Almost all
 * are for the policy alone: what a report tells, the policy issues. An event speaks
 * only where a quoted register proves it; a fact that no event tells is false, as
 * the contract's policies expect.
 */
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/limits.h"
#include "evidence/tpm/layout.h"
#include "wire/json_member.h"

static void
add_aik(const struct tpm_verified *v, struct avow_claims *set)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, set->arena, 64);
	avow_b64_put(&b, avow_span_make(v->aik_sha256, sizeof(v->aik_sha256)));
	if (b.err != AVOW_OK && set->err == AVOW_OK)
		set->err = b.err;
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_AIK_VALIDATED, v->aik_validated);
	avow_claims_add_string(set, AVOW_CLAIM_TPM_AIK_PUB_HASH, avow_buf_span(&b));
	avow_claims_add_int(set, AVOW_CLAIM_TPM_TPM_VERSION, 2);
	avow_claims_add_string(
		set, AVOW_CLAIM_AVOW_QUOTE_HASH, avow_span_str(v->quote_hash));
}

/* An absent SAFEMODE or WINPE means no, but only in a Windows log that told of its
 * debugging: a log without any Windows event says nothing. */
static bool
is_not(enum avow_boot_fact f, const struct avow_boot_facts *all)
{
	return f == AVOW_BOOT_TRUE ||
	       (f == AVOW_BOOT_UNTOLD &&
		       all->boot_debugging_disabled != AVOW_BOOT_UNTOLD);
}

static void
add_facts(const struct avow_attested *at, struct avow_claims *set)
{
	struct avow_boot_facts f;
	enum avow_err e = avow_attested_boot(at, &f);

	if (e != AVOW_OK && set->err == AVOW_OK)
		set->err = e;
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_SECURE_BOOT_ENABLED,
		f.secure_boot == AVOW_BOOT_TRUE);
	avow_claims_add_bool(
		set, AVOW_CLAIM_TPM_IOMMU_ENABLED, f.iommu == AVOW_BOOT_TRUE);
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_BOOT_DEBUGGING_DISABLED,
		f.boot_debugging_disabled == AVOW_BOOT_TRUE);
	avow_claims_add_bool(
		set, AVOW_CLAIM_TPM_NOT_SAFE_MODE, is_not(f.not_safe_mode, &f));
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_NOT_WIN_PE, is_not(f.not_win_pe, &f));
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_VBS_ENABLED, f.vbs == AVOW_BOOT_TRUE);
}

static void
add_vbs(const struct tpm_verified *v, struct avow_claims *set)
{
	const struct avow_vbs_report *r = &v->vbs;

	avow_claims_add_bool(set, AVOW_CLAIM_TPM_VBS_REPORT_PRESENT, v->has_vbs);
	avow_claims_add_bool(set, AVOW_CLAIM_TPM_VSM_REPORT_PRESENT, v->has_vbs);
	if (!v->has_vbs)
		return;
	avow_claims_add_b64url(set, AVOW_CLAIM_TPM_ENCLAVE_AUTHOR_ID, r->author_id);
	avow_claims_add_b64url(set, AVOW_CLAIM_TPM_ENCLAVE_IMAGE_ID, r->image_id);
	avow_claims_add_b64url(set, AVOW_CLAIM_TPM_ENCLAVE_OWNER_ID, r->owner_id);
	avow_claims_add_b64url(set, AVOW_CLAIM_TPM_ENCLAVE_FAMILY_ID, r->family_id);
	avow_claims_add_int(set, AVOW_CLAIM_TPM_ENCLAVE_SVN, r->enclave_svn);
	avow_claims_add_int(set, AVOW_CLAIM_TPM_ENCLAVE_PLATFORM_SVN, r->platform_svn);
	avow_claims_add_int(set, AVOW_CLAIM_TPM_ENCLAVE_FLAGS, r->flags);
}

/* The same machine under one relying party's id has one number, and under
 * another's another one that cannot be matched with it. */
static void
add_machine(const struct avow_tpm_evidence *e, const struct tpm_verified *v,
	struct avow_claims *set)
{
	const struct avow_span parts[] = {AVOW_LIT("avow machine 1\0"),
		avow_span_make(v->aik_sha256, sizeof(v->aik_sha256)), e->rp_id};
	uint8_t digest[AVOW_SHA256_BYTES];
	enum avow_err err;

	if (e->rp_id.n == 0)
		return;
	err = avow_digest(AVOW_SHA256, parts, 3, digest);
	if (err != AVOW_OK && set->err == AVOW_OK)
		set->err = err;
	avow_claims_add_b64url(set, AVOW_CLAIM_AVOW_MACHINE_ID,
		avow_span_make(digest, sizeof(digest)));
}

static void
add_request(const struct avow_tpm_evidence *e, const struct tpm_verified *v,
	struct avow_claims *set)
{
	if (e->rp_data.n > 0)
		avow_claims_add_string(set, AVOW_CLAIM_NONCE, e->rp_data);
	add_machine(e, v, set);
	if (v->confirmation.n > 0)
		avow_claims_add_json(set, AVOW_CLAIM_TPM_CNF, v->confirmation);
	if (v->request_key.n > 0)
		avow_claims_add_json(set, AVOW_CLAIM_TPM_REQUEST_KEY, v->request_key);
	tpm_add_custom(e, v->url, set);
}

enum avow_err
avow_tpm_claims(const struct avow_verified *v, struct avow_claims *set)
{
	const struct avow_tpm_evidence *e = v->ev->body;
	const struct tpm_verified *t = v->body;

	add_aik(t, set);
	add_facts(&t->current, set);
	add_vbs(t, set);
	add_request(e, t, set);
	AVOW_TRY(avow_attested_claims(&t->current, AVOW_CLAIM_TPM_EVENTS, set));
	if (t->has_boot)
		AVOW_TRY(avow_attested_claims(
			&t->boot, AVOW_CLAIM_TPM_BOOT_EVENTS, set));
	return set->err;
}

/* --- for people ---------------------------------------------------------------------------- */

static void
put_int(struct avow_jw *w, const char *name, uint64_t v)
{
	avow_jw_put_int(w, name, (int64_t)(v & INT64_MAX));
}

static void
put_selections(struct avow_jw *w, const struct avow_tpm_attest *t)
{
	avow_jw_name(w, "pcr_select");
	avow_jw_open(w, '[');
	for (size_t i = 0; i < t->n_selections; i++) {
		avow_jw_open(w, '{');
		put_int(w, "algorithm", t->selections[i].alg);
		put_int(w, "mask", t->selections[i].mask);
		avow_jw_close(w);
	}
	avow_jw_close(w);
}

static void
put_quote(struct avow_jw *w, const struct avow_tpm_quote *q)
{
	const struct avow_tpm_attest *t = &q->attest;
	uint8_t firmware[8];

	for (size_t i = 0; i < 8; i++)
		firmware[i] = (uint8_t)(t->firmware_version >> (56 - 8 * i));
	avow_jw_open(w, '{');
	avow_jw_put_hex(w, "qualified_signer", t->qualified_signer);
	avow_jw_put_hex(w, "extra_data", t->extra_data);
	put_int(w, "clock_ms", t->clock_ms);
	put_int(w, "reset_count", t->reset_count);
	put_int(w, "restart_count", t->restart_count);
	avow_jw_put_bool(w, "safe", t->safe);
	avow_jw_put_hex(w, "firmware_version", avow_span_make(firmware, 8));
	put_selections(w, t);
	avow_jw_put_hex(w, "pcr_digest", t->pcr_digest);
	put_int(w, "signature_algorithm", q->signature.alg);
	put_int(w, "signature_hash", q->signature.hash);
	avow_jw_close(w);
}

void
avow_tpm_inspect(const struct avow_evidence *ev, struct avow_jw *w)
{
	static const char *const forms[] = {"object", "attReq", "attReqV2"};
	const struct avow_tpm_evidence *e = ev->body;

	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kind", ev->kind->name);
	avow_jw_put_str(w, "form", forms[e->form]);
	avow_jw_name(w, "quote");
	put_quote(w, &e->current.quote);
	if (e->boot.present) {
		avow_jw_name(w, "boot_quote");
		put_quote(w, &e->boot.quote);
	}
	put_int(w, "logs", e->current.n_logs);
	avow_jw_close(w);
}
