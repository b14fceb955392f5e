/*
 * Policies in SQLite. A policy's version is a row that is never
 * changed; the highest version is in force. A change names the version that it
 * replaces, so that of two changes made from one view only one is done.
 */
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

/* --- reading -------------------------------------------------------------------------- */

static enum avow_policy_event
event_of(struct avow_query *q, struct avow_span text)
{
	if (avow_span_eq_str(text, "reset"))
		return AVOW_POLICY_RESET;
	if (!avow_span_eq_str(text, "set") && q->err == AVOW_OK)
		q->err = AVOW_E_STORE_CORRUPT;
	return AVOW_POLICY_SET;
}

static void
policy_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_policy *row = out;

	*row = (struct avow_store_policy){
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
	bool any = version == AVOW_STORE_ANY_VERSION;
	struct avow_store_policy row;
	struct avow_read r;

	AVOW_TRY(avow_read(
		store, any ? AVOW_SQL_POLICY_IN_FORCE : AVOW_SQL_POLICY_VERSION, &r));
	avow_bind_text(&r.q, 1, provider);
	avow_bind_text(&r.q, 2, type);
	if (!any)
		avow_bind_int(&r.q, 3, version);
	AVOW_TRY(avow_read_one(&r, policy_row, a, &row));
	*out = row;
	return AVOW_OK;
}

enum avow_err
avow_sqlite_policy_history(struct avow_store *store, struct avow_span provider,
	struct avow_span type, size_t max, struct avow_arena *a,
	struct avow_store_policy **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_POLICY_HISTORY, &r));
	avow_bind_text(&r.q, 1, provider);
	avow_bind_text(&r.q, 2, type);
	avow_bind_int(&r.q, 3, max && max <= INT32_MAX ? (int64_t)max : -1);
	return avow_read_all(&r, policy_row, sizeof(**out), a, out, n);
}

/* --- changing -------------------------------------------------------------------------- */

#define MAX_HASH 64 /* base64url of SHA-256 has 43 */

struct policy_job {
	const struct avow_store_policy_change *change;
	int64_t version;
	char before[MAX_HASH]; /* hash of the version that is replaced */
};

static enum avow_err
last_version(struct avow_db *db, int64_t provider, struct policy_job *job)
{
	struct avow_query q = avow_query(db, AVOW_SQL_POLICY_LAST);
	struct avow_arena a;
	struct avow_span hash;

	avow_arena_init(&a, AVOW_KIB(4));
	avow_bind_int(&q, 1, provider);
	avow_bind_text(&q, 2, job->change->type);
	if (avow_step(&q)) {
		job->version = avow_column_int(&q, 0);
		hash = avow_column_text(&q, 1, &a);
		snprintf(job->before, sizeof(job->before), "%.*s", AVOW_FMT(hash));
	}
	avow_arena_clear(&a);
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

/* Whose signature was good when it was judged may be no signer any more. */
static enum avow_err
check_certs(struct avow_db *db, int64_t provider, struct avow_span judged_by)
{
	char now[AVOW_STORE_CERTS_HASH];

	if (avow_span_is_empty(judged_by))
		return AVOW_OK;
	AVOW_TRY(avow_db_certs_hash(db, provider, now));
	return avow_span_eq_str(judged_by, now) ? AVOW_OK : AVOW_E_CONFLICT;
}

static enum avow_err
change_policy(struct avow_db *db, void *ctx)
{
	struct policy_job *job = ctx;
	const struct avow_store_policy_change *c = job->change;
	struct avow_provider_row provider;

	AVOW_TRY(avow_db_provider(db, c->provider, 0, &provider));
	if (provider.is_read_only)
		return AVOW_E_READ_ONLY;
	if (c->is_unsigned_model && provider.is_isolated)
		return AVOW_E_CONFLICT;
	AVOW_TRY(check_certs(db, provider.id, c->certs_hash));
	AVOW_TRY(last_version(db, provider.id, job));
	if (c->replaces != AVOW_STORE_ANY_VERSION && c->replaces != job->version)
		return AVOW_E_CONFLICT;
	job->version++;
	AVOW_TRY(add_version(db, provider.id, job));
	AVOW_TRY(avow_db_changed(db, provider.id));
	return avow_db_audit(db, c->audit,
		avow_span_make(job->before, strlen(job->before)), c->policy.hash);
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
