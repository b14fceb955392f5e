/*
 * SEV-SNP and TDX attestations in one process, warm, beside the crypto that none of
 * them can do without; prints one JSON object. Floor and ours are measured in turns,
 * so that a change of the machine's speed meets both; thread CPU time, so that other
 * programs do not count.
 *
 * snp_uvm_warm is a confidential container's: the same report with the endorsement of
 * its utility VM, against the same floor, because an endorsement is the same for all
 * machines of an image and costs only once.
 *
 * floors, straight through OpenSSL with everything prepared: for SNP one P-384
 * verification and one RSA-2048 signature; for TDX one P-256 verification with import
 * of a raw key and one RSA-2048 signature.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "api/provider.h"
#include "appraise/appraise.h"
#include "base/limits.h"
#include "forge/snp.h"
#include "forge/tdx.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/snp_references.h"
#include "trust/tcb.h"

#define ROUNDS 40
#define BATCH 25
#define PLATFORMS 12

/* --- the floors ---------------------------------------------------------------------- */

struct floor {
	EVP_PKEY *ec, *rsa, *template_key; /* NULL: the key is parsed already */
	const EVP_MD *md;
	uint8_t point[65], message[706], sig[128];
	size_t sig_n, message_n;
};

static void
floor_init(struct floor *f, const char *curve, const EVP_MD *md, size_t message_n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t n = 0;

	memset(f, 0, sizeof(*f));
	memset(f->message, 7, sizeof(f->message));
	f->message_n = message_n;
	f->md = md;
	f->ec = EVP_EC_gen(curve);
	f->rsa = EVP_RSA_gen(2048);
	MUST(f->ec && f->rsa && ctx);
	if (strcmp(curve, "P-256") == 0) {
		f->template_key = EVP_EC_gen(curve);
		MUST(f->template_key &&
			EVP_PKEY_get_octet_string_param(f->ec, "encoded-pub-key",
				f->point, sizeof(f->point), &n) == 1);
		MUST(n == 65);
	}
	f->sig_n = sizeof(f->sig);
	MUST(EVP_DigestSignInit(ctx, NULL, md, NULL, f->ec) == 1);
	MUST(EVP_DigestSign(ctx, f->sig, &f->sig_n, f->message, message_n) == 1);
	EVP_MD_CTX_free(ctx);
}

static void
floor_verify(const struct floor *f)
{
	EVP_PKEY *own = f->template_key ? EVP_PKEY_dup(f->template_key) : NULL;
	EVP_PKEY_CTX *v;
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (own)
		MUST(EVP_PKEY_set1_encoded_public_key(own, f->point, 65) == 1);
	MUST(EVP_Digest(f->message, f->message_n, digest, &n, f->md, NULL));
	v = EVP_PKEY_CTX_new(own ? own : f->ec, NULL);
	MUST(v && EVP_PKEY_verify_init(v) == 1);
	MUST(EVP_PKEY_verify(v, f->sig, f->sig_n, digest, n) == 1);
	EVP_PKEY_CTX_free(v);
	EVP_PKEY_free(own);
}

static void
floor_once(const struct floor *f)
{
	EVP_PKEY_CTX *s = EVP_PKEY_CTX_new(f->rsa, NULL);
	uint8_t digest[32], sig[256];
	size_t n = sizeof(sig);

	floor_verify(f);
	memset(digest, 3, sizeof(digest));
	MUST(s && EVP_PKEY_sign_init(s) == 1);
	MUST(EVP_PKEY_CTX_set_rsa_padding(s, RSA_PKCS1_PADDING) == 1);
	MUST(EVP_PKEY_CTX_set_signature_md(s, EVP_sha256()) == 1);
	MUST(EVP_PKEY_sign(s, sig, &n, digest, 32) == 1);
	EVP_PKEY_CTX_free(s);
}

/* --- ours ---------------------------------------------------------------------------- */

struct world {
	const char *kind, *file;
	struct avow_forged *forged[PLATFORMS];
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_policy *policy;
	struct avow_token_issuer *issuer;
	struct avow_snp_references *references; /* SNP */
	char hash[AVOW_POLICY_HASH_TEXT];
	int64_t at_s;
};

static void
world_init(struct world *w, unsigned bit, enum avow_anchor_kind anchor)
{
	struct avow_span text = avow_span_str(avow_policy_default(bit));
	struct avow_collateral_file files[16];
	struct avow_forge_file file;
	struct avow_keys *keys;
	size_t n = 0;

	MUST(avow_anchors_new(false, &w->anchors) == AVOW_OK);
	MUST(avow_anchors_add_pem(w->anchors, anchor,
		     avow_forged_get(w->forged[0], "root.pem"), NULL) == AVOW_OK);
	for (size_t i = 0; avow_forged_at(w->forged[0], i, &file) && n < 16; i++)
		if (strncmp(file.name, "collateral/", 11) == 0)
			files[n++] =
				(struct avow_collateral_file){file.name, file.bytes};
	MUST(avow_collateral_build(files, n, &w->collateral, NULL) == AVOW_OK);
	MUST(avow_policy_compile(text, &w->policy, NULL) == AVOW_OK);
	MUST(avow_policy_hash(text, w->hash) == AVOW_OK);
	MUST(avow_keys_new(AVOW_SIG_RS256, w->at_s, &keys) == AVOW_OK);
	MUST(avow_token_issuer_new(
		     keys, AVOW_LIT("https://bench.example"), &w->issuer) == AVOW_OK);
}

