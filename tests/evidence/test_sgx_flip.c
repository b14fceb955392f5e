/*
 * Every byte of a real quote, flipped bit by bit, with and without a cache: no
 * change may verify. Bug classes 1, 3 and 6: a signature whose result is not
 * used, a parser that fails open, a check that can be stepped around.
 */
#include "real.h"

static struct real r;

/* The one byte that may differ: certification data ends in a NUL that nobody
 * signs, and white space may stand there too. */
static bool
is_explained(struct avow_span quote, size_t at)
{
	return at == quote.n - 1 && (quote.p[at] == ' ' || quote.p[at] == '\t' ||
					    quote.p[at] == '\r' || quote.p[at] == '\n');
}

static void
setup(struct avow_buf *quote, const char *file)
{
	real_init(&r);
	real_folder(&r, "sgxsnp-ms-ravl");
	r.in.at_s = real_time(AVOW_LIT("2022-08-20T00:00:00Z"));
	r.in.grace_s = ANY_AGE;
	real_read(file, quote);
}

static void
flip(struct avow_buf *quote, size_t at, unsigned bit)
{
	enum avow_err e;

	quote->p[at] ^= (uint8_t)(1u << bit);
	avow_arena_reset(&r.arena);
	e = real_appraise(&r, "sgx", avow_buf_span(quote));
	if (e == AVOW_OK && !is_explained(avow_buf_span(quote), at))
		fail_msg("bit %u of byte %zu changes nothing", bit, at);
	if (avow_err_class(e) == AVOW_CLASS_COLLATERAL)
		fail_msg("bit %u of byte %zu is called undecided", bit, at);
	if (avow_err_class(e) == AVOW_CLASS_INTERNAL ||
		avow_err_class(e) == AVOW_CLASS_CRYPTO)
		fail_msg("bit %u of byte %zu is our own fault: %s", bit, at,
			avow_err_name(e));
	assert_true(e == AVOW_OK || r.verified == NULL);
	quote->p[at] ^= (uint8_t)(1u << bit);
}

static void
flip_all(const char *file, bool with_cache)
{
	struct avow_buf quote;

	setup(&quote, file);
	if (with_cache)
		assert_ok(avow_evidence_cache_new(64, &r.in.cache));
	assert_ok(real_appraise(&r, "sgx", avow_buf_span(&quote)));
	/* headers, reports, keys and signatures: every bit; the chain, and what no
	 * cache makes quick: one a byte */
	for (size_t at = 0; at < quote.n; at++)
		for (unsigned bit = 0; bit < 8; bit++)
			if ((with_cache && at < 1052) || at + 4 >= quote.n ||
				bit == at % 8)
				flip(&quote, at, bit);
	avow_arena_reset(&r.arena);
	assert_ok(real_appraise(&r, "sgx", avow_buf_span(&quote)));
	avow_buf_clear(&quote);
	avow_evidence_cache_free(r.in.cache);
	real_clear(&r);
}

static void
no_flipped_bit_verifies(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	flip_all("sgxsnp-ms-ravl/sgx.icelake.att.evidence.bin", false);
}

static void
no_flipped_bit_verifies_with_a_warm_cache(void **state)
{
	(void)state;
	if (!real_is_there())
		skip();
	flip_all("sgxsnp-ms-ravl/sgx.coffeelake.att.evidence.bin", true);
}

/* Parts of two genuine quotes of two platforms, put together. */
static void
no_part_of_one_quote_serves_another(void **state)
{
	static const struct {
		size_t at, n;
	} parts[] = {{0, 48}, {48, 384}, {436, 64}, {500, 64}, {564, 384}, {948, 64},
		{500, 448}, {564, 448}, {500, 512}, {436, 576}, {0, 1012}, {0, 948}};
	struct avow_buf a, b;

	(void)state;
	if (!real_is_there())
		skip();
	setup(&a, "sgxsnp-ms-ravl/sgx.icelake.att.evidence.bin");
	real_read("sgxsnp-ms-ravl/sgx.coffeelake.att.evidence.bin", &b);
	assert_ok(avow_evidence_cache_new(64, &r.in.cache));
	assert_ok(real_appraise(&r, "sgx", avow_buf_span(&a)));
	assert_ok(real_appraise(&r, "sgx", avow_buf_span(&b)));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint8_t *mixed = malloc(a.n);

		assert_non_null(mixed);
		memcpy(mixed, a.p, a.n);
		memcpy(mixed + parts[i].at, b.p + parts[i].at, parts[i].n);
		if (parts[i].n == 1012 && parts[i].at == 0)
			memcpy(mixed + 432, a.p + 432, 4);
		if (real_appraise(&r, "sgx", avow_span_make(mixed, a.n)) == AVOW_OK)
			fail_msg("part %zu of another quote is taken", i);
		assert_null(r.verified);
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
		cmocka_unit_test(no_flipped_bit_verifies),
		cmocka_unit_test(no_flipped_bit_verifies_with_a_warm_cache),
		cmocka_unit_test(no_part_of_one_quote_serves_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
