/*
 * Preloaded by the end to end tests: from SIGUSR1 on, one allocation in
 * sixty gives NULL, by a fixed sequence; SIGUSR2 ends that.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ONE_IN 60

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static _Atomic int is_failing;
static _Atomic uint64_t turn;

/* dlsym may allocate before the real functions are known. */
static struct {
	_Alignas(16) char bytes[4096];
	size_t used;
} early;

static void
find(void *to, const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	memcpy(to, &f, sizeof(f));
}

static void
find_all(void)
{
	if (real_realloc)
		return;
	find(&real_calloc, "calloc");
	find(&real_malloc, "malloc");
	find(&real_realloc, "realloc");
}

static int
fails(void)
{
	uint64_t x;

	if (!is_failing)
		return 0;
	x = atomic_fetch_add(&turn, UINT64_C(0x9e3779b97f4a7c15));
	x = (x ^ x >> 31) * UINT64_C(0xd6e8feb86659fd93);
	if ((x ^ x >> 29) % ONE_IN)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t n)
{
	find_all();
	return fails() ? NULL : real_malloc(n);
}

void *
calloc(size_t count, size_t size)
{
	if (!real_calloc) {
		char *p = early.bytes + early.used;

		early.used += (count * size + 15) & ~(size_t)15;
		return early.used <= sizeof(early.bytes) ? p : NULL;
	}
	return fails() ? NULL : real_calloc(count, size);
}

void *
realloc(void *p, size_t n)
{
	find_all();
	return fails() ? NULL : real_realloc(p, n);
}

static void
turn_switch(int sig)
{
	is_failing = sig == SIGUSR1;
}

__attribute__((constructor)) static void
arm(void)
{
	find_all();
	signal(SIGUSR1, turn_switch);
	signal(SIGUSR2, turn_switch);
}
