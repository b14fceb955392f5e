/*
 * avow keys list|rotate: the signing keys in a data directory. A running
 * avowd takes a rotation up by itself.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "crypto/jose.h"
#include "token/token.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow keys list   --data DIR [--json]\n"
	"       avow keys rotate --data DIR [--algorithm A] [--publish-before D] [--now]\n"
	"\n"
	"list shows every key and its state: next, current or retired.\n"
	"rotate makes a next key. It is published at once and signs when it has been\n"
	"published for --publish-before (default: avowd's key_publish_before, 1d), so\n"
	"that relying parties know it.\n"
	"  --algorithm A   RS256 (default), PS256, ES256 or ES384\n"
	"  --now           sign as soon as avowd has loaded it: for a key that leaked\n"
	"\n"
	"exit status: 0 done, 1 refused, 2 the key set cannot be used, 64 usage\n";

struct options {
	const char *data;
	struct avow_keys_options keys;
	bool json, now;
};

static bool
read_algorithm(const char *name, enum avow_sig *out)
{
	return avow_jws_alg(avow_span_str(name), out) == AVOW_OK &&
		(*out == AVOW_SIG_RS256 || *out == AVOW_SIG_PS256 ||
			*out == AVOW_SIG_ES256_RAW || *out == AVOW_SIG_ES384_RAW);
}

static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{"data", required_argument, NULL, 'd'},
		{"algorithm", required_argument, NULL, 'a'},
		{"publish-before", required_argument, NULL, 'p'},
		{"now", no_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'd')
			o->data = optarg;
		else if (c == 'n')
			o->now = true;
		else if (c == 'j')
			o->json = true;
		else if (c == 'a' && read_algorithm(optarg, &o->keys.alg))
			continue;
		else if (c == 'p' && avow_duration_parse(avow_span_str(optarg),
					     &o->keys.publish_before_s) == AVOW_OK)
			continue;
		else
			return avow_cli_usage(&avow_cmd_keys,
				"unknown option or wrong value: %s", argv[optind - 1]);
	}
	if (!o->data || argc != optind)
		return avow_cli_usage(&avow_cmd_keys, "it takes --data DIR");
	return AVOW_EXIT_OK;
}

static void
put_key(struct avow_jw *w, const struct avow_key_info *k)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "kid", k->kid);
	avow_jw_put_str(w, "alg", avow_jws_alg_name(k->alg));
	avow_jw_put_str(w, "state", avow_key_state_name(k->state));
	avow_jw_put_time_or_null(w, "created", k->created_s);
	avow_jw_put_time_or_null(w, "published", k->published_s);
	avow_jw_put_time_or_null(w, "signs_from", k->signs_from_s);
	avow_jw_put_time_or_null(w, "unpublished", k->unpublished_s);
	avow_jw_close(w);
}

static int
print_json(const struct avow_keys *keys, int64_t now_s)
{
	struct avow_buf b;
	struct avow_jw w;
	int status;

	avow_buf_init(&b, AVOW_MIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '[');
	for (size_t i = 0; i < avow_keys_count(keys); i++) {
		struct avow_key_info k = avow_keys_info(keys, i, now_s);

		put_key(&w, &k);
	}
	avow_jw_close(&w);
	status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

static void
print_table(const struct avow_keys *keys, int64_t now_s)
{
	printf("%-46s %-6s %-8s %-21s %s\n", "kid", "alg", "state", "created",
		"signs from");
	for (size_t i = 0; i < avow_keys_count(keys); i++) {
		struct avow_key_info k = avow_keys_info(keys, i, now_s);
		char created[AVOW_TIME_TEXT], from[AVOW_TIME_TEXT];

		avow_time_format(k.created_s, created);
		avow_time_format(k.signs_from_s, from);
		printf("%-46s %-6s %-8s %-21s %s\n", k.kid, avow_jws_alg_name(k.alg),
			avow_key_state_name(k.state), created,
			k.signs_from_s ? from : "when avowd has loaded it");
	}
}

static int
list(const struct options *o)
{
	struct avow_keys *keys;
	struct avow_why why;
	enum avow_err e;
	int status = AVOW_EXIT_OK;

	avow_why_init(&why);
	e = avow_keys_read(o->data, &keys, &why);
	if (e != AVOW_OK) {
		avow_cli_complain(e, &why);
		return AVOW_EXIT_UNDECIDED;
	}
	if (o->json)
		status = print_json(keys, avow_clock_now_s());
	else
		print_table(keys, avow_clock_now_s());
	avow_keys_free(keys);
	return status;
}

static int
rotate(const struct options *o)
{
	struct avow_key_info k;
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_keys_rotate(o->data, &o->keys, avow_clock_now_s(), o->now, &k, &why);
	if (e != AVOW_OK) {
		avow_cli_complain(e, &why);
		return e == AVOW_E_KEYS_ROTATING ? AVOW_EXIT_REFUSED :
						   AVOW_EXIT_UNDECIDED;
	}
	printf("%s %s is %s\n", avow_jws_alg_name(k.alg), k.kid,
		avow_key_state_name(k.state));
	return AVOW_EXIT_OK;
}

static int
run_keys(int argc, char **argv)
{
	struct options o = {.keys = {.alg = AVOW_SIG_RS256, .publish_before_s = AVOW_KEYS_AS_SERVICE,
				     .max_life_s = AVOW_TOKEN_LIFE_S}};
	int status;

	if (argc < 2)
		return avow_cli_usage(&avow_cmd_keys, "it takes list or rotate");
	status = read_options(argc - 1, argv + 1, &o);
	if (status != AVOW_EXIT_OK)
		return status;
	if (strcmp(argv[1], "list") == 0)
		return list(&o);
	if (strcmp(argv[1], "rotate") == 0)
		return rotate(&o);
	return avow_cli_usage(&avow_cmd_keys, "it takes list or rotate, not %s", argv[1]);
}

const struct avow_cmd avow_cmd_keys = {
	.name = "keys",
	.summary = "list and rotate the service's signing keys",
	.usage = USAGE,
	.run = run_keys,
};
