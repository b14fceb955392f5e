/*
 * token/keys: states by the clock, each step of a rotation, and a crash at
 * every system call of a change.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "token/keys.h"
#include "token/keyset.h"
#include "wire/json.h"
#include "wire/pem.h"

#define T0 INT64_C(1700000000)
#define DAY 86400
#define LIFE 28800

static char dir[64];
static struct avow_why why;
static const struct avow_keys_options OPTS = {AVOW_SIG_ES256_RAW, DAY, LIFE};
/* what `avow keys rotate` has when it is not told how long */
static const struct avow_keys_options AS_SERVICE = {
	AVOW_SIG_ES256_RAW, AVOW_KEYS_AS_SERVICE, LIFE};

/* --- crashing at the n-th step ------------------------------------------------------- */

static int steps_left = -1; /* -1: never */

static void
step(void)
{
	if (steps_left == 0)
		_exit(99);
	if (steps_left > 0)
		steps_left--;
}

#define WRAP(ret, name, params, args)                                                  \
	ret __real_##name params;                                                      \
	ret __wrap_##name params;                                                      \
	ret __wrap_##name params                                                       \
	{                                                                              \
		step();                                                                \
		return __real_##name args;                                             \
	}

WRAP(int, mkdir, (const char *p, mode_t m), (p, m))
WRAP(int, mkostemp, (char *p, int f), (p, f))
WRAP(int, fchmod, (int fd, mode_t m), (fd, m))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, rename, (const char *a, const char *b), (a, b))
WRAP(int, flock, (int fd, int op), (fd, op))
WRAP(int, unlinkat, (int fd, const char *p, int f), (fd, p, f))

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	/* torn: half of it reaches the file */
	if (steps_left == 0 && __real_write(fd, p, n / 2) < 0)
		_exit(98);
	step();
	return __real_write(fd, p, n);
}

/* --- fixture --------------------------------------------------------------------------- */

