/* Form of a quote v3: every length, every layout-deciding number, nothing left. */
#include "quote_maker.h"

#include "base/limits.h"
#include "evidence/internal.h"
#include "evidence/sgx/layout.h"

static struct made m;
static struct avow_why why;

static void
reads_every_field_at_its_offset(void **state)
{
	struct avow_arena a;
	const struct avow_evidence *ev;
	const struct avow_sgx_quote *q;

	(void)state;
	made_usual(&m);
	avow_arena_init(&a, 1u << 20);
	assert_ok(avow_evidence_parse(avow_kind_by_name(AVOW_LIT("sgx")),
		avow_span_make(m.b, m.n), &a, &ev, &why));
	q = ev->body;
	assert_int_equal(q->version, 3);
	assert_int_equal(q->att_key_type, 2);
	assert_int_equal(q->tee_type, 0);
	assert_int_equal(q->qe_svn, 0x0801);
	assert_int_equal(q->pce_svn, 0x0d02);
	assert_ptr_equal(q->qe_vendor_id.p, m.b + 12);
	assert_ptr_equal(q->user_data.p, m.b + 28);
	assert_int_equal(q->user_data.n, 20);
	assert_ptr_equal(q->signed_part.p, m.b);
	assert_int_equal(q->signed_part.n, 432);
	assert_ptr_equal(q->signature.p, m.b + 436);
	assert_ptr_equal(q->attestation_key.p, m.b + 500);
	assert_ptr_equal(q->qe.report.raw.p, m.b + 564);
	assert_ptr_equal(q->qe.signature.p, m.b + 948);
	assert_ptr_equal(q->qe.auth_data.p, m.b + 1014);
	assert_int_equal(q->qe.auth_data.n, 32);
	assert_int_equal(q->qe.cert_type, 5);
	assert_span_str("chain", q->qe.cert_data);
	assert_false(q->has_custom_claims);
	avow_arena_clear(&a);
}

static void
assert_filled(struct avow_span s, uint8_t v, size_t n)
{
	assert_int_equal(s.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s.p[i], v);
}

static void
reads_every_field_of_a_report_body(void **state)
{
	struct avow_sgx_report r;
	struct avow_cursor c;

	(void)state;
	made_usual(&m);
	c = avow_cur(avow_span_make(m.b + 48, 384));
	avow_sgx_report_read(&c, &r);
	assert_true(avow_cur_is_done(&c));
	assert_filled(r.cpu_svn, 0x30, 16);
	assert_filled(r.misc_select, 0x31, 4);
	assert_filled(r.isv_ext_prod_id, 0x32, 16);
	assert_filled(r.attributes, 0x33, 16);
	assert_int_equal(r.flags, 0x3333333333333333u);
	assert_int_equal(r.xfrm, 0x3333333333333333u);
	assert_filled(r.mr_enclave, 0x34, 32);
	assert_filled(r.mr_signer, 0x35, 32);
	assert_filled(r.config_id, 0x36, 64);
	assert_int_equal(r.isv_prod_id, 0x3737);
	assert_int_equal(r.isv_svn, 0x3838);
	assert_int_equal(r.config_svn, 0x3939);
	assert_filled(r.isv_family_id, 0x3a, 16);
	assert_filled(r.report_data, 0x3b, 64);
	for (size_t i = 0; i < 4; i++)
		assert_true(avow_span_all_zero(r.reserved[i]));
	assert_int_equal(
		r.reserved[0].n + r.reserved[1].n + r.reserved[2].n + r.reserved[3].n,
		12 + 32 + 32 + 42);
}

static void
a_report_of_383_bytes_spoils_the_cursor(void **state)
{
	struct avow_sgx_report r;
	struct avow_cursor c = avow_cur(avow_span_make(m.b, 383));

	(void)state;
	avow_sgx_report_read(&c, &r);
	assert_true(avow_cur_is_bad(&c));
}

static void
refuses_every_reserved_byte_that_is_not_zero(void **state)
{
	static const struct {
		size_t off, n;
		const char *field;
	} reserved[] = {{20, 12, "x.reserved1"}, {96, 32, "x.reserved2"},
		{160, 32, "x.reserved3"}, {262, 42, "x.reserved4"}};
	struct avow_sgx_report r;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < reserved[i].n; k++) {
			struct avow_cursor c;

			made_usual(&m);
			m.b[48 + reserved[i].off + k] = 0x80;
			c = avow_cur(avow_span_make(m.b + 48, 384));
			avow_sgx_report_read(&c, &r);
			avow_why_init(&why);
			assert_err(AVOW_E_QUOTE_RESERVED,
				avow_sgx_report_check_reserved(&r, "x", &why));
			assert_string_equal(reserved[i].field, why.field);
		}
}

