/* api/arm_body and arm_names: what a provider's body may say. */
#include "support.h"

#include "api/arm.h"
#include "base/base64.h"
#include "crypto/x509_make.h"

#define SET(keys)                                                                      \
	"{\"location\":\"westus\",\"properties\":{\"policySigningCertificates\":" keys \
	"}}"
#define KEYS                                                                           \
	"{\"location\":\"westus\",\"properties\":{\"policySigningCertificates\":"      \
	"{\"keys\":["
#define PROPERTIES(p) "{\"location\":\"westus\",\"properties\":{" p "}}"

static struct avow_arena arena;
static struct avow_arm_body body;
static struct avow_why why;
static char jwk[4096];

static enum avow_err
decode(const char *text, bool is_create)
{
	avow_arm_body_clear(&body);
	avow_why_init(&why);
	return avow_arm_body_decode(
		avow_span_str(text), is_create, &arena, &body, &why);
}

static int
start(void **state)
{
	static const char *const name[][2] = {{"CN", "signer"}, {NULL, NULL}};
	struct avow_cert_spec spec = {.subject = name,
		.not_after_s = 4000000000,
		.alg = AVOW_SIG_ES256_DER,
		.path_length = -1};
	struct avow_privkey *key;
	struct avow_buf der, text;

	(void)state;
	avow_arena_init(&arena, AVOW_MIB(16));
	avow_buf_init(&der, AVOW_KIB(8));
	avow_buf_init(&text, AVOW_KIB(8));
	if (avow_privkey_generate(AVOW_KEY_P256, 0, &key) != AVOW_OK)
		return -1;
	spec.key = avow_privkey_public(key);
	spec.signer = key;
	assert_ok(avow_cert_make(&spec, &der));
	avow_b64_put(&text, avow_buf_span(&der));
	snprintf(jwk, sizeof(jwk), "{\"kty\":\"EC\",\"x5c\":[\"%s\"]}",
		avow_buf_str(&text));
	avow_buf_clear(&der);
	avow_buf_clear(&text);
	avow_privkey_free(key);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	avow_arm_body_clear(&body);
	avow_arena_clear(&arena);
	return 0;
}

/* A body whose set has the same key n times. */
static const char *
with_keys(const char *before, int n)
{
	static char text[65536];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", before);

	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s", i ? "," : "", jwk);
	snprintf(text + used, sizeof(text) - used, "]}}}");
	return text;
}

static void
takes_what_a_client_sends(void **state)
{
	(void)state;
	assert_ok(decode("{\"location\":\"West US\",\"tags\":{\"b\":\"2\",\"a\":\"1\"},"
			 "\"properties\":{\"publicNetworkAccess\":null,"
			 "\"tpmAttestationAuthentication\":\"Disabled\"}}",
		true));
	assert_span_str("West US", body.location);
	assert_span_str("{\"a\":\"1\",\"b\":\"2\"}", body.tags);
	assert_false(body.has_certs);
	assert_int_equal(2, body.settings.count);
	assert_ok(decode(PROPERTIES("\"status\":\"Ready\",\"attestUri\":\"x\","
				    "\"privateEndpointConnections\":[],"
				    "\"policySigningCertificates\":null,"
				    "\"trustModel\":\"AAD\""),
		true));
	assert_int_equal(0, body.settings.count);
	assert_span_str("AAD", body.trust_model);
	assert_ok(decode("{}", false));
	assert_false(body.has_tags);
}

static void
takes_each_certificate_once(void **state)
{
	(void)state;
	assert_ok(decode(with_keys(KEYS, 1), true));
	assert_true(body.has_certs);
	assert_int_equal(1, body.n_certs);
	assert_ok(decode(with_keys(KEYS, 3), true));
	assert_int_equal(1, body.n_certs);
}

static void
refuses_a_set_that_nobody_could_sign_with(void **state)
{
	static const char *const texts[] = {SET("{}"), SET("{\"keys\":[]}"),
		SET("{\"keys\":{}}"), SET("[]"), SET("\"x\""), SET("1")};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_err(AVOW_E_ARM_PROPERTY, decode(texts[i], true));
		assert_string_equal("policySigningCertificates", why.field);
	}
	assert_err(AVOW_E_POLICY_KEY, decode(SET("{\"keys\":[{\"kty\":\"RSA\",\"n\":"
						 "\"AQAB\",\"e\":\"AQAB\"}]}"),
					      true));
	assert_err(AVOW_E_TOO_LARGE, decode(with_keys(KEYS, 33), true));
	assert_err(AVOW_E_ARM_PROPERTY,
		decode(with_keys("{\"properties\":{\"policySigningCertificates\":"
				 "{\"keys\":[",
			       1),
			false));
}

