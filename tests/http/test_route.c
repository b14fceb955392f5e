/* http/route and http/trace. */
#include "support.h"

#include "http/head.h"

static const struct avow_http_route routes[] = {
	{.method = AVOW_HTTP_GET, .pattern = "/certs"},
	{.method = AVOW_HTTP_POST, .pattern = "/attest/{type}"},
	{.method = AVOW_HTTP_POST, .pattern = "/policies/{type}:reset"},
	{.method = AVOW_HTTP_GET, .pattern = "/policies/{type}"},
	{.method = AVOW_HTTP_PUT, .pattern = "/policies/{type}"},
	{.method = AVOW_HTTP_GET, .pattern = "/a/{b}/c"},
	{.method = AVOW_HTTP_PATCH, .pattern = "/s/{a}/g/{b}/p/{c}/x/{d}"},
};

static const struct avow_http_route *found;
static struct avow_span params[AVOW_HTTP_MAX_PARAMS];
static char allow[AVOW_HTTP_ALLOW_TEXT];
static struct avow_why why;

static enum avow_err
find(enum avow_http_method m, const char *path)
{
	avow_why_init(&why);
	return avow_http_find_route(routes, sizeof(routes) / sizeof(routes[0]), m,
		avow_span_str(path), &found, params, allow, &why);
}

static void
finds_a_route_whatever_the_case(void **state)
{
	(void)state;
	assert_ok(find(AVOW_HTTP_GET, "/CERTS"));
	assert_ptr_equal(&routes[0], found);
	assert_ok(find(AVOW_HTTP_POST, "/Attest/sgxEnclave"));
	assert_ptr_equal(&routes[1], found);
	assert_span_str("sgxEnclave", params[0]);
}

static void
finds_the_action_of_a_policy(void **state)
{
	(void)state;
	assert_ok(find(AVOW_HTTP_POST, "/policies/SgxEnclave:RESET"));
	assert_ptr_equal(&routes[2], found);
	assert_span_str("SgxEnclave", params[0]);
	assert_ok(find(AVOW_HTTP_PUT, "/policies/Tpm"));
	assert_ptr_equal(&routes[4], found);
	assert_err(AVOW_E_HTTP_METHOD, find(AVOW_HTTP_POST, "/policies/:reset"));
	assert_ok(find(AVOW_HTTP_GET, "/a/x/C"));
	assert_span_str("x", params[0]);
}

static void
gives_each_parameter_in_order(void **state)
{
	(void)state;
	assert_ok(find(AVOW_HTTP_PATCH, "/S/one/G/two/p/Three/x/4"));
	assert_ptr_equal(&routes[6], found);
	assert_span_str("one", params[0]);
	assert_span_str("two", params[1]);
	assert_span_str("Three", params[2]);
	assert_span_str("4", params[3]);
	assert_err(AVOW_E_HTTP_ROUTE, find(AVOW_HTTP_PATCH, "/s/one/g//p/c/x/d"));
	assert_int_equal(0, params[0].n);
	assert_ok(find(AVOW_HTTP_GET, "/a/x/c"));
	assert_int_equal(0, params[1].n);
}

static void
answers_head_by_get(void **state)
{
	(void)state;
	assert_ok(find(AVOW_HTTP_HEAD, "/certs"));
	assert_ptr_equal(&routes[0], found);
}

static void
refuses_other_paths(void **state)
{
	static const char *const paths[] = {"", "/", "/cert", "/certs/", "/certsx",
		"//certs", "/attest/", "/attest", "/attest/a/b", "/a//c", "/a/x/c/",
		"/a/x/cd", "/../certs", "/certs/.", "/policies/"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_err(AVOW_E_HTTP_ROUTE, find(AVOW_HTTP_GET, paths[i]));
		assert_null(found);
	}
	assert_string_equal("/policies/", why.got);
}

static void
tells_the_methods_of_a_path(void **state)
{
	(void)state;
	assert_err(AVOW_E_HTTP_METHOD, find(AVOW_HTTP_DELETE, "/policies/Tpm"));
	assert_string_equal("GET, HEAD, PUT", allow);
	assert_string_equal("GET, HEAD, PUT", why.expected);
	assert_string_equal("DELETE", why.got);
	assert_err(AVOW_E_HTTP_METHOD, find(AVOW_HTTP_OTHER, "/attest/Tpm"));
	assert_string_equal("POST", allow);
	assert_int_equal(0, params[0].n);
}

/* --- trace ------------------------------------------------------------------ */

static const uint8_t fresh[24] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8};
#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define FRESH "00-0102030405060708090a0b0c0d0e0f10-a1a2a3a4a5a6a7a8-00"
#define KEPT "00-" TRACE "-a1a2a3a4a5a6a7a8-00"

static void
keeps_a_valid_trace_id(void **state)
{
	static const char *const good[] = {
		"00-" TRACE "-" PARENT "-01",
		"00-" TRACE "-" PARENT "-00",
		"cc-" TRACE "-" PARENT "-01",
		"cc-" TRACE "-" PARENT "-01-more",
	};
	char id[AVOW_HTTP_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		avow_http_request_id(avow_span_str(good[i]), fresh, id);
		assert_string_equal(KEPT, id);
	}
}

static void
makes_an_id_where_there_is_none(void **state)
{
	static const char *const bad[] = {
		"",
		"00-" TRACE "-" PARENT,
		"00-" TRACE "-" PARENT "-0",
		"00-" TRACE "-" PARENT "-0x",
		"00-" TRACE "-" PARENT "-01-more",
		"cc-" TRACE "-" PARENT "-01.more",
		"ff-" TRACE "-" PARENT "-01",
		"0G-" TRACE "-" PARENT "-01",
		"00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
		"00-00000000000000000000000000000000-" PARENT "-01",
		"00-" TRACE "-0000000000000000-01",
		"00_" TRACE "-" PARENT "-01",
		"00-" TRACE "_" PARENT "-01",
		"00-" TRACE "-" PARENT "_01",
	};
	char id[AVOW_HTTP_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		avow_http_request_id(avow_span_str(bad[i]), fresh, id);
		assert_string_equal(FRESH, id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_route_whatever_the_case),
		cmocka_unit_test(finds_the_action_of_a_policy),
		cmocka_unit_test(gives_each_parameter_in_order),
		cmocka_unit_test(answers_head_by_get),
		cmocka_unit_test(refuses_other_paths),
		cmocka_unit_test(tells_the_methods_of_a_path),
		cmocka_unit_test(keeps_a_valid_trace_id),
		cmocka_unit_test(makes_an_id_where_there_is_none),
	};

	return cmocka_run_group_tests_name("http/route", tests, NULL, NULL);
}
