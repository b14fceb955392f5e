/*
 * wire/json. Properties: the same verdict twice; each raw slice lies inside
 * the input, inside its parent's, and reads back as an equal value; what is
 * written, in document order or sorted, reads back as an equal tree, and the
 * sorted text is a fixed point; a refusal's offset lies in the input; a text
 * taken under folded names is taken without folding too.
 */
#include "must.h"

#include "base/limits.h"
#include "wire/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
within(struct avow_span outer, struct avow_span in)
{
	must(in.n > 0 && in.p >= outer.p && in.n <= outer.n &&
		(size_t)(in.p - outer.p) <= outer.n - in.n);
}

static void
slices_nest(const struct avow_json *v)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct avow_json *kid = v->type == AVOW_JSON_ARRAY
						      ? &v->items[i]
						      : &v->members[i].value;

		within(v->raw, kid->raw);
		slices_nest(kid);
	}
}

static void
reads_back(struct avow_span text, const struct avow_json *want, struct avow_arena *a)
{
	const struct avow_json *v;

	must(avow_json_parse(text, NULL, a, &v, NULL) == AVOW_OK);
	must(avow_json_eq(v, want));
	must(avow_json_eq(want, v));
}

static void
round_trip(const struct avow_json *v, struct avow_arena *a)
{
	const struct avow_json *again;
	struct avow_buf one, two;

	avow_buf_init(&one, AVOW_MIB(8));
	avow_buf_init(&two, AVOW_MIB(8));
	avow_json_put(&one, v, AVOW_JSON_AS_IS);
	must(one.err == AVOW_OK);
	reads_back(avow_buf_span(&one), v, a);
	avow_buf_reset(&one);
	avow_json_put(&one, v, AVOW_JSON_SORTED);
	must(avow_json_parse(avow_buf_span(&one), NULL, a, &again, NULL) == AVOW_OK);
	must(avow_json_eq(again, v));
	avow_json_put(&two, again, AVOW_JSON_SORTED);
	must(avow_span_eq(avow_buf_span(&one), avow_buf_span(&two)));
	avow_buf_clear(&one);
	avow_buf_clear(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct avow_json_rules fold = {.fold_names = true};
	struct avow_span text = avow_span_make(data, n);
	const struct avow_json *v, *again;
	struct avow_arena a;
	struct avow_why why;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(64));
	avow_why_init(&why);
	e = avow_json_parse(text, NULL, &a, &v, &why);
	must(avow_json_parse(text, NULL, &a, &again, NULL) == e);
	if (e == AVOW_OK) {
		within(text, v->raw);
		slices_nest(v);
		must(avow_json_eq(v, again));
		reads_back(v->raw, v, &a);
		round_trip(v, &a);
	} else {
		must(v == NULL && why.code == e && why.offset <= n);
		must(avow_json_parse(text, &fold, &a, &v, NULL) != AVOW_OK);
	}
	avow_arena_clear(&a);
	return 0;
}
