/*
 * TPM attestations in one process, beside the crypto that none of them can do
 * without, in one run: prints one JSON object. Floors and ours are measured in
 * turns, in the time of this thread's own work, so that a change of the machine's
 * speed meets all.
 *
 * floor: one RSA-2048 verification (the AK's), one RSA-2048 signature (the
 * report's), and the hashing of the log's event data in its bank. first_seen_floor:
 * the AK is imported too.
 * ours: the second round of the protocol from the JWS to the report: JSON, base64url
 * layers, the request's own signature, a log of 60 KiB parsed, replayed and compared,
 * policy, token. first_seen: of a machine whose keys this worker does not know.
 * reading: under a policy that reads the document of events.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "appraise/appraise.h"
#include "base/base64.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "evidence/tpm/tpm.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

#define ROUNDS 40
#define BATCH 10
#define EVENTS 120
#define EVENT_BYTES 450

struct world {
	struct avow_privkey *ak, *request;
	struct avow_buf log, attest, signature, jws, datum;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_policy *plain, *reading;
	struct avow_keys *keys;
	struct avow_token_issuer *issuer;
	struct avow_evidence_cache *cache;
	uint8_t pcrs[24][32];
};

static const char CHALLENGE[] = "AAECAwQFBgcICQoLDA0ODw";

static void
le(struct avow_buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * i)));
}

static void
be(struct avow_buf *b, uint64_t v, unsigned n)
{
	while (n-- > 0)
		avow_buf_put_byte(b, (uint8_t)(v >> (8 * n)));
}

/* A crypto-agile log of one bank, and the registers that it leads to. */
static void
make_log(struct world *w)
{
	avow_buf_init(&w->log, 1 << 20);
	avow_buf_init(&w->datum, 1 << 12);
	for (size_t i = 0; i < EVENT_BYTES; i++)
		avow_buf_put_byte(&w->datum, (uint8_t)i);
	le(&w->log, 0, 4);
	le(&w->log, 3, 4);
	for (size_t i = 0; i < 20; i++)
		avow_buf_put_byte(&w->log, 0);
	le(&w->log, 33, 4);
	avow_buf_put(&w->log, AVOW_LIT("Spec ID Event03\0"));
	le(&w->log, 0, 4);
	le(&w->log, 0x02000200, 4);
	le(&w->log, 1, 4);
	le(&w->log, 0xb | 32 << 16, 4);
	le(&w->log, 0, 1);
	memset(w->pcrs, 0, sizeof(w->pcrs));
	memset(w->pcrs[17], 0xff, sizeof(w->pcrs[0]) * 6);
	for (uint32_t i = 0; i < EVENTS; i++) {
		struct avow_span parts[2] = {{w->pcrs[i % 8], 32}, {NULL, 32}};
		uint8_t digest[32], next[32];

		w->datum.p[0] = (uint8_t)i;
		MUST(avow_sha256(avow_buf_span(&w->datum), digest) == AVOW_OK);
		le(&w->log, i % 8, 4);
		le(&w->log, 5, 4);
		le(&w->log, 1, 4);
		le(&w->log, 0xb, 2);
		avow_buf_put(&w->log, avow_span_make(digest, 32));
		le(&w->log, w->datum.n, 4);
		avow_buf_put(&w->log, avow_buf_span(&w->datum));
		parts[1].p = digest;
		MUST(avow_digest(AVOW_SHA256, parts, 2, next) == AVOW_OK);
		memcpy(w->pcrs[i % 8], next, 32);
	}
}

static void
make_quote(struct world *w, struct avow_span nonce)
{
	struct avow_span all = {w->pcrs[0], sizeof(w->pcrs)};
	struct avow_buf raw;
	uint8_t digest[32];

	avow_buf_init(&w->attest, 1 << 12);
	avow_buf_init(&w->signature, 1 << 12);
	avow_buf_init(&raw, 1 << 12);
	MUST(avow_sha256(all, digest) == AVOW_OK);
	be(&w->attest, 0xff544347, 4);
	be(&w->attest, 0x8018, 2);
	be(&w->attest, 0, 2);
	be(&w->attest, nonce.n, 2);
	avow_buf_put(&w->attest, nonce);
	be(&w->attest, 1, 8);
	be(&w->attest, 1, 4);
	be(&w->attest, 1, 4);
	be(&w->attest, 1, 1);
	be(&w->attest, 1, 8);
	be(&w->attest, 1, 4);
	be(&w->attest, 0xb, 2);
	be(&w->attest, 3, 1);
	be(&w->attest, 0xffffff, 3);
	be(&w->attest, 32, 2);
	avow_buf_put(&w->attest, avow_span_make(digest, 32));
	MUST(avow_sign(w->ak, AVOW_SIG_RS256, avow_buf_span(&w->attest), &raw) ==
		AVOW_OK);
	be(&w->signature, 0x14, 2);
	be(&w->signature, 0xb, 2);
	be(&w->signature, raw.n, 2);
	avow_buf_put(&w->signature, avow_buf_span(&raw));
	avow_buf_clear(&raw);
}

