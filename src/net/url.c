/*
 * What of a URL decides where a request goes: scheme, host and port. Only the
 * plain forms are taken, so that this reading and libcurl's cannot differ:
 * ASCII, no user, no fragment, no percent in the host, a port in digits.
 */
#include "net/net.h"

#include <string.h>

#define MAX_URL 2048

static bool
is_printable(struct avow_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f || s.p[i] == '\\')
			return false;
	return true;
}

static bool
is_host_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/* A name or IPv4 address, or an IPv6 address in brackets: RFC 3986 3.2.2. */
static bool
is_host(struct avow_span h)
{
	bool bracketed = h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']';

	if (bracketed)
		h = avow_span_slice(h, 1, h.n - 2);
	for (size_t i = 0; i < h.n; i++)
		if (!is_host_byte(h.p[i]) && !(bracketed && h.p[i] == ':'))
			return false;
	return h.n > 0 && h.n <= 253;
}

/* "" gives the default; else 1..65535 without a leading zero. */
static bool
read_port(struct avow_span s, unsigned *port)
{
	unsigned v = 0;

	if (s.n == 0)
		return true;
	if (s.p[0] != ':' || s.n < 2 || s.n > 6 || s.p[1] == '0')
		return false;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(s.p[i] - '0');
	}
	*port = v;
	return v <= 65535;
}

/* The end of host or port: the first of '/' and '?'. */
static struct avow_span
authority_of(struct avow_span rest)
{
	size_t slash = avow_span_find_byte(rest, '/');
	size_t query = avow_span_find_byte(rest, '?');

	return avow_span_slice(rest, 0, slash < query ? slash : query);
}

static struct avow_span
host_of(struct avow_span authority)
{
	size_t close = avow_span_find_byte(authority, ']');

	if (authority.n && authority.p[0] == '[')
		return avow_span_slice(authority, 0, close + 1);
	return avow_span_slice(authority, 0, avow_span_find_byte(authority, ':'));
}

enum avow_err
avow_net_origin(struct avow_span url, struct avow_buf *out)
{
	static const struct avow_span schemes[] = {
		{(const uint8_t *)"https://", 8}, {(const uint8_t *)"http://", 7}};
	static const unsigned ports[] = {443, 80};
	int tls = 0;
	struct avow_span authority, host;
	unsigned port;

	if (url.n > MAX_URL || !is_printable(url) ||
		avow_span_find_byte(url, '#') != url.n)
		return AVOW_E_NET_URL;
	while (tls < 2 && !avow_span_eq_fold(avow_span_slice(url, 0, schemes[tls].n),
				  schemes[tls]))
		tls++;
	if (tls == 2)
		return AVOW_E_NET_URL;
	authority = authority_of(avow_span_from(url, schemes[tls].n));
	host = host_of(authority);
	port = ports[tls];
	if (!is_host(host) || !read_port(avow_span_from(authority, host.n), &port))
		return AVOW_E_NET_URL;
	avow_buf_put(out, schemes[tls]);
	for (size_t i = 0; i < host.n; i++)
		avow_buf_put_byte(out,
			(uint8_t)(host.p[i] >= 'A' && host.p[i] <= 'Z' ? host.p[i] + 32
								       : host.p[i]));
	avow_buf_printf(out, ":%u", port);
	return out->err;
}

/* Four numbers, the first of them 127; "127.evil.example" is a name. */
static bool
is_ipv4_loopback(struct avow_span h)
{
	unsigned dots = 0, digits = 0;

	if (!avow_span_starts(h, AVOW_LIT("127.")))
		return false;
	for (size_t i = 0; i < h.n; i++) {
		if (h.p[i] == '.') {
			if (digits == 0)
				return false;
			dots++;
			digits = 0;
		} else if (h.p[i] < '0' || h.p[i] > '9' || ++digits > 3) {
			return false;
		}
	}
	return dots == 3 && digits > 0;
}

bool
avow_net_is_loopback(struct avow_span origin)
{
	size_t slashes = avow_span_find(origin, AVOW_LIT("//"));
	struct avow_span host = host_of(avow_span_from(origin, slashes + 2));

	return avow_span_eq_fold(host, AVOW_LIT("localhost")) ||
	       avow_span_eq_str(host, "[::1]") || is_ipv4_loopback(host);
}