static void
refuses_every_other_version(void **state)
{
	static const uint16_t versions[] = {0, 1, 2, 4, 5, 0x0300, 0xffff};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		made_usual(&m);
		made_le(&m, 0, versions[i], 2);
		assert_err(AVOW_E_QUOTE_VERSION, parse_made("sgx", &m, &why));
		assert_string_equal("header.version", why.field);
	}
}

static void
refuses_every_other_key_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		made_usual(&m);
		made_le(&m, 2, 2u ^ (1u << i), 2);
		assert_err(AVOW_E_QUOTE_KEY_TYPE, parse_made("sgx", &m, &why));
	}
}

static void
refuses_every_other_tee_type(void **state)
{
	(void)state;
	made_usual(&m);
	made_le(&m, 4, 0x81, 4);
	assert_err(AVOW_E_QUOTE_TEE_TYPE, parse_made("sgx", &m, &why));
	assert_string_equal("129", why.got);
	for (unsigned i = 0; i < 32; i++) {
		made_usual(&m);
		made_le(&m, 4, 1u << i, 4);
		assert_err(AVOW_E_QUOTE_TEE_TYPE, parse_made("sgx", &m, &why));
	}
}

static void
refuses_every_truncation(void **state)
{
	size_t whole;

	(void)state;
	made_usual(&m);
	whole = m.n;
	for (m.n = 0; m.n < whole; m.n++)
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("sgx", &m, &why));
	m.n = whole;
	assert_ok(parse_made("sgx", &m, &why));
}

static void
refuses_one_byte_behind_the_quote(void **state)
{
	(void)state;
	made_usual(&m);
	made_append(&m, "", 1);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("sgx", &m, &why));
	assert_int_equal(why.offset, m.n - 1);
}

static void
refuses_signature_data_that_is_too_short_for_its_fields(void **state)
{
	(void)state;
	for (size_t n = 0; n < 584; n++) {
		made_usual(&m);
		made_le(&m, 432, n, 4);
		m.n = 436 + n;
		/* from 578 on the auth data's length is there and does not fit */
		assert_err(n < 578 ? AVOW_E_QUOTE_LENGTH : AVOW_E_QUOTE_AUTH_DATA,
			parse_made("sgx", &m, &why));
	}
}

static void
refuses_a_certification_header_that_is_cut(void **state)
{
	(void)state;
	for (size_t n = 578; n < 584; n++) {
		made_quote(&m, 0, 5, AVOW_LIT(""));
		made_le(&m, 432, n, 4);
		m.n = 436 + n;
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("sgx", &m, &why));
		assert_string_equal("certification_data", why.field);
	}
	made_quote(&m, 0, 5, AVOW_LIT(""));
	assert_ok(parse_made("sgx", &m, &why));
}

static void
refuses_auth_data_beyond_the_end(void **state)
{
	(void)state;
	made_usual(&m);
	made_le(&m, 1012, 32 + 6 + 5 + 1, 2);
	assert_err(AVOW_E_QUOTE_AUTH_DATA, parse_made("sgx", &m, &why));
	made_le(&m, 1012, 0xffff, 2);
	assert_err(AVOW_E_QUOTE_AUTH_DATA, parse_made("sgx", &m, &why));
	assert_string_equal("qe_auth_data.size", why.field);
}

static void
takes_no_auth_data_and_refuses_more_than_its_limit(void **state)
{
	(void)state;
	made_quote(&m, 0, 5, AVOW_LIT("chain"));
	assert_ok(parse_made("sgx", &m, &why));
	made_quote(&m, AVOW_MAX_QE_AUTH_DATA, 5, AVOW_LIT("chain"));
	assert_ok(parse_made("sgx", &m, &why));
	made_quote(&m, AVOW_MAX_QE_AUTH_DATA + 1, 5, AVOW_LIT("chain"));
	assert_err(AVOW_E_TOO_LARGE, parse_made("sgx", &m, &why));
}

static void
refuses_certification_data_of_another_length(void **state)
{
	size_t at = 1014 + 32 + 2;

	(void)state;
	made_usual(&m);
	made_le(&m, at, 6, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("sgx", &m, &why));
	made_le(&m, at, 0xffffffff, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("sgx", &m, &why));
	/* bug class 12: bytes that nothing accounts for */
	made_le(&m, at, 4, 4);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("sgx", &m, &why));
}

static void
refuses_a_quote_over_its_limit_before_reading_it(void **state)
{
	(void)state;
	made_usual(&m);
	m.n = AVOW_MAX_QUOTE + 1;
	assert_err(AVOW_E_TOO_LARGE, parse_made("sgx", &m, &why));
	made_usual(&m);
	made_le(&m, 432, 0xffffffff, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("sgx", &m, &why));
}

