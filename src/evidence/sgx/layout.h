/*
 * SGX ECDSA quote version 3 (Intel SGX DCAP ECDSA quote library API, A.4). All
 * integers are little-endian; keys and signatures are big-endian numbers of 32
 * bytes.
 *
 *     0  version 2, att_key_type 2, tee_type 4, qe_svn 2, pce_svn 2,
 *        qe_vendor_id 16, user_data 20
 *    48  report body 384
 *   432  sig_data_len 4                     bytes 0..431 are what is signed
 *   436  signature 64, attestation key 64, QE report 384, its signature 64,
 *        auth data 2+A, certification data 2+4+C;  584+A+C == sig_data_len
 */
#ifndef AVOW_EVIDENCE_SGX_LAYOUT_H
#define AVOW_EVIDENCE_SGX_LAYOUT_H

#include "evidence/internal.h"
#include "evidence/intel/qe_auth.h"
#include "evidence/intel/report.h"

#define SGX_QUOTE_VERSION 3
#define SGX_KEY_TYPE_ECDSA_P256 2
#define SGX_TEE_TYPE 0
#define SGX_HEADER_BYTES 48
#define SGX_SIGNED_BYTES 432

/* Unverified. Spans borrow the input. */
struct avow_sgx_quote {
	uint16_t version, att_key_type;
	uint32_t tee_type;
	uint16_t qe_svn, pce_svn;
	struct avow_span qe_vendor_id;
	struct avow_span user_data;
	struct avow_sgx_report report;
	struct avow_span signed_part;
	struct avow_span signature;
	struct avow_span attestation_key;
	struct avow_qe_auth qe;
	/* Open Enclave evidence: caller data behind the quote */
	bool has_custom_claims;
	struct avow_span custom_claims;
	const char *wrapper; /* for people: what the quote came in */
};

/**
 * Read one quote from the start of `bytes`.
 * @param rest what follows the quote; NULL: nothing may.
 * @return AVOW_OK; AVOW_E_QUOTE_LENGTH, _VERSION, _KEY_TYPE, _TEE_TYPE,
 * _AUTH_DATA, _TRAILING; AVOW_E_TOO_LARGE.
 */
enum avow_err avow_sgx_quote_read(struct avow_span bytes, struct avow_sgx_quote *out,
	struct avow_span *rest, struct avow_why *why) AVOW_CHECKED;

/* Functions of struct avow_kind; all but the first also serve another kind whose
 * body is a struct avow_sgx_quote. */
enum avow_err avow_sgx_parse(struct avow_span bytes, struct avow_arena *a,
	const struct avow_evidence **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_sgx_verify(const struct avow_evidence *ev,
	const struct avow_verify_in *in, struct avow_arena *a, struct avow_findings *f,
	const struct avow_verified **out, struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_sgx_judge(const struct avow_verified *v,
	const struct avow_verify_in *in, struct avow_findings *f,
	struct avow_why *why) AVOW_CHECKED;
enum avow_err avow_sgx_claims(
	const struct avow_verified *v, struct avow_claims *set) AVOW_CHECKED;
void avow_sgx_inspect(const struct avow_evidence *ev, struct avow_jw *w);

#endif
