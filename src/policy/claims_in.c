/*
 * Claims for a dry run, from JSON: an object of the service's own claims by
 * name, or a list of whole claims. It checks form alone; a dry run may claim
 * what no evidence would.
 */
#include "policy/lang.h"

#include "base/limits.h"

static const struct avow_at at_claims = {"policy_claims", NULL, "docs/policy.md"};

static enum avow_err
refuse(struct avow_why *why, struct avow_span name, enum avow_err code,
	const char *expected)
{
	(void)avow_refuse(why, code, &at_claims, expected, NULL);
	avow_why_field(why, "%.*s", name.n < 96 ? (int)name.n : 96,
		name.p ? (const char *)name.p : "");
	return code;
}

/* The value's text without white space: what evidence would have made. */
static enum avow_err
compact(struct avow_claims *out, const struct avow_json *v, struct avow_span *text)
{
	struct avow_buf b;

	avow_buf_init_arena(&b, out->arena, AVOW_MAX_INPUT_FILE);
	avow_json_put(&b, v, AVOW_JSON_AS_IS);
	*text = avow_buf_span(&b);
	return b.err;
}

static enum avow_err
set_value(struct avow_claims *out, struct avow_claim *c, const struct avow_json *v,
	struct avow_why *why)
{
	switch (v->type) {
	case AVOW_JSON_BOOL:
		c->type = AVOW_VALUE_BOOLEAN;
		c->boolean = v->boolean;
		return AVOW_OK;
	case AVOW_JSON_INT:
		c->type = AVOW_VALUE_INTEGER;
		c->integer = v->integer;
		return AVOW_OK;
	case AVOW_JSON_STRING:
		c->type = AVOW_VALUE_STRING;
		c->string = v->string;
		return AVOW_OK;
	case AVOW_JSON_OBJECT:
		c->type = AVOW_VALUE_JSON;
		c->tree = v;
		return compact(out, v, &c->string);
	case AVOW_JSON_NULL:
	case AVOW_JSON_REAL:
	case AVOW_JSON_ARRAY:
		break;
	}
	return refuse(why, c->name, AVOW_E_JSON_TYPE,
		"a string, an integer, true, false or an object");
}

static enum avow_err
add_claim(struct avow_claims *out, struct avow_claim c, const struct avow_json *v,
	struct avow_why *why)
{
	enum avow_claim_id id = avow_claim_lookup(c.name);

	AVOW_TRY(set_value(out, &c, v, why));
	c.id = id;
	c.for_policy = true;
	c.read_only = c.issuer == AVOW_ISSUER_SERVICE && id != AVOW_CLAIM_OTHER &&
		      (avow_claim_flags(id) & AVOW_CLAIM_READ_ONLY);
	avow_claims_add_known(out, &c);
	if (out->err != AVOW_OK)
		return refuse(why, c.name, out->err, NULL);
	return AVOW_OK;
}

static enum avow_err
read_object(struct avow_claims *out, const struct avow_json *o, struct avow_why *why)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct avow_json *v = &o->members[i].value;
		struct avow_claim c = {
			.name = o->members[i].name, .issuer = AVOW_ISSUER_SERVICE};

		if (v->type != AVOW_JSON_ARRAY) {
			AVOW_TRY(add_claim(out, c, v, why));
			continue;
		}
		for (size_t k = 0; k < v->count; k++)
			AVOW_TRY(add_claim(out, c, &v->items[k], why));
	}
	return AVOW_OK;
}

static enum avow_err
read_issuer(const struct avow_json *o, struct avow_claim *c, struct avow_why *why)
{
	struct avow_span name;

	c->issuer = AVOW_ISSUER_CUSTOM; /* spec 04, Claims: the default */
	if (!avow_json_get(o, "issuer"))
		return AVOW_OK;
	AVOW_TRY(avow_json_need_string(o, "issuer", &name, why));
	if (avow_issuer_lookup(name, &c->issuer))
		return AVOW_OK;
	return refuse(why, AVOW_LIT("issuer"), AVOW_E_JSON_TYPE,
		"AttestationService, AttestationPolicy or CustomClaim");
}

/* A valueType that is given must be that of the value. */
static enum avow_err
check_value_type(
	const struct avow_json *o, enum avow_value_type type, struct avow_why *why)
{
	struct avow_span said;

	if (!avow_json_get(o, "valueType"))
		return AVOW_OK;
	AVOW_TRY(avow_json_need_string(o, "valueType", &said, why));
	if (avow_span_eq_str(said, policy_type_name(type)))
		return AVOW_OK;
	return refuse(
		why, AVOW_LIT("valueType"), AVOW_E_JSON_TYPE, policy_type_name(type));
}

static enum avow_err
read_item(struct avow_claims *out, const struct avow_json *o, struct avow_why *why)
{
	const struct avow_json *v = avow_json_get(o, "value");
	struct avow_claim c = {0};

	if (o->type != AVOW_JSON_OBJECT)
		return refuse(why, AVOW_LIT("claims"), AVOW_E_JSON_TYPE, "an object");
	AVOW_TRY(avow_json_need_string(o, "type", &c.name, why));
	if (!v)
		return refuse(why, AVOW_LIT("value"), AVOW_E_JSON_MISSING, NULL);
	AVOW_TRY(read_issuer(o, &c, why));
	AVOW_TRY(add_claim(out, c, v, why));
	return check_value_type(o, out->v[out->n - 1].type, why);
}

enum avow_err
avow_policy_read_claims(struct avow_span json, struct avow_arena *a,
	struct avow_claims *out, struct avow_why *why)
{
	const struct avow_json *root;

	avow_claims_init(out, a);
	AVOW_TRY(avow_json_parse(json, NULL, a, &root, why));
	if (root->type == AVOW_JSON_OBJECT)
		return read_object(out, root, why);
	if (root->type != AVOW_JSON_ARRAY)
		return refuse(why, AVOW_LIT("claims"), AVOW_E_JSON_TYPE,
			"an object or an array");
	for (size_t i = 0; i < root->count; i++)
		AVOW_TRY(read_item(out, &root->items[i], why));
	return AVOW_OK;
}
