/*
 * VBS enclave reports. No real one is published: these are forge's, made from the layout
 * of the public headers, over a Windows-like log whose replay the quoted registers
 * hold.
 */
#include "support.h"

#include "crypto/key.h"
#include "evidence/vbs/vbs.h"
#include "forge/vbs.h"
#include "log_maker.h"

#define TAGGED 6u
#define SIGNED AVOW_LIT("{\"challenge\":\"x\"}")

struct world {
	struct avow_privkey *key, *other;
	struct avow_buf package;
	struct avow_arena arena;
};

static int
setup(void **state)
{
	static struct world w;

	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &w.key));
	assert_ok(avow_privkey_generate(AVOW_KEY_RSA, 2048, &w.other));
	avow_buf_init(&w.package, 1 << 16);
	avow_arena_init(&w.arena, 1 << 24);
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	avow_privkey_free(w->key);
	avow_privkey_free(w->other);
	avow_buf_clear(&w->package);
	avow_arena_clear(&w->arena);
	return 0;
}

/* --- the report --- */

static struct avow_span
package(struct world *w, const struct avow_privkey *key, struct avow_span blocks)
{
	struct avow_forge_vbs p;

	avow_forge_vbs_defaults(&p, 1750000000);
	memset(p.owner_id, 1, sizeof(p.owner_id));
	memset(p.unique_id, 2, sizeof(p.unique_id));
	memset(p.author_id, 3, sizeof(p.author_id));
	memset(p.family_id, 4, sizeof(p.family_id));
	memset(p.image_id, 5, sizeof(p.image_id));
	p.flags = 9;
	p.module = NULL;
	p.blocks = blocks;
	avow_buf_reset(&w->package);
	assert_ok(avow_forge_vbs_package(&p, key, SIGNED, &w->package));
	return avow_buf_span(&w->package);
}

/* --- the log that holds the key --- */

static struct avow_buf
boundary(const struct avow_privkey *key)
{
	struct avow_buf out;

	avow_buf_init(&out, 1 << 12);
	assert_ok(avow_forge_vbs_idks(avow_privkey_public(key), &out));
	return out;
}

/* Facts of a log whose replay is taken as what was quoted. */
static struct avow_boot_facts
facts_of(struct world *w, const struct avow_buf *log, uint32_t mask)
{
	struct avow_log_input in = {
		avow_arena_copy(&w->arena, avow_buf_span(log)), AVOW_LOG_TCG};
	struct avow_log_replay *r = avow_arena_alloc(&w->arena, sizeof(*r));
	struct avow_quoted_bank *bank = avow_arena_alloc(&w->arena, sizeof(*bank));
	struct avow_boot_facts f;
	struct avow_eventlog parsed;
	struct avow_attested at;

	assert_ok(avow_eventlog_parse(in.bytes, in.format, &w->arena, &parsed, NULL));
	assert_ok(avow_eventlog_replay(&parsed, r, NULL));
	bank->bank = AVOW_SHA256;
	bank->mask = mask;
	for (size_t i = 0; i < AVOW_LOG_REGISTERS; i++)
		bank->value[i] = avow_span_make(r->reg[i].value[AVOW_SHA256], 32);
	assert_ok(avow_attested_logs(&in, 1, bank, 1, &w->arena, &at, NULL));
	assert_ok(avow_attested_boot(&at, &f));
	return f;
}

static struct avow_boot_facts
log_with(struct world *w, const struct avow_privkey *one,
	const struct avow_privkey *two, bool behind_wbcl, uint32_t mask)
{
	struct avow_buf log, a = boundary(one), b = boundary(two);
	struct avow_boot_facts f;

	avow_buf_init(&log, 1 << 16);
	put_spec_id(&log);
	if (behind_wbcl)
		put_agile(&log, 12, 4, AVOW_LIT("WBCL"), AVOW_LIT("WBCL"));
	put_agile(&log, 12, TAGGED, avow_buf_span(&a), avow_buf_span(&a));
	put_agile(&log, 13, TAGGED, avow_buf_span(&b), avow_buf_span(&b));
	if (!behind_wbcl)
		put_agile(&log, 12, 4, AVOW_LIT("WBCL"), AVOW_LIT("WBCL"));
	f = facts_of(w, &log, mask);
	avow_buf_clear(&log);
	avow_buf_clear(&a);
	avow_buf_clear(&b);
	return f;
}

#define BOTH (1u << 12 | 1u << 13)

/* --- cases --- */