static void
snp_init(struct world *w, bool with_uvm)
{
	struct avow_forge_snp_keys *keys;
	struct avow_forge_snp p;

	w->kind = "snp";
	w->file = "request.json"; /* as clients of the contract send it */
	w->at_s = (int64_t)time(NULL);
	MUST(avow_forge_snp_keys_new(&keys) == AVOW_OK);
	avow_forge_snp_defaults(&p, w->at_s);
	p.keys = keys;
	p.with_uvm = with_uvm;
	MUST(avow_forge_snp_make(&p, &w->forged[0], NULL) == AVOW_OK);
	avow_forge_snp_keys_free(keys);
	world_init(w, AVOW_KIND_SNP, AVOW_ANCHOR_AMD_ARK);
	MUST(avow_snp_references_new(&w->references) == AVOW_OK);
	if (with_uvm)
		MUST(avow_snp_references_add_uvm(w->references,
			     avow_forged_get(w->forged[0], "uvm_reference.txt"),
			     NULL) == AVOW_OK);
}

static void
tdx_init(struct world *w)
{
	struct avow_forge_keys *keys;
	struct avow_forge_tdx p;

	w->kind = "tdx";
	w->file = "quote.bin";
	w->at_s = (int64_t)time(NULL);
	MUST(avow_forge_keys_new(&keys) == AVOW_OK);
	avow_forge_tdx_defaults(&p, w->at_s);
	p.platform.keys = keys;
	for (size_t i = 0; i < PLATFORMS; i++) {
		p.platform.ppid[0] = (uint8_t)(i + 1);
		MUST(avow_forge_tdx_make(&p, &w->forged[i], NULL) == AVOW_OK);
	}
	avow_forge_keys_free(keys);
	world_init(w, AVOW_KIND_TDX, AVOW_ANCHOR_INTEL_SGX);
}

static void
attest(const struct world *w, size_t platform, struct avow_evidence_cache *cache,
	struct avow_arena *a)
{
	const struct avow_appraise_in in = {
		.kind = avow_kind_by_name(avow_span_str(w->kind)),
		.evidence = avow_forged_get(w->forged[platform], w->file),
		.policy = w->policy,
		.at_s = w->at_s,
		.anchors = w->anchors,
		.collateral = w->collateral,
		.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE,
		.snp_references = w->references,
		.cache = cache,
	};
	const struct avow_attest_token t = {.issuer = w->issuer,
		.now_s = w->at_s,
		.policy_hash = avow_span_str(w->hash)};
	struct avow_appraisal ap;
	struct avow_buf out;

	avow_arena_reset(a);
	MUST(avow_appraise(&in, a, &ap) == AVOW_OK);
	avow_buf_init(&out, AVOW_MAX_TOKEN);
	MUST(avow_attest_token(&ap, &t, a, &out, NULL) == AVOW_OK);
	avow_buf_clear(&out);
}

/* --- the figures ------------------------------------------------------------------------ */

struct figures {
	double floor_us, ours_us, first_seen_us;
};

static void
measure(const struct world *w, const struct floor *f, size_t platforms,
	struct avow_arena *a, struct figures *out)
{
	double floors[ROUNDS], ours[ROUNDS], first[PLATFORMS], start;
	struct avow_evidence_cache *cache;

	MUST(avow_evidence_cache_new(0, &cache) == AVOW_OK);
	for (size_t i = 0; i < platforms; i++) {
		start = bench_us(CLOCK_THREAD_CPUTIME_ID);
		attest(w, i, cache, a);
		first[i] = bench_us(CLOCK_THREAD_CPUTIME_ID) - start;
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		start = bench_us(CLOCK_THREAD_CPUTIME_ID);
		for (int k = 0; k < BATCH; k++)
			floor_once(f);
		floors[i] = (bench_us(CLOCK_THREAD_CPUTIME_ID) - start) / BATCH;
		start = bench_us(CLOCK_THREAD_CPUTIME_ID);
		for (int k = 0; k < BATCH; k++)
			attest(w, 0, cache, a);
		ours[i] = (bench_us(CLOCK_THREAD_CPUTIME_ID) - start) / BATCH;
	}
	out->floor_us = bench_median(floors, ROUNDS);
	out->ours_us = bench_median(ours, ROUNDS);
	out->first_seen_us = bench_median(first, platforms);
	avow_evidence_cache_free(cache);
}

static void
print(const char *name, const struct figures *g)
{
	printf("\"%s\":{\"floor_us\":%.1f,\"in_process_us\":%.1f,"
	       "\"in_process_ratio\":%.3f,\"first_seen_ratio\":%.2f}",
		name, g->floor_us, g->ours_us, g->floor_us / g->ours_us,
		g->first_seen_us / g->floor_us);
}

int
main(void)
{
	static struct world snp, uvm, tdx;
	struct figures g;
	struct avow_arena a;
	struct floor f;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	snp_init(&snp, false);
	snp_init(&uvm, true);
	tdx_init(&tdx);
	floor_init(&f, "P-384", EVP_sha384(), 672);
	measure(&snp, &f, 1, &a, &g);
	printf("{");
	print("snp_warm", &g);
	measure(&uvm, &f, 1, &a, &g);
	printf(",");
	print("snp_uvm_warm", &g);
	floor_init(&f, "P-256", EVP_sha256(), 632);
	measure(&tdx, &f, PLATFORMS, &a, &g);
	printf(",");
	print("tdx_warm", &g);
	printf("}\n");
	return 0;
}
