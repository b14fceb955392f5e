/* What a machine sends, read: the attestation object, the platform claim blob of
 * version 1, and the request's own signature. */
#include "tpm_maker.h"

#include "base/base64.h"
#include "evidence/internal.h"
#include "evidence/tpm/ak.h"
#include "evidence/tpm/request.h"
#include "trust/anchors.h"
#include "trust/collateral.h"

static struct avow_arena arena;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, 1 << 24);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

static enum avow_err
parse(const char *text)
{
	const struct avow_evidence *ev;

	return avow_evidence_parse(
		&avow_kind_tpm, avow_span_str(text), &arena, &ev, NULL);
}

/* An object around a quote that parses; `rest` is what a case changes. */
static const char *
object(const char *rest)
{
	struct tpm_fields f = tpm_defaults();
	struct avow_buf attest, json;
	const char *out;

	avow_buf_init_arena(&json, &arena, 1 << 16);
	avow_buf_put_str(&json, "{\"quote\":\"");
	avow_b64url_put(&json, tpm_attest(&attest, &f));
	avow_buf_put_str(&json, "\",\"signature\":\"");
	avow_b64url_put(&json, AVOW_LIT("\x00\x14\x00\x0b\x00\x01s"));
	avow_buf_put_str(&json, "\"");
	avow_buf_put_str(&json, rest);
	avow_buf_put_str(&json, "}");
	avow_buf_clear(&attest);
	out = avow_buf_str(&json);
	assert_non_null(out);
	return out;
}

#define KEY ",\"aik_pub\":{\"kty\":\"RSA\"}"

static void
the_objects_members_have_their_forms(void **state)
{
	(void)state;
	assert_ok(parse(object(KEY ",\"pcrs\":[]")));
	assert_ok(parse(object(KEY ",\"pcrs\":[],\"logs\":[]")));
	assert_err(AVOW_E_TPM_AK_ABSENT, parse(object(",\"pcrs\":[]")));
	assert_err(AVOW_E_TPM_PCR_VALUES, parse(object(KEY)));
	assert_err(AVOW_E_TPM_PCR_VALUES,
		parse(object(KEY ",\"pcrs\":[{\"algorithm\":18,\"values\":[]}]")));
	assert_err(AVOW_E_TPM_PCR_VALUES,
		parse(object(KEY ",\"pcrs\":[{\"algorithm\":4,\"values\":["
				 "{\"index\":24,\"digest\":\"\"}]}]")));
	assert_err(AVOW_E_TPM_PCR_VALUES,
		parse(object(KEY ",\"pcrs\":[{\"algorithm\":4,\"values\":["
				 "{\"index\":0,\"digest\":\"AAAA\"}]}]")));
	assert_err(AVOW_E_TPM_REQUEST,
		parse(object(KEY ",\"pcrs\":[],\"logs\":[{\"type\":\"X\"}]")));
	assert_err(AVOW_E_TPM_REQUEST,
		parse(object(KEY ",\"pcrs\":[],\"challenge\":\"zz\"")));
	assert_err(AVOW_E_TPM_REQUEST,
		parse(object(KEY ",\"pcrs\":[],\"required_pcr_mask\":16777216")));
	assert_err(AVOW_E_TPM_REQUEST, parse("[]"));
	assert_err(AVOW_E_TPM_REQUEST, parse("{\"quote\":5}"));
	assert_err(AVOW_E_JSON_SYNTAX, parse("{"));
	assert_err(AVOW_E_JWS_FORMAT, parse("a.b"));
}

/* --- version 1's blob --- */

struct blob {
	const char *magic;
	uint32_t version, alg, signature, quote, pcrs; /* sizes, as declared */
	uint32_t mask;
	size_t extra;
};

static enum avow_err
blob(const struct blob *x, struct avow_tpm_quote *q)
{
	struct tpm_fields f = tpm_defaults();
	struct avow_span sig = AVOW_LIT("\x00\x14\x00\x0b\x00\x01s");
	struct avow_buf attest, b;
	struct avow_span copy;
	const uint32_t words[] = {
		x->version, x->alg, (uint32_t)sig.n + x->signature, 0, 768 + x->pcrs};

	f.mask = x->mask;
	(void)tpm_attest(&attest, &f);
	avow_buf_init(&b, 1 << 16);
	avow_buf_put_str(&b, x->magic);
	for (size_t i = 0; i < 5; i++) {
		uint32_t v = i == 3 ? (uint32_t)attest.n + x->quote : words[i];

		for (unsigned k = 0; k < 4; k++) /* little-endian */
			avow_buf_put_byte(&b, (uint8_t)(v >> (8 * k)));
	}
	avow_buf_put(&b, sig);
	avow_buf_put(&b, avow_buf_span(&attest));
	for (size_t i = 0; i < 768 + x->extra; i++)
		avow_buf_put_byte(&b, (uint8_t)(i / 32));
	copy = avow_arena_copy(&arena, avow_buf_span(&b));
	avow_buf_clear(&attest);
	avow_buf_clear(&b);
	return avow_tpm_claim_blob(copy, &arena, q, NULL);
}

static void
a_platform_claim_gives_the_selected_registers_alone(void **state)
{
	const struct blob good = {.magic = "ALPT", .alg = 0xb, .mask = 0x800081};
	struct avow_tpm_quote q;

	(void)state;
	assert_ok(blob(&good, &q));
	assert_int_equal(3, q.n_pcrs);
	assert_int_equal(0, q.pcrs[0].index);
	assert_int_equal(7, q.pcrs[1].index);
	assert_int_equal(23, q.pcrs[2].index);
	assert_int_equal(23, q.pcrs[2].digest.p[31]);
}

