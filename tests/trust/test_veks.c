/* trust: VCEKs that came after the snapshot was built. */
#include "support.h"

#include "../amd_maker.h"
#include "trust/veks.h"

static struct amd_keys keys;
static struct amd_params params;
static struct amd_world world;
static struct avow_veks *table;
static struct avow_collateral *snapshot;

static struct avow_amd_query
query(void)
{
	return (struct avow_amd_query){.kind = AVOW_AMD_VCEK,
		.chip_id = avow_span_make(params.chip_id, 64),
		.reported_tcb = params.reported};
}

static int
set_up(void **state)
{
	(void)state;
	params = amd_milan();
	amd_make(&keys, &params, &world);
	assert_ok(avow_veks_new(2, &table));
	assert_ok(avow_collateral_build(NULL, 0, &snapshot, NULL));
	avow_collateral_set_veks(snapshot, table);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_veks_free(table);
	avow_collateral_free(snapshot);
	amd_clear(&world);
	return 0;
}

static void
a_snapshot_finds_what_was_added_behind_it(void **state)
{
	struct avow_amd_query q = query();
	struct avow_cert *c;

	(void)state;
	assert_null(avow_collateral_vek(snapshot, &q, 0));
	assert_ok(avow_veks_add(table, avow_buf_span(&world.leaf)));
	c = avow_collateral_vek(snapshot, &q, 0);
	assert_non_null(c);
	assert_true(avow_span_eq(c->der, avow_buf_span(&world.leaf)));
	assert_null(avow_collateral_vek(snapshot, &q, 1));
}

/* Another chip, another TCB, a VLEK: no look-up gives what was not asked for. */
static void
only_what_fits_is_found(void **state)
{
	struct avow_amd_query q = query();
	uint8_t other[64], tcb[8];

	(void)state;
	assert_ok(avow_veks_add(table, avow_buf_span(&world.leaf)));
	memcpy(other, params.chip_id, 64);
	other[63] ^= 1; /* in the same bucket */
	q.chip_id = avow_span_make(other, 64);
	assert_null(avow_collateral_vek(snapshot, &q, 0));
	q = query();
	memcpy(tcb, params.reported, 8);
	tcb[7]--;
	q.reported_tcb = tcb;
	assert_null(avow_collateral_vek(snapshot, &q, 0));
	q = query();
	q.kind = AVOW_AMD_VLEK;
	assert_null(avow_collateral_vek(snapshot, &q, 0));
	q = query();
	q.has_product = true;
	q.product = AVOW_AMD_GENOA;
	assert_null(avow_collateral_vek(snapshot, &q, 0));
}

static void
the_same_again_takes_no_room(void **state)
{
	struct avow_amd_query q = query();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_ok(avow_veks_add(table, avow_buf_span(&world.leaf)));
	assert_non_null(avow_collateral_vek(snapshot, &q, 0));
	assert_null(avow_collateral_vek(snapshot, &q, 1));
}

static enum avow_err
add_chip(uint8_t first)
{
	struct amd_world w;
	enum avow_err e;

	params.chip_id[0] = first;
	amd_make(&keys, &params, &w);
	e = avow_veks_add(table, avow_buf_span(&w.leaf));
	amd_clear(&w);
	return e;
}

static void
a_full_table_says_so(void **state)
{
	(void)state;
	assert_ok(add_chip(1));
	assert_ok(add_chip(2));
	assert_err(AVOW_E_TOO_LARGE, add_chip(3));
}

static void
what_is_no_vcek_is_refused(void **state)
{
	struct amd_world w;

	(void)state;
	assert_err(AVOW_E_CERT_FORMAT, avow_veks_add(table, AVOW_LIT("nothing")));
	assert_err(AVOW_E_SNP_CERT_EXTENSIONS,
		avow_veks_add(table, avow_buf_span(&world.ark)));
	params.vlek = true;
	amd_make(&keys, &params, &w);
	assert_err(AVOW_E_SNP_CERT_EXTENSIONS,
		avow_veks_add(table, avow_buf_span(&w.leaf)));
	amd_clear(&w);
}

static int
make_keys(void **state)
{
	(void)state;
	amd_keys_new(&keys);
	return 0;
}

static int
free_keys(void **state)
{
	(void)state;
	amd_keys_free(&keys);
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_snapshot_finds_what_was_added_behind_it),
		T(only_what_fits_is_found),
		T(the_same_again_takes_no_room),
		T(a_full_table_says_so),
		T(what_is_no_vcek_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
