/*
 * One attestation: where the evidence comes from, where it goes, and what is told
 * beside it. The command `avow attest` fills it from its options.
 */
#ifndef AVOW_CLI_ATTEST_H
#define AVOW_CLI_ATTEST_H

#include <stdatomic.h>

#include "avow/avow.h"
#include "cli/collect.h"
#include "cli/server.h"

struct avow_attest_run {
	const struct avow_cmd *cmd;
	const char *kind; /* as the command line names it */
	const char *file; /* NULL: gathered now, on this machine */
	const char *out; /* of the token; NULL: standard output */
	const char *rp_id; /* tpm; NULL: none */
	const char *request_key; /* tpm: PEM file; NULL: one is made */
	struct avow_server server;
	struct avow_attest_request rq; /* what the options say of it */
	struct avow_collect_run collect;
	const atomic_bool *cancel; /* ends a wait for the network; NULL: nothing */
};

/** The command. @param may_have_file false: a KIND alone, whose evidence is gathered. */
int avow_attest_main(int argc, char **argv, bool may_have_file);

/** Send evidence as the request says and take the token: as avow_client_attest,
 *  with the server and the caller's token of the run. */
enum avow_verdict avow_attest_send(struct avow_attest_run *r,
	const struct avow_attest_request *rq, struct avow_buf *token,
	struct avow_problem *problem);

/** Write the token where the run says; AVOW_EXIT_OK, or what is wrong was said. */
int avow_attest_save(const struct avow_attest_run *r, struct avow_buf *token);

/*
 * Gather and attest. What comes back is appended to token; else *problem says why
 * there is none: AVOW_VERDICT_REFUSED is the service's word on this machine,
 * AVOW_VERDICT_UNDECIDED everything else.
 */

/** snp, tdx: a report over the SHA-256 of the runtime data; without any, over
 *  {"nonce":"..."} where there is a nonce. */
enum avow_verdict avow_attest_report(struct avow_attest_run *r, struct avow_buf *token,
	struct avow_problem *problem);
/** tpm: both rounds of the contract's protocol, with credential activation where the
 *  attestation key has no certificate and the endorsement key has one. */
enum avow_verdict avow_attest_tpm(struct avow_attest_run *r, struct avow_buf *token,
	struct avow_problem *problem);
/** azure-guest: one round, and the sealed answer opened by the TPM; also for a request
 *  of a file that this machine made. */
enum avow_verdict avow_attest_guest(struct avow_attest_run *r, struct avow_buf *token,
	struct avow_problem *problem);

#endif