static int
set_up(void **state)
{
	(void)state;
	avow_why_init(&why);
	snprintf(dir, sizeof(dir), "/tmp/avow-keys-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static const char *
path_in(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
tear_down(void **state)
{
	DIR *d = opendir(path_in("keys"));
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path_in("keys"));
	return rmdir(dir);
}

static struct avow_keys *
open_at(int64_t now)
{
	struct avow_keys *k;

	assert_ok(avow_keys_open(dir, &OPTS, now, &k, &why));
	return k;
}

static void
states_are(int64_t now, const char *expected)
{
	char got[128] = "";
	struct avow_keys *k;

	assert_ok(avow_keys_read(dir, &k, &why));
	for (size_t i = 0; i < avow_keys_count(k); i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
			i ? " " : "",
			avow_key_state_name(avow_keys_info(k, i, now).state));
	avow_keys_free(k);
	assert_string_equal(expected, got);
}

static void
replace_file(struct avow_span text, unsigned mode)
{
	assert_ok(avow_file_write(path_in("keys/keys.json"), text, mode));
}

/* --- tests ----------------------------------------------------------------------------- */

static void
first_start_makes_a_key_that_signs(void **state)
{
	struct avow_keys *k = open_at(T0), *again;
	struct avow_key_info info = avow_keys_info(k, 0, T0);
	struct stat st;

	(void)state;
	assert_int_equal(1, avow_keys_count(k));
	assert_int_equal(AVOW_KEY_CURRENT, info.state);
	assert_int_equal(T0, info.published_s);
	assert_int_equal(T0, info.signs_from_s);
	assert_int_equal(AVOW_SIG_ES256_RAW, info.alg);
	assert_int_equal(0, stat(path_in("keys/keys.json"), &st));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(0, stat(path_in("keys"), &st));
	assert_int_equal(0700, st.st_mode & 07777);
	/* a second start finds the same key and writes nothing */
	again = open_at(T0 + 5);
	assert_string_equal(info.kid, avow_keys_info(again, 0, T0).kid);
	assert_false(avow_keys_changed(k));
	avow_keys_free(again);
	avow_keys_free(k);
}

/* vectors/README.md, fact 5, on a key that is written out here: the kid of the
 * formula, computed by hand from its PEM. */
static void
kid_is_the_tee_formula(void **state)
{
	struct avow_keys *k;
	struct avow_buf pem, kid;
	uint8_t digest[32];

	(void)state;
	assert_ok(avow_keys_new(AVOW_SIG_ES256_RAW, T0, &k));
	avow_buf_init(&pem, 4096);
	avow_buf_init(&kid, 4096);
	avow_pem_put(&pem, "PUBLIC KEY", avow_pubkey_spki(avow_keys_public(k, 0)));
	assert_memory_equal("-----BEGIN PUBLIC KEY-----\n", pem.p, 27);
	assert_memory_equal("-----END PUBLIC KEY-----\n", pem.p + pem.n - 25, 25);
	avow_buf_put_byte(&pem, 0);
	assert_ok(avow_sha256(avow_buf_span(&pem), digest));
	avow_b64_put(&kid, avow_span_make(digest, 32));
	assert_int_equal(44, kid.n);
	assert_int_equal('=', kid.p[43]);
	assert_span_str(avow_keys_info(k, 0, T0).kid, avow_buf_span(&kid));
	avow_buf_clear(&pem);
	avow_buf_clear(&kid);
	avow_keys_free(k);
}

static void
a_rotation_goes_through_all_states(void **state)
{
	struct avow_key_info info;
	struct avow_keys *k = open_at(T0), *k2;

	(void)state;
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 + 100, false, &info, &why));
	assert_int_equal(0, info.published_s);
	assert_true(avow_keys_changed(k));
	/* nobody has published it: it does not sign, however late it is */
	states_are(T0 + 100 * DAY, "current next");
	k2 = open_at(T0 + 200);
	assert_false(avow_keys_changed(k2));
	states_are(T0 + 200, "current next");
	states_are(T0 + 200 + DAY - 1, "current next");
	states_are(T0 + 200 + DAY, "retired current");
	states_are(T0 + 200 + DAY + LIFE + AVOW_KEY_MARGIN_S - 1, "retired current");
	states_are(T0 + 200 + DAY + LIFE + AVOW_KEY_MARGIN_S, "expired current");
	/* the set in memory knows by itself when to change over */
	assert_int_equal(0, avow_keys_signer(k2, T0 + 200 + DAY - 1));
	assert_int_equal(1, avow_keys_signer(k2, T0 + 200 + DAY));
	assert_true(avow_keys_is_published(k2, 0, T0 + 200 + DAY));
	assert_false(avow_keys_is_published(k2, 0, T0 + 200 + 2 * DAY));
	avow_keys_free(k2);
	/* the expired key goes at the next change */
	k2 = open_at(T0 + 3 * DAY);
	assert_int_equal(1, avow_keys_count(k2));
	assert_string_equal(info.kid, avow_keys_info(k2, 0, T0 + 3 * DAY).kid);
	avow_keys_free(k2);
	avow_keys_free(k);
}

/* A set loaded before a rotation neither signs with nor shows the new key. */
static void
never_signs_with_what_it_does_not_publish(void **state)
{
	struct avow_keys *k = open_at(T0), *k2;

	(void)state;
	assert_ok(avow_keys_rotate(dir, &OPTS, T0, false, NULL, &why));
	k2 = open_at(T0);
	for (int64_t t = T0 - DAY; t < T0 + 3 * DAY; t += 600) {
		assert_true(avow_keys_is_published(k, avow_keys_signer(k, t), t));
		assert_true(avow_keys_is_published(k2, avow_keys_signer(k2, t), t));
	}
	avow_keys_free(k);
	avow_keys_free(k2);
}

