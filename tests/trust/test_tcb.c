/*
 * Matching and convergence: the tables of Intel's library, cell by cell.
 */
#include "docs.h"

#include "trust/qe_identity.h"
#include "trust/tcb_info.h"

#define N AVOW_SGX_COMPONENTS
#define UTD AVOW_TCB_UP_TO_DATE
#define SWH AVOW_TCB_SW_HARDENING_NEEDED
#define CFG AVOW_TCB_CONFIGURATION_NEEDED
#define CSW AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED
#define OOD AVOW_TCB_OUT_OF_DATE
#define OCN AVOW_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED
#define REV AVOW_TCB_REVOKED

static struct avow_tcb_level levels[3];
static struct avow_isv_level module_levels[2];
static struct avow_tdx_module modules[2];
static struct avow_tcb_info info;

static int
setup(void **state)
{
	(void)state;
	memset(levels, 0, sizeof(levels));
	memset(modules, 0, sizeof(modules));
	memset(&info, 0, sizeof(info));
	memset(levels[0].sgx, 9, N);
	memset(levels[1].sgx, 5, N);
	memset(levels[2].sgx, 1, N);
	levels[0].pcesvn = 13;
	levels[1].pcesvn = 11;
	levels[2].pcesvn = 5;
	levels[0].status = UTD;
	levels[1].status = OOD;
	levels[2].status = REV;
	info.levels = levels;
	info.n_levels = 3;
	module_levels[0] = (struct avow_isv_level){.isvsvn = 7, .status = UTD};
	module_levels[1] = (struct avow_isv_level){.isvsvn = 3, .status = OOD};
	for (int i = 0; i < 2; i++) {
		modules[i].levels = module_levels;
		modules[i].n_levels = 2;
	}
	modules[0].version = 1;
	modules[1].version = 3;
	info.modules = modules;
	info.n_modules = 2;
	return 0;
}

static const struct avow_tcb_level *
sgx(uint8_t all, uint16_t pcesvn)
{
	const struct avow_tcb_level *l = NULL;
	uint8_t c[N];

	memset(c, all, N);
	assert_ok(avow_tcb_match_sgx(&info, c, pcesvn, &l, NULL));
	return l;
}

static void
status_names_read_back_and_the_set_is_closed(void **state)
{
	enum avow_tcb_status s;

	(void)state;
	for (unsigned i = 0; i < AVOW_TCB_STATUS_COUNT; i++) {
		const char *name = avow_tcb_status_name((enum avow_tcb_status)i);

		assert_true(avow_tcb_status_parse(avow_span_str(name), &s));
		assert_int_equal(i, s);
	}
	assert_string_equal(
		"ConfigurationAndSWHardeningNeeded", avow_tcb_status_name(CSW));
	assert_string_equal("", avow_tcb_status_name(AVOW_TCB_STATUS_COUNT));
	assert_false(avow_tcb_status_parse(avow_span_str("uptodate"), &s));
	assert_false(avow_tcb_status_parse(avow_span_str("Up"), &s));
	assert_false(avow_tcb_status_parse(avow_span_str(""), &s));
}

static void
takes_the_first_level_that_is_reached(void **state)
{
	(void)state;
	assert_ptr_equal(&levels[0], sgx(9, 13));
	assert_ptr_equal(&levels[0], sgx(255, 65535));
	assert_ptr_equal(&levels[1], sgx(9, 12));
	assert_ptr_equal(&levels[1], sgx(8, 13));
	assert_ptr_equal(&levels[2], sgx(5, 10));
	assert_ptr_equal(&levels[2], sgx(1, 5));
}

/* Each component alone keeps a platform from its level. */
static void
every_component_counts(void **state)
{
	const struct avow_tcb_level *l;
	uint8_t c[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		memset(c, 255, N);
		c[i] = 8;
		assert_ok(avow_tcb_match_sgx(&info, c, 65535, &l, NULL));
		assert_ptr_equal(&levels[1], l);
		c[i] = 0;
		assert_err(AVOW_E_TCB_UNKNOWN,
			avow_tcb_match_sgx(&info, c, 65535, &l, NULL));
		assert_null(l);
	}
}

static void
a_platform_below_all_levels_is_unknown(void **state)
{
	const struct avow_tcb_level *l;
	struct avow_why why;
	uint8_t c[N];

	(void)state;
	memset(c, 1, N);
	avow_why_init(&why);
	assert_err(AVOW_E_TCB_UNKNOWN, avow_tcb_match_sgx(&info, c, 4, &l, &why));
	assert_string_equal("tcb_level", why.check);
	assert_string_equal("tcbLevels", why.field);
	info.n_levels = 0;
	assert_err(AVOW_E_TCB_UNKNOWN, avow_tcb_match_sgx(&info, c, 9, &l, NULL));
}

