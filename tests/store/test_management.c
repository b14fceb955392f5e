/* store: providers, policy certificates, audit records and facts. */
#include "fixture.h"

#include "crypto/digest.h"
#include "store/migrate.h"

#define ACME AVOW_LIT("acme")

static const struct avow_audit RECORD = {
	.at_s = 1700000000,
	.actor = {(const uint8_t *)"ann@idp", 7},
	.source = {(const uint8_t *)"10.0.0.1", 8},
	.request = {(const uint8_t *)"00-1-2-00", 9},
	.action = {(const uint8_t *)"policy.set", 10},
	.provider = {(const uint8_t *)"acme", 4},
	.target = {(const uint8_t *)"SgxEnclave", 10},
	.outcome = {(const uint8_t *)"done", 4},
};

static struct avow_store_provider
acme(void)
{
	return (struct avow_store_provider){
		.name = ACME,
		.url = AVOW_LIT("https://a.example/providers/acme"),
		.is_isolated = true,
		.settings = AVOW_LIT("{\"grace\":0}"),
		.location = AVOW_LIT("here"),
		.subscription = AVOW_LIT("Sub-1"),
		.resource_group = AVOW_LIT("rg"),
		.created_s = 5,
	};
}

static struct avow_store_cert
cert(const char *der)
{
	return (struct avow_store_cert){
		.der = avow_span_str(der),
		.thumbprint = AVOW_LIT("AB12"),
		.added_s = 9,
		.added_by = AVOW_LIT("ann"),
	};
}

static void
create_acme(void)
{
	const struct avow_store_provider p = acme();
	const struct avow_store_cert c = cert("der 1");

	assert_ok(avow_store_provider_create(store, &p, &c, 1, &RECORD));
}

static int64_t
change_of(struct avow_span name)
{
	struct avow_store_provider p;

	assert_ok(avow_store_provider_get(store, name, &arena, &p));
	return p.change;
}

static int64_t
generation(void)
{
	int64_t g;

	assert_ok(avow_store_generation(store, &g));
	return g;
}

/* --- providers ------------------------------------------------------------------------ */

static void
a_provider_comes_back_as_it_was_made(void **state)
{
	struct avow_store_provider p;

	(void)state;
	create_acme();
	assert_ok(avow_store_provider_get(store, ACME, &arena, &p));
	assert_span_str("acme", p.name);
	assert_span_str("https://a.example/providers/acme", p.url);
	assert_true(p.is_isolated);
	assert_false(p.is_built_in);
	assert_false(p.is_read_only);
	assert_span_str("{\"grace\":0}", p.settings);
	assert_span_str("{}", p.tags);
	assert_span_str("here", p.location);
	assert_span_str("Sub-1", p.subscription);
	assert_span_str("rg", p.resource_group);
	assert_int_equal(5, p.created_s);
	assert_int_equal(5, p.updated_s);
	assert_int_equal(1, p.change);
}

static void
name_and_url_belong_to_one_provider(void **state)
{
	struct avow_store_provider p = acme();

	(void)state;
	create_acme();
	assert_err(
		AVOW_E_CONFLICT, avow_store_provider_create(store, &p, NULL, 0, NULL));
	p.name = AVOW_LIT("other");
	assert_err(
		AVOW_E_CONFLICT, avow_store_provider_create(store, &p, NULL, 0, NULL));
	p.url = AVOW_LIT("https://a.example/providers/other");
	assert_ok(avow_store_provider_create(store, &p, NULL, 0, NULL));
	p = acme();
	p.name = AVOW_LIT("default");
	p.url = AVOW_LIT("x");
	assert_err(
		AVOW_E_CONFLICT, avow_store_provider_create(store, &p, NULL, 0, NULL));
}

static void
shared_is_there_and_read_only(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);
	const struct avow_store_cert one = cert("x");
	struct avow_store_provider p;

	(void)state;
	assert_ok(avow_store_provider_get(store, AVOW_LIT("shared"), &arena, &p));
	assert_true(p.is_read_only);
	assert_true(p.is_built_in);
	c.provider = AVOW_LIT("shared");
	assert_err(AVOW_E_READ_ONLY, avow_store_policy_change(store, &c, NULL));
	assert_err(AVOW_E_READ_ONLY,
		avow_store_cert_add(store, AVOW_LIT("shared"), 0, &one, NULL));
	assert_err(AVOW_E_READ_ONLY,
		avow_store_cert_remove(store, AVOW_LIT("shared"), 0, one.der, NULL));
	assert_err(AVOW_E_READ_ONLY, avow_store_provider_update(store, &p, 0, NULL));
	assert_err(AVOW_E_READ_ONLY,
		avow_store_provider_delete(store, AVOW_LIT("shared"), NULL));
	assert_err(AVOW_E_READ_ONLY,
		avow_store_provider_delete(store, AVOW_LIT("default"), NULL));
}

