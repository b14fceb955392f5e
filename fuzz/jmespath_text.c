/*
 * JMESPath text. Properties: the same outcome twice; an error has a place in
 * the text and a message; `(e)` and `e | @` mean what `e` means; a result can
 * be written, reads back equal, and stays within the limits.
 */
#include <string.h>

#include "must.h"

#include "base/limits.h"
#include "jmespath/jmespath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char DOC[] =
	"{\"a\":{\"b\":[{\"c\":1,\"d\":\"x\"},{\"c\":2.5},null,[3,[4]]]},\"n\":-7,"
	"\"s\":"
	"\"\\u00e9t\\u00e9\",\"t\":true,\"z\":null,\"e\":[],\"o\":{}}";

struct outcome {
	enum avow_jmespath_kind kind;
	size_t offset;
	const struct avow_json *value;
};

static struct outcome
run(struct avow_span text, const struct avow_json *doc, struct avow_arena *a)
{
	struct avow_jmespath_error err;
	const struct avow_jmespath *e;
	struct outcome o = {.value = NULL};

	o.kind = avow_jmespath_compile(text, a, &e, &err);
	must((o.kind == AVOW_JMESPATH_OK) == (e != NULL) && o.kind == err.kind);
	if (e)
		o.kind = avow_jmespath_search(e, doc, a, NULL, &o.value, &err);
	must((o.kind == AVOW_JMESPATH_OK) == (o.value != NULL) && o.kind == err.kind);
	o.offset = err.offset;
	must(o.value || (err.offset <= text.n && err.message[0]));
	return o;
}

static void
writes(const struct avow_json *v, struct avow_arena *a)
{
	struct avow_json_rules rules = {.max_depth = AVOW_JMESPATH_MAX_DEPTH};
	const struct avow_json *again;
	struct avow_buf b;

	avow_buf_init(&b, AVOW_MIB(256));
	avow_json_put(&b, v, AVOW_JSON_AS_IS);
	must(b.err == AVOW_OK);
	must(avow_json_parse(avow_buf_span(&b), &rules, a, &again, NULL) == AVOW_OK);
	must(avow_json_eq(v, again));
	avow_buf_clear(&b);
}

/* before text after: the same outcome, an error moved by the length of before */
static void
means_the_same(struct avow_span text, const char *before, const char *after,
	const struct outcome *want, const struct avow_json *doc, struct avow_arena *a)
{
	size_t shift = strlen(before), tail = strlen(after);
	uint8_t *p = avow_arena_alloc(a, shift + text.n + tail);
	struct outcome got;

	must(p != NULL);
	memcpy(p, before, shift);
	if (text.n)
		memcpy(p + shift, text.p, text.n);
	memcpy(p + shift + text.n, after, tail);
	got = run(avow_span_make(p, shift + text.n + tail), doc, a);
	if (want->kind == AVOW_JMESPATH_LIMIT || got.kind == AVOW_JMESPATH_LIMIT)
		return; /* one more level, or some more steps */
	must(got.kind == want->kind);
	if (want->value)
		must(avow_json_eq(want->value, got.value));
	else if (want->kind != AVOW_JMESPATH_SYNTAX)
		must(got.offset == want->offset + shift);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span text = avow_span_make(data, n);
	const struct avow_json *doc;
	struct outcome one, two;
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(512));
	must(avow_json_parse(avow_span_str(DOC), NULL, &a, &doc, NULL) == AVOW_OK);
	one = run(text, doc, &a);
	two = run(text, doc, &a);
	must(one.kind == two.kind && one.offset == two.offset);
	if (one.value) {
		must(avow_json_eq(one.value, two.value));
		writes(one.value, &a);
		means_the_same(text, "", " | @", &one, doc, &a);
	}
	/* a text that closes what it did not open is another text in parentheses */
	if (one.kind != AVOW_JMESPATH_SYNTAX)
		means_the_same(text, "(", ")", &one, doc, &a);
	avow_arena_clear(&a);
	return 0;
}
