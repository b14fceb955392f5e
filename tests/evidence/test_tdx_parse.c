/* Form of a TDX quote v4 and v5: every length, every layout-deciding number,
 * nothing left but zeros; and the rules of the TD report's own fields. */
#include "td_maker.h"

#include "base/limits.h"
#include "evidence/internal.h"
#include "evidence/tdx/layout.h"

static struct made m;
static struct avow_why why;

static const struct {
	unsigned version, body_type;
} forms[] = {{4, 2}, {5, 2}, {5, 3}};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static struct td_places
make(size_t form)
{
	return td_quote(&m, forms[form].version, forms[form].body_type);
}

static void
assert_filled(struct avow_span s, uint8_t v, size_t n)
{
	assert_int_equal(s.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(s.p[i], v);
}

static void
assert_report(const struct avow_td_report *r, bool is_15)
{
	const struct avow_span fields[] = {r->tee_tcb_svn, r->mr_seam,
		r->mr_signer_seam, r->seam_attributes, r->td_attributes, r->xfam,
		r->mr_td, r->mr_config_id, r->mr_owner, r->mr_owner_config, r->rtmr[0],
		r->rtmr[1], r->rtmr[2], r->rtmr[3], r->report_data, r->tee_tcb_svn2,
		r->mr_service_td};
	static const size_t sizes[] = {
		16, 48, 48, 8, 8, 8, 48, 48, 48, 48, 48, 48, 48, 48, 64, 16, 48};

	assert_int_equal(r->is_15, is_15);
	for (size_t i = 0; i < (is_15 ? 17u : 15u); i++)
		assert_filled(fields[i], (uint8_t)(0x80 + i), sizes[i]);
	assert_true(r->attributes == UINT64_C(0x8484848484848484));
	assert_true(r->features == UINT64_C(0x8585858585858585));
}

static void
reads_every_field_at_its_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FORMS; i++) {
		struct td_places p = make(i);
		struct avow_arena a;
		const struct avow_evidence *ev;
		const struct avow_tdx_quote *q;

		avow_arena_init(&a, 1u << 20);
		assert_ok(avow_evidence_parse(avow_kind_by_name(AVOW_LIT("tdx")),
			avow_span_make(m.b, m.n), &a, &ev, &why));
		q = ev->body;
		assert_int_equal(q->version, forms[i].version);
		assert_int_equal(q->body_type, forms[i].body_type);
		assert_int_equal(q->att_key_type, 2);
		assert_int_equal(q->tee_type, 0x81);
		assert_ptr_equal(q->qe_vendor_id.p, m.b + 12);
		assert_ptr_equal(q->user_data.p, m.b + 28);
		assert_ptr_equal(q->signed_part.p, m.b);
		assert_int_equal(q->signed_part.n, p.len);
		assert_report(&q->report, forms[i].body_type == 3);
		assert_ptr_equal(q->signature.p, m.b + p.sig);
		assert_ptr_equal(q->attestation_key.p, m.b + p.sig + 64);
		assert_ptr_equal(q->qe.report.raw.p, m.b + p.sig + 134);
		assert_ptr_equal(q->qe.signature.p, m.b + p.sig + 518);
		assert_filled(q->qe.auth_data, 0x53, 32);
		assert_int_equal(q->qe.cert_type, 5);
		assert_span_str("chain", q->qe.cert_data);
		assert_int_equal(q->n_padding, 0);
		avow_arena_clear(&a);
	}
}

static void
refuses_every_other_version(void **state)
{
	static const uint16_t versions[] = {0, 1, 2, 3, 6, 0x0400, 0x0500, 0xffff};

	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		make(0);
		made_le(&m, 0, versions[i], 2);
		assert_err(AVOW_E_QUOTE_VERSION, parse_made("tdx", &m, &why));
		assert_string_equal("header.version", why.field);
	}
}

/* A version 4 quote is not read as a version 5 one, nor the other way round. */
static void
refuses_a_version_of_another_layout(void **state)
{
	(void)state;
	make(0);
	made_le(&m, 0, 5, 2);
	assert_err(AVOW_E_TDX_BODY_TYPE, parse_made("tdx", &m, &why));
	make(2);
	made_le(&m, 0, 4, 2);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
}

