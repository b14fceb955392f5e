/*
 * The embedded store: DATA/avow.db. Opening, the pool of readers, and the
 * table of functions; what is read and written is in sqlite_provider.c,
 * sqlite_policy.c, sqlite_cert.c, sqlite_audit.c, sqlite_collateral.c and
 * sqlite_misc.c, how changes are committed in sqlite_write.c.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "avow.db"

/* --- readers ------------------------------------------------------------------------- */

enum avow_err
avow_reader(struct avow_sqlite *s, struct avow_db **out)
{
	enum avow_err e = AVOW_OK;

	pthread_mutex_lock(&s->readers_lock);
	while (!s->readers && s->n_readers == AVOW_MAX_READERS)
		pthread_cond_wait(&s->reader_back, &s->readers_lock);
	*out = s->readers;
	if (*out)
		s->readers = (*out)->next;
	else
		s->n_readers++;
	pthread_mutex_unlock(&s->readers_lock);
	if (*out)
		return AVOW_OK;
	e = avow_db_open(s->path, true, out);
	if (e != AVOW_OK) {
		pthread_mutex_lock(&s->readers_lock);
		s->n_readers--;
		pthread_cond_signal(&s->reader_back);
		pthread_mutex_unlock(&s->readers_lock);
	}
	return e;
}

void
avow_reader_done(struct avow_sqlite *s, struct avow_db *db)
{
	pthread_mutex_lock(&s->readers_lock);
	db->next = s->readers;
	s->readers = db;
	pthread_cond_signal(&s->reader_back);
	pthread_mutex_unlock(&s->readers_lock);
}

/* --- whole reads ---------------------------------------------------------------- */

enum avow_err
avow_read(struct avow_store *store, enum avow_sql sql, struct avow_read *out)
{
	*out = (struct avow_read){.s = (struct avow_sqlite *)store};
	AVOW_TRY(avow_reader(out->s, &out->db));
	out->q = avow_query(out->db, sql);
	return AVOW_OK;
}

enum avow_err
avow_read_one(struct avow_read *r, avow_row_fn *row, struct avow_arena *a, void *out)
{
	bool found = avow_step(&r->q);
	enum avow_err e;

	if (found)
		row(&r->q, a, out);
	e = avow_query_end(&r->q);
	avow_reader_done(r->s, r->db);
	return e == AVOW_OK && !found ? AVOW_E_NOT_FOUND : e;
}

enum avow_err
avow_read_all(struct avow_read *r, avow_row_fn *row, size_t size, struct avow_arena *a,
	void *out, size_t *n)
{
	enum avow_err e = avow_query_all(&r->q, row, size, a, out, n);

	avow_reader_done(r->s, r->db);
	return e;
}

/* --- life ------------------------------------------------------------------------------ */

static void
clear(struct avow_sqlite *s)
{
	pthread_mutex_destroy(&s->readers_lock);
	pthread_cond_destroy(&s->reader_back);
	pthread_mutex_destroy(&s->jobs_lock);
	pthread_cond_destroy(&s->jobs_done);
	free(s->path);
	free(s);
}

/* A connection that cannot end its transaction would show that moment for ever. */
static void
end_view(struct avow_sqlite *s)
{
	struct avow_db *db = s->readers;

	if (avow_run(db, AVOW_SQL_COMMIT) == AVOW_OK) {
		avow_reader_done(s->of, db);
		return;
	}
	avow_db_close(db);
	pthread_mutex_lock(&s->of->readers_lock);
	s->of->n_readers--;
	pthread_cond_signal(&s->of->reader_back);
	pthread_mutex_unlock(&s->of->readers_lock);
}

static void
close_store(struct avow_store *store)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;

	if (s->of) {
		end_view(s);
		clear(s);
		return;
	}
	while (s->readers) {
		struct avow_db *db = s->readers;

		s->readers = db->next;
		avow_db_close(db);
	}
	avow_db_close(s->writer); /* the last one folds the WAL into the file */
	clear(s);
}

static const struct avow_store_ops OPS = {
	.close = close_store,
	.view = avow_sqlite_view,
	.together = avow_sqlite_together,
	.generation = avow_sqlite_generation,
	.provider_get = avow_sqlite_provider_get,
	.provider_list = avow_sqlite_provider_list,
	.provider_create = avow_sqlite_provider_create,
	.provider_update = avow_sqlite_provider_update,
	.provider_delete = avow_sqlite_provider_delete,
	.policy_get = avow_sqlite_policy_get,
	.policy_history = avow_sqlite_policy_history,
	.policy_change = avow_sqlite_policy_change,
	.cert_list = avow_sqlite_cert_list,
	.cert_add = avow_sqlite_cert_add,
	.cert_remove = avow_sqlite_cert_remove,
	.audit_add = avow_sqlite_audit_add,
	.audit_list = avow_sqlite_audit_list,
	.fact_get = avow_sqlite_fact_get,
	.fact_add = avow_sqlite_fact_add,
	.collateral_put = avow_sqlite_collateral_put,
	.collateral_list = avow_sqlite_collateral_list,
	.collateral_state = avow_sqlite_collateral_state,
	.machine_seen = avow_sqlite_machine_seen,
	.machine_list = avow_sqlite_machine_list,
	.machine_get = avow_sqlite_machine_get,
	.machine_states = avow_sqlite_machine_states,
	.machine_silence = avow_sqlite_machine_silence,
	.challenge_use = avow_sqlite_challenge_use,
	.key_put = avow_sqlite_key_put,
	.key_list = avow_sqlite_key_list,
};

