/*
 * avow collateral fetch: what a list of platforms needs, from Intel's PCS or a
 * PCCS and from AMD's KDS or a mirror. A source that is busy is asked again. Each
 * document is verified as it comes; only when all of it is there is anything
 * written, into a folder or straight into a bundle.
 *
 *   platforms -> keys -> get and verify, one by one -> survey -> folder, bundle
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/limits.h"
#include "cli/collateral.h"
#include "fetch/fetch.h"

#define INTEL_PCS "https://api.trustedservices.intel.com"
#define AMD_KDS "https://kdsintf.amd.com"
#define TIMEOUT_MS 30000
/* of one platform: TCB infos and identities of both TEEs and each number, CRLs */
#define MAX_KEYS (COLLATERAL_MAX_NAMED * 40)

struct fetch_run {
	const struct collateral_options *o;
	struct avow_fetch_sources sources;
	struct avow_fetch_key *keys;
	bool *optional; /* a maker that does not have it is no failure */
	size_t n_keys;
	struct avow_collateral_file *files;
	size_t n_files;
	struct avow_collateral *known; /* of what came so far */
	struct collateral_wait wait;
	struct avow_arena a;
};

/* --- what is wanted ---------------------------------------------------------------------- */

static void
want(struct fetch_run *r, struct avow_fetch_key key, bool optional)
{
	for (size_t i = 0; i < r->n_keys; i++)
		if (avow_fetch_key_eq(&r->keys[i], &key)) {
			r->optional[i] &= optional;
			return;
		}
	if (r->n_keys == MAX_KEYS)
		return;
	r->optional[r->n_keys] = optional;
	r->keys[r->n_keys++] = key;
}

static void
want_tee(struct fetch_run *r, const struct collateral_platform *p, enum avow_tee tee,
	bool optional)
{
	struct avow_fetch_key tcb = {
		.kind = AVOW_FETCH_TCB_INFO, .tee = tee, .early = r->o->early};
	struct avow_fetch_key qe = {
		.kind = AVOW_FETCH_QE_IDENTITY, .tee = tee, .early = r->o->early};

	memcpy(tcb.fmspc, p->fmspc, sizeof(tcb.fmspc));
	want(r, tcb, optional);
	want(r, qe, optional);
	tcb.early = qe.early = false;
	for (size_t i = 0; i < r->o->n_numbers; i++) {
		tcb.number = qe.number = r->o->number[i];
		want(r, tcb, optional);
		/* identities do not exist for every number */
		want(r, qe, true);
	}
}

static void
want_intel(struct fetch_run *r, const struct collateral_platform *p)
{
	want(r, (struct avow_fetch_key){.kind = AVOW_FETCH_ROOT_CRL}, false);
	want(r,
		(struct avow_fetch_key){
			.kind = AVOW_FETCH_PCK_CRL, .ca = AVOW_PCK_CA_PROCESSOR},
		true);
	want(r,
		(struct avow_fetch_key){
			.kind = AVOW_FETCH_PCK_CRL, .ca = AVOW_PCK_CA_PLATFORM},
		true);
	if (!p->has_tee || p->tee == AVOW_TEE_SGX)
		want_tee(r, p, AVOW_TEE_SGX, false);
	/* most platforms have no TDX */
	if (!p->has_tee || p->tee == AVOW_TEE_TDX)
		want_tee(r, p, AVOW_TEE_TDX, !p->has_tee);
}

static void
want_vek(struct fetch_run *r, const struct collateral_platform *p,
	enum avow_amd_vek_kind vek)
{
	struct avow_fetch_key k = {
		.kind = AVOW_FETCH_AMD_CHAIN, .product = p->product, .vek = vek};

	want(r, k, vek == AVOW_AMD_VLEK);
	k.kind = AVOW_FETCH_AMD_CRL;
	want(r, k, vek == AVOW_AMD_VLEK);
}

/* By the name that the store has for it, which is read strictly. */
static bool
want_chip(struct fetch_run *r, const struct collateral_platform *p)
{
	char chip[2 * AVOW_AMD_CHIP_ID_BYTES + 1], name[AVOW_FETCH_NAME_TEXT];
	struct avow_fetch_key key;
	int n;

	if (!p->tcb || !p->has_product)
		return false;
	avow_hex_encode(avow_span_make(p->chip_id, p->n_chip_id), chip);
	n = snprintf(name, sizeof(name), AVOW_FETCH_VCEK_PREFIX "%s/%s/%.*s",
		avow_amd_product_name(p->product), chip, (int)strcspn(p->tcb, ","),
		p->tcb);
	if (n < 0 || (size_t)n >= sizeof(name) ||
		avow_fetch_key_parse(avow_span_str(name), &key) != AVOW_OK)
		return false;
	want(r, key, false);
	return true;
}

static int
want_all(struct fetch_run *r)
{
	struct collateral_platform p;

	for (size_t i = 0; i < r->o->n_platforms; i++) {
		if (!collateral_read_platform(r->o->platform[i], &p))
			return avow_cli_usage(&avow_cmd_collateral,
				"--platform: not a platform: %s", r->o->platform[i]);
		if (p.is_intel) {
			want_intel(r, &p);
			continue;
		}
		/* a leaf is verified under the chain that came before it */
		want_vek(r, &p, AVOW_AMD_VCEK);
		want_vek(r, &p, AVOW_AMD_VLEK);
		if (p.n_chip_id > 0 && !want_chip(r, &p))
			return avow_cli_usage(&avow_cmd_collateral,
				"--platform: to fetch a chip's certificate takes "
				"product= and tcb=FMC-BL-TEE-SNP-UCODE");
	}
	return AVOW_EXIT_OK;
}

