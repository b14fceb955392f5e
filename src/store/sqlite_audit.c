/*
 * Audit records in SQLite. A record is added in the transaction of the change
 * that it tells of: there is no change without its record, and no record of a
 * change that was not made. What a record's hash covers is audit.c's.
 */
#include <string.h>

#include "store/sqlite.h"

/* --- adding ----------------------------------------------------------------------------- */

/* The writer is alone, so the last record stays the last. */
static enum avow_err
read_last(struct avow_db *db, struct avow_audit *r)
{
	struct avow_query q = avow_query(db, AVOW_SQL_AUDIT_LAST);
	struct avow_arena a;
	struct avow_span hash;

	r->seq = 1;
	memset(r->previous, 0, sizeof(r->previous));
	avow_arena_init(&a, AVOW_KIB(4));
	if (avow_step(&q)) {
		r->seq = avow_column_int(&q, 0) + 1;
		hash = avow_column_blob(&q, 1, &a);
		if (q.err == AVOW_OK && hash.n != sizeof(r->previous))
			q.err = AVOW_E_STORE_CORRUPT;
		if (q.err == AVOW_OK)
			memcpy(r->previous, hash.p, sizeof(r->previous));
	}
	avow_arena_clear(&a);
	return avow_query_end(&q);
}

static enum avow_err
insert(struct avow_db *db, const struct avow_audit *r)
{
	struct avow_query q = avow_query(db, AVOW_SQL_AUDIT_ADD);

	avow_bind_int(&q, 1, r->seq);
	avow_bind_int(&q, 2, r->at_s);
	avow_bind_text(&q, 3, r->actor);
	avow_bind_text(&q, 4, r->source);
	avow_bind_text(&q, 5, r->request);
	avow_bind_text(&q, 6, r->action);
	avow_bind_text(&q, 7, r->provider);
	avow_bind_text(&q, 8, r->target);
	avow_bind_text(&q, 9, r->before);
	avow_bind_text(&q, 10, r->after);
	avow_bind_text(&q, 11, r->outcome);
	avow_bind_blob(&q, 12, avow_span_make(r->previous, sizeof(r->previous)));
	avow_bind_blob(&q, 13, avow_span_make(r->hash, sizeof(r->hash)));
	avow_step(&q);
	return avow_query_end(&q);
}

enum avow_err
avow_db_audit(struct avow_db *db, const struct avow_audit *r, struct avow_span before,
	struct avow_span after)
{
	struct avow_audit record;

	if (!r)
		return AVOW_OK;
	record = *r;
	if (before.p)
		record.before = before;
	if (after.p)
		record.after = after;
	AVOW_TRY(read_last(db, &record));
	AVOW_TRY(avow_audit_hash(&record, record.hash));
	return insert(db, &record);
}

static enum avow_err
add_record(struct avow_db *db, void *ctx)
{
	const struct avow_span as_it_is = {0};

	return avow_db_audit(db, ctx, as_it_is, as_it_is);
}

enum avow_err
avow_sqlite_audit_add(struct avow_store *store, const struct avow_audit *r)
{
	struct avow_audit copy = *r;

	return avow_write((struct avow_sqlite *)store, add_record, &copy);
}

/* --- reading ---------------------------------------------------------------------------- */

static void
read_hash(struct avow_query *q, int at, struct avow_arena *a, uint8_t out[32])
{
	struct avow_span s = avow_column_blob(q, at, a);

	if (q->err == AVOW_OK && s.n != 32)
		q->err = AVOW_E_STORE_CORRUPT;
	if (q->err == AVOW_OK)
		memcpy(out, s.p, 32);
}

static void
audit_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_audit *r = out;

	*r = (struct avow_audit){
		.seq = avow_column_int(q, 0),
		.at_s = avow_column_int(q, 1),
		.actor = avow_column_text(q, 2, a),
		.source = avow_column_text(q, 3, a),
		.request = avow_column_text(q, 4, a),
		.action = avow_column_text(q, 5, a),
		.provider = avow_column_text(q, 6, a),
		.target = avow_column_text(q, 7, a),
		.before = avow_column_text(q, 8, a),
		.after = avow_column_text(q, 9, a),
		.outcome = avow_column_text(q, 10, a),
	};

	read_hash(q, 11, a, r->previous);
	read_hash(q, 12, a, r->hash);
}

enum avow_err
avow_sqlite_audit_list(struct avow_store *store, int64_t from, size_t max,
	struct avow_arena *a, struct avow_audit **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_AUDIT_LIST, &r));
	avow_bind_int(&r.q, 1, from);
	avow_bind_int(&r.q, 2, max && max <= INT32_MAX ? (int64_t)max : -1);
	return avow_read_all(&r, audit_row, sizeof(**out), a, out, n);
}
