/* http/forwarded: whose request it is, and what a client's own header is worth. */
#include "support.h"

#include "http/forwarded.h"

static struct avow_network nets[4];

static struct avow_proxies
proxies(bool is_rfc7239)
{
	static const char *const texts[] = {
		"10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1"};

	for (size_t i = 0; i < 4; i++)
		assert_true(avow_network_parse(avow_span_str(texts[i]), &nets[i]));
	return (struct avow_proxies){nets, 4, is_rfc7239};
}

/* The client of a request from `peer` with up to two lines of a header. */
static const char *
client(const char *peer, const char *name, const char *one, const char *two)
{
	static char text[INET6_ADDRSTRLEN];
	struct avow_http_pair headers[] = {{AVOW_LIT("Host"), AVOW_LIT("x")},
		{avow_span_str(name), avow_span_str(one)},
		{avow_span_str(name), avow_span_str(two)}};
	struct avow_proxies p = proxies(strcmp(name, "Forwarded") == 0);
	struct avow_ip ip;

	assert_true(avow_ip_parse(avow_span_str(peer), &ip));
	avow_forwarded_client(&p, headers, two ? 3 : one ? 2 : 1, &ip);
	avow_ip_text(&ip, text);
	return text;
}

#define XFF "X-Forwarded-For"

static void
strangers_headers_are_not_read(void **state)
{
	(void)state;
	assert_string_equal(
		"198.51.100.9", client("198.51.100.9", XFF, "1.2.3.4", NULL));
	assert_string_equal("11.0.0.1", client("11.0.0.1", XFF, "1.2.3.4", NULL));
	assert_string_equal("192.0.2.8", client("192.0.2.8", XFF, "1.2.3.4", NULL));
	assert_string_equal("::2", client("::2", XFF, "1.2.3.4", NULL));
}

static void
a_proxy_says_whom_it_heard(void **state)
{
	(void)state;
	assert_string_equal("1.2.3.4", client("10.1.1.1", XFF, "1.2.3.4", NULL));
	assert_string_equal("1.2.3.4", client("192.0.2.7", XFF, "1.2.3.4:5555", NULL));
	assert_string_equal("2001:db8::5", client("fd00::1", XFF, "2001:db8::5", NULL));
	assert_string_equal(
		"2001:db8::5", client("::1", XFF, "[2001:db8::5]:80", NULL));
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, NULL, NULL));
	assert_string_equal(
		"1.2.3.4", client("10.1.1.1", XFF, "1.2.3.4, 10.9.9.9", NULL));
	/* only proxies all the way: the first of them */
	assert_string_equal("10.2.2.2", client("10.1.1.1", XFF, "10.2.2.2", NULL));
}

static void
what_the_client_wrote_itself_is_worth_nothing(void **state)
{
	(void)state;
	assert_string_equal(
		"1.2.3.4", client("10.1.1.1", XFF, "10.0.0.9, 8.8.8.8, 1.2.3.4", NULL));
	assert_string_equal("1.2.3.4", client("10.1.1.1", XFF, "8.8.8.8", "1.2.3.4"));
	assert_string_equal(
		"1.2.3.4", client("10.1.1.1", "Forwarded",
				   "for=8.8.8.8, for=\"8.8.8.8, for=1.2.3.4", NULL));
	/* the header that is not the configured one */
	assert_string_equal(
		"10.1.1.1", client("10.1.1.1", "X-Real-IP", "8.8.8.8", NULL));
}

static void
forwarded_as_rfc_7239_has_it(void **state)
{
	(void)state;
	assert_string_equal("192.0.2.43",
		client("10.1.1.1", "Forwarded", "for=192.0.2.43;proto=https", NULL));
	assert_string_equal("2001:db8:cafe::17",
		client("10.1.1.1", "Forwarded",
			"by=x; For=\"[2001:db8:cafe::17]:4711\"", NULL));
	assert_string_equal("192.0.2.43",
		client("10.1.1.1", "Forwarded", "for=192.0.2.43, for=10.3.3.3", NULL));
}

static void
what_cannot_be_read_ends_at_who_wrote_it(void **state)
{
	(void)state;
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, "unknown", NULL));
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, "", NULL));
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, "1.2.3.4,", NULL));
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, "1.2.3.4.5", NULL));
	assert_string_equal("10.1.1.1", client("10.1.1.1", XFF, "[::1", NULL));
	assert_string_equal(
		"10.2.2.2", client("10.1.1.1", "Forwarded",
				    "for=8.8.8.8, for=_x, for=10.2.2.2", NULL));
	assert_string_equal(
		"10.1.1.1", client("10.1.1.1", "Forwarded", "by=1.2.3.4", NULL));
}

static void
networks_have_one_form(void **state)
{
	static const char *const bad[] = {"", "10.0.0.0/33", "10.0.0/8", "::/129",
		"10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "host",
		"10.0.0.0/1000", "[::1]"};
	struct avow_network n;
	struct avow_ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(avow_network_parse(avow_span_str(bad[i]), &n));
	assert_true(avow_network_parse(AVOW_LIT("0.0.0.0/0"), &n));
	assert_true(avow_ip_parse(AVOW_LIT("255.1.2.3"), &ip));
	assert_true(avow_networks_have(&n, 1, &ip));
	assert_true(avow_ip_parse(AVOW_LIT("2001:db8::1"), &ip));
	assert_false(avow_networks_have(&n, 1, &ip)); /* IPv4 is not all */
	assert_true(avow_network_parse(AVOW_LIT("172.16.0.0/12"), &n));
	assert_true(avow_ip_parse(AVOW_LIT("172.31.255.255"), &ip));
	assert_true(avow_networks_have(&n, 1, &ip));
	assert_true(avow_ip_parse(AVOW_LIT("172.32.0.0"), &ip));
	assert_false(avow_networks_have(&n, 1, &ip));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_headers_are_not_read),
		cmocka_unit_test(a_proxy_says_whom_it_heard),
		cmocka_unit_test(what_the_client_wrote_itself_is_worth_nothing),
		cmocka_unit_test(forwarded_as_rfc_7239_has_it),
		cmocka_unit_test(what_cannot_be_read_ends_at_who_wrote_it),
		cmocka_unit_test(networks_have_one_form),
	};

	return cmocka_run_group_tests_name("http/forwarded", tests, NULL, NULL);
}
