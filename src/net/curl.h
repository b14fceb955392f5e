/*
 * libcurl, taken into the process when the first request is made and not
 * before. It brings twenty libraries and some 1.8 MiB with it, and a service
 * that asks nobody (a folder of collateral, no issuer, no webhook) has no use
 * for them nor for their flaws. Inside net/ alone.
 */
#ifndef AVOW_NET_CURL_H
#define AVOW_NET_CURL_H

#include <curl/curl.h>

#include "base/err.h"

/* What net.c calls, under libcurl's names without their prefix. */
struct net_curl {
	CURLcode (*global_init)(long flags);
	CURL *(*easy_init)(void);
	CURLcode (*easy_setopt)(CURL *c, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL *c);
	CURLcode (*easy_getinfo)(CURL *c, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	void (*easy_cleanup)(CURL *c);
	struct curl_slist *(*slist_append)(struct curl_slist *list, const char *line);
	void (*slist_free_all)(struct curl_slist *list);
};

/**
 * Load the library of that name and find every function. It stays loaded: other
 * libraries register handlers that outlive a call.
 * @return AVOW_OK; AVOW_E_NET_LIBRARY when it or one of the functions is absent,
 * and *out is then all NULL.
 */
enum avow_err net_curl_load(const char *soname, struct net_curl *out) AVOW_CHECKED;

/** The process's own, loaded and initialised by the first call; NULL when it
 * could not be. Any thread. */
const struct net_curl *net_curl(void);

#endif