static void
qe_levels_match_in_served_order(void **state)
{
	static const struct avow_isv_level l[] = {
		{.isvsvn = 8, .status = UTD},
		{.isvsvn = 2, .status = REV},
		{.isvsvn = 6, .status = OOD},
	};
	const struct avow_qe_identity q = {.levels = l, .n_levels = 3};
	const struct avow_isv_level *got;

	(void)state;
	assert_ok(avow_qe_level(&q, 9, &got, NULL));
	assert_ptr_equal(&l[0], got);
	assert_ok(avow_qe_level(&q, 7, &got, NULL));
	assert_ptr_equal(&l[1], got);
	assert_err(AVOW_E_QE_TCB_UNKNOWN, avow_qe_level(&q, 1, &got, NULL));
	assert_null(got);
}

struct row {
	enum avow_tcb_status level, current, outdated;
};

static const struct row table[] = {
	{UTD, UTD, OOD},
	{SWH, SWH, OOD},
	{CFG, CFG, OCN},
	{CSW, CSW, OCN},
	{OOD, OOD, OOD},
	{OCN, OCN, OCN},
	{REV, REV, REV},
};

static void
a_module_merges_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(table[i].current,
			avow_tcb_converge_module(table[i].level, UTD));
		assert_int_equal(table[i].outdated,
			avow_tcb_converge_module(table[i].level, OOD));
		assert_int_equal(REV, avow_tcb_converge_module(table[i].level, REV));
	}
}

/* verifier bug 5: a revoked QE never merges into anything but Revoked */
static void
a_qe_merges_as_the_table_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(
			table[i].current, avow_tcb_converge(table[i].level, UTD));
		assert_int_equal(
			table[i].outdated, avow_tcb_converge(table[i].level, OOD));
		assert_int_equal(REV, avow_tcb_converge(table[i].level, REV));
	}
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED,
		avow_tcb_converge(AVOW_TCB_TD_RELAUNCH_ADVISED, UTD));
	assert_int_equal(OOD, avow_tcb_converge(AVOW_TCB_TD_RELAUNCH_ADVISED, OOD));
	assert_int_equal(
		OCN, avow_tcb_converge(
			     AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED, OOD));
	/* what no QE can have does not pass */
	assert_int_equal(REV, avow_tcb_converge(UTD, SWH));
	assert_int_equal(REV, avow_tcb_converge(AVOW_TCB_STATUS_COUNT, OOD));
}

static enum avow_err
tdx(uint8_t c, const uint8_t *svn, struct avow_tdx_match *m)
{
	uint8_t comps[N];

	memset(comps, c, N);
	return avow_tcb_match_tdx(&info, comps, 13, svn, m, NULL);
}

/* verifier bug 7, its matching part: components 0 and 1 belong to the module */
static void
tdx_components_0_and_1_count_without_a_module_version(void **state)
{
	uint8_t svn[N] = {4, 0, 6};
	struct avow_tdx_match m;

	(void)state;
	levels[0].tdx[0] = 5;
	levels[0].tdx[2] = 6;
	assert_ok(tdx(9, svn, &m));
	assert_ptr_equal(&levels[0], m.sgx_level);
	assert_ptr_equal(&levels[1], m.level);
	assert_null(m.module);
	assert_int_equal(UTD, m.module_status);
	assert_int_equal(OOD, m.status);
	svn[1] = 1;
	assert_ok(tdx(9, svn, &m));
	assert_ptr_equal(&levels[0], m.level);
	assert_ptr_equal(&modules[0], m.module);
	assert_ptr_equal(&module_levels[1], m.module_level);
	assert_int_equal(OOD, m.status);
	svn[0] = 7;
	assert_ok(tdx(9, svn, &m));
	assert_int_equal(UTD, m.status);
	svn[2] = 5;
	assert_ok(tdx(9, svn, &m));
	assert_ptr_equal(&levels[1], m.level);
}

static void
tdx_refuses_what_no_level_or_module_fits(void **state)
{
	uint8_t svn[N] = {7, 2, 0};
	struct avow_tdx_match m;

	(void)state;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH, tdx(9, svn, &m));
	svn[1] = 3;
	assert_ok(tdx(9, svn, &m));
	svn[0] = 2;
	assert_err(AVOW_E_TCB_UNKNOWN, tdx(9, svn, &m));
	assert_null(m.level);
	svn[0] = 7;
	assert_err(AVOW_E_TCB_UNKNOWN, tdx(0, svn, &m));
	for (int i = 0; i < 3; i++)
		levels[i].tdx[15] = 1;
	assert_err(AVOW_E_TCB_UNKNOWN, tdx(9, svn, &m));
}

