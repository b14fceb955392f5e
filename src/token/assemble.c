/*
 * Which claims a token holds. From the service's claims, the policy's and the
 * token's own (iss, times, jti) it makes one canonical JSON object, and judges
 * the one rule between them: a policy never speaks for the service (spec 11,
 * 13). An issued claim with a reserved name is dropped where the service says
 * the same in this token, and is otherwise an error; it is never quietly put
 * beside or in place of the service's.
 *
 *   service's + own ----------------------+--> put_json --> payload
 *   issued -> filter -> kept ---+---------+
 *                               +-> x-ms-policy {kept}
 */
#include "token/assemble.h"

#include "base/limits.h"
#include "base/utf8.h"

void
avow_token_add_string(
	struct avow_claims *set, struct avow_span name, struct avow_span value)
{
	const struct avow_claim c = {
		.name = name,
		.type = AVOW_VALUE_STRING,
		.string = value,
		.for_token = true,
	};

	avow_claims_add(set, &c);
}

void
avow_token_add_int(struct avow_claims *set, struct avow_span name, int64_t value)
{
	const struct avow_claim c = {
		.name = name,
		.type = AVOW_VALUE_INTEGER,
		.integer = value,
		.for_token = true,
	};

	avow_claims_add(set, &c);
}

/* --- the service's own ---------------------------------------------------------------- */

static void
add_token_claims(const struct avow_token_spec *spec, struct avow_claims *own)
{
	const struct avow_claim *nonce;

	for (size_t i = 0; i < spec->claims->n; i++)
		if (spec->claims->v[i].for_token)
			avow_claims_add(own, &spec->claims->v[i]);
	avow_claims_add_string(own, AVOW_CLAIM_VER, AVOW_LIT("1.0"));
	if (!avow_span_is_empty(spec->policy_hash))
		avow_claims_add_string(own, AVOW_CLAIM_POLICY_HASH, spec->policy_hash);
	if (!avow_span_is_empty(spec->policy_signer))
		avow_claims_add_json(
			own, AVOW_CLAIM_POLICY_SIGNER, spec->policy_signer);
	/* spec 01, 3: the nonce is echoed, under its deprecated name too */
	nonce = avow_claims_find(own, AVOW_CLAIM_NONCE);
	if (nonce && !avow_claims_find(own, AVOW_CLAIM_RP_DATA))
		avow_claims_add_string(own, AVOW_CLAIM_RP_DATA, nonce->string);
}

/* --- the policy's ----------------------------------------------------------------------- */

static bool
is_text(const struct avow_claim *c)
{
	return c->type == AVOW_VALUE_STRING || c->type == AVOW_VALUE_JSON;
}

/* A policy sees JSON as a string, so text equals text. */
static bool
same_value(const struct avow_claim *a, const struct avow_claim *b)
{
	if (is_text(a) && is_text(b))
		return avow_span_eq(a->string, b->string);
	if (a->type != b->type)
		return false;
	return a->type == AVOW_VALUE_INTEGER ? a->integer == b->integer
					     : a->boolean == b->boolean;
}

static bool
service_says(const struct avow_claims *own, const struct avow_claim *c)
{
	for (size_t i = 0; i < own->n; i++)
		if (avow_span_eq(own->v[i].name, c->name) && same_value(&own->v[i], c))
			return true;
	return false;
}

static enum avow_err
refuse_reserved(const struct avow_claim *c, struct avow_why *why)
{
	static const struct avow_at at = {
		"token", NULL, "docs/policy.md, reserved names"};

	avow_why_field(why, "%.*s", AVOW_FMT(avow_span_slice(c->name, 0, 90)));
	return avow_refuse(why, AVOW_E_POLICY_RESERVED_CLAIM, &at,
		"a name that is not the service's own", NULL);
}

/* JSON that a policy made keeps the order it was written in; a token has one. */
static enum avow_err
make_canonical(struct avow_claim *c, struct avow_arena *a)
{
	const struct avow_json *tree = c->tree;
	struct avow_buf b;
	enum avow_err e;

	if (!tree)
		AVOW_TRY(avow_json_parse(c->string, NULL, a, &tree, NULL));
	avow_buf_init(&b, AVOW_MAX_TOKEN);
	avow_json_put(&b, tree, AVOW_JSON_SORTED);
	e = b.err == AVOW_E_TOO_LARGE ? AVOW_E_TOKEN_TOO_LARGE : b.err;
	if (e == AVOW_OK) {
		c->string = avow_arena_copy(a, avow_buf_span(&b));
		e = c->string.p ? AVOW_OK : avow_arena_err(a);
	}
	avow_buf_clear(&b);
	return e;
}

static enum avow_err
keep_issued(const struct avow_claims *issued, const struct avow_claims *own,
	struct avow_claims *kept, struct avow_why *why)
{
	AVOW_TRY(issued->err);
	for (size_t i = 0; i < issued->n; i++) {
		struct avow_claim c = issued->v[i];

		/* two names that are no text could be written as one */
		if (!avow_utf8_is_valid(c.name))
			return AVOW_E_UTF8;
		if (avow_claim_is_reserved(c.name)) {
			if (!service_says(own, &c))
				return refuse_reserved(&c, why);
			continue;
		}
		c.for_token = true;
		if (c.type == AVOW_VALUE_JSON)
			AVOW_TRY(make_canonical(&c, kept->arena));
		avow_claims_add(kept, &c);
	}
	return kept->err;
}

/* vectors/README.md, maa-azure-sdk-cpp (8): issued claims stand at top level
 * and again under x-ms-policy; without any there is no x-ms-policy. */
static enum avow_err
add_policy_claim(struct avow_claims *own, const struct avow_claims *kept,
	struct avow_buf *scratch)
{
	if (kept->n == 0)
		return AVOW_OK;
	AVOW_TRY(avow_claims_put_json(scratch, kept, NULL));
	avow_claims_add_json(own, AVOW_CLAIM_POLICY, avow_buf_span(scratch));
	return own->err;
}

/* --- together ------------------------------------------------------------------------------ */

enum avow_err
avow_token_assemble(const struct avow_token_spec *spec, struct avow_claims *own,
	struct avow_buf *json, struct avow_why *why)
{
	struct avow_claims kept;
	struct avow_buf policy;
	enum avow_err e = spec->claims->err;

	avow_claims_init(&kept, own->arena);
	avow_buf_init(&policy, json->max);
	add_token_claims(spec, own);
	if (e == AVOW_OK)
		e = own->err;
	if (e == AVOW_OK && spec->issued)
		e = keep_issued(spec->issued, own, &kept, why);
	if (e == AVOW_OK)
		e = add_policy_claim(own, &kept, &policy);
	if (e == AVOW_OK)
		e = avow_claims_put_json(json, own, &kept);
	if (json->err == AVOW_E_TOO_LARGE || policy.err == AVOW_E_TOO_LARGE)
		e = AVOW_E_TOKEN_TOO_LARGE;
	avow_buf_clear(&policy);
	return e;
}
