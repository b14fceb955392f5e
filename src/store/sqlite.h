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
	struct avow_sqlite *of; /* a view's store; a view has one reader, no writer */

	pthread_mutex_t readers_lock;
	pthread_cond_t reader_back;
	struct avow_db *readers; /* idle ones */
	size_t n_readers; /* opened */

	pthread_mutex_t jobs_lock;
	pthread_cond_t jobs_done;
	struct avow_job *first_job, **last_job;
	bool is_writing; /* somebody leads a batch */
	pthread_t leader; /* who, while is_writing */
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
void avow_bind_blob(struct avow_query *q, int at, struct avow_span s);
void avow_bind_int(struct avow_query *q, int at, int64_t v);
/** True when there is a row. */
bool avow_step(struct avow_query *q);
/** A copy in the arena; empty on error (which sticks). */
struct avow_span avow_column_text(struct avow_query *q, int at, struct avow_arena *a);
struct avow_span avow_column_blob(struct avow_query *q, int at, struct avow_arena *a);
int64_t avow_column_int(struct avow_query *q, int at);
enum avow_err avow_query_end(struct avow_query *q) AVOW_CHECKED;
/** Read the row that q stands on; spans go into the arena. */
typedef void avow_row_fn(struct avow_query *q, struct avow_arena *a, void *out);
/** All rows that are left, in an array of the arena; ends the statement.
 *  @param out where a pointer to rows of `size` goes; written on success alone. */
enum avow_err avow_query_all(struct avow_query *q, avow_row_fn *row, size_t size,
	struct avow_arena *a, void *out, size_t *n) AVOW_CHECKED;
/** A statement without values or rows. */
enum avow_err avow_run(struct avow_db *db, enum avow_sql sql) AVOW_CHECKED;

/** Rows changed by the last statement. */
int64_t avow_changed(struct avow_db *db);

/** Bring the schema up to date; AVOW_E_STORE_SCHEMA when it is not ours or
 *  newer than we are. */
enum avow_err avow_db_migrate(
	struct avow_db *db, const char *path, struct avow_why *why) AVOW_CHECKED;

/** Look at the schema and change nothing. AVOW_E_STORE_SCHEMA when it is not
 *  exactly ours. */
enum avow_err avow_db_check_schema(
	struct avow_db *db, const char *path, struct avow_why *why) AVOW_CHECKED;

/* --- readers and the writer ------------------------------------------------------------ */

/** A reader, waiting when all are in use; give it back with avow_reader_done. */
enum avow_err avow_reader(struct avow_sqlite *s, struct avow_db **out) AVOW_CHECKED;
void avow_reader_done(struct avow_sqlite *s, struct avow_db *db);

/** A query on a reader: what is bound to q belongs to the statement; ended, and the
 *  reader given back, by avow_read_one or avow_read_all. */
struct avow_read {
	struct avow_sqlite *s;
	struct avow_db *db;
	struct avow_query q;
};

/** Nothing is owned on error. */
enum avow_err avow_read(struct avow_store *store, enum avow_sql sql,
	struct avow_read *out) AVOW_CHECKED;
/** The first row. @param out the row's own struct, also written when a column of it
 *  cannot be read. @return AVOW_OK; AVOW_E_NOT_FOUND: there is none. */
enum avow_err avow_read_one(struct avow_read *r, avow_row_fn *row, struct avow_arena *a,
	void *out) AVOW_CHECKED;
/** As avow_query_all. */
enum avow_err avow_read_all(struct avow_read *r, avow_row_fn *row, size_t size,
	struct avow_arena *a, void *out, size_t *n) AVOW_CHECKED;

/** A change: runs inside a transaction, undone alone when it fails. */
typedef enum avow_err avow_job_fn(struct avow_db *db, void *ctx);

/**
 * Run a change and return when it is durable. Changes of several threads that
 * wait at the same time share one commit. Returns what fn gave, or the
 * commit's error. From inside a change (avow_store_together) it is a part of that
 * one, undone alone when it fails.
 */
enum avow_err avow_write(
	struct avow_sqlite *s, avow_job_fn *fn, void *ctx) AVOW_CHECKED;

/* --- inside a change ------------------------------------------------------------------------- */

/** What a change must know of its provider. */
struct avow_provider_row {
	int64_t id, change;
	bool is_isolated, is_built_in, is_read_only;
};

/** @param change what it must be; 0: whatever. AVOW_E_NOT_FOUND, _CONFLICT. */
enum avow_err avow_db_provider(struct avow_db *db, struct avow_span name,
	int64_t change, struct avow_provider_row *out) AVOW_CHECKED;
/** Count a change under this provider, and in all. */
enum avow_err avow_db_changed(struct avow_db *db, int64_t provider) AVOW_CHECKED;
/** Add a record to the chain; r NULL: nothing. before and after override r's
 *  unless their p is NULL. */
enum avow_err avow_db_audit(struct avow_db *db, const struct avow_audit *r,
	struct avow_span before, struct avow_span after) AVOW_CHECKED;
