/* api/audit_log: each record is one line, in order and once. */
#include "support.h"

#include <unistd.h>

#include "api/audit_log.h"
#include "base/limits.h"
#include "base/log.h"

static char dir[64], lines[262144];
static size_t used;
static struct avow_store *store;
static const struct avow_audit RECORD = {.action = AVOW_LIT("policy.set"),
	.actor = AVOW_LIT("ann"),
	.outcome = AVOW_LIT("done")};

static void
keep(const char *line, size_t n)
{
	assert_true(used + n + 2 < sizeof(lines));
	memcpy(lines + used, line, n);
	used += n;
	lines[used++] = '\n';
	lines[used] = '\0';
}

static int
start(void **state)
{
	struct avow_why why;

	(void)state;
	used = 0;
	lines[0] = '\0';
	avow_why_init(&why);
	snprintf(dir, sizeof(dir), "/tmp/avow-audit-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	return avow_store_open_sqlite(dir, &store, &why) == AVOW_OK ? 0 : -1;
}

static int
end(void **state)
{
	static const char *const names[] = {"avow.db", "avow.db-wal", "avow.db-shm"};
	char path[128];

	(void)state;
	avow_store_close(store);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void
add(int n)
{
	for (int i = 0; i < n; i++)
		assert_ok(avow_store_audit_add(store, &RECORD));
}

static int
count(const char *word)
{
	int n = 0;

	for (const char *p = lines; (p = strstr(p, word)); p++)
		n++;
	return n;
}

static void
logs_each_record_once_and_whole(void **state)
{
	struct avow_audit_log l;
	struct avow_audit *v;
	struct avow_arena a;
	char text[128];
	size_t n;

	(void)state;
	assert_ok(avow_audit_log_start(&l, store));
	assert_int_equal(1, l.next);
	assert_int_equal(1, count("\"event\":\"audit_head\",\"seq\":0"));
	add(3);
	assert_ok(avow_audit_log_catch_up(&l, store));
	assert_ok(avow_audit_log_catch_up(&l, store));
	assert_int_equal(3, count("\"event\":\"audit\","));
	assert_int_equal(3, count("\"action\":\"policy.set\""));
	avow_arena_init(&a, AVOW_MIB(1));
	assert_ok(avow_store_audit_list(store, 3, 1, &a, &v, &n));
	snprintf(text, sizeof(text), "\"hash\":\"%02x%02x%02x", v->hash[0], v->hash[1],
		v->hash[2]);
	assert_int_equal(1, count(text));
	avow_arena_clear(&a);
}

static void
begins_behind_what_is_there(void **state)
{
	static const int more[] = {1, 1, 1, 1, 3, 9, 240};
	struct avow_audit_log l;
	int64_t there = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		add(more[i]);
		there += more[i];
		assert_ok(avow_audit_log_start(&l, store));
		assert_int_equal(there + 1, l.next);
	}
	used = 0;
	l.next = 1;
	assert_ok(avow_audit_log_catch_up(&l, store));
	assert_int_equal(there, count("\"event\":\"audit\","));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			logs_each_record_once_and_whole, start, end),
		cmocka_unit_test_setup_teardown(
			begins_behind_what_is_there, start, end),
	};

	avow_log_to(keep, AVOW_LOG_INFO);
	return cmocka_run_group_tests_name("api/audit_log", tests, NULL, NULL);
}
