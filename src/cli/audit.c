/*
 * avow audit: the records of management changes, shown and checked. They come
 * from a service, or from its data directory beside the running avowd. The
 * chain is checked here, record by record: a service that would hide something
 * has to show a chain that is whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/limits.h"
#include "cli/server.h"
#include "store/store.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow audit list   (--data DIR | --server URL) [OPTIONS]\n"
	"       avow audit verify (--data DIR | --server URL) [OPTIONS]\n"
	"\n"
	"list shows the records of management changes, done and refused, oldest "
	"first.\n"
	"verify checks that they form an unbroken chain and prints the last hash, "
	"which\n"
	"is to be compared with one that was kept elsewhere.\n"
	"\n"
	"  --data DIR          a data directory; avowd may be "
	"running\n" AVOW_SERVER_USAGE
	"  --from N            list: from this record on; default: 1\n"
	"  --max N             list: at most so many; default: all\n"
	"  --expect HASH       verify: some record must have this hash\n"
	"\n"
	"exit status: 0 done, 1 the chain is broken or refused, 2 no answer, 64 "
	"usage\n";

#define PAGE 1000

enum { OPT_DATA = 400, OPT_FROM, OPT_MAX, OPT_EXPECT };

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	{"data", required_argument, NULL, OPT_DATA},
	{"from", required_argument, NULL, OPT_FROM},
	{"max", required_argument, NULL, OPT_MAX},
	{"expect", required_argument, NULL, OPT_EXPECT},
	{NULL, 0, NULL, 0},
};

static const struct avow_cmd *const CMD = &avow_cmd_audit;

struct run {
	struct avow_server server;
	const char *data;
	struct avow_store *store; /* with --data */
	int64_t from, max; /* max 0: all */
	uint8_t expect[32];
	bool has_expect;
	/* verify: what was seen so far */
	uint8_t previous[32];
	int64_t seen;
	bool was_found;
	struct avow_jw w; /* list as JSON */
};

/* --- where records come from ------------------------------------------------------------- */

static bool
read_hash(const struct avow_json *o, const char *name, uint8_t out[32])
{
	return avow_json_need_hex(o, name, out, 32, NULL) == AVOW_OK;
}

/* avow_audit_put's object again; what is missing makes the hash wrong. */
static bool
read_record(const struct avow_json *o, struct avow_audit *out)
{
	*out = (struct avow_audit){
		.actor = avow_server_text(o, "actor"),
		.source = avow_server_text(o, "source"),
		.request = avow_server_text(o, "request"),
		.action = avow_server_text(o, "action"),
		.provider = avow_server_text(o, "provider"),
		.target = avow_server_text(o, "target"),
		.before = avow_server_text(o, "before"),
		.after = avow_server_text(o, "after"),
		.outcome = avow_server_text(o, "outcome"),
	};
	return avow_json_need_int(o, "seq", 1, INT64_MAX, &out->seq, NULL) == AVOW_OK &&
	       avow_json_need_int(o, "at", INT64_MIN, INT64_MAX, &out->at_s, NULL) ==
		       AVOW_OK &&
	       read_hash(o, "hash", out->hash) &&
	       read_hash(o, "previous", out->previous);
}

static int
ask_page(struct run *r, int64_t from, struct avow_audit **out, size_t *n)
{
	const struct avow_json *answer, *value;
	struct avow_request rq = {.method = NULL};
	char path[128];
	int status;

	snprintf(path, sizeof(path), "/audit?api-version=2022-08-01&from=%lld&$top=%d",
		(long long)from, PAGE);
	rq.path = path;
	status = avow_server_ask(&r->server, CMD, &rq, &answer);
	if (status != AVOW_EXIT_OK)
		return status;
	value = avow_json_get(answer, "value");
	if (!value || value->type != AVOW_JSON_ARRAY)
		return avow_server_odd(CMD, "no list");
	*n = value->count;
	*out = avow_arena_array(&r->server.arena, *n + 1, sizeof(**out));
	for (size_t i = 0; *out && i < *n; i++)
		if (!read_record(&value->items[i], &(*out)[i]))
			return avow_server_odd(CMD, "no record");
	return *out ? AVOW_EXIT_OK : AVOW_EXIT_UNDECIDED;
}

static int
read_page(struct run *r, int64_t from, struct avow_audit **out, size_t *n)
{
	enum avow_err e;

	avow_arena_reset(&r->server.arena);
	if (!r->store)
		return ask_page(r, from, out, n);
	e = avow_store_audit_list(r->store, from, PAGE, &r->server.arena, out, n);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	avow_cli_complain(e, NULL);
	return AVOW_EXIT_UNDECIDED;
}

/* Every record from r->from on, or so many, to `use`. */
static int
each(struct run *r, int (*use)(struct run *r, const struct avow_audit *record))
{
	int64_t next = r->from, left = r->max ? r->max : INT64_MAX;
	struct avow_audit *page;
	size_t n = PAGE;
	int status = AVOW_EXIT_OK;

	while (status == AVOW_EXIT_OK && n == PAGE && left > 0) {
		status = read_page(r, next, &page, &n);
		for (size_t i = 0; status == AVOW_EXIT_OK && i < n && left > 0; i++) {
			/* or a service could keep us here for ever */
			if (page[i].seq < next)
				return avow_server_odd(CMD, "records out of order");
			next = page[i].seq == INT64_MAX ? page[i].seq : page[i].seq + 1;
			left--;
			status = use(r, &page[i]);
		}
	}
	return status;
}

