/* token/issuer: /certs and the OpenID metadata, as a relying party reads them. */
#include "fixture.h"

#include "base/base64.h"
#include "base/file.h"
#include "crypto/x509.h"
#include "token/keyset.h"

static const struct avow_json *
certs(int64_t now)
{
	const struct avow_json *body;
	struct avow_span text;

	avow_buf_reset(&token);
	assert_ok(avow_token_certs(issuer, now, &token));
	text = avow_arena_copy(&arena, avow_buf_span(&token));
	assert_ok(avow_json_parse(text, NULL, &arena, &body, &why));
	assert_int_equal(1, body->count);
	return avow_json_get(body, "keys");
}

static struct avow_cert *
first_cert(const struct avow_json *jwk)
{
	const struct avow_json *x5c = avow_json_get(jwk, "x5c");
	struct avow_cert *c;
	struct avow_span der;

	assert_int_equal(1, x5c->count);
	assert_ok(avow_b64_decode_lenient(
		x5c->items[0].string, AVOW_MAX_CERT, &arena, &der));
	assert_ok(avow_cert_parse(der, &c, &why));
	return c;
}

static void
certs_shows_the_key_in_every_form(void **state)
{
	const struct avow_json *list = certs(T0), *jwk = &list->items[0];
	struct avow_pubkey *key;

	(void)state;
	assert_int_equal(1, list->count);
	assert_span_str("x5c", jwk->members[0].name);
	assert_span_str(
		avow_keys_info(keys, 0, T0).kid, avow_json_get(jwk, "kid")->string);
	assert_span_str("EC", avow_json_get(jwk, "kty")->string);
	assert_span_str("ES256", avow_json_get(jwk, "alg")->string);
	assert_span_str("sig", avow_json_get(jwk, "use")->string);
	assert_ok(avow_jwk_parse(jwk, &arena, &key));
	assert_true(avow_pubkey_eq(key, avow_keys_public(keys, 0)));
	avow_pubkey_free(key);
	assert_int_equal(8, jwk->count); /* crv, kty, x, y too */
}

/* A relying party with the body of /certs alone verifies a token. */
static void
a_token_verifies_with_the_certificate(void **state)
{
	struct avow_cert *c = first_cert(&certs(T0)->items[0]);

	(void)state;
	make();
	assert_ok(avow_jws_verify(&jws, c->key, AVOW_SIG_ES256_RAW));
	avow_cert_free(c);
}

static void
certificate_is_as_the_contracts(void **state)
{
	static const uint8_t one = 1;
	struct avow_cert *c = first_cert(&certs(T0)->items[0]);

	(void)state;
	assert_string_equal(ISS, c->subject_cn);
	assert_span(c->subject, c->issuer);
	assert_span(((struct avow_span){&one, 1}), c->serial);
	assert_true(c->has_basic_constraints);
	assert_false(c->is_ca);
	assert_false(c->has_key_usage);
	assert_true(c->subject_key_id.n > 0);
	assert_span(c->subject_key_id, c->authority_key_id);
	assert_int_equal(T0, c->not_before_s);
	assert_true(c->not_after_s > T0 + INT64_C(10) * 365 * 86400);
	assert_ok(avow_cert_verify(c, c->key));
	avow_cert_free(c);
}

/* RSA PKCS #1 v1.5 is deterministic, so each start shows the same certificate. */
static void
rsa_certificates_are_the_same_at_every_start(void **state)
{
	static const enum avow_sig algs[] = {AVOW_SIG_RS256, AVOW_SIG_PS256};

	for (size_t i = 0; i < 2; i++) {
		struct avow_token_issuer *again;
		struct avow_buf b;

		tear_down(state);
		assert_int_equal(0, begin_with(algs[i]));
		assert_ok(avow_token_issuer_new(keys, AVOW_LIT(ISS), &again));
		assert_ok(avow_token_certs(issuer, T0, &token));
		avow_buf_init(&b, AVOW_MIB(1));
		assert_ok(avow_token_certs(again, T0, &b));
		assert_span(avow_buf_span(&token), avow_buf_span(&b));
		avow_buf_clear(&b);
		avow_token_issuer_free(again);
	}
}

