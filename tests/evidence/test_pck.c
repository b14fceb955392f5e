/*
 * The PCK chain from certification data: forms of the text, the codes of each
 * step, and what is remembered of it.
 */
#include "forged.h"

#include "base/limits.h"
#include "evidence/intel/pck.h"
#include "evidence/internal.h"
#include "evidence/sgx/layout.h"

static struct forged w;
static char text[20000];
static size_t text_n;
static struct avow_pck_use use;

/* The forged chain's text, without its NUL. */
static void
begin(void)
{
	const struct avow_sgx_quote *q;
	struct avow_span chain;

	forged_init(&w);
	w.p.chain_nul = false;
	w.p.pck_ca = AVOW_FORGE_PLATFORM_CA;
	forged_make(&w);
	assert_ok(forged_appraise(&w, "quote.bin"));
	q = w.ev->body;
	chain = q->qe.cert_data;
	memcpy(text, chain.p, chain.n);
	text_n = chain.n;
}

static enum avow_err
open_text(struct avow_intel_cache *cache)
{
	enum avow_err e;
	uint8_t *copy = malloc(text_n ? text_n : 1);

	assert_non_null(copy);
	memcpy(copy, text, text_n);
	avow_why_init(&w.why);
	e = avow_pck_open(
		avow_span_make(copy, text_n), w.anchors, &w.arena, cache, &use, &w.why);
	free(copy);
	assert_true((e == AVOW_OK) == (use.pck != NULL));
	return e;
}

static void
assert_opens(enum avow_err expected)
{
	assert_err(expected, open_text(NULL));
	avow_pck_close(&use);
	assert_null(use.pck);
}

static void
append(const char *s, size_t n)
{
	memcpy(text + text_n, s, n);
	text_n += n;
}

static void
takes_nuls_and_white_space_at_the_end(void **state)
{
	(void)state;
	begin();
	assert_opens(AVOW_OK);
	append("\0", 1);
	assert_opens(AVOW_OK);
	append("\0\0\n \r\t", 6);
	assert_opens(AVOW_OK);
	append("x", 1);
	assert_opens(AVOW_E_QUOTE_CERT_DATA);
	forged_clear(&w);
}

static void
takes_no_text_before_between_or_behind(void **state)
{
	size_t whole;

	(void)state;
	begin();
	whole = text_n;
	memmove(text + 1, text, whole);
	text[0] = '\0';
	text_n = whole + 1;
	assert_opens(AVOW_E_QUOTE_CERT_DATA);
	text[0] = '\n';
	assert_opens(AVOW_OK);
	text_n = 0;
	assert_opens(AVOW_E_QUOTE_CERT_DATA);
	forged_clear(&w);
}

static void
takes_exactly_three_certificates(void **state)
{
	char *second;
	size_t whole;

	(void)state;
	begin();
	whole = text_n;
	text[whole] = '\0';
	second = strstr(text + 10, "-----BEGIN");
	text_n = (size_t)(second - text);
	assert_opens(AVOW_E_PCK_CHAIN_LENGTH);
	text_n = (size_t)(strstr(second + 10, "-----BEGIN") - text);
	assert_opens(AVOW_E_PCK_CHAIN_LENGTH);
	text_n = whole;
	if (text[whole - 1] != '\n')
		append("\n", 1);
	append(text, (size_t)(second - text));
	assert_opens(AVOW_E_PCK_CHAIN_LENGTH);
	forged_clear(&w);
}

static void
has_a_limit(void **state)
{
	(void)state;
	begin();
	memset(text + text_n, '\n', AVOW_MAX_PCK_CHAIN + 1 - text_n);
	text_n = AVOW_MAX_PCK_CHAIN;
	assert_opens(AVOW_OK);
	text_n = AVOW_MAX_PCK_CHAIN + 1;
	assert_opens(AVOW_E_TOO_LARGE);
	forged_clear(&w);
}

/* bug class 3: what has failed is not remembered as anything */
static void
remembers_what_has_verified_and_nothing_else(void **state)
{
	struct avow_intel_cache *cache;
	const struct avow_pck *first;

	(void)state;
	begin();
	assert_ok(avow_intel_cache_new(4, &cache));
	text[100] ^= 1;
	assert_true(open_text(cache) != AVOW_OK);
	assert_int_equal(0, avow_memo_count(cache->chains));
	text[100] ^= 1;
	assert_ok(open_text(cache));
	assert_null(use.owned);
	first = use.pck;
	assert_int_equal(1, avow_memo_count(cache->chains));
	assert_ok(open_text(cache));
	assert_ptr_equal(first, use.pck);
	text[100] ^= 1;
	assert_true(open_text(cache) != AVOW_OK);
	assert_int_equal(1, avow_memo_count(cache->chains));
	avow_intel_cache_free(cache);
	forged_clear(&w);
}

