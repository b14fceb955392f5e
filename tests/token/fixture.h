/* What the tests of tokens share: an issuer, and a token taken apart again. */
#ifndef AVOW_TESTS_TOKEN_FIXTURE_H
#define AVOW_TESTS_TOKEN_FIXTURE_H

#include "support.h"

#include "base/limits.h"
#include "crypto/jose.h"
#include "token/token.h"

#define T0 INT64_C(1700000000)
#define ISS "https://attest.example.org"

static struct avow_arena arena;
static struct avow_keys *keys;
static struct avow_token_issuer *issuer;
static struct avow_claims service, issued;
static struct avow_token_spec spec;
static struct avow_buf token;
static struct avow_why why;
static struct avow_jws jws;
static const struct avow_json *payload;

static inline int
begin_with(enum avow_sig alg)
{
	avow_arena_init(&arena, AVOW_MIB(64));
	avow_buf_init(&token, AVOW_MIB(4));
	avow_why_init(&why);
	avow_claims_init(&service, &arena);
	avow_claims_init(&issued, &arena);
	avow_claims_add_string(&service, AVOW_CLAIM_ATTESTATION_TYPE, AVOW_LIT("sgx"));
	spec = (struct avow_token_spec){
		.now_s = T0,
		.claims = &service,
		.issued = &issued,
		.policy_hash = AVOW_LIT("HASH"),
	};
	return avow_keys_new(alg, T0, &keys) != AVOW_OK ||
	       avow_token_issuer_new(keys, AVOW_LIT(ISS), &issuer) != AVOW_OK;
}

static inline int
set_up(void **state)
{
	(void)state;
	return begin_with(AVOW_SIG_ES256_RAW);
}

static inline int
tear_down(void **state)
{
	(void)state;
	avow_token_issuer_free(issuer);
	avow_keys_free(keys);
	avow_buf_clear(&token);
	avow_arena_clear(&arena);
	return 0;
}

static inline void
take_apart(void)
{
	assert_ok(avow_jws_parse(avow_buf_span(&token), &arena, &jws, &why));
	assert_ok(avow_json_parse(jws.payload, NULL, &arena, &payload, &why));
}

/* Make, take apart, and check the signature under the key's own algorithm. */
static inline void
make(void)
{
	avow_buf_reset(&token);
	assert_ok(avow_token_make(issuer, &spec, &arena, &token, &why));
	take_apart();
	if (!spec.is_draft)
		assert_ok(avow_jws_verify(&jws, avow_keys_public(keys, 0),
			avow_keys_info(keys, 0, T0).alg));
}

static inline void
issue(const char *name, enum avow_value_type type, const char *text, int64_t number)
{
	const struct avow_claim c = {
		.name = avow_span_str(name),
		.type = type,
		.string = avow_span_str(text),
		.integer = number,
		.boolean = number,
		.issuer = AVOW_ISSUER_POLICY,
		.for_token = true,
	};

	avow_claims_add(&issued, &c);
}

static inline void
issue_str(const char *name, const char *text)
{
	issue(name, AVOW_VALUE_STRING, text, 0);
}

/* The raw JSON of a member of the payload. */
static inline void
has(const char *name, const char *raw)
{
	const struct avow_json *v = avow_json_get(payload, name);

	if (!v)
		fail_msg("no %s", name);
	assert_span_str(raw, v->raw);
}

static inline void
has_not(const char *name)
{
	assert_null(avow_json_get(payload, name));
}

#endif
