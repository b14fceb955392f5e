/*
 * Memory that runs out, at every place of a whole TDX and SEV-SNP verification with
 * its claims: the genuine evidence then fails by our own fault and verifies when
 * nothing fails; what is refused is never a yes (verifier bug classes 3 and 39).
 */
#include "support.h"

#include "faults.h"

#include "snp_run.h"
#undef AT_S
#include "tdx_run.h"

static struct snp_world snp;
static struct tdx_world tdx;
static struct avow_forge_snp_keys *snp_keys;

static int
set_up(void **state)
{
	struct avow_forge_snp s;
	struct avow_forge_tdx t;

	(void)state;
	assert_ok(avow_forge_snp_keys_new(&snp_keys));
	avow_forge_snp_defaults(&s, AT_S);
	s.keys = snp_keys;
	s.with_uvm = true;
	snp_world_open(&snp, &s);
	avow_forge_tdx_defaults(&t, AT_S);
	t.version = 5;
	t.report_15 = true;
	tdx_world_open(&tdx, &t);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	snp_world_close(&snp);
	tdx_world_close(&tdx);
	avow_forge_snp_keys_free(snp_keys);
	return 0;
}

/* Parse, verify, claims; no assertion inside, because those allocate. */
static enum avow_err
appraise(const char *kind, struct avow_span bytes, const struct avow_verify_in *in)
{
	const struct avow_evidence *ev;
	const struct avow_verified *v = NULL;
	static struct avow_findings f;
	struct avow_claims set;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(64));
	e = avow_evidence_parse(
		avow_kind_by_name(avow_span_str(kind)), bytes, &a, &ev, NULL);
	if (e == AVOW_OK)
		e = avow_evidence_verify(ev, in, &a, &f, &v, NULL);
	avow_claims_init(&set, &a);
	if (e == AVOW_OK)
		e = avow_evidence_claims(v, &set);
	avow_arena_clear(&a);
	return e;
}

static enum avow_err
appraise_snp(void)
{
	return appraise("snp", avow_forged_get(snp.files, "request.json"), &snp.in);
}

/* Twice by one worker: the second one finds what the first one could remember. */
static enum avow_err
appraise_container_twice(void)
{
	struct avow_verify_in in = snp.in;
	struct avow_evidence_cache *cache;
	enum avow_err e = avow_evidence_cache_new(64, &cache);

	if (e != AVOW_OK)
		return e;
	in.cache = cache;
	for (int i = 0; i < 2 && e == AVOW_OK; i++)
		e = appraise("snp", avow_forged_get(snp.files, "request.json"), &in);
	avow_evidence_cache_free(cache);
	return e;
}

static enum avow_err
appraise_tdx(void)
{
	return appraise("tdx", avow_forged_get(tdx.files, "quote.bin"), &tdx.in);
}

static void
an_snp_report_is_not_verified_without_memory(void **state)
{
	size_t n = fail_each_allocation(appraise_snp, AVOW_E_NO_MEMORY);

	(void)state;
	assert_in_range(n, 10, 2000);
}

/* An endorsement that could not be remembered is verified again, and that is all. */
static void
what_is_not_remembered_is_verified_again(void **state)
{
	size_t at = 0, ended = 0;

	(void)state;
	for (faults.failed = true; faults.failed; at++) {
		enum avow_err e;

		faults.at = at;
		faults.count = 0;
		faults.failed = false;
		faults.on = true;
		e = appraise_container_twice();
		faults.on = false;
		assert_true(e == AVOW_OK || (e == AVOW_E_NO_MEMORY && faults.failed));
		ended += e != AVOW_OK;
	}
	assert_in_range(ended, 5, 2000);
}

/* Intel's collateral remembers what it has chosen where memory allows, so that a
 * failure there costs time and no verdict: each one ends in ours, or in none. */
static void
a_tdx_quote_fails_by_our_own_fault_or_not_at_all(void **state)
{
	size_t at = 0, ended = 0;

	(void)state;
	for (faults.failed = true; faults.failed; at++) {
		enum avow_err e;

		faults.at = at;
		faults.count = 0;
		faults.failed = false;
		faults.on = true;
		e = appraise_tdx();
		faults.on = false;
		assert_true(e == AVOW_OK || (e == AVOW_E_NO_MEMORY && faults.failed));
		ended += e != AVOW_OK;
	}
	assert_in_range(ended, 5, 2000);
}

/* The last thing that is looked at is wrong: no failure makes it right. */
static void
what_is_refused_is_never_a_yes(void **state)
{
	struct avow_forge_tdx t;
	enum avow_err e;

	(void)state;
	tdx_world_close(&tdx);
	avow_forge_tdx_defaults(&t, AT_S);
	t.platform.corrupt = "td.service_td";
	tdx_world_open(&tdx, &t);
	for (size_t at = 0; at == 0 || faults.failed; at++) {
		faults.at = at;
		faults.count = 0;
		faults.failed = false;
		faults.on = true;
		e = appraise_tdx();
		faults.on = false;
		assert_true(e == AVOW_E_TDX_SERVICE_TD ||
			    (e == AVOW_E_NO_MEMORY && faults.failed));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_snp_report_is_not_verified_without_memory),
		cmocka_unit_test(what_is_not_remembered_is_verified_again),
		cmocka_unit_test(a_tdx_quote_fails_by_our_own_fault_or_not_at_all),
		cmocka_unit_test(what_is_refused_is_never_a_yes),
	};

	return cmocka_run_group_tests_name(
		"forge/verdict_faults", tests, set_up, tear_down);
}
