/*
 * avow machine: the machines that a service follows over time (docs/machines.md),
 * as text for people or as the service's JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "cli/server.h"

static const char USAGE[] =
	"usage: avow machine list --server URL [OPTIONS]\n"
	"       avow machine show ID --server URL [OPTIONS]\n"
	"       avow machine diff ID --server URL [--from SEQ] [--to SEQ] [OPTIONS]\n"
	"\n"
	"Machines that attest again and again: when they were heard, which of them\n"
	"fail or are silent, and what differs between two boots of one; diff takes\n"
	"the last two boot states unless it is told others.\n"
	"\n" AVOW_SERVER_USAGE "  --provider NAME     one of the service's providers\n"
	"\n"
	"exit status: 0 done (diff: nothing differs), 1 refused, or diff found\n"
	"something, 2 no answer, 64 usage\n";

enum { OPT_FROM = 500, OPT_TO };

static const struct option OPTIONS[] = {
	AVOW_SERVER_OPTIONS,
	AVOW_PROVIDER_OPTION,
	{"from", required_argument, NULL, OPT_FROM},
	{"to", required_argument, NULL, OPT_TO},
	{NULL, 0, NULL, 0},
};

static const struct avow_cmd *const CMD = &avow_cmd_machine;

struct run {
	struct avow_server server;
	const char *id, *from, *to;
};

/* --- text -------------------------------------------------------------------------------- */

static void
show_member(const struct avow_json *o, const char *name, const char *label)
{
	struct avow_span text = avow_server_text(o, name);

	if (text.n == 0)
		return;
	printf("%-14s", label);
	avow_server_show(text);
	putchar('\n');
}

static void
show_number(const struct avow_json *o, const char *name, const char *label)
{
	const struct avow_json *v = avow_json_get(o, name);

	if (v && v->type == AVOW_JSON_INT)
		printf("%-14s%lld\n", label, (long long)v->integer);
}

/* ID, condition, last heard, label: a line each. */
static void
show_row(const struct avow_json *m)
{
	avow_server_show(avow_server_text(m, "id"));
	fputs("  ", stdout);
	avow_server_show(avow_server_text(m, "condition"));
	fputs("  ", stdout);
	avow_server_show(avow_server_text(m, "last"));
	fputs("  ", stdout);
	avow_server_show(avow_server_text(m, "label"));
	putchar('\n');
}

static void
show_machine(const struct avow_json *m)
{
	const struct avow_json *states = avow_json_get(m, "states");

	show_member(m, "id", "id");
	show_member(m, "label", "label");
	show_member(m, "kind", "kind");
	show_member(m, "condition", "condition");
	show_member(m, "failing", "failing");
	show_member(m, "first", "first heard");
	show_member(m, "last", "last heard");
	show_member(m, "good", "last token");
	show_number(m, "attestations", "attestations");
	show_number(m, "failures", "failures");
	if (!states || states->type != AVOW_JSON_ARRAY)
		return;
	for (size_t i = 0; i < states->count; i++) {
		const struct avow_json *seq = avow_json_get(&states->items[i], "seq");

		printf("boot state %-3lld since ", seq && seq->type == AVOW_JSON_INT
							   ? (long long)seq->integer
							   : 0);
		avow_server_show(avow_server_text(&states->items[i], "at"));
		putchar('\n');
	}
}

/* --- commands ------------------------------------------------------------------------------ */

static int
odd(void)
{
	return avow_server_odd(CMD, "not what GET /machines answers");
}

static int
list(struct run *r)
{
	struct avow_request rq = {.path = NULL};
	const struct avow_json *o, *v;
	struct avow_span next = AVOW_LIT("");
	char path[192];
	int status;

	do {
		snprintf(path, sizeof(path), "/machines?max=1000&after=%.*s",
			AVOW_FMT(next));
		rq.path = path;
		status = avow_server_ask(&r->server, CMD, &rq, &o);
		if (status != AVOW_EXIT_OK)
			return status;
		v = avow_json_get(o, "machines");
		if (!v || v->type != AVOW_JSON_ARRAY)
			return odd();
		for (size_t i = 0; i < v->count; i++)
			if (r->server.json)
				avow_server_print(&v->items[i]);
			else
				show_row(&v->items[i]);
		/* An id is hexadecimal: it needs no escape, and grows. */
		if (next.n && avow_span_cmp(avow_server_text(o, "next"), next) <= 0 &&
			avow_server_text(o, "next").n)
			return odd();
		next = avow_server_text(o, "next");
		if (next.n && !avow_hex_is(next))
			return odd();
	} while (next.n);
	return AVOW_EXIT_OK;
}

