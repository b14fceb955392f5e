/* http/error: the contract's error body; what an outsider is told. */
#include "support.h"

#include "http/http.h"

static struct avow_why why;
static const struct avow_at at = {"pck_chain", "not_after", "RFC 5280, 4.1.2.5"};

static const struct avow_http_pair *more;

static void
assert_body(enum avow_err code, const char *expected)
{
	struct avow_buf out;

	avow_buf_init(&out, 8192);
	avow_http_error_body(&out, code, &why, more);
	assert_ok(out.err);
	assert_string_equal(expected, avow_buf_str(&out));
	avow_buf_clear(&out);
}

static int
setup(void **state)
{
	(void)state;
	avow_why_init(&why);
	more = NULL;
	return 0;
}

static void
tells_all_of_a_refusal(void **state)
{
	(void)state;
	avow_why_document(&why, "chain.pem");
	avow_refuse(&why, AVOW_E_PCK_CHAIN_EXPIRED, &at, "later", "%s", "earlier");
	avow_why_note(&why, "too \"old\"");
	avow_why_offset(&why, 7);
	assert_body(AVOW_E_PCK_CHAIN_EXPIRED,
		"{\"error\":{\"code\":\"InvalidParameter\",\"message\":\"too "
		"\\\"old\\\"\","
		"\"innererror\":{\"code\":\"pck_chain_expired\","
		"\"message\":\"a certificate of the PCK chain has expired\","
		"\"check\":\"pck_chain\",\"field\":\"not_after\",\"expected\":"
		"\"later\","
		"\"got\":\"earlier\",\"source\":\"RFC 5280, 4.1.2.5\","
		"\"document\":\"chain.pem\",\"offset\":7}}}");
}

static void
leaves_out_what_is_not_known(void **state)
{
	(void)state;
	assert_body(AVOW_E_HTTP_ROUTE,
		"{\"error\":{\"code\":\"NotFound\",\"message\":\"there is no such "
		"route\",\"innererror\":{\"code\":\"http_route\",\"message\":\"there "
		"is "
		"no such route\"}}}");
}

/* bug 39: a fault of ours is reported as ours, and bug 37: without its inside */
static void
hides_the_inside_of_our_own_faults(void **state)
{
	(void)state;
	avow_why_document(&why, "/var/lib/avow/avow.db");
	avow_refuse(&why, AVOW_E_STORE, &at, "secret", "secret");
	avow_why_note(&why, "secret");
	assert_body(AVOW_E_STORE,
		"{\"error\":{\"code\":\"StoreUnavailable\",\"message\":\"the store "
		"failed\",\"innererror\":{\"code\":\"store\",\"message\":\"the store "
		"failed\"}}}");
}

/* A detail is as inner as the rest: of this refusal, and never of our faults. */
static void
tells_a_handlers_detail(void **state)
{
	const struct avow_http_pair rules = {
		AVOW_LIT("policy"), AVOW_LIT("{\"rules\":[]}")};

	(void)state;
	more = &rules;
	avow_refuse(&why, AVOW_E_POLICY_DENIED,
		&(struct avow_at){"policy", NULL, "docs/policy.md"}, NULL, NULL);
	assert_body(AVOW_E_POLICY_DENIED,
		"{\"error\":{\"code\":\"PolicyEvaluationError\",\"message\":\"a deny "
		"rule of the policy fired\",\"innererror\":{\"code\":"
		"\"policy_denied\",\"message\":\"a deny rule of the policy fired\","
		"\"check\":\"policy\",\"source\":\"docs/policy.md\",\"policy\":"
		"{\"rules\":[]}}}}");
	avow_why_init(&why);
	avow_refuse(&why, AVOW_E_STORE, &at, "secret", "secret");
	assert_body(AVOW_E_STORE,
		"{\"error\":{\"code\":\"StoreUnavailable\",\"message\":\"the store "
		"failed\",\"innererror\":{\"code\":\"store\",\"message\":\"the store "
		"failed\"}}}");
}

static void
ignores_details_of_another_refusal(void **state)
{
	(void)state;
	avow_refuse(&why, AVOW_E_PCK_CHAIN_EXPIRED, &at, "a", "b");
	assert_body(AVOW_E_HTTP_BUSY,
		"{\"error\":{\"code\":\"ServerBusy\",\"message\":\"the service is at "
		"its "
		"limit of requests in flight\",\"innererror\":{\"code\":\"http_busy\","
		"\"message\":\"the service is at its limit of requests in flight\"}}}");
}

/* Each code has a status in the error range, and undecided is never 400. */
static void
gives_every_code_its_status(void **state)
{
	(void)state;
	for (int e = 1; e < AVOW_ERR_COUNT; e++) {
		int status = avow_err_http((enum avow_err)e);
		enum avow_err_class c = avow_err_class((enum avow_err)e);

		assert_in_range(status, 400, 599);
		if (c == AVOW_CLASS_COLLATERAL || c == AVOW_CLASS_STORE ||
			c == AVOW_CLASS_CRYPTO || c == AVOW_CLASS_INTERNAL)
			assert_in_range(status, 500, 599);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tells_all_of_a_refusal, setup),
		cmocka_unit_test_setup(leaves_out_what_is_not_known, setup),
		cmocka_unit_test_setup(hides_the_inside_of_our_own_faults, setup),
		cmocka_unit_test_setup(tells_a_handlers_detail, setup),
		cmocka_unit_test_setup(ignores_details_of_another_refusal, setup),
		cmocka_unit_test_setup(gives_every_code_its_status, setup),
	};

	return cmocka_run_group_tests_name("http/error", tests, NULL, NULL);
}
