/*
 * Bundles: what was written is read, and every hostile one has its own code.
 * The hostile ones are signed with the right key, because a stranger's gets no
 * further than its signature: the manifest is written here by hand.
 */
#include "support.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/jose.h"
#include "trust/bundle.h"

static struct avow_privkey *key, *stranger, *rsa;
static struct avow_arena a;
static struct avow_why why;

static const char HEADER[] = "{\"alg\":\"ES256\",\"typ\":\"avow-bundle\"}";

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&a, AVOW_MIB(64));
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &key));
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &stranger));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &rsa));
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_privkey_free(key);
	avow_privkey_free(stranger);
	avow_privkey_free(rsa);
	avow_arena_clear(&a);
	return 0;
}

/* The keys are only read, and the interface takes them as shared ones. */
static struct avow_pubkey *
public_of(const struct avow_privkey *k)
{
	struct avow_pubkey *out;

	assert_ok(
		avow_pubkey_from_spki(avow_pubkey_spki(avow_privkey_public(k)), &out));
	return out;
}

static enum avow_err
read_with(const struct avow_privkey *k, struct avow_span bytes, struct avow_bundle *out)
{
	struct avow_pubkey *pub = public_of(k);
	enum avow_err e;

	avow_why_init(&why);
	e = avow_bundle_read(bytes, &pub, 1, &a, out, &why);
	avow_pubkey_free(pub);
	if (e != AVOW_OK) {
		assert_null(out->parts);
		assert_int_equal(0, out->n_parts);
	}
	return e;
}

static struct avow_span
kept(struct avow_buf *b)
{
	struct avow_span out = avow_arena_copy(&a, avow_buf_span(b));

	assert_ok(b->err);
	avow_buf_clear(b);
	return out;
}

/* --- a good one ----------------------------------------------------------------------- */

static const struct avow_span platforms[] = {
	{(const uint8_t *)"fmspc=00606a000000", 18}};
static const struct avow_bundle_part two[] = {
	{{(const uint8_t *)"a.json", 6}, {(const uint8_t *)"first", 5}},
	{{(const uint8_t *)"b.der", 5}, {(const uint8_t *)"second!", 7}}};

static struct avow_bundle
good(void)
{
	return (struct avow_bundle){.made_s = 1735689600,
		.platforms = platforms,
		.n_platforms = 1,
		.parts = two,
		.n_parts = 2};
}

static struct avow_span
written(const struct avow_privkey *k)
{
	struct avow_bundle b = good();
	struct avow_buf out;

	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	assert_ok(avow_bundle_write(&b, k, &out));
	return kept(&out);
}

static void
what_was_written_is_read(void **state)
{
	const struct avow_privkey *keys[] = {key, stranger, rsa};
	struct avow_bundle b;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_ok(read_with(keys[i], written(keys[i]), &b));
		assert_int_equal(1735689600, b.made_s);
		assert_int_equal(1, b.n_platforms);
		assert_span_str("fmspc=00606a000000", b.platforms[0]);
		assert_int_equal(2, b.n_parts);
		assert_span_str("a.json", b.parts[0].name);
		assert_span_str("second!", b.parts[1].bytes);
	}
}

static void
one_of_several_signers_is_enough(void **state)
{
	struct avow_pubkey *keys[] = {public_of(rsa), public_of(key)};
	struct avow_bundle b;

	(void)state;
	assert_ok(avow_bundle_read(written(key), keys, 2, &a, &b, NULL));
	assert_err(
		AVOW_E_INTERNAL, avow_bundle_read(written(key), keys, 0, &a, &b, NULL));
	avow_pubkey_free(keys[0]);
	avow_pubkey_free(keys[1]);
}

static void
another_key_is_refused(void **state)
{
	struct avow_bundle b;

	(void)state;
	assert_err(AVOW_E_BUNDLE_SIGNER, read_with(key, written(stranger), &b));
	assert_err(AVOW_E_BUNDLE_SIGNER, read_with(stranger, written(key), &b));
	assert_err(AVOW_E_BUNDLE_SIGNER, read_with(rsa, written(key), &b));
}

