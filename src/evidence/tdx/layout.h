/*
 * TDX ECDSA quotes version 4 and 5 (Intel TDX DCAP quoting library API, A.3). All
 * integers are little-endian; keys and signatures are big-endian numbers of 32
 * bytes.
 *
 *     0  version 2, att_key_type 2, tee_type 4, reserved 4, qe_vendor_id 16,
 *        user_data 20
 *    48  version 4: TD report 1.0, 584 bytes
 *        version 5: body_type 2, body_size 4, body: TD report 1.0 or 1.5
 *        what is signed ends here
 *        sig_data_len 4
 *        signature 64, attestation key 64, certification data type 6 (2), its
 *        size 4, in it: QE report 384, its signature 64, auth data 2+A,
 *        certification data 2+4+C
 */
#ifndef AVOW_EVIDENCE_TDX_LAYOUT_H
#define AVOW_EVIDENCE_TDX_LAYOUT_H

#include "evidence/intel/qe_auth.h"
#include "evidence/internal.h"
#include "evidence/tdx/report.h"

#define TDX_KEY_TYPE_ECDSA_P256 2
#define TDX_TEE_TYPE 0x81
#define TDX_HEADER_BYTES 48
#define TDX_BODY_HEADER_BYTES 6 /* version 5 */
#define TDX_CERT_TYPE_QE_REPORT 6

/* Body types of version 5 */
#define TDX_BODY_SGX 1
#define TDX_BODY_TD_10 2
#define TDX_BODY_TD_15 3

/* Unverified. Spans borrow the input. */
struct avow_tdx_quote {
	uint16_t version, att_key_type;
	uint32_t tee_type;
	struct avow_span reserved; /* what Intel's headers do not agree about */
	struct avow_span qe_vendor_id;
	struct avow_span user_data;
	uint16_t body_type; /* of version 5; version 4: TDX_BODY_TD_10 */
	struct avow_td_report report;
	struct avow_span signed_part;
	struct avow_span signature;
	struct avow_span attestation_key;
	struct avow_qe_auth qe;
	size_t n_padding; /* zeros behind the quote */
};

/* Functions of struct avow_kind. */
enum avow_err avow_tdx_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tdx_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tdx_judge(const struct avow_verified *v,
	const struct avow_verify_in *in, struct avow_findings *f,
	struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_tdx_claims(
	const struct avow_verified *v, struct avow_claims *set) AVOW_CHECKED;
void avow_tdx_inspect(const struct avow_evidence *ev, struct avow_jw *w);

#endif
