/*
 * libavow offline: each code by a token or key set that differs in that alone
 * (verifier-bugs 1, 31; mistakes 6), tokens that the real service signed, and
 * the Wycheproof sets of keys.
 */
#include "support.h"

#include "avow/avow.h"
#include "base/base64.h"
#include "crypto/jose.h"
#include "crypto/x509_make.h"

#define ISSUER "https://attest.example"
#define NOW 1700000000
#define NOW_TEXT "1700000000"
#define GOOD                                                                           \
	"{\"iss\":\"" ISSUER                                                           \
	"\",\"iat\":1700000000,\"nbf\":1700000000,\"exp\":1700028800"

static struct avow_privkey *rsa, *ec, *other;
static struct avow_arena arena;
static const struct avow_verify_options AT_NOW = {.now_s = NOW};

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, 64 << 20);
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &ec));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &other));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_privkey_free(rsa);
	avow_privkey_free(ec);
	avow_privkey_free(other);
	avow_arena_clear(&arena);
	return 0;
}

/* Text in the arena, NUL-terminated. */
static const char *
keep(struct avow_buf *b)
{
	struct avow_span s = avow_arena_copy(&arena, avow_buf_span(b));

	assert_non_null(s.p);
	avow_buf_clear(b);
	return (const char *)s.p;
}

static const char *
token(const char *header, const char *payload, const struct avow_privkey *k,
	enum avow_sig alg)
{
	struct avow_buf b;

	avow_buf_init(&b, 1 << 20);
	assert_ok(avow_jws_sign(
		avow_span_str(header), avow_span_str(payload), k, alg, &b));
	return keep(&b);
}

/* A key set of one key, `extra` members in front: "\"kid\":\"a\",". */
static const char *
jwks(const char *extra, const struct avow_privkey *k)
{
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init(&b, 1 << 16);
	avow_buf_put_str(&b, "{\"keys\":[{");
	avow_buf_put_str(&b, extra);
	avow_jw_init(&w, &b);
	if (k) {
		struct avow_buf members;
		size_t n;

		avow_buf_init(&members, 1 << 16);
		avow_jw_init(&w, &members);
		avow_jw_open(&w, '{');
		assert_ok(avow_jwk_put_members(&w, avow_privkey_public(k)));
		n = members.n;
		avow_buf_put(&b, avow_span_make(members.p + 1, n - 1));
		avow_buf_clear(&members);
	}
	avow_buf_put_str(&b, "}]}");
	return keep(&b);
}

#define RS_HEADER "{\"alg\":\"RS256\",\"kid\":\"a\",\"typ\":\"JWT\"}"
#define KID_A "\"kid\":\"a\","

static const char *
good_token(void)
{
	return token(RS_HEADER, GOOD "}", rsa, AVOW_SIG_RS256);
}

static struct avow_problem
refused(enum avow_verdict verdict, const char *code, const char *t, const char *keys,
	const struct avow_verify_options *o)
{
	struct avow_problem why;
	char *claims = NULL;

	assert_int_equal(
		verdict, avow_token_verify_offline(t, ISSUER, keys, o, &claims, &why));
	assert_null(claims);
	assert_string_equal(code, why.code);
	assert_true(why.message[0] != '\0');
	return why;
}

static void
verified(const char *t, const char *keys, const struct avow_verify_options *o)
{
	struct avow_problem why = {.code = ""};
	char *claims = NULL;

	assert_int_equal(AVOW_VERDICT_VERIFIED,
		avow_token_verify_offline(t, ISSUER, keys, o, &claims, &why));
	assert_string_equal("", why.code);
	assert_non_null(claims);
	assert_int_equal('{', claims[0]);
	avow_free(claims);
}

