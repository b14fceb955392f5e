/*
 * Endorsements that a worker remembers: what depends on the bytes alone is not
 * verified anew, and what does not - time, measurement, reference values, anchors -
 * is judged as it was the first time.
 */
#include "snp_run.h"

#include "evidence/internal.h"
#include "evidence/snp/cache.h"
#include "evidence/snp/uvm_memo.h"

static struct avow_forge_snp_keys *keys;
static struct avow_evidence_cache *cache;

static int
set_up(void **state)
{
	(void)state;
	return avow_forge_snp_keys_new(&keys) == AVOW_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_forge_snp_keys_free(keys);
	return 0;
}

static int
begin(void **state)
{
	(void)state;
	return avow_evidence_cache_new(0, &cache) == AVOW_OK ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	avow_evidence_cache_free(cache);
	cache = NULL;
	return 0;
}

static struct avow_forge_snp
params(void)
{
	struct avow_forge_snp p;

	avow_forge_snp_defaults(&p, AT_S);
	p.keys = keys;
	p.with_uvm = true;
	return p;
}

static void
open_world(struct snp_world *w, const struct avow_forge_snp *p)
{
	snp_world_open(w, p);
	w->in.cache = cache;
}

static enum avow_err
verdict(struct snp_world *w)
{
	const struct avow_verified *v;
	struct snp_outcome o;

	snp_world_verify(w, "report.bin", &o, &v);
	assert_int_equal(o.err == AVOW_OK, v != NULL);
	assert_int_equal(o.err, o.why.code);
	return o.err;
}

static size_t
remembered(void)
{
	return avow_memo_count(cache->snp->uvms);
}

/* --- the same as without ------------------------------------------------------------- */

static void
what_is_remembered_tells_the_same(void **state)
{
	struct avow_forge_snp p = params();

	(void)state;
	for (unsigned form = 0; form < 2; form++) {
		const struct avow_verified *v;
		struct snp_outcome o;
		struct avow_claims set;
		struct snp_world w;

		p.uvm_cwt = form;
		open_world(&w, &p);
		for (unsigned i = 0; i < 3; i++) {
			snp_world_verify(&w, "report.bin", &o, &v);
			assert_ok(o.err);
			avow_claims_init(&set, &w.arena);
			assert_ok(avow_evidence_claims(v, &set));
			assert_span_str("ContainerPlat-AMD-UVM",
				avow_claims_find_name(&set, AVOW_LIT("x-avow-uvm-feed"))
					->string);
			assert_int_equal(100,
				avow_claims_find_name(&set, AVOW_LIT("x-avow-uvm-svn"))
					->integer);
			assert_int_equal(form + 1, remembered());
		}
		snp_world_close(&w);
	}
}

static void
what_does_not_hold_is_not_remembered(void **state)
{
	const struct avow_forge_deviation *d;

	(void)state;
	for (size_t i = 0; (d = avow_forge_snp_deviation_at(i)) != NULL; i++) {
		struct avow_forge_snp p = params();
		struct snp_world w;
		size_t before = remembered();

		if (strncmp(d->name, "uvm.", 4) != 0)
			continue;
		p.corrupt = d->name;
		open_world(&w, &p);
		/* a verdict is the same however often it is asked for */
		for (unsigned k = 0; k < 3; k++)
			assert_err(d->refused_with, verdict(&w));
		snp_world_close(&w);
		if (d->refused_with == AVOW_E_COSE_SIGNATURE ||
			d->refused_with == AVOW_E_UVM_CHAIN ||
			d->refused_with == AVOW_E_DID_MISMATCH)
			assert_int_equal(before, remembered());
	}
}

/* --- what is judged every time --------------------------------------------------------- */

static void
time_is_judged_every_time(void **state)
{
	struct avow_forge_snp p = params();
	struct snp_world w;

	(void)state;
	p.uvm_signed_s = 0; /* it does not say when: valid now, or not at all */
	p.uvm.until_s = AT_S;
	open_world(&w, &p);
	assert_ok(verdict(&w));
	assert_int_equal(1, remembered());
	w.in.at_s = AT_S + 1;
	assert_err(AVOW_E_UVM_TIME, verdict(&w));
	w.in.at_s = AT_S;
	assert_ok(verdict(&w));
	snp_world_close(&w);
}

static void
a_signature_of_the_future_stays_one(void **state)
{
	struct avow_forge_snp p = params();
	struct snp_world w;

	(void)state;
	p.uvm.until_s = AT_S + 1000;
	p.uvm_signed_s = AT_S;
	open_world(&w, &p);
	assert_ok(verdict(&w));
	w.in.at_s = AT_S - 1;
	assert_err(AVOW_E_UVM_TIME, verdict(&w));
	snp_world_close(&w);
}

