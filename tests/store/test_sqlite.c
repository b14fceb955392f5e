/* store/sqlite: what is stored comes back, versions, conflicts, and faults. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"

/* --- opening ----------------------------------------------------------------------- */

static void
a_new_store_has_the_default_provider(void **state)
{
	struct avow_store_provider p;
	struct stat st;

	(void)state;
	assert_ok(avow_store_provider_get(store, DEFAULT, &arena, &p));
	assert_span_str("default", p.name);
	assert_int_equal(1, p.change);
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_provider_get(store, AVOW_LIT("Default"), &arena, &p));
	assert_int_equal(0, p.name.n);
	assert_int_equal(0, stat(path_in("avow.db"), &st));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(0, stat(path_in("avow.db-wal"), &st));
	assert_int_equal(0600, st.st_mode & 07777);
}

static void
makes_its_folder(void **state)
{
	char sub[160];
	struct avow_store *other;
	struct stat st;

	(void)state;
	snprintf(sub, sizeof(sub), "%s", path_in("sub"));
	assert_ok(avow_store_open_sqlite(sub, &other, &why));
	avow_store_close(other);
	assert_int_equal(0, stat(sub, &st));
	assert_int_equal(0700, st.st_mode & 07777);
	unlink(path_in("sub/avow.db"));
	assert_int_equal(0, rmdir(sub));
}

static void
refuses_a_place_that_is_no_folder(void **state)
{
	struct avow_store *other;

	(void)state;
	assert_err(
		AVOW_E_STORE, avow_store_open_sqlite(path_in("avow.db"), &other, &why));
	assert_null(other);
	avow_why_init(&why);
	assert_err(
		AVOW_E_STORE, avow_store_open_sqlite("/nonexistent/a/b", &other, &why));
	assert_string_equal("/nonexistent/a/b", why.document);
}

static void
exec_sql(const char *sql)
{
	sqlite3 *h;

	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &h));
	assert_int_equal(SQLITE_OK, sqlite3_exec(h, sql, NULL, NULL, NULL));
	sqlite3_close(h);
}

static void
refuses_a_newer_schema(void **state)
{
	(void)state;
	avow_store_close(store);
	exec_sql("INSERT INTO schema_migration VALUES (9999, 'later')");
	avow_why_init(&why);
	assert_err(AVOW_E_STORE_SCHEMA, avow_store_open_sqlite(dir, &store, &why));
	assert_string_equal("9999", why.got);
	assert_null(store);
	/* nothing was changed: the right Avow still opens it */
	exec_sql("DELETE FROM schema_migration WHERE version = 9999");
	open_store();
}

static void
refuses_another_programs_database(void **state)
{
	(void)state;
	exec_sql("CREATE TABLE theirs (x)");
	assert_err(AVOW_E_STORE_SCHEMA, avow_store_open_sqlite(dir, &store, &why));
	exec_sql("SELECT x FROM theirs");
}

static void
refuses_a_file_that_is_no_database(void **state)
{
	uint8_t junk[8192];

	(void)state;
	memset(junk, 0x5a, sizeof(junk));
	assert_ok(avow_file_write(
		path_in("avow.db"), avow_span_make(junk, sizeof(junk)), 0600));
	assert_err(AVOW_E_STORE_CORRUPT, avow_store_open_sqlite(dir, &store, &why));
	assert_err(AVOW_E_STORE_CORRUPT, why.code);
}

static void
migrations_that_were_applied_are_not_again(void **state)
{
	struct avow_store_policy p;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	for (int i = 0; i < 3; i++) {
		avow_store_close(store);
		open_store();
	}
	assert_ok(get(&p));
	assert_span_str("one", p.text);
}

/* --- policies ------------------------------------------------------------------------- */

static void
a_policy_comes_back_as_it_was_set(void **state)
{
	struct avow_store_policy_change c = change_to("a \"b\" 'c'; \xc3\xa9", 0);
	struct avow_store_policy p;
	int64_t version;

	(void)state;
	assert_err(AVOW_E_NOT_FOUND, get(&p));
	c.policy.signer = AVOW_LIT("{\"kty\":\"RSA\"}");
	assert_ok(avow_store_policy_change(store, &c, &version));
	assert_int_equal(1, version);
	assert_ok(get(&p));
	assert_int_equal(1, p.version);
	assert_int_equal(AVOW_POLICY_SET, p.event);
	assert_span_str("a \"b\" 'c'; \xc3\xa9", p.text);
	assert_span_str("j.w.t", p.jwt);
	assert_span_str("hash", p.hash);
	assert_span_str("{\"kty\":\"RSA\"}", p.signer);
	assert_int_equal(1700000000, p.set_s);
	assert_span_str("ann", p.set_by);
}

