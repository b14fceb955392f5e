/*
 * api/provider and api/provider_cache: what is loaded, how long it is held, and
 * that no acknowledged change is missed.
 */
#include "store/fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#include "api/provider_cache.h"
#include "base/clock.h"
#include "token/keys.h"

#define URL "https://attest.example.org"
#define ACME AVOW_LIT("acme")

static struct avow_instance *instance;
static struct avow_provider_cache *cache;
static struct avow_providers_at_hand hand;
static struct avow_keys *keys;

static int
set_up_cache(void **state)
{
	if (set_up(state) != 0)
		return -1;
	assert_ok(avow_instance_new(URL, "", &instance));
	assert_ok(avow_provider_cache_new(store, instance, &cache, &why));
	assert_ok(avow_keys_new(AVOW_SIG_ES256_RAW, 1700000000, &keys));
	avow_provider_cache_set_keys(cache, keys);
	return 0;
}

static int
tear_down_cache(void **state)
{
	avow_providers_at_hand_clear(&hand);
	avow_provider_cache_free(cache);
	avow_keys_free(keys);
	avow_instance_free(instance);
	return tear_down(state);
}

/* --- helpers ---------------------------------------------------------------------------- */

static void
make(const char *name)
{
	char url[128];
	struct avow_store_provider p = {.name = avow_span_str(name), .created_s = 1};

	snprintf(url, sizeof(url), URL "/providers/%s", name);
	p.url = avow_span_str(url);
	assert_ok(avow_store_provider_create(store, &p, NULL, 0, NULL));
}

/* A policy whose hash tells it from others. */
static void
put_policy(struct avow_span provider, int n)
{
	char text[128], hash[AVOW_POLICY_HASH_TEXT];
	struct avow_store_policy_change c = {
		.provider = provider,
		.type = AVOW_LIT("SgxEnclave"),
		.replaces = AVOW_STORE_ANY_VERSION,
	};

	snprintf(text, sizeof(text),
		"version= 1.0;authorizationrules{=> permit();};issuancerules{=> "
		"issue(type=\"n\", value=%d);};",
		n);
	assert_ok(avow_policy_hash(avow_span_str(text), hash));
	c.policy = (struct avow_store_policy){
		.text = avow_span_str(text),
		.jwt = AVOW_LIT("jwt"),
		.hash = avow_span_str(hash),
	};
	assert_ok(avow_store_policy_change(store, &c, NULL));
}

static const struct avow_bound_policy *
sgx_of(const struct avow_provider *p)
{
	return avow_provider_policy(p, avow_kind_by_api_name(AVOW_LIT("SgxEnclave")));
}

static bool
has_policy(const struct avow_provider *p, int n)
{
	char text[128], hash[AVOW_POLICY_HASH_TEXT];

	snprintf(text, sizeof(text),
		"version= 1.0;authorizationrules{=> permit();};issuancerules{=> "
		"issue(type=\"n\", value=%d);};",
		n);
	assert_ok(avow_policy_hash(avow_span_str(text), hash));
	return strcmp(hash, sgx_of(p)->hash) == 0;
}

static const struct avow_provider *
at_hand(struct avow_span name)
{
	const struct avow_provider *p = NULL;

	avow_why_init(&why);
	assert_ok(avow_provider_at_hand(&hand, cache, name, &p, &why));
	return p;
}

static enum avow_err
find(struct avow_span name)
{
	const struct avow_provider *p;

	avow_why_init(&why);
	return avow_provider_at_hand(&hand, cache, name, &p, &why);
}

static void
run_sql(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &db));
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(SQLITE_OK, sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
}

/* --- cases ------------------------------------------------------------------------------- */

static void
the_built_in_ones_are_there(void **state)
{
	const struct avow_provider_info *info = avow_provider_info(at_hand(DEFAULT));

	(void)state;
	assert_span_str(URL, info->url);
	assert_true(info->is_built_in && !info->is_read_only && !info->is_isolated);
	info = avow_provider_info(at_hand(AVOW_LIT("shared")));
	assert_span_str(URL "/providers/shared", info->url);
	assert_true(info->is_built_in && info->is_read_only);
	assert_span(info->url,
		avow_token_iss(avow_provider_issuer(at_hand(AVOW_LIT("shared")))));
	assert_non_null(sgx_of(at_hand(DEFAULT))->policy);
	assert_ptr_equal(sgx_of(at_hand(DEFAULT))->policy,
		sgx_of(at_hand(AVOW_LIT("shared")))->policy);
}

static void
one_that_is_not_there_is_not_found(void **state)
{
	(void)state;
	assert_err(AVOW_E_NOT_FOUND, find(ACME));
	make("acme");
	assert_ok(find(ACME));
}

static void
a_change_is_seen_by_the_next_request(void **state)
{
	struct avow_provider *before;

	(void)state;
	make("acme");
	before = avow_provider_ref((struct avow_provider *)(uintptr_t)at_hand(ACME));
	assert_false(sgx_of(before)->is_set);
	put_policy(ACME, 1);
	avow_provider_cache_changed(cache, ACME);
	assert_true(sgx_of(at_hand(ACME))->is_set && has_policy(at_hand(ACME), 1));
	/* a request that began before keeps what it began with */
	assert_false(sgx_of(before)->is_set);
	avow_provider_free(before);
}

