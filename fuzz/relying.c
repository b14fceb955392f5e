/*
 * libavow under a hostile issuer and a hostile token: the input is the token, a
 * line end, and the key set. Property: a verdict is given twice the same, claims
 * come exactly with "verified", a reason with everything else; and a token that
 * verifies has three parts, none of them empty.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "must.h"

#include "avow/avow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char *
text(const uint8_t *p, size_t n)
{
	char *s = malloc(n + 1);

	must(s != NULL);
	if (n)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

static void
check(const char *token, const char *jwks, const char *nonce)
{
	const struct avow_verify_options o = {.now_s = 1300819379, .nonce = nonce};
	struct avow_problem why = {.code = ""}, again = {.code = ""};
	char *claims = NULL;
	enum avow_verdict v = avow_token_verify_offline(
		token, "https://joe.example", jwks, &o, &claims, &why);

	must(v == AVOW_VERDICT_VERIFIED || v == AVOW_VERDICT_REFUSED ||
		v == AVOW_VERDICT_UNDECIDED);
	must((v == AVOW_VERDICT_VERIFIED) == (claims != NULL));
	must((v == AVOW_VERDICT_VERIFIED) == (why.code[0] == '\0'));
	if (claims) {
		const char *dot = strchr(token, '.');

		must(claims[0] == '{' || strchr(" \t\r\n", claims[0]) != NULL);
		must(dot && dot[1] != '.' && strrchr(token, '.')[1] != '\0');
	}
	must(avow_token_verify_offline(
		     token, "https://joe.example/", jwks, &o, NULL, &again) == v);
	must(strcmp(why.code, again.code) == 0);
	avow_free(claims);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *end = n ? memchr(data, '\n', n) : NULL;
	size_t token_n = end ? (size_t)(end - data) : n;
	char *token = text(data, token_n);
	char *jwks = text(end ? end + 1 : data, end ? n - token_n - 1 : 0);

	check(token, jwks, NULL);
	check(token, jwks, "n");
	free(token);
	free(jwks);
	return 0;
}