static void
every_cut_is_refused(void **state)
{
	struct avow_span whole = written(key);
	struct avow_bundle b;

	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_err(AVOW_E_BUNDLE_TRUNCATED,
			read_with(key, avow_span_slice(whole, 0, n), &b));
}

static void
every_changed_byte_is_refused(void **state)
{
	struct avow_span whole = written(key);
	uint8_t *copy = avow_arena_alloc(&a, whole.n);
	struct avow_bundle b;

	(void)state;
	memcpy(copy, whole.p, whole.n);
	for (size_t i = 0; i < whole.n; i++) {
		copy[i] ^= 0x01;
		assert_true(
			read_with(key, avow_span_make(copy, whole.n), &b) != AVOW_OK);
		copy[i] ^= 0x01;
	}
	copy[whole.n - 1] ^= 0x01;
	assert_err(
		AVOW_E_BUNDLE_HASH, read_with(key, avow_span_make(copy, whole.n), &b));
	assert_string_equal("b.der", why.document);
}

static void
bytes_behind_it_are_refused(void **state)
{
	struct avow_span whole = written(key);
	struct avow_bundle b;
	struct avow_buf out;

	(void)state;
	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	avow_buf_put(&out, whole);
	avow_buf_put_byte(&out, 0);
	assert_err(AVOW_E_BUNDLE_TRAILING, read_with(key, kept(&out), &b));
}

/* --- hostile ones, well signed ------------------------------------------------------------ */

static struct avow_span
around(const char *jws, size_t n, const char *tail)
{
	struct avow_buf out;

	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	avow_buf_put_str(&out, "AVOW-BUNDLE-1\n");
	for (int shift = 24; shift >= 0; shift -= 8)
		avow_buf_put_byte(&out, (uint8_t)(n >> shift));
	avow_buf_put(&out, avow_span_make(jws, n));
	avow_buf_put_str(&out, tail);
	return kept(&out);
}

static struct avow_span
signed_with(const char *header, const char *manifest, const char *tail)
{
	struct avow_buf jws;
	struct avow_span text;

	avow_buf_init(&jws, AVOW_MIB(8));
	assert_ok(avow_jws_sign(avow_span_str(header), avow_span_str(manifest), key,
		AVOW_SIG_ES256_RAW, &jws));
	text = kept(&jws);
	return around((const char *)text.p, text.n, tail);
}

/* A part "x" of one byte, or of what `size` says, named `name`. */
static const char *
part(const char *name, const char *size)
{
	static char out[4][512];
	static unsigned turn;
	uint8_t sha256[AVOW_SHA256_BYTES];
	char hex[2 * AVOW_SHA256_BYTES + 1];

	assert_ok(avow_sha256(AVOW_LIT("x"), sha256));
	avow_hex_encode(avow_span_make(sha256, sizeof(sha256)), hex);
	turn = (turn + 1) % 4;
	snprintf(out[turn], sizeof(out[turn]),
		"{\"name\":\"%s\",\"sha256\":\"%s\",\"size\":%s}", name, hex, size);
	return out[turn];
}

static const char *
manifest(const char *parts)
{
	static char out[4096];

	snprintf(out, sizeof(out),
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[],"
		"\"parts\":[%s]}",
		parts);
	return out;
}

static void
refused(enum avow_err code, const char *parts, const char *tail)
{
	struct avow_bundle b;

	assert_err(
		code, read_with(key, signed_with(HEADER, manifest(parts), tail), &b));
}

static void
the_manifest_of_these_tests_is_good(void **state)
{
	struct avow_bundle b;

	(void)state;
	assert_ok(
		read_with(key, signed_with(HEADER, manifest(part("a", "1")), "x"), &b));
	assert_int_equal(1, b.n_parts);
	assert_ok(read_with(key, signed_with(HEADER, manifest(""), ""), &b));
	assert_int_equal(0, b.n_parts);
}

