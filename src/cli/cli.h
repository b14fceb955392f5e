/*
 * The command line: one file a subcommand, and a table of them. A command
 * gets its own argv (argv[0] is its name) and returns the exit status.
 */
#ifndef AVOW_CLI_CLI_H
#define AVOW_CLI_CLI_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"

enum avow_exit {
	AVOW_EXIT_OK = 0,
	AVOW_EXIT_REFUSED = 1,		/* also: a check found something */
	AVOW_EXIT_UNDECIDED = 2,	/* also: an error while deciding */
	AVOW_EXIT_USAGE = 64		/* EX_USAGE of sysexits.h */
};

struct avow_cmd {
	const char *name;
	const char *summary;	/* one line for `avow help` */
	const char *usage;	/* the whole help text; ends in a newline */
	int (*run)(int argc, char **argv);
};

/* A line each, so that new ones do not meet in a merge. */
extern const struct avow_cmd avow_cmd_appraise;
extern const struct avow_cmd avow_cmd_attest;
extern const struct avow_cmd avow_cmd_verify;
extern const struct avow_cmd avow_cmd_inspect;
extern const struct avow_cmd avow_cmd_keys;
extern const struct avow_cmd avow_cmd_forge;
extern const struct avow_cmd avow_cmd_policy;
extern const struct avow_cmd avow_cmd_query;
extern const struct avow_cmd avow_cmd_eventlog;
extern const struct avow_cmd avow_cmd_collateral;
extern const struct avow_cmd avow_cmd_collect;
extern const struct avow_cmd avow_cmd_machine;
extern const struct avow_cmd avow_cmd_appraise, avow_cmd_attest, avow_cmd_verify,
	avow_cmd_inspect, avow_cmd_keys, avow_cmd_forge, avow_cmd_policy, avow_cmd_query,
	avow_cmd_provider, avow_cmd_certificate, avow_cmd_audit, avow_cmd_eventlog, avow_cmd_collateral;

/** Print the usage of a command on stderr behind one line of what is wrong. */
int avow_cli_usage(const struct avow_cmd *cmd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** `--help` or `-h` anywhere: print the usage on stdout and say true. */
bool avow_cli_wants_help(const struct avow_cmd *cmd, int argc, char **argv);

/** Read a file ("-": standard input) into buf, at most AVOW_MAX_INPUT_FILE.
 *  Prints what went wrong; false then. */
bool avow_cli_read(const char *path, struct avow_buf *buf);
/** Evidence as people keep it: raw bytes, hex, base64 or base64url text (white
 *  space around and inside text is dropped). Decoded into the arena; raw when
 *  it is no such text. */
struct avow_span avow_cli_decode(struct avow_span file, struct avow_arena *a);
/** Write a buffer and a newline to stdout; the exit status to use. */
int avow_cli_print(struct avow_buf *b, int status);
/** One line on stderr: "avow: <text of the code>: <why>". */
void avow_cli_complain(enum avow_err e, const struct avow_why *why);

/** {"code","check","field","expected","got","source","message"} or null. */
struct avow_jw;
void avow_cli_put_why(struct avow_jw *w, const struct avow_why *why);

/** Colours only where stdout is a terminal and NO_COLOR is unset. */
bool avow_cli_colours(void);

#endif
