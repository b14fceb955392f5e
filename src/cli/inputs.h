/* Option values that several subcommands read, and libavow's answers. */
#ifndef AVOW_CLI_INPUTS_H
#define AVOW_CLI_INPUTS_H

#include <stdbool.h>

#include "avow/avow.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/** "A,B" in Intel's spelling to bits; false for an unknown status, an empty
 *  list, or Revoked, which can never be accepted. */
bool avow_cli_accept_tcb(const char *text, unsigned *bits);
/** UpToDate and the three that ask for hardening or configuration. */
unsigned avow_cli_accept_tcb_default(void);

struct avow_anchors;
/** Add the roots of a PEM file; AVOW_EXIT_OK, or says what is wrong with it. */
int avow_cli_add_anchor(struct avow_anchors *anchors, const char *path);

/** A bare SEV-SNP report as the contract's object (spec 07, SevSnpVm), appended;
 *  certs is PEM, or empty. @return AVOW_OK, or the buffer's error. */
enum avow_err avow_cli_put_snp(struct avow_buf *out, struct avow_span report,
	struct avow_span certs) AVOW_CHECKED;

/** What libavow says, on stderr: "avow COMMAND: message", then the details. */
void avow_cli_problem(const char *command, const struct avow_problem *why);
/** The exit status of libavow's verdict. */
int avow_cli_verdict(enum avow_verdict verdict);

#endif
