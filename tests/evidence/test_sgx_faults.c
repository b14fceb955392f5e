/*
 * Memory that runs out, at every place of a whole verification: Avow's own
 * allocations (wrapped by the linker) and the crypto library's (replaced). A
 * genuine quote then verifies or fails by our own fault, never by its own; a
 * quote with a bad signature never verifies. Bug classes 3 and 39.
 */
#include "real.h"

#include "crypto/alloc.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

/* Which allocations fail: the one numbered `at`, or each with a chance. */
static struct {
	bool on;
	size_t count, at, failed;
	unsigned per_million;
	uint64_t seed;
} plan;

static bool
fails(void)
{
	if (!plan.on)
		return false;
	plan.seed = plan.seed * 6364136223846793005u + 1442695040888963407u;
	if (plan.per_million ? (plan.seed >> 33) % 1000000 >= plan.per_million
			     : plan.count++ != plan.at)
		return false;
	plan.failed++;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

static struct real r;
static struct avow_buf good, bad;

static int
setup(void **state)
{
	(void)state;
	if (!real_is_there())
		return 0;
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = ANY_AGE;
	real_read("sgxsnp-ms-ravl/sgx.icelake.att.evidence.bin", &good);
	real_read("sgxsnp-ms-ravl/sgx.icelake.att.evidence.bin", &bad);
	bad.p[450] ^= 1; /* the quote's signature: the last thing that is looked at */
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_buf_clear(&good);
	avow_buf_clear(&bad);
	real_clear(&r);
	return 0;
}

/* The verdict, and claims on top, with faults on; no assertion inside, because
 * those allocate. */
static enum avow_err
appraise(const struct avow_buf *quote, bool with_cache)
{
	struct avow_claims set;
	enum avow_err e = AVOW_OK;

	avow_arena_clear(&r.arena);
	r.verified = NULL;
	r.in.cache = NULL;
	avow_why_init(&r.why);
	plan.on = true;
	if (with_cache)
		e = avow_evidence_cache_new(16, &r.in.cache);
	if (e == AVOW_OK)
		e = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("sgx")),
			avow_buf_span(quote), &r.arena, &r.ev, &r.why);
	if (e == AVOW_OK)
		e = avow_evidence_verify(
			r.ev, &r.in, &r.arena, &r.f, &r.verified, &r.why);
	avow_claims_init(&set, &r.arena);
	if (e == AVOW_OK)
		e = avow_evidence_claims(r.verified, &set);
	plan.on = false;
	avow_evidence_cache_free(r.in.cache);
	return e;
}

static bool
is_our_fault(enum avow_err e)
{
	return avow_err_class(e) == AVOW_CLASS_INTERNAL ||
	       avow_err_class(e) == AVOW_CLASS_CRYPTO;
}

static void
judge(const struct avow_buf *quote, enum avow_err e)
{
	enum avow_err truth = quote == &good ? AVOW_OK : AVOW_E_QUOTE_SIGNATURE;

	if (e == truth || (plan.failed && is_our_fault(e)))
		return;
	fail_msg("a fault at %zu (seed %llu) reads as %s", plan.at,
		(unsigned long long)plan.seed, avow_err_name(e));
}

/* Each allocation in turn, until there are no more. */
static void
sweep(const struct avow_buf *quote, bool with_cache)
{
	size_t hit = 0;

	for (plan.at = 0;; plan.at++) {
		plan.count = plan.failed = 0;
		plan.per_million = 0;
		judge(quote, appraise(quote, with_cache));
		hit += plan.failed;
		if (plan.count <= plan.at)
			break;
	}
	assert_int_equal(hit, plan.at);
	assert_true(hit > 100);
	print_message("# %zu allocations, each made to fail\n", hit);
}

static void
one_fault_never_makes_a_good_quote_bad(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	sweep(&good, true);
}

static void
one_fault_never_makes_a_bad_quote_good(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	sweep(&bad, false);
}

static void
many_faults_at_random_are_no_yes_either(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	for (unsigned i = 0; i < 2000; i++) {
		plan.seed = i;
		plan.failed = 0;
		plan.per_million = 300u << (i % 9);
		judge(&bad, appraise(&bad, i % 2));
		plan.failed = 0;
		judge(&good, appraise(&good, i % 2));
	}
}

/* What a snapshot remembers about its documents' signatures must not be a fault:
 * with memory again it judges as if nothing had been. */
static void
a_fault_is_not_remembered_as_a_judgement(void **state)
{
	bool clean = false;

	(void)state;
	if (!real_is_there())
		skip();
	plan.per_million = 0;
	for (plan.at = 0; !clean; plan.at += 3) {
		real_folder(&r, "sgxsnp-ms-ravl");
		plan.count = plan.failed = 0;
		judge(&good, appraise(&good, false));
		clean = plan.failed == 0;
		plan.at += 1000000; /* none from here on */
		plan.failed = 0;
		judge(&good, appraise(&good, false));
		plan.at -= 1000000;
	}
	assert_true(plan.at > 500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_fault_never_makes_a_good_quote_bad),
		cmocka_unit_test(one_fault_never_makes_a_bad_quote_good),
		cmocka_unit_test(many_faults_at_random_are_no_yes_either),
		cmocka_unit_test(a_fault_is_not_remembered_as_a_judgement),
	};

	if (avow_crypto_set_alloc(__wrap_malloc, __wrap_realloc, free) != AVOW_OK)
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