static void
a_change_of_another_process_is_seen_by_the_refresh(void **state)
{
	(void)state;
	make("acme");
	make("other");
	assert_false(sgx_of(at_hand(ACME))->is_set);
	assert_ok(find(AVOW_LIT("other")));
	assert_ok(avow_provider_cache_refresh(cache));
	put_policy(ACME, 7);
	assert_false(sgx_of(at_hand(ACME))->is_set);
	assert_ok(avow_provider_cache_refresh(cache));
	assert_true(has_policy(at_hand(ACME), 7));
	assert_false(avow_provider_is_stale(at_hand(AVOW_LIT("other"))));
}

static void
one_made_anew_under_its_name_is_another(void **state)
{
	int64_t change;

	(void)state;
	make("acme");
	put_policy(ACME, 1);
	assert_true(has_policy(at_hand(ACME), 1));
	change = avow_provider_info(at_hand(ACME))->change;
	assert_ok(avow_store_provider_delete(store, ACME, NULL));
	make("acme");
	assert_ok(avow_provider_cache_refresh(cache));
	assert_false(sgx_of(at_hand(ACME))->is_set);
	assert_true(avow_provider_info(at_hand(ACME))->change > change);
	assert_ok(avow_store_provider_delete(store, ACME, NULL));
	avow_provider_cache_changed(cache, ACME);
	assert_err(AVOW_E_NOT_FOUND, find(ACME));
}

static void
new_keys_make_new_providers(void **state)
{
	struct avow_token_issuer *issuer = avow_provider_issuer(at_hand(DEFAULT));
	struct avow_keys *more;

	(void)state;
	avow_token_issuer_ref(issuer);
	assert_ok(avow_keys_new(AVOW_SIG_ES256_RAW, 1700000001, &more));
	avow_provider_cache_set_keys(cache, more);
	assert_ptr_not_equal(issuer, avow_provider_issuer(at_hand(DEFAULT)));
	avow_token_issuer_free(issuer);
	avow_keys_free(more);
}

/* 2000 tenants in the store; what is held stays bounded, and the one that is in
 * use stays held. */
static void
idle_providers_cost_nothing(void **state)
{
	const struct avow_provider *used;
	char name[16];

	(void)state;
	run_sql("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
		"i < 1999) INSERT INTO provider (name, created_s, change, url) SELECT "
		"printf('t%04d', i), 1, 1, printf('https://x/%d', i) FROM n;");
	assert_int_equal(0, avow_provider_cache_count(cache));
	used = at_hand(DEFAULT);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "t%04d", i);
		assert_ok(find(avow_span_str(name)));
		assert_ptr_equal(used, at_hand(DEFAULT));
	}
	assert_int_equal(AVOW_MAX_PROVIDERS_HELD, avow_provider_cache_count(cache));
}

static void
what_the_store_cannot_hold_is_a_fault(void **state)
{
	(void)state;
	make("acme");
	run_sql("UPDATE provider SET settings = '{\"x\":1}' WHERE name = 'acme'");
	assert_err(AVOW_E_STORE_CORRUPT, find(ACME));
	run_sql("UPDATE provider SET settings = '{}' WHERE name = 'acme';"
		"INSERT INTO policy_certificate SELECT id, zeroblob(32), '', x'30', 1, "
		"'' FROM provider WHERE name = 'acme'");
	assert_err(AVOW_E_STORE_CORRUPT, find(ACME));
}

/* --- threads --------------------------------------------------------------------------------- */

#define READERS 3
#define CHANGES 40

struct shared {
	atomic_int acknowledged;
	atomic_bool done;
};

/* What was acknowledged before a request began is what judges it, or newer. */
static void *
read_along(void *arg)
{
	struct shared *s = arg;
	struct avow_providers_at_hand mine = {{NULL}};
	const struct avow_provider *p;
	intptr_t wrong = 0;

	while (!atomic_load(&s->done)) {
		int n = atomic_load(&s->acknowledged);
		bool found = false;

		if (avow_provider_at_hand(&mine, cache, ACME, &p, NULL) != AVOW_OK) {
			wrong++;
			continue;
		}
		for (int i = n; i <= CHANGES && !found; i++)
			found = has_policy(p, i);
		wrong += !found;
	}
	avow_providers_at_hand_clear(&mine);
	return (void *)wrong;
}

static void
no_reader_misses_an_acknowledged_change(void **state)
{
	struct shared s = {0};
	pthread_t threads[READERS];
	void *wrong;

	(void)state;
	make("acme");
	put_policy(ACME, 0);
	for (size_t i = 0; i < READERS; i++)
		assert_int_equal(0, pthread_create(&threads[i], NULL, read_along, &s));
	for (int i = 1; i <= CHANGES; i++) {
		put_policy(ACME, i);
		avow_provider_cache_changed(cache, ACME);
		atomic_store(&s.acknowledged, i);
		assert_true(has_policy(at_hand(ACME), i));
	}
	atomic_store(&s.done, true);
	for (size_t i = 0; i < READERS; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

#define F(name) cmocka_unit_test_setup_teardown(name, set_up_cache, tear_down_cache)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		F(the_built_in_ones_are_there),
		F(one_that_is_not_there_is_not_found),
		F(a_change_is_seen_by_the_next_request),
		F(a_change_of_another_process_is_seen_by_the_refresh),
		F(one_made_anew_under_its_name_is_another),
		F(new_keys_make_new_providers),
		F(idle_providers_cost_nothing),
		F(what_the_store_cannot_hold_is_a_fault),
		F(no_reader_misses_an_acknowledged_change),
	};

	return cmocka_run_group_tests_name("api/provider_cache", tests, NULL, NULL);
}
