/*
 * crypto/jose against the examples of RFC 7515 (A.2 RS256, A.3 ES256, A.5 none,
 * A.1's MAC header) and RFC 7638 3.1, and the confusions of RFC 8725 2.1
 * (mistakes 6).
 */
#include "support.h"

#include "base/base64.h"
#include "crypto/digest.h"
#include "crypto/jose.h"

#define PAYLOAD                                                                        \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p" \
	"c"                                                                            \
	"19yb290Ijp0cnVlfQ"
#define PAYLOAD_TEXT                                                                   \
	"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "                               \
	"\"http://example.com/is_root\":true}"
#define RS256 "eyJhbGciOiJSUzI1NiJ9"
#define ES256 "eyJhbGciOiJFUzI1NiJ9"
#define HS256 "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
#define NONE "eyJhbGciOiJub25lIn0"
#define SIG_A2                                                                         \
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-"   \
	"0Qc_lF5YKt"                                                                   \
	"_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"                   \
	"nZLgrnbyTyWzO75vRK5h6xBArL"                                                   \
	"IARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"              \
	"eOkHWEsqtFZESc6BfI7no"                                                        \
	"OPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"  \
	"IoypGlUPQ"                                                                    \
	"Ge77Rw"
#define SIG_A3                                                                         \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-"                                             \
	"F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU"                         \
	"1Q"

static const char JWK_A2[] = "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\""
			     "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
			     "wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz"
			     "P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
			     "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"
			     "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
			     "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Zw"
			     "Kh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
			     "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
			     "yuXpoQ\"}";
static const char JWK_A3[] = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":"
			     "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
			     "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}";
static const char JWK_7638[] =
	"{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\""
	"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhD"
	"R1L6tS"
	"oc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
	"RN5w6Cf0h4QyQ5v-65"
	"YGjQR0_"
	"FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyr"
	"dkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
	"kEgU8awapJzK"
	"nqDKgw\"}";

static struct avow_arena arena;
static struct avow_pubkey *rsa, *ec;

static enum avow_err
jwk(const char *text, struct avow_pubkey **out)
{
	const struct avow_json *j = NULL;

	assert_ok(avow_json_parse(avow_span_str(text), NULL, &arena, &j, NULL));
	return avow_jwk_parse(j, &arena, out);
}

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, 1 << 20);
	assert_ok(jwk(JWK_A2, &rsa));
	assert_ok(jwk(JWK_A3, &ec));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_pubkey_free(rsa);
	avow_pubkey_free(ec);
	avow_arena_clear(&arena);
	return 0;
}

static enum avow_err
verify(const char *text, const struct avow_pubkey *k, enum avow_sig alg)
{
	struct avow_jws jws;
	enum avow_err err = avow_jws_parse(avow_span_str(text), &arena, &jws, NULL);

	return err != AVOW_OK ? err : avow_jws_verify(&jws, k, alg);
}

static void
verifies_the_examples_of_rfc_7515(void **state)
{
	struct avow_jws jws;

	(void)state;
	assert_ok(verify(RS256 "." PAYLOAD "." SIG_A2, rsa, AVOW_SIG_RS256));
	assert_ok(verify(ES256 "." PAYLOAD "." SIG_A3, ec, AVOW_SIG_ES256_RAW));
	assert_ok(avow_jws_parse(
		AVOW_LIT(RS256 "." PAYLOAD "." SIG_A2), &arena, &jws, NULL));
	assert_span_str("RS256", jws.alg);
	assert_span_str(PAYLOAD_TEXT, jws.payload);
	assert_span_str(RS256 "." PAYLOAD, jws.signing_input);
	assert_int_equal(256, jws.signature.n);
}

