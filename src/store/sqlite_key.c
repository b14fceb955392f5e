/*
 * What is known of the signing keys, also of those that are gone: for audits,
 * which ask which key was in use when. The keys themselves are in token/'s
 * file and never here.
 */
#include "store/sqlite.h"

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
	struct avow_store_key *v = NULL;
	struct avow_query q;
	struct avow_db *db;
	size_t count = 0, cap = 0;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_KEY_LIST);
	while (avow_step(&q) && q.err == AVOW_OK) {
		if (count == cap) {
			struct avow_store_key *more;

			cap = cap ? cap * 2 : 16;
			more = avow_arena_array(a, cap, sizeof(*more));
			if (!more) {
				q.err = avow_arena_err(a);
				break;
			}
			for (size_t i = 0; i < count; i++)
				more[i] = v[i];
			v = more;
		}
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
