/*
 * Closing a socket with unread bytes makes the kernel reset the connection,
 * and the reset can overtake the answer that says why. So behind an answer
 * that came before the whole request, the socket is kept for a short while:
 * write side closed, what still comes read and dropped (RFC 9112, 9.6).
 * Bounded in time and number; past either the socket is just closed.
 */
#include "http/server.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define LINGER_MS 2000
#define READ_AT_ONCE 64

static void
end_at(struct worker *w, size_t i)
{
	close(w->stragglers.all[i].fd);
	w->stragglers.all[i] = w->stragglers.all[--w->stragglers.n];
}

void
avow_linger_add(struct worker *w, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	if (w->stragglers.n == LINGER_MAX || w->life == WORKER_ENDS ||
		epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) != 0) {
		close(fd);
		return;
	}
	shutdown(fd, SHUT_WR);
	w->stragglers.all[w->stragglers.n++] =
		(struct straggler){fd, avow_clock_mono_ms() + LINGER_MS};
}

void
avow_linger_read(struct worker *w, int fd)
{
	char drop[16384];
	ssize_t n = -1;

	for (int i = 0; i < READ_AT_ONCE; i++) {
		n = recv(fd, drop, sizeof(drop), MSG_DONTWAIT);
		if (n <= 0)
			break;
	}
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	for (size_t i = 0; i < w->stragglers.n; i++)
		if (w->stragglers.all[i].fd == fd) {
			end_at(w, i);
			return;
		}
}

void
avow_linger_expire(struct worker *w, int64_t now_ms)
{
	for (size_t i = w->stragglers.n; i > 0; i--)
		if (w->stragglers.all[i - 1].deadline_ms <= now_ms)
			end_at(w, i - 1);
}

void
avow_linger_end(struct worker *w)
{
	while (w->stragglers.n)
		end_at(w, w->stragglers.n - 1);
}
