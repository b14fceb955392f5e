/*
 * Changes and their commits. A commit waits for the disk, and that wait costs
 * the same for one change as for fifty. So whoever comes while nobody writes
 * leads: it takes all that wait, runs each in a savepoint of one transaction,
 * commits once, and tells everybody. Nobody is told before the commit is
 * durable, and a change that fails is undone alone.
 *
 *   threads -> queue -> leader { BEGIN; (SAVEPOINT; change; RELEASE)*; COMMIT } -> all told
 */
#include "base/log.h"
#include "store/sqlite.h"

#define MAX_BATCH 64

struct avow_job {
	avow_job_fn *fn;
	void *ctx;
	enum avow_err err;
	bool is_done;
	struct avow_job *next;
};

/* SQLite may have done so already (a full disk, no memory). When it cannot be
 * done now, the next batch tries again before it begins. */
static enum avow_err
roll_back(struct avow_db *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return AVOW_OK;
	return avow_run(db, AVOW_SQL_ROLLBACK);
}

/* One change in its savepoint. A result other than AVOW_OK ends the batch. */
static enum avow_err
run_job(struct avow_db *db, struct avow_job *j)
{
	AVOW_TRY(avow_run(db, AVOW_SQL_SAVEPOINT));
	j->err = j->fn(db, j->ctx);
	if (sqlite3_get_autocommit(db->handle))
		return j->err != AVOW_OK ? j->err : AVOW_E_STORE;
	if (j->err != AVOW_OK)
		AVOW_TRY(avow_run(db, AVOW_SQL_ROLLBACK_TO));
	return avow_run(db, AVOW_SQL_RELEASE);
}

static void
run_batch(struct avow_db *db, struct avow_job *batch)
{
	enum avow_err e = roll_back(db);

	if (e == AVOW_OK)
		e = avow_run(db, AVOW_SQL_BEGIN);
	for (struct avow_job *j = batch; j && e == AVOW_OK; j = j->next)
		e = run_job(db, j);
	if (e == AVOW_OK)
		e = avow_run(db, AVOW_SQL_COMMIT);
	if (e == AVOW_OK)
		return;
	if (roll_back(db) != AVOW_OK)
		AVOW_LOG(AVOW_LOG_ERROR, "store_rollback_failed", AVOW_LOGI("code", e));
	for (struct avow_job *j = batch; j; j = j->next)
		if (j->err == AVOW_OK)
			j->err = e; /* not durable, so not done */
}

static struct avow_job *
take_batch(struct avow_sqlite *s)
{
	struct avow_job *batch = s->first_job, *last = batch;

	for (size_t n = 1; n < MAX_BATCH && last->next; n++)
		last = last->next;
	s->first_job = last->next;
	last->next = NULL;
	if (!s->first_job)
		s->last_job = &s->first_job;
	return batch;
}

/* Called and left with the lock; given up while the disk is waited for. */
static void
lead(struct avow_sqlite *s)
{
	struct avow_job *batch = take_batch(s), *next;

	s->is_writing = true;
	s->leader = pthread_self();
	pthread_mutex_unlock(&s->jobs_lock);
	run_batch(s->writer, batch);
	pthread_mutex_lock(&s->jobs_lock);
	s->is_writing = false;
	for (; batch; batch = next) {
		next = batch->next; /* its owner may go as soon as it is done */
		batch->is_done = true;
	}
	pthread_cond_broadcast(&s->jobs_done);
}

/* A change inside the one that this thread runs just now. Where an earlier one
 * has undone the whole transaction, a savepoint would begin another. One that
 * cannot be undone alone takes all of them with it: half of it must not be
 * committed. */
static enum avow_err
run_inside(struct avow_db *db, struct avow_job *j)
{
	enum avow_err e = AVOW_E_STORE;

	if (sqlite3_get_autocommit(db->handle))
		return e;
	e = run_job(db, j);
	if (e != AVOW_OK && roll_back(db) != AVOW_OK)
		AVOW_LOG(AVOW_LOG_ERROR, "store_rollback_failed", AVOW_LOGI("code", e));
	return e != AVOW_OK ? e : j->err;
}

enum avow_err
avow_write(struct avow_sqlite *s, avow_job_fn *fn, void *ctx)
{
	struct avow_job job = {.fn = fn, .ctx = ctx};

	if (!s->writer)
		return AVOW_E_READ_ONLY;
	pthread_mutex_lock(&s->jobs_lock);
	if (s->is_writing && pthread_equal(s->leader, pthread_self())) {
		pthread_mutex_unlock(&s->jobs_lock);
		return run_inside(s->writer, &job);
	}
	*s->last_job = &job;
	s->last_job = &job.next;
	while (!job.is_done) {
		if (s->is_writing)
			pthread_cond_wait(&s->jobs_done, &s->jobs_lock);
		else
			lead(s);
	}
	pthread_mutex_unlock(&s->jobs_lock);
	return job.err;
}

struct together {
	void (*fn)(void *ctx);
	void *ctx;
};

static enum avow_err
run_together(struct avow_db *db, void *ctx)
{
	const struct together *t = ctx;

	(void)db;
	t->fn(t->ctx);
	return AVOW_OK;
}

enum avow_err
avow_sqlite_together(struct avow_store *store, void (*fn)(void *ctx), void *ctx)
{
	struct together t = {fn, ctx};

	return avow_write((struct avow_sqlite *)store, run_together, &t);
}
