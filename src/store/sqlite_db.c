/*
 * One SQLite connection: how it is set up, and the only way that statements
 * are run. SQLite's results become our codes here and nowhere else; a fault of
 * the store is class STORE, so that it is never told as bad evidence.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/sqlite.h"

static const char *const SQL[AVOW_SQL_COUNT] = {
#define X(name, sql) [AVOW_SQL_##name] = sql,
#include "store/sqlite.def"
#undef X
};

enum avow_err
avow_db_err(const struct avow_db *db, int rc, const char *what)
{
	int extended = db && db->handle ? sqlite3_extended_errcode(db->handle) : rc;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return AVOW_OK;
	case SQLITE_NOMEM:
		return AVOW_E_NO_MEMORY;
	default:
		break;
	}
	AVOW_LOG(AVOW_LOG_ERROR, "store_fault", AVOW_LOGS("statement", what),
		AVOW_LOGI("sqlite", extended));
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return AVOW_E_STORE_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_MISMATCH:
	case SQLITE_CONSTRAINT:
		return AVOW_E_STORE_CORRUPT;
	default:
		return AVOW_E_STORE;
	}
}

/* --- set up ------------------------------------------------------------------------- */

/*
 * WAL and FULL: a commit is on the disk before it is acknowledged
 * (sqlite.org/pragma.html, synchronous). trusted_schema: a schema that was
 * tampered with cannot call functions.
 */
