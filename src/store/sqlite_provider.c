/*
 * Providers in SQLite. A provider's name, URL and trust model are fixed when it
 * is made; its `change` grows with everything under it, so that a decision made
 * from one view (which certificates may sign) holds when it is written.
 */
#include <string.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "store/sqlite.h"

/* --- reading -------------------------------------------------------------------------- */

static void
provider_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_provider *row = out;

	*row = (struct avow_store_provider){
		.name = avow_column_text(q, 1, a),
		.url = avow_column_text(q, 2, a),
		.is_isolated = avow_span_eq_str(avow_column_text(q, 3, a), "Isolated"),
		.is_built_in = avow_column_int(q, 4) != 0,
		.is_read_only = avow_column_int(q, 5) != 0,
		.settings = avow_column_text(q, 6, a),
		.tags = avow_column_text(q, 7, a),
		.location = avow_column_text(q, 8, a),
		.subscription = avow_column_text(q, 9, a),
		.resource_group = avow_column_text(q, 10, a),
		.created_s = avow_column_int(q, 11),
		.updated_s = avow_column_int(q, 12),
		.change = avow_column_int(q, 13),
	};
}

enum avow_err
avow_sqlite_provider_get(struct avow_store *store, struct avow_span name,
	struct avow_arena *a, struct avow_store_provider *out)
{
	struct avow_store_provider row;
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_PROVIDER_GET, &r));
	avow_bind_text(&r.q, 1, name);
	AVOW_TRY(avow_read_one(&r, provider_row, a, &row));
	*out = row;
	return AVOW_OK;
}

enum avow_err
avow_sqlite_provider_list(struct avow_store *store, const struct avow_store_filter *f,
	struct avow_arena *a, struct avow_store_provider **out, size_t *n)
{
	struct avow_read r;

	AVOW_TRY(avow_read(store, AVOW_SQL_PROVIDER_LIST, &r));
	avow_bind_text(&r.q, 1, f->subscription);
	avow_bind_text(&r.q, 2, f->resource_group);
	avow_bind_text(&r.q, 3, f->after);
	avow_bind_int(&r.q, 4, f->max && f->max <= INT32_MAX ? (int64_t)f->max : -1);
	return avow_read_all(&r, provider_row, sizeof(**out), a, out, n);
}

/* --- inside a change --------------------------------------------------------------------- */

enum avow_err
avow_db_provider(struct avow_db *db, struct avow_span name, int64_t change,
	struct avow_provider_row *out)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_GET);
	struct avow_arena a;
	bool found;

	*out = (struct avow_provider_row){0};
	avow_arena_init(&a, AVOW_KIB(4));
	avow_bind_text(&q, 1, name);
	found = avow_step(&q);
	if (found) {
		out->id = avow_column_int(&q, 0);
		out->is_isolated =
			avow_span_eq_str(avow_column_text(&q, 3, &a), "Isolated");
		out->is_built_in = avow_column_int(&q, 4) != 0;
		out->is_read_only = avow_column_int(&q, 5) != 0;
		out->change = avow_column_int(&q, 13);
	}
	avow_arena_clear(&a);
	AVOW_TRY(avow_query_end(&q));
	if (!found)
		return AVOW_E_NOT_FOUND;
	return change == 0 || change == out->change ? AVOW_OK : AVOW_E_CONFLICT;
}

static enum avow_err
run_on(struct avow_db *db, enum avow_sql sql, int64_t provider)
{
	struct avow_query q = avow_query(db, sql);

	avow_bind_int(&q, 1, provider);
	avow_step(&q);
	return avow_query_end(&q);
}

enum avow_err
avow_db_changed(struct avow_db *db, int64_t provider)
{
	AVOW_TRY(run_on(db, AVOW_SQL_PROVIDER_CHANGED, provider));
	return avow_run(db, AVOW_SQL_GENERATION_NEXT);
}

/* --- making, changing, deleting ------------------------------------------------------------- */

#define HASH_TEXT (2 * AVOW_SHA256_BYTES + 1)

/* What an audit record shows of a provider: the hash of all that can be set. */
static enum avow_err
hash_provider(const struct avow_store_provider *p, char out[HASH_TEXT])
{
	const struct avow_span nul = AVOW_LIT("\0");
	const struct avow_span parts[] = {p->name, nul, p->url, nul, p->settings, nul,
		p->tags, nul, p->is_isolated ? AVOW_LIT("Isolated") : AVOW_LIT("AAD")};
	uint8_t digest[AVOW_SHA256_BYTES];

	AVOW_TRY(avow_digest(
		AVOW_SHA256, parts, sizeof(parts) / sizeof(parts[0]), digest));
	avow_hex_encode(avow_span_make(digest, sizeof(digest)), out);
	return AVOW_OK;
}

struct provider_job {
	const struct avow_store_provider *provider;
	const struct avow_store_cert *certs;
	size_t n_certs;
	int64_t change;
	struct avow_span name;
	const struct avow_audit *audit;
};

static struct avow_span
object(struct avow_span json)
{
	return json.n ? json : AVOW_LIT("{}");
}