static void
a_second_rotation_waits_for_the_first(void **state)
{
	(void)state;
	avow_keys_free(open_at(T0));
	assert_ok(avow_keys_rotate(dir, &OPTS, T0, false, NULL, &why));
	assert_err(AVOW_E_KEYS_ROTATING,
		avow_keys_rotate(dir, &OPTS, T0 + 1, false, NULL, &why));
	states_are(T0 + 1, "current next");
}

/* The rotation says how long, or leaves it to the service that loads the key. */
static void
who_rotates_may_say_how_long_a_key_waits(void **state)
{
	struct avow_keys_options week = {AVOW_SIG_ES256_RAW, 7 * DAY, LIFE};
	struct avow_keys *k;

	(void)state;
	avow_keys_free(open_at(T0));
	assert_ok(avow_keys_rotate(dir, &week, T0, false, NULL, &why));
	k = open_at(T0);
	assert_int_equal(T0 + 7 * DAY, avow_keys_info(k, 1, T0).signs_from_s);
	avow_keys_free(k);
	assert_ok(avow_keys_rotate(dir, &AS_SERVICE, T0 + 8 * DAY, false, NULL, &why));
	assert_ok(avow_keys_open(dir, &week, T0 + 8 * DAY, &k, &why));
	assert_int_equal(T0 + 15 * DAY,
		avow_keys_info(k, avow_keys_count(k) - 1, T0).signs_from_s);
	avow_keys_free(k);
}

static void
at_once_signs_when_a_service_has_loaded_it(void **state)
{
	struct avow_key_info info, second;

	(void)state;
	avow_keys_free(open_at(T0));
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 + 10, true, &info, &why));
	states_are(T0 + 10, "current next");
	avow_keys_free(open_at(T0 + 20));
	states_are(T0 + 20, "retired current");
	/* a next key that is published already is used, not another made */
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 + 30, false, &info, &why));
	avow_keys_free(open_at(T0 + 40));
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 + 50, true, &second, &why));
	assert_string_equal(info.kid, second.kid);
	states_are(T0 + 50, "retired retired current");
}

static void
a_clock_that_went_back_leaves_a_signer(void **state)
{
	struct avow_keys *k = open_at(T0);

	(void)state;
	assert_int_equal(0, avow_keys_signer(k, T0 - 1000));
	assert_int_equal(AVOW_KEY_CURRENT, avow_keys_info(k, 0, T0 - 1000).state);
	avow_keys_free(k);
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 - 1000, true, NULL, &why));
	k = open_at(T0 - 1000);
	/* behind its elder, not before it */
	assert_int_equal(T0 + 1, avow_keys_info(k, 1, T0).signs_from_s);
	assert_int_equal(0, avow_keys_signer(k, T0));
	assert_int_equal(1, avow_keys_signer(k, T0 + 1));
	avow_keys_free(k);
}

static void
a_longer_token_life_keeps_a_key_longer(void **state)
{
	struct avow_keys_options longer = OPTS;
	struct avow_keys *k = open_at(T0);

	(void)state;
	avow_keys_free(k);
	longer.max_life_s = 10 * DAY;
	assert_ok(avow_keys_open(dir, &longer, T0, &k, &why));
	avow_keys_free(k);
	/* a later, shorter setting does not shorten it */
	avow_keys_free(open_at(T0));
	assert_ok(avow_keys_rotate(dir, &OPTS, T0, true, NULL, &why));
	avow_keys_free(open_at(T0 + 1));
	states_are(T0 + 1 + 10 * DAY, "retired current");
	states_are(T0 + 1 + 10 * DAY + AVOW_KEY_MARGIN_S, "expired current");
}

