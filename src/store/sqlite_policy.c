/*
 * Providers and policies in SQLite. A policy's version is a row that is never
 * changed; the highest version is in force. A change names the version that it
 * replaces, so that of two changes made from one view only one is done.
 */
#include "store/sqlite.h"

/* --- reading -------------------------------------------------------------------------- */

static struct avow_store_provider
provider_row(struct avow_query *q, struct avow_arena *a)
{
	return (struct avow_store_provider){
		.name = avow_column_text(q, 1, a),
		.created_s = avow_column_int(q, 2),
		.change = avow_column_int(q, 3),
	};
}

enum avow_err
avow_sqlite_provider_get(struct avow_store *store, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_store_provider row = {0};
	struct avow_query q;
	struct avow_db *db;
	bool found;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_PROVIDER_GET);
	avow_bind_text(&q, 1, name);
	found = avow_step(&q);
	if (found)
		row = provider_row(&q, a);
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e == AVOW_OK && !found)
		return AVOW_E_NOT_FOUND;
	if (e == AVOW_OK)
		*out = row;
	return e;
}

static enum avow_policy_event
event_of(struct avow_query *q, struct avow_span text)
{
	if (avow_span_eq_str(text, "reset"))
		return AVOW_POLICY_RESET;
	if (!avow_span_eq_str(text, "set") && q->err == AVOW_OK)
		q->err = AVOW_E_STORE_CORRUPT;
	return AVOW_POLICY_SET;
}

static struct avow_store_policy
policy_row(struct avow_query *q, struct avow_arena *a)
{
	return (struct avow_store_policy){
		.version = avow_column_int(q, 0),
		.event = event_of(q, avow_column_text(q, 1, a)),
		.text = avow_column_text(q, 2, a),
		.jwt = avow_column_text(q, 3, a),
		.hash = avow_column_text(q, 4, a),
		.signer = avow_column_text(q, 5, a),
		.set_s = avow_column_int(q, 6),
		.set_by = avow_column_text(q, 7, a),
	};
}

enum avow_err
avow_sqlite_policy_get(struct avow_store *store, struct avow_span provider,
	struct avow_span type, int64_t version, struct avow_arena *a,
	struct avow_store_policy *out)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	bool any = version == AVOW_STORE_ANY_VERSION;
	struct avow_store_policy row = {0};
	struct avow_query q;
	struct avow_db *db;
	bool found;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, any ? AVOW_SQL_POLICY_IN_FORCE : AVOW_SQL_POLICY_VERSION);
	avow_bind_text(&q, 1, provider);
	avow_bind_text(&q, 2, type);
	if (!any)
		avow_bind_int(&q, 3, version);
	found = avow_step(&q);
	if (found)
		row = policy_row(&q, a);
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e == AVOW_OK && !found)
		return AVOW_E_NOT_FOUND;
	if (e == AVOW_OK)
		*out = row;
	return e;
}

/* Rows into an array that doubles; the arena keeps what is given up. */
static enum avow_err
add_policy(struct avow_store_policy **v, size_t *n, size_t *cap, struct avow_arena *a,
	const struct avow_store_policy *row)
{
	if (*n == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		struct avow_store_policy *bigger =
			avow_arena_array(a, more, sizeof(*bigger));

		if (!bigger)
			return avow_arena_err(a);
		for (size_t i = 0; i < *n; i++)
			bigger[i] = (*v)[i];
		*v = bigger;
		*cap = more;
	}
	(*v)[(*n)++] = *row;
	return AVOW_OK;
}

enum avow_err
avow_sqlite_policy_history(struct avow_store *store, struct avow_span provider,
	struct avow_span type, size_t max, struct avow_arena *a,
	struct avow_store_policy **out, size_t *n)
{
	struct avow_sqlite *s = (struct avow_sqlite *)store;
	struct avow_store_policy *v = NULL;
	struct avow_query q;
	struct avow_db *db;
	size_t count = 0, cap = 0;
	enum avow_err e;

	AVOW_TRY(avow_reader(s, &db));
	q = avow_query(db, AVOW_SQL_POLICY_HISTORY);
	avow_bind_text(&q, 1, provider);
	avow_bind_text(&q, 2, type);
	avow_bind_int(&q, 3, max && max <= INT32_MAX ? (int64_t)max : -1);
	while (avow_step(&q)) {
		struct avow_store_policy row = policy_row(&q, a);

		if (q.err == AVOW_OK)
			q.err = add_policy(&v, &count, &cap, a, &row);
	}
	e = avow_query_end(&q);
	avow_reader_done(s, db);
	if (e != AVOW_OK)
		return e;
	*out = v;
	*n = count;
	return AVOW_OK;
}

/* --- changing -------------------------------------------------------------------------- */

struct policy_job {
	const struct avow_store_policy_change *change;
	int64_t version;
};

static enum avow_err
find_provider(struct avow_db *db, struct avow_span name, int64_t *id)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_GET);
	bool found;

	avow_bind_text(&q, 1, name);
	found = avow_step(&q);
	*id = found ? avow_column_int(&q, 0) : 0;
	AVOW_TRY(avow_query_end(&q));
	return found ? AVOW_OK : AVOW_E_NOT_FOUND;
}

static enum avow_err
last_version(struct avow_db *db, int64_t provider, struct avow_span type, int64_t *out)
{
	struct avow_query q = avow_query(db, AVOW_SQL_POLICY_LAST);

	avow_bind_int(&q, 1, provider);
	avow_bind_text(&q, 2, type);
	*out = avow_step(&q) ? avow_column_int(&q, 0) : 0;
	return avow_query_end(&q);
}

static enum avow_err
add_version(struct avow_db *db, int64_t provider, const struct policy_job *job)
{
	const struct avow_store_policy *p = &job->change->policy;
	struct avow_query q = avow_query(db, AVOW_SQL_POLICY_ADD);

	avow_bind_int(&q, 1, provider);
	avow_bind_text(&q, 2, job->change->type);
	avow_bind_int(&q, 3, job->version);
	avow_bind_text(&q, 4,
		p->event == AVOW_POLICY_SET ? AVOW_LIT("set") : AVOW_LIT("reset"));
	avow_bind_text(&q, 5, p->text);
	avow_bind_text(&q, 6, p->jwt);
	avow_bind_text(&q, 7, p->hash);
	avow_bind_text(&q, 8, p->signer);
	avow_bind_int(&q, 9, p->set_s);
	avow_bind_text(&q, 10, p->set_by);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
count_change(struct avow_db *db, int64_t provider)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_CHANGED);

	avow_bind_int(&q, 1, provider);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
change_policy(struct avow_db *db, void *ctx)
{
	struct policy_job *job = ctx;
	int64_t provider, last;

	AVOW_TRY(find_provider(db, job->change->provider, &provider));
	AVOW_TRY(last_version(db, provider, job->change->type, &last));
	if (job->change->replaces != AVOW_STORE_ANY_VERSION &&
		job->change->replaces != last)
		return AVOW_E_CONFLICT;
	job->version = last + 1;
	AVOW_TRY(add_version(db, provider, job));
	return count_change(db, provider);
}

enum avow_err
avow_sqlite_policy_change(struct avow_store *store,
	const struct avow_store_policy_change *c, int64_t *version)
{
	struct policy_job job = {.change = c};

	AVOW_TRY(avow_write((struct avow_sqlite *)store, change_policy, &job));
	*version = job.version;
	return AVOW_OK;
}
