/*
 * The attestation report of a Windows VBS enclave (ntenclv.h). No real report has
 * been published: this follows the public headers, and has met only reports that
 * were made from them.
 */
#ifndef AVOW_EVIDENCE_VBS_VBS_H
#define AVOW_EVIDENCE_VBS_VBS_H

#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "evidence/eventlog/boot.h"

/** One report; spans borrow the package. */
struct avow_vbs_report {
	struct avow_span statement; /* what is signed */
	struct avow_span signature;
	struct avow_span enclave_data; /* 64 bytes */
	struct avow_span owner_id, unique_id, author_id; /* 32 each */
	struct avow_span family_id, image_id; /* 16 each */
	uint32_t enclave_svn, secure_kernel_svn, platform_svn;
	uint32_t flags; /* 1 full debug, 2 dynamic debug, 4 it is active */
	uint32_t signing_level, enclave_type;
	size_t n_modules; /* loaded beside the primary image */
};

/**
 * Sizes, versions, scheme, the fixed part and every variable block.
 * @return AVOW_OK; AVOW_E_VBS_FORMAT, AVOW_E_VBS_VERSION, AVOW_E_VBS_TYPE.
 */
enum avow_err avow_vbs_parse(struct avow_span package, struct avow_vbs_report *out,
	struct avow_why *why) AVOW_CHECKED;
/**
 * Signed by the identity key that the proven log holds, over the very text of
 * `report_signed`.
 * @param facts of the logs that the current quote proves.
 * @return AVOW_OK; AVOW_E_VBS_KEY_ABSENT, _SIGNATURE, _DATA; AVOW_E_NO_MEMORY,
 * AVOW_E_CRYPTO.
 */
enum avow_err avow_vbs_verify(const struct avow_vbs_report *r,
	const struct avow_boot_facts *facts, struct avow_span report_signed,
	struct avow_why *why) AVOW_CHECKED;

#endif
