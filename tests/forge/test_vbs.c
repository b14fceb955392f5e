/*
 * forge/vbs.h against the verifier: what is forged without a deviation verifies in
 * both versions of the protocol and gives its identity as claims, and each deviation
 * of the list, alone, is refused with the code that the list names.
 */
#include "support.h"

#include "base/limits.h"
#include "evidence/evidence.h"
#include "forge/vbs.h"
#include "trust/anchors.h"

#define AT_S INT64_C(1750000000) /* 2025-06-15 */

static struct avow_forge_vbs_keys *keys;
static const uint8_t challenge[16];

struct world {
	struct avow_forged *files;
	struct avow_anchors *anchors;
	struct avow_arena arena;
	struct avow_why why;
	const struct avow_verified *verified;
};

static int
set_up(void **state)
{
	(void)state;
	return avow_forge_vbs_keys_new(&keys) == AVOW_OK ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	avow_forge_vbs_keys_free(keys);
	return 0;
}

static struct avow_forge_vbs
params(void)
{
	struct avow_forge_vbs p;

	avow_forge_vbs_defaults(&p, AT_S);
	p.keys = keys;
	return p;
}

static enum avow_err
verify(struct world *w, const struct avow_forge_vbs *p, struct avow_span expected)
{
	struct avow_tpm_session session = {.challenge = expected};
	struct avow_verify_in in = {.at_s = AT_S, .tpm = &session};
	struct avow_findings f = {0};
	const struct avow_evidence *ev;
	enum avow_err e;

	memset(w, 0, sizeof(*w));
	avow_why_init(&w->why);
	avow_arena_init(&w->arena, AVOW_MIB(16));
	assert_ok(avow_forge_vbs_make(p, &w->files, &w->why));
	assert_ok(avow_anchors_new(false, &w->anchors));
	assert_ok(avow_anchors_add_pem(w->anchors, AVOW_ANCHOR_TPM,
		avow_forged_get(w->files, "root.pem"), NULL));
	in.anchors = w->anchors;
	e = avow_evidence_parse(avow_kind_by_name(AVOW_LIT("tpm")),
		avow_forged_get(w->files, "request.jws"), &w->arena, &ev, &w->why);
	if (e == AVOW_OK)
		e = avow_evidence_verify(ev, &in, &w->arena, &f, &w->verified, &w->why);
	return e;
}

static void
close_world(struct world *w)
{
	avow_anchors_free(w->anchors);
	avow_forged_free(w->files);
	avow_arena_clear(&w->arena);
}

static const struct avow_claim *
claim(struct avow_claims *set, const char *name)
{
	const struct avow_claim *c = avow_claims_find_name(set, avow_span_str(name));

	if (!c)
		fail_msg("no claim %s", name);
	return c;
}

/* --- what verifies ---------------------------------------------------------------- */

