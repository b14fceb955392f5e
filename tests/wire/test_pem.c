/* wire/pem: the strict form, and each departure from it. */
#include "support.h"

#include "base/file.h"
#include "base/limits.h"
#include "wire/pem.h"

/* 49 bytes of 'A': one full line and a short one */
#define FULL "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"
#define BODY FULL "\nQQ==\n"
#define X "-----BEGIN X-----\n" BODY "-----END X-----\n"

static struct avow_arena arena;
static struct avow_pem_block *blocks;
static size_t n_blocks;

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(1));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static enum avow_err
parse(const char *text)
{
	return avow_pem_parse(avow_span_str(text), 4, &arena, &blocks, &n_blocks);
}

static void
refuses(const char *text)
{
	assert_err(AVOW_E_PEM_SYNTAX, parse(text));
	assert_null(blocks);
	assert_int_equal(0, n_blocks);
}

static void
reads_blocks_in_order(void **state)
{
	const char *text = "\n" X "\n \t-----BEGIN X509 CRL-----\nQUI=\n"
			   "-----END X509 CRL-----\n\n";

	(void)state;
	assert_ok(parse(text));
	assert_int_equal(2, n_blocks);
	assert_span_str("X", blocks[0].label);
	assert_int_equal(49, blocks[0].der.n);
	assert_int_equal('A', blocks[0].der.p[48]);
	assert_ptr_equal(text + 1, blocks[0].text.p);
	assert_int_equal(strlen(X) - 1, blocks[0].text.n);
	assert_span_str("X509 CRL", blocks[1].label);
	assert_span_str("AB", blocks[1].der);
	assert_span_str("-----BEGIN X509 CRL-----\nQUI=\n-----END X509 CRL-----",
		blocks[1].text);
}

static void
takes_either_line_end_and_a_trailing_nul(void **state)
{
	(void)state;
	assert_ok(
		parse("-----BEGIN X-----\r\n" FULL "\r\nQQ==\r\n-----END X-----\r\n"));
	assert_int_equal(49, blocks[0].der.n);
	assert_ok(parse("-----BEGIN X-----\nQUI=\n-----END X-----"));
	assert_span_str("-----BEGIN X-----\nQUI=\n-----END X-----", blocks[0].text);
	assert_ok(avow_pem_parse(AVOW_LIT(X "\0"), 1, &arena, &blocks, &n_blocks));
	assert_ok(
		avow_pem_parse(AVOW_LIT("-----BEGIN X-----\nQUI=\n-----END X-----\0\0"),
			1, &arena, &blocks, &n_blocks));
	assert_err(AVOW_E_PEM_SYNTAX,
		avow_pem_parse(AVOW_LIT(X "\0" X), 2, &arena, &blocks, &n_blocks));
}

/* PCK chains of 2020 have the lines of MIME */
static void
takes_lines_of_76_and_no_mixture(void **state)
{
#define MIME FULL "QUFBQUFBQUFB"
	(void)state;
	assert_ok(parse(
		"-----BEGIN X-----\n" MIME "\n" MIME "\nQQ==\n-----END X-----\n"));
	assert_int_equal(115, blocks[0].der.n);
	assert_ok(parse("-----BEGIN X-----\n" MIME "\n" MIME "\n-----END X-----\n"));
	assert_ok(parse("-----BEGIN X-----\n" MIME "\n" FULL "\n-----END X-----\n"));
	refuses("-----BEGIN X-----\n" FULL "\n" MIME "\n-----END X-----\n");
	refuses("-----BEGIN X-----\n" MIME "\n" FULL "\nQUFB\n-----END X-----\n");
	refuses("-----BEGIN X-----\n" FULL "\n" MIME "\nQUFB\n-----END X-----\n");
	refuses("-----BEGIN X-----\n" FULL "QUFB\nQUFB\n-----END X-----\n");
#undef MIME
}

static void
refuses_text_outside(void **state)
{
	(void)state;
	refuses("");
	refuses("hello");
	refuses("comment\n" X);
	refuses(X "comment\n");
	refuses(X "comment\n" X);
	refuses("-----BEGIN X-----\n" BODY "-----END X----------BEGIN X-----\n" BODY
		"-----END X-----\n");
}

