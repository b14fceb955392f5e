/* Option values that several subcommands read. */
#ifndef AVOW_CLI_INPUTS_H
#define AVOW_CLI_INPUTS_H

#include <stdbool.h>

/** "A,B" in Intel's spelling to bits; false for an unknown status, an empty
 *  list, or Revoked, which can never be accepted. */
bool avow_cli_accept_tcb(const char *text, unsigned *bits);
/** UpToDate and the three that ask for hardening or configuration. */
unsigned avow_cli_accept_tcb_default(void);

#endif
