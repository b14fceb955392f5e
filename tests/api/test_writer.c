/* api/writer: work is done once, beside the caller, and can be waited for. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "api/writer.h"

struct piece {
	struct avow_writing writing; /* first */
	atomic_int runs;
	enum avow_err gives;
	bool was_elsewhere;
	pthread_t caller;
};

static struct avow_writer *w;

static int
set_up(void **state)
{
	(void)state;
	return avow_writer_new(&w) != AVOW_OK;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_writer_free(w);
	return 0;
}

static enum avow_err
run(struct avow_writing *writing)
{
	struct piece *p = (struct piece *)(void *)writing;

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
more_work_than_threads_is_all_done(void **state)
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
	}
}

/* Two pieces that each wait for the other are done by two threads at a time, as
 * changes that share a commit need it. */
static pthread_barrier_t both;

static enum avow_err
meet(struct avow_writing *writing)
{
	(void)writing;
	pthread_barrier_wait(&both);
	return AVOW_OK;
}

static void
pieces_run_at_the_same_time(void **state)
{
	struct avow_writing one = {.run = meet}, two = {.run = meet};

	(void)state;
	assert_int_equal(0, pthread_barrier_init(&both, NULL, 2));
	avow_writer_start(w, &one, NULL, 0);
	avow_writer_start(w, &two, NULL, 0);
	avow_writer_join(w, &one);
	avow_writer_join(w, &two);
	pthread_barrier_destroy(&both);
}

#define F(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		F(work_is_done_once_and_its_result_is_kept),
		F(more_work_than_threads_is_all_done),
		F(pieces_run_at_the_same_time),
	};

	return cmocka_run_group_tests_name("api/writer", tests, NULL, NULL);
}
