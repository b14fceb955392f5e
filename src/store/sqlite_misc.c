/*
 * Small tables: the generation, facts about the store itself, and what is
 * known of the signing keys, also of those that are gone (audits ask which key
 * was in use when). The keys themselves are in token/'s file and never here.
 */
#include "store/sqlite.h"

/* --- generation and facts --------------------------------------------------------------- */

enum avow_err
avow_sqlite_generation(struct avow_store *store, int64_t *out)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_query q;
	struct avow_db *db;
	int64_t value = 0;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_GENERATION);
	if (avow_step(&q))
		value = avow_column_int(&q, 0);
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e == AVOW_OK)
		*out = value;
	return e;
}

static void
fact_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_span *value = out;

	*value = avow_column_text(q, 0, a);
}

enum avow_err
avow_sqlite_fact_get(struct avow_store *store, struct avow_span name,
	struct avow_arena *a, struct avow_span *out)
{
	struct avow_span value;
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_FACT_GET, &r));
	avow_bind_text(&r.q, 1, name);
	AVOW_TRY(avow_read_one(&r, fact_row, a, &value));
	*out = value;
	return AVOW_OK;
}

struct fact {
	struct avow_span name, value;
};

static enum avow_err
add_fact(struct avow_db *db, void *ctx)
{
	const struct fact *f = ctx;
	struct avow_query q = avow_query(db, AVOW_SQL_FACT_ADD);

	avow_bind_text(&q, 1, f->name);
	avow_bind_text(&q, 2, f->value);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	return avow_changed(db) == 1 ? AVOW_OK : AVOW_E_CONFLICT;
}

enum avow_err
avow_sqlite_fact_add(
	struct avow_store *store, struct avow_span name, struct avow_span value)
{
	struct fact f = {name, value};

	return avow_write((struct avow_sqlite *)store, add_fact, &f);
}

/* --- keys ----------------------------------------------------------------------------------- */

static enum avow_err
put_key(struct avow_db *db, void *ctx)
{
	const struct avow_store_key *k = ctx;
	struct avow_query q = avow_query(db, AVOW_SQL_KEY_PUT);

	avow_bind_text(&q, 1, k->kid);
	avow_bind_text(&q, 2, k->alg);
	avow_bind_int(&q, 3, k->created_s);
	avow_bind_int(&q, 4, k->published_s);
	avow_bind_int(&q, 5, k->signs_from_s);
	avow_bind_int(&q, 6, k->unpublished_s);
	avow_step(&q);
	return avow_query_end(&q);
}

enum avow_err
avow_sqlite_key_put(struct avow_store *store, const struct avow_store_key *k)
{
	struct avow_store_key copy = *k;

	return avow_write((struct avow_sqlite *)store, put_key, &copy);
}

static void
key_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_key *row = out;

	*row = (struct avow_store_key){
		.kid = avow_column_text(q, 0, a),
		.alg = avow_column_text(q, 1, a),
		.created_s = avow_column_int(q, 2),
		.published_s = avow_column_int(q, 3),
		.signs_from_s = avow_column_int(q, 4),
		.unpublished_s = avow_column_int(q, 5),
	};
}

enum avow_err
avow_sqlite_key_list(struct avow_store *store, struct avow_arena *a,
	struct avow_store_key **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_KEY_LIST, &r));
	return avow_read_all(&r, key_row, sizeof(**out), a, out, n);
}
