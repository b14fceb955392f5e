/*
 * avow eventlog FILE: an event log as the JSON document that policies see, with
 * the registers that it leads to. A replay is arithmetic; whether a TPM ever held
 * those values, only a quote tells, and nothing here looks at one.
 */
#include <getopt.h>
#include <string.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "evidence/eventlog/eventlog.h"
#include "wire/json_member.h"

static const char USAGE[] =
	"usage: avow eventlog FILE [--format tcg|cel|cel-json|ima|ccel]\n"
	"\n"
	"Prints an event log as JSON: Events, the PCRs that its replay leads to, and\n"
	"the format. Nothing is compared with a quote. An event's data appears only\n"
	"where its digest proves it. FILE is the log as it is; - is stdin.\n"
	"\n"
	"exit status: 0 read, 1 it does not parse (the reason is JSON), 64 usage\n";

/* Text of a log is at most about seven times the log. */
#define OUTPUT_MAX AVOW_MIB(512)
#define LOG_ARENA AVOW_MIB(256)

static void
put_error(struct avow_jw *w, enum avow_err e, const struct avow_why *why)
{
	struct avow_why bare;

	avow_why_init(&bare);
	if (why->code == AVOW_OK)
		bare.code = e;
	avow_jw_open(w, '{');
	avow_jw_name(w, "error");
	avow_cli_put_why(w, why->code == AVOW_OK ? &bare : why);
	avow_jw_close(w);
}

static void
put_log(struct avow_jw *w, const struct avow_eventlog *log,
	const struct avow_log_replay *replay)
{
	avow_jw_open(w, '{');
	avow_jw_name(w, "Events");
	avow_eventlog_put_events(log, w);
	avow_jw_name(w, "PCRs");
	avow_eventlog_put_pcrs(replay, w);
	avow_jw_put_str(w, "format", avow_log_format_name(log->format));
	avow_jw_close(w);
}

static int
print_log(struct avow_span bytes, enum avow_log_format format)
{
	struct avow_log_replay replay;
	struct avow_eventlog log;
	struct avow_arena a;
	struct avow_buf out;
	struct avow_why why;
	struct avow_jw w;
	enum avow_err e;
	int status;

	avow_arena_init(&a, LOG_ARENA);
	avow_buf_init(&out, OUTPUT_MAX);
	avow_jw_init(&w, &out);
	avow_why_init(&why);
	e = avow_eventlog_parse(bytes, format, &a, &log, &why);
	if (e == AVOW_OK)
		e = avow_eventlog_replay(&log, &replay, &why);
	if (e == AVOW_OK)
		put_log(&w, &log, &replay);
	else
		put_error(&w, e, &why);
	status = avow_cli_print(&out, e == AVOW_OK ? AVOW_EXIT_OK : AVOW_EXIT_REFUSED);
	avow_buf_clear(&out);
	avow_arena_clear(&a);
	return status;
}

static int
run_eventlog(int argc, char **argv)
{
	static const struct option options[] = {
		{"format", required_argument, NULL, 'f'},
		{NULL, 0, NULL, 0},
	};
	enum avow_log_format format = AVOW_LOG_AUTO;
	struct avow_buf file;
	int option, status;

	optind = 1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'f')
			return avow_cli_usage(&avow_cmd_eventlog, "unknown option");
		format = avow_log_format_named(avow_span_str(optarg));
		if (format == AVOW_LOG_AUTO)
			return avow_cli_usage(
				&avow_cmd_eventlog, "unknown format: %s", optarg);
	}
	if (argc - optind != 1)
		return avow_cli_usage(&avow_cmd_eventlog, "it takes one FILE");
	if (!avow_cli_read(argv[optind], &file))
		return AVOW_EXIT_USAGE;
	status = print_log(avow_buf_span(&file), format);
	avow_buf_clear(&file);
	return status;
}

const struct avow_cmd avow_cmd_eventlog = {
	.name = "eventlog",
	.summary = "show an event log and the PCRs that it leads to",
	.usage = USAGE,
	.run = run_eventlog,
};
