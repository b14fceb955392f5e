/*
 * A closed-loop load over plain HTTP/1.1 that costs little itself, so that it can
 * share cores with what it measures.
 */
#ifndef AVOW_BENCH_PLAIN_H
#define AVOW_BENCH_PLAIN_H

#include <stdint.h>

#include "base/buf.h"

struct plain_load {
	const char *url, *method, *bearer; /* bearer NULL: none */
	struct avow_span body;
	int connections;
};

struct plain_result {
	long done, failed; /* failed: any status but 200, or a broken connection */
	int64_t ms;
};

/** Half a second to warm up, then that many seconds. Exits where it cannot run. */
struct plain_result plain_run(const struct plain_load *l, int seconds);

#endif
