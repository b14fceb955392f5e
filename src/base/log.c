/*
 * Building one log line in a fixed buffer: no allocation, so that a record
 * about memory can still be written.
 */
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define LINE_MAX_BYTES 4096

static avow_log_sink *the_sink;
static enum avow_log_level least_level;

struct line {
	char text[LINE_MAX_BYTES];
	size_t n;
};

void
avow_log_to(avow_log_sink *sink, enum avow_log_level least)
{
	the_sink = sink;
	least_level = least;
}

/* Room is always kept for the closing `"}`. */
static void
put(struct line *l, const char *s, size_t n)
{
	if (n > LINE_MAX_BYTES - 3 - l->n)
		n = LINE_MAX_BYTES - 3 - l->n;
	memcpy(l->text + l->n, s, n);
	l->n += n;
}

static void
put_string(struct line *l, const char *s)
{
	put(l, "\"", 1);
	for (; *s && l->n < LINE_MAX_BYTES - 10; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			put(l, "\\", 1);
		if (c < 0x20 || c > 0x7e)
			put(l, "?", 1);
		else
			put(l, s, 1);
	}
	put(l, "\"", 1);
}

static void
put_field(struct line *l, const struct avow_log_field *f)
{
	char num[24];

	/* A field that would not fit whole is left out, so the line stays JSON. */
	if (f->type == AVOW_LOG_STR &&
		(!f->str || l->n + 2 * strlen(f->str) + strlen(f->name) + 16 >
				LINE_MAX_BYTES - 3))
		return;
	put(l, ",", 1);
	put_string(l, f->name);
	put(l, ":", 1);
	if (f->type == AVOW_LOG_STR) {
		put_string(l, f->str);
		return;
	}
	snprintf(num, sizeof(num), "%" PRId64, f->num);
	put(l, num, strlen(num));
}

void
avow_log_write(enum avow_log_level level, const char *event,
	const struct avow_log_field *fields, size_t n)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	char time[AVOW_TIME_TEXT];
	struct line l = {.n = 0};

	if (!the_sink || level < least_level)
		return;
	avow_time_format(avow_clock_now_s(), time);
	put(&l, "{\"time\":", 8);
	put_string(&l, time);
	put(&l, ",\"level\":", 9);
	put_string(&l, names[level]);
	put(&l, ",\"event\":", 9);
	put_string(&l, event);
	for (size_t i = 0; i < n; i++)
		put_field(&l, &fields[i]);
	l.text[l.n++] = '}';
	l.text[l.n] = '\0';
	the_sink(l.text, l.n);
}