/* mistakes.md, 16: names are values, never SQL */
static void
names_are_never_sql(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);
	struct avow_store_policy p;

	(void)state;
	c.type = AVOW_LIT("x'); DROP TABLE policy; --");
	c.policy.set_by = AVOW_LIT("';\0\"--");
	assert_ok(avow_store_policy_change(store, &c, NULL));
	assert_ok(avow_store_policy_get(store, DEFAULT, c.type, &arena, &p));
	assert_span(c.policy.set_by, p.set_by);
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_policy_get(
			store, AVOW_LIT("default' OR '1'='1"), c.type, &arena, &p));
	assert_err(AVOW_E_NOT_FOUND, get(&p));
}

static void
versions_are_kept_and_the_last_is_in_force(void **state)
{
	struct avow_store_policy p, *all;
	struct avow_store_policy_change reset = change_to("", 2);
	size_t n;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	assert_ok(set_policy("two", 1, NULL));
	reset.policy = (struct avow_store_policy){.event = AVOW_POLICY_RESET};
	assert_ok(avow_store_policy_change(store, &reset, NULL));
	assert_ok(get(&p));
	assert_int_equal(3, p.version);
	assert_int_equal(AVOW_POLICY_RESET, p.event);
	assert_int_equal(0, p.text.n);
	assert_ok(avow_store_policy_version(store, DEFAULT, SGX, 1, &arena, &p));
	assert_span_str("one", p.text);
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_policy_version(store, DEFAULT, SGX, 4, &arena, &p));
	assert_ok(avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_int_equal(3, n);
	assert_int_equal(3, all[0].version);
	assert_span_str("two", all[1].text);
	assert_ok(avow_store_policy_history(store, DEFAULT, SGX, 2, &arena, &all, &n));
	assert_int_equal(2, n);
	assert_int_equal(2, all[1].version);
	assert_ok(avow_store_policy_history(
		store, DEFAULT, AVOW_LIT("Tpm"), 0, &arena, &all, &n));
	assert_int_equal(0, n);
}

static void
a_long_history_comes_whole(void **state)
{
	struct avow_store_policy *all;
	size_t n;

	(void)state;
	for (int i = 0; i < 50; i++)
		assert_ok(set_policy("x", i, NULL));
	assert_ok(avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_int_equal(50, n);
	for (int i = 0; i < 50; i++)
		assert_int_equal(50 - i, all[i].version);
}

static void
a_change_from_an_old_view_is_refused(void **state)
{
	struct avow_store_policy p;
	struct avow_store_provider r;
	int64_t version = 7;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	assert_err(AVOW_E_CONFLICT, set_policy("late", 0, &version));
	assert_int_equal(0, version);
	assert_err(AVOW_E_CONFLICT, set_policy("late", 2, NULL));
	assert_ok(get(&p));
	assert_span_str("one", p.text);
	assert_ok(avow_store_provider_get(store, DEFAULT, &arena, &r));
	assert_int_equal(2, r.change);
	assert_ok(set_policy("two", AVOW_STORE_ANY_VERSION, &version));
	assert_int_equal(2, version);
	assert_ok(avow_store_provider_get(store, DEFAULT, &arena, &r));
	assert_int_equal(3, r.change);
}

static void
a_change_of_no_provider_is_refused(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);

	(void)state;
	c.provider = AVOW_LIT("nobody");
	assert_err(AVOW_E_NOT_FOUND, avow_store_policy_change(store, &c, NULL));
}

/* --- keys ---------------------------------------------------------------------------------- */

static void
keys_are_remembered(void **state)
{
	struct avow_store_key k = {AVOW_LIT("kid1="), AVOW_LIT("RS256"), 5, 6, 7, 0};
	struct avow_store_key *all;
	size_t n;

	(void)state;
	assert_ok(avow_store_key_list(store, &arena, &all, &n));
	assert_int_equal(0, n);
	assert_ok(avow_store_key_put(store, &k));
	k.unpublished_s = 99;
	assert_ok(avow_store_key_put(store, &k));
	k.kid = AVOW_LIT("kid0=");
	k.created_s = 4;
	assert_ok(avow_store_key_put(store, &k));
	assert_ok(avow_store_key_list(store, &arena, &all, &n));
	assert_int_equal(2, n);
	assert_span_str("kid0=", all[0].kid);
	assert_span_str("kid1=", all[1].kid);
	assert_int_equal(99, all[1].unpublished_s);
	assert_int_equal(5, all[1].created_s);
	for (int i = 0; i < 40; i++) {
		char kid[16];

		snprintf(kid, sizeof(kid), "k%d", i);
		k.kid = avow_span_str(kid);
		assert_ok(avow_store_key_put(store, &k));
	}
	assert_ok(avow_store_key_list(store, &arena, &all, &n));
	assert_int_equal(42, n);
}

