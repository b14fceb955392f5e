/* COSE_Sign1: what is signed, by which algorithms, and what is refused (RFC 9052). */
#include "support.h"

#include "base/limits.h"
#include "crypto/cose.h"

static struct avow_arena arena;

/* 18([protected, {}, payload, signature]); protected is {1: alg} or bytes. */
static void
build(struct avow_buf *out, struct avow_span header, struct avow_span signature)
{
	avow_buf_init(out, 1024);
	avow_buf_put(out, AVOW_LIT("\xd2\x84"));
	avow_buf_put_byte(out, (uint8_t)(0x40 | header.n));
	avow_buf_put(out, header);
	avow_buf_put(out, AVOW_LIT("\xa0\x47payload\x58"));
	avow_buf_put_byte(out, (uint8_t)signature.n);
	avow_buf_put(out, signature);
}

static const struct {
	struct avow_span header; /* {1: alg} */
	enum avow_sig alg;
	enum avow_key_type type;
} ALGORITHMS[] = {{AVOW_LIT("\xa1\x01\x26"), AVOW_SIG_ES256_RAW, AVOW_KEY_P256},
	{AVOW_LIT("\xa1\x01\x38\x22"), AVOW_SIG_ES384_RAW, AVOW_KEY_P384},
	{AVOW_LIT("\xa1\x01\x38\x23"), AVOW_SIG_ES512_RAW, AVOW_KEY_P521},
	{AVOW_LIT("\xa1\x01\x38\x24"), AVOW_SIG_PS256, AVOW_KEY_RSA},
	{AVOW_LIT("\xa1\x01\x38\x25"), AVOW_SIG_PS384, AVOW_KEY_RSA},
	{AVOW_LIT("\xa1\x01\x38\x26"), AVOW_SIG_PS512, AVOW_KEY_RSA}};

/* ["Signature1", protected, h'', payload] */
static void
sign(const struct avow_privkey *key, size_t i, struct avow_buf *signature)
{
	struct avow_buf tbs;

	avow_buf_init(&tbs, 256);
	avow_buf_put(&tbs, AVOW_LIT("\x84\x6aSignature1"));
	avow_buf_put_byte(&tbs, (uint8_t)(0x40 | ALGORITHMS[i].header.n));
	avow_buf_put(&tbs, ALGORITHMS[i].header);
	avow_buf_put(&tbs, AVOW_LIT("\x40\x47payload"));
	avow_buf_init(signature, 1024);
	assert_ok(avow_sign(key, ALGORITHMS[i].alg, avow_buf_span(&tbs), signature));
	avow_buf_clear(&tbs);
}

/* RSA signatures need two bytes of length: the document by hand. */
static void
document(size_t i, struct avow_span signature, struct avow_buf *out)
{
	if (signature.n < 0x100) {
		build(out, ALGORITHMS[i].header, signature);
		return;
	}
	build(out, ALGORITHMS[i].header, AVOW_LIT(""));
	out->n -= 2;
	avow_buf_put_byte(out, 0x59);
	avow_buf_put_byte(out, (uint8_t)(signature.n >> 8));
	avow_buf_put_byte(out, (uint8_t)signature.n);
	avow_buf_put(out, signature);
}

static void
verifies_each_algorithm_under_its_own_key_alone(void **state)
{
	struct avow_privkey *other;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &other));
	for (size_t i = 0; i < 6; i++) {
		struct avow_privkey *key;
		struct avow_buf sig, doc;
		struct avow_cose c;

		avow_arena_init(&arena, AVOW_MIB(1));
		assert_ok(avow_privkey_generate(ALGORITHMS[i].type, 2048, &key));
		sign(key, i, &sig);
		document(i, avow_buf_span(&sig), &doc);
		assert_ok(avow_cose_parse(avow_buf_span(&doc), &arena, &c, NULL));
		assert_ok(avow_cose_verify(&c, avow_privkey_public(key), NULL));
		assert_err(i == 1 ? AVOW_E_COSE_SIGNATURE : AVOW_E_COSE_ALGORITHM,
			avow_cose_verify(&c, avow_privkey_public(other), NULL));
		doc.p[doc.n - 1] ^= 1;
		assert_err(AVOW_E_COSE_SIGNATURE,
			avow_cose_verify(&c, avow_privkey_public(key), NULL));
		avow_buf_clear(&sig);
		avow_buf_clear(&doc);
		avow_privkey_free(key);
		avow_arena_clear(&arena);
	}
	avow_privkey_free(other);
}

static void
refuses(enum avow_err want, struct avow_span in)
{
	struct avow_cose c;
	struct avow_why why;

	avow_why_init(&why);
	avow_arena_init(&arena, AVOW_MIB(1));
	assert_err(want, avow_cose_parse(in, &arena, &c, &why));
	assert_int_equal(want, why.code);
	assert_null(c.header);
	avow_arena_clear(&arena);
}

static void
refuses_other_documents(void **state)
{
	(void)state;
	refuses(AVOW_E_CBOR, AVOW_LIT(""));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x00"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\xd1\x84\x43\xa1\x01\x26\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x83\x43\xa1\x01\x26\xa0\x41p"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x43\xa1\x01\x26\xa0\x40\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x43\xa1\x01\x26\xa0\xf6\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\xa1\x01\x26\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x43\xa1\x01\x26\x80\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x43\xa1\x01\x26\xa0\x61p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x43\xa1\x01\x26\xa0\x41p\x61s"));
}

/* The algorithm is the protected header's; mistake 6 */
static void
refuses_other_headers(void **state)
{
	(void)state;
	refuses(AVOW_E_CBOR, AVOW_LIT("\x84\x40\xa1\x01\x26\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x41\x80\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x41\xa0\xa1\x01\x26\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT, AVOW_LIT("\x84\x44\xa1\x01\x61x\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_FORMAT,
		AVOW_LIT("\x84\x46\xa2\x01\x26\x02\x81\x01\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_ALGORITHM, /* RS256 */
		AVOW_LIT("\x84\x45\xa1\x01\x39\x01\x00\xa0\x41p\x41s"));
	refuses(AVOW_E_COSE_ALGORITHM, /* HMAC 256/256 */
		AVOW_LIT("\x84\x43\xa1\x01\x05\xa0\x41p\x41s"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_each_algorithm_under_its_own_key_alone),
		cmocka_unit_test(refuses_other_documents),
		cmocka_unit_test(refuses_other_headers),
	};

	return cmocka_run_group_tests_name("crypto/cose", tests, NULL, NULL);
}
