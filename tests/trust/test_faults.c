/*
 * Memory that ends at each single allocation of building a set of anchors, a
 * snapshot and a selection: the outcome is the right one or says that memory
 * ended; it is never another verdict about the documents, and nothing leaks.
 */
#include "case.h"

#include "base/limits.h"
#include "trust/baselines.h"
#include "trust/bundle.h"
#include "trust/survey.h"

static size_t fail_at, seen; /* 0: no failure */

static bool
fails(void)
{
	return fail_at && ++seen == fail_at;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p_old, size_t n);
void *__real_reallocarray(void *p_old, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p_old, size_t n);
void *__wrap_reallocarray(void *p_old, size_t n, size_t size);

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p_old, size_t n)
{
	return fails() ? NULL : __real_realloc(p_old, n);
}

void *
__wrap_reallocarray(void *p_old, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p_old, n, size);
}

/* Run `step` with the n-th allocation failing, for every n that it has. */
static void at_each_allocation(enum avow_err (*step)(void))
{
	enum avow_err e;
	size_t failures = 0;

	for (size_t n = 1;; n++) {
		seen = 0;
		fail_at = n;
		e = step();
		fail_at = 0;
		if (seen < n)
			break;
		failures += e != AVOW_OK;
		if (e != AVOW_OK && e != AVOW_E_NO_MEMORY && e != AVOW_E_CRYPTO)
			fail_msg("allocation %zu: %s", n, avow_err_name(e));
	}
	assert_ok(e);
	assert_true(failures > 0);
}

static struct avow_span root_pem;

static enum avow_err
make_anchors(void)
{
	struct avow_anchors *a = NULL;
	enum avow_err e = avow_anchors_new(true, &a);

	if (e != AVOW_OK) {
		assert_null(a);
		return e;
	}
	e = avow_anchors_add_pem(a, AVOW_ANCHOR_INTEL_SGX, root_pem, NULL);
	avow_anchors_free(a);
	return e;
}

static void
anchors_survive_want_of_memory(void **state)
{
	(void)state;
	root_pem = cert_pem(&p, p.root);
	at_each_allocation(make_anchors);
	root_pem = file_of("public key");
	at_each_allocation(make_anchors);
}

static enum avow_err
make_snapshot(void)
{
	struct avow_collateral *c = NULL;
	enum avow_err e = avow_collateral_build(files, n_files, &c, NULL);

	if (e != AVOW_OK)
		assert_null(c);
	avow_collateral_free(c);
	return e;
}

static void
building_survives_want_of_memory(void **state)
{
	struct avow_span crl = file_of("pck.crl");
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_hex_put(&b, crl);
	add("hex", avow_arena_copy(&p.a, avow_buf_span(&b)));
	avow_buf_reset(&b);
	avow_pem_put(&b, "X509 CRL", crl);
	add("pem", avow_arena_copy(&p.a, avow_buf_span(&b)));
	avow_buf_clear(&b);
	add("bad", AVOW_LIT("{\"tcbInfo\":1}"));
	add("bad.crl", avow_span_slice(crl, 0, 60));
	add("other", AVOW_LIT("text"));
	at_each_allocation(make_snapshot);
}

static struct avow_collateral *part_of_all;

static enum avow_err
join_again(void)
{
	struct avow_collateral *c = NULL;
	enum avow_err e = avow_collateral_join(part_of_all, &part_of_all, 1, &c, NULL);

	if (e != AVOW_OK)
		assert_null(c);
	avow_collateral_free(c);
	return e;
}

static void
joining_survives_want_of_memory(void **state)
{
	struct avow_collateral_more more[32];

	(void)state;
	add("bad", AVOW_LIT("{\"tcbInfo\":1}"));
	for (size_t i = 0; i < n_files; i++)
		more[i] = (struct avow_collateral_more){
			files[i], AVOW_COLLATERAL_FOR_ALL};
	assert_ok(avow_collateral_part(more, n_files, &part_of_all, NULL));
	at_each_allocation(join_again);
	avow_collateral_free(part_of_all);
}

static enum avow_err
select_afresh(void)
{
	size_t was = fail_at;
	enum avow_err e;

	fail_at = 0;
	build();
	fail_at = was;
	e = avow_collateral_select(snapshot, p.anchors, &q, &s, NULL);
	if (e == AVOW_OK)
		assert_non_null(s.tcb_info);
	else
		assert_null(s.tcb_info);
	return e;
}