static enum avow_err
check_free(struct avow_db *db, const struct avow_store_provider *p)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_TAKEN);
	bool taken;

	avow_bind_text(&q, 1, p->name);
	avow_bind_text(&q, 2, p->url);
	taken = avow_step(&q);
	AVOW_TRY(avow_query_end(&q));
	return taken ? AVOW_E_CONFLICT : AVOW_OK;
}

static enum avow_err
add_provider(struct avow_db *db, const struct avow_store_provider *p)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_ADD);

	avow_bind_text(&q, 1, p->name);
	avow_bind_text(&q, 2, p->url);
	avow_bind_text(&q, 3, p->is_isolated ? AVOW_LIT("Isolated") : AVOW_LIT("AAD"));
	avow_bind_text(&q, 4, object(p->settings));
	avow_bind_text(&q, 5, object(p->tags));
	avow_bind_text(&q, 6, p->location);
	avow_bind_text(&q, 7, p->subscription);
	avow_bind_text(&q, 8, p->resource_group);
	avow_bind_int(&q, 9, p->created_s);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
create_provider(struct avow_db *db, void *ctx)
{
	const struct provider_job *job = ctx;
	struct avow_provider_row row;
	char after[HASH_TEXT];

	AVOW_TRY(check_free(db, job->provider));
	AVOW_TRY(add_provider(db, job->provider));
	AVOW_TRY(avow_db_provider(db, job->provider->name, 0, &row));
	for (size_t i = 0; i < job->n_certs; i++)
		AVOW_TRY(avow_db_add_cert(db, row.id, &job->certs[i]));
	AVOW_TRY(avow_run(db, AVOW_SQL_GENERATION_NEXT));
	AVOW_TRY(hash_provider(job->provider, after));
	return avow_db_audit(db, job->audit, AVOW_LIT(""), avow_span_str(after));
}

enum avow_err
avow_sqlite_provider_create(struct avow_store *store,
	const struct avow_store_provider *p, const struct avow_store_cert *certs,
	size_t n_certs, const struct avow_audit *audit)
{
	struct avow_store_provider whole = *p;
	struct provider_job job = {&whole, certs, n_certs, 0, p->name, audit};

	whole.settings = object(p->settings);
	whole.tags = object(p->tags);
	return avow_write((struct avow_sqlite *)store, create_provider, &job);
}

/* The provider as it is stored now, for the record. */
static enum avow_err
hash_stored(struct avow_db *db, struct avow_span name, char out[HASH_TEXT])
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_GET);
	struct avow_store_provider row = {0};
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(4));
	avow_bind_text(&q, 1, name);
	if (avow_step(&q))
		provider_row(&q, &a, &row);
	e = avow_query_end(&q);
	if (e == AVOW_OK)
		e = hash_provider(&row, out);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
set_provider(struct avow_db *db, int64_t id, const struct avow_store_provider *p)
{
	struct avow_query q = avow_query(db, AVOW_SQL_PROVIDER_SET);

	avow_bind_int(&q, 1, id);
	avow_bind_text(&q, 2, object(p->settings));
	avow_bind_text(&q, 3, object(p->tags));
	avow_bind_int(&q, 4, p->updated_s);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
update_provider(struct avow_db *db, void *ctx)
{
	const struct provider_job *job = ctx;
	struct avow_provider_row row;
	char before[HASH_TEXT], after[HASH_TEXT];

	AVOW_TRY(avow_db_provider(db, job->name, job->change, &row));
	if (row.is_read_only)
		return AVOW_E_READ_ONLY;
	AVOW_TRY(hash_stored(db, job->name, before));
	AVOW_TRY(set_provider(db, row.id, job->provider));
	AVOW_TRY(hash_stored(db, job->name, after));
	AVOW_TRY(avow_db_changed(db, row.id));
	return avow_db_audit(
		db, job->audit, avow_span_str(before), avow_span_str(after));
}

enum avow_err
avow_sqlite_provider_update(struct avow_store *store,
	const struct avow_store_provider *p, int64_t provider_change,
	const struct avow_audit *audit)
{
	struct provider_job job = {p, NULL, 0, provider_change, p->name, audit};

	return avow_write((struct avow_sqlite *)store, update_provider, &job);
}

static enum avow_err
delete_provider(struct avow_db *db, void *ctx)
{
	const struct provider_job *job = ctx;
	struct avow_provider_row row;
	char before[HASH_TEXT];

	AVOW_TRY(avow_db_provider(db, job->name, 0, &row));
	if (row.is_built_in)
		return AVOW_E_READ_ONLY;
	AVOW_TRY(hash_stored(db, job->name, before));
	AVOW_TRY(run_on(db, AVOW_SQL_POLICY_DELETE_ALL, row.id));
	AVOW_TRY(run_on(db, AVOW_SQL_CERT_DELETE_ALL, row.id));
	AVOW_TRY(run_on(db, AVOW_SQL_PROVIDER_DELETE, row.id));
	AVOW_TRY(avow_run(db, AVOW_SQL_GENERATION_NEXT));
	return avow_db_audit(db, job->audit, avow_span_str(before), AVOW_LIT(""));
}

enum avow_err
avow_sqlite_provider_delete(
	struct avow_store *store, struct avow_span name, const struct avow_audit *audit)
{
	struct provider_job job = {.name = name, .audit = audit};

	return avow_write((struct avow_sqlite *)store, delete_provider, &job);
}