static void
settings_and_tags_change_and_nothing_else(void **state)
{
	struct avow_store_provider p = acme(), q;

	(void)state;
	create_acme();
	p.settings = AVOW_LIT("{\"grace\":7}");
	p.tags = AVOW_LIT("{\"a\":\"b\"}");
	p.url = AVOW_LIT("https://evil.example");
	p.is_isolated = false;
	p.updated_s = 8;
	assert_err(AVOW_E_CONFLICT, avow_store_provider_update(store, &p, 2, NULL));
	assert_ok(avow_store_provider_update(store, &p, 1, NULL));
	assert_ok(avow_store_provider_get(store, ACME, &arena, &q));
	assert_span_str("{\"grace\":7}", q.settings);
	assert_span_str("{\"a\":\"b\"}", q.tags);
	assert_span_str("https://a.example/providers/acme", q.url);
	assert_true(q.is_isolated);
	assert_int_equal(8, q.updated_s);
	assert_int_equal(2, q.change);
	p.name = AVOW_LIT("nobody");
	assert_err(AVOW_E_NOT_FOUND, avow_store_provider_update(store, &p, 0, NULL));
}

static void
a_deleted_provider_leaves_nothing_but_its_records(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);
	struct avow_store_policy p;
	struct avow_store_cert *certs;
	struct avow_audit *records;
	size_t n;

	(void)state;
	create_acme();
	c.provider = ACME;
	assert_ok(avow_store_policy_change(store, &c, NULL));
	assert_ok(avow_store_provider_delete(store, ACME, &RECORD));
	assert_err(AVOW_E_NOT_FOUND, avow_store_provider_delete(store, ACME, NULL));
	assert_err(
		AVOW_E_NOT_FOUND, avow_store_policy_get(store, ACME, SGX, &arena, &p));
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_cert_list(store, ACME, &arena, &certs, &n));
	assert_ok(avow_store_audit_list(store, 0, 0, &arena, &records, &n));
	assert_int_equal(2, n);
	assert_span(records[0].after, records[1].before);
	assert_int_equal(0, records[1].after.n);
	/* a new one of the same name has nothing of the old */
	create_acme();
	assert_err(
		AVOW_E_NOT_FOUND, avow_store_policy_get(store, ACME, SGX, &arena, &p));
}

static void
lists_by_place_and_page(void **state)
{
	struct avow_store_filter f = {0};
	struct avow_store_provider *v;
	size_t n;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char name[16], url[32];
		struct avow_store_provider p = acme();

		snprintf(name, sizeof(name), "p%02d", i);
		snprintf(url, sizeof(url), "https://%s", name);
		p.name = avow_span_str(name);
		p.url = avow_span_str(url);
		p.resource_group = i % 2 ? AVOW_LIT("odd") : AVOW_LIT("even");
		assert_ok(avow_store_provider_create(store, &p, NULL, 0, NULL));
	}
	assert_ok(avow_store_provider_list(store, &f, &arena, &v, &n));
	assert_int_equal(22, n);
	assert_span_str("default", v[0].name);
	f.subscription = AVOW_LIT("sub-1"); /* ARM ids are case-insensitive */
	assert_ok(avow_store_provider_list(store, &f, &arena, &v, &n));
	assert_int_equal(20, n);
	f.resource_group = AVOW_LIT("ODD");
	assert_ok(avow_store_provider_list(store, &f, &arena, &v, &n));
	assert_int_equal(10, n);
	f.max = 3;
	f.after = AVOW_LIT("p05");
	assert_ok(avow_store_provider_list(store, &f, &arena, &v, &n));
	assert_int_equal(3, n);
	assert_span_str("p07", v[0].name);
	assert_span_str("p11", v[2].name);
}

/* --- certificates ----------------------------------------------------------------------- */

