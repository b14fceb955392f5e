/* `avow attest --watch`: one attestation after the other, until told to stop. */
#ifndef AVOW_CLI_WATCH_H
#define AVOW_CLI_WATCH_H

#include "cli/attest.h"

struct avow_watch {
	int64_t every_ms; /* between two attestations; at least 1000 */
	bool stop_on_refusal;
	/* one attestation: as the functions of attest.h */
	enum avow_verdict (*attest)(
		struct avow_attest_run *, struct avow_buf *, struct avow_problem *);
};

/**
 * Attest, write the token, wait, and again. SIGTERM and SIGINT end it at once,
 * SIGHUP attests now. A refusal takes the token of r->out away; no answer leaves it.
 * @return the exit status: AVOW_EXIT_OK when told to stop, AVOW_EXIT_REFUSED with
 * stop_on_refusal, AVOW_EXIT_UNDECIDED when it cannot run at all.
 */
int avow_attest_watch(struct avow_attest_run *r, const struct avow_watch *w);

/**
 * How long to wait: every_ms less up to a tenth of it, so that machines that started
 * together come apart; after failures 5 s, doubled with each one, less up to a
 * quarter, and never more than every_ms.
 * @param failures how many attestations without an answer came last.
 * @param random any 32 bits.
 */
int64_t avow_watch_delay_ms(int64_t every_ms, unsigned failures, uint32_t random);

/** Tell the service manager (sd_notify(3)) where NOTIFY_SOCKET says; nothing where
 *  there is none. Assignments, one a line. */
void avow_notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Half of what the service manager's watchdog allows, in ms; -1: it has none. */
int avow_notify_watchdog_ms(void);

#endif
