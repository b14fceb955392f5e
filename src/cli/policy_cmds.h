/* The actions of `avow policy`, and what they share. */
#ifndef AVOW_CLI_POLICY_CMDS_H
#define AVOW_CLI_POLICY_CMDS_H

#include "cli/cli.h"
#include "policy/policy.h"
#include "wire/json.h"

/** One action: argv[0] is its name. Returns the exit status. */
int avow_policy_cmd_check(int argc, char **argv);
int avow_policy_cmd_eval(int argc, char **argv);
int avow_policy_cmd_test(int argc, char **argv);
int avow_policy_cmd_fmt(int argc, char **argv);
int avow_policy_cmd_hash(int argc, char **argv);
/** get, set, reset, history, sign: policies of a service. */
int avow_policy_cmd_remote(int argc, char **argv);

/** The command's usage behind what is wrong; AVOW_EXIT_USAGE. */
int avow_policy_cmd_usage(const char *wrong);
/** The value behind option `name` at argv[*i]; NULL when there is none. */
const char *avow_policy_cmd_value(int argc, char **argv, int *i);

/** The linter's warnings on stderr; nothing when the text does not compile. */
void avow_policy_cmd_warn(const char *path, struct avow_span text, unsigned kinds);

/** One run of a policy over claims, and all that it needs. */
struct avow_policy_run {
	struct avow_arena arena;
	struct avow_policy *policy;
	struct avow_claims claims;
	struct avow_policy_trace trace;
	struct avow_policy_outcome outcome;
	/* the error of a policy or of claims that cannot be used, else OK */
	enum avow_err code;
	unsigned line, column;
	char message[640];
};

/** Compile, read the claims and evaluate; nothing here fails but into r. */
void avow_policy_run(
	struct avow_policy_run *r, struct avow_span policy, struct avow_span claims);
void avow_policy_run_clear(struct avow_policy_run *r);
/** {"decision","issued","properties","error","trace"}; an empty trace unless
 *  it is wanted. */
void avow_policy_run_put(struct avow_policy_run *r, bool trace, struct avow_jw *w);

#endif
