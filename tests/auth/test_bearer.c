/* auth/bearer: tokens of an issuer, each rule with a token that breaks it alone. */
#include "issuer.h"

#define HEADER "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"JWT\"}"
#define ISS "{\"iss\":\"" ISSUER "\""
#define SUB ",\"sub\":\"ada\""
#define AUD ",\"aud\":\"https://attest.azure.net\""
#define TIMES ",\"nbf\":1699999000,\"exp\":1700003600,\"iat\":1699999000"
#define TID ",\"tid\":\"t-1\""
#define ROLES ",\"roles\":[\"reader\"]"
#define GOOD ISS SUB AUD TIMES TID ROLES

static const struct avow_span AUDIENCES[] = {
	{(const uint8_t *)"https://attest.azure.net", 24}, {(const uint8_t *)"api", 3}};
static const struct avow_span TENANTS[] = {
	{(const uint8_t *)"t-1", 3}, {(const uint8_t *)"t-2", 3}};
static const struct avow_span CLAIMS[] = {{(const uint8_t *)"roles", 5},
	{(const uint8_t *)"scp", 3}, {(const uint8_t *)"/realm/roles", 12}};
static const struct avow_required REQUIRED[] = {
	{{(const uint8_t *)"tid", 3}, {TENANTS, 2}}};
static const struct avow_grant READS[] = {
	{AVOW_RIGHT_READ, {(const uint8_t *)"one", 3}},
	{AVOW_RIGHT_READ, {(const uint8_t *)"two", 3}}};
static const struct avow_grant WRITES[] = {{AVOW_RIGHT_WRITE, {NULL, 0}}};
static const struct avow_grant ATTESTS[] = {{AVOW_RIGHT_ATTEST, {NULL, 0}}};
static const struct avow_rule RULES[] = {
	{AVOW_MATCH_ROLE, {(const uint8_t *)"reader", 6}, READS, 2},
	{AVOW_MATCH_ROLE, {(const uint8_t *)"the writer", 10}, WRITES, 1},
	{AVOW_MATCH_ROLE, {(const uint8_t *)"writer", 6}, WRITES, 1},
	{AVOW_MATCH_ROLE, {NULL, 0}, ATTESTS, 1},
};
static const struct avow_issuer ENTRY = {
	.issuer = {(const uint8_t *)ISSUER, sizeof(ISSUER) - 1},
	.audiences = {AUDIENCES, 2},
	.role_claims = {CLAIMS, 3},
	.required = REQUIRED,
	.n_required = 1,
	.rules = {RULES, 4},
};

static struct avow_who who;

static enum avow_err
judge_at(struct avow_span text, const struct avow_privkey *k, enum avow_sig alg,
	int64_t at_s)
{
	const struct avow_issuer_key key = {
		.key = avow_pubkey_ref(
			(struct avow_pubkey *)(uintptr_t)avow_privkey_public(k)),
		.alg = alg};
	struct avow_unverified_bearer b;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	who = (struct avow_who){.n_grants = 0};
	e = avow_bearer_read(text, &arena, &b, &why);
	if (e == AVOW_OK)
		e = avow_bearer_verify(&b, &ENTRY, &key, at_s, &arena, &who, &why);
	avow_pubkey_free(key.key);
	if (e != AVOW_OK)
		assert_int_equal(0, who.n_grants);
	return e;
}

static enum avow_err
judge(const char *payload)
{
	return judge_at(
		token(HEADER, payload, rsa, AVOW_SIG_RS256), rsa, AVOW_SIG_RS256, NOW);
}

static enum avow_err
judge_header(const char *header)
{
	return judge_at(
		token(header, GOOD "}", rsa, AVOW_SIG_RS256), rsa, AVOW_SIG_RS256, NOW);
}

static enum avow_err
may(unsigned right, const char *provider)
{
	return avow_who_may(&who, right, avow_span_str(provider), NULL);
}

static void
a_good_token_is_somebody_with_grants(void **state)
{
	(void)state;
	assert_ok(judge(GOOD "}"));
	assert_span_str("ada@" ISSUER, who.name);
	assert_ok(may(AVOW_RIGHT_READ, "one"));
	assert_ok(may(AVOW_RIGHT_READ, "two"));
	assert_ok(may(AVOW_RIGHT_ATTEST, "one"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_READ, "three"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE, "one"));
	assert_ok(judge_at(token("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", GOOD "}", ec,
				   AVOW_SIG_ES256_RAW),
		ec, AVOW_SIG_ES256_RAW, NOW));
}