static void
verifies_a_good_token(void **state)
{
	struct avow_buf spaced;
	char *claims = NULL;

	(void)state;
	verified(good_token(), jwks(KID_A, rsa), &AT_NOW);
	verified(token("{\"alg\":\"ES256\",\"kid\":\"a\"}", GOOD "}", ec,
			 AVOW_SIG_ES256_RAW),
		jwks(KID_A, ec), &AT_NOW);
	assert_int_equal(AVOW_VERDICT_VERIFIED,
		avow_token_verify_offline(good_token(), ISSUER "/", jwks(KID_A, rsa),
			&AT_NOW, &claims, NULL));
	assert_string_equal(GOOD "}", claims);
	avow_free(claims);
	assert_int_equal(
		AVOW_VERDICT_VERIFIED, avow_token_verify_offline(good_token(), ISSUER,
					       jwks(KID_A, rsa), &AT_NOW, NULL, NULL));
	avow_buf_init(&spaced, 1 << 16);
	avow_buf_printf(&spaced, " \n%s\r\n", good_token());
	verified(keep(&spaced), jwks(KID_A, rsa), &AT_NOW);
}

static void
refuses_texts_that_are_no_token(void **state)
{
	const char *keys = jwks(KID_A, rsa);
	char *huge = malloc(200000);

	(void)state;
	refused(AVOW_VERDICT_REFUSED, "token_format", "", keys, &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_format", "a.b.c", keys, &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_format",
		token(RS_HEADER, "[]", rsa, AVOW_SIG_RS256), keys, &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_format",
		token(RS_HEADER, "{\"iss\":1,\"iss\":2}", rsa, AVOW_SIG_RS256), keys,
		&AT_NOW);
	memset(huge, 'a', 199999);
	huge[199999] = '\0';
	refused(AVOW_VERDICT_REFUSED, "token_format", huge, keys, &AT_NOW);
	free(huge);
}

/* A draft policy's token, and one that calls itself none to get past. */
static void
refuses_alg_none(void **state)
{
	struct avow_problem why;

	(void)state;
	why = refused(AVOW_VERDICT_REFUSED, "token_algorithm",
		"eyJhbGciOiJub25lIiwia2lkIjoiYSJ9.e30.", jwks(KID_A, rsa), &AT_NOW);
	assert_string_equal("none", why.got);
	/* {"alg":"nOnE","kid":"a"} */
	refused(AVOW_VERDICT_REFUSED, "token_algorithm",
		"eyJhbGciOiJuT25FIiwia2lkIjoiYSJ9.e30.", jwks(KID_A, rsa), &AT_NOW);
}

