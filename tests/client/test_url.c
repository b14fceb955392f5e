/* net/url: one reading of where a URL goes, and nothing taken that two readers
 * could read differently (RFC 3986 3.2; RFC 6454 4). */
#include "support.h"

#include "net/net.h"

static void
gives(const char *url, const char *origin)
{
	struct avow_buf b;

	avow_buf_init(&b, 512);
	assert_ok(avow_net_origin(avow_span_str(url), &b));
	assert_span_str(origin, avow_buf_span(&b));
	avow_buf_clear(&b);
}

static void
writes_scheme_host_and_port(void **state)
{
	(void)state;
	gives("https://Attest.Example", "https://attest.example:443");
	gives("HTTPS://attest.example/", "https://attest.example:443");
	gives("http://attest.example/certs?x=1", "http://attest.example:80");
	gives("https://attest.example:8443/a@b", "https://attest.example:8443");
	gives("https://attest.example?x=/y", "https://attest.example:443");
	gives("http://[::1]:8080/x", "http://[::1]:8080");
	gives("https://[2001:DB8::1]", "https://[2001:db8::1]:443");
	gives("https://127.0.0.1:65535", "https://127.0.0.1:65535");
}

static void
refuses_other_urls(void **state)
{
	static const char *const bad[] = {"", "attest.example", "ftp://a",
		"file:///etc/x", "https:/a", "https://", "https:///x",
		"https://a:", "https://a:0", "https://a:080", "https://a:65536",
		"https://a:123456", "https://a:8x", "https://user@a",
		"https://user:pw@a/", "https://a b", "https://a\\@b", "https://a#b",
		"https://a/#b", "https://\xc3\xa4.example", "https://a%2eb",
		"https://a\nb", "https://[::1", "https://[]", "https://::1",
		"https://a_b", " https://a"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct avow_buf b;

		avow_buf_init(&b, 512);
		assert_err(AVOW_E_NET_URL, avow_net_origin(avow_span_str(bad[i]), &b));
		assert_int_equal(0, b.n);
		avow_buf_clear(&b);
	}
}

static bool
loopback(const char *origin)
{
	return avow_net_is_loopback(avow_span_str(origin));
}

static void
knows_loopback_by_its_letters(void **state)
{
	(void)state;
	assert_true(loopback("http://127.0.0.1:8080"));
	assert_true(loopback("http://127.1.2.3:1"));
	assert_true(loopback("http://[::1]:8080"));
	assert_true(loopback("https://localhost:443"));
	assert_false(loopback("http://127.0.0.1.evil.example:80"));
	assert_false(loopback("http://127.evil.example:80"));
	assert_false(loopback("http://127.0.0:80"));
	assert_false(loopback("http://127...1:80"));
	assert_false(loopback("http://localhost.example:80"));
	assert_false(loopback("http://128.0.0.1:80"));
	assert_false(loopback("http://[::2]:80"));
	assert_false(loopback(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_scheme_host_and_port),
		cmocka_unit_test(refuses_other_urls),
		cmocka_unit_test(knows_loopback_by_its_letters),
	};

	return cmocka_run_group_tests_name("net/url", tests, NULL, NULL);
}
