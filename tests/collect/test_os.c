/* os-release(5): what is read of it, and what stands for what cannot be read. */
#include "support.h"

#include "collect/collect.h"

static void
expect(const char *text, const char *distro, unsigned major, unsigned minor)
{
	struct avow_collect_os os;

	avow_collect_os(avow_span_str(text), &os);
	assert_true(avow_span_eq_str(os.distro, distro));
	assert_int_equal(major, os.major);
	assert_int_equal(minor, os.minor);
}

static void
reads_name_and_version(void **state)
{
	(void)state;
	expect("PRETTY_NAME=\"x\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n",
		"Debian GNU/Linux", 12, 0);
	expect("NAME='Ubuntu'\nVERSION_ID=22.04", "Ubuntu", 22, 4);
	expect("VERSION_ID=\"8.10.3\"\r\nNAME=Rocky", "Rocky", 8, 10);
}

static void
what_cannot_be_read_has_a_default(void **state)
{
	(void)state;
	expect("", "Linux", 1, 0);
	expect("NAME=\nVERSION_ID=sid\n", "Linux", 1, 0);
	expect("MY_NAME=a\nNAME=\"\n=b\nVERSION_ID=1234567890", "\"", 1, 0);
	expect("NAME="
	       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
	       "VERSION_ID=3.x",
		"Linux", 3, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_name_and_version),
		cmocka_unit_test(what_cannot_be_read_has_a_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
