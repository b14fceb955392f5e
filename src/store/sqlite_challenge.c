/*
 * Challenges that were answered. The primary key is the judge: of two answers to
 * one challenge, at one node or at two, one insert alone changes a row.
 */
#include "store/sqlite.h"

/* How long a used id outlives its challenge: who took the challenge in time may wait
 * for the disk, or have another clock than the node that cleans up. */
#define KEPT_S 3600

struct use {
	struct avow_span id;
	int64_t expires_s, now_s;
};

static enum avow_err
use_challenge(struct avow_db *db, void *ctx)
{
	const struct use *u = ctx;
	struct avow_query q = avow_query(db, AVOW_SQL_CHALLENGE_CLEAN);

	avow_bind_int(&q, 1, u->now_s - KEPT_S);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	q = avow_query(db, AVOW_SQL_CHALLENGE_USE);
	avow_bind_blob(&q, 1, u->id);
	avow_bind_int(&q, 2, u->expires_s);
	avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	return avow_changed(db) == 1 ? AVOW_OK : AVOW_E_CONFLICT;
}

enum avow_err
avow_sqlite_challenge_use(
	struct avow_store *store, struct avow_span id, int64_t expires_s, int64_t now_s)
{
	struct use u = {id, expires_s, now_s};

	return avow_write((struct avow_sqlite *)store, use_challenge, &u);
}
