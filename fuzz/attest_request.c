/*
 * The body of an attest call, any bytes. Property: decoding is total and gives
 * the same result twice; what it hands out lies in the body or in the arena
 * and is within its limits.
 */
#include <stdlib.h>

#include "api/policy_jwt.h"
#include "api/request.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum avow_err
decode(struct avow_span body, struct avow_arena *a, struct avow_attest_body *out)
{
	struct avow_why why;

	avow_why_init(&why);
	return avow_attest_body_decode(body, avow_kind_by_name(AVOW_LIT("sgx")), a,
		out, &why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span body = avow_span_make(data, n), text;
	struct avow_attest_body one, two;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	e = decode(body, &a, &one);
	if (e != decode(body, &a, &two))
		abort();
	if (e == AVOW_OK) {
		if (!avow_span_eq(one.evidence, two.evidence) ||
			!avow_span_eq(one.runtime.bytes, two.runtime.bytes) ||
			one.evidence.n > AVOW_MAX_QUOTE ||
			one.nonce.n > AVOW_MAX_NONCE)
			abort();
		if (one.has_draft && avow_policy_jwt_is(one.draft_policy))
			(void)!avow_policy_jwt_text(one.draft_policy, &a, &text, NULL);
	}
	avow_arena_clear(&a);
	return 0;
}
