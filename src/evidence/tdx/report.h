/*
 * The TD report in a quote (Intel TDX DCAP quoting library API, A.3.2): version
 * 1.0 of 584 bytes, and 1.5 of 648, which adds what the TDX module that is loaded
 * now is, and the bound service TDs.
 */
#ifndef AVOW_EVIDENCE_TDX_REPORT_H
#define AVOW_EVIDENCE_TDX_REPORT_H

#include "base/cursor.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "wire/json.h"

#define TDX_REPORT_10_BYTES 584
#define TDX_REPORT_15_BYTES 648
#define TDX_RTMRS 4

/* TD ATTRIBUTES (Intel TDX Module ABI, 348551, ATTRIBUTES) */
#define TDX_TUD 0xffu /* any of them: the TD is not to be trusted */
#define TDX_DEBUG (UINT64_C(1) << 0)
#define TDX_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TDX_MIGRATABLE (UINT64_C(1) << 29)
#define TDX_PKS (UINT64_C(1) << 30)
#define TDX_KL (UINT64_C(1) << 31)
#define TDX_PERFMON (UINT64_C(1) << 63)

/* Spans borrow the quote. Names are the standard's. */
struct avow_td_report {
	struct avow_span raw;
	struct avow_span tee_tcb_svn; /* of the module that launched the TD */
	struct avow_span mr_seam, mr_signer_seam;
	struct avow_span seam_attributes;
	struct avow_span td_attributes, xfam; /* 8 bytes, in memory order */
	uint64_t attributes, features; /* the same as numbers */
	struct avow_span mr_td, mr_config_id, mr_owner, mr_owner_config;
	struct avow_span rtmr[TDX_RTMRS];
	struct avow_span report_data;
	bool is_15;
	struct avow_span tee_tcb_svn2; /* 1.5: of the module loaded now */
	struct avow_span mr_service_td; /* 1.5: zero if none is bound */
};

/** Read 584 or 648 bytes; when there are fewer the cursor is bad afterwards. */
void avow_td_report_read(struct avow_cursor *c, bool is_15, struct avow_td_report *out);

/** No reserved bit of ATTRIBUTES outside of the TUD group is set, else
 *  AVOW_E_TDX_ATTRIBUTES. The TUD group is the debug rule's. */
enum avow_err avow_td_report_check_attributes(
	const struct avow_td_report *r, struct avow_why *why) AVOW_CHECKED;
/** XFAM has x87 and SSE, and no reserved bit, else AVOW_E_TDX_XFAM. */
enum avow_err avow_td_report_check_xfam(
	const struct avow_td_report *r, struct avow_why *why) AVOW_CHECKED;

/** Write it as one JSON object. */
void avow_td_report_inspect(const struct avow_td_report *r, struct avow_jw *w);

#endif
