/*
 * store/sqlite under faults: a process that is killed while it writes, many
 * writers at once, and every allocation of SQLite failing in its turn.
 */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* --- kill -9 --------------------------------------------------------------------------- */

/* Sets policies as fast as it can; tells each version only once acknowledged. */
static void
write_until_killed(int out)
{
	if (avow_store_open_sqlite(dir, &store, NULL) != AVOW_OK)
		_exit(1);
	for (;;) {
		char text[64];
		int64_t version;

		snprintf(text, sizeof(text), "by %d", (int)getpid());
		if (set_policy(text, AVOW_STORE_ANY_VERSION, &version) != AVOW_OK)
			_exit(2);
		if (write(out, &version, sizeof(version)) != sizeof(version))
			_exit(3);
	}
}

/* Versions are 1..n without a hole, each whole, and n is at least `told`. */
static int64_t
check_history(int64_t told)
{
	struct avow_store_policy *all;
	size_t n;

	open_store();
	avow_arena_reset(&arena);
	assert_ok(avow_store_policy_history(store, DEFAULT, SGX, 0, &arena, &all, &n));
	assert_true((int64_t)n >= told);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(n - i, all[i].version);
		assert_true(avow_span_starts(all[i].text, AVOW_LIT("by ")));
		assert_span_str("j.w.t", all[i].jwt);
	}
	avow_store_close(store);
	store = NULL;
	return (int64_t)n;
}

static void
kill_9_loses_no_acknowledged_change(void **state)
{
	int64_t last = 0;

	(void)state;
	for (int round = 0; round < 20; round++) {
		int64_t version = 0, told = last;
		int fds[2];
		pid_t pid;

		assert_int_equal(0, pipe(fds));
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			close(fds[0]);
			write_until_killed(fds[1]);
		}
		close(fds[1]);
		for (int i = 0; i < 1 + round % 7; i++) {
			assert_int_equal(sizeof(version),
				read(fds[0], &version, sizeof(version)));
			told = version;
		}
		assert_int_equal(0, kill(pid, SIGKILL));
		while (read(fds[0], &version, sizeof(version)) == sizeof(version))
			told = version;
		close(fds[0]);
		assert_int_equal(pid, waitpid(pid, NULL, 0));
		last = check_history(told);
	}
}

/* --- many writers ------------------------------------------------------------------------ */

#define THREADS 8
#define EACH 20

struct writer {
	pthread_t thread;
	int number, ok, conflicts;
};

static void *
write_some(void *ctx)
{
	struct writer *w = ctx;

	for (int i = 0; i < EACH; i++) {
		char type[16];
		struct avow_store_policy_change c = change_to("x", i);

		snprintf(type, sizeof(type), "T%d", w->number);
		c.type = avow_span_str(type);
		w->ok += avow_store_policy_change(store, &c, NULL) == AVOW_OK;
		/* a wrong change in the same batch is undone alone */
		c.replaces = 1000;
		w->conflicts +=
			avow_store_policy_change(store, &c, NULL) == AVOW_E_CONFLICT;
	}
	return NULL;
}

static void
writers_share_commits_and_no_faults(void **state)
{
	struct writer w[THREADS] = {0};
	struct avow_store_provider p;

	(void)state;
	open_store();
	for (int i = 0; i < THREADS; i++) {
		w[i].number = i;
		assert_int_equal(
			0, pthread_create(&w[i].thread, NULL, write_some, &w[i]));
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(0, pthread_join(w[i].thread, NULL));
		assert_int_equal(EACH, w[i].ok);
		assert_int_equal(EACH, w[i].conflicts);
	}
	assert_ok(avow_store_provider_get(store, DEFAULT, &arena, &p));
	assert_int_equal(1 + THREADS * EACH, p.change);
}

static void *
read_some(void *ctx)
{
	struct writer *w = ctx;
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(1));
	for (int i = 0; i < 200; i++) {
		struct avow_store_policy p;

		avow_arena_reset(&a);
		w->ok +=
			avow_store_policy_get(store, DEFAULT, SGX, &a, &p) == AVOW_OK &&
			avow_span_eq_str(p.text, "x");
	}
	avow_arena_clear(&a);
	return NULL;
}

