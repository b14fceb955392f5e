/* fetch: names of documents, their URLs, and what answers hold. */
#include "world.h"

static const struct avow_fetch_sources SOURCES = {
	.intel = "https://pcs.example", .amd = "https://kds.example:8443"};

static struct avow_fetch_key
milan(void)
{
	struct avow_fetch_key k = {.kind = AVOW_FETCH_VCEK, .product = AVOW_AMD_MILAN};

	k.chip_id[0] = 0xab;
	k.tcb = (struct avow_amd_tcb){{0, 4, 0, 24, 219}};
	return k;
}

static void
assert_url(const struct avow_fetch_key *k, const char *expected)
{
	struct avow_buf b;

	avow_buf_init(&b, 2048);
	assert_ok(avow_fetch_url(&SOURCES, k, &b));
	assert_string_equal(expected, avow_buf_str(&b));
	avow_buf_clear(&b);
}

#define ZEROS62                                                                        \
	"00000000000000000000000000000000000000000000000000000000000000"               \
	"00000000000000000000000000000000000000000000000000000000000000"

/* name, URL */
static void
each_kind_has_a_name_and_a_url(void **state)
{
	struct avow_fetch_key turin = {.kind = AVOW_FETCH_VCEK,
		.product = AVOW_AMD_TURIN,
		.chip_id = {1, 2, 3, 4, 5, 6, 7, 8},
		.tcb = {{1, 2, 3, 4, 81}}};
	struct avow_fetch_key m = milan();
	struct avow_fetch_key cases[] = {TCB, QE, PCK, ROOT, m, turin,
		{.kind = AVOW_FETCH_NUMBERS, .tee = AVOW_TEE_TDX},
		{.kind = AVOW_FETCH_AMD_CHAIN, .product = AVOW_AMD_GENOA},
		{.kind = AVOW_FETCH_AMD_CRL, .vek = AVOW_AMD_VLEK},
		{.kind = AVOW_FETCH_TCB_INFO, .tee = AVOW_TEE_TDX, .early = true},
		{.kind = AVOW_FETCH_QE_IDENTITY, .tee = AVOW_TEE_TDX, .number = 17}};
	static const char *const names[] = {"intel/sgx/tcb/00606a000000",
		"intel/sgx/qe", "intel/crl/platform", "intel/crl/root",
		"amd/vcek/Milan/ab00" ZEROS62 "/0-4-0-24-219",
		"amd/vcek/Turin/0102030405060708/1-2-3-4-81", "intel/tdx/numbers",
		"amd/chain/vcek/Genoa", "amd/crl/vlek/Milan",
		"intel/tdx/tcb/000000000000/early", "intel/tdx/qe/17"};
	static const char *const urls[] = {
		"https://pcs.example/sgx/certification/v4/tcb?fmspc=00606a000000&"
		"update=standard",
		"https://pcs.example/sgx/certification/v4/qe/identity?update=standard",
		"https://pcs.example/sgx/certification/v4/pckcrl?ca=platform&"
		"encoding=der",
		"https://pcs.example/sgx/certification/v4/rootcacrl",
		"https://kds.example:8443/vcek/v1/Milan/ab00" ZEROS62
		"?blSPL=04&teeSPL=00&snpSPL=24&ucodeSPL=219",
		"https://kds.example:8443/vcek/v1/Turin/0102030405060708"
		"?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=81",
		"https://pcs.example/tdx/certification/v4/tcbevaluationdatanumbers",
		"https://kds.example:8443/vcek/v1/Genoa/cert_chain",
		"https://kds.example:8443/vlek/v1/Milan/crl",
		"https://pcs.example/tdx/certification/v4/tcb?fmspc=000000000000&"
		"update=early",
		"https://pcs.example/tdx/certification/v4/qe/"
		"identity?tcbEvaluationDataNumber=17"};
	char name[AVOW_FETCH_NAME_TEXT];
	struct avow_fetch_key again;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		avow_fetch_key_name(&cases[i], name);
		assert_string_equal(names[i], name);
		assert_ok(avow_fetch_key_parse(avow_span_str(name), &again));
		assert_true(avow_fetch_key_eq(&cases[i], &again));
		assert_url(&cases[i], urls[i]);
	}
}

