/*
 * Verifies a guest: its hypervisor's report first, whose runtime data names the
 * attestation key; then that key's quote; then the key that the answer is sealed to;
 * then the boot log. A trusted launch guest has no report: there a certificate
 * vouches for the key. Nothing in the protocol is a challenge (the clients' quotes
 * have no qualifying data): freshness is that only the attested state of the machine
 * opens the answer.
 */
#include <string.h>

#include "base/base64.h"
#include "evidence/azureguest/layout.h"
#include "evidence/checks.h"
#include "evidence/snp/layout.h"
#include "trust/tpm_chain.h"

struct azg_context {
	const struct azg_evidence *e;
	const struct avow_verify_in *in;
	struct avow_arena *arena;
	struct avow_pubkey *ak;
	struct azg_verified *v;
};

/* --- the request ------------------------------------------------------------------- */

/* verifier bug 19: what a caller says is bound must not be passed over */
static enum avow_err
check_request(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"request", "runtimeData", AZG_SOURCE};
	const struct azg_context *c = ctx;

	if (!c->in->runtime.present && !c->in->init.present)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_AZUREGUEST_REQUEST, &at,
		"no runtime or init-time data beside the guest's own", NULL);
}

/* --- the attestation key ------------------------------------------------------------- */

static bool
is_snp(const void *ctx)
{
	return ((const struct azg_context *)ctx)->e->isolation == AZG_SEV_SNP;
}

/* AMD 56860, MSG_REPORT_REQ: a guest may ask for a report of its own level or of one
 * with less privilege, over whatever data. Only the paravisor, which holds the vTPM,
 * is at level 0: at another one the guest's own kernel can name an attestation key
 * (bugs 14, 25). */
static enum avow_err
check_paravisor(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"paravisor", "VMPL", "AMD 56860, ATTESTATION_REPORT"};
	const struct azg_context *c = ctx;
	const struct avow_snp_evidence *snp = c->e->inner->body;

	if (snp->report.vmpl == 0)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_SNP_VMPL, &at, "0, the vTPM's own level", "%u",
		(unsigned)snp->report.vmpl);
}

static bool
has_runtime(const void *ctx)
{
	return ((const struct azg_context *)ctx)->e->inner != NULL;
}

static bool
has_no_runtime(const void *ctx)
{
	return !has_runtime(ctx);
}

static enum avow_err
refuse_ak(struct avow_why *why, const char *expected)
{
	static const struct avow_at at = {
		"ak_binding", "RunTimeData.keys", "Azure HCL report, runtime data"};

	return avow_refuse(why, AVOW_E_AZUREGUEST_AK, &at, expected, NULL);
}

/* The one key of that id: position and order differ between versions. */
static const struct avow_json *
hcl_ak(const struct avow_json *runtime)
{
	const struct avow_json *keys = avow_json_get(runtime, "keys"), *found = NULL;

	for (size_t i = 0; keys && keys->type == AVOW_JSON_ARRAY && i < keys->count;
		i++) {
		const struct avow_json *kid = avow_json_get(&keys->items[i], "kid");

		if (!kid || kid->type != AVOW_JSON_STRING ||
			!avow_span_eq_str(kid->string, "HCLAkPub"))
			continue;
		if (found)
			return NULL;
		found = &keys->items[i];
	}
	return found;
}

static enum avow_err
jwk_key(const struct azg_context *c, const struct avow_json *jwk,
	struct avow_pubkey **out, struct avow_why *why)
{
	static const char *const NAMES[2] = {"n", "e"};
	const struct avow_json *kty = avow_json_get(jwk, "kty");
	struct avow_span part[2];
	enum avow_err e;

	if (!kty || kty->type != AVOW_JSON_STRING ||
		!avow_span_eq_str(kty->string, "RSA"))
		return refuse_ak(why, "an RSA key");
	for (size_t i = 0; i < 2; i++) {
		const struct avow_json *v = avow_json_get(jwk, NAMES[i]);

		if (!v || v->type != AVOW_JSON_STRING ||
			avow_b64_decode_lenient(v->string, 1024, c->arena, &part[i]) !=
				AVOW_OK)
			return refuse_ak(why, "n and e in base64url");
	}
	e = avow_pubkey_from_rsa(part[0], part[1], out);
	if (e == AVOW_E_KEY_FORMAT || e == AVOW_E_KEY_TYPE)
		return refuse_ak(why, "an RSA key of 2048 bits or more");
	return e;
}

