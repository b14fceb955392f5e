/*
 * A provider whose publicNetworkAccess is Disabled answers peers of private
 * networks alone. The contract's private endpoints do not exist here; what
 * remains of the setting is that no public address gets an answer. Shared
 * address space (RFC 6598) counts as public: it is somebody else's network.
 */
#include "api/network.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 1122 3.2.1.3, RFC 1918 3, RFC 3927 2.1 */
static bool
is_private_v4(const uint8_t a[4])
{
	return a[0] == 127 || a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) ||
	       (a[0] == 192 && a[1] == 168) || (a[0] == 169 && a[1] == 254);
}

/* RFC 4291 2.5.3, 2.5.5.2 and 2.5.6; RFC 4193 3.1 */
static bool
is_private_v6(const uint8_t a[16])
{
	static const uint8_t loopback[16] = {[15] = 1};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (memcmp(a, mapped, sizeof(mapped)) == 0)
		return is_private_v4(a + 12);
	return memcmp(a, loopback, sizeof(loopback)) == 0 || (a[0] & 0xfe) == 0xfc ||
	       (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

bool
avow_address_is_private(const char *text)
{
	char plain[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "%"); /* a zone is the link's own name */
	uint8_t a[16];

	if (n >= sizeof(plain))
		return false;
	memcpy(plain, text, n);
	plain[n] = '\0';
	if (inet_pton(AF_INET, plain, a) == 1)
		return is_private_v4(a);
	return inet_pton(AF_INET6, plain, a) == 1 && is_private_v6(a);
}

enum avow_err
avow_network_admit(const struct avow_provider_settings *s, const char *client,
	struct avow_why *why)
{
	if (!s->is_private || avow_address_is_private(client))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_NETWORK_ACCESS,
		&(struct avow_at){
			"provider", "publicNetworkAccess", "MAA control plane"},
		"a peer of a private network", "%s", client);
}
