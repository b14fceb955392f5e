/*
 * fetch: the shelf. What arrives is parsed, what was there already is not parsed again,
 * and a snapshot that was taken stays whole whatever comes after it.
 */
#include "world.h"

#include <unistd.h>

#include "fetch/shelf.h"

static struct avow_store *store;
static struct avow_fetch_shelf *shelf;
static char dir[64];

static int
set_up(void **state)
{
	(void)state;
	world_init();
	snprintf(dir, sizeof(dir), "/tmp/avow-shelf-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_ok(avow_store_open_sqlite(dir, &store, &why));
	assert_ok(avow_fetch_shelf_new(store, &shelf));
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"avow.db", "avow.db-wal", "avow.db-shm"};
	char path[128];

	(void)state;
	avow_fetch_shelf_free(shelf);
	avow_store_close(store);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	world_clear();
	return rmdir(dir);
}

static void
store_body(const struct avow_fetch_key *k, struct avow_span body, int64_t issued_s)
{
	char name[AVOW_FETCH_NAME_TEXT];
	struct avow_store_collateral c = {.body = body,
		.chain = good_chain(k),
		.source = AVOW_LIT("test"),
		.issued_s = issued_s,
		.expires_s = T0 + 86400,
		.fetched_s = T0};
	bool is_new = false;

	avow_fetch_key_name(k, name);
	c.name = avow_span_str(name);
	assert_ok(avow_store_collateral_put(store, &c, false, &is_new));
	assert_true(is_new);
}

static void
store_good(const struct avow_fetch_key *k)
{
	store_body(k, good_body(k), T0 - 1000);
}

static struct avow_collateral *
take(struct avow_collateral *folder)
{
	struct avow_collateral *c;

	assert_ok(avow_fetch_shelf_join(shelf, folder, &c, &why));
	assert_ptr_equal(folder, avow_collateral_folder_of(c));
	return c;
}

static enum avow_err
choose(struct avow_collateral *c, struct avow_intel_selection *s)
{
	const struct avow_intel_query q = {
		.fmspc = {0x00, 0x60, 0x6a}, .pck_ca = p.ca, .at_s = T0};

	avow_why_init(&why);
	return avow_collateral_select(c, p.anchors, &q, s, &why);
}

static void
what_was_there_is_not_parsed_again(void **state)
{
	struct avow_collateral *before, *after;
	struct avow_intel_selection old, new;
	struct doc_spec newer = qe_spec();

	(void)state;
	store_good(&TCB);
	store_good(&QE);
	store_good(&PCK);
	before = take(NULL);
	assert_err(AVOW_E_CRL_ABSENT, choose(before, &old));
	store_good(&ROOT);
	after = take(NULL);
	assert_ok(choose(after, &new));
	/* a snapshot is of its moment */
	assert_err(AVOW_E_CRL_ABSENT, choose(before, &old));
	avow_collateral_free(before);

	before = after;
	old = new;
	newer.issue_s++;
	store_body(&QE, signed_doc(&p, newer, p.signer_key), T0 - 999);
	after = take(NULL);
	assert_ok(choose(after, &new));
	assert_ptr_equal(old.tcb_info, new.tcb_info);
	assert_ptr_equal(old.pck_crl, new.pck_crl);
	assert_ptr_not_equal(old.qe_identity, new.qe_identity);
	/* and what the new one has replaced lives as long as it is held */
	assert_ok(choose(before, &old));
	assert_ptr_not_equal(old.qe_identity, new.qe_identity);
	avow_collateral_free(before);
	avow_collateral_free(after);
}

static void
a_folder_stands_beside_it(void **state)
{
	const struct avow_collateral_more crl = {
		{"root.crl", good_body(&ROOT)}, AVOW_COLLATERAL_FOR_ALL};
	struct avow_collateral *folder, *c;
	struct avow_intel_selection s;

	(void)state;
	assert_ok(avow_collateral_part(&crl, 1, &folder, NULL));
	store_good(&TCB);
	store_good(&QE);
	store_good(&PCK);
	c = take(folder);
	avow_collateral_free(folder);
	assert_ok(choose(c, &s));
	assert_string_equal("root.crl", s.root_crl_name);
	assert_string_equal("intel/sgx/qe", s.qe_identity_name);
	avow_collateral_free(c);
}

static void
an_empty_store_is_an_empty_shelf(void **state)
{
	struct avow_intel_selection s;
	struct avow_collateral *c = take(NULL);

	(void)state;
	assert_err(AVOW_E_CRL_ABSENT, choose(c, &s));
	avow_collateral_free(c);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_was_there_is_not_parsed_again),
		T(a_folder_stands_beside_it),
		T(an_empty_store_is_an_empty_shelf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
