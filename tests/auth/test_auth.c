/* auth/auth: a token told once and kept as a digest; strict bearer parsing. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/file.h"

static char dir[64], path[128], told[AVOW_AUTH_TOKEN_TEXT];
static int tellings;

static bool
tell(const char *token)
{
	tellings++;
	snprintf(told, sizeof(told), "%s", token);
	return access(path, F_OK) != 0; /* before it is kept */
}

static bool
deaf(const char *token)
{
	(void)token;
	return false;
}

static int
set_up(void **state)
{
	(void)state;
	tellings = 0;
	snprintf(dir, sizeof(dir), "/tmp/avow-auth-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/management-token.sha256", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static enum avow_err
ask(struct avow_auth *a, const char *authorization, struct avow_who *who)
{
	const struct avow_credentials c = {
		.authorization = avow_span_str(authorization)};

	return avow_auth_check(
		a, &c, AVOW_RIGHT_WRITE, AVOW_LIT("default"), 0, NULL, who, NULL);
}

static enum avow_err
check(struct avow_auth *a, const char *scheme, const char *token)
{
	struct avow_who who;
	char value[256];

	snprintf(value, sizeof(value), "%s%s", scheme, token);
	return ask(a, value, &who);
}

static void
a_token_is_made_once_and_opens(void **state)
{
	struct avow_auth *a;
	struct stat st;

	(void)state;
	assert_ok(avow_auth_open(dir, tell, &a, NULL));
	assert_int_equal(1, tellings);
	assert_int_equal(43, strlen(told));
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0600, st.st_mode & 0777);
	assert_ok(check(a, "Bearer ", told));
	assert_ok(check(a, "bearer   ", told));
	avow_auth_free(a);
	assert_ok(avow_auth_open(dir, tell, &a, NULL));
	assert_int_equal(1, tellings);
	assert_ok(check(a, "Bearer ", told));
	avow_auth_free(a);
}

static void
everything_else_is_refused(void **state)
{
	static const char *const formats[] = {"", "Bearer", "Bearer ", "%s", "Basic %s",
		"Bearer\t%s", "Bearer %sA", "Bearer A%s", "Bearer %s ", "Bearer %s,",
		"Bearer %s x", "Bearer =%s", "Bearer %.42s",
		"Bearer %s=", "Bearerx %s"};
	struct avow_auth *a;

	(void)state;
	assert_ok(avow_auth_open(dir, tell, &a, NULL));
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct avow_who who;
		char value[256];
		const char *at = strstr(formats[i], "%s");

		if (strstr(formats[i], "%.42s"))
			snprintf(value, sizeof(value), "Bearer %.42s", told);
		else if (at)
			snprintf(value, sizeof(value), "%.*s%s%s",
				(int)(at - formats[i]), formats[i], told, at + 2);
		else
			snprintf(value, sizeof(value), "%s", formats[i]);
		assert_err(AVOW_E_UNAUTHORIZED, ask(a, value, &who));
		assert_int_equal(0, who.n_grants);
	}
	avow_auth_free(a);
}

static enum avow_err
may(const struct avow_who *who, unsigned rights, const char *provider)
{
	return avow_who_may(who, rights, avow_span_str(provider), NULL);
}

static void
a_role_without_the_right_is_forbidden(void **state)
{
	const struct avow_grant grant = {.rights = AVOW_RIGHT_READ};
	const struct avow_who reader = {AVOW_LIT("reader"), &grant, 1};

	(void)state;
	assert_ok(may(&reader, AVOW_RIGHT_READ, "a"));
	assert_ok(may(&reader, AVOW_RIGHT_READ, ""));
	assert_err(AVOW_E_FORBIDDEN, may(&reader, AVOW_RIGHT_WRITE, "a"));
	assert_err(AVOW_E_FORBIDDEN,
		may(&reader, AVOW_RIGHT_READ | AVOW_RIGHT_DELETE, "a"));
}

static void
a_grant_at_one_provider_says_nothing_of_another(void **state)
{
	const struct avow_grant grants[] = {{AVOW_RIGHT_READ, AVOW_LIT("one")},
		{AVOW_RIGHT_WRITE, AVOW_LIT("two")}};
	const struct avow_who who = {AVOW_LIT("x"), grants, 2};

	(void)state;
	assert_ok(may(&who, AVOW_RIGHT_READ, "one"));
	assert_ok(may(&who, AVOW_RIGHT_WRITE, "two"));
	assert_err(AVOW_E_FORBIDDEN, may(&who, AVOW_RIGHT_WRITE, "one"));
	assert_err(AVOW_E_FORBIDDEN, may(&who, AVOW_RIGHT_READ, "two"));
	assert_err(AVOW_E_FORBIDDEN, may(&who, AVOW_RIGHT_READ, "ONE"));
	/* the service as a whole is more than any one provider */
	assert_err(AVOW_E_FORBIDDEN, may(&who, AVOW_RIGHT_READ, ""));
}

static void
a_token_that_nobody_heard_is_not_kept(void **state)
{
	struct avow_auth *a;

	(void)state;
	assert_err(AVOW_E_FILE_WRITE, avow_auth_open(dir, deaf, &a, NULL));
	assert_null(a);
	assert_int_not_equal(0, access(path, F_OK));
	/* nobody to tell: it starts, and nobody may do anything */
	assert_ok(avow_auth_open(dir, NULL, &a, NULL));
	assert_err(AVOW_E_UNAUTHORIZED,
		check(a, "Bearer ", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
	avow_auth_free(a);
}

static void
a_file_that_is_no_digest_is_refused(void **state)
{
	struct avow_auth *a;

	(void)state;
	assert_ok(avow_file_write(path, AVOW_LIT(""), 0600));
	assert_err(AVOW_E_STORE_CORRUPT, avow_auth_open(dir, tell, &a, NULL));
	assert_ok(avow_file_write(path, AVOW_LIT("00ff"), 0600));
	assert_err(AVOW_E_STORE_CORRUPT, avow_auth_open(dir, tell, &a, NULL));
	assert_int_equal(0, tellings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_token_is_made_once_and_opens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			everything_else_is_refused, set_up, tear_down),
		cmocka_unit_test(a_role_without_the_right_is_forbidden),
		cmocka_unit_test(a_grant_at_one_provider_says_nothing_of_another),
		cmocka_unit_test_setup_teardown(
			a_token_that_nobody_heard_is_not_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_no_digest_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("auth/auth", tests, NULL, NULL);
}
