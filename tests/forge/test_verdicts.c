/*
 * forge/ against the verifier: what is forged without a deviation verifies, in
 * each form that real quotes have; and each deviation of the list, alone, is
 * refused with the code that the list names. So for every check of the
 * verifier there is evidence that differs only there.
 */
#include "support.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "forge/forge.h"
#include "trust/anchors.h"
#include "trust/collateral.h"
#include "trust/tcb.h"

#define AT_S INT64_C(1750000000) /* 2025-06-15 */
#define DAY_S INT64_C(86400)
#define ACCEPTED                                                                       \
	(1u << AVOW_TCB_UP_TO_DATE | 1u << AVOW_TCB_SW_HARDENING_NEEDED |              \
		1u << AVOW_TCB_CONFIGURATION_NEEDED |                                  \
		1u << AVOW_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED)

static struct avow_forge_keys *keys;

static int
set_up(void **state)
{
	(void)state;
	return avow_forge_keys_new(&keys) == AVOW_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_forge_keys_free(keys);
	return 0;
}

static struct avow_forge_sgx
params(void)
{
	struct avow_forge_sgx p;

	avow_forge_sgx_defaults(&p, AT_S);
	p.keys = keys;
	return p;
}

/* --- one appraisal ------------------------------------------------------------- */

struct outcome {
	enum avow_err err;
	struct avow_why why;
	char status[64];
	size_t n_advisories;
	uint32_t evaluation_number;
};

static struct avow_collateral *
collateral_of(const struct avow_forged *f)
{
	struct avow_collateral_file files[16];
	struct avow_collateral *c = NULL;
	struct avow_forge_file file;
	size_t n = 0;

	for (size_t i = 0; avow_forged_at(f, i, &file); i++)
		if (strncmp(file.name, "collateral/", 11) == 0)
			files[n++] =
				(struct avow_collateral_file){file.name, file.bytes};
	assert_ok(avow_collateral_build(files, n, &c, NULL));
	return c;
}

static void
verify(const struct avow_kind *kind, struct avow_span bytes, struct avow_verify_in *in,
	struct avow_arena *a, struct outcome *o)
{
	const struct avow_evidence *ev;
	const struct avow_verified *v;
	static struct avow_findings f;

	memset(&f, 0, sizeof(f));
	o->err = avow_evidence_parse(kind, bytes, a, &ev, &o->why);
	if (o->err != AVOW_OK)
		return;
	o->err = avow_evidence_verify(ev, in, a, &f, &v, &o->why);
	if (f.tcb.known) {
		snprintf(o->status, sizeof(o->status), "%s", f.tcb.status);
		o->n_advisories = f.tcb.n_advisories;
		o->evaluation_number = f.tcb.evaluation_number;
	}
}

static struct outcome
appraise(const struct avow_forge_sgx *p, const char *file, int64_t at_s)
{
	struct avow_forged *f;
	struct avow_anchors *anchors;
	struct avow_verify_in in = {.at_s = at_s, .accept_tcb = ACCEPTED};
	struct outcome o = {.err = AVOW_OK};
	struct avow_arena a;

	avow_arena_init(&a, AVOW_MIB(64));
	avow_why_init(&o.why);
	assert_ok(avow_forge_sgx_make(p, &f, NULL));
	assert_ok(avow_anchors_new(false, &anchors));
	assert_ok(avow_anchors_add_pem(
		anchors, AVOW_ANCHOR_INTEL_SGX, avow_forged_get(f, "root.pem"), NULL));
	in.anchors = anchors;
	in.collateral = collateral_of(f);
	in.runtime = (struct avow_bound_data){
		!p->has_report_data, avow_forged_get(f, "runtime.bin"), true};
	in.init = (struct avow_bound_data){avow_forged_get(f, "init.bin").n > 0,
		avow_forged_get(f, "init.bin"), false};
	verify(avow_kind_by_name(
		       avow_span_str(strcmp(file, "quote.bin") ? "oe" : "sgx")),
		avow_forged_get(f, file), &in, &a, &o);
	avow_collateral_free(in.collateral);
	avow_anchors_free(anchors);
	avow_forged_free(f);
	avow_arena_clear(&a);
	return o;
}

static void
verifies(const struct avow_forge_sgx *p, const char *file, const char *status)
{
	struct outcome o = appraise(p, file, p->at_s);

	if (o.err != AVOW_OK)
		fail_msg("%s: %s at %s (%s)", file, avow_err_name(o.err),
			o.why.check ? o.why.check : "-", o.why.field);
	assert_string_equal(status, o.status);
}

/* --- what verifies ---------------------------------------------------------------- */

static void
the_defaults_verify_in_every_wrapper(void **state)
{
	struct avow_forge_sgx p = params();

	(void)state;
	verifies(&p, "quote.bin", "UpToDate");
	verifies(&p, "report.bin", "UpToDate");
	verifies(&p, "evidence.bin", "UpToDate");
	p.keys = NULL; /* fresh ones */
	verifies(&p, "quote.bin", "UpToDate");
}

