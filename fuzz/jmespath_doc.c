/*
 * JMESPath on a document: the first line is the expression, the rest is the
 * document. Properties: the document is left as it was; a search that fits a
 * tenth of the steps gives what it gives with all of them; a smaller budget
 * ends in `limit` and in nothing else; the result keeps to the limits.
 */
#include "must.h"

#include "base/limits.h"
#include "jmespath/jmespath.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct avow_jmespath_limits ALL = {
	.max_steps = 200000, .max_output_nodes = 20000, .max_output_bytes = 100000};
static const struct avow_jmespath_limits TENTH = {
	.max_steps = 20000, .max_output_nodes = 2000, .max_output_bytes = 10000};

static size_t
count_nodes(const struct avow_json *v)
{
	size_t n = 1;

	for (size_t i = 0; i < v->count; i++)
		n += count_nodes(v->type == AVOW_JSON_ARRAY ? &v->items[i]
							    : &v->members[i].value);
	return n;
}

static void
put(struct avow_buf *b, const struct avow_json *v)
{
	avow_buf_init(b, AVOW_MIB(64));
	avow_json_put(b, v, AVOW_JSON_AS_IS);
	must(b->err == AVOW_OK);
}

static void
search(const struct avow_jmespath *e, const struct avow_json *doc, struct avow_arena *a)
{
	const struct avow_json *all, *tenth;
	enum avow_jmespath_kind full =
		avow_jmespath_search(e, doc, a, &ALL, &all, NULL);
	enum avow_jmespath_kind some =
		avow_jmespath_search(e, doc, a, &TENTH, &tenth, NULL);

	must(some == full || some == AVOW_JMESPATH_LIMIT);
	if (full == AVOW_JMESPATH_OK)
		must(count_nodes(all) <= ALL.max_output_nodes);
	if (some == AVOW_JMESPATH_OK)
		must(avow_json_eq(all, tenth));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n), text;
	size_t line = avow_span_find_byte(in, '\n');
	const struct avow_jmespath *e;
	const struct avow_json *doc;
	struct avow_buf before, after;
	struct avow_arena a;

	text = avow_span_slice(in, 0, line);
	avow_arena_init(&a, AVOW_MIB(64));
	if (avow_json_parse(avow_span_from(in, line + 1), NULL, &a, &doc, NULL) ==
			AVOW_OK &&
		avow_jmespath_compile(text, &a, &e, NULL) == AVOW_JMESPATH_OK) {
		put(&before, doc);
		search(e, doc, &a);
		put(&after, doc);
		must(avow_span_eq(avow_buf_span(&before), avow_buf_span(&after)));
		avow_buf_clear(&before);
		avow_buf_clear(&after);
	}
	avow_arena_clear(&a);
	return 0;
}
