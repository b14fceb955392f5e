/*
 * crypto/key: what makes a key and what it refuses. Points are the base points
 * of SEC 2 version 2 (2.4.2, 2.5.1, 2.6.1), which are public keys of scalar 1.
 */
#include "support.h"

#include <openssl/bn.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "base/hex.h"
#include "crypto/key.h"

static const char G256[] =
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
static const char G384[] =
	"aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a38"
	"5502f25dbf55296c3a545e3872760ab7"
	"3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c0"
	"0a60b1ce1d7e819d7a431d7c90ea0e5f";
static const char G521[] =
	"00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d"
	"3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66"
	"011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e"
	"662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650";

static struct avow_span
unhex(const char *hex, uint8_t *room, size_t n)
{
	size_t len = strlen(hex) / 2;

	assert_true(len <= n);
	assert_ok(avow_hex_decode(avow_span_str(hex), room, len));
	return avow_span_make(room, len);
}

static void
takes_points_of_three_curves(void **state)
{
	static const struct {
		enum avow_key_type type;
		const char *xy;
		unsigned bits;
	} rows[] = {{AVOW_KEY_P256, G256, 256}, {AVOW_KEY_P384, G384, 384},
		{AVOW_KEY_P521, G521, 521}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t room[132];
		struct avow_span xy = unhex(rows[i].xy, room, sizeof(room));
		struct avow_pubkey *k = NULL, *again = NULL;
		struct avow_buf x, y;

		avow_buf_init(&x, 256);
		avow_buf_init(&y, 256);
		assert_ok(avow_pubkey_from_point(rows[i].type, xy, &k));
		assert_int_equal(rows[i].type, avow_pubkey_type(k));
		assert_int_equal(rows[i].bits, avow_pubkey_bits(k));
		assert_ok(avow_pubkey_from_spki(avow_pubkey_spki(k), &again));
		assert_true(avow_pubkey_eq(k, again));
		assert_ok(avow_pubkey_parts(k, &x, &y));
		assert_span(avow_span_slice(xy, 0, xy.n / 2), avow_buf_span(&x));
		assert_span(avow_span_from(xy, xy.n / 2), avow_buf_span(&y));
		avow_buf_clear(&x);
		avow_buf_clear(&y);
		avow_pubkey_free(k);
		avow_pubkey_free(again);
	}
}

static void
refuses_points_off_the_curve(void **state)
{
	uint8_t room[132] = {0};
	struct avow_pubkey *k = NULL;
	struct avow_span xy = unhex(G256, room, sizeof(room));
	static const size_t at[] = {0, 31, 32, 63};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		room[at[i]] ^= 1;
		assert_err(AVOW_E_KEY_POINT,
			avow_pubkey_from_point(AVOW_KEY_P256, xy, &k));
		assert_null(k);
		room[at[i]] ^= 1;
	}
	/* coordinates not reduced modulo p */
	memset(room, 0xff, 64);
	assert_err(AVOW_E_KEY_POINT, avow_pubkey_from_point(AVOW_KEY_P256, xy, &k));
	/* how infinity is often spelt */
	memset(room, 0, 64);
	assert_err(AVOW_E_KEY_POINT, avow_pubkey_from_point(AVOW_KEY_P256, xy, &k));
}

static void
refuses_points_of_another_length_or_type(void **state)
{
	uint8_t room[132];
	struct avow_pubkey *k = NULL;
	struct avow_span xy = unhex(G256, room, sizeof(room));

	(void)state;
	assert_err(AVOW_E_KEY_POINT, avow_pubkey_from_point(AVOW_KEY_P384, xy, &k));
	xy.n = 63;
	assert_err(AVOW_E_KEY_POINT, avow_pubkey_from_point(AVOW_KEY_P256, xy, &k));
	xy.n = 0;
	assert_err(AVOW_E_KEY_POINT, avow_pubkey_from_point(AVOW_KEY_P256, xy, &k));
	assert_err(AVOW_E_KEY_TYPE, avow_pubkey_from_point(AVOW_KEY_RSA, xy, &k));
	assert_err(
		AVOW_E_KEY_TYPE, avow_pubkey_from_point((enum avow_key_type)9, xy, &k));
}