static void
the_key_says_the_algorithm(void **state)
{
	const char *ps = token(
		"{\"alg\":\"PS256\",\"kid\":\"a\"}", GOOD "}", rsa, AVOW_SIG_PS256);

	(void)state;
	refused(AVOW_VERDICT_REFUSED, "token_algorithm", ps, jwks(KID_A, rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_algorithm", good_token(),
		jwks(KID_A "\"alg\":\"PS256\",", rsa), &AT_NOW);
	verified(ps, jwks(KID_A "\"alg\":\"PS256\",", rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_algorithm", good_token(), jwks(KID_A, ec),
		&AT_NOW);
	/* HS256 under the text of the public key: RFC 8725 2.1 */
	refused(AVOW_VERDICT_REFUSED, "token_algorithm",
		"eyJhbGciOiJIUzI1NiIsImtpZCI6ImEifQ.e30.AAAA", jwks(KID_A, rsa),
		&AT_NOW);
}

static void
finds_the_key_by_its_exact_kid(void **state)
{
	(void)state;
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown", good_token(),
		jwks("\"kid\":\"A\",", rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown", good_token(), jwks("", rsa),
		&AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown", good_token(),
		"{\"keys\":[]}", &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown",
		token("{\"alg\":\"RS256\"}", GOOD "}", rsa, AVOW_SIG_RS256),
		jwks(KID_A, rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown",
		token("{\"alg\":\"RS256\",\"kid\":1}", GOOD "}", rsa, AVOW_SIG_RS256),
		jwks("\"kid\":1,", rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown", good_token(),
		jwks(KID_A "\"use\":\"enc\",", rsa), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_key_unknown", good_token(),
		jwks(KID_A "\"key_ops\":[\"encrypt\"],", rsa), &AT_NOW);
	verified(good_token(),
		jwks(KID_A "\"use\":\"sig\",\"key_ops\":[\"verify\"],", rsa), &AT_NOW);
}

/* verifier-bugs 31: jku, jwk and x5c of the header are the attacker's. */
static void
uses_no_key_of_the_token(void **state)
{
	struct avow_buf header;
	struct avow_jw w;
	struct avow_problem why;

	(void)state;
	avow_buf_init(&header, 1 << 16);
	avow_jw_init(&w, &header);
	avow_jw_open(&w, '{');
	avow_jw_name(&w, "alg");
	avow_jw_str(&w, "RS256");
	avow_jw_name(&w, "kid");
	avow_jw_str(&w, "a");
	avow_jw_name(&w, "jku");
	avow_jw_str(&w, "https://evil.example/certs");
	avow_jw_name(&w, "jwk");
	avow_jw_open(&w, '{');
	assert_ok(avow_jwk_put_members(&w, avow_privkey_public(other)));
	avow_jw_close(&w);
	avow_jw_close(&w);
	why = refused(AVOW_VERDICT_REFUSED, "token_signature",
		token(keep(&header), GOOD "}", other, AVOW_SIG_RS256), jwks(KID_A, rsa),
		&AT_NOW);
	assert_string_equal("signature", why.field);
}

static void
refuses_another_issuer(void **state)
{
	const char *keys = jwks(KID_A, rsa);
	struct avow_problem why;

	(void)state;
	why = refused(AVOW_VERDICT_REFUSED, "token_issuer",
		token(RS_HEADER,
			"{\"iss\":\"https://evil.example\",\"exp\":1700028800}", rsa,
			AVOW_SIG_RS256),
		keys, &AT_NOW);
	assert_string_equal(ISSUER, why.expected);
	assert_string_equal("https://evil.example", why.got);
	refused(AVOW_VERDICT_REFUSED, "token_issuer",
		token(RS_HEADER, "{\"exp\":1700028800}", rsa, AVOW_SIG_RS256), keys,
		&AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_issuer",
		token(RS_HEADER, "{\"iss\":[\"" ISSUER "\"],\"exp\":1700028800}", rsa,
			AVOW_SIG_RS256),
		keys, &AT_NOW);
}

static void
at(int64_t now_s, int leeway_s, enum avow_verdict verdict, const char *code)
{
	const struct avow_verify_options o = {.now_s = now_s, .leeway_s = leeway_s};

	if (code)
		refused(verdict, code, good_token(), jwks(KID_A, rsa), &o);
	else
		verified(good_token(), jwks(KID_A, rsa), &o);
}

/* RFC 7519 4.1.4: at exp it is already over; 4.1.5: at nbf it is valid. */
static void
times_to_the_second(void **state)
{
	(void)state;
	at(NOW - 1, 0, AVOW_VERDICT_REFUSED, "token_not_yet_valid");
	at(NOW, 0, AVOW_VERDICT_VERIFIED, NULL);
	at(NOW - 60, 60, AVOW_VERDICT_VERIFIED, NULL);
	at(NOW - 61, 60, AVOW_VERDICT_REFUSED, "token_not_yet_valid");
	at(1700028799, 0, AVOW_VERDICT_VERIFIED, NULL);
	at(1700028800, 0, AVOW_VERDICT_REFUSED, "token_expired");
	at(1700028859, 60, AVOW_VERDICT_VERIFIED, NULL);
	at(1700028860, 60, AVOW_VERDICT_REFUSED, "token_expired");
	at(INT64_MAX, 600, AVOW_VERDICT_REFUSED, "token_expired");
}

static void
refuses_times_that_are_no_seconds(void **state)
{
	static const char *const bad[] = {"{\"iss\":\"" ISSUER "\"}",
		"{\"iss\":\"" ISSUER "\",\"exp\":\"1700028800\"}",
		"{\"iss\":\"" ISSUER "\",\"exp\":1700028800.5}",
		"{\"iss\":\"" ISSUER "\",\"exp\":1700028800,\"nbf\":\"0\"}",
		"{\"iss\":\"" ISSUER "\",\"exp\":null}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(AVOW_VERDICT_REFUSED, "token_format",
			token(RS_HEADER, bad[i], rsa, AVOW_SIG_RS256), jwks(KID_A, rsa),
			&AT_NOW);
	verified(
		token(RS_HEADER, "{\"iss\":\"" ISSUER "\",\"exp\":9223372036854775807}",
			rsa, AVOW_SIG_RS256),
		jwks(KID_A, rsa),
		&(struct avow_verify_options){.now_s = NOW, .leeway_s = 9});
}

/* verifier-bugs 19, 20 */
static void
compares_the_nonce(void **state)
{
	struct avow_verify_options o = {.now_s = NOW, .nonce = "42"};
	const char *keys = jwks(KID_A, rsa);

	(void)state;
	verified(token(RS_HEADER, GOOD ",\"nonce\":\"42\"}", rsa, AVOW_SIG_RS256), keys,
		&o);
	verified(
		token(RS_HEADER, GOOD ",\"nonce\":42}", rsa, AVOW_SIG_RS256), keys, &o);
	refused(AVOW_VERDICT_REFUSED, "token_nonce", good_token(), keys, &o);
	refused(AVOW_VERDICT_REFUSED, "token_nonce",
		token(RS_HEADER, GOOD ",\"nonce\":\"421\"}", rsa, AVOW_SIG_RS256), keys,
		&o);
	refused(AVOW_VERDICT_REFUSED, "token_nonce",
		token(RS_HEADER, GOOD ",\"nonce\":42.0}", rsa, AVOW_SIG_RS256), keys,
		&o);
	o.nonce = "";
	refused(AVOW_VERDICT_REFUSED, "token_nonce", good_token(), keys, &o);
}

/* --- key sets ---------------------------------------------------------------------- */

static const char *
x5c_of(const struct avow_privkey *k)
{
	static const char *const name[][2] = {{"CN", ISSUER}, {NULL, NULL}};
	const struct avow_cert_spec spec = {.subject = name,
		.not_before_s = 1500000000,
		.not_after_s = 1600000000, /* not judged: contract, spec 08 */
		.key = avow_privkey_public(k),
		.signer = k,
		.alg = AVOW_SIG_RS256};
	struct avow_buf der, text;

	avow_buf_init(&der, 8192);
	avow_buf_init(&text, 16384);
	assert_ok(avow_cert_make(&spec, &der));
	avow_buf_put_str(&text, "\"kid\":\"a\",\"kty\":\"RSA\",\"x5c\":[\"");
	avow_b64_put(&text, avow_buf_span(&der));
	avow_buf_put_str(&text, "\"]");
	avow_buf_clear(&der);
	return keep(&text);
}

/* The real service serves x5c alone: spec 08. */
static void
takes_the_key_of_the_certificate(void **state)
{
	struct avow_buf both;

	(void)state;
	verified(good_token(), jwks(x5c_of(rsa), NULL), &AT_NOW);
	refused(AVOW_VERDICT_REFUSED, "token_signature", good_token(),
		jwks(x5c_of(other), NULL), &AT_NOW);
	/* RFC 7517 4.7: n and e must be the certificate's */
	avow_buf_init(&both, 65536);
	avow_buf_printf(&both, "%s,\"n\":\"AQAB\",\"e\":\"AQAB\"", x5c_of(rsa));
	refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(),
		jwks(keep(&both), NULL), &AT_NOW);
}

static void
refuses_a_key_set_with_one_kid_twice(void **state)
{
	struct avow_buf two;
	const char *one = jwks(KID_A, rsa);

	(void)state;
	avow_buf_init(&two, 65536);
	avow_buf_put(&two, avow_span_make(one, strlen(one) - 2));
	avow_buf_printf(&two, ",%s", jwks(KID_A, other) + strlen("{\"keys\":["));
	refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(), keep(&two),
		&AT_NOW);
}

static void
a_bad_key_set_leaves_it_undecided(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{}", "{\"keys\":{}}",
		"{\"keys\":[{\"kid\":\"a\"}]}",
		"{\"keys\":[{\"kid\":\"a\",\"kty\":\"RSA\"}]}",
		"{\"keys\":[{\"kid\":\"a\",\"x5c\":[]}]}",
		"{\"keys\":[{\"kid\":\"a\",\"x5c\":[\"AAAA\"]}]}",
		"{\"keys\":[{\"kid\":\"a\",\"x5c\":[\"*\"]}]}",
		"{\"keys\":[{\"kid\":\"a\",\"kty\":\"EC\",\"crv\":\"P-256\"}]}"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(), bad[i],
			&AT_NOW);
	refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(), NULL, &AT_NOW);
	refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(),
		jwks(KID_A "\"alg\":\"ES256\",", rsa), &AT_NOW);
	refused(AVOW_VERDICT_UNDECIDED, "issuer_metadata", good_token(),
		jwks(KID_A "\"alg\":\"none\",", rsa), &AT_NOW);
}

