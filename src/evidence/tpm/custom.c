/*
 * Claims that the client asks for: {name, value, value_type}. Nobody vouches for
 * them. Their type is always the instance's URL and the name, so that none can be
 * called what the service itself says.
 */
#include "base/limits.h"
#include "evidence/tpm/layout.h"

#define MAX_NAME 256
#define MAX_VALUE AVOW_KIB(8)

static enum avow_err
bad(struct avow_why *why, const char *field, const char *expected)
{
	return tpm_bad_member(why, field, expected);
}

static enum avow_err
take_value(const struct avow_json *o, struct avow_claim *c, struct avow_why *why)
{
	const struct avow_json *v = tpm_member(o, "value");
	struct avow_span type;

	AVOW_TRY(tpm_member_text(o, "value_type", 16, &type, why));
	if (!v)
		return bad(why, "custom_claims.value", "a value");
	if (v->type == AVOW_JSON_STRING &&
		(type.n == 0 || avow_span_eq_fold(type, AVOW_LIT("string")))) {
		c->type = AVOW_VALUE_STRING;
		c->string = v->string;
		return v->string.n <= MAX_VALUE
			       ? AVOW_OK
			       : bad(why, "custom_claims.value", "at most 8 KiB");
	}
	if (v->type == AVOW_JSON_INT &&
		(type.n == 0 || avow_span_eq_fold(type, AVOW_LIT("integer")))) {
		c->type = AVOW_VALUE_INTEGER;
		c->integer = v->integer;
		return AVOW_OK;
	}
	if (v->type == AVOW_JSON_BOOL &&
		(type.n == 0 || avow_span_eq_fold(type, AVOW_LIT("boolean")))) {
		c->type = AVOW_VALUE_BOOLEAN;
		c->boolean = v->boolean;
		return AVOW_OK;
	}
	return bad(why, "custom_claims.value_type",
		"string, integer or boolean, as the value is");
}

enum avow_err
tpm_read_custom(const struct avow_json *list, struct avow_arena *a,
	struct avow_tpm_evidence *e, struct avow_why *why)
{
	if (!list)
		return AVOW_OK;
	if (list->type != AVOW_JSON_ARRAY || list->count > AVOW_MAX_CUSTOM_CLAIMS)
		return bad(why, "custom_claims", "an array of at most 64");
	e->custom = avow_arena_array(a, list->count + 1, sizeof(*e->custom));
	if (!e->custom)
		return avow_arena_err(a);
	for (size_t i = 0; i < list->count; i++) {
		struct avow_claim *c = &e->custom[e->n_custom++];

		*c = (struct avow_claim){
			.issuer = AVOW_ISSUER_CUSTOM, .for_policy = true};
		if (list->items[i].type != AVOW_JSON_OBJECT)
			return bad(why, "custom_claims", "objects");
		AVOW_TRY(tpm_member_text(
			&list->items[i], "name", MAX_NAME, &c->name, why));
		if (c->name.n == 0)
			return bad(why, "custom_claims.name", "a name");
		AVOW_TRY(take_value(&list->items[i], c, why));
	}
	return AVOW_OK;
}

void
tpm_add_custom(const struct avow_tpm_evidence *e, struct avow_span url,
	struct avow_claims *set)
{
	for (size_t i = 0; i < e->n_custom; i++) {
		struct avow_claim c = e->custom[i];
		struct avow_buf name;

		avow_buf_init_arena(&name, set->arena, AVOW_KIB(16));
		avow_buf_put(&name, url);
		avow_buf_put(&name, c.name);
		if (name.err != AVOW_OK && set->err == AVOW_OK)
			set->err = name.err;
		c.name = avow_buf_span(&name);
		/* never looked up in the registry: it is nobody's name */
		avow_claims_add_known(set, &c);
	}
}
