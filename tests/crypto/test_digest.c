/* crypto/digest against the examples of FIPS 180-4 (NIST CSRC "Examples with
 * Intermediate Values": SHA1, SHA256, SHA384, SHA512). */
#include "support.h"

#include "base/hex.h"
#include "crypto/digest.h"

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

static const struct {
	enum avow_hash hash;
	const char *message, *digest;
} EXAMPLES[] = {
	{AVOW_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{AVOW_SHA1, TWO_BLOCKS, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
	{AVOW_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	{AVOW_SHA256, "abc",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{AVOW_SHA256, TWO_BLOCKS,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{AVOW_SHA256, "",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{AVOW_SHA384, "abc",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		"8086072ba1e7cc2358baeca134c825a7"},
	{AVOW_SHA512, "abc",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void
gives_the_published_digests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(EXAMPLES) / sizeof(EXAMPLES[0]); i++) {
		struct avow_span m = avow_span_str(EXAMPLES[i].message);
		size_t n = avow_hash_bytes(EXAMPLES[i].hash);
		uint8_t out[AVOW_MAX_DIGEST];
		char hex[2 * AVOW_MAX_DIGEST + 1];

		assert_ok(avow_digest(EXAMPLES[i].hash, &m, 1, out));
		avow_hex_encode(avow_span_make(out, n), hex);
		assert_string_equal(EXAMPLES[i].digest, hex);
	}
}

static void
joins_parts_without_a_seam(void **state)
{
	struct avow_span parts[4] = {
		AVOW_LIT("a"), {NULL, 0}, AVOW_LIT("b"), AVOW_LIT("c")};
	uint8_t whole[32], split[32], two[32], none[32], empty[32];

	(void)state;
	assert_ok(avow_sha256(AVOW_LIT("abc"), whole));
	assert_ok(avow_digest(AVOW_SHA256, parts, 4, split));
	assert_ok(avow_sha256_2(AVOW_LIT("ab"), AVOW_LIT("c"), two));
	assert_memory_equal(whole, split, 32);
	assert_memory_equal(whole, two, 32);
	assert_ok(avow_digest(AVOW_SHA256, NULL, 0, none));
	assert_ok(avow_sha256((struct avow_span){NULL, 0}, empty));
	assert_memory_equal(none, empty, 32);
}

static void
gives_the_same_without_allocating(void **state)
{
	uint8_t want[AVOW_MAX_DIGEST], got[AVOW_MAX_DIGEST], text[300];
	struct avow_span parts[3] = {{text, 0}, {text, 130}, {text + 7, 0}};

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t n = 0; n < 290; n += 7)
		for (size_t i = 0; i < AVOW_N_HASHES; i++) {
			enum avow_hash h = (enum avow_hash)i;

			parts[2].n = n;
			assert_ok(avow_digest(h, parts, 3, want));
			assert_ok(avow_digest_short(h, parts, 3, got));
			assert_memory_equal(want, got, avow_hash_bytes(h));
		}
	assert_ok(avow_digest(AVOW_SHA384, NULL, 0, want));
	assert_ok(avow_digest_short(AVOW_SHA384, NULL, 0, got));
	assert_memory_equal(want, got, 48);
	assert_err(AVOW_E_CRYPTO,
		avow_digest_short((enum avow_hash)AVOW_N_HASHES, parts, 3, got));
}

static void
refuses_a_hash_that_is_not_listed(void **state)
{
	uint8_t out[AVOW_MAX_DIGEST] = {0};

	(void)state;
	assert_int_equal(0, avow_hash_bytes((enum avow_hash)4));
	assert_err(AVOW_E_CRYPTO, avow_digest((enum avow_hash)4, NULL, 0, out));
}

static void
compares_secrets_by_length_and_bytes(void **state)
{
	(void)state;
	assert_true(avow_secret_eq(AVOW_LIT("abcd"), AVOW_LIT("abcd")));
	assert_false(avow_secret_eq(AVOW_LIT("abcd"), AVOW_LIT("abce")));
	assert_false(avow_secret_eq(AVOW_LIT("abcd"), AVOW_LIT("abc")));
	assert_true(avow_secret_eq((struct avow_span){NULL, 0}, AVOW_LIT("")));
}

static void
random_bytes_differ_between_calls(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	assert_ok(avow_random(a, sizeof(a)));
	assert_ok(avow_random(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_published_digests),
		cmocka_unit_test(joins_parts_without_a_seam),
		cmocka_unit_test(gives_the_same_without_allocating),
		cmocka_unit_test(refuses_a_hash_that_is_not_listed),
		cmocka_unit_test(compares_secrets_by_length_and_bytes),
		cmocka_unit_test(random_bytes_differ_between_calls),
	};

	return cmocka_run_group_tests_name("crypto/digest", tests, NULL, NULL);
}
