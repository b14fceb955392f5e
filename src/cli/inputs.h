/* Option values that several subcommands read, and libavow's answers. */
#ifndef AVOW_CLI_INPUTS_H
#define AVOW_CLI_INPUTS_H

#include <stdbool.h>

#include "avow/avow.h"

/** "A,B" in Intel's spelling to bits; false for an unknown status, an empty
 *  list, or Revoked, which can never be accepted. */
bool avow_cli_accept_tcb(const char *text, unsigned *bits);
/** UpToDate and the three that ask for hardening or configuration. */
unsigned avow_cli_accept_tcb_default(void);

struct avow_anchors;
/** Add the roots of a PEM file; AVOW_EXIT_OK, or says what is wrong with it. */
int avow_cli_add_anchor(struct avow_anchors *anchors, const char *path);

/** What libavow says, on stderr: "avow COMMAND: message", then the details. */
void avow_cli_problem(const char *command, const struct avow_problem *why);
/** The exit status of libavow's verdict. */
int avow_cli_verdict(enum avow_verdict verdict);

#endif
