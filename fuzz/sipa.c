/*
 * Windows' tagged events. Properties: what is taken for one fits its lengths
 * exactly; its members are valid JSON, an object of known names; data with a byte
 * more or less is none.
 */
#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "evidence/eventlog/sipa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_members(struct avow_span data)
{
	const struct avow_json *root;
	struct avow_arena a;
	struct avow_buf out;
	struct avow_jw w;

	avow_arena_init(&a, AVOW_MIB(64));
	avow_buf_init(&out, AVOW_MIB(16));
	avow_jw_init(&w, &out);
	avow_jw_open(&w, '{');
	sipa_put(&w, data);
	avow_jw_close(&w);
	must(out.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&out), NULL, &a, &root, NULL) == AVOW_OK);
	must(root->type == AVOW_JSON_OBJECT && root->count <= 1);
	avow_buf_clear(&out);
	avow_arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span s = avow_span_make(data, n);

	if (n > AVOW_KIB(64) || !sipa_is(s))
		return 0;
	must(!sipa_is(avow_span_slice(s, 0, n - 1)));
	check_members(s);
	return 0;
}
