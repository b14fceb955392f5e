/* base/ and wire/ when memory ends: each allocation of a call fails in turn, and
 * the answer is AVOW_E_NO_MEMORY, never a result and never another reason. */
#include "support.h"

#include "faults.h"

#include "base/base64.h"
#include "base/limits.h"
#include "base/table.h"
#include "wire/json.h"
#include "wire/pem.h"

#define MEMBERS 100 /* beyond the first stack, and beyond pairwise comparison */

static char text[16384], pem[4096];

static enum avow_err
parse_json(void)
{
	const struct avow_json *v;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(1));
	e = avow_json_parse(avow_span_str(text), NULL, &a, &v, NULL);
	if (e != AVOW_OK)
		assert_null(v);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
write_json(void)
{
	static struct avow_json_member m[2] = {
		{.name = AVOW_LIT("b")}, {.name = AVOW_LIT("a")}};
	const struct avow_json v = {.type = AVOW_JSON_OBJECT, .count = 2, .members = m};
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MIB(1));
	avow_json_put(&b, &v, AVOW_JSON_SORTED);
	e = b.err;
	if (e == AVOW_OK)
		assert_span_str("{\"a\":null,\"b\":null}", avow_buf_span(&b));
	avow_buf_clear(&b);
	return e;
}

static enum avow_err
parse_pem(void)
{
	struct avow_pem_block *blocks;
	struct avow_arena a;
	enum avow_err e;
	size_t n;

	avow_arena_init(&a, AVOW_MIB(1));
	e = avow_pem_parse(avow_span_str(pem), 2, &a, &blocks, &n);
	assert_int_equal(e == AVOW_OK, n);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
write_pem(void)
{
	static uint8_t der[1500];
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MIB(1));
	avow_pem_put(&b, "X", avow_span_make(der, sizeof(der)));
	e = b.err;
	avow_buf_clear(&b);
	return e;
}

static enum avow_err
decode_base64(void)
{
	struct avow_arena a;
	struct avow_span out;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(1));
	e = avow_b64url_decode(AVOW_LIT("Zm9v"), 3, &a, &out);
	assert_int_equal(e == AVOW_OK ? 3 : 0, out.n);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
format_long_text(void)
{
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, AVOW_MIB(1));
	avow_buf_printf(&b, "%s", text);
	e = b.err;
	if (e == AVOW_OK && !avow_buf_str(&b))
		e = b.err;
	avow_buf_clear(&b);
	return e;
}

/* A set that fails leaves the table as it was. */
static enum avow_err
fill_table(void)
{
	struct avow_table *t;
	enum avow_err e = avow_table_new(&t);
	size_t n = 0;
	char key[32];

	for (; e == AVOW_OK && n < 40; n++) {
		snprintf(key, sizeof(key), "%zu", n);
		e = avow_table_set(t, avow_span_str(key), key, NULL);
		if (e != AVOW_OK) {
			assert_int_equal(n, avow_table_count(t));
			assert_null(avow_table_get(t, avow_span_str(key)));
			assert_ptr_equal(
				n ? key : NULL, avow_table_get(t, AVOW_LIT("0")));
		}
	}
	avow_table_free(t, NULL);
	return e;
}

static int
set_up(void **state)
{
	struct avow_buf b;
	uint8_t der[1500] = {1};

	(void)state;
	avow_buf_init(&b, sizeof(text) - 1);
	avow_buf_put_str(&b, "{\"long\\u0020name\":1");
	for (int i = 0; i < MEMBERS; i++)
		avow_buf_printf(&b, ",\"m%d\":[%d,0.%0100d]", i, i, 1);
	avow_buf_put_str(&b, "}");
	memcpy(text, avow_buf_str(&b), b.n + 1);
	avow_buf_reset(&b);
	avow_pem_put(&b, "X", avow_span_make(der, sizeof(der)));
	memcpy(pem, avow_buf_str(&b), b.n + 1);
	avow_buf_clear(&b);
	return 0;
}

static void
every_call_says_no_memory(void **state)
{
	(void)state;
	assert_in_range(fail_each_allocation(parse_json, AVOW_E_NO_MEMORY), 3, 50);
	assert_in_range(fail_each_allocation(write_json, AVOW_E_NO_MEMORY), 2, 9);
	assert_in_range(fail_each_allocation(parse_pem, AVOW_E_NO_MEMORY), 1, 9);
	assert_in_range(fail_each_allocation(write_pem, AVOW_E_NO_MEMORY), 2, 20);
	assert_in_range(fail_each_allocation(decode_base64, AVOW_E_NO_MEMORY), 1, 9);
	assert_in_range(fail_each_allocation(format_long_text, AVOW_E_NO_MEMORY), 2, 9);
	assert_in_range(fail_each_allocation(fill_table, AVOW_E_NO_MEMORY), 40, 60);
}

/* Equality has no way to say so: it takes the slow road, and is still right. */
static void
equality_survives(void **state)
{
	const struct avow_json *x, *y, *z;
	struct avow_arena a;

	(void)state;
	avow_arena_init(&a, AVOW_MIB(1));
	assert_ok(avow_json_parse(AVOW_LIT("{\"a\":1,\"b\":2}"), NULL, &a, &x, NULL));
	assert_ok(avow_json_parse(AVOW_LIT("{\"b\":2,\"a\":1}"), NULL, &a, &y, NULL));
	assert_ok(avow_json_parse(AVOW_LIT("{\"b\":2,\"c\":1}"), NULL, &a, &z, NULL));
	for (size_t at = 0; at < 2; at++) {
		faults.at = at;
		faults.count = 0;
		faults.on = true;
		assert_true(avow_json_eq(x, y));
		faults.count = 0;
		assert_false(avow_json_eq(x, z));
		faults.on = false;
	}
	avow_arena_clear(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_says_no_memory),
		cmocka_unit_test(equality_survives),
	};

	return cmocka_run_group_tests_name("wire/faults", tests, set_up, NULL);
}
