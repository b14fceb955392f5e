/* Open Enclave's wrappers: four forms, and what is refused by name. */
#include "quote_maker.h"

#include "base/limits.h"
#include "evidence/internal.h"
#include "evidence/sgx/layout.h"

static struct made m;
static struct avow_why why;
static struct avow_arena arena;

static const uint8_t ecdsa[16] = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7,
	0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
static const uint8_t legacy[16] = {0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6,
	0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76};
static const uint8_t raw_quote[16] = {0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72,
	0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71};

static void
wrap_report(uint32_t version, uint32_t type, uint64_t size)
{
	uint8_t zero[16] = {0};

	made_prefix(&m, zero, sizeof(zero));
	made_le(&m, 0, version, 4);
	made_le(&m, 4, type, 4);
	made_le(&m, 8, size, 8);
}

static void
wrap_evidence(uint32_t version, const uint8_t uuid[16], uint64_t size)
{
	uint8_t zero[28] = {0};

	made_prefix(&m, zero, sizeof(zero));
	made_le(&m, 0, version, 4);
	memcpy(m.b + 4, uuid, 16);
	made_le(&m, 20, size, 8);
}

static const struct avow_sgx_quote *
parsed(const char *wrapper)
{
	const struct avow_evidence *ev;
	const struct avow_sgx_quote *q;

	avow_arena_clear(&arena);
	avow_why_init(&why);
	assert_ok(avow_evidence_parse(avow_kind_by_name(AVOW_LIT("oe")),
		avow_span_make(m.b, m.n), &arena, &ev, &why));
	/* the quote hash covers what was sent, headers included */
	assert_int_equal(ev->bytes.n, m.n);
	assert_string_equal("oe", avow_evidence_kind(ev)->name);
	q = ev->body;
	assert_string_equal(wrapper, q->wrapper);
	return q;
}

static void
takes_an_oe_report(void **state)
{
	const struct avow_sgx_quote *q;

	(void)state;
	made_usual(&m);
	wrap_report(1, 2, m.n);
	q = parsed("OE report");
	assert_ptr_equal(q->signed_part.p, m.b + 16);
	assert_false(q->has_custom_claims);
}

static void
refuses_another_report_header(void **state)
{
	(void)state;
	made_usual(&m);
	wrap_report(2, 2, m.n);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
	assert_string_equal("report_header.version", why.field);
	made_usual(&m);
	wrap_report(1, 0, m.n);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
	assert_string_equal("report_header.report_type", why.field);
	made_usual(&m);
	wrap_report(1, 3, m.n);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
}

static void
refuses_a_local_report_by_name(void **state)
{
	(void)state;
	made_usual(&m);
	wrap_report(1, 1, m.n);
	assert_err(AVOW_E_OE_FORMAT, parse_made("oe", &m, &why));
}

static void
refuses_a_report_size_that_is_not_the_rest(void **state)
{
	static const int64_t off[] = {-1, 1, -16, 16, INT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		made_usual(&m);
		wrap_report(1, 2, (uint64_t)((int64_t)m.n + off[i]));
		assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
		assert_string_equal("report_header.report_size", why.field);
	}
	made_usual(&m);
	wrap_report(1, 2, UINT64_MAX);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
}

static void
refuses_bytes_behind_the_quote_of_a_report(void **state)
{
	(void)state;
	made_usual(&m);
	made_append(&m, "x", 1);
	wrap_report(1, 2, m.n);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("oe", &m, &why));
}

static void
refuses_less_than_a_header(void **state)
{
	(void)state;
	made_usual(&m);
	wrap_report(1, 2, m.n);
	for (m.n = 0; m.n < 16; m.n++)
		assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
}

static void
takes_ecdsa_evidence_with_its_custom_claims(void **state)
{
	const struct avow_sgx_quote *q;

	(void)state;
	made_usual(&m);
	made_append(&m, "claims", 6);
	wrap_evidence(1, ecdsa, m.n);
	q = parsed("OE evidence, SGX ECDSA");
	assert_true(q->has_custom_claims);
	assert_span_str("claims", q->custom_claims);
	assert_ptr_equal(q->signed_part.p, m.b + 28);
	made_usual(&m);
	wrap_evidence(1, ecdsa, m.n);
	q = parsed("OE evidence, SGX ECDSA");
	assert_true(q->has_custom_claims);
	assert_int_equal(q->custom_claims.n, 0);
}

static void
takes_legacy_and_raw_evidence(void **state)
{
	const struct avow_sgx_quote *q;

	(void)state;
	made_usual(&m);
	wrap_report(1, 2, m.n);
	wrap_evidence(1, legacy, m.n);
	q = parsed("OE evidence, legacy report");
	assert_false(q->has_custom_claims);
	assert_ptr_equal(q->signed_part.p, m.b + 44);
	made_usual(&m);
	wrap_evidence(1, raw_quote, m.n);
	q = parsed("OE evidence, raw SGX quote");
	assert_false(q->has_custom_claims);
	assert_ptr_equal(q->signed_part.p, m.b + 28);
}