static void
refuses_every_other_key_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		make(i % N_FORMS);
		made_le(&m, 2, 2u ^ (1u << i), 2);
		assert_err(AVOW_E_QUOTE_KEY_TYPE, parse_made("tdx", &m, &why));
	}
}

/* TEE type 0, an enclave's quote in this form, too: it is no TD. */
static void
refuses_every_other_tee_type(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 32; i++) {
		make(i % N_FORMS);
		made_le(&m, 4, 0x81u ^ (1u << i), 4);
		assert_err(AVOW_E_QUOTE_TEE_TYPE, parse_made("tdx", &m, &why));
	}
	make(0);
	made_le(&m, 4, 0, 4);
	assert_err(AVOW_E_QUOTE_TEE_TYPE, parse_made("tdx", &m, &why));
}

static void
refuses_every_other_body_type(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 70000; type += type < 10 ? 1 : 7919) {
		make(2);
		made_le(&m, 48, type, 2);
		if ((type & 0xffff) == 3)
			continue;
		assert_err(AVOW_E_TDX_BODY_TYPE, parse_made("tdx", &m, &why));
		assert_string_equal(
			(type & 0xffff) == 2 ? "body_size" : "body_type", why.field);
	}
}

static void
refuses_a_body_size_that_is_not_its_types(void **state)
{
	static const uint32_t sizes[] = {
		0, 384, 583, 585, 647, 649, 0x80000000, 0xffffffff};

	(void)state;
	for (size_t form = 1; form < N_FORMS; form++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			make(form);
			made_le(&m, 50, sizes[i], 4);
			assert_err(AVOW_E_TDX_BODY_TYPE, parse_made("tdx", &m, &why));
			assert_string_equal("body_size", why.field);
		}
}

static void
refuses_every_length_that_is_cut_off(void **state)
{
	(void)state;
	for (size_t form = 0; form < N_FORMS; form++) {
		size_t whole;

		make(form);
		whole = m.n;
		for (size_t n = 0; n < whole; n++) {
			m.n = n;
			assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
		}
	}
}

static void
refuses_a_signature_length_that_does_not_fit(void **state)
{
	(void)state;
	for (size_t form = 0; form < N_FORMS; form++) {
		struct td_places p = make(form);

		made_le(&m, p.len, 628, 4);
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
		made_le(&m, p.len, 0xffffffff, 4);
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
		/* the container inside then goes beyond it */
		made_le(&m, p.len, 626, 4);
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
		made_le(&m, p.len, 133, 4);
		assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
	}
}

static void
the_outer_certification_data_is_type_6_alone(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 300; type++) {
		struct td_places p = make(type % N_FORMS);

		made_le(&m, p.sig + 128, type, 2);
		if (type == 6)
			assert_ok(parse_made("tdx", &m, &why));
		else
			assert_err(AVOW_E_QUOTE_CERT_TYPE, parse_made("tdx", &m, &why));
	}
}

static void
nothing_is_left_over_inside_the_containers(void **state)
{
	struct td_places p = make(0);

	(void)state;
	/* behind the outer container */
	made_le(&m, p.sig + 130, 492, 4);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("tdx", &m, &why));
	assert_string_equal("certification_data.size", why.field);
	/* beyond it */
	made_le(&m, p.sig + 130, 494, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
	/* behind the inner one */
	p = make(0);
	made_le(&m, p.sig + 618, 4, 4);
	assert_err(AVOW_E_QUOTE_TRAILING, parse_made("tdx", &m, &why));
	made_le(&m, p.sig + 618, 6, 4);
	assert_err(AVOW_E_QUOTE_LENGTH, parse_made("tdx", &m, &why));
	/* auth data */
	p = make(0);
	made_le(&m, p.sig + 582, 44, 2);
	assert_err(AVOW_E_QUOTE_AUTH_DATA, parse_made("tdx", &m, &why));
}