static void
the_algorithm_of_new_keys_is_the_setting(void **state)
{
	struct avow_keys_options es384 = {AVOW_SIG_ES384_RAW, DAY, LIFE};
	struct avow_keys_options none = {AVOW_SIG_RS1, DAY, LIFE};
	struct avow_key_info info;
	struct avow_keys *k;

	(void)state;
	assert_err(AVOW_E_KEY_TYPE, avow_keys_open(dir, &none, T0, &k, &why));
	assert_null(k);
	avow_keys_free(open_at(T0));
	assert_ok(avow_keys_open(dir, &es384, T0, &k, &why));
	assert_int_equal(AVOW_SIG_ES256_RAW, avow_keys_info(k, 0, T0).alg);
	avow_keys_free(k);
	assert_ok(avow_keys_rotate(dir, &es384, T0, false, &info, &why));
	assert_int_equal(AVOW_SIG_ES384_RAW, info.alg);
	assert_err(AVOW_E_KEY_TYPE, avow_keys_new(AVOW_SIG_ES512_RAW, T0, &k));
}

static void
holds_a_limited_number_of_keys(void **state)
{
	(void)state;
	avow_keys_free(open_at(T0));
	for (int i = 1; i < AVOW_MAX_KEYS; i++) {
		assert_ok(avow_keys_rotate(dir, &OPTS, T0 + i, true, NULL, &why));
		avow_keys_free(open_at(T0 + i));
	}
	assert_err(AVOW_E_KEYS_ROTATING,
		avow_keys_rotate(dir, &OPTS, T0 + 100, true, NULL, &why));
	/* and again when the old ones have expired */
	assert_ok(avow_keys_rotate(dir, &OPTS, T0 + DAY, true, NULL, &why));
}

static void
refuses_an_absent_set(void **state)
{
	struct avow_keys *k;

	(void)state;
	assert_err(AVOW_E_KEYS_ABSENT, avow_keys_read(dir, &k, &why));
	assert_null(k);
	assert_err(AVOW_E_KEYS_ABSENT,
		avow_keys_rotate(dir, &OPTS, T0, false, NULL, &why));
	mkdir(path_in("keys"), 0700);
	assert_err(AVOW_E_KEYS_ABSENT,
		avow_keys_rotate(dir, &OPTS, T0, false, NULL, &why));
}

static void
refuses_a_set_that_others_can_read(void **state)
{
	struct avow_keys *k = open_at(T0);

	(void)state;
	avow_keys_free(k);
	assert_int_equal(0, chmod(path_in("keys/keys.json"), 0640));
	avow_why_init(&why);
	assert_err(AVOW_E_KEYS_MODE, avow_keys_open(dir, &OPTS, T0, &k, &why));
	assert_string_equal("mode 0600", why.expected);
	assert_null(k);
	assert_err(AVOW_E_KEYS_MODE, avow_keys_read(dir, &k, NULL));
	assert_int_equal(0, chmod(path_in("keys/keys.json"), 0604));
	assert_err(AVOW_E_KEYS_MODE, avow_keys_read(dir, &k, NULL));
}