static void
one_place_serves_many_platforms_in_turn(void **state)
{
	struct avow_evidence_cache *cache;
	struct forged other[3];

	(void)state;
	assert_ok(avow_evidence_cache_new(1, &cache));
	for (unsigned i = 0; i < 3; i++) {
		forged_init(&other[i]);
		other[i].p.pcesvn = (uint16_t)(other[i].p.pcesvn + i);
		forged_make(&other[i]);
		other[i].in.cache = cache;
	}
	for (unsigned i = 0; i < 12; i++) {
		assert_ok(forged_appraise(&other[i % 3], "quote.bin"));
		assert_int_equal(1, avow_memo_count(cache->intel->chains));
		assert_int_equal(1, avow_memo_count(cache->intel->qe_reports));
		assert_int_equal(1, avow_memo_count(cache->intel->keys));
	}
	for (unsigned i = 0; i < 3; i++)
		forged_clear(&other[i]);
	avow_evidence_cache_free(cache);
}

/* Nobody can push a key out of the cache with quotes that do not verify. */
static void
a_key_is_remembered_behind_a_good_signature_only(void **state)
{
	struct avow_evidence_cache *cache;

	(void)state;
	assert_ok(avow_evidence_cache_new(4, &cache));
	forged_init(&w);
	w.p.corrupt = "quote.signature";
	forged_make(&w);
	w.in.cache = cache;
	assert_err(AVOW_E_QUOTE_SIGNATURE, forged_appraise(&w, "quote.bin"));
	assert_int_equal(0, avow_memo_count(cache->intel->keys));
	assert_int_equal(1, avow_memo_count(cache->intel->qe_reports));
	forged_clear(&w);
	forged_init(&w);
	w.p.corrupt = "qe_report.signature";
	forged_make(&w);
	w.in.cache = cache;
	assert_err(AVOW_E_QE_REPORT_SIGNATURE, forged_appraise(&w, "quote.bin"));
	assert_int_equal(1, avow_memo_count(cache->intel->qe_reports));
	forged_clear(&w);
	avow_evidence_cache_free(cache);
}

static const struct avow_json *
inspected(struct avow_buf *b)
{
	const struct avow_json *doc;
	struct avow_jw jw;

	avow_buf_reset(b);
	avow_jw_init(&jw, b);
	avow_pck_inspect(avow_span_make(text, text_n), &jw);
	assert_ok(avow_json_parse(avow_buf_span(b), NULL, &w.arena, &doc, NULL));
	assert_int_equal(doc->type, AVOW_JSON_ARRAY);
	return doc;
}

static void
shows_the_chain_to_people_whatever_is_in_it(void **state)
{
	const struct avow_json *doc, *x;
	struct avow_buf b;

	(void)state;
	begin();
	avow_buf_init(&b, 1u << 20);
	doc = inspected(&b);
	assert_int_equal(3, doc->count);
	x = avow_json_get(&doc->items[0], "sgx_extension");
	assert_int_equal(w.p.pcesvn, avow_json_get(x, "pcesvn")->integer);
	assert_non_null(avow_json_get(x, "platform_instance_id"));
	assert_null(avow_json_get(&doc->items[1], "sgx_extension"));
	text[100] ^= 1;
	doc = inspected(&b);
	assert_int_equal(3, doc->count);
	text_n = 40;
	doc = inspected(&b);
	assert_int_equal(1, doc->count);
	assert_span_str("pem_syntax", avow_json_get(&doc->items[0], "error")->string);
	avow_buf_clear(&b);
	forged_clear(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_nuls_and_white_space_at_the_end),
		cmocka_unit_test(takes_no_text_before_between_or_behind),
		cmocka_unit_test(takes_exactly_three_certificates),
		cmocka_unit_test(has_a_limit),
		cmocka_unit_test(remembers_what_has_verified_and_nothing_else),
		cmocka_unit_test(one_place_serves_many_platforms_in_turn),
		cmocka_unit_test(a_key_is_remembered_behind_a_good_signature_only),
		cmocka_unit_test(shows_the_chain_to_people_whatever_is_in_it),
	};

	return cmocka_run_group_tests(tests, forged_setup, forged_teardown);
}