static void
roles_come_in_lists_words_and_deeper(void **state)
{
	(void)state;
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"scp\":\"openid writer\"}"));
	assert_ok(may(AVOW_RIGHT_WRITE, "one"));
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"roles\":[\"the writer\"]}"));
	assert_ok(may(AVOW_RIGHT_WRITE, ""));
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"realm\":{\"roles\":[\"writer\"]}}"));
	assert_ok(may(AVOW_RIGHT_WRITE, "one"));
	/* a text is words, and a list's entry is one name: neither is the other */
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"scp\":\"the writers\"}"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE, "one"));
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"roles\":[\"openid writer\",7,[]]}"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE, "one"));
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"groups\":[\"writer\"]}"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE, "one"));
	assert_ok(judge(ISS SUB AUD TIMES TID ",\"roles\":{\"writer\":true}}"));
	assert_err(AVOW_E_FORBIDDEN, may(AVOW_RIGHT_WRITE, "one"));
}

/* mistakes 6: `none`, and an RSA key as the secret of a MAC. */
static void
the_key_says_the_algorithm(void **state)
{
	struct avow_span spki = avow_pubkey_spki(avow_privkey_public(rsa));

	(void)state;
	assert_non_null(spki.p);
	/* {"alg":"none"} and {"alg":"HS256"} with GOOD's claims and any signature */
	assert_err(AVOW_E_TOKEN_ALGORITHM, judge_header("{\"alg\":\"none\"}"));
	assert_err(AVOW_E_TOKEN_ALGORITHM, judge_header("{\"alg\":\"nOnE\"}"));
	assert_err(AVOW_E_TOKEN_ALGORITHM, judge_header("{\"alg\":\"HS256\"}"));
	assert_err(AVOW_E_TOKEN_ALGORITHM, judge_header("{\"alg\":\"PS256\"}"));
	assert_err(AVOW_E_TOKEN_ALGORITHM, judge_header("{\"alg\":\"RS512\"}"));
	assert_err(AVOW_E_TOKEN_ALGORITHM,
		judge_at(token(HEADER, GOOD "}", rsa, AVOW_SIG_RS256), ec,
			AVOW_SIG_ES256_RAW, NOW));
}

/* verifier-bugs 31: nothing of the header brings a key. */
static void
a_key_in_the_header_is_not_looked_at(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_buf_printf(&b,
		"{\"alg\":\"RS256\",\"kid\":\"a\",\"jku\":\"https://evil.example\","
		"\"x5u\":\"https://evil.example\",\"x5c\":[\"AAAA\"],\"jwk\":%s}",
		jwk("", other));
	assert_err(AVOW_E_TOKEN_SIGNATURE,
		judge_at(token(avow_buf_str(&b), GOOD "}", other, AVOW_SIG_RS256), rsa,
			AVOW_SIG_RS256, NOW));
	/* and does no harm where the signature is the issuer's */
	assert_ok(judge_header(avow_buf_str(&b)));
	avow_buf_clear(&b);
}

static void
a_signature_holds_for_the_very_bytes(void **state)
{
	struct avow_span t = token(HEADER, GOOD "}", rsa, AVOW_SIG_RS256);
	char *changed = strdup((const char *)t.p);
	size_t dot = avow_span_find_byte(t, '.');

	(void)state;
	assert_err(AVOW_E_TOKEN_SIGNATURE, judge_at(t, other, AVOW_SIG_RS256, NOW));
	/* {"iss" -> {"isr": the payload's first bytes */
	changed[dot + 5]++;
	assert_int_not_equal(
		AVOW_OK, judge_at(avow_span_str(changed), rsa, AVOW_SIG_RS256, NOW));
	free(changed);
}

