/*
 * Bearer tokens. Input: '=' and a token as it comes in a header, which nobody
 * has signed; or a header and a payload, divided by a line end, which the harness
 * signs. Properties: what nobody signed is never taken; what is taken has the
 * key's algorithm in its header, our audience and a time to come; and the same
 * text is judged the same way twice.
 */
#include <stdint.h>

#include "must.h"

#include "auth/impl.h"

#define NOW INT64_C(1700000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct avow_span AUDIENCE[] = {{(const uint8_t *)"a", 1}};
static const struct avow_span CLAIMS[] = {
	{(const uint8_t *)"roles", 5}, {(const uint8_t *)"/r/x", 4}};
static const struct avow_grant GRANTS[] = {
	{AVOW_RIGHT_READ, {(const uint8_t *)"one", 3}}, {AVOW_RIGHT_ATTEST, {NULL, 0}}};
static const struct avow_rule RULES[] = {
	{AVOW_MATCH_ROLE, {(const uint8_t *)"w", 1}, GRANTS, 2}};
static const struct avow_issuer ISSUER = {
	.issuer = {(const uint8_t *)"i", 1},
	.audiences = {AUDIENCE, 1},
	.role_claims = {CLAIMS, 2},
	.rules = {RULES, 1},
};

static struct avow_privkey *
signer(void)
{
	static struct avow_privkey *key;

	if (!key)
		must(avow_privkey_generate(AVOW_KEY_P256, 0, &key) == AVOW_OK);
	return key;
}

static enum avow_err
judge(struct avow_span token, struct avow_arena *a, struct avow_unverified_bearer *b)
{
	struct avow_pubkey *key = NULL;
	struct avow_issuer_key known;
	struct avow_who who;
	enum avow_err e;

	AVOW_TRY(avow_bearer_read(token, a, b, NULL));
	must(avow_pubkey_from_spki(
		     avow_pubkey_spki(avow_privkey_public(signer())), &key) == AVOW_OK);
	known = (struct avow_issuer_key){.key = key, .alg = AVOW_SIG_ES256_RAW};
	e = avow_bearer_verify(b, &ISSUER, &known, NOW, a, &who, NULL);
	avow_pubkey_free(key);
	if (e == AVOW_OK)
		must(avow_span_ends(who.name, b->issuer));
	return e;
}

static void
check_taken(const struct avow_unverified_bearer *b)
{
	const struct avow_json *aud = avow_json_get(b->claims, "aud");
	const struct avow_json *exp = avow_json_get(b->claims, "exp");

	must(avow_span_eq_str(b->jws.alg, "ES256"));
	must(aud &&
		(aud->type == AVOW_JSON_ARRAY || avow_span_eq_str(aud->string, "a")));
	must(exp && exp->real > (double)(NOW - 61));
}

static void
put_signed(struct avow_span in, struct avow_buf *token)
{
	size_t end = avow_span_find_byte(in, '\n');

	must(avow_jws_sign(avow_span_slice(in, 0, end), avow_span_from(in, end + 1),
		     signer(), AVOW_SIG_ES256_RAW, token) == AVOW_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct avow_span in = avow_span_make(data, n);
	bool is_raw = n && data[0] == '=';
	struct avow_unverified_bearer b, again;
	struct avow_arena a;
	struct avow_buf token;
	enum avow_err e;

	if (n > 16384)
		return 0;
	avow_arena_init(&a, 64 << 20);
	avow_buf_init(&token, 65536);
	if (is_raw)
		avow_buf_put(&token, avow_span_from(in, 1));
	else
		put_signed(in, &token);
	e = judge(avow_buf_span(&token), &a, &b);
	must(!is_raw || e != AVOW_OK);
	if (e == AVOW_OK)
		check_taken(&b);
	must(judge(avow_buf_span(&token), &a, &again) == e);
	avow_buf_clear(&token);
	avow_arena_clear(&a);
	return 0;
}
