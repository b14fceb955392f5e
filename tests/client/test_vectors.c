/*
 * libavow on what others made: every token that the real service signed in the
 * recordings verifies under the key set recorded beside it, and Wycheproof's
 * sets of keys and its JWS cases. A Wycheproof case counts as accepted when its
 * signature held, which shows in the payload being looked at: it is no JSON.
 */
#include "support.h"

#include <dirent.h>

#include "base/file.h"
#include "base/limits.h"
#include "client/client.h"

static struct avow_arena arena;

static int
setup(void **state)
{
	(void)state;
	avow_arena_init(&arena, 512 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	avow_arena_clear(&arena);
	return 0;
}

/* A file in the arena, NUL-terminated. */
static struct avow_span
load(const char *name)
{
	const char *path = vector_path(name);
	struct avow_buf b;
	struct avow_span s;

	avow_buf_init(&b, 16 << 20);
	assert_non_null(path);
	assert_ok(avow_file_read(path, &b));
	s = avow_arena_copy(&arena, avow_buf_span(&b));
	avow_buf_clear(&b);
	return s;
}

static const struct avow_json *
load_json(const char *name)
{
	const struct avow_json *j = NULL;

	assert_ok(avow_json_parse(load(name), NULL, &arena, &j, NULL));
	return j;
}

static const char *
text_of(const struct avow_json *o, const char *name)
{
	struct avow_span s;

	assert_ok(avow_json_need_string(o, name, &s, NULL));
	return (const char *)avow_arena_copy(&arena, s).p;
}

/* --- recordings ---------------------------------------------------------------------- */

#define FOLDER "maa-azure-sdk-cpp"

static void
judge_exchange(const char *name, unsigned *signed_n, unsigned *unsigned_n)
{
	const struct avow_json *root = load_json(name);
	const struct avow_json *body =
		avow_json_get(avow_json_get(root, "response"), "body");
	const struct avow_json *jwks = avow_json_get(root, "jwks");
	const struct avow_json *claims =
		avow_json_get(avow_json_get(root, "decoded"), "claims");
	struct avow_verify_options o = {.nonce = NULL};
	struct avow_problem why = {.code = ""};
	char path[256];
	enum avow_verdict verdict;

	if (!jwks || !avow_json_get(body, "token"))
		return;
	snprintf(path, sizeof(path), FOLDER "/%.*s", AVOW_FMT(jwks->string));
	assert_ok(avow_json_need_int(claims, "iat", 0, INT64_MAX, &o.now_s, NULL));
	verdict = avow_token_verify_offline(text_of(body, "token"),
		text_of(claims, "iss"), (const char *)load(path).p, &o, NULL, &why);
	if (verdict == AVOW_VERDICT_VERIFIED) {
		(*signed_n)++;
		return;
	}
	assert_string_equal("token_algorithm", why.code);
	assert_string_equal("none", why.got);
	(*unsigned_n)++;
}

static void
verifies_the_real_service_s_tokens(void **state)
{
	const char *root = getenv("AVOW_VECTORS");
	unsigned signed_n = 0, unsigned_n = 0;
	struct dirent *e;
	char path[512];
	DIR *dir;

	(void)state;
	if (!vector_path(FOLDER "/MANIFEST.md"))
		skip();
	snprintf(path, sizeof(path), "%s/" FOLDER, root);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		if (strncmp(e->d_name, "attest-", 7) && strncmp(e->d_name, "policy", 6))
			continue;
		snprintf(path, sizeof(path), FOLDER "/%s", e->d_name);
		if (strstr(path, ".json"))
			judge_exchange(path, &signed_n, &unsigned_n);
	}
	closedir(dir);
	print_message("# %u signed, %u of draft policies\n", signed_n, unsigned_n);
	assert_true(signed_n > 20);
	assert_int_equal(4, unsigned_n);
}

/* --- Wycheproof ------------------------------------------------------------------------- */