/* --- list ----------------------------------------------------------------------------------- */

static int
show(struct run *r, const struct avow_audit *a)
{
	char at[AVOW_TIME_TEXT];

	if (r->server.json) {
		avow_audit_put(&r->w, a);
		return r->w.b->err == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_UNDECIDED;
	}
	avow_time_format(a->at_s, at);
	printf("%lld  %s  ", (long long)a->seq, at);
	avow_server_show(a->action);
	fputs("  ", stdout);
	avow_server_show(a->provider.n ? a->provider : AVOW_LIT("-"));
	fputs("  ", stdout);
	avow_server_show(a->target.n ? a->target : AVOW_LIT("-"));
	fputs("  ", stdout);
	avow_server_show(a->outcome);
	fputs("  by ", stdout);
	avow_server_show(a->actor.n ? a->actor : AVOW_LIT("-"));
	fputs(" from ", stdout);
	avow_server_show(a->source.n ? a->source : AVOW_LIT("-"));
	putchar('\n');
	return AVOW_EXIT_OK;
}

static int
list(struct run *r)
{
	struct avow_buf b;
	int status;

	avow_buf_init(&b, AVOW_MIB(512));
	avow_jw_init(&r->w, &b);
	avow_jw_open(&r->w, '[');
	status = each(r, show);
	avow_jw_close(&r->w);
	if (status == AVOW_EXIT_OK && r->server.json)
		status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

/* --- verify ----------------------------------------------------------------------------------- */

static int
check(struct run *r, const struct avow_audit *a)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_audit_check(a, r->seen + 1, r->previous, &why);
	if (e != AVOW_OK) {
		avow_cli_complain(e, &why);
		return e == AVOW_E_AUDIT_CHAIN ? AVOW_EXIT_REFUSED
					       : AVOW_EXIT_UNDECIDED;
	}
	r->seen++;
	memcpy(r->previous, a->hash, sizeof(r->previous));
	r->was_found = r->was_found || memcmp(r->expect, a->hash, 32) == 0;
	return AVOW_EXIT_OK;
}

static int
print_verdict(const struct run *r)
{
	struct avow_buf b;
	struct avow_jw w;
	char hash[65];
	int status;

	avow_hex_encode(avow_span_make(r->previous, sizeof(r->previous)), hash);
	if (!r->server.json) {
		printf("%lld records, an unbroken chain; last hash %s\n",
			(long long)r->seen, hash);
		return AVOW_EXIT_OK;
	}
	avow_buf_init(&b, AVOW_KIB(1));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "lastHash", hash);
	avow_jw_put_int(&w, "records", r->seen);
	avow_jw_close(&w);
	status = avow_cli_print(&b, AVOW_EXIT_OK);
	avow_buf_clear(&b);
	return status;
}

static int
verify(struct run *r)
{
	int status;

	r->from = 1;
	r->max = 0;
	status = each(r, check);
	if (status == AVOW_EXIT_OK && r->has_expect && !r->was_found) {
		fprintf(stderr, "avow audit: no record has the expected hash: the "
				"newest were cut off, or all were made anew\n");
		status = AVOW_EXIT_REFUSED;
	}
	return status == AVOW_EXIT_OK ? print_verdict(r) : status;
}

/* --- the command line ---------------------------------------------------------------------------- */

static bool
read_number(const char *text, int64_t *out)
{
	char *end;
	long long v = strtoll(text, &end, 10);

	*out = v;
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && v >= 1 &&
	       v < INT64_MAX / 16;
}

static bool
set_option(struct run *r, int c, const char *arg)
{
	switch (c) {
	case OPT_DATA:
		r->data = arg;
		return true;
	case OPT_FROM:
		return read_number(arg, &r->from);
	case OPT_MAX:
		return read_number(arg, &r->max);
	case OPT_EXPECT:
		r->has_expect = true;
		return avow_hex_decode(avow_span_str(arg), r->expect, 32) == AVOW_OK;
	default:
		return avow_server_set(&r->server, c, arg);
	}
}

static int
open_data(struct run *r)
{
	struct avow_why why;
	enum avow_err e;

	avow_why_init(&why);
	e = avow_store_open_sqlite_to_read(r->data, &r->store, &why);
	if (e == AVOW_OK)
		return AVOW_EXIT_OK;
	avow_cli_complain(e, &why);
	return AVOW_EXIT_UNDECIDED;
}

static int
read_arguments(struct run *r, int argc, char **argv)
{
	int c;

	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(r, c, optarg))
			return avow_cli_usage(CMD, "unknown option or wrong value: %s",
				argv[optind - 1]);
	if (optind != argc)
		return avow_cli_usage(CMD, "it takes no file");
	return r->data ? open_data(r) : avow_server_ready(&r->server, CMD);
}

static int
run_audit(int argc, char **argv)
{
	struct run r = {.from = 1};
	bool is_list = argc > 1 && strcmp(argv[1], "list") == 0;
	int status;

	if (!is_list && (argc < 2 || strcmp(argv[1], "verify") != 0))
		return avow_cli_usage(CMD, "it takes list or verify");
	avow_server_init(&r.server);
	status = read_arguments(&r, argc - 1, argv + 1);
	if (status == AVOW_EXIT_OK)
		status = is_list ? list(&r) : verify(&r);
	avow_store_close(r.store);
	avow_server_clear(&r.server);
	return status;
}

const struct avow_cmd avow_cmd_audit = {
	.name = "audit",
	.summary = "show and check the records of management changes",
	.usage = USAGE,
	.run = run_audit,
};