static void
zeros_behind_a_quote_are_let_in_and_nothing_else(void **state)
{
	(void)state;
	for (size_t form = 0; form < N_FORMS; form++)
		for (size_t n = 1; n < 80; n++) {
			make(form);
			m.n += n;
			assert_ok(parse_made("tdx", &m, &why));
			m.b[m.n - 1] = 1;
			assert_err(AVOW_E_QUOTE_TRAILING, parse_made("tdx", &m, &why));
			m.b[m.n - n] = 1;
			assert_err(AVOW_E_QUOTE_TRAILING, parse_made("tdx", &m, &why));
		}
}

static void
refuses_more_than_the_limit(void **state)
{
	(void)state;
	make(0);
	m.n = AVOW_MAX_QUOTE;
	assert_ok(parse_made("tdx", &m, &why));
	m.n++;
	assert_err(AVOW_E_TOO_LARGE, parse_made("tdx", &m, &why));
}

static void
another_kinds_evidence_is_refused_by_name(void **state)
{
	(void)state;
	made_usual(&m);
	assert_err(AVOW_E_QUOTE_VERSION, parse_made("tdx", &m, &why));
	make(0);
	assert_err(AVOW_E_QUOTE_VERSION, parse_made("sgx", &m, &why));
}

/* --- rules of the report's fields ------------------------------------------------------ */

/* Verifier bug 13: the rules of attributes are never optional. */
static void
only_known_attributes_may_be_set(void **state)
{
	static const unsigned known[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 16, 27, 28, 29, 30, 31, 62, 63};
	size_t k = 0;

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		struct avow_td_report r = {.attributes = UINT64_C(1) << bit};

		avow_why_init(&why);
		if (k < sizeof(known) / sizeof(known[0]) && known[k] == bit) {
			k++;
			assert_ok(avow_td_report_check_attributes(&r, &why));
			continue;
		}
		assert_err(AVOW_E_TDX_ATTRIBUTES,
			avow_td_report_check_attributes(&r, &why));
		assert_string_equal("td_attributes", why.field);
	}
}

static void
only_known_features_may_be_set_and_two_must(void **state)
{
	static const unsigned unknown[] = {3, 4, 13, 16, 20, 31, 32, 63};
	struct avow_td_report r;

	(void)state;
	for (uint64_t low = 0; low < 3; low++) {
		r = (struct avow_td_report){.features = 0x600e4 | low};
		assert_err(AVOW_E_TDX_XFAM, avow_td_report_check_xfam(&r, &why));
	}
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		r = (struct avow_td_report){
			.features = UINT64_C(0x3) | UINT64_C(1) << unknown[i]};
		avow_why_init(&why);
		assert_err(AVOW_E_TDX_XFAM, avow_td_report_check_xfam(&r, &why));
		assert_string_equal("xfam", why.field);
	}
	r = (struct avow_td_report){.features = 0xedfe7};
	assert_ok(avow_td_report_check_xfam(&r, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field_at_its_offset),
		cmocka_unit_test(refuses_every_other_version),
		cmocka_unit_test(refuses_a_version_of_another_layout),
		cmocka_unit_test(refuses_every_other_key_type),
		cmocka_unit_test(refuses_every_other_tee_type),
		cmocka_unit_test(refuses_every_other_body_type),
		cmocka_unit_test(refuses_a_body_size_that_is_not_its_types),
		cmocka_unit_test(refuses_every_length_that_is_cut_off),
		cmocka_unit_test(refuses_a_signature_length_that_does_not_fit),
		cmocka_unit_test(the_outer_certification_data_is_type_6_alone),
		cmocka_unit_test(nothing_is_left_over_inside_the_containers),
		cmocka_unit_test(zeros_behind_a_quote_are_let_in_and_nothing_else),
		cmocka_unit_test(refuses_more_than_the_limit),
		cmocka_unit_test(another_kinds_evidence_is_refused_by_name),
		cmocka_unit_test(only_known_attributes_may_be_set),
		cmocka_unit_test(only_known_features_may_be_set_and_two_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
