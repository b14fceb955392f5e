/*
 * SGX attestations in one process, beside the crypto that none of them can do
 * without, in one run: prints one JSON object. Floor and ours are measured in
 * turns, so that a change of the machine's speed meets both.
 *
 * floor: one P-256 verification with import of a raw key, one RSA-2048
 * signature, straight through OpenSSL.
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
#include "forge/forge.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

#define ROUNDS 40
#define BATCH 25
#define PLATFORMS 24

/* --- the floor --------------------------------------------------------------------- */

struct floor {
	EVP_PKEY *ec, *rsa, *template_key;
	uint8_t point[65], message[432], ec_sig[80], digest[32];
	size_t ec_sig_n;
};

static void
floor_init(struct floor *f)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t n = 0;

	memset(f->message, 7, sizeof(f->message));
	f->ec = EVP_EC_gen("P-256");
	f->template_key = EVP_EC_gen("P-256");
	f->rsa = EVP_RSA_gen(2048);
	MUST(f->ec && f->rsa && f->template_key && md);
	MUST(EVP_PKEY_get_octet_string_param(f->ec, "encoded-pub-key", f->point,
		     sizeof(f->point), &n) == 1);
	/* the uncompressed point whatever the key's own point format is */
	MUST(n == 65);
	f->ec_sig_n = sizeof(f->ec_sig);
	MUST(EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, f->ec) == 1);
	MUST(EVP_DigestSign(md, f->ec_sig, &f->ec_sig_n, f->message,
		     sizeof(f->message)) == 1);
	EVP_MD_CTX_free(md);
}

static void
floor_once(const struct floor *f)
{
	EVP_PKEY *key = EVP_PKEY_dup(f->template_key);
	EVP_PKEY_CTX *v, *s;
	uint8_t digest[32], sig[256];
	size_t n = sizeof(sig);
	unsigned dn = 0;

	MUST(key && EVP_PKEY_set1_encoded_public_key(key, f->point, 65) == 1);
	MUST(EVP_Digest(f->message, sizeof(f->message), digest, &dn, EVP_sha256(), NULL));
	v = EVP_PKEY_CTX_new(key, NULL);
	MUST(v && EVP_PKEY_verify_init(v) == 1);
	MUST(EVP_PKEY_verify(v, f->ec_sig, f->ec_sig_n, digest, 32) == 1);
	s = EVP_PKEY_CTX_new(f->rsa, NULL);
	MUST(s && EVP_PKEY_sign_init(s) == 1);
	MUST(EVP_PKEY_CTX_set_rsa_padding(s, RSA_PKCS1_PADDING) == 1);
	MUST(EVP_PKEY_CTX_set_signature_md(s, EVP_sha256()) == 1);
	MUST(EVP_PKEY_sign(s, sig, &n, digest, 32) == 1);
	EVP_PKEY_CTX_free(s);
	EVP_PKEY_CTX_free(v);
	EVP_PKEY_free(key);
}

/* --- ours -------------------------------------------------------------------------- */

struct world {
	struct avow_forged *forged[PLATFORMS];
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_policy *policy;
	struct avow_keys *keys;
	struct avow_token_issuer *issuer;
	char hash[AVOW_POLICY_HASH_TEXT];
	int64_t at_s;
};

static struct avow_collateral *
load_collateral(const struct avow_forged *f)
{
	struct avow_collateral_file files[16];
	struct avow_collateral *c;
	struct avow_forge_file file;
	size_t n = 0;

	for (size_t i = 0; avow_forged_at(f, i, &file) && n < 16; i++)
		if (strncmp(file.name, "collateral/", 11) == 0)
			files[n++] = (struct avow_collateral_file){file.name, file.bytes};
	MUST(avow_collateral_build(files, n, &c, NULL) == AVOW_OK);
	return c;
}

static void
world_init(struct world *w)
{
	struct avow_forge_keys *keys;
	struct avow_forge_sgx p;
	struct avow_span text = avow_span_str(avow_policy_default(AVOW_KIND_SGX));

	w->at_s = (int64_t)time(NULL);
	MUST(avow_forge_keys_new(&keys) == AVOW_OK);
	avow_forge_sgx_defaults(&p, w->at_s);
	p.keys = keys;
	for (size_t i = 0; i < PLATFORMS; i++) {
		p.ppid[0] = (uint8_t)(i + 1);
		MUST(avow_forge_sgx_make(&p, &w->forged[i], NULL) == AVOW_OK);
	}
	avow_forge_keys_free(keys);
	MUST(avow_anchors_new(true, &w->anchors) == AVOW_OK);
	MUST(avow_anchors_add_pem(w->anchors, AVOW_ANCHOR_INTEL_SGX,
		     avow_forged_get(w->forged[0], "root.pem"), NULL) == AVOW_OK);
	w->collateral = load_collateral(w->forged[0]);
	MUST(avow_policy_compile(text, &w->policy, NULL) == AVOW_OK);
	MUST(avow_policy_hash(text, w->hash) == AVOW_OK);
	MUST(avow_keys_new(AVOW_SIG_RS256, w->at_s, &w->keys) == AVOW_OK);
	MUST(avow_token_issuer_new(w->keys, AVOW_LIT("https://bench.example"),
		     &w->issuer) == AVOW_OK);
}

