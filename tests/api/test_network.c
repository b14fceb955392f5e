/* api/network: publicNetworkAccess. */
#include "support.h"

#include "api/network.h"

static void
tells_private_addresses_from_public_ones(void **state)
{
	static const char *const private[] = {"127.0.0.1", "127.255.0.9", "10.0.0.1",
		"172.16.0.1", "172.31.255.255", "192.168.3.4", "169.254.1.1", "::1",
		"fc00::1", "fdff::1", "fe80::1", "fe80::1%eth0", "febf::1",
		"::ffff:10.1.2.3"};
	static const char *const public[] = {"8.8.8.8", "172.15.0.1", "172.32.0.1",
		"192.169.0.1", "169.253.0.1", "11.0.0.1", "100.64.0.1", "0.0.0.0",
		"2001:db8::1", "::", "::2", "fec0::1", "fb00::1", "fe00::1",
		"::ffff:8.8.8.8", "::10.0.0.1", "", "localhost", "10.0.0",
		"10.0.0.1:80",
		"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};

	(void)state;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
		assert_true(avow_address_is_private(private[i]));
	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++)
		assert_false(avow_address_is_private(public[i]));
}

static void
keeps_the_public_out_only_where_it_is_said(void **state)
{
	struct avow_provider_settings s = {.is_private = false};
	struct avow_why why;

	(void)state;
	avow_why_init(&why);
	assert_ok(avow_network_admit(&s, "8.8.8.8", &why));
	s.is_private = true;
	assert_ok(avow_network_admit(&s, "127.0.0.1", &why));
	assert_err(AVOW_E_NETWORK_ACCESS, avow_network_admit(&s, "8.8.8.8", &why));
	assert_string_equal("publicNetworkAccess", why.field);
	assert_string_equal("8.8.8.8", why.got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_private_addresses_from_public_ones),
		cmocka_unit_test(keeps_the_public_out_only_where_it_is_said),
	};

	return cmocka_run_group_tests_name("api/network", tests, NULL, NULL);
}
