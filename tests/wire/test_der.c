/* wire/der: canonical DER is taken, every other form of it is refused. */
#include "support.h"

#include "wire/der.h"

static void
takes_elements_in_order(void **state)
{
	struct avow_cursor c = avow_cur(AVOW_LIT("\x02\x01\x05\x04\x02xy"));
	struct avow_der d;

	(void)state;
	assert_ok(avow_der_any(&c, &d));
	assert_int_equal(AVOW_DER_INTEGER, d.tag);
	assert_span_str("\x05", d.content);
	assert_int_equal(2, d.offset);
	assert_ok(avow_der_next(&c, AVOW_DER_OCTET_STRING, &d));
	assert_span_str("xy", d.content);
	assert_span_str("\x04\x02xy", d.whole);
	assert_int_equal(5, d.offset);
	assert_true(avow_cur_is_done(&c));
	assert_err(AVOW_E_DER_SYNTAX, avow_der_any(&c, &d));
	assert_int_equal(0, d.content.n);
}

static void
wrong_tag_spoils_the_cursor_at_the_element(void **state)
{
	struct avow_cursor c = avow_cur(AVOW_LIT("\x05\x00\x02\x01\x05"));
	struct avow_der d;

	(void)state;
	assert_ok(avow_der_next(&c, AVOW_DER_NULL, &d));
	assert_err(AVOW_E_DER_SYNTAX, avow_der_next(&c, AVOW_DER_OCTET_STRING, &d));
	assert_int_equal(0, d.tag);
	assert_true(avow_cur_is_bad(&c));
	assert_int_equal(2, c.bad_at);
	assert_err(AVOW_E_DER_SYNTAX, avow_der_next(&c, AVOW_DER_INTEGER, &d));
}

static void
refuses_head(struct avow_span head, size_t behind)
{
	uint8_t bytes[400] = {0};
	struct avow_cursor c;
	struct avow_der d;

	memcpy(bytes, head.p, head.n);
	c = avow_cur(avow_span_make(bytes, head.n + behind));
	assert_err(AVOW_E_DER_SYNTAX, avow_der_any(&c, &d));
	assert_true(avow_cur_is_bad(&c));
}

static void
refuses_lengths_that_are_not_canonical(void **state)
{
	(void)state;
	refuses_head(AVOW_LIT("\x04\x80"), 10); /* indefinite */
	refuses_head(AVOW_LIT("\x04\x81\x05"), 5); /* short form fits */
	refuses_head(AVOW_LIT("\x04\x81\x7f"), 0x7f); /* short form fits */
	refuses_head(AVOW_LIT("\x04\x82\x00\x90"), 0x90); /* leading zero */
	refuses_head(AVOW_LIT("\x04\x89\x01\0\0\0\0\0\0\0\1"), 20);
	refuses_head(AVOW_LIT("\x04\xff"), 200);
	refuses_head(AVOW_LIT("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xff"), 20);
	refuses_head(AVOW_LIT("\x04\x82\x01"), 0); /* cut inside the length */
	refuses_head(AVOW_LIT("\x04\x06"), 5);
	refuses_head(AVOW_LIT("\x04"), 0);
	refuses_head(AVOW_LIT(""), 0);
}

static void
refuses_high_tags_and_end_of_contents(void **state)
{
	(void)state;
	refuses_head(AVOW_LIT("\x1f\x01\x00"), 0);
	refuses_head(AVOW_LIT("\xbf\x8f\x01\x00"), 0);
	refuses_head(AVOW_LIT("\x00\x00"), 0);
}

static void
reads_long_lengths(void **state)
{
	uint8_t bytes[4 + 300] = {0x04, 0x82, 0x01, 0x2c};
	uint8_t mid[3 + 0x80] = {0x04, 0x81, 0x80};
	struct avow_cursor c = avow_cur(avow_span_make(bytes, sizeof(bytes)));
	struct avow_der d;

	(void)state;
	assert_ok(avow_der_any(&c, &d));
	assert_int_equal(300, d.content.n);
	assert_int_equal(304, d.whole.n);
	c = avow_cur(avow_span_make(mid, sizeof(mid)));
	assert_ok(avow_der_any(&c, &d));
	assert_int_equal(0x80, d.content.n);
}

static void
enters_with_outer_offsets(void **state)
{
	struct avow_cursor c =
		avow_cur(AVOW_LIT("\x05\x00\x30\x05\x30\x03\x02\x01\x09"));
	struct avow_cursor in, deep;
	struct avow_der d;

	(void)state;
	assert_ok(avow_der_next(&c, AVOW_DER_NULL, &d));
	assert_ok(avow_der_enter(&c, AVOW_DER_SEQUENCE, &in));
	assert_ok(avow_der_enter(&in, AVOW_DER_SEQUENCE, &deep));
	assert_true(avow_cur_is_done(&in));
	assert_ok(avow_der_next(&deep, AVOW_DER_INTEGER, &d));
	assert_int_equal(8, d.offset);
	assert_err(AVOW_E_DER_SYNTAX, avow_der_enter(&c, AVOW_DER_SEQUENCE, &in));
	assert_true(avow_cur_is_bad(&in));
}

