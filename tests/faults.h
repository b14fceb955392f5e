/*
 * Allocations that fail on demand, for a test program linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc: the one numbered `at` fails,
 * once. Only this project's own calls are wrapped, not those inside libraries.
 */
#ifndef AVOW_TESTS_FAULTS_H
#define AVOW_TESTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static struct {
	bool on, failed;
	size_t count, at;
} faults;

static inline bool
fault_here(void)
{
	if (!faults.on || faults.count++ != faults.at)
		return false;
	faults.failed = true;
	return true;
}

void *
__wrap_malloc(size_t n)
{
	return fault_here() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fault_here() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fault_here() ? NULL : __real_realloc(p, n);
}

/* Run `call` with each of its allocations failing in turn; each time it must
 * give `want`, and AVOW_OK at last, when none is left to fail. How many failed
 * is the result. */
static inline size_t
fail_each_allocation(enum avow_err (*call)(void), enum avow_err want)
{
	for (size_t at = 0;; at++) {
		enum avow_err e;

		faults.at = at;
		faults.count = 0;
		faults.failed = false;
		faults.on = true;
		e = call();
		faults.on = false;
		if (!faults.failed) {
			assert_ok(e);
			return at;
		}
		assert_err(want, e);
	}
}

#endif
