/* An issuer of the tests: keys, key sets, tokens, and an access file's entry. */
#ifndef AVOW_TESTS_AUTH_ISSUER_H
#define AVOW_TESTS_AUTH_ISSUER_H

#include "support.h"

#include "auth/impl.h"

#define ISSUER "https://issuer.example"
#define NOW INT64_C(1700000000)

static struct avow_arena arena;
static struct avow_privkey *rsa, *ec, *other;

static inline int
issuer_set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, 64 << 20);
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &ec));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &other));
	return 0;
}

static inline int
issuer_tear_down(void **state)
{
	(void)state;
	avow_privkey_free(rsa);
	avow_privkey_free(ec);
	avow_privkey_free(other);
	avow_arena_clear(&arena);
	return 0;
}

/* Text that lives as long as the arena. */
static inline const char *
keep_text(struct avow_buf *b)
{
	struct avow_span s = avow_arena_copy(&arena, avow_buf_span(b));

	assert_non_null(s.p);
	avow_buf_clear(b);
	return (const char *)s.p;
}

/* A JWK: `extra` members in front ("\"kid\":\"a\","), then the key's own. */
static inline const char *
jwk(const char *extra, const struct avow_privkey *k)
{
	struct avow_buf b, members;
	struct avow_jw w;

	avow_buf_init(&b, 1 << 16);
	avow_buf_init(&members, 1 << 16);
	avow_jw_init(&w, &members);
	avow_jw_open(&w, '{');
	assert_ok(avow_jwk_put_members(&w, avow_privkey_public(k)));
	avow_buf_printf(&b, "{%s", extra);
	avow_buf_put(&b, avow_span_make(members.p + 1, members.n - 1));
	avow_buf_put_byte(&b, '}');
	avow_buf_clear(&members);
	return keep_text(&b);
}

/* {"keys":[...]} of up to three JWK texts. */
static inline struct avow_span
jwks(const char *one, const char *two, const char *three)
{
	const char *all[] = {one, two, three};
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	avow_buf_put_str(&b, "{\"keys\":[");
	for (size_t i = 0; i < 3 && all[i]; i++)
		avow_buf_printf(&b, "%s%s", i ? "," : "", all[i]);
	avow_buf_put_str(&b, "]}");
	return avow_span_str(keep_text(&b));
}

static inline struct avow_span
token(const char *header, const char *payload, const struct avow_privkey *k,
	enum avow_sig alg)
{
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	assert_ok(avow_jws_sign(
		avow_span_str(header), avow_span_str(payload), k, alg, &b));
	return avow_span_str(keep_text(&b));
}

#endif
