/* store: collateral, its versions, and that nothing older passes as newest. */
#include "fixture.h"

#define NAME AVOW_LIT("intel/sgx/tcb/00606a000000")

static struct avow_store_collateral
document(const char *body, int64_t number, int64_t issued_s)
{
	return (struct avow_store_collateral){
		.name = NAME,
		.body = avow_span_str(body),
		.chain = AVOW_LIT("chain"),
		.source = AVOW_LIT("https://pcs.example:443"),
		.number = number,
		.issued_s = issued_s,
		.expires_s = issued_s + 100,
		.fetched_s = issued_s + 1,
	};
}

static enum avow_err
put(const char *body, int64_t number, int64_t issued_s, bool keep_old, bool *is_new)
{
	struct avow_store_collateral c = document(body, number, issued_s);

	return avow_store_collateral_put(store, &c, keep_old, is_new);
}

static size_t
count(const struct avow_store_collateral_filter *f)
{
	struct avow_store_collateral *v;
	size_t n;

	assert_ok(avow_store_collateral_list(store, f, &arena, &v, &n));
	return n;
}

static void
assert_newest(const char *body)
{
	struct avow_store_collateral c;

	assert_ok(avow_store_collateral_get(store, NAME, &arena, &c));
	assert_true(avow_span_eq_str(c.body, body));
	assert_true(c.is_newest);
}

static void
a_document_is_read_as_it_was_put(void **state)
{
	struct avow_store_collateral c;
	bool is_new;

	(void)state;
	assert_err(
		avow_store_collateral_get(store, NAME, &arena, &c), AVOW_E_NOT_FOUND);
	assert_ok(put("one", 17, 1000, false, &is_new));
	assert_true(is_new);
	assert_ok(avow_store_collateral_get(store, NAME, &arena, &c));
	assert_true(avow_span_eq(c.name, NAME));
	assert_true(avow_span_eq_str(c.body, "one"));
	assert_true(avow_span_eq_str(c.chain, "chain"));
	assert_true(avow_span_eq_str(c.source, "https://pcs.example:443"));
	assert_int_equal(c.number, 17);
	assert_int_equal(c.issued_s, 1000);
	assert_int_equal(c.expires_s, 1100);
	assert_int_equal(c.fetched_s, 1001);
	assert_err(AVOW_E_NOT_FOUND, avow_store_collateral_get(store,
					     AVOW_LIT("intel/sgx/tcb/"), &arena, &c));
}

static void
the_same_again_is_seen_and_not_new(void **state)
{
	struct avow_store_collateral c = document("one", 17, 1000);
	struct avow_store_collateral_state before, after;
	bool is_new;

	(void)state;
	assert_ok(avow_store_collateral_put(store, &c, false, &is_new));
	assert_ok(avow_store_collateral_state(store, &before));
	c.fetched_s = 5000;
	c.source = AVOW_LIT("import");
	assert_ok(avow_store_collateral_put(store, &c, false, &is_new));
	assert_false(is_new);
	assert_ok(avow_store_collateral_get(store, NAME, &arena, &c));
	assert_int_equal(c.fetched_s, 5000);
	assert_true(avow_span_eq_str(c.source, "import"));
	assert_ok(avow_store_collateral_state(store, &after));
	assert_int_equal(before.seq, after.seq);
}

/* no roll-back: neither the date nor the number goes down */
static void
an_older_one_is_refused(void **state)
{
	bool is_new = true;

	(void)state;
	assert_ok(put("now", 17, 1000, false, NULL));
	assert_err(AVOW_E_COLLATERAL_ROLLBACK, put("older", 17, 999, false, &is_new));
	assert_false(is_new);
	assert_err(AVOW_E_COLLATERAL_ROLLBACK, put("lower", 16, 2000, false, &is_new));
	assert_err(AVOW_E_COLLATERAL_ROLLBACK,
		put("older, higher", 18, 999, false, &is_new));
	assert_newest("now");
	assert_int_equal(
		count(&(struct avow_store_collateral_filter){.all_versions = true}), 1);
	assert_ok(put("next", 17, 1001, false, &is_new));
	assert_true(is_new);
	assert_err(AVOW_E_COLLATERAL_ROLLBACK, put("now", 17, 1000, false, NULL));
	assert_newest("next");
}