static void
refuses_a_changed_payload_or_signature(void **state)
{
	(void)state;
	assert_err(AVOW_E_JWS_SIGNATURE,
		verify(RS256 ".e30." SIG_A2, rsa, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_SIGNATURE,
		verify(ES256 ".e30." SIG_A3, ec, AVOW_SIG_ES256_RAW));
	assert_err(AVOW_E_JWS_SIGNATURE,
		verify(RS256 "." PAYLOAD ".", rsa, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_SIGNATURE,
		verify(RS256 "." PAYLOAD ".AAAA", rsa, AVOW_SIG_RS256));
	/* the white space of the header is signed too: {"alg": "RS256"} */
	assert_err(AVOW_E_JWS_SIGNATURE,
		verify("eyJhbGciOiAiUlMyNTYifQ." PAYLOAD "." SIG_A2, rsa,
			AVOW_SIG_RS256));
}

/* mistakes 6: libjwt 6 (none), 33 and 200 (RSA key as MAC secret) */
static void
the_token_never_chooses_the_algorithm(void **state)
{
	(void)state;
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(NONE "." PAYLOAD ".", rsa, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(NONE "." PAYLOAD "." SIG_A2, rsa, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(HS256 "." PAYLOAD ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
			rsa, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(RS256 "." PAYLOAD "." SIG_A2, rsa, AVOW_SIG_PS256));
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(RS256 "." PAYLOAD "." SIG_A2, ec, AVOW_SIG_RS256));
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify(ES256 "." PAYLOAD "." SIG_A3, ec, AVOW_SIG_ES256_DER));
	/* {"alg":"none"} in other letters: {"alg":"NONE"} */
	assert_err(AVOW_E_JWS_ALGORITHM,
		verify("eyJhbGciOiJOT05FIn0." PAYLOAD ".", rsa, AVOW_SIG_RS256));
}

static void
names_algorithms_of_keys_only(void **state)
{
	enum avow_sig alg = AVOW_SIG_RS1;

	(void)state;
	assert_ok(avow_jws_alg(AVOW_LIT("PS384"), &alg));
	assert_int_equal(AVOW_SIG_PS384, alg);
	assert_ok(avow_jws_alg(AVOW_LIT("ES256"), &alg));
	assert_int_equal(AVOW_SIG_ES256_RAW, alg);
	assert_err(AVOW_E_JWS_ALGORITHM, avow_jws_alg(AVOW_LIT("none"), &alg));
	assert_err(AVOW_E_JWS_ALGORITHM, avow_jws_alg(AVOW_LIT("HS256"), &alg));
	assert_err(AVOW_E_JWS_ALGORITHM, avow_jws_alg(AVOW_LIT("rs256"), &alg));
	assert_err(AVOW_E_JWS_ALGORITHM, avow_jws_alg(AVOW_LIT(""), &alg));
	assert_null(avow_jws_alg_name(AVOW_SIG_RS1));
	assert_null(avow_jws_alg_name(AVOW_SIG_ES256_DER));
	assert_true(avow_jws_alg_fits(AVOW_SIG_RS256, rsa));
	assert_false(avow_jws_alg_fits(AVOW_SIG_RS1, rsa));
	assert_false(avow_jws_alg_fits(AVOW_SIG_ES384_RAW, ec));
}

static void
refuses_texts_that_are_no_compact_jws(void **state)
{
	static const char *const bad[] = {"", ".", "..", "a.b", RS256, RS256 ".",
		RS256 "." PAYLOAD, RS256 "." PAYLOAD "." SIG_A2 ".",
		RS256 "." PAYLOAD "." SIG_A2 ".AA",
		"." PAYLOAD "." SIG_A2, /* no header */
		RS256 "=." PAYLOAD "." SIG_A2, /* padding */
		RS256 "." PAYLOAD "==." SIG_A2,
		RS256 "." PAYLOAD ".AA==", RS256 ". " PAYLOAD "." SIG_A2, /* space */
		RS256 ".e30+." SIG_A2, /* other alphabet */
		RS256 ".e31." SIG_A2, /* trailing bits */
		"W10." PAYLOAD "." SIG_A2, /* [] */
		"e30." PAYLOAD "." SIG_A2, /* {} */
		"eyJhbGciOjF9." PAYLOAD "." SIG_A2, /* {"alg":1} */
		/* {"alg":"none","alg":"RS256"} */
		"eyJhbGciOiJub25lIiwiYWxnIjoiUlMyNTYifQ." PAYLOAD "." SIG_A2,
		/* {"alg":"RS256","crit":["b64"],"b64":false} */
		"eyJhbGciOiJSUzI1NiIsImNyaXQiOlsiYjY0Il0sImI2NCI6ZmFsc2V9." PAYLOAD
		"." SIG_A2};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct avow_jws jws;
		struct avow_why why;

		avow_why_init(&why);
		assert_err(AVOW_E_JWS_FORMAT,
			avow_jws_parse(avow_span_str(bad[i]), &arena, &jws, &why));
		assert_err(AVOW_E_JWS_FORMAT, why.code);
	}
}

static void
reports_the_arena_s_limit_as_that(void **state)
{
	struct avow_arena small;
	struct avow_jws jws;

	(void)state;
	avow_arena_init(&small, 16);
	assert_err(
		AVOW_E_TOO_LARGE, avow_jws_parse(AVOW_LIT(RS256 "." PAYLOAD "." SIG_A2),
					  &small, &jws, NULL));
	avow_arena_clear(&small);
}

static void
round_trip(enum avow_key_type type, enum avow_sig alg)
{
	struct avow_privkey *k = NULL;
	struct avow_buf header, out;
	struct avow_jws jws;

	avow_buf_init(&header, 64);
	avow_buf_init(&out, 4096);
	assert_ok(avow_privkey_generate(type, 2048, &k));
	avow_buf_printf(&header, "{\"alg\":\"%s\"}", avow_jws_alg_name(alg));
	assert_ok(avow_jws_sign(
		avow_buf_span(&header), AVOW_LIT("{\"a\":1}"), k, alg, &out));
	assert_ok(avow_jws_parse(avow_buf_span(&out), &arena, &jws, NULL));
	assert_ok(avow_jws_verify(&jws, avow_privkey_public(k), alg));
	assert_span_str("{\"a\":1}", jws.payload);
	avow_privkey_free(k);
	avow_buf_clear(&header);
	avow_buf_clear(&out);
}

static void
what_it_signs_it_verifies(void **state)
{
	(void)state;
	round_trip(AVOW_KEY_RSA, AVOW_SIG_RS256);
	round_trip(AVOW_KEY_RSA, AVOW_SIG_PS512);
	round_trip(AVOW_KEY_P256, AVOW_SIG_ES256_RAW);
	round_trip(AVOW_KEY_P384, AVOW_SIG_ES384_RAW);
	round_trip(AVOW_KEY_P521, AVOW_SIG_ES512_RAW);
}

static void
refuses_to_sign_with_an_algorithm_of_another_key(void **state)
{
	struct avow_privkey *k = NULL;
	struct avow_buf out;

	(void)state;
	avow_buf_init(&out, 4096);
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &k));
	assert_err(AVOW_E_JWS_ALGORITHM,
		avow_jws_sign(AVOW_LIT("{}"), AVOW_LIT("{}"), k, AVOW_SIG_RS256, &out));
	assert_err(AVOW_E_JWS_ALGORITHM, avow_jws_sign(AVOW_LIT("{}"), AVOW_LIT("{}"),
						 k, AVOW_SIG_ES256_DER, &out));
	avow_buf_init(&out, 8);
	assert_err(AVOW_E_TOO_LARGE, avow_jws_sign(AVOW_LIT("{}"), AVOW_LIT("{}"), k,
					     AVOW_SIG_ES256_RAW, &out));
	assert_int_equal(0, out.n);
	avow_buf_clear(&out);
	avow_privkey_free(k);
}

