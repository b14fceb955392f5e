/*
 * avow policy: check, format and hash a policy text. What is right and wrong
 * about it is src/policy's; here it is only shown, for people with the line
 * and a caret, for programs as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "cli/policy_cmds.h"
#include "cli/server.h"
#include "token/policy_hash.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow policy check FILE [--type TYPE] [--json]\n"
	"       avow policy eval FILE --claims FILE [--type TYPE] [--trace]\n"
	"       avow policy test DIR\n"
	"       avow policy fmt FILE\n"
	"       avow policy hash FILE\n"
	"       avow policy sign (FILE | --reset) [--key PEM --cert PEM]\n"
	"       avow policy get TYPE [--version N] [--jwt] [OPTIONS]\n"
	"       avow policy set TYPE (FILE | --version N) [OPTIONS]\n"
	"       avow policy reset TYPE [OPTIONS]\n"
	"       avow policy history TYPE [--max N] [OPTIONS]\n"
	"\n"
	"check  judges syntax and types and warns about what cannot be meant; TYPE is\n"
	"       SgxEnclave, OpenEnclave, SevSnpVm, TdxVm, Tpm or AzureGuest (or sgx, "
	"oe,\n"
	"       snp, tdx, tpm, azureguest). --json prints "
	"{\"ok\",\"errors\",\"warnings\"}.\n"
	"eval   runs a policy over claims, {\"name\": value or [values]} or a list of\n"
	"       {\"type\",\"value\",\"valueType\",\"issuer\"}, and prints the outcome "
	"as JSON.\n"
	"       With --type the warnings of check go to stderr.\n"
	"test   runs every NAME.policy of a folder over NAME.claims.json and\n"
	"       NAME.CASE.claims.json, compares with the .expected.json beside each, "
	"and\n"
	"       prints TAP.\n"
	"fmt    prints the canonical form.\n"
	"hash   prints x-ms-policy-hash.\n"
	"sign   prints the JWT of a policy, or of a reset; unsigned without --key.\n"
	"get, set, reset and history are about the policies of a service. set takes a\n"
	"       policy text, a JWT, or an old version, which is judged anew.\n"
	"FILE may be - for standard input.\n"
	"\n" AVOW_SERVER_USAGE "  --provider NAME     the provider below the service's "
			       "URL\n" AVOW_SIGNING_USAGE "\n"
	"exit status: check 0 valid, 1 not; eval 0 permit, 1 deny, 2 error; test 0 "
	"all\n"
	"pass, 1 not; get, set, reset and history 0 done, 1 refused, 2 no answer; 64\n"
	"usage\n";

#define MAX_SHOWN 120 /* bytes of a line */

int
avow_policy_cmd_usage(const char *wrong)
{
	return avow_cli_usage(&avow_cmd_policy, "%s", wrong);
}

const char *
avow_policy_cmd_value(int argc, char **argv, int *i)
{
	return *i + 1 < argc ? argv[++*i] : NULL;
}

/* --- check ---------------------------------------------------------------------------- */

struct check {
	const char *path;
	unsigned kinds;
	bool json;
	struct avow_span text;
	struct avow_policy_error error; /* code OK when there is none */
	struct avow_policy_findings warnings;
	struct avow_arena arena;
};

static void
put_finding(struct avow_jw *w, const char *code, unsigned line, unsigned column,
	struct avow_span message)
{
	avow_jw_open(w, '{');
	avow_jw_put_str(w, "code", code);
	avow_jw_put_int(w, "line", line);
	avow_jw_put_int(w, "column", column);
	avow_jw_put_string(w, "message", message);
	avow_jw_close(w);
}

