/*
 * The enclave report body of 384 bytes (Intel SDM vol. 3D, 38.15, "REPORT"; Intel
 * SGX DCAP ECDSA quote library API, A.4): the enclave's own in an SGX quote, and
 * the quoting enclave's in SGX and TDX quotes.
 */
#ifndef AVOW_EVIDENCE_INTEL_REPORT_H
#define AVOW_EVIDENCE_INTEL_REPORT_H

#include "base/cursor.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "wire/json.h"

#define AVOW_SGX_REPORT_BYTES 384

/* ATTRIBUTES.FLAGS (Intel SDM vol. 3D, 38.7.1) */
#define AVOW_SGX_FLAG_DEBUG 0x02u
#define AVOW_SGX_FLAG_KSS 0x80u

/* Spans borrow the quote. Names are the standard's. */
struct avow_sgx_report {
	struct avow_span raw; /* all 384 bytes: what is signed or hashed */
	struct avow_span cpu_svn;
	struct avow_span misc_select; /* 4 bytes, in memory order */
	struct avow_span isv_ext_prod_id;
	struct avow_span attributes; /* 16 bytes: flags and xfrm */
	uint64_t flags, xfrm;
	struct avow_span mr_enclave, mr_signer;
	struct avow_span config_id;
	uint16_t isv_prod_id, isv_svn, config_svn;
	struct avow_span isv_family_id;
	struct avow_span report_data;
	struct avow_span reserved[4];
};

/** Read 384 bytes; when there are fewer the cursor is bad afterwards. */
void avow_sgx_report_read(struct avow_cursor *c, struct avow_sgx_report *out);

/** Every reserved byte is zero, else AVOW_E_QUOTE_RESERVED.
 *  @param whose "report_body" or "qe_report", for the reason. */
enum avow_err avow_sgx_report_check_reserved(const struct avow_sgx_report *r,
	const char *whose, struct avow_why *why) AVOW_CHECKED;

/** Write it as one JSON object. */
void avow_sgx_report_inspect(const struct avow_sgx_report *r, struct avow_jw *w);

#endif