static void
generated_keys_survive_pem(void **state)
{
	static const struct {
		enum avow_key_type type;
		unsigned bits;
	} rows[] = {{AVOW_KEY_RSA, 2048}, {AVOW_KEY_P256, 0}, {AVOW_KEY_P384, 0},
		{AVOW_KEY_P521, 0}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct avow_privkey *k = NULL, *again = NULL;
		struct avow_buf pem;

		avow_buf_init(&pem, 8192);
		assert_ok(avow_privkey_generate(rows[i].type, rows[i].bits, &k));
		assert_ok(avow_privkey_to_pem(k, &pem));
		assert_true(avow_span_starts(avow_buf_span(&pem),
			AVOW_LIT("-----BEGIN PRIVATE KEY-----\n")));
		assert_ok(avow_privkey_from_pem(avow_buf_span(&pem), &again));
		assert_true(avow_pubkey_eq(
			avow_privkey_public(k), avow_privkey_public(again)));
		avow_buf_wipe(&pem);
		avow_privkey_free(k);
		avow_privkey_free(again);
	}
}

static void
refuses_to_generate_other_sizes(void **state)
{
	struct avow_privkey *k = NULL;

	(void)state;
	assert_err(AVOW_E_KEY_TYPE, avow_privkey_generate(AVOW_KEY_RSA, 1024, &k));
	assert_err(AVOW_E_KEY_TYPE, avow_privkey_generate(AVOW_KEY_RSA, 2047, &k));
	assert_err(
		AVOW_E_KEY_TYPE, avow_privkey_generate((enum avow_key_type)7, 0, &k));
	assert_null(k);
}

static void
rsa_numbers_make_the_same_key(void **state)
{
	struct avow_privkey *k = NULL;
	struct avow_pubkey *again = NULL;
	struct avow_buf n, e;

	(void)state;
	avow_buf_init(&n, 1024);
	avow_buf_init(&e, 16);
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k));
	assert_ok(avow_pubkey_parts(avow_privkey_public(k), &n, &e));
	assert_int_equal(256, n.n);
	assert_ok(avow_pubkey_from_rsa(avow_buf_span(&n), avow_buf_span(&e), &again));
	assert_true(avow_pubkey_eq(avow_privkey_public(k), again));
	assert_int_equal(2048, avow_pubkey_bits(again));
	avow_pubkey_free(avow_pubkey_ref(again));
	avow_pubkey_free(again);
	avow_privkey_free(k);
	avow_buf_clear(&n);
	avow_buf_clear(&e);
}

