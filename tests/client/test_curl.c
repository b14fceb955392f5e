/* libcurl is found at run time: what is absent is said, and nothing half found is used. */
#include "support.h"

#include "net/curl.h"

static void
finds_every_function(void **state)
{
	struct net_curl lib;

	(void)state;
	assert_err(net_curl_load("libcurl.so.4", &lib), AVOW_OK);
	assert_non_null(lib.global_init);
	assert_non_null(lib.slist_free_all);
	/* they are libcurl's: one of them speaks */
	assert_string_equal(lib.easy_strerror(CURLE_OK), "No error");
}

static void
refuses_an_absent_library(void **state)
{
	struct net_curl lib, none = {.easy_init = NULL};

	(void)state;
	assert_err(net_curl_load("libcurl-of-nowhere.so.4", &lib), AVOW_E_NET_LIBRARY);
	assert_memory_equal(&lib, &none, sizeof(lib));
}

/* libc is there and has no curl_easy_init: nothing of it is kept. */
static void
refuses_another_library(void **state)
{
	struct net_curl lib, none = {.easy_init = NULL};

	(void)state;
	assert_err(net_curl_load("libc.so.6", &lib), AVOW_E_NET_LIBRARY);
	assert_memory_equal(&lib, &none, sizeof(lib));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_function),
		cmocka_unit_test(refuses_an_absent_library),
		cmocka_unit_test(refuses_another_library),
	};

	return cmocka_run_group_tests_name("client/curl", tests, NULL, NULL);
}