static const struct client_expect ANY = {.now_s = 1700000000};

static bool
signature_held(const char *token, struct avow_span jwks)
{
	struct avow_span payload;
	struct avow_why why;
	enum avow_err err;

	avow_why_init(&why);
	err = client_check(avow_span_str(token), jwks, &ANY, &arena, &payload, &why);
	assert_true(err != AVOW_OK); /* they have no iss */
	if (err == AVOW_E_TOKEN_ISSUER)
		return true;
	return err == AVOW_E_TOKEN_FORMAT && strcmp(why.source, "RFC 7519 7.2") == 0;
}

static bool
is_mac(struct avow_span jwks)
{
	return avow_span_find(jwks, AVOW_LIT("\"oct\"")) < jwks.n;
}

/* Sets of keys: none with a MAC is ours to accept. */
static void
judges_wycheproof_key_sets(void **state)
{
	const struct avow_json *groups;
	unsigned accepted = 0;

	(void)state;
	if (!vector_path("suites/wycheproof/json_web_key_test.json"))
		skip();
	groups = avow_json_get(
		load_json("suites/wycheproof/json_web_key_test.json"), "testGroups");
	for (size_t g = 0; g < groups->count; g++) {
		const struct avow_json *set =
			avow_json_get(&groups->items[g], "public");
		const struct avow_json *tests =
			avow_json_get(&groups->items[g], "tests");

		if (!set)
			set = avow_json_get(&groups->items[g], "private");
		for (size_t i = 0; i < tests->count; i++) {
			const struct avow_json *t = &tests->items[i];
			bool valid = strcmp(text_of(t, "result"), "valid") == 0;
			bool held = signature_held(text_of(t, "jws"), set->raw);

			assert_int_equal(valid && !is_mac(set->raw), held);
			accepted += held;
		}
	}
	assert_int_equal(1, accepted); /* RSA; the other four are MACs */
}

/* As a key set of one. We refuse four that the suite calls valid, RFC 7520 figures
 * 20 and 27 each twice: their keys say PS256 over PS384 and "ES521", and the key's
 * algorithm is the only one that counts here. */
static void
judges_wycheproof_signatures(void **state)
{
	const struct avow_json *groups;
	unsigned accepted = 0, by_choice = 0;

	(void)state;
	if (!vector_path("suites/wycheproof/json_web_signature_test.json"))
		skip();
	groups = avow_json_get(
		load_json("suites/wycheproof/json_web_signature_test.json"),
		"testGroups");
	for (size_t g = 0; g < groups->count; g++) {
		const struct avow_json *jwk =
			avow_json_get(&groups->items[g], "public");
		const struct avow_json *tests =
			avow_json_get(&groups->items[g], "tests");
		struct avow_buf set;

		if (!jwk)
			jwk = avow_json_get(&groups->items[g], "private");
		avow_buf_init(&set, 65536);
		avow_buf_put_str(&set, "{\"keys\":[");
		avow_buf_put(&set, jwk->raw);
		avow_buf_put_str(&set, "]}");
		for (size_t i = 0; i < tests->count; i++) {
			const struct avow_json *t = &tests->items[i];
			bool valid = strcmp(text_of(t, "result"), "valid") == 0;
			bool held =
				signature_held(text_of(t, "jws"), avow_buf_span(&set));

			assert_false(held && !valid);
			assert_false(held && is_mac(jwk->raw));
			accepted += held;
			by_choice += valid && !held && !is_mac(jwk->raw);
		}
		avow_buf_clear(&set);
	}
	assert_int_equal(32, accepted);
	assert_int_equal(4, by_choice);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verifies_the_real_service_s_tokens),
		cmocka_unit_test(judges_wycheproof_key_sets),
		cmocka_unit_test(judges_wycheproof_signatures),
	};

	return cmocka_run_group_tests_name("client/vectors", tests, setup, teardown);
}
