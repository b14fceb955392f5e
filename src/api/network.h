/*
 * publicNetworkAccess of a provider: which peers reach it at all.
 */
#ifndef AVOW_API_NETWORK_H
#define AVOW_API_NETWORK_H

#include "api/provider_settings.h"

/** Whether an address is one that the public internet does not carry: loopback,
 *  private (RFC 1918, RFC 4193) or link-local, IPv4 also inside IPv6. Text that
 *  is no address is none. */
bool avow_address_is_private(const char *text);
/**
 * Whether that peer may reach a provider with these settings.
 * @param client the peer's address in text.
 * @return AVOW_OK; AVOW_E_NETWORK_ACCESS.
 */
enum avow_err avow_network_admit(const struct avow_provider_settings *s,
	const char *client, struct avow_why *why) AVOW_CHECKED;

#endif