/* bug 25: the report's signature covers the runtime data, which names the key. */
static enum avow_err
check_ak_binding(void *ctx, struct avow_why *why)
{
	struct azg_context *c = ctx;
	const struct avow_json *jwk = hcl_ak(c->e->runtime);
	struct avow_pubkey *named = NULL;
	bool same;

	if (!jwk)
		return refuse_ak(why, "one key of id HCLAkPub");
	AVOW_TRY(jwk_key(c, jwk, &named, why));
	same = avow_pubkey_eq(named, c->ak);
	avow_pubkey_free(named);
	return same ? AVOW_OK : refuse_ak(why, "AikPub is HCLAkPub");
}

/* bug 25: no report vouches for a trusted launch guest's key, so its certificate
 * must, and its absence is an answer too (mistakes A3). */
static enum avow_err
check_ak_certificate(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {
		"ak_certificate", "TpmInfo.AikCert", AZG_SOURCE};
	struct azg_context *c = ctx;
	struct avow_tpm_chain chain;
	enum avow_err e;

	if (c->e->ak_cert.n == 0)
		return avow_refuse(why, AVOW_E_TPM_AK_UNCERTIFIED, &at,
			"a certificate: trusted launch has no report", "none");
	e = avow_tpm_chain_verify(
		c->e->ak_cert, AVOW_TPM_USE_AK, c->in->anchors, &chain, why);
	if (e == AVOW_OK)
		e = avow_tpm_chain_valid_at(&chain, c->in->at_s, why);
	if (e == AVOW_OK && !avow_pubkey_eq(chain.certs[0]->key, c->ak))
		e = avow_refuse(why, AVOW_E_TPM_AK_KEY, &at, "the key of AikPub", NULL);
	avow_tpm_chain_clear(&chain);
	return e;
}

/* bug 26 */
static enum avow_err
check_ak_attributes(void *ctx, struct avow_why *why)
{
	return avow_tpm_ak_attributes(&((struct azg_context *)ctx)->e->ak, why);
}

/* --- the quote ------------------------------------------------------------------------- */

static enum avow_err
check_quote_signature(void *ctx, struct avow_why *why)
{
	const struct azg_context *c = ctx;

	return avow_tpm_quote_signature(&c->e->quote, c->ak, why);
}

/* mistakes A2, bug 22: the signed selection, the list of values and the set that the
 * request names are one and the same. */
static enum avow_err
check_quote_selection(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"quote_selection", "PcrSet", AZG_SOURCE};
	const struct azg_context *c = ctx;
	const struct avow_tpm_attest *q = &c->e->quote.attest;

	AVOW_TRY(avow_tpm_quote_selection(&c->e->quote, c->e->pcr_set, why));
	if (q->n_selections == 1 && q->selections[0].alg == AVOW_TPM_ALG_SHA256 &&
		q->selections[0].mask == c->e->pcr_set)
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_AZUREGUEST_PCR_SET, &at,
		"the signed selection, of the SHA-256 bank alone", "0x%06x",
		c->e->pcr_set);
}

static enum avow_err
check_quote_digest(void *ctx, struct avow_why *why)
{
	return avow_tpm_quote_digest(&((struct azg_context *)ctx)->e->quote, why);
}

/* --- the encryption key ------------------------------------------------------------------ */

static enum avow_err
check_enckey_certify(void *ctx, struct avow_why *why)
{
	struct azg_context *c = ctx;

	return azg_enckey_certify(c->e, c->ak, &c->v->enc_key, why);
}

static enum avow_err
check_enckey_attributes(void *ctx, struct avow_why *why)
{
	return azg_enckey_attributes(&((struct azg_context *)ctx)->v->enc_key, why);
}

static enum avow_err
check_enckey_policy(void *ctx, struct avow_why *why)
{
	const struct azg_context *c = ctx;

	return azg_enckey_policy(c->e, &c->v->enc_key, why);
}

/* --- the boot log ---------------------------------------------------------------------------- */

static bool
has_log(const void *ctx)
{
	return ((const struct azg_context *)ctx)->e->tcg_log.n > 0;
}

