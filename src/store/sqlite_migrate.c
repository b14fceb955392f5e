/*
 * The schema's version. Each migration runs once, in a transaction of its own
 * with its row in schema_migration, so that a crash leaves the version before
 * it or behind it. A database that is not Avow's, or of a newer Avow, is left
 * alone.
 */
#include "store/migrate.h"
#include "store/sqlite.h"

/* PRAGMA application_id: "AVOW"; sqlite.org/pragma.html */
#define APPLICATION_ID 0x41564f57
#define SET_APPLICATION_ID "PRAGMA application_id = 1096175447"
_Static_assert(APPLICATION_ID == 1096175447, "the same in both forms");

static enum avow_err
refuse(struct avow_why *why, const char *path, const char *expected, int64_t got)
{
	static const struct avow_at at = {"store", "schema", "docs/operate.md"};

	avow_refuse(why, AVOW_E_STORE_SCHEMA, &at, expected, "%lld", (long long)got);
	avow_why_document(why, "%s", path);
	return AVOW_E_STORE_SCHEMA;
}

/* The first column of the first row of a statement that is run once. */
static enum avow_err
ask(struct avow_db *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return avow_db_err(db, rc, sql);
}

static enum avow_err
exec(struct avow_db *db, const char *sql, const char *what)
{
	return avow_db_err(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL), what);
}

static enum avow_err
add_row(struct avow_db *db, const struct avow_migration *m)
{
	static const char sql[] =
		"INSERT INTO schema_migration (version, name) VALUES (?1, ?2)";
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int(st, 1, m->version);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 2, m->name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	sqlite3_finalize(st);
	return avow_db_err(db, rc, sql);
}

/* Inside a transaction: nobody else migrates between the look and the change. */
static enum avow_err
apply_next(struct avow_db *db, int64_t *version)
{
	const struct avow_migration *m = AVOW_SQLITE_MIGRATIONS;

	AVOW_TRY(ask(
		db, "SELECT COALESCE(MAX(version), 0) FROM schema_migration", version));
	while (m->version && m->version <= *version)
		m++;
	if (!m->version)
		return AVOW_OK;
	AVOW_TRY(exec(db, m->sql, m->name));
	return add_row(db, m);
}

static enum avow_err
in_transaction(struct avow_db *db, enum avow_err (*fn)(struct avow_db *, int64_t *),
	int64_t *out)
{
	enum avow_err e;

	AVOW_TRY(avow_run(db, AVOW_SQL_BEGIN));
	e = fn(db, out);
	if (e == AVOW_OK)
		e = avow_run(db, AVOW_SQL_COMMIT);
	if (e != AVOW_OK && !sqlite3_get_autocommit(db->handle) &&
		avow_run(db, AVOW_SQL_ROLLBACK) != AVOW_OK)
		return AVOW_E_STORE;
	return e;
}

static enum avow_err
start(struct avow_db *db, int64_t *n_tables)
{
	/* another process may have been first */
	AVOW_TRY(ask(db, "SELECT COUNT(*) FROM sqlite_schema", n_tables));
	if (*n_tables)
		return AVOW_OK;
	AVOW_TRY(exec(db, SET_APPLICATION_ID, "application_id"));
	return exec(db,
		"CREATE TABLE schema_migration (version INTEGER PRIMARY KEY,"
		" name TEXT NOT NULL) STRICT",
		"schema_migration");
}

static int
newest(void)
{
	const struct avow_migration *m = AVOW_SQLITE_MIGRATIONS;

	while (m[1].version)
		m++;
	return m->version;
}

enum avow_err
avow_db_migrate(struct avow_db *db, const char *path, struct avow_why *why)
{
	int64_t n_tables, id, version = -1, before;

	AVOW_TRY(ask(db, "SELECT COUNT(*) FROM sqlite_schema", &n_tables));
	if (n_tables == 0)
		AVOW_TRY(in_transaction(db, start, &n_tables));
	AVOW_TRY(ask(db, "PRAGMA application_id", &id));
	if (id != APPLICATION_ID)
		return refuse(why, path, "a database of Avow", id);
	do {
		before = version;
		AVOW_TRY(in_transaction(db, apply_next, &version));
		if (version > newest())
			return refuse(
				why, path, "a schema that this Avow knows", version);
	} while (version != before);
	return AVOW_OK;
}

enum avow_err
avow_db_check_schema(struct avow_db *db, const char *path, struct avow_why *why)
{
	int64_t id, version;

	AVOW_TRY(ask(db, "PRAGMA application_id", &id));
	if (id != APPLICATION_ID)
		return refuse(why, path, "a database of Avow", id);
	AVOW_TRY(ask(db, "SELECT COALESCE(MAX(version), 0) FROM schema_migration",
		&version));
	if (version != newest())
		return refuse(why, path, "the schema of this Avow", version);
	return AVOW_OK;
}
