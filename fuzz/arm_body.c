/*
 * The bodies that make (first byte even) and change a provider, any bytes.
 * Property: decoding is total and gives the same result twice; a body without
 * certificates asks for none; tags and settings come out canonical, so that
 * reading and writing them again changes nothing.
 */
#include "must.h"

#include "api/arm.h"
#include "api/provider_settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_canonical(struct avow_span json, struct avow_arena *a)
{
	const struct avow_json *v;
	struct avow_buf again;

	avow_buf_init_arena(&again, a, AVOW_MAX_BODY_ARM * 2);
	must(avow_json_parse(json, NULL, a, &v, NULL) == AVOW_OK);
	must(v->type == AVOW_JSON_OBJECT);
	avow_json_put(&again, v, AVOW_JSON_SORTED);
	must(avow_span_eq(json, avow_buf_span(&again)));
}

static void
check_settings(const struct avow_arm_body *b, struct avow_arena *a)
{
	struct avow_span once, twice;
	const struct avow_arm_body none = {.settings = {.type = AVOW_JSON_OBJECT}};
	struct avow_why why;

	avow_why_init(&why);
	if (avow_arm_settings(b, AVOW_LIT(""), a, &once, &why) != AVOW_OK)
		return;
	check_canonical(once, a);
	must(avow_arm_settings(&none, once, a, &twice, &why) == AVOW_OK);
	must(avow_span_eq(once, twice));
}

static void
check(const struct avow_arm_body *b, const struct avow_arm_body *other,
	struct avow_arena *a)
{
	must(avow_span_eq(b->location, other->location));
	must(avow_span_eq(b->tags, other->tags));
	must(b->has_certs == (b->n_certs > 0));
	must(b->n_certs == other->n_certs && b->n_certs <= AVOW_MAX_POLICY_CERTS);
	for (size_t i = 0; i < b->n_certs; i++)
		must(avow_span_eq(b->certs[i]->der, other->certs[i]->der));
	if (b->has_tags)
		check_canonical(b->tags, a);
	check_settings(b, a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	bool is_create = n && data[0] % 2 == 0;
	struct avow_span text = avow_span_from(avow_span_make(data, n), 1);
	struct avow_arm_body one, two;
	struct avow_why why;
	struct avow_arena a;
	enum avow_err e;

	avow_why_init(&why);
	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	e = avow_arm_body_decode(text, is_create, &a, &one, &why);
	must(e == avow_arm_body_decode(text, is_create, &a, &two, NULL));
	if (e == AVOW_OK) {
		must(!is_create || one.location.n > 0);
		must(is_create || !one.has_certs);
		check(&one, &two, &a);
	}
	avow_arm_body_clear(&one);
	avow_arm_body_clear(&two);
	avow_arena_clear(&a);
	return 0;
}
