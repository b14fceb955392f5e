/*
 * Addresses, networks, and the client's address behind trusted proxies. Pure.
 */
#ifndef AVOW_HTTP_FORWARDED_H
#define AVOW_HTTP_FORWARDED_H

#include <netinet/in.h>

#include "http/http.h"

/** IPv6, or IPv4 mapped into it. */
struct avow_ip {
	uint8_t b[16];
};

struct avow_network {
	struct avow_ip ip;
	unsigned bits; /* of the 128 */
};

/** Whose headers count, and which one. */
struct avow_proxies {
	const struct avow_network *v;
	size_t n;
	bool is_rfc7239; /* Forwarded; else X-Forwarded-For */
};

void avow_ip_of_sockaddr(const struct sockaddr *sa, struct avow_ip *out);
bool avow_ip_parse(struct avow_span text, struct avow_ip *out);
void avow_ip_text(const struct avow_ip *ip, char out[INET6_ADDRSTRLEN]);
/** "10.0.0.0/8", "::1", "fd00::/8"; bits behind the prefix do not matter. */
bool avow_network_parse(struct avow_span text, struct avow_network *out);
bool avow_networks_have(
	const struct avow_network *all, size_t n, const struct avow_ip *ip);
/** @param client in: the peer's address; out: the client's. */
void avow_forwarded_client(const struct avow_proxies *p,
	const struct avow_http_pair *headers, size_t n, struct avow_ip *client);

#endif
