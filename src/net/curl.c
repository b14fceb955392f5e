/*
 * Finds libcurl's functions by name at run time; see curl.h for why. Which
 * options a request sets is net.c's.
 */
#include "net/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* libcurl's ABI since 7.16 (2006); what the headers of the build describe. */
#define SONAME "libcurl.so.4"

struct wanted {
	const char *name;
	size_t at;
};

#define WANT(member)                                                                   \
	{                                                                              \
		"curl_" #member, offsetof(struct net_curl, member)                     \
	}

static const struct wanted functions[] = {
	WANT(global_init),
	WANT(easy_init),
	WANT(easy_setopt),
	WANT(easy_perform),
	WANT(easy_getinfo),
	WANT(easy_strerror),
	WANT(easy_cleanup),
	WANT(slist_append),
	WANT(slist_free_all),
};

static bool
find_all(void *library, struct net_curl *out)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		void *f = dlsym(library, functions[i].name);

		if (!f)
			return false;
		/* POSIX's way from dlsym's object pointer to a function's */
		memcpy((char *)out + functions[i].at, &f, sizeof(f));
	}
	return true;
}

enum avow_err
net_curl_load(const char *soname, struct net_curl *out)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	bool ok;

	*out = (struct net_curl){0};
	if (!library)
		return AVOW_E_NET_LIBRARY;
	ok = find_all(library, out);
	/* NODELETE keeps it; the count of users alone goes down */
	dlclose(library);
	if (!ok)
		*out = (struct net_curl){0};
	return ok ? AVOW_OK : AVOW_E_NET_LIBRARY;
}

static struct net_curl process_curl;
static bool is_loaded;

static void
load_once(void)
{
	is_loaded = net_curl_load(SONAME, &process_curl) == AVOW_OK &&
		    process_curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const struct net_curl *
net_curl(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_once);
	return is_loaded ? &process_curl : NULL;
}