static void
whole_input_is_one_element(void **state)
{
	struct avow_cursor in;

	(void)state;
	assert_ok(avow_der_whole(AVOW_LIT("\x30\x02\x05\x00"), 0x30, &in));
	assert_int_equal(2, avow_cur_left(&in));
	assert_err(AVOW_E_DER_TRAILING,
		avow_der_whole(AVOW_LIT("\x30\x02\x05\x00\x00"), 0x30, &in));
	assert_true(avow_cur_is_bad(&in));
	assert_err(AVOW_E_DER_SYNTAX,
		avow_der_whole(AVOW_LIT("\x31\x02\x05\x00"), 0x30, &in));
	assert_err(AVOW_E_DER_SYNTAX, avow_der_whole(AVOW_LIT(""), 0x30, &in));
}

static enum avow_err
uint_of(struct avow_span s, uint64_t max, uint64_t *v)
{
	struct avow_cursor c = avow_cur(s);

	return avow_der_uint(&c, AVOW_DER_INTEGER, max, v);
}

static void
reads_unsigned_integers(void **state)
{
	uint64_t v;

	(void)state;
	assert_ok(uint_of(AVOW_LIT("\x02\x01\x00"), 0, &v));
	assert_true(v == 0);
	assert_ok(uint_of(AVOW_LIT("\x02\x02\x00\x80"), 255, &v));
	assert_true(v == 128);
	assert_ok(uint_of(AVOW_LIT("\x02\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff"),
		UINT64_MAX, &v));
	assert_true(v == UINT64_MAX);
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x02\x02\x01\x00"), 255, &v));
	assert_true(v == 0);
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x02\x00"), 9, &v));
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x02\x01\x80"), 255, &v));
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x02\x02\xff\x7f"), 255, &v));
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x02\x02\x00\x7f"), 255, &v));
	assert_err(AVOW_E_DER_SYNTAX,
		uint_of(AVOW_LIT("\x02\x09\x01\0\0\0\0\0\0\0\0"), UINT64_MAX, &v));
	assert_err(AVOW_E_DER_SYNTAX,
		uint_of(AVOW_LIT("\x02\x0a\x00\xff\0\0\0\0\0\0\0\0"), UINT64_MAX, &v));
	assert_err(AVOW_E_DER_SYNTAX, uint_of(AVOW_LIT("\x0a\x01\x01"), 9, &v));
}

static enum avow_err
integer_of(struct avow_span s, struct avow_span *v)
{
	struct avow_cursor c = avow_cur(s);

	return avow_der_integer(&c, v);
}

static void
reads_integers_of_any_size_and_sign(void **state)
{
	struct avow_span v;

	(void)state;
	assert_ok(integer_of(AVOW_LIT("\x02\x0a\x00\xff\0\0\0\0\0\0\0\0"), &v));
	assert_int_equal(10, v.n);
	assert_ok(integer_of(AVOW_LIT("\x02\x01\x80"), &v));
	assert_span(AVOW_LIT("\x80"), v);
	assert_err(AVOW_E_DER_SYNTAX, integer_of(AVOW_LIT("\x02\x00"), &v));
	assert_err(AVOW_E_DER_SYNTAX, integer_of(AVOW_LIT("\x02\x02\x00\x7f"), &v));
	assert_err(AVOW_E_DER_SYNTAX, integer_of(AVOW_LIT("\x02\x02\xff\x80"), &v));
	assert_err(AVOW_E_DER_SYNTAX, integer_of(AVOW_LIT("\x0a\x01\x01"), &v));
	assert_int_equal(0, v.n);
}

static enum avow_err
bool_of(struct avow_span s, bool *v)
{
	struct avow_cursor c = avow_cur(s);

	return avow_der_bool(&c, v);
}

static void
booleans_have_two_forms(void **state)
{
	bool v = false;

	(void)state;
	assert_ok(bool_of(AVOW_LIT("\x01\x01\xff"), &v));
	assert_true(v);
	assert_ok(bool_of(AVOW_LIT("\x01\x01\x00"), &v));
	assert_false(v);
	assert_err(AVOW_E_DER_SYNTAX, bool_of(AVOW_LIT("\x01\x01\x01"), &v));
	assert_false(v);
	assert_err(AVOW_E_DER_SYNTAX, bool_of(AVOW_LIT("\x01\x00"), &v));
	assert_err(AVOW_E_DER_SYNTAX, bool_of(AVOW_LIT("\x01\x02\xff\xff"), &v));
	assert_err(AVOW_E_DER_SYNTAX, bool_of(AVOW_LIT("\x02\x01\xff"), &v));
}