static void
every_algorithm_has_a_certificate(void **state)
{
	static const enum avow_sig algs[] = {
		AVOW_SIG_RS256, AVOW_SIG_PS256, AVOW_SIG_ES256_RAW, AVOW_SIG_ES384_RAW};
	static const char *const kty[] = {"RSA", "RSA", "EC", "EC"};

	for (size_t i = 0; i < 4; i++) {
		const struct avow_json *jwk;
		struct avow_cert *c;

		tear_down(state);
		assert_int_equal(0, begin_with(algs[i]));
		jwk = &certs(T0)->items[0];
		assert_span_str(kty[i], avow_json_get(jwk, "kty")->string);
		assert_span_str(
			avow_jws_alg_name(algs[i]), avow_json_get(jwk, "alg")->string);
		c = first_cert(jwk);
		assert_ok(avow_cert_verify(c, avow_keys_public(keys, 0)));
		avow_cert_free(c);
	}
}

/* X.520 ends a common name at 64; an instance URL may be longer. */
static void
a_long_url_is_named_whole(void **state)
{
	static const char url[] =
		"https://attestation.a-rather-long-name.example.org:8443"
		"/providers/abcdefghijklmnopqrstuvwx";
	struct avow_cert *c;

	(void)state;
	avow_token_issuer_free(issuer);
	assert_ok(avow_token_issuer_new(keys, avow_span_str(url), &issuer));
	c = first_cert(&certs(T0)->items[0]);
	assert_string_equal(url, c->subject_cn);
	avow_cert_free(c);
}

static void
shows_next_and_retired_keys_with_the_signer_first(void **state)
{
	const struct avow_json *list;

	(void)state;
	avow_token_issuer_free(issuer);
	assert_ok(avow_keyset_make(keys, AVOW_SIG_ES384_RAW, T0));
	assert_true(avow_keyset_publish(keys, 1000, T0));
	keys->v[0].max_life_s = 28800;
	assert_ok(avow_token_issuer_new(keys, AVOW_LIT(ISS), &issuer));
	list = certs(T0 + 999);
	assert_int_equal(2, list->count);
	assert_span_str("ES256", avow_json_get(&list->items[0], "alg")->string);
	list = certs(T0 + 1000);
	assert_int_equal(2, list->count);
	assert_span_str("ES384", avow_json_get(&list->items[0], "alg")->string);
	list = certs(T0 + 1000 + 28800 + AVOW_KEY_MARGIN_S);
	assert_int_equal(1, list->count);
	assert_span_str("ES384", avow_json_get(&list->items[0], "alg")->string);
	/* the token changes over at the same second */
	spec.now_s = T0 + 999;
	avow_buf_reset(&token);
	assert_ok(avow_token_make(issuer, &spec, &arena, &token, &why));
	take_apart();
	assert_span_str("ES256", jws.alg);
	spec.now_s = T0 + 1000;
	avow_buf_reset(&token);
	assert_ok(avow_token_make(issuer, &spec, &arena, &token, &why));
	take_apart();
	assert_span_str("ES384", jws.alg);
	assert_ok(avow_jws_verify(&jws, avow_keys_public(keys, 1), AVOW_SIG_ES384_RAW));
}

static const struct avow_json *
metadata(void)
{
	const struct avow_json *body;

	avow_buf_reset(&token);
	assert_ok(avow_token_metadata(issuer, T0, &token));
	assert_ok(avow_json_parse(avow_buf_span(&token), NULL, &arena, &body, &why));
	return body;
}

static bool
lists(const struct avow_json *array, struct avow_span name)
{
	for (size_t i = 0; i < array->count; i++)
		if (avow_span_eq(array->items[i].string, name))
			return true;
	return false;
}

static void
metadata_names_the_issuer_and_its_algorithms(void **state)
{
	const struct avow_json *body = metadata(), *algs, *claims;

	(void)state;
	assert_span_str(ISS, avow_json_get(body, "issuer")->string);
	assert_span_str(ISS "/certs", avow_json_get(body, "jwks_uri")->string);
	algs = avow_json_get(body, "id_token_signing_alg_values_supported");
	assert_int_equal(1, algs->count);
	assert_span_str("ES256", algs->items[0].string);
	claims = avow_json_get(body, "claims_supported");
	assert_true(lists(claims, AVOW_LIT("x-ms-runtime")));
	assert_true(lists(claims, AVOW_LIT("x-avow-tcb-status")));
	assert_false(lists(claims, AVOW_LIT("rp_data")));
	assert_false(lists(claims, AVOW_LIT("$tee")));
	assert_false(lists(claims, AVOW_LIT("tdx_mrtd")));
}