static void
reference_values_are_judged_every_time(void **state)
{
	struct avow_snp_references *none, *higher;
	struct avow_forge_snp p = params();
	struct avow_span text;
	struct avow_buf b;
	struct snp_world w;

	(void)state;
	open_world(&w, &p);
	assert_ok(verdict(&w));
	/* the same issuer and feed, and an SVN above */
	avow_buf_init(&b, 4096);
	text = avow_forged_get(w.files, "uvm_reference.txt");
	text = avow_span_trim(text);
	while (text.n && text.p[text.n - 1] != ' ')
		text.n--;
	avow_buf_put(&b, text);
	avow_buf_put_str(&b, "101");
	assert_ok(avow_snp_references_new(&higher));
	assert_ok(avow_snp_references_add_uvm(higher, avow_buf_span(&b), NULL));
	w.in.snp_references = higher;
	assert_err(AVOW_E_UVM_SVN, verdict(&w));
	assert_ok(avow_snp_references_new(&none));
	assert_ok(avow_snp_references_add_uvm(none,
		AVOW_LIT("did:x509:0:sha256:hH32p4SXlD8n_HLrk_mmNzIKArVh0KkbCeh6eAftfGE"
			 "::eku:1.2.3 other 1"),
		NULL));
	w.in.snp_references = none;
	assert_err(AVOW_E_UVM_UNKNOWN, verdict(&w));
	assert_int_equal(1, remembered());
	avow_snp_references_free(higher);
	avow_snp_references_free(none);
	avow_buf_clear(&b);
	snp_world_close(&w);
}

static void
another_machines_measurement_is_refused(void **state)
{
	struct avow_forge_snp p = params();
	struct snp_world one, other;

	(void)state;
	open_world(&one, &p);
	assert_ok(verdict(&one));
	p.measurement[0] ^= 1;
	open_world(&other, &p);
	other.uvm = one.uvm;
	assert_err(AVOW_E_UVM_MEASUREMENT, verdict(&other));
	assert_int_equal(1, remembered());
	snp_world_close(&one);
	snp_world_close(&other);
}

/* A reload of the anchors makes another set: nothing of the old one counts. */
static void
other_anchors_are_another_memory(void **state)
{
	struct avow_forge_snp p = params();
	struct avow_anchors *more;
	struct snp_world w;

	(void)state;
	open_world(&w, &p);
	assert_ok(verdict(&w));
	assert_int_equal(1, remembered());
	assert_ok(avow_anchors_new(true, &more));
	assert_ok(avow_anchors_add_pem(
		more, AVOW_ANCHOR_AMD_ARK, avow_forged_get(w.files, "root.pem"), NULL));
	w.in.anchors = more;
	assert_ok(verdict(&w));
	assert_int_equal(2, remembered());
	snp_world_close(&w);
	avow_anchors_free(more);
}

/* One bit of the document is another document. */
static void
other_bytes_are_not_remembered_ones(void **state)
{
	struct avow_forge_snp p = params();
	struct snp_world w;
	struct avow_buf bent;

	(void)state;
	open_world(&w, &p);
	assert_ok(verdict(&w));
	avow_buf_init(&bent, 1 << 17);
	avow_buf_put(&bent, w.uvm);
	bent.p[bent.n - 1] ^= 1;
	w.uvm = avow_buf_span(&bent);
	assert_err(AVOW_E_COSE_SIGNATURE, verdict(&w));
	assert_int_equal(1, remembered());
	avow_buf_clear(&bent);
	snp_world_close(&w);
}

/* --- the bound ------------------------------------------------------------------------- */

static void
the_memory_is_bounded(void **state)
{
	struct avow_uvm u = {.issuer = AVOW_LIT("did"), .feed = AVOW_LIT("")};
	struct avow_memo *memo;

	(void)state;
	assert_ok(avow_uvm_memo_new(&memo));
	for (unsigned i = 0; i < 3 * AVOW_UVM_MEMO_ENTRIES; i++) {
		u.key[0] = (uint8_t)i;
		u.key[1] = (uint8_t)(i >> 8);
		avow_uvm_remember(memo, &u);
	}
	assert_int_equal(AVOW_UVM_MEMO_ENTRIES, avow_memo_count(memo));
	avow_memo_free(memo);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_remembered_tells_the_same),
		CASE(what_does_not_hold_is_not_remembered),
		CASE(time_is_judged_every_time),
		CASE(a_signature_of_the_future_stays_one),
		CASE(reference_values_are_judged_every_time),
		CASE(another_machines_measurement_is_refused),
		CASE(other_anchors_are_another_memory),
		CASE(other_bytes_are_not_remembered_ones),
		CASE(the_memory_is_bounded),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
