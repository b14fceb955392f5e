/*
 * forge/tdx.h against the verifier: what is forged without a deviation verifies, in
 * both versions and reports; and each deviation of the list, alone, is refused with
 * the code that the list names: TDX's own and those that it shares with SGX.
 */
#include "tdx_run.h"

#include "crypto/digest.h"
#include "evidence/hcl/hcl.h"

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

static struct avow_forge_tdx
params(void)
{
	struct avow_forge_tdx p;

	avow_forge_tdx_defaults(&p, AT_S);
	p.platform.keys = keys;
	return p;
}

static struct avow_forge_tdx
params_15(void)
{
	struct avow_forge_tdx p = params();

	p.version = 5;
	p.report_15 = true;
	return p;
}

static enum avow_err
verdict(const struct avow_forge_tdx *p, struct avow_why *why, char status[64])
{
	const struct avow_verified *v;
	struct tdx_world w;
	enum avow_err e;

	tdx_world_open(&w, p);
	e = tdx_world_verify(&w, &v);
	*why = w.why;
	snprintf(status, 64, "%s", w.f.tcb.known ? w.f.tcb.status : "");
	tdx_world_close(&w);
	return e;
}

static void
verifies(const struct avow_forge_tdx *p)
{
	char status[64];
	struct avow_why why;
	enum avow_err e = verdict(p, &why, status);

	if (e != AVOW_OK)
		fail_msg("%s at %s (%s: %s)", avow_err_name(e),
			why.check ? why.check : "-", why.field, why.got);
	assert_string_equal("UpToDate", status);
}

/* --- what verifies --------------------------------------------------------------- */

static void
both_versions_and_reports_verify(void **state)
{
	struct avow_forge_tdx p = params();

	(void)state;
	verifies(&p);
	p.padded = true;
	verifies(&p);
	p = params();
	p.version = 5;
	verifies(&p);
	p.report_15 = true;
	verifies(&p);
	p.platform.pck_ca = AVOW_FORGE_PLATFORM_CA;
	p.platform.chain_nul = false;
	p.platform.auth_data_bytes = 0;
	p.padded = true;
	verifies(&p);
	p.platform.has_init_data = true;
	p.platform.init_data = AVOW_LIT("init");
	p.platform.keys = NULL; /* fresh ones */
	verifies(&p);
}

/* Version 0 of the module is judged by tdxModule, others by their identity. */
static void
each_module_version_verifies(void **state)
{
	static const uint8_t versions[] = {0, 1, 3, 16, 255};
	struct avow_forge_tdx p = params();

	(void)state;
	for (size_t i = 0; i < sizeof(versions); i++) {
		p.tee_tcb_svn[1] = p.components[1] = versions[i];
		verifies(&p);
	}
}

static const struct avow_claim *
find(struct avow_claims *set, const char *name)
{
	return avow_claims_find_name(set, avow_span_str(name));
}

/* --- the HCL blob ------------------------------------------------------------------- */

static void
holds_hash(struct avow_span report, size_t at, size_t from, size_t n)
{
	struct avow_span of = avow_span_slice(report, from, n);
	uint8_t digest[48];

	assert_ok(avow_digest(AVOW_SHA384, &of, 1, digest));
	assert_memory_equal(digest, report.p + at, sizeof(digest));
}