/* The numbers as they went in, but for zeros in front, whatever their top bit. */
static void
an_rsa_keys_parts_are_its_numbers(void **state)
{
	static const struct avow_span exponents[] = {{(const uint8_t *)"\x03", 1},
		{(const uint8_t *)"\x01\x01", 2}, {(const uint8_t *)"\x01\x00\x01", 3},
		{(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xfb", 8}};
	uint8_t number[257];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		bool long_one = i % 2; /* 2049 bits, or 2048 */
		struct avow_span n = avow_span_make(number, sizeof(number));
		struct avow_pubkey *k;
		struct avow_buf out_n, out_e;

		memset(number, 0x5b, sizeof(number));
		number[0] = long_one;
		number[1] = long_one ? 0x5b : 0xdb;
		avow_buf_init(&out_n, 1024);
		avow_buf_init(&out_e, 16);
		assert_ok(avow_pubkey_from_rsa(n, exponents[i / 2], &k));
		assert_ok(avow_pubkey_parts(k, &out_n, &out_e));
		assert_span(avow_span_from(n, !long_one), avow_buf_span(&out_n));
		assert_span(exponents[i / 2], avow_buf_span(&out_e));
		avow_pubkey_free(k);
		avow_buf_clear(&out_n);
		avow_buf_clear(&out_e);
	}
}

static enum avow_err
try_rsa(size_t n_bytes, uint8_t top, uint8_t low, struct avow_span e)
{
	uint8_t n[1030];
	struct avow_pubkey *k = NULL;
	enum avow_err err;

	memset(n, 0x5a, sizeof(n));
	n[0] = top;
	n[n_bytes - 1] = low;
	err = avow_pubkey_from_rsa(avow_span_make(n, n_bytes), e, &k);
	avow_pubkey_free(k);
	return err;
}

static void
refuses_rsa_numbers_by_size_and_parity(void **state)
{
	struct avow_span f4 = AVOW_LIT("\x01\x00\x01");

	(void)state;
	assert_ok(try_rsa(256, 0x80, 1, f4));
	assert_err(AVOW_E_KEY_TYPE, try_rsa(256, 0x7f, 1, f4)); /* 2047 bits */
	assert_err(AVOW_E_KEY_TYPE, try_rsa(128, 0x80, 1, f4));
	assert_ok(try_rsa(1024, 0x80, 1, f4));
	assert_err(AVOW_E_KEY_TYPE, try_rsa(1025, 0x01, 1, f4)); /* 8193 bits */
	assert_err(AVOW_E_KEY_TYPE, try_rsa(1026, 0x80, 1, f4));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 2, f4));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 1, AVOW_LIT("\x01")));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 1, AVOW_LIT("\x02")));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 1, AVOW_LIT("\x00")));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 1, AVOW_LIT("")));
	assert_err(AVOW_E_KEY_FORMAT, try_rsa(256, 0x80, 1, AVOW_LIT("123456789")));
}

/* CVE-2017-15361: a power of 65537 modulo every small prime, as 65537 to the 128th
 * (2049 bits) plainly is. One bit more in it makes another number. */
static void
refuses_a_modulus_of_the_roca_kind(void **state)
{
	BIGNUM *base = BN_new(), *exponent = BN_new(), *n = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	struct avow_pubkey *k = NULL;
	uint8_t bytes[257];

	(void)state;
	assert_int_equal(1, BN_set_word(base, 65537));
	assert_int_equal(1, BN_set_word(exponent, 128));
	assert_int_equal(1, BN_exp(n, base, exponent, ctx));
	assert_int_equal(sizeof(bytes), BN_bn2bin(n, bytes));
	assert_err(AVOW_E_KEY_FORMAT,
		avow_pubkey_from_rsa(avow_span_make(bytes, sizeof(bytes)),
			AVOW_LIT("\x01\x00\x01"), &k));
	bytes[200] ^= 1;
	assert_ok(avow_pubkey_from_rsa(
		avow_span_make(bytes, sizeof(bytes)), AVOW_LIT("\x01\x00\x01"), &k));
	avow_pubkey_free(k);
	BN_free(base);
	BN_free(exponent);
	BN_free(n);
	BN_CTX_free(ctx);
}

static enum avow_err
try_spki(const char *hex)
{
	uint8_t room[512];
	struct avow_pubkey *k = NULL;
	enum avow_err err = avow_pubkey_from_spki(unhex(hex, room, sizeof(room)), &k);

	avow_pubkey_free(k);
	return err;
}

static void
refuses_other_public_key_infos(void **state)
{
	(void)state;
	assert_err(AVOW_E_KEY_FORMAT, try_spki(""));
	assert_err(AVOW_E_KEY_FORMAT, try_spki("3000"));
	/* Ed25519 (RFC 8410 10.1) */
	assert_err(AVOW_E_KEY_TYPE, try_spki("302a300506032b6570032100"
					     "19bf44096984cdfe8541bac167dc3b96c85086aa3"
					     "0b6b6cb0c5c38ad703166e1"));
	/* the P-256 base point, compressed */
	assert_err(AVOW_E_KEY_TYPE,
		try_spki("3039301306072a8648ce3d020106082a8648ce3d030107"
			 "03220003"
			 "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c"
			 "296"));
	/* a byte behind a whole one */
	assert_err(AVOW_E_KEY_FORMAT, try_spki("302a300506032b6570032100"
					       "19bf44096984cdfe8541bac167dc3b96c85086a"
					       "a30b6b6cb0c5c38ad703166e100"));
	/* RSA of 512 bits */
	assert_err(AVOW_E_KEY_TYPE,
		try_spki("305c300d06092a864886f70d0101010500034b003048024100"
			 "c000000000000000000000000000000000000000000000000000000000000"
			 "0000000"
			 "000000000000000000000000000000000000000000000000000000000001"
			 "0203010001"));
}

