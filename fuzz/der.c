/*
 * wire/der. Properties: each element's parts lie inside the input and in
 * order, the same element read as a whole gives the same content, encoding
 * its head again gives the bytes that stood there (one value, one encoding),
 * and a refusal leaves the cursor bad.
 */
#include "must.h"

#include "base/limits.h"
#include "wire/der.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The only head that DER allows for this tag and length. */
static size_t
head_of(uint8_t tag, size_t n, uint8_t out[10])
{
	size_t octets = 0, at = 2;

	out[0] = tag;
	out[1] = (uint8_t)n;
	if (n < 0x80)
		return 2;
	for (size_t rest = n; rest; rest >>= 8)
		octets++;
	out[1] = (uint8_t)(0x80 | octets);
	for (size_t i = octets; i-- > 0;)
		out[at++] = (uint8_t)(n >> (8 * i));
	return at;
}

static void
check_scalars(struct avow_span whole)
{
	struct avow_cursor a = avow_cur(whole), b = a, c = a;
	struct avow_span oid;
	uint64_t v, again;
	bool flag;

	if (avow_der_uint(&a, AVOW_DER_INTEGER, UINT64_MAX, &v) == AVOW_OK) {
		struct avow_cursor r = avow_cur(whole);

		must(avow_cur_is_done(&a));
		must(avow_der_uint(&r, AVOW_DER_INTEGER, v, &again) == AVOW_OK);
		r = avow_cur(whole);
		if (v > 0)
			must(avow_der_uint(&r, AVOW_DER_INTEGER, v - 1, &again) ==
				AVOW_E_DER_SYNTAX);
	} else {
		must(avow_cur_is_bad(&a) && v == 0);
	}
	if (avow_der_oid(&b, &oid) != AVOW_OK)
		must(avow_cur_is_bad(&b) && oid.n == 0);
	if (avow_der_bool(&c, &flag) != AVOW_OK)
		must(avow_cur_is_bad(&c) && !flag);
}

static void
walk(struct avow_cursor c, struct avow_span outer, int depth)
{
	while (!avow_cur_is_done(&c)) {
		struct avow_cursor inner;
		struct avow_der d;
		uint8_t head[10];
		size_t n;

		if (avow_der_any(&c, &d) != AVOW_OK) {
			must(avow_cur_is_bad(&c) && d.whole.n == 0);
			return;
		}
		n = head_of(d.tag, d.content.n, head);
		must(d.whole.n == n + d.content.n);
		must(avow_span_starts(d.whole, avow_span_make(head, n)));
		must(avow_span_eq(avow_span_from(d.whole, n), d.content));
		must(d.offset + d.content.n == avow_cur_offset(&c));
		if (d.content.n)
			must(outer.p + d.offset == d.content.p);
		must(avow_der_whole(d.whole, d.tag, &inner) == AVOW_OK);
		check_scalars(d.whole);
		if ((d.tag & 0x20) && depth < AVOW_MAX_DER_DEPTH) {
			inner = avow_cur(d.content);
			inner.base = d.offset;
			walk(inner, outer, depth + 1);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);

	walk(avow_cur(in), in, 0);
	return 0;
}