static void
put_jwk(struct avow_buf *b, const struct avow_privkey *key)
{
	struct avow_jw w;

	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	MUST(avow_jwk_put_members(&w, avow_privkey_public(key)) == AVOW_OK);
	avow_jw_close(&w);
}

static void
put_attestation(struct world *w, struct avow_jw *j, struct avow_span ak)
{
	avow_jw_open(j, '{');
	avow_jw_name(j, "logs");
	avow_jw_open(j, '[');
	avow_jw_open(j, '{');
	avow_jw_name(j, "type");
	avow_jw_str(j, "TCG");
	avow_jw_name(j, "log");
	avow_jw_b64url(j, avow_buf_span(&w->log));
	avow_jw_close(j);
	avow_jw_close(j);
	avow_jw_name(j, "aik_pub");
	avow_jw_raw(j, ak);
	avow_jw_name(j, "pcrs");
	avow_jw_open(j, '[');
	avow_jw_open(j, '{');
	avow_jw_name(j, "algorithm");
	avow_jw_int(j, 11);
	avow_jw_name(j, "values");
	avow_jw_open(j, '[');
	for (int i = 0; i < 24; i++) {
		avow_jw_open(j, '{');
		avow_jw_name(j, "index");
		avow_jw_int(j, i);
		avow_jw_name(j, "digest");
		avow_jw_b64url(j, avow_span_make(w->pcrs[i], 32));
		avow_jw_close(j);
	}
	avow_jw_close(j);
	avow_jw_close(j);
	avow_jw_close(j);
	avow_jw_name(j, "quote");
	avow_jw_b64url(j, avow_buf_span(&w->attest));
	avow_jw_name(j, "signature");
	avow_jw_b64url(j, avow_buf_span(&w->signature));
	avow_jw_close(j);
}

static void
make_request(struct world *w)
{
	struct avow_buf ak, key, nonce, attestation, payload;
	struct avow_arena a;
	struct avow_span challenge;
	struct avow_jw j;
	uint8_t digest[32];

	avow_arena_init(&a, 1 << 16);
	avow_buf_init(&ak, 4096);
	avow_buf_init(&key, 4096);
	avow_buf_init(&nonce, 4096);
	avow_buf_init(&attestation, 1 << 20);
	avow_buf_init(&payload, 1 << 20);
	avow_buf_init(&w->jws, 1 << 21);
	put_jwk(&ak, w->ak);
	put_jwk(&key, w->request);
	MUST(avow_b64url_decode(avow_span_str(CHALLENGE), 64, &a, &challenge) ==
		AVOW_OK);
	avow_buf_put(&nonce, avow_buf_span(&key));
	avow_buf_put_byte(&nonce, 0);
	avow_buf_put(&nonce, challenge);
	MUST(avow_sha256(avow_buf_span(&nonce), digest) == AVOW_OK);
	make_quote(w, avow_span_make(digest, 32));
	avow_jw_init(&j, &attestation);
	put_attestation(w, &j, avow_buf_span(&ak));
	avow_buf_printf(&payload,
		"{\"att_type\":\"basic\",\"att_data\":{\"challenge\":\"%s\","
		"\"service_context\":\"x\",\"rp_data\":\"cnA\",\"tpm_att_data\":{"
		"\"current_attestation\":",
		CHALLENGE);
	avow_buf_put(&payload, avow_buf_span(&attestation));
	avow_buf_put_str(&payload, "},\"request_key\":{\"jwk\":");
	avow_buf_put(&payload, avow_buf_span(&key));
	avow_buf_put_str(
		&payload, ",\"info\":{\"tpm_quote\":{\"hash_alg\":\"sha-256\"}}}}}");
	MUST(avow_jws_sign(AVOW_LIT("{\"alg\":\"PS256\",\"typ\":\"attReqV2\"}"),
		     avow_buf_span(&payload), w->request, AVOW_SIG_PS256,
		     &w->jws) == AVOW_OK);
	avow_buf_clear(&ak);
	avow_buf_clear(&key);
	avow_buf_clear(&nonce);
	avow_buf_clear(&attestation);
	avow_buf_clear(&payload);
	avow_arena_clear(&a);
}

static struct avow_policy *
policy_of(const char *rule)
{
	struct avow_policy *policy;
	struct avow_buf b;

	avow_buf_init(&b, 4096);
	avow_buf_printf(&b,
		"version= 1.2;configurationrules{=> "
		"issueproperty(type=\"require_valid_aik_cert\", value=false);};"
		"authorizationrules{=> permit();};issuancerules{%s};",
		rule);
	MUST(avow_policy_compile(avow_buf_span(&b), &policy, NULL) == AVOW_OK);
	avow_buf_clear(&b);
	return policy;
}