static void
names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const names[] = {"", ".", "..", "../a", "a/b", "/etc/passwd",
		"a\\\\b", ".hidden", "-rf", "A", "a b", "a\\u0000b", "\\u00e4", "c:a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		refused(AVOW_E_BUNDLE_NAME, part(names[i], "1"), "x");
}

static void
two_parts_of_one_name_are_refused(void **state)
{
	char parts[1024];

	(void)state;
	snprintf(parts, sizeof(parts), "%s,%s", part("a", "1"), part("a", "1"));
	refused(AVOW_E_BUNDLE_DUPLICATE, parts, "xx");
}

static void
sizes_beyond_the_limit_are_refused(void **state)
{
	(void)state;
	refused(AVOW_E_BUNDLE_SIZE, part("a", "0"), "");
	refused(AVOW_E_BUNDLE_SIZE, part("a", "8388609"), "x");
	refused(AVOW_E_BUNDLE_SIZE, part("a", "9223372036854775807"), "x");
	refused(AVOW_E_BUNDLE_TRUNCATED, part("a", "8388608"), "x");
	refused(AVOW_E_BUNDLE_FORMAT, part("a", "-1"), "x");
	refused(AVOW_E_BUNDLE_FORMAT, part("a", "1.0"), "x");
	refused(AVOW_E_BUNDLE_FORMAT, part("a", "9223372036854775808"), "x");
}

static void
too_many_parts_are_refused(void **state)
{
	struct avow_bundle b;
	struct avow_buf text;

	(void)state;
	avow_buf_init(&text, AVOW_MIB(4));
	avow_buf_put_str(&text, "{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\","
				"\"platforms\":[],\"parts\":[0");
	for (unsigned i = 0; i < AVOW_MAX_BUNDLE_PARTS; i++)
		avow_buf_put_str(&text, ",0");
	avow_buf_put_str(&text, "]}");
	assert_err(AVOW_E_BUNDLE_SIZE,
		read_with(key, signed_with(HEADER, avow_buf_str(&text), ""), &b));
	avow_buf_clear(&text);
	/* a manifest that says it is larger than any */
	assert_err(AVOW_E_BUNDLE_SIZE,
		read_with(key, AVOW_LIT("AVOW-BUNDLE-1\n\xff\xff\xff\xff"), &b));
}

static void
a_part_that_is_another_is_refused(void **state)
{
	(void)state;
	refused(AVOW_E_BUNDLE_HASH, part("a", "1"), "y");
}

static void
unsigned_is_refused(void **state)
{
	/* {"alg":"none","typ":"avow-bundle"} . {} . */
	static const char none[] =
		"eyJhbGciOiJub25lIiwidHlwIjoiYXZvdy1idW5kbGUifQ.e30.";
	/* {"alg":"ES256"} without a signature, {"alg":"NONE"} with one */
	static const char empty[] = "eyJhbGciOiJFUzI1NiJ9.e30.";
	static const char folded[] = "eyJhbGciOiJOT05FIn0.e30.AAAA";
	struct avow_bundle b;

	(void)state;
	assert_err(AVOW_E_BUNDLE_UNSIGNED,
		read_with(key, around(none, sizeof(none) - 1, ""), &b));
	assert_err(AVOW_E_BUNDLE_UNSIGNED,
		read_with(key, around(empty, sizeof(empty) - 1, ""), &b));
	assert_err(AVOW_E_BUNDLE_UNSIGNED,
		read_with(key, around(folded, sizeof(folded) - 1, ""), &b));
}

/* A token of the same key, for another use, is no manifest. */
static void
a_jws_of_another_use_is_refused(void **state)
{
	const char *good_text = manifest(part("a", "1"));
	struct avow_bundle b;

	(void)state;
	assert_err(AVOW_E_BUNDLE_FORMAT,
		read_with(key,
			signed_with(
				"{\"alg\":\"ES256\",\"typ\":\"JWT\"}", good_text, "x"),
			&b));
	assert_err(AVOW_E_BUNDLE_FORMAT,
		read_with(key, signed_with("{\"alg\":\"ES256\"}", good_text, "x"), &b));
	/* an algorithm that is not the key's own */
	assert_err(AVOW_E_BUNDLE_SIGNER,
		read_with(key,
			signed_with("{\"alg\":\"HS256\",\"typ\":\"avow-bundle\"}",
				good_text, "x"),
			&b));
}