static void
refuses_arguments_out_of_range(void **state)
{
	static const char *const issuers[] = {"", "attest.example",
		"ftp://attest.example", "https://u@attest.example",
		"https://attest.example?x", "https://", NULL};
	struct avow_problem why;

	(void)state;
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		assert_int_equal(AVOW_VERDICT_UNDECIDED,
			avow_token_verify_offline(good_token(), issuers[i],
				jwks(KID_A, rsa), &AT_NOW, NULL, &why));
		assert_string_equal("usage", why.code);
	}
	refused(AVOW_VERDICT_UNDECIDED, "usage", good_token(), jwks(KID_A, rsa),
		&(struct avow_verify_options){.leeway_s = 601});
	refused(AVOW_VERDICT_UNDECIDED, "usage", good_token(), jwks(KID_A, rsa),
		&(struct avow_verify_options){.leeway_s = -1});
	refused(AVOW_VERDICT_UNDECIDED, "usage", good_token(), jwks(KID_A, rsa),
		&(struct avow_verify_options){.now_s = -1});
	/* without options it is judged now, long behind its exp */
	refused(AVOW_VERDICT_REFUSED, "token_expired", good_token(), jwks(KID_A, rsa),
		NULL);
}

static void
any_flipped_byte_refuses(void **state)
{
	const char *good = good_token(), *keys = jwks(KID_A, rsa);
	size_t n = strlen(good);
	char *t = malloc(n + 1);

	(void)state;
	for (size_t i = 0; i < n; i += 5) {
		memcpy(t, good, n + 1);
		t[i] = t[i] == 'A' ? 'B' : 'A';
		if (t[i] != good[i])
			assert_int_equal(AVOW_VERDICT_REFUSED,
				avow_token_verify_offline(
					t, ISSUER, keys, &AT_NOW, NULL, NULL));
	}
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_a_good_token),
		cmocka_unit_test(refuses_texts_that_are_no_token),
		cmocka_unit_test(refuses_alg_none),
		cmocka_unit_test(the_key_says_the_algorithm),
		cmocka_unit_test(finds_the_key_by_its_exact_kid),
		cmocka_unit_test(uses_no_key_of_the_token),
		cmocka_unit_test(refuses_another_issuer),
		cmocka_unit_test(times_to_the_second),
		cmocka_unit_test(refuses_times_that_are_no_seconds),
		cmocka_unit_test(compares_the_nonce),
		cmocka_unit_test(takes_the_key_of_the_certificate),
		cmocka_unit_test(refuses_a_key_set_with_one_kid_twice),
		cmocka_unit_test(a_bad_key_set_leaves_it_undecided),
		cmocka_unit_test(refuses_arguments_out_of_range),
		cmocka_unit_test(any_flipped_byte_refuses),
	};

	return cmocka_run_group_tests_name("client/token", tests, setup, teardown);
}