static void
attest(const struct world *w, size_t platform, struct avow_collateral *collateral,
	struct avow_evidence_cache *cache, struct avow_arena *a)
{
	const struct avow_appraise_in in = {
		.kind = avow_kind_by_name(AVOW_LIT("sgx")),
		.evidence = avow_forged_get(w->forged[platform], "quote.bin"),
		.policy = w->policy,
		.at_s = w->at_s,
		.anchors = w->anchors,
		.collateral = collateral,
		.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE,
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

/* --- the figures ------------------------------------------------------------------- */

struct figures {
	double floor_us, in_process_us, first_seen_us, from_nothing_us, policy_us;
};

static void
measure_warm(const struct world *w, const struct floor *f, struct avow_arena *a,
	struct figures *out)
{
	double floors[ROUNDS], ours[ROUNDS], start;
	struct avow_evidence_cache *cache;

	MUST(avow_evidence_cache_new(0, &cache) == AVOW_OK);
	attest(w, 0, w->collateral, cache, a);
	for (size_t i = 0; i < ROUNDS; i++) {
		start = bench_us(CLOCK_MONOTONIC);
		for (int k = 0; k < BATCH; k++)
			floor_once(f);
		floors[i] = (bench_us(CLOCK_MONOTONIC) - start) / BATCH;
		start = bench_us(CLOCK_MONOTONIC);
		for (int k = 0; k < BATCH; k++)
			attest(w, 0, w->collateral, cache, a);
		ours[i] = (bench_us(CLOCK_MONOTONIC) - start) / BATCH;
	}
	out->floor_us = bench_median(floors, ROUNDS);
	out->in_process_us = bench_median(ours, ROUNDS);
	avow_evidence_cache_free(cache);
}

static void
measure_cold(const struct world *w, struct avow_arena *a, struct figures *out)
{
	double first[PLATFORMS], nothing[PLATFORMS], start;
	struct avow_evidence_cache *cache;

	MUST(avow_evidence_cache_new(0, &cache) == AVOW_OK);
	for (size_t i = 0; i < PLATFORMS; i++) {
		start = bench_us(CLOCK_MONOTONIC);
		attest(w, i, w->collateral, cache, a);
		first[i] = bench_us(CLOCK_MONOTONIC) - start;
	}
	avow_evidence_cache_free(cache);
	for (size_t i = 0; i < PLATFORMS; i++) {
		struct avow_collateral *fresh = load_collateral(w->forged[0]);

		MUST(avow_evidence_cache_new(0, &cache) == AVOW_OK);
		start = bench_us(CLOCK_MONOTONIC);
		attest(w, i, fresh, cache, a);
		nothing[i] = bench_us(CLOCK_MONOTONIC) - start;
		avow_evidence_cache_free(cache);
		avow_collateral_free(fresh);
	}
	out->first_seen_us = bench_median(first, PLATFORMS);
	out->from_nothing_us = bench_median(nothing, PLATFORMS);
}

static void
measure_policy(const struct world *w, struct figures *out)
{
	struct avow_properties properties;
	struct avow_policy_outcome outcome;
	double times[ROUNDS], start;
	struct avow_arena keep, a;
	struct avow_appraisal ap;
	const struct avow_appraise_in in = {
		.kind = avow_kind_by_name(AVOW_LIT("sgx")),
		.evidence = avow_forged_get(w->forged[0], "quote.bin"),
		.at_s = w->at_s,
		.anchors = w->anchors,
		.collateral = w->collateral,
		.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE,
	};

	avow_arena_init(&keep, AVOW_MIB(8));
	avow_arena_init(&a, AVOW_MIB(8));
	MUST(avow_appraise(&in, &keep, &ap) == AVOW_OK);
	for (size_t i = 0; i < ROUNDS; i++) {
		start = bench_us(CLOCK_MONOTONIC);
		for (int k = 0; k < BATCH * 20; k++) {
			avow_arena_reset(&a);
			MUST(avow_policy_configure(w->policy, NULL, &a, &properties,
				     NULL) == AVOW_OK);
			MUST(avow_policy_decide(w->policy, &ap.claims, &properties, NULL,
				     &a, &outcome, NULL) == AVOW_OK);
		}
		times[i] = (bench_us(CLOCK_MONOTONIC) - start) / (BATCH * 20);
	}
	out->policy_us = bench_median(times, ROUNDS);
	avow_arena_clear(&keep);
	avow_arena_clear(&a);
}

int
main(void)
{
	static struct world w;
	struct figures g = {0};
	struct avow_arena a;
	struct floor f;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	floor_init(&f);
	world_init(&w);
	measure_warm(&w, &f, &a, &g);
	measure_cold(&w, &a, &g);
	measure_policy(&w, &g);
	printf("{\"floor_us\":%.1f,\"in_process_us\":%.1f,\"in_process_ratio\":%.3f,"
	       "\"first_seen_us\":%.1f,\"first_seen_ratio\":%.2f,"
	       "\"from_nothing_us\":%.1f,\"from_nothing_ratio\":%.2f,"
	       "\"policy_us\":%.2f}\n",
		g.floor_us, g.in_process_us, g.floor_us / g.in_process_us,
		g.first_seen_us, g.first_seen_us / g.floor_us, g.from_nothing_us,
		g.from_nothing_us / g.floor_us, g.policy_us);
	return 0;
}
