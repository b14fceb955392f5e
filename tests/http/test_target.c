/* http/target: path, query, authority. */
#include "support.h"

#include "base/limits.h"
#include "http/head.h"

static struct avow_arena arena;
static struct avow_http_head head;
static struct avow_why why;

static enum avow_err
judge(const char *target)
{
	avow_arena_reset(&arena);
	avow_why_init(&why);
	head = (struct avow_http_head){.method = AVOW_HTTP_GET};
	return avow_http_judge_target(avow_span_str(target), &arena, &head, &why);
}

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(1));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static void
decodes_the_path(void **state)
{
	(void)state;
	assert_ok(judge("/policies/SgxEnclave%3Areset"));
	assert_span_str("/policies/SgxEnclave:reset", head.path);
	assert_ok(judge("/a%20b%C3%A9+c"));
	assert_span_str("/a b\xc3\xa9+c", head.path);
	assert_ok(judge("/../x"));
	assert_span_str("/../x", head.path); /* not resolved: matches no route */
}

static void
refuses_bad_escapes(void **state)
{
	static const char *const bad[] = {"/%", "/%4", "/%zz", "/%4g", "/a%00b", "/%0a",
		"/%7f", "/%1f", "/?a=%00", "/?%0d=1", "/?a=%", "/?a=%2"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_HTTP_TARGET, judge(bad[i]));
}

static void
refuses_an_encoded_slash_in_the_path(void **state)
{
	(void)state;
	assert_err(AVOW_E_HTTP_TARGET, judge("/attest%2fSgxEnclave"));
	assert_err(AVOW_E_HTTP_TARGET, judge("/attest%5CSgxEnclave"));
	assert_ok(judge("/x?next=%2Fhome"));
	assert_span_str("/home", head.query[0].value);
}

static void
splits_the_query(void **state)
{
	(void)state;
	assert_ok(judge("/x?api-version=2022-08-01&a=b%26c&&d&e=f=g&h=i+j%2B"));
	assert_int_equal(5, head.n_query);
	assert_span_str("api-version", head.query[0].name);
	assert_span_str("2022-08-01", head.query[0].value);
	assert_span_str("b&c", head.query[1].value);
	assert_span_str("d", head.query[2].name);
	assert_span_str("", head.query[2].value);
	assert_span_str("f=g", head.query[3].value);
	assert_span_str("i j+", head.query[4].value);
	assert_ok(judge("/x?"));
	assert_int_equal(0, head.n_query);
}

static void
refuses_too_many_parameters(void **state)
{
	char text[4 * AVOW_MAX_HTTP_QUERY + 16] = "/?";

	(void)state;
	for (size_t i = 0; i < AVOW_MAX_HTTP_QUERY; i++)
		memcpy(text + strlen(text), "a=&", 4);
	assert_ok(judge(text));
	assert_int_equal(AVOW_MAX_HTTP_QUERY, head.n_query);
	memcpy(text + strlen(text), "a=", 3);
	assert_err(AVOW_E_HTTP_HEAD_TOO_LARGE, judge(text));
}

static void
refuses_a_long_target(void **state)
{
	char text[AVOW_MAX_HTTP_TARGET + 2];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '/';
	text[AVOW_MAX_HTTP_TARGET] = '\0';
	assert_ok(judge(text));
	text[AVOW_MAX_HTTP_TARGET] = 'a';
	text[AVOW_MAX_HTTP_TARGET + 1] = '\0';
	assert_err(AVOW_E_HTTP_HEAD_TOO_LARGE, judge(text));
}

static void
refuses_what_is_no_path_of_ours(void **state)
{
	static const char *const bad[] = {"", "*", "x", "a:443", "ftp://a/", "http:/a",
		"http://", "http://a", "http:///x", "http://a?x", "http://u:p@a/x",
		"http://a:x/", "http://a:70000/", "http://[::1/x", "/a b", "/a#b",
		"/a\tb", "/\xc3\xa9", "/a\x7f"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_HTTP_TARGET, judge(bad[i]));
}

static void
cuts_an_absolute_target(void **state)
{
	(void)state;
	assert_ok(judge("HTTPS://Host.example:8443/a?b=c"));
	assert_span_str("Host.example:8443", head.authority);
	assert_span_str("/a", head.path);
	assert_span_str("c", head.query[0].value);
	assert_ok(judge("http://[::1]:80/"));
	assert_span_str("[::1]:80", head.authority);
}

static void
knows_an_authority(void **state)
{
	static const char *const good[] = {"a", "a.b-c_d~e", "127.0.0.1:1", "[::1]",
		"[2001:db8::1]:65535", "xn--bcher-kva.example"};
	static const char *const bad[] = {"", ":1", "a:", "a:1x", "a:123456", "a:65536",
		"[", "[]", "[:", "[g::1]", "[::1]x", "a/b", "a@b", "a,b", "a b",
		"a%20b", "a\\b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(avow_http_is_authority(avow_span_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(avow_http_is_authority(avow_span_str(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_the_path),
		cmocka_unit_test(refuses_bad_escapes),
		cmocka_unit_test(refuses_an_encoded_slash_in_the_path),
		cmocka_unit_test(splits_the_query),
		cmocka_unit_test(refuses_too_many_parameters),
		cmocka_unit_test(refuses_a_long_target),
		cmocka_unit_test(refuses_what_is_no_path_of_ours),
		cmocka_unit_test(cuts_an_absolute_target),
		cmocka_unit_test(knows_an_authority),
	};

	return cmocka_run_group_tests_name("http/target", tests, setup, teardown);
}