/* SubjectPublicKeyInfo of an RSA key of 2048 bits with a changed byte. */
static void
refuses_malformed_rsa_infos(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum avow_err err;
	} rows[] = {{0, 0x31, AVOW_E_KEY_FORMAT}, {4, 0x31, AVOW_E_KEY_FORMAT},
		{6, 0x05, AVOW_E_KEY_TYPE}, /* no OID there */
		{16, 0x02, AVOW_E_KEY_TYPE}, /* another algorithm of PKCS 1 */
		{17, 0x04, AVOW_E_KEY_TYPE}, /* parameters not NULL */
		{19, 0x04, AVOW_E_KEY_FORMAT}, /* BIT STRING */
		{23, 0x01, AVOW_E_KEY_FORMAT}, /* unused bits */
		{24, 0x31, AVOW_E_KEY_FORMAT}, /* RSAPublicKey */
		{28, 0x04, AVOW_E_KEY_FORMAT}, /* n */
		{32, 0x80, AVOW_E_KEY_FORMAT}, /* n negative */
		{291, 0x80, AVOW_E_KEY_FORMAT}}; /* e negative */
	struct avow_privkey *k = NULL;
	struct avow_span good;
	uint8_t bytes[294];

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &k));
	good = avow_pubkey_spki(avow_privkey_public(k));
	assert_int_equal(sizeof(bytes), good.n);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct avow_pubkey *out = NULL;

		memcpy(bytes, good.p, sizeof(bytes));
		bytes[rows[i].at] = rows[i].value;
		assert_err(rows[i].err,
			avow_pubkey_from_spki(
				avow_span_make(bytes, sizeof(bytes)), &out));
		assert_null(out);
	}
	avow_privkey_free(k);
}

static void
an_exponent_with_its_top_bit_survives(void **state)
{
	uint8_t n[256];
	struct avow_pubkey *k = NULL, *again = NULL;

	(void)state;
	memset(n, 0x5b, sizeof(n));
	n[0] = 0xdb;
	assert_ok(avow_pubkey_from_rsa(
		avow_span_make(n, sizeof(n)), AVOW_LIT("\x80\x00\x01"), &k));
	assert_ok(avow_pubkey_from_spki(avow_pubkey_spki(k), &again));
	assert_true(avow_pubkey_eq(k, again));
	avow_pubkey_free(k);
	avow_pubkey_free(again);
}

static EVP_PKEY *
evp_of(const struct avow_privkey *k)
{
	struct avow_buf pem;
	EVP_PKEY *evp;
	BIO *bio;

	avow_buf_init(&pem, 8192);
	assert_ok(avow_privkey_to_pem(k, &pem));
	bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	evp = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	assert_non_null(evp);
	BIO_free(bio);
	avow_buf_wipe(&pem);
	return evp;
}

static enum avow_err
read_bio(BIO *bio, const struct avow_pubkey *same)
{
	struct avow_privkey *k = NULL;
	char *text = NULL;
	long n = BIO_get_mem_data(bio, &text);
	enum avow_err err = avow_privkey_from_pem(avow_span_make(text, (size_t)n), &k);

	if (k)
		assert_true(avow_pubkey_eq(same, avow_privkey_public(k)));
	avow_privkey_free(k);
	BIO_free(bio);
	return err;
}

