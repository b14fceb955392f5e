/* api/policy_key: the certificate in a JWK, and what is no such thing. */
#include "support.h"

#include "api/policy_key.h"
#include "base/base64.h"
#include "base/limits.h"
#include "crypto/jose.h"
#include "crypto/x509_make.h"

static struct avow_arena arena;
static struct avow_privkey *key, *ca_key;
static struct avow_buf leaf, ca; /* base 64 */
static struct avow_span leaf_der;

static const char *const LEAF[][2] = {{"CN", "signer"}, {NULL, NULL}};
static const char *const CA[][2] = {{"CN", "ca"}, {NULL, NULL}};

static struct avow_span
make(const struct avow_cert_spec *spec, struct avow_buf *text)
{
	struct avow_buf der;
	struct avow_span kept;

	avow_buf_init(&der, AVOW_KIB(8));
	assert_ok(avow_cert_make(spec, &der));
	kept = avow_arena_copy(&arena, avow_buf_span(&der));
	avow_buf_init(text, AVOW_KIB(16));
	avow_b64_put(text, kept);
	avow_buf_clear(&der);
	return kept;
}

static int
start(void **state)
{
	struct avow_cert_spec spec = {.subject = LEAF,
		.issuer = CA,
		.not_before_s = 0,
		.not_after_s = 4000000000,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1};

	(void)state;
	avow_arena_init(&arena, AVOW_MIB(8));
	if (avow_privkey_generate(AVOW_KEY_P256, 0, &key) != AVOW_OK ||
		avow_privkey_generate(AVOW_KEY_P256, 0, &ca_key) != AVOW_OK)
		return -1;
	spec.key = avow_privkey_public(key);
	spec.signer = ca_key;
	leaf_der = make(&spec, &leaf);
	spec.subject = CA;
	spec.key = avow_privkey_public(ca_key);
	spec.with_basic_constraints = spec.is_ca = true;
	spec.key_usage = AVOW_KU_KEY_CERT_SIGN;
	make(&spec, &ca);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	avow_buf_clear(&leaf);
	avow_buf_clear(&ca);
	avow_privkey_free(key);
	avow_privkey_free(ca_key);
	avow_arena_clear(&arena);
	return 0;
}

static enum avow_err
read_jwk(const char *text, struct avow_cert **out)
{
	const struct avow_json *jwk;
	struct avow_why why;

	avow_why_init(&why);
	assert_ok(avow_json_parse(avow_span_str(text), NULL, &arena, &jwk, NULL));
	return avow_policy_key_cert(jwk, "keys[0]", &arena, out, &why);
}

/* A JWK of so many certificates and of more members, as printed. */
static enum avow_err
try(const char *first, const char *second, const char *more)
{
	struct avow_cert *cert;
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, AVOW_KIB(64));
	avow_buf_printf(&b, "{\"kty\":\"EC\",\"X5C\":[\"%s\"%s%s%s]%s}", first,
		second ? ",\"" : "", second ? second : "", second ? "\"" : "", more);
	e = read_jwk(avow_buf_str(&b), &cert);
	if (e == AVOW_OK)
		assert_span(leaf_der, cert->der);
	else
		assert_null(cert);
	avow_cert_free(cert);
	avow_buf_clear(&b);
	return e;
}

static void
takes_the_first_certificate(void **state)
{
	struct avow_buf b;
	struct avow_jw w;

	(void)state;
	assert_ok(try(avow_buf_str(&leaf), NULL, ""));
	assert_ok(try(avow_buf_str(&leaf), avow_buf_str(&ca), ",\"use\":null"));
	avow_buf_init(&b, AVOW_KIB(4));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	assert_ok(avow_jwk_put_members(&w, avow_privkey_public(key)));
	avow_jw_close(&w);
	/* the key itself, without the kty that the text has already */
	{
		char text[512];
		const char *x = strstr(avow_buf_str(&b), ",\"x\"");
		int n = (int)strlen(x) - 1;

		snprintf(text, sizeof(text), ",\"crv\":\"P-256\"%.*s", n, x);
		assert_ok(try(avow_buf_str(&leaf), NULL, text));
	}
	avow_buf_clear(&b);
}

static void
refuses_another_key_than_the_certificates(void **state)
{
	struct avow_buf x, y, b;

	(void)state;
	avow_buf_init(&x, 64);
	avow_buf_init(&y, 64);
	avow_buf_init(&b, 1024);
	assert_ok(avow_pubkey_parts(avow_privkey_public(ca_key), &x, &y));
	avow_buf_put_str(&b, ",\"crv\":\"P-256\",\"x\":\"");
	avow_b64url_put(&b, avow_buf_span(&x));
	avow_buf_put_str(&b, "\",\"y\":\"");
	avow_b64url_put(&b, avow_buf_span(&y));
	avow_buf_put_str(&b, "\"");
	assert_err(AVOW_E_POLICY_KEY, try(avow_buf_str(&leaf), NULL, avow_buf_str(&b)));
	assert_err(
		AVOW_E_POLICY_KEY, try(avow_buf_str(&leaf), NULL, ",\"n\":\"AQAB\""));
	assert_err(
		AVOW_E_POLICY_KEY, try(avow_buf_str(&leaf), NULL, ",\"d\":\"AQAB\""));
	avow_buf_clear(&x);
	avow_buf_clear(&y);
	avow_buf_clear(&b);
}

static void
refuses_what_is_no_certificate(void **state)
{
	static const char *const texts[] = {"[]", "{}", "{\"x5c\":[]}",
		"{\"x5c\":\"a\"}", "{\"x5c\":[1]}", "{\"x5c\":[\"*\"]}",
		"{\"kty\":\"EC\",\"x5c\":null}"};
	struct avow_cert *cert;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_err(AVOW_E_POLICY_KEY, read_jwk(texts[i], &cert));
	assert_err(AVOW_E_CERT_FORMAT, read_jwk("{\"x5c\":[\"AAAA\"]}", &cert));
	assert_err(AVOW_E_TOO_LARGE, read_jwk("{\"x5c\":[1,2,3,4,5,6,7,8,9]}", &cert));
	/* the leaf certifies nobody */
	assert_err(
		AVOW_E_CHAIN_ISSUER, try(avow_buf_str(&leaf), avow_buf_str(&leaf), ""));
}

static void
names_a_certificate_by_its_sha1(void **state)
{
	char text[AVOW_THUMBPRINT_TEXT];

	(void)state;
	/* FIPS 180-4's example "abc" */
	assert_ok(avow_policy_thumbprint(AVOW_LIT("abc"), text));
	assert_string_equal("A9993E364706816ABA3E25717850C26C9CD0D89D", text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_first_certificate),
		cmocka_unit_test(refuses_another_key_than_the_certificates),
		cmocka_unit_test(refuses_what_is_no_certificate),
		cmocka_unit_test(names_a_certificate_by_its_sha1),
	};

	return cmocka_run_group_tests_name("api/policy_key", tests, start, end);
}