/** avow_store_certs_hash of what is stored. */
enum avow_err avow_db_certs_hash(struct avow_db *db, int64_t provider,
	char out[AVOW_STORE_CERTS_HASH]) AVOW_CHECKED;
enum avow_err avow_db_add_cert(struct avow_db *db, int64_t provider,
	const struct avow_store_cert *cert) AVOW_CHECKED;

/* --- operations --------------------------------------------------------------------------- */

enum avow_err avow_sqlite_view(
	struct avow_store *s, struct avow_store **out) AVOW_CHECKED;
enum avow_err avow_sqlite_together(
	struct avow_store *s, void (*fn)(void *ctx), void *ctx) AVOW_CHECKED;
enum avow_err avow_sqlite_generation(struct avow_store *s, int64_t *out) AVOW_CHECKED;
enum avow_err avow_sqlite_provider_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out) AVOW_CHECKED;
enum avow_err avow_sqlite_provider_list(struct avow_store *s,
	const struct avow_store_filter *f, struct avow_arena *a,
	struct avow_store_provider **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_provider_create(struct avow_store *s,
	const struct avow_store_provider *p, const struct avow_store_cert *certs,
	size_t n_certs, const struct avow_audit *audit) AVOW_CHECKED;
enum avow_err avow_sqlite_provider_update(struct avow_store *s,
	const struct avow_store_provider *p, int64_t provider_change,
	const struct avow_audit *audit) AVOW_CHECKED;
enum avow_err avow_sqlite_provider_delete(struct avow_store *s, struct avow_span name,
	const struct avow_audit *audit) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_get(struct avow_store *s, struct avow_span provider,
	struct avow_span type, int64_t version, struct avow_arena *a,
	struct avow_store_policy *out) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_history(struct avow_store *s,
	struct avow_span provider, struct avow_span type, size_t max,
	struct avow_arena *a, struct avow_store_policy **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_policy_change(struct avow_store *s,
	const struct avow_store_policy_change *c, int64_t *version) AVOW_CHECKED;
enum avow_err avow_sqlite_cert_list(struct avow_store *s, struct avow_span provider,
	struct avow_arena *a, struct avow_store_cert **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_cert_add(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, const struct avow_store_cert *cert,
	const struct avow_audit *audit) AVOW_CHECKED;
enum avow_err avow_sqlite_cert_remove(struct avow_store *s, struct avow_span provider,
	int64_t provider_change, struct avow_span der,
	const struct avow_audit *audit) AVOW_CHECKED;
enum avow_err avow_sqlite_audit_add(
	struct avow_store *s, const struct avow_audit *r) AVOW_CHECKED;
enum avow_err avow_sqlite_audit_list(struct avow_store *s, int64_t from, size_t max,
	struct avow_arena *a, struct avow_audit **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_fact_get(struct avow_store *s, struct avow_span name,
	struct avow_arena *a, struct avow_span *out) AVOW_CHECKED;
enum avow_err avow_sqlite_fact_add(struct avow_store *s, struct avow_span name,
	struct avow_span value) AVOW_CHECKED;
enum avow_err avow_sqlite_collateral_put(struct avow_store *s,
	const struct avow_store_collateral *c, bool keep_old,
	bool *is_new) AVOW_CHECKED;
enum avow_err avow_sqlite_collateral_list(struct avow_store *s,
	const struct avow_store_collateral_filter *f, struct avow_arena *a,
	struct avow_store_collateral **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_collateral_state(
	struct avow_store *s, struct avow_store_collateral_state *out) AVOW_CHECKED;
enum avow_err avow_sqlite_machine_seen(struct avow_store *s,
	const struct avow_store_machine_seen *seen, struct avow_arena *a,
	struct avow_store_machine_change *change) AVOW_CHECKED;
enum avow_err avow_sqlite_machine_list(struct avow_store *s, struct avow_span provider,
	struct avow_span after, size_t max, struct avow_arena *a,
	struct avow_store_machine **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_machine_get(struct avow_store *s, struct avow_span provider,
	struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine *out) AVOW_CHECKED;
enum avow_err avow_sqlite_machine_states(struct avow_store *s,
	struct avow_span provider, struct avow_span machine, struct avow_arena *a,
	struct avow_store_machine_state **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_machine_silence(struct avow_store *s, int64_t before_s,
	struct avow_arena *a, struct avow_store_machine **out, size_t *n) AVOW_CHECKED;
enum avow_err avow_sqlite_challenge_use(struct avow_store *s, struct avow_span id,
	int64_t expires_s, int64_t now_s) AVOW_CHECKED;
enum avow_err avow_sqlite_key_put(
	struct avow_store *s, const struct avow_store_key *k) AVOW_CHECKED;
enum avow_err avow_sqlite_key_list(struct avow_store *s, struct avow_arena *a,
	struct avow_store_key **out, size_t *n) AVOW_CHECKED;

#endif
