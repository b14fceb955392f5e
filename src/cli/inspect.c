/*
 * avow inspect FILE: the fields of any evidence, unverified, for people and
 * for programs. It says so in its first line: nothing here was checked.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "evidence/evidence.h"
#include "wire/json.h"

static const char USAGE[] =
	"usage: avow inspect FILE [--kind KIND] [--json]\n"
	"\n"
	"Prints evidence field by field. NOTHING IS VERIFIED. The kind is found by\n"
	"trying each; --kind names it. FILE is raw bytes, hex or base64; - is stdin.\n"
	"\n"
	"exit status: 0 read, 1 it is no evidence that Avow knows, 64 usage\n";

/* Lines of "path: value" out of the JSON that the kind writes. */
static void
print_value(const char *path, const struct avow_json *v)
{
	char child[512];

	if (v->type == AVOW_JSON_OBJECT) {
		for (size_t i = 0; i < v->count; i++) {
			snprintf(child, sizeof(child), "%s%s%.*s", path,
				path[0] ? "." : "", AVOW_FMT(v->members[i].name));
			print_value(child, &v->members[i].value);
		}
		return;
	}
	if (v->type == AVOW_JSON_ARRAY) {
		for (size_t i = 0; i < v->count; i++) {
			snprintf(child, sizeof(child), "%s[%zu]", path, i);
			print_value(child, &v->items[i]);
		}
		return;
	}
	if (v->type == AVOW_JSON_STRING)
		printf("%-44s %.*s\n", path, AVOW_FMT(v->string));
	else
		printf("%-44s %.*s\n", path, AVOW_FMT(v->raw));
}

static int
print_human(struct avow_buf *json, const struct avow_kind *kind, struct avow_arena *a)
{
	const struct avow_json *root;

	if (json->err != AVOW_OK ||
		avow_json_parse(avow_buf_span(json), NULL, a, &root, NULL) != AVOW_OK) {
		avow_cli_complain(AVOW_E_INTERNAL, NULL);
		return AVOW_EXIT_UNDECIDED;
	}
	printf("%s evidence, not verified\n", kind->name);
	print_value("", root);
	return AVOW_EXIT_OK;
}

/* The first kind that reads it. A wrong guess costs a failed parse. */
static const struct avow_evidence *
find_kind(struct avow_span bytes, const char *name, struct avow_arena *a,
	struct avow_why *why)
{
	const struct avow_evidence *ev = NULL;

	for (size_t i = 0; avow_kind_at(i) && !ev; i++) {
		if (name && strcmp(name, avow_kind_at(i)->name) != 0)
			continue;
		avow_why_init(why);
		if (avow_evidence_parse(avow_kind_at(i), bytes, a, &ev, why) != AVOW_OK)
			ev = NULL;
	}
	return ev;
}

static int
inspect(const char *path, const char *kind, bool json, struct avow_arena *a)
{
	const struct avow_evidence *ev;
	struct avow_buf file, out;
	struct avow_why why;
	struct avow_jw w;
	int status;

	if (!avow_cli_read(path, &file))
		return AVOW_EXIT_USAGE;
	avow_why_init(&why);
	ev = find_kind(avow_cli_decode(avow_buf_span(&file), a), kind, a, &why);
	if (!ev) {
		avow_cli_complain(why.code, &why);
		avow_buf_clear(&file);
		return AVOW_EXIT_REFUSED;
	}
	avow_buf_init(&out, AVOW_MIB(16));
	avow_jw_init(&w, &out);
	avow_evidence_inspect(ev, &w);
	status = json ? avow_cli_print(&out, AVOW_EXIT_OK) :
			print_human(&out, avow_evidence_kind(ev), a);
	avow_buf_clear(&out);
	avow_buf_clear(&file);
	return status;
}

static int
run_inspect(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"kind", required_argument, NULL, 'k'},
		{NULL, 0, NULL, 0},
	};
	const char *kind = NULL;
	struct avow_arena a;
	bool json = false;
	int option, status;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 'k')
			kind = optarg;
		else
			return avow_cli_usage(&avow_cmd_inspect, "unknown option");
	}
	if (argc - optind != 1)
		return avow_cli_usage(&avow_cmd_inspect, "it takes one FILE");
	if (kind && !avow_kind_by_name(avow_span_str(kind)))
		return avow_cli_usage(&avow_cmd_inspect, "unknown kind: %s", kind);
	avow_arena_init(&a, AVOW_MAX_REQUEST_ARENA);
	status = inspect(argv[optind], kind, json, &a);
	avow_arena_clear(&a);
	return status;
}

const struct avow_cmd avow_cmd_inspect = {
	.name = "inspect",
	.summary = "show evidence field by field, unverified",
	.usage = USAGE,
	.run = run_inspect,
};
