/*
 * What benchmarks share: clocks, the middle of many rounds, and the end of one that
 * cannot measure what it says.
 */
#ifndef AVOW_BENCH_BENCH_H
#define AVOW_BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MUST(x)                                                                        \
	do {                                                                           \
		if (!(x)) {                                                            \
			fprintf(stderr, "%s:%d: %s failed\n", __FILE__, __LINE__, #x); \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

/** Microseconds of a clock: CLOCK_MONOTONIC, or the time of the thread's own work. */
static inline double
bench_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline int
bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/** Sorts v; n is at least 1. */
static inline double
bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_by_value);
	return v[n / 2];
}

#endif