static void
real_variations_verify(void **state)
{
	struct avow_forge_sgx p = params();

	(void)state;
	p.pck_ca = AVOW_FORGE_PLATFORM_CA;
	verifies(&p, "quote.bin", "UpToDate");
	p.tcb_info_version = 2;
	verifies(&p, "quote.bin", "UpToDate");
	p.chain_nul = false;
	p.auth_data_bytes = 0;
	verifies(&p, "quote.bin", "UpToDate");
	p = params();
	p.order = AVOW_FORGE_LEAF_ROOT_CA;
	verifies(&p, "quote.bin", "UpToDate");
	p.order = AVOW_FORGE_ROOT_CA_LEAF;
	p.auth_data_bytes = 1024;
	verifies(&p, "quote.bin", "UpToDate");
	p = params();
	p.debug = true;
	p.kss = true;
	p.has_init_data = true;
	p.init_data = AVOW_LIT("init");
	verifies(&p, "quote.bin", "UpToDate");
	memset(p.components, 0, sizeof(p.components));
	p.pcesvn = 0;
	p.qe_isvsvn = 0;
	verifies(&p, "quote.bin", "UpToDate");
	memset(p.components, 255, sizeof(p.components));
	p.pcesvn = p.qe_isvsvn = 65535;
	verifies(&p, "quote.bin", "UpToDate");
}

static void
status_advisories_and_number_come_through(void **state)
{
	static const char *const tcb_ids[] = {"INTEL-SA-00001", "INTEL-SA-00002", NULL};
	static const char *const qe_ids[] = {"INTEL-SA-00002", "INTEL-SA-00003", NULL};
	static const char *const statuses[] = {"SWHardeningNeeded",
		"ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"};
	struct avow_forge_sgx p = params();
	struct outcome o;

	(void)state;
	p.tcb_advisories = tcb_ids;
	p.qe_advisories = qe_ids;
	p.tcb_evaluation_number = 21;
	p.qe_evaluation_number = 20;
	for (size_t i = 0; i < 3; i++) {
		p.tcb_status = statuses[i];
		verifies(&p, "quote.bin", statuses[i]);
	}
	o = appraise(&p, "quote.bin", AT_S);
	assert_int_equal(3, o.n_advisories);
	assert_int_equal(20, o.evaluation_number);
	p.tcb_status = "OutOfDateConfigurationNeeded";
	o = appraise(&p, "quote.bin", AT_S);
	assert_err(AVOW_E_TCB_NOT_ACCEPTED, o.err);
	assert_string_equal("OutOfDateConfigurationNeeded", o.status);
}

static void
levels_of_ones_own_are_used(void **state)
{
	struct avow_forge_sgx p = params();
	struct avow_forge_tcb_level levels[2] = {
		{{0}, 0, AT_S - 9 * DAY_S, "SWHardeningNeeded", NULL},
		{{0}, 0, AT_S - 10 * DAY_S, "OutOfDate", NULL}};
	const struct avow_forge_isv_level qe[1] = {{2, AT_S, "UpToDate", NULL}};

	(void)state;
	memcpy(levels[0].components, p.components, 16);
	levels[0].pcesvn = p.pcesvn;
	p.tcb_levels = levels;
	p.n_tcb_levels = 2;
	p.qe_levels = qe;
	p.n_qe_levels = 1;
	verifies(&p, "quote.bin", "SWHardeningNeeded");
	levels[0].components[15]++; /* the last one counts too */
	assert_err(AVOW_E_TCB_NOT_ACCEPTED, appraise(&p, "quote.bin", AT_S).err);
}

/* Bounds are inclusive: the last second verifies, the next one does not. */
static void
validity_ends_to_the_second(void **state)
{
	struct avow_forge_sgx p = params();

	(void)state;
	assert_ok(appraise(&p, "quote.bin", p.tcb_info.until_s).err);
	p.pck.until_s = AT_S;
	assert_ok(appraise(&p, "quote.bin", AT_S).err);
	assert_err(AVOW_E_PCK_CHAIN_EXPIRED, appraise(&p, "quote.bin", AT_S + 1).err);
	p = params();
	p.tcb_info.until_s = AT_S;
	assert_ok(appraise(&p, "quote.bin", AT_S).err);
	assert_err(AVOW_E_TCB_INFO_EXPIRED, appraise(&p, "quote.bin", AT_S + 1).err);
	p = params();
	p.qe_identity.from_s = AT_S;
	assert_ok(appraise(&p, "quote.bin", AT_S).err);
	assert_err(AVOW_E_QE_IDENTITY_NOT_YET_VALID,
		appraise(&p, "quote.bin", AT_S - 1).err);
}

/* --- what does not ----------------------------------------------------------------- */

/* tests/evidence runs the list over the default platform; here it is the other CA,
 * whose certificates have more elements, and the older TCB info. */
static void
deviations_hold_for_the_other_formats_too(void **state)
{
	const struct avow_forge_deviation *d;
	int wrong = 0;
	size_t n = 0;

	(void)state;
	for (; (d = avow_forge_deviation_at(n)) != NULL; n++) {
		struct avow_forge_sgx p = params();
		struct outcome o;

		p.corrupt = d->name;
		p.pck_ca = AVOW_FORGE_PLATFORM_CA;
		p.tcb_info_version = 2;
		o = appraise(&p, d->evidence, AT_S);
		if (o.err == d->refused_with)
			continue;
		wrong++;
		printf("# %s: expected %s, got %s\n", d->name,
			avow_err_name(d->refused_with), avow_err_name(o.err));
	}
	assert_int_equal(0, wrong);
	assert_true(n > 200);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_verify_in_every_wrapper),
		cmocka_unit_test(real_variations_verify),
		cmocka_unit_test(status_advisories_and_number_come_through),
		cmocka_unit_test(levels_of_ones_own_are_used),
		cmocka_unit_test(validity_ends_to_the_second),
		cmocka_unit_test(deviations_hold_for_the_other_formats_too),
	};

	return cmocka_run_group_tests_name("forge/verdicts", tests, set_up, tear_down);
}
