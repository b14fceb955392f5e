/*
 * The event log of a TD (UEFI CC event log, "CCEL"), held against the RTMRs that its
 * quote signed.
 */
#ifndef AVOW_EVIDENCE_TDX_LOG_H
#define AVOW_EVIDENCE_TDX_LOG_H

#include "evidence/tdx/report.h"

struct avow_tdx_log {
	bool present;
	bool covers[TDX_RTMRS]; /* the log has events of that RTMR, and leads to it */
	struct avow_span events; /* JSON text of the events, in the arena */
};

/**
 * Read the log, replay it and compare. RTMR0 to RTMR2 hold what the log says and
 * nothing else; RTMR3 is the application's and may be beyond it where the log has no
 * event of it.
 * @return AVOW_OK; AVOW_E_EVENTLOG_QUOTE for a register that it does not lead to,
 * AVOW_E_EVENTLOG_BANK for one without SHA-384 digests; the
 * codes of avow_eventlog_parse; AVOW_E_TOO_LARGE, AVOW_E_NO_MEMORY, AVOW_E_CRYPTO.
 */
enum avow_err avow_tdx_log_check(struct avow_span log, const struct avow_td_report *r,
	struct avow_arena *a, struct avow_tdx_log *out,
	struct avow_why *why) AVOW_CHECKED;

#endif