static int
show(struct run *r)
{
	struct avow_request rq = {.path = NULL};
	const struct avow_json *o;
	char path[192];
	int status;

	snprintf(path, sizeof(path), "/machines/%s", r->id);
	rq.path = path;
	status = avow_server_ask(&r->server, CMD, &rq, &o);
	if (status != AVOW_EXIT_OK)
		return status;
	if (r->server.json)
		return avow_server_print(o);
	show_machine(o);
	return AVOW_EXIT_OK;
}

static int
diff(struct run *r)
{
	struct avow_request rq = {.path = NULL};
	const struct avow_json *o, *v;
	char path[256];
	int status;

	snprintf(path, sizeof(path), "/machines/%s/diff?%s%s&%s%s", r->id,
		r->from ? "from=" : "", r->from ? r->from : "", r->to ? "to=" : "",
		r->to ? r->to : "");
	rq.path = path;
	status = avow_server_ask(&r->server, CMD, &rq, &o);
	if (status != AVOW_EXIT_OK)
		return status;
	v = avow_json_get(o, "changes");
	if (!v || v->type != AVOW_JSON_ARRAY)
		return odd();
	if (r->server.json)
		avow_server_print(o);
	for (size_t i = 0; !r->server.json && i < v->count; i++) {
		avow_server_show(avow_server_text(&v->items[i], "text"));
		putchar('\n');
	}
	return v->count ? AVOW_EXIT_REFUSED : AVOW_EXIT_OK;
}

/* --- the command line ----------------------------------------------------------------------- */

static bool
is_number(const char *text)
{
	return text[0] && strlen(text) < 10 &&
	       strspn(text, "0123456789") == strlen(text);
}

static bool
set_option(struct run *r, int option, const char *arg)
{
	if (avow_server_set(&r->server, option, arg))
		return true;
	if (option == OPT_FROM && is_number(arg))
		r->from = arg;
	else if (option == OPT_TO && is_number(arg))
		r->to = arg;
	else
		return false;
	return true;
}

static int
dispatch(struct run *r, const char *verb, const char *id)
{
	bool is_list = strcmp(verb, "list") == 0, is_diff = strcmp(verb, "diff") == 0;
	int status;

	if (!is_list && !is_diff && strcmp(verb, "show") != 0)
		return avow_cli_usage(CMD, "list, show or diff");
	if (is_list ? id != NULL
		    : !id || !avow_hex_is(avow_span_str(id)) || strlen(id) > 64)
		return avow_cli_usage(
			CMD, is_list ? "list takes no ID" : "it takes a machine's ID");
	if (!is_diff && (r->from || r->to))
		return avow_cli_usage(CMD, "--from and --to go with diff");
	r->id = id;
	status = avow_server_ready(&r->server, CMD);
	if (status != AVOW_EXIT_OK)
		return status;
	return is_list ? list(r) : is_diff ? diff(r) : show(r);
}

static int
run_machine(int argc, char **argv)
{
	struct run r = {.id = NULL};
	int c, status;

	avow_server_init(&r.server);
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1)
		if (!set_option(&r, c, optarg)) {
			avow_server_clear(&r.server);
			return avow_cli_usage(CMD, "unknown option or wrong value: %s",
				argv[optind - 1]);
		}
	if (argc - optind < 1 || argc - optind > 2)
		status = avow_cli_usage(CMD, "list, show or diff");
	else
		status = dispatch(
			&r, argv[optind], argc - optind == 2 ? argv[optind + 1] : NULL);
	avow_server_clear(&r.server);
	return status;
}

const struct avow_cmd avow_cmd_machine = {
	.name = "machine",
	.summary = "machines that a service follows over time",
	.usage = USAGE,
	.run = run_machine,
};
