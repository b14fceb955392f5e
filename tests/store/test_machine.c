/* store: machines that attest again and again. */
#include "fixture.h"

static struct avow_store_machine_change change;

static enum avow_err
seen(const char *provider, const char *id, int64_t at_s, const char *failing,
	const char *state)
{
	struct avow_store_machine_seen m = {
		.provider = avow_span_str(provider),
		.id = avow_span_str(id),
		.kind = AVOW_LIT("Tpm"),
		.label = AVOW_LIT("host-1"),
		.at_s = at_s,
		.failing = avow_span_str(failing),
		.state = avow_span_str(state),
	};

	return avow_store_machine_seen(store, &m, &arena, &change);
}

static struct avow_store_machine
only(void)
{
	struct avow_store_machine *v;
	size_t n;

	assert_ok(avow_store_machine_list(
		store, AVOW_LIT("default"), AVOW_LIT(""), 0, &arena, &v, &n));
	assert_int_equal(1, n);
	return v[0];
}

static void
the_first_report_makes_a_machine(void **state)
{
	struct avow_store_machine m;

	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_true(change.is_new && change.has_new_state && !change.was_silent);
	assert_int_equal(1, change.state_seq);
	assert_int_equal(0, change.old_state.n);
	m = only();
	assert_span_str("default", m.provider);
	assert_span_str("m1", m.id);
	assert_span_str("Tpm", m.kind);
	assert_span_str("host-1", m.label);
	assert_span_str("", m.failing);
	assert_int_equal(1000, m.first_s);
	assert_int_equal(1000, m.last_s);
	assert_int_equal(1000, m.good_s);
	assert_int_equal(1, m.attestations);
	assert_int_equal(0, m.failures);
	assert_int_equal(1, m.states);
	assert_false(m.is_silent);
}

static void
a_state_is_kept_when_it_is_another(void **state)
{
	struct avow_store_machine_state *v;
	size_t n;

	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_ok(seen("default", "m1", 1010, "", "one"));
	assert_false(change.is_new || change.has_new_state);
	assert_int_equal(1, change.state_seq);
	assert_ok(seen("default", "m1", 1020, "", "two"));
	assert_true(change.has_new_state);
	assert_int_equal(2, change.state_seq);
	assert_span_str("one", change.old_state);
	/* Not told is not another. */
	assert_ok(seen("default", "m1", 1030, "", ""));
	assert_false(change.has_new_state);
	assert_ok(seen("default", "m1", 1040, "", "one"));
	assert_int_equal(3, change.state_seq);
	assert_ok(avow_store_machine_states(
		store, AVOW_LIT("default"), AVOW_LIT("m1"), &arena, &v, &n));
	assert_int_equal(3, n);
	assert_int_equal(3, v[0].seq);
	assert_int_equal(1040, v[0].at_s);
	assert_span_str("two", v[1].state);
	assert_int_equal(1000, v[2].at_s);
}

static void
old_states_go_beyond_a_number(void **state)
{
	struct avow_store_machine_state *v;
	char text[16];
	size_t n;

	(void)state;
	for (int i = 1; i <= AVOW_STORE_MACHINE_STATES + 5; i++) {
		snprintf(text, sizeof(text), "s%d", i);
		assert_ok(seen("default", "m1", 1000 + i, "", text));
	}
	assert_ok(avow_store_machine_states(
		store, AVOW_LIT("default"), AVOW_LIT("m1"), &arena, &v, &n));
	assert_int_equal(AVOW_STORE_MACHINE_STATES, n);
	assert_int_equal(AVOW_STORE_MACHINE_STATES + 5, v[0].seq);
	assert_int_equal(6, v[n - 1].seq);
}

static void
failing_and_good_again(void **state)
{
	struct avow_store_machine m;

	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_ok(seen("default", "m1", 1010, "policy_denied", ""));
	assert_span_str("", change.was_failing);
	m = only();
	assert_span_str("policy_denied", m.failing);
	assert_int_equal(1000, m.good_s);
	assert_int_equal(1010, m.last_s);
	assert_int_equal(1, m.failures);
	assert_ok(seen("default", "m1", 1020, "", "one"));
	assert_span_str("policy_denied", change.was_failing);
	m = only();
	assert_span_str("", m.failing);
	assert_int_equal(1020, m.good_s);
	assert_int_equal(3, m.attestations);
	assert_int_equal(1, m.failures);
}