/* verifier bug 7: the module's signer and attributes are always compared */
static void
module_signer_and_attributes_are_compared(void **state)
{
	uint8_t svn[N] = {7, 3, 0}, signer[48] = {0}, attrs[8] = {0};

	(void)state;
	signer[47] = modules[1].mrsigner[47] = 0x42;
	assert_ok(avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	signer[47] = 0x43;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	signer[47] = 0x42;
	attrs[7] = 1;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	modules[1].attributes[7] = 1;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	attrs[7] = 0;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	svn[1] = 2;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
}

static void
a_module_without_version_is_compared_with_tdx_module(void **state)
{
	uint8_t svn[N] = {7, 0, 0}, signer[48] = {1}, attrs[8] = {0};
	struct avow_why why;

	(void)state;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, NULL));
	info.has_tdx_module = true;
	avow_why_init(&why);
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tdx_module_check(&info, svn, signer, attrs, &why));
	assert_string_equal("MRSIGNERSEAM", why.field);
	info.tdx_module.mrsigner[0] = 1;
	assert_ok(avow_tdx_module_check(&info, svn, signer, attrs, NULL));
}

static enum avow_tcb_status
relaunch(const struct avow_tdx_match *m, enum avow_tcb_status qe, const uint8_t *now)
{
	enum avow_tcb_status s;

	assert_ok(avow_tcb_relaunch(&info, m, qe, now, &s, NULL));
	return s;
}

static void
a_relaunch_is_advised_when_it_would_help(void **state)
{
	uint8_t now[N] = {7, 3, 6};
	struct avow_tdx_match m = {.sgx_level = &levels[0],
		.level = &levels[0],
		.module_status = OOD,
		.status = OOD};

	(void)state;
	levels[0].tdx[0] = 5;
	levels[0].tdx[2] = 6;
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED, relaunch(&m, UTD, now));
	assert_int_equal(OOD, relaunch(&m, OOD, now));
	assert_int_equal(OOD, relaunch(&m, REV, now));
	now[0] = 6;
	assert_int_equal(OOD, relaunch(&m, UTD, now));
	now[0] = 7;
	now[2] = 5;
	assert_int_equal(OOD, relaunch(&m, UTD, now));
	now[2] = 6;
	now[0] = 5;
	now[1] = 0;
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED, relaunch(&m, UTD, now));
	now[0] = 4;
	assert_int_equal(OOD, relaunch(&m, UTD, now));
}

static void
a_relaunch_is_not_for_other_reasons(void **state)
{
	uint8_t now[N] = {7, 3, 6};
	enum avow_tcb_status s;
	struct avow_tdx_match m = {.sgx_level = &levels[0],
		.level = &levels[0],
		.module_status = OOD,
		.status = OOD};

	(void)state;
	m.module_status = UTD;
	assert_int_equal(OOD, relaunch(&m, UTD, now));
	m.module_status = OOD;
	m.sgx_level = &levels[1];
	assert_int_equal(OOD, relaunch(&m, UTD, now));
	m.sgx_level = &levels[0];
	m.status = UTD;
	assert_int_equal(UTD, relaunch(&m, UTD, now));
	m.status = OCN;
	levels[0].status = CSW;
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
		relaunch(&m, UTD, now));
	levels[0].status = SWH;
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
		relaunch(&m, UTD, now));
	m.status = OOD;
	levels[0].status = CFG;
	assert_int_equal(AVOW_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
		relaunch(&m, UTD, now));
	now[1] = 9;
	assert_err(AVOW_E_TDX_MODULE_MISMATCH,
		avow_tcb_relaunch(&info, &m, UTD, now, &s, NULL));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(status_names_read_back_and_the_set_is_closed),
		T(takes_the_first_level_that_is_reached),
		T(every_component_counts),
		T(a_platform_below_all_levels_is_unknown),
		T(qe_levels_match_in_served_order),
		T(a_module_merges_as_the_table_says),
		T(a_qe_merges_as_the_table_says),
		T(tdx_components_0_and_1_count_without_a_module_version),
		T(tdx_refuses_what_no_level_or_module_fits),
		T(module_signer_and_attributes_are_compared),
		T(a_module_without_version_is_compared_with_tdx_module),
		T(a_relaunch_is_advised_when_it_would_help),
		T(a_relaunch_is_not_for_other_reasons),
	};

	return cmocka_run_group_tests_name("trust/tcb", tests, NULL, NULL);
}