static void
reads_other_certification_data_and_refuses_it_by_name(void **state)
{
	static const struct {
		uint16_t type;
		const char *got;
	} types[] = {{1, "1, PPID in clear, CPUSVN, PCESVN, PCE-ID"},
		{2, "2, PPID encrypted with RSA-2048-OAEP"},
		{3, "3, PPID encrypted with RSA-3072-OAEP"},
		{4, "4, PCK leaf certificate"}, {6, "6, QE report certification data"},
		{7, "7, platform manifest"}, {0, "0, unknown type"},
		{8, "8, unknown type"}, {0xffff, "65535, unknown type"}};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct avow_qe_auth qe = {.cert_type = types[i].type};

		made_quote(&m, 32, types[i].type, AVOW_LIT("x"));
		assert_ok(parse_made("sgx", &m, &why));
		avow_why_init(&why);
		assert_err(AVOW_E_QUOTE_CERT_TYPE, avow_qe_auth_check_type(&qe, &why));
		assert_string_equal(types[i].got, why.got);
	}
}

static const struct avow_json *
inspected(const char *kind, struct avow_arena *a, struct avow_buf *b)
{
	const struct avow_evidence *ev;
	const struct avow_json *doc;
	struct avow_jw w;

	avow_arena_init(a, 1u << 20);
	avow_buf_init(b, 1u << 20);
	assert_ok(avow_evidence_parse(avow_kind_by_name(avow_span_str(kind)),
		avow_span_make(m.b, m.n), a, &ev, &why));
	avow_jw_init(&w, b);
	avow_evidence_inspect(ev, &w);
	assert_ok(avow_json_parse(avow_buf_span(b), NULL, a, &doc, &why));
	return doc;
}

static void
inspects_other_certification_data_and_custom_claims(void **state)
{
	struct avow_arena a;
	const struct avow_json *doc;
	struct avow_buf b;

	(void)state;
	made_quote(&m, 32, 3, AVOW_LIT("\x01\x02"));
	doc = inspected("sgx", &a, &b);
	assert_span_str("0102", avow_json_get(doc, "certification_data")->string);
	assert_span_str("PPID encrypted with RSA-3072-OAEP",
		avow_json_get(doc, "certification_data_type_name")->string);
	avow_buf_clear(&b);
	avow_arena_clear(&a);
	made_usual(&m);
	made_append(&m, "ab", 2);
	doc = inspected("oe", &a, &b);
	assert_span_str("6162", avow_json_get(doc, "custom_claims")->string);
	avow_buf_clear(&b);
	avow_arena_clear(&a);
}

static void
inspects_what_it_has_read(void **state)
{
	struct avow_arena a;
	const struct avow_json *doc;
	struct avow_buf b;

	(void)state;
	made_usual(&m);
	doc = inspected("sgx", &a, &b);
	assert_int_equal(
		avow_json_get(avow_json_get(doc, "header"), "pce_svn")->integer,
		0x0d02);
	assert_int_equal(
		avow_json_get(avow_json_get(doc, "qe_report"), "isv_svn")->integer,
		0x6868);
	assert_span_str("chain", avow_json_get(doc, "certification_data")->string);
	assert_span_str("none", avow_json_get(doc, "wrapper")->string);
	avow_buf_clear(&b);
	avow_arena_clear(&a);
}

static void
a_full_arena_is_an_error_of_its_own(void **state)
{
	struct avow_arena a;
	const struct avow_evidence *ev;

	(void)state;
	made_usual(&m);
	avow_arena_init(&a, 64);
	assert_err(AVOW_E_TOO_LARGE,
		parse_exactly("sgx", avow_span_make(m.b, m.n), &a, &ev, &why));
	assert_null(ev);
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field_at_its_offset),
		cmocka_unit_test(reads_every_field_of_a_report_body),
		cmocka_unit_test(a_report_of_383_bytes_spoils_the_cursor),
		cmocka_unit_test(refuses_every_reserved_byte_that_is_not_zero),
		cmocka_unit_test(refuses_every_other_version),
		cmocka_unit_test(refuses_every_other_key_type),
		cmocka_unit_test(refuses_every_other_tee_type),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(refuses_one_byte_behind_the_quote),
		cmocka_unit_test(
			refuses_signature_data_that_is_too_short_for_its_fields),
		cmocka_unit_test(refuses_a_certification_header_that_is_cut),
		cmocka_unit_test(refuses_auth_data_beyond_the_end),
		cmocka_unit_test(takes_no_auth_data_and_refuses_more_than_its_limit),
		cmocka_unit_test(refuses_certification_data_of_another_length),
		cmocka_unit_test(refuses_a_quote_over_its_limit_before_reading_it),
		cmocka_unit_test(reads_other_certification_data_and_refuses_it_by_name),
		cmocka_unit_test(inspects_what_it_has_read),
		cmocka_unit_test(inspects_other_certification_data_and_custom_claims),
		cmocka_unit_test(a_full_arena_is_an_error_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
