/*
 * avow query EXPR [FILE]: a JMESPath expression over a JSON document, with
 * the language and the limits of policies, so that an author can try what a
 * policy will ask. Whatever goes wrong is one line of JSON on stderr.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/cli.h"
#include "jmespath/jmespath.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow query EXPR [FILE]\n"
	"\n"
	"Searches a JSON document with a JMESPath expression and prints the result as\n"
	"JSON; no match is null. FILE is the document; - or nothing is stdin.\n"
	"\n"
	"An error is one line on stderr, {\"error\":KIND,\"message\":TEXT}. KIND is\n"
	"syntax, invalid-arity, invalid-type, invalid-value, unknown-function, limit,\n"
	"or document (it cannot be read, or is not JSON).\n"
	"\n"
	"exit status: 0 a result, 1 an error, 64 usage\n";

/* A document's tree and what a search makes of it. */
#define QUERY_ARENA AVOW_MIB(1024)

static int
complain(const char *kind, const char *message)
{
	struct avow_buf line;
	struct avow_jw w;

	avow_buf_init(&line, AVOW_KIB(4));
	avow_jw_init(&w, &line);
	avow_jw_open(&w, '{');
	avow_jw_put_str(&w, "error", kind);
	avow_jw_put_str(&w, "message", message);
	avow_jw_close(&w);
	fprintf(stderr, "%s\n", avow_buf_str(&line));
	avow_buf_clear(&line);
	return AVOW_EXIT_REFUSED;
}

static int
complain_query(const struct avow_jmespath_error *err)
{
	char message[256];

	snprintf(message, sizeof(message), "column %zu: %s", err->offset + 1,
		err->message);
	return complain(avow_jmespath_kind_name(err->kind), message);
}

static int
complain_document(const char *path, enum avow_err e, const struct avow_why *why)
{
	char message[512];

	if (why->offset == SIZE_MAX)
		snprintf(message, sizeof(message), "%s: %s", path, avow_err_text(e));
	else
		snprintf(message, sizeof(message), "%s: byte %zu: %s", path,
			why->offset, avow_err_text(e));
	return complain("document", message);
}

static int
print(const struct avow_json *v)
{
	struct avow_buf out;
	int status;

	avow_buf_init(&out, SIZE_MAX / 2);
	avow_json_put(&out, v, AVOW_JSON_AS_IS);
	status = avow_cli_print(&out, AVOW_EXIT_OK);
	avow_buf_clear(&out);
	return status;
}

static int
search(const struct avow_jmespath *e, const char *path, struct avow_span text,
	struct avow_arena *a)
{
	struct avow_jmespath_limits limits = {.max_output_bytes = AVOW_MAX_INPUT_FILE};
	struct avow_json_rules rules = {.max_depth = AVOW_JMESPATH_MAX_DEPTH};
	const struct avow_json *doc, *v;
	struct avow_jmespath_error err;
	struct avow_why why;
	enum avow_err bad;

	avow_why_init(&why);
	bad = avow_json_parse(text, &rules, a, &doc, &why);
	if (bad != AVOW_OK)
		return complain_document(path, bad, &why);
	if (avow_jmespath_search(e, doc, a, &limits, &v, &err) != AVOW_JMESPATH_OK)
		return complain_query(&err);
	return print(v);
}

static int
query(const char *expr, const char *path)
{
	const struct avow_jmespath *e;
	struct avow_jmespath_error err;
	struct avow_arena a;
	struct avow_buf text;
	struct avow_why why;
	enum avow_err bad;
	int status;

	avow_arena_init(&a, QUERY_ARENA);
	avow_buf_init(&text, AVOW_MAX_INPUT_FILE);
	avow_why_init(&why);
	if (avow_jmespath_compile(avow_span_str(expr), &a, &e, &err) !=
		AVOW_JMESPATH_OK)
		status = complain_query(&err);
	else if ((bad = avow_file_read(path, &text)) != AVOW_OK)
		status = complain_document(path, bad, &why);
	else
		status = search(e, path, avow_buf_span(&text), &a);
	avow_buf_clear(&text);
	avow_arena_clear(&a);
	return status;
}

static int
run(int argc, char **argv)
{
	int first = 1;

	/* "--" before an expression that starts with a dash; none does */
	if (argc > 1 && avow_span_eq_str(avow_span_str(argv[1]), "--"))
		first = 2;
	if (argc <= first || argc > first + 2)
		return avow_cli_usage(
			&avow_cmd_query, "an expression and at most one file");
	return query(argv[first], argc > first + 1 ? argv[first + 1] : "-");
}

const struct avow_cmd avow_cmd_query = {
	.name = "query",
	.summary = "search a JSON document with JMESPath",
	.usage = USAGE,
	.run = run,
};
