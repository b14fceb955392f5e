/*
 * What files are, by their content alone, and folders of them.
 */
#include "case.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* --- what files are ------------------------------------------------------------------------- */

static struct avow_span
text_of(const char *label, struct avow_span der, const char *tail, size_t n_tail)
{
	struct avow_buf b;
	struct avow_span out;

	avow_buf_init(&b, 1 << 16);
	if (label)
		avow_pem_put(&b, label, der);
	else
		avow_hex_put(&b, der);
	avow_buf_put(&b, avow_span_make(tail, n_tail));
	out = avow_arena_copy(&p.a, avow_buf_span(&b));
	avow_buf_clear(&b);
	return out;
}

/* DER, PEM, and PCCS's hex text with each tail it has been seen with */
static void
crls_are_known_in_every_form(void **state)
{
	struct avow_span der = file_of("pck.crl");

	(void)state;
	put("pck.crl", text_of("X509 CRL", der, "", 0));
	assert_ok(select_now());
	put("pck.crl", text_of(NULL, der, "", 0));
	assert_ok(select_now());
	put("pck.crl", text_of(NULL, der, "\n", 1));
	assert_ok(select_now());
	put("pck.crl", text_of(NULL, der, "\0", 1));
	assert_ok(select_now());
	put("root.crl", text_of(NULL, file_of("root.crl"), "\r\n", 2));
	assert_ok(select_now());
}

static void
a_bundle_holds_several_things(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 1 << 16);
	avow_pem_put(&b, "CERTIFICATE", p.signer->der);
	avow_pem_put(&b, "X509 CRL", file_of("pck.crl"));
	avow_pem_put(&b, "PUBLIC KEY", avow_pubkey_spki(p.root->key));
	avow_pem_put(&b, "CERTIFICATE", p.root->der);
	drop("signer");
	drop("root");
	drop("pck.crl");
	add("bundle", avow_arena_copy(&p.a, avow_buf_span(&b)));
	avow_buf_clear(&b);
	assert_ok(select_now());
	assert_string_equal("bundle", s.pck_crl_name);
	assert_memory_equal(p.signer->sha256, s.tcb_signer->sha256, 32);
}

static void
certificates_may_be_der(void **state)
{
	(void)state;
	put("signer", p.signer->der);
	put("root", p.root->der);
	assert_ok(select_now());
}

static void
entry_is(const char *name, enum avow_collateral_kind kind, enum avow_err err)
{
	struct avow_collateral_entry e;

	for (size_t i = 0; avow_collateral_entry(snapshot, i, &e); i++)
		if (strcmp(e.name, name) == 0) {
			assert_int_equal(kind, e.kind);
			assert_err(err, e.err);
			return;
		}
	fail_msg("no entry %s", name);
}

