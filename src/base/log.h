/*
 * Structured log records: one JSON object a line. base/ never prints: the
 * program installs a sink. Never log evidence, tokens, keys or bodies.
 */
#ifndef AVOW_BASE_LOG_H
#define AVOW_BASE_LOG_H

#include "base/span.h"

enum avow_log_level { AVOW_LOG_DEBUG, AVOW_LOG_INFO, AVOW_LOG_WARN, AVOW_LOG_ERROR };

struct avow_log_field {
	const char *name;
	enum { AVOW_LOG_STR, AVOW_LOG_INT } type;
	const char *str;	/* made printable and escaped; NULL: left out */
	int64_t num;
};

#define AVOW_LOGS(n, v) ((struct avow_log_field){.name = (n), .type = AVOW_LOG_STR, .str = (v)})
#define AVOW_LOGI(n, v) ((struct avow_log_field){.name = (n), .type = AVOW_LOG_INT, .num = (v)})

/** line holds one JSON object without a newline; must be thread safe. */
typedef void avow_log_sink(const char *line, size_t n);

/** NULL (the default) drops everything. Set once, before threads start. */
void avow_log_to(avow_log_sink *sink, enum avow_log_level least);
/** {"time","level","event",...fields}. Lines are cut at 4 KiB. Thread safe. */
void avow_log_write(enum avow_log_level level, const char *event,
	const struct avow_log_field *fields, size_t n);

#define AVOW_LOG(level, event, ...)                                            \
	avow_log_write((level), (event),                                       \
		(const struct avow_log_field[]){__VA_ARGS__},                  \
		sizeof((const struct avow_log_field[]){__VA_ARGS__}) /         \
			sizeof(struct avow_log_field))

#endif