static void
refuses_broken_boundaries(void **state)
{
	(void)state;
	refuses("-----BEGIN X-----\n" BODY);
	refuses("-----BEGIN X-----\n" BODY "-----END Y-----\n");
	refuses("-----BEGIN X-----\n" BODY "-----END X----\n");
	refuses("-----BEGIN X-----\n" BODY "-----END X----- \nx");
	refuses("-----BEGIN -----\n" BODY "-----END -----\n");
	refuses("-----BEGIN A-B-----\n" BODY "-----END A-B-----\n");
	refuses("-----BEGIN A  B-----\n" BODY "-----END A  B-----\n");
	refuses("-----BEGIN \tX-----\n" BODY "-----END \tX-----\n");
	refuses("-----BEGIN X ----\n" BODY "-----END X-----\n");
	refuses("-----BEGIN X-----" BODY "-----END X-----\n");
	refuses("-----BEGIN X-----\nQUI=-----END X-----\n");
	refuses("-----BEGIN ");
	refuses("-----END X-----\n-----BEGIN X-----\n");
}

static void
refuses_broken_bodies(void **state)
{
	(void)state;
	refuses("-----BEGIN X-----\n-----END X-----\n");
	refuses("-----BEGIN X-----\n\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQUI\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQUJ=\n-----END X-----\n"); /* trailing bits */
	refuses("-----BEGIN X-----\nQU_-\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQ U=\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQUI=\n\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQUFB\nQUFB\n-----END X-----\n");
	refuses("-----BEGIN X-----\n" FULL "QUFB\n-----END X-----\n");
	refuses("-----BEGIN X-----\nQUI=QUFB\n-----END X-----\n");
	refuses("-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nQUI=\n-----END X-----\n");
}

static void
limits_count_and_memory(void **state)
{
	struct avow_arena small;

	(void)state;
	assert_ok(parse(X X X X));
	assert_err(AVOW_E_PEM_COUNT, parse(X X X X X));
	assert_null(blocks);
	for (size_t max = 0; max < sizeof(*blocks) + 70 + 49; max += 7) {
		avow_arena_init(&small, max);
		assert_err(AVOW_E_TOO_LARGE, avow_pem_parse(avow_span_str(X), 1, &small,
						     &blocks, &n_blocks));
		avow_arena_clear(&small);
	}
}

static void
tells_pem_from_other_bytes(void **state)
{
	(void)state;
	assert_true(avow_pem_is(AVOW_LIT("\r\n -----BEGIN X")));
	assert_false(avow_pem_is(AVOW_LIT("x-----BEGIN X")));
	assert_false(avow_pem_is(AVOW_LIT("\x30\x82")));
	assert_false(avow_pem_is(AVOW_LIT("")));
}

static void
writes_what_it_reads(void **state)
{
	struct avow_buf b;
	uint8_t der[200];

	(void)state;
	for (size_t i = 0; i < sizeof(der); i++)
		der[i] = (uint8_t)(i * 7);
	avow_buf_init(&b, AVOW_KIB(4));
	for (size_t n = 1; n <= sizeof(der); n++) {
		avow_buf_reset(&b);
		avow_pem_put(&b, "CERTIFICATE", avow_span_make(der, n));
		assert_ok(avow_pem_parse(
			avow_buf_span(&b), 1, &arena, &blocks, &n_blocks));
		assert_span(avow_span_make(der, n), blocks[0].der);
		assert_span_str("CERTIFICATE", blocks[0].label);
	}
	avow_buf_clear(&b);
	avow_buf_init(&b, 20);
	avow_pem_put(&b, "X", avow_span_make(der, 20));
	assert_err(AVOW_E_TOO_LARGE, b.err);
	avow_buf_clear(&b);
}

static void
reads_real_bundles(void **state)
{
	const char *path = vector_path("anchors/amd-sev-milan.pem");
	struct avow_buf b;

	(void)state;
	if (!path)
		skip();
	avow_buf_init(&b, AVOW_KIB(64));
	assert_ok(avow_file_read(path, &b));
	assert_ok(avow_pem_parse(avow_buf_span(&b), 4, &arena, &blocks, &n_blocks));
	assert_span_str("CERTIFICATE", blocks[0].label);
	avow_buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_blocks_in_order),
		cmocka_unit_test(takes_either_line_end_and_a_trailing_nul),
		cmocka_unit_test(takes_lines_of_76_and_no_mixture),
		cmocka_unit_test(refuses_text_outside),
		cmocka_unit_test(refuses_broken_boundaries),
		cmocka_unit_test(refuses_broken_bodies),
		cmocka_unit_test(limits_count_and_memory),
		cmocka_unit_test(tells_pem_from_other_bytes),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(reads_real_bundles),
	};

	return cmocka_run_group_tests_name("wire/pem", tests, set_up, tear_down);
}
