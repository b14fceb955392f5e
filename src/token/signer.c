/*
 * x-ms-policy-signer of attestation tokens. Documents show an object with a
 * `jwk` member, clients read a bare JWK; spec 05 takes both in one: the JWK's
 * members and beside them `jwk` with the same object.
 */
#include "base/limits.h"
#include "token/token.h"

static enum avow_err
put_twice(struct avow_span jwk, struct avow_buf *b)
{
	bool is_bare = jwk.n == 2; /* "{}" */

	avow_buf_put(b, avow_span_slice(jwk, 0, jwk.n - 1));
	avow_buf_put_str(b, is_bare ? "\"jwk\":" : ",\"jwk\":");
	avow_buf_put(b, jwk);
	avow_buf_put_byte(b, '}');
	return b->err;
}

enum avow_err
avow_token_signer_claim(struct avow_span jwk, struct avow_arena *a,
	struct avow_span *out, struct avow_why *why)
{
	const struct avow_json *tree;
	struct avow_buf once, twice;
	enum avow_err e;

	*out = (struct avow_span){0};
	AVOW_TRY(avow_json_parse(jwk, NULL, a, &tree, why));
	if (tree->type != AVOW_JSON_OBJECT || avow_json_get(tree, "jwk"))
		return AVOW_E_JWK_FORMAT;
	avow_buf_init(&once, AVOW_MAX_TOKEN);
	avow_buf_init(&twice, 3 * AVOW_MAX_TOKEN);
	avow_json_put(&once, tree, AVOW_JSON_SORTED);
	e = once.err != AVOW_OK ? once.err : put_twice(avow_buf_span(&once), &twice);
	if (e == AVOW_OK)
		e = avow_json_parse(avow_buf_span(&twice), NULL, a, &tree, why);
	avow_buf_reset(&once);
	once.max = twice.max;
	if (e == AVOW_OK) {
		avow_json_put(&once, tree, AVOW_JSON_SORTED);
		e = once.err;
	}
	if (e == AVOW_OK) {
		*out = avow_arena_copy(a, avow_buf_span(&once));
		e = out->p ? AVOW_OK : avow_arena_err(a);
	}
	avow_buf_clear(&twice);
	avow_buf_clear(&once);
	return e;
}