static int
print_json(const struct check *c)
{
	bool ok = c->error.code == AVOW_OK;
	struct avow_buf b;
	struct avow_jw w;
	int status;

	avow_buf_init(&b, AVOW_MIB(256));
	avow_jw_init(&w, &b);
	avow_jw_open(&w, '{');
	avow_jw_put_bool(&w, "ok", ok);
	avow_jw_name(&w, "errors");
	avow_jw_open(&w, '[');
	if (!ok)
		put_finding(&w, avow_err_name(c->error.code), c->error.line,
			c->error.column, avow_span_str(c->error.failure));
	avow_jw_close(&w);
	avow_jw_name(&w, "warnings");
	avow_jw_open(&w, '[');
	for (const struct avow_policy_finding *f = c->warnings.first; f; f = f->next)
		put_finding(&w, f->code, f->line, f->column, f->message);
	avow_jw_close(&w);
	avow_jw_close(&w);
	status = avow_cli_print(&b, ok ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED);
	avow_buf_clear(&b);
	return status;
}

/* Line `n` of the text, without its end. */
static struct avow_span
line_of(struct avow_span text, unsigned n)
{
	for (; n > 1 && text.n; n--)
		text = avow_span_from(text, avow_span_find_byte(text, '\n') + 1);
	return avow_span_slice(text, 0, avow_span_find_byte(text, '\n'));
}

/* What is shown of a line that is long: a window with the place in it. */
static struct avow_span
window(struct avow_span line, unsigned *column)
{
	size_t from = 0;

	if (*column > MAX_SHOWN / 2 && line.n > MAX_SHOWN)
		from = *column - MAX_SHOWN / 2;
	while (from < line.n && (line.p[from] & 0xc0) == 0x80)
		from++; /* not in the middle of a character */
	*column -= (unsigned)from;
	line = avow_span_slice(line, from, MAX_SHOWN);
	while (line.n && line.n == MAX_SHOWN && (line.p[line.n - 1] & 0x80))
		line.n--;
	return line;
}

/* The line with a caret below the place; control characters as '?'. */
static void
show_place(FILE *to, struct avow_span text, unsigned line, unsigned column)
{
	struct avow_span s = window(line_of(text, line), &column);

	if (line == 0)
		return;
	fputs("    ", to);
	for (size_t i = 0; i < s.n; i++)
		putc(s.p[i] >= 0x20 || s.p[i] == '\t' ? s.p[i] : '?', to);
	fputs("\n    ", to);
	for (size_t i = 0; i + 1 < column; i++) {
		uint8_t c = i < s.n ? s.p[i] : ' ';

		if ((c & 0xc0) != 0x80) /* one column a character, not a byte */
			putc(c == '\t' ? '\t' : ' ', to);
	}
	fputs("^\n", to);
}

static void
show_error(const struct check *c, FILE *to)
{
	fprintf(to, "%s:%u:%u: error: %s [%s]\n", c->path, c->error.line,
		c->error.column, c->error.failure, avow_err_name(c->error.code));
	show_place(to, c->text, c->error.line, c->error.column);
}

static void
show_warnings(const struct check *c, FILE *to)
{
	for (const struct avow_policy_finding *f = c->warnings.first; f; f = f->next) {
		fprintf(to, "%s:%u:%u: warning: %.*s [%s]\n", c->path, f->line,
			f->column, AVOW_FMT(f->message), f->code);
		show_place(to, c->text, f->line, f->column);
	}
}

static void
judge(struct check *c)
{
	struct avow_policy *p;
	enum avow_err e = avow_policy_compile(c->text, &p, &c->error);

	if (e == AVOW_OK)
		e = avow_policy_lint(p, c->kinds, &c->arena, &c->warnings);
	avow_policy_free(p);
	c->error.code = e;
}

static int
check_file(struct check *c)
{
	struct avow_buf file;
	int status;

	if (!avow_cli_read(c->path, &file))
		return AVOW_EXIT_REFUSED;
	avow_arena_init(&c->arena, AVOW_MIB(256));
	c->text = avow_buf_span(&file);
	judge(c);
	status = c->error.code == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED;
	if (c->json) {
		status = print_json(c);
	} else {
		if (status != AVOW_EXIT_OK)
			show_error(c, stdout);
		show_warnings(c, stdout);
	}
	avow_arena_clear(&c->arena);
	avow_buf_clear(&file);
	return status;
}

