/*
 * Property: a policy over claims gives the same outcome twice, with and
 * without a trace; it permits exactly when it returns AVOW_OK, issues nothing
 * otherwise, says why it does not, and ends within its steps.
 *
 * Input: a policy text, a zero byte, and claims as JSON.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "policy/policy.h"

#define STEPS 200000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* One evaluation told as text. */
static void
evaluate(const struct avow_policy *p, struct avow_span json, bool traced,
	struct avow_buf *told)
{
	struct avow_policy_trace trace = {NULL, NULL};
	struct avow_policy_options o = {traced ? &trace : NULL, STEPS};
	struct avow_policy_outcome out;
	struct avow_properties props;
	struct avow_claims claims;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;
	struct avow_jw w;

	avow_arena_init(&a, AVOW_MIB(256));
	avow_why_init(&why);
	e = avow_policy_read_claims(json, &a, &claims, NULL);
	if (e == AVOW_OK)
		e = avow_policy_configure(p, &o, &a, &props, &why);
	if (e == AVOW_OK) {
		e = avow_policy_decide(p, &claims, &props, &o, &a, &out, &why);
		require((e == AVOW_OK) == (out.decision == AVOW_POLICY_IS_PERMIT));
		require(e == out.code && e == why.code);
		require(e == AVOW_OK || (out.issued.n == 0 && out.message[0]));
		require(avow_claims_put_json(told, &out.issued, NULL) == AVOW_OK);
		avow_jw_init(&w, told);
		avow_policy_explain(&out, &w);
	}
	avow_buf_put_str(told, avow_err_name(e));
	require(told->err == AVOW_OK);
	avow_arena_clear(&a);
}

static void
check_policy(const struct avow_policy *p, struct avow_span json)
{
	struct avow_buf first, second;

	avow_buf_init(&first, AVOW_MIB(64));
	avow_buf_init(&second, AVOW_MIB(64));
	evaluate(p, json, false, &first);
	evaluate(p, json, true, &second);
	require(avow_span_eq(avow_buf_span(&first), avow_buf_span(&second)));
	avow_buf_clear(&first);
	avow_buf_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span all = avow_span_make(data, n);
	size_t at = avow_span_find_byte(all, 0);
	struct avow_policy *p;

	if (avow_policy_compile(avow_span_slice(all, 0, at), &p, NULL) == AVOW_OK)
		check_policy(p, avow_span_from(all, at < n ? at + 1 : n));
	avow_policy_free(p);
	return 0;
}
