/* What the tests of the store share: a store in a temporary folder. */
#ifndef AVOW_TESTS_STORE_FIXTURE_H
#define AVOW_TESTS_STORE_FIXTURE_H

#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/sqlite.h"
#include "store/store.h"

static char dir[64];
static struct avow_store *store;
static struct avow_arena arena;
static struct avow_why why;

static inline const char *
path_in(const char *name)
{
	static char path[160];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline void
open_store(void)
{
	avow_why_init(&why);
	assert_ok(avow_store_open_sqlite(dir, &store, &why));
}

static inline int
set_up_folder(void **state)
{
	(void)state;
	avow_arena_init(&arena, AVOW_MIB(64));
	avow_why_init(&why);
	store = NULL;
	snprintf(dir, sizeof(dir), "/tmp/avow-store-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static inline int
set_up(void **state)
{
	if (set_up_folder(state) != 0)
		return -1;
	return avow_store_open_sqlite(dir, &store, &why) == AVOW_OK ? 0 : -1;
}

static inline int
tear_down(void **state)
{
	(void)state;
	avow_store_close(store);
	store = NULL;
	avow_arena_clear(&arena);
	unlink(path_in("avow.db"));
	unlink(path_in("avow.db-wal"));
	unlink(path_in("avow.db-shm"));
	return rmdir(dir);
}

#define DEFAULT AVOW_LIT("default")
#define SGX AVOW_LIT("SgxEnclave")

static inline struct avow_store_policy_change
change_to(const char *text, int64_t replaces)
{
	return (struct avow_store_policy_change){
		.provider = DEFAULT,
		.type = SGX,
		.policy =
			{
				.event = AVOW_POLICY_SET,
				.text = avow_span_str(text),
				.jwt = AVOW_LIT("j.w.t"),
				.hash = AVOW_LIT("hash"),
				.set_s = 1700000000,
				.set_by = AVOW_LIT("ann"),
			},
		.replaces = replaces,
	};
}

static inline enum avow_err
set_policy(const char *text, int64_t replaces, int64_t *version)
{
	struct avow_store_policy_change c = change_to(text, replaces);

	return avow_store_policy_change(store, &c, version);
}

static inline enum avow_err
get(struct avow_store_policy *out)
{
	return avow_store_policy_get(store, DEFAULT, SGX, &arena, out);
}

#endif
