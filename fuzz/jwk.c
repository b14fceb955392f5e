/*
 * JSON Web Keys. Property: a key that is accepted, written again and read again
 * is the same key, and says the same thing the second time.
 */
#include <stdint.h>

#include "must.h"

#include "crypto/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct avow_pubkey *
read_key(struct avow_span text, struct avow_arena *a)
{
	const struct avow_json *j = NULL;
	struct avow_pubkey *k = NULL;

	if (avow_json_parse(text, NULL, a, &j, NULL) == AVOW_OK &&
		avow_jwk_parse(j, a, &k) != AVOW_OK)
		must(k == NULL);
	return k;
}

static void
write_key(const struct avow_pubkey *k, struct avow_buf *b)
{
	struct avow_jw w;

	avow_jw_init(&w, b);
	avow_jw_open(&w, '{');
	must(avow_jwk_put_members(&w, k) == AVOW_OK);
	avow_jw_close(&w);
	must(b->err == AVOW_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_pubkey *k, *again = NULL;
	struct avow_arena a;
	struct avow_buf one, two;

	if (n > 65536)
		return 0;
	avow_arena_init(&a, 16 << 20);
	avow_buf_init(&one, 8192);
	avow_buf_init(&two, 8192);
	k = read_key(avow_span_make(data, n), &a);
	if (k) {
		write_key(k, &one);
		again = read_key(avow_buf_span(&one), &a);
		must(again && avow_pubkey_eq(k, again));
		write_key(again, &two);
		must(avow_span_eq(avow_buf_span(&one), avow_buf_span(&two)));
	}
	avow_pubkey_free(k);
	avow_pubkey_free(again);
	avow_buf_clear(&one);
	avow_buf_clear(&two);
	avow_arena_clear(&a);
	return 0;
}