static void
certificates_are_a_set(void **state)
{
	const struct avow_store_cert two = cert("der 2");
	struct avow_store_cert *v;
	size_t n;

	(void)state;
	create_acme();
	assert_ok(avow_store_cert_add(store, ACME, 0, &two, NULL));
	assert_ok(avow_store_cert_add(store, ACME, 0, &two, NULL));
	assert_ok(avow_store_cert_list(store, ACME, &arena, &v, &n));
	assert_int_equal(2, n);
	assert_ok(avow_store_cert_remove(store, ACME, 0, two.der, NULL));
	assert_ok(avow_store_cert_remove(store, ACME, 0, two.der, NULL));
	assert_ok(avow_store_cert_list(store, ACME, &arena, &v, &n));
	assert_int_equal(1, n);
	assert_span_str("der 1", v[0].der);
	assert_span_str("AB12", v[0].thumbprint);
	assert_int_equal(9, v[0].added_s);
	assert_span_str("ann", v[0].added_by);
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_cert_add(store, AVOW_LIT("nobody"), 0, &two, NULL));
}

static void
the_last_certificate_of_an_isolated_provider_stays(void **state)
{
	struct avow_store_cert *v;
	const struct avow_store_cert c = cert("x");
	size_t n;

	(void)state;
	create_acme();
	assert_err(AVOW_E_LAST_CERTIFICATE,
		avow_store_cert_remove(store, ACME, 0, AVOW_LIT("der 1"), NULL));
	assert_ok(avow_store_cert_remove(store, ACME, 0, AVOW_LIT("another"), NULL));
	assert_ok(avow_store_cert_list(store, ACME, &arena, &v, &n));
	assert_int_equal(1, n);
	/* a provider of the other trust model may have none */
	assert_ok(avow_store_cert_add(store, DEFAULT, 0, &c, NULL));
	assert_ok(avow_store_cert_remove(store, DEFAULT, 0, c.der, NULL));
}

/* Whose signature was good when it was checked is no signer any more when the
 * policy is written: the change is not made. */
static void
a_decision_holds_only_for_the_certificates_it_was_made_from(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);
	const struct avow_store_cert two = cert("der 2");
	const struct avow_span one = AVOW_LIT("der 1");
	char hash[AVOW_STORE_CERTS_HASH];
	int64_t seen;

	(void)state;
	create_acme();
	seen = change_of(ACME);
	assert_ok(avow_store_certs_hash(&one, 1, hash));
	c.provider = ACME;
	c.certs_hash = avow_span_str(hash);
	assert_ok(avow_store_cert_add(store, ACME, seen, &two, NULL));
	assert_err(AVOW_E_CONFLICT, avow_store_policy_change(store, &c, NULL));
	assert_err(AVOW_E_CONFLICT,
		avow_store_cert_remove(store, ACME, seen, two.der, NULL));
	assert_err(AVOW_E_CONFLICT, avow_store_cert_add(store, ACME, seen, &two, NULL));
	assert_ok(avow_store_cert_remove(store, ACME, 0, two.der, NULL));
	assert_ok(avow_store_policy_change(store, &c, NULL));
	/* other changes under the provider are none of its certificates */
	c.replaces = AVOW_STORE_ANY_VERSION;
	assert_ok(avow_store_policy_change(store, &c, NULL));
}

/* Records, and what decisions were made from, name a set in the same way. */
static void
a_set_of_certificates_has_one_name(void **state)
{
	const struct avow_store_cert two = cert("der 2");
	char hash[AVOW_STORE_CERTS_HASH];
	struct avow_span ders[2];
	struct avow_store_cert *v;
	struct avow_audit *r;
	size_t n;

	(void)state;
	create_acme();
	assert_ok(avow_store_cert_add(store, ACME, 0, &two,
		&(struct avow_audit){
			.at_s = 1, .action = AVOW_LIT("certificate.add")}));
	assert_ok(avow_store_cert_list(store, ACME, &arena, &v, &n));
	assert_int_equal(2, n);
	ders[0] = v[0].der;
	ders[1] = v[1].der;
	assert_ok(avow_store_certs_hash(ders, 2, hash));
	assert_ok(avow_store_audit_list(store, 1, 0, &arena, &r, &n));
	assert_span_str(hash, r[n - 1].after);
}

/* --- generation and facts ------------------------------------------------------------------ */

