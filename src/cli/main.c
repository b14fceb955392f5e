/*
 * avow: finds the subcommand in the table and runs it. Nothing else is
 * decided here.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct avow_cmd *const COMMANDS[] = {
	&avow_cmd_appraise,
	&avow_cmd_attest,
	&avow_cmd_collect,
	&avow_cmd_machine,
	&avow_cmd_verify,
	&avow_cmd_inspect,
	&avow_cmd_eventlog,
	&avow_cmd_collateral,
	&avow_cmd_keys,
	&avow_cmd_policy,
	&avow_cmd_provider,
	&avow_cmd_certificate,
	&avow_cmd_audit,
	&avow_cmd_query,
	&avow_cmd_forge,
	NULL,
};

static void
print_help(FILE *to)
{
	fputs("avow - remote attestation at the command line\n\n"
	      "usage: avow COMMAND [ARGUMENTS]\n\n",
		to);
	for (size_t i = 0; COMMANDS[i]; i++)
		fprintf(to, "  %-10s %s\n", COMMANDS[i]->name, COMMANDS[i]->summary);
	fputs("\n`avow COMMAND --help` tells more; avow(1) tells all.\n", to);
}

static const struct avow_cmd *
find(const char *name)
{
	for (size_t i = 0; COMMANDS[i]; i++)
		if (strcmp(COMMANDS[i]->name, name) == 0)
			return COMMANDS[i];
	return NULL;
}

static int
help(int argc, char **argv)
{
	const struct avow_cmd *cmd = argc > 2 ? find(argv[2]) : NULL;

	if (cmd)
		fputs(cmd->usage, stdout);
	else
		print_help(stdout);
	return AVOW_EXIT_OK;
}

int
main(int argc, char **argv)
{
	const struct avow_cmd *cmd;

	if (argc < 2) {
		print_help(stderr);
		return AVOW_EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("avow " AVOW_VERSION);
		return AVOW_EXIT_OK;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	cmd = find(argv[1]);
	if (!cmd) {
		fprintf(stderr, "avow: there is no command `%s`\n", argv[1]);
		print_help(stderr);
		return AVOW_EXIT_USAGE;
	}
	if (avow_cli_wants_help(cmd, argc - 1, argv + 1))
		return AVOW_EXIT_OK;
	return cmd->run(argc - 1, argv + 1);
}