static void
an_older_one_is_kept_on_request_and_never_newest(void **state)
{
	struct avow_store_collateral *v;
	bool is_new = true;
	size_t n;

	(void)state;
	assert_ok(put("now", 17, 1000, false, NULL));
	assert_ok(put("old", 16, 500, true, &is_new));
	assert_false(is_new);
	assert_newest("now");
	assert_ok(avow_store_collateral_list(store,
		&(struct avow_store_collateral_filter){.all_versions = true}, &arena,
		&v, &n));
	assert_int_equal(n, 2);
	assert_true(avow_span_eq_str(v[0].body, "now"));
	assert_true(avow_span_eq_str(v[1].body, "old"));
	assert_false(v[1].is_newest);
}

static void
only_some_versions_are_kept(void **state)
{
	char body[16];

	(void)state;
	for (int i = 0; i < AVOW_STORE_VERSIONS + 9; i++) {
		snprintf(body, sizeof(body), "body %d", i);
		assert_ok(put(body, 17, 1000 + i, false, NULL));
	}
	assert_newest(body);
	assert_int_equal(
		count(&(struct avow_store_collateral_filter){.all_versions = true}),
		AVOW_STORE_VERSIONS);
	assert_ok(put("very old", 17, 1, true, NULL));
	assert_newest(body);
}

static void
put_named(const char *name, int64_t issued_s)
{
	char body[64] = "";
	struct avow_store_collateral c = document(body, 0, issued_s);

	snprintf(body, sizeof(body), "%s %d", name, (int)issued_s);
	c.body = avow_span_str(body);
	c.name = avow_span_str(name);
	assert_ok(avow_store_collateral_put(store, &c, false, NULL));
}

static void
lists_are_filtered_and_paged(void **state)
{
	struct avow_store_collateral_filter f = {.prefix = AVOW_LIT("amd/")};
	struct avow_store_collateral *v;
	size_t n;

	(void)state;
	put_named("intel/crl/root", 10);
	put_named("amd/vcek/Milan/00/1", 20);
	put_named("amd/crl/vcek/Milan", 30);
	assert_int_equal(count(&(struct avow_store_collateral_filter){0}), 3);
	assert_int_equal(count(&f), 2);
	f.without = AVOW_LIT("amd/vcek/");
	assert_int_equal(count(&f), 1);
	f = (struct avow_store_collateral_filter){
		.after = AVOW_LIT("amd/crl/vcek/Milan"), .max = 1, .no_bodies = true};
	assert_ok(avow_store_collateral_list(store, &f, &arena, &v, &n));
	assert_int_equal(n, 1);
	assert_true(avow_span_eq_str(v[0].name, "amd/vcek/Milan/00/1"));
	assert_int_equal(v[0].body.n, 0);
	/* a % or _ in a prefix is a letter like any other */
	assert_int_equal(
		count(&(struct avow_store_collateral_filter){.prefix = AVOW_LIT("%")}),
		0);
}

static void
the_state_tells_what_changed(void **state)
{
	struct avow_store_collateral_state s, t;

	(void)state;
	assert_ok(avow_store_collateral_state(store, &s));
	assert_int_equal(s.seq, 0);
	assert_true(s.newest_issue_s == INT64_MIN);
	assert_true(s.earliest_expiry_s == INT64_MAX);
	put_named("a", 500);
	put_named("b", 700);
	assert_ok(avow_store_collateral_state(store, &s));
	assert_int_equal(s.newest_issue_s, 700);
	assert_int_equal(s.earliest_expiry_s, 600);
	put_named("a", 600);
	assert_ok(avow_store_collateral_state(store, &t));
	assert_true(t.seq > s.seq);
	assert_int_equal(t.earliest_expiry_s, 700);
}

static void
what_is_newest_stays_when_the_store_opens_again(void **state)
{
	(void)state;
	assert_ok(put("now", 17, 1000, false, NULL));
	avow_store_close(store);
	open_store();
	assert_err(AVOW_E_COLLATERAL_ROLLBACK, put("older", 17, 999, false, NULL));
	assert_newest("now");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_document_is_read_as_it_was_put),
		T(the_same_again_is_seen_and_not_new),
		T(an_older_one_is_refused),
		T(an_older_one_is_kept_on_request_and_never_newest),
		T(only_some_versions_are_kept),
		T(lists_are_filtered_and_paged),
		T(the_state_tells_what_changed),
		T(what_is_newest_stays_when_the_store_opens_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
