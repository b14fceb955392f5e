/*
 * From the body of POST /attest/SgxEnclave to the verdict, with a forged world
 * that is made when the harness starts. An input is a list of edits (two bytes
 * of offset, one of XOR) to a good body when it starts with 'M', else it is the
 * body itself.
 *
 * Property: a body is verified only when the evidence in it is, byte for byte,
 * the forged quote (but for white space and NULs behind the PEM chain, which
 * nothing signs and real quotes vary in), and the bound data in it is the forged runtime data; and
 * the same body gets the same verdict twice, with and without a cache.
 */
#include <string.h>

#include "must.h"

#include "api/request.h"
#include "base/base64.h"
#include "base/limits.h"
#include "forge/forge.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define AT INT64_C(1767225600) /* 2026-01-01, so that every run is the same */

static struct {
	struct avow_forged *forged;
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_policy *policy;
	struct avow_evidence_cache *cache;
	struct avow_buf body;
} world;

static void
make_body(void)
{
	avow_buf_init(&world.body, AVOW_MIB(1));
	avow_buf_put_str(&world.body, "{\"quote\":\"");
	avow_b64url_put(&world.body, avow_forged_get(world.forged, "quote.bin"));
	avow_buf_put_str(&world.body, "\",\"runtimeData\":{\"data\":\"");
	avow_b64url_put(&world.body, avow_forged_get(world.forged, "runtime.bin"));
	avow_buf_put_str(&world.body, "\",\"dataType\":\"JSON\"},\"nonce\":\"n\"}");
	must(world.body.err == AVOW_OK);
}

static void
make_collateral(void)
{
	struct avow_collateral_file files[16];
	struct avow_forge_file f;
	size_t n = 0;

	for (size_t i = 0; avow_forged_at(world.forged, i, &f) && n < 16; i++)
		if (strncmp(f.name, "collateral/", 11) == 0)
			files[n++] = (struct avow_collateral_file){f.name, f.bytes};
	must(avow_collateral_build(files, n, &world.collateral, NULL) == AVOW_OK);
}

static void
make_world(void)
{
	struct avow_forge_sgx p;

	avow_forge_sgx_defaults(&p, AT);
	must(avow_forge_sgx_make(&p, &world.forged, NULL) == AVOW_OK);
	must(avow_anchors_new(true, &world.anchors) == AVOW_OK);
	must(avow_anchors_add_pem(world.anchors, AVOW_ANCHOR_INTEL_SGX,
		     avow_forged_get(world.forged, "root.pem"), NULL) == AVOW_OK);
	make_collateral();
	must(avow_policy_compile(avow_span_str(avow_policy_default(AVOW_KIND_SGX)),
		     &world.policy, NULL) == AVOW_OK);
	must(avow_evidence_cache_new(64, &world.cache) == AVOW_OK);
	make_body();
}

static struct avow_span
edited(const uint8_t *data, size_t n, struct avow_arena *a)
{
	struct avow_span copy = avow_arena_copy(a, avow_buf_span(&world.body));
	uint8_t *p;

	must(copy.p != NULL);
	p = avow_arena_alloc(a, copy.n);
	must(p != NULL);
	memcpy(p, copy.p, copy.n);
	for (size_t i = 0; i + 3 <= n; i += 3)
		p[((size_t)data[i] << 8 | data[i + 1]) % copy.n] ^= data[i + 2];
	return avow_span_make(p, copy.n);
}

static enum avow_appraised
verdict_of(const struct avow_attest_body *rq, struct avow_evidence_cache *cache,
	struct avow_arena *a)
{
	const struct avow_appraise_in in = {
		.kind = avow_kind_by_name(AVOW_LIT("sgx")),
		.evidence = rq->evidence,
		.runtime = rq->runtime,
		.init = rq->init,
		.nonce = rq->nonce,
		.policy = world.policy,
		.at_s = AT,
		.anchors = world.anchors,
		.collateral = world.collateral,
		.accept_tcb = 1u << AVOW_TCB_UP_TO_DATE,
		.cache = cache,
	};
	struct avow_appraisal ap;
	enum avow_err e = avow_appraise(&in, a, &ap);

	must((e == AVOW_OK) == (ap.verdict == AVOW_APPRAISED_VERIFIED));
	must(ap.why.code == e);
	return ap.verdict;
}

/* The tail that docs/sgx.md explains. */
static struct avow_span
without_tail(struct avow_span s)
{
	while (s.n && (s.p[s.n - 1] == 0 ||
			      avow_span_trim(avow_span_from(s, s.n - 1)).n == 0))
		s.n--;
	return s;
}

static void
judge(struct avow_span body, struct avow_arena *a)
{
	struct avow_attest_body rq;
	enum avow_appraised v;

	if (avow_attest_body_decode(
		    body, avow_kind_by_name(AVOW_LIT("sgx")), a, &rq, NULL) != AVOW_OK)
		return;
	v = verdict_of(&rq, NULL, a);
	must(v == verdict_of(&rq, world.cache, a));
	if (v != AVOW_APPRAISED_VERIFIED)
		return;
	must(avow_span_eq(without_tail(rq.evidence),
		without_tail(avow_forged_get(world.forged, "quote.bin"))));
	must(!rq.runtime.present ||
		avow_span_eq(rq.runtime.bytes,
			avow_forged_get(world.forged, "runtime.bin")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_arena a;

	if (!world.forged)
		make_world();
	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	if (n && data[0] == 'M')
		judge(edited(data + 1, n - 1, &a), &a);
	else
		judge(avow_span_make(data, n), &a);
	avow_arena_clear(&a);
	return 0;
}