static void
the_generation_grows_with_every_change(void **state)
{
	const struct avow_store_provider p = acme();
	const struct avow_store_cert c = cert("der 2");
	int64_t before = generation();

	(void)state;
	create_acme();
	assert_int_equal(++before, generation());
	assert_ok(set_policy("x", 0, NULL));
	assert_int_equal(++before, generation());
	assert_err(AVOW_E_CONFLICT, set_policy("x", 0, NULL));
	assert_int_equal(before, generation());
	assert_ok(avow_store_cert_add(store, ACME, 0, &c, NULL));
	assert_int_equal(++before, generation());
	assert_ok(avow_store_cert_remove(store, ACME, 0, c.der, NULL));
	assert_int_equal(++before, generation());
	assert_ok(avow_store_provider_update(store, &p, 0, NULL));
	assert_int_equal(++before, generation());
	assert_ok(avow_store_provider_delete(store, ACME, NULL));
	assert_int_equal(++before, generation());
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_int_equal(before, generation());
}

static void
a_fact_is_written_once(void **state)
{
	struct avow_span v;

	(void)state;
	assert_err(AVOW_E_NOT_FOUND,
		avow_store_fact_get(store, AVOW_LIT("token"), &arena, &v));
	assert_ok(avow_store_fact_add(store, AVOW_LIT("token"), AVOW_LIT("h1")));
	assert_err(AVOW_E_CONFLICT,
		avow_store_fact_add(store, AVOW_LIT("token"), AVOW_LIT("h2")));
	assert_ok(avow_store_fact_get(store, AVOW_LIT("token"), &arena, &v));
	assert_span_str("h1", v);
}

/* --- audit records ------------------------------------------------------------------------- */

static int64_t
verified(void)
{
	int64_t n;

	assert_ok(avow_store_audit_verify(store, &n, &why));
	return n;
}

static void
each_change_has_its_record(void **state)
{
	struct avow_store_policy_change c = change_to("x", 0);
	struct avow_audit *v;
	size_t n;

	(void)state;
	assert_int_equal(0, verified());
	create_acme();
	c.audit = &RECORD;
	assert_ok(avow_store_policy_change(store, &c, NULL));
	c.policy.hash = AVOW_LIT("hash 2");
	c.replaces = 1;
	assert_ok(avow_store_policy_change(store, &c, NULL));
	assert_err(AVOW_E_CONFLICT, avow_store_policy_change(store, &c, NULL));
	assert_int_equal(3, verified());
	assert_ok(avow_store_audit_list(store, 0, 0, &arena, &v, &n));
	assert_int_equal(3, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(i + 1, v[i].seq);
	assert_int_equal(64, v[0].after.n);
	assert_span_str("", v[1].before);
	assert_span_str("hash", v[1].after);
	assert_span_str("hash", v[2].before);
	assert_span_str("hash 2", v[2].after);
	assert_span_str("ann@idp", v[2].actor);
	assert_span_str("10.0.0.1", v[2].source);
	assert_span_str("00-1-2-00", v[2].request);
	assert_span_str("policy.set", v[2].action);
	assert_span_str("acme", v[2].provider);
	assert_span_str("SgxEnclave", v[2].target);
	assert_span_str("done", v[2].outcome);
	assert_int_equal(1700000000, v[2].at_s);
}

static void
a_refused_change_has_its_record_too(void **state)
{
	struct avow_audit r = RECORD, *v;
	size_t n;

	(void)state;
	r.outcome = AVOW_LIT("forbidden");
	r.before = AVOW_LIT("b");
	assert_ok(avow_store_audit_add(store, &r));
	assert_ok(avow_store_audit_list(store, 1, 1, &arena, &v, &n));
	assert_int_equal(1, n);
	assert_span_str("forbidden", v[0].outcome);
	assert_span_str("b", v[0].before);
	assert_ok(avow_store_audit_list(store, 2, 1, &arena, &v, &n));
	assert_int_equal(0, n);
}

static void
the_hash_is_as_documented(void **state)
{
	static const char json[] =
		"{\"action\":\"policy.set\",\"actor\":\"ann@idp\",\"after\":\"\","
		"\"at\":1700000000,\"before\":\"\",\"outcome\":\"done\",\"provider\":"
		"\"acme\",\"request\":\"00-1-2-00\",\"seq\":1,\"source\":\"10.0.0.1\","
		"\"target\":\"SgxEnclave\"}";
	const uint8_t zeros[32] = {0};
	struct avow_audit *v;
	uint8_t hash[32];
	size_t n;

	(void)state;
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_ok(avow_store_audit_list(store, 1, 0, &arena, &v, &n));
	assert_memory_equal(zeros, v[0].previous, 32);
	assert_ok(avow_sha256_2(avow_span_make(zeros, 32), avow_span_str(json), hash));
	assert_memory_equal(hash, v[0].hash, 32);
}

static void
a_record_is_shown_with_its_hashes(void **state)
{
	struct avow_audit r = RECORD;
	struct avow_buf b;
	struct avow_jw w;
	const struct avow_json *o;

	(void)state;
	avow_buf_init(&b, AVOW_KIB(8));
	avow_jw_init(&w, &b);
	memset(r.hash, 0xab, 32);
	avow_audit_put(&w, &r);
	assert_ok(avow_json_parse(avow_buf_span(&b), NULL, &arena, &o, &why));
	assert_int_equal(13, o->count);
	assert_true(avow_span_starts(
		avow_json_get(o, "hash")->string, AVOW_LIT("abababab")));
	avow_buf_clear(&b);
}

/* Three records, one of them tampered with in the file by hand. */
static void
is_seen(const char *sql, int64_t at)
{
	sqlite3 *h;
	int64_t n;

	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &h));
	assert_int_equal(
		SQLITE_OK, sqlite3_exec(h,
				   "BEGIN; DROP TRIGGER audit_is_never_changed;"
				   "DROP TRIGGER audit_is_never_deleted;"
				   "CREATE TABLE keep AS SELECT * FROM audit",
				   NULL, NULL, NULL));
	if (sqlite3_exec(h, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(h));
	assert_int_equal(SQLITE_OK, sqlite3_exec(h, "COMMIT", NULL, NULL, NULL));
	avow_why_init(&why);
	if (avow_store_audit_verify(store, &n, &why) != AVOW_E_AUDIT_CHAIN)
		fail_msg("%s was not seen", sql);
	assert_int_equal(at, n + 1);
	assert_int_equal(SQLITE_OK,
		sqlite3_exec(h,
			"BEGIN; DELETE FROM audit; INSERT INTO audit SELECT * FROM "
			"keep;"
			"DROP TABLE keep;"
			"CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit"
			" BEGIN SELECT RAISE(ABORT, ''); END;"
			"CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit"
			" BEGIN SELECT RAISE(ABORT, ''); END; COMMIT",
			NULL, NULL, NULL));
	sqlite3_close(h);
	assert_int_equal(3, verified());
}

