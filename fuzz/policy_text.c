/*
 * Property: any bytes compile or are refused with a code, a place inside the
 * text and a message; what parses is formatted, and what is formatted parses
 * to the same tree and is formatted to the same text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "policy/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
check_error(struct avow_span text, const struct avow_policy_error *err)
{
	unsigned lines = 1;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n';
	require(err->line >= 1 && err->line <= lines);
	require(err->column >= 1 && err->column <= text.n + 1);
	require(err->failure[0] != '\0' && err->message[0] != '\0');
}

static void
check_format(struct avow_span text)
{
	struct avow_policy_error err = {0};
	struct policy_tree *first, *second;
	struct avow_buf once, twice;
	struct avow_arena a;

	avow_arena_init(&a, POLICY_MAX_TREE * 2);
	avow_buf_init(&once, AVOW_MIB(64));
	avow_buf_init(&twice, AVOW_MIB(64));
	if (policy_parse(text, &a, &first, &err) == AVOW_OK) {
		require(avow_policy_format(text, &once, NULL) == AVOW_OK);
		/* white space can take a text that is as long as it may be over */
		if (once.n <= AVOW_MAX_POLICY_TEXT) {
			struct avow_span out = avow_buf_span(&once);

			require(policy_parse(out, &a, &second, &err) == AVOW_OK);
			require(policy_tree_eq(first, second));
			require(avow_policy_format(out, &twice, NULL) == AVOW_OK);
			require(avow_span_eq(out, avow_buf_span(&twice)));
		}
	}
	avow_buf_clear(&once);
	avow_buf_clear(&twice);
	avow_arena_clear(&a);
}

static void
check_lint(const struct avow_policy *p)
{
	struct avow_policy_findings found = {0};
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(256));
	require(avow_policy_lint(p, AVOW_KIND_TPM | AVOW_KIND_SGX, &a, &found) ==
		AVOW_OK);
	avow_arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span text = avow_span_make(data, n);
	struct avow_policy_error err;
	struct avow_policy *p;

	if (avow_policy_compile(text, &p, &err) == AVOW_OK)
		check_lint(p);
	else
		check_error(text, &err);
	avow_policy_free(p);
	check_format(text);
	return 0;
}
