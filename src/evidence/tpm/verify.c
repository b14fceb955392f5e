/*
 * Verifies a TPM attestation. This file is the list; each check is one function,
 * in the order of the contract and of TPM 2.0 Library part 3, 18.4: the request's
 * own signature and challenge, the key, the quote's signature, what it is bound
 * to, what it covers, its values, the logs that lead there, the request's keys, the
 * attestation of the boot, and the enclave's report.
 */
#include <string.h>

#include "evidence/checks.h"
#include "evidence/tpm/ak.h"
#include "evidence/tpm/layout.h"
#include "evidence/vbs/vbs.h"
#include "wire/json_member.h"

#define PROTOCOL "MAA TPM attestation protocol"

struct tpm_context {
	const struct avow_tpm_evidence *e;
	const struct avow_verify_in *in;
	struct avow_arena *arena;
	struct avow_findings *f;
	struct avow_tpm_cache *cache;
	struct avow_tpm_ak ak;
	struct avow_pubkey *request_key;
	struct tpm_verified *v;
};

static bool
is_request(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->form != AVOW_TPM_FORM_OBJECT;
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *check, const char *field,
	const char *expected)
{
	const struct avow_at at = {check, field, PROTOCOL};

	return avow_refuse(why, code, &at, expected, NULL);
}

/* --- the request ------------------------------------------------------------------------ */

static enum avow_err
read_key(const struct tpm_context *c, const struct avow_tpm_key *k,
	struct avow_pubkey **out, struct avow_why *why)
{
	enum avow_err e = avow_tpm_read_key(k->jwk, c->cache, c->arena, out);

	if (e != AVOW_E_JWK_FORMAT)
		return e;
	return tpm_bad_member(
		why, "jwk", "a JWK: RSA of 2048 bits or more, P-256, P-384 or P-521");
}

/* PS256 with whatever salt: a TPM chooses its own length. */
static enum avow_err
check_request_signature(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;
	const struct avow_jws *jws = &c->e->jws;
	enum avow_err e;

	if (!avow_span_eq_str(jws->alg, "PS256"))
		return refuse(why, AVOW_E_TPM_JWS, "request_signature", "alg", "PS256");
	AVOW_TRY(read_key(c, &c->e->keys[0], &c->request_key, why));
	e = avow_verify_scheme(c->request_key, AVOW_SCHEME_PSS, AVOW_SHA256,
		jws->signing_input, jws->signature);
	if (e == AVOW_OK || avow_err_class(e) == AVOW_CLASS_CRYPTO ||
		avow_err_class(e) == AVOW_CLASS_INTERNAL)
		return e;
	return refuse(why, AVOW_E_TPM_JWS, "request_signature", "signature",
		"one by the request's own key");
}

/* bugs 20 and 21: the challenge is the service's own, of this round */
static enum avow_err
check_challenge(void *ctx, struct avow_why *why)
{
	static const struct avow_at at = {"challenge", "challenge", PROTOCOL};
	const struct tpm_context *c = ctx;
	struct avow_span mine = {NULL, 0};

	if (c->in->tpm)
		mine = c->in->tpm->challenge;
	if (mine.n > 0 && avow_span_eq(mine, c->e->challenge))
		return AVOW_OK;
	return avow_refuse_bytes(why, AVOW_E_TPM_CHALLENGE, &at, mine, c->e->challenge);
}

/* --- the quote --------------------------------------------------------------------------- */

static enum avow_err
check_ak(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;

	return avow_tpm_ak_find(&c->e->current, c->in, c->cache, c->arena, &c->ak, why);
}

static enum avow_err
check_quote_signature(void *ctx, struct avow_why *why)
{
	const struct tpm_context *c = ctx;

	return avow_tpm_quote_signature(&c->e->current.quote, c->ak.key, why);
}

static bool
has_challenge(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->has_challenge;
}

/* From here on it is this machine that speaks, and speaks now. */
static void
tell_machine(const struct tpm_context *c)
{
	if (!c->ak.is_validated)
		return;
	c->f->machine.is_known = true;
	c->f->machine.label = c->e->rp_id;
	memcpy(c->f->machine.id, c->ak.sha256, sizeof(c->ak.sha256));
}

/* The challenge, or with tpm_quote H(the key's text as sent || 00 || challenge). */
static enum avow_err
check_quote_challenge(void *ctx, struct avow_why *why)
{
	const struct tpm_context *c = ctx;
	const struct avow_tpm_key *k = &c->e->keys[0];
	const struct avow_span parts[] = {k->jwk_text, AVOW_LIT("\0"), c->e->challenge};
	uint8_t digest[AVOW_MAX_DIGEST];

	if (c->e->n_keys == 0 || k->binding != AVOW_TPM_BOUND_BY_QUOTE) {
		AVOW_TRY(avow_tpm_quote_bound(
			&c->e->current.quote, c->e->challenge, why));
	} else {
		AVOW_TRY(avow_digest(k->hash, parts, 3, digest));
		AVOW_TRY(avow_tpm_quote_bound(&c->e->current.quote,
			avow_span_make(digest, avow_hash_bytes(k->hash)), why));
	}
	tell_machine(c);
	return AVOW_OK;
}

