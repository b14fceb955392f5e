/*
 * What the quoting enclave adds to a quote: its report, the PCK key's signature
 * over that report, the authentication data and the certification data. Version
 * 3 quotes hold it directly, version 4 and 5 inside certification data type 6.
 */
#ifndef AVOW_EVIDENCE_INTEL_QE_AUTH_H
#define AVOW_EVIDENCE_INTEL_QE_AUTH_H

#include "base/cursor.h"
#include "base/err.h"
#include "base/span.h"
#include "base/why.h"
#include "evidence/intel/report.h"
#include "wire/json.h"

/* Certification data types (Intel SGX DCAP, sgx_quote_3.h) */
#define AVOW_CERT_TYPE_PCK_CHAIN 5

struct avow_qe_auth {
	struct avow_sgx_report report;
	struct avow_span signature; /* r || s, by the PCK key over the report */
	struct avow_span auth_data;
	uint16_t cert_type;
	struct avow_span cert_data;
};

/**
 * Read all that is left of c.
 * @return AVOW_OK; AVOW_E_QUOTE_LENGTH (too short, or cert_data goes beyond the
 * end); AVOW_E_QUOTE_AUTH_DATA (goes beyond the end); AVOW_E_QUOTE_TRAILING;
 * AVOW_E_TOO_LARGE (AVOW_MAX_QE_AUTH_DATA).
 */
enum avow_err avow_qe_auth_parse(struct avow_cursor *c, struct avow_qe_auth *out,
	struct avow_why *why) AVOW_CHECKED;

/** Type 5 alone is verifiable; the others are refused by name with
 *  AVOW_E_QUOTE_CERT_TYPE. */
enum avow_err avow_qe_auth_check_type(
	const struct avow_qe_auth *qe, struct avow_why *why) AVOW_CHECKED;
/** Intel's name of a certification data type, "unknown type" for others. */
const char *avow_cert_type_name(uint16_t type);
/** Write it as members of an open JSON object. */
void avow_qe_auth_inspect(const struct avow_qe_auth *qe, struct avow_jw *w);

#endif