static void
what_is_no_access_token_is_malformed(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"RS256\",\"typ\":\"logout+jwt\"}",
		"{\"alg\":\"RS256\",\"typ\":\"dpop+jwt\"}",
		"{\"alg\":\"RS256\",\"typ\":1}", "{\"alg\":\"RS256\",\"kid\":1}",
		"{\"alg\":\"RS256\",\"kid\":\"\"}",
		"{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
		"{\"alg\":\"RS256\",\"crit\":[\"b64\"],\"b64\":false}", "{}", "[]"};
	static const char *const payloads[] = {"", "[]", "1", "{}",
		"{\"iss\":7" SUB AUD TIMES TID "}",
		GOOD ",\"aud\":\"api\"}", /* a member twice */
		ISS AUD TIMES TID "}", /* no sub */
		ISS ",\"sub\":\"\"" AUD TIMES TID "}",
		ISS ",\"sub\":7" AUD TIMES TID "}", ISS SUB AUD TID "}", /* no exp */
		ISS SUB AUD TID ",\"exp\":\"1700003600\"}",
		ISS SUB AUD TID ",\"exp\":-1}", ISS SUB AUD TID ",\"exp\":1e300}",
		ISS SUB AUD TID ",\"exp\":null}",
		ISS SUB AUD TID ",\"exp\":1700003600,\"nbf\":\"0\"}",
		ISS SUB AUD TID ",\"exp\":1700003600,\"iat\":[]}"};
	static const char *const texts[] = {"", ".", "..", "a.b", "a.b.c", "....",
		"eyJhbGciOiJSUzI1NiJ9.e30", "eyJhbGciOiJSUzI1NiJ9.e30.AA.AA.AA"};
	char *longer;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_err(AVOW_E_BEARER_FORMAT, judge_header(headers[i]));
	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_err(AVOW_E_BEARER_FORMAT, judge(payloads[i]));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_err(AVOW_E_BEARER_FORMAT,
			judge_at(avow_span_str(texts[i]), rsa, AVOW_SIG_RS256, NOW));
	longer = malloc(20000);
	assert_non_null(longer);
	memset(longer, 'A', 20000);
	assert_err(AVOW_E_BEARER_FORMAT,
		judge_at(avow_span_make(longer, 20000), rsa, AVOW_SIG_RS256, NOW));
	free(longer);
}

static void
the_audience_is_ours(void **state)
{
	(void)state;
	assert_ok(judge(ISS SUB ",\"aud\":[\"x\",\"api\"]" TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE, judge(ISS SUB TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE, judge(ISS SUB ",\"aud\":[]" TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE,
		judge(ISS SUB ",\"aud\":\"API\"" TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE,
		judge(ISS SUB ",\"aud\":\"https://attest.azure.net/\"" TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE,
		judge(ISS SUB ",\"aud\":{\"api\":\"api\"}" TIMES TID "}"));
	assert_err(AVOW_E_BEARER_AUDIENCE,
		judge(ISS SUB ",\"aud\":\"x api\"" TIMES TID "}"));
}

static void
times_hold_with_a_minute_of_leeway(void **state)
{
	const char *p = ISS SUB AUD TID
		",\"nbf\":1700000000,\"iat\":1700000000.5,\"exp\":1700000600.75}";
	struct avow_span t = token(HEADER, p, rsa, AVOW_SIG_RS256);

	(void)state;
	assert_ok(judge_at(t, rsa, AVOW_SIG_RS256, NOW));
	assert_ok(judge_at(t, rsa, AVOW_SIG_RS256, NOW - 60));
	assert_err(
		AVOW_E_TOKEN_NOT_YET_VALID, judge_at(t, rsa, AVOW_SIG_RS256, NOW - 61));
	assert_ok(judge_at(t, rsa, AVOW_SIG_RS256, NOW + 600 + 59));
	assert_err(
		AVOW_E_TOKEN_EXPIRED, judge_at(t, rsa, AVOW_SIG_RS256, NOW + 600 + 60));
	assert_err(AVOW_E_TOKEN_NOT_YET_VALID,
		judge(ISS SUB AUD TID ",\"iat\":1700000100,\"exp\":1700003600}"));
}

static void
a_required_claim_has_a_listed_value(void **state)
{
	(void)state;
	assert_ok(judge(ISS SUB AUD TIMES ",\"tid\":\"t-2\"}"));
	assert_err(AVOW_E_BEARER_CLAIM, judge(ISS SUB AUD TIMES "}"));
	assert_err(AVOW_E_BEARER_CLAIM, judge(ISS SUB AUD TIMES ",\"tid\":\"t-3\"}"));
	assert_err(AVOW_E_BEARER_CLAIM, judge(ISS SUB AUD TIMES ",\"tid\":7}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_is_somebody_with_grants),
		cmocka_unit_test(roles_come_in_lists_words_and_deeper),
		cmocka_unit_test(the_key_says_the_algorithm),
		cmocka_unit_test(a_key_in_the_header_is_not_looked_at),
		cmocka_unit_test(a_signature_holds_for_the_very_bytes),
		cmocka_unit_test(what_is_no_access_token_is_malformed),
		cmocka_unit_test(the_audience_is_ours),
		cmocka_unit_test(times_hold_with_a_minute_of_leeway),
		cmocka_unit_test(a_required_claim_has_a_listed_value),
	};

	return cmocka_run_group_tests_name(
		"auth/bearer", tests, issuer_set_up, issuer_tear_down);
}