static void
refuses_every_other_platform_claim(void **state)
{
	const struct blob good = {.magic = "ALPT", .alg = 0xb, .mask = 1};
	struct blob bad[] = {good, good, good, good, good, good, good, good};
	struct avow_tpm_quote q;

	(void)state;
	bad[0].magic = "PLAT"; /* another structure's magic */
	bad[1].version = 1;
	bad[2].alg = 0x4; /* not the bank that is quoted */
	bad[3].alg = 0x12;
	bad[4].signature = 0xfffffff0; /* mistakes B12: no length is clamped */
	bad[5].pcrs = 1;
	bad[6].extra = 1;
	bad[7].quote = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(AVOW_E_TPM_CLAIM_BLOB, blob(&bad[i], &q));
	assert_err(AVOW_E_TPM_CLAIM_BLOB,
		avow_tpm_claim_blob(AVOW_LIT("ALPT"), &arena, &q, NULL));
}

/* --- the AK of an object --- */

static enum avow_err
verify(const char *text, bool allow)
{
	struct avow_anchors *anchors;
	struct avow_collateral *collateral;
	struct avow_verify_in in = {.at_s = 1750000000, .allow_uncertified_ak = allow};
	const struct avow_evidence *ev;
	const struct avow_verified *v;
	struct avow_findings f;
	enum avow_err e;

	assert_ok(avow_anchors_new(false, &anchors));
	assert_ok(avow_collateral_build(NULL, 0, &collateral, NULL));
	in.anchors = anchors;
	in.collateral = collateral;
	assert_ok(avow_evidence_parse(
		&avow_kind_tpm, avow_span_str(text), &arena, &ev, NULL));
	e = avow_evidence_verify(ev, &in, &arena, &f, &v, NULL);
	avow_anchors_free(anchors);
	avow_collateral_free(collateral);
	return e;
}

/* verifier-bugs 25: a key that nobody vouches for is refused unless it is allowed,
 * and a certificate that is none is refused even then */
static void
a_key_needs_somebody_who_vouches_for_it(void **state)
{
	static const char p256[] =
		",\"pcrs\":[],\"aik_pub\":{\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY\","
		"\"y\":\"T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU\"}";

	(void)state;
	assert_err(AVOW_E_TPM_AK_UNCERTIFIED, verify(object(p256), false));
	/* its signature is an RSA key's */
	assert_err(AVOW_E_TPM_SIGNATURE_ALGORITHM, verify(object(p256), true));
	assert_err(AVOW_E_TPM_REQUEST, verify(object(KEY ",\"pcrs\":[]"), true));
	assert_err(AVOW_E_TPM_AK_CERT,
		verify(object(",\"pcrs\":[],\"aik_cert\":\"MAMCAQU\""), true));
}

/* --- keys that were read before --- */

static struct avow_pubkey *
read_key(struct avow_tpm_cache *cache, const char *text, enum avow_err expected)
{
	const struct avow_json *jwk;
	struct avow_pubkey *key;

	assert_ok(avow_json_parse(avow_span_str(text), NULL, &arena, &jwk, NULL));
	assert_err(expected, avow_tpm_read_key(jwk, cache, &arena, &key));
	if (expected != AVOW_OK)
		assert_null(key);
	return key;
}

static const char *
jwk_of(const struct avow_privkey *key, const char *more)
{
	struct avow_buf b;
	struct avow_jw w;

	avow_buf_init_arena(&b, &arena, 4096);
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	assert_ok(avow_jwk_put_members(&w, avow_privkey_public(key)));
	avow_buf_put_str(&b, more);
	avow_jw_close(&w);
	return avow_buf_str(&b);
}

/* A key is remembered by all of its text: another text is read anew, and one that
 * is no key is refused each time. */
static void
a_key_is_known_by_its_text_alone(void **state)
{
	struct avow_privkey *rsa, *ec;
	struct avow_pubkey *first, *again, *other, *longer;
	struct avow_tpm_cache *cache;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &ec));
	assert_ok(avow_tpm_cache_new(2, &cache));
	first = read_key(cache, jwk_of(rsa, ""), AVOW_OK);
	again = read_key(cache, jwk_of(rsa, ""), AVOW_OK);
	assert_ptr_equal(first, again);
	longer = read_key(cache, jwk_of(rsa, ",\"kid\":\"1\""), AVOW_OK);
	assert_ptr_not_equal(first, longer);
	assert_true(avow_pubkey_eq(first, longer));
	other = read_key(cache, jwk_of(ec, ""), AVOW_OK); /* the oldest leaves */
	assert_false(avow_pubkey_eq(first, other));
	assert_int_equal(2, avow_memo_count(cache->keys));
	for (int i = 0; i < 2; i++)
		(void)read_key(cache, "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"Aw\"}",
			AVOW_E_JWK_FORMAT);
	assert_int_equal(2, avow_memo_count(cache->keys));
	avow_tpm_cache_free(cache); /* what was handed out stays */
	assert_true(avow_pubkey_eq(avow_privkey_public(rsa), first));
	avow_pubkey_free(first);
	avow_pubkey_free(again);
	avow_pubkey_free(longer);
	avow_pubkey_free(other);
	other = read_key(NULL, jwk_of(ec, ""), AVOW_OK);
	assert_true(avow_pubkey_eq(avow_privkey_public(ec), other));
	avow_pubkey_free(other);
	avow_privkey_free(rsa);
	avow_privkey_free(ec);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_objects_members_have_their_forms),
		cmocka_unit_test(a_platform_claim_gives_the_selected_registers_alone),
		cmocka_unit_test(refuses_every_other_platform_claim),
		cmocka_unit_test(a_key_needs_somebody_who_vouches_for_it),
		cmocka_unit_test(a_key_is_known_by_its_text_alone),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
