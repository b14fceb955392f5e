/* http/peers and http/listen: caps by address, and addresses. No sockets. */
#include "support.h"

#include <arpa/inet.h>
#include <string.h>

#include "http/server.h"

static struct peers peers;
static struct avow_why why;

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct sockaddr_storage sa;

	memset(&sa, 0, sizeof(sa));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&sa, &in, sizeof(in));
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&sa, &in6, sizeof(in6));
	return sa;
}

static bool
enter(const char *text, struct peer *out)
{
	struct sockaddr_storage sa = address(text);

	*out = (struct peer){.is_counted = false};
	return avow_peers_enter(&peers, (const struct sockaddr *)&sa, out);
}

static void
reset(unsigned total, unsigned each)
{
	memset(&peers, 0, sizeof(peers));
	avow_peers_init(&peers, total, each);
}

static void
caps_one_address(void **state)
{
	struct peer p[4], other;

	(void)state;
	reset(100, 3);
	for (int i = 0; i < 3; i++)
		assert_true(enter("10.0.0.1", &p[i]));
	assert_false(enter("10.0.0.1", &p[3]));
	assert_true(enter("10.0.0.2", &other));
	avow_peers_leave(&peers, &p[0]);
	avow_peers_leave(&peers, &p[0]); /* twice is once */
	assert_int_equal(3, peers.total);
	assert_true(enter("10.0.0.1", &p[3]));
}

static void
caps_all_addresses(void **state)
{
	struct peer p[3];

	(void)state;
	reset(2, 2);
	assert_true(enter("10.0.0.1", &p[0]));
	assert_true(enter("10.0.0.2", &p[1]));
	assert_false(enter("10.0.0.3", &p[2]));
	assert_int_equal(2, peers.total);
	avow_peers_leave(&peers, &p[0]);
	assert_true(enter("10.0.0.3", &p[2]));
}

static void
counts_a_v6_network_and_a_mapped_v4_as_one(void **state)
{
	struct peer p[2];

	(void)state;
	reset(10, 1);
	assert_true(enter("2001:db8:0:1::1", &p[0]));
	assert_false(enter("2001:db8:0:1:ffff::2", &p[1]));
	assert_true(enter("2001:db8:0:2::1", &p[1]));
	reset(10, 1);
	assert_true(enter("10.0.0.1", &p[0]));
	assert_false(enter("::ffff:10.0.0.1", &p[1]));
}

static void
leaves_no_count_behind(void **state)
{
	struct peer p;

	(void)state;
	reset(1, 1);
	for (unsigned i = 0; i < 1000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "10.0.%u.%u", i / 256, i % 256);
		assert_true(enter(text, &p));
		avow_peers_leave(&peers, &p);
	}
	assert_int_equal(0, peers.total);
	for (size_t row = 0; row < 2; row++)
		for (size_t i = 0; i < PEER_SLOTS; i++)
			assert_int_equal(0, peers.slots[row][i]);
}

static void
writes_addresses_as_text(void **state)
{
	struct sockaddr_storage v4 = address("192.0.2.7"), v6 = address("2001:db8::1");
	char text[INET6_ADDRSTRLEN];

	(void)state;
	avow_peer_text((const struct sockaddr *)&v4, text);
	assert_string_equal("192.0.2.7", text);
	avow_peer_text((const struct sockaddr *)&v6, text);
	assert_string_equal("2001:db8::1", text);
}

static void
reads_listening_addresses(void **state)
{
	struct listen_address a;

	(void)state;
	assert_ok(avow_listen_parse("127.0.0.1:0", &a, NULL));
	assert_int_equal(0, avow_listen_port(&a));
	assert_true(avow_listen_is_loopback(&a));
	assert_ok(avow_listen_parse("127.9.9.9:8080", &a, NULL));
	assert_true(avow_listen_is_loopback(&a));
	assert_int_equal(8080, avow_listen_port(&a));
	assert_ok(avow_listen_parse("0.0.0.0:65535", &a, NULL));
	assert_false(avow_listen_is_loopback(&a));
	assert_ok(avow_listen_parse("[::1]:8443", &a, NULL));
	assert_true(avow_listen_is_loopback(&a));
	assert_int_equal(8443, avow_listen_port(&a));
	assert_ok(avow_listen_parse("[::]:1", &a, NULL));
	assert_false(avow_listen_is_loopback(&a));
}

static void
refuses_other_listening_addresses(void **state)
{
	static const char *const bad[] = {"", ":", ":80", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:8o",
		"localhost:80", "::1:80", "[::1]", "[::1]80", "[::1:80", "[g]:80",
		"[]:80", "1.2.3:80", "127.0.0.1:080808"};
	struct listen_address a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		avow_why_init(&why);
		assert_err(AVOW_E_HTTP_LISTEN, avow_listen_parse(bad[i], &a, &why));
		assert_string_equal(bad[i], why.got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_one_address),
		cmocka_unit_test(caps_all_addresses),
		cmocka_unit_test(counts_a_v6_network_and_a_mapped_v4_as_one),
		cmocka_unit_test(leaves_no_count_behind),
		cmocka_unit_test(writes_addresses_as_text),
		cmocka_unit_test(reads_listening_addresses),
		cmocka_unit_test(refuses_other_listening_addresses),
	};

	return cmocka_run_group_tests_name("http/peers", tests, NULL, NULL);
}
