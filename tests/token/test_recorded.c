/*
 * token against the recorded service: from a recorded token's claims, the same
 * payload, byte for byte but for jti, and the same header but for the kid.
 */
#include "fixture.h"

#include <dirent.h>

#include "base/base64.h"
#include "base/file.h"

/* Times and what the token stage makes by itself. */
static bool
is_own(struct avow_span name)
{
	static const char *const own[] = {"exp", "iat", "nbf", "iss", "jti",
		"x-ms-policy", "x-ms-policy-hash", "x-ms-ver"};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (avow_span_eq_str(name, own[i]))
			return true;
	return false;
}

static struct avow_claim
claim_of(const struct avow_json_member *m)
{
	struct avow_claim c = {.name = m->name, .for_token = true};

	switch (m->value.type) {
	case AVOW_JSON_STRING:
		c.type = AVOW_VALUE_STRING;
		c.string = m->value.string;
		break;
	case AVOW_JSON_INT:
		c.type = AVOW_VALUE_INTEGER;
		c.integer = m->value.integer;
		break;
	case AVOW_JSON_BOOL:
		c.type = AVOW_VALUE_BOOLEAN;
		c.boolean = m->value.boolean;
		break;
	case AVOW_JSON_NULL:
	case AVOW_JSON_REAL:
	case AVOW_JSON_ARRAY:
	case AVOW_JSON_OBJECT:
		c.type = AVOW_VALUE_JSON;
		c.string = m->value.raw;
		break;
	}
	return c;
}

static int64_t
integer(const struct avow_json *o, const char *name)
{
	const struct avow_json *v = avow_json_get(o, name);

	assert_non_null(v);
	return v->integer;
}

static void
fill_spec(const struct avow_json *theirs, bool is_draft)
{
	avow_claims_init(&service, &arena);
	avow_claims_init(&issued, &arena);
	for (size_t i = 0; i < theirs->count; i++) {
		struct avow_claim c = claim_of(&theirs->members[i]);

		if (is_own(c.name))
			continue;
		avow_claims_add(
			avow_claim_is_reserved(c.name) ? &service : &issued, &c);
	}
	spec = (struct avow_token_spec){
		.now_s = integer(theirs, "iat"),
		.claims = &service,
		.issued = &issued,
		.policy_hash = avow_json_get(theirs, "x-ms-policy-hash")->string,
		.is_draft = is_draft,
	};
	assert_int_equal(
		integer(theirs, "exp") - integer(theirs, "iat"), AVOW_TOKEN_LIFE_S);
	assert_int_equal(integer(theirs, "nbf"), integer(theirs, "iat"));
}

/* text with every `from` replaced by `to` of the same length */
static struct avow_span
replaced(struct avow_span text, struct avow_span from, struct avow_span to)
{
	uint8_t *p = avow_arena_alloc(&arena, text.n);

	assert_int_equal(from.n, to.n);
	memcpy(p, text.p, text.n);
	for (size_t i = 0; i + from.n <= text.n; i++)
		if (memcmp(p + i, from.p, from.n) == 0)
			memcpy(p + i, to.p, to.n);
	return avow_span_make(p, text.n);
}

static void
gives_the_same(struct avow_span recorded)
{
	const struct avow_json *theirs;
	struct avow_span header, kid;
	struct avow_jws old;

	assert_ok(avow_jws_parse(recorded, &arena, &old, &why));
	assert_ok(avow_json_parse(old.payload, NULL, &arena, &theirs, &why));
	avow_token_issuer_free(issuer);
	issuer = NULL;
	assert_ok(avow_token_issuer_new(
		keys, avow_json_get(theirs, "iss")->string, &issuer));
	fill_spec(theirs, avow_span_eq_str(old.alg, "none"));
	avow_buf_reset(&token);
	assert_ok(avow_token_make(issuer, &spec, &arena, &token, &why));
	take_apart();
	assert_span(old.payload,
		replaced(jws.payload, avow_json_get(payload, "jti")->string,
			avow_json_get(theirs, "jti")->string));
	kid = avow_json_get(old.header, "kid")->string;
	header = replaced(
		jws.header->raw, avow_json_get(jws.header, "kid")->string, kid);
	assert_span(old.header->raw, header);
	assert_int_equal(old.signature.n, jws.signature.n);
}

static const struct avow_json *
body_of(const char *dir, const char *name)
{
	const struct avow_json *v;
	struct avow_span text;
	struct avow_buf b;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	avow_buf_init(&b, AVOW_MIB(4));
	assert_ok(avow_file_read(path, &b));
	text = avow_arena_copy(&arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_ok(avow_json_parse(text, NULL, &arena, &v, &why));
	return avow_json_get(avow_json_get(v, "response"), "body");
}

static void
recorded_tokens_come_out_byte_for_byte(void **state)
{
	const char *root = getenv("AVOW_VECTORS");
	char dir[2048];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	tear_down(state);
	assert_int_equal(0, begin_with(AVOW_SIG_RS256));
	snprintf(dir, sizeof(dir), "%s/maa-azure-sdk-cpp", root ? root : "");
	d = opendir(dir);
	if (!d)
		skip();
	while ((e = readdir(d))) {
		const struct avow_json *body, *text;

		if (strncmp(e->d_name, "attest-", 7) != 0)
			continue;
		body = body_of(dir, e->d_name);
		text = avow_json_get(body, "token");
		if (text) {
			gives_the_same(text->string);
			n++;
		}
	}
	closedir(d);
	assert_int_equal(16, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			recorded_tokens_come_out_byte_for_byte, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
