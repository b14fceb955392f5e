/* base/file: whole reads under a limit, writes whole or not at all. */
#include "support.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char dir[64];

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static int
set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/avow-file-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(in_dir("a"));
	rmdir(in_dir("sub"));
	return rmdir(dir);
}

static int
entries(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static void
reads_what_it_wrote(void **state)
{
	struct avow_buf b;
	struct stat st;

	(void)state;
	avow_buf_init(&b, 100);
	assert_ok(avow_file_write(in_dir("a"), AVOW_LIT("one"), 0600));
	assert_ok(avow_file_write(in_dir("a"), AVOW_LIT("two\0x"), 0640));
	assert_ok(avow_file_read(in_dir("a"), &b));
	assert_span(AVOW_LIT("two\0x"), avow_buf_span(&b));
	assert_int_equal(0, stat(in_dir("a"), &st));
	assert_int_equal(0640, st.st_mode & 0777);
	assert_int_equal(1, entries());
	assert_ok(avow_file_write(in_dir("a"), AVOW_LIT(""), 0600));
	avow_buf_reset(&b);
	assert_ok(avow_file_read(in_dir("a"), &b));
	assert_int_equal(0, b.n);
	avow_buf_clear(&b);
}

static void
size_is_bounded_exactly(void **state)
{
	uint8_t bytes[20000] = {1};
	struct avow_buf b;

	(void)state;
	assert_ok(avow_file_write(in_dir("a"), avow_span_make(bytes, 20000), 0600));
	avow_buf_init(&b, 20000);
	assert_ok(avow_file_read(in_dir("a"), &b));
	assert_int_equal(20000, b.n);
	avow_buf_clear(&b);
	avow_buf_init(&b, 19999);
	assert_err(AVOW_E_TOO_LARGE, avow_file_read(in_dir("a"), &b));
	avow_buf_clear(&b);
	avow_buf_init(&b, 8192);
	assert_err(AVOW_E_TOO_LARGE, avow_file_read(in_dir("a"), &b));
	avow_buf_clear(&b);
}

static void
says_when_it_cannot_read(void **state)
{
	struct avow_buf b;

	(void)state;
	avow_buf_init(&b, 10);
	assert_err(AVOW_E_FILE_READ, avow_file_read(in_dir("absent"), &b));
	assert_err(AVOW_E_FILE_READ, avow_file_read(dir, &b)); /* a folder */
	avow_buf_clear(&b);
}

static void
a_failed_write_leaves_nothing(void **state)
{
	int before = entries();

	(void)state;
	assert_err(AVOW_E_FILE_WRITE,
		avow_file_write(in_dir("none/a"), AVOW_LIT("x"), 0600));
	assert_int_equal(0, mkdir(in_dir("sub"), 0700));
	/* a folder stands where the file should: the rename fails */
	assert_err(
		AVOW_E_FILE_WRITE, avow_file_write(in_dir("sub"), AVOW_LIT("x"), 0600));
	assert_int_equal(before + 1, entries());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(size_is_bounded_exactly),
		cmocka_unit_test(says_when_it_cannot_read),
		cmocka_unit_test(a_failed_write_leaves_nothing),
	};

	return cmocka_run_group_tests_name("base/file", tests, set_up, tear_down);
}