static void
refuses_what_is_no_folder(void **state)
{
	struct avow_keys *k;
	int fd = open(path_in("file"), O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	assert_err(AVOW_E_FILE_WRITE,
		avow_keys_open(path_in("file"), &OPTS, T0, &k, &why));
	unlink(path_in("file"));
	avow_keys_free(open_at(T0));
	unlink(path_in("keys/keys.json"));
	mkdir(path_in("keys/keys.json"), 0700);
	assert_err(AVOW_E_KEYS_READ, avow_keys_read(dir, &k, &why));
	rmdir(path_in("keys/keys.json"));
}

/* --- the file's text -------------------------------------------------------------------- */

static struct avow_buf text;

static void
read_text(void)
{
	avow_buf_init(&text, AVOW_MAX_KEYS_FILE);
	assert_ok(avow_file_read(path_in("keys/keys.json"), &text));
}

/* The file with one part replaced must be refused, and nothing else tried. */
static void
refuses_with(const char *part, const char *other)
{
	struct avow_span all = avow_buf_span(&text);
	size_t at = avow_span_find(all, avow_span_str(part));
	struct avow_keys *k;
	struct avow_buf b;

	if (at == all.n)
		fail_msg("no %s in the file", part);
	avow_buf_init(&b, 2 * AVOW_MAX_KEYS_FILE);
	avow_buf_put(&b, avow_span_slice(all, 0, at));
	avow_buf_put_str(&b, other);
	avow_buf_put(&b, avow_span_from(all, at + strlen(part)));
	replace_file(avow_buf_span(&b), 0600);
	avow_why_init(&why);
	if (avow_keys_open(dir, &OPTS, T0, &k, &why) != AVOW_E_KEYS_FORMAT)
		fail_msg("%s -> %s: %s", part, other, avow_err_name(why.code));
	assert_string_equal("", why.got); /* no secret in an error */
	avow_buf_clear(&b);
}

static void
refuses_a_malformed_file(void **state)
{
	(void)state;
	avow_keys_free(open_at(T0));
	read_text();
	refuses_with("{", "");
	refuses_with("\"version\":1", "\"version\":2");
	refuses_with("\"version\":1", "\"x\":1");
	refuses_with("\"version\":1", "\"version\":1,\"x\":1");
	refuses_with("\"alg\":\"ES256\"", "\"alg\":\"none\"");
	refuses_with("\"alg\":\"ES256\"", "\"alg\":\"ES384\"");
	refuses_with("\"alg\":\"ES256\"", "\"alg\":\"RS256\"");
	refuses_with("\"alg\":\"ES256\",", "");
	refuses_with("\"publish_before\":0", "\"publish_before\":-2");
	refuses_with("\"publish_before\":0", "\"publish_before\":true");
	refuses_with("\"publish_before\":0", "\"publish_before\":9000000000");
	refuses_with("\"publish_before\":0", "\"publish_before\":0,\"x\":1");
	refuses_with("\"kid\":\"", "\"kid\":\"A");
	refuses_with("\"published\":1700000000", "\"published\":0");
	refuses_with("\"signs_from\":1700000000", "\"signs_from\":0");
	refuses_with("\"created\":1700000000", "\"created\":-1");
	refuses_with("\"max_life\":28800", "\"max_life\":1.5");
	refuses_with("PRIVATE KEY-----\\n", "PRIVATE KEY-----");
	refuses_with("\"keys\":[", "\"keys\":[{},");
	avow_buf_clear(&text);
	replace_file(AVOW_LIT("{\"keys\":[],\"version\":1}"), 0600);
	assert_err(AVOW_E_KEYS_FORMAT,
		avow_keys_open(dir, &OPTS, T0, &(struct avow_keys *){NULL}, NULL));
}

static void
refuses_a_key_given_twice_and_a_set_that_cannot_sign(void **state)
{
	struct avow_span all, one;
	struct avow_buf b;
	struct avow_keys *k;

	(void)state;
	avow_keys_free(open_at(T0));
	read_text();
	all = avow_buf_span(&text);
	one = avow_span_slice(all, 9, avow_span_find(all, AVOW_LIT("],\"version")) - 9);
	avow_buf_init(&b, AVOW_MAX_KEYS_FILE);
	avow_buf_printf(&b, "{\"keys\":[%.*s,%.*s],\"version\":1}", AVOW_FMT(one),
		AVOW_FMT(one));
	replace_file(avow_buf_span(&b), 0600);
	assert_err(AVOW_E_KEYS_FORMAT, avow_keys_read(dir, &k, NULL));
	avow_buf_clear(&b);
	avow_buf_clear(&text);
	assert_ok(avow_keys_new(AVOW_SIG_ES256_RAW, T0, &k));
	k->v[0].published_s = k->v[0].signs_from_s = 0;
	avow_buf_init(&b, AVOW_MAX_KEYS_FILE);
	assert_ok(avow_keyfile_emit(k, &b));
	avow_keys_free(k);
	replace_file(avow_buf_span(&b), 0600);
	avow_buf_clear(&b);
	assert_err(AVOW_E_KEYS_FORMAT, avow_keys_read(dir, &k, NULL));
}

static void
refuses_a_file_that_is_too_large(void **state)
{
	struct avow_buf b;
	struct avow_keys *k;

	(void)state;
	avow_keys_free(open_at(T0));
	avow_buf_init(&b, 2 * AVOW_MAX_KEYS_FILE);
	assert_non_null(avow_buf_extend(&b, AVOW_MAX_KEYS_FILE + 1));
	replace_file(avow_buf_span(&b), 0600);
	avow_buf_clear(&b);
	assert_err(AVOW_E_KEYS_READ, avow_keys_read(dir, &k, NULL));
}

/* --- crashes ------------------------------------------------------------------------------ */

/* Runs a change in a child that dies before its n-th system call (a write is
 * torn); false when the child came to its end. */
static bool
crashes_at(int n, bool rotate)
{
	struct avow_keys *k;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		steps_left = n;
		if (rotate)
			_exit(avow_keys_rotate(dir, &OPTS, T0 + 9, false, NULL, NULL) !=
				AVOW_OK);
		_exit(avow_keys_open(dir, &OPTS, T0 + 9, &k, NULL) != AVOW_OK);
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 99)
		assert_int_equal(0, WEXITSTATUS(status));
	return WEXITSTATUS(status) == 99;
}

