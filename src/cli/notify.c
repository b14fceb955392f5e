/*
 * sd_notify(3) by hand: one datagram to the socket that the environment names. It is
 * all that a unit of Type=notify needs, and no library is linked for it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/watch.h"

#define MESSAGE 1024

/* A path, or with '@' a name in the abstract space. */
static socklen_t
address_of(const char *name, struct sockaddr_un *a)
{
	size_t n = strlen(name);

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	if (n < 2 || n >= sizeof(a->sun_path) || (name[0] != '/' && name[0] != '@'))
		return 0;
	memcpy(a->sun_path, name, n);
	if (name[0] == '@')
		a->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
}

void
avow_notify(const char *fmt, ...)
{
	const char *name = getenv("NOTIFY_SOCKET");
	char message[MESSAGE];
	struct sockaddr_un a;
	socklen_t len;
	va_list ap;
	int fd, n;

	len = name ? address_of(name, &a) : 0;
	if (len == 0)
		return;
	va_start(ap, fmt);
	n = vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (n <= 0)
		return;
	if ((size_t)n >= sizeof(message))
		n = sizeof(message) - 1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Who does not listen, or not fast enough, misses it: the work goes on. */
	(void)!sendto(fd, message, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT,
		(struct sockaddr *)&a, len);
	close(fd);
}

static bool
read_number(const char *name, long long *out)
{
	const char *text = getenv(name);
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	*out = strtoll(text, &end, 10);
	return *end == '\0';
}

int
avow_notify_watchdog_ms(void)
{
	long long usec, pid;

	/* WATCHDOG_PID: it is another process's */
	if (getenv("WATCHDOG_PID") &&
		(!read_number("WATCHDOG_PID", &pid) || pid != getpid()))
		return -1;
	if (!read_number("WATCHDOG_USEC", &usec) || usec < 2000)
		return -1;
	usec /= 2000;
	return usec < 86400000 ? (int)usec : 86400000;
}