/* --- getting it -------------------------------------------------------------------------------- */

static enum avow_err
learn(struct fetch_run *r, struct avow_why *why)
{
	struct avow_collateral *all;

	AVOW_TRY(avow_collateral_build(r->files, r->n_files, &all, why));
	avow_collateral_free(r->known);
	r->known = all;
	return AVOW_OK;
}

static enum avow_err
keep(struct fetch_run *r, const struct avow_store_collateral *doc, struct avow_why *why)
{
	struct avow_span name = avow_arena_copy(&r->a, doc->name);

	if (!name.p)
		return avow_arena_err(&r->a);
	r->files[r->n_files++] =
		(struct avow_collateral_file){(const char *)name.p, doc->body};
	if (doc->chain.n > 0)
		r->files[r->n_files++] =
			(struct avow_collateral_file){(const char *)name.p, doc->chain};
	return learn(r, why);
}

static enum avow_err
get(struct fetch_run *r, size_t i, struct avow_why *why)
{
	const struct avow_fetch_judge judge = {
		.anchors = r->o->anchors, .known = r->known, .at_s = r->o->at_s};
	struct avow_store_collateral doc;
	char name[AVOW_FETCH_NAME_TEXT];
	int retry_after_s;
	enum avow_err e;

	avow_fetch_key_name(&r->keys[i], name);
	for (;;) {
		e = avow_fetch_get(&r->sources, &r->keys[i], &judge, NULL, NULL, &r->a,
			&doc, &retry_after_s, why);
		if (e != AVOW_E_FETCH_BUSY ||
			!collateral_wait(&r->wait, name, retry_after_s))
			break;
		avow_why_init(why);
	}
	if (e == AVOW_E_FETCH_NOT_FOUND && r->optional[i]) {
		fprintf(stderr, "avow collateral: %s: not on offer\n", name);
		avow_why_init(why);
		return AVOW_OK;
	}
	return e == AVOW_OK ? keep(r, &doc, why) : e;
}

static int
get_all(struct fetch_run *r)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = learn(r, &why);
	for (size_t i = 0; i < r->n_keys && e == AVOW_OK; i++)
		e = get(r, i, &why);
	return e == AVOW_OK ? AVOW_EXIT_OK : collateral_failed(e, &why);
}

/* --- keeping it ---------------------------------------------------------------------------------- */

static int
finish(struct fetch_run *r)
{
	struct avow_survey *s = NULL;
	struct avow_why why;
	int status = AVOW_EXIT_OK;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_survey_new(r->known, r->o->anchors, r->o->at_s, r->o->within_s, &s);
	if (e == AVOW_OK && !r->o->out)
		e = collateral_write(r->o, s, &why);
	if (e != AVOW_OK)
		status = collateral_failed(e, &why);
	else if (r->o->out)
		status = collateral_export_survey(r->o, s);
	if (status == AVOW_EXIT_OK)
		status = collateral_print(r->o, s, NULL);
	if (status == AVOW_EXIT_OK)
		status = collateral_status(s);
	avow_survey_free(s);
	return status;
}

static int
check_usage(const struct collateral_options *o)
{
	if (o->n_platforms == 0)
		return avow_cli_usage(&avow_cmd_collateral,
			"fetch takes --platform, for whom to fetch");
	if (o->out && !o->key)
		return avow_cli_usage(&avow_cmd_collateral, "-o takes --key PEM");
	return AVOW_EXIT_OK;
}

int
collateral_fetch(const struct collateral_options *o)
{
	struct fetch_run r = {.o = o,
		.sources = {.intel = o->intel ? o->intel : INTEL_PCS,
			.amd = o->amd ? o->amd : AMD_KDS,
			.ca_file = o->ca,
			.proxy = o->proxy,
			.timeout_ms = TIMEOUT_MS}};
	int status = check_usage(o);

	if (status != AVOW_EXIT_OK)
		return status;
	collateral_wait_init(&r.wait, o->retry_for_s);
	avow_arena_init(&r.a, AVOW_MAX_COLLATERAL_BYTES);
	r.keys = avow_arena_array(&r.a, MAX_KEYS, sizeof(*r.keys));
	r.optional = avow_arena_array(&r.a, MAX_KEYS, sizeof(*r.optional));
	r.files = avow_arena_array(&r.a, 2 * MAX_KEYS, sizeof(*r.files));
	if (!r.keys || !r.optional || !r.files)
		status = collateral_failed(AVOW_E_NO_MEMORY, NULL);
	if (status == AVOW_EXIT_OK)
		status = want_all(&r);
	if (status == AVOW_EXIT_OK)
		status = get_all(&r);
	if (status == AVOW_EXIT_OK)
		status = finish(&r);
	avow_collateral_free(r.known);
	avow_arena_clear(&r.a);
	return status;
}