static void
more_readers_than_connections_take_turns(void **state)
{
	struct writer w[2 * AVOW_MAX_READERS] = {0};

	(void)state;
	open_store();
	assert_ok(set_policy("x", 0, NULL));
	for (size_t i = 0; i < 2 * AVOW_MAX_READERS; i++)
		assert_int_equal(
			0, pthread_create(&w[i].thread, NULL, read_some, &w[i]));
	for (size_t i = 0; i < 2 * AVOW_MAX_READERS; i++) {
		assert_int_equal(0, pthread_join(w[i].thread, NULL));
		assert_int_equal(200, w[i].ok);
	}
	assert_true(((struct avow_sqlite *)store)->n_readers <= AVOW_MAX_READERS);
}

/* --- SQLite's memory ---------------------------------------------------------------------- */

static sqlite3_mem_methods real;
static long allocations_left = -1; /* -1: no fault */
static bool has_failed;

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

static void *
faulty_malloc(int n)
{
	return may_allocate() ? real.xMalloc(n) : NULL;
}

static void *
faulty_realloc(void *p, int n)
{
	return may_allocate() ? real.xRealloc(p, n) : NULL;
}

static int
install_faults(void **state)
{
	sqlite3_mem_methods faulty;

	(void)state;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) != SQLITE_OK)
		return -1;
	faulty = real;
	faulty.xMalloc = faulty_malloc;
	faulty.xRealloc = faulty_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty) == SQLITE_OK ? 0 : -1;
}

static bool
is_fault(enum avow_err e)
{
	return e == AVOW_E_NO_MEMORY || avow_err_class(e) == AVOW_CLASS_STORE;
}

static void
set_both(void *ctx)
{
	enum avow_err *e = ctx;

	e[0] = set_policy("first of two", AVOW_STORE_ANY_VERSION, NULL);
	e[1] = set_policy("second of two", AVOW_STORE_ANY_VERSION, NULL);
}

/* Two changes in one commit. */
static enum avow_err
two_together(void)
{
	enum avow_err done[2] = {AVOW_OK, AVOW_OK};
	enum avow_err e = avow_store_together(store, set_both, done);

	if (e == AVOW_OK)
		e = done[0] != AVOW_OK ? done[0] : done[1];
	return e;
}

static enum avow_err
look(const char *text)
{
	struct avow_store_policy p;
	struct avow_store *view;
	enum avow_err e = avow_store_view(store, &view);

	if (e == AVOW_OK) {
		e = avow_store_policy_get(view, DEFAULT, SGX, &arena, &p);
		if (e == AVOW_OK)
			assert_span_str(text, p.text);
		avow_store_close(view);
	}
	return e;
}

/* Open, set, read, close; OK only when all of it was right. */
static enum avow_err
whole_round(const char *text)
{
	struct avow_store_policy p;
	enum avow_err e = avow_store_open_sqlite(dir, &store, NULL);

	if (e == AVOW_OK)
		e = two_together();
	if (e == AVOW_OK)
		e = set_policy(text, AVOW_STORE_ANY_VERSION, NULL);
	if (e == AVOW_OK)
		e = look(text);
	if (e == AVOW_OK) {
		e = get(&p);
		if (e == AVOW_OK)
			assert_span_str(text, p.text);
	}
	avow_store_close(store);
	store = NULL;
	return e;
}

/* Whatever allocation fails from then on: an error of the right class, never a
 * wrong answer, and the next round with memory is as if nothing had been. */
static void
every_allocation_may_fail(void **state)
{
	long n = 0, failures = 0;

	(void)state;
	assert_ok(whole_round("start"));
	for (;; n += 1 + n / 40) {
		char text[32];
		enum avow_err e;

		snprintf(text, sizeof(text), "round %ld", n);
		has_failed = false;
		allocations_left = n;
		e = whole_round(text);
		allocations_left = -1;
		if (e != AVOW_OK) {
			if (!is_fault(e))
				fail_msg("%s at %ld", avow_err_name(e), n);
			failures++;
			assert_ok(whole_round("between"));
		}
		if (!has_failed)
			break;
	}
	assert_true(failures > 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define F(f) cmocka_unit_test_setup_teardown(f, set_up_folder, tear_down)
		F(kill_9_loses_no_acknowledged_change),
		F(writers_share_commits_and_no_faults),
		F(more_readers_than_connections_take_turns),
		F(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, install_faults, NULL);
}
