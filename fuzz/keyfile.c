/*
 * The key file's text. Property: a set that is accepted has a signer, its
 * emitted text is accepted again and emits to the same bytes, and what signs is
 * published at every time that is tried.
 */
#include <stdint.h>
#include <stdlib.h>

#include "token/keyset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_times(const struct avow_keys *k)
{
	for (int64_t t = 0; t < INT64_C(4000000000); t += INT64_C(99999989)) {
		size_t s = avow_keys_signer(k, t);

		if (s >= k->n || !k->v[s].signs_from_s ||
			!avow_keys_is_published(k, s, t))
			abort();
	}
}

static void
check_text(const struct avow_keys *k)
{
	struct avow_keys *again = avow_keyset_new();
	struct avow_buf first, second;

	avow_buf_init(&first, 4 * AVOW_MAX_KEYS_FILE);
	avow_buf_init(&second, 4 * AVOW_MAX_KEYS_FILE);
	if (!again || avow_keyfile_emit(k, &first) != AVOW_OK ||
		avow_keyfile_parse(avow_buf_span(&first), again, NULL) != AVOW_OK ||
		avow_keyfile_emit(again, &second) != AVOW_OK ||
		!avow_span_eq(avow_buf_span(&first), avow_buf_span(&second)))
		abort();
	avow_buf_clear(&first);
	avow_buf_clear(&second);
	avow_keys_free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_keys *k = avow_keyset_new();

	if (!k)
		abort();
	if (avow_keyfile_parse(avow_span_make(data, n), k, NULL) == AVOW_OK) {
		check_times(k);
		check_text(k);
	}
	avow_keys_free(k);
	return 0;
}