static const char SETTINGS[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA cell_size_check = ON;"
			       "PRAGMA temp_store = MEMORY;";

static int
set_up(sqlite3 *h, bool is_reader)
{
	int rc = sqlite3_busy_timeout(h, AVOW_BUSY_MS);

	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(h, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_db_config(h, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_limit(h, SQLITE_LIMIT_ATTACHED, 0);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(h, SETTINGS, NULL, NULL, NULL);
	if (rc == SQLITE_OK && is_reader)
		rc = sqlite3_exec(h, "PRAGMA query_only = ON", NULL, NULL, NULL);
	return rc;
}

/* Where WAL cannot be had (some network file systems) SQLite goes on without,
 * and says so only here. */
static int
check_wal(sqlite3 *h)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(h, "PRAGMA journal_mode", -1, &st, NULL);
	bool ok = false;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		ok = avow_span_eq_str(
			avow_span_str((const char *)sqlite3_column_text(st, 0)), "wal");
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return rc;
	return ok ? SQLITE_OK : SQLITE_IOERR_LOCK;
}

/* SQLite's account of its memory, which nobody reads, is kept under one mutex
 * for all connections. It can be left out before the first is opened. */
static void
keep_no_account(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum avow_err
avow_db_open(const char *path, bool is_reader, struct avow_db **out)
{
	const int flags =
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct avow_db *db = calloc(1, sizeof(*db));
	enum avow_err e;
	int rc;

	*out = NULL;
	pthread_once(&once, keep_no_account);
	if (!db)
		return AVOW_E_NO_MEMORY;
	rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
	if (rc == SQLITE_OK)
		rc = set_up(db->handle, is_reader);
	if (rc == SQLITE_OK)
		rc = check_wal(db->handle);
	e = avow_db_err(db, rc, "open");
	if (e != AVOW_OK) {
		avow_db_close(db);
		return e;
	}
	*out = db;
	return AVOW_OK;
}

void
avow_db_close(struct avow_db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < AVOW_SQL_COUNT; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	free(db);
}

/* --- statements ------------------------------------------------------------------------ */

static void
fail(struct avow_query *q, int rc)
{
	if (q->err == AVOW_OK)
		q->err = avow_db_err(q->db, rc, SQL[q->sql]);
}

struct avow_query
avow_query(struct avow_db *db, enum avow_sql sql)
{
	struct avow_query q = {.db = db, .sql = sql};

	if (!db->statements[sql])
		fail(&q,
			sqlite3_prepare_v3(db->handle, SQL[sql], -1,
				SQLITE_PREPARE_PERSISTENT, &db->statements[sql], NULL));
	q.st = db->statements[sql];
	return q;
}

void
avow_bind_text(struct avow_query *q, int at, struct avow_span s)
{
	const char *p = s.n ? (const char *)s.p : "";

	if (q->err == AVOW_OK)
		fail(q, sqlite3_bind_text64(
				q->st, at, p, s.n, SQLITE_STATIC, SQLITE_UTF8));
}

void
avow_bind_blob(struct avow_query *q, int at, struct avow_span s)
{
	const void *p = s.n ? (const void *)s.p : "";

	if (q->err == AVOW_OK)
		fail(q, sqlite3_bind_blob64(q->st, at, p, s.n, SQLITE_STATIC));
}

void
avow_bind_int(struct avow_query *q, int at, int64_t v)
{
	if (q->err == AVOW_OK)
		fail(q, sqlite3_bind_int64(q->st, at, v));
}

bool
avow_step(struct avow_query *q)
{
	int rc;

	if (q->err != AVOW_OK)
		return false;
	rc = sqlite3_step(q->st);
	fail(q, rc);
	return rc == SQLITE_ROW;
}

/* p is what SQLite gave for a column of n bytes; no column is null. */
static struct avow_span
copy_column(struct avow_query *q, const void *p, int n, struct avow_arena *a)
{
	struct avow_span copy;

	if (!p && (n || sqlite3_errcode(q->db->handle) == SQLITE_NOMEM)) {
		q->err = AVOW_E_NO_MEMORY;
		return (struct avow_span){0};
	}
	copy = avow_arena_copy(a, avow_span_make(p, (size_t)n));
	if (!copy.p)
		q->err = avow_arena_err(a);
	return copy;
}

struct avow_span
avow_column_text(struct avow_query *q, int at, struct avow_arena *a)
{
	const void *p;

	if (q->err != AVOW_OK)
		return (struct avow_span){0};
	p = sqlite3_column_text(q->st, at);
	return copy_column(q, p, sqlite3_column_bytes(q->st, at), a);
}

struct avow_span
avow_column_blob(struct avow_query *q, int at, struct avow_arena *a)
{
	const void *p;

	if (q->err != AVOW_OK)
		return (struct avow_span){0};
	p = sqlite3_column_blob(q->st, at);
	return copy_column(q, p, sqlite3_column_bytes(q->st, at), a);
}

int64_t
avow_column_int(struct avow_query *q, int at)
{
	return q->err == AVOW_OK ? sqlite3_column_int64(q->st, at) : 0;
}

enum avow_err
avow_query_end(struct avow_query *q)
{
	if (q->st) {
		sqlite3_reset(q->st);
		sqlite3_clear_bindings(q->st);
	}
	return q->err;
}

enum avow_err
avow_run(struct avow_db *db, enum avow_sql sql)
{
	struct avow_query q = avow_query(db, sql);

	while (avow_step(&q))
		;
	return avow_query_end(&q);
}

/* Room for one more in an arena's array of n; NULL (and q's error) when there is
 * none. The arena keeps what is given up. */
static void *
grow(struct avow_query *q, struct avow_arena *a, void *v, size_t n, size_t *cap,
	size_t size)
{
	size_t more = *cap ? *cap * 2 : 16;
	void *bigger;

	if (q->err != AVOW_OK)
		return NULL;
	if (n < *cap)
		return v;
	bigger = avow_arena_array(a, more, size);
	if (!bigger) {
		q->err = avow_arena_err(a);
		return NULL;
	}
	if (n)
		memcpy(bigger, v, n * size);
	*cap = more;
	return bigger;
}

enum avow_err
avow_query_all(struct avow_query *q, avow_row_fn *row, size_t size,
	struct avow_arena *a, void *out, size_t *n)
{
	uint8_t *v = NULL, *grown;
	size_t count = 0, cap = 0;

	while (avow_step(q)) {
		grown = grow(q, a, v, count, &cap, size);
		if (!grown)
			break;
		v = grown;
		row(q, a, v + count++ * size);
	}
	AVOW_TRY(avow_query_end(q));
	memcpy(out, &v, sizeof(v));
	*n = count;
	return AVOW_OK;
}

int64_t
avow_changed(struct avow_db *db)
{
	return sqlite3_changes64(db->handle);
}