static void
tampering_is_seen_at_its_place(void **state)
{
	static const char *const columns[] = {"at_s = at_s + 1", "actor = 'x'",
		"source = 'x'", "request = 'x'", "action = 'x'", "provider = 'x'",
		"target = 'x'", "before = 'x'", "after = 'x'", "outcome = 'x'",
		"previous = zeroblob(32)", "hash = zeroblob(32)"};
	char sql[128];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_ok(avow_store_audit_add(store, &RECORD));
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		snprintf(sql, sizeof(sql), "UPDATE audit SET %s WHERE seq = 2",
			columns[i]);
		is_seen(sql, 2);
	}
	is_seen("DELETE FROM audit WHERE seq = 2", 2);
	is_seen("DELETE FROM audit WHERE seq = 1", 1);
	is_seen("UPDATE audit SET seq = 9 WHERE seq = 2", 2);
	is_seen("UPDATE audit SET seq = 9 WHERE seq = 1; UPDATE audit SET seq = 1"
		" WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 9",
		1);
}

static void
the_database_itself_refuses_to_change_a_record(void **state)
{
	static const char *const sql[] = {"UPDATE audit SET actor = 'x'",
		"DELETE FROM audit", "UPDATE policy SET text = 'x'"};
	sqlite3 *h;

	(void)state;
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_ok(set_policy("x", 0, NULL));
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &h));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			SQLITE_CONSTRAINT, sqlite3_exec(h, sql[i], NULL, NULL, NULL));
	sqlite3_close(h);
	assert_int_equal(1, verified());
}

/* More than one page of the walk. */
static void
a_long_chain_holds(void **state)
{
	(void)state;
	for (int i = 0; i < 2100; i++)
		assert_ok(avow_store_audit_add(store, &RECORD));
	assert_int_equal(2100, verified());
	avow_store_close(store);
	open_store();
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_int_equal(2101, verified());
}