/* SQLite would make it with the umask's mode; its other files take over ours. */
static bool
make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static enum avow_err
refuse(struct avow_why *why, enum avow_err code, const char *expected, const char *path)
{
	static const struct avow_at at = {"store", "data", "docs/operate.md"};

	avow_refuse(why, code, &at, expected, NULL);
	avow_why_document(why, "%s", path);
	return code;
}

static enum avow_err
set_path(struct avow_sqlite *s, const char *data_dir)
{
	size_t n = strlen(data_dir) + sizeof("/" NAME);

	s->path = malloc(n);
	if (!s->path)
		return AVOW_E_NO_MEMORY;
	snprintf(s->path, n, "%s/" NAME, data_dir);
	return AVOW_OK;
}

static enum avow_err
open_store(struct avow_sqlite *s, const char *data_dir, struct avow_why *why)
{
	enum avow_err e;

	AVOW_TRY(set_path(s, data_dir));
	if (mkdir(data_dir, 0700) != 0 && errno != EEXIST)
		return refuse(why, AVOW_E_STORE, "a folder that can be made", data_dir);
	if (!make_file(s->path))
		return refuse(why, AVOW_E_STORE, "a file that can be written", s->path);
	e = avow_db_open(s->path, false, &s->writer);
	if (e == AVOW_OK)
		e = avow_db_migrate(s->writer, s->path, why);
	if (e != AVOW_OK && (!why || why->code == AVOW_OK))
		refuse(why, e, "a usable database", s->path);
	return e;
}

/* No writer: avow_write refuses. */
static enum avow_err
open_reader(struct avow_sqlite *s, const char *data_dir, struct avow_why *why)
{
	struct avow_db *db;
	enum avow_err e;

	AVOW_TRY(set_path(s, data_dir));
	if (access(s->path, R_OK) != 0)
		return refuse(why, AVOW_E_STORE, "a file that can be read", s->path);
	e = avow_reader(s, &db);
	if (e == AVOW_OK) {
		e = avow_db_check_schema(db, s->path, why);
		avow_reader_done(s, db);
	}
	if (e != AVOW_OK && (!why || why->code == AVOW_OK))
		refuse(why, e, "a usable database", s->path);
	return e;
}

static struct avow_sqlite *
make(void)
{
	struct avow_sqlite *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->store.ops = &OPS;
	s->last_job = &s->first_job;
	pthread_mutex_init(&s->readers_lock, NULL);
	pthread_cond_init(&s->reader_back, NULL);
	pthread_mutex_init(&s->jobs_lock, NULL);
	pthread_cond_init(&s->jobs_done, NULL);
	return s;
}

/* A store whose pool is one reader, which is inside a transaction. */
enum avow_err
avow_sqlite_view(struct avow_store *store, struct avow_store **out)
{
	struct avow_sqlite *of = (struct avow_sqlite *)store, *s;
	struct avow_db *db;
	enum avow_err e;

	AVOW_TRY(avow_reader(of, &db));
	s = make();
	e = s ? avow_run(db, AVOW_SQL_BEGIN_READING) : AVOW_E_NO_MEMORY;
	if (e != AVOW_OK) {
		avow_reader_done(of, db);
		if (s)
			clear(s);
		return e;
	}
	s->of = of;
	s->n_readers = AVOW_MAX_READERS;
	db->next = NULL;
	s->readers = db;
	*out = &s->store;
	return AVOW_OK;
}

static enum avow_err
open_by(enum avow_err (*how)(struct avow_sqlite *, const char *, struct avow_why *),
	const char *data_dir, struct avow_store **out, struct avow_why *why)
{
	struct avow_sqlite *s = make();
	enum avow_err e;

	*out = NULL;
	if (!s)
		return AVOW_E_NO_MEMORY;
	e = how(s, data_dir, why);
	if (e != AVOW_OK) {
		close_store(&s->store);
		return e;
	}
	*out = &s->store;
	return AVOW_OK;
}

enum avow_err
avow_store_open_sqlite(
	const char *data_dir, struct avow_store **out, struct avow_why *why)
{
	return open_by(open_store, data_dir, out, why);
}

enum avow_err
avow_store_open_sqlite_to_read(
	const char *data_dir, struct avow_store **out, struct avow_why *why)
{
	return open_by(open_reader, data_dir, out, why);
}
