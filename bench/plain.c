/*
 * Each connection sends the same bytes, reads one answer by its Content-Length,
 * and sends again. An answer that does not fit, that has another status than 200
 * or that comes in chunks is a failure: nothing here answers so.
 */
#include "plain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"

#define MAX_ANSWER 65536

struct connection {
	char answer[MAX_ANSWER + 1];
	size_t n;
};

struct plain {
	struct avow_buf request;
	struct pollfd *fds; /* one a connection; fd -1: it is done */
	struct connection *v;
	struct plain_result result;
	int n, busy;
};

static void
stop(const char *what)
{
	perror(what);
	exit(1);
}

/* "http://127.0.0.1:PORT/path": what a service under measurement says. */
static const char *
read_url(const char *url, struct sockaddr_in *a)
{
	static const char start[] = "http://127.0.0.1:";
	char *path = NULL;

	if (strncmp(url, start, sizeof(start) - 1) != 0)
		stop("url");
	a->sin_family = AF_INET;
	a->sin_port = htons((uint16_t)strtoul(url + sizeof(start) - 1, &path, 10));
	a->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return path;
}

static void
make_request(const struct plain_load *l, const char *path, struct avow_buf *b)
{
	avow_buf_init(b, AVOW_MIB(8));
	avow_buf_printf(b, "%s %s HTTP/1.1\r\nHost: %.*s\r\n", l->method, path,
		(int)(path - l->url - 7), l->url + 7);
	if (l->bearer)
		avow_buf_printf(b, "Authorization: Bearer %s\r\n", l->bearer);
	avow_buf_printf(b,
		"Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
		l->body.n);
	avow_buf_put(b, l->body);
	if (b->err != AVOW_OK)
		stop("memory");
}

static int
open_one(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0)
		stop("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
send_all(const struct plain *p, int fd)
{
	const char *at = (const char *)p->request.p;
	size_t left = p->request.n;

	while (left) {
		ssize_t n = send(fd, at, left, MSG_NOSIGNAL);

		if (n <= 0)
			stop("send");
		at += n;
		left -= (size_t)n;
	}
}

/* -1: not yet whole; 0: refused; 1: good. */
static int
judge(const struct connection *c)
{
	const char *body = strstr(c->answer, "\r\n\r\n"), *length;

	if (!body)
		return c->n < MAX_ANSWER ? -1 : 0;
	length = strstr(c->answer, "\r\nContent-Length: ");
	if (!length || length > body)
		return 0;
	if (c->n < (size_t)(body + 4 - c->answer) + strtoul(length + 18, NULL, 10))
		return c->n < MAX_ANSWER ? -1 : 0;
	return strncmp(c->answer, "HTTP/1.1 200 ", 13) == 0;
}

static void
take(struct plain *p, int i, bool again)
{
	struct connection *c = &p->v[i];
	ssize_t n = recv(p->fds[i].fd, c->answer + c->n, MAX_ANSWER - c->n, 0);
	int good;

	if (n <= 0)
		stop("recv");
	c->n += (size_t)n;
	c->answer[c->n] = '\0';
	good = judge(c);
	if (good < 0)
		return;
	p->result.done += good;
	p->result.failed += !good;
	c->n = 0;
	if (again) {
		send_all(p, p->fds[i].fd);
	} else {
		p->fds[i].events = 0;
		p->busy--;
	}
}

static void
run_until(struct plain *p, int64_t end_ms)
{
	for (int i = 0; i < p->n; i++) {
		p->fds[i].events = POLLIN;
		send_all(p, p->fds[i].fd);
	}
	p->busy = p->n;
	while (p->busy) {
		bool again = avow_clock_mono_ms() < end_ms;

		if (poll(p->fds, (nfds_t)p->n, 30000) <= 0)
			stop("no answer");
		for (int i = 0; i < p->n; i++)
			if (p->fds[i].events && p->fds[i].revents)
				take(p, i, again);
	}
}

struct plain_result
plain_run(const struct plain_load *l, int seconds)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	const char *path = read_url(l->url, &address);
	struct plain p = {.n = l->connections};
	int64_t start;

	make_request(l, path, &p.request);
	p.fds = calloc((size_t)p.n, sizeof(*p.fds));
	p.v = calloc((size_t)p.n, sizeof(*p.v));
	if (!p.fds || !p.v)
		stop("memory");
	for (int i = 0; i < p.n; i++)
		p.fds[i].fd = open_one(&address);
	run_until(&p, avow_clock_mono_ms() + 500);
	p.result = (struct plain_result){0};
	start = avow_clock_mono_ms();
	run_until(&p, start + seconds * INT64_C(1000));
	p.result.ms = avow_clock_mono_ms() - start;
	for (int i = 0; i < p.n; i++)
		close(p.fds[i].fd);
	free(p.fds);
	free(p.v);
	avow_buf_clear(&p.request);
	return p.result;
}
