/* auth/jwks: which keys of a key set count, and what a discovery document says. */
#include "issuer.h"

static struct avow_issuer_keys *
parsed(struct avow_span text)
{
	struct avow_issuer_keys *k;
	struct avow_why why;

	avow_why_init(&why);
	assert_ok(avow_issuer_keys_parse(text, &k, &why));
	return k;
}

static void
refused(struct avow_span text)
{
	struct avow_issuer_keys *k;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(AVOW_E_ISSUER_METADATA, avow_issuer_keys_parse(text, &k, &why));
	assert_null(k);
}

static const struct avow_issuer_key *
find(const struct avow_issuer_keys *k, const char *kid)
{
	return avow_issuer_keys_find(k, avow_span_str(kid));
}

static void
a_key_is_found_by_its_kid_with_its_algorithm(void **state)
{
	struct avow_issuer_keys *k = parsed(jwks(jwk("\"kid\":\"a\",", rsa),
		jwk("\"kid\":\"b\",\"use\":\"sig\",", ec),
		jwk("\"kid\":\"c\",\"alg\":\"PS384\",", other)));

	(void)state;
	assert_int_equal(3, avow_issuer_keys_count(k));
	assert_int_equal(AVOW_SIG_RS256, find(k, "a")->alg);
	assert_int_equal(AVOW_SIG_ES256_RAW, find(k, "b")->alg);
	assert_int_equal(AVOW_SIG_PS384, find(k, "c")->alg);
	assert_null(find(k, "A"));
	assert_null(find(k, "")); /* several: nothing says which */
	avow_issuer_keys_free(k);
	k = parsed(jwks(jwk("", rsa), NULL, NULL));
	assert_non_null(find(k, ""));
	assert_null(find(k, "a"));
	avow_issuer_keys_free(k);
}

static void
keys_that_are_not_for_us_are_left_out(void **state)
{
	static const char *const extra[] = {
		"\"kid\":\"x\",\"use\":\"enc\",",
		"\"kid\":\"x\",\"use\":1,",
		"\"kid\":\"x\",\"key_ops\":[\"sign\"],",
		"\"kid\":\"x\",\"alg\":\"HS256\",",
		"\"kid\":\"x\",\"alg\":\"none\",",
		"\"kid\":\"x\",\"alg\":\"ES256\",", /* of an RSA key */
		"\"kid\":\"x\",\"alg\":7,",
		"\"kid\":\"x\",\"d\":\"AQAB\",",
		"\"kid\":\"x\",\"k\":\"AQAB\",",
		"\"kid\":7,",
		"\"kid\":\"\",",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
		struct avow_issuer_keys *k = parsed(
			jwks(jwk("\"kid\":\"a\",", ec), jwk(extra[i], rsa), NULL));

		assert_int_equal(1, avow_issuer_keys_count(k));
		assert_null(find(k, "x"));
		avow_issuer_keys_free(k);
		refused(jwks(jwk(extra[i], rsa), NULL, NULL));
	}
}

static void
a_symmetric_key_is_none(void **state)
{
	(void)state;
	refused(jwks("{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"c2VjcmV0\"}", NULL, NULL));
	refused(jwks("{\"kty\":\"OKP\",\"kid\":\"a\",\"crv\":\"Ed25519\",\"x\":\"AA\"}",
		NULL, NULL));
}

static void
two_keys_of_one_kid_are_both_left_out(void **state)
{
	struct avow_issuer_keys *k = parsed(jwks(jwk("\"kid\":\"a\",", rsa),
		jwk("\"kid\":\"b\",", ec), jwk("\"kid\":\"a\",", other)));

	(void)state;
	assert_int_equal(1, avow_issuer_keys_count(k));
	assert_null(find(k, "a"));
	assert_non_null(find(k, "b"));
	avow_issuer_keys_free(k);
	refused(jwks(jwk("\"kid\":\"a\",", rsa), jwk("\"kid\":\"a\",", rsa), NULL));
}

static void
what_is_no_key_set_is_refused(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "{\"keys\":{}}",
		"{\"keys\":[]}", "{\"keys\":[1,\"a\",null]}",
		"{\"keys\":[],\"keys\":[]}", "<html>"};
	struct avow_buf b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(avow_span_str(texts[i]));
	avow_buf_init(&b, 1 << 20);
	avow_buf_put_str(&b, "{\"keys\":[{}");
	for (int i = 0; i < 64; i++)
		avow_buf_put_str(&b, ",{}");
	avow_buf_put_str(&b, "]}");
	refused(avow_buf_span(&b));
	avow_buf_clear(&b);
}

static enum avow_err
discover(const char *text, struct avow_buf *out)
{
	struct avow_why why;

	avow_why_init(&why);
	avow_buf_init(out, 100);
	return avow_discovery_parse(avow_span_str(text), AVOW_LIT(ISSUER), out, &why);
}

static void
a_discovery_document_is_of_the_configured_issuer(void **state)
{
	static const char *const bad[] = {
		"{\"issuer\":\"" ISSUER "/\",\"jwks_uri\":\"https://k/\"}",
		"{\"issuer\":\"https://evil.example\",\"jwks_uri\":\"https://k/\"}",
		"{\"issuer\":\"" ISSUER "\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"\"}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":[\"https://k/\"]}",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/\\u0000x\"}",
		"{\"jwks_uri\":\"https://k/\"}",
		"{\"issuer\":\"" ISSUER "\",\"issuer\":\"" ISSUER
		"\",\"jwks_uri\":\"https://k/\"}",
		"[]",
		"",
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://k/"
		"01234567890123456789012345678901234567890123456789"
		"01234567890123456789012345678901234567890123456789\"}",
	};
	struct avow_buf out;

	(void)state;
	assert_ok(discover("{\"issuer\":\"" ISSUER
			   "\",\"jwks_uri\":\"https://k/\",\"x\":{}}",
		&out));
	assert_span_str("https://k/", avow_buf_span(&out));
	avow_buf_clear(&out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_err(AVOW_E_ISSUER_METADATA, discover(bad[i], &out));
		avow_buf_clear(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_found_by_its_kid_with_its_algorithm),
		cmocka_unit_test(keys_that_are_not_for_us_are_left_out),
		cmocka_unit_test(a_symmetric_key_is_none),
		cmocka_unit_test(two_keys_of_one_kid_are_both_left_out),
		cmocka_unit_test(what_is_no_key_set_is_refused),
		cmocka_unit_test(a_discovery_document_is_of_the_configured_issuer),
	};

	return cmocka_run_group_tests_name(
		"auth/jwks", tests, issuer_set_up, issuer_tear_down);
}