static void
a_manifest_is_exact(void **state)
{
	static const char *const texts[] = {"", "[]", "{}", "null",
		"{\"format\":2,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[],"
		"\"parts\":[]}",
		"{\"format\":1,\"made\":\"today\",\"platforms\":[],\"parts\":[]}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":{},"
		"\"parts\":[]}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[1],"
		"\"parts\":[]}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[],"
		"\"parts\":{}}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[],"
		"\"parts\":[[]]}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[]}",
		"{\"format\":1,\"made\":\"2025-01-01T00:00:00Z\",\"platforms\":[],"
		"\"parts\":[],\"x\":1}",
		"{\"format\":1,\"format\":1,\"made\":\"2025-01-01T00:00:00Z\","
		"\"platforms\":[],\"parts\":[]}"};
	struct avow_bundle b;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_err(AVOW_E_BUNDLE_FORMAT,
			read_with(key, signed_with(HEADER, texts[i], ""), &b));
	refused(AVOW_E_BUNDLE_FORMAT, "{\"name\":\"a\",\"sha256\":\"00\",\"size\":1}",
		"x");
	refused(AVOW_E_BUNDLE_FORMAT, "{\"name\":\"a\",\"size\":1}", "x");
}

static void
what_is_no_bundle_is_told(void **state)
{
	struct avow_bundle b;

	(void)state;
	assert_err(AVOW_E_BUNDLE_FORMAT, read_with(key, AVOW_LIT("PK\x03\x04"), &b));
	assert_err(AVOW_E_BUNDLE_FORMAT,
		read_with(key, AVOW_LIT("AVOW-BUNDLE-2\n\0\0\0\0"), &b));
	assert_err(AVOW_E_BUNDLE_FORMAT, read_with(key, around("...", 3, ""), &b));
}

/* --- writing ---------------------------------------------------------------------------------- */

static void
nothing_unreadable_is_written(void **state)
{
	struct avow_bundle_part parts[2] = {two[0], two[0]};
	struct avow_bundle b = good();
	struct avow_buf out;

	(void)state;
	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	b.parts = parts;
	assert_err(AVOW_E_BUNDLE_DUPLICATE, avow_bundle_write(&b, key, &out));
	parts[1].name = AVOW_LIT("../b");
	assert_err(AVOW_E_BUNDLE_NAME, avow_bundle_write(&b, key, &out));
	parts[1].name = AVOW_LIT("b");
	parts[1].bytes.n = 0;
	assert_err(AVOW_E_BUNDLE_SIZE, avow_bundle_write(&b, key, &out));
	b.n_parts = AVOW_MAX_BUNDLE_PARTS + 1;
	assert_err(AVOW_E_BUNDLE_SIZE, avow_bundle_write(&b, key, &out));
	avow_buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(one_of_several_signers_is_enough),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_changed_byte_is_refused),
		cmocka_unit_test(bytes_behind_it_are_refused),
		cmocka_unit_test(the_manifest_of_these_tests_is_good),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(two_parts_of_one_name_are_refused),
		cmocka_unit_test(sizes_beyond_the_limit_are_refused),
		cmocka_unit_test(too_many_parts_are_refused),
		cmocka_unit_test(a_part_that_is_another_is_refused),
		cmocka_unit_test(unsigned_is_refused),
		cmocka_unit_test(a_jws_of_another_use_is_refused),
		cmocka_unit_test(a_manifest_is_exact),
		cmocka_unit_test(what_is_no_bundle_is_told),
		cmocka_unit_test(nothing_unreadable_is_written),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
