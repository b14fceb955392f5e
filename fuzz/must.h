/*
 * A property of a harness that has to hold: what does not is a finding, which the
 * fuzzer sees as a crash.
 */
#ifndef AVOW_FUZZ_MUST_H
#define AVOW_FUZZ_MUST_H

#include <stdbool.h>
#include <stdlib.h>

static inline void
must(bool holds)
{
	if (!holds)
		abort();
}

#endif