static void
both_versions_verify_and_tell_the_enclave(void **state)
{
	struct avow_forge_vbs p = params();

	(void)state;
	for (p.version = 1; p.version <= 2; p.version++) {
		struct avow_claims set;
		struct world w;

		memset(p.author_id, 0, sizeof(p.author_id));
		memcpy(p.image_id, "\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
		p.flags = 3;
		assert_ok(verify(&w, &p, avow_span_make(challenge, 16)));
		avow_claims_init(&set, &w.arena);
		assert_ok(avow_evidence_claims(w.verified, &set));
		/* the contract's own sample values */
		assert_span_str("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			claim(&set, "enclaveAuthorId")->string);
		assert_span_str("AQEAAAAAAAAAAAAAAAAAAA",
			claim(&set, "enclaveImageId")->string);
		assert_int_equal(43, claim(&set, "enclaveOwnerId")->string.n);
		assert_int_equal(22, claim(&set, "enclaveFamilyId")->string.n);
		assert_int_equal(6, claim(&set, "enclaveSvn")->integer);
		assert_int_equal(8, claim(&set, "enclavePlatformSvn")->integer);
		assert_int_equal(3, claim(&set, "enclaveFlags")->integer);
		assert_true(claim(&set, "vbsReportPresent")->boolean);
		assert_true(claim(&set, "vbsEnabled")->boolean);
		assert_true(claim(&set, "secureBootEnabled")->boolean);
		close_world(&w);
	}
}

static void
an_enclave_without_modules_and_fresh_keys_verify(void **state)
{
	struct avow_forge_vbs p = params();
	struct world w;

	(void)state;
	p.module = NULL;
	p.keys = NULL;
	p.rp_id = "https://rp.example";
	assert_ok(verify(&w, &p, avow_span_make(challenge, 16)));
	close_world(&w);
}

/* --- what is refused ------------------------------------------------------------------ */

/* bug 1: whatever is not as it was signed */
static void
each_deviation_is_refused_with_its_code(void **state)
{
	const struct avow_forge_deviation *d;
	size_t n = 0;

	(void)state;
	for (; (d = avow_forge_vbs_deviation_at(n)) != NULL; n++)
		for (unsigned version = 1; version <= 2; version++) {
			struct avow_forge_vbs p = params();
			struct world w;
			enum avow_err e;

			p.corrupt = d->name;
			p.version = version;
			p.module = version == 1 ? NULL : p.module;
			e = verify(&w, &p, avow_span_make(challenge, 16));
			if (e != d->refused_with)
				fail_msg("%s, version %u: %s, not %s", d->name, version,
					avow_err_name(e),
					avow_err_name(d->refused_with));
			assert_null(w.verified);
			close_world(&w);
		}
	assert_true(n >= 20);
}

/* bugs 19 and 20: what was made for one challenge is not for another */
static void
another_challenge_is_refused(void **state)
{
	struct avow_forge_vbs p = params();
	struct world w;

	(void)state;
	assert_err(AVOW_E_TPM_CHALLENGE, verify(&w, &p, AVOW_LIT("another challenge")));
	close_world(&w);
}

/* --- the first round -------------------------------------------------------------------- */

static void
the_first_rounds_answer_is_taken(void **state)
{
	/* {"payload":{"challenge":"AQIDBA","service_context":"sealed"}} */
	static const char first[] =
		"{\"data\":"
		"\"eyJwYXlsb2FkIjp7ImNoYWxsZW5nZSI6IkFRSURCQSIsInNlcnZpY2VfY29"
		"udGV4dCI6InNlYWxlZCJ9fQ\"}";
	struct avow_forge_vbs p = params();
	struct avow_span text, want = AVOW_LIT("\"service_context\":\"sealed\"");
	struct world w;

	(void)state;
	p.first = avow_span_str(first);
	assert_ok(verify(&w, &p, avow_span_make("\1\2\3\4", 4)));
	text = avow_forged_get(w.files, "report_signed.json");
	assert_true(avow_span_find(text, want) < text.n);
	close_world(&w);
}

static void
refuses_parameters_that_it_cannot_use(void **state)
{
	static const char *const answers[] = {"{}", "{\"data\":1}",
		"{\"data\":\"e30\"}", "{\"data\":\"!\"}", "[",
		"{\"data\":\"eyJjaGFsbGVuZ2UiOiIifQ\"}"};
	struct avow_forge_vbs p = params();
	struct avow_forged *f;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		p.first = avow_span_str(answers[i]);
		assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
		assert_null(f);
	}
	p = params();
	p.ca_key = AVOW_LIT("no key");
	assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
	p = params();
	p.version = 3;
	assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
	p = params();
	p.corrupt = "no such";
	assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
	p = params();
	p.at_s = 0;
	assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
}

/* A key of a curve that the CA's algorithm does not fit is told, not signed with. */
static void
the_ca_key_is_the_callers(void **state)
{
	struct avow_forge_vbs p = params();
	struct avow_privkey *key;
	struct avow_forged *f;
	struct avow_buf pem;
	struct world w;

	(void)state;
	avow_buf_init(&pem, 1 << 14);
	assert_ok(avow_privkey_generate(AVOW_KEY_P256, 0, &key));
	assert_ok(avow_privkey_to_pem(key, &pem));
	avow_privkey_free(key);
	p.ca_key = avow_buf_span(&pem);
	assert_ok(verify(&w, &p, avow_span_make(challenge, 16)));
	close_world(&w);
	avow_buf_wipe(&pem);
	avow_buf_init(&pem, 1 << 14);
	assert_ok(avow_privkey_generate(AVOW_KEY_P384, 0, &key));
	assert_ok(avow_privkey_to_pem(key, &pem));
	avow_privkey_free(key);
	p.ca_key = avow_buf_span(&pem);
	assert_err(AVOW_E_USAGE, avow_forge_vbs_make(&p, &f, NULL));
	avow_buf_wipe(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_versions_verify_and_tell_the_enclave),
		cmocka_unit_test(an_enclave_without_modules_and_fresh_keys_verify),
		cmocka_unit_test(each_deviation_is_refused_with_its_code),
		cmocka_unit_test(another_challenge_is_refused),
		cmocka_unit_test(the_first_rounds_answer_is_taken),
		cmocka_unit_test(refuses_parameters_that_it_cannot_use),
		cmocka_unit_test(the_ca_key_is_the_callers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