/* --- faults: bug 39, a fault of the store is never told as bad evidence ---------------- */

static void
a_busy_store_is_said_to_be_busy(void **state)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_store_policy p;
	sqlite3 *other;

	(void)state;
	sqlite3_busy_timeout(s->writer->handle, 0);
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &other));
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	assert_err(AVOW_E_STORE_BUSY, set_policy("x", 0, NULL));
	assert_int_equal(AVOW_CLASS_STORE, avow_err_class(AVOW_E_STORE_BUSY));
	assert_err(AVOW_E_NOT_FOUND, get(&p)); /* readers go on */
	sqlite3_close(other);
	assert_ok(set_policy("x", 0, NULL));
}

/* A full disk: nothing of the change is there, and the store goes on after. */
static void
a_full_disk_undoes_the_change(void **state)
{
	struct rlimit old, small;
	struct avow_store_policy p;
	struct avow_store_policy_change c = change_to("", 1);
	uint8_t *big = calloc(1, AVOW_MIB(1));

	(void)state;
	memset(big, 'x', AVOW_MIB(1));
	assert_ok(set_policy("before", 0, NULL));
	c.policy.text = avow_span_make(big, AVOW_MIB(1));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 256 * 1024;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_err(AVOW_E_STORE, avow_store_policy_change(store, &c, NULL));
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(AVOW_CLASS_STORE, avow_err_class(AVOW_E_STORE));
	assert_ok(get(&p));
	assert_span_str("before", p.text);
	assert_ok(avow_store_policy_change(store, &c, NULL));
	assert_ok(get(&p));
	assert_int_equal(AVOW_MIB(1), p.text.n);
	free(big);
}

static void
a_row_that_cannot_be_is_told_as_corrupt(void **state)
{
	struct avow_store_policy p, *all;
	size_t n;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	exec_sql("PRAGMA ignore_check_constraints = ON;"
		 "DROP TRIGGER policy_is_never_changed;"
		 "UPDATE policy SET event = 'other'");
	assert_err(AVOW_E_STORE_CORRUPT, get(&p));
	assert_int_equal(0, p.version);
	assert_err(AVOW_E_STORE_CORRUPT,
		avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_null(all);
	assert_int_equal(AVOW_CLASS_STORE, avow_err_class(AVOW_E_STORE_CORRUPT));
}

static void
a_table_that_is_gone_is_a_fault(void **state)
{
	struct avow_store_key *all;
	size_t n;

	(void)state;
	exec_sql("DROP TABLE signing_key");
	assert_err(AVOW_E_STORE, avow_store_key_list(store, &arena, &all, &n));
	assert_err(
		AVOW_E_STORE, avow_store_key_put(store, &(struct avow_store_key){0}));
}

static void
an_arena_that_is_full_is_told(void **state)
{
	struct avow_store_policy p, *all;
	struct avow_store_provider r;
	struct avow_store_key *keys;
	size_t n;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	assert_ok(avow_store_key_put(store, &(struct avow_store_key){0}));
	arena.max = arena.used;
	assert_err(AVOW_E_TOO_LARGE, get(&p));
	assert_err(AVOW_E_TOO_LARGE,
		avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_err(
		AVOW_E_TOO_LARGE, avow_store_provider_get(store, DEFAULT, &arena, &r));
	assert_err(AVOW_E_TOO_LARGE, avow_store_key_list(store, &arena, &keys, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define F(f) cmocka_unit_test_setup_teardown(f, set_up_folder, tear_down)
		T(a_new_store_has_the_default_provider),
		T(makes_its_folder),
		T(refuses_a_place_that_is_no_folder),
		T(refuses_a_newer_schema),
		F(refuses_another_programs_database),
		F(refuses_a_file_that_is_no_database),
		T(migrations_that_were_applied_are_not_again),
		T(a_policy_comes_back_as_it_was_set),
		T(names_are_never_sql),
		T(versions_are_kept_and_the_last_is_in_force),
		T(a_long_history_comes_whole),
		T(a_change_from_an_old_view_is_refused),
		T(a_change_of_no_provider_is_refused),
		T(keys_are_remembered),
		T(a_busy_store_is_said_to_be_busy),
		T(a_full_disk_undoes_the_change),
		T(a_row_that_cannot_be_is_told_as_corrupt),
		T(a_table_that_is_gone_is_a_fault),
		T(an_arena_that_is_full_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
