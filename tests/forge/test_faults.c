/* forge/ when memory ends: nothing is forged rather than something wrong. */
#include "support.h"

#include "faults.h"

#include "forge/forge.h"
#include "forge/tdx.h"
#include "forge/vbs.h"

static struct avow_forge_keys *keys;
static struct avow_forge_vbs_keys *vbs_keys;

static enum avow_err
forge(void)
{
	struct avow_forge_sgx p;
	struct avow_forged *f;
	enum avow_err e;

	avow_forge_sgx_defaults(&p, INT64_C(1750000000));
	p.keys = keys;
	p.has_init_data = true;
	p.init_data = AVOW_LIT("init");
	e = avow_forge_sgx_make(&p, &f, NULL);
	assert_int_equal(e == AVOW_OK, f != NULL);
	avow_forged_free(f);
	return e;
}

static enum avow_err
forge_td(void)
{
	struct avow_forge_tdx p;
	struct avow_forged *f;
	enum avow_err e;

	avow_forge_tdx_defaults(&p, INT64_C(1750000000));
	p.platform.keys = keys;
	p.with_hcl = p.with_event_log = true;
	e = avow_forge_tdx_make(&p, &f, NULL);
	assert_int_equal(e == AVOW_OK, f != NULL);
	avow_forged_free(f);
	return e;
}

static enum avow_err
forge_enclave(void)
{
	struct avow_forge_vbs p;
	struct avow_forged *f;
	enum avow_err e;

	avow_forge_vbs_defaults(&p, INT64_C(1750000000));
	p.keys = vbs_keys;
	e = avow_forge_vbs_make(&p, &f, NULL);
	assert_int_equal(e == AVOW_OK, f != NULL);
	avow_forged_free(f);
	return e;
}

static enum avow_err
make_keys(void)
{
	struct avow_forge_keys *k;
	enum avow_err e = avow_forge_keys_new(&k);

	assert_int_equal(e == AVOW_OK, k != NULL);
	avow_forge_keys_free(k);
	return e;
}

static void
nothing_is_forged(void **state)
{
	(void)state;
	assert_ok(avow_forge_keys_new(&keys));
	assert_in_range(fail_each_allocation(forge, AVOW_E_NO_MEMORY), 50, 500);
	assert_in_range(fail_each_allocation(forge_td, AVOW_E_NO_MEMORY), 50, 500);
	avow_forge_keys_free(keys);
	keys = NULL;
	assert_in_range(fail_each_allocation(make_keys, AVOW_E_NO_MEMORY), 5, 50);
}

static void
no_enclave_is_forged(void **state)
{
	(void)state;
	assert_ok(avow_forge_vbs_keys_new(&vbs_keys));
	assert_in_range(fail_each_allocation(forge_enclave, AVOW_E_NO_MEMORY), 20, 500);
	avow_forge_vbs_keys_free(vbs_keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_forged),
		cmocka_unit_test(no_enclave_is_forged),
	};

	return cmocka_run_group_tests_name("forge/faults", tests, NULL, NULL);
}
