/* daemon/options: flags over a file over defaults; and daemon/datadir. */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "daemon/datadir.h"
#include "daemon/options.h"
#include "daemon/tlsfiles.h"

static enum avow_action action;
static struct avow_config *config;
static struct avow_why why;
static char dir[256];

static enum avow_err
read_options(const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	avow_config_free(config);
	avow_why_init(&why);
	return avow_options_read(argc, argv, &action, &config, &why);
}

#define OPTIONS(...) read_options((const char *[]){"avowd", __VA_ARGS__, NULL})

static char *
in_dir(const char *name)
{
	static char path[4][512];
	static int which;

	which = (which + 1) % 4;
	snprintf(path[which], sizeof(path[which]), "%s/%s", dir, name);
	return path[which];
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/avow-daemon-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[600];

	(void)state;
	avow_config_free(config);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

/* --- options ------------------------------------------------------------------ */

static void
takes_flags_in_both_forms(void **state)
{
	(void)state;
	assert_ok(OPTIONS("--data", "/d", "--listen=127.0.0.1:0", "--accept-tcb",
		"UpToDate,OutOfDate", "--collateral-grace", "36h"));
	assert_int_equal(AVOW_ACTION_SERVE, action);
	assert_string_equal("/d", config->data);
	assert_string_equal("127.0.0.1:0", config->listen.v[0]);
	assert_int_equal(2, config->accept_tcb.n);
	assert_int_equal(36 * 3600, config->collateral_grace);
}

static void
takes_several_values_of_a_list(void **state)
{
	(void)state;
	assert_ok(OPTIONS("--trust-anchor", "a.pem", "b.pem", "--data", "/d",
		"--trust-anchor", "c.pem"));
	assert_int_equal(3, config->trust_anchor.n);
	assert_string_equal("b.pem", config->trust_anchor.v[1]);
	assert_err(AVOW_E_USAGE, OPTIONS("--data", "/d", "stray"));
	assert_null(config);
}

static void
puts_flags_over_the_file(void **state)
{
	(void)state;
	assert_ok(avow_file_write(
		in_dir("c.yaml"), AVOW_LIT("data: /from/file\nworkers: 3\n"), 0600));
	assert_ok(OPTIONS("--workers", "2", "--config", in_dir("c.yaml")));
	assert_string_equal("/from/file", config->data);
	assert_int_equal(2, config->workers);
	assert_err(AVOW_E_FILE_READ, OPTIONS("--config", in_dir("none.yaml")));
	assert_err(AVOW_E_USAGE,
		OPTIONS("--config", in_dir("c.yaml"), "--config", in_dir("c.yaml")));
}

static void
knows_its_actions(void **state)
{
	(void)state;
	assert_ok(OPTIONS("--version"));
	assert_int_equal(AVOW_ACTION_VERSION, action);
	assert_null(config);
	assert_ok(OPTIONS("--help"));
	assert_int_equal(AVOW_ACTION_HELP, action);
	assert_ok(OPTIONS("--check-config", "--data", "/d"));
	assert_int_equal(AVOW_ACTION_CHECK, action);
	assert_non_null(config);
	assert_ok(OPTIONS("--print-config", "--data", "/d"));
	assert_int_equal(AVOW_ACTION_PRINT, action);
}

static void
refuses_what_it_does_not_know(void **state)
{
	(void)state;
	assert_err(AVOW_E_CONFIG_KEY, OPTIONS("--nonsense", "1"));
	assert_err(AVOW_E_USAGE, OPTIONS("--data"));
	assert_err(AVOW_E_USAGE, OPTIONS("-x", "1"));
	assert_err(AVOW_E_USAGE, OPTIONS("--", "1"));
	assert_err(AVOW_E_CONFIG_VALUE, OPTIONS("--workers", "many"));
	assert_err(AVOW_E_CONFIG_VALUE, OPTIONS("--accept-tcb", "Revoked"));
	assert_err(AVOW_E_CONFIG_VALUE,
		OPTIONS("--listen", "0.0.0.0:80", "--url", "http://a.example"));
}

static void
names_every_setting_in_its_help(void **state)
{
	struct avow_buf out;
	char flag[64];
	size_t n;
	const struct avow_config_item *items = avow_config_items(&n);

	(void)state;
	avow_buf_init(&out, 1 << 20);
	avow_options_help(&out);
	for (size_t i = 0; i < n; i++) {
		avow_config_flag_name(&items[i], flag);
		assert_non_null(strstr(avow_buf_str(&out), flag));
	}
	avow_buf_clear(&out);
}

/* --- data directory ------------------------------------------------------------ */

static void
makes_the_data_directory_for_itself_alone(void **state)
{
	struct stat st;
	int lock;

	(void)state;
	assert_ok(avow_datadir_open(in_dir("a/b"), &lock, NULL));
	assert_int_equal(0, stat(in_dir("a/b"), &st));
	assert_int_equal(0700, st.st_mode & 0777);
	assert_int_equal(0, stat(in_dir("a/b/lock"), &st));
	assert_int_equal(0600, st.st_mode & 0777);
	close(lock);
}

static void
locks_the_data_directory(void **state)
{
	int first, second;

	(void)state;
	avow_why_init(&why);
	assert_ok(avow_datadir_open(in_dir("c"), &first, NULL));
	assert_err(AVOW_E_DATA_IN_USE, avow_datadir_open(in_dir("c"), &second, &why));
	assert_string_equal(in_dir("c"), why.document);
	assert_int_equal(-1, second);
	close(first);
	assert_ok(avow_datadir_open(in_dir("c"), &second, NULL));
	close(second);
}

static void
makes_its_own_collateral_folder_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_ok(avow_datadir_make(in_dir("d"), NULL));
	assert_ok(avow_datadir_make_collateral(in_dir("d"), in_dir("elsewhere"), NULL));
	assert_int_equal(-1, stat(in_dir("elsewhere"), &st));
	assert_ok(avow_datadir_make_collateral(
		in_dir("d"), in_dir("d/collateral"), NULL));
	assert_int_equal(0, stat(in_dir("d/collateral"), &st));
}