/* The TD report is of the TD that the quote is of, and the same runtime data. */
static void
the_hcl_blob_holds_the_same_td(void **state)
{
	struct avow_forge_tdx p = params();
	struct avow_forged *f;
	struct avow_span quote, blob;
	struct avow_hcl h;

	(void)state;
	p.with_hcl = true;
	assert_ok(avow_forge_tdx_make(&p, &f, NULL));
	quote = avow_forged_get(f, "quote.bin");
	blob = avow_forged_get(f, "hcl.bin");
	assert_int_equal(2600, blob.n);
	assert_ok(avow_hcl_parse(blob, &h, NULL));
	assert_int_equal(AVOW_HCL_TDX, h.report_type);
	assert_int_equal(AVOW_HCL_HASH_SHA256, h.hash_type);
	assert_true(avow_span_eq(avow_forged_get(f, "runtime.bin"), h.runtime));
	/* TDX Module ABI, REPORTMACSTRUCT: hashes of what follows, REPORTDATA */
	holds_hash(h.hardware, 32, 256, 239);
	holds_hash(h.hardware, 80, 512, 512);
	assert_int_equal(0x81, h.hardware.p[0]);
	assert_memory_equal(quote.p + 48 + 520, h.hardware.p + 128, 64);
	assert_memory_equal(quote.p + 48, h.hardware.p + 264, 16); /* TEE_TCB_SVN */
	assert_memory_equal(quote.p + 48 + 16, h.hardware.p + 280, 96 + 8);
	/* TDINFO: attributes to the last RTMR stand as in the quote */
	assert_memory_equal(quote.p + 48 + 120, h.hardware.p + 512, 400);
	avow_forged_free(f);
	p.platform.has_report_data = true;
	assert_err(AVOW_E_USAGE, avow_forge_tdx_make(&p, &f, NULL));
}

/* By itself it proves nothing to anybody else: it has no signature. */
static void
an_hcl_blob_is_no_quote(void **state)
{
	struct avow_forge_tdx p = params_15();
	const struct avow_evidence *ev;
	struct avow_arena arena;
	struct avow_forged *f;

	(void)state;
	p.with_hcl = true;
	assert_ok(avow_forge_tdx_make(&p, &f, NULL));
	avow_arena_init(&arena, AVOW_MIB(1));
	assert_err(AVOW_E_TDX_HCL,
		avow_evidence_parse(avow_kind_by_name(AVOW_LIT("tdx")),
			avow_forged_get(f, "hcl.bin"), &arena, &ev, NULL));
	assert_null(ev);
	assert_err(AVOW_E_HCL_REPORT_TYPE,
		avow_evidence_parse(avow_kind_by_name(AVOW_LIT("snp")),
			avow_forged_get(f, "hcl.bin"), &arena, &ev, NULL));
	avow_arena_clear(&arena);
	avow_forged_free(f);
}

/* The log leads to RTMR0, 1 and 2; RTMR3 is the application's. */
static void
an_event_log_is_replayed_and_told(void **state)
{
	struct avow_forge_tdx p = params_15();
	const struct avow_verified *v;
	const struct avow_claim *c;
	struct avow_claims set;
	struct tdx_world w;

	(void)state;
	p.with_event_log = true;
	tdx_world_open(&w, &p);
	assert_ok(tdx_world_verify(&w, &v));
	avow_claims_init(&set, &w.arena);
	assert_ok(avow_evidence_claims(v, &set));
	c = find(&set, "x-avow-eventlog-rtmrs");
	assert_non_null(c);
	assert_true(c->for_token);
	assert_span_str("[0,1,2]", c->string);
	c = find(&set, "x-avow-eventlog-events");
	assert_non_null(c);
	assert_false(c->for_token);
	assert_true(avow_span_find(c->string, AVOW_LIT("EV_SEPARATOR")) < c->string.n);
	/* without the log there is nothing to tell */
	w.in.event_log = (struct avow_span){NULL, 0};
	assert_ok(tdx_world_verify(&w, &v));
	avow_claims_init(&set, &w.arena);
	assert_ok(avow_evidence_claims(v, &set));
	assert_null(find(&set, "x-avow-eventlog-rtmrs"));
	tdx_world_close(&w);
	/* a log for a TD whose registers hold something else */
	p.with_event_log = false;
	tdx_world_open(&w, &p);
	w.in.event_log = AVOW_LIT("no log");
	assert_err(AVOW_E_EVENTLOG_TRUNCATED, tdx_world_verify(&w, &v));
	tdx_world_close(&w);
}

