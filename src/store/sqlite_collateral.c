/*
 * Collateral in SQLite. One row a document; of each name one row is the newest,
 * and it is the mark that nothing older may pass as newest (no roll-back): the
 * comparison and the insertion are one transaction, so that two nodes cannot
 * undo each other. Whether a document is genuine was decided before.
 */
#include "crypto/digest.h"
#include "store/sqlite.h"

/* --- reading -------------------------------------------------------------------------- */

static void
short_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_collateral *row = out;

	*row = (struct avow_store_collateral){
		.name = avow_column_text(q, 0, a),
		.source = avow_column_text(q, 1, a),
		.number = avow_column_int(q, 2),
		.issued_s = avow_column_int(q, 3),
		.expires_s = avow_column_int(q, 4),
		.fetched_s = avow_column_int(q, 5),
		.is_newest = avow_column_int(q, 6) == 1,
		.seq = avow_column_int(q, 7),
	};
}

static void
whole_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_collateral *row = out;

	short_row(q, a, row);
	row->body = avow_column_blob(q, 8, a);
	row->chain = avow_column_blob(q, 9, a);
}

enum avow_err
avow_sqlite_collateral_list(struct avow_store *store,
	const struct avow_store_collateral_filter *f, struct avow_arena *a,
	struct avow_store_collateral **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store,
		f->no_bodies ? AVOW_SQL_COLLATERAL_LIST_SHORT
			     : AVOW_SQL_COLLATERAL_LIST,
		&r));
	avow_bind_text(&r.q, 1, f->prefix);
	avow_bind_text(&r.q, 2, f->without);
	avow_bind_text(&r.q, 3, f->after);
	avow_bind_int(&r.q, 4, f->all_versions);
	avow_bind_int(&r.q, 5, f->max && f->max <= INT32_MAX ? (int64_t)f->max : -1);
	return avow_read_all(
		&r, f->no_bodies ? short_row : whole_row, sizeof(**out), a, out, n);
}

enum avow_err
avow_sqlite_collateral_state(
	struct avow_store *store, struct avow_store_collateral_state *out)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_query q;
	struct avow_db *db;
	int64_t seq = 0, issue_s = 0, expiry_s = 0;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_COLLATERAL_STATE);
	if (avow_step(&q)) {
		seq = avow_column_int(&q, 0);
		issue_s = avow_column_int(&q, 1);
		expiry_s = avow_column_int(&q, 2);
	}
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e != AVOW_OK || seq == 0)
		return e;
	*out = (struct avow_store_collateral_state){seq, issue_s, expiry_s};
	return AVOW_OK;
}

/* --- changing -------------------------------------------------------------------------- */

struct put {
	const struct avow_store_collateral *c;
	bool keep_old;
	bool is_new; /* result */
	struct avow_span sha256;
};

/* What holds the name now; id 0: nothing does. */
struct newest {
	int64_t id, number, issued_s;
	bool is_same;
};

static enum avow_err
find_newest(struct avow_db *db, const struct put *p, struct newest *out)
{
	struct avow_query q = avow_query(db, AVOW_SQL_COLLATERAL_NEWEST);
	struct avow_arena a;

	*out = (struct newest){0};
	avow_arena_init(&a, AVOW_KIB(4));
	avow_bind_text(&q, 1, p->c->name);
	if (avow_step(&q)) {
		out->id = avow_column_int(&q, 0);
		out->is_same = avow_span_eq(avow_column_blob(&q, 1, &a), p->sha256);
		out->number = avow_column_int(&q, 2);
		out->issued_s = avow_column_int(&q, 3);
	}
	avow_arena_clear(&a);
	return avow_query_end(&q);
}

static enum avow_err
seen_again(struct avow_db *db, const struct put *p, bool *is_there)
{
	struct avow_query q = avow_query(db, AVOW_SQL_COLLATERAL_SEEN);

	avow_bind_text(&q, 1, p->c->name);
	avow_bind_blob(&q, 2, p->sha256);
	avow_bind_int(&q, 3, p->c->fetched_s);
	avow_bind_text(&q, 4, p->c->source);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	*is_there = avow_changed(db) > 0;
	return AVOW_OK;
}

static enum avow_err
no_longer_newest(struct avow_db *db, int64_t id)
{
	struct avow_query q = avow_query(db, AVOW_SQL_COLLATERAL_OLD);

	avow_bind_int(&q, 1, id);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
insert(struct avow_db *db, const struct put *p, bool is_newest)
{
	struct avow_query q = avow_query(db, AVOW_SQL_COLLATERAL_ADD);

	avow_bind_text(&q, 1, p->c->name);
	avow_bind_blob(&q, 2, p->sha256);
	avow_bind_blob(&q, 3, p->c->body);
	avow_bind_blob(&q, 4, p->c->chain);
	avow_bind_text(&q, 5, p->c->source);
	avow_bind_int(&q, 6, p->c->number);
	avow_bind_int(&q, 7, p->c->issued_s);
	avow_bind_int(&q, 8, p->c->expires_s);
	avow_bind_int(&q, 9, p->c->fetched_s);
	avow_bind_int(&q, 10, is_newest);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
prune(struct avow_db *db, const struct put *p)
{
	struct avow_query q = avow_query(db, AVOW_SQL_COLLATERAL_PRUNE);

	avow_bind_text(&q, 1, p->c->name);
	avow_bind_int(&q, 2, AVOW_STORE_VERSIONS);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
put(struct avow_db *db, void *ctx)
{
	struct put *p = ctx;
	struct newest was;
	bool is_older, is_there = false;

	AVOW_TRY(find_newest(db, p, &was));
	is_older = was.id != 0 && !was.is_same &&
		   (p->c->number < was.number || p->c->issued_s < was.issued_s);
	if (is_older && !p->keep_old)
		return AVOW_E_COLLATERAL_ROLLBACK;
	AVOW_TRY(seen_again(db, p, &is_there));
	if (is_there)
		return AVOW_OK;
	p->is_new = !is_older;
	if (was.id != 0 && p->is_new)
		AVOW_TRY(no_longer_newest(db, was.id));
	AVOW_TRY(insert(db, p, p->is_new));
	return prune(db, p);
}

enum avow_err
avow_sqlite_collateral_put(struct avow_store *store,
	const struct avow_store_collateral *c, bool keep_old, bool *is_new)
{
	uint8_t digest[AVOW_SHA256_BYTES] = {0};
	struct put p = {.c = c,
		.keep_old = keep_old,
		.sha256 = avow_span_make(digest, sizeof(digest))};

	AVOW_TRY(avow_sha256(c->body, digest));
	AVOW_TRY(avow_write((struct avow_sqlite *)store, put, &p));
	*is_new = p.is_new;
	return AVOW_OK;
}