static void
emits_the_members_in_thumbprint_order(void **state)
{
	static const char *const texts[] = {JWK_A2, JWK_A3, JWK_7638};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct avow_pubkey *k = NULL;
		struct avow_buf b, print;
		struct avow_jw w;
		uint8_t digest[AVOW_SHA256_BYTES];

		avow_buf_init(&b, 1024);
		avow_buf_init(&print, 64);
		assert_ok(jwk(texts[i], &k));
		avow_jw_init(&w, &b);
		avow_jw_open(&w, '{');
		assert_ok(avow_jwk_put_members(&w, k));
		avow_jw_close(&w);
		assert_span_str(texts[i], avow_buf_span(&b));
		assert_ok(avow_sha256(avow_buf_span(&b), digest));
		avow_b64url_put(&print, avow_span_make(digest, sizeof(digest)));
		if (i == 2) /* RFC 7638 3.1 */
			assert_span_str("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
				avow_buf_span(&print));
		avow_pubkey_free(k);
		avow_buf_clear(&b);
		avow_buf_clear(&print);
	}
}

#define X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""

static void
refuses_other_keys(void **state)
{
	static const char *const bad[] = {"{}", "[]", "{\"kty\":1}",
		"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
		"{\"kty\":\"ec\",\"crv\":\"P-256\"," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," X "}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," Y "}",
		"{\"kty\":\"EC\"," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":1," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\"," X "," Y "}",
		"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," X "," Y "}",
		/* y for x: not on the curve */
		"{\"kty\":\"EC\",\"crv\":\"P-256\"," X
		",\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
		/* an x of 31 bytes: RFC 7518 6.2.1.2 wants the full size */
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"zc4ncPbEXUGDy-"
		"5v20t7WAczNXvp7xO6z248"
		"e9FURQ\"," Y "}",
		"{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "{\"kty\":\"RSA\",\"n\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", /* 17 bits */
		"{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AAEAAQ\"}"}; /* leading zero */

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct avow_pubkey *k = NULL;

		assert_err(AVOW_E_JWK_FORMAT, jwk(bad[i], &k));
		assert_null(k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_the_examples_of_rfc_7515),
		cmocka_unit_test(refuses_a_changed_payload_or_signature),
		cmocka_unit_test(the_token_never_chooses_the_algorithm),
		cmocka_unit_test(names_algorithms_of_keys_only),
		cmocka_unit_test(refuses_texts_that_are_no_compact_jws),
		cmocka_unit_test(reports_the_arena_s_limit_as_that),
		cmocka_unit_test(what_it_signs_it_verifies),
		cmocka_unit_test(refuses_to_sign_with_an_algorithm_of_another_key),
		cmocka_unit_test(emits_the_members_in_thumbprint_order),
		cmocka_unit_test(refuses_other_keys),
	};

	return cmocka_run_group_tests_name("crypto/jose", tests, setup, teardown);
}