static void
selecting_survives_want_of_memory(void **state)
{
	(void)state;
	at_each_allocation(select_afresh);
}

/* A failure is not remembered: the next request finds its documents. */
static void
the_next_request_is_served(void **state)
{
	struct avow_intel_selection other;
	enum avow_err e;

	(void)state;
	build();
	for (size_t n = 1; n < 12; n++) {
		seen = 0;
		fail_at = n;
		e = avow_collateral_select(snapshot, p.anchors, &q, &other, NULL);
		fail_at = 0;
		if (e != AVOW_OK)
			assert_err(AVOW_E_NO_MEMORY, e);
	}
	assert_ok(again());
}

/* Want of memory is never shown as a thing that does not verify. */
static enum avow_err
survey_afresh(void)
{
	struct avow_survey *survey;
	size_t was = fail_at;
	enum avow_err e;

	fail_at = 0;
	build();
	fail_at = was;
	e = avow_survey_new(snapshot, p.anchors, T0, 0, &survey);
	fail_at = 0;
	if (e != AVOW_OK) {
		assert_null(survey);
		return e;
	}
	for (size_t i = 0; i < survey->n; i++)
		if (!survey->items[i].is_builtin)
			assert_ok(survey->items[i].err);
	avow_survey_free(survey);
	return e;
}

static void
a_survey_survives_want_of_memory(void **state)
{
	(void)state;
	add("ca", cert_pem(&p, p.ca));
	drop("public key");
	at_each_allocation(survey_afresh);
}

static enum avow_err
list_afresh(void)
{
	struct avow_baseline list[AVOW_MAX_BASELINES];
	size_t was = fail_at, n;
	uint32_t newest;
	enum avow_err e;

	fail_at = 0;
	build();
	fail_at = was;
	e = avow_baselines_find(
		snapshot, p.anchors, AVOW_TEE_SGX, T0, false, list, &n, &newest);
	if (e == AVOW_OK)
		assert_int_equal(17, newest);
	return e;
}

static void
baselines_survive_want_of_memory(void **state)
{
	(void)state;
	at_each_allocation(list_afresh);
}

static struct avow_span bundle_bytes;
static struct avow_pubkey *bundle_signer;

static enum avow_err
write_bundle(void)
{
	const struct avow_bundle_part part = {AVOW_LIT("a.der"), AVOW_LIT("bytes")};
	const struct avow_bundle b = {.parts = &part, .n_parts = 1};
	struct avow_buf out;
	enum avow_err e;

	avow_buf_init(&out, AVOW_MAX_BUNDLE);
	e = avow_bundle_write(&b, p.other_key, &out);
	if (e == AVOW_OK && !fail_at)
		bundle_bytes = avow_arena_copy(&p.a, avow_buf_span(&out));
	avow_buf_clear(&out);
	return e;
}

static enum avow_err
read_bundle(void)
{
	struct avow_bundle b;
	struct avow_arena a;
	enum avow_err e;

	avow_arena_init(&a, AVOW_MIB(1));
	e = avow_bundle_read(bundle_bytes, &bundle_signer, 1, &a, &b, NULL);
	if (e == AVOW_OK)
		assert_int_equal(1, b.n_parts);
	else
		assert_null(b.parts);
	avow_arena_clear(&a);
	return e;
}

static void
bundles_survive_want_of_memory(void **state)
{
	(void)state;
	assert_ok(avow_pubkey_from_spki(
		avow_pubkey_spki(avow_privkey_public(p.other_key)), &bundle_signer));
	assert_ok(write_bundle());
	at_each_allocation(write_bundle);
	at_each_allocation(read_bundle);
	avow_pubkey_free(bundle_signer);
}

static int
setup_with_key(void **state)
{
	struct avow_buf b;

	setup(state);
	avow_buf_init(&b, 4096);
	avow_pem_put(&b, "PUBLIC KEY", avow_pubkey_spki(p.root->key));
	add("public key", avow_arena_copy(&p.a, avow_buf_span(&b)));
	avow_buf_clear(&b);
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup_with_key, teardown)
	const struct CMUnitTest tests[] = {
		T(anchors_survive_want_of_memory),
		T(building_survives_want_of_memory),
		T(joining_survives_want_of_memory),
		T(selecting_survives_want_of_memory),
		T(the_next_request_is_served),
		T(a_survey_survives_want_of_memory),
		T(baselines_survive_want_of_memory),
		T(bundles_survive_want_of_memory),
	};

	return cmocka_run_group_tests_name("trust/faults", tests, NULL, NULL);
}