static void
a_report_by_the_logs_key_is_believed(void **state)
{
	struct world *w = *state;
	struct avow_boot_facts f = log_with(w, w->key, w->key, false, BOTH);
	struct avow_vbs_report r;

	assert_ok(avow_vbs_parse(
		package(w, w->key, (struct avow_span){NULL, 0}), &r, NULL));
	assert_true(f.has_vbs_key && !f.vbs_keys_differ);
	assert_ok(avow_vbs_verify(&r, &f, SIGNED, NULL));
	assert_int_equal(1, r.owner_id.p[0]);
	assert_int_equal(2, r.unique_id.p[0]);
	assert_int_equal(3, r.author_id.p[0]);
	assert_int_equal(4, r.family_id.p[0]);
	assert_int_equal(5, r.image_id.p[0]);
	assert_int_equal(6, r.enclave_svn);
	assert_int_equal(7, r.secure_kernel_svn);
	assert_int_equal(8, r.platform_svn);
	assert_int_equal(9, r.flags);
	/* the text itself, not another spelling of it */
	assert_err(AVOW_E_VBS_DATA,
		avow_vbs_verify(&r, &f, AVOW_LIT("{\"challenge\": \"x\"}"), NULL));
}

static void
only_a_proven_key_of_the_boot_counts(void **state)
{
	struct world *w = *state;
	struct avow_vbs_report r;
	struct avow_boot_facts f = log_with(w, w->key, w->key, false, BOTH);

	assert_ok(avow_vbs_parse(
		package(w, w->other, (struct avow_span){NULL, 0}), &r, NULL));
	assert_err(AVOW_E_VBS_SIGNATURE, avow_vbs_verify(&r, &f, SIGNED, NULL));
	/* two keys, a register that is not quoted, an event behind "WBCL" */
	f = log_with(w, w->other, w->key, false, BOTH);
	assert_err(AVOW_E_VBS_KEY_ABSENT, avow_vbs_verify(&r, &f, SIGNED, NULL));
	f = log_with(w, w->other, w->other, false, 1u << 14);
	assert_err(AVOW_E_VBS_KEY_ABSENT, avow_vbs_verify(&r, &f, SIGNED, NULL));
	f = log_with(w, w->other, w->other, true, 1u << 12);
	assert_err(AVOW_E_VBS_KEY_ABSENT, avow_vbs_verify(&r, &f, SIGNED, NULL));
}

static enum avow_err
with_word(struct world *w, size_t at, uint32_t v)
{
	struct avow_vbs_report r;
	enum avow_err e;

	(void)package(w, w->key, (struct avow_span){NULL, 0});
	for (size_t i = 0; i < 4; i++)
		w->package.p[at + i] = (uint8_t)(v >> (8 * i));
	e = avow_vbs_parse(avow_buf_span(&w->package), &r, NULL);
	return e;
}

static void
refuses_every_wrong_field_of_the_header(void **state)
{
	struct world *w = *state;

	assert_err(AVOW_E_VBS_FORMAT, with_word(w, 0, 505));
	assert_err(AVOW_E_VBS_VERSION, with_word(w, 4, 2));
	assert_err(AVOW_E_VBS_VERSION, with_word(w, 8, 2));
	assert_err(AVOW_E_VBS_FORMAT, with_word(w, 12, 223));
	assert_err(AVOW_E_VBS_FORMAT, with_word(w, 12, 0xffffffff));
	assert_err(AVOW_E_VBS_FORMAT, with_word(w, 16, 255));
	assert_err(AVOW_E_VBS_FORMAT, with_word(w, 24, 225));
	assert_err(AVOW_E_VBS_VERSION, with_word(w, 28, 2));
	assert_err(AVOW_E_VBS_TYPE, with_word(w, 244, 0x11));
	assert_ok(with_word(w, 20, 1)); /* Reserved is not judged */
}

static enum avow_err
with_block(struct world *w, uint32_t type, uint32_t size, size_t bytes)
{
	struct avow_vbs_report r;
	struct avow_buf b;
	enum avow_err e;

	avow_buf_init(&b, 1 << 10);
	le(&b, type, 4);
	le(&b, size, 4);
	zeros(&b, bytes, 0);
	e = avow_vbs_parse(package(w, w->key, avow_buf_span(&b)), &r, NULL);
	avow_buf_clear(&b);
	return e;
}

static void
refuses_blocks_that_do_not_fit(void **state)
{
	struct world *w = *state;

	assert_ok(with_block(w, 1, 110, 102));
	assert_ok(with_block(w, 9, 8, 0)); /* unknown: skipped */
	assert_err(AVOW_E_VBS_FORMAT, with_block(w, 1, 109, 101));
	assert_err(AVOW_E_VBS_FORMAT, with_block(w, 0, 110, 102));
	assert_err(AVOW_E_VBS_FORMAT, with_block(w, 9, 7, 0));
	assert_err(AVOW_E_VBS_FORMAT, with_block(w, 9, 9, 0));
	assert_err(AVOW_E_VBS_FORMAT, with_block(w, 9, 0xffffffff, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_by_the_logs_key_is_believed),
		cmocka_unit_test(only_a_proven_key_of_the_boot_counts),
		cmocka_unit_test(refuses_every_wrong_field_of_the_header),
		cmocka_unit_test(refuses_blocks_that_do_not_fit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
