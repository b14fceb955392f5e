/*
 * A closed-loop load: N keep-alive connections, each with one request in flight,
 * for a number of seconds; prints one JSON object. Verifies that every answer has
 * status 200, so that a fast refusal is no throughput. HTTPS is libcurl's; where
 * CA-FILE is "none" it is plain HTTP on sockets of our own (plain.h).
 *
 * usage: load URL BODY-FILE CONNECTIONS SECONDS CA-FILE [METHOD TOKEN]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "plain.h"

#define MAX_CONNECTIONS 256

struct load {
	CURLM *multi;
	CURL *easy[MAX_CONNECTIONS];
	int n;
	long done, failed;
	const char *method; /* POST unless said */
};

static size_t
drop(char *p, size_t size, size_t n, void *user)
{
	(void)p;
	(void)user;
	return size * n;
}

static CURL *
make_handle(const char *url, const struct avow_buf *body, const char *ca,
	struct curl_slist *headers)
{
	CURL *c = curl_easy_init();

	if (!c)
		exit(1);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, (const char *)body->p);
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)body->n);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(c, CURLOPT_CAINFO, ca);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
	return c;
}

static void
finish_one(struct load *l, const CURLMsg *m, bool again)
{
	CURL *c = m->easy_handle;
	long status = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	if (m->data.result == CURLE_OK && status == 200)
		l->done++;
	else
		l->failed++;
	curl_multi_remove_handle(l->multi, c);
	if (again)
		curl_multi_add_handle(l->multi, c);
}

static void
run_until(struct load *l, int64_t end_ms)
{
	int running = 1, left;

	while (running) {
		bool again = avow_clock_mono_ms() < end_ms;
		CURLMsg *m;

		curl_multi_perform(l->multi, &running);
		while ((m = curl_multi_info_read(l->multi, &left)) != NULL)
			if (m->msg == CURLMSG_DONE) {
				finish_one(l, m, again);
				running = again ? 1 : running;
			}
		curl_multi_poll(l->multi, NULL, 0, 10, NULL);
	}
}

static void
print(long done, long failed, int64_t ms)
{
	printf("{\"requests\":%ld,\"failed\":%ld,\"ms\":%lld,\"per_s\":%.1f}\n", done,
		failed, (long long)ms, (double)done * 1000.0 / (double)ms);
}

static int
run_plain(char **argv, const struct avow_buf *body, bool has_more)
{
	const struct plain_load l = {
		.url = argv[1],
		.method = has_more ? argv[6] : "POST",
		.bearer = has_more ? argv[7] : NULL,
		.body = avow_buf_span(body),
		.connections = (int)strtol(argv[3], NULL, 10),
	};
	struct plain_result r = plain_run(&l, (int)strtol(argv[4], NULL, 10));

	print(r.done, r.failed, r.ms);
	return r.failed ? 1 : 0;
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers = NULL;
	struct load l = {.n = 0};
	struct avow_buf body;
	char bearer[256];
	int64_t start, took;
	int seconds;

	if (argc != 6 && argc != 8)
		return 64;
	l.method = argc == 8 ? argv[6] : "POST";
	l.n = (int)strtol(argv[3], NULL, 10);
	seconds = (int)strtol(argv[4], NULL, 10);
	avow_buf_init(&body, AVOW_MIB(8));
	if (l.n < 1 || l.n > MAX_CONNECTIONS ||
		avow_file_read(argv[2], &body) != AVOW_OK)
		return 64;
	if (strcmp(argv[5], "none") == 0)
		return run_plain(argv, &body, argc == 8);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	if (argc == 8) {
		snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s", argv[7]);
		headers = curl_slist_append(headers, bearer);
	}
	l.multi = curl_multi_init();
	curl_multi_setopt(l.multi, CURLMOPT_MAXCONNECTS, (long)l.n);
	for (int i = 0; i < l.n; i++) {
		l.easy[i] = make_handle(argv[1], &body, argv[5], headers);
		curl_easy_setopt(l.easy[i], CURLOPT_CUSTOMREQUEST, l.method);
		curl_multi_add_handle(l.multi, l.easy[i]);
	}
	/* warm: connections and handshakes are not what is measured */
	start = avow_clock_mono_ms();
	run_until(&l, start + 500);
	l.done = 0;
	for (int i = 0; i < l.n; i++)
		curl_multi_add_handle(l.multi, l.easy[i]);
	start = avow_clock_mono_ms();
	run_until(&l, start + seconds * INT64_C(1000));
	took = avow_clock_mono_ms() - start;
	print(l.done, l.failed, took);
	return l.failed ? 1 : 0;
}