static uint32_t
required(const struct tpm_context *c)
{
	if (!c->e->has_required)
		return c->in->required_pcr_mask;
	return c->e->required | (c->in->mask_is_set ? c->in->required_pcr_mask : 0);
}

static enum avow_err
check_selection(void *ctx, struct avow_why *why)
{
	const struct tpm_context *c = ctx;

	return avow_tpm_quote_selection(&c->e->current.quote, required(c), why);
}

static enum avow_err
check_digest(void *ctx, struct avow_why *why)
{
	const struct tpm_context *c = ctx;

	return avow_tpm_quote_digest(&c->e->current.quote, why);
}

static enum avow_err
attest_logs(const struct avow_tpm_attestation *t, struct avow_arena *a,
	struct avow_attested *out, struct avow_why *why)
{
	struct avow_quoted_bank *banks =
		avow_arena_array(a, AVOW_LOG_BANKS, sizeof(*banks));
	size_t n;

	if (!banks)
		return avow_arena_err(a);
	n = avow_tpm_quote_banks(&t->quote, banks);
	return avow_attested_logs(t->logs, t->n_logs, banks, n, a, out, why);
}

static enum avow_err
check_logs(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;

	return attest_logs(&c->e->current, c->arena, &c->v->current, why);
}

/* --- keys --------------------------------------------------------------------------------- */

static enum avow_err
check_certified_key(
	struct tpm_context *c, const struct avow_tpm_key *k, struct avow_why *why)
{
	struct avow_pubkey *jwk = NULL, *area = NULL;
	enum avow_err e;

	AVOW_TRY(avow_tpm_certify_verify(&k->certify, &k->signature, c->ak.key,
		c->e->challenge, &k->public_area, why));
	e = read_key(c, k, &jwk, why);
	if (e == AVOW_OK)
		e = avow_tpm_public_key(&k->public_area, &area, why);
	if (e == AVOW_OK && !avow_pubkey_eq(jwk, area))
		e = refuse(why, AVOW_E_TPM_KEY_NAME, "request_key", "jwk",
			"the key of the certified public area");
	avow_pubkey_free(jwk);
	avow_pubkey_free(area);
	return e;
}

static bool
is_v2(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->form == AVOW_TPM_FORM_V2;
}

static enum avow_err
check_request_key(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;
	const struct avow_tpm_key *k = &c->e->keys[0];

	switch (k->binding) {
	case AVOW_TPM_BOUND_BY_QUOTE:
		return AVOW_OK; /* check_quote_challenge */
	case AVOW_TPM_BOUND_BY_CERTIFY:
		return check_certified_key(c, k, why);
	case AVOW_TPM_BOUND_NOT:
		break;
	}
	return refuse(why, AVOW_E_TPM_KEY_UNBOUND, "request_key", "request_key.info",
		"tpm_quote or tpm_certify");
}

static bool
has_other_keys(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->n_keys > 1;
}

static enum avow_err
check_other_keys(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;

	for (size_t i = 1; i < c->e->n_keys; i++)
		if (c->e->keys[i].binding == AVOW_TPM_BOUND_BY_CERTIFY)
			AVOW_TRY(check_certified_key(c, &c->e->keys[i], why));
	return AVOW_OK;
}

/* --- the boot and the enclave ---------------------------------------------------------------- */

static bool
has_boot(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->boot.present;
}

/* Contract: its quote is of the same cold boot and bound to no challenge. */
static enum avow_err
check_boot(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;
	const struct avow_tpm_attestation *b = &c->e->boot;

	AVOW_TRY(avow_tpm_ak_same(b, &c->ak, c->cache, c->arena, why));
	AVOW_TRY(avow_tpm_quote_signature(&b->quote, c->ak.key, why));
	AVOW_TRY(avow_tpm_quote_same_boot(&b->quote, &c->e->current.quote, why));
	AVOW_TRY(avow_tpm_quote_selection(&b->quote, required(c), why));
	AVOW_TRY(avow_tpm_quote_digest(&b->quote, why));
	AVOW_TRY(attest_logs(b, c->arena, &c->v->boot, why));
	c->v->has_boot = true;
	return AVOW_OK;
}

static bool
is_vbs(const void *ctx)
{
	return ((const struct tpm_context *)ctx)->e->is_vbs;
}

static enum avow_err
check_vbs(void *ctx, struct avow_why *why)
{
	struct tpm_context *c = ctx;
	struct avow_boot_facts facts;

	AVOW_TRY(avow_vbs_parse(c->e->vbs_report, &c->v->vbs, why));
	AVOW_TRY(avow_attested_boot(&c->v->current, &facts));
	AVOW_TRY(avow_vbs_verify(&c->v->vbs, &facts, c->e->report_signed, why));
	c->v->has_vbs = true;
	return AVOW_OK;
}

