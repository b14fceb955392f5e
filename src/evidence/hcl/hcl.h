/*
 * Azure's HCL report (NV index 0x01400001 of the vTPM): a hardware report and the
 * runtime data whose hash it holds. Form only; nothing is verified here.
 *
 *     0  header 32: signature "HCLA", version 4, report size 4, request type 4
 *    32  hardware report, an area of 1184
 *  1216  data size 4, version 4, report type 4, hash type 4, variable data size 4
 *  1236  variable data: the runtime JSON; then zeros
 *
 * Integers are little-endian.
 */
#ifndef AVOW_EVIDENCE_HCL_HCL_H
#define AVOW_EVIDENCE_HCL_HCL_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "wire/json.h"

#define HCL_REPORT_AREA 1184

enum avow_hcl_report_type {
	AVOW_HCL_VBS = 1,
	AVOW_HCL_SNP = 2,
	AVOW_HCL_TVM = 3,
	AVOW_HCL_TDX = 4
};

#define AVOW_HCL_HASH_SHA256 1

/* Unverified; spans borrow the input. */
struct avow_hcl {
	uint32_t version, report_size, request_type;
	uint32_t data_size, data_version, report_type, hash_type;
	struct avow_span hardware; /* the whole area; a TD report is shorter */
	struct avow_span runtime;
};

/** True when the bytes begin as an HCL report does. */
bool avow_hcl_is(struct avow_span bytes);
/**
 * Read a blob as the vTPM gives it. Every size must fit the others, and what is
 * behind the data must be zero, as the rest of the NV index is.
 * @return AVOW_OK; AVOW_E_HCL_FORMAT; AVOW_E_TOO_LARGE (AVOW_MAX_HCL).
 */
enum avow_err avow_hcl_parse(struct avow_span bytes, struct avow_hcl *out,
	struct avow_why *why) AVOW_CHECKED;
/** The header's fields, for people to read. */
void avow_hcl_inspect(const struct avow_hcl *h, struct avow_jw *w);

#endif
