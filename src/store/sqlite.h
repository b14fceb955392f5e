/*
 * The SQLite store's inside: connections with their prepared statements, one
 * writer that commits for several callers at a time, and a few readers.
 */
#ifndef AVOW_STORE_SQLITE_H
#define AVOW_STORE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/limits.h"
#include "store/store.h"

enum avow_sql {
#define X(name, sql) AVOW_SQL_##name,
#include "store/sqlite.def"
#undef X
	AVOW_SQL_COUNT
};

/** One connection; one user at a time. */
struct avow_db {
	sqlite3 *handle;
	sqlite3_stmt *statements[AVOW_SQL_COUNT]; /* prepared when first used */
	struct avow_db *next; /* in the pool of readers */
};

#define AVOW_MAX_READERS 8
#define AVOW_BUSY_MS 5000

struct avow_job;

struct avow_sqlite {
	struct avow_store store; /* first */
	char *path;

	pthread_mutex_t readers_lock;
	pthread_cond_t reader_back;
	struct avow_db *readers; /* idle ones */
	size_t n_readers; /* opened */

	pthread_mutex_t jobs_lock;
	pthread_cond_t jobs_done;
	struct avow_job *first_job, **last_job;
	bool is_writing; /* somebody leads a batch */
	struct avow_db *writer; /* the leader's while is_writing */
};

/* --- connections (sqlite_db.c) --------------------------------------------------- */

/** Open and set up. AVOW_E_STORE, _BUSY, _CORRUPT, AVOW_E_NO_MEMORY. */
enum avow_err avow_db_open(
	const char *path, bool is_reader, struct avow_db **out) AVOW_CHECKED;
/** NULL is fine. */
void avow_db_close(struct avow_db *db);
/** The code that a SQLite result means; logs what is a fault. */
enum avow_err avow_db_err(const struct avow_db *db, int rc, const char *what);

/*
 * One statement from its first bind to its end:
 *   struct avow_query q = avow_query(db, AVOW_SQL_X);
 *   avow_bind_text(&q, 1, name);
 *   while (avow_step(&q)) ...columns...
 *   e = avow_query_end(&q);
 * Errors stick; columns are read only while avow_step gave true.
 */
struct avow_query {
	struct avow_db *db;
	sqlite3_stmt *st;
	enum avow_sql sql;
	enum avow_err err;
};

struct avow_query avow_query(struct avow_db *db, enum avow_sql sql);
void avow_bind_text(struct avow_query *q, int at, struct avow_span s);
void avow_bind_int(struct avow_query *q, int at, int64_t v);
/** True when there is a row. */
bool avow_step(struct avow_query *q);
/** A copy in the arena; empty on error (which sticks). */
struct avow_span avow_column_text(struct avow_query *q, int at, struct avow_arena *a);
int64_t avow_column_int(struct avow_query *q, int at);
enum avow_err avow_query_end(struct avow_query *q) AVOW_CHECKED;
/** A statement without values or rows. */
enum avow_err avow_run(struct avow_db *db, enum avow_sql sql) AVOW_CHECKED;

/** Bring the schema up to date; AVOW_E_STORE_SCHEMA when it is not ours or
 *  newer than we are. */
enum avow_err avow_db_migrate(
	struct avow_db *db, const char *path, struct avow_why *why) AVOW_CHECKED;

/* --- readers and the writer ------------------------------------------------------------ */

/** A reader, waiting when all are in use; give it back with avow_reader_done. */
enum avow_err avow_reader(struct avow_sqlite *s, struct avow_db **out) AVOW_CHECKED;
void avow_reader_done(struct avow_sqlite *s, struct avow_db *db);

/** A change: runs inside a transaction, undone alone when it fails. */
typedef enum avow_err avow_job_fn(struct avow_db *db, void *ctx);

/**
 * Run a change and return when it is durable. Changes of several threads that
 * wait at the same time share one commit. Returns what fn gave, or the
 * commit's error.
 */
enum avow_err avow_write(
	struct avow_sqlite *s, avow_job_fn *fn, void *ctx) AVOW_CHECKED;

/* --- operations --------------------------------------------------------------------------- */

enum avow_err avow_sqlite_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_get(struct avow_store *s, struct avow_span provider,
	struct avow_span type, int64_t version, struct avow_arena *a,
	struct avow_store_policy *out) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_history(struct avow_store *s,
	struct avow_span provider, struct avow_span type, size_t max,
	struct avow_arena *a, struct avow_store_policy **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_change(struct avow_store *s,
	const struct avow_store_policy_change *c, int64_t *version) AVOW_CHECKED;
enum avow_err avow_sqlite_key_put(
	struct avow_store *s, const struct avow_store_key *k) AVOW_CHECKED;
enum avow_err avow_sqlite_key_list(struct avow_store *s, struct avow_arena *a,
	struct avow_store_key **out, size_t *n) AVOW_CHECKED;

#endif