/* A module that was updated under a running TD: a relaunch would help. */
static void
a_relaunch_is_advised_where_the_loaded_module_is_newer(void **state)
{
	struct avow_forge_tdx p = params_15();
	struct avow_why why;
	char status[64];

	(void)state;
	p.tee_tcb_svn[0]--; /* launched by the module before */
	assert_err(AVOW_E_TCB_NOT_ACCEPTED, verdict(&p, &why, status));
	assert_string_equal("TDRelaunchAdvised", status);
	memcpy(p.tee_tcb_svn2, p.tee_tcb_svn, sizeof(p.tee_tcb_svn2));
	assert_err(AVOW_E_TCB_NOT_ACCEPTED, verdict(&p, &why, status));
	assert_string_equal("OutOfDate", status);
}

static void
policies_may_let_debug_and_migration_in(void **state)
{
	static const char *const names[] = {
		"td.debug", "td.profiled", "td.migratable", "td.service_td"};
	const struct avow_verified *v;
	struct tdx_world w;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct avow_forge_tdx p = params();

		p.platform.corrupt = names[i];
		tdx_world_open(&w, &p);
		w.in.allow_debug = i < 2;
		w.in.allow_migration = i >= 2;
		assert_ok(tdx_world_verify(&w, &v));
		w.in.allow_debug = i >= 2;
		w.in.allow_migration = i < 2;
		assert_err(avow_forge_tdx_deviation_find(names[i])->refused_with,
			tdx_world_verify(&w, &v));
		/* verified, and told with its TCB status: not a yes */
		assert_non_null(v);
		assert_true(w.f.tcb.known);
		tdx_world_close(&w);
	}
}

/* Verifier bug 18: revocation is on. Each certificate, on its issuer's CRL. */
static void
revoked_certificates_are_refused(void **state)
{
	static const enum avow_err codes[] = {
		AVOW_E_PCK_REVOKED, AVOW_E_PCK_CA_REVOKED, AVOW_E_SIGNING_CERT_REVOKED};
	struct avow_why why;
	char status[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct avow_forge_tdx p = params_15();

		p.platform.revoke_pck = i == 0;
		p.platform.revoke_pck_ca = i == 1;
		p.platform.revoke_tcb_signing = i == 2;
		assert_err(codes[i], verdict(&p, &why, status));
		assert_string_equal("", status);
	}
}

/* --- what does not ---------------------------------------------------------------- */

static int
count_wrong(const struct avow_forge_tdx *base, const char *label)
{
	const struct avow_forge_deviation *d;
	struct avow_why why;
	char status[64];
	int wrong = 0;
	size_t n = 0;

	for (; (d = avow_forge_tdx_deviation_at(n)) != NULL; n++) {
		struct avow_forge_tdx p = *base;
		enum avow_err e;

		p.platform.corrupt = d->name;
		e = verdict(&p, &why, status);
		if (e == d->refused_with && why.code == e)
			continue;
		wrong++;
		printf("# %s %s: expected %s, got %s at %s\n", label, d->name,
			avow_err_name(d->refused_with), avow_err_name(e),
			why.check ? why.check : "-");
	}
	assert_true(n > 200);
	return wrong;
}

/* verifier bugs 1, 4, 5, 7 to 9, 11 to 13, 19: each rule has evidence that breaks it */
static void
each_deviation_is_refused_with_its_own_code(void **state)
{
	struct avow_forge_tdx p = params();
	int wrong = count_wrong(&p, "version 4");

	(void)state;
	p = params_15();
	p.platform.pck_ca = AVOW_FORGE_PLATFORM_CA;
	wrong += count_wrong(&p, "version 5, report 1.5");
	assert_int_equal(0, wrong);
}