static void
what_is_no_collateral_is_ignored_and_listed(void **state)
{
	(void)state;
	add("empty", AVOW_LIT(""));
	add("text", AVOW_LIT("hello"));
	add("json", AVOW_LIT("{\"a\":1}"));
	add("broken json", AVOW_LIT("{\"a\""));
	add("hex", AVOW_LIT("30616263"));
	add("der", AVOW_LIT("\x30\x03\x02\x01\x01"));
	add("key", text_of("PUBLIC KEY", avow_pubkey_spki(p.root->key), "", 0));
	add("half pem", AVOW_LIT("-----BEGIN PUBLIC KEY-----\nAAAA"));
	add("cut cert", avow_span_slice(p.leaf->der, 0, 300));
	add("bad cert", text_of("CERTIFICATE", AVOW_LIT("xyz"), "", 0));
	add("cut pem", AVOW_LIT("-----BEGIN CERTIFICATE-----\nAAAA"));
	assert_ok(select_now());
	entry_is("empty", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("text", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("json", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("broken json", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("hex", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("der", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("key", AVOW_COLLATERAL_IGNORED, AVOW_OK);
	entry_is("half pem", AVOW_COLLATERAL_IGNORED, AVOW_E_PEM_SYNTAX);
	entry_is("cut cert", AVOW_COLLATERAL_CERT, AVOW_E_CERT_FORMAT);
	entry_is("bad cert", AVOW_COLLATERAL_CERT, AVOW_E_CERT_FORMAT);
	entry_is("cut pem", AVOW_COLLATERAL_CERT, AVOW_E_PEM_SYNTAX);
	entry_is("tcb", AVOW_COLLATERAL_TCB_INFO, AVOW_OK);
	entry_is("qe", AVOW_COLLATERAL_QE_IDENTITY, AVOW_OK);
	entry_is("pck.crl", AVOW_COLLATERAL_CRL, AVOW_OK);
	entry_is("signer", AVOW_COLLATERAL_CERT, AVOW_OK);
}

static void
an_empty_folder_decides_nothing(void **state)
{
	(void)state;
	n_files = 0;
	undecided(AVOW_E_CRL_ABSENT, "");
}

/* --- folders ------------------------------------------------------------------------------------ */

static char folder[] = "/tmp/avow-test-XXXXXX";

static const char *
in_folder(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
a_folder_is_read_by_content(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < n_files; i++)
		assert_ok(avow_file_write(
			in_folder(files[i].name), files[i].bytes, 0600));
	assert_ok(avow_file_write(in_folder(".hidden"), AVOW_LIT("{}"), 0600));
	assert_int_equal(0, mkdir(in_folder("below"), 0700));
	assert_int_equal(0, symlink("nowhere", in_folder("dangling")));
	assert_ok(avow_collateral_load(folder, &snapshot, NULL));
	assert_ok(again());
	assert_string_equal("tcb", s.tcb_info_name);
	entry_is("dangling", AVOW_COLLATERAL_IGNORED, AVOW_E_FILE_READ);
	assert_ptr_equal(snapshot, avow_collateral_ref(snapshot));
	avow_collateral_free(snapshot);
	assert_ok(again());
	for (size_t i = 0; i < n_files; i++)
		unlink(in_folder(files[i].name));
	unlink(in_folder(".hidden"));
	unlink(in_folder("dangling"));
	rmdir(in_folder("below"));
	assert_int_equal(0, rmdir(folder));
}

static void
a_folder_that_is_not_there_is_said_so(void **state)
{
	struct avow_collateral *c = (void *)1;

	(void)state;
	avow_why_init(&why);
	assert_err(AVOW_E_COLLATERAL_FOLDER,
		avow_collateral_load("/nonexistent/folder", &c, &why));
	assert_null(c);
	assert_string_equal("/nonexistent/folder", why.got);
}

static void
parts_over_the_limits_together_are_refused(void)
{
	static struct avow_collateral_more half[50001];
	struct avow_collateral *part, *twice[2], *c = (void *)1;

	for (size_t i = 0; i < 50001; i++)
		half[i].file.name = "x";
	assert_ok(avow_collateral_part(half, 50001, &part, NULL));
	twice[0] = twice[1] = part;
	avow_why_init(&why);
	assert_err(AVOW_E_COLLATERAL_LIMIT,
		avow_collateral_join(NULL, twice, 2, &c, &why));
	assert_null(c);
	assert_string_equal("number of files", why.field);
	avow_collateral_free(part);
}

static void
a_folder_over_its_limits_is_refused(void **state)
{
	static struct avow_collateral_file many[100001];
	struct avow_collateral *c;

	(void)state;
	for (size_t i = 0; i < 100001; i++)
		many[i].name = "x";
	assert_err(
		AVOW_E_COLLATERAL_LIMIT, avow_collateral_build(many, 100001, &c, NULL));
	assert_null(c);
	parts_over_the_limits_together_are_refused();
	/* sizes are added up before anything is read */
	many[0].bytes = avow_span_make("", 0);
	many[1].bytes = avow_span_make("x", (size_t)513 << 20);
	assert_err(AVOW_E_COLLATERAL_LIMIT, avow_collateral_build(many, 2, &c, NULL));
}

/* --- threads --------------------------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	struct avow_intel_query q;
	struct avow_intel_selection s;
	enum avow_err err;
};

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (int i = 0; i < 200 && w->err == AVOW_OK; i++) {
		w->q.at_s = T0 + i;
		w->err =
			avow_collateral_select(snapshot, p.anchors, &w->q, &w->s, NULL);
	}
	return NULL;
}

/* Four workers meet a snapshot of which nothing is verified yet. */
static void
threads_that_race_find_the_same(void **state)
{
	struct worker w[4];

	(void)state;
	build();
	for (int i = 0; i < 4; i++) {
		w[i] = (struct worker){.q = q};
		assert_int_equal(0, pthread_create(&w[i].thread, NULL, work, &w[i]));
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(0, pthread_join(w[i].thread, NULL));
		assert_ok(w[i].err);
		assert_memory_equal(&w[0].s, &w[i].s, sizeof(w[0].s));
	}
}

/* More platforms than are remembered: slower, and no different. */
static void
a_full_memory_only_costs_time(void **state)
{
	(void)state;
	build();
	for (int64_t grace = 0; grace < 5000; grace++) {
		q.grace_s = grace;
		assert_ok(again());
	}
	q.grace_s = 1;
	assert_ok(again());
	assert_int_equal(17, s.tcb_info->evaluation_number);
}

/* An entry whose time is over gives its place to the next. */
static void
what_is_remembered_moves_with_time(void **state)
{
	struct avow_crl_spec c = crl_spec_of(ca_name, p.ca_key);
	char name[16];

	(void)state;
	for (int i = 1; i < 9; i++) {
		snprintf(name, sizeof(name), "crl %d", i);
		c.this_update_s = T0 + i * 10;
		add((const char *)avow_arena_copy(&p.a, avow_span_str(name)).p,
			crl_der(&p, c));
	}
	build();
	for (int i = 1; i < 9; i++)
		for (int j = 0; j < 10; j += 9) {
			q.at_s = T0 + i * 10 + j;
			assert_ok(again());
			snprintf(name, sizeof(name), "crl %d", i);
			assert_string_equal(name, s.pck_crl_name);
		}
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(crls_are_known_in_every_form),
		T(a_bundle_holds_several_things),
		T(certificates_may_be_der),
		T(what_is_no_collateral_is_ignored_and_listed),
		T(an_empty_folder_decides_nothing),
		T(a_folder_is_read_by_content),
		T(a_folder_that_is_not_there_is_said_so),
		T(a_folder_over_its_limits_is_refused),
		T(threads_that_race_find_the_same),
		T(a_full_memory_only_costs_time),
		T(what_is_remembered_moves_with_time),
	};

	return cmocka_run_group_tests_name("trust/collateral_files", tests, NULL, NULL);
}
