/*
 * wire/pem. Properties: the same verdict twice; each block's text lies inside
 * the input, behind the one before; written again and read, each block has
 * the same label and bytes; no block comes from text that is not PEM.
 */
#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "wire/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
round_trip(const struct avow_pem_block *b, struct avow_arena *a)
{
	struct avow_pem_block *again;
	struct avow_buf out;
	char label[80];
	size_t n;

	must(b->label.n < sizeof(label));
	memcpy(label, b->label.p, b->label.n);
	label[b->label.n] = '\0';
	avow_buf_init(&out, AVOW_MIB(8));
	avow_pem_put(&out, label, b->der);
	must(avow_pem_parse(avow_buf_span(&out), 1, a, &again, &n) == AVOW_OK &&
		n == 1);
	must(avow_span_eq(again->label, b->label) && avow_span_eq(again->der, b->der));
	avow_buf_clear(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	struct avow_pem_block *blocks, *again;
	const uint8_t *at = data;
	size_t count, count_again;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(64));
	e = avow_pem_parse(in, 8, &a, &blocks, &count);
	must(avow_pem_parse(in, 8, &a, &again, &count_again) == e);
	must(count == count_again && count <= 8 && (count > 0) == (e == AVOW_OK));
	must(e != AVOW_OK || avow_pem_is(in));
	for (size_t i = 0; i < count; i++) {
		must(blocks[i].text.p >= at && blocks[i].der.n > 0);
		at = blocks[i].text.p + blocks[i].text.n;
		must(at <= data + n);
		round_trip(&blocks[i], &a);
	}
	avow_arena_clear(&a);
	return 0;
}
