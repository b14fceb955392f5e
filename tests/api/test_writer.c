/* api/writer: work is done once, beside the caller, can be waited for, and is
 * durable in one commit with what waited beside it. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "api/writer.h"
#include "base/limits.h"

struct piece {
	struct avow_writing writing; /* first */
	atomic_int runs;
	enum avow_err gives;
	bool was_elsewhere, was_told;
	int64_t records_seen; /* by a reader, while it ran */
	pthread_t caller;
};

static char dir[64];
static struct avow_store *store;
static struct avow_writer *w;

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/avow-writer-XXXXXX");
	if (!mkdtemp(dir) || avow_store_open_sqlite(dir, &store, NULL) != AVOW_OK)
		return -1;
	return avow_writer_new(store, &w) != AVOW_OK;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"avow.db", "avow.db-wal", "avow.db-shm"};
	char path[128];

	(void)state;
	avow_writer_free(w);
	avow_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static struct piece *
piece_of(struct avow_writing *writing)
{
	return (struct piece *)(void *)writing;
}

static enum avow_err
run(struct avow_writing *writing)
{
	struct piece *p = piece_of(writing);

	atomic_fetch_add(&p->runs, 1);
	p->was_elsewhere = !pthread_equal(p->caller, pthread_self());
	return p->gives;
}

static void
work_is_done_once_and_its_result_is_kept(void **state)
{
	struct piece p = {.writing = {.run = run},
		.gives = AVOW_E_CONFLICT,
		.caller = pthread_self()};

	(void)state;
	avow_writer_start(w, &p.writing, NULL, 0);
	avow_writer_join(w, &p.writing);
	assert_int_equal(1, atomic_load(&p.runs));
	assert_err(AVOW_E_CONFLICT, p.writing.result);
	assert_true(p.was_elsewhere);
	avow_writer_join(w, &p.writing);
	assert_int_equal(1, atomic_load(&p.runs));
}

#define PIECES 200

static void
more_work_than_a_batch_is_all_done(void **state)
{
	static struct piece pieces[PIECES];

	(void)state;
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = (struct piece){.writing = {.run = run},
			.gives = AVOW_OK,
			.caller = pthread_self()};
		avow_writer_start(w, &pieces[i].writing, NULL, 0);
	}
	for (size_t i = 0; i < PIECES; i++) {
		avow_writer_join(w, &pieces[i].writing);
		assert_int_equal(1, atomic_load(&pieces[i].runs));
		assert_ok(pieces[i].writing.result);
	}
}

/* --- what waits together --------------------------------------------------------------- */

static int64_t
count_records(void)
{
	struct avow_audit *v;
	struct avow_arena a;
	size_t n = 0;

	avow_arena_init(&a, AVOW_MIB(1));
	assert_ok(avow_store_audit_list(store, 1, 0, &a, &v, &n));
	avow_arena_clear(&a);
	return (int64_t)n;
}

/* Holds the writer until the others wait behind it. */
static pthread_barrier_t is_held, all_wait;

static enum avow_err
hold(struct avow_writing *writing)
{
	(void)writing;
	pthread_barrier_wait(&is_held);
	pthread_barrier_wait(&all_wait);
	return AVOW_OK;
}

static enum avow_err
add_record(struct avow_writing *writing)
{
	struct piece *p = piece_of(writing);

	AVOW_TRY(avow_store_audit_add(
		store, &(struct avow_audit){.action = AVOW_LIT("test"), .at_s = 1}));
	p->records_seen = count_records();
	return AVOW_OK;
}

static void
told(struct avow_writing *writing)
{
	struct piece *p = piece_of(writing);

	p->was_told = true;
	p->records_seen = count_records() - p->records_seen;
}

static void
what_waits_together_is_one_commit(void **state)
{
	struct avow_writing first = {.run = hold};
	struct piece two[2] = {{.writing = {.run = add_record, .after = told}},
		{.writing = {.run = add_record, .after = told}}};

	(void)state;
	assert_int_equal(0, pthread_barrier_init(&is_held, NULL, 2));
	assert_int_equal(0, pthread_barrier_init(&all_wait, NULL, 2));
	avow_writer_start(w, &first, NULL, 0);
	pthread_barrier_wait(&is_held);
	avow_writer_start(w, &two[0].writing, NULL, 0);
	avow_writer_start(w, &two[1].writing, NULL, 0);
	pthread_barrier_wait(&all_wait);
	for (int i = 0; i < 2; i++) {
		avow_writer_join(w, &two[i].writing);
		assert_ok(two[i].writing.result);
		assert_true(two[i].was_told);
		/* none was there while it ran, and both when it was told */
		assert_int_equal(2, two[i].records_seen);
	}
	avow_writer_join(w, &first);
	pthread_barrier_destroy(&is_held);
	pthread_barrier_destroy(&all_wait);
}

static int forgotten; /* by the writer's thread, read when that has ended */

static void
forget(struct avow_writing *writing)
{
	(void)writing;
	forgotten++;
}

static void
what_was_abandoned_is_done_and_forgotten(void **state)
{
	struct avow_writing first = {.run = hold};
	struct piece left = {.writing = {.run = run, .forget = forget}};
	struct piece done = {.writing = {.run = run, .forget = forget}};

	(void)state;
	forgotten = 0;
	assert_int_equal(0, pthread_barrier_init(&is_held, NULL, 2));
	assert_int_equal(0, pthread_barrier_init(&all_wait, NULL, 2));
	avow_writer_start(w, &done.writing, NULL, 0);
	avow_writer_join(w, &done.writing);
	assert_true(avow_writer_abandon(w, &done.writing));
	avow_writer_start(w, &first, NULL, 0);
	pthread_barrier_wait(&is_held);
	avow_writer_start(w, &left.writing, NULL, 0);
	assert_false(avow_writer_abandon(w, &left.writing));
	pthread_barrier_wait(&all_wait);
	avow_writer_free(w); /* when all is done */
	w = NULL;
	assert_int_equal(1, atomic_load(&left.runs));
	assert_int_equal(1, forgotten);
	pthread_barrier_destroy(&is_held);
	pthread_barrier_destroy(&all_wait);
}

static void
what_cannot_be_durable_has_failed(void **state)
{
	struct avow_store *reader;
	struct avow_writer *cannot;
	struct piece p = {.writing = {.run = run, .after = told}, .gives = AVOW_OK};

	(void)state;
	assert_ok(avow_store_open_sqlite_to_read(dir, &reader, NULL));
	assert_ok(avow_writer_new(reader, &cannot));
	avow_writer_start(cannot, &p.writing, NULL, 0);
	avow_writer_join(cannot, &p.writing);
	assert_err(AVOW_E_READ_ONLY, p.writing.result);
	assert_int_equal(0, atomic_load(&p.runs));
	assert_true(p.was_told);
	avow_writer_free(cannot);
	avow_store_close(reader);
}

#define F(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		F(work_is_done_once_and_its_result_is_kept),
		F(more_work_than_a_batch_is_all_done),
		F(what_waits_together_is_one_commit),
		F(what_was_abandoned_is_done_and_forgotten),
		F(what_cannot_be_durable_has_failed),
	};

	return cmocka_run_group_tests_name("api/writer", tests, NULL, NULL);
}
