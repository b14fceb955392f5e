/*
 * The smallest relying party: verify a token read from standard input.
 *   cc verify.c $(pkg-config --cflags --libs libavow) -o verify
 *   ./verify https://attest.example.org <token
 */
#include <stdio.h>

#include <avow/avow.h>

int
main(int argc, char **argv)
{
	static char token[128 * 1024 + 1];
	struct avow_problem why;
	char *claims;
	size_t n;

	if (argc != 2) {
		fprintf(stderr, "usage: verify ISSUER <token\n");
		return 64;
	}
	n = fread(token, 1, sizeof(token) - 1, stdin);
	token[n] = '\0';
	switch (avow_token_verify(token, argv[1], NULL, &claims, &why)) {
	case AVOW_VERDICT_VERIFIED:
		break;
	case AVOW_VERDICT_REFUSED:
		fprintf(stderr, "refused: %s: %s\n", why.code, why.message);
		return 1;
	case AVOW_VERDICT_UNDECIDED:
	default:
		fprintf(stderr, "undecided: %s: %s\n", why.code, why.message);
		return 2;
	}
	/* Now ask the claims: is it the enclave, the policy, the nonce I meant? */
	printf("%s\n", claims);
	avow_free(claims);
	return 0;
}