/* Nothing but the set and the lock is left once a change has been made. */
static void
no_leftovers(void)
{
	DIR *d = opendir(path_in("keys"));
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0)
			assert_string_equal("keys.json", e->d_name);
	closedir(d);
}

static void
a_crash_in_the_first_start_is_made_good_by_the_next(void **state)
{
	int n = 0;

	for (; crashes_at(n, false); n++) {
		avow_keys_free(open_at(T0));
		states_are(T0, "current");
		no_leftovers();
		tear_down(state);
		set_up(state);
	}
	assert_true(n >= 6);
}

static void
a_crash_in_a_rotation_leaves_the_old_set_or_the_new(void **state)
{
	char kid[AVOW_KID_TEXT];
	struct avow_keys *k;
	size_t with_next = 0;
	int n = 0;

	for (;; n++) {
		bool crashed;

		k = open_at(T0);
		memcpy(kid, avow_keys_info(k, 0, T0).kid, sizeof(kid));
		avow_keys_free(k);
		crashed = crashes_at(n, true);
		k = open_at(T0 + 10);
		assert_string_equal(kid, avow_keys_info(k, 0, T0 + 10).kid);
		assert_int_equal(0, avow_keys_signer(k, T0 + 10));
		assert_true(avow_keys_count(k) <= 2);
		with_next += avow_keys_count(k) == 2;
		avow_keys_free(k);
		no_leftovers();
		if (!crashed)
			break;
		tear_down(state);
		set_up(state);
	}
	assert_true(n >= 6);
	assert_true(with_next >= 2); /* after the rename, and without a crash */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(first_start_makes_a_key_that_signs),
		T(kid_is_the_tee_formula),
		T(a_rotation_goes_through_all_states),
		T(never_signs_with_what_it_does_not_publish),
		T(a_second_rotation_waits_for_the_first),
		T(who_rotates_may_say_how_long_a_key_waits),
		T(at_once_signs_when_a_service_has_loaded_it),
		T(a_clock_that_went_back_leaves_a_signer),
		T(a_longer_token_life_keeps_a_key_longer),
		T(the_algorithm_of_new_keys_is_the_setting),
		T(holds_a_limited_number_of_keys),
		T(refuses_an_absent_set),
		T(refuses_a_set_that_others_can_read),
		T(refuses_what_is_no_folder),
		T(refuses_a_malformed_file),
		T(refuses_a_key_given_twice_and_a_set_that_cannot_sign),
		T(refuses_a_file_that_is_too_large),
		T(a_crash_in_the_first_start_is_made_good_by_the_next),
		T(a_crash_in_a_rotation_leaves_the_old_set_or_the_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
