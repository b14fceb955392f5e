/*
 * The two forms that reach beyond one host: listen addresses and the instance
 * URL. Addresses are numeric, so that start-up asks no resolver. The URL is
 * compared byte for byte by every relying party, so it has one spelling.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/impl.h"

static bool
parse_port(struct avow_span text, unsigned *out)
{
	unsigned v = 0;

	if (text.n == 0 || text.n > 5 || (text.n > 1 && text.p[0] == '0'))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(text.p[i] - '0');
	}
	*out = v;
	return v <= 65535;
}

static bool
parse_host(struct avow_span host, struct avow_config_address *out)
{
	char text[48];
	struct in6_addr six;
	struct in_addr four;

	if (host.n == 0 || host.n >= sizeof(text))
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (out->is_v6) {
		if (inet_pton(AF_INET6, text, &six) != 1)
			return false;
		out->is_loopback = IN6_IS_ADDR_LOOPBACK(&six);
		out->is_wildcard = IN6_IS_ADDR_UNSPECIFIED(&six);
		return inet_ntop(AF_INET6, &six, out->host, sizeof(out->host));
	}
	if (inet_pton(AF_INET, text, &four) != 1)
		return false;
	out->is_loopback = ntohl(four.s_addr) >> 24 == 127;
	out->is_wildcard = four.s_addr == 0;
	return inet_ntop(AF_INET, &four, out->host, sizeof(out->host));
}

bool
avow_config_address_parse(struct avow_span text, struct avow_config_address *out)
{
	size_t colon;
	struct avow_span host;

	*out = (struct avow_config_address){0};
	if (text.n && text.p[0] == '[') {
		size_t end = avow_span_find_byte(text, ']');

		host = avow_span_slice(text, 1, end - 1);
		colon = end + 1;
		out->is_v6 = true;
	} else {
		colon = avow_span_find_byte(text, ':');
		host = avow_span_slice(text, 0, colon);
	}
	if (colon >= text.n || text.p[colon] != ':')
		return false;
	return parse_host(host, out) &&
	       parse_port(avow_span_from(text, colon + 1), &out->port);
}

static bool
is_host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* RFC 1123, 2.1: labels of letters, digits and hyphens, not at an end. */
static bool
is_host_name(struct avow_span s)
{
	if (s.n == 0 || s.n > 253)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool edge = i == 0 || s.p[i - 1] == '.';

		if (!is_host_byte(s.p[i]) || (edge && (s.p[i] == '.' || s.p[i] == '-')))
			return false;
		if (s.p[i] == '.' && s.p[i - 1] == '-')
			return false;
	}
	return s.p[s.n - 1] != '.' && s.p[s.n - 1] != '-';
}

static const char *
port_fault(struct avow_span port, bool is_https)
{
	unsigned v;

	if (!parse_port(port, &v) || v == 0)
		return "a port from 1 to 65535";
	if (v == (is_https ? 443u : 80u))
		return "the scheme's own port left out";
	return NULL;
}

static const char *
authority_fault(struct avow_span s, bool is_https)
{
	size_t colon = avow_span_find_byte(s, ':');
	struct avow_config_address six;

	if (s.n && s.p[0] == '[') {
		size_t end = avow_span_find_byte(s, ']');

		six = (struct avow_config_address){.is_v6 = true};
		if (end == s.n || !parse_host(avow_span_slice(s, 1, end - 1), &six) ||
			!avow_span_eq_str(avow_span_slice(s, 1, end - 1), six.host))
			return "an IPv6 address in its canonical form";
		colon = end + 1;
		if (colon < s.n && s.p[colon] != ':')
			return "a port or nothing after the address";
	} else if (!is_host_name(avow_span_slice(s, 0, colon))) {
		return "a host name in lower case";
	}
	if (colon >= s.n)
		return NULL;
	return port_fault(avow_span_from(s, colon + 1), is_https);
}

const char *
avow_config_url_fault(struct avow_span url)
{
	bool is_https = avow_span_starts(url, AVOW_LIT("https://"));
	struct avow_span s;

	if (!is_https && !avow_span_starts(url, AVOW_LIT("http://")))
		return "http:// or https://";
	s = avow_span_from(url, is_https ? 8 : 7);
	if (avow_span_find_byte(s, '/') != s.n)
		return "no path and no final slash";
	return authority_fault(s, is_https);
}
