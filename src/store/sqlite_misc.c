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

enum avow_err
avow_sqlite_fact_get(struct avow_store *store, struct avow_span name,
	struct avow_arena *a, struct avow_span *out)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_span value = {0};
	struct avow_query q;
	struct avow_db *db;
	bool found;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_FACT_GET);
	avow_bind_text(&q, 1, name);
	found = avow_step(&q);
	if (found)
		value = avow_column_text(&q, 0, a);
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e == AVOW_OK && !found)
		return AVOW_E_NOT_FOUND;
	if (e == AVOW_OK)
		*out = value;
	return e;
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

static struct avow_store_key
key_row(struct avow_query *q, struct avow_arena *a)
{
	return (struct avow_store_key){
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
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_store_key *v = NULL, *grown;
	struct avow_query q;
	struct avow_db *db;
	size_t count = 0, cap = 0;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_KEY_LIST);
	while (avow_step(&q)) {
		grown = avow_grow(&q, a, v, count, &cap, sizeof(*v));
		if (!grown)
			break;
		v = grown;
		v[count++] = key_row(&q, a);
	}
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e != AVOW_OK)
		return e;
	*out = v;
	*n = count;
	return AVOW_OK;
}