/* --- an old database ------------------------------------------------------------------------- */

/* A store of the first schema, as an Avow before this one left it. */
static void
a_store_of_the_first_schema_is_brought_up_to_date(void **state)
{
	struct avow_store_policy p;
	sqlite3 *h;

	(void)state;
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &h));
	assert_int_equal(SQLITE_OK,
		sqlite3_exec(h,
			"PRAGMA application_id = 1096175447;"
			"CREATE TABLE schema_migration (version INTEGER PRIMARY KEY,"
			" name TEXT NOT NULL) STRICT;"
			"INSERT INTO schema_migration VALUES (1, '0001-start')",
			NULL, NULL, NULL));
	assert_int_equal(SQLITE_OK,
		sqlite3_exec(h, AVOW_SQLITE_MIGRATIONS[0].sql, NULL, NULL, NULL));
	assert_int_equal(SQLITE_OK, sqlite3_exec(h,
					    "INSERT INTO policy VALUES (1, 1, "
					    "'SgxEnclave', 1, 'set', 'old',"
					    " 'j', 'h', '', 1, 'ann')",
					    NULL, NULL, NULL));
	sqlite3_close(h);
	open_store();
	assert_ok(get(&p));
	assert_span_str("old", p.text);
	assert_int_equal(1, change_of(DEFAULT));
	assert_int_equal(1, change_of(AVOW_LIT("shared")));
	assert_ok(set_policy("new", 1, NULL));
}

/* --- a reader beside the writer --------------------------------------------------------- */

static void
a_reader_sees_what_is_written_and_changes_nothing(void **state)
{
	struct avow_store *reader;
	int64_t n;

	(void)state;
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_ok(avow_store_open_sqlite_to_read(dir, &reader, &why));
	assert_ok(avow_store_audit_verify(reader, &n, &why));
	assert_int_equal(1, n);
	assert_ok(avow_store_audit_add(store, &RECORD));
	assert_ok(avow_store_audit_verify(reader, &n, &why));
	assert_int_equal(2, n);
	assert_err(AVOW_E_READ_ONLY, avow_store_audit_add(reader, &RECORD));
	assert_err(AVOW_E_READ_ONLY,
		avow_store_fact_add(reader, AVOW_LIT("a"), AVOW_LIT("b")));
	avow_store_close(reader);
}

static void
a_reader_makes_and_migrates_nothing(void **state)
{
	struct avow_store *reader;
	sqlite3 *h;

	(void)state;
	assert_err(AVOW_E_STORE, avow_store_open_sqlite_to_read(dir, &reader, &why));
	assert_null(reader);
	assert_int_equal(-1, access(path_in("avow.db"), F_OK));
	open_store();
	avow_store_close(store);
	store = NULL;
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &h));
	assert_int_equal(SQLITE_OK,
		sqlite3_exec(h, "DELETE FROM schema_migration WHERE version > 1", NULL,
			NULL, NULL));
	sqlite3_close(h);
	avow_why_init(&why);
	assert_err(AVOW_E_STORE_SCHEMA,
		avow_store_open_sqlite_to_read(dir, &reader, &why));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define F(f) cmocka_unit_test_setup_teardown(f, set_up_folder, tear_down)
		T(a_provider_comes_back_as_it_was_made),
		T(name_and_url_belong_to_one_provider),
		T(shared_is_there_and_read_only),
		T(settings_and_tags_change_and_nothing_else),
		T(a_deleted_provider_leaves_nothing_but_its_records),
		T(lists_by_place_and_page),
		T(certificates_are_a_set),
		T(the_last_certificate_of_an_isolated_provider_stays),
		T(a_decision_holds_only_for_the_certificates_it_was_made_from),
		T(a_set_of_certificates_has_one_name),
		T(the_generation_grows_with_every_change),
		T(a_fact_is_written_once),
		T(each_change_has_its_record),
		T(a_refused_change_has_its_record_too),
		T(the_hash_is_as_documented),
		T(a_record_is_shown_with_its_hashes),
		T(tampering_is_seen_at_its_place),
		T(the_database_itself_refuses_to_change_a_record),
		T(a_long_chain_holds),
		T(a_reader_sees_what_is_written_and_changes_nothing),
		F(a_reader_makes_and_migrates_nothing),
		F(a_store_of_the_first_schema_is_brought_up_to_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
