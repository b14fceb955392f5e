/*
 * Every bit of a forged quote, of its OE report and of its OE evidence: flipping
 * it is refused, with a code of the part that it stands in. One byte is explained.
 */
#include "forged.h"

#include "evidence/internal.h"
#include "evidence/sgx/layout.h"

static struct forged w;

/* Certification data ends in a NUL that nobody signs; flipped into a space it is
 * still the white space that may end the PEM text. */
static bool
is_explained(size_t at, uint8_t now, size_t nul_at)
{
	return at == nul_at && now == ' ';
}

/* The codes that a flip in a part of the quote may give; the first is the usual. */
static const struct part {
	size_t from, to;
	enum avow_err codes[4];
} parts[] = {
	{0, 2, {AVOW_E_QUOTE_VERSION}},
	{2, 4, {AVOW_E_QUOTE_KEY_TYPE}},
	{4, 8, {AVOW_E_QUOTE_TEE_TYPE}},
	{8, 12, {AVOW_E_QUOTE_SIGNATURE}},
	{12, 28, {AVOW_E_QUOTE_VENDOR}},
	{28, 432,
		{AVOW_E_QUOTE_SIGNATURE, AVOW_E_QUOTE_RESERVED,
			AVOW_E_OE_CUSTOM_CLAIMS}},
	{432, 436,
		{AVOW_E_QUOTE_LENGTH, AVOW_E_QUOTE_TRAILING, AVOW_E_QUOTE_AUTH_DATA}},
	{436, 500, {AVOW_E_QUOTE_SIGNATURE}},
	{500, 564, {AVOW_E_QE_REPORT_DATA}},
	{564, 948, {AVOW_E_QE_REPORT_SIGNATURE, AVOW_E_QUOTE_RESERVED}},
	{948, 1012, {AVOW_E_QE_REPORT_SIGNATURE}},
	{1012, 1014,
		{AVOW_E_QUOTE_AUTH_DATA, AVOW_E_QUOTE_LENGTH, AVOW_E_QUOTE_TRAILING,
			AVOW_E_TOO_LARGE}},
	{1014, 1046, {AVOW_E_QE_REPORT_DATA}},
	{1046, 1048, {AVOW_E_QUOTE_CERT_TYPE}},
	{1048, 1052, {AVOW_E_QUOTE_LENGTH, AVOW_E_QUOTE_TRAILING}},
};

static bool
is_expected(size_t at, enum avow_err e)
{
	const struct part *p = parts;

	while (at >= p->to)
		p++;
	for (size_t i = 0; i < 4; i++)
		if (e != AVOW_OK && e == p->codes[i])
			return true;
	return false;
}

static bool
is_about_the_chain(enum avow_err e)
{
	return e == AVOW_E_QUOTE_CERT_DATA || e == AVOW_E_PCK_CERT ||
	       e == AVOW_E_PCK_EXTENSIONS || e == AVOW_E_PCK_CHAIN_LENGTH ||
	       e == AVOW_E_PCK_CHAIN_ORDER || e == AVOW_E_PCK_CHAIN_NAME ||
	       e == AVOW_E_PCK_CHAIN_CONSTRAINTS || e == AVOW_E_PCK_CHAIN_ROOT ||
	       e == AVOW_E_PCK_CHAIN_SIGNATURE;
}

static void
begin(void)
{
	forged_init(&w);
	forged_make(&w);
	assert_ok(avow_evidence_cache_new(0, &w.in.cache));
}

static void
end(void)
{
	avow_evidence_cache_free(w.in.cache);
	forged_clear(&w);
}

/* offset of the quote's first byte, and of the chain's NUL (SIZE_MAX: none) */
static void
places(struct avow_span bytes, size_t *quote_at, size_t *nul_at)
{
	const struct avow_sgx_quote *q = w.ev->body;
	struct avow_span chain = q->qe.cert_data;

	*quote_at = (size_t)(q->signed_part.p - bytes.p);
	*nul_at = SIZE_MAX;
	if (chain.p[chain.n - 1] == 0)
		*nul_at = (size_t)(chain.p + chain.n - 1 - bytes.p);
}

typedef bool code_is_right(size_t at_in_quote, enum avow_err e);

static bool
quote_code(size_t at, enum avow_err e)
{
	return at < 1052 ? is_expected(at, e) : is_about_the_chain(e);
}

static void
flip_file(const char *file, code_is_right *right)
{
	struct avow_span bytes;
	const char *kind = strcmp(file, "quote.bin") == 0 ? "sgx" : "oe";
	size_t quote_at, nul_at;
	uint8_t *copy;

	begin();
	bytes = avow_forged_get(w.files, file);
	assert_ok(forged_judge(&w, kind, bytes));
	places(bytes, &quote_at, &nul_at);
	copy = malloc(bytes.n);
	assert_non_null(copy);
	memcpy(copy, bytes.p, bytes.n);
	for (size_t at = 0; at < bytes.n; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			enum avow_err e;

			if (at >= quote_at + 1052 && at + 100 < bytes.n &&
				bit != at % 8)
				continue; /* base64 of the chain: one bit a byte */
			copy[at] ^= (uint8_t)(1u << bit);
			avow_arena_reset(&w.arena);
			e = forged_judge(&w, kind, avow_span_make(copy, bytes.n));
			if (e == AVOW_OK ? !is_explained(at, copy[at], nul_at)
					 : at >= quote_at && !right(at - quote_at, e))
				fail_msg("%s: bit %u of byte %zu gives %s", file, bit,
					at, avow_err_name(e));
			assert_true(e == AVOW_OK || w.verified == NULL);
			copy[at] ^= (uint8_t)(1u << bit);
		}
	free(copy);
	end();
}

static void
each_bit_of_a_quote(void **state)
{
	(void)state;
	flip_file("quote.bin", quote_code);
}

static void
each_bit_of_an_oe_report(void **state)
{
	(void)state;
	flip_file("report.bin", quote_code);
}

/* Behind the quote stand the custom claims; a length that is changed moves the
 * border, so those two meet. */
static bool
evidence_code(size_t at, enum avow_err e)
{
	return quote_code(at, e) || e == AVOW_E_OE_CUSTOM_CLAIMS;
}

static void
each_bit_of_oe_evidence(void **state)
{
	(void)state;
	flip_file("evidence.bin", evidence_code);
}

static void
each_truncation(void **state)
{
	static const char *const files[] = {"quote.bin", "report.bin", "evidence.bin"};

	(void)state;
	begin();
	for (size_t i = 0; i < 3; i++) {
		struct avow_span bytes = avow_forged_get(w.files, files[i]);

		for (size_t n = 0;
			n<bytes.n; n += n> 1100 && n + 300 < bytes.n ? 7 : 1) {
			avow_arena_reset(&w.arena);
			if (forged_judge(&w, i ? "oe" : "sgx",
				    avow_span_slice(bytes, 0, n)) == AVOW_OK)
				fail_msg("%s cut to %zu verifies", files[i], n);
			assert_null(w.verified);
		}
	}
	end();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit_of_a_quote),
		cmocka_unit_test(each_bit_of_an_oe_report),
		cmocka_unit_test(each_bit_of_oe_evidence),
		cmocka_unit_test(each_truncation),
	};

	return cmocka_run_group_tests(tests, forged_setup, forged_teardown);
}
