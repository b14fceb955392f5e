/*
 * Configuration text. Property: whatever is accepted can be dumped, and the
 * dump is accepted and dumps to the same bytes; checking it twice gives the
 * same answer.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/limits.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_config *
fresh(void)
{
	struct avow_config *c;

	if (avow_config_new(&c) != AVOW_OK)
		abort();
	return c;
}

static void
compare(const struct avow_config *a)
{
	struct avow_config *b = fresh();
	struct avow_buf first, second;

	avow_buf_init(&first, AVOW_MAX_CONFIG * 8);
	avow_buf_init(&second, AVOW_MAX_CONFIG * 8);
	if (avow_config_dump(a, &first) != AVOW_OK)
		abort();
	if (first.n <= AVOW_MAX_CONFIG) {
		if (avow_config_parse(b, avow_buf_span(&first), "dump", NULL) !=
			AVOW_OK)
			abort();
		if (avow_config_dump(b, &second) != AVOW_OK ||
			!avow_span_eq(avow_buf_span(&first), avow_buf_span(&second)))
			abort();
	}
	avow_buf_clear(&first);
	avow_buf_clear(&second);
	avow_config_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_config *c = fresh();
	struct avow_why why;

	avow_why_init(&why);
	if (avow_config_parse(c, avow_span_make(data, n), "fuzz", &why) == AVOW_OK) {
		compare(c);
		if (avow_config_check(c, NULL) != avow_config_check(c, NULL))
			abort();
		compare(c);
	} else if (why.code == AVOW_OK) {
		abort(); /* a refusal says why */
	}
	avow_config_free(c);
	return 0;
}
