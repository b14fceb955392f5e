/*
 * Listening addresses: reading them, and binding one socket a worker to each.
 *
 * SO_REUSEPORT spreads connections over the workers, but would also let a
 * second service of the same user share the port in silence. So the first
 * socket is bound without it, which fails when anybody has the port; only
 * then is it set, and the rest bound beside.
 */
#include "http/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct avow_at at_listen = {"listen", "listen", "avowd(8)"};

static bool
read_port(const char *s, unsigned *out)
{
	unsigned v = 0;
	size_t n = strlen(s);

	if (n == 0 || n > 5)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return false;
		v = v * 10 + (unsigned)(*s - '0');
	}
	*out = v;
	return v <= 65535;
}

/* The host between `from` and `to`, with a NUL. */
static bool
cut_host(const char *from, const char *to, char host[INET6_ADDRSTRLEN])
{
	size_t n = (size_t)(to - from);

	if (n == 0 || n >= INET6_ADDRSTRLEN)
		return false;
	memcpy(host, from, n);
	host[n] = '\0';
	return true;
}

static bool
parse_v6(const char *text, struct listen_address *out)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const char *close = strchr(text, ']');
	char host[INET6_ADDRSTRLEN];
	unsigned port;

	if (!close || close[1] != ':' || !cut_host(text + 1, close, host) ||
		!read_port(close + 2, &port) ||
		inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
		return false;
	in6.sin6_port = htons((uint16_t)port);
	memcpy(&out->sa, &in6, sizeof(in6));
	out->n = sizeof(in6);
	return true;
}

static bool
parse_v4(const char *text, struct listen_address *out)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	const char *colon = strchr(text, ':');
	char host[INET6_ADDRSTRLEN];
	unsigned port;

	if (!colon || !cut_host(text, colon, host) || !read_port(colon + 1, &port) ||
		inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return false;
	in.sin_port = htons((uint16_t)port);
	memcpy(&out->sa, &in, sizeof(in));
	out->n = sizeof(in);
	return true;
}

enum avow_err
avow_listen_parse(const char *text, struct listen_address *out, struct avow_why *why)
{
	memset(out, 0, sizeof(*out));
	if (text[0] == '[' ? parse_v6(text, out) : parse_v4(text, out))
		return AVOW_OK;
	return avow_refuse(why, AVOW_E_HTTP_LISTEN, &at_listen,
		"a numeric address and a port: 127.0.0.1:8080, [::1]:8443", "%s", text);
}

bool
avow_listen_is_loopback(const struct listen_address *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (a->sa.ss_family == AF_INET) {
		memcpy(&in, &a->sa, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	memcpy(&in6, &a->sa, sizeof(in6));
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

unsigned
avow_listen_port(const struct listen_address *a)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (a->sa.ss_family == AF_INET) {
		memcpy(&in, &a->sa, sizeof(in));
		return ntohs(in.sin_port);
	}
	memcpy(&in6, &a->sa, sizeof(in6));
	return ntohs(in6.sin6_port);
}

static bool
set(int fd, int level, int option)
{
	int on = 1;

	return setsockopt(fd, level, option, &on, sizeof(on)) == 0;
}

/* One socket; the first of an address asks for it alone. */
static bool
bind_one(struct listen_address *a, bool is_first, int *out)
{
	int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*out = fd;
	if (fd < 0 || !set(fd, SOL_SOCKET, SO_REUSEADDR))
		return false;
	if (a->sa.ss_family == AF_INET6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY))
		return false;
	if (!is_first && !set(fd, SOL_SOCKET, SO_REUSEPORT))
		return false;
	if (bind(fd, (const struct sockaddr *)&a->sa, a->n) != 0)
		return false;
	if (is_first && !set(fd, SOL_SOCKET, SO_REUSEPORT))
		return false;
	return getsockname(fd, (struct sockaddr *)&a->sa, &a->n) == 0;
}

enum avow_err
avow_listen_bind(struct listen_address *a, int *fds, size_t n, struct avow_why *why)
{
	for (size_t i = 0; i < n; i++)
		fds[i] = -1;
	for (size_t i = 0; i < n; i++) {
		int code;
		char text[INET6_ADDRSTRLEN];

		if (bind_one(a, i == 0, &fds[i]))
			continue;
		code = errno;
		for (size_t j = 0; j <= i; j++) {
			if (fds[j] >= 0)
				close(fds[j]);
			fds[j] = -1;
		}
		avow_peer_text((const struct sockaddr *)&a->sa, text);
		avow_refuse(why, AVOW_E_HTTP_LISTEN, &at_listen, "an address to bind",
			"%s port %u: %s", text, avow_listen_port(a), strerror(code));
		return AVOW_E_HTTP_LISTEN;
	}
	return AVOW_OK;
}
