/*
 * Whose request it is, behind proxies that the operator trusts. Each proxy adds
 * the address that it heard from at the end of one header, so the header is read
 * from its end: as long as the one who says it is a trusted proxy, what it says
 * is believed, and the first address that is no trusted proxy's is the client's.
 * All that stands before that one is the client's own writing. An element that
 * cannot be read ends the walk at the proxy that wrote it.
 *
 * One header is read, the configured one: a proxy that keeps X-Forwarded-For may
 * pass on a Forwarded that the client made up, and the other way round.
 */
#include "http/forwarded.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff"

void
avow_ip_of_sockaddr(const struct sockaddr *sa, struct avow_ip *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(out, 0, sizeof(*out));
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		memcpy(out->b, MAPPED, 12);
		memcpy(out->b + 12, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		memcpy(out->b, &in6.sin6_addr, 16);
	}
}

bool
avow_ip_parse(struct avow_span text, struct avow_ip *out)
{
	char z[INET6_ADDRSTRLEN];

	if (text.n == 0 || text.n >= sizeof(z))
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (strlen(z) != text.n)
		return false;
	memcpy(out->b, MAPPED, 12);
	return inet_pton(AF_INET, z, out->b + 12) == 1 ||
	       inet_pton(AF_INET6, z, out->b) == 1;
}

void
avow_ip_text(const struct avow_ip *ip, char out[INET6_ADDRSTRLEN])
{
	bool is_v4 = memcmp(ip->b, MAPPED, 12) == 0;

	if (!inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? ip->b + 12 : ip->b, out,
		    INET6_ADDRSTRLEN))
		out[0] = '\0';
}

bool
avow_network_parse(struct avow_span text, struct avow_network *out)
{
	size_t slash = avow_span_find_byte(text, '/');
	struct avow_span bits = avow_span_from(text, slash + 1);
	unsigned max, v = 0;

	if (!avow_ip_parse(avow_span_slice(text, 0, slash), &out->ip))
		return false;
	max = avow_span_find_byte(avow_span_slice(text, 0, slash), ':') == slash ? 32
										 : 128;
	out->bits = 128;
	if (slash == text.n)
		return true;
	if (bits.n == 0 || bits.n > 3 || (bits.n > 1 && bits.p[0] == '0'))
		return false;
	for (size_t i = 0; i < bits.n; i++) {
		if (bits.p[i] < '0' || bits.p[i] > '9')
			return false;
		v = v * 10 + (unsigned)(bits.p[i] - '0');
	}
	out->bits = 128 - max + v;
	return v <= max;
}

bool
avow_networks_have(const struct avow_network *all, size_t n, const struct avow_ip *ip)
{
	for (size_t i = 0; i < n; i++) {
		size_t whole = all[i].bits / 8, rest = all[i].bits % 8;

		if (memcmp(all[i].ip.b, ip->b, whole) == 0 &&
			(rest == 0 ||
				(all[i].ip.b[whole] ^ ip->b[whole]) >> (8 - rest) == 0))
			return true;
	}
	return false;
}

/* --- one element ------------------------------------------------------------------ */

/* "1.2.3.4", "1.2.3.4:80", "::1", "[::1]", "[::1]:80" */
static bool
read_node(struct avow_span s, struct avow_ip *out)
{
	size_t end = avow_span_find_byte(s, ']');
	size_t colon = avow_span_find_byte(s, ':');

	if (s.n && s.p[0] == '[')
		return end < s.n && (end + 1 == s.n || s.p[end + 1] == ':') &&
		       avow_ip_parse(avow_span_slice(s, 1, end - 1), out);
	/* one colon is a port's, more are an IPv6 address's */
	if (colon < s.n && avow_span_find_byte(avow_span_from(s, colon + 1), ':') ==
				   s.n - colon - 1)
		s = avow_span_slice(s, 0, colon);
	return avow_ip_parse(s, out);
}

/* RFC 7239 4: the value of for= in pairs with ';' between them */
static bool
read_forwarded(struct avow_span element, struct avow_ip *out)
{
	const struct avow_span name = AVOW_LIT("for=");

	while (element.n) {
		size_t n = avow_span_find_byte(element, ';');
		struct avow_span pair = avow_span_trim(avow_span_slice(element, 0, n));

		if (avow_span_eq_fold(avow_span_slice(pair, 0, name.n), name)) {
			pair = avow_span_from(pair, name.n);
			if (pair.n >= 2 && pair.p[0] == '"' &&
				pair.p[pair.n - 1] == '"')
				pair = avow_span_slice(pair, 1, pair.n - 2);
			return read_node(pair, out);
		}
		element = avow_span_from(element, n + 1);
	}
	return false;
}

/* --- the walk ---------------------------------------------------------------------- */

/* Go on through one header line, from its end; false when the walk is over. */
static bool
walk(const struct avow_proxies *p, struct avow_span line, struct avow_ip *client)
{
	bool more = true;

	while (more) {
		size_t start = line.n;
		struct avow_span element;
		struct avow_ip said;

		while (start > 0 && line.p[start - 1] != ',')
			start--;
		element = avow_span_trim(avow_span_from(line, start));
		if (!(p->is_rfc7239 ? read_forwarded(element, &said)
				    : read_node(element, &said)))
			return false;
		*client = said;
		if (!avow_networks_have(p->v, p->n, &said))
			return false;
		more = start > 0;
		line = avow_span_slice(line, 0, more ? start - 1 : 0);
	}
	return true;
}

void
avow_forwarded_client(const struct avow_proxies *p,
	const struct avow_http_pair *headers, size_t n, struct avow_ip *client)
{
	const struct avow_span name =
		p->is_rfc7239 ? AVOW_LIT("Forwarded") : AVOW_LIT("X-Forwarded-For");

	if (!avow_networks_have(p->v, p->n, client))
		return;
	while (n > 0) {
		n--;
		if (avow_span_eq_fold(headers[n].name, name) &&
			!walk(p, headers[n].value, client))
			return;
	}
}