static void
what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = {"", "/", "intel", "intel/sgx", "amd/vcek",
		"intel/sgx/tcb/00606a", "intel/sgx/tcb/00606A000000",
		"intel/sgx/tcb/00606a000000/0", "intel/sgx/tcb/00606a000000/017",
		"intel/sgx/tcb/00606a000000/late", "intel/sgx/qe/99999999999",
		"intel/sgx/qe/early/early", "intel/crl/other", "intel/sev/qe",
		"intel/sgx/numbers/1", "amd/vcek/Milan/00/1-2-3-4-5",
		"amd/vcek/Rome/0102030405060708/1-2-3-4-5",
		"amd/vcek/Turin/0102030405060708/1-2-3-4",
		"amd/vcek/Turin/0102030405060708/1-2-3-4-256", "amd/crl/xlek/Milan",
		"amd/chain/vcek/Milan-B0", "../intel/crl/root"};
	struct avow_fetch_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_FETCH_KEY,
			avow_fetch_key_parse(avow_span_str(bad[i]), &k));
}

static void
a_source_that_is_not_configured_has_no_url(void **state)
{
	const struct avow_fetch_sources none = {.intel = "", .amd = NULL};
	const struct avow_fetch_sources intel = {
		.intel = "https://api.trustedservices.intel.com"};
	struct avow_fetch_key k = milan(), masked = {.kind = AVOW_FETCH_VCEK};
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 2048);
	assert_err(AVOW_E_FETCH_NO_SOURCE, avow_fetch_url(&none, &TCB, &b));
	assert_err(AVOW_E_FETCH_NO_SOURCE, avow_fetch_url(&intel, &k, &b));
	assert_err(AVOW_E_FETCH_KEY, avow_fetch_url(&SOURCES, &masked, &b));
	assert_ok(avow_fetch_url(&intel, &ROOT, &b));
	assert_string_equal("https://certificates.trustedservices.intel.com/"
			    "IntelSGXRootCA.der",
		avow_buf_str(&b));
	avow_buf_clear(&b);
}

/* --- answers ------------------------------------------------------------------------ */

struct answer {
	struct avow_net_header headers[AVOW_FETCH_HEADERS];
	struct avow_net_response rs;
	struct avow_span body, chain;
	int retry_after_s;
};

static void
answer_init(struct answer *a, long status, const char *body)
{
	avow_fetch_headers(AVOW_FETCH_TCB_INFO, a->headers);
	avow_net_response_init(&a->rs, 4096, a->headers, AVOW_FETCH_HEADERS);
	a->rs.status = status;
	avow_buf_put_str(&a->rs.body, body);
}

static enum avow_err
answer_read(struct answer *a)
{
	return avow_fetch_read(
		&TCB, &a->rs, &p.a, &a->body, &a->chain, &a->retry_after_s, NULL);
}

static enum avow_err
read_status(long status, const char *retry_after, int *retry_after_s)
{
	struct answer a;
	enum avow_err e;

	answer_init(&a, status, "body");
	avow_buf_put_str(&a.headers[1].value, retry_after);
	e = answer_read(&a);
	*retry_after_s = a.retry_after_s;
	avow_net_response_clear(&a.rs);
	return e;
}

static void
a_status_has_one_of_few_meanings(void **state)
{
	static const long absent[] = {400, 404, 410, 461, 462};
	int s;

	(void)state;
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_err(AVOW_E_FETCH_NOT_FOUND, read_status(absent[i], "", &s));
	assert_err(AVOW_E_FETCH_BUSY, read_status(429, "30", &s));
	assert_int_equal(30, s);
	assert_err(AVOW_E_FETCH_BUSY, read_status(503, "999999999999", &s));
	assert_int_equal(3600, s);
	assert_err(AVOW_E_FETCH_BUSY,
		read_status(500, "Wed, 21 Oct 2015 07:28:00 GMT", &s));
	assert_int_equal(0, s);
	assert_err(AVOW_E_NET_STATUS, read_status(302, "", &s));
	assert_err(AVOW_E_NET_STATUS, read_status(401, "", &s));
	assert_err(AVOW_E_NET_STATUS, read_status(204, "", &s));
	assert_ok(read_status(200, "", &s));
}

static void
the_chain_is_percent_decoded(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, 200, "body");
	avow_buf_put_str(&a.headers[0].value, "-----BEGIN%20x%0A+%2B%2f");
	assert_ok(answer_read(&a));
	assert_true(avow_span_eq_str(a.body, "body"));
	assert_true(avow_span_eq_str(a.chain, "-----BEGIN x\n++/"));
	avow_buf_put_str(&a.headers[0].value, "%4");
	assert_err(AVOW_E_FETCH_FORMAT, answer_read(&a));
	avow_net_response_clear(&a.rs);
	answer_init(&a, 200, "");
	assert_err(AVOW_E_FETCH_FORMAT, answer_read(&a));
	avow_net_response_clear(&a.rs);
}

static int
set_up(void **state)
{
	(void)state;
	world_init();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	world_clear();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_a_name_and_a_url),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(a_source_that_is_not_configured_has_no_url),
		cmocka_unit_test(a_status_has_one_of_few_meanings),
		cmocka_unit_test(the_chain_is_percent_decoded),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
