/* The host's table of certificates beside an SEV-SNP report: GHCB 2.0, 4.1.8.1. */
#include "support.h"

#include "collect/collect.h"
#include "wire/pem.h"

#define VCEK "\x63\xda\x75\x8d\xe6\x64\x45\x64\xad\xc5\xf4\xb9\x3b\xe8\xac\xcd"
#define ASK "\x4a\xb7\xb3\x79\xbb\xac\x4f\xe4\xa0\x2f\x05\xae\xf3\x27\xc7\x82"
#define ARK "\xc0\xb4\x06\xa4\xa8\x03\x49\x52\x97\x43\x3f\xb6\x01\x4c\xd0\xae"
#define CRL "\x92\xf8\x1b\xc3\x58\x11\x4d\x3d\x97\xff\xd1\x9f\x88\xdc\x67\xea"

struct table {
	uint8_t bytes[1024];
	size_t n;
};

static void
add(struct table *t, const char *guid, uint32_t offset, uint32_t length)
{
	const uint32_t v[2] = {offset, length};

	memcpy(t->bytes + t->n, guid, 16);
	for (size_t i = 0; i < 8; i++)
		t->bytes[t->n + 16 + i] = (uint8_t)(v[i / 4] >> 8 * (i % 4));
	t->n += 24;
}

static enum avow_err
read_table(const struct table *t, size_t n, struct avow_buf *pem, struct avow_why *why)
{
	avow_why_init(why);
	avow_buf_init(pem, 4096);
	return avow_collect_cert_table(avow_span_make(t->bytes, n), pem, why);
}

static void
puts_the_chain_in_its_order(void **state)
{
	struct table t = {.n = 0};
	struct avow_buf pem, want;
	struct avow_why why;

	(void)state;
	add(&t, ARK, 500, 3);
	add(&t, CRL, 600, 9);
	add(&t, ASK, 503, 2);
	add(&t, VCEK, 505, 4);
	memcpy(t.bytes + 500, "arkaskvcek", 9);
	assert_ok(read_table(&t, 1024, &pem, &why));
	avow_buf_init(&want, 4096);
	avow_pem_put(&want, "CERTIFICATE", avow_span_make(t.bytes + 505, 4));
	avow_pem_put(&want, "CERTIFICATE", avow_span_make(t.bytes + 503, 2));
	avow_pem_put(&want, "CERTIFICATE", avow_span_make(t.bytes + 500, 3));
	assert_span(avow_buf_span(&want), avow_buf_span(&pem));
	avow_buf_clear(&want);
	avow_buf_clear(&pem);
}

static void
takes_no_table_for_no_certificates(void **state)
{
	struct table t = {.n = 0};
	struct avow_buf pem;
	struct avow_why why;

	(void)state;
	assert_ok(read_table(&t, 0, &pem, &why));
	assert_int_equal(0, pem.n);
	assert_ok(read_table(&t, 24, &pem, &why));
	assert_int_equal(0, pem.n);
}

/* The host writes the table: it must not reach outside of it. */
static void
refuses_what_lies_outside(void **state)
{
	const uint32_t bad[][2] = {
		{1025, 0}, {1000, 25}, {UINT32_MAX, 1}, {1, UINT32_MAX}, {0, 1025}};
	struct avow_buf pem;
	struct avow_why why;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct table t = {.n = 0};

		add(&t, VCEK, bad[i][0], bad[i][1]);
		assert_err(AVOW_E_COLLECT_TABLE, read_table(&t, 1024, &pem, &why));
		assert_string_equal("offset", why.field);
		assert_int_equal(0, pem.n);
	}
}

static void
refuses_a_table_without_an_end(void **state)
{
	struct table t = {.n = 0};
	struct avow_buf pem;
	struct avow_why why;

	(void)state;
	for (size_t i = 0; i < 33; i++)
		add(&t, CRL, 0, 1);
	assert_err(AVOW_E_COLLECT_TABLE, read_table(&t, 1024, &pem, &why));
	assert_string_equal("entries", why.field);
	assert_err(AVOW_E_COLLECT_TABLE, read_table(&t, 24, &pem, &why));
	assert_err(AVOW_E_COLLECT_TABLE, read_table(&t, 47, &pem, &why));
	avow_buf_clear(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_the_chain_in_its_order),
		cmocka_unit_test(takes_no_table_for_no_certificates),
		cmocka_unit_test(refuses_what_lies_outside),
		cmocka_unit_test(refuses_a_table_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
