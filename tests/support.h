/*
 * What every test program needs: cmocka with its required headers, and exact
 * comparisons that show both sides.
 */
#ifndef AVOW_TESTS_SUPPORT_H
#define AVOW_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"

/* The error code itself, by name, so that a failure reads well. */
#define assert_err(expected, expr)                                             \
	assert_string_equal(avow_err_name(expected), avow_err_name(expr))
#define assert_ok(expr) assert_err(AVOW_OK, (expr))
#define assert_span(expected, got)                                             \
	do {                                                                   \
		struct avow_span e_ = (expected), g_ = (got);                  \
		assert_int_equal(e_.n, g_.n);                                  \
		if (e_.n)                                                      \
			assert_memory_equal(e_.p, g_.p, e_.n);                 \
	} while (0)
#define assert_span_str(expected, got) assert_span(avow_span_str(expected), (got))

/* Path of a file of the real vectors, or NULL when the folder is absent: the
 * test then calls skip(). The result is static; one at a time. */
static inline const char *
vector_path(const char *name)
{
	static char path[4096];
	const char *root = getenv("AVOW_VECTORS");
	FILE *f;

	if (!root)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s", root, name);
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	fclose(f);
	return path;
}

#endif