static void
refuses_claims_behind_legacy_and_raw_evidence(void **state)
{
	(void)state;
	made_usual(&m);
	made_append(&m, "x", 1);
	wrap_report(1, 2, m.n);
	wrap_evidence(1, legacy, m.n);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("oe", &m, &why));
	made_usual(&m);
	made_append(&m, "x", 1);
	wrap_evidence(1, raw_quote, m.n);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("oe", &m, &why));
}

static void
refuses_an_unknown_format_by_name(void **state)
{
	uint8_t other[16];

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		memcpy(other, ecdsa, 16);
		other[i] ^= 1;
		made_usual(&m);
		wrap_evidence(1, other, m.n);
		assert_err(AVOW_E_OE_FORMAT, parse_made("oe", &m, &why));
		assert_string_equal("evidence_header.format_id", why.field);
	}
}

static void
refuses_an_evidence_size_that_is_not_the_rest(void **state)
{
	(void)state;
	made_usual(&m);
	wrap_evidence(1, ecdsa, m.n + 1);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
	assert_string_equal("evidence_header.data_size", why.field);
	made_usual(&m);
	wrap_evidence(2, ecdsa, m.n);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
}

static void
takes_evidence_without_a_header_when_claims_follow(void **state)
{
	const struct avow_sgx_quote *q;

	(void)state;
	made_usual(&m);
	made_append(&m, "claims", 6);
	q = parsed("OE evidence, SGX ECDSA without a header");
	assert_true(q->has_custom_claims);
	assert_span_str("claims", q->custom_claims);
}

static void
refuses_an_sgx_quote(void **state)
{
	(void)state;
	made_usual(&m);
	assert_err(AVOW_E_OE_HEADER, parse_made("oe", &m, &why));
	made_le(&m, 432, 0xffff, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("oe", &m, &why));
}

/* evidence may be larger than a quote may be */
static void
the_quote_in_evidence_keeps_its_own_limit(void **state)
{
	static uint8_t chain[AVOW_MAX_QUOTE];

	(void)state;
	made_quote(&m, 32, 5, avow_span_make(chain, AVOW_MAX_QUOTE - 584 - 32));
	made_append(&m, "claims", 6);
	wrap_evidence(1, ecdsa, m.n);
	assert_ok(parse_made("oe", &m, &why));
	made_quote(&m, 32, 5, avow_span_make(chain, AVOW_MAX_QUOTE - 584 - 31));
	wrap_evidence(1, ecdsa, m.n);
	assert_err(AVOW_E_TOO_LARGE, parse_made("oe", &m, &why));
	assert_string_equal("sig_data_len", why.field);
}

static void
an_oe_report_is_no_sgx_quote(void **state)
{
	(void)state;
	made_usual(&m);
	wrap_report(1, 2, m.n);
	assert_err(AVOW_E_QUOTE_VERSION, parse_made("sgx", &m, &why));
}

static void
kinds_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal("SgxEnclave", avow_kind_at(0)->api_name);
	assert_string_equal("OpenEnclave", avow_kind_at(1)->api_name);
	assert_null(avow_kind_by_name(AVOW_LIT("SGX")));
	assert_null(avow_kind_by_name(AVOW_LIT("")));
	assert_ptr_equal(
		avow_kind_at(0), avow_kind_by_api_name(AVOW_LIT("sgxENCLAVE")));
	assert_null(avow_kind_by_api_name(AVOW_LIT("SgxEnclav")));
	for (size_t i = 0; avow_kind_at(i); i++)
		assert_ptr_equal(avow_kind_at(i),
			avow_kind_by_name(avow_span_str(avow_kind_at(i)->name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_an_oe_report),
		cmocka_unit_test(refuses_another_report_header),
		cmocka_unit_test(refuses_a_local_report_by_name),
		cmocka_unit_test(refuses_a_report_size_that_is_not_the_rest),
		cmocka_unit_test(refuses_bytes_behind_the_quote_of_a_report),
		cmocka_unit_test(refuses_less_than_a_header),
		cmocka_unit_test(takes_ecdsa_evidence_with_its_custom_claims),
		cmocka_unit_test(takes_legacy_and_raw_evidence),
		cmocka_unit_test(refuses_claims_behind_legacy_and_raw_evidence),
		cmocka_unit_test(refuses_an_unknown_format_by_name),
		cmocka_unit_test(refuses_an_evidence_size_that_is_not_the_rest),
		cmocka_unit_test(takes_evidence_without_a_header_when_claims_follow),
		cmocka_unit_test(refuses_an_sgx_quote),
		cmocka_unit_test(the_quote_in_evidence_keeps_its_own_limit),
		cmocka_unit_test(an_oe_report_is_no_sgx_quote),
		cmocka_unit_test(kinds_are_found_by_name),
	};
	int failed;

	avow_arena_init(&arena, 1u << 20);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	avow_arena_clear(&arena);
	return failed;
}
