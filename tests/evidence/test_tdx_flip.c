/*
 * Every byte of real TDX quotes, flipped bit by bit, with and without a cache: no
 * change may verify. Verifier bugs 1, 3 and 6, as in test_sgx_flip.c.
 */
#include "real.h"

static struct real r;

/* Certification data ends in a NUL or white space that nobody signs. */
static bool
is_explained(struct avow_span quote, size_t at)
{
	return at == quote.n - 1 &&
	       (quote.p[at] == 0 || quote.p[at] == ' ' || quote.p[at] == '\t' ||
		       quote.p[at] == '\r' || quote.p[at] == '\n');
}

static void
setup(struct avow_buf *quote, const char *id, const char *at)
{
	char name[256];

	real_init(&r);
	snprintf(name, sizeof(name), "intel-qvl-oracle/collateral/%s", id);
	real_folder(&r, name);
	r.in.at_s = real_time(avow_span_str(at));
	snprintf(name, sizeof(name), "intel-qvl-oracle/quotes/%s.bin", id);
	real_read(name, quote);
}

static void
flip(struct avow_buf *quote, size_t at, unsigned bit)
{
	enum avow_err e;

	quote->p[at] ^= (uint8_t)(1u << bit);
	avow_arena_reset(&r.arena);
	e = real_appraise(&r, "tdx", avow_buf_span(quote));
	if (e == AVOW_OK && !is_explained(avow_buf_span(quote), at))
		fail_msg("bit %u of byte %zu changes nothing", bit, at);
	if (avow_err_class(e) == AVOW_CLASS_COLLATERAL ||
		avow_err_class(e) == AVOW_CLASS_INTERNAL ||
		avow_err_class(e) == AVOW_CLASS_CRYPTO)
		fail_msg("bit %u of byte %zu: %s", bit, at, avow_err_name(e));
	assert_true(e == AVOW_OK || r.verified == NULL);
	quote->p[at] ^= (uint8_t)(1u << bit);
}

/* Everything before the chain: every bit where a cache makes it quick. */
#define BEFORE_CHAIN 1328

static void
flip_all(const char *id, const char *at, bool with_cache)
{
	struct avow_buf quote;

	setup(&quote, id, at);
	if (with_cache)
		assert_ok(avow_evidence_cache_new(64, &r.in.cache));
	assert_ok(real_appraise(&r, "tdx", avow_buf_span(&quote)));
	for (size_t i = 0; i < quote.n; i++)
		for (unsigned bit = 0; bit < 8; bit++)
			if ((with_cache && i < BEFORE_CHAIN) || i + 4 >= quote.n ||
				bit == i % 8)
				flip(&quote, i, bit);
	avow_arena_reset(&r.arena);
	assert_ok(real_appraise(&r, "tdx", avow_buf_span(&quote)));
	avow_buf_clear(&quote);
	avow_evidence_cache_free(r.in.cache);
	real_clear(&r);
}

static void
no_flipped_bit_of_a_version_4_quote_verifies(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	flip_all("f1c850330112", "2026-03-02T19:36:43Z", false);
}

static void
no_flipped_bit_of_a_version_5_quote_verifies_with_a_warm_cache(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	flip_all("cf77a6e91e48", "2026-06-09T12:24:22Z", true);
}

/* Parts of two genuine quotes of two platforms, put together. */
static void
no_part_of_one_quote_serves_another(void **state)
{
	static const struct {
		size_t at, n;
	} parts[] = {{0, 48}, {48, 584}, {636, 64}, {700, 64}, {770, 384}, {1154, 64},
		{700, 454}, {770, 448}, {700, 518}, {636, 582}, {0, 632}, {0, 1218}};
	struct avow_buf a, b;

	(void)state;
	if (!real_is_there())
		skip();
	setup(&a, "f1c850330112", "2026-03-02T19:36:43Z");
	real_read("intel-qvl-oracle/quotes/9069d475eda3.bin", &b);
	assert_ok(avow_evidence_cache_new(64, &r.in.cache));
	assert_ok(real_appraise(&r, "tdx", avow_buf_span(&a)));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint8_t *mixed = malloc(a.n);

		assert_non_null(mixed);
		memcpy(mixed, a.p, a.n);
		memcpy(mixed + parts[i].at, b.p + parts[i].at, parts[i].n);
		memcpy(mixed + 632, a.p + 632, 4);
		memcpy(mixed + 764, a.p + 764, 6);
		if (real_appraise(&r, "tdx", avow_span_make(mixed, a.n)) == AVOW_OK &&
			memcmp(mixed, a.p, a.n) != 0)
			fail_msg("part %zu of another quote is taken", i);
		free(mixed);
	}
	avow_buf_clear(&a);
	avow_buf_clear(&b);
	avow_evidence_cache_free(r.in.cache);
	real_clear(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flipped_bit_of_a_version_4_quote_verifies),
		cmocka_unit_test(
			no_flipped_bit_of_a_version_5_quote_verifies_with_a_warm_cache),
		cmocka_unit_test(no_part_of_one_quote_serves_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