static void
make_world(struct world *w)
{
	MUST(avow_privkey_generate(AVOW_KEY_RSA, 2048, &w->ak) == AVOW_OK);
	MUST(avow_privkey_generate(AVOW_KEY_RSA, 2048, &w->request) == AVOW_OK);
	MUST(avow_anchors_new(true, &w->anchors) == AVOW_OK);
	MUST(avow_collateral_build(NULL, 0, &w->collateral, NULL) == AVOW_OK);
	w->plain = policy_of(
		"c:[type==\"aikPubHash\"] => issue(type=\"aik\", value=c.value);");
	w->reading = policy_of("c:[type==\"events\"] => issue(type=\"n\", "
			       "value=JmesPath(c.value, \"length(Events)\"));");
	MUST(avow_keys_new(AVOW_SIG_RS256, 1700000000, &w->keys) == AVOW_OK);
	MUST(avow_token_issuer_new(w->keys, AVOW_LIT("https://bench.invalid"),
		     &w->issuer) == AVOW_OK);
	MUST(avow_evidence_cache_new(0, &w->cache) == AVOW_OK);
	make_log(w);
	make_request(w);
}

static void
attest(struct world *w, const struct avow_policy *policy,
	struct avow_evidence_cache *cache)
{
	struct avow_arena a;
	struct avow_span challenge;
	struct avow_tpm_session session = {.url = AVOW_LIT("https://bench.invalid")};
	struct avow_appraise_in in = {
		.kind = avow_kind_by_name(AVOW_LIT("tpm")),
		.evidence = avow_buf_span(&w->jws),
		.tpm = &session,
		.policy = policy,
		.at_s = 1750000000,
		.anchors = w->anchors,
		.collateral = w->collateral,
		.cache = cache,
	};
	const struct avow_attest_token t = {.issuer = w->issuer,
		.now_s = 1750000000,
		.policy_hash = AVOW_LIT("hash"),
		.is_report = true};
	struct avow_appraisal ap;
	struct avow_buf out;

	avow_arena_init(&a, AVOW_MAX_TPM_ARENA);
	avow_buf_init(&out, AVOW_MAX_TOKEN);
	MUST(avow_b64url_decode(avow_span_str(CHALLENGE), 64, &a, &challenge) ==
		AVOW_OK);
	session.challenge = challenge;
	if (avow_appraise(&in, &a, &ap) != AVOW_OK) {
		fprintf(stderr, "bench: %s\n", avow_err_name(ap.why.code));
		exit(1);
	}
	MUST(avow_attest_token(&ap, &t, &a, &out, NULL) == AVOW_OK);
	avow_buf_clear(&out);
	avow_arena_clear(&a);
}

static void
least(const struct world *w, const struct avow_pubkey *ak)
{
	struct avow_span raw = avow_span_from(avow_buf_span(&w->signature), 6);
	struct avow_buf out;
	uint8_t digest[32];

	avow_buf_init(&out, 4096);
	MUST(avow_verify(ak, AVOW_SIG_RS256, avow_buf_span(&w->attest), raw) ==
		AVOW_OK);
	for (size_t i = 0; i < EVENTS; i++)
		MUST(avow_sha256(avow_buf_span(&w->datum), digest) == AVOW_OK);
	MUST(avow_sign(avow_keys_private(w->keys, 0), AVOW_SIG_RS256,
		     avow_span_make(digest, 32), &out) == AVOW_OK);
	avow_buf_clear(&out);
}

/* --- measuring ------------------------------------------------------------------- */

enum course { FLOOR, OURS, FIRST_FLOOR, FIRST, READING, COURSES };

static void
run(struct world *w, enum course course)
{
	struct avow_pubkey *ak;

	switch (course) {
	case FLOOR:
		least(w, avow_privkey_public(w->ak));
		return;
	case FIRST_FLOOR:
		MUST(avow_pubkey_from_spki(avow_pubkey_spki(avow_privkey_public(w->ak)),
			     &ak) == AVOW_OK);
		least(w, ak);
		avow_pubkey_free(ak);
		return;
	case OURS:
		attest(w, w->plain, w->cache);
		return;
	case FIRST:
		attest(w, w->plain, NULL);
		return;
	case READING:
		attest(w, w->reading, w->cache);
		return;
	case COURSES:
	default:
		return;
	}
}

int
main(void)
{
	static double us[COURSES][ROUNDS];
	static struct world w;
	double m[COURSES];

	make_world(&w);
	for (size_t i = 0; i < ROUNDS; i++)
		for (enum course c = 0; c < COURSES; c++) {
			double t = bench_us(CLOCK_THREAD_CPUTIME_ID);

			for (size_t k = 0; k < BATCH; k++)
				run(&w, c);
			us[c][i] = (bench_us(CLOCK_THREAD_CPUTIME_ID) - t) / BATCH;
		}
	for (enum course c = 0; c < COURSES; c++)
		m[c] = bench_median(us[c], ROUNDS);
	printf("{\"log_bytes\":%zu,\"floor_us\":%.1f,\"ours_us\":%.1f,"
	       "\"floor_over_ours\":%.3f,\"first_seen_floor_us\":%.1f,"
	       "\"first_seen_us\":%.1f,\"first_seen_ratio\":%.3f,"
	       "\"reading_us\":%.1f,\"reading_ratio\":%.3f}\n",
		w.log.n, m[FLOOR], m[OURS], m[FLOOR] / m[OURS], m[FIRST_FLOOR],
		m[FIRST], m[FIRST_FLOOR] / m[FIRST], m[READING], m[FLOOR] / m[READING]);
	return 0;
}
