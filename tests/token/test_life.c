/*
 * token/keys: a retired key stays published until the last token that it has signed
 * has expired, however long a policy lets a TPM report live (docs/keys.md).
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "token/keyset.h"
#include "token/token.h"

#define T0 INT64_C(1700000000)
#define DAY 86400
#define LONGEST (INT64_C(527040) * 60) /* report_validity_in_minutes */

static char dir[64];
static struct avow_arena arena;
static const struct avow_keys_options OPTS = {
	AVOW_SIG_ES256_RAW, DAY, AVOW_TOKEN_LIFE_S};

static int
set_up(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(4));
	snprintf(dir, sizeof(dir), "/tmp/avow-life-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	char path[96];
	struct dirent *e;
	DIR *d;

	(void)state;
	avow_arena_clear(&arena);
	snprintf(path, sizeof(path), "%s/keys", dir);
	d = opendir(path);
	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
	return rmdir(dir);
}

static struct avow_keys *
open_at(int64_t now_s)
{
	struct avow_keys *k;

	assert_ok(avow_keys_open(dir, &OPTS, now_s, &k, NULL));
	return k;
}

/* Sign a report of that life, as the attest endpoint does. */
static enum avow_err
report(struct avow_keys *k, int64_t now_s, int64_t life_s, bool is_draft,
	struct avow_why *why)
{
	struct avow_token_spec spec = {.now_s = now_s,
		.life_s = life_s,
		.is_report = true,
		.is_draft = is_draft};
	struct avow_token_issuer *issuer;
	struct avow_claims claims;
	struct avow_buf out;
	enum avow_err e;

	avow_claims_init(&claims, &arena);
	spec.claims = &claims;
	avow_buf_init(&out, AVOW_MAX_TOKEN);
	assert_ok(avow_token_issuer_new(k, AVOW_LIT("https://x.invalid"), &issuer));
	e = avow_token_make(issuer, &spec, &arena, &out, why);
	if (e != AVOW_OK)
		assert_int_equal(0, out.n);
	avow_token_issuer_free(issuer);
	avow_buf_clear(&out);
	return e;
}

/* After key 0 is replaced at `t`: is it shown at `when`, by a service that has
 * started since and knows nothing but the file? */
static bool
shown_at(int64_t t, int64_t when)
{
	struct avow_keys *k;
	bool shown;

	assert_ok(avow_keys_read(dir, &k, NULL));
	assert_int_equal(t, avow_keys_info(k, 1, when).signs_from_s);
	shown = avow_keys_is_published(k, 0, when);
	avow_keys_free(k);
	return shown;
}

static void
rotate_at(int64_t t)
{
	assert_ok(avow_keys_rotate(dir, &OPTS, t, true, NULL, NULL));
	avow_keys_free(open_at(t));
}

/* The default of every TPM policy is a day, three times a token's life. */
static void
a_retired_key_is_shown_until_its_last_report_has_expired(void **state)
{
	static const int64_t lives[] = {60, 1440 * 60, 2880 * 60 + 60, LONGEST};

	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		struct avow_keys *k = open_at(T0);

		assert_ok(report(k, T0 + 10, lives[i], false, NULL));
		avow_keys_free(k);
		rotate_at(T0 + 11);
		assert_true(shown_at(T0 + 11, T0 + 10 + lives[i]));
		/* and no longer than in whole days, so that a key goes some day */
		assert_false(shown_at(
			T0 + 11, T0 + 11 + lives[i] + DAY + AVOW_KEY_MARGIN_S));
		tear_down(state);
		set_up(state);
	}
}

static void
a_service_that_signs_no_reports_keeps_eight_hours(void **state)
{
	struct avow_keys *k = open_at(T0);

	(void)state;
	assert_ok(report(k, T0 + 10, AVOW_TOKEN_LIFE_S, false, NULL));
	assert_false(avow_keys_changed(k)); /* nothing was written */
	avow_keys_free(k);
	rotate_at(T0 + 11);
	assert_true(shown_at(T0 + 11, T0 + 11 + AVOW_TOKEN_LIFE_S));
	assert_false(
		shown_at(T0 + 11, T0 + 11 + AVOW_TOKEN_LIFE_S + AVOW_KEY_MARGIN_S));
}

static void
a_life_is_written_down_once(void **state)
{
	struct avow_keys *k = open_at(T0), *again;

	(void)state;
	assert_ok(report(k, T0, 25 * 3600, false, NULL));
	assert_true(avow_keys_changed(k));
	again = open_at(T0 + 1); /* as the service does, which sees the new file */
	assert_ok(report(again, T0 + 2, 48 * 3600, false, NULL));
	assert_ok(report(k, T0 + 2, 48 * 3600, false, NULL));
	assert_false(avow_keys_changed(again));
	avow_keys_free(k);
	avow_keys_free(again);
}

/* A set that was loaded before a rotation signs on for a moment. */
static void
a_key_that_was_just_retired_is_kept_longer_too(void **state)
{
	struct avow_keys *old = open_at(T0);

	(void)state;
	rotate_at(T0 + 11);
	assert_ok(report(old, T0 + 12, 7 * DAY, false, NULL));
	avow_keys_free(old);
	assert_true(shown_at(T0 + 11, T0 + 12 + 7 * DAY));
}

/* Denied before it is signed: nobody can hold a token that outlives its key. */
static void
a_report_whose_life_cannot_be_written_down_is_not_signed(void **state)
{
	struct avow_keys *k = open_at(T0);
	struct avow_why why;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/keys/keys.json", dir);
	assert_int_equal(0, unlink(path));
	for (int i = 0; i < 2; i++) {
		avow_why_init(&why);
		assert_err(AVOW_E_KEYS_LIFE, report(k, T0, DAY, false, &why));
		assert_err(AVOW_E_KEYS_LIFE, why.code);
		assert_non_null(strstr(why.message, "there is no signing key"));
	}
	assert_int_equal(AVOW_CLASS_STORE, avow_err_class(AVOW_E_KEYS_LIFE));
	/* a shorter one needs no file, and a draft has no signature */
	assert_ok(report(k, T0, AVOW_TOKEN_LIFE_S, false, NULL));
	assert_ok(report(k, T0, DAY, true, NULL));
	avow_keys_free(k);
}

static void
another_key_in_its_place_is_not_written_for(void **state)
{
	struct avow_keys *k = open_at(T0), *other;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/keys/keys.json", dir);
	assert_int_equal(0, unlink(path));
	other = open_at(T0);
	assert_err(AVOW_E_KEYS_LIFE, report(k, T0, DAY, false, NULL));
	assert_false(avow_keys_changed(other));
	avow_keys_free(k);
	avow_keys_free(other);
}

static void
a_set_in_memory_remembers_by_itself(void **state)
{
	struct avow_keys *k;

	(void)state;
	assert_ok(avow_keys_new(AVOW_SIG_ES256_RAW, T0, &k));
	assert_ok(report(k, T0, 3 * DAY - 5, false, NULL));
	assert_int_equal(3 * DAY, k->v[0].max_life_s);
	avow_keys_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(a_retired_key_is_shown_until_its_last_report_has_expired),
		T(a_service_that_signs_no_reports_keeps_eight_hours),
		T(a_life_is_written_down_once),
		T(a_key_that_was_just_retired_is_kept_longer_too),
		T(a_report_whose_life_cannot_be_written_down_is_not_signed),
		T(another_key_in_its_place_is_not_written_for),
		T(a_set_in_memory_remembers_by_itself),
	};

	return cmocka_run_group_tests_name("token/life", tests, NULL, NULL);
}