static enum avow_err
oid_of(struct avow_span s, struct avow_span *v)
{
	struct avow_cursor c = avow_cur(s);

	return avow_der_oid(&c, v);
}

static void
object_identifiers_are_well_formed(void **state)
{
	struct avow_span v;

	(void)state;
	assert_ok(oid_of(AVOW_LIT("\x06\x03\x55\x1d\x0f"), &v));
	assert_span_str("\x55\x1d\x0f", v);
	assert_err(AVOW_E_DER_SYNTAX, oid_of(AVOW_LIT("\x06\x00"), &v));
	assert_int_equal(0, v.n);
	assert_err(AVOW_E_DER_SYNTAX, oid_of(AVOW_LIT("\x06\x02\x55\x80"), &v));
	assert_err(AVOW_E_DER_SYNTAX, oid_of(AVOW_LIT("\x06\x03\x55\x80\x01"), &v));
	assert_err(AVOW_E_DER_SYNTAX, oid_of(AVOW_LIT("\x04\x01\x55"), &v));
}

static void
encodes_object_identifiers(void **state)
{
	uint8_t out[16];

	(void)state;
	assert_int_equal(9, avow_der_oid_encode("1.2.840.113741.1.13.1", out, 16));
	assert_memory_equal("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", out, 9);
	assert_int_equal(3, avow_der_oid_encode("2.5.29", out, 16) + 1);
	assert_int_equal(2, avow_der_oid_encode("2.999", out, 16));
	assert_memory_equal("\x88\x37", out, 2);
	assert_int_equal(0, avow_der_oid_encode("1.2.840.113741", out, 5));
	assert_int_equal(6, avow_der_oid_encode("1.2.840.113741", out, 6));
	assert_int_equal(0, avow_der_oid_encode("", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1", out, 16));
	assert_int_equal(0, avow_der_oid_encode("3.1", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1.40", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1.2.", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1..2", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1.2.03", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1.2.x", out, 16));
	assert_int_equal(0, avow_der_oid_encode("1.2.99999999999999999999", out, 16));
	assert_int_equal(0, avow_der_oid_encode("2.18446744073709551615", out, 16));
}

static void
encodes_signatures(void **state)
{
	uint8_t raw[132], out[150];

	(void)state;
	assert_int_equal(
		8, avow_der_ecdsa_encode(AVOW_LIT("\x00\x01\x00\x02"), out, 13));
	assert_memory_equal("\x30\x06\x02\x01\x01\x02\x01\x02", out, 8);
	assert_int_equal(9, avow_der_ecdsa_encode(AVOW_LIT("\x80\x00"), out, 11));
	assert_memory_equal("\x30\x07\x02\x02\x00\x80\x02\x01\x00", out, 9);
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(
		72, avow_der_ecdsa_encode(avow_span_make(raw, 64), out, sizeof(out)));
	assert_int_equal(
		141, avow_der_ecdsa_encode(avow_span_make(raw, 132), out, 2 * 66 + 9));
	assert_memory_equal("\x30\x81\x8a\x02\x43\x00\xff", out, 7);
	assert_int_equal(0, avow_der_ecdsa_encode(avow_span_make(raw, 132), out, 140));
	assert_int_equal(0, avow_der_ecdsa_encode(avow_span_make(raw, 63), out, 150));
	assert_int_equal(0, avow_der_ecdsa_encode(AVOW_LIT(""), out, 150));
	memset(raw, 0xff, sizeof(raw));
	assert_int_equal(
		0, avow_der_ecdsa_encode(avow_span_make(raw, 132 - 0), out, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_integers_of_any_size_and_sign),
		cmocka_unit_test(takes_elements_in_order),
		cmocka_unit_test(wrong_tag_spoils_the_cursor_at_the_element),
		cmocka_unit_test(refuses_lengths_that_are_not_canonical),
		cmocka_unit_test(refuses_high_tags_and_end_of_contents),
		cmocka_unit_test(reads_long_lengths),
		cmocka_unit_test(enters_with_outer_offsets),
		cmocka_unit_test(whole_input_is_one_element),
		cmocka_unit_test(reads_unsigned_integers),
		cmocka_unit_test(booleans_have_two_forms),
		cmocka_unit_test(object_identifiers_are_well_formed),
		cmocka_unit_test(encodes_object_identifiers),
		cmocka_unit_test(encodes_signatures),
	};

	return cmocka_run_group_tests_name("wire/der", tests, NULL, NULL);
}
