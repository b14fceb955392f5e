/*
 * token without memory: each of our allocations fails in its turn. The answer
 * is then an error, nothing is left in the output, and the next try is as if
 * nothing had been.
 */
#include "fixture.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static long allocations_left = -1; /* -1: no fault */
static bool has_failed;

static int
begin(void **state)
{
	allocations_left = -1;
	return set_up(state);
}

static bool
may_allocate(void)
{
	if (allocations_left < 0)
		return true;
	if (allocations_left == 0) {
		has_failed = true;
		return false;
	}
	allocations_left--;
	return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
	return may_allocate() ? __real_malloc(n) : NULL;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return may_allocate() ? __real_calloc(n, size) : NULL;
}

void *
__wrap_realloc(void *p, size_t n)
{
	return may_allocate() ? __real_realloc(p, n) : NULL;
}

/* Runs `once` with the first, second, third... allocation failing until none
 * does; returns how many failed. */
static int fail_each(enum avow_err (*once)(void))
{
	int failures = 0;

	for (long n = 0;; n++) {
		enum avow_err e;

		has_failed = false;
		allocations_left = n;
		e = once();
		allocations_left = -1;
		if (!has_failed) {
			assert_ok(e);
			return failures;
		}
		/* a fault that did not matter is fine; a wrong code is not */
		if (e != AVOW_OK && e != AVOW_E_NO_MEMORY && e != AVOW_E_CRYPTO &&
			avow_err_class(e) != AVOW_CLASS_STORE)
			fail_msg("%s at %ld", avow_err_name(e), n);
		failures += e != AVOW_OK;
	}
}

static enum avow_err
make_once(void)
{
	enum avow_err e;

	avow_buf_clear(&token);
	avow_arena_clear(&arena);
	avow_claims_init(&service, &arena);
	avow_claims_init(&issued, &arena);
	avow_claims_add_string(&service, AVOW_CLAIM_NONCE, AVOW_LIT("n"));
	issue_str("tee", "sgx");
	issue("j", AVOW_VALUE_JSON, "{\"b\":1,\"a\":2}", 0);
	e = avow_token_make(issuer, &spec, &arena, &token, &why);
	if (e != AVOW_OK)
		assert_int_equal(0, token.n);
	return e;
}

static void
a_token_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(fail_each(make_once) >= 5);
	take_apart();
	has("x-ms-policy", "{\"j\":{\"a\":2,\"b\":1},\"tee\":\"sgx\"}");
}

static enum avow_err
issuer_once(void)
{
	struct avow_token_issuer *i;
	enum avow_err e = avow_token_issuer_new(keys, AVOW_LIT(ISS), &i);

	assert_true((e == AVOW_OK) == (i != NULL));
	avow_buf_clear(&token);
	if (e == AVOW_OK)
		e = avow_token_certs(i, T0, &token);
	if (e == AVOW_OK)
		e = avow_token_metadata(i, T0, &token);
	avow_token_issuer_free(i);
	return e;
}

static void
an_issuer_is_made_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_true(fail_each(issuer_once) >= 5);
}

/* --- the key file ------------------------------------------------------------------------ */

static char dir[64];

static const char *
path_in(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static enum avow_err
keys_once(void)
{
	const struct avow_keys_options opts = {AVOW_SIG_ES256_RAW, 86400, 28800};
	struct avow_keys *k;
	enum avow_err e = avow_keys_open(dir, &opts, T0, &k, &why);

	assert_true((e == AVOW_OK) == (k != NULL));
	if (e == AVOW_OK)
		e = avow_keys_rotate(dir, &opts, T0, true, NULL, &why);
	avow_keys_free(k);
	return e;
}

static void
a_key_set_survives_a_lack_of_memory(void **state)
{
	char kid[AVOW_KID_TEXT] = "";
	struct avow_keys *k;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/avow-keys-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_ok(keys_once());
	assert_ok(avow_keys_read(dir, &k, &why));
	memcpy(kid, avow_keys_info(k, 0, T0).kid, sizeof(kid));
	avow_keys_free(k);
	assert_true(fail_each(keys_once) >= 5);
	assert_ok(avow_keys_read(dir, &k, &why));
	assert_string_equal(kid, avow_keys_info(k, 0, T0).kid);
	avow_keys_free(k);
	unlink(path_in("keys/keys.json"));
	unlink(path_in("keys/lock"));
	rmdir(path_in("keys"));
	assert_int_equal(0, rmdir(dir));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, begin, tear_down)
		T(a_token_is_made_whole_or_not_at_all),
		T(an_issuer_is_made_whole_or_not_at_all),
		T(a_key_set_survives_a_lack_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