static void
reads_traditional_pem_and_no_encrypted_one(void **state)
{
	static const enum avow_key_type types[] = {AVOW_KEY_RSA, AVOW_KEY_P256};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct avow_privkey *k = NULL;
		EVP_PKEY *evp;
		BIO *old = BIO_new(BIO_s_mem()), *locked = BIO_new(BIO_s_mem());

		assert_ok(avow_privkey_generate(types[i], 2048, &k));
		evp = evp_of(k);
		assert_int_equal(1, PEM_write_bio_PrivateKey_traditional(
					    old, evp, NULL, NULL, 0, NULL, NULL));
		assert_int_equal(1, PEM_write_bio_PKCS8PrivateKey(locked, evp,
					    EVP_aes_128_cbc(), "pw", 2, NULL, NULL));
		assert_ok(read_bio(old, avow_privkey_public(k)));
		assert_err(AVOW_E_KEY_FORMAT, read_bio(locked, avow_privkey_public(k)));
		EVP_PKEY_free(evp);
		avow_privkey_free(k);
	}
}

/* ECPrivateKey carries its public half: one that belongs to another key. */
static void
refuses_a_public_half_of_another_key(void **state)
{
	struct avow_privkey *a = NULL, *b = NULL, *k = NULL;
	struct avow_span theirs;
	unsigned char *der = NULL;
	EVP_PKEY *evp;
	BIO *bio;
	char *text = NULL;
	long text_n;
	int n;

	(void)state;
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &a));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &b));
	evp = evp_of(a);
	n = i2d_PrivateKey(evp, &der);
	theirs = avow_pubkey_spki(avow_privkey_public(b));
	assert_true(n > 64);
	memcpy(der + n - 64, theirs.p + theirs.n - 64, 64);
	bio = BIO_new(BIO_s_mem());
	assert_true(PEM_write_bio(bio, "EC PRIVATE KEY", "", der, n) > 0);
	text_n = BIO_get_mem_data(bio, &text);
	assert_err(AVOW_E_KEY_FORMAT,
		avow_privkey_from_pem(avow_span_make(text, (size_t)text_n), &k));
	assert_null(k);
	BIO_free(bio);
	OPENSSL_free(der);
	EVP_PKEY_free(evp);
	avow_privkey_free(a);
	avow_privkey_free(b);
}

static void
refuses_private_keys_that_are_not_ours(void **state)
{
	struct avow_privkey *k = NULL;

	(void)state;
	assert_err(AVOW_E_KEY_FORMAT, avow_privkey_from_pem(AVOW_LIT(""), &k));
	assert_err(AVOW_E_KEY_FORMAT, avow_privkey_from_pem(AVOW_LIT("hello"), &k));
	/* RFC 8410 10.3: an Ed25519 key */
	assert_err(AVOW_E_KEY_TYPE,
		avow_privkey_from_pem(AVOW_LIT("-----BEGIN PRIVATE KEY-----\n"
					       "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fd"
					       "p+K06/nwoy/HU++CXqI9EdVhC\n"
					       "-----END PRIVATE KEY-----\n"),
			&k));
	assert_null(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_points_of_three_curves),
		cmocka_unit_test(refuses_points_off_the_curve),
		cmocka_unit_test(refuses_points_of_another_length_or_type),
		cmocka_unit_test(generated_keys_survive_pem),
		cmocka_unit_test(refuses_to_generate_other_sizes),
		cmocka_unit_test(rsa_numbers_make_the_same_key),
		cmocka_unit_test(an_rsa_keys_parts_are_its_numbers),
		cmocka_unit_test(refuses_rsa_numbers_by_size_and_parity),
		cmocka_unit_test(refuses_a_modulus_of_the_roca_kind),
		cmocka_unit_test(refuses_other_public_key_infos),
		cmocka_unit_test(refuses_malformed_rsa_infos),
		cmocka_unit_test(an_exponent_with_its_top_bit_survives),
		cmocka_unit_test(reads_traditional_pem_and_no_encrypted_one),
		cmocka_unit_test(refuses_a_public_half_of_another_key),
		cmocka_unit_test(refuses_private_keys_that_are_not_ours),
	};

	return cmocka_run_group_tests_name("crypto/key", tests, NULL, NULL);
}