static void
refuses_bodies_that_say_something_else(void **state)
{
	static const struct {
		const char *text;
		enum avow_err e;
	} cases[] = {
		{"", AVOW_E_JSON_SYNTAX},
		{"[]", AVOW_E_JSON_TYPE},
		{"{}", AVOW_E_JSON_MISSING},
		{"{\"location\":\"a\"}", AVOW_E_JSON_MISSING},
		{"{\"location\":null,\"properties\":{}}", AVOW_E_JSON_MISSING},
		{"{\"properties\":{}}", AVOW_E_JSON_MISSING},
		{"{\"location\":\"a\",\"Location\":\"b\",\"properties\":{}}",
			AVOW_E_JSON_DUPLICATE},
		{"{\"location\":1,\"properties\":{}}", AVOW_E_ARM_PROPERTY},
		{"{\"location\":\"a/b\",\"properties\":{}}", AVOW_E_ARM_NAME},
		{"{\"location\":\"a\",\"properties\":[]}", AVOW_E_ARM_PROPERTY},
		{"{\"location\":\"a\",\"properties\":{},\"sku\":{}}",
			AVOW_E_ARM_PROPERTY},
		{"{\"location\":\"a\",\"properties\":{},\"tags\":[]}",
			AVOW_E_ARM_PROPERTY},
		{"{\"location\":\"a\",\"properties\":{},\"tags\":{\"a\":1}}",
			AVOW_E_ARM_PROPERTY},
		{"{\"location\":\"a\",\"properties\":{},\"tags\":{\"\":\"a\"}}",
			AVOW_E_ARM_PROPERTY},
		{PROPERTIES("\"trustModel\":\"aad\""), AVOW_E_ARM_PROPERTY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_err(cases[i].e, decode(cases[i].text, true));
}

static enum avow_err
settle(const char *text, const char *stored, struct avow_span *out)
{
	assert_ok(decode(text, false));
	return avow_arm_settings(&body, avow_span_str(stored), &arena, out, &why);
}

static void
puts_settings_over_those_that_are_there(void **state)
{
	const char *stored = "{\"collateralGrace\":\"36h\","
			     "\"tpmAttestationAuthentication\":\"Disabled\"}";
	struct avow_span out;

	(void)state;
	assert_ok(settle("{}", stored, &out));
	assert_span_str(stored, out);
	assert_ok(settle("{\"properties\":{\"collateralGrace\":null,"
			 "\"tpmAttestationAuthentication\":\"Enabled\"}}",
		stored, &out));
	assert_span_str("{\"tpmAttestationAuthentication\":\"Enabled\"}", out);
	assert_ok(settle("{}", "", &out));
	assert_span_str("{}", out);
	assert_err(AVOW_E_PROVIDER_SETTING,
		settle("{\"properties\":{\"collateralGrce\":\"1h\"}}", stored, &out));
	assert_string_equal("collateralGrce", why.field);
}

static void
knows_names(void **state)
{
	struct avow_span longest =
		avow_span_make("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			       "aaaaaaaaaaaaaaaaaa"
			       "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			91);

	(void)state;
	assert_ok(avow_arm_check_subscription(
		AVOW_LIT("00000000-0000-0000-0000-000000000000"), &why));
	assert_err(AVOW_E_ARM_NAME, avow_arm_check_subscription(AVOW_LIT("a.b"), &why));
	assert_ok(avow_arm_check_group(AVOW_LIT("my_Group-(1).x"), &why));
	assert_err(AVOW_E_ARM_NAME, avow_arm_check_group(AVOW_LIT("a."), &why));
	assert_err(AVOW_E_ARM_NAME, avow_arm_check_group(AVOW_LIT(""), &why));
	assert_err(AVOW_E_ARM_NAME, avow_arm_check_group(longest, &why));
	longest.n = 90;
	assert_ok(avow_arm_check_group(longest, &why));
	assert_err(AVOW_E_ARM_NAME, avow_arm_check_location(AVOW_LIT("a_b"), &why));
}

static void
knows_its_versions(void **state)
{
	struct avow_http_pair pair = {AVOW_LIT("api-version"), AVOW_LIT("2021-06-01")};
	struct avow_http_request rq = {.query = &pair, .n_query = 1};

	(void)state;
	assert_ok(avow_arm_check_version(&rq, &why));
	pair.value = AVOW_LIT("2022-08-01");
	assert_err(AVOW_E_ARM_VERSION, avow_arm_check_version(&rq, &why));
	rq.n_query = 0;
	assert_err(AVOW_E_ARM_VERSION, avow_arm_check_version(&rq, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_a_client_sends),
		cmocka_unit_test(takes_each_certificate_once),
		cmocka_unit_test(refuses_a_set_that_nobody_could_sign_with),
		cmocka_unit_test(refuses_bodies_that_say_something_else),
		cmocka_unit_test(puts_settings_over_those_that_are_there),
		cmocka_unit_test(knows_names),
		cmocka_unit_test(knows_its_versions),
	};

	return cmocka_run_group_tests_name("api/arm_body", tests, start, end);
}
