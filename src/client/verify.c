/*
 * The two public ways to verify a token. They differ in where the key set comes
 * from, and in nothing else. The verdict starts at "undecided"; only the last
 * line of `finish` says otherwise.
 */
#include "client/client.h"

#include "base/limits.h"

/* twice the token and the key set, decoded and as trees */
#define ARENA_BYTES AVOW_MIB(16)

static enum avow_err
check(struct avow_span token, const char *issuer_text, const char *jwks_text,
	const struct avow_verify_options *options, struct avow_arena *a,
	struct avow_span *payload, struct avow_why *why)
{
	struct client_expect expect;
	struct avow_span issuer;
	struct avow_buf jwks;
	enum avow_err err;

	AVOW_TRY(client_issuer(issuer_text, &issuer, why));
	AVOW_TRY(client_expectation(options, issuer, &expect, why));
	if (jwks_text)
		return client_check(
			token, avow_span_str(jwks_text), &expect, a, payload, why);
	avow_buf_init(&jwks, AVOW_MAX_JWKS);
	err = client_discover(issuer, options, &jwks, why);
	if (err == AVOW_OK)
		err = client_check(
			token, avow_buf_span(&jwks), &expect, a, payload, why);
	avow_buf_clear(&jwks);
	return err;
}

static enum avow_verdict
verify(const char *token, const char *issuer, const char *jwks,
	const struct avow_verify_options *options, char **claims_json,
	struct avow_problem *problem)
{
	struct avow_span payload = {NULL, 0};
	struct avow_arena a;
	struct avow_why why;
	enum avow_err err;

	if (claims_json)
		*claims_json = NULL;
	avow_why_init(&why);
	avow_arena_init(&a, ARENA_BYTES);
	err = check(avow_span_str(token), issuer, jwks, options, &a, &payload, &why);
	if (err == AVOW_OK && claims_json) {
		*claims_json = client_dup(payload);
		if (!*claims_json)
			err = AVOW_E_NO_MEMORY;
	}
	avow_arena_clear(&a);
	if (err != AVOW_OK)
		client_problem(problem, err, &why);
	return client_verdict(err);
}

enum avow_verdict
avow_token_verify(const char *token, const char *issuer,
	const struct avow_verify_options *options, char **claims_json,
	struct avow_problem *why)
{
	return verify(token, issuer, NULL, options, claims_json, why);
}

enum avow_verdict
avow_token_verify_offline(const char *token, const char *issuer, const char *jwks_json,
	const struct avow_verify_options *options, char **claims_json,
	struct avow_problem *why)
{
	return verify(
		token, issuer, jwks_json ? jwks_json : "", options, claims_json, why);
}
