/*
 * An answer of a source out of fuzzed bytes: a status, a header's text up to a NUL,
 * a Retry-After up to the next one, and a body.
 */
#ifndef AVOW_FUZZ_RESPONSE_H
#define AVOW_FUZZ_RESPONSE_H

#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "fetch/fetch.h"

static inline struct avow_span
up_to_nul(struct avow_span *rest)
{
	size_t i = avow_span_find_byte(*rest, 0);
	struct avow_span s = avow_span_slice(*rest, 0, i);

	*rest = avow_span_from(*rest, i < rest->n ? i + 1 : i);
	return s;
}

static inline void
fill(struct avow_net_response *rs, uint8_t status, struct avow_span rest)
{
	static const long statuses[] = {200, 200, 200, 200, 404, 429, 503, 302};

	rs->status = statuses[status % 8];
	avow_buf_put(&rs->headers[0].value, up_to_nul(&rest));
	avow_buf_put(&rs->headers[1].value, up_to_nul(&rest));
	avow_buf_put(&rs->body, rest);
}

/* Whatever a source says: reading it is total, only 200 has a body, a time to wait
 * is bounded, and nothing that no pinned key has signed is ever taken. */
static inline void
judge(const struct avow_fetch_key *k, const struct avow_net_response *rs,
	struct avow_arena *a)
{
	static struct avow_anchors *anchors; /* immutable; made once */
	static struct avow_collateral *known;
	struct avow_fetch_judge j = {.at_s = 1735689600, .any_time = true};
	struct avow_store_collateral doc;
	struct avow_span body, chain;
	int retry_after_s;
	enum avow_err e;

	if (!anchors) {
		must(avow_anchors_new(true, &anchors) == AVOW_OK);
		must(avow_collateral_build(NULL, 0, &known, NULL) == AVOW_OK);
	}
	j.anchors = anchors;
	j.known = known;
	e = avow_fetch_read(k, rs, a, &body, &chain, &retry_after_s, NULL);
	must(retry_after_s >= 0 && retry_after_s <= 3600);
	must(retry_after_s == 0 || e == AVOW_E_FETCH_BUSY);
	must((e == AVOW_OK) <= (rs->status == 200 && body.n > 0));
	if (e != AVOW_OK)
		return;
	e = avow_fetch_verify(k, body, chain, &j, a, &doc, NULL);
	must(e != AVOW_OK && e != AVOW_E_INTERNAL);
	must(!doc.body.p && !doc.name.p);
}

static inline int
one_response(
	const struct avow_fetch_key *keys, size_t n_keys, const uint8_t *data, size_t n)
{
	struct avow_net_header headers[AVOW_FETCH_HEADERS];
	struct avow_net_response rs;
	struct avow_arena a;

	if (n < 2)
		return 0;
	avow_arena_init(&a, AVOW_MIB(64));
	avow_fetch_headers(keys[data[0] % n_keys].kind, headers);
	avow_net_response_init(&rs, AVOW_MAX_CRL_TEXT, headers, AVOW_FETCH_HEADERS);
	fill(&rs, data[1], avow_span_make(data + 2, n - 2));
	judge(&keys[data[0] % n_keys], &rs, &a);
	avow_net_response_clear(&rs);
	avow_arena_clear(&a);
	return 0;
}

#endif
