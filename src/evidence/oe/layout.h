/*
 * Open Enclave wrappers around an SGX quote (Open Enclave internal/report.h,
 * common/attest_plugin.h, attestation/sgx/evidence.h). Integers little-endian.
 *
 *   report    u32 version 1, u32 type (1 local, 2 remote), u64 size of what follows
 *   evidence  u32 version 1, UUID 16, u64 size of what follows
 */
#ifndef AVOW_EVIDENCE_OE_LAYOUT_H
#define AVOW_EVIDENCE_OE_LAYOUT_H

#include "evidence/evidence.h"

#define OE_VERSION 1
#define OE_REPORT_LOCAL 1
#define OE_REPORT_REMOTE 2
#define OE_UUID_BYTES 16

/* parse of struct avow_kind. AVOW_E_OE_HEADER, AVOW_E_OE_FORMAT, and the codes of
 * avow_sgx_quote_read. */
enum avow_err avow_oe_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why) AVOW_CHECKED;

#endif