static enum avow_err
replay(struct azg_context *c, size_t n, struct avow_why *why)
{
	const struct avow_log_input log = {c->e->tcg_log, AVOW_LOG_TCG};
	struct avow_quoted_bank *banks =
		avow_arena_array(c->arena, AVOW_LOG_BANKS, sizeof(*banks));

	if (!banks)
		return avow_arena_err(c->arena);
	return avow_attested_logs(&log, n, banks,
		avow_tpm_quote_banks(&c->e->quote, banks), c->arena, &c->v->logs, why);
}

static enum avow_err
check_log(void *ctx, struct avow_why *why)
{
	return replay(ctx, 1, why);
}

/* --- the list ---------------------------------------------------------------------------------- */

static const struct avow_check_def verify_list[] = {
	{"request", check_request, NULL, false},
	{"paravisor", check_paravisor, is_snp, false},
	{"ak_binding", check_ak_binding, has_runtime, false},
	{"ak_certificate", check_ak_certificate, has_no_runtime, false},
	{"ak_attributes", check_ak_attributes, NULL, false},
	{"quote_signature", check_quote_signature, NULL, false},
	{"quote_selection", check_quote_selection, NULL, false},
	{"quote_digest", check_quote_digest, NULL, false},
	{"enckey_certify", check_enckey_certify, NULL, false},
	{"enckey_attributes", check_enckey_attributes, NULL, false},
	{"enckey_policy", check_enckey_policy, NULL, false},
	{"eventlog_replay", check_log, has_log, false},
};
#define N_VERIFY (sizeof(verify_list) / sizeof(verify_list[0]))

/* The report's own checks stand first, in its kind's order. */
static enum avow_err
verify_inner(struct azg_context *c, struct avow_findings *f, struct avow_why *why)
{
	const struct avow_evidence *inner = c->e->inner;
	struct avow_verify_in in = *c->in;
	enum avow_err e;

	if (!inner)
		return AVOW_OK;
	in.runtime = (struct avow_bound_data){
		.present = true, .bytes = c->e->runtime_data, .is_json = true};
	in.init = (struct avow_bound_data){.present = false};
	e = inner->kind->verify(inner, &in, c->arena, f, &c->v->inner, why);
	if (e == AVOW_OK && !c->v->inner)
		e = AVOW_E_INTERNAL;
	return e;
}

static bool
is_undecided(enum avow_err e)
{
	return avow_err_class(e) == AVOW_CLASS_COLLATERAL ||
	       avow_err_class(e) == AVOW_CLASS_STORE;
}

/* A report that could not be decided does not hide a refusal of the rest. */
static enum avow_err
run(struct azg_context *c, struct avow_findings *f, struct avow_why *why)
{
	struct avow_why inner_why;
	enum avow_err inner, e;
	size_t at;

	avow_why_init(&inner_why);
	inner = verify_inner(c, f, &inner_why);
	at = avow_checks_declare(f, verify_list, N_VERIFY);
	if (inner == AVOW_OK || is_undecided(inner)) {
		e = avow_checks_run(f, at, verify_list, N_VERIFY, c, why);
		if (e != AVOW_OK)
			return e;
	}
	if (inner != AVOW_OK && why)
		*why = inner_why;
	return inner;
}

enum avow_err
azg_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	struct avow_verified *verified = avow_arena_alloc(a, sizeof(*verified));
	struct azg_context c = {.e = ev->body, .in = in, .arena = a};
	enum avow_err e;

	*out = NULL;
	c.v = avow_arena_alloc(a, sizeof(*c.v));
	if (!verified || !c.v)
		return avow_arena_err(a);
	verified->ev = ev;
	verified->body = c.v;
	AVOW_TRY(avow_tpm_public_key(&c.e->ak, &c.ak, why));
	e = run(&c, f, why);
	if (e == AVOW_OK && !has_log(&c)) /* the values are told, and no event */
		e = replay(&c, 0, why);
	avow_pubkey_free(c.ak);
	if (e == AVOW_OK)
		*out = verified;
	return e;
}

enum avow_err
azg_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why)
{
	const struct azg_verified *g = v->body;

	if (!g->inner)
		return AVOW_OK;
	return g->inner->ev->kind->judge(g->inner, in, f, why);
}