/* A clock that went back does not make a machine look silent. */
static void
an_earlier_report_does_not_move_it_back(void **state)
{
	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_ok(seen("default", "m1", 900, "", "one"));
	assert_int_equal(1000, only().last_s);
	assert_int_equal(1000, only().first_s);
}

static void
silence_is_given_once(void **state)
{
	struct avow_store_machine *v;
	size_t n;

	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_ok(seen("default", "m2", 2000, "", "one"));
	assert_ok(avow_store_machine_silence(store, 1000, &arena, &v, &n));
	assert_int_equal(0, n);
	assert_ok(avow_store_machine_silence(store, 1001, &arena, &v, &n));
	assert_int_equal(1, n);
	assert_span_str("m1", v[0].id);
	assert_span_str("default", v[0].provider);
	assert_ok(avow_store_machine_silence(store, 1001, &arena, &v, &n));
	assert_int_equal(0, n);
	assert_ok(seen("default", "m1", 3000, "", "one"));
	assert_true(change.was_silent);
	assert_int_equal(1000, change.silent_since_s);
	assert_ok(seen("default", "m1", 3001, "", "one"));
	assert_false(change.was_silent);
}

static void
a_provider_sees_its_own_machines_alone(void **state)
{
	struct avow_store_provider other = {.name = AVOW_LIT("other"),
		.url = AVOW_LIT("https://x/providers/other")};
	struct avow_store_machine *v;
	struct avow_store_machine_state *states;
	size_t n;

	(void)state;
	assert_ok(avow_store_provider_create(store, &other, NULL, 0, NULL));
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_ok(seen("other", "m1", 1000, "", "two"));
	assert_true(change.is_new);
	assert_int_equal(0, change.old_state.n);
	assert_ok(avow_store_machine_states(
		store, AVOW_LIT("other"), AVOW_LIT("m1"), &arena, &states, &n));
	assert_int_equal(1, n);
	assert_span_str("two", states[0].state);
	assert_span_str("default", only().provider);
	/* Made anew under the same name, it has none of them. */
	assert_ok(avow_store_provider_delete(store, AVOW_LIT("other"), NULL));
	assert_ok(avow_store_provider_create(store, &other, NULL, 0, NULL));
	assert_ok(avow_store_machine_list(
		store, AVOW_LIT("other"), AVOW_LIT(""), 0, &arena, &v, &n));
	assert_int_equal(0, n);
	assert_err(AVOW_E_NOT_FOUND, seen("absent", "m1", 1000, "", "one"));
}

static void
a_list_is_read_in_pages(void **state)
{
	struct avow_store_machine *v;
	char id[16];
	size_t n;

	(void)state;
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "m%d", i);
		assert_ok(seen("default", id, 1000, "", "one"));
	}
	assert_ok(avow_store_machine_list(
		store, AVOW_LIT("default"), AVOW_LIT("m1"), 2, &arena, &v, &n));
	assert_int_equal(2, n);
	assert_span_str("m2", v[0].id);
	assert_span_str("m3", v[1].id);
}

/* The limit is too high to reach here row by row: the rows are put by hand. */
static void
a_full_provider_takes_no_new_machine(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_ok(seen("default", "m1", 1000, "", "one"));
	assert_int_equal(SQLITE_OK, sqlite3_open(path_in("avow.db"), &db));
	assert_int_equal(SQLITE_OK,
		sqlite3_exec(db,
			"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
			" WHERE i < 99999) INSERT INTO machine SELECT NULL, provider,"
			" 'x' || i, kind, label, 1, 1, 1, 1, 0, '', 0, 0"
			" FROM n, machine WHERE machine = 'm1'",
			NULL, NULL, NULL));
	sqlite3_close(db);
	assert_err(AVOW_E_MACHINES_FULL, seen("default", "m2", 1000, "", "one"));
	assert_ok(seen("default", "m1", 1001, "", "one"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_first_report_makes_a_machine),
		CASE(a_state_is_kept_when_it_is_another),
		CASE(old_states_go_beyond_a_number),
		CASE(failing_and_good_again),
		CASE(an_earlier_report_does_not_move_it_back),
		CASE(silence_is_given_once),
		CASE(a_provider_sees_its_own_machines_alone),
		CASE(a_list_is_read_in_pages),
		CASE(a_full_provider_takes_no_new_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
