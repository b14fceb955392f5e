/* store: several changes that become durable in one commit, and several reads of
 * one moment. */
#include "fixture.h"

struct sets {
	enum avow_err first, second, third;
	enum avow_err seen; /* what a reader gets meanwhile */
	bool was_run;
};

static void
set_three(void *ctx)
{
	struct sets *s = ctx;
	struct avow_store_policy p;

	s->was_run = true;
	s->first = set_policy("one", 0, NULL);
	s->second = set_policy("of an old view", 0, NULL);
	s->seen = get(&p);
	s->third = set_policy("two", 1, NULL);
}

static void
changes_together_are_seen_together(void **state)
{
	struct sets s = {.was_run = false};
	struct avow_store_policy *all;
	size_t n;

	(void)state;
	assert_ok(avow_store_together(store, set_three, &s));
	assert_ok(s.first);
	assert_err(AVOW_E_CONFLICT, s.second); /* undone alone */
	assert_err(AVOW_E_NOT_FOUND, s.seen);
	assert_ok(s.third);
	assert_ok(avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_int_equal(2, n);
	assert_span_str("two", all[0].text);
	assert_span_str("one", all[1].text);
}

static void
nothing_is_run_where_nothing_can_be_written(void **state)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct sets sets = {.was_run = false};
	struct avow_store *reader;
	sqlite3 *other;

	(void)state;
	assert_ok(avow_store_open_sqlite_to_read(dir, &reader, &why));
	assert_err(AVOW_E_READ_ONLY, avow_store_together(reader, set_three, &sets));
	avow_store_close(reader);
	sqlite3_busy_timeout(s->writer->handle, 0);
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &other));
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	assert_err(AVOW_E_STORE_BUSY, avow_store_together(store, set_three, &sets));
	sqlite3_close(other);
	assert_false(sets.was_run);
	assert_ok(avow_store_together(store, set_three, &sets));
	assert_true(sets.was_run);
}

/* SQLite undoes the whole transaction where it must, as when a disk is full. */
static void
set_over_a_rollback(void *ctx)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct sets *sets = ctx;

	sets->first = set_policy("one", 0, NULL);
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(s->writer->handle, "ROLLBACK", 0, 0, 0));
	sets->second = set_policy("two", AVOW_STORE_ANY_VERSION, NULL);
}

static void
what_comes_behind_a_rollback_is_not_done_alone(void **state)
{
	struct sets s = {.was_run = false};
	struct avow_store_policy p;

	(void)state;
	assert_err(AVOW_E_STORE, avow_store_together(store, set_over_a_rollback, &s));
	assert_ok(s.first);
	assert_err(AVOW_E_STORE, s.second);
	assert_err(AVOW_E_NOT_FOUND, get(&p));
	assert_ok(set_policy("after", 0, NULL));
}

/* Denies what undoes one change of several. */
static int
deny_rollback_to(void *ctx, int action, const char *what, const char *name,
	const char *db, const char *by)
{
	(void)ctx;
	(void)name;
	(void)db;
	(void)by;
	return action == SQLITE_SAVEPOINT && strcmp(what, "ROLLBACK") == 0 ? SQLITE_DENY
									   : SQLITE_OK;
}

static enum avow_err
half_a_change(struct avow_db *db, void *ctx)
{
	(void)ctx;
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(db->handle,
				   "INSERT INTO fact VALUES ('half', '')", 0, 0, 0));
	assert_int_equal(
		SQLITE_OK, sqlite3_set_authorizer(db->handle, deny_rollback_to, NULL));
	return AVOW_E_CONFLICT;
}

static void
set_and_fail(void *ctx)
{
	struct sets *s = ctx;

	s->first = set_policy("one", 0, NULL);
	s->second = avow_write((struct avow_sqlite *)store, half_a_change, NULL);
}

static void
what_cannot_be_undone_alone_is_not_committed(void **state)
{
	struct avow_sqlite *db = (struct avow_sqlite *)store;
	struct sets s = {.was_run = false};
	struct avow_store_policy p;
	struct avow_span value;

	(void)state;
	assert_err(AVOW_E_STORE, avow_store_together(store, set_and_fail, &s));
	assert_ok(s.first); /* told by the writer as not done: api/writer.c */
	assert_err(AVOW_E_STORE, s.second);
	sqlite3_set_authorizer(db->writer->handle, NULL, NULL);
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_fact_get(store, AVOW_LIT("half"), &arena, &value));
	assert_err(AVOW_E_NOT_FOUND, get(&p));
	assert_ok(set_policy("after", 0, NULL));
}

/* --- a view ---------------------------------------------------------------------------- */

static void
a_view_shows_one_moment(void **state)
{
	struct avow_store_policy p;
	struct avow_store *view;
	int64_t before, now;

	(void)state;
	assert_ok(set_policy("one", 0, NULL));
	assert_ok(avow_store_view(store, &view));
	assert_ok(avow_store_generation(view, &before));
	assert_ok(set_policy("two", 1, NULL));
	assert_ok(avow_store_generation(view, &now));
	assert_int_equal(before, now);
	assert_ok(avow_store_policy_get(view, DEFAULT, SGX, &arena, &p));
	assert_span_str("one", p.text);
	assert_err(AVOW_E_READ_ONLY,
		avow_store_audit_add(view, &(struct avow_audit){.at_s = 1}));
	avow_store_close(view);
	assert_ok(get(&p));
	assert_span_str("two", p.text);
}

/* Each gives its connection back, and what is read by it then is of now. */
static void
views_take_turns_with_readers(void **state)
{
	struct avow_store_policy p;
	struct avow_store *view;

	(void)state;
	for (int i = 0; i < 3 * AVOW_MAX_READERS; i++) {
		assert_ok(avow_store_view(store, &view));
		avow_store_close(view);
		assert_ok(set_policy("more", i, NULL));
		assert_ok(get(&p));
		assert_int_equal(i + 1, p.version);
	}
	assert_int_equal(1, ((struct avow_sqlite *)store)->n_readers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(changes_together_are_seen_together),
		T(nothing_is_run_where_nothing_can_be_written),
		T(what_comes_behind_a_rollback_is_not_done_alone),
		T(what_cannot_be_undone_alone_is_not_committed),
		T(a_view_shows_one_moment),
		T(views_take_turns_with_readers),
	};

	return cmocka_run_group_tests_name("store/together", tests, NULL, NULL);
}