static void
metadata_lists_two_algorithms_while_both_are_shown(void **state)
{
	const struct avow_json *algs;

	(void)state;
	avow_token_issuer_free(issuer);
	assert_ok(avow_keyset_make(keys, AVOW_SIG_ES384_RAW, T0));
	assert_ok(avow_keyset_make(keys, AVOW_SIG_ES256_RAW, T0));
	assert_true(avow_keyset_publish(keys, 1000, T0));
	assert_ok(avow_token_issuer_new(keys, AVOW_LIT(ISS), &issuer));
	algs = avow_json_get(metadata(), "id_token_signing_alg_values_supported");
	assert_int_equal(2, algs->count);
	assert_span_str("ES256", algs->items[0].string);
	assert_span_str("ES384", algs->items[1].string);
}

static const struct avow_json *
load(const char *path)
{
	const struct avow_json *v;
	struct avow_span text;
	struct avow_buf b;

	avow_buf_init(&b, AVOW_MIB(4));
	assert_ok(avow_file_read(path, &b));
	text = avow_arena_copy(&arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	assert_ok(avow_json_parse(text, NULL, &arena, &v, &why));
	return v;
}

/* The recorded document: same members in the same order, and every claim it
 * lists is listed here. */
static void
metadata_is_as_recorded(void **state)
{
	const char *path = vector_path(
		"maa-azure-sdk-cpp/metadata-meta-GetOpenIdMetadata-Aad-4b2765-1.json");
	const struct avow_json *theirs, *ours, *claims;

	(void)state;
	if (!path)
		skip();
	theirs = avow_json_get(avow_json_get(load(path), "response"), "body");
	ours = metadata();
	assert_int_equal(theirs->count, ours->count);
	for (size_t i = 0; i < theirs->count; i++)
		assert_span(theirs->members[i].name, ours->members[i].name);
	assert_span(avow_json_get(theirs, "response_types_supported")->items[1].raw,
		avow_json_get(ours, "response_types_supported")->items[1].raw);
	claims = avow_json_get(theirs, "claims_supported");
	for (size_t i = 0; i < claims->count; i++)
		assert_true(lists(avow_json_get(ours, "claims_supported"),
			claims->items[i].string));
}

/* vectors/README.md, fact 5: the kid of the service's own TEE keys is our
 * formula over the key in their certificate. */
static void
kid_formula_gives_the_recorded_kids(void **state)
{
	const char *path = vector_path("maa-azure-sdk-cpp/jwks-60cd5f76.json");
	const struct avow_json *list;
	size_t n = 0;

	(void)state;
	if (!path)
		skip();
	list = avow_json_get(load(path), "keys");
	for (size_t i = 0; i < list->count; i++) {
		struct avow_span kid = avow_json_get(&list->items[i], "kid")->string;
		char ours[AVOW_KID_TEXT];
		struct avow_cert *c;

		if (!avow_span_ends(kid, AVOW_LIT("=")))
			continue; /* one of Microsoft's PKI, with a formula of its own */
		c = first_cert(&list->items[i]);
		assert_ok(avow_kid(c->key, ours));
		assert_span_str(ours, kid);
		avow_cert_free(c);
		n++;
	}
	assert_true(n > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(certs_shows_the_key_in_every_form),
		T(a_token_verifies_with_the_certificate),
		T(certificate_is_as_the_contracts),
		T(rsa_certificates_are_the_same_at_every_start),
		T(every_algorithm_has_a_certificate),
		T(a_long_url_is_named_whole),
		T(shows_next_and_retired_keys_with_the_signer_first),
		T(metadata_names_the_issuer_and_its_algorithms),
		T(metadata_lists_two_algorithms_while_both_are_shown),
		T(metadata_is_as_recorded),
		T(kid_formula_gives_the_recorded_kids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