int
avow_policy_cmd_check(int argc, char **argv)
{
	struct check c = {.path = NULL};

	for (int i = 1; i < argc; i++) {
		const char *value;

		if (strcmp(argv[i], "--json") == 0) {
			c.json = true;
		} else if (strcmp(argv[i], "--type") == 0) {
			value = avow_policy_cmd_value(argc, argv, &i);
			c.kinds = avow_policy_kind(avow_span_str(value));
			if (c.kinds == 0)
				return avow_policy_cmd_usage("--type is not known");
		} else if (c.path || (argv[i][0] == '-' && argv[i][1])) {
			return avow_policy_cmd_usage("check takes one file");
		} else {
			c.path = argv[i];
		}
	}
	if (!c.path)
		return avow_policy_cmd_usage("check needs a file");
	return check_file(&c);
}

void
avow_policy_cmd_warn(const char *path, struct avow_span text, unsigned kinds)
{
	struct check c = {.path = path, .text = text, .kinds = kinds};

	avow_arena_init(&c.arena, AVOW_MIB(256));
	judge(&c);
	show_warnings(&c, stderr);
	avow_arena_clear(&c.arena);
}

/* --- fmt and hash ------------------------------------------------------------------------ */

static int
format_text(const char *path, struct avow_span text)
{
	struct check c = {.path = path, .text = text};
	struct avow_buf out;
	int status = AVOW_EXIT_OK;

	avow_buf_init(&out, AVOW_MIB(16));
	if (avow_policy_format(text, &out, &c.error) == AVOW_OK) {
		fwrite(out.p, 1, out.n, stdout);
	} else {
		show_error(&c, stderr);
		status = AVOW_EXIT_REFUSED;
	}
	avow_buf_clear(&out);
	return fflush(stdout) == 0 ? status : AVOW_EXIT_REFUSED;
}

static int
hash_text(const char *path, struct avow_span text)
{
	char hash[AVOW_POLICY_HASH_TEXT];
	enum avow_err e = avow_policy_hash(text, hash);

	if (e != AVOW_OK) {
		fprintf(stderr, "avow: %s: %s\n", path, avow_err_text(e));
		return AVOW_EXIT_REFUSED;
	}
	puts(hash);
	return AVOW_EXIT_OK;
}

static int
with_file(int argc, char **argv, int (*use)(const char *path, struct avow_span text))
{
	struct avow_buf file;
	int status;

	if (argc != 2 || (argv[1][0] == '-' && argv[1][1]))
		return avow_policy_cmd_usage("one file is needed");
	if (!avow_cli_read(argv[1], &file))
		return AVOW_EXIT_REFUSED;
	status = use(argv[1], avow_buf_span(&file));
	avow_buf_clear(&file);
	return status;
}

int
avow_policy_cmd_fmt(int argc, char **argv)
{
	return with_file(argc, argv, format_text);
}

int
avow_policy_cmd_hash(int argc, char **argv)
{
	return with_file(argc, argv, hash_text);
}

/* --- the table -------------------------------------------------------------------------------- */

static int
run(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} actions[] = {
		{"check", avow_policy_cmd_check},
		{"eval", avow_policy_cmd_eval},
		{"test", avow_policy_cmd_test},
		{"fmt", avow_policy_cmd_fmt},
		{"hash", avow_policy_cmd_hash},
		{"get", avow_policy_cmd_remote},
		{"set", avow_policy_cmd_remote},
		{"reset", avow_policy_cmd_remote},
		{"history", avow_policy_cmd_remote},
		{"sign", avow_policy_cmd_remote},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(argv[1], actions[i].name) == 0)
			return actions[i].run(argc - 1, argv + 1);
	return avow_policy_cmd_usage(
		"an action is needed: check, eval, test, fmt, hash, get, set, "
		"reset, history, sign");
}

const struct avow_cmd avow_cmd_policy = {
	.name = "policy",
	.summary = "check, try, test and sign policies; get and set a service's",
	.usage = USAGE,
	.run = run,
};