static void
deviations_are_named_once_and_described(void **state)
{
	const struct avow_forge_deviation *d, *other;

	(void)state;
	for (size_t i = 0; (d = avow_forge_tdx_deviation_at(i)) != NULL; i++) {
		assert_true(strlen(d->what) > 10);
		assert_true(d->refused_with != AVOW_OK);
		assert_ptr_equal(d, avow_forge_tdx_deviation_find(d->name));
		for (size_t k = 0; k < i; k++) {
			other = avow_forge_tdx_deviation_at(k);
			assert_false(other->part == d->part && other->how == d->how);
		}
	}
	assert_null(avow_forge_tdx_deviation_find("report.mrenclave"));
	assert_null(avow_forge_tdx_deviation_find(""));
}

/* --- what was made -------------------------------------------------------------------- */

static void
fields_stand_where_the_tables_say(void **state)
{
	struct avow_forge_tdx p = params();
	struct avow_forged *f;
	struct avow_span q;

	(void)state;
	assert_ok(avow_forge_tdx_make(&p, &f, NULL));
	q = avow_forged_get(f, "quote.bin");
	assert_memory_equal("\4\0\2\0\x81\0\0\0", q.p, 8);
	assert_memory_equal(p.tee_tcb_svn, q.p + 48, 16);
	assert_memory_equal(p.mr_td, q.p + 48 + 136, 48);
	assert_memory_equal(p.rtmr[3], q.p + 48 + 472, 48);
	assert_memory_equal("\6\0", q.p + 636 + 128, 2);
	assert_memory_equal("\5\0", q.p + 636 + 584 + 32, 2);
	assert_int_equal(0, avow_forged_get(f, "report.bin").n);
	avow_forged_free(f);
	p = params_15();
	p.padded = true;
	assert_ok(avow_forge_tdx_make(&p, &f, NULL));
	q = avow_forged_get(f, "quote.bin");
	assert_int_equal(5006, q.n);
	assert_memory_equal("\3\0\x88\2\0\0", q.p + 48, 6);
	assert_memory_equal(p.tee_tcb_svn2, q.p + 54 + 584, 16);
	avow_forged_free(f);
}

static void
refuses_field(const struct avow_forge_tdx *p, const char *field)
{
	struct avow_forged *none = NULL;
	struct avow_why why;

	avow_why_init(&why);
	assert_err(AVOW_E_USAGE, avow_forge_tdx_make(p, &none, &why));
	assert_null(none);
	assert_string_equal(field, why.field);
}

static void
refuses_parameters_that_no_format_can_carry(void **state)
{
	struct avow_forge_tdx p = params();

	(void)state;
	p.version = 3;
	refuses_field(&p, "version");
	p = params();
	p.report_15 = true;
	refuses_field(&p, "report_15");
	p = params();
	p.module_status = NULL;
	refuses_field(&p, "module_status");
	p = params();
	p.platform.corrupt = "report.mrenclave"; /* an enclave's */
	refuses_field(&p, "corrupt");
	p = params();
	p.platform.at_s = 0;
	refuses_field(&p, "at_s");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_and_reports_verify),
		cmocka_unit_test(each_module_version_verifies),
		cmocka_unit_test(the_hcl_blob_holds_the_same_td),
		cmocka_unit_test(an_hcl_blob_is_no_quote),
		cmocka_unit_test(an_event_log_is_replayed_and_told),
		cmocka_unit_test(
			a_relaunch_is_advised_where_the_loaded_module_is_newer),
		cmocka_unit_test(policies_may_let_debug_and_migration_in),
		cmocka_unit_test(revoked_certificates_are_refused),
		cmocka_unit_test(each_deviation_is_refused_with_its_own_code),
		cmocka_unit_test(deviations_are_named_once_and_described),
		cmocka_unit_test(fields_stand_where_the_tables_say),
		cmocka_unit_test(refuses_parameters_that_no_format_can_carry),
	};

	return cmocka_run_group_tests_name("forge/tdx", tests, set_up, tear_down);
}
