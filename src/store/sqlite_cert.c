/*
 * Policy certificates in SQLite: a set a provider, by the SHA-256 of their DER.
 * Adding what is there and removing what is not are no errors (spec 02,
 * Response tokens); the last one of an isolated provider stays, because nobody
 * could set its policies any more.
 */
#include "base/hex.h"
#include "crypto/digest.h"
#include "store/sqlite.h"

static void
cert_row(struct avow_query *q, struct avow_arena *a, void *out)
{
	struct avow_store_cert *row = out;

	*row = (struct avow_store_cert){
		.der = avow_column_blob(q, 0, a),
		.thumbprint = avow_column_text(q, 1, a),
		.added_s = avow_column_int(q, 2),
		.added_by = avow_column_text(q, 3, a),
	};
}

enum avow_err
avow_sqlite_cert_list(struct avow_store *store, struct avow_span provider,
	struct avow_arena *a, struct avow_store_cert **out, size_t *n)
{
	struct avow_provider_row row;
	struct avow_read r;
	enum avow_err e;

	AVOW_TRY(avow_read(store, AVOW_SQL_CERT_LIST, &r));
	e = avow_db_provider(r.db, provider, 0, &row);
	if (r.q.err == AVOW_OK)
		r.q.err = e;
	avow_bind_int(&r.q, 1, row.id);
	return avow_read_all(&r, cert_row, sizeof(**out), a, out, n);
}

/* --- changing -------------------------------------------------------------------------- */

struct cert_job {
	struct avow_span provider, der;
	int64_t provider_change;
	const struct avow_store_cert *cert;
	const struct avow_audit *audit;
};

enum avow_err
avow_db_certs_hash(
	struct avow_db *db, int64_t provider, char out[AVOW_STORE_CERTS_HASH])
{
	struct avow_query q = avow_query(db, AVOW_SQL_CERT_HASHES);
	uint8_t digest[AVOW_SHA256_BYTES];
	struct avow_arena a;
	struct avow_buf all;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(4));
	avow_buf_init(&all, AVOW_MIB(4));
	avow_bind_int(&q, 1, provider);
	while (avow_step(&q))
		avow_buf_put(&all, avow_column_blob(&q, 0, &a));
	e = avow_query_end(&q);
	if (e == AVOW_OK)
		e = all.err;
	if (e == AVOW_OK)
		e = avow_sha256(avow_buf_span(&all), digest);
	avow_buf_clear(&all);
	avow_arena_clear(&a);
	if (e == AVOW_OK)
		avow_hex_encode(avow_span_make(digest, sizeof(digest)), out);
	return e;
}

enum avow_err
avow_db_add_cert(
	struct avow_db *db, int64_t provider, const struct avow_store_cert *cert)
{
	uint8_t id[AVOW_SHA256_BYTES];
	struct avow_query q;

	AVOW_TRY(avow_sha256(cert->der, id));
	q = avow_query(db, AVOW_SQL_CERT_ADD);
	avow_bind_int(&q, 1, provider);
	avow_bind_blob(&q, 2, avow_span_make(id, sizeof(id)));
	avow_bind_text(&q, 3, cert->thumbprint);
	avow_bind_blob(&q, 4, cert->der);
	avow_bind_int(&q, 5, cert->added_s);
	avow_bind_text(&q, 6, cert->added_by);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
open_provider(struct avow_db *db, const struct cert_job *job,
	struct avow_provider_row *row, char before[AVOW_STORE_CERTS_HASH])
{
	AVOW_TRY(avow_db_provider(db, job->provider, job->provider_change, row));
	if (row->is_read_only)
		return AVOW_E_READ_ONLY;
	return avow_db_certs_hash(db, row->id, before);
}

static enum avow_err
finish(struct avow_db *db, const struct cert_job *job, int64_t provider,
	const char before[AVOW_STORE_CERTS_HASH])
{
	char after[AVOW_STORE_CERTS_HASH];

	AVOW_TRY(avow_db_changed(db, provider));
	AVOW_TRY(avow_db_certs_hash(db, provider, after));
	return avow_db_audit(
		db, job->audit, avow_span_str(before), avow_span_str(after));
}

static enum avow_err
add_cert(struct avow_db *db, void *ctx)
{
	const struct cert_job *job = ctx;
	struct avow_provider_row row;
	char before[AVOW_STORE_CERTS_HASH];

	AVOW_TRY(open_provider(db, job, &row, before));
	AVOW_TRY(avow_db_add_cert(db, row.id, job->cert));
	return finish(db, job, row.id, before);
}

enum avow_err
avow_sqlite_cert_add(struct avow_store *store, struct avow_span provider,
	int64_t provider_change, const struct avow_store_cert *cert,
	const struct avow_audit *audit)
{
	struct cert_job job = {
		.provider = provider,
		.provider_change = provider_change,
		.cert = cert,
		.audit = audit,
	};

	return avow_write((struct avow_sqlite *)store, add_cert, &job);
}

/* How many there are, and whether this is one of them. */
static enum avow_err
count_certs(struct avow_db *db, int64_t provider, struct avow_span id, int64_t *n,
	bool *is_there)
{
	struct avow_query q = avow_query(db, AVOW_SQL_CERT_COUNT);

	avow_bind_int(&q, 1, provider);
	avow_bind_blob(&q, 2, id);
	*n = 0;
	*is_there = false;
	if (avow_step(&q)) {
		*n = avow_column_int(&q, 0);
		*is_there = avow_column_int(&q, 1) > 0;
	}
	return avow_query_end(&q);
}

static enum avow_err
delete_cert(struct avow_db *db, int64_t provider, struct avow_span id)
{
	struct avow_query q = avow_query(db, AVOW_SQL_CERT_REMOVE);

	avow_bind_int(&q, 1, provider);
	avow_bind_blob(&q, 2, id);
	avow_step(&q);
	return avow_query_end(&q);
}

static enum avow_err
remove_cert(struct avow_db *db, void *ctx)
{
	const struct cert_job *job = ctx;
	uint8_t digest[AVOW_SHA256_BYTES] = {0};
	struct avow_span id = avow_span_make(digest, sizeof(digest));
	struct avow_provider_row row;
	char before[AVOW_STORE_CERTS_HASH];
	bool is_there;
	int64_t n;

	AVOW_TRY(open_provider(db, job, &row, before));
	AVOW_TRY(avow_sha256(job->der, digest));
	AVOW_TRY(count_certs(db, row.id, id, &n, &is_there));
	if (row.is_isolated && is_there && n == 1)
		return AVOW_E_LAST_CERTIFICATE;
	AVOW_TRY(delete_cert(db, row.id, id));
	return finish(db, job, row.id, before);
}

enum avow_err
avow_sqlite_cert_remove(struct avow_store *store, struct avow_span provider,
	int64_t provider_change, struct avow_span der, const struct avow_audit *audit)
{
	struct cert_job job = {
		.provider = provider,
		.provider_change = provider_change,
		.der = der,
		.audit = audit,
	};

	return avow_write((struct avow_sqlite *)store, remove_cert, &job);
}