/* --- the list ---------------------------------------------------------------------------------- */

static const struct avow_check_def verify_list[] = {
	{"request_signature", check_request_signature, is_request, false},
	{"challenge", check_challenge, is_request, false},
	{"ak_certificate", check_ak, NULL, false},
	{"quote_signature", check_quote_signature, NULL, false},
	{"quote_challenge", check_quote_challenge, has_challenge, false},
	{"pcr_selection", check_selection, NULL, false},
	{"pcr_digest", check_digest, NULL, false},
	{"log_replay", check_logs, NULL, false},
	{"request_key", check_request_key, is_v2, false},
	{"other_keys", check_other_keys, has_other_keys, false},
	{"boot_attestation", check_boot, has_boot, false},
	{"vbs_report", check_vbs, is_vbs, false},
};

#define N_VERIFY (sizeof(verify_list) / sizeof(verify_list[0]))

/* --- what is kept ------------------------------------------------------------------------------- */

/* {"jwk":{...}} with the public members alone, whatever else was sent. */
static void
put_jwk(struct avow_jw *w, const struct avow_pubkey *key, enum avow_err *e)
{
	avow_jw_name(w, "jwk");
	avow_jw_open(w, '{');
	*e = avow_jwk_put_members(w, key);
	avow_jw_close(w);
}

/* Contract, policy key object: members in the order of their names. */
static void
put_info(struct avow_jw *w, const struct avow_tpm_key *k)
{
	avow_jw_name(w, "info");
	avow_jw_open(w, '{');
	if (k->binding == AVOW_TPM_BOUND_BY_QUOTE) {
		avow_jw_name(w, "tpm_quote");
		avow_jw_open(w, '{');
		avow_jw_put_str(w, "hash_alg", k->hash_name);
	} else {
		avow_jw_name(w, "tpm_certify");
		avow_jw_open(w, '{');
		if (k->public_area.auth_policy.n > 0) {
			avow_jw_name(w, "auth_policy");
			avow_jw_b64url(w, k->public_area.auth_policy);
		}
		avow_jw_put_int(w, "name_alg", k->public_area.name_alg);
		avow_jw_put_int(w, "obj_attr", k->public_area.attributes);
	}
	avow_jw_close(w);
	avow_jw_close(w);
}

static enum avow_err
keep_json(struct tpm_context *c, bool with_info, struct avow_span *out)
{
	enum avow_err e = AVOW_OK;
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init_arena(&b, c->arena, 8192);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	if (with_info)
		put_info(&w, &c->e->keys[0]);
	put_jwk(&w, c->request_key, &e);
	avow_jw_close(&w);
	*out = avow_buf_span(&b);
	return e != AVOW_OK ? e : b.err;
}

static enum avow_err
finish(struct tpm_context *c)
{
	struct tpm_verified *v = c->v;

	v->aik_validated = c->ak.is_validated;
	memcpy(v->aik_sha256, c->ak.sha256, sizeof(v->aik_sha256));
	v->quote_hash = avow_tpm_hash_name(c->e->current.quote.signature.hash);
	if (c->in->tpm)
		v->url = c->in->tpm->url;
	if (c->e->form == AVOW_TPM_FORM_V2)
		AVOW_TRY(keep_json(c, true, &v->request_key));
	if (c->e->form != AVOW_TPM_FORM_OBJECT)
		AVOW_TRY(keep_json(c, false, &v->confirmation));
	return AVOW_OK;
}

enum avow_err
avow_tpm_verify(const struct avow_evidence *ev, const struct avow_verify_in *in,
	struct avow_arena *a, struct avow_findings *f, const struct avow_verified **out,
	struct avow_why *why)
{
	struct avow_verified *verified = avow_arena_alloc(a, sizeof(*verified));
	struct tpm_context c = {.e = ev->body, .in = in, .arena = a, .f = f};
	size_t at = avow_checks_declare(f, verify_list, N_VERIFY);
	enum avow_err e;

	*out = NULL;
	c.cache = in->cache ? in->cache->tpm : NULL;
	c.v = avow_arena_alloc(a, sizeof(*c.v));
	if (!verified || !c.v)
		return avow_arena_err(a);
	verified->ev = ev;
	verified->body = c.v;
	e = avow_checks_run(f, at, verify_list, N_VERIFY, &c, why);
	if (e == AVOW_OK)
		e = finish(&c);
	avow_tpm_ak_clear(&c.ak);
	avow_pubkey_free(c.request_key);
	if (e == AVOW_OK)
		*out = verified;
	return e;
}

/* What a machine must have booted is a policy's to say. */
enum avow_err
avow_tpm_judge(const struct avow_verified *v, const struct avow_verify_in *in,
	struct avow_findings *f, struct avow_why *why)
{
	(void)v;
	(void)in;
	(void)f;
	(void)why;
	return AVOW_OK;
}
