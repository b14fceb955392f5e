/*
 * A reader of our log that stops reading must not stop the workers: they put
 * lines into a buffer under a short lock, and a thread of its own writes them
 * out. When the buffer is full, lines are dropped and their number is logged
 * as soon as there is room.
 */
#include "daemon/logsink.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define BUFFER_BYTES (256u * 1024u)

/* The process has one standard error, and this is its one writer. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	pthread_t thread;
	char buffer[2][BUFFER_BYTES];
	size_t n, which; /* filling buffer[which] */
	unsigned long long dropped;
	bool stopping;
} sink = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.filled = PTHREAD_COND_INITIALIZER,
};

static void
put(const char *line, size_t n)
{
	char *at = sink.buffer[sink.which];

	if (n + 1 > BUFFER_BYTES - sink.n) {
		sink.dropped++;
		return;
	}
	memcpy(at + sink.n, line, n);
	at[sink.n + n] = '\n';
	sink.n += n + 1;
}

static void
to_buffer(const char *line, size_t n)
{
	pthread_mutex_lock(&sink.lock);
	put(line, n);
	pthread_cond_signal(&sink.filled);
	pthread_mutex_unlock(&sink.lock);
}

static void
write_all(const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(STDERR_FILENO, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return; /* nobody can be told */
		p += w;
		n -= (size_t)w;
	}
}

/* Under the lock: how many lines had no room, now that there is some. */
static void
note_dropped(void)
{
	char note[128], at[AVOW_TIME_TEXT];
	int n;

	if (sink.dropped == 0)
		return;
	avow_time_format(avow_clock_now_s(), at);
	n = snprintf(note, sizeof(note),
		"{\"time\":\"%s\",\"level\":\"warn\",\"event\":\"log_dropped\","
		"\"lines\":%llu}",
		at, sink.dropped);
	sink.dropped = 0;
	put(note, (size_t)n);
}

static void *
write_out(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&sink.lock);
	for (;;) {
		size_t n, which = sink.which;

		while (sink.n == 0 && !sink.stopping)
			pthread_cond_wait(&sink.filled, &sink.lock);
		if (sink.n == 0)
			break;
		n = sink.n;
		sink.n = 0;
		sink.which = !which;
		note_dropped();
		pthread_mutex_unlock(&sink.lock);
		write_all(sink.buffer[which], n);
		pthread_mutex_lock(&sink.lock);
	}
	pthread_mutex_unlock(&sink.lock);
	return NULL;
}

enum avow_err
avow_logsink_start(enum avow_log_level least)
{
	if (pthread_create(&sink.thread, NULL, write_out, NULL) != 0)
		return AVOW_E_INTERNAL;
	avow_log_to(to_buffer, least);
	return AVOW_OK;
}

void
avow_logsink_stop(void)
{
	avow_log_to(NULL, AVOW_LOG_ERROR);
	pthread_mutex_lock(&sink.lock);
	sink.stopping = true;
	pthread_cond_signal(&sink.filled);
	pthread_mutex_unlock(&sink.lock);
	pthread_join(sink.thread, NULL);
}