static void
refuses_a_data_directory_that_cannot_be(void **state)
{
	int lock;

	(void)state;
	assert_ok(avow_file_write(in_dir("file"), AVOW_LIT("x"), 0600));
	assert_err(AVOW_E_FILE_WRITE, avow_datadir_open(in_dir("file/d"), &lock, NULL));
	assert_err(AVOW_E_FILE_WRITE, avow_datadir_open("", &lock, NULL));
	assert_int_equal(0, symlink("elsewhere", in_dir("c/lock2")));
	assert_int_equal(0, unlink(in_dir("c/lock")));
	assert_int_equal(0, symlink("lock2", in_dir("c/lock")));
	assert_err(AVOW_E_FILE_WRITE, avow_datadir_open(in_dir("c"), &lock, NULL));
}

/* --- TLS files ------------------------------------------------------------------- */

#define NOW INT64_C(1800000000)
#define YEAR (365 * INT64_C(86400))

static void
load(int64_t now_s, struct avow_tls_files *f)
{
	avow_why_init(&why);
	assert_ok(avow_tls_files_load(config, now_s, f, &why));
}

static void
keeps_its_self_made_certificate(void **state)
{
	struct avow_tls_files a, b;
	struct stat st;

	(void)state;
	assert_ok(OPTIONS("--data", in_dir("t"), "--url", "https://tls.example:8443"));
	load(NOW, &a);
	assert_int_equal(0, stat(in_dir("t/tls/tls.example.key.pem"), &st));
	assert_int_equal(0600, st.st_mode & 0777);
	load(NOW + YEAR, &b);
	assert_span(avow_buf_span(&a.cert), avow_buf_span(&b.cert));
	assert_span(avow_buf_span(&a.key), avow_buf_span(&b.key));
	avow_tls_files_clear(&b);
	load(NOW + 10 * YEAR - 29 * 86400, &b); /* close to its end */
	assert_false(avow_span_eq(avow_buf_span(&a.cert), avow_buf_span(&b.cert)));
	avow_tls_files_clear(&a);
	avow_tls_files_clear(&b);
}

static void
makes_a_broken_pair_again(void **state)
{
	struct avow_tls_files a, b;

	(void)state;
	assert_ok(OPTIONS("--data", in_dir("t"), "--url", "https://127.0.0.1:8443"));
	load(NOW, &a);
	assert_ok(avow_file_write(
		in_dir("t/tls/127.0.0.1.cert.pem"), AVOW_LIT("broken"), 0600));
	load(NOW, &b);
	assert_false(avow_span_eq(avow_buf_span(&a.key), avow_buf_span(&b.key)));
	avow_tls_files_clear(&b);
	/* a key of another pair, as after a stop between the two writes */
	assert_ok(avow_file_write(
		in_dir("t/tls/127.0.0.1.key.pem"), avow_buf_span(&a.key), 0600));
	load(NOW, &b);
	assert_false(avow_span_eq(avow_buf_span(&a.key), avow_buf_span(&b.key)));
	avow_tls_files_clear(&a);
	avow_tls_files_clear(&b);
}

static void
reads_the_operators_files(void **state)
{
	struct avow_tls_files f;

	(void)state;
	assert_ok(avow_file_write(in_dir("c.pem"), AVOW_LIT("cert"), 0600));
	assert_ok(avow_file_write(in_dir("k.pem"), AVOW_LIT("key"), 0600));
	assert_ok(OPTIONS("--data", in_dir("t"), "--tls-cert", in_dir("c.pem"),
		"--tls-key", in_dir("k.pem")));
	load(NOW, &f);
	assert_span_str("cert", avow_buf_span(&f.cert));
	assert_span_str("key", avow_buf_span(&f.key));
	avow_tls_files_clear(&f);
	assert_int_equal(0, unlink(in_dir("k.pem")));
	assert_err(AVOW_E_FILE_READ, avow_tls_files_load(config, NOW, &f, &why));
	assert_string_equal(in_dir("k.pem"), why.document);
	assert_ok(OPTIONS("--data", in_dir("t"), "--listen", "127.0.0.1:8080"));
	load(NOW, &f);
	assert_int_equal(0, f.cert.n); /* plain HTTP on loopback */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_flags_in_both_forms),
		cmocka_unit_test(takes_several_values_of_a_list),
		cmocka_unit_test(puts_flags_over_the_file),
		cmocka_unit_test(knows_its_actions),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(names_every_setting_in_its_help),
		cmocka_unit_test(makes_the_data_directory_for_itself_alone),
		cmocka_unit_test(locks_the_data_directory),
		cmocka_unit_test(makes_its_own_collateral_folder_alone),
		cmocka_unit_test(refuses_a_data_directory_that_cannot_be),
		cmocka_unit_test(keeps_its_self_made_certificate),
		cmocka_unit_test(makes_a_broken_pair_again),
		cmocka_unit_test(reads_the_operators_files),
	};

	return cmocka_run_group_tests_name("daemon/options", tests, setup, teardown);
}
